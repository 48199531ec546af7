//! Flushes of many logs: two for all, what they keep, and how much of it is under way at once.

use std::path::Path;

use strata_compat::ids::{PartitionId, Uuid};

use super::*;
use crate::log::epoch_checkpoint::{self, StoredEpochs};
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::log_dir::{AHEAD_BYTES, AT_ONCE_MIN, PIECE_BYTES};
use crate::log::log_loader::{LoadReport, LoadRequest, load_log};
use crate::log::test_support::{self, NOW};

const MANY: u64 = AT_ONCE_MIN as u64;
/// A new log's leader epochs are files of their own: two, and the name.
const EPOCHS: u64 = 3;

fn open_on(directory: &Path, io: &FaultyIo) -> LogContext {
    let log_dir = LogDir::open_with(directory, 0, Arc::new(io.clone())).unwrap();
    LogContext::new(log_dir, None, Arc::new(TailBudget::new(0, 0)), 16)
}

fn request_of(context: &LogContext, index: usize, recovery_point: Option<Offset>) -> LoadRequest {
    let mut request = test_support::request(context, &LogConfig::default());
    request.identity.directory = context.log_dir.path().join(format!("topic-{index}"));
    let partition = PartitionId(i32::try_from(index).unwrap());
    request.identity.partition = TopicIdPartition { topic_id: Uuid::from_u128(1).into(), partition };
    std::fs::create_dir_all(&request.identity.directory).unwrap();
    LoadRequest { clean: recovery_point.is_none(), recovery_point, ..request }
}

fn filled(context: &LogContext, count: usize) -> Vec<Arc<UnifiedLog>> {
    let open = |index| load_log(&request_of(context, index, None), context).unwrap().0;
    let logs: Vec<_> = (0..count).map(open).collect();
    for log in &logs {
        fill(log, 3, 0);
    }
    logs
}

fn flush(logs: &[Arc<UnifiedLog>]) -> Result<Vec<RecoveryPoint>, LogError> {
    flush_together(&logs.iter().map(AsRef::as_ref).collect::<Vec<_>>()).into_iter().collect()
}

#[test]
fn two_flushes_of_the_file_system_keep_many_logs_through_a_power_cut() {
    for seed in 0..8 {
        let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
        let context = open_on(directory.path(), &io);
        let logs = filled(&context, AT_ONCE_MIN);
        let before = io.syncs();
        let points = flush(&logs).unwrap();
        assert_eq!(io.syncs() - before, 2, "one for what was written, one for the epochs' names");
        assert!(points.iter().all(|point| point.offset == Offset(6)), "{points:?}");
        let written: Vec<_> = logs.iter().map(|log| everything(log)).collect();
        io.cut_power(seed);
        drop((logs, context));
        let context = open_on(directory.path(), &FaultyIo::new());
        for (index, bytes) in written.iter().enumerate() {
            let request = request_of(&context, index, Some(Offset(6)));
            let epochs = epoch_checkpoint::load(&context.log_dir, &request.identity.directory).unwrap();
            assert_eq!(epochs, StoredEpochs::Sound(vec![(LeaderEpoch(0), Offset(0))]), "seed {seed}, log {index}");
            let (log, _) = load_log(&request, &context).unwrap();
            assert_eq!(&everything(&log), bytes, "seed {seed}, log {index}");
        }
    }
}

/// Ends logs in order and has the power cut after that: each must be found as it was left. Returns the flushes.
fn end_and_cut_power(seed: u64, prepare: impl FnOnce(&FaultyIo)) -> u64 {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let context = open_on(directory.path(), &io);
    let logs = filled(&context, AT_ONCE_MIN);
    let written: Vec<_> = logs.iter().map(|log| everything(log)).collect();
    prepare(&io);
    let before = io.syncs();
    for log in &logs {
        log.end_in_order().unwrap();
    }
    flush(&logs).unwrap();
    let syncs = io.syncs() - before;
    io.cut_power(seed);
    drop((logs, context));
    let context = open_on(directory.path(), &FaultyIo::new());
    for (index, bytes) in written.iter().enumerate() {
        let request = request_of(&context, index, None);
        let seal = request.identity.directory.join("00000000000000000000.seal");
        assert!(seal.exists(), "seed {seed}, log {index}");
        let (log, report) = load_log(&request, &context).unwrap();
        assert_eq!(report, LoadReport::default(), "seed {seed}, log {index}");
        assert_eq!(&everything(&log), bytes, "seed {seed}, log {index}");
    }
    syncs
}

#[test]
fn many_logs_end_with_two_flushes_of_the_file_system() {
    for seed in 0..8 {
        assert_eq!(end_and_cut_power(seed, |_| {}), 2, "one for what was written, one for seals and names");
    }
}

#[test]
fn what_the_second_flush_has_no_room_for_is_flushed_one_by_one() {
    for seed in 0..8 {
        let syncs = end_and_cut_power(seed, |io| io.fail_file_system(2, std::io::ErrorKind::StorageFull));
        assert_eq!(syncs, 1 + MANY * 2, "each log's seal and names");
    }
}

#[test]
fn a_log_that_was_not_written_to_since_ends_without_a_flush_of_its_epochs() {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let context = open_on(directory.path(), &io);
    let logs = filled(&context, 1);
    flush(&logs).unwrap();
    let before = io.syncs();
    logs[0].end_in_order().unwrap();
    flush(&logs).unwrap();
    // Two files of its producers, two indexes, the log, the seal, the names.
    assert_eq!(io.syncs() - before, 7);
}

#[test]
fn few_logs_are_flushed_one_by_one() {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let context = open_on(directory.path(), &io);
    let logs = filled(&context, 2);
    let before = io.syncs();
    flush(&logs).unwrap();
    assert_eq!(io.syncs() - before, 2 * (EPOCHS + 2), "each its file and its names");
}

#[test]
fn a_full_file_system_is_flushed_file_by_file_from_then_on() {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let context = open_on(directory.path(), &io);
    let logs = filled(&context, AT_ONCE_MIN);
    io.fail_file_system(1, std::io::ErrorKind::StorageFull);
    let before = io.syncs();
    assert!(flush(&logs).unwrap().iter().all(|point| point.offset == Offset(6)));
    assert_eq!(io.syncs() - before, MANY * (EPOCHS + 2), "each file and its names");
    assert!(context.log_dir.offline().is_none(), "it may have been somebody else's file");
    for log in &logs {
        fill(log, 1, 0);
    }
    let before = io.syncs();
    assert!(flush(&logs).unwrap().iter().all(|point| point.offset == Offset(8)));
    assert_eq!(io.syncs() - before, MANY, "an error is told once, so each file is asked");
}

#[test]
fn what_could_not_be_written_is_final_wherever_it_is_told() {
    type Fail = fn(&FaultyIo);
    let table: [(usize, Fail); 4] = [
        (AT_ONCE_MIN, |io| io.fail_file_system(1, std::io::ErrorKind::Other)),
        (AT_ONCE_MIN, |io| io.fail_file_system(2, std::io::ErrorKind::Other)),
        (AT_ONCE_MIN, FaultyIo::fail_write_back),
        (1, FaultyIo::fail_write_back),
    ];
    for (count, fail) in table {
        let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
        let context = open_on(directory.path(), &io);
        let logs = filled(&context, count);
        fail(&io);
        flush(&logs).unwrap_err();
        assert!(context.log_dir.offline().is_some());
        assert!(logs.iter().all(|log| log.offsets().recovery_point == Offset(0)), "nothing is noted");
    }
}

#[test]
fn a_flush_has_a_bound_on_what_is_on_its_way_to_the_disk() {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let context = open_on(directory.path(), &io);
    let logs = filled(&context, 3);
    let value = "v".repeat(700_000);
    for log in &logs {
        for _ in 0..3 {
            append(log, batch(&[("k", Some(&value))], NOW.0, ProducerStamp::NONE), 0).unwrap();
        }
    }
    flush(&logs).unwrap();
    let (left, most) = io.written_back();
    assert_eq!(left, 0, "all that was begun is waited for");
    assert!(most > AHEAD_BYTES / 2 && most <= AHEAD_BYTES + PIECE_BYTES, "{most} bytes at once");
}
