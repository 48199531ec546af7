//! Tests of `apply.rs`.

use proptest::prelude::*;
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, Timestamp, Uuid};

use super::*;
use crate::command::brokers::{BrokerChange, RegisterBroker, UnregisterBroker};
use crate::command::partitions::{AlterPartition, AlterPartitions, ElectLeaders, ElectionKind};
use crate::command::remote_segments::{
    AbandonObject, AdvanceDeletedTo, BeginTiering, CommitSegment, DisableTiering, MoveLogStart, ReserveObject,
};
use crate::command::tests::{
    World, change_broker, create, format_cluster, on_brokers, partition, registration, row, set_config, topic_id,
};
use crate::command::topics::{CreatePartitions, DeleteTopic, Placement};
use crate::command::{AllocateProducerIds, FeatureUpgrade, SetStoreId, UpdateFeatures};
use crate::image::configs::ConfigResource;
use crate::image::partitions::LeaderRecovery;
use crate::image::remote_segments::ObjectKind;
use crate::response::RemoteRefusal;
use crate::snapshot;

#[test]
fn nothing_but_formatting_is_allowed_before_it() {
    let mut image = Image::default();
    let (response, delta) = image.apply(1, &Command::RegisterBroker(registration(1)));
    assert_eq!((response, delta.is_empty(), image.applied_index), (Err(Refusal::NotFormatted), true, 1));
    let (response, _) = image.apply(1, &format_cluster(true));
    assert_eq!(response, Err(Refusal::StaleIndex { index: 1, applied: 1 }));
    image.apply(2, &format_cluster(true)).0.unwrap();
    image.apply(3, &format_cluster(true)).0.unwrap();
    assert_eq!(image.features.epoch, 2);
}

#[test]
fn command_above_the_finalized_metadata_version_is_refused() {
    let mut world = World::new(1, true);
    world.image.features.finalized.insert("metadata.version".to_owned(), 29);
    let refused = world.apply(&create(1, on_brokers(&[1]), &[]));
    assert_eq!(refused, Err(Refusal::UnsupportedCommand { needed: 30, finalized: 29 }));
}

#[test]
fn features_rise_only_to_what_every_node_supports() {
    let mut world = World::new(1, true);
    let to = |feature: &str, level, upgrade| {
        Command::UpdateFeatures(UpdateFeatures { updates: vec![(feature.to_owned(), level, upgrade)] })
    };
    world.done(&to("metadata.version", 31, FeatureUpgrade::Upgrade));
    for refused in [
        to("metadata.version", 32, FeatureUpgrade::Upgrade),
        to("metadata.version", 30, FeatureUpgrade::Upgrade),
        to("metadata.version", 30, FeatureUpgrade::SafeDowngrade),
        to("metadata.version", 0, FeatureUpgrade::UnsafeDowngrade),
        to("group.version", 1, FeatureUpgrade::Upgrade),
    ] {
        assert!(world.apply(&refused).is_err(), "{refused:?}");
    }
    world.done(&to("metadata.version", 31, FeatureUpgrade::SafeDowngrade));
    assert_eq!(world.image.features.metadata_version(), 31, "no downgrade at all");
    world.done(&to("metadata.version", 30, FeatureUpgrade::UnsafeDowngrade));
}

#[test]
fn producer_id_blocks_do_not_overlap_and_the_store_id_is_set_once() {
    let mut world = World::new(1, true);
    let broker = BrokerId(1);
    let broker_epoch = world.image.brokers.epoch_of(broker);
    for first in [0, 1_000, 2_000] {
        let reply = world.done(&Command::AllocateProducerIds(AllocateProducerIds { broker, broker_epoch }));
        assert_eq!(reply, Reply::ProducerIds { first: first.into(), count: 1_000 });
    }
    let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
    world.done(&Command::SetStoreId(SetStoreId { store_id: one }));
    world.done(&Command::SetStoreId(SetStoreId { store_id: one }));
    let refused = world.apply(&Command::SetStoreId(SetStoreId { store_id: two }));
    assert_eq!(refused, Err(Refusal::StoreIdDiffers { current: one }));
}

#[test]
fn alter_partition_is_a_compare_and_set() {
    let mut world = World::new(3, true);
    world.done(&create(1, on_brokers(&[1, 2, 3]), &[]));
    let epochs: Vec<BrokerEpoch> = (0..=3).map(|id| world.image.brokers.epoch_of(BrokerId(id))).collect();
    let alter = |leader_epoch, partition_epoch, isr: &[(i32, BrokerEpoch)]| {
        let changes = vec![AlterPartition {
            partition: partition(1, 0),
            leader_epoch: LeaderEpoch(leader_epoch),
            partition_epoch: PartitionEpoch(partition_epoch),
            isr: isr.iter().map(|(id, epoch)| (BrokerId(*id), *epoch)).collect(),
            leader_recovery: LeaderRecovery::Recovered,
        }];
        Command::AlterPartitions(AlterPartitions { broker: BrokerId(1), broker_epoch: epochs[1], changes })
    };
    let mut answer = |command: &Command| match world.done(command) {
        Reply::Partitions(mut answers) => answers.remove(0),
        other => panic!("{other:?}"),
    };
    let shrunk = answer(&alter(0, 0, &[(1, epochs[1]), (2, epochs[2])])).unwrap();
    assert_eq!((shrunk.partition_epoch, shrunk.leader_epoch), (PartitionEpoch(1), LeaderEpoch(0)));
    let member = [(1, epochs[1])];
    let stale = Refusal::InvalidUpdateVersion { current: PartitionEpoch(1) };
    assert_eq!(answer(&alter(0, 0, &member)), Err(stale));
    assert_eq!(answer(&alter(1, 1, &member)), Err(Refusal::NewerEpoch));
    assert_eq!(answer(&alter(0, 2, &member)), Err(Refusal::NewerEpoch));
    let ineligible = answer(&alter(0, 1, &[(1, epochs[1]), (3, BrokerEpoch(1))]));
    assert_eq!(ineligible, Err(Refusal::IneligibleReplica { broker: BrokerId(3) }));
    for isr in [&[(2, epochs[2])][..], &[(1, epochs[1]), (9, epochs[1])], &[(1, epochs[1]), (1, epochs[1])]] {
        assert!(matches!(answer(&alter(0, 1, isr)), Err(Refusal::InvalidIsr { .. })), "{isr:?}");
    }
    let grown = answer(&alter(0, 1, &[(1, epochs[1]), (2, epochs[2]), (3, BrokerEpoch::NONE)])).unwrap();
    assert_eq!(grown.isr.len(), 3);
}

#[test]
fn leader_of_an_unclean_election_is_alone_in_sync_until_it_has_recovered() {
    let recovering = || {
        let mut world = World::new(2, true);
        world.done(&create(1, on_brokers(&[1, 2]), &[("unclean.leader.election.enable", "true")]));
        for (broker, change) in [(2, BrokerChange::Fence), (1, BrokerChange::Fence), (2, BrokerChange::Unfence)] {
            let command = change_broker(&world.image, broker, change);
            world.done(&command);
        }
        let command = change_broker(&world.image, 1, BrokerChange::Unfence);
        world.done(&command);
        assert_eq!(world.image.partition(partition(1, 0)).unwrap().leader_recovery, LeaderRecovery::Recovering);
        world
    };
    let alter = |world: &mut World, isr: &[i32], leader_recovery| {
        let state = world.image.partition(partition(1, 0)).unwrap().as_ref().clone();
        let wish = AlterPartition {
            partition: partition(1, 0),
            leader_epoch: state.leader_epoch,
            partition_epoch: state.partition_epoch,
            isr: isr.iter().map(|id| (BrokerId(*id), BrokerEpoch::NONE)).collect(),
            leader_recovery,
        };
        let broker_epoch = world.image.brokers.epoch_of(state.leader);
        let changes = vec![wish];
        match world.done(&Command::AlterPartitions(AlterPartitions { broker: state.leader, broker_epoch, changes })) {
            Reply::Partitions(mut answers) => answers.remove(0).map(|state| state.leader_recovery),
            other => panic!("{other:?}"),
        }
    };
    let is_refused = |answer| matches!(answer, Err(Refusal::InvalidIsr { .. }));
    assert_eq!(alter(&mut recovering(), &[2], LeaderRecovery::Recovering), Ok(LeaderRecovery::Recovering));
    assert!(is_refused(alter(&mut recovering(), &[2, 1], LeaderRecovery::Recovering)));
    let mut world = recovering();
    assert_eq!(alter(&mut world, &[2, 1], LeaderRecovery::Recovered), Ok(LeaderRecovery::Recovered));
    for isr in [&[2, 1][..], &[2]] {
        assert!(is_refused(alter(&mut world, isr, LeaderRecovery::Recovering)), "it has recovered: {isr:?}");
    }
}

#[test]
fn damaged_snapshots_are_refused() {
    let mut world = World::new(3, true);
    world.done(&create(1, on_brokers(&[1, 2]), &[("retention.ms", "1")]));
    let bytes = snapshot::encode(&world.image).unwrap();
    assert_eq!(snapshot::decode(&bytes).unwrap(), world.image);
    for position in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1;
        assert!(snapshot::decode(&damaged).is_err(), "byte {position}");
        assert!(snapshot::decode(&bytes[..position]).is_err(), "cut at {position}");
    }
}

#[derive(Clone, Copy, Debug)]
struct Step {
    kind: u8,
    topic: u128,
    broker: i32,
    number: u16,
    flag: bool,
}

fn remote_command(world: &World, step: Step) -> Option<Command> {
    let id = partition(step.topic, 0);
    world.image.partition(id)?;
    let fence = world.fence(id);
    let offset = Offset(i64::from(step.number));
    let now = Timestamp(i64::from(step.number));
    let remote = world.image.remote_partition(id).map(|remote| remote.as_ref().clone()).unwrap_or_default();
    let uuid = Uuid::from_u128(u128::from(step.number));
    Some(match step.kind {
        10 => Command::BeginTiering(BeginTiering { partition: id, fence, log_start: offset }),
        11 => {
            let (kind, base_offset) = (ObjectKind::Segment, remote.next_base_offset().unwrap_or(offset));
            Command::ReserveObject(ReserveObject { partition: id, fence, uuid, kind, base_offset, now })
        }
        12 => {
            let live = remote.reserved_segment?;
            let base = live.base_offset.0;
            let row = row(live.uuid.as_u128(), base, base + 1 + i64::from(step.number % 50), live.leader_epoch);
            Command::CommitSegment(CommitSegment { partition: id, fence, row })
        }
        13 => Command::MoveLogStart(MoveLogStart { partition: id, fence, log_start: offset }),
        14 => Command::AdvanceDeletedTo(AdvanceDeletedTo { partition: id, fence, deleted_to: offset }),
        15 => Command::DisableTiering(DisableTiering { partition: id, fence, local_start: offset, now }),
        _ => Command::AbandonObject(AbandonObject { partition: id, uuid: remote.reserved_segment?.uuid, now }),
    })
}

fn command(world: &World, step: Step) -> Option<Command> {
    let image = &world.image;
    let id = topic_id(step.topic);
    Some(match step.kind {
        0 => {
            let (partitions, replication_factor) = (u32::from(step.number % 4), 1 + step.number % 3);
            let placement = Placement::Seeded { partitions, replication_factor, seed: u64::from(step.number) };
            let configs = [("remote.storage.enable", "true"), ("min.insync.replicas", "2")];
            create(step.topic, placement, if step.flag { &configs } else { &[] })
        }
        1 => Command::DeleteTopic(DeleteTopic { topic_id: id, now: Timestamp(0) }),
        2 => Command::CreatePartitions(CreatePartitions {
            topic_id: id,
            total: u32::from(step.number % 6),
            assignments: None,
            seed: u64::from(step.number),
        }),
        3 => Command::RegisterBroker(RegisterBroker {
            durable: step.flag,
            fenced: step.number.is_multiple_of(2),
            ..registration(step.broker)
        }),
        4 => change_broker(image, step.broker, BrokerChange::Fence),
        5 => change_broker(image, step.broker, BrokerChange::Unfence),
        6 => {
            let directories = registration(step.broker).log_dirs;
            let change = BrokerChange::DirectoriesOffline(directories);
            change_broker(image, step.broker, if step.flag { change } else { BrokerChange::BeginControlledShutdown })
        }
        7 => {
            let kind = if step.flag { ElectionKind::Unclean } else { ElectionKind::Preferred };
            Command::ElectLeaders(ElectLeaders { kind, partitions: vec![partition(step.topic, 0)] })
        }
        8 => {
            let resource = ConfigResource::topic(&format!("topic-{}", step.topic));
            match step.number % 4 {
                0 => set_config(resource, "remote.storage.enable", if step.flag { "true" } else { "false" }),
                1 => set_config(resource, "min.insync.replicas", if step.flag { "1" } else { "3" }),
                2 => set_config(resource, "unclean.leader.election.enable", if step.flag { "true" } else { "false" }),
                _ => set_config(resource, "remote.log.delete.on.disable", "true"),
            }
        }
        9 if step.number.is_multiple_of(4) => {
            Command::UnregisterBroker(UnregisterBroker { broker: BrokerId(step.broker) })
        }
        9 => {
            let level = i16::from(step.flag);
            let feature = "eligible.leader.replicas.version".to_owned();
            Command::UpdateFeatures(UpdateFeatures { updates: vec![(feature, level, FeatureUpgrade::UnsafeDowngrade)] })
        }
        10.. => remote_command(world, step)?,
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0u8..22, 1u128..4, 1i32..4, 0u16..300, any::<bool>()).prop_map(|(kind, topic, broker, number, flag)| {
            // Uploads are the longest chains, so they are drawn more often.
            let kind = match kind {
                17..=18 => 11,
                19..=21 => 12,
                _ => kind,
            };
            Step { kind, topic, broker, number, flag }
        });
    prop::collection::vec(step, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// The world checks all invariants and the delta after each command.
    #[test]
    fn any_sequence_keeps_the_invariants_and_replays_to_the_same_hash(steps in steps()) {
        let mut world = World::new(3, true);
        let mut log = Vec::new();
        let start = world.image.clone();
        for step in steps {
            if let Some(command) = command(&world, step) {
                let decoded = Command::decode(&command.encode().unwrap()).unwrap();
                if let Err(Refusal::Remote(RemoteRefusal::Invalid(reason))) = world.apply(&decoded) {
                    prop_assert!(!reason.is_empty());
                }
                log.push(command);
            }
        }
        let hash = snapshot::hash(&world.image).unwrap();
        let loaded = snapshot::decode(&snapshot::encode(&world.image).unwrap()).unwrap();
        prop_assert_eq!(&loaded, &world.image);
        prop_assert_eq!(snapshot::hash(&loaded).unwrap(), hash);
        // Half of the log through a snapshot, the rest on top of it.
        let mut replica = start;
        for (position, command) in log.iter().enumerate() {
            if position == log.len() / 2 {
                replica = snapshot::decode(&snapshot::encode(&replica).unwrap()).unwrap();
            }
            let index = replica.applied_index + 1;
            replica.apply(index, command).0.ok();
        }
        prop_assert_eq!(snapshot::hash(&replica).unwrap(), hash);
    }
}
