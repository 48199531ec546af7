//! Tests of `log_dir.rs`.

use super::faulty::FaultyIo;
use super::*;

fn open(reserve_bytes: u64) -> (tempfile::TempDir, FaultyIo, Arc<LogDir>) {
    let temp = tempfile::tempdir().expect("temp dir");
    let io = FaultyIo::new();
    let dir = LogDir::open_with(temp.path().join("log"), reserve_bytes, Arc::new(io.clone())).expect("open");
    (temp, io, dir)
}

#[test]
fn a_directory_is_locked_against_a_second_opener() {
    let (_temp, _io, dir) = open(0);
    let error = LogDir::open(dir.path(), 0).expect_err("locked");
    assert_eq!(error.kind(), LogErrorKind::Unavailable);
    assert!(error.to_string().contains("another process"), "{error}");
    let path = dir.path().to_owned();
    drop(dir);
    LogDir::open(path, 0).expect("free again");
}

#[test]
fn the_first_failed_flush_is_final() {
    let (_temp, io, dir) = open(0);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    dir.on_offline(move |reason| listener.lock().push(reason.message.clone()));
    let file = dir.open_file(dir.path().join("file"), OpenMode::Create).expect("create");
    file.append_at(b"before", 0).expect("append");
    io.fail_sync(1);
    let error = file.sync_data().expect_err("injected");
    assert_eq!((error.kind(), error.reason()), (LogErrorKind::Unavailable, LogErrorReason::DirectoryOffline));
    let reason = dir.offline().expect("offline");
    assert!(reason.message.contains("flushing") && reason.message.contains("injected"), "{reason}");
    let later = [
        file.sync_data().expect_err("flush"),
        file.append_at(b"after", 6).expect_err("append"),
        dir.open_file(dir.path().join("other"), OpenMode::Create).expect_err("create"),
        dir.remove_file(file.path()).expect_err("remove"),
        dir.check_space(1, SpaceClass::Internal).expect_err("space"),
    ];
    for error in later {
        assert_eq!(error.reason(), LogErrorReason::DirectoryOffline, "{error}");
    }
    let mut content = [0; 6];
    file.read_exact_at(&mut content, 0).expect("reading goes on");
    assert_eq!(&content, b"before");
    assert_eq!(told.lock().len(), 1);
}

#[test]
fn the_first_failed_write_is_final() {
    let (_temp, io, dir) = open(0);
    let file = dir.open_file(dir.path().join("file"), OpenMode::Create).expect("create");
    io.fail_write(2);
    file.append_at(b"first", 0).expect("append");
    file.append_at(b"second", 5).expect_err("injected");
    assert!(dir.offline().is_some());
    let told = Arc::new(Mutex::new(false));
    let listener = Arc::clone(&told);
    dir.on_offline(move |_| *listener.lock() = true);
    assert!(*told.lock(), "a late listener is told at once");
}

#[test]
fn a_full_disk_undoes_the_append_and_heals() {
    let (_temp, io, dir) = open(0);
    let file = dir.open_file(dir.path().join("file"), OpenMode::Create).expect("create");
    file.append_at(b"0123456789", 0).expect("append");
    io.set_budget(Some(4));
    let error = file.append_at(b"abcdefgh", 10).expect_err("full");
    assert_eq!((error.kind(), error.reason()), (LogErrorKind::Unavailable, LogErrorReason::DiskFull));
    assert_eq!(file.len().expect("length"), 10);
    assert!(dir.offline().is_none());
    io.set_budget(None);
    file.append_at(b"abcdefgh", 10).expect("healed");
    assert_eq!(file.len().expect("length"), 18);
}

#[test]
fn below_the_reserve_only_clients_are_refused() {
    let (_temp, io, dir) = open(1000);
    io.set_budget(Some(1500));
    dir.check_space(400, SpaceClass::Client).expect("400 of 500");
    let error = dir.check_space(400, SpaceClass::Client).expect_err("what was granted counts");
    // The figure may be older than the refusal allows: it is asked for anew, and then the grant is forgotten.
    assert_eq!(error.reason(), LogErrorReason::DiskFull);
    dir.check_space(400, SpaceClass::Internal).expect("the reserve is for this");
    io.set_budget(Some(1 << 20));
    std::thread::sleep(SPACE_MAX_AGE_WHEN_REFUSING);
    dir.check_space(400, SpaceClass::Client).expect("heals by itself");
}

/// Otherwise a disk whose room is a little above the reserve would neither take records nor let go of tiered ones.
#[test]
fn what_a_client_was_refused_counts_as_a_shortage_until_there_is_room_for_it() {
    let (_temp, io, dir) = open(1000);
    io.set_budget(Some(1500));
    assert!(!dir.is_below_reserve().expect("asked"));
    dir.check_space(600, SpaceClass::Client).expect_err("500 are left above the reserve");
    assert!(dir.is_below_reserve().expect("asked"), "600 are wanted");
    dir.check_space(400, SpaceClass::Client).expect("400 of 500");
    assert!(dir.is_below_reserve().expect("asked"), "600 are wanted still");
    io.set_budget(Some(1 << 20));
    std::thread::sleep(SPACE_MAX_AGE_WHEN_REFUSING);
    dir.check_space(600, SpaceClass::Client).expect("there is room");
    assert!(!dir.is_below_reserve().expect("asked"));
    io.set_budget(Some(1500));
    std::thread::sleep(SPACE_MAX_AGE);
    assert!(!dir.is_below_reserve().expect("asked"), "what was refused before is forgotten");
}

#[test]
fn a_file_is_replaced_as_a_whole() {
    for seed in 0..50 {
        let (temp, io, dir) = open(0);
        let path = dir.path().join("checkpoint");
        dir.write_atomically(&path, &[1; 3000]).expect("first");
        assert_eq!(dir.read_file(&path).expect("read"), Some(vec![1; 3000]));
        io.set_budget(Some(1000));
        let error = dir.write_atomically(&path, &[2; 3000]).expect_err("full");
        assert_eq!(error.reason(), LogErrorReason::DiskFull);
        io.set_budget(None);
        if seed % 2 == 0 {
            dir.write_atomically(&path, &[3; 3000]).expect("second");
        }
        io.cut_power(seed);
        let content = std::fs::read(temp.path().join("log/checkpoint")).expect("read");
        assert_eq!(content, vec![if seed % 2 == 0 { 3 } else { 1 }; 3000], "seed {seed}");
    }
}

#[test]
fn a_directory_that_was_moved_away_goes_offline_and_is_not_made_anew() {
    let (temp, _io, dir) = open(0);
    dir.create_dir(&dir.path().join("topic-0")).expect("create");
    std::fs::rename(dir.path(), temp.path().join("away")).expect("move");
    let error = dir.create_dir(&dir.path().join("topic-1")).expect_err("gone");
    assert_eq!(error.reason(), LogErrorReason::DirectoryOffline, "{error}");
    assert!(error.to_string().contains("the log directory itself is gone"), "{error}");
    assert!(dir.offline().is_some() && !dir.path().exists());
}

#[test]
fn a_missing_file_is_no_failure_of_the_directory() {
    let (_temp, _io, dir) = open(0);
    let missing = dir.path().join("missing");
    assert_eq!(dir.open_file(&missing, OpenMode::Read).expect_err("missing").kind(), LogErrorKind::NotFound);
    assert_eq!(dir.rename(&missing, &dir.path().join("to")).expect_err("missing").kind(), LogErrorKind::NotFound);
    dir.remove_file(&missing).expect("nothing to remove");
    assert_eq!(dir.read_file(&missing).expect("none"), None);
    assert!(dir.offline().is_none());
}

#[test]
fn vectored_writes_of_many_slices_arrive_in_order() {
    let temp = tempfile::tempdir().expect("temp dir");
    let dir = LogDir::open(temp.path(), 0).expect("open");
    let file = dir.open_file(dir.path().join("file"), OpenMode::CreateNew).expect("create");
    let parts: Vec<[u8; 4]> = (0..3000_u32).map(u32::to_be_bytes).collect();
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    file.append_vectored_at(&mut slices, 0).expect("append");
    let mut content = vec![0; 12_000];
    file.read_exact_at(&mut content, 0).expect("read");
    assert_eq!(content, parts.concat());
}
