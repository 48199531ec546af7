//! What a change of the state touched. The new values are in the new image.
//!
//! Owns: the sets of touched keys. Does not own: who is told (the metadata crate's image publisher).

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::{BrokerId, TopicId, TopicIdPartition};

use crate::image::Image;
use crate::image::configs::ConfigResource;
use crate::shared_map::SharedMap;

/// What one command, or several in a row, touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// Cluster id or store id.
    pub cluster: bool,
    /// Finalized features.
    pub features: bool,
    /// Producer id blocks.
    pub producer_ids: bool,
    /// Brokers that were registered, changed or removed.
    pub brokers: BTreeSet<BrokerId>,
    /// Controllers that were registered or changed.
    pub controllers: BTreeSet<BrokerId>,
    /// Topics that were created, or got partitions.
    pub topics: BTreeSet<TopicId>,
    /// Topics that were deleted, with their names.
    pub deleted_topics: BTreeMap<TopicId, String>,
    /// Partitions whose replication state is new or changed; those of deleted topics are not named.
    pub partitions: BTreeSet<TopicIdPartition>,
    /// Resources whose configs changed.
    pub configs: BTreeSet<ConfigResource>,
    /// Partitions whose remote state changed.
    pub remote: BTreeSet<TopicIdPartition>,
    /// Partitions of which a tombstone was written, moved on or dropped.
    pub tombstones: BTreeSet<TopicIdPartition>,
}

impl Delta {
    /// Whether nothing was touched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what a later command touched.
    pub fn merge(&mut self, later: Self) {
        self.cluster |= later.cluster;
        self.features |= later.features;
        self.producer_ids |= later.producer_ids;
        self.brokers.extend(later.brokers);
        self.controllers.extend(later.controllers);
        self.topics.extend(later.topics);
        self.partitions.extend(later.partitions);
        self.configs.extend(later.configs);
        self.remote.extend(later.remote);
        self.tombstones.extend(later.tombstones);
        for topic_id in later.deleted_topics.keys() {
            self.topics.remove(topic_id);
            self.partitions.retain(|id| id.topic_id != *topic_id);
        }
        self.deleted_topics.extend(later.deleted_topics);
    }

    /// What differs between two images, as after a snapshot was installed.
    #[must_use]
    pub fn between(old: &Image, new: &Image) -> Self {
        let mut delta = Self {
            cluster: old.cluster != new.cluster,
            features: old.features != new.features,
            producer_ids: old.producer_ids != new.producer_ids,
            brokers: differing(old.brokers.broker_map(), new.brokers.broker_map()),
            controllers: differing(old.brokers.controller_map(), new.brokers.controller_map()),
            topics: differing(old.topics.topic_map(), new.topics.topic_map()),
            deleted_topics: BTreeMap::new(),
            partitions: differing(old.topics.partition_map(), new.topics.partition_map()),
            configs: differing(old.configs.resource_map(), new.configs.resource_map()),
            remote: differing(old.remote.partition_map(), new.remote.partition_map()),
            tombstones: differing(old.remote.tombstone_map(), new.remote.tombstone_map())
                .into_iter()
                .map(|(partition, _)| partition)
                .collect(),
        };
        delta.deleted_topics = delta
            .topics
            .iter()
            .filter(|topic_id| new.topic(**topic_id).is_none())
            .filter_map(|topic_id| Some((*topic_id, old.topic(*topic_id)?.name.clone())))
            .collect();
        delta.topics.retain(|topic_id| new.topic(*topic_id).is_some());
        delta.partitions.retain(|id| new.topic(id.topic_id).is_some());
        delta
    }
}

/// Keys that are in only one of the maps, or have different values.
fn differing<K: Ord + Clone, V: PartialEq>(old: &SharedMap<K, V>, new: &SharedMap<K, V>) -> BTreeSet<K> {
    if old.is_same(new) {
        return BTreeSet::new();
    }
    let changed = new.iter().filter(|(key, value)| old.get(key) != Some(value)).map(|(key, _)| key.clone());
    let removed = old.iter().filter(|(key, _)| !new.contains_key(key)).map(|(key, _)| key.clone());
    changed.chain(removed).collect()
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{LeaderEpoch, ProducerId, Timestamp, Uuid};

    use super::*;
    use crate::command::brokers::RegisterController;
    use crate::command::tests::{World, create, on_brokers, partition, registration, row, set_config, topic_id};
    use crate::command::topics::DeleteTopic;
    use crate::command::{Command, SetStoreId};
    use crate::image::remote_segments::{RemotePartition, RemoteTombstone};

    /// A delta that names this one thing of each kind.
    fn all_of(number: u8) -> Delta {
        let (broker, id) = (BrokerId(i32::from(number)), partition(u128::from(number), 0));
        Delta {
            cluster: true,
            features: true,
            producer_ids: true,
            brokers: [broker].into(),
            controllers: [broker].into(),
            topics: [id.topic_id].into(),
            deleted_topics: BTreeMap::new(),
            partitions: [id].into(),
            configs: [ConfigResource::broker(broker)].into(),
            remote: [id].into(),
            tombstones: [id].into(),
        }
    }

    #[test]
    fn delta_is_empty_only_if_nothing_was_touched() {
        assert!(Delta::default().is_empty());
        assert!(!Delta { cluster: true, ..Delta::default() }.is_empty());
        assert!(!Delta { tombstones: [partition(1, 0)].into(), ..Delta::default() }.is_empty());
    }

    #[test]
    fn merged_deltas_name_what_either_names() {
        let mut both = all_of(1);
        both.merge(all_of(2));
        assert_eq!(both.brokers, [BrokerId(1), BrokerId(2)].into());
        assert_eq!(both.controllers, [BrokerId(1), BrokerId(2)].into());
        assert_eq!(both.topics, [topic_id(1), topic_id(2)].into());
        let partitions = [partition(1, 0), partition(2, 0)].into();
        assert_eq!(both.partitions, partitions);
        assert_eq!((both.remote, both.tombstones), (partitions.clone(), partitions));
        assert_eq!(both.configs.len(), 2);
        for (first, later) in [(all_of(1), Delta::default()), (Delta::default(), all_of(1))] {
            let mut merged = first;
            merged.merge(later);
            assert_eq!(merged, all_of(1));
        }
    }

    #[test]
    fn topic_that_was_touched_and_then_deleted_is_only_deleted() {
        let mut merged = all_of(1);
        merged.merge(all_of(2));
        let deleted_topics: BTreeMap<TopicId, String> = [(topic_id(1), "topic-1".to_owned())].into();
        merged.merge(Delta { deleted_topics: deleted_topics.clone(), ..Delta::default() });
        assert_eq!(merged.topics, [topic_id(2)].into());
        assert_eq!(merged.partitions, [partition(2, 0)].into());
        assert_eq!(merged.deleted_topics, deleted_topics);
    }

    #[test]
    fn what_differs_between_two_images_is_named() {
        let mut world = World::new(2, true);
        world.done(&create(1, on_brokers(&[1, 2]), &[]));
        world.done(&create(2, on_brokers(&[1, 2]), &[]));
        let old = world.image.clone();
        assert_eq!(Delta::between(&old, &old), Delta::default());
        world.done(&Command::SetStoreId(SetStoreId { store_id: Uuid::from_u128(3) }));
        world.done(&Command::RegisterController(RegisterController {
            controller: BrokerId(7),
            incarnation_id: Uuid::from_u128(1),
            endpoints: Vec::new(),
            features: registration(1).features,
        }));
        world.done(&Command::DeleteTopic(DeleteTopic { topic_id: topic_id(2), now: Timestamp(0) }));
        world.done(&create(3, on_brokers(&[2, 1]), &[]));
        world.done(&set_config(ConfigResource::topic("topic-1"), "retention.ms", "1"));
        world.done(&Command::RegisterBroker(registration(3)));
        let mut new = world.image;
        new.features.epoch += 1;
        new.producer_ids.next = ProducerId(5);
        new.remote.set(partition(1, 0), RemotePartition::default());
        let left = RemotePartition { rows: vec![row(1, 0, 1, LeaderEpoch(0)).into()], ..RemotePartition::default() };
        new.remote.set_tombstone(partition(2, 0), RemoteTombstone { tiering_epoch: 4, remote: left });
        let expected = Delta {
            cluster: true,
            features: true,
            producer_ids: true,
            brokers: [BrokerId(3)].into(),
            controllers: [BrokerId(7)].into(),
            topics: [topic_id(3)].into(),
            deleted_topics: [(topic_id(2), "topic-2".to_owned())].into(),
            partitions: [partition(3, 0)].into(),
            configs: [ConfigResource::topic("topic-1")].into(),
            remote: [partition(1, 0)].into(),
            tombstones: [partition(2, 0)].into(),
        };
        assert_eq!(Delta::between(&old, &new), expected);
    }
}
