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
