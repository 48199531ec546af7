//! Tests of `log_manager.rs`.

mod claims;
mod leaving;
mod opening;

use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::ids::{LeaderEpoch, PartitionId, Uuid};
use strata_compat::records::ProducerStamp;

use super::*;
use crate::log::error::LogErrorReason;
use crate::log::test_support::{NOW, batch, everything, fill};
use crate::log::unified_log::types::LeaderAppend;

fn config(directory: &std::path::Path, journal: bool) -> LogManagerConfig {
    LogManagerConfig {
        directories: vec![directory.to_path_buf()],
        journal: journal.then(|| JournalConfig::for_limit(4 << 20)),
        disk_reserve_bytes: 0,
        recovery_threads: 2,
        tail_bytes: 1 << 20,
        tail_log_bytes: 1 << 20,
        idle_files_max: 16,
        producer_expiration_ms: 86_400_000,
    }
}

fn small() -> LogConfig {
    LogConfig { segment_bytes: 1000, index_interval_bytes: 200, file_delete_delay_ms: 5, ..LogConfig::default() }
}

fn partition(index: i32) -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(7)), partition: PartitionId(index) }
}

fn start(directory: &std::path::Path, journal: bool) -> (LogManager, OpenReport) {
    LogManager::open(config(directory, journal), &|_, _| Some(small()), NOW).unwrap()
}

#[test]
fn a_directory_with_a_journal_is_refused_by_a_start_without_one() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 5, 1);
    let bytes = everything(&log);
    assert!(manager.shut_down(1).is_empty());
    drop((log, manager));
    let refused = LogManager::open(config(directory.path(), false), &|_, _| Some(small()), NOW).err().unwrap();
    assert_eq!(refused.kind(), LogErrorKind::Invalid);
    assert!(refused.to_string().contains("strata.log.durability=fsync"), "{refused}");
    let (manager, _) = start(directory.path(), true);
    assert_eq!(everything(&manager.get(partition(0)).unwrap()), bytes);
}

#[test]
fn logs_survive_an_orderly_stop() {
    for journal in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), journal);
        let mut expected = Vec::new();
        for index in 0..3 {
            let log = manager.get_or_create("orders", partition(index), small(), NOW).unwrap();
            fill(&log, i64::from(index) * 7, 1);
            expected.push(everything(&log));
        }
        assert!(manager.shut_down(5).is_empty());
        drop(manager);
        let (manager, report) = start(directory.path(), journal);
        assert_eq!(report.clean_broker_epoch, 5);
        assert!(report.recovered.is_empty() && report.offline.is_empty(), "{report:?}");
        for (index, bytes) in (0..3).zip(expected) {
            assert_eq!(everything(&manager.get(partition(index)).unwrap()), bytes, "journal {journal}, {index}");
        }
    }
}

#[test]
fn every_append_to_an_idle_log_is_told_to_be_durable_without_another_one() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let (tell, told) = std::sync::mpsc::channel();
    manager.on_durable(Arc::new(move |moved| {
        for (_, end) in moved {
            tell.send(end).unwrap();
        }
    }));
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    for round in 0..300 {
        fill(&log, 1, 1);
        let end = log.log_end_offset();
        if round % 3 == 0 {
            // A flush of the files moves the durable end by itself; whoever waits must hear of it all the same.
            log.flush().unwrap();
        }
        while told.recv_timeout(std::time::Duration::from_secs(20)).expect("the append is told") < end {}
    }
}

#[test]
fn what_the_journal_made_durable_survives_the_loss_of_the_segment_files() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 5, 1);
    assert!(manager.flush_all().is_empty());
    fill(&log, 15, 1);
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), std::time::Duration::from_secs(20)).unwrap();
    let bytes = everything(&log);
    let path = log.directory().join(format!("{:020}.log", log.active_segment_base().0));
    drop((log, journal, manager));
    std::fs::write(&path, b"").unwrap();
    let (manager, report) = start(directory.path(), true);
    assert!(report.offline.is_empty(), "{report:?}");
    let log = manager.get(partition(0)).unwrap();
    assert_eq!(everything(&log), bytes);
    fill(&log, 1, 2);
    assert_eq!(log.log_end_offset(), Offset(42));
}

#[test]
fn durable_ends_follow_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let moved = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&moved);
    manager.on_durable(Arc::new(move |ends| seen.lock().extend(ends)));
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 3, 1);
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), std::time::Duration::from_secs(20)).unwrap();
    manager.shut_down(1);
    assert_eq!(log.durable_end_offset(), Offset(6));
    assert!(moved.lock().iter().all(|(of, _)| *of == partition(0)));
}

#[test]
fn a_deleted_partition_is_gone_after_its_delay_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 3, 1);
    manager.delete(partition(0), NOW).unwrap();
    assert!(manager.get(partition(0)).is_none());
    let doomed = || {
        let names = std::fs::read_dir(directory.path()).unwrap();
        names.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("orders")).count()
    };
    assert_eq!(doomed(), 1);
    manager.remove_doomed(NOW.plus_ms(5)).unwrap();
    assert_eq!(doomed(), 0);
    drop((log, manager));
    let (manager, report) = start(directory.path(), true);
    assert!(manager.logs().is_empty() && report.offline.is_empty(), "{report:?}");
}

#[test]
fn a_damaged_partition_stays_offline_alone_and_keeps_its_recovery_point() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), false);
    for index in 0..2 {
        fill(&manager.get_or_create("orders", partition(index), small(), NOW).unwrap(), 3, 1);
    }
    manager.flush_all();
    let path = manager.get(partition(0)).unwrap().directory().join(format!("{:020}.log", 0));
    drop(manager);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    for round in 0..2 {
        let (manager, report) = start(directory.path(), false);
        assert_eq!(report.offline.len(), 1, "round {round}: {report:?}");
        assert!(manager.offline_reason(partition(0)).is_some());
        assert!(manager.get(partition(1)).is_some());
        manager.get_or_create("orders", partition(0), small(), NOW).unwrap_err();
        manager.flush_all();
        manager.shut_down(1);
    }
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn the_cleaner_takes_a_dirty_log_once() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let policy = crate::log::log_config::CleanupPolicy { delete: false, compact: true };
    let config = LogConfig { cleanup_policy: policy, ..small() };
    let log = manager.get_or_create("orders", partition(0), config, NOW).unwrap();
    fill(&log, 20, 1);
    manager.flush_all();
    let stable = |log: &UnifiedLog| Some(log.log_end_offset());
    let (cleaned, outcome) = manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().unwrap();
    assert_eq!((cleaned, outcome.segments_replaced > 0), (partition(0), true));
    assert!(manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().is_none());
    let bytes = {
        log.release_tail();
        everything(&log)
    };
    drop((log, manager));
    let (manager, report) = start(directory.path(), true);
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(partition(0)).unwrap()), bytes);
}

#[test]
fn a_log_that_was_cleaned_before_the_next_checkpoint_is_whole_after_a_crash() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let policy = crate::log::log_config::CleanupPolicy { delete: false, compact: true };
    let config = LogConfig { cleanup_policy: policy, ..small() };
    let log = manager.get_or_create("orders", partition(0), config, NOW).unwrap();
    fill(&log, 3, 1);
    manager.flush_all();
    // Flushed, and no checkpoint tells it: the journal has what these segments held before they were cleaned.
    fill(&log, 20, 1);
    log.flush().unwrap();
    let stable = |log: &UnifiedLog| Some(log.log_end_offset());
    let (_, outcome) = manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().unwrap();
    assert!(outcome.segments_replaced > 0, "{outcome:?}");
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), std::time::Duration::from_secs(20)).unwrap();
    let bytes = {
        log.release_tail();
        everything(&log)
    };
    drop((log, journal, manager));
    let (manager, report) = start(directory.path(), true);
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(partition(0)).unwrap()), bytes);
}

#[test]
fn a_topic_that_takes_the_name_of_a_compacted_one_is_cleaned_from_its_start() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let policy = crate::log::log_config::CleanupPolicy { delete: false, compact: true };
    let config = || LogConfig { cleanup_policy: policy, ..small() };
    let stable = |log: &UnifiedLog| Some(log.log_end_offset());
    let checkpointed = || {
        let text = std::fs::read_to_string(directory.path().join("cleaner-offset-checkpoint")).unwrap();
        text.lines().any(|line| line.starts_with("orders 0 "))
    };
    let log = manager.get_or_create("orders", partition(0), config(), NOW).unwrap();
    fill(&log, 20, 1);
    manager.flush_all();
    manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().unwrap();
    assert!(checkpointed());
    drop(log);
    manager.delete(partition(0), NOW).unwrap();
    let again = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(8)), partition: PartitionId(0) };
    let log = manager.get_or_create("orders", again, config(), NOW).unwrap();
    assert!(!checkpointed());
    fill(&log, 20, 1);
    manager.flush_all();
    let (_, outcome) = manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().unwrap();
    assert!(outcome.segments_replaced > 0, "{outcome:?}");
}

#[test]
fn a_topic_that_takes_the_name_of_a_deleted_one_inherits_nothing() {
    for journal in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), journal);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 20, 1);
        log.set_log_start_offset(Offset(39)).unwrap();
        manager.flush_all();
        drop(log);
        manager.delete(partition(0), NOW).unwrap();
        let again = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(8)), partition: PartitionId(0) };
        let log = manager.get_or_create("orders", again, small(), NOW).unwrap();
        fill(&log, 3, 1);
        if let Some(journal) = manager.journals().first() {
            journal.wait_durable(journal.last_sequence(), std::time::Duration::from_secs(20)).unwrap();
        }
        let bytes = everything(&log);
        drop((log, manager));
        let (manager, report) = start(directory.path(), journal);
        assert!(report.offline.is_empty(), "{report:?}");
        let log = manager.get(again).unwrap();
        assert_eq!((log.log_start_offset(), everything(&log)), (Offset(0), bytes), "journal {journal}");
    }
}

#[test]
fn a_topic_inherits_nothing_from_files_of_its_name_whose_deletion_a_crash_forestalled() {
    // What a former topic of the name left: a log that opens, and one that does not.
    for (journal, damaged) in [(false, false), (false, true), (true, false), (true, true)] {
        let what = format!("journal {journal}, damaged {damaged}");
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), journal);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 20, 1);
        log.set_log_start_offset(Offset(39)).unwrap();
        assert!(manager.flush_all().is_empty());
        let file = log.directory().join(format!("{:020}.log", log.active_segment_base().0));
        drop((log, manager));
        if damaged {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes[20] ^= 1;
            std::fs::write(&file, bytes).unwrap();
        }
        let (manager, report) = start(directory.path(), journal);
        assert_eq!(report.offline.len(), usize::from(damaged), "{what}: {report:?}");
        let again = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(8)), partition: PartitionId(0) };
        let log = manager.get_or_create("orders", again, small(), NOW).unwrap();
        assert_eq!((log.log_start_offset(), log.log_end_offset()), (Offset(0), Offset(0)), "{what}");
        assert!(manager.get(partition(0)).is_none() && manager.offline_reason(partition(0)).is_none(), "{what}");
        fill(&log, 3, 1);
        assert!(manager.flush_all().is_empty());
        let bytes = everything(&log);
        drop((log, manager));
        let (manager, report) = start(directory.path(), journal);
        assert!(report.offline.is_empty(), "{what}: {report:?}");
        let log = manager.get(again).unwrap();
        assert_eq!((log.log_start_offset(), everything(&log)), (Offset(0), bytes), "{what}");
        let [(kept_in, NOW)] = report.strays.as_slice() else { panic!("{what}: {report:?}") };
        assert!(kept_in.join(file.file_name().unwrap()).exists(), "{what}");
    }
}

#[test]
fn a_crash_while_a_log_is_set_aside_keeps_its_files_and_revives_nothing() {
    let directory = tempfile::tempdir().unwrap();
    for renamed in [true, false] {
        let root = directory.path().join(renamed.to_string());
        let (manager, _) = start(&root, true);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 5, 1);
        let (bytes, here) = (everything(&log), log.directory().to_path_buf());
        let aside = manager.set_aside(partition(0)).unwrap();
        drop((log, manager));
        if !renamed {
            std::fs::rename(&aside, &here).unwrap();
        }
        let (manager, report) = start(&root, true);
        assert!(manager.get(partition(0)).is_none() && report.offline.is_empty(), "{report:?}");
        let kept = std::fs::read(aside.join(format!("{:020}.log", 0))).unwrap();
        assert!(!kept.is_empty() && bytes.starts_with(&kept));
    }
}

#[test]
fn a_full_journal_is_relieved_by_the_partitions_that_hold_it() {
    let directory = tempfile::tempdir().unwrap();
    let config =
        LogManagerConfig { journal: Some(JournalConfig::for_limit(1 << 20)), ..config(directory.path(), true) };
    let (manager, _) = LogManager::open(config, &|_, _| Some(small()), NOW).unwrap();
    let journal = Arc::clone(&manager.journals()[0]);
    let settle = || journal.wait_durable(journal.last_sequence(), std::time::Duration::from_secs(20)).unwrap();
    let old = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&old, 5, 1);
    settle();
    let new = manager.get_or_create("orders", partition(1), small(), NOW).unwrap();
    for _ in 0..200 {
        if journal.pressure().is_some() {
            break;
        }
        fill(&new, 50, 1);
        settle();
    }
    assert!(journal.pressure().is_some(), "the journal filled");
    manager.relieve(&manager.journals()[0]).unwrap();
    assert!(journal.pressure().is_none(), "and has room again");
    assert_eq!(old.offsets().recovery_point, old.log_end_offset());
}

/// Appends several times what the journal holds, flushing now and then as the timers do.
fn outgrow_journal(manager: &LogManager, log: &Arc<UnifiedLog>) {
    let journal = Arc::clone(&manager.journals()[0]);
    for round in 0..100 {
        fill(log, 80, 1);
        let waited = journal.wait_durable(journal.last_sequence(), std::time::Duration::from_secs(20));
        waited.unwrap_or_else(|error| panic!("round {round}: {error}"));
        assert!(manager.flush_all().is_empty());
    }
}

fn start_small_journal(directory: &std::path::Path) -> (LogManager, OpenReport) {
    let config = LogManagerConfig { journal: Some(JournalConfig::for_limit(1 << 20)), ..config(directory, true) };
    LogManager::open(config, &|_, _| Some(LogConfig::default()), NOW).unwrap()
}

fn kept_file(directory: &std::path::Path, partition: TopicIdPartition) -> PathBuf {
    directory.join(format!("journal/kept-{:032x}-{}", partition.topic_id.0.as_u128(), partition.partition))
}

#[test]
fn a_partition_that_stays_offline_does_not_fill_the_journal_and_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start_small_journal(directory.path());
    let log = manager.get_or_create("orders", partition(0), LogConfig::default(), NOW).unwrap();
    fill(&log, 5, 1);
    assert!(manager.flush_all().is_empty());
    let flushed = usize::try_from(log.size_bytes()).unwrap();
    fill(&log, 5, 1);
    let bytes = everything(&log);
    let path = log.directory().join(format!("{:020}.log", 0));
    drop((log, manager));
    // What the journal alone holds is lost from the file, and what lies below is damaged.
    let mut damaged = bytes[..flushed].to_vec();
    damaged[100] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    let kept = kept_file(directory.path(), partition(0));
    for round in 0..3 {
        let (manager, report) = start_small_journal(directory.path());
        assert_eq!(report.offline.len(), 1, "round {round}: {report:?}");
        assert!(kept.exists());
        let other = manager.get_or_create("orders", partition(1), LogConfig::default(), NOW).unwrap();
        outgrow_journal(&manager, &other);
    }
    let mut healed = std::fs::read(&path).unwrap();
    healed[100] ^= 1;
    std::fs::write(&path, &healed[..flushed]).unwrap();
    let (manager, report) = start_small_journal(directory.path());
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(partition(0)).unwrap()), bytes);
    assert!(!kept.exists());
}

/// Damages what lies below the recovery point of these partitions, and takes from their files what the journal alone has.
fn two_that_stay_offline(directory: &std::path::Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (manager, _) = start_small_journal(directory);
    let logs = [0, 1, 2].map(|index| {
        let log = manager.get_or_create("orders", partition(index), LogConfig::default(), NOW).unwrap();
        fill(&log, 5, 1);
        log
    });
    assert!(manager.flush_all().is_empty());
    let mut files = Vec::new();
    for log in logs {
        let flushed = usize::try_from(log.size_bytes()).unwrap();
        fill(&log, 5, 1);
        files.push((log.directory().join(format!("{:020}.log", 0)), everything(&log), flushed));
    }
    drop(manager);
    files.truncate(2);
    for (path, bytes, flushed) in &files {
        let mut damaged = bytes[..*flushed].to_vec();
        damaged[100] ^= 1;
        std::fs::write(path, &damaged).unwrap();
    }
    files.into_iter().map(|(path, bytes, _)| (path, bytes)).collect()
}

fn heal(path: &std::path::Path) {
    let mut healed = std::fs::read(path).unwrap();
    healed[100] ^= 1;
    std::fs::write(path, &healed).unwrap();
}

/// The journal knows where the log was cut: the batch that reached over it went as a whole.
#[test]
fn a_log_that_was_cut_inside_a_batch_opens_after_a_crash() {
    for flushed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), true);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 8, 1);
        assert!(manager.flush_all().is_empty());
        assert!(log.truncate_to(Offset(9), NOW).unwrap());
        assert_eq!(log.log_end_offset(), Offset(8));
        if flushed {
            assert!(manager.flush_all().is_empty());
        }
        let bytes = everything(&log);
        drop((log, manager));
        let (manager, report) = start(directory.path(), true);
        assert!(report.offline.is_empty(), "{report:?}");
        let log = manager.get(partition(0)).unwrap();
        assert_eq!((log.log_end_offset(), everything(&log)), (Offset(8), bytes));
    }
}

#[test]
fn damage_to_the_kept_entries_of_a_partition_keeps_it_alone_offline() {
    let directory = tempfile::tempdir().unwrap();
    let files = two_that_stay_offline(directory.path());
    let (manager, report) = start_small_journal(directory.path());
    assert_eq!(report.offline.len(), 2, "{report:?}");
    drop(manager);
    let kept = kept_file(directory.path(), partition(0));
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&kept, &bytes).unwrap();
    files.iter().for_each(|(path, _)| heal(path));
    for round in 0..2 {
        let (manager, report) = start_small_journal(directory.path());
        let [(offline, reason)] = report.offline.as_slice() else { panic!("round {round}: {report:?}") };
        assert_eq!(*offline, partition(0), "round {round}");
        assert!(reason.contains(&format!("{} is damaged at position 6", kept.display())), "{reason}");
        assert_eq!(everything(&manager.get(partition(1)).unwrap()), files[1].1, "round {round}");
        let other = manager.get_or_create("orders", partition(9), LogConfig::default(), NOW).unwrap();
        outgrow_journal(&manager, &other);
        assert_eq!(std::fs::read(&kept).unwrap(), bytes, "the evidence stays");
    }
    // As from a backup.
    bytes[40] ^= 1;
    std::fs::write(&kept, &bytes).unwrap();
    let (manager, report) = start_small_journal(directory.path());
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(partition(0)).unwrap()), files[0].1);
    assert!(!kept.exists());
}

#[test]
fn a_partition_that_was_deleted_before_a_restart_does_not_fill_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start_small_journal(directory.path());
    let log = manager.get_or_create("orders", partition(0), LogConfig::default(), NOW).unwrap();
    fill(&log, 5, 1);
    manager.delete(partition(0), NOW).unwrap();
    drop((log, manager));
    let (manager, report) = start_small_journal(directory.path());
    assert!(report.offline.is_empty() && manager.get(partition(0)).is_none(), "{report:?}");
    let other = manager.get_or_create("orders", partition(1), LogConfig::default(), NOW).unwrap();
    outgrow_journal(&manager, &other);
}

#[test]
fn a_damaged_checkpoint_of_the_cleaner_costs_no_more_than_another_pass() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let policy = crate::log::log_config::CleanupPolicy { delete: false, compact: true };
    let log =
        manager.get_or_create("orders", partition(0), LogConfig { cleanup_policy: policy, ..small() }, NOW).unwrap();
    fill(&log, 20, 1);
    manager.flush_all();
    let stable = |log: &UnifiedLog| Some(log.log_end_offset());
    manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().unwrap();
    let path = directory.path().join(checkpoint::CLEANER_OFFSET_FILE);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("orders 0"), "{text}");
    std::fs::write(&path, "0\n7\northers").unwrap();
    manager.clean_dirtiest(&stable, 1 << 20, NOW).unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn damaged_checkpoints_cost_neither_the_directory_nor_a_log_start() {
    let checkpoints = [
        checkpoint::STRATA_RECOVERY_FILE,
        checkpoint::RECOVERY_POINT_FILE,
        checkpoint::LOG_START_FILE,
        checkpoint::STRATA_LOG_START_FILE,
    ];
    for name in checkpoints {
        for clean in [true, false] {
            let directory = tempfile::tempdir().unwrap();
            let (manager, _) = start(directory.path(), true);
            let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
            fill(&log, 20, 1);
            let bytes = everything(&log);
            log.set_log_start_durably(Offset(4), std::time::Duration::from_secs(20)).unwrap();
            assert!(manager.shut_down(5).is_empty());
            drop((log, manager));
            if !clean {
                std::fs::remove_file(directory.path().join(checkpoint::CLEAN_SHUTDOWN_FILE)).unwrap();
            }
            let path = directory.path().join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains("orders 0"), "{name}: {text}");
            for damaged in
                [text.replace("orders 0", "orders 0 7"), text.replace("orders 0 4", "orders 0 6"), String::new()]
            {
                std::fs::write(&path, damaged).unwrap();
                let (manager, report) = start(directory.path(), true);
                assert!(report.offline.is_empty(), "{name}: {report:?}");
                let log = manager.get(partition(0)).unwrap();
                assert_eq!(log.log_start_offset(), Offset(4), "{name}");
                assert_eq!(everything(&log)[..], bytes[bytes.len() - everything(&log).len()..], "{name}");
                assert_eq!(log.log_end_offset(), Offset(40), "{name}");
            }
        }
    }
}
