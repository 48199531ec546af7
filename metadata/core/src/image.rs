//! The cluster's state at one index of the quorum's log: immutable once published, cheap to clone, the same on each node.
//!
//! Owns: the families and the look-ups across them. Does not own: changes (`apply.rs`), bytes (`snapshot.rs`).
//! A crash leaves nothing of it: it comes back from a snapshot and the log.

pub mod brokers;
pub mod configs;
pub mod end_of_tiering;
pub mod features;
pub mod partitions;
pub mod producer_ids;
pub mod remote_segments;
pub mod topics;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerId, PartitionId, TopicId, TopicIdPartition, Uuid};

use self::brokers::{Broker, BrokersImage};
use self::configs::ConfigsImage;
use self::features::FeaturesImage;
use self::partitions::Partition;
use self::producer_ids::ProducerIdsImage;
use self::remote_segments::{RemoteImage, RemotePartition};
use self::topics::{Topic, TopicsImage};

/// What the cluster as a whole is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterImage {
    /// Its id; `None` until it is formatted.
    pub cluster_id: Option<String>,
    /// The id in the bucket's `cluster.json`; `None` until there is one.
    pub store_id: Option<Uuid>,
}

/// The whole state. A clone shares everything; applying a command to one copies only what changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Index of the last applied command.
    pub applied_index: u64,
    /// The cluster's identity.
    pub cluster: ClusterImage,
    /// Finalized features.
    pub features: FeaturesImage,
    /// Brokers and controllers.
    pub brokers: BrokersImage,
    /// Topics and partitions.
    pub topics: TopicsImage,
    /// Dynamic configs.
    pub configs: ConfigsImage,
    /// Producer id blocks.
    pub producer_ids: ProducerIdsImage,
    /// Remote segments.
    pub remote: RemoteImage,
}

impl Image {
    /// The topic of this name.
    #[must_use]
    pub fn topic_by_name(&self, name: &str) -> Option<&Arc<Topic>> {
        self.topics.by_name(name)
    }

    /// The topic of this id.
    #[must_use]
    pub fn topic(&self, topic_id: TopicId) -> Option<&Arc<Topic>> {
        self.topics.get(topic_id)
    }

    /// One partition.
    #[must_use]
    pub fn partition(&self, id: TopicIdPartition) -> Option<&Arc<Partition>> {
        self.topics.partition(id)
    }

    /// One partition of the topic of this name, with its identity.
    #[must_use]
    pub fn partition_by_name(
        &self,
        topic: &str,
        partition: PartitionId,
    ) -> Option<(TopicIdPartition, &Arc<Partition>)> {
        let id = TopicIdPartition { topic_id: self.topic_by_name(topic)?.topic_id, partition };
        Some((id, self.partition(id)?))
    }

    /// One broker.
    #[must_use]
    pub fn broker(&self, broker: BrokerId) -> Option<&Arc<Broker>> {
        self.brokers.get(broker)
    }

    /// Whether the broker's replica can be served: the broker is there and takes part, and so is the replica's directory.
    #[must_use]
    pub fn is_replica_online(&self, partition: &Partition, broker: BrokerId) -> bool {
        self.brokers.can_lead(partition, broker)
    }

    /// The remote state of one partition; `None` if it was never tiered.
    #[must_use]
    pub fn remote_partition(&self, id: TopicIdPartition) -> Option<&Arc<RemotePartition>> {
        self.remote.get(id)
    }

    /// All partitions of which the broker holds a replica.
    pub fn partitions_on(&self, broker: BrokerId) -> impl Iterator<Item = (&TopicIdPartition, &Arc<Partition>)> {
        self.topics.partitions().filter(move |(_, partition)| partition.is_replica(broker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::brokers::BrokerChange;
    use crate::command::tests::{World, change_broker, create, on_brokers, partition};

    #[test]
    fn replica_is_online_while_its_broker_takes_part() {
        let mut world = World::new(2, true);
        world.done(&create(1, on_brokers(&[1, 2]), &[]));
        let online = |world: &World, broker: i32| {
            let state = world.image.partition(partition(1, 0)).unwrap();
            world.image.is_replica_online(state, BrokerId(broker))
        };
        assert_eq!([1, 2, 3].map(|broker| online(&world, broker)), [true, true, false]);
        let fence = change_broker(&world.image, 2, BrokerChange::Fence);
        world.done(&fence);
        assert_eq!([1, 2, 3].map(|broker| online(&world, broker)), [true, false, false]);
    }

    #[test]
    fn partition_is_found_by_the_name_of_its_topic() {
        let mut world = World::new(2, true);
        world.done(&create(1, on_brokers(&[1]), &[]));
        world.done(&create(2, on_brokers(&[2]), &[]));
        let (id, state) = world.image.partition_by_name("topic-2", PartitionId(0)).unwrap();
        assert_eq!((id, state.leader), (partition(2, 0), BrokerId(2)));
        assert!(world.image.partition_by_name("topic-2", PartitionId(1)).is_none());
        assert!(world.image.partition_by_name("topic-3", PartitionId(0)).is_none());
    }
}
