//! Tests of `election.rs`.

use strata_compat::ids::{BrokerEpoch, LeaderEpoch, TopicIdPartition};

use super::*;
use crate::command::Command;
use crate::command::brokers::{BrokerChange, RegisterBroker};
use crate::command::partitions::{AlterPartition, AlterPartitions, ElectLeaders, ElectionKind};
use crate::command::tests::{World, change_broker, create, on_brokers, partition, registration, set_config};
use crate::image::configs::ConfigResource;
use crate::response::{Refusal, Reply};

const ID: fn() -> TopicIdPartition = || partition(1, 0);

fn world(replicas: &[i32], keeps_elr: bool, configs: &[(&str, &str)]) -> World {
    let mut world = World::new(3, keeps_elr);
    world.done(&create(1, on_brokers(replicas), configs));
    world
}

fn change(world: &mut World, id: i32, change: BrokerChange) {
    let command: Command = change_broker(&world.image, id, change);
    world.done(&command);
}

fn state(world: &World) -> (i32, Vec<i32>, Vec<i32>, LeaderEpoch) {
    let partition = world.image.partition(ID()).unwrap();
    let ids = |brokers: &[BrokerId]| brokers.iter().map(|broker| broker.0).collect::<Vec<_>>();
    (partition.leader.0, ids(&partition.isr), ids(&partition.elr), partition.leader_epoch)
}

#[test]
fn fenced_leader_hands_over_to_the_next_in_sync_replica() {
    let mut world = world(&[2, 3, 1], true, &[]);
    change(&mut world, 2, BrokerChange::Fence);
    assert_eq!(state(&world), (3, vec![3, 1], vec![], LeaderEpoch(1)));
    change(&mut world, 1, BrokerChange::Fence);
    assert_eq!(state(&world), (3, vec![3], vec![], LeaderEpoch(1)), "a smaller ISR needs no new leader epoch");
}

#[test]
fn last_in_sync_replicas_stay_eligible_and_lead_again() {
    let mut world = world(&[1, 2, 3], true, &[("min.insync.replicas", "2")]);
    for id in 1..=3 {
        change(&mut world, id, BrokerChange::Fence);
    }
    assert_eq!(state(&world), (-1, vec![], vec![2, 3], LeaderEpoch(3)));
    change(&mut world, 1, BrokerChange::Unfence);
    assert_eq!(state(&world).0, -1, "broker 1 may lack what 2 and 3 committed");
    change(&mut world, 3, BrokerChange::Unfence);
    assert_eq!(state(&world), (3, vec![3], vec![2], LeaderEpoch(4)));
    assert_eq!(world.image.partition(ID()).unwrap().leader_recovery, LeaderRecovery::Recovered);
}

#[test]
fn without_elr_the_last_in_sync_replica_stays_named() {
    let mut world = world(&[1, 2], false, &[]);
    change(&mut world, 1, BrokerChange::Fence);
    change(&mut world, 2, BrokerChange::Fence);
    assert_eq!(state(&world), (-1, vec![2], vec![], LeaderEpoch(2)));
    change(&mut world, 1, BrokerChange::Unfence);
    assert_eq!(state(&world).0, -1);
    change(&mut world, 2, BrokerChange::Unfence);
    assert_eq!(state(&world), (2, vec![2], vec![], LeaderEpoch(3)));
}

#[test]
fn unclean_election_happens_only_where_it_is_allowed() {
    let mut world = world(&[1, 2], true, &[]);
    change(&mut world, 2, BrokerChange::Fence);
    change(&mut world, 1, BrokerChange::Fence);
    change(&mut world, 2, BrokerChange::Unfence);
    assert_eq!(state(&world).0, -1);
    world.done(&set_config(ConfigResource::topic("topic-1"), "unclean.leader.election.enable", "true"));
    assert_eq!(state(&world), (2, vec![2], vec![], LeaderEpoch(2)));
    assert_eq!(world.image.partition(ID()).unwrap().leader_recovery, LeaderRecovery::Recovering);
}

#[test]
fn shutting_down_and_offline_directories_count_as_fenced() {
    let mut world = world(&[1, 2, 3], true, &[]);
    change(&mut world, 1, BrokerChange::BeginControlledShutdown);
    assert_eq!(state(&world), (2, vec![2, 3], vec![], LeaderEpoch(1)));
    let directory = world.image.partition(ID()).unwrap().directory_of(BrokerId(2)).unwrap();
    change(&mut world, 2, BrokerChange::DirectoriesOffline(vec![directory]));
    assert_eq!(state(&world), (3, vec![3], vec![], LeaderEpoch(2)));
}

#[test]
fn what_the_controllers_file_says_holds_where_nothing_else_is_set() {
    let unclean = |world: &mut World, resource, value: &str| {
        world.done(&set_config(resource, "unclean.leader.election.enable", value));
    };
    for (topic, brokers, is_elected) in [(None, None, true), (Some("false"), None, false), (None, Some("false"), false)]
    {
        let mut world = world(&[1, 2], true, &[]);
        if let Some(topic) = topic {
            unclean(&mut world, ConfigResource::topic("topic-1"), topic);
        }
        if let Some(brokers) = brokers {
            unclean(&mut world, ConfigResource::broker_default(), brokers);
        }
        change(&mut world, 2, BrokerChange::Fence);
        change(&mut world, 1, BrokerChange::Fence);
        change(&mut world, 2, BrokerChange::Unfence);
        unclean(&mut world, ConfigResource::controller(), "true");
        assert_eq!(state(&world).0 == 2, is_elected, "{topic:?} {brokers:?}");
    }
    let mut world = world(&[1, 2, 3], true, &[]);
    world.done(&set_config(ConfigResource::controller(), "min.insync.replicas", "2"));
    change(&mut world, 3, BrokerChange::Fence);
    assert_eq!(state(&world).2, vec![], "two are in sync, as many as there must be");
    change(&mut world, 2, BrokerChange::Fence);
    assert_eq!(state(&world).2, vec![BrokerId(2).0], "it has all that was acknowledged");
}

fn elect(world: &mut World, kind: ElectionKind) -> Result<i32, Refusal> {
    let command = Command::ElectLeaders(ElectLeaders { kind, partitions: vec![ID()] });
    match world.done(&command) {
        Reply::Partitions(answers) => answers.into_iter().next().unwrap().map(|state| state.leader.0),
        other => panic!("{other:?}"),
    }
}

fn join_isr(world: &mut World, isr: &[i32]) {
    let before = world.image.partition(ID()).unwrap().as_ref().clone();
    let broker_epoch = world.image.brokers.epoch_of(before.leader);
    let wish = AlterPartition {
        partition: ID(),
        leader_epoch: before.leader_epoch,
        partition_epoch: before.partition_epoch,
        isr: isr.iter().map(|id| (BrokerId(*id), BrokerEpoch::NONE)).collect(),
        leader_recovery: LeaderRecovery::Recovered,
    };
    world.done(&Command::AlterPartitions(AlterPartitions { broker: before.leader, broker_epoch, changes: vec![wish] }));
    assert_eq!(state(world).1, isr);
}

#[test]
fn preferred_leader_takes_over_only_when_it_is_in_sync_again() {
    let mut world = world(&[1, 2, 3], true, &[]);
    assert_eq!(elect(&mut world, ElectionKind::Preferred), Err(Refusal::ElectionNotNeeded));
    change(&mut world, 1, BrokerChange::Fence);
    assert_eq!(elect(&mut world, ElectionKind::Preferred), Err(Refusal::PreferredLeaderNotAvailable));
    change(&mut world, 1, BrokerChange::Unfence);
    assert_eq!(elect(&mut world, ElectionKind::Preferred), Err(Refusal::PreferredLeaderNotAvailable), "out of sync");
    join_isr(&mut world, &[2, 3, 1]);
    assert_eq!(state(&world).0, 2);
    assert_eq!(elect(&mut world, ElectionKind::Preferred), Ok(1));
    assert_eq!(state(&world), (1, vec![2, 3, 1], vec![], LeaderEpoch(2)));
}

#[test]
fn operator_elects_uncleanly_where_nobody_leads_and_somebody_could() {
    let mut world = world(&[1, 2], true, &[]);
    assert_eq!(elect(&mut world, ElectionKind::Unclean), Err(Refusal::ElectionNotNeeded));
    change(&mut world, 2, BrokerChange::Fence);
    change(&mut world, 1, BrokerChange::Fence);
    assert_eq!(elect(&mut world, ElectionKind::Unclean), Err(Refusal::EligibleLeadersNotAvailable));
    change(&mut world, 2, BrokerChange::Unfence);
    assert_eq!(elect(&mut world, ElectionKind::Preferred), Err(Refusal::PreferredLeaderNotAvailable));
    assert_eq!(state(&world).0, -1, "no wish but that one goes as far");
    assert_eq!(elect(&mut world, ElectionKind::Unclean), Ok(2));
    assert_eq!(world.image.partition(ID()).unwrap().leader_recovery, LeaderRecovery::Recovering);
}

#[test]
fn another_min_insync_replicas_makes_an_old_elr_worthless() {
    let mut world = world(&[1, 2, 3], true, &[("min.insync.replicas", "2")]);
    change(&mut world, 3, BrokerChange::Fence);
    change(&mut world, 2, BrokerChange::Fence);
    assert_eq!(state(&world), (1, vec![1], vec![2], LeaderEpoch(0)));
    world.done(&set_config(ConfigResource::topic("topic-1"), "min.insync.replicas", "3"));
    assert_eq!(state(&world), (1, vec![1], vec![], LeaderEpoch(0)));
}

#[test]
fn last_leader_that_lost_its_log_waits_for_an_eligible_replica() {
    let mut world = world(&[1, 2], true, &[("min.insync.replicas", "2")]);
    change(&mut world, 2, BrokerChange::Fence);
    assert_eq!(state(&world), (1, vec![1], vec![2], LeaderEpoch(0)));
    world.done(&Command::RegisterBroker(RegisterBroker { durable: false, ..registration(1) }));
    assert_eq!(state(&world), (-1, vec![], vec![2], LeaderEpoch(1)), "2 has all that was acknowledged, 1 may not");
    change(&mut world, 2, BrokerChange::Unfence);
    assert_eq!(state(&world), (2, vec![2], vec![], LeaderEpoch(2)));
    assert_eq!(world.image.partition(ID()).unwrap().leader_recovery, LeaderRecovery::Recovered);
}
