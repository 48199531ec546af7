//! Registered brokers and controllers.
//!
//! Owns: registrations as they stand and what follows from them. Does not own: liveness (`sessions.rs`), whose
//! consequences come as commands.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, TopicIdPartition, Uuid};

use crate::image::partitions::{DIRECTORY_LOST, DIRECTORY_RESERVED_BELOW, DIRECTORY_UNASSIGNED, Partition};
use crate::shared_map::SharedMap;

/// Where a listener of a node is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Name of the listener.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Security protocol by Kafka's number: 0 PLAINTEXT, 1 SSL, 2 `SASL_PLAINTEXT`, 3 `SASL_SSL`.
    pub security_protocol: i16,
}

/// The levels of a feature that a node supports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureRange {
    /// Name of the feature.
    pub name: String,
    /// Smallest level.
    pub min: i16,
    /// Largest level.
    pub max: i16,
}

impl FeatureRange {
    /// Whether `features` contain the level; level 0 means that the feature is not used, which all support.
    #[must_use]
    pub fn supports(features: &[Self], name: &str, level: i16) -> bool {
        level == 0 || features.iter().any(|range| range.name == name && range.min <= level && level <= range.max)
    }
}

/// One registered broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broker {
    /// Its node id.
    pub broker: BrokerId,
    /// Epoch of this registration: the index of its command.
    pub epoch: BrokerEpoch,
    /// Identity of the running process.
    pub incarnation_id: Uuid,
    /// Where its listeners are reached.
    pub endpoints: Vec<Endpoint>,
    /// Its rack.
    pub rack: Option<String>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
    /// Ids of its log directories that are online.
    pub log_dirs: Vec<Uuid>,
    /// Those that are offline.
    pub offline_dirs: Vec<Uuid>,
    /// Those that take no new replicas.
    pub cordoned_dirs: Vec<Uuid>,
    /// Whether it is fenced: it leads nothing and is in no ISR.
    pub fenced: bool,
    /// Whether it is in controlled shutdown: it may not lead or join an ISR any more.
    pub in_controlled_shutdown: bool,
}

impl Broker {
    /// Whether it may lead and be in sync.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// Whether a replica in this directory can be served: it is online, or not chosen yet.
    #[must_use]
    pub fn is_directory_online(&self, directory: Uuid) -> bool {
        let is_reserved = directory.as_u128() < DIRECTORY_RESERVED_BELOW;
        (is_reserved && directory != DIRECTORY_LOST) || self.log_dirs.contains(&directory)
    }

    /// The directory that a new replica of this partition gets: the partitions of each topic go round those that are online
    /// and take replicas. Chosen here and not by the broker, as it is in Kafka (KIP-858): no replica is ever in use whose
    /// directory the quorum does not know, so a directory that is gone cannot be taken for one that never held it.
    #[must_use]
    pub fn directory_for(&self, id: TopicIdPartition) -> Uuid {
        let open: Vec<Uuid> = self.log_dirs.iter().filter(|dir| !self.cordoned_dirs.contains(dir)).copied().collect();
        let number = u128::from(id.partition.0.unsigned_abs());
        let turn = id.topic_id.0.as_u128().wrapping_add(number).checked_rem(open.len() as u128).unwrap_or(0);
        usize::try_from(turn).ok().and_then(|turn| open.get(turn).copied()).unwrap_or(DIRECTORY_UNASSIGNED)
    }

    /// Whether it may get new replicas.
    #[must_use]
    pub fn takes_replicas(&self) -> bool {
        self.is_active() && self.log_dirs.iter().any(|dir| !self.cordoned_dirs.contains(dir))
    }

    /// The endpoint of the listener of this name.
    #[must_use]
    pub fn endpoint(&self, listener: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == listener)
    }
}

/// One registered controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controller {
    /// Its node id.
    pub controller: BrokerId,
    /// Identity of the running process.
    pub incarnation_id: Uuid,
    /// Where its listeners are reached.
    pub endpoints: Vec<Endpoint>,
    /// What it supports.
    pub features: Vec<FeatureRange>,
}

/// All registrations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokersImage {
    brokers: SharedMap<BrokerId, Broker>,
    controllers: SharedMap<BrokerId, Controller>,
}

impl BrokersImage {
    /// One broker.
    #[must_use]
    pub fn get(&self, broker: BrokerId) -> Option<&Arc<Broker>> {
        self.brokers.get(&broker)
    }

    /// All registered brokers, fenced ones too, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Broker>> {
        self.brokers.values()
    }

    /// The brokers that are not fenced.
    pub fn alive(&self) -> impl Iterator<Item = &Arc<Broker>> {
        self.iter().filter(|broker| !broker.fenced)
    }

    /// The broker of the lowest id that is not fenced: it walks the tombstones.
    #[must_use]
    pub fn lowest_alive(&self) -> Option<BrokerId> {
        self.alive().next().map(|broker| broker.broker)
    }

    /// Whether the broker could lead the partition, in sync or not.
    #[must_use]
    pub fn can_lead(&self, partition: &Partition, broker: BrokerId) -> bool {
        let registered = self.get(broker).filter(|registered| registered.is_active());
        let directory = partition.directory_of(broker);
        registered.zip(directory).is_some_and(|(registered, directory)| registered.is_directory_online(directory))
    }

    /// The epoch of the broker's registration; [`BrokerEpoch::NONE`] if it is not registered.
    #[must_use]
    pub fn epoch_of(&self, broker: BrokerId) -> BrokerEpoch {
        self.get(broker).map_or(BrokerEpoch::NONE, |broker| broker.epoch)
    }

    /// One controller.
    #[must_use]
    pub fn controller(&self, controller: BrokerId) -> Option<&Arc<Controller>> {
        self.controllers.get(&controller)
    }

    /// All registered controllers, in the order of their ids.
    pub fn controllers(&self) -> impl Iterator<Item = &Arc<Controller>> {
        self.controllers.values()
    }

    pub(crate) const fn broker_map(&self) -> &SharedMap<BrokerId, Broker> {
        &self.brokers
    }

    pub(crate) const fn controller_map(&self) -> &SharedMap<BrokerId, Controller> {
        &self.controllers
    }

    pub(crate) fn set(&mut self, broker: Broker) {
        self.brokers.insert(broker.broker, broker);
    }

    pub(crate) fn remove(&mut self, broker: BrokerId) {
        self.brokers.remove(&broker);
    }

    pub(crate) fn set_controller(&mut self, controller: Controller) {
        self.controllers.insert(controller.controller, controller);
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{PartitionId, TopicId};

    use super::*;
    use crate::command::brokers::BrokerChange;
    use crate::command::tests::{World, change_broker};

    #[test]
    fn partitions_go_round_the_directories_that_take_replicas() {
        let mut broker = World::new(1, true).image.broker(BrokerId(1)).unwrap().as_ref().clone();
        let [first, second, third] = [201, 202, 203].map(Uuid::from_u128);
        let mut chosen = |log_dirs: &[Uuid], cordoned: &[Uuid]| {
            broker.log_dirs = log_dirs.to_vec();
            broker.cordoned_dirs = cordoned.to_vec();
            [0, 1, 2, 3].map(|number| {
                let topic_id = TopicId(Uuid::from_u128(10));
                broker.directory_for(TopicIdPartition { topic_id, partition: PartitionId(number) })
            })
        };
        assert_eq!(chosen(&[first], &[]), [first; 4]);
        assert_eq!(
            chosen(&[first, second, third], &[]),
            [second, third, first, second],
            "10 mod 3 begins at the second"
        );
        assert_eq!(chosen(&[first, second, third], &[second]), [first, third, first, third]);
        assert_eq!(chosen(&[first], &[first]), [DIRECTORY_UNASSIGNED; 4], "none takes any: the broker chooses");
    }

    #[test]
    fn level_is_supported_within_the_range_and_the_unused_one_by_all() {
        let range = |name: &str, min, max| FeatureRange { name: name.to_owned(), min, max };
        let features = [range("a", 2, 4), range("b", 9, 9)];
        for (name, level, expected) in [
            ("a", 0, true),
            ("a", 1, false),
            ("a", 2, true),
            ("a", 4, true),
            ("a", 5, false),
            ("a", 9, false),
            ("b", 9, true),
            ("c", 0, true),
            ("c", 1, false),
        ] {
            assert_eq!(FeatureRange::supports(&features, name, level), expected, "{name} {level}");
        }
    }

    #[test]
    fn directory_is_online_if_the_broker_has_it_or_has_not_chosen_yet() {
        let world = World::new(1, true);
        let mut broker = world.image.broker(BrokerId(1)).unwrap().as_ref().clone();
        broker.log_dirs = vec![Uuid::from_u128(101)];
        for (number, expected) in
            [(0, true), (1, false), (2, true), (99, true), (100, false), (101, true), (102, false)]
        {
            assert_eq!(broker.is_directory_online(Uuid::from_u128(number)), expected, "{number}");
        }
    }

    #[test]
    fn broker_takes_replicas_while_it_is_active_and_has_a_directory_that_takes_any() {
        let world = World::new(1, true);
        let usual = world.image.broker(BrokerId(1)).unwrap().as_ref().clone();
        let [one, other] = [101, 102].map(Uuid::from_u128);
        let log_dirs = vec![one, other];
        for (fenced, in_controlled_shutdown, cordoned_dirs, expected) in [
            (false, false, vec![], true),
            (false, false, vec![one], true),
            (false, false, vec![one, other], false),
            (true, false, vec![], false),
            (false, true, vec![], false),
        ] {
            let log_dirs = log_dirs.clone();
            let broker = Broker { fenced, in_controlled_shutdown, log_dirs, cordoned_dirs, ..usual.clone() };
            assert_eq!(broker.takes_replicas(), expected, "{broker:?}");
        }
    }

    #[test]
    fn endpoint_is_found_by_its_listener() {
        let world = World::new(1, true);
        let mut broker = world.image.broker(BrokerId(1)).unwrap().as_ref().clone();
        broker.endpoints.push(Endpoint { name: "OTHER".to_owned(), port: 9093, ..broker.endpoints[0].clone() });
        let port = |listener: &str| broker.endpoint(listener).map(|endpoint| endpoint.port);
        assert_eq!((port("PLAINTEXT"), port("OTHER"), port("NONE")), (Some(9092), Some(9093), None));
    }

    #[test]
    fn lowest_broker_that_is_not_fenced_walks_the_tombstones() {
        assert_eq!(World::new(0, true).image.brokers.lowest_alive(), None);
        let mut world = World::new(3, true);
        assert_eq!(world.image.brokers.lowest_alive(), Some(BrokerId(1)));
        let fence = change_broker(&world.image, 1, BrokerChange::Fence);
        world.done(&fence);
        assert_eq!(world.image.brokers.lowest_alive(), Some(BrokerId(2)));
    }
}
