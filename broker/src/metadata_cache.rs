//! What handlers ask of the newest metadata image.
//!
//! Owns: look-ups and the shapes that answers need. Does not own: the image (`strata-metadata`).

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_compat::ids::{BrokerId, PartitionId, TopicId, TopicIdPartition};
use strata_metadata::image_publisher::Published;
use strata_metadata::quorum::Quorum;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::configs::ConfigResource;
use strata_metadata_core::image::partitions::Partition;
use strata_metadata_core::image::topics::Topic;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config::topic::{self, BrokerValues};
use crate::config::{ConfigError, ServerProperties};
use crate::log::log_config::LogConfig;

/// A live broker as one listener's clients reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) id: BrokerId,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) rack: Option<String>,
}

/// Look-ups in the newest image of this broker.
pub(crate) struct MetadataCache {
    quorum: Arc<Quorum>,
    broker: BrokerId,
    fixed: ServerProperties,
    /// Who describes many topics does so one after the other.
    many_topics: Semaphore,
}

impl MetadataCache {
    pub(crate) fn new(quorum: Arc<Quorum>, broker: BrokerId, fixed: ServerProperties) -> Self {
        Self { quorum, broker, fixed, many_topics: Semaphore::new(1) }
    }

    /// Waits until nobody else describes many topics: that takes milliseconds without a pause, and some hundred that do it at
    /// once would keep all others from the processors. It is never closed, so that there always is a permit in the end.
    pub(crate) async fn turn_for_many_topics(&self) -> Option<SemaphorePermit<'_>> {
        self.many_topics.acquire().await.ok()
    }

    /// The newest image and its index.
    pub(crate) fn published(&self) -> Published {
        self.quorum.current()
    }

    pub(crate) fn image(&self) -> Arc<Image> {
        self.quorum.current().image
    }

    pub(crate) fn topic(&self, topic_id: TopicId) -> Option<Arc<Topic>> {
        self.image().topic(topic_id).cloned()
    }

    pub(crate) fn topic_by_name(&self, name: &str) -> Option<Arc<Topic>> {
        self.image().topic_by_name(name).cloned()
    }

    pub(crate) fn partition(&self, id: TopicIdPartition) -> Option<Arc<Partition>> {
        self.image().partition(id).cloned()
    }

    pub(crate) fn partition_by_name(
        &self,
        topic: &str,
        partition: PartitionId,
    ) -> Option<(TopicIdPartition, Arc<Partition>)> {
        let image = self.image();
        image.partition_by_name(topic, partition).map(|(id, partition)| (id, Arc::clone(partition)))
    }

    /// Live brokers that have this listener.
    pub(crate) fn endpoints(&self, listener: &str) -> Vec<Node> {
        nodes(&self.image(), listener)
    }

    /// What topics fall back to: dynamic configs of this broker, of all brokers, and `server.properties`.
    pub(crate) fn broker_values(&self, image: &Image) -> BrokerValues {
        let values = |resource: &ConfigResource| {
            image.configs.get(resource).map(|configs| (**configs).clone()).unwrap_or_default()
        };
        BrokerValues {
            dynamic: values(&ConfigResource::broker(self.broker)),
            dynamic_default: values(&ConfigResource::broker_default()),
            fixed: self.fixed.clone(),
        }
    }

    /// A topic's own configs.
    pub(crate) fn topic_values(image: &Image, topic: &str) -> BTreeMap<String, String> {
        image.configs.get(&ConfigResource::topic(topic)).map(|configs| (**configs).clone()).unwrap_or_default()
    }

    /// The log options of a topic as they stand now.
    pub(crate) fn log_config(&self, image: &Image, topic: &str) -> Result<LogConfig, ConfigError> {
        topic::log_config(&Self::topic_values(image, topic), &self.broker_values(image))
    }
}

pub(crate) fn nodes(image: &Image, listener: &str) -> Vec<Node> {
    image
        .brokers
        .alive()
        .filter_map(|broker| {
            let endpoint = broker.endpoint(listener)?;
            Some(Node {
                id: broker.broker,
                host: endpoint.host.clone(),
                port: endpoint.port,
                rack: broker.rack.clone(),
            })
        })
        .collect()
}
