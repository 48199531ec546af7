//! Tests of `unified_log.rs`.

mod cutting;
mod flushing;
mod keeping;
mod lending;

use strata_compat::records::ProducerStamp;

use super::types::{Access, Lending, LogLoan, ReadRequest, RetentionLimits};
use super::*;
use crate::log::error::LogErrorReason;
use crate::log::test_support::{NOW, append, append_fetched, batch, context, everything, fill, open, stamp};

fn small() -> LogConfig {
    LogConfig { segment_bytes: 1000, index_interval_bytes: 200, file_delete_delay_ms: 10, ..LogConfig::default() }
}

fn request(offset: i64) -> ReadRequest {
    ReadRequest { offset: Offset(offset), bytes_max: 10_000, upper_bound: Offset(i64::MAX), min_one: true }
}

#[test]
fn appended_batches_get_offsets_and_are_read_from_memory_and_files_alike() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 1 << 20);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 3);
    assert_eq!(log.log_end_offset(), Offset(40));
    assert!(log.segments().len() > 3, "it rolled");
    assert_eq!(log.latest_epoch(), Some((LeaderEpoch(3), Offset(0))));
    assert!(log.read_from_memory(&request(0)).is_some());
    let from_memory = everything(&log);
    log.release_tail();
    assert!(log.read_from_memory(&request(0)).is_none());
    assert_eq!(everything(&log), from_memory);
    let read = log.read(&request(15)).unwrap();
    assert_eq!(read.first_base_offset, Some(Offset(14)), "the batch that holds the offset");
    assert!(log.read(&request(40)).unwrap().batches.is_empty());
    for offset in [-1, 41] {
        assert_eq!(log.read(&request(offset)).unwrap_err().reason(), LogErrorReason::OffsetOutOfRange);
    }
}

#[test]
fn reads_respect_size_and_upper_bound() {
    let directory = tempfile::tempdir().unwrap();
    for tail_bytes in [0, 1 << 20] {
        let context = context(&directory.path().join(tail_bytes.to_string()), tail_bytes);
        let (log, _) = open(&context, &LogConfig::default());
        fill(&log, 4, 0);
        let one = usize::try_from(log.size_bytes() / 4).unwrap();
        let table = [
            (one, 100, true, 2),
            (one - 1, 100, true, 2),
            (one - 1, 100, false, 0),
            (2 * one + 10, 100, true, 4),
            (100 * one, 100, true, 8),
            (100 * one, 4, true, 4),
            (100 * one, 3, true, 2),
            (100 * one, 1, true, 0),
        ];
        for (bytes_max, upper, min_one, end) in table {
            let request = ReadRequest { offset: Offset(0), bytes_max, upper_bound: Offset(upper), min_one };
            let read = log.read(&request).unwrap();
            assert_eq!(read.next_offset, Offset(end), "tail {tail_bytes}, {bytes_max} bytes below {upper}");
        }
    }
}

#[test]
fn duplicates_of_an_idempotent_producer_are_answered_with_their_place_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (mut log, _) = open(&context, &small());
    for sequence in 0..7 {
        append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, sequence)), 0).unwrap();
    }
    for round in 0..2 {
        let again = append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 3)), 0).unwrap();
        assert!(again.duplicate, "round {round}");
        assert_eq!(again.first_offset, Offset(3));
        let error = append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 9)), 0).unwrap_err();
        assert_eq!(error.reason(), LogErrorReason::OutOfOrderSequence);
        log.close().unwrap();
        drop(log);
        log = open(&context, &small()).0;
    }
    assert_eq!(log.log_end_offset(), Offset(7));
}

#[test]
fn follower_keeps_offsets_and_refuses_what_does_not_continue() {
    let directory = tempfile::tempdir().unwrap();
    let leader_context = context(&directory.path().join("leader"), 0);
    let follower_context = context(&directory.path().join("follower"), 0);
    let (leader, _) = open(&leader_context, &small());
    let (follower, _) = open(&follower_context, &small());
    fill(&leader, 3, 1);
    fill(&leader, 3, 2);
    let all = bytes::Bytes::from(everything(&leader));
    let info = append_fetched(&follower, &all.slice(..all.len() - 10)).unwrap();
    assert_eq!((info.first_offset, info.last_offset), (Offset(0), Offset(9)), "the torn last batch is left out");
    assert_eq!(follower.leader_epochs(), leader.leader_epochs());
    let error = append_fetched(&follower, &all).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::UnexpectedOffset);
    let mut damaged = all.to_vec();
    damaged[100] ^= 1;
    let error = append_fetched(&follower, &bytes::Bytes::from(damaged)).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::CorruptBatch);
    assert_eq!(follower.log_end_offset(), Offset(10));
}

#[test]
fn truncation_cuts_batches_epochs_and_producers() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 1 << 20);
    let (log, _) = open(&context, &small());
    fill(&log, 5, 1);
    append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 0)), 2).unwrap();
    fill(&log, 10, 3);
    let before = everything(&log);
    assert!(log.truncate_to(Offset(11), NOW).unwrap());
    assert_eq!(log.log_end_offset(), Offset(11));
    assert_eq!(log.leader_epochs(), [(LeaderEpoch(1), Offset(0)), (LeaderEpoch(2), Offset(10))]);
    assert_eq!(log.producers().len(), 1);
    let after = everything(&log);
    assert_eq!(after, before[..after.len()]);
    assert!(log.truncate_to(Offset(10), NOW).unwrap());
    assert!(log.producers().is_empty());
    assert!(!log.truncate_to(Offset(10), NOW).unwrap());
    fill(&log, 2, 4);
    assert_eq!(log.log_end_offset(), Offset(14));
    log.truncate_fully_and_start_at(Offset(100), Some(Offset(50)), NOW).unwrap();
    let offsets = log.offsets();
    assert_eq!((offsets.log_start, offsets.local_start, offsets.log_end), (Offset(50), Offset(100), Offset(100)));
    fill(&log, 1, 5);
    assert_eq!(log.log_end_offset(), Offset(102));
    assert_eq!(log.end_offset_for_epoch(LeaderEpoch(5)), Some((LeaderEpoch(5), Offset(102))));
}

#[test]
fn timestamps_are_found_where_a_scan_finds_them() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    // Timestamps jump back every third batch.
    let times: Vec<i64> = (0..30).map(|index| NOW.0 + if index % 3 == 0 { -1000 } else { index * 10 }).collect();
    for time in &times {
        append(&log, batch(&[("k", Some(&"v".repeat(50)))], *time, ProducerStamp::NONE), 0).unwrap();
    }
    for target in (NOW.0 - 2000..NOW.0 + 400).step_by(7) {
        let scanned = times.iter().position(|time| *time >= target).map(|at| i64::try_from(at).unwrap());
        let found = log.offset_for_timestamp(Timestamp(target), Offset(i64::MAX)).unwrap();
        assert_eq!(found.map(|found| found.offset.0), scanned, "target {target}");
    }
    let newest = log.offset_of_max_timestamp().unwrap().unwrap();
    assert_eq!((newest.offset, newest.timestamp), (Offset(29), Timestamp(NOW.0 + 290)));
}

#[test]
fn retention_moves_starts_and_removes_files_after_their_delay() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let config = LogConfig { retention_bytes: 1000, ..small() };
    let (log, _) = open(&context, &config);
    fill(&log, 20, 0);
    let limits = RetentionLimits { high_watermark: Offset(40), remote_end: None, tiered: false };
    let outcome = log.apply_retention(&limits, NOW).unwrap();
    assert!(!outcome.deleted.is_empty());
    assert_eq!(outcome.log_start, Some(log.log_start_offset()));
    assert_eq!(log.read(&request(0)).unwrap_err().reason(), LogErrorReason::OffsetOutOfRange);
    let deleted = || {
        std::fs::read_dir(log.directory())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(".deleted"))
            .count()
    };
    assert!(deleted() > 0);
    assert_eq!(log.remove_doomed(NOW).unwrap(), 0);
    assert_eq!(log.remove_doomed(NOW.plus_ms(10)).unwrap(), outcome.deleted.len());
    assert_eq!(deleted(), 0);
    assert!(log.set_log_start_offset(Offset(39)).unwrap());
    assert!(!log.set_log_start_offset(Offset(38)).unwrap());
    log.set_log_start_offset(Offset(41)).unwrap_err();
    assert_eq!(everything(&log).len(), everything(&log).len());
}

#[test]
fn producers_at_a_cut_are_those_of_exactly_that_offset() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    for sequence in 0..20 {
        append(&log, batch(&[("k", Some(&"v".repeat(80)))], NOW.0, stamp(9, sequence)), 0).unwrap();
    }
    for cut in [1, 7, 19, 20] {
        let cut_state = log.producers_at(Offset(cut), NOW).unwrap();
        let entries = crate::log::producer_snapshot::decode_snapshot(&cut_state.snapshot).unwrap();
        assert_eq!(entries[0].last_offset(), Some(Offset(cut - 1)), "cut {cut}");
    }
}

#[test]
fn bytes_after_a_large_batch_do_not_count_that_batch() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &LogConfig { segment_bytes: 1_000_000, ..small() });
    let mut positions = Vec::new();
    for bytes in [50, 30_000, 40, 10, 20_000, 60] {
        positions.push((log.log_end_offset(), log.size_bytes()));
        let value = "v".repeat(bytes);
        let records = [("a", Some("b")), ("k", Some(value.as_str()))];
        append(&log, batch(&records, NOW.0, ProducerStamp::NONE), 0).unwrap();
    }
    let end = log.log_end_offset();
    for (offset, position) in positions {
        assert_eq!(log.bytes_between(offset, end).unwrap(), log.size_bytes() - position, "from {offset}");
        assert_eq!(log.bytes_between(Offset(0), offset).unwrap(), position, "to {offset}");
    }
}

#[test]
fn bytes_between_add_up() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    fill(&log, 20, 0);
    let total = log.bytes_between(Offset(0), Offset(40)).unwrap();
    assert_eq!(total, log.size_bytes());
    let halves = log.bytes_between(Offset(0), Offset(20)).unwrap() + log.bytes_between(Offset(20), Offset(40)).unwrap();
    assert_eq!(total, halves);
    assert_eq!(log.oldest_append(Offset(0)), Some(NOW));
    assert_eq!(log.oldest_append(Offset(40)), None);
}

#[test]
fn tiered_segments_are_released_below_the_remote_end_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let config = LogConfig { remote_storage_enable: true, ..small() };
    let (log, _) = open(&context, &config);
    fill(&log, 20, 0);
    let second = log.segments()[1].end_offset;
    for (remote_end, deleted) in [(Offset(0), 0), (second.previous(), 1), (Offset(1000), log.segments().len() - 2)] {
        let outcome = log.release_tiered(remote_end, NOW).unwrap();
        assert_eq!(outcome.deleted.len(), deleted, "below {remote_end}");
        assert_eq!(log.remove_doomed(NOW).unwrap(), deleted, "the delay is not waited for");
    }
    let offsets = log.offsets();
    assert_eq!((offsets.log_start, offsets.local_start), (Offset(0), offsets.active_base));
    drop(log);
    let (log, _) = open(&context, &config);
    assert_eq!(log.offsets().log_start, Offset(0), "what is not here is in the bucket");
    let (plain, _) = open(&self::context(&directory.path().join("plain"), 0), &small());
    fill(&plain, 20, 0);
    assert!(plain.release_tiered(Offset(1000), NOW).unwrap().deleted.is_empty(), "this log has no other copy");
}

#[test]
fn epochs_of_local_segments_that_went_are_known_after_an_unclean_stop() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let config = LogConfig { remote_storage_enable: true, local_retention_ms: 1, ..small() };
    let (log, _) = open(&context, &config);
    fill(&log, 20, 3);
    let end = log.log_end_offset();
    let limits = RetentionLimits { high_watermark: end, remote_end: Some(end), tiered: true };
    let outcome = log.apply_retention(&limits, NOW.plus_ms(1_000_000)).unwrap();
    assert_eq!(outcome.local_start, Some(end), "everything local went");
    // No flush, no close: the next opening has only what is on disk.
    drop(log);
    let (log, _) = open(&context, &config);
    assert_eq!(log.latest_epoch(), Some((LeaderEpoch(3), Offset(0))));
}

#[test]
fn only_the_clusters_own_topics_draw_on_the_disk_reserve() {
    for (topic, is_taken) in [("orders", false), ("__mine", false), ("__consumer_offsets", true)] {
        let directory = tempfile::tempdir().unwrap();
        // More than any disk has left.
        let log_dir = LogDir::open(directory.path(), u64::MAX / 2).unwrap();
        let context = LogContext::new(log_dir, None, Arc::new(TailBudget::new(0, 0)), 16);
        let mut request = crate::log::test_support::request(&context, &small());
        request.identity.topic = topic.to_owned();
        let (log, _) = crate::log::log_loader::load_log(&request, &context).unwrap();
        let refused = append(&log, batch(&[("k", Some("v"))], NOW.0, ProducerStamp::NONE), 0).err();
        let reason = (!is_taken).then_some(LogErrorReason::DiskFull);
        assert_eq!(refused.map(|error| error.reason()), reason, "{topic}");
    }
}

#[test]
fn a_batch_whose_leader_epoch_was_flipped_is_told_and_what_comes_before_it_is_answered() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &LogConfig::default());
    fill(&log, 2, 1);
    fill(&log, 2, 3);
    let whole = log.read(&request(0)).unwrap();
    assert_eq!(whole.next_offset, Offset(8));
    let path = log.directory().join(format!("{:020}.log", 0));
    let bytes = std::fs::read(&path).unwrap();
    // The second and the fourth of four batches of one size; the epoch follows base offset and length.
    for batch in [1, 3] {
        let mut damaged = bytes.clone();
        damaged[bytes.len() / 4 * batch + 14] ^= 128;
        std::fs::write(&path, damaged).unwrap();
        let end = i64::try_from(batch).unwrap() * 2;
        let read = log.read(&request(0)).unwrap();
        assert_eq!((read.next_offset, read.bytes), (Offset(end), bytes.len() / 4 * batch));
        assert_eq!(read.batches.concat(), bytes[..read.bytes]);
        let error = log.read(&request(end)).unwrap_err();
        assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
        let told = error.to_string();
        assert!(told.contains(&format!("{} is damaged at offset {end}", path.display())), "{told}");
        assert!(told.contains("restore"), "{told}");
    }
}
