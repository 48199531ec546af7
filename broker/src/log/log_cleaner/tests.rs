//! Tests of `log_cleaner.rs`.

use std::collections::BTreeMap;

use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::compression::DecompressLimits;
use strata_compat::ids::LeaderEpoch;
use strata_compat::record_batch::split_batches;
use strata_compat::records::{self, ProducerStamp};

use super::*;
use crate::log::error::{LogErrorKind, LogErrorReason};
use crate::log::log_config::CleanupPolicy;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::test_support::{NOW, append, batch, context, everything, journaled_context, open, stamp};
use crate::log::types::{LeaderAppend, RetentionLimits};
use crate::log::unified_log::UnifiedLog;

fn compacted() -> LogConfig {
    LogConfig {
        segment_bytes: 600,
        index_interval_bytes: 100,
        cleanup_policy: CleanupPolicy { delete: false, compact: true },
        delete_retention_ms: 100,
        ..LogConfig::default()
    }
}

fn segment(base: i64, end: i64, age_ms: i64, active: bool) -> SegmentInfo {
    SegmentInfo {
        base_offset: Offset(base),
        end_offset: Offset(end),
        bytes: 100,
        max_timestamp: Timestamp(NOW.0 - age_ms),
        first_append: None,
        last_append: None,
        active,
    }
}

#[test]
fn the_plan_follows_ratio_lags_and_stability() {
    let segments = [segment(0, 10, 900, false), segment(10, 20, 500, false), segment(20, 30, 10, true)];
    let base = compacted();
    let lagging = LogConfig { min_compaction_lag_ms: 600, ..compacted() };
    let overdue = LogConfig { max_compaction_lag_ms: 300, min_cleanable_dirty_ratio: 0.9, ..compacted() };
    let plain = LogConfig::default();
    let table = [
        (&base, None, 30, Some((0, 20)), "both closed segments"),
        (&base, Some(10), 30, None, "half is not more than half"),
        (&base, Some(20), 30, None, "nothing is dirty"),
        (&base, Some(99), 30, Some((0, 20)), "a checkpoint beyond the log does not count"),
        (&base, None, 19, Some((0, 10)), "only what is stable and flushed"),
        (&base, None, 9, None, "nothing is stable"),
        (&lagging, None, 30, Some((0, 10)), "the second is too young"),
        (&overdue, Some(10), 30, Some((10, 20)), "overdue whatever the ratio"),
        (&plain, None, 30, None, "not compacted"),
    ];
    for (config, checkpoint, stable, expected, what) in table {
        let plan = cleaner_plan(&CleanerInput {
            segments: &segments,
            checkpoint: checkpoint.map(Offset),
            log_start: Offset(0),
            log_end: Offset(30),
            stable_end: Offset(stable),
            first_dirty_timestamp: Some(Timestamp(NOW.0 - 500)),
            config,
            now: NOW,
        });
        let range = plan.map(|plan| (plan.first_dirty.0, plan.first_uncleanable.0));
        assert_eq!(range, expected, "{what}");
    }
}

#[test]
fn small_neighbours_are_grouped() {
    let segments: Vec<SegmentInfo> = (0..5).map(|index| segment(index * 10, index * 10 + 10, 0, false)).collect();
    let sizes = |bytes| {
        let config = LogConfig { segment_bytes: bytes, ..compacted() };
        group_segments(&segments, &config).iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(sizes(250), [2, 2, 1]);
    assert_eq!(sizes(50), [1, 1, 1, 1, 1]);
    assert_eq!(sizes(5000), [5]);
}

#[test]
fn the_map_is_bounded_and_knows_the_newest() {
    let mut map = OffsetMap::new(2 * ENTRY_BYTES, Offset(0));
    assert!(map.put(b"a", Offset(0)) && map.put(b"b", Offset(1)) && map.put(b"a", Offset(2)));
    assert!(!map.put(b"c", Offset(3)));
    assert_eq!(map.end(), Offset(3));
    assert!(!map.is_newest(b"a", Offset(0)) && map.is_newest(b"a", Offset(2)) && map.is_newest(b"b", Offset(1)));
    assert!(map.is_newest(b"b", Offset(3)), "beyond the map");
}

type Found = BTreeMap<i64, (String, Option<String>)>;

fn contents(log: &UnifiedLog) -> Found {
    let text = |bytes: bytes::Bytes| String::from_utf8(bytes.to_vec()).unwrap();
    let mut found = BTreeMap::new();
    for item in split_batches(&everything(log).into()) {
        let (_, batch) = item.unwrap();
        strata_compat::record_batch::verify_crc(&batch).unwrap();
        for record in records::iterate(&batch, DecompressLimits::new(1 << 20)).unwrap() {
            let record = record.unwrap();
            found.insert(record.offset.0, (text(record.key.unwrap()), record.value.map(text)));
        }
    }
    found
}

fn clean(log: &UnifiedLog, checkpoint: Option<Offset>, now: Timestamp) -> CleanOutcome {
    log.roll().unwrap();
    log.flush().unwrap();
    let plan = log.plan_cleaning(checkpoint, log.log_end_offset(), now).unwrap().expect("something is dirty");
    log.clean(&plan, 1 << 20, now).unwrap()
}

#[test]
fn only_the_newest_of_each_key_remains_at_its_offset_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &compacted());
    let mut newest = BTreeMap::new();
    for index in 0..60_i64 {
        let (one, two) = (format!("k{}", index % 7), format!("k{}", index % 5));
        let value = format!("value-{index}");
        append(&log, batch(&[(&one, Some(&value)), (&two, Some(&value))], NOW.0 + index, ProducerStamp::NONE), 0)
            .unwrap();
        newest.insert(one, (index * 2, value.clone()));
        newest.insert(two, (index * 2 + 1, value));
    }
    let expected: Found = newest.into_iter().map(|(key, (offset, value))| (offset, (key, Some(value)))).collect();
    let outcome = clean(&log, None, NOW);
    assert_eq!(outcome.cleaned_to, Offset(120));
    assert!(outcome.bytes_after < outcome.bytes_before / 2);
    assert_eq!(contents(&log), expected);
    assert!(log.plan_cleaning(Some(outcome.cleaned_to), Offset(120), NOW).unwrap().is_none());
    log.close().unwrap();
    log.remove_doomed(Timestamp(i64::MAX)).unwrap();
    drop(log);
    let (log, report) = open(&context, &compacted());
    assert!(report.rebuilt.is_empty(), "{report:?}");
    assert_eq!((contents(&log), log.log_end_offset()), (expected, Offset(120)));
}

#[test]
fn tombstones_stay_until_their_horizon() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &compacted());
    for (key, value) in [("a", Some("1")), ("b", Some("1")), ("a", None), ("c", Some("1"))] {
        append(&log, batch(&[(key, value)], NOW.0, ProducerStamp::NONE), 0).unwrap();
    }
    let keys = |log: &UnifiedLog| contents(log).into_iter().map(|(offset, (key, _))| (offset, key)).collect::<Vec<_>>();
    let named = |list: &[(i64, &str)]| list.iter().map(|(at, key)| (*at, (*key).to_owned())).collect::<Vec<_>>();
    clean(&log, None, NOW);
    assert_eq!(keys(&log), named(&[(1, "b"), (2, "a"), (3, "c")]));
    clean(&log, None, NOW.plus_ms(99));
    assert_eq!(keys(&log), named(&[(1, "b"), (2, "a"), (3, "c")]));
    clean(&log, None, NOW.plus_ms(100));
    assert_eq!(keys(&log), named(&[(1, "b"), (3, "c")]));
}

#[test]
fn the_last_batch_of_a_producer_and_of_the_round_stay_empty() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &compacted());
    append(&log, batch(&[("a", Some("1"))], NOW.0, stamp(9, 0)), 0).unwrap();
    append(&log, batch(&[("a", Some("2"))], NOW.0, stamp(9, 1)), 0).unwrap();
    append(&log, batch(&[("a", Some("3"))], NOW.0, ProducerStamp::NONE), 0).unwrap();
    clean(&log, None, NOW);
    let batches: Vec<(i64, i32)> = split_batches(&everything(&log).into())
        .map(|item| item.unwrap().0)
        .map(|header| (header.base_offset.0, header.record_count))
        .collect();
    assert_eq!(batches, [(1, 0), (2, 1)]);
    assert!(append(&log, batch(&[("a", Some("2"))], NOW.0, stamp(9, 1)), 0).unwrap().duplicate);
}

/// A record that is written anew gets a checksum of its own, which must not hide what became of it before; and a damaged key must
/// not take the place of a sound one.
#[test]
fn a_damaged_batch_ends_the_round_with_its_file_named_and_every_file_as_it_was() {
    for (base, what) in [(0, "cleaned before, and only copied now"), (2, "dirty, and its keys count")] {
        let directory = tempfile::tempdir().unwrap();
        let (log, _) = open(&context(directory.path(), 0), &compacted());
        let put = |keys: &[&str]| {
            for key in keys {
                append(&log, batch(&[(key, Some("value"))], NOW.0, ProducerStamp::NONE), 0).unwrap();
            }
        };
        put(&["stays", "goes"]);
        let checkpoint = clean(&log, None, NOW).cleaned_to;
        put(&["goes", "goes", "goes"]);
        log.roll().unwrap();
        log.flush().unwrap();
        log.remove_doomed(Timestamp(i64::MAX)).unwrap();
        let path = log.directory().join(format!("{base:020}.log"));
        let mut bytes = std::fs::read(&path).unwrap();
        let in_last_value = bytes.len() - 2;
        bytes[in_last_value] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let before = files(&log);
        let plan = log.plan_cleaning(Some(checkpoint), log.log_end_offset(), NOW).unwrap().expect("something is dirty");
        let error = log.clean(&plan, 1 << 20, NOW).unwrap_err();
        assert_eq!(error.reason(), LogErrorReason::CorruptSegment, "{what}");
        assert!(
            error.to_string().starts_with(&format!("{} is damaged at position", path.display())),
            "{what}: {error}"
        );
        assert_eq!(files(&log), before, "{what}");
    }
}

fn files(log: &UnifiedLog) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(log.directory()).unwrap();
    entries.map(|entry| entry.unwrap().path()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// Replay takes a swap for done whose entry it finds: no file has another name before the entry is durable, and nothing else
/// happens to closed segments meanwhile.
#[test]
fn a_swap_waits_for_its_entry_and_keeps_cuts_and_retention_away() {
    let directory = tempfile::tempdir().unwrap();
    let context = journaled_context(directory.path(), &FaultyIo::new());
    let journal = std::sync::Arc::clone(context.journal.as_ref().unwrap());
    let (log, _) = open(&context, &compacted());
    for index in 0..20 {
        append(&log, batch(&[("same", Some("value"))], NOW.0 + index, ProducerStamp::NONE), 0).unwrap();
    }
    log.roll().unwrap();
    log.flush().unwrap();
    let plan = log.plan_cleaning(None, log.log_end_offset(), NOW).unwrap().expect("something is dirty");
    // Large batches in one segment fill the journal soon.
    log.update_config(LogConfig { segment_bytes: 1 << 30, ..compacted() });
    let value = "v".repeat(50_000);
    let large = batch(&[("other", Some(value.as_str()))], NOW.0, ProducerStamp::NONE);
    let full = loop {
        let append = LeaderAppend { leader_epoch: LeaderEpoch(0), origin: AppendOrigin::Client, now: NOW };
        match log.take_room(large.len(), std::time::Duration::from_millis(300)) {
            Ok(room) => log.append_as_leader(large.clone(), append, &room).unwrap(),
            Err(error) => break error,
        };
    };
    assert_eq!(full.reason(), LogErrorReason::JournalFull, "{full}");
    let (before, names) = (log.last_journal_sequence(), |log: &UnifiedLog| {
        let found = std::fs::read_dir(log.directory()).unwrap();
        let names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".log") || name.ends_with(".deleted")).collect::<Vec<_>>()
    });
    let files = names(&log);
    let entry = std::thread::scope(|scope| {
        let cleaning = scope.spawn(|| log.clean(&plan, 1 << 20, NOW).unwrap());
        while log.last_journal_sequence() == before {
            assert!(!cleaning.is_finished());
            std::thread::yield_now();
        }
        let entry = log.last_journal_sequence();
        assert!(journal.durable_sequence() < entry);
        assert_eq!(names(&log), files);
        assert_eq!(log.truncate_to(Offset(3), NOW).unwrap_err().kind(), LogErrorKind::Unavailable);
        let limits = RetentionLimits { high_watermark: log.log_end_offset(), remote_end: None, tiered: false };
        log.set_log_start_offset(Offset(10)).unwrap();
        assert!(log.apply_retention(&limits, NOW).unwrap().deleted.is_empty());
        while !cleaning.is_finished() {
            let point = log.flush().unwrap();
            journal.recycle([(log.partition(), crate::log::journal::JournalSequence(point.journal_sequence))]);
            std::thread::yield_now();
        }
        assert!(cleaning.join().unwrap().segments_replaced > 0);
        entry
    });
    assert!(journal.durable_sequence() >= entry);
    assert_ne!(names(&log), files);
    assert_eq!(contents(&log).iter().next().map(|(offset, _)| *offset), Some(19), "the newest of the key");
    assert!(log.truncate_to(Offset(19), NOW).unwrap());
}
