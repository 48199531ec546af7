//! Logs that leave: deleted, set aside, hosted by nobody.

use std::time::Duration;

use super::super::leaving::{Fate, begin};
use super::*;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::log_manager::strays::Strayed;
use crate::log::test_support::journaled_context;

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_partition_that_fills_the_journal_is_deleted_once_the_journal_is_relieved() {
    let directory = tempfile::tempdir().unwrap();
    let journal = Some(JournalConfig { buffer_bytes: 4096, ..JournalConfig::for_limit(1 << 20) });
    let config = LogManagerConfig { journal, ..config(directory.path(), true) };
    let (manager, _) = LogManager::open(config, &|_, _| Some(small()), NOW).unwrap();
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    let value = "v".repeat(900);
    let batch = batch(&[("key", Some(value.as_str()))], NOW.0, ProducerStamp::NONE);
    let full = loop {
        let append = LeaderAppend { leader_epoch: LeaderEpoch(1), origin: AppendOrigin::Client, now: NOW };
        match log.take_room(batch.len(), Duration::from_millis(500)) {
            Ok(room) => log.append_as_leader(batch.clone(), append, &room).unwrap(),
            Err(error) => break error,
        };
    };
    assert_eq!(full.reason(), LogErrorReason::JournalFull, "{full}");
    std::thread::scope(|scope| {
        let deleting = scope.spawn(|| manager.delete(partition(0), NOW));
        while !deleting.is_finished() {
            manager.relieve(&manager.journals()[0]).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
        // On a slow disk its entry takes longer than is waited for; the log leaves all the same.
        if let Err(error) = deleting.join().unwrap() {
            assert!(error.to_string().contains("is not durable after"), "{error}");
        }
    });
    while manager.get(partition(0)).is_some() {
        manager.relieve(&manager.journals()[0]).unwrap();
        manager.remove_doomed(NOW).unwrap();
    }
}

/// The directories of this topic, under whatever name.
fn directories_of(root: &std::path::Path, topic: &str) -> Vec<String> {
    let names = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(&format!("{topic}-"))).collect();
    names.sort();
    names
}

#[test]
fn a_checkpoint_while_a_log_leaves_does_not_revive_it_after_a_crash() {
    for aside in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), true);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 5, 1);
        let name = "orders-0.0-aside".to_owned();
        let entry = match aside {
            true => JournalEntry::SetAside { partition: partition(0), name: name.clone() },
            false => JournalEntry::Deleted { partition: partition(0) },
        };
        log.end();
        manager.journals()[0].append_durably(entry, LONG).unwrap();
        // The crash comes before the directory has its new name.
        assert!(manager.flush_all().is_empty());
        drop((log, manager));
        let (manager, report) = start(directory.path(), true);
        assert!(manager.get(partition(0)).is_none() && report.offline.is_empty(), "{report:?}");
        let expected = if aside { vec![name] } else { Vec::new() };
        assert_eq!(directories_of(directory.path(), "orders"), expected);
    }
}

#[test]
fn a_log_whose_departure_waits_for_the_journal_leaves_once_there_is_room_and_holds_no_extents() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start_small_journal(directory.path());
    let log = manager.get_or_create("orders", partition(0), LogConfig::default(), NOW).unwrap();
    let value = "v".repeat(900);
    let batch = batch(&[("key", Some(value.as_str()))], NOW.0, ProducerStamp::NONE);
    let full = loop {
        let append = LeaderAppend { leader_epoch: LeaderEpoch(1), origin: AppendOrigin::Client, now: NOW };
        match log.take_room(batch.len(), Duration::from_millis(300)) {
            Ok(room) => log.append_as_leader(batch.clone(), append, &room).unwrap(),
            Err(error) => break error,
        };
    };
    assert_eq!(full.reason(), LogErrorReason::JournalFull, "{full}");
    // As after a wait that was too short.
    let of = (partition(0), checkpoints::key(&log));
    log.end();
    let departure = begin(&manager.directories[0], Some(&log), of, log.directory(), Fate::Deleted(NOW)).unwrap();
    manager.directories[0].leaving.lock().insert(partition(0), departure);
    manager.remove_doomed(NOW).unwrap();
    assert!(manager.get(partition(0)).is_some(), "its entry is not durable");
    while manager.get(partition(0)).is_some() {
        manager.relieve(&manager.journals()[0]).unwrap();
        manager.remove_doomed(NOW).unwrap();
    }
    assert_eq!(directories_of(directory.path(), "orders"), Vec::<String>::new());
    let other = manager.get_or_create("others", partition(1), LogConfig::default(), NOW).unwrap();
    outgrow_journal(&manager, &other);
}

#[test]
fn a_partition_that_is_offline_is_deleted_with_what_was_kept_of_it() {
    let directory = tempfile::tempdir().unwrap();
    two_that_stay_offline(directory.path());
    let (manager, report) = start_small_journal(directory.path());
    assert_eq!(report.offline.len(), 2, "{report:?}");
    let kept = kept_file(directory.path(), partition(0));
    assert!(kept.exists());
    manager.delete(partition(0), NOW).unwrap();
    assert!(!kept.exists() && manager.offline_reason(partition(0)).is_none());
    let other = manager.get_or_create("others", partition(1), LogConfig::default(), NOW);
    assert!(other.is_err(), "a partition that is offline is not begun anew");
    let other = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(8)), partition: PartitionId(0) };
    let other = manager.get_or_create("others", other, LogConfig::default(), NOW).unwrap();
    outgrow_journal(&manager, &other);
    manager.remove_doomed(NOW.plus_ms(3_600_000)).unwrap();
    assert_eq!(directories_of(directory.path(), "orders"), ["orders-1", "orders-2"]);
    drop((other, manager));
    let (manager, report) = start_small_journal(directory.path());
    assert_eq!(report.offline.len(), 1, "{report:?}");
    assert!(manager.get(partition(0)).is_none() && manager.offline_reason(partition(0)).is_none());
}

#[test]
fn logs_that_nobody_hosts_are_put_away_and_removed_after_a_day() {
    let directory = tempfile::tempdir().unwrap();
    two_that_stay_offline(directory.path());
    let (manager, _) = start_small_journal(directory.path());
    manager.get_or_create("orders", partition(3), small(), NOW).unwrap();
    let gone = [partition(1), partition(3)];
    let topic_of = |id| (!gone.contains(&id)).then(|| "orders".to_owned());
    let strays = manager.put_strays_away(&topic_of, NOW);
    let mut put_away = Vec::new();
    for (id, outcome) in strays {
        let Strayed::PutAway(kept_in) = outcome else { panic!("{id}: {outcome:?}") };
        assert!(kept_in.join(format!("{:020}.log", 0)).exists());
        put_away.push(id);
    }
    put_away.sort_unstable();
    assert_eq!(put_away, gone, "one that opened, and one that did not");
    assert!(manager.put_strays_away(&topic_of, NOW).is_empty());
    let left: Vec<_> = manager.logs().iter().map(|log| log.partition()).collect();
    assert_eq!(left, [partition(2)]);
    drop(manager);
    let day_ms = 24 * 60 * 60 * 1000;
    for (elapsed_ms, stays) in [(day_ms - 1, 2), (day_ms, 0)] {
        let (manager, report) = start_small_journal(directory.path());
        assert_eq!(report.strays.len(), 2, "{report:?}");
        manager.remove_doomed(NOW.plus_ms(elapsed_ms)).unwrap();
        let names = directories_of(directory.path(), "orders");
        assert_eq!(names.iter().filter(|name| name.ends_with("-stray")).count(), stays, "{names:?}");
        assert!(names.contains(&"orders-0".to_owned()) && names.contains(&"orders-2".to_owned()), "{names:?}");
    }
}

#[test]
fn a_log_of_the_longest_topic_name_leaves_in_every_way() {
    let topic = "t".repeat(249);
    for way in ["deleted", "aside", "stray"] {
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), true);
        let log = manager.get_or_create(&topic, partition(0), small(), NOW).unwrap();
        fill(&log, 3, 1);
        match way {
            "deleted" => manager.delete(partition(0), NOW).unwrap(),
            "aside" => drop(manager.set_aside(partition(0)).unwrap()),
            _ => assert_eq!(manager.put_strays_away(&|_| None, NOW).len(), 1),
        }
        assert!(log.log_dir().offline().is_none(), "{way}");
        drop((log, manager));
        let (manager, report) = start(directory.path(), true);
        assert!(report.offline.is_empty() && manager.get(partition(0)).is_none(), "{way}: {report:?}");
        assert_eq!(
            manager.get_or_create(&topic, partition(0), small(), NOW).unwrap().log_end_offset(),
            Offset(0),
            "{way}"
        );
    }
}

#[test]
fn a_log_whose_directory_was_removed_by_hand_is_deleted_and_does_not_hold_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let [log, other] = [0, 1].map(|index| manager.get_or_create("orders", partition(index), small(), NOW).unwrap());
    fill(&log, 3, 1);
    fill(&other, 3, 1);
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), LONG).unwrap();
    std::fs::remove_dir_all(log.directory()).unwrap();
    manager.delete(partition(0), NOW).unwrap();
    assert!(log.log_dir().offline().is_none() && manager.get(partition(0)).is_none());
    let deleted = journal.last_sequence();
    assert!(manager.flush_all().is_empty());
    assert!(journal.oldest_needed() > deleted, "nothing up to {deleted:?} is needed any more");
    manager.remove_doomed(NOW.plus_ms(i64::from(u32::MAX))).unwrap();
}

#[test]
fn many_logs_that_nobody_hosts_leave_by_one_wait_for_the_journal() {
    const LOGS: u8 = 40;
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    for index in 0..LOGS {
        fill(&manager.get_or_create("orders", partition(i32::from(index)), small(), NOW).unwrap(), 1, 1);
    }
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), LONG).unwrap();
    let before = journal.stats();
    // All are noted in the journal before the first one has its new name.
    let left_early = std::cell::Cell::new(0);
    let nobody = |_| {
        let names = directories_of(directory.path(), "orders");
        left_early.set(left_early.get() + names.iter().filter(|name| name.ends_with("-stray")).count());
        None
    };
    let strays = manager.put_strays_away(&nobody, NOW);
    assert_eq!((strays.len(), left_early.get()), (usize::from(LOGS), 0));
    assert!(strays.iter().all(|(_, outcome)| matches!(outcome, Strayed::PutAway(_))), "{strays:?}");
    assert_eq!(journal.stats().entries - before.entries, u64::from(LOGS));
    assert!(manager.logs().is_empty());
}

#[test]
fn what_was_kept_of_a_partition_without_a_directory_goes_when_it_is_damaged_and_nobody_hosts_it() {
    let directory = tempfile::tempdir().unwrap();
    two_that_stay_offline(directory.path());
    drop(start_small_journal(directory.path()));
    let [damaged, whole] = [0, 1].map(|index| kept_file(directory.path(), partition(index)));
    let mut bytes = std::fs::read(&damaged).unwrap();
    bytes[40] ^= 1;
    std::fs::write(&damaged, &bytes).unwrap();
    let (manager, _) = start_small_journal(directory.path());
    // Its directory is put away, and what was kept of it goes with it; here it is lost by other means.
    std::fs::remove_dir_all(directory.path().join("orders-0")).unwrap();
    std::fs::remove_dir_all(directory.path().join("orders-1")).unwrap();
    drop(manager);
    let unreadable = directory.path().join("others-0");
    std::fs::create_dir(&unreadable).unwrap();
    let (manager, report) = start_small_journal(directory.path());
    assert!(report.offline.iter().any(|(offline, _)| *offline == partition(0)), "{report:?}");
    assert!(manager.put_strays_away(&|_| Some("orders".to_owned()), NOW).is_empty());
    assert!(damaged.exists(), "it is hosted");
    let nobody = |id| (id == partition(2)).then(|| "orders".to_owned());
    manager.put_strays_away(&nobody, NOW);
    assert!(damaged.exists(), "a directory may be its own");
    std::fs::remove_dir(&unreadable).unwrap();
    manager.put_strays_away(&nobody, NOW);
    assert!(!damaged.exists() && manager.offline_reason(partition(0)).is_none());
    drop(manager);
    let (manager, report) = start_small_journal(directory.path());
    assert!(report.offline.iter().all(|(offline, _)| *offline != partition(0)), "{report:?}");
    assert!(whole.exists() && manager.offline_reason(partition(1)).is_some(), "what can be read stays");
}

/// A manager of one directory on files that may fail.
fn on_faulty(directory: &std::path::Path, io: &FaultyIo, journal: bool) -> LogManager {
    let context = if journal {
        journaled_context(directory, io)
    } else {
        let log_dir = LogDir::open_with(directory, 0, Arc::new(io.clone())).unwrap();
        LogContext::new(log_dir, None, Arc::new(TailBudget::new(0, 0)), 16)
    };
    let directory = Directory {
        context,
        doomed: Mutex::default(),
        checkpointing: Mutex::default(),
        stale: Mutex::default(),
        kept: Mutex::default(),
        leaving: Mutex::default(),
        trying_again: Mutex::default(),
    };
    LogManager {
        config: config(directory.context.log_dir.path(), journal),
        directories: vec![Arc::new(directory)],
        failed: Vec::new(),
        logs: RwLock::default(),
        offline: RwLock::default(),
        misplaced: RwLock::default(),
    }
}

#[test]
fn a_log_that_finds_no_room_to_leave_is_not_opened_again_and_leaves_the_next_time() {
    for (journal, by_itself) in [(true, true), (true, false), (false, true), (false, false)] {
        let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
        let manager = on_faulty(directory.path(), &io, journal);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 5, 1);
        io.refuse_rename();
        assert_eq!(manager.set_aside(partition(0)).unwrap_err().reason(), LogErrorReason::DiskFull);
        io.refuse_rename();
        let opened = manager.get_or_create("orders", partition(0), small(), NOW);
        assert_eq!(opened.unwrap_err().reason(), LogErrorReason::DiskFull, "journal {journal}");
        assert!(manager.get(partition(0)).is_none());
        assert_eq!(directories_of(directory.path(), "orders"), ["orders-0"]);
        if by_itself {
            manager.remove_doomed(NOW).unwrap();
            let names = directories_of(directory.path(), "orders");
            assert!(names.len() == 1 && names[0].ends_with("-aside"), "journal {journal}: {names:?}");
        } else {
            let kept_in = manager.set_aside(partition(0)).unwrap();
            assert!(kept_in.join(format!("{:020}.log", 0)).exists());
        }
        let anew = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        assert_eq!(anew.log_end_offset(), Offset(0));
        fill(&anew, 2, 1);
        manager.remove_doomed(NOW).unwrap();
        assert!(anew.directory().exists() && manager.get(partition(0)).is_some());
    }
}

#[test]
fn nothing_is_opened_in_the_place_of_a_log_whose_departure_is_being_tried_again() {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let manager = on_faulty(directory.path(), &io, true);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 5, 1);
    io.refuse_rename();
    manager.set_aside(partition(0)).unwrap_err();
    let of_log = &manager.directories[0];
    let trying_again = of_log.trying_again.lock();
    let departure = of_log.leaving.lock().remove(&partition(0)).unwrap();
    std::thread::scope(|scope| {
        let opening = scope.spawn(|| manager.get_or_create("orders", partition(0), small(), NOW));
        std::thread::sleep(Duration::from_millis(100));
        // There was no room this time either.
        of_log.leaving.lock().insert(partition(0), departure);
        drop(trying_again);
        let anew = opening.join().unwrap().unwrap();
        assert_eq!(anew.log_end_offset(), Offset(0), "it is another log");
        assert!(anew.directory().exists());
    });
}

#[test]
fn a_deleted_log_that_finds_no_room_is_removed_in_the_end() {
    for journal in [true, false] {
        let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
        let manager = on_faulty(directory.path(), &io, journal);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 5, 1);
        io.refuse_rename();
        assert_eq!(manager.delete(partition(0), NOW).unwrap_err().reason(), LogErrorReason::DiskFull);
        manager.remove_doomed(NOW).unwrap();
        let names = directories_of(directory.path(), "orders");
        assert!(names.len() == 1 && names[0].ends_with("-delete"), "journal {journal}: {names:?}");
        manager.remove_doomed(NOW.plus_ms(5)).unwrap();
        assert_eq!(directories_of(directory.path(), "orders"), Vec::<String>::new());
    }
}

#[test]
fn what_was_kept_of_a_deleted_partition_goes_the_next_time_where_there_was_no_room() {
    let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
    let manager = on_faulty(directory.path(), &io, true);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 5, 1);
    let kept = kept_file(directory.path(), partition(0));
    std::fs::write(&kept, b"kept").unwrap();
    io.refuse_removal();
    assert_eq!(manager.delete(partition(0), NOW).unwrap_err().reason(), LogErrorReason::DiskFull);
    assert!(kept.exists());
    manager.remove_doomed(NOW).unwrap();
    assert!(!kept.exists());
    let journal = &manager.journals()[0];
    assert!(journal.oldest_needed() > journal.last_sequence(), "no entry of it is needed");
    assert_eq!(manager.directories[0].doomed.lock().len(), 1);
}
