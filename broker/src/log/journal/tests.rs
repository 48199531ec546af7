//! Tests of `journal.rs`.

mod power_cut;
mod replaying;

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use bytes::Bytes;
use strata_compat::ids::{Offset, PartitionId, TopicId, Uuid};

use super::*;
use crate::log::log_dir::faulty::FaultyIo;

const LONG: Duration = Duration::from_secs(20);

struct Bench {
    temp: tempfile::TempDir,
    io: FaultyIo,
    config: JournalConfig,
}

impl Bench {
    fn new(limit_bytes: u64) -> Self {
        let temp = tempfile::tempdir().expect("temp dir");
        Self { temp, io: FaultyIo::new(), config: JournalConfig::for_limit(limit_bytes) }
    }

    fn path(&self) -> PathBuf {
        self.temp.path().join("log")
    }

    fn journal_path(&self) -> PathBuf {
        self.path().join(JOURNAL_DIR)
    }

    fn recover(&self, known: &[(TopicIdPartition, KnownPartition)]) -> JournalRecovery {
        self.try_recover(known).expect("recover")
    }

    fn try_recover(&self, known: &[(TopicIdPartition, KnownPartition)]) -> Result<JournalRecovery, LogError> {
        let dir = LogDir::open_with(self.path(), 0, Arc::new(self.io.clone()))?;
        Journal::recover(&dir, self.config, known.iter().cloned().collect())
    }

    fn start(&self) -> Journal {
        self.recover(&[]).start().expect("start")
    }

    fn extents(&self) -> Vec<PathBuf> {
        let names = std::fs::read_dir(self.journal_path()).expect("journal directory");
        let paths = names.map(|entry| entry.expect("entry").path());
        let mut extents: Vec<_> = paths.filter(|path| name(path).starts_with("extent-")).collect();
        extents.sort();
        extents
    }
}

fn name(path: &Path) -> String {
    path.file_name().expect("name").to_string_lossy().into_owned()
}

fn partition(number: i32) -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(0xabc)), partition: PartitionId(number) }
}

fn known(number: i32, sequence: u64) -> (TopicIdPartition, KnownPartition) {
    let recovery_point = RecoveryPoint { offset: Offset(0), sequence: JournalSequence(sequence) };
    (partition(number), KnownPartition { topic: "flights".to_owned(), recovery_point })
}

fn append(number: i32, position: u64, batch: impl Into<Bytes>) -> JournalEntry {
    JournalEntry::Append { partition: partition(number), segment_base: Offset(0), position, batch: batch.into() }
}

/// Appends and waits, so that each call is a group of its own.
fn durable(journal: &Journal, entry: JournalEntry) -> JournalSequence {
    let sequence = journal.append(entry, LONG).expect("append");
    journal.wait_durable(sequence, LONG).expect("durable");
    sequence
}

fn entries(recovery: &JournalRecovery) -> Vec<(u64, JournalEntry)> {
    let mut found = Vec::new();
    recovery
        .visit(&mut |sequence, entry| {
            found.push((sequence.0, entry));
            Ok(())
        })
        .expect("visit");
    found
}

fn sequences(recovery: &JournalRecovery) -> Vec<u64> {
    entries(recovery).into_iter().map(|(sequence, _)| sequence).collect()
}

/// Changes a byte in the `index`th block of the first extent.
fn damage(bench: &Bench, block: usize, at: usize) {
    let path = bench.extents().remove(0);
    let mut content = std::fs::read(&path).expect("read extent");
    content[block * extent::BLOCK_BYTES + at] ^= 0x40;
    std::fs::write(path, content).expect("write extent");
}

#[test]
fn an_idle_journal_writes_no_extent() {
    let bench = Bench::new(512 << 20);
    let journal = bench.start();
    assert_eq!(journal.durable_sequence(), JournalSequence::ZERO);
    journal.close().expect("close");
    assert!(bench.extents().is_empty());
}

#[test]
fn durable_entries_are_found_again_in_order() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    let written: Vec<_> =
        (0..50_u8).map(|index| append(i32::from(index % 3), 0, vec![index; 100 * usize::from(index)])).collect();
    for entry in &written {
        journal.append(entry.clone(), LONG).expect("append");
    }
    journal.close().expect("close");
    drop(journal);
    let recovery = bench.recover(&[]);
    assert_eq!(recovery.rot(), None);
    assert_eq!(recovery.cut(), None);
    assert_eq!(recovery.last_sequence(), JournalSequence(50));
    assert_eq!(entries(&recovery), (1..).zip(written).collect::<Vec<_>>());
}

#[test]
fn many_appends_share_one_flush() {
    let bench = Bench::new(64 << 20);
    let journal = bench.start();
    let (go_on, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    journal.on_durable(Arc::new(move |_| {
        wait.lock().recv().ok();
    }));
    journal.append(append(0, 0, "first"), LONG).expect("append");
    journal.wait_durable(JournalSequence(1), LONG).expect("durable");
    // The thread is in its listener: all that comes now joins one group.
    let flushes = bench.io.syncs();
    for index in 0..1000 {
        journal.append(append(index, 0, "batch"), LONG).expect("append");
    }
    drop(go_on);
    journal.wait_durable(JournalSequence(1001), LONG).expect("durable");
    assert_eq!(bench.io.syncs() - flushes, 1);
    assert_eq!(journal.stats().groups, 2);
    assert_eq!(journal.stats().entries, 1001);
}

#[test]
fn listeners_hear_of_durable_sequences_only_and_in_order() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    journal.on_durable(Arc::new(move |sequence| listener.lock().push(sequence)));
    for index in 0..20 {
        journal.append(append(index, 0, "batch"), LONG).expect("append");
    }
    journal.close().expect("close");
    let heard = heard.lock().clone();
    assert!(heard.is_sorted(), "{heard:?}");
    assert_eq!(heard.last(), Some(&JournalSequence(20)));
}

#[test]
fn a_torn_last_group_is_cut_and_kept_aside() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    durable(&journal, append(0, 0, "first"));
    durable(&journal, append(0, 5, vec![7; 6000]));
    drop(journal);
    let torn = std::fs::read(bench.extents().remove(0)).expect("extent")[4096..4096 + 8192].to_vec();
    // The group's second block never arrived.
    damage(&bench, 2, 100);
    let recovery = bench.recover(&[]);
    assert_eq!(sequences(&recovery), [1]);
    assert_eq!(recovery.rot(), None);
    let cut = recovery.cut().expect("cut").clone();
    assert_eq!((cut.first_sequence, cut.bytes), (JournalSequence(2), 8192));
    assert_eq!((cut.file, cut.position), (bench.extents().remove(0), 4096));
    let kept = std::fs::read(cut.kept_aside.expect("kept aside")).expect("kept");
    assert_eq!(kept[..4096], torn[..4096]);
    assert_eq!(name(&bench.journal_path().join("cut-00000000000000000002")), "cut-00000000000000000002");

    // What comes after the cut follows the last whole entry, and the torn group is never taken for rot.
    let journal = recovery.start().expect("start");
    drop(recovery);
    assert_eq!(durable(&journal, append(0, 5, "again")), JournalSequence(2));
    drop(journal);
    let recovery = bench.recover(&[]);
    assert_eq!((recovery.rot(), recovery.cut()), (None, None));
    assert_eq!(entries(&recovery).last(), Some(&(2, append(0, 5, "again"))));
}

#[test]
fn a_last_group_with_a_damaged_header_is_cut_and_kept_aside() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    durable(&journal, append(0, 0, "first"));
    durable(&journal, append(0, 5, "second"));
    drop(journal);
    damage(&bench, 1, 30);
    let recovery = bench.recover(&[]);
    assert_eq!(sequences(&recovery), [1]);
    assert!(recovery.cut().expect("cut").kept_aside.is_some());
}

#[test]
fn repeated_torn_groups_at_restarts_are_cuts_and_not_rot() {
    let bench = Bench::new(1 << 20);
    for round in 0..6 {
        let recovery = bench.recover(&[]);
        assert_eq!(recovery.rot(), None, "round {round}");
        assert_eq!(recovery.last_sequence(), JournalSequence(round), "round {round}");
        assert_eq!(recovery.cut().is_some(), round > 0);
        let journal = recovery.start().expect("start");
        drop(recovery);
        durable(&journal, append(0, 0, "whole"));
        durable(&journal, append(0, 0, vec![1; 5000]));
        drop(journal);
        let path = bench.extents().pop().expect("extent of this round");
        let mut content = std::fs::read(&path).expect("read");
        content[2 * 4096 + 9] ^= 1;
        std::fs::write(path, content).expect("write");
    }
}

#[test]
fn rot_before_a_later_group_keeps_only_unflushed_partitions_offline() {
    for damaged_at in [30, 80] {
        let bench = Bench::new(1 << 20);
        let journal = bench.start();
        durable(&journal, append(1, 0, "one"));
        durable(&journal, append(2, 0, "two"));
        durable(&journal, append(1, 3, "three"));
        drop(journal);
        damage(&bench, 1, damaged_at);
        let points = [known(1, 1), known(2, 2), known(3, 0), known(4, 9)];
        let recovery = bench.recover(&points);
        let rot = recovery.rot().expect("rot");
        let range = RotRange {
            first: JournalSequence(2),
            last: JournalSequence(2),
            file: bench.extents().remove(0),
            position: 4096,
            may_be_older: Vec::new(),
        };
        assert_eq!(rot.ranges, [range], "damaged at {damaged_at}");
        let place = format!("{} is damaged at position 4096: entries 2 to 2", bench.extents()[0].display());
        assert!(rot.to_string().contains(&place), "{rot}");
        assert!(recovery.affected()[&partition(1)].contains(&place));
        assert_eq!(rot.affected.iter().copied().collect::<Vec<_>>(), [partition(1), partition(3)]);
        assert_eq!(recovery.cut(), None);
        assert_eq!(sequences(&recovery), [1, 3]);

        // The report comes again at the next start, whatever was written and recycled since.
        let journal = recovery.start().expect("start");
        drop(recovery);
        for _ in 0..200 {
            let last = durable(&journal, append(2, 3, vec![0; 20_000]));
            journal.recycle([(partition(2), last), (partition(4), last)]);
        }
        let last = journal.last_sequence();
        drop(journal);
        let points = [known(1, 1), known(2, last.0), known(3, 0), known(4, last.0)];
        let recovery = bench.recover(&points);
        let affected: Vec<_> = recovery.rot().expect("rot").affected.iter().copied().collect();
        assert_eq!(affected, [partition(1), partition(3)], "after a restart");
    }
}

#[test]
fn a_missing_extent_is_told_with_the_place_where_it_is_expected() {
    let bench = Bench::new(512 << 10);
    let journal = bench.start();
    while bench.extents().len() < 3 {
        durable(&journal, append(1, 0, vec![1; 20_000]));
    }
    drop(journal);
    let gone = bench.extents().remove(1);
    std::fs::remove_file(&gone).expect("remove");
    let recovery = bench.recover(&[known(1, 0)]);
    let [range] = recovery.rot().expect("rot").ranges.as_slice() else { panic!("{:?}", recovery.rot()) };
    assert_eq!(range.file, bench.extents()[0], "the extent before the one that is missing");
    assert!(range.position > 0 && range.position <= range.file.metadata().expect("metadata").len());
}

#[test]
fn an_extent_that_is_an_older_copy_is_told_with_its_name() {
    let bench = Bench::new(512 << 10);
    let journal = bench.start();
    let fill = || (0..9).map(|_| durable(&journal, append(1, 0, vec![1; 20_000]))).max().expect("nine");
    let half = fill();
    let older: Vec<_> =
        bench.extents().into_iter().map(|path| (path.clone(), std::fs::read(path).expect("read"))).collect();
    assert_eq!(older.len(), 3, "three groups each");
    journal.recycle([(partition(1), half)]);
    fill();
    drop(journal);
    assert_eq!(bench.extents().len(), 3, "all written again");

    let mut told = 0;
    for (path, content) in older {
        for content in [&content, &vec![0; content.len()]] {
            let newer = std::fs::read(&path).expect("read");
            std::fs::write(&path, content).expect("write");
            let recovery = bench.recover(&[known(1, half.0)]);
            std::fs::write(&path, newer).expect("write");
            let Some(rot) = recovery.rot() else { continue };
            assert!(rot.to_string().contains(&path.display().to_string()), "{rot}");
            told += 1;
        }
    }
    assert_eq!(told, 4, "nothing tells of the newest extent");
}

#[test]
fn the_lost_end_of_an_extent_is_told_though_nothing_that_is_left_of_it_is_needed() {
    let bench = Bench::new(512 << 10);
    let journal = bench.start();
    let fill = |count: usize| {
        for _ in 0..count {
            durable(&journal, append(1, 0, vec![1; 20_000]));
        }
    };
    fill(6);
    assert_eq!(bench.extents().len(), 2, "three groups each");
    journal.recycle([(partition(1), JournalSequence(4))]);
    // The first extent is written again, and the floor lies within the second.
    fill(1);
    drop(journal);
    let [_, second] = bench.extents().try_into().expect("two extents");
    let group_bytes = 20_480;
    std::fs::File::options().write(true).open(&second).expect("open").set_len(group_bytes).expect("cut");
    let recovery = bench.recover(&[known(1, 4)]);
    let [range] = recovery.rot().expect("rot").ranges.as_slice() else { panic!("{:?}", recovery.rot()) };
    assert_eq!((range.first, range.last), (JournalSequence(5), JournalSequence(6)));
    assert_eq!((&range.file, range.position), (&second, group_bytes));
}

#[test]
fn the_lost_beginning_of_an_extent_is_told_with_that_extent() {
    let bench = Bench::new(512 << 10);
    let journal = bench.start();
    for _ in 0..6 {
        durable(&journal, append(1, 0, vec![1; 20_000]));
    }
    drop(journal);
    let [_, second] = bench.extents().try_into().expect("two extents");
    let mut content = std::fs::read(&second).expect("read");
    content[..extent::BLOCK_BYTES].fill(0);
    std::fs::write(&second, content).expect("write");
    let recovery = bench.recover(&[known(1, 0)]);
    let [range] = recovery.rot().expect("rot").ranges.as_slice() else { panic!("{:?}", recovery.rot()) };
    assert_eq!((&range.file, range.position), (&second, 0));
    assert_eq!((range.first, range.last), (JournalSequence(4), JournalSequence(4)));
}

#[test]
fn rot_below_all_recovery_points_affects_nobody() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    for _ in 0..3 {
        durable(&journal, append(1, 0, "batch"));
    }
    drop(journal);
    damage(&bench, 0, 80);
    let recovery = bench.recover(&[known(1, 2)]);
    assert!(recovery.rot().expect("rot").affected.is_empty());
}

#[test]
fn old_entries_of_a_recycled_extent_never_replay() {
    let bench = Bench::new(512 << 10);
    let journal = bench.start();
    let mut last = JournalSequence::ZERO;
    for index in 0..400_u32 {
        let (number, batch) = (i32::try_from(index % 2).expect("small"), index.to_be_bytes().repeat(1000));
        last = durable(&journal, append(number, u64::from(index), batch));
        if index % 10 == 9 {
            journal.recycle([(partition(0), last), (partition(1), JournalSequence(last.0 - 4))]);
        }
    }
    let oldest = journal.oldest_needed();
    assert!(oldest > JournalSequence(380));
    drop(journal);
    let size: u64 = bench.extents().iter().map(|path| path.metadata().expect("metadata").len()).sum();
    assert!(size <= 512 << 10, "{size} bytes of extents");
    let recovery = bench.recover(&[known(0, last.0), known(1, oldest.0 - 1)]);
    assert_eq!((recovery.rot(), recovery.cut()), (None, None));
    let found = entries(&recovery);
    let expected: Vec<u64> = (found.first().expect("entries").0..=last.0).collect();
    assert_eq!(found.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), expected);
    for (sequence, entry) in found {
        let JournalEntry::Append { position, .. } = entry else { panic!("{entry:?}") };
        assert_eq!(position + 1, sequence);
    }
}

#[test]
fn extents_that_made_room_for_a_large_group_are_not_taken_for_lost() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    let mut last = JournalSequence::ZERO;
    for index in 0..6 {
        last = durable(&journal, append(0, index * 90_000, vec![7; 90_000]));
    }
    journal.recycle([(partition(0), last)]);
    durable(&journal, append(1, 0, vec![8; 700_000]));
    assert!(bench.extents().len() < 6, "no extent was removed: {:?}", bench.extents());
    drop(journal);
    let recovery = bench.recover(&[known(0, last.0)]);
    assert!(recovery.rot().is_none(), "{:?}", recovery.rot());
    assert_eq!(entries(&recovery).last().map(|(sequence, _)| *sequence), Some(last.0 + 1));
}

#[test]
fn groups_of_any_size_that_go_past_the_page_cache_are_read_back() {
    let temp = tempfile::tempdir().expect("temp dir");
    let config = JournalConfig::for_limit(64 << 20);
    let recover = || {
        // The operating system's files: in all other tests nothing goes past the page cache.
        let dir = LogDir::open(temp.path(), 0).expect("open");
        Journal::recover(&dir, config, BTreeMap::new()).expect("recover")
    };
    let journal = recover().start().expect("start");
    let sizes = [1, 3_000, 4_096, 5_000, (1 << 20) - 200, 1 << 20, (1 << 20) + 1, 3 << 20, 17];
    let batch = |index: usize| {
        Bytes::from(
            (0..sizes[index]).map(|at| u8::try_from((at / 7 + index) % 251).expect("small")).collect::<Vec<_>>(),
        )
    };
    for index in 0..sizes.len() {
        durable(&journal, append(0, 0, batch(index)));
    }
    drop(journal);
    let found = entries(&recover());
    assert_eq!(found.len(), sizes.len());
    for (index, (_, entry)) in found.iter().enumerate() {
        assert_eq!(entry.payload(), Some(&batch(index)), "{} bytes", sizes[index]);
    }
}

#[test]
fn pressure_is_told_when_it_begins_and_with_each_extent_that_is_taken_under_it() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    let (tell, told) = std::sync::mpsc::channel();
    journal.on_pressure(Arc::new(move || tell.send(()).expect("the test listens")));
    while journal.pressure().is_none() {
        assert!(told.try_recv().is_err(), "told before there is pressure");
        durable(&journal, append(0, 0, vec![1; 60_000]));
    }
    told.recv_timeout(LONG).expect("told when it begins");
    for _ in 0..3 {
        durable(&journal, append(0, 0, vec![1; 60_000]));
    }
    told.recv_timeout(LONG).expect("told of the next extent");
}

#[test]
fn a_full_journal_makes_appends_wait_until_the_oldest_partitions_are_flushed() {
    let bench = Bench::new(512 << 10);
    let journal = bench.start();
    assert_eq!(journal.pressure(), None);
    let mut accepted = 0;
    let error = loop {
        match journal.append(append(accepted % 4, 0, vec![1; 30_000]), Duration::from_millis(200)) {
            Ok(_) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), error.reason()), (LogErrorKind::Unavailable, LogErrorReason::JournalFull));
    assert!(journal.durable_sequence() < journal.last_sequence());
    let pressure = journal.pressure().expect("pressure");
    assert!(pressure.used_bytes <= pressure.limit_bytes);
    assert_eq!(pressure.flush_first[0], partition(0), "the oldest first");
    let size: u64 = bench.extents().iter().map(|path| path.metadata().expect("metadata").len()).sum();
    assert!(size <= 512 << 10, "{size} bytes of extents");

    // Flushing some of them is not enough while another needs the oldest extent.
    let point = journal.last_sequence();
    journal.recycle((1..4).map(|number| (partition(number), point)));
    assert_eq!(journal.oldest_needed(), JournalSequence(1));
    journal.recycle([(partition(0), point)]);
    journal.wait_durable(point, LONG).expect("goes on");
    journal.wait_for_space(30_000, LONG).expect("room again");
    durable(&journal, append(0, 0, "more"));
}

#[test]
fn an_entry_larger_than_the_whole_journal_is_taken_alone() {
    let bench = Bench::new(256 << 10);
    let journal = bench.start();
    let small = durable(&journal, append(0, 0, "small"));
    journal.recycle_below(small.next());
    let large = durable(&journal, append(0, 5, vec![9; 1 << 20]));
    drop(journal);
    let recovery = bench.recover(&[]);
    assert_eq!(recovery.last_sequence(), large);
    assert_eq!(entries(&recovery).last(), Some(&(large.0, append(0, 5, vec![9; 1 << 20]))));
}

#[test]
fn a_failing_flush_is_final() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    durable(&journal, append(0, 0, "first"));
    bench.io.fail_sync(1);
    let sequence = journal.append(append(0, 5, "second"), LONG).expect("joins the group");
    let error = journal.wait_durable(sequence, LONG).expect_err("never durable");
    assert_eq!(error.reason(), LogErrorReason::DirectoryOffline);
    let error = journal.append(append(0, 5, "third"), LONG).expect_err("refused");
    assert_eq!((error.kind(), error.reason()), (LogErrorKind::Unavailable, LogErrorReason::DirectoryOffline));
    assert_eq!(journal.durable_sequence(), JournalSequence(1));
    journal.close().expect_err("entries were left");
}

#[test]
fn a_failing_write_is_final() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    durable(&journal, append(0, 0, "first"));
    bench.io.fail_write(1);
    let sequence = journal.append(append(0, 5, "second"), LONG).expect("joins the group");
    journal.wait_durable(sequence, LONG).expect_err("never durable");
    assert_eq!(
        journal.append(append(0, 0, "x"), LONG).expect_err("refused").reason(),
        LogErrorReason::DirectoryOffline
    );
}

#[test]
fn a_full_disk_stalls_the_journal_and_heals() {
    let bench = Bench::new(64 << 20);
    let journal = bench.start();
    bench.io.set_budget(Some(10_000));
    let sequence = journal.append(append(0, 0, "first"), LONG).expect("joins the group");
    journal.wait_durable(sequence, Duration::from_millis(300)).expect_err("no room for an extent");
    let error = loop {
        if let Err(error) = journal.try_append(append(0, 0, vec![0; 1 << 20])) {
            break error;
        }
    };
    assert_eq!(error.reason(), LogErrorReason::DiskFull);
    bench.io.set_budget(None);
    journal.wait_durable(journal.last_sequence(), LONG).expect("heals");
    journal.close().expect("all is durable");
}

#[test]
fn a_permit_holds_its_room_and_gives_it_back() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    let half = bench.config.buffer_bytes / 2;
    let first = journal.reserve(half, Duration::ZERO).expect("first half");
    let second = journal.reserve(half, Duration::ZERO).expect("second half");
    assert_eq!(journal.reserve(1, Duration::ZERO).expect_err("full").reason(), LogErrorReason::JournalFull);
    drop(second);
    let third = journal.reserve(half, Duration::ZERO).expect("given back");
    journal.append_control(JournalEntry::Deleted { partition: partition(0) }).expect("control entries do not wait");
    first.append(append(0, 0, "batch")).expect("append");
    third.append(append(0, 0, "batch")).expect("append");
    journal.close().expect("close");
    assert_eq!(journal.try_append(append(0, 0, "late")).expect_err("closed").kind(), LogErrorKind::Closed);
}

#[test]
fn sequences_go_on_above_recovery_points_that_outran_the_journal() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    durable(&journal, append(0, 0, "first"));
    drop(journal);
    // The files were flushed up to entry 40, of which the journal's end was lost.
    let recovery = bench.recover(&[known(0, 40)]);
    assert_eq!(recovery.last_sequence(), JournalSequence(1));
    let journal = recovery.start().expect("start");
    drop(recovery);
    assert_eq!(durable(&journal, append(0, 5, "next")), JournalSequence(41));
    drop(journal);
    let recovery = bench.recover(&[known(0, 40)]);
    assert_eq!((recovery.rot(), recovery.cut()), (None, None));
    // The first extent was no longer needed and was written again.
    assert_eq!(sequences(&recovery), [41]);
}

#[test]
fn extents_without_their_state_file_are_refused() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    durable(&journal, append(0, 0, "first"));
    drop(journal);
    std::fs::remove_file(bench.journal_path().join("state")).expect("remove");
    assert_eq!(bench.try_recover(&[]).expect_err("no state").kind(), LogErrorKind::Corrupt);
    std::fs::write(bench.journal_path().join("state"), [1; 34]).expect("write");
    assert_eq!(bench.try_recover(&[]).expect_err("bad state").kind(), LogErrorKind::Corrupt);
}

#[test]
fn a_group_of_another_journal_does_not_count() {
    let (bench, other) = (Bench::new(1 << 20), Bench::new(1 << 20));
    for bench in [&bench, &other] {
        let journal = bench.start();
        durable(&journal, append(0, 0, "first"));
        durable(&journal, append(0, 5, "second"));
    }
    let foreign = std::fs::read(other.extents().remove(0)).expect("read");
    let path = bench.extents().remove(0);
    let mut content = std::fs::read(&path).expect("read");
    content[4096..8192].copy_from_slice(&foreign[4096..8192]);
    std::fs::write(path, content).expect("write");
    assert_eq!(sequences(&bench.recover(&[])), [1]);
}

#[test]
fn any_flipped_bit_is_noticed_and_nothing_wrong_is_read() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    let written: Vec<_> = (0..6_u8).map(|index| append(i32::from(index), 0, vec![index; 700])).collect();
    for entry in &written {
        durable(&journal, entry.clone());
    }
    drop(journal);
    let path = bench.extents().remove(0);
    let whole = std::fs::read(&path).expect("read");
    for step in 0..600 {
        let at = (step * 41) % (6 * 4096);
        // Padding carries nothing.
        if at % 4096 >= extent::HEADER_BYTES + written[0].encoded_bytes() {
            continue;
        }
        let mut content = whole.clone();
        content[at] ^= 1 << (step % 8);
        std::fs::write(&path, content).expect("write");
        let Ok(recovery) = bench.try_recover(&[]) else {
            continue;
        };
        assert!(recovery.rot().is_some() || recovery.cut().is_some(), "bit at {at}");
        assert_eq!(recovery.cut().is_some(), at >= 5 * 4096, "bit at {at}");
        for (sequence, entry) in entries(&recovery) {
            assert_eq!(entry, written[usize::try_from(sequence - 1).expect("small")], "bit at {at}");
        }
    }
}
