//! Cuts that do not come to their end, and cuts to where a log began.

use std::path::PathBuf;

use strata_broker_core::producer_state::{BatchMetadata, ProducerEntry};
use strata_compat::ids::{PartitionId, ProducerEpoch, ProducerId, TopicId, Uuid};

use super::*;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::log_manager::{LogManager, LogManagerConfig};
use crate::log::test_support::journaled_context;
use crate::log::{checkpoint, journal::JournalConfig};

fn log_file(log: &UnifiedLog, base: Offset) -> PathBuf {
    log.directory().join(format!("{:020}.log", base.0))
}

/// A log of twenty batches whose cut to offset 5 could not open the segment that is to be the last.
fn unfinished(directory: &Path) -> (FaultyIo, Arc<UnifiedLog>) {
    let io = FaultyIo::new();
    let (log, _) = open(&journaled_context(directory, &io), &small());
    fill(&log, 20, 1);
    log.flush().unwrap();
    let holder = log.segments().into_iter().rfind(|segment| segment.base_offset <= Offset(5)).unwrap();
    io.refuse_open(&log_file(&log, holder.base_offset));
    assert_eq!(log.truncate_to(Offset(5), NOW).unwrap_err().kind(), LogErrorKind::Unavailable);
    assert!(log.log_dir().offline().is_none(), "the directory has not failed");
    (io, log)
}

#[test]
fn a_log_whose_cut_is_unfinished_refuses_until_another_cut_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let (_io, log) = unfinished(directory.path());
    let refused = append(&log, batch(&[("k", Some("v"))], NOW.0, ProducerStamp::NONE), 2).unwrap_err();
    assert_eq!(refused.kind(), LogErrorKind::Unavailable);
    assert_eq!(log.read(&request(0)).unwrap_err().kind(), LogErrorKind::Unavailable);
    assert_eq!(log.roll().unwrap_err().kind(), LogErrorKind::Unavailable);
    assert!(log.truncate_to(Offset(5), NOW).unwrap());
    assert_eq!(log.log_end_offset(), Offset(4), "the batch that reached over the cut went as a whole");
    fill(&log, 3, 2);
    assert_eq!(log.log_end_offset(), Offset(10));
    assert_eq!(log.leader_epochs(), [(LeaderEpoch(1), Offset(0)), (LeaderEpoch(2), Offset(4))]);
    assert!(!everything(&log).is_empty());
}

#[test]
fn an_unfinished_cut_that_is_tried_again_higher_up_ends_where_the_files_end() {
    let directory = tempfile::tempdir().unwrap();
    let (_io, log) = unfinished(directory.path());
    assert!(log.truncate_to(Offset(30), NOW).unwrap());
    let end = log.log_end_offset();
    assert!(end < Offset(30), "the later segments are gone");
    assert_eq!(end, log.segments().last().unwrap().end_offset);
    fill(&log, 1, 2);
    assert_eq!(log.log_end_offset(), end.plus(2));
}

#[test]
fn a_restart_that_left_no_segment_is_ended_by_any_later_cut() {
    let directory = tempfile::tempdir().unwrap();
    for restarts in [true, false] {
        let io = FaultyIo::new();
        let (log, _) = open(&journaled_context(&directory.path().join(restarts.to_string()), &io), &small());
        fill(&log, 5, 1);
        io.refuse_open(&log_file(&log, Offset(100)));
        log.truncate_fully_and_start_at(Offset(100), None, NOW).unwrap_err();
        append(&log, batch(&[("k", Some("v"))], NOW.0, ProducerStamp::NONE), 2).unwrap_err();
        let begins = if restarts {
            log.truncate_fully_and_start_at(Offset(100), None, NOW).unwrap();
            Offset(100)
        } else {
            assert!(log.truncate_to(Offset(6), NOW).unwrap(), "nothing is left to be cut, and yet it is not done");
            Offset(6)
        };
        assert_eq!((log.local_start_offset(), log.log_end_offset()), (begins, begins));
        fill(&log, 1, 2);
        assert_eq!(log.log_end_offset(), begins.plus(2));
    }
}

#[test]
fn a_cut_that_could_not_remove_a_segment_removes_it_when_it_is_tried_again() {
    for restarts in [false, true] {
        let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
        let (log, _) = open(&journaled_context(directory.path(), &io), &small());
        fill(&log, 20, 1);
        log.flush().unwrap();
        let cut = || match restarts {
            true => log.truncate_fully_and_start_at(Offset(100), None, NOW),
            false => log.truncate_to(Offset(5), NOW).map(drop),
        };
        let is_cut = |base: &Offset| restarts || *base > Offset(5);
        let gone: Vec<Offset> = log.segments().iter().map(|segment| segment.base_offset).filter(is_cut).collect();
        assert!(gone.len() > 1);
        io.refuse_removal();
        assert_eq!(cut().unwrap_err().reason(), LogErrorReason::DiskFull);
        cut().unwrap();
        assert!(gone.iter().all(|base| !log_file(&log, *base).exists()), "restarts {restarts}: {gone:?}");
        fill(&log, 1, 2);
        assert_eq!(log.log_end_offset(), Offset(if restarts { 102 } else { 6 }));
    }
}

#[test]
fn a_crash_in_an_unfinished_cut_leaves_what_the_cut_says() {
    start_after_an_unfinished_cut(|_| None);
}

#[test]
fn a_checkpoint_during_a_cut_does_not_pass_the_entry_that_says_where_the_log_ends() {
    start_after_an_unfinished_cut(|log| Some(log.flush().unwrap()));
}

#[test]
fn a_log_that_is_closed_in_the_middle_of_a_cut_is_cut_by_the_next_start() {
    start_after_an_unfinished_cut(|log| Some(log.close().unwrap()));
}

fn start_after_an_unfinished_cut(end: impl Fn(&UnifiedLog) -> Option<checkpoint::RecoveryPoint>) {
    let directory = tempfile::tempdir().unwrap();
    let (_io, log) = unfinished(directory.path());
    if let Some(point) = end(&log) {
        let points = BTreeMap::from([((log.topic().to_owned(), 0), point)]);
        let path = directory.path().join(checkpoint::STRATA_RECOVERY_FILE);
        checkpoint::write_recovery_points(log.log_dir(), &path, &points).unwrap();
    }
    let id = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(1)), partition: PartitionId(0) };
    checkpoint::write_partition_metadata(log.log_dir(), log.directory(), id.topic_id).unwrap();
    drop(log);
    let config = LogManagerConfig {
        directories: vec![directory.path().to_path_buf()],
        journal: Some(JournalConfig::for_limit(1 << 20)),
        disk_reserve_bytes: 0,
        recovery_threads: 1,
        tail_bytes: 0,
        tail_log_bytes: 0,
        idle_files_max: 16,
        producer_expiration_ms: 86_400_000,
    };
    let (manager, report) = LogManager::open(config, &|_, _| Some(small()), NOW).unwrap();
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(manager.get(id).unwrap().log_end_offset(), Offset(4));
}

/// Producer 9, whose last batch, of sequence 6, is the last record below `end`.
fn producer(end: Offset) -> ProducerEntry {
    let mut entry = ProducerEntry::new(ProducerId(9));
    entry.epoch = ProducerEpoch(0);
    entry.last_timestamp = NOW;
    let last_offset = end.previous();
    entry.batches = vec![BatchMetadata { last_sequence: 6, last_offset, offset_delta: 0, timestamp: NOW }];
    entry
}

#[test]
fn truncation_to_where_a_log_began_remotely_keeps_the_restored_producers() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let (log, _) = open(&context, &small());
    log.truncate_fully_and_start_at(Offset(100), Some(Offset(50)), NOW).unwrap();
    log.restore_producers(vec![producer(Offset(100))], NOW).unwrap();
    let next = || batch(&[("k", Some("v"))], NOW.0, stamp(9, 7));
    append(&log, next(), 1).unwrap();
    assert!(log.truncate_to(Offset(100), NOW).unwrap());
    assert_eq!(log.producers(), [producer(Offset(100))]);
    let gap = append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 9)), 1).unwrap_err();
    assert_eq!(gap.reason(), LogErrorReason::OutOfOrderSequence);
    append(&log, next(), 1).unwrap();
    log.truncate_fully_and_start_at(Offset(100), Some(Offset(50)), NOW).unwrap();
    assert!(log.producers().is_empty(), "another log at the same offset knows nothing of them");
}
