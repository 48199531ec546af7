//! What outlives the batches that told of it: producers, and a log start that was answered.

use super::*;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::log_loader::{LoadRequest, load_log};
use crate::log::test_support::{self, journaled_context};

fn retry(log: &Arc<UnifiedLog>) -> bool {
    append(log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 6)), 0).unwrap().duplicate
}

/// Seven batches of producer 9, then enough of others to roll several times.
fn fill_after_producer(log: &Arc<UnifiedLog>) {
    for sequence in 0..7 {
        append(log, batch(&[("k", Some("v"))], NOW.0, stamp(9, sequence)), 0).unwrap();
    }
    fill(log, 15, 0);
}

fn let_old_segments_go(log: &UnifiedLog) {
    let limits = RetentionLimits { high_watermark: log.log_end_offset(), remote_end: None, tiered: false };
    assert!(log.apply_retention(&limits, NOW).unwrap().log_start > Some(Offset(7)));
}

fn open_unclean(context: &LogContext, config: &LogConfig, recovery_point: Offset) -> Arc<UnifiedLog> {
    let request = test_support::request(context, config);
    load_log(&LoadRequest { clean: false, recovery_point: Some(recovery_point), ..request }, context).unwrap().0
}

#[test]
fn producers_of_segments_that_went_survive_a_power_cut() {
    let config = LogConfig { retention_bytes: 700, ..small() };
    for seed in 0..32 {
        let directory = tempfile::tempdir().unwrap();
        let io = FaultyIo::new();
        let log_dir = LogDir::open_with(directory.path(), 0, Arc::new(io.clone())).unwrap();
        let context = LogContext::new(log_dir, None, Arc::new(TailBudget::new(0, 0)), 16);
        let (log, _) = open(&context, &config);
        fill_after_producer(&log);
        let point = log.flush().unwrap().offset;
        let_old_segments_go(&log);
        io.cut_power(seed);
        drop((log, context));
        let context = test_support::context(directory.path(), 0);
        assert!(retry(&open_unclean(&context, &config, point)), "seed {seed}: the producer is known");
    }
}

#[test]
fn recovery_writes_the_snapshot_from_which_old_segments_may_go() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let config = LogConfig { retention_bytes: 700, ..small() };
    let (log, _) = open(&context, &config);
    fill_after_producer(&log);
    drop(log);
    let snapshots = || {
        let names = std::fs::read_dir(directory.path().join("topic-0")).unwrap();
        let paths = names.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|suffix| suffix == "snapshot")).collect::<Vec<_>>()
    };
    for path in snapshots() {
        std::fs::remove_file(path).unwrap();
    }
    let log = open_unclean(&context, &config, Offset(0));
    assert_eq!(snapshots().len(), 1);
    let_old_segments_go(&log);
    let point = log.flush().unwrap().offset;
    drop(log);
    assert!(retry(&open_unclean(&context, &config, point)));
}

#[test]
fn orderly_stops_leave_one_snapshot_beside_those_of_segments() {
    let directory = tempfile::tempdir().unwrap();
    let context = context(directory.path(), 0);
    let mut count = 0;
    for _ in 0..5 {
        let (log, _) = open(&context, &LogConfig::default());
        append(&log, batch(&[("k", Some("v"))], NOW.0, ProducerStamp::NONE), 0).unwrap();
        log.close().unwrap();
        let names = std::fs::read_dir(log.directory()).unwrap();
        count =
            names.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|it| it == "snapshot")).count();
    }
    assert_eq!(count, 2, "the one of the last stop, and the one of the stop before, which the next start removes");
}

#[test]
fn a_log_start_is_answered_when_it_is_durable_also_by_a_retry() {
    let directory = tempfile::tempdir().unwrap();
    let plain = context(directory.path(), 0);
    let (log, _) = open(&plain, &small());
    fill(&log, 10, 0);
    log.close().unwrap();
    drop((log, plain));
    let io = FaultyIo::new();
    let context = journaled_context(directory.path(), &io);
    let (log, _) = open(&context, &small());
    let journal = Arc::clone(context.journal.as_ref().unwrap());
    // The journal has no extent yet, and no room for one.
    io.set_budget(Some(0));
    let wait = Duration::from_millis(50);
    for round in 0..2 {
        let error = log.set_log_start_durably(Offset(5), wait).unwrap_err();
        assert_eq!(error.kind(), LogErrorKind::Unavailable, "round {round}: it has moved and is not durable");
    }
    io.set_budget(None);
    assert!(!log.set_log_start_durably(Offset(5), Duration::from_secs(20)).unwrap());
    assert!(journal.durable_sequence() >= log.last_journal_sequence());
    assert!(log.set_log_start_durably(Offset(7), Duration::from_secs(20)).unwrap());
    assert!(journal.durable_sequence() >= log.last_journal_sequence());
    let error = log.set_log_start_durably(Offset(99), wait).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::OffsetOutOfRange);
}
