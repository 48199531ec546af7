//! What damage to the files beside the log may do: nothing. What damage to the log may do: take the partition offline, or cut
//! what was never durable; never leave a silent gap.

use strata_broker_core::producer_state::{AppendOrigin, ProducerEntry};
use strata_compat::control_record::TransactionMarker;
use strata_compat::ids::{PartitionId, ProducerEpoch, ProducerId};
use strata_compat::records::{BatchBuilder, RecordRef};

use super::*;
use crate::log::test_support::{NOW, append, batch, stamp};
use crate::log::types::{AbortedTransaction, LeaderAppend, ReadRequest, TimestampedOffset};

/// Appends a transaction of one record and aborts it.
fn abort(log: &Arc<UnifiedLog>, sequence: i32, epoch: i32) {
    let mut builder = BatchBuilder::new(Offset(0)).producer(stamp(900, sequence)).transactional(true);
    let record = RecordRef { offset: Offset(0), timestamp: NOW, key: Some(b"k"), value: Some(b"v"), headers: &[] };
    builder.push(record).unwrap();
    append(log, builder.finish().unwrap(), epoch).unwrap();
    let marker = TransactionMarker { committed: false, coordinator_epoch: 1 };
    let marker = marker.batch(Offset(0), LeaderEpoch(epoch), (ProducerId(900), ProducerEpoch(0)), NOW).unwrap();
    let room = log.take_room(marker.len(), std::time::Duration::from_secs(20)).unwrap();
    let with = LeaderAppend { leader_epoch: LeaderEpoch(epoch), origin: AppendOrigin::Coordinator, now: NOW };
    log.append_as_leader(marker, with, &room).unwrap();
}

/// A log of several segments with producers, aborted transactions and epochs, closed in order.
fn closed(context: &LogContext) -> (PathBuf, Known) {
    let (log, _) = open(context, &small());
    let value = "v".repeat(150);
    for number in 0..12_i32 {
        let records = [("k", Some(value.as_str())), ("l", Some("w"))];
        let producer = stamp(i64::from(number % 3), number / 3 * 2);
        append(&log, batch(&records, NOW.0 + i64::from(number) * 100, producer), 1 + number / 6).unwrap();
        if number % 4 == 3 && number < 8 {
            abort(&log, number / 4, 1 + number / 6);
        }
    }
    let known = Known::of(&log);
    assert_eq!((known.aborted.len(), known.epochs.len()), (2, 2));
    log.close().unwrap();
    (log.directory().to_owned(), known)
}

/// All that a log says.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    bytes: Vec<u8>,
    reads: Vec<(Option<Offset>, Offset)>,
    times: Vec<Option<TimestampedOffset>>,
    max_timestamps: Vec<Timestamp>,
    aborted: Vec<AbortedTransaction>,
    epochs: Vec<(LeaderEpoch, Offset)>,
    producers: Vec<ProducerEntry>,
}

impl Known {
    /// As Kafka knows producers: by the last batch of each.
    fn without_windows(mut self) -> Self {
        for producer in &mut self.producers {
            producer.batches.drain(..producer.batches.len().saturating_sub(1));
        }
        self
    }

    fn of(log: &UnifiedLog) -> Self {
        let (start, end) = (log.local_start_offset(), log.log_end_offset());
        let read = |offset| {
            let request =
                ReadRequest { offset: Offset(offset), bytes_max: 1, upper_bound: Offset(i64::MAX), min_one: true };
            let read = log.read(&request).unwrap();
            (read.first_base_offset, read.next_offset)
        };
        let time = |after| log.offset_for_timestamp(Timestamp(NOW.0 + after), Offset(i64::MAX)).unwrap();
        let mut producers = log.producers();
        producers.sort_by_key(|producer| producer.producer_id);
        for producer in &mut producers {
            // A restart counts from its own clock.
            producer.last_timestamp = Timestamp(0);
        }
        Self {
            bytes: everything(log),
            reads: (start.0..end.0).map(read).collect(),
            times: (0..1300).step_by(50).map(time).collect(),
            max_timestamps: log.segments().iter().map(|segment| segment.max_timestamp).collect(),
            aborted: log.aborted_transactions(start, end).unwrap(),
            epochs: log.leader_epochs(),
            producers,
        }
    }
}

fn files_of(directory: &Path, suffix: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.to_string_lossy().ends_with(suffix)).collect();
    files.sort();
    files
}

/// Runs `look` on the log after each harm to one file, which is put back afterwards.
fn after_each_harm(path: &Path, directory: &Path, mut look: impl FnMut(&str)) {
    let tree: Vec<(PathBuf, Vec<u8>)> = files_of(directory, "")
        .into_iter()
        .map(|file| {
            let content = fs::read(&file).unwrap();
            (file, content)
        })
        .collect();
    let whole = fs::read(path).unwrap();
    let mut harms: Vec<(String, Option<Vec<u8>>)> = vec![
        ("deleted".to_owned(), None),
        ("emptied".to_owned(), Some(Vec::new())),
        ("zeroed".to_owned(), Some(vec![0; whole.len()])),
        ("garbage behind".to_owned(), Some([&whole[..], &[7; 41]].concat())),
    ];
    for at in (0..whole.len()).step_by((whole.len() / 12).max(1)) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        harms.push((format!("flipped at {at}"), Some(flipped)));
    }
    for cut in [1, 8, 12, 34].into_iter().filter(|cut| *cut <= whole.len()) {
        harms.push((format!("{cut} bytes shorter"), Some(whole[..whole.len() - cut].to_vec())));
    }
    for (what, content) in harms {
        match content {
            Some(content) => fs::write(path, content).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
        look(&format!("{} {what}", path.display()));
        for file in files_of(directory, "") {
            fs::remove_file(file).unwrap();
        }
        for (file, content) in &tree {
            fs::write(file, content).unwrap();
        }
    }
}

#[test]
fn damage_to_what_is_derived_changes_no_answer() {
    for suffix in [".index", ".timeindex", ".txnindex", ".seal", ".snapshot", ".window", "epoch-checkpoint"] {
        let temp = tempfile::tempdir().unwrap();
        let context = context(temp.path(), 0);
        let (directory, known) = closed(&context);
        let files = files_of(&directory, suffix);
        let ends = [files.first(), files.last()].map(|file| file.expect("there is a file of each kind").clone());
        for path in BTreeSet::from(ends) {
            // Without its window a snapshot knows the last batch of each producer alone.
            let compared = |found: Known| if suffix == ".window" { found.without_windows() } else { found };
            let look = |what: &str| {
                let (log, _) = open(&context, &small());
                let found = compared(Known::of(&log));
                log.close().unwrap();
                drop(log);
                let (again, _) = open(&context, &small());
                for found in [found, compared(Known::of(&again))] {
                    assert!(found == compared(known.clone()), "{what}");
                }
            };
            after_each_harm(&path, &directory, look);
        }
    }
}

#[test]
fn an_index_entry_that_leads_to_another_batch_is_not_followed() {
    let temp = tempfile::tempdir().unwrap();
    let context = context(temp.path(), 0);
    let config = LogConfig { index_interval_bytes: 200, ..LogConfig::default() };
    let (log, _) = open(&context, &config);
    fill(&log, 12, 0);
    let known = Known::of(&log);
    log.close().unwrap();
    let path = log.directory().join(format!("{:020}.index", 0));
    fs::remove_file(path.with_extension("seal")).unwrap();
    drop(log);
    let entries = fs::read(&path).unwrap();
    // As Kafka left it, without a seal: the first entry leads to where the second leads, which is a batch as well.
    let mut wrong = entries.clone();
    wrong.copy_within(12..16, 4);
    fs::write(&path, wrong).unwrap();
    let (log, _) = open(&context, &config);
    assert_eq!(Known::of(&log), known);
    log.close().unwrap();
    assert_eq!(fs::read(&path).unwrap(), entries, "it was built anew");
}

#[test]
fn a_snapshot_of_another_partition_or_offset_is_not_believed() {
    let temp = tempfile::tempdir().unwrap();
    let here = context(&temp.path().join("a"), 0);
    let there = context(&temp.path().join("b"), 0);
    let (directory, known) = closed(&here);
    let (log, _) = {
        let mut other = request(&there, &small());
        other.identity.partition.partition = PartitionId(1);
        load_log(&other, &there).unwrap()
    };
    for number in 0..16_i32 {
        append(&log, batch(&[("k", Some("v")), ("l", Some("w"))], NOW.0, stamp(1, number * 2)), 1).unwrap();
    }
    log.close().unwrap();
    let foreign = files_of(log.directory(), ".snapshot").pop().unwrap();
    let own = files_of(&directory, ".snapshot");
    let (newest, oldest) = (own.last().unwrap(), own.first().unwrap());
    for (from, with_window) in [(&foreign, true), (&foreign, false), (oldest, false)] {
        let (kept, window) = (fs::read(newest).unwrap(), fs::read(newest.with_extension("window")).unwrap());
        fs::copy(from, newest).unwrap();
        if with_window {
            fs::copy(from.with_extension("window"), newest.with_extension("window")).unwrap();
        }
        let (log, _) = open(&here, &small());
        assert_eq!(Known::of(&log), known, "{} {with_window}", from.display());
        drop(log);
        fs::write(newest, kept).unwrap();
        fs::write(newest.with_extension("window"), window).unwrap();
    }
}

#[test]
fn garbage_behind_a_segment_that_is_not_the_last_costs_no_record() {
    let temp = tempfile::tempdir().unwrap();
    let context = context(temp.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let (bytes, bases) = (everything(&log), log.segments());
    let directory = log.directory().to_owned();
    drop(log);
    let path = directory.join(format!("{:020}.log", bases[1].base_offset.0));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, [&whole[..], b"garbage"].concat()).unwrap();
    let (log, report) = unclean(&context, 0).unwrap();
    assert_eq!(everything(&log), bytes);
    assert_eq!((report.cuts.len(), report.cuts[0].bytes), (1, 7));
    assert_eq!(fs::read(&path).unwrap(), whole);
}

#[test]
fn a_hole_below_the_end_that_the_journal_proves_is_told_with_file_and_position() {
    let temp = tempfile::tempdir().unwrap();
    let context = context(temp.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let second = log.segments()[1].base_offset;
    let path = log.directory().join(format!("{:020}.log", second.0));
    drop(log);
    let mut damaged = fs::read(&path).unwrap();
    let at = strata_compat::record_batch::BatchHeader::parse(&damaged).unwrap().size_bytes();
    damaged[at + 80] ^= 1;
    fs::write(&path, &damaged).unwrap();
    let before = files_of(path.parent().unwrap(), "");
    let request = LoadRequest { clean: false, journal_end: Some(Offset(40)), ..request(&context, &small()) };
    let error = load_log(&request, &context).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
    let named = format!("{} is damaged at position {at} ", path.display());
    assert!(error.to_string().contains(&named), "{error}");
    assert_eq!(fs::read(&path).unwrap(), damaged, "untouched");
    let logs =
        |files: &[PathBuf]| files.iter().filter(|file| file.extension().is_some_and(|kind| kind == "log")).count();
    assert_eq!(logs(&files_of(path.parent().unwrap(), "")), logs(&before), "nothing is set aside");
}

#[test]
fn a_log_that_lost_its_first_segment_is_refused_and_names_what_is_missing() {
    let temp = tempfile::tempdir().unwrap();
    let context = context(temp.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 1);
    let end = log.log_end_offset();
    log.close().unwrap();
    let bases: Vec<i64> = log.segments().iter().map(|segment| segment.base_offset.0).collect();
    let directory = log.directory().to_owned();
    drop(log);
    let request = |known_start| LoadRequest { recovery_point: Some(end), known_start, ..request(&context, &small()) };
    load_log(&request(Some(Offset(0))), &context).unwrap();
    fs::remove_file(directory.join(format!("{:020}.log", 0))).unwrap();
    let error = load_log(&request(Some(Offset(0))), &context).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
    let missing = format!("offsets 0 to {} are missing before", bases[1] - 1);
    assert!(error.to_string().contains(&missing), "{error}");
    assert!(error.to_string().contains(&directory.display().to_string()), "{error}");
    let (log, _) = load_log(&request(Some(Offset(bases[1] + 1))), &context).unwrap();
    assert_eq!(log.local_start_offset(), Offset(bases[1]), "what lies below the log start may go");
    drop(log);
    load_log(&request(None), &context).unwrap();
    // Without a journal the checkpoint may be older than a deletion.
    let lenient = LoadRequest { clean: false, ..request(Some(Offset(0))) };
    load_log(&lenient, &context).unwrap();
}

#[test]
fn another_segments_file_of_the_same_size_is_damage_and_no_gap() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 40, 0);
    log.close().unwrap();
    let place = |base: Offset| log.directory().join(format!("{:020}.log", base.0));
    let bases: Vec<Offset> = log.segments().iter().map(|segment| segment.base_offset).collect();
    let (one, other) = (place(bases[0]), place(bases[1]));
    let (first, second) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
    assert_eq!(first.len(), second.len(), "the sizes tell nothing");
    fs::write(&one, second).unwrap();
    drop(log);
    let (log, _) = open(&context, &small());
    let request = ReadRequest { offset: bases[0], bytes_max: 1 << 20, upper_bound: Offset(i64::MAX), min_one: true };
    let error = log.read(&request).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
    assert!(error.to_string().contains(&one.display().to_string()), "{error}");
}
