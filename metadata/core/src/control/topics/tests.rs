//! Tests of `topics.rs`.

use strata_compat::ids::{Offset, Timestamp, TopicId, Uuid};

use super::*;
use crate::command::Command;
use crate::command::brokers::BrokerChange;
use crate::command::remote_segments::{AdvanceTombstone, BeginTiering, ReserveObject};
use crate::command::tests::{World, change_broker, create, defaults, on_brokers, partition, topic_id};
use crate::image::remote_segments::ObjectKind;

fn named(name: &str) -> Command {
    Command::CreateTopic(CreateTopic {
        topic_id: TopicId(Uuid::from_u128(77)),
        name: name.to_owned(),
        internal: false,
        placement: Placement::Seeded { partitions: 1, replication_factor: 1, seed: 1 },
        configs: Vec::new(),
        defaults: defaults(),
    })
}

#[test]
fn topic_is_found_by_name_and_id_until_it_is_deleted() {
    let mut world = World::new(3, true);
    let placement = Placement::Seeded { partitions: 6, replication_factor: 3, seed: 5 };
    let reply = world.done(&create(1, placement, &[("retention.ms", "-1")]));
    assert_eq!(reply, Reply::TopicCreated { topic_id: topic_id(1), partitions: 6, replication_factor: 3 });
    assert_eq!(world.image.topic_by_name("topic-1").unwrap().topic_id, topic_id(1));
    assert_eq!(world.image.topics.partitions_of(topic_id(1)).count(), 6);
    world.done(&Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now: Timestamp(0) }));
    assert!(world.image.topic_by_name("topic-1").is_none());
    assert!(world.image.configs.get(&ConfigResource::topic("topic-1")).is_none());
    assert_eq!(world.image.topics.partition_count(), 0);
    let again = Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now: Timestamp(0) });
    assert_eq!(world.apply(&again), Err(Refusal::UnknownTopic));
}

#[test]
fn illegal_names_are_refused() {
    let long = "a".repeat(250);
    for name in ["", ".", "..", "a b", "ä", "a/b", long.as_str()] {
        let refused = World::new(1, true).apply(&named(name));
        assert!(matches!(refused, Err(Refusal::InvalidTopicName { .. })), "{name:?}");
    }
    for name in ["a", "a.b_c-D9", "...", &long[..249]] {
        World::new(1, true).done(&named(name));
    }
}

#[test]
fn names_that_differ_in_dots_and_underscores_collide() {
    let mut world = World::new(1, true);
    world.done(&named("a.b"));
    let refused = world.apply(&named("a_b"));
    assert!(matches!(refused, Err(Refusal::TopicNameCollides { .. })), "{refused:?}");
    assert!(matches!(world.apply(&named("a.b")), Err(Refusal::TopicAlreadyExists { .. })));
    assert!(matches!(world.apply(&named("other")), Err(Refusal::TopicIdTaken { .. })));
}

#[test]
fn impossible_placements_are_refused() {
    let mut world = World::new(2, true);
    let fence = change_broker(&world.image, 2, BrokerChange::Fence);
    world.done(&fence);
    let seeded = |partitions, replication_factor| Placement::Seeded { partitions, replication_factor, seed: 0 };
    let too_many = world.apply(&create(1, seeded(1, 2), &[]));
    assert_eq!(too_many, Err(Refusal::InvalidReplicationFactor { wanted: 2, alive: 1 }));
    for count in [0, 10_001] {
        let refused = world.apply(&create(1, seeded(count, 1), &[]));
        assert!(matches!(refused, Err(Refusal::InvalidPartitions { .. })), "{count}");
    }
    for ids in [&[2][..], &[1, 1], &[1, 9], &[]] {
        let refused = world.apply(&create(1, on_brokers(ids), &[]));
        assert!(matches!(refused, Err(Refusal::InvalidReplicaAssignment { .. })), "{ids:?}");
    }
    world.done(&create(1, on_brokers(&[2, 1]), &[]));
    let state = world.image.partition(partition(1, 0)).unwrap();
    assert_eq!((state.leader, state.isr.as_slice()), (BrokerId(1), [BrokerId(1)].as_slice()));
}

#[test]
fn partitions_are_added_but_never_taken_away() {
    let mut world = World::new(3, true);
    world.done(&create(1, Placement::Seeded { partitions: 2, replication_factor: 2, seed: 0 }, &[]));
    let to = |total| {
        Command::CreatePartitions(CreatePartitions { topic_id: topic_id(1), total, assignments: None, seed: 4 })
    };
    for total in [0, 2, 10_001] {
        assert!(matches!(world.apply(&to(total)), Err(Refusal::InvalidPartitions { .. })), "{total}");
    }
    world.done(&to(5));
    assert_eq!(world.image.topic(topic_id(1)).unwrap().partitions, 5);
    assert!(world.image.topics.partitions_of(topic_id(1)).all(|(_, partition)| partition.replicas.len() == 2));
}

#[test]
fn id_of_a_topic_is_not_given_again_while_any_of_its_partitions_has_a_tombstone() {
    let mut world = World::new(1, true);
    let tiered = [("remote.storage.enable", "true"), ("remote.log.delete.on.disable", "true")];
    let placement = Placement::Seeded { partitions: 3, replication_factor: 1, seed: 5 };
    world.done(&create(1, placement.clone(), &tiered));
    let id = partition(1, 2);
    let fence = world.fence(id);
    world.done(&Command::BeginTiering(BeginTiering { partition: id, fence, log_start: Offset(0) }));
    let (uuid, kind, now) = (Uuid::from_u128(1), ObjectKind::Segment, Timestamp(0));
    let base_offset = Offset(0);
    world.done(&Command::ReserveObject(ReserveObject { partition: id, fence, uuid, kind, base_offset, now }));
    world.done(&Command::DeleteTopic(DeleteTopic { topic_id: topic_id(1), now }));
    let again = create(1, placement, &[]);
    assert_eq!(world.apply(&again), Err(Refusal::TopicIdTaken { topic_id: topic_id(1) }));
    let walked = AdvanceTombstone { partition: id, tiering_epoch: 0, deleted_to: None, forgotten: vec![uuid] };
    world.done(&Command::AdvanceTombstone(walked));
    world.done(&again);
}

#[test]
fn message_on_a_name_repeats_no_more_than_shows_that_it_is_too_long() {
    let refused = World::new(1, true).apply(&named(&"a".repeat(5_000)));
    let Err(Refusal::InvalidTopicName { name, reason }) = refused else { panic!("{refused:?}") };
    assert_eq!((name.len(), reason.as_str()), (250, "it has more than 249 characters"));
}

#[test]
fn topic_has_from_one_to_ten_thousand_partitions() {
    for (count, fits) in [(0, false), (1, true), (10_000, true), (10_001, false)] {
        let counted = partition_count(count);
        let refused = matches!(counted, Err(Refusal::InvalidPartitions { .. }));
        assert_eq!(
            (counted.clone().ok(), refused),
            (fits.then(|| u32::try_from(count).unwrap()), !fits),
            "{counted:?}"
        );
    }
}

#[test]
fn reserved_topic_ids_are_given_to_nobody() {
    for (number, is_free) in [(0, false), (1, false), (2, true)] {
        let mut world = World::new(1, true);
        let Command::CreateTopic(topic) = named("a") else { unreachable!() };
        let topic_id = TopicId(Uuid::from_u128(number));
        let response = world.apply(&Command::CreateTopic(CreateTopic { topic_id, ..topic }));
        let taken = response == Err(Refusal::TopicIdTaken { topic_id });
        assert_eq!((response.is_ok(), taken), (is_free, !is_free), "{number}: {response:?}");
    }
}

#[test]
fn new_partitions_have_the_replicas_that_are_given_to_each() {
    let replicas = |ids: &[i32]| ids.iter().copied().map(BrokerId).collect::<Vec<_>>();
    // (replicas of the new partitions, of which there are two) → taken?
    for (given, taken) in [
        (&[&[2, 3][..], &[3, 1]][..], true),
        (&[&[2, 3]], false),
        (&[&[2, 3], &[3, 1], &[1, 2]], false),
        (&[&[2, 3], &[3]], false),
        (&[&[2, 3, 1], &[3, 1, 2]], false),
        (&[&[2, 3], &[3, 9]], false),
    ] {
        let mut world = World::new(3, true);
        world.done(&create(1, on_brokers(&[1, 2]), &[]));
        let assignments = Some(given.iter().map(|ids| replicas(ids)).collect());
        let (topic_id, seed) = (topic_id(1), 4);
        let response =
            world.apply(&Command::CreatePartitions(CreatePartitions { topic_id, total: 3, assignments, seed }));
        let refused = matches!(response, Err(Refusal::InvalidReplicaAssignment { .. }));
        assert_eq!((response.is_ok(), refused), (taken, !taken), "{given:?}: {response:?}");
        if taken {
            assert_eq!(world.image.partition(partition(1, 1)).unwrap().replicas, replicas(given[0]));
            assert_eq!(world.image.partition(partition(1, 2)).unwrap().replicas, replicas(given[1]));
        }
    }
}
