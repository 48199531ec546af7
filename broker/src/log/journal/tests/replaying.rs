//! Tests of `journal.rs`: replaying.

use super::*;
use crate::log::journal::UnclaimedDirectory;
use crate::log::journal::replay::{ReplayOutcome, ReplayedPartition};

const SEGMENT: &str = "00000000000000000000.log";

fn created(number: i32) -> JournalEntry {
    JournalEntry::Created { partition: partition(number), topic: "flights".to_owned() }
}

fn write_journal(bench: &Bench, entries: &[JournalEntry]) {
    let journal = bench.start();
    for entry in entries {
        journal.append(entry.clone(), LONG).expect("append");
    }
    journal.close().expect("close");
}

fn replay(bench: &Bench, known: &[(TopicIdPartition, KnownPartition)]) -> ReplayOutcome {
    bench.recover(known).replay().expect("replay")
}

fn replayed(bench: &Bench, known: &[(TopicIdPartition, KnownPartition)], number: i32) -> ReplayedPartition {
    replay(bench, known).partitions.remove(&partition(number)).expect("partition")
}

impl Bench {
    fn partition_dir(&self, number: i32) -> PathBuf {
        self.path().join(format!("flights-{number}"))
    }

    fn put(&self, number: i32, file: &str, content: &[u8]) {
        std::fs::create_dir_all(self.partition_dir(number)).expect("create");
        let metadata = format!("version: 0\ntopic_id: {}", partition(number).topic_id);
        std::fs::write(self.partition_dir(number).join("partition.metadata"), metadata).expect("metadata");
        std::fs::write(self.partition_dir(number).join(file), content).expect("write");
    }

    fn read(&self, number: i32, file: &str) -> Option<Vec<u8>> {
        std::fs::read(self.partition_dir(number).join(file)).ok()
    }
}

#[test]
fn missing_directories_and_files_are_created_again() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[created(0), append(0, 0, "abc"), append(0, 3, "def")]);
    let done = replayed(&bench, &[], 0);
    assert_eq!((done.created, done.mended_bytes, done.problem), (true, 6, None));
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"abcdef");
    let metadata = String::from_utf8(bench.read(0, "partition.metadata").expect("metadata")).expect("text");
    assert!(metadata.starts_with(&format!("version: 0\ntopic_id: {}\n", partition(0).topic_id)), "{metadata}");
    let again = replayed(&bench, &[known(0, 0)], 0);
    assert_eq!((again.created, again.mended_bytes), (false, 0), "replay changes nothing the second time");
    assert_eq!(again.touched.into_iter().collect::<Vec<_>>(), [Offset(0)]);
}

/// Replays into a hundred segment files that hold this before; what was replayed must outlive a power cut. Returns the flushes.
fn flushes_of_a_replay(before: &[u8], fail: impl FnOnce(&FaultyIo)) -> u64 {
    const COUNT: i32 = 100;
    let bench = Bench::new(1 << 20);
    let entries: Vec<_> = (0..COUNT).flat_map(|number| [created(number), append(number, 0, "abc")]).collect();
    write_journal(&bench, &entries);
    (0..COUNT).for_each(|number| bench.put(number, SEGMENT, before));
    let recovery = bench.recover(&[]);
    fail(&bench.io);
    let syncs = bench.io.syncs();
    let outcome = recovery.replay().expect("replay");
    let syncs = bench.io.syncs() - syncs;
    assert!(outcome.partitions.values().all(|done| done.problem.is_none()), "{outcome:?}");
    bench.io.cut_power(7);
    for number in 0..COUNT {
        assert_eq!(bench.read(number, SEGMENT).expect("segment"), b"abc", "partition {number}");
    }
    syncs
}

#[test]
fn very_many_files_are_flushed_at_once_but_those_that_were_changed_in_place() {
    assert_eq!(flushes_of_a_replay(b"", |_| {}), 2, "appended to: all at once, and one file for the device");
    assert_eq!(flushes_of_a_replay(b"abc", |_| {}), 2, "there already");
    assert_eq!(flushes_of_a_replay(b"old", |_| {}), 100, "changed in place");
    let full = |io: &FaultyIo| io.fail_file_system(1, std::io::ErrorKind::StorageFull);
    assert_eq!(flushes_of_a_replay(b"", full), 100, "replayed again, and flushed one by one");
}

#[test]
fn what_an_earlier_process_could_not_write_is_not_taken_for_written() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[created(0), append(0, 0, "abc")]);
    bench.put(0, SEGMENT, b"abc");
    bench.io.put_behind_the_cache(bench.partition_dir(0).join(SEGMENT), b"aXX");
    replay(&bench, &[]);
    bench.io.cut_power(7);
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"abc");
}

#[test]
fn holes_and_tails_are_mended_from_the_recovery_point_on() {
    let bench = Bench::new(1 << 20);
    write_journal(
        &bench,
        &[created(0), append(0, 0, "aaa"), append(0, 3, "bbb"), append(0, 6, "ccc"), append(0, 9, "ddd")],
    );
    bench.put(0, SEGMENT, b"XXX\0\0\0ccc");
    let done = replayed(&bench, &[known(0, 2)], 0);
    assert_eq!(done.mended_bytes, 6);
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"XXXbbbcccddd", "what was flushed is left alone");
}

#[test]
fn a_file_shorter_than_its_flushed_part_is_a_problem_and_left_alone() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[created(0), append(0, 0, "aaa"), append(0, 3, "bbb"), created(1), append(1, 0, "x")]);
    bench.put(0, SEGMENT, b"a");
    let outcome = replay(&bench, &[known(0, 2)]);
    assert!(outcome.partitions[&partition(0)].problem.as_ref().expect("problem").contains("flushed bytes are lost"));
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"a");
    assert_eq!(outcome.partitions[&partition(1)].problem, None);
}

#[test]
fn what_was_deleted_is_not_revived() {
    let bench = Bench::new(1 << 20);
    let deleted = JournalEntry::Deleted { partition: partition(0) };
    write_journal(&bench, &[created(0), append(0, 0, "abc"), deleted]);
    assert!(replayed(&bench, &[], 0).deleted);
    assert!(!bench.partition_dir(0).exists());
    bench.put(0, SEGMENT, b"abc");
    assert!(replayed(&bench, &[known(0, 0)], 0).deleted);
    assert!(!bench.partition_dir(0).exists(), "a deletion that the crash undid is done again");
}

#[test]
fn a_deleted_partition_spares_a_later_topic_of_its_name() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[created(0), append(0, 0, "abc"), JournalEntry::Deleted { partition: partition(0) }]);
    bench.put(0, SEGMENT, b"new");
    let other = format!("version: 0\ntopic_id: {}", TopicId(Uuid::from_u128(9)));
    std::fs::write(bench.partition_dir(0).join("partition.metadata"), &other).expect("metadata");
    assert!(replayed(&bench, &[], 0).deleted);
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"new");
}

#[test]
fn a_partition_created_again_after_its_deletion_has_only_its_new_entries() {
    let bench = Bench::new(1 << 20);
    let deleted = JournalEntry::Deleted { partition: partition(0) };
    write_journal(&bench, &[created(0), append(0, 0, "old old"), deleted, created(0), append(0, 0, "new")]);
    let done = replayed(&bench, &[], 0);
    assert!(!done.deleted);
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"new");
}

#[test]
fn what_was_truncated_is_not_revived() {
    let bench = Bench::new(1 << 20);
    let cut = JournalEntry::Truncate { partition: partition(0), to: Offset(1), segment_base: Offset(0), position: 3 };
    let rolled = JournalEntry::Append {
        partition: partition(0),
        segment_base: Offset(9),
        position: 0,
        batch: Bytes::from_static(b"later"),
    };
    write_journal(&bench, &[created(0), append(0, 0, "aaabbb"), append(0, 6, "ccc"), rolled, cut, append(0, 3, "BB")]);
    bench.put(0, SEGMENT, b"aaabbbccc");
    bench.put(0, "00000000000000000009.log", b"later");
    bench.put(0, "00000000000000000009.index", b"later");
    bench.put(0, "00000000000000000009.window", b"later");
    bench.put(0, "00000000000000000001.snapshot", b"kept");
    let done = replayed(&bench, &[known(0, 0)], 0);
    assert_eq!(done.cut_to, Some(Offset(1)));
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"aaaBB");
    for gone in ["00000000000000000009.log", "00000000000000000009.index", "00000000000000000009.window"] {
        assert_eq!(bench.read(0, gone), None, "{gone}");
    }
    assert!(bench.read(0, "00000000000000000001.snapshot").is_some());
}

#[test]
fn a_truncation_below_the_recovery_point_needs_no_bytes_above_it() {
    let bench = Bench::new(1 << 20);
    let cut =
        |position| JournalEntry::Truncate { partition: partition(0), to: Offset(1), segment_base: Offset(0), position };
    write_journal(
        &bench,
        &[created(0), append(0, 0, "aaabbb"), append(0, 6, "ccc"), cut(6), cut(3), append(0, 3, "D")],
    );
    bench.put(0, SEGMENT, b"aaa");
    let done = replayed(&bench, &[known(0, 2)], 0);
    assert_eq!(done.problem, None);
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"aaaD");
}

#[test]
fn a_restarted_log_begins_empty_at_its_offset() {
    let bench = Bench::new(1 << 20);
    let restart = JournalEntry::RestartAt { partition: partition(0), offset: Offset(500) };
    let after = JournalEntry::Append {
        partition: partition(0),
        segment_base: Offset(500),
        position: 0,
        batch: Bytes::from_static(b"new"),
    };
    write_journal(&bench, &[created(0), append(0, 0, "old"), restart, after]);
    bench.put(0, SEGMENT, b"old");
    bench.put(0, "00000000000000000003.snapshot", b"old");
    let done = replayed(&bench, &[known(0, 1)], 0);
    assert_eq!(done.cut_to, Some(Offset(500)));
    assert_eq!(bench.read(0, SEGMENT), None);
    assert_eq!(bench.read(0, "00000000000000000003.snapshot"), None);
    assert_eq!(bench.read(0, "00000000000000000500.log").expect("segment"), b"new");
}

#[test]
fn segments_let_go_are_not_revived() {
    let bench = Bench::new(1 << 20);
    let moved = JournalEntry::LocalStartMoved { partition: partition(0), local_start: Offset(10) };
    let started = JournalEntry::LogStartMoved { partition: partition(0), log_start: Offset(4) };
    let next = JournalEntry::Append {
        partition: partition(0),
        segment_base: Offset(10),
        position: 0,
        batch: Bytes::from_static(b"next"),
    };
    // The recovery point lies inside the first segment, whose file is gone by now.
    write_journal(&bench, &[created(0), append(0, 0, "aaa"), append(0, 3, "bbb"), next, started, moved]);
    bench.put(0, "00000000000000000010.log", b"");
    let done = replayed(&bench, &[known(0, 2)], 0);
    assert_eq!((done.problem, done.local_start, done.log_start), (None, Some(Offset(10)), Some(Offset(4))));
    assert_eq!(bench.read(0, SEGMENT), None);
    assert_eq!(bench.read(0, "00000000000000000010.log").expect("segment"), b"next");
}

#[test]
fn an_interrupted_swap_of_the_cleaner_is_ended() {
    let bench = Bench::new(1 << 20);
    let swapped = JournalEntry::SegmentSwapped {
        partition: partition(0),
        new_base: Offset(0),
        replaced: vec![Offset(0), Offset(5)],
    };
    write_journal(&bench, &[created(0), swapped]);
    bench.put(0, SEGMENT, b"old");
    bench.put(0, "00000000000000000005.log", b"old");
    bench.put(0, "00000000000000000009.log", b"active");
    bench.put(0, "00000000000000000000.log.swap", b"clean");
    for _ in 0..2 {
        replay(&bench, &[known(0, 1)]);
        assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"clean");
        assert_eq!(bench.read(0, "00000000000000000005.log"), None);
        assert_eq!(bench.read(0, "00000000000000000000.log.swap"), None);
        assert_eq!(bench.read(0, "00000000000000000009.log").expect("segment"), b"active");
    }
}

fn swapped(new_base: i64, replaced: &[i64]) -> JournalEntry {
    let replaced = replaced.iter().copied().map(Offset).collect();
    JournalEntry::SegmentSwapped { partition: partition(0), new_base: Offset(new_base), replaced }
}

fn append_to(base: i64, position: u64, batch: &'static str) -> JournalEntry {
    JournalEntry::Append { partition: partition(0), segment_base: Offset(base), position, batch: batch.into() }
}

fn cut_at(base: i64, position: u64) -> JournalEntry {
    JournalEntry::Truncate { partition: partition(0), to: Offset(base), segment_base: Offset(base), position }
}

/// What a segment's file holds; `None` if there is none.
fn segment(bench: &Bench, base: i64) -> Option<String> {
    bench.read(0, &format!("{base:020}.log")).map(|content| String::from_utf8(content).expect("text"))
}

/// Without the checkpoint of recovery points all of the journal is replayed, also what stands before a swap.
#[test]
fn what_was_compacted_is_not_revived() {
    let bench = Bench::new(1 << 20);
    let entries = [
        created(0),
        append_to(0, 0, "aaaa"),
        append_to(5, 0, "bbbb"),
        append_to(10, 0, "cccc"),
        append_to(15, 0, "dd"),
        swapped(0, &[0, 5]),
        swapped(10, &[10]),
        append_to(15, 2, "DD"),
    ];
    write_journal(&bench, &entries);
    for pending in [false, true] {
        let suffix = if pending { ".log.swap" } else { ".log" };
        bench.put(0, &format!("{:020}{suffix}", 0), b"ab");
        bench.put(0, &format!("{:020}.log", 10), b"c");
        bench.put(0, &format!("{:020}.log", 15), b"dd");
        if pending {
            bench.put(0, &format!("{:020}.log", 0), b"aaaa");
            bench.put(0, &format!("{:020}.log", 5), b"bbbb");
        }
        for round in 0..2 {
            let done = replayed(&bench, &[known(0, 0)], 0);
            assert_eq!(done.problem, None, "pending {pending}, round {round}");
            let held = [0, 5, 10, 15].map(|base| segment(&bench, base));
            let expected = [Some("ab"), None, Some("c"), Some("ddDD")].map(|held| held.map(str::to_owned));
            assert_eq!(held, expected, "pending {pending}, round {round}");
        }
    }
}

#[test]
fn what_destroys_bytes_before_a_swap_spares_what_the_swap_put_in_place() {
    let restart = JournalEntry::RestartAt { partition: partition(0), offset: Offset(10) };
    let let_go = JournalEntry::LocalStartMoved { partition: partition(0), local_start: Offset(15) };
    let below = JournalEntry::RestartAt { partition: partition(0), offset: Offset(10) };
    for (what, destroying) in [
        ("cut in an earlier segment", vec![append_to(0, 0, "aa"), cut_at(0, 2)]),
        ("cut in the segment itself", vec![append_to(10, 0, "zzzz"), cut_at(10, 3)]),
        ("restarted at its base", vec![append_to(0, 0, "aa"), restart]),
        ("let go and begun anew below", vec![append_to(10, 0, "zzzz"), let_go, below]),
        ("swapped with others before", vec![append_to(0, 0, "aa"), swapped(0, &[0, 10]), cut_at(0, 2)]),
    ] {
        let bench = Bench::new(1 << 20);
        let mut entries = vec![created(0)];
        entries.extend(destroying);
        entries.extend([append_to(10, 0, "cccc"), append_to(15, 0, "dddd"), swapped(10, &[10, 15])]);
        entries.push(append_to(20, 0, "ee"));
        write_journal(&bench, &entries);
        bench.put(0, &format!("{:020}.log", 0), b"aa");
        bench.put(0, &format!("{:020}.log", 10), b"cd");
        bench.put(0, &format!("{:020}.log", 20), b"");
        let done = replayed(&bench, &[known(0, 0)], 0);
        assert_eq!(done.problem, None, "{what}");
        let held = [10, 15, 20].map(|base| segment(&bench, base));
        assert_eq!(held, [Some("cd".to_owned()), None, Some("ee".to_owned())], "{what}");
    }
}

/// A file that is shorter than its seal says has lost its end.
#[test]
fn a_seal_stays_where_records_are_written_again_and_goes_where_they_are_cut_or_replaced() {
    let restart = JournalEntry::RestartAt { partition: partition(0), offset: Offset(0) };
    for (what, last, stays) in [
        ("written again", append_to(0, 4, "bbbb"), true),
        ("cut", cut_at(0, 4), false),
        ("cut, and the power went before the seal", cut_at(0, 8), false),
        ("begun anew", restart, false),
        ("replaced", swapped(0, &[0]), false),
    ] {
        let bench = Bench::new(1 << 20);
        write_journal(&bench, &[created(0), append_to(0, 0, "aaaa"), append_to(0, 4, "bbbb"), last]);
        bench.put(0, &format!("{:020}.log", 0), b"aaaabbbb");
        bench.put(0, &format!("{:020}.seal", 0), b"seal");
        assert_eq!(replayed(&bench, &[known(0, 0)], 0).problem, None, "{what}");
        let seal = bench.read(0, &format!("{:020}.seal", 0));
        assert_eq!(seal.is_some(), stays, "{what}");
    }
}

#[test]
fn a_cut_after_a_swap_cuts_what_the_swap_put_in_place() {
    let bench = Bench::new(1 << 20);
    let entries = [
        created(0),
        append_to(0, 0, "aaaa"),
        append_to(5, 0, "bb"),
        swapped(0, &[0]),
        cut_at(0, 1),
        append_to(0, 1, "X"),
    ];
    write_journal(&bench, &entries);
    bench.put(0, &format!("{:020}.log", 0), b"aa");
    bench.put(0, &format!("{:020}.log", 5), b"bb");
    assert_eq!(replayed(&bench, &[known(0, 0)], 0).problem, None);
    assert_eq!([segment(&bench, 0), segment(&bench, 5)], [Some("aX".to_owned()), None]);
}

#[test]
fn a_partition_that_rot_affects_is_not_touched() {
    let bench = Bench::new(1 << 20);
    let journal = bench.start();
    for entry in [append(0, 0, "aaa"), append(1, 0, "bbb"), append(0, 3, "ccc"), append(1, 3, "ddd")] {
        durable(&journal, entry);
    }
    drop(journal);
    bench.put(0, SEGMENT, b"a");
    bench.put(1, SEGMENT, b"bbb");
    damage(&bench, 0, 80);
    let outcome = replay(&bench, &[known(0, 0), known(1, 2)]);
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"a");
    assert_eq!(bench.read(1, SEGMENT).expect("segment"), b"bbbddd");
    assert!(!outcome.partitions.contains_key(&partition(0)));
}

#[test]
fn a_missing_directory_without_a_name_is_a_problem() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[append(0, 0, "aaa")]);
    let done = replayed(&bench, &[], 0);
    let problem = done.problem.expect("problem");
    let root = bench.path();
    assert!(
        problem.contains(&format!("it is missing in {}", root.display())) && problem.contains("restore"),
        "{problem}"
    );
}

#[test]
fn directories_that_may_be_that_of_a_partition_are_named_with_what_is_wrong_with_them() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[append(0, 0, "aaa")]);
    let mut recovery = bench.recover(&[]);
    let unclaimed = |name: &str| {
        let path = bench.path().join(name);
        UnclaimedDirectory { reason: format!("{}/partition.metadata is damaged", path.display()), path }
    };
    let names = ["flights-0", "orders-10", "orders-0", "orders-1", "a-0", "b-0", "c-0"];
    recovery.note_unclaimed(names.map(unclaimed).to_vec());
    let problem = recovery.replay().expect("replay").partitions[&partition(0)].problem.clone().expect("problem");
    for named in ["flights-0", "orders-0", "a-0"] {
        assert!(problem.contains(&unclaimed(named).reason), "{problem}");
    }
    assert!(!problem.contains("orders-1") && problem.contains("and 2 more; restore the file"), "{problem}");
}

#[test]
fn a_name_of_an_earlier_release_that_no_file_system_takes_is_cut() {
    let topic = "t".repeat(249);
    let id = "x".repeat(22);
    for (name, expected) in [
        (format!("{topic}-0.{id}-aside"), format!("{}-0.{id}-aside", "t".repeat(255 - 31))),
        (format!("flights-0.{id}-aside"), format!("flights-0.{id}-aside")),
        ("t".repeat(300), "t".repeat(255)),
    ] {
        let bench = Bench::new(1 << 20);
        write_journal(
            &bench,
            &[created(0), append(0, 0, "abc"), JournalEntry::SetAside { partition: partition(0), name }],
        );
        bench.put(0, SEGMENT, b"abc");
        assert!(replayed(&bench, &[known(0, 0)], 0).deleted);
        assert!(!bench.partition_dir(0).exists());
        assert_eq!(std::fs::read(bench.path().join(&expected).join(SEGMENT)).expect("segment"), b"abc", "{expected}");
        assert!(replayed(&bench, &[], 0).deleted, "a second replay finds it there");
    }
}

#[test]
fn a_directory_of_another_topic_is_not_written_to() {
    let bench = Bench::new(1 << 20);
    write_journal(&bench, &[created(0), append(0, 0, "aaa")]);
    bench.put(0, SEGMENT, b"theirs");
    let other = format!("version: 0\ntopic_id: {}", TopicId(Uuid::from_u128(9)));
    std::fs::write(bench.partition_dir(0).join("partition.metadata"), other).expect("metadata");
    assert!(replayed(&bench, &[], 0).problem.expect("problem").contains("partition.metadata names topic id"));
    assert_eq!(bench.read(0, SEGMENT).expect("segment"), b"theirs");
}
