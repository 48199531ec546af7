//! Directories that claim a partition which another one claims, too, or which is another topic's.

use std::time::Duration;

use super::*;
use crate::log::checkpoint::PARTITION_METADATA_FILE;
use crate::log::log_manager::strays::Strayed;

fn of(topic: u128) -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(topic)), partition: PartitionId(0) }
}

/// Two topics, 7 and 8, each with a partition that holds something; what it holds.
fn two_topics(directory: &std::path::Path) -> [Vec<u8>; 2] {
    let (manager, _) = start(directory, true);
    let held = [("orders", 7), ("others", 8)].map(|(topic, id)| {
        let log = manager.get_or_create(topic, of(id), small(), NOW).unwrap();
        fill(&log, i64::try_from(id).unwrap(), 1);
        everything(&log)
    });
    assert!(manager.shut_down(1).is_empty());
    held
}

fn metadata(directory: &std::path::Path, name: &str) -> PathBuf {
    directory.join(name).join(PARTITION_METADATA_FILE)
}

fn topic_of(id: TopicIdPartition) -> Option<String> {
    [(7, "orders"), (8, "others")].iter().find(|(topic, _)| of(*topic) == id).map(|(_, name)| (*name).to_owned())
}

/// As a broker opens its logs: it knows which topic has which id.
fn start_knowing(directory: &std::path::Path) -> (LogManager, OpenReport) {
    let config_of = |topic: &str, id: TopicId| {
        let named = topic_of(TopicIdPartition { topic_id: id, partition: PartitionId(0) });
        (named.as_deref() == Some(topic)).then(small)
    };
    LogManager::open(config(directory, true), &config_of, NOW).unwrap()
}

fn assert_names_both(reason: &str, one: &std::path::Path, other: &std::path::Path) {
    assert!(reason.contains(one.to_str().unwrap()) && reason.contains(other.to_str().unwrap()), "{reason}");
}

#[test]
fn of_two_directories_that_claim_a_partition_the_one_of_its_name_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let held = two_topics(directory.path());
    let own = std::fs::read(metadata(directory.path(), "others-0")).unwrap();
    std::fs::copy(metadata(directory.path(), "orders-0"), metadata(directory.path(), "others-0")).unwrap();
    for round in 0..2 {
        let (manager, report) = start_knowing(directory.path());
        let [(path, reason)] = report.misplaced.as_slice() else { panic!("round {round}: {report:?}") };
        assert_eq!(*path, directory.path().join("others-0"));
        assert_names_both(reason, path, &directory.path().join("orders-0"));
        assert!(manager.put_strays_away(&topic_of, NOW).is_empty());
        let log = manager.get_or_create("orders", of(7), small(), NOW).unwrap();
        assert_eq!(everything(&log), held[0], "round {round}");
        let refused = manager.get_or_create("others", of(8), small(), NOW).unwrap_err();
        assert_eq!(refused.kind(), LogErrorKind::Corrupt);
        assert!(refused.to_string().contains(path.to_str().unwrap()), "{refused}");
        assert!(manager.flush_all().is_empty());
    }
    std::fs::write(metadata(directory.path(), "others-0"), own).unwrap();
    let (manager, report) = start_knowing(directory.path());
    assert!(report.offline.is_empty() && report.misplaced.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get_or_create("others", of(8), small(), NOW).unwrap()), held[1]);
}

#[test]
fn two_directories_that_claim_a_partition_of_neither_name_stay_offline_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), true);
    let log = manager.get_or_create("orders", of(7), small(), NOW).unwrap();
    fill(&log, 3, 1);
    let bytes = everything(&log);
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), Duration::from_secs(20)).unwrap();
    drop((log, journal, manager));
    // The journal has what the file lacks; of two directories it does not know which to mend.
    let file = directory.path().join("orders-0").join(format!("{:020}.log", 0));
    std::fs::write(&file, &bytes[..100]).unwrap();
    let (one, other) = (directory.path().join("a-0"), directory.path().join("b-0"));
    std::fs::rename(directory.path().join("orders-0"), &one).unwrap();
    std::fs::create_dir(&other).unwrap();
    std::fs::copy(one.join(PARTITION_METADATA_FILE), other.join(PARTITION_METADATA_FILE)).unwrap();
    for round in 0..3 {
        let (manager, report) = start_knowing(directory.path());
        let [(offline, reason)] = report.offline.as_slice() else { panic!("round {round}: {report:?}") };
        assert_eq!(*offline, of(7));
        assert_names_both(reason, &one, &other);
        assert!(manager.put_strays_away(&|_| None, NOW).is_empty(), "neither is put away");
        manager.delete(of(7), NOW).unwrap();
        assert_eq!(std::fs::read(one.join(file.file_name().unwrap())).unwrap(), &bytes[..100]);
        assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
    }
    std::fs::remove_dir_all(&other).unwrap();
    std::fs::rename(&one, directory.path().join("orders-0")).unwrap();
    let (manager, report) = start_knowing(directory.path());
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(of(7)).unwrap()), bytes, "nothing of it was let go meanwhile");
}

#[test]
fn a_partition_in_two_log_directories_is_served_from_neither() {
    let directory = tempfile::tempdir().unwrap();
    let roots = ["a", "b"].map(|name| directory.path().join(name));
    let held = two_topics(&roots[0]);
    let (manager, _) = start(&roots[1], true);
    fill(&manager.get_or_create("orders", of(7), small(), NOW).unwrap(), 3, 1);
    assert!(manager.shut_down(1).is_empty());
    drop(manager);
    let config = LogManagerConfig { directories: roots.to_vec(), ..config(directory.path(), true) };
    for round in 0..2 {
        let (manager, report) = LogManager::open(config.clone(), &|_, _| Some(small()), NOW).unwrap();
        let [(offline, reason)] = report.offline.as_slice() else { panic!("round {round}: {report:?}") };
        assert_eq!(*offline, of(7), "round {round}");
        assert_names_both(reason, &roots[0].join("orders-0"), &roots[1].join("orders-0"));
        assert_eq!(everything(&manager.get(of(8)).unwrap()), held[1]);
        assert!(manager.get(of(7)).is_none());
        manager.get_or_create("orders", of(7), small(), NOW).unwrap_err();
        assert!(manager.put_strays_away(&topic_of, NOW).is_empty());
        assert!(manager.flush_all().is_empty());
    }
    // The other one's journal still names it.
    std::fs::remove_dir_all(&roots[1]).unwrap();
    let (manager, report) = LogManager::open(config, &|_, _| Some(small()), NOW).unwrap();
    assert!(report.offline.is_empty(), "{report:?}");
    assert_eq!(everything(&manager.get(of(7)).unwrap()), held[0]);
}

#[test]
fn directories_whose_topic_ids_were_swapped_are_served_to_nobody_and_put_away_by_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let held = two_topics(directory.path());
    let paths = ["orders-0", "others-0"].map(|name| metadata(directory.path(), name));
    let swap = || {
        let [one, other] = [&paths[0], &paths[1]].map(|path| std::fs::read(path).unwrap());
        std::fs::write(&paths[0], other).unwrap();
        std::fs::write(&paths[1], one).unwrap();
    };
    swap();
    for round in 0..2 {
        let (manager, _) = start_knowing(directory.path());
        let strays = manager.put_strays_away(&topic_of, NOW);
        assert_eq!(strays.len(), 2, "round {round}: {strays:?}");
        for (_, outcome) in strays {
            let Strayed::Misnamed(reason) = outcome else { panic!("round {round}: {outcome:?}") };
            assert!(paths.iter().any(|path| reason.contains(path.to_str().unwrap())), "{reason}");
        }
        for (topic, id) in [("orders", 7), ("others", 8)] {
            let refused = manager.get_or_create(topic, of(id), small(), NOW).unwrap_err();
            assert_eq!(refused.kind(), LogErrorKind::Corrupt, "round {round}: {refused}");
        }
        assert!(manager.flush_all().is_empty());
        assert!(manager.shut_down(1).is_empty());
    }
    swap();
    let (manager, report) = start_knowing(directory.path());
    assert!(report.offline.is_empty(), "{report:?}");
    for (bytes, id) in held.into_iter().zip([7, 8]) {
        assert_eq!(everything(&manager.get(of(id)).unwrap()), bytes);
    }
}

#[test]
fn a_directory_whose_topic_id_cannot_be_read_is_not_taken_over() {
    let directory = tempfile::tempdir().unwrap();
    let (manager, _) = start(directory.path(), false);
    let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
    fill(&log, 5, 1);
    log.set_log_start_offset(Offset(3)).unwrap();
    let held = everything(&log);
    assert!(manager.shut_down(1).is_empty());
    drop((log, manager));
    let path = directory.path().join("orders-0/partition.metadata");
    let whole = std::fs::read(&path).unwrap();
    // A bit of the id in which it still reads as one.
    let mut other = whole.clone();
    other[25] ^= 1;
    for damaged in [b"version: 0\ntopic_id: \0".to_vec(), other] {
        std::fs::write(&path, damaged).unwrap();
        let (manager, _) = start(directory.path(), false);
        assert!(manager.put_strays_away(&|_| None, NOW).is_empty(), "it is not known to be a stray one");
        let error = manager.get_or_create("orders", partition(0), small(), NOW).unwrap_err();
        assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()) && text.contains("restore"), "{text}");
        assert!(manager.flush_all().is_empty() && manager.shut_down(1).is_empty());
    }
    std::fs::write(&path, whole).unwrap();
    let (manager, _) = start(directory.path(), false);
    let log = manager.get(partition(0)).unwrap();
    assert_eq!((log.log_start_offset(), everything(&log)), (Offset(3), held), "nothing of it was forgotten meanwhile");
}

#[test]
fn a_directory_without_its_topic_id_is_named_and_not_taken_over() {
    for journal in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let (manager, _) = start(directory.path(), journal);
        let log = manager.get_or_create("orders", partition(0), small(), NOW).unwrap();
        fill(&log, 5, 1);
        log.set_log_start_offset(Offset(4)).unwrap();
        let held = everything(&log);
        assert!(manager.flush_all().is_empty() && manager.shut_down(1).is_empty());
        drop((log, manager));
        let path = metadata(directory.path(), "orders-0");
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(directory.path().join("empty-0")).unwrap();
        // What the journal says of it is gone, too.
        if journal {
            std::fs::remove_dir_all(directory.path().join("journal")).unwrap();
        }
        let (manager, report) = start(directory.path(), journal);
        assert!(report.unknown.iter().any(|unclaimed| unclaimed.reason.contains(path.to_str().unwrap())), "{report:?}");
        let error = manager.get_or_create("orders", partition(0), small(), NOW).unwrap_err();
        assert_eq!(error.reason(), LogErrorReason::CorruptSegment);
        let text = error.to_string();
        assert!(text.contains(path.to_str().unwrap()) && text.contains("restore"), "{text}");
        manager.get_or_create("empty", of(9), small(), NOW).unwrap();
        assert!(manager.flush_all().is_empty() && manager.shut_down(1).is_empty());
        drop(manager);
        std::fs::write(&path, whole).unwrap();
        let (manager, _) = start(directory.path(), journal);
        let log = manager.get(partition(0)).unwrap();
        assert_eq!((log.log_start_offset(), everything(&log)), (Offset(4), held), "nothing was forgotten meanwhile");
    }
}

#[test]
fn a_partition_whose_topic_id_stands_in_another_directory_is_told_with_the_directory_of_its_index() {
    let directory = tempfile::tempdir().unwrap();
    let id = |topic, index| TopicIdPartition { partition: PartitionId(index), ..of(topic) };
    let (manager, _) = start_knowing(directory.path());
    let logs = [("orders", id(7, 0)), ("orders", id(7, 1)), ("others", id(8, 0))]
        .map(|(topic, id)| manager.get_or_create(topic, id, small(), NOW).unwrap());
    // The entries that name the topics are needed no more.
    assert!(manager.flush_all().is_empty());
    logs.iter().for_each(|log| fill(log, 1, 1));
    let journal = Arc::clone(&manager.journals()[0]);
    journal.wait_durable(journal.last_sequence(), Duration::from_secs(20)).unwrap();
    drop((logs, journal, manager));
    let paths = ["orders-1", "others-0"].map(|name| metadata(directory.path(), name));
    let [one, other] = [&paths[0], &paths[1]].map(|path| std::fs::read(path).unwrap());
    std::fs::write(&paths[0], other).unwrap();
    std::fs::write(&paths[1], one).unwrap();
    let (_, report) = start_knowing(directory.path());
    let reason = report.offline.iter().find(|(offline, _)| *offline == id(7, 1)).map(|(_, reason)| reason).unwrap();
    // Of its topic's name the entries may still tell.
    let is_told = reason.contains(paths[0].to_str().unwrap());
    assert!(is_told && reason.contains("restore"), "{reason}");
}
