//! All that is in an image, as plain maps: what the reference model changes, and what a follower of deltas knows.

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::{BrokerId, TopicId, TopicIdPartition};
use strata_metadata_core::delta::Delta;
use strata_metadata_core::image::brokers::{Broker, Controller};
use strata_metadata_core::image::configs::{ConfigResource, Configs};
use strata_metadata_core::image::features::FeaturesImage;
use strata_metadata_core::image::partitions::Partition;
use strata_metadata_core::image::producer_ids::ProducerIdsImage;
use strata_metadata_core::image::remote_segments::{RemotePartition, RemoteTombstone, TombstoneKey};
use strata_metadata_core::image::topics::Topic;
use strata_metadata_core::image::{ClusterImage, Image};

/// The content of an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) cluster: ClusterImage,
    pub(crate) features: FeaturesImage,
    pub(crate) producer_ids: ProducerIdsImage,
    pub(crate) brokers: BTreeMap<BrokerId, Broker>,
    pub(crate) controllers: BTreeMap<BrokerId, Controller>,
    pub(crate) topics: BTreeMap<TopicId, Topic>,
    pub(crate) partitions: BTreeMap<TopicIdPartition, Partition>,
    pub(crate) configs: BTreeMap<ConfigResource, Configs>,
    pub(crate) remote: BTreeMap<TopicIdPartition, RemotePartition>,
    pub(crate) tombstones: BTreeMap<TombstoneKey, RemoteTombstone>,
}

impl State {
    /// What an image says when it is asked for everything.
    pub(crate) fn of(image: &Image) -> Self {
        Self {
            cluster: image.cluster.clone(),
            features: image.features.clone(),
            producer_ids: image.producer_ids,
            brokers: image.brokers.iter().map(|broker| (broker.broker, broker.as_ref().clone())).collect(),
            controllers: image.brokers.controllers().map(|node| (node.controller, node.as_ref().clone())).collect(),
            topics: image.topics.iter().map(|topic| (topic.topic_id, topic.as_ref().clone())).collect(),
            partitions: image.topics.partitions().map(|(id, partition)| (*id, partition.as_ref().clone())).collect(),
            configs: image.configs.iter().map(|(key, configs)| (key.clone(), configs.as_ref().clone())).collect(),
            remote: image.remote.iter().map(|(id, remote)| (*id, remote.as_ref().clone())).collect(),
            tombstones: image.remote.tombstones().map(|(key, left)| (*key, left.as_ref().clone())).collect(),
        }
    }

    /// Follows one change: reads from the new image only what the delta names.
    pub(crate) fn follow(&mut self, delta: &Delta, image: &Image) {
        if delta.cluster {
            self.cluster = image.cluster.clone();
        }
        if delta.features {
            self.features = image.features.clone();
        }
        if delta.producer_ids {
            self.producer_ids = image.producer_ids;
        }
        take(&mut self.brokers, &delta.brokers, |id| image.broker(*id).map(|broker| broker.as_ref().clone()));
        take(&mut self.controllers, &delta.controllers, |id| {
            image.brokers.controller(*id).map(|node| node.as_ref().clone())
        });
        for topic_id in delta.deleted_topics.keys() {
            self.topics.remove(topic_id);
            self.partitions.retain(|id, _| id.topic_id != *topic_id);
        }
        take(&mut self.topics, &delta.topics, |id| image.topic(*id).map(|topic| topic.as_ref().clone()));
        take(&mut self.partitions, &delta.partitions, |id| {
            image.partition(*id).map(|partition| partition.as_ref().clone())
        });
        take(&mut self.configs, &delta.configs, |key| image.configs.get(key).map(|configs| configs.as_ref().clone()));
        take(&mut self.remote, &delta.remote, |id| image.remote_partition(*id).map(|remote| remote.as_ref().clone()));
        for id in &delta.tombstones {
            self.tombstones.retain(|(partition, _), _| partition != id);
            let left = image.remote.tombstones_of(*id);
            self.tombstones.extend(left.map(|left| ((*id, left.tiering_epoch), left.as_ref().clone())));
        }
    }
}

fn take<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, keys: &BTreeSet<K>, value: impl Fn(&K) -> Option<V>) {
    for key in keys {
        match value(key) {
            Some(value) => map.insert(key.clone(), value),
            None => map.remove(key),
        };
    }
}
