//! Which logs disagree with a remote range, and that their successors hold what it told, also after a restart.

use strata_compat::ids::{PartitionId, TopicId, Uuid};
use strata_metadata_core::image::remote_segments::SegmentRow;

use super::*;
use crate::log::journal::JournalConfig;
use crate::log::log_manager::LogManagerConfig;
use crate::log::test_support::{NOW, append, batch, everything, fill, stamp};

fn partition() -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(7)), partition: PartitionId(0) }
}

fn tiered() -> LogConfig {
    LogConfig { remote_storage_enable: true, segment_bytes: 1000, ..LogConfig::default() }
}

fn open(directory: &std::path::Path, journal: bool) -> LogManager {
    let config = LogManagerConfig {
        directories: vec![directory.to_path_buf()],
        journal: journal.then(|| JournalConfig::for_limit(4 << 20)),
        disk_reserve_bytes: 0,
        recovery_threads: 1,
        tail_bytes: 1 << 20,
        tail_log_bytes: 1 << 20,
        idle_files_max: 16,
        producer_expiration_ms: 86_400_000,
    };
    let (manager, report) = LogManager::open(config, &|_, _| Some(tiered()), NOW).unwrap();
    assert!(report.offline.is_empty() && report.unknown.is_empty(), "{report:?}");
    manager
}

fn remote(end: i64, epoch: i32) -> RemotePartition {
    let row = SegmentRow {
        uuid: Uuid::from_u128(1),
        base_offset: Offset(0),
        end_offset: Offset(end),
        object_base_offset: Offset(0),
        leader_epoch: LeaderEpoch(epoch),
        last_leader_epoch: LeaderEpoch(epoch),
        min_timestamp: NOW,
        max_timestamp: NOW,
        log_bytes: 100,
        object_bytes: 200,
        index_position: 100,
        origin_cluster: None,
        attachments: Vec::new(),
    };
    RemotePartition {
        log_start: Some(Offset(0)),
        remote_end: Some(Offset(end)),
        rows: vec![Arc::new(row)],
        ..RemotePartition::default()
    }
}

/// Side data of a log with seven batches of producer 9 under epoch 3.
fn side_data(directory: &std::path::Path) -> SideData {
    let source = open(directory, false);
    let log = source.get_or_create("orders", partition(), tiered(), NOW).unwrap();
    for sequence in 0..7 {
        append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, sequence)), 3).unwrap();
    }
    let cut = log.producers_at(Offset(7), NOW).unwrap();
    SideData {
        producer_snapshot: cut.snapshot,
        producer_window: cut.window,
        leader_epochs: log.leader_epochs_until(Offset(7)),
        ..SideData::default()
    }
}

#[test]
fn a_log_agrees_if_it_reaches_the_remote_end_under_the_same_epoch() {
    let directory = tempfile::tempdir().unwrap();
    let logs = open(directory.path(), false);
    let log = logs.get_or_create("orders", partition(), tiered(), NOW).unwrap();
    fill(&log, 5, 2);
    fill(&log, 5, 4);
    let table = [
        (10, 2, true, "the epoch of the batch below the remote end"),
        (20, 4, true, "both end at the same offset"),
        (21, 4, false, "the log is shorter"),
        (20, 5, false, "another epoch wrote the end"),
        (10, 4, false, "another epoch wrote the middle"),
    ];
    for (end, epoch, agrees, what) in table {
        assert_eq!(disagreement(&log, &remote(end, epoch)).is_none(), agrees, "{what}");
    }
    assert!(disagreement(&log, &RemotePartition { remote_end: None, ..remote(99, 9) }).is_none(), "nothing is remote");
    let deleted = RemotePartition { log_start: Some(Offset(20)), ..remote(10, 9) };
    assert!(disagreement(&log, &deleted).is_none(), "all that is remote lies below the log start");
    let beyond = RemotePartition { log_start: Some(Offset(30)), ..remote(10, 2) };
    assert!(disagreement(&log, &beyond).is_some(), "the log start lies beyond the log");
}

#[test]
fn a_log_that_disagrees_is_kept_aside_and_begins_at_the_remote_end_for_good() {
    for journal in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let side_data = side_data(&directory.path().join("source"));
        let root = directory.path().join("broker");
        let logs = open(&root, journal);
        let old = logs.get_or_create("orders", partition(), tiered(), NOW).unwrap();
        fill(&old, 2, 1);
        logs.flush_all();
        let bytes = everything(&old);
        drop(old);
        let remote = remote(7, 3);
        let start = from_side_data(partition(), &remote, Some(side_data)).unwrap();
        let log = begin_log(&logs, None, "orders", tiered(), &start, NOW).unwrap();
        let check = |log: &Arc<UnifiedLog>| {
            let offsets = log.offsets();
            assert_eq!((offsets.log_start, offsets.local_start, offsets.log_end), (Offset(0), Offset(7), Offset(7)));
            assert_eq!(log.leader_epochs(), [(LeaderEpoch(3), Offset(0))]);
            assert!(disagreement(log, &remote).is_none());
            let again = append(log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 4)), 5).unwrap();
            assert!(again.duplicate, "the window of five came along");
            assert_eq!(again.first_offset, Offset(4));
        };
        check(&log);
        drop((log, logs));
        let logs = open(&root, journal);
        check(&logs.get(partition()).unwrap());
        let aside: Vec<_> = std::fs::read_dir(&root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with("-aside"))
            .collect();
        let [aside] = aside.as_slice() else { panic!("one directory, not {aside:?}") };
        assert_eq!(std::fs::read(aside.join(format!("{:020}.log", 0))).unwrap(), bytes);
        let log = logs.get(partition()).unwrap();
        append(&log, batch(&[("k", Some("v"))], NOW.0, stamp(9, 7)), 5).unwrap();
        assert_eq!(log.log_end_offset(), Offset(8));
    }
}

#[test]
fn damaged_side_data_is_refused() {
    let side_data = SideData { producer_snapshot: vec![1, 2, 3].into(), ..SideData::default() };
    let error = from_side_data(partition(), &remote(7, 3), Some(side_data)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

fn a_start() -> RemoteStart {
    from_side_data(partition(), &remote(7, 3), None).unwrap()
}

#[tokio::test]
async fn a_bucket_that_is_away_is_asked_until_it_answers() {
    let (done, mut started) = mpsc::unbounded_channel();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let ask = || {
        let answer = match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0..4 => Err(Error::new(ErrorKind::Unavailable, "the bucket is away")),
            _ => Ok(a_start()),
        };
        std::future::ready(answer)
    };
    let pauses = (Duration::from_millis(10), Duration::from_millis(20));
    let begun = std::time::Instant::now();
    ask_until_answered(partition(), done, pauses, ask).await;
    assert_eq!(started.try_recv().unwrap().remote_end, Offset(7));
    assert!(started.try_recv().is_err(), "it is told once");
    assert_eq!(asked.into_inner(), 5);
    assert!(begun.elapsed() >= Duration::from_millis(10 + 20 + 20 + 20), "the pauses double up to the longest");
}

#[tokio::test]
async fn nobody_asks_for_a_broker_that_has_stopped() {
    let (done, started) = mpsc::unbounded_channel();
    drop(started);
    let ask = || std::future::ready(Err(Error::new(ErrorKind::Unavailable, "the bucket is away")));
    let pauses = (Duration::from_secs(3600), Duration::from_secs(3600));
    ask_until_answered(partition(), done, pauses, ask).await;
}
