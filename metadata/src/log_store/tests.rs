//! The log against openraft's storage suite, and against crashes and damage.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use openraft::CommittedLeaderId;
use openraft::entry::FromAppData as _;
use openraft::storage::RaftLogStorageExt as _;
use openraft::testing::{StoreBuilder, Suite};
use tempfile::TempDir;

use super::*;
use crate::raft_types::{EncodedCommand, NodeId};
use crate::state_machine::StateMachine;

struct Builder;

impl StoreBuilder<TypeConfig, LogStore, StateMachine, TempDir> for Builder {
    async fn build(&self) -> Result<(TempDir, LogStore, StateMachine), StorageError> {
        let directory = tempfile::tempdir().unwrap();
        // Small files, so that the suite crosses their borders.
        let options = LogStoreOptions { segment_bytes: 256, ..LogStoreOptions::new(directory.path()) };
        let (store, torn) = LogStore::open(options).unwrap();
        assert_eq!(torn, None);
        let machine = StateMachine::open(directory.path(), Arc::new(|_| ())).unwrap();
        Ok((directory, store, machine))
    }
}

#[test]
fn openraft_storage_suite_passes() {
    Suite::<TypeConfig, LogStore, StateMachine, Builder, TempDir>::test_all(Builder).unwrap();
}

fn log_id(term: u64, index: u64) -> LogId {
    LogId::new(CommittedLeaderId::<NodeId>::new(term, 0), index)
}

fn entry(term: u64, index: u64) -> Entry {
    let mut entry = Entry::from_app_data(EncodedCommand(vec![u8::try_from(index % 251).unwrap(); 40]));
    entry.log_id = log_id(term, index);
    entry
}

fn open(directory: &Path) -> (LogStore, Option<TornRecord>) {
    LogStore::open(LogStoreOptions { segment_bytes: 400, ..LogStoreOptions::new(directory) }).unwrap()
}

async fn written(directory: &Path, entries: u64) -> LogStore {
    let (mut store, _) = open(directory);
    store.save_vote(&Vote::new(1, 0)).await.unwrap();
    for index in 1..=entries {
        store.blocking_append([entry(1, index)]).await.unwrap();
    }
    store
}

#[expect(clippy::unnecessary_wraps, reason = "as the options take it")]
fn end_at(index: u64) -> Option<SnapshotEnd> {
    Some(SnapshotEnd::new(Some(log_id(1, index))))
}

fn log_files(directory: &Path) -> usize {
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|extension| extension == "raftlog")).count()
}

async fn indexes(store: &mut LogStore) -> Vec<u64> {
    store.try_get_log_entries(0..).await.unwrap().into_iter().map(|entry| entry.log_id.index).collect()
}

fn last_file(directory: &Path) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "raftlog"))
        .collect();
    files.sort();
    files.pop().unwrap()
}

#[tokio::test]
async fn log_and_vote_are_read_back() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 20).await);
    let (mut store, torn) = open(directory.path());
    assert_eq!(torn, None);
    assert_eq!(indexes(&mut store).await, (1..=20).collect::<Vec<_>>());
    assert_eq!(store.read_vote().await.unwrap(), Some(Vote::new(1, 0)));
    assert_eq!(store.get_log_state().await.unwrap().last_log_id, Some(log_id(1, 20)));
}

#[tokio::test]
async fn truncation_and_purge_outlive_a_restart_and_the_log_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = written(directory.path(), 20).await;
    store.truncate(log_id(1, 15)).await.unwrap();
    store.purge(log_id(1, 7)).await.unwrap();
    store.blocking_append([entry(2, 15), entry(2, 16)]).await.unwrap();
    drop(store);
    let (mut store, torn) = open(directory.path());
    assert_eq!(torn, None);
    assert_eq!(indexes(&mut store).await, (8..=16).collect::<Vec<_>>());
    let state = store.get_log_state().await.unwrap();
    assert_eq!((state.last_purged_log_id, state.last_log_id), (Some(log_id(1, 7)), Some(log_id(2, 16))));
}

#[tokio::test]
async fn a_torn_last_record_is_cut_kept_aside_and_reported() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 20).await);
    let path = last_file(directory.path());
    let length = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
    let (mut store, torn) = open(directory.path());
    let torn = torn.unwrap();
    assert_eq!(torn.index, 20);
    assert_eq!(fs::metadata(&torn.kept_at).unwrap().len(), torn.bytes);
    assert_eq!(indexes(&mut store).await, (1..=19).collect::<Vec<_>>());
    store.blocking_append([entry(2, 20)]).await.unwrap();
    drop(store);
    let (mut store, torn) = open(directory.path());
    assert_eq!(torn, None);
    assert_eq!(indexes(&mut store).await.len(), 20);
}

#[tokio::test]
async fn a_torn_record_that_was_committed_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = written(directory.path(), 20).await;
    store.save_committed(Some(log_id(1, 20))).await.unwrap();
    // The note is behind this write in the queue of one thread.
    store.save_vote(&Vote::new(1, 0)).await.unwrap();
    drop(store);
    let path = last_file(directory.path());
    let length = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
    let error = LogStore::open(LogStoreOptions::new(directory.path())).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains("20"), "{error}");
}

#[tokio::test]
async fn damage_before_the_last_record_is_refused_and_nothing_is_touched() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 20).await);
    let first = directory.path().join(format!("{:020}.raftlog", 1));
    let before = fs::read(&first).unwrap();
    let file = OpenOptions::new().write(true).open(&first).unwrap();
    file.write_all_at(&[before[40] ^ 1], 40).unwrap();
    let damaged = fs::read(&first).unwrap();
    let error = LogStore::open(LogStoreOptions::new(directory.path())).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert_eq!(fs::read(&first).unwrap(), damaged);
}

#[tokio::test]
async fn an_entry_that_is_none_is_refused_with_its_file_and_index() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 3).await);
    let path = directory.path().join(format!("{:020}.raftlog", 1));
    let add = |index: u64, entry: Vec<u8>| {
        let mut bytes = fs::read(&path).unwrap();
        segment::encode_record(index, &[entry.into()], &mut bytes);
        fs::write(&path, bytes).unwrap();
    };
    add(4, vec![0xff]);
    let names = |error: &str, path: &Path| {
        assert!(error.contains(path.to_str().unwrap()) && error.contains("index 4"), "{error}");
        assert!(error.contains("restore the directory"), "{error}");
    };
    names(&LogStore::open(LogStoreOptions::new(directory.path())).map(|_| ()).unwrap_err().to_string(), &path);
    // Where it is not the last one, it is found when it is read.
    add(5, postcard::to_stdvec(&entry(1, 5)).unwrap());
    let (mut store, _) = LogStore::open(LogStoreOptions::new(directory.path())).unwrap();
    names(&store.try_get_log_entries(0..).await.unwrap_err().to_string(), directory.path());
}

#[tokio::test]
async fn a_missing_vote_beside_a_log_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 3).await);
    fs::remove_file(directory.path().join("vote")).unwrap();
    let error = LogStore::open(LogStoreOptions::new(directory.path())).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn a_formation_that_ended_before_its_first_vote_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let (mut store, _) = open(directory.path());
    store.blocking_append([entry(0, 0)]).await.unwrap();
    drop(store);
    let (mut store, torn) = open(directory.path());
    assert_eq!((torn, indexes(&mut store).await), (None, vec![0]));
    assert_eq!(store.read_vote().await.unwrap(), None);
    store.save_vote(&Vote::new(1, 0)).await.unwrap();
    store.blocking_append([entry(1, 1)]).await.unwrap();
    drop(store);
    assert_eq!(indexes(&mut open(directory.path()).0).await, [0, 1]);
}

#[tokio::test]
async fn a_missing_file_of_the_log_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 40).await);
    let mut files: Vec<PathBuf> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "raftlog"))
        .collect();
    files.sort();
    fs::remove_file(&files[1]).unwrap();
    let error = LogStore::open(LogStoreOptions::new(directory.path())).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[tokio::test]
async fn entries_of_more_than_a_record_written_at_once_are_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = written(directory.path(), 1).await;
    let large = |index: u64| {
        let mut entry = entry(1, index);
        entry.payload = openraft::EntryPayload::Normal(EncodedCommand(vec![u8::try_from(index).unwrap(); 65_000]));
        entry
    };
    // More than eight MiB, as a follower that catches up gets them.
    store.blocking_append((2..=201).map(large)).await.unwrap();
    drop(store);
    let (mut store, torn) = open(directory.path());
    assert_eq!(torn, None);
    assert_eq!(indexes(&mut store).await, (1..=201).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_entry_that_no_record_can_hold_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = written(directory.path(), 1).await;
    let mut huge = entry(1, 2);
    huge.payload = openraft::EntryPayload::Normal(EncodedCommand(vec![7; ENTRY_BYTES_MAX]));
    store.blocking_append([huge]).await.unwrap_err();
}

#[tokio::test]
async fn log_goes_on_above_its_end_after_a_snapshot_took_the_place_of_entries() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = written(directory.path(), 12).await;
    store.purge(log_id(2, 40)).await.unwrap();
    store.blocking_append([entry(2, 41), entry(2, 42)]).await.unwrap();
    drop(store);
    let (mut store, torn) = open(directory.path());
    assert_eq!((torn, indexes(&mut store).await), (None, vec![41, 42]));
    assert_eq!(store.get_log_state().await.unwrap().last_purged_log_id, Some(log_id(2, 40)));
    store.blocking_append([entry(2, 43)]).await.unwrap();
    drop(store);
    assert_eq!(indexes(&mut open(directory.path()).0).await, [41, 42, 43]);
}

#[tokio::test]
async fn log_that_was_purged_and_then_truncated_within_one_file_is_read_back() {
    for (purged, truncated) in [(7, 15), (7, 8), (3, 20)] {
        let directory = tempfile::tempdir().unwrap();
        let options = LogStoreOptions::new(directory.path());
        let (mut store, _) = LogStore::open(options.clone()).unwrap();
        store.save_vote(&Vote::new(1, 0)).await.unwrap();
        store.blocking_append((1..=20).map(|index| entry(1, index))).await.unwrap();
        store.purge(log_id(1, purged)).await.unwrap();
        store.truncate(log_id(1, truncated)).await.unwrap();
        store.blocking_append([entry(2, truncated)]).await.unwrap();
        drop(store);
        let (mut store, torn) = LogStore::open(options).unwrap();
        assert_eq!(torn, None);
        assert_eq!(indexes(&mut store).await, (purged + 1..=truncated).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn log_that_was_purged_above_the_newest_snapshot_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = written(directory.path(), 20).await;
    store.purge(log_id(1, 7)).await.unwrap();
    drop(store);
    let open = |applied| {
        let options = LogStoreOptions { snapshot_end: end_at(applied), ..LogStoreOptions::new(directory.path()) };
        LogStore::open(options).map(|_| ())
    };
    let error = open(6).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let text = error.to_string();
    assert!(text.contains(&directory.path().display().to_string()) && text.contains("from index 8 on"), "{text}");
    open(7).unwrap();
}

#[tokio::test]
async fn a_bad_last_record_that_was_applied_is_damage_and_not_torn() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 20).await);
    let path = last_file(directory.path());
    let length = fs::metadata(&path).unwrap().len();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 3).unwrap();
    let open = |applied| {
        let options = LogStoreOptions { snapshot_end: end_at(applied), ..LogStoreOptions::new(directory.path()) };
        LogStore::open(options).map(|(_, torn)| torn.unwrap().index)
    };
    assert_eq!(open(20).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(open(19).unwrap(), 20);
}

#[tokio::test]
async fn purge_gives_room_on_a_full_disk_and_needs_none() {
    let directory = tempfile::tempdir().unwrap();
    drop(written(directory.path(), 20).await);
    let files = log_files(directory.path());
    let open = |snapshot_end| {
        LogStore::open(LogStoreOptions { snapshot_end, segment_bytes: 400, ..LogStoreOptions::new(directory.path()) })
    };
    let (mut store, _) = open(end_at(12)).unwrap();
    std::os::unix::fs::symlink("/dev/full", directory.path().join("purged.tmp")).unwrap();
    store.purge(log_id(1, 12)).await.unwrap();
    let note = directory.path().join("purged");
    assert!(!note.exists(), "there is no room for it");
    assert!(log_files(directory.path()) < files);
    assert_eq!(indexes(&mut store).await, (13..=20).collect::<Vec<_>>());
    drop(store);
    for lost in [None, end_at(3)] {
        assert_eq!(open(lost).map(|_| ()).unwrap_err().kind(), ErrorKind::Corrupt, "no snapshot holds what is missing");
    }
    let (mut store, torn) = open(end_at(12)).unwrap();
    assert_eq!((torn, indexes(&mut store).await), (None, (13..=20).collect::<Vec<_>>()));
    assert_eq!(store.get_log_state().await.unwrap().last_purged_log_id, Some(log_id(1, 12)));
    drop(store);
    let (mut store, _) = open(end_at(15)).unwrap();
    assert_eq!(indexes(&mut store).await, (16..=20).collect::<Vec<_>>(), "what is behind the snapshot");
    store.truncate(log_id(1, 18)).await.unwrap();
    store.blocking_append([entry(2, 18)]).await.unwrap();
    store.purge(log_id(1, 15)).await.unwrap();
    assert!(note.exists());
    assert_eq!(indexes(&mut store).await, (16..=18).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_cut_of_all_that_tells_of_a_purge_without_a_note_leaves_the_note() {
    for end in [12, 20] {
        let directory = tempfile::tempdir().unwrap();
        drop(written(directory.path(), 20).await);
        let open = |snapshot_end| {
            LogStore::open(LogStoreOptions {
                snapshot_end,
                segment_bytes: 400,
                ..LogStoreOptions::new(directory.path())
            })
        };
        let (mut store, _) = open(end_at(12)).unwrap();
        std::os::unix::fs::symlink("/dev/full", directory.path().join("purged.tmp")).unwrap();
        store.purge(log_id(1, 12)).await.unwrap();
        drop(store);
        let (mut store, _) = open(end_at(end)).unwrap();
        store.save_committed(Some(log_id(1, end))).await.unwrap();
        store.truncate(log_id(1, end + 1)).await.unwrap();
        assert!(indexes(&mut store).await.is_empty());
        drop(store);
        // The power goes before anything is appended.
        let (mut store, torn) = open(end_at(end)).unwrap();
        assert_eq!((torn, store.last_index()), (None, end));
        store.blocking_append([entry(2, end + 1)]).await.unwrap();
        drop(store);
        assert_eq!(indexes(&mut open(end_at(end)).unwrap().0).await, [end + 1]);
    }
}

#[tokio::test]
async fn purge_is_noted_first_where_no_snapshot_or_entry_tells_what_is_missing() {
    for (snapshot, purged, noted_first) in
        [(end_at(7), 7, false), (None, 7, true), (end_at(30), 20, true), (end_at(30), 19, false)]
    {
        let directory = tempfile::tempdir().unwrap();
        drop(written(directory.path(), 20).await);
        let (files, path) = (log_files(directory.path()), directory.path().to_owned());
        let between = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&between);
        let options = LogStoreOptions {
            segment_bytes: 400,
            snapshot_end: snapshot.clone(),
            crash_hook: Arc::new(move |name| {
                if name == "raft-purge.after" {
                    seen.lock().push((path.join("purged").exists(), log_files(&path) == files));
                }
            }),
            ..LogStoreOptions::new(directory.path())
        };
        let (mut store, _) = LogStore::open(options).unwrap();
        store.purge(log_id(1, purged)).await.unwrap();
        assert_eq!(*between.lock(), [(noted_first, noted_first)], "{snapshot:?}, a purge at {purged}");
        assert!(directory.path().join("purged").exists() && log_files(directory.path()) < files);
    }
}

#[tokio::test]
async fn purge_behind_a_snapshot_that_is_not_durable_waits_and_changes_nothing() {
    for is_written in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        drop(written(directory.path(), 20).await);
        let options = |snapshot_end: SnapshotEnd| LogStoreOptions {
            snapshot_end: Some(snapshot_end),
            segment_bytes: 400,
            ..LogStoreOptions::new(directory.path())
        };
        let installing = SnapshotEnd::new(Some(log_id(1, 6)));
        let (mut store, _) = LogStore::open(options(installing.clone())).unwrap();
        // As far as the log goes, and beyond its end.
        for purged in [log_id(1, 12), log_id(2, 40)] {
            let mut purge = Box::pin(store.purge(purged));
            assert!(tokio::time::timeout(Duration::from_millis(200), &mut purge).await.is_err(), "{purged}");
        }
        // The power goes: the older snapshot is the newest.
        let (mut after_cut, torn) = LogStore::open(options(SnapshotEnd::new(installing.get()))).unwrap();
        assert_eq!((torn, indexes(&mut after_cut).await), (None, (1..=20).collect::<Vec<_>>()));
        drop(after_cut);
        let purging = tokio::spawn(async move { store.purge(log_id(2, 40)).await.map(|()| store) });
        if is_written {
            installing.advance(Some(log_id(2, 40)));
            let mut store = purging.await.unwrap().unwrap();
            assert_eq!(store.get_log_state().await.unwrap().last_log_id, Some(log_id(2, 40)));
        } else {
            installing.fail();
            assert!(purging.await.unwrap().is_err());
            assert!(!directory.path().join("purged").exists());
        }
    }
}

#[tokio::test]
async fn what_a_write_left_that_was_never_ended_is_torn_at_every_length() {
    // The tenth entry goes on in a file or begins one; entry 0 is what forms a quorum.
    for (segment_bytes, before) in [(1 << 20, 9), (60, 9), (60, 0)] {
        let directory = tempfile::tempdir().unwrap();
        let options = LogStoreOptions {
            segment_bytes,
            snapshot_end: Some(SnapshotEnd::new(None)),
            ..LogStoreOptions::new(directory.path())
        };
        let (mut store, _) = LogStore::open(options.clone()).unwrap();
        if before > 0 {
            store.save_vote(&Vote::new(1, 0)).await.unwrap();
        }
        for index in 0..before {
            store.blocking_append([entry(1, index)]).await.unwrap();
        }
        drop(store);
        let ends = |path: &Path| fs::metadata(path).unwrap().len();
        let end = if segment_bytes == 60 { 0 } else { ends(&last_file(directory.path())) };
        let (mut store, _) = LogStore::open(options.clone()).unwrap();
        store.blocking_append([entry(1, before)]).await.unwrap();
        drop(store);
        let path = last_file(directory.path());
        let whole = fs::read(&path).unwrap();
        let end = usize::try_from(end).unwrap();
        let lengths = (end..whole.len()).map(|length| (length, true));
        // The size is on the disk before the bytes are.
        let unwritten =
            [end + 1, end + segment::FILE_HEADER.len(), end + 20, whole.len()].map(|length| (length, false));
        for (length, has_bytes) in lengths.chain(unwritten) {
            let mut left = whole[..length].to_vec();
            if !has_bytes {
                left[end..].fill(0);
            }
            fs::write(&path, &left).unwrap();
            let (mut store, torn) = LogStore::open(options.clone()).unwrap();
            // A file with its header alone is a whole one.
            let is_torn = length > end && !(has_bytes && length == segment::FILE_HEADER.len());
            assert_eq!(torn.is_some(), is_torn, "{length} bytes of {segment_bytes}, has bytes: {has_bytes}");
            assert_eq!(indexes(&mut store).await, (0..before).collect::<Vec<_>>());
            store.blocking_append([entry(1, before)]).await.unwrap();
            assert_eq!(indexes(&mut store).await, (0..=before).collect::<Vec<_>>());
        }
    }
}
