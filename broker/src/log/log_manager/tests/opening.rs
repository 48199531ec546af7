//! What of a directory's files takes a partition offline at start, and what the whole directory.

use std::time::Duration;

use super::super::open::open_all;
use super::*;
use crate::log::checkpoint::LEADER_EPOCH_FILE;
use crate::log::epoch_checkpoint::STRATA_LEADER_EPOCH_FILE;
use crate::log::journal::JOURNAL_DIR;
use crate::log::log_dir::faulty::FaultyIo;
use crate::log::test_support::{journaled_context, request};

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_log_begins_in_the_directory_that_is_named_or_not_at_all() {
    let root = tempfile::tempdir().unwrap();
    let roots = ["one", "other", "damaged"].map(|name| root.path().join(name));
    drop(start(&roots[2], true));
    std::fs::write(roots[2].join("journal/state"), "no").unwrap();
    let config = LogManagerConfig { directories: roots.to_vec(), ..config(&roots[0], true) };
    let (manager, _) = LogManager::open(config, &|_, _| Some(small()), NOW).unwrap();
    let begin = |number: i32, home: usize| {
        manager.get_or_create_in(Some(&roots[home]), "orders", partition(number), small(), NOW)
    };
    for number in 0..3 {
        assert_eq!(begin(number, 1).unwrap().log_dir().path(), roots[1]);
    }
    assert_eq!(begin(0, 0).unwrap().log_dir().path(), roots[1], "it is there already");
    manager.directories()[1].set_offline("the disk is gone");
    for (number, home) in [(3, 1), (4, 2)] {
        let refused = begin(number, home).unwrap_err().to_string();
        assert!(refused.contains(&roots[home].display().to_string()), "{refused}");
        assert!(!roots[0].join(format!("orders-{number}")).exists());
    }
    let offline: Vec<_> = manager.offline_directories().into_iter().map(|(path, _)| path).collect();
    assert_eq!(offline, [roots[2].clone(), roots[1].clone()]);
}

/// Logs whose epochs are lost and must be written again, and how to load them.
fn without_epochs(directory: &std::path::Path, count: i32) -> Vec<LoadRequest> {
    let context = journaled_context(directory, &FaultyIo::new());
    let requests: Vec<LoadRequest> = (0..count)
        .map(|index| {
            let mut request = LoadRequest { clean: false, ..request(&context, &small()) };
            request.identity.partition = partition(index);
            request.identity.directory = directory.join(format!("topic-{index}"));
            std::fs::create_dir_all(&request.identity.directory).unwrap();
            let (log, _) = load_log(&request, &context).unwrap();
            fill(&log, 5, 1);
            LoadRequest { recovery_point: Some(log.flush().unwrap().offset), ..request }
        })
        .collect();
    for request in &requests {
        for name in [LEADER_EPOCH_FILE, STRATA_LEADER_EPOCH_FILE] {
            std::fs::write(request.identity.directory.join(name), b"damaged").unwrap();
        }
    }
    requests
}

#[test]
fn a_log_that_cannot_be_flushed_at_start_is_offline_alone() {
    let directory = tempfile::tempdir().unwrap();
    let requests = without_epochs(directory.path(), 2);
    let io = FaultyIo::new();
    let context = journaled_context(directory.path(), &io);
    // Too many files are open, say.
    io.refuse_open(&requests[0].identity.directory.join(format!("{STRATA_LEADER_EPOCH_FILE}.tmp")));
    let mut report = OpenReport::default();
    let logs = open_all(&requests, &context, 1, &mut report).unwrap();
    let opened: Vec<_> = logs.iter().map(|(log, _)| log.partition()).collect();
    assert_eq!(opened, [partition(1)]);
    let [(offline, reason)] = report.offline.as_slice() else { panic!("{report:?}") };
    assert_eq!(*offline, partition(0));
    assert!(reason.contains(STRATA_LEADER_EPOCH_FILE), "{reason}");
    assert!(context.log_dir.offline().is_none());
}

#[test]
fn a_failed_flush_of_the_disk_at_start_takes_the_directory_offline_as_in_kafka() {
    let directory = tempfile::tempdir().unwrap();
    let requests = without_epochs(directory.path(), 2);
    let io = FaultyIo::new();
    let context = journaled_context(directory.path(), &io);
    io.fail_sync(1);
    let error = open_all(&requests, &context, 1, &mut OpenReport::default()).unwrap_err();
    assert_eq!(error.reason(), LogErrorReason::DirectoryOffline);
}

#[test]
fn many_logs_are_flushed_at_once_at_start_and_one_that_cannot_be_is_offline_alone() {
    let directory = tempfile::tempdir().unwrap();
    let requests = without_epochs(directory.path(), 70);
    let io = FaultyIo::new();
    let context = journaled_context(directory.path(), &io);
    io.refuse_open(&requests[0].identity.directory.join(format!("{STRATA_LEADER_EPOCH_FILE}.tmp")));
    let (mut report, before) = (OpenReport::default(), io.syncs());
    let logs = open_all(&requests, &context, 2, &mut report).unwrap();
    assert_eq!(io.syncs() - before, 2, "one for the epochs, one for their names");
    assert!(logs.iter().all(|(_, point)| point.offset == Offset(10)), "{logs:?}");
    let offline: Vec<_> = report.offline.iter().map(|(partition, _)| *partition).collect();
    assert_eq!((logs.len(), offline), (69, vec![partition(0)]));
}

#[test]
fn rot_in_the_journal_of_one_directory_does_not_refuse_a_log_that_is_whole_in_another() {
    let directory = tempfile::tempdir().unwrap();
    let roots = [directory.path().join("one"), directory.path().join("other")];
    for root in &roots {
        drop(start(root, true));
    }
    let (manager, _) = start(&roots[1], true);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    let journal = Arc::clone(&manager.journals()[0]);
    for _ in 0..5 {
        fill(&log, 1, 1);
        journal.wait_durable(journal.last_sequence(), LONG).unwrap();
    }
    let bytes = everything(&log);
    drop((log, journal, manager));
    // An operator has moved it.
    std::fs::rename(roots[1].join("orders-0"), roots[0].join("orders-0")).unwrap();
    let damage = || {
        let names = std::fs::read_dir(roots[1].join(JOURNAL_DIR)).unwrap().map(|entry| entry.unwrap().path());
        let extent = names.filter(|path| path.to_str().unwrap().contains("extent-")).min().unwrap();
        let mut content = std::fs::read(&extent).unwrap();
        content[4096 + 100] ^= 1;
        std::fs::write(&extent, content).unwrap();
    };
    damage();
    let config = LogManagerConfig { directories: roots.to_vec(), ..config(directory.path(), true) };
    let (manager, report) = LogManager::open(config.clone(), &|_, _| Some(small()), NOW).unwrap();
    assert_eq!(report.journal_rot.len(), 1, "{report:?}");
    assert!(report.journal_rot[0].affected.contains(&partition(0)) && report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(partition(0)).unwrap()), bytes);
    drop(manager);
    // Back in its place, what the journal has lost counts.
    std::fs::rename(roots[0].join("orders-0"), roots[1].join("orders-0")).unwrap();
    let (manager, report) = LogManager::open(config, &|_, _| Some(small()), NOW).unwrap();
    assert!(manager.get(partition(0)).is_none() && report.offline.len() == 1, "{report:?}");
}

#[test]
fn a_directory_that_cannot_be_removed_is_removed_the_next_time() {
    let directory = tempfile::tempdir().unwrap();
    let io = FaultyIo::new();
    let context = journaled_context(directory.path(), &io);
    let paths = ["a-0.x-delete", "a-1.x-delete"].map(|name| directory.path().join(name));
    let owner = Directory {
        context,
        doomed: Mutex::new(paths.iter().map(|path| (path.clone(), NOW)).collect()),
        checkpointing: Mutex::default(),
        stale: Mutex::default(),
        kept: Mutex::default(),
        leaving: Mutex::default(),
        trying_again: Mutex::default(),
    };
    paths.iter().for_each(|path| std::fs::create_dir(path).unwrap());
    io.refuse_removal();
    let first = owner.remove_doomed(NOW).unwrap_err();
    assert_eq!(first.reason(), LogErrorReason::DiskFull);
    assert_eq!(paths.iter().filter(|path| path.exists()).count(), 1, "the other one had its turn");
    io.refuse_removal();
    assert_eq!(owner.remove_doomed(NOW).unwrap_err().to_string(), first.to_string(), "it is told as the same");
    owner.remove_doomed(NOW).unwrap();
    assert_eq!(paths.iter().filter(|path| path.exists()).count(), 0);
}
