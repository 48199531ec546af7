//! Tests of `brokers.rs`.

use strata_compat::ids::LeaderEpoch;

use super::*;
use crate::command::partitions::AssignDirectories;
use crate::command::tests::{World, change_broker, create, on_brokers, partition, registration};
use crate::command::{Command, FeatureUpgrade, UpdateFeatures};
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

#[test]
fn node_says_of_itself_only_what_the_state_has_room_for() {
    let text = |bytes: usize| "x".repeat(bytes);
    let registration = || registration(1);
    let cases = [
        ("negative id", RegisterBroker { broker: BrokerId(-1), ..registration() }, false),
        ("rack of 255", RegisterBroker { rack: Some(text(255)), ..registration() }, true),
        ("rack of 256", RegisterBroker { rack: Some(text(256)), ..registration() }, false),
        ("32 endpoints", endpoints(|_| {}, 32), true),
        ("33 endpoints", endpoints(|_| {}, 33), false),
        ("host of 255", endpoints(|endpoint| endpoint.host = text(255), 1), true),
        ("host of 256", endpoints(|endpoint| endpoint.host = text(256), 1), false),
        ("listener of 256", endpoints(|endpoint| endpoint.name = text(256), 1), false),
        ("64 features", features(&text(255), 64), true),
        ("65 features", features(&text(255), 65), false),
        ("feature of 256", features(&text(256), 3), false),
        ("256 directories", directories(256), true),
        ("257 directories", directories(257), false),
    ];
    for (what, command, is_accepted) in cases {
        let response = World::new(0, true).apply(&Command::RegisterBroker(command.clone()));
        assert_eq!(response.is_ok(), is_accepted, "{what}: {response:?}");
        if what.contains("endpoint") || what.contains("feature") || what.contains("host") {
            let controller = RegisterController {
                controller: BrokerId(9),
                incarnation_id: command.incarnation_id,
                endpoints: command.endpoints,
                features: command.features,
            };
            let response = World::new(0, true).apply(&Command::RegisterController(controller));
            assert_eq!(response.is_ok(), is_accepted, "controller, {what}: {response:?}");
        }
    }
}

fn endpoints(edit: impl Fn(&mut Endpoint), count: usize) -> RegisterBroker {
    let mut endpoint = registration(1).endpoints.remove(0);
    edit(&mut endpoint);
    RegisterBroker { endpoints: vec![endpoint; count], ..registration(1) }
}

/// A registration of so many features, all but the usual ones of this name.
fn features(name: &str, count: usize) -> RegisterBroker {
    let mut command = registration(1);
    command.features.resize(count, FeatureRange { name: name.to_owned(), min: 0, max: 1 });
    command
}

fn directories(count: u128) -> RegisterBroker {
    RegisterBroker { log_dirs: (0..count).map(|number| Uuid::from_u128(1_000 + number)).collect(), ..registration(1) }
}

#[test]
fn replica_in_a_directory_that_did_not_come_back_leaves_the_isr() {
    let with_dirs = |dirs: &[u128]| {
        let log_dirs = dirs.iter().copied().map(Uuid::from_u128).collect();
        Command::RegisterBroker(RegisterBroker { log_dirs, ..registration(2) })
    };
    // (directory of the replica, those of the next registration) → still in sync?
    for (assigned, dirs, in_sync) in [
        (Some(0), &[102][..], true),
        (None, &[202], true),
        (None, &[102], false),
        (Some(202), &[102, 202], true),
        (Some(202), &[202], true),
        (Some(202), &[102], false),
    ] {
        let mut world = World::new(1, true);
        world.done(&with_dirs(&[102, 202]));
        world.done(&create(1, on_brokers(&[1, 2]), &[]));
        if let Some(assigned) = assigned {
            let (broker, broker_epoch) = (BrokerId(2), world.image.brokers.epoch_of(BrokerId(2)));
            let assignments = vec![(partition(1, 0), Uuid::from_u128(assigned))];
            world.done(&Command::AssignDirectories(AssignDirectories { broker, broker_epoch, assignments }));
        }
        world.done(&with_dirs(dirs));
        let isr = &world.image.partition(partition(1, 0)).unwrap().isr;
        assert_eq!(isr.contains(&BrokerId(2)), in_sync, "{assigned:?} {dirs:?}");
    }
}

#[test]
fn only_the_metadata_version_must_be_among_a_brokers_features() {
    let mut world = World::new(1, false);
    let mut command = registration(2);
    command.features.truncate(1);
    world.done(&Command::RegisterBroker(command.clone()));
    command.features = registration(2).features.split_off(1);
    let refused = world.apply(&Command::RegisterBroker(command));
    assert!(matches!(refused, Err(Refusal::InvalidRegistration { .. })), "{refused:?}");
}

#[test]
fn registration_of_another_broker_bumps_no_epoch() {
    let mut world = World::new(2, true);
    world.done(&create(1, on_brokers(&[1, 2]), &[]));
    let before = world.image.partition(partition(1, 0)).unwrap().clone();
    world.done(&Command::RegisterBroker(registration(2)));
    assert_eq!(*world.image.partition(partition(1, 0)).unwrap(), before);
}

#[test]
fn partition_that_a_broker_does_not_hold_stays_as_it_is_when_the_broker_goes() {
    let mut world = World::new(3, true);
    world.done(&create(1, on_brokers(&[1, 2, 3]), &[("min.insync.replicas", "2")]));
    for broker in [3, 2] {
        let fence = change_broker(&world.image, broker, BrokerChange::Fence);
        world.done(&fence);
    }
    let updates = vec![("eligible.leader.replicas.version".to_owned(), 0, FeatureUpgrade::UnsafeDowngrade)];
    world.done(&Command::UpdateFeatures(UpdateFeatures { updates }));
    let before = world.image.partition(partition(1, 0)).unwrap().clone();
    assert_eq!((before.isr.as_slice(), before.elr.as_slice()), (&[BrokerId(1)][..], &[BrokerId(2)][..]));
    for (what, broker) in [("in neither ISR nor ELR", 3), ("only eligible", 2)] {
        world.done(&Command::UnregisterBroker(UnregisterBroker { broker: BrokerId(broker) }));
        assert_eq!(*world.image.partition(partition(1, 0)).unwrap(), before, "{what}");
    }
}
