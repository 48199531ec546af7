//! Runs the group coordinator of each led partition of `__consumer_offsets`.
//!
//! Owns: which shards there are, and how a group finds its own. Does not own: one shard (`coordinator_runtime/shard.rs`), when
//! it is loaded (`driver.rs`), what a coordinator decides (`strata-broker-core`).
//!
//! Invariants: there is a shard for each partition of `__consumer_offsets` that this broker leads, from the event that says so to
//! the event that ends it. A crash leaves the log of the partition.

mod batches;
mod driver;
pub(crate) mod group_partition;
mod metrics;
pub(crate) mod shard;
mod shard_log;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};

use parking_lot::RwLock;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use strata_broker_core::coordinator::ShardConfig;
use strata_broker_core::internal_topics::CONSUMER_OFFSETS;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::TopicIdPartition;
use strata_compat::wire::KString;
use strata_metadata::image_publisher::PublishedDelta;
use strata_metadata_core::delta::Delta;
use strata_metadata_core::image::Image;
use tokio::sync::{Semaphore, broadcast};
use tokio::task::AbortHandle;

use self::group_partition::partition_of;
use self::shard::{Shard, ShardSettings, Topics};
use crate::clock;
use crate::config::GroupConfig;
use crate::internal_topics::{InternalTopicEvent, InternalTopicEvents};
use crate::metadata_cache::MetadataCache;
use crate::partition::Partition;
use crate::server::Broker;

/// Shards that are read from the disk at once.
const LOADS_MAX: usize = 4;

/// The group coordinators of this broker.
pub(crate) struct GroupCoordinators {
    shards: Arc<Shards>,
}

/// The shards by partition. Held weakly by the task that follows events: the events come from partitions, which shards hold.
pub(super) struct Shards {
    settings: ShardSettings,
    loads: Arc<Semaphore>,
    hosted: RwLock<BTreeMap<TopicIdPartition, Hosted>>,
}

/// A shard and its task, which ends with it.
struct Hosted {
    shard: Arc<Shard>,
    driver: AbortHandle,
}

impl Drop for Hosted {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl GroupCoordinators {
    pub(crate) fn new(config: &GroupConfig) -> Self {
        let shards = Shards {
            settings: settings(config),
            loads: Arc::new(Semaphore::new(LOADS_MAX)),
            hosted: RwLock::default(),
        };
        Self { shards: Arc::new(shards) }
    }

    /// Follows the partitions of `__consumer_offsets` until they end.
    pub(crate) fn start(&self, broker: &Arc<Broker>, events: InternalTopicEvents) {
        let shards = Arc::downgrade(&self.shards);
        tokio::spawn(follow_partitions(Weak::clone(&shards), events, Arc::clone(&broker.metadata)));
        tokio::spawn(follow_deletions(shards, broker.quorum.deltas(), broker.metadata.image()));
    }

    /// Names the figures of groups in `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        metrics::register(registry, Arc::downgrade(&self.shards), self.shards.settings.unwritten.clone());
    }

    /// The shard that a group belongs to, if it is led here.
    pub(crate) fn find(&self, broker: &Broker, group: &str) -> Result<Arc<Shard>, ErrorCode> {
        let image = broker.metadata.image();
        let topic = image.topic_by_name(CONSUMER_OFFSETS).ok_or(ErrorCode::CoordinatorNotAvailable)?;
        let id = TopicIdPartition { topic_id: topic.topic_id, partition: partition_of(group, topic.partitions) };
        // The image runs ahead of what is hosted: a partition that is about to be led here is as good as loading.
        let is_coming = || image.partition(id).is_some_and(|partition| partition.leader == broker.id);
        self.shards
            .get(id)
            .ok_or_else(|| if is_coming() { ErrorCode::CoordinatorLoadInProgress } else { ErrorCode::NotCoordinator })
    }

    /// The node stops: whoever waits for a group is told to look for its coordinator again, so that no connection stays open for
    /// a rebalance, and no session runs out while its member cannot be heard.
    pub(crate) fn stop(&self) {
        let hosted = std::mem::take(&mut *self.shards.hosted.write());
        for hosted in hosted.into_values() {
            hosted.shard.unload();
        }
    }

    /// All shards led here, in the order of their partitions.
    pub(crate) fn all(&self) -> Vec<Arc<Shard>> {
        self.shards.all()
    }
}

impl Shards {
    fn get(&self, id: TopicIdPartition) -> Option<Arc<Shard>> {
        self.hosted.read().get(&id).map(|hosted| Arc::clone(&hosted.shard))
    }

    fn all(&self) -> Vec<Arc<Shard>> {
        self.hosted.read().values().map(|hosted| Arc::clone(&hosted.shard)).collect()
    }

    /// Topics were deleted: their committed offsets go, in every group.
    async fn topics_deleted(&self, topics: BTreeSet<KString>) {
        if topics.is_empty() {
            return;
        }
        let until = shard::room_until();
        for shard in self.all() {
            let room = shard.room(until).await.ok();
            shard.topics_deleted(&topics, clock::now(), room.as_ref());
        }
    }

    fn apply(&self, event: InternalTopicEvent, metadata: &Arc<MetadataCache>) {
        match event {
            InternalTopicEvent::Led(partition) => self.led(partition, metadata),
            InternalTopicEvent::Lost(id) => {
                let hosted = self.hosted.write().remove(&id);
                if let Some(hosted) = hosted {
                    hosted.shard.unload();
                    tracing::info!(partition = %id.partition, "a group coordinator is unloaded");
                }
            }
            InternalTopicEvent::Watermark(id, high_watermark) => {
                if let Some(shard) = self.get(id) {
                    shard.handle_watermark(high_watermark);
                }
            }
        }
    }

    fn led(&self, partition: Arc<Partition>, metadata: &Arc<MetadataCache>) {
        if &**partition.topic() != CONSUMER_OFFSETS {
            return;
        }
        let id = partition.id();
        if let Some(shard) = self.get(id) {
            if let Some((epoch, _)) = partition.leadership() {
                shard.handle_epoch(epoch);
            }
            return;
        }
        let shard = Arc::new(Shard::new(id, partition, Arc::clone(metadata) as Arc<dyn Topics>, self.settings.clone()));
        let driver = tokio::spawn(driver::run(Arc::clone(&shard), Arc::clone(&self.loads))).abort_handle();
        self.hosted.write().insert(id, Hosted { shard, driver });
    }
}

async fn follow_partitions(shards: Weak<Shards>, mut events: InternalTopicEvents, metadata: Arc<MetadataCache>) {
    while let Some(event) = events.next().await {
        let Some(shards) = shards.upgrade() else {
            return;
        };
        shards.apply(event, &metadata);
    }
}

/// Follows the steps of the metadata for topics that go.
async fn follow_deletions(
    shards: Weak<Shards>,
    mut deltas: broadcast::Receiver<PublishedDelta>,
    mut image: Arc<Image>,
) {
    let mut has_missed = false;
    loop {
        match deltas.recv().await {
            Ok(step) => {
                let Some(shards) = shards.upgrade() else {
                    return;
                };
                let topics = if has_missed || step.deltas.is_empty() {
                    names(Delta::between(&image, &step.published.image).deleted_topics.values())
                } else {
                    names(step.deltas.iter().flat_map(|delta| delta.deleted_topics.values()))
                };
                shards.topics_deleted(topics).await;
                has_missed = false;
                image = step.published.image;
            }
            // What was missed is in the difference between the last image seen and the next.
            Err(broadcast::error::RecvError::Lagged(_)) => has_missed = true,
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

fn names<'name>(topics: impl IntoIterator<Item = &'name String>) -> BTreeSet<KString> {
    topics.into_iter().map(KString::from).collect()
}

fn settings(config: &GroupConfig) -> ShardSettings {
    let timeout = |timeout_ms: i64| i32::try_from(timeout_ms).unwrap_or(i32::MAX);
    let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let core = ShardConfig {
        session_timeout_ms_min: timeout(config.session_timeout_min_ms),
        session_timeout_ms_max: timeout(config.session_timeout_max_ms),
        initial_rebalance_delay_ms: timeout(config.initial_rebalance_delay_ms),
        group_size_max: config.size_max,
        offset_metadata_bytes_max: config.offset_metadata_bytes_max,
        offsets_retention_ms: config.offsets_retention_ms,
        offsets_retention_check_interval_ms: millis(config.offsets_retention_check),
        ..ShardConfig::default()
    };
    ShardSettings { core, commit_timeout_ms: millis(config.commit_timeout), unwritten: Counter::default() }
}
