//! Brings what this broker hosts in line with each new metadata image.
//!
//! Owns: one thread that applies images in order: partitions created, led, followed, reconfigured, deleted. Does not own:
//! the image, or how a partition does any of it. What it has applied is published, so that a handler can wait until a topic
//! that it created can be written to.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use strata_broker_core::replication::{PartitionState, PartitionUpdate, RecoveryState, ReplicaBroker};
use strata_compat::ids::{BrokerEpoch, BrokerId, Offset, TopicId, TopicIdPartition};
use strata_metadata::image_publisher::{Published, PublishedDelta};
use strata_metadata_core::delta::Delta;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::configs::ConfigKind;
use strata_metadata_core::image::partitions::{LeaderRecovery, Partition as PartitionImage};
use strata_metadata_core::image::remote_segments::RemotePartition;
use strata_metadata_core::image::topics::Topic;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::AbortHandle;

use crate::clock;
use crate::internal_topics::InternalTopicEvent;
use crate::log::error::LogError;
use crate::log::log_manager::Strayed;
use crate::log_homes::LogHomes;
use crate::metadata_cache::MetadataCache;
use crate::metrics::TopicMetrics;
use crate::partition::Partition;
use crate::remote_start::{self, RemoteStart};
use crate::replica_manager::ReplicaManager;
use crate::tier_disable::TierDisabler;
use crate::tier_service::TierService;

/// What applies images.
pub(crate) struct MetadataApplier {
    broker: BrokerId,
    homes: LogHomes,
    metadata: Arc<MetadataCache>,
    replicas: Arc<ReplicaManager>,
    tier: Option<Arc<TierService>>,
    disabler: Arc<TierDisabler>,
    topics: TopicMetrics,
    applied: watch::Sender<u64>,
    image: Arc<Image>,
    remote_starts: RemoteStarts,
}

/// Logs that begin at the remote end as soon as the bucket has told how: at most one for each refused partition.
struct RemoteStarts {
    sender: mpsc::UnboundedSender<RemoteStart>,
    receiver: mpsc::UnboundedReceiver<RemoteStart>,
    awaited: BTreeMap<TopicIdPartition, AbortHandle>,
}

/// What the thread does next.
enum Next {
    Step(Result<PublishedDelta, broadcast::error::RecvError>),
    RemoteStart(RemoteStart),
}

impl MetadataApplier {
    pub(crate) fn new(
        homes: LogHomes,
        metadata: Arc<MetadataCache>,
        replicas: Arc<ReplicaManager>,
        tier: Option<Arc<TierService>>,
        disabler: Arc<TierDisabler>,
        topics: TopicMetrics,
    ) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self {
            broker: homes.broker(),
            homes,
            metadata,
            replicas,
            tier,
            disabler,
            topics,
            applied: watch::Sender::new(0),
            image: Arc::new(Image::default()),
            remote_starts: RemoteStarts { sender, receiver, awaited: BTreeMap::new() },
        }
    }

    /// Follows the index of the last applied image.
    pub(crate) fn applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    /// Applies the whole of an image, as at start: logs that it does not place here are of topics that were deleted, or of
    /// partitions that were moved, while this broker could not act on it.
    pub(crate) fn apply_image(&mut self, published: &Published) {
        self.put_strays_away(&published.image);
        let delta = Delta::between(&self.image, &published.image);
        self.apply(published, &delta);
    }

    fn put_strays_away(&self, image: &Image) {
        let topic_of = |id: TopicIdPartition| {
            let is_hosted = || image.partition(id).is_some_and(|partition| partition.is_replica(self.broker));
            match self.replicas.get(id) {
                Some(partition) => Some(partition.topic().to_string()),
                None => image.topic(id.topic_id).filter(|_| is_hosted()).map(|topic| topic.name.to_string()),
            }
        };
        for (id, strayed) in self.replicas.logs.put_strays_away(&topic_of, clock::now()) {
            match strayed {
                Strayed::PutAway(kept_in) => tracing::warn!(
                    partition = %id, kept_in = %kept_in.display(),
                    "a log that is not hosted here any more was put away; it is removed after a day"
                ),
                Strayed::Misnamed(reason) => {
                    tracing::error!(partition = %id, reason, "a partition is offline");
                }
                Strayed::Failed(error) => tracing::error!(
                    partition = %id, %error, "a log that is not hosted here any more keeps its name until the next start"
                ),
            }
        }
    }

    /// Applies images until the quorum stops.
    pub(crate) fn run(mut self, mut deltas: broadcast::Receiver<PublishedDelta>) {
        let waiting = match tokio::runtime::Builder::new_current_thread().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                tracing::error!(%error, "metadata is not applied: the thread cannot wait");
                return;
            }
        };
        loop {
            let receiver = &mut self.remote_starts.receiver;
            let next = waiting.block_on(async {
                tokio::select! {
                    step = deltas.recv() => Next::Step(step),
                    // The applier holds a sender itself: this never ends.
                    Some(start) = receiver.recv() => Next::RemoteStart(start),
                }
            });
            let step = match next {
                Next::Step(step) => step,
                Next::RemoteStart(start) => {
                    self.begin_remotely(&start);
                    continue;
                }
            };
            match step {
                Ok(step) if step.published.index <= self.image.applied_index => {}
                Ok(step) => {
                    let mut merged = Delta::default();
                    for delta in step.deltas.iter() {
                        merged.merge(delta.clone());
                    }
                    if step.deltas.is_empty() {
                        merged = Delta::between(&self.image, &step.published.image);
                    }
                    self.apply(&step.published, &merged);
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    // The steps are lost, not the image: the difference says the same.
                    let published = self.metadata.published();
                    self.apply_image(&published);
                }
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    fn apply(&mut self, published: &Published, delta: &Delta) {
        let image = &published.image;
        for (topic_id, name) in &delta.deleted_topics {
            self.delete_topic(*topic_id, name);
        }
        for id in &delta.partitions {
            let (Some(topic), Some(partition)) = (image.topic(id.topic_id), image.partition(*id)) else {
                continue;
            };
            self.apply_partition(image, topic, *id, partition);
        }
        self.apply_configs(image, delta);
        for id in &delta.remote {
            self.apply_remote(image, *id);
        }
        if !(delta.remote.is_empty() && delta.tombstones.is_empty())
            && let Some(tier) = &self.tier
        {
            tier.manager().image_changed();
        }
        self.image = Arc::clone(image);
        self.applied.send_replace(published.index);
    }

    fn delete_topic(&mut self, topic_id: TopicId, name: &str) {
        let hosted = self.replicas.all().into_iter().map(|partition| partition.id());
        let refused = self.replicas.refused().into_iter().map(|(id, _)| id);
        let gone: Vec<TopicIdPartition> = hosted.chain(refused).filter(|id| id.topic_id == topic_id).collect();
        for id in gone {
            self.drop_partition(id);
        }
        self.topics.forget(topic_id);
        tracing::info!(topic = name, "topic deleted");
    }

    fn drop_partition(&mut self, id: TopicIdPartition) {
        if let Some(asking) = self.remote_starts.awaited.remove(&id) {
            // What it asks for may be gone with the topic: it would ask for ever.
            asking.abort();
        }
        if let Some(partition) = self.replicas.remove(id) {
            partition.stop();
            if partition.is_internal() {
                self.replicas.services.internal_topics.tell(InternalTopicEvent::Lost(id));
            }
        }
        if let Some(tier) = &self.tier {
            tier.unfollow(id);
        }
        if let Err(error) = self.replicas.logs.delete(id, clock::now()) {
            // Once the journal has the entry, the files go as soon as it is durable; without it the next start finds that the
            // topic is gone.
            tracing::error!(partition = %id, %error, "the files of a deleted partition are not put away yet");
        }
    }

    fn apply_partition(&mut self, image: &Image, topic: &Arc<Topic>, id: TopicIdPartition, state: &PartitionImage) {
        if !state.is_replica(self.broker) {
            if self.replicas.get(id).is_some() {
                self.drop_partition(id);
                if !self.replicas.all().iter().any(|other| other.id().topic_id == id.topic_id) {
                    self.topics.forget(id.topic_id);
                }
            }
            return;
        }
        let home = match self.homes.home_of(state) {
            Ok(home) => home,
            Err(error) => {
                // The start has told of all replicas of that directory at once.
                tracing::debug!(topic = %topic.name, partition = id.partition.0, %error, "a partition cannot be served");
                self.replicas.refuse(id, error.to_string());
                return;
            }
        };
        let partition = match self.open(image, topic, id, home) {
            Ok(partition) => partition,
            Err(error) => {
                tracing::error!(topic = %topic.name, partition = id.partition.0, %error, "a partition cannot be served");
                self.replicas.refuse(id, error.to_string());
                return;
            }
        };
        let leads = state.leader == self.broker;
        if leads && self.waits_for_remote_start(image, &partition) {
            return;
        }
        let role = if leads {
            partition.become_leader(self.update(image, state), clock::now())
        } else {
            partition.become_follower(core_state(state))
        };
        if let Err(error) = role {
            tracing::warn!(topic = %topic.name, partition = id.partition.0, %error, "a role is not taken over");
        }
        if let Some(tier) = &self.tier {
            tier.follow(&partition, leads);
        }
        self.disabler.consider(image, &partition);
        if partition.is_internal() {
            let event = if leads { InternalTopicEvent::Led(partition) } else { InternalTopicEvent::Lost(id) };
            self.replicas.services.internal_topics.tell(event);
        }
    }

    /// A leader's log must agree with the committed remote range; one that does not is not served until it has begun anew.
    fn waits_for_remote_start(&mut self, image: &Image, partition: &Arc<Partition>) -> bool {
        let id = partition.id();
        let (Some(tier), Some(remote)) = (&self.tier, image.remote_partition(id)) else {
            return false;
        };
        // A log that is led already grew beyond the remote end here.
        if partition.leadership().is_some() {
            return false;
        }
        let Some(reason) = remote_start::disagreement(partition.log(), remote) else {
            return false;
        };
        tracing::warn!(topic = %partition.topic(), partition = id.partition.0, reason, "the log begins anew at the remote end");
        tier.unfollow(id);
        partition.stop();
        self.replicas.refuse(id, format!("{reason}; it begins anew once the object store answers"));
        let sender = &self.remote_starts.sender;
        let ask = || remote_start::spawn(tier, id, Arc::clone(remote), sender.clone());
        self.remote_starts.awaited.entry(id).or_insert_with(ask);
        true
    }

    /// Takes over what the bucket told, if the partition still waits for it.
    fn begin_remotely(&mut self, start: &RemoteStart) {
        let id = start.partition;
        self.remote_starts.awaited.remove(&id);
        let image = Arc::clone(&self.image);
        let (Some(topic), Some(state)) = (image.topic(id.topic_id), image.partition(id)) else {
            return;
        };
        let remote_end = image.remote_partition(id).and_then(|remote| remote.remote_end);
        let waits = state.leader == self.broker && self.replicas.get(id).is_none();
        if waits && remote_end == Some(start.remote_end) {
            let begun = self.homes.home_of(state).and_then(|home| {
                let config = self.metadata.log_config(&image, &topic.name).map_err(config_error)?;
                remote_start::begin_log(&self.replicas.logs, home, &topic.name, config, start, clock::now())
            });
            if let Err(error) = begun {
                tracing::error!(topic = %topic.name, partition = id.partition.0, %error, "a log did not begin at the remote end");
                self.replicas.refuse(id, error.to_string());
                return;
            }
        }
        self.apply_partition(&image, topic, id, state);
    }

    fn open(
        &self,
        image: &Image,
        topic: &Topic,
        id: TopicIdPartition,
        home: Option<&Path>,
    ) -> Result<Arc<Partition>, LogError> {
        if let Some(partition) = self.replicas.get(id) {
            return Ok(partition);
        }
        let config = self.metadata.log_config(image, &topic.name).map_err(config_error)?;
        let log = self.replicas.logs.get_or_create_in(home, &topic.name, id, config, clock::now())?;
        let remote = image.remote_partition(id).cloned();
        let offsets = log.offsets();
        if let Some(missing) = missing_before((offsets.log_start, offsets.local_start), remote.as_deref()) {
            let told = format!(
                "{}: offsets {} to {} are missing before its first segment, and the bucket does not have them: a segment file \
                 is lost; nothing was changed, restore the file or delete the records below {}",
                log.directory().display(),
                missing.start,
                missing.end.previous(),
                missing.end
            );
            if remote.as_ref().is_some_and(|remote| remote.remote_end.is_some()) {
                return Err(LogError::corrupt_segment(told));
            }
            // Before anything was tiered the log start may be what is old: a crash without a journal forgets where it moved.
            // What is there is served; a read of the rest is an error.
            tracing::error!(topic = %topic.name, partition = id.partition.0, reason = told, "records are missing");
        }
        if let Some(log_start) = remote.as_ref().and_then(|remote| remote.log_start) {
            // From the first command of its leader on the quorum leads; the log alone may not know what lies in the bucket.
            log.adopt_log_start(log_start)?;
        }
        // A leader alone: what is durable here is what is committed; the core takes the watermark from there.
        let partition = Arc::new(Partition::new(log, Offset(0), remote, Arc::clone(&self.replicas.services)));
        self.topics.host(id.topic_id, &topic.name);
        self.replicas.insert(Arc::clone(&partition));
        Ok(partition)
    }

    fn update(&self, image: &Image, state: &PartitionImage) -> PartitionUpdate {
        let brokers = state.replicas.iter().filter_map(|replica| {
            let broker = image.broker(*replica)?;
            Some((*replica, ReplicaBroker { epoch: broker.epoch, fenced: !broker.is_active() }))
        });
        PartitionUpdate {
            state: core_state(state),
            brokers: brokers.collect::<BTreeMap<_, _>>(),
            broker_epoch: image.broker(self.broker).map_or(BrokerEpoch::NONE, |broker| broker.epoch),
        }
    }

    fn apply_configs(&self, image: &Image, delta: &Delta) {
        let all = delta.configs.iter().any(|resource| resource.kind == ConfigKind::Broker);
        let is_touched = |topic: &str| {
            all || delta.configs.iter().any(|resource| resource.kind == ConfigKind::Topic && resource.name == topic)
        };
        if delta.configs.is_empty() {
            return;
        }
        for partition in self.replicas.all().iter().filter(|partition| is_touched(partition.topic())) {
            match self.metadata.log_config(image, partition.topic()) {
                Ok(config) => {
                    let min_isr = usize::try_from(config.min_insync_replicas).unwrap_or(1);
                    partition.log().update_config(config);
                    partition.set_min_isr(min_isr, clock::now());
                    if let Some(tier) = &self.tier {
                        tier.follow(partition, partition.leadership().is_some());
                    }
                    self.disabler.consider(image, partition);
                }
                Err(error) => {
                    tracing::error!(topic = %partition.topic(), %error, "new configs of a topic cannot be used");
                }
            }
        }
    }

    fn apply_remote(&self, image: &Image, id: TopicIdPartition) {
        let Some(partition) = self.replicas.get(id) else {
            return;
        };
        if let Err(error) = partition.remote_changed(image.remote_partition(id).cloned(), clock::now()) {
            tracing::error!(topic = %partition.topic(), partition = id.partition.0, %error, "a log start is not in the log");
        }
    }
}

/// Offsets that should be in local files or in the bucket and are in neither. `local` is where the log and its files begin.
fn missing_before(local: (Offset, Offset), remote: Option<&RemotePartition>) -> Option<Range<Offset>> {
    let (log_start, local_start) = local;
    let log_start = remote.and_then(|remote| remote.log_start).unwrap_or(log_start);
    let covered = remote.and_then(|remote| remote.remote_end).map_or(log_start, |end| end.max(log_start));
    (local_start > covered).then_some(covered..local_start)
}

fn config_error(error: crate::config::ConfigError) -> LogError {
    LogError::with_source(crate::log::error::LogErrorKind::Invalid, "the topic's configs", error)
}

pub(crate) fn core_state(state: &PartitionImage) -> PartitionState {
    PartitionState {
        leader: state.has_leader().then_some(state.leader),
        leader_epoch: state.leader_epoch,
        partition_epoch: state.partition_epoch,
        replicas: state.replicas.clone(),
        isr: state.isr.clone(),
        recovery_state: match state.leader_recovery {
            LeaderRecovery::Recovered => RecoveryState::Recovered,
            LeaderRecovery::Recovering => RecoveryState::Recovering,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_neither_in_local_files_nor_in_the_bucket_is_missing() {
        let offset = |offset: i64| (offset >= 0).then_some(Offset(offset));
        // Log start and local start of the log; log start and remote end of the quorum, or none; what is missing.
        let table = [
            ((0, 0), None, None, "nothing is remote, and all is there"),
            ((0, 40), None, Some(0..40), "nothing is remote, and the first segment is lost"),
            ((40, 40), None, None, "records were deleted"),
            ((0, 40), Some((-1, -1)), Some(0..40), "tiering has not begun"),
            ((0, 40), Some((40, -1)), None, "the quorum knows of a deletion that the log forgot"),
            ((0, 40), Some((0, 40)), None, "the rest is remote"),
            ((0, 41), Some((0, 40)), Some(40..41), "a hole between the two"),
            ((0, 60), Some((50, 40)), Some(50..60), "a hole above the log start"),
            ((0, 40), Some((0, 90)), None, "both have some"),
        ];
        for ((log_start, local_start), remote, missing, what) in table {
            let remote = remote.map(|(log_start, remote_end)| RemotePartition {
                log_start: offset(log_start),
                remote_end: offset(remote_end),
                ..RemotePartition::default()
            });
            let found = missing_before((Offset(log_start), Offset(local_start)), remote.as_ref());
            assert_eq!(found, missing.map(|range: Range<i64>| Offset(range.start)..Offset(range.end)), "{what}");
        }
    }
}
