//! Offsets that no batch holds: compacted here or at the leader they are no damage, whatever the policy is today; a lost file and
//! a flipped bit in a base offset are.

use strata_compat::record_batch::assign_offset_and_epoch;

use super::*;
use crate::log::log_config::CleanupPolicy;
use crate::log::segment_seal::{Found, SegmentSeal};
use crate::log::test_support::append_fetched;

/// The batches that a leader answers whose log was compacted: one record each, at these offsets.
fn fetched(offsets: impl IntoIterator<Item = i64>) -> bytes::Bytes {
    let value = "v".repeat(100);
    let mut all = Vec::new();
    for offset in offsets {
        let mut one =
            batch(&[("k", Some(&value))], NOW.0 + offset, strata_compat::records::ProducerStamp::NONE).to_vec();
        assign_offset_and_epoch(&mut one, Offset(offset), LeaderEpoch(1));
        all.extend(one);
    }
    all.into()
}

/// A follower that fetched compacted batches into several segments.
fn follower(context: &LogContext, offsets: impl IntoIterator<Item = i64>) -> Vec<u8> {
    let (log, _) = open(context, &small());
    append_fetched(&log, &fetched(offsets)).unwrap();
    assert!(log.segments().len() > 2);
    everything(&log)
}

fn compacted() -> LogConfig {
    LogConfig { cleanup_policy: CleanupPolicy { delete: false, compact: true }, ..small() }
}

#[test]
fn a_follower_that_fetched_what_was_compacted_keeps_all_of_it_after_a_crash() {
    let offsets = || (0..40).map(|number| number * 7);
    let end = 39 * 7 + 1;
    for (what, recovery_point, journal_end) in [
        ("all in the journal", Some(Offset(0)), Some(Offset(end))),
        ("a part flushed", Some(Offset(99)), Some(Offset(end))),
        ("all flushed", Some(Offset(end)), None),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let context = context(directory.path(), 0);
        let bytes = follower(&context, offsets());
        let request = LoadRequest { clean: false, recovery_point, journal_end, ..request(&context, &small()) };
        let (log, report) = load_log(&request, &context).unwrap();
        assert_eq!((everything(&log), log.log_end_offset()), (bytes, Offset(end)), "{what}");
        assert_eq!(report.cuts, [], "{what}");
    }
}

#[test]
fn above_what_was_durable_a_hole_is_kept_where_another_batch_follows() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    follower(&context, (0..40).map(|number| number * 7));
    let (log, report) = unclean(&context, 0).unwrap();
    assert_eq!(log.log_end_offset(), Offset(38 * 7 + 1), "the last batch is fetched again");
    assert_eq!(report.cuts.len(), 1, "{:?}", report.cuts);
    drop(log);
    let config = compacted();
    let elsewhere = tempfile::tempdir().unwrap();
    let context = super::context(elsewhere.path(), 0);
    let bytes = follower(&context, (0..40).map(|number| number * 7));
    let request = LoadRequest { clean: false, recovery_point: Some(Offset(0)), ..request(&context, &config) };
    let (log, report) = load_log(&request, &context).unwrap();
    assert_eq!((everything(&log), report.cuts), (bytes, Vec::new()), "a compacted log has holes");
}

/// No CRC covers the base offset of a batch.
#[test]
fn a_flipped_bit_in_a_base_offset_is_damage_and_no_hole() {
    for (what, at, journal_end) in
        [("in the middle", 2, None), ("of the last", 3, None), ("below the end", 2, Some(40))]
    {
        for config in [small(), compacted()] {
            let directory = tempfile::tempdir().unwrap();
            let context = context(directory.path(), 0);
            let (log, _) = open(&context, &LogConfig { segment_bytes: 1 << 20, ..config.clone() });
            fill(&log, 4, 1);
            let path = active_path(&log);
            drop(log);
            let mut damaged = fs::read(&path).unwrap();
            let size = damaged.len() / 4;
            damaged[at * size + 6] ^= 1;
            fs::write(&path, &damaged).unwrap();
            let journal_end = journal_end.map(Offset);
            let request = LoadRequest {
                clean: false,
                recovery_point: Some(Offset(0)),
                journal_end,
                ..request(&context, &config)
            };
            let loaded = load_log(&request, &context);
            if journal_end.is_some() {
                let error = loaded.unwrap_err();
                assert!(error.to_string().contains("offsets 4 to 259 are missing"), "{what}: {error}");
                assert_eq!(fs::read(&path).unwrap(), damaged, "{what}");
            } else if at == 3 && config.cleanup_policy.compact {
                assert_eq!(loaded.unwrap().0.log_end_offset(), Offset(264), "{what}: nothing tells it from a hole");
            } else {
                let end = Offset(i64::try_from(at).unwrap() * 2);
                assert_eq!(loaded.unwrap().0.log_end_offset(), end, "{what}");
            }
        }
    }
}

/// A log that was compacted here, its segments, and all that it says.
fn cleaned(context: &LogContext) -> (Vec<Offset>, Offset, Vec<u8>) {
    let (log, _) = open(context, &compacted());
    let value = "v".repeat(150);
    for number in 0..30_i64 {
        let key = if number % 2 == 0 { format!("key-{number}") } else { "same".to_owned() };
        let one = batch(&[(&key, Some(&value))], NOW.0 + number, strata_compat::records::ProducerStamp::NONE);
        append(&log, one, 1).unwrap();
    }
    log.roll().unwrap();
    log.flush().unwrap();
    let plan = log.plan_cleaning(None, log.log_end_offset(), NOW).unwrap().expect("something is dirty");
    assert!(log.clean(&plan, 1 << 20, NOW).unwrap().segments_replaced > 0);
    let segments = log.segments();
    let gaps = segments.windows(2).filter(|pair| pair[0].end_offset < pair[1].base_offset).count();
    assert!(gaps > 0, "a segment lost its end: {segments:?}");
    let bytes = everything(&log);
    log.close().unwrap();
    log.remove_doomed(Timestamp(i64::MAX)).unwrap();
    (segments.iter().map(|segment| segment.base_offset).collect(), log.log_end_offset(), bytes)
}

#[test]
fn a_log_that_was_compacted_is_whole_under_another_policy_too() {
    for clean in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let context = context(directory.path(), 0);
        let (_, end, bytes) = cleaned(&context);
        for recovery_point in [end, Offset(0)] {
            let request = LoadRequest { clean, recovery_point: Some(recovery_point), ..request(&context, &small()) };
            let (log, report) = load_log(&request, &context).unwrap();
            assert_eq!((log.log_end_offset(), report.cuts), (end, Vec::new()), "clean {clean}, from {recovery_point}");
            assert!(everything(&log) == bytes, "clean {clean}, from {recovery_point}");
            log.close().unwrap();
        }
    }
}

#[test]
fn a_compacted_log_that_lost_a_file_or_its_end_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (bases, end, bytes) = cleaned(&context);
    let path = |base: Offset| directory.path().join("topic-0").join(format!("{:020}.log", base.0));
    let request = || LoadRequest { was_cleaned: true, recovery_point: Some(end), ..request(&context, &compacted()) };
    let (hidden, second) = (directory.path().join("hidden"), path(bases[1]));
    fs::rename(&second, &hidden).unwrap();
    let error = load_log(&request(), &context).unwrap_err();
    assert!(error.to_string().contains("are missing before"), "{error}");
    fs::rename(&hidden, &second).unwrap();
    let whole = fs::read(&second).unwrap();
    let (last, _) = strata_compat::record_batch::split_batches(&whole.clone().into()).last().unwrap().unwrap();
    fs::write(&second, &whole[..whole.len() - last.size_bytes()]).unwrap();
    for attempt in 0..2 {
        let error = load_log(&request(), &context).map(|_| ()).expect_err("its end is lost");
        assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
        assert!(error.to_string().contains(&second.display().to_string()), "{attempt}: {error}");
    }
    fs::write(&second, whole).unwrap();
    let (log, _) = load_log(&request(), &context).unwrap();
    assert_eq!(everything(&log), bytes);
}

/// Compaction leaves gaps between files: only the seal tells that the end of one is lost.
#[test]
fn a_segment_of_a_compacted_log_that_is_shorter_than_its_seal_is_refused_empty_or_replayed() {
    for (kept, replayed) in [(1, true), (0, true), (0, false)] {
        let directory = tempfile::tempdir().unwrap();
        let context = context(directory.path(), 0);
        let (bases, end, bytes) = cleaned(&context);
        let path = directory.path().join("topic-0").join(format!("{:020}.log", bases[1].0));
        let request = || LoadRequest {
            clean: false,
            was_cleaned: true,
            recovery_point: Some(end),
            touched: bases[1..2].iter().copied().filter(|_| replayed).collect(),
            ..request(&context, &compacted())
        };
        let whole = fs::read(&path).unwrap();
        let (first, _) = strata_compat::record_batch::split_batches(&whole.clone().into()).next().unwrap().unwrap();
        fs::write(&path, &whole[..kept * first.size_bytes()]).unwrap();
        for attempt in 0..2 {
            let error = load_log(&request(), &context).map(|_| ()).expect_err("its end is lost");
            assert!(error.to_string().contains("its end is lost"), "{kept}, {replayed}, {attempt}: {error}");
        }
        fs::write(&path, whole).unwrap();
        let (log, report) = load_log(&request(), &context).unwrap();
        assert_eq!(everything(&log), bytes, "{kept}, {replayed}");
        assert_eq!(report.rebuilt.contains(&bases[1]), replayed, "what replay wrote is read again");
    }
}

/// With durability `os`, where a closed segment may stand above the recovery point.
#[test]
fn a_lost_file_of_a_compacted_log_is_refused_however_often_it_is_started() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (bases, _, _) = cleaned(&context);
    fs::remove_file(directory.path().join("topic-0").join(format!("{:020}.log", bases[1].0))).unwrap();
    let request = || LoadRequest {
        clean: false,
        was_cleaned: true,
        recovery_point: Some(bases[2].previous()),
        ..request(&context, &compacted())
    };
    for attempt in 0..3 {
        let error = load_log(&request(), &context).map(|_| ()).expect_err("a segment is lost");
        assert!(error.to_string().contains("are missing before"), "{attempt}: {error}");
    }
}

/// The seal of the active segment at an orderly stop names nobody.
#[test]
fn a_segment_that_is_rolled_without_an_append_since_the_start_is_sealed_anew() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 2, 1);
    log.close().unwrap();
    drop(log);
    let (log, _) = load_log(&request(&context, &small()), &context).unwrap();
    let first = log.active_segment_base();
    log.roll().unwrap();
    log.flush().unwrap();
    let path = log.directory().join(format!("{:020}.seal", first.0));
    let seal = SegmentSeal::read(&context.log_dir, &path, log.directory(), first).unwrap();
    let next = log.active_segment_base();
    assert!(matches!(seal, Found::Whole(seal) if seal.next_base == Some(next)), "{seal:?}");
}
