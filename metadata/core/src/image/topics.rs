//! Topics by id and by name, and their partitions.
//!
//! Owns: the look-ups. Does not own: name rules and changes (`control/topics.rs`).
//! Invariants: names are unique, also with `.` and `_` taken as the same; partitions of a topic are 0, 1, … without gap.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strata_compat::ids::{PartitionId, TopicId, TopicIdPartition};

use crate::image::partitions::Partition;
use crate::shared_map::SharedMap;

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Its identity.
    pub topic_id: TopicId,
    /// Its name.
    pub name: String,
    /// Whether it is one of the cluster's own.
    pub internal: bool,
    /// Number of partitions.
    pub partitions: u32,
}

impl Topic {
    /// Identities of all partitions, in order.
    pub fn partition_ids(&self) -> impl Iterator<Item = TopicIdPartition> + use<> {
        let topic_id = self.topic_id;
        (0..i32::try_from(self.partitions).unwrap_or(i32::MAX))
            .map(move |partition| TopicIdPartition { topic_id, partition: PartitionId(partition) })
    }
}

/// All topics and partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicsImage {
    topics: SharedMap<TopicId, Topic>,
    partitions: SharedMap<TopicIdPartition, Partition>,
    #[serde(skip)]
    by_name: SharedMap<String, TopicId>,
    #[serde(skip)]
    by_collision_key: SharedMap<String, TopicId>,
}

/// The name with `.` taken for `_`, as metric names do.
fn collision_key(name: &str) -> String {
    name.replace('.', "_")
}

impl TopicsImage {
    /// Number of topics.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.topics.len()
    }

    /// Whether there is no topic.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Number of partitions of all topics.
    #[must_use]
    pub const fn partition_count(&self) -> usize {
        self.partitions.len()
    }

    /// The topic of this id.
    #[must_use]
    pub fn get(&self, topic_id: TopicId) -> Option<&Arc<Topic>> {
        self.topics.get(&topic_id)
    }

    /// The topic of this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_name.get(name).and_then(|topic_id| self.topics.get(topic_id.as_ref()))
    }

    /// The topic whose name is equal to this one when `.` and `_` are taken as the same.
    #[must_use]
    pub fn colliding(&self, name: &str) -> Option<&Arc<Topic>> {
        self.by_collision_key.get(&collision_key(name)).and_then(|topic_id| self.topics.get(topic_id.as_ref()))
    }

    /// All topics, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Topic>> {
        self.topics.values()
    }

    /// All topics whose name is at or after `name`, in the order of their names.
    pub fn iter_by_name_from<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Arc<Topic>> + use<'a> {
        self.by_name.range_from(name).filter_map(|(_, topic_id)| self.topics.get(topic_id.as_ref()))
    }

    /// One partition.
    #[must_use]
    pub fn partition(&self, id: TopicIdPartition) -> Option<&Arc<Partition>> {
        self.partitions.get(&id)
    }

    /// All partitions of all topics, in the order of their identities.
    pub fn partitions(&self) -> impl Iterator<Item = (&TopicIdPartition, &Arc<Partition>)> {
        self.partitions.iter()
    }

    /// The partitions of one topic, in order.
    pub fn partitions_of(&self, topic_id: TopicId) -> impl Iterator<Item = (PartitionId, &Arc<Partition>)> {
        self.partitions
            .range_from(&TopicIdPartition { topic_id, partition: PartitionId(0) })
            .take_while(move |(id, _)| id.topic_id == topic_id)
            .map(|(id, partition)| (id.partition, partition))
    }

    pub(crate) const fn partition_map(&self) -> &SharedMap<TopicIdPartition, Partition> {
        &self.partitions
    }

    pub(crate) const fn topic_map(&self) -> &SharedMap<TopicId, Topic> {
        &self.topics
    }

    pub(crate) fn insert(&mut self, topic: Topic) {
        self.index(&topic);
        self.topics.insert(topic.topic_id, topic);
    }

    pub(crate) fn set_partition(&mut self, id: TopicIdPartition, partition: Partition) {
        self.partitions.insert(id, partition);
    }

    pub(crate) fn remove(&mut self, topic_id: TopicId) -> Option<Arc<Topic>> {
        let topic = self.topics.remove(&topic_id)?;
        self.by_name.remove(topic.name.as_str());
        self.by_collision_key.remove(&collision_key(&topic.name));
        for id in topic.partition_ids() {
            self.partitions.remove(&id);
        }
        Some(topic)
    }

    fn index(&mut self, topic: &Topic) {
        self.by_name.insert(topic.name.clone(), topic.topic_id);
        self.by_collision_key.insert(collision_key(&topic.name), topic.topic_id);
    }

    /// The indexes are not in a snapshot: they follow from the topics.
    pub(crate) fn rebuild_indexes(&mut self) {
        let topics = self.topics.clone();
        for topic in topics.values() {
            self.index(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::tests::{World, create, on_brokers};

    #[test]
    fn topics_and_their_partitions_are_counted() {
        let mut world = World::new(1, true);
        assert!(world.image.topics.is_empty());
        for count in 1..=3 {
            world.done(&create(u128::try_from(count).unwrap(), on_brokers(&[1]), &[]));
            let topics = &world.image.topics;
            assert_eq!((topics.len(), topics.partition_count(), topics.is_empty()), (count, count, false));
        }
    }
}
