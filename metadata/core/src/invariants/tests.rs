//! Tests of `invariants.rs`: each predicate notices the state that it forbids, and only that.

use std::sync::Arc;

use strata_compat::ids::{LeaderEpoch, PartitionEpoch, ProducerId, Timestamp, Uuid};

use super::*;
use crate::command::tests::{World, create, on_brokers, page, partition, row, topic_id};
use crate::image::remote_segments::{AbandonedObject, ObjectKind, PageReference, Reservation};

/// A topic of one partition with replicas on brokers 1, 2 and 3, all in sync.
fn image() -> Image {
    let mut world = World::new(4, true);
    world.done(&create(1, on_brokers(&[1, 2, 3]), &[]));
    world.image
}

fn ids(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

fn violated(checked: Result<(), Violation>) -> Option<&'static str> {
    checked.err().and_then(|violation| violation.id.split(' ').next())
}

fn with_partition(edit: impl FnOnce(&mut Partition)) -> Image {
    let mut image = image();
    let mut state = image.partition(partition(1, 0)).unwrap().as_ref().clone();
    edit(&mut state);
    image.topics.set_partition(partition(1, 0), state);
    image
}

fn with_remote(remote: RemotePartition) -> Image {
    let mut image = image();
    image.remote.set(partition(1, 0), remote);
    image
}

#[test]
fn partition_that_cannot_be_is_noticed() {
    type Case = (&'static str, Option<&'static str>, fn(&mut Partition));
    let cases: [Case; 13] = [
        ("as created", None, |_| {}),
        ("no replicas", Some("M-P2"), |state| {
            state.replicas.clear();
            state.directories.clear();
        }),
        ("a replica twice", Some("M-P2"), |state| state.replicas[2] = state.replicas[0]),
        ("a replica without directory", Some("M-P2"), |state| state.directories.truncate(2)),
        ("a stranger in sync", Some("M-P3"), |state| state.isr = ids(&[1, 4])),
        ("in sync twice", Some("M-P3"), |state| state.isr = ids(&[1, 2, 2])),
        ("a stranger eligible", Some("M-P4"), |state| state.elr = ids(&[4])),
        ("in sync and eligible", Some("M-P4"), |state| state.elr = ids(&[2])),
        ("leader out of sync", Some("M-P5"), |state| state.isr = ids(&[2, 3])),
        ("no leader, one in sync", None, |state| {
            state.leader = BrokerId::NONE;
            state.isr = ids(&[2]);
        }),
        ("nobody holds it", Some("M-P7"), |state| {
            state.leader = BrokerId::NONE;
            state.isr.clear();
        }),
        ("only an eligible one holds it", None, |state| {
            state.leader = BrokerId::NONE;
            state.isr.clear();
            state.elr = ids(&[3]);
        }),
        ("only the last leader holds it", None, |state| {
            state.leader = BrokerId::NONE;
            state.isr.clear();
            state.last_known_elr = ids(&[3]);
        }),
    ];
    for (what, expected, edit) in cases {
        assert_eq!(violated(check(&with_partition(edit))), expected, "{what}");
    }
}

#[test]
fn partition_needs_a_topic_and_a_leader_that_is_active() {
    let mut orphaned = image();
    let state = orphaned.partition(partition(1, 0)).unwrap().as_ref().clone();
    orphaned.topics.set_partition(partition(9, 0), state);
    assert_eq!(violated(check(&orphaned)), Some("M-P1"));
    let mut fenced = image();
    let mut broker = fenced.broker(BrokerId(1)).unwrap().as_ref().clone();
    broker.fenced = true;
    fenced.brokers.set(broker);
    assert_eq!(violated(check(&fenced)), Some("M-P6"));
}

#[test]
fn topics_are_dense_and_their_names_unique() {
    let named = |number, name: &str, partitions| Topic {
        topic_id: topic_id(number),
        name: name.to_owned(),
        internal: false,
        partitions,
    };
    for (what, count, extra) in [("one is missing", 2, None), ("one is too many", 0, None), ("a gap", 2, Some(2))] {
        let mut image = image();
        let state = image.partition(partition(1, 0)).unwrap().as_ref().clone();
        image.topics.insert(named(1, "topic-1", count));
        if let Some(extra) = extra {
            image.topics.set_partition(partition(1, extra), state);
        }
        assert_eq!(violated(check(&image)), Some("M-T1"), "{what}");
    }
    for (what, names, expected) in [
        ("different", ["a.b", "a.c"], None),
        ("the same", ["a.b", "a.b"], Some("M-T2")),
        ("the same but for dots", ["a.b", "a_b"], Some("M-T2")),
    ] {
        let mut image = image();
        image.topics.insert(named(2, names[0], 0));
        image.topics.insert(named(3, names[1], 0));
        assert_eq!(violated(check(&image)), expected, "{what}");
    }
}

#[test]
fn deleted_topic_leaves_neither_partition_nor_config_nor_remote_state() {
    let old = image();
    let state = old.partition(partition(1, 0)).unwrap().as_ref().clone();
    let deleted_topics = [(topic_id(1), "topic-1".to_owned())].into();
    let delta = Delta { deleted_topics, ..Delta::default() };
    let mut gone = old.clone();
    gone.topics.remove(topic_id(1));
    assert_eq!(check_step(&old, &gone, &delta), Ok(()));
    let (mut topic, mut partitions, mut remote, mut configs) = (gone.clone(), gone.clone(), gone.clone(), gone);
    topic.topics.insert(Topic { partitions: 0, ..old.topic(topic_id(1)).unwrap().as_ref().clone() });
    partitions.topics.set_partition(partition(1, 3), state);
    remote.remote.set(partition(1, 3), RemotePartition::default());
    configs.configs.set(ConfigResource::topic("topic-1"), [("a".to_owned(), "1".to_owned())].into());
    for (what, left) in [("topic", topic), ("partition", partitions), ("remote", remote), ("configs", configs)] {
        assert_eq!(violated(check_step(&old, &left, &delta)), Some("M-T3"), "{what}");
    }
}

#[test]
fn epochs_and_producer_ids_never_go_back() {
    let old = image();
    let mut broker = old.broker(BrokerId(4)).unwrap().as_ref().clone();
    broker.epoch.0 -= 1;
    let mut earlier = old.clone();
    earlier.brokers.set(broker);
    let delta = Delta { brokers: [BrokerId(4)].into(), ..Delta::default() };
    assert_eq!(violated(check_step(&old, &earlier, &delta)), Some("M-B1"));
    let mut given = old.clone();
    given.producer_ids.next = ProducerId(7);
    assert_eq!(check_step(&old, &given, &Delta::default()), Ok(()));
    assert_eq!(violated(check_step(&given, &old, &Delta::default())), Some("M-I1"));
}

#[test]
fn each_change_of_a_partition_has_an_epoch_and_each_leader_its_own() {
    type Case = (&'static str, Option<&'static str>, fn(&mut Partition));
    let cases: [Case; 7] = [
        ("nothing changes", None, |_| {}),
        ("the ISR, without a partition epoch", Some("M-P8"), |state| state.isr = ids(&[1])),
        ("the partition epoch goes back", Some("M-P8"), |state| state.partition_epoch = PartitionEpoch(4)),
        ("the ISR, with a partition epoch", None, |state| {
            state.isr = ids(&[1]);
            state.partition_epoch = PartitionEpoch(6);
        }),
        ("the leader epoch goes back", Some("M-P9"), |state| {
            state.leader_epoch = LeaderEpoch(4);
            state.partition_epoch = PartitionEpoch(6);
        }),
        ("another leader in the same leader epoch", Some("M-P10"), |state| {
            state.leader = BrokerId(2);
            state.partition_epoch = PartitionEpoch(6);
        }),
        ("another leader in the next leader epoch", None, |state| {
            state.leader = BrokerId(2);
            state.leader_epoch = LeaderEpoch(6);
            state.partition_epoch = PartitionEpoch(6);
        }),
    ];
    let delta = Delta { partitions: [partition(1, 0)].into(), ..Delta::default() };
    let at_five = |edit: fn(&mut Partition)| {
        with_partition(|state| {
            state.leader_epoch = LeaderEpoch(5);
            state.partition_epoch = PartitionEpoch(5);
            edit(state);
        })
    };
    let old = at_five(|_| {});
    for (what, expected, edit) in cases {
        assert_eq!(violated(check_step(&old, &at_five(edit), &delta)), expected, "{what}");
    }
}

#[test]
fn remote_ranges_are_contiguous_but_for_what_nobody_needs() {
    for (what, log_start, pages, rows, remote_end, expected) in [
        ("nothing remote", 0, &[][..], &[][..], None, None),
        ("rows in a row", 0, &[], &[(0, 10), (10, 20)], Some(20), None),
        ("a page, then rows", 0, &[(0, 10)], &[(10, 20)], Some(20), None),
        ("a gap up to the log start", 15, &[], &[(0, 10), (15, 20)], Some(20), None),
        ("a gap above the log start", 14, &[], &[(0, 10), (15, 20)], Some(20), Some("M-R2")),
        ("an overlap", 0, &[], &[(0, 10), (9, 20)], Some(20), Some("M-R2")),
        ("an overlap below the log start", 20, &[], &[(0, 10), (9, 20)], Some(20), Some("M-R2")),
        ("an empty range", 0, &[], &[(0, 10), (10, 10)], Some(10), Some("M-R2")),
        ("a range that ends before it begins", 0, &[], &[(10, 5)], Some(5), Some("M-R2")),
        ("another end", 0, &[], &[(0, 10)], Some(20), Some("M-R2")),
        ("all is gone but the end", 0, &[], &[], Some(20), None),
    ] {
        let remote = RemotePartition {
            log_start: Some(Offset(log_start)),
            remote_end: remote_end.map(Offset),
            pages: pages.iter().map(|(base, end)| Arc::new(page(1, *base, *end, 1, LeaderEpoch(0)))).collect(),
            rows: rows.iter().map(|(base, end)| Arc::new(row(2, *base, *end, LeaderEpoch(0)))).collect(),
            ..RemotePartition::default()
        };
        assert_eq!(violated(check(&with_remote(remote))), expected, "{what}");
    }
}

fn abandoned_objects(count: usize) -> Vec<AbandonedObject> {
    let (base_offset, leader_epoch, abandoned_at) = (Offset(0), LeaderEpoch(0), Timestamp(0));
    let object = AbandonedObject { uuid: Uuid::from_u128(9), is_page: false, base_offset, leader_epoch, abandoned_at };
    vec![object; count]
}

fn pending_pages(count: usize) -> Vec<Arc<PageReference>> {
    (0..count).map(|_| Arc::new(page(1, 0, 10, 1, LeaderEpoch(0)))).collect()
}

#[test]
fn remote_state_of_a_partition_is_small_and_above_its_log_start() {
    let base = || RemotePartition { log_start: Some(Offset(5)), ..RemotePartition::default() };
    let rows = |count: i64| RemotePartition {
        rows: (0..count).map(|at| Arc::new(row(2, at, at + 1, LeaderEpoch(0)))).collect(),
        remote_end: Some(Offset(count)),
        ..base()
    };
    let abandoned = |count| RemotePartition { abandoned: abandoned_objects(count), ..base() };
    let pages = |count| RemotePartition { delete_pending_pages: pending_pages(count), ..base() };
    let deleted = |log_start, mark| RemotePartition { log_start, deleted_to: Offset(mark), ..base() };
    for (what, remote, expected) in [
        ("sixteen rows", rows(16), None),
        ("seventeen rows", rows(17), Some("M-R3")),
        ("sixteen abandoned", abandoned(16), None),
        ("seventeen abandoned", abandoned(17), Some("M-R4")),
        ("sixteen replaced pages", pages(16), None),
        ("seventeen replaced pages", pages(17), Some("M-R4")),
        ("deleted to the log start", deleted(Some(Offset(5)), 5), None),
        ("deleted above the log start", deleted(Some(Offset(5)), 6), Some("M-R5")),
        ("deleted without a log start", deleted(None, 1), Some("M-R5")),
        ("nothing deleted, no log start", deleted(None, 0), None),
        (
            "an end without a log start",
            RemotePartition { remote_end: Some(Offset(3)), ..RemotePartition::default() },
            Some("M-R6"),
        ),
    ] {
        assert_eq!(violated(check(&with_remote(remote))), expected, "{what}");
    }
    let mut homeless = image();
    homeless.remote.set(partition(1, 1), base());
    assert_eq!(violated(check(&homeless)), Some("M-R1"));
}

#[test]
fn remote_marks_only_grow() {
    type Case = (&'static str, Option<&'static str>, fn(&mut RemotePartition));
    let cases: [Case; 11] = [
        ("nothing changes", None, |_| {}),
        ("the log start grows", None, |remote| remote.log_start = Some(Offset(6))),
        ("the log start goes back", Some("M-R7"), |remote| remote.log_start = Some(Offset(4))),
        ("the deletion mark grows", None, |remote| remote.deleted_to = Offset(4)),
        ("the deletion mark goes back", Some("M-R8"), |remote| remote.deleted_to = Offset(2)),
        ("the tiering epoch goes back", Some("M-R9"), |remote| remote.tiering_epoch = 6),
        ("the remote end grows", None, |remote| remote.remote_end = Some(Offset(21))),
        ("the remote end goes back", Some("M-R10"), |remote| remote.remote_end = Some(Offset(19))),
        ("the remote end goes back with tiering", None, |remote| {
            remote.remote_end = None;
            remote.tiering_epoch = 8;
        }),
        ("other pages in the same version", Some("M-R11"), |remote| {
            remote.pages = pending_pages(1);
            remote.remote_end = Some(Offset(10));
            remote.tiering_epoch = 8;
        }),
        ("other pages in the next version", None, |remote| {
            remote.pages = pending_pages(1);
            remote.remote_end = Some(Offset(10));
            remote.tiering_epoch = 8;
            remote.pages_version = 4;
        }),
    ];
    let at = |edit: fn(&mut RemotePartition)| {
        let mut remote = RemotePartition {
            log_start: Some(Offset(5)),
            deleted_to: Offset(3),
            remote_end: Some(Offset(20)),
            tiering_epoch: 7,
            pages_version: 3,
            ..RemotePartition::default()
        };
        edit(&mut remote);
        with_remote(remote)
    };
    let delta = Delta { remote: [partition(1, 0)].into(), ..Delta::default() };
    let old = at(|_| {});
    for (what, expected, edit) in cases {
        assert_eq!(violated(check_step(&old, &at(edit), &delta)), expected, "{what}");
    }
    assert_eq!(violated(check_step(&image(), &old, &delta)), None, "the first remote state has nothing before it");
}

#[test]
fn step_is_checked_in_full_where_it_touched_something() {
    let old = image();
    let mut orphan = old.clone();
    orphan.topics.insert(Topic { partitions: 2, ..old.topic(topic_id(1)).unwrap().as_ref().clone() });
    let topics = Delta { topics: [topic_id(1)].into(), ..Delta::default() };
    assert_eq!(violated(check_step(&old, &orphan, &topics)), Some("M-T1"));
    let partitions = Delta { partitions: [partition(1, 0)].into(), ..Delta::default() };
    let nobody = with_partition(|state| {
        state.leader = BrokerId::NONE;
        state.isr.clear();
    });
    assert_eq!(violated(check_step(&old, &nobody, &partitions)), Some("M-P7"));
    let remote = Delta { remote: [partition(1, 0)].into(), ..Delta::default() };
    let endless = with_remote(RemotePartition { remote_end: Some(Offset(3)), ..RemotePartition::default() });
    assert_eq!(violated(check_step(&old, &endless, &remote)), Some("M-R6"));
}

#[test]
fn tombstone_holds_no_reservation_and_stands_under_its_epoch() {
    let live = Reservation {
        uuid: Uuid::from_u128(3),
        kind: ObjectKind::Segment,
        base_offset: Offset(0),
        leader_epoch: LeaderEpoch(0),
        broker_epoch: strata_compat::ids::BrokerEpoch(1),
        tiering_epoch: 2,
        remote_end: None,
    };
    let empty = RemoteTombstone { tiering_epoch: 2, remote: RemotePartition::default() };
    let mut segment = empty.clone();
    segment.remote.reserved_segment = Some(live.clone());
    let mut page = empty.clone();
    page.remote.reserved_page = Some(live);
    let id = partition(1, 0);
    let delta = Delta { tombstones: [id].into(), ..Delta::default() };
    for (what, tombstone, expected) in
        [("empty", empty.clone(), None), ("segment", segment, Some("M-R12")), ("page", page, Some("M-R12"))]
    {
        let old = image();
        let mut new = old.clone();
        new.remote.set_tombstone(id, tombstone);
        assert_eq!(violated(check(&new)), expected, "{what}");
        assert_eq!(violated(check_step(&old, &new, &delta)), expected, "{what}");
    }
    assert_eq!(violated(tombstone_holds(id, 3, &empty)), Some("M-R12"), "under another epoch");
}
