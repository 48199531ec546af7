//! Tests of `brokers.rs`.

use strata_compat::ids::LeaderEpoch;

use super::*;
use crate::command::Command;
use crate::command::partitions::AssignDirectories;
use crate::command::tests::{World, change_broker, create, on_brokers, partition, registration};
use crate::image::partitions::LeaderRecovery;

#[test]
fn registration_bumps_the_epoch_of_each_partition_that_the_broker_leads() {
    let mut world = World::new(1, true);
    world.done(&create(1, on_brokers(&[1]), &[]));
    let index = i64::try_from(world.image.applied_index).unwrap() + 1;
    let reply = world.done(&Command::RegisterBroker(registration(1)));
    assert_eq!(reply, Reply::Registered { broker_epoch: BrokerEpoch(index) });
    let state = world.image.partition(partition(1, 0)).unwrap();
    assert_eq!((state.leader, state.leader_epoch), (BrokerId(1), LeaderEpoch(1)));
    assert_eq!(state.isr, [BrokerId(1)]);
}

#[test]
fn crash_without_durability_is_recovered_from_by_the_last_known_leader() {
    let mut world = World::new(1, true);
    world.done(&create(1, on_brokers(&[1]), &[]));
    world.done(&Command::RegisterBroker(RegisterBroker { durable: false, ..registration(1) }));
    let state = world.image.partition(partition(1, 0)).unwrap();
    assert_eq!((state.leader, state.leader_recovery), (BrokerId(1), LeaderRecovery::Recovering));
    assert!(state.leader_epoch > LeaderEpoch(0));
}

#[test]
fn clean_restart_keeps_the_replica_in_sync() {
    let mut world = World::new(2, true);
    world.done(&create(1, on_brokers(&[1, 2]), &[]));
    let previous_epoch = world.image.brokers.epoch_of(BrokerId(2));
    world.done(&Command::RegisterBroker(RegisterBroker { durable: false, previous_epoch, ..registration(2) }));
    assert_eq!(world.image.partition(partition(1, 0)).unwrap().isr, [BrokerId(1), BrokerId(2)]);
    world.done(&Command::RegisterBroker(RegisterBroker { durable: false, previous_epoch, ..registration(2) }));
    assert_eq!(world.image.partition(partition(1, 0)).unwrap().isr, [BrokerId(1)], "unclean the second time");
}

#[test]
fn fenced_registration_gives_leaderships_away_until_unfenced() {
    let mut world = World::new(1, true);
    world.done(&create(1, on_brokers(&[1]), &[]));
    world.done(&Command::RegisterBroker(RegisterBroker { fenced: true, ..registration(1) }));
    assert!(!world.image.partition(partition(1, 0)).unwrap().has_leader());
    let unfence = crate::command::tests::change_broker(&world.image, 1, BrokerChange::Unfence);
    world.done(&unfence);
    assert_eq!(world.image.partition(partition(1, 0)).unwrap().leader, BrokerId(1));
}

#[test]
fn wrong_registrations_are_refused() {
    let base = registration(2);
    let foreign = RegisterBroker { cluster_id: "other".to_owned(), ..base.clone() };
    let taken = RegisterBroker { log_dirs: registration(1).log_dirs, ..base.clone() };
    let reserved = RegisterBroker { log_dirs: vec![Uuid::from_u128(3)], ..base.clone() };
    let none = RegisterBroker { log_dirs: Vec::new(), ..base.clone() };
    let featureless = RegisterBroker { features: Vec::new(), ..base.clone() };
    let mut old = base.clone();
    old.features[0].max = 30;
    old.features[0].min = 29;
    old.features[1].max = 0;
    for (what, wrong) in [
        ("cluster", foreign),
        ("taken", taken),
        ("reserved", reserved),
        ("none", none),
        ("no features", featureless),
        ("unsupported level", old),
    ] {
        let mut world = World::new(1, true);
        assert!(world.apply(&Command::RegisterBroker(wrong)).is_err(), "{what}");
    }
}

#[test]
fn stale_epochs_and_unknown_brokers_are_refused() {
    let mut world = World::new(1, true);
    let broker = BrokerId(1);
    let stale = ChangeBroker { broker, broker_epoch: BrokerEpoch(0), change: BrokerChange::Fence };
    let current = world.image.brokers.epoch_of(broker);
    assert_eq!(world.apply(&Command::ChangeBroker(stale)), Err(Refusal::StaleBrokerEpoch { current }));
    let unknown = BrokerId(9);
    let refused = world.apply(&Command::UnregisterBroker(UnregisterBroker { broker: unknown }));
    assert_eq!(refused, Err(Refusal::UnknownBroker(unknown)));
    world.done(&Command::UnregisterBroker(UnregisterBroker { broker }));
    assert!(world.image.broker(broker).is_none());
}

#[test]
fn a_directory_named_twice_goes_offline_once() {
    let mut world = World::new(1, true);
    let dir = Uuid::from_u128(101);
    let change = change_broker(&world.image, 1, BrokerChange::DirectoriesOffline(vec![dir, dir]));
    world.done(&change);
    let broker = world.image.broker(BrokerId(1)).unwrap();
    assert_eq!((broker.log_dirs.as_slice(), broker.offline_dirs.as_slice()), (&[][..], &[dir][..]));
}

#[test]
fn replica_that_was_put_into_an_offline_directory_leaves_the_isr() {
    let mut world = World::new(2, true);
    world.done(&create(1, on_brokers(&[1, 2]), &[]));
    let (broker, broker_epoch) = (BrokerId(1), world.image.brokers.epoch_of(BrokerId(1)));
    for (directory, isr) in [(Uuid::from_u128(101), &[1, 2][..]), (Uuid::from_u128(999), &[2])] {
        let assignments = vec![(partition(1, 0), directory)];
        world.done(&Command::AssignDirectories(AssignDirectories { broker, broker_epoch, assignments }));
        let state = world.image.partition(partition(1, 0)).unwrap();
        assert_eq!(state.isr, isr.iter().copied().map(BrokerId).collect::<Vec<_>>(), "{directory}");
        assert_eq!(state.leader, state.isr[0], "{directory}");
    }
}

#[test]
fn more_cordoned_directories_than_a_broker_can_have_are_refused() {
    let cordoned_dirs = vec![Uuid::from_u128(101); LOG_DIRS_MAX + 1];
    let refused =
        World::new(1, true).apply(&Command::RegisterBroker(RegisterBroker { cordoned_dirs, ..registration(1) }));
    assert!(matches!(refused, Err(Refusal::TooMany { .. })), "{refused:?}");
}
