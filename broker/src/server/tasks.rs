//! What a node does by itself: timers, the applier's thread, requests to the controller.
//!
//! Owns: when it runs. Does not own: what it does. Everything that touches the disk runs on the blocking pool; a pass
//! begins only after the one before it has ended.

mod disk_watch;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use strata_broker_core::replication::{
    AlterPartitionError, AlterPartitionRequest, AlterPartitionResponse, PartitionState, RecoveryState,
};
use strata_compat::ids::{BrokerId, Offset, Timestamp, TopicIdPartition};
use strata_metadata::image_publisher::PublishedDelta;
use strata_metadata_core::command::Command;
use strata_metadata_core::command::partitions::{AlterPartition, AlterPartitions};
use strata_metadata_core::image::partitions::{LeaderRecovery, Partition as PartitionImage};
use strata_metadata_core::response::{Refusal, Reply};
use strata_tiering::cluster_file::ClusterFileOutcome;
use strata_tiering::repeats::Repeats;
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio_util::task::TaskTracker;

use self::disk_watch::DiskWatch;
use super::Broker;
use super::quorum_start;
use crate::clock;
use crate::config::StorageConfig;
use crate::http::Readiness;
use crate::log::checkpoint::CLEAN_SHUTDOWN_FILE;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::journal::Journal;
use crate::log::log_manager::LogManager;
use crate::log::unified_log::UnifiedLog;
use crate::metadata_applier::{MetadataApplier, core_state};
use crate::net::connection::Budgets;
use crate::partition::Partition;
use crate::replica_manager::ReplicaManager;
use crate::tier_service::TierService;

/// How often waits and ISRs are looked at.
const TIMEOUT_TICK: Duration = Duration::from_millis(200);
/// How often the journal's fill and doomed files are looked at.
const HOUSEKEEPING_TICK: Duration = Duration::from_secs(1);
/// How often segments are rolled by time and producers forgotten.
const TIDY_TICK: Duration = Duration::from_secs(10);
/// The shortest rest of the cleaner: `log.cleaner.backoff.ms` may be 0, and looking at all logs costs something.
const CLEANER_REST_MIN: Duration = Duration::from_millis(100);
/// How long a request to the controller may take.
const CONTROLLER_DEADLINE: Duration = Duration::from_secs(10);
/// Pause between two attempts to reach a bucket that is away.
const BUCKET_PAUSE: Duration = Duration::from_secs(5);
/// How often the bucket is looked at, also by a broker that has nothing to copy or read there.
const BUCKET_LOOK_PAUSE: Duration = Duration::from_secs(10);

/// The running tasks of a node.
pub(super) struct Tasks {
    stop: watch::Sender<bool>,
    tracker: TaskTracker,
    applier: Option<JoinHandle<()>>,
}

impl Tasks {
    pub(super) fn start(
        broker: &Arc<Broker>,
        applier: MetadataApplier,
        deltas: broadcast::Receiver<PublishedDelta>,
        alter_requests: mpsc::UnboundedReceiver<(TopicIdPartition, AlterPartitionRequest)>,
        readiness: Readiness,
    ) -> Self {
        let (stop, _) = watch::channel(false);
        let tracker = TaskTracker::new();
        let applier = std::thread::Builder::new().name("metadata".to_owned()).spawn(move || applier.run(deltas));
        let applier = match applier {
            Ok(handle) => Some(handle),
            Err(error) => {
                tracing::error!(%error, "the thread that applies metadata did not start");
                readiness.set("metadata", Some("metadata is not applied".to_owned()));
                None
            }
        };
        let tasks = Self { stop, tracker, applier };
        tasks.follow_journals(&broker.replicas);
        tasks.relieve_journals(&broker.replicas);
        let for_alter = Arc::clone(broker);
        tasks.tracker.spawn(alter_partitions(for_alter, alter_requests, tasks.stop.subscribe()));
        let storage = &broker.config.storage;
        tasks.every(TIMEOUT_TICK, broker, |broker| {
            let now = clock::now();
            for partition in broker.replicas.all() {
                partition.handle_timeout(now);
            }
        });
        let housekeeping_told = Arc::new(Repeats::default());
        tasks.every_blocking(HOUSEKEEPING_TICK, broker, move |broker| housekeeping(broker, &housekeeping_told));
        let disks = Arc::new(Mutex::new(DiskWatch::default()));
        readiness.note("logs", broker.replicas.trouble());
        tasks.every_blocking(HOUSEKEEPING_TICK, broker, move |broker| {
            disks.lock().look(&broker.replicas.logs.directories(), broker.config.storage.disk_reserve_bytes);
            readiness.note("logs", broker.replicas.trouble());
        });
        tasks.cordon_offline_directories(broker);
        tasks.every_blocking(TIDY_TICK, broker, |broker| broker.replicas.logs.tidy(clock::now()));
        tasks.every_blocking(storage.retention_check, broker, retention);
        if let Some(interval) = checkpoint_period(storage.checkpoint_interval) {
            tasks.every_blocking(interval, broker, checkpoint);
        }
        tasks.every_blocking(storage.cleaner_backoff.max(CLEANER_REST_MIN), broker, clean);
        if let Some(tier) = &broker.config.tier {
            tasks.sweep(broker, tier.sweep_interval);
        }
        tasks
    }

    /// Journal threads tell partitions what is durable.
    fn follow_journals(&self, replicas: &Arc<ReplicaManager>) {
        let weak = Arc::downgrade(replicas);
        replicas.logs.on_durable(Arc::new(move |moved: Vec<(TopicIdPartition, Offset)>| {
            let Some(replicas) = weak.upgrade() else {
                return;
            };
            let now = clock::now();
            for (id, durable_end) in moved {
                if let Some(partition) = replicas.get(id) {
                    partition.handle_durable(durable_end, now);
                }
            }
        }));
    }

    /// Flushes what fills a journal as soon as that is half full: a fast disk fills the other half in less than a tick.
    fn relieve_journals(&self, replicas: &Arc<ReplicaManager>) {
        for journal in replicas.logs.journals() {
            let pressed = Arc::new(Notify::new());
            let to_notify = Arc::clone(&pressed);
            journal.on_pressure(Arc::new(move || to_notify.notify_one()));
            self.tracker.spawn(relieve(Arc::clone(&replicas.logs), journal, pressed, self.stop.subscribe()));
        }
    }

    fn every(&self, period: Duration, broker: &Arc<Broker>, work: fn(&Arc<Broker>)) {
        let broker = Arc::clone(broker);
        let mut stop = self.stop.subscribe();
        self.tracker.spawn(async move {
            while !stopped_within(&mut stop, period).await {
                work(&broker);
            }
        });
    }

    fn every_blocking(
        &self,
        period: Duration,
        broker: &Arc<Broker>,
        work: impl Fn(&Arc<Broker>) + Clone + Send + 'static,
    ) {
        let broker = Arc::clone(broker);
        let mut stop = self.stop.subscribe();
        self.tracker.spawn(async move {
            while !stopped_within(&mut stop, period).await {
                let (broker, work) = (Arc::clone(&broker), work.clone());
                if let Err(error) = tokio::task::spawn_blocking(move || work(&broker)).await {
                    tracing::error!(%error, "a periodic task failed; it runs again");
                }
            }
        });
    }

    /// Tells the quorum of log directories that go offline, so that it puts nothing new there.
    fn cordon_offline_directories(&self, broker: &Arc<Broker>) {
        let broker = Arc::clone(broker);
        let mut stop = self.stop.subscribe();
        let told = Repeats::default();
        self.tracker.spawn(async move {
            while !stopped_within(&mut stop, HOUSEKEEPING_TICK).await {
                let registration = (broker.id, broker.registration.epoch);
                let offline = broker.registration.homes.offline_among(&broker.replicas.logs);
                let Err(error) = quorum_start::cordon(&broker.quorum, registration, offline).await else {
                    continue;
                };
                if let Some(untold) = told.comes_up(&(), Instant::now()) {
                    tracing::warn!(%error, untold, "the quorum does not know yet that a log directory is offline");
                }
            }
        });
    }

    /// Keeps the figures of the memory of requests and answers current.
    pub(super) fn watch_memory(&self, broker: &Arc<Broker>, budgets: Budgets) {
        let (metrics, decoded) = (Arc::clone(&broker.metrics), broker.decoded.clone());
        let mut stop = self.stop.subscribe();
        self.tracker.spawn(async move {
            while !stopped_within(&mut stop, HOUSEKEEPING_TICK).await {
                metrics.set_request_memory(budgets.requests.bytes_in_use() + decoded.bytes_in_use());
                metrics.set_answer_memory(budgets.answers.bytes_in_use() + budgets.cold_answers.bytes_in_use());
            }
        });
    }

    fn sweep(&self, broker: &Arc<Broker>, period: Duration) {
        let Some(tier) = broker.tier.clone() else {
            return;
        };
        let mut stop = self.stop.subscribe();
        self.tracker.spawn(async move {
            while !stopped_within(&mut stop, period).await {
                let swept = tokio::select! {
                    biased;
                    // A list of the whole bucket may take long; what it has not deleted is found by the next one.
                    _ = stop.wait_for(|stop| *stop) => return,
                    swept = tier.sweep() => swept,
                };
                match swept {
                    Ok(report) => tracing::debug!(?report, "the bucket was swept"),
                    Err(error) => {
                        tracing::warn!(%error, "the bucket was not swept; it is tried again")
                    }
                }
            }
        });
    }

    /// Tells at once if the metadata quorum stops on this node: nothing else would, until somebody asks it for something.
    pub(super) fn watch_quorum(&self, broker: &Arc<Broker>, readiness: Readiness) {
        let quorum = Arc::clone(&broker.quorum);
        let mut stop = self.stop.subscribe();
        self.tracker.spawn(async move {
            let mut waits_for_room = quorum.waits_for_room();
            loop {
                tokio::select! {
                    biased;
                    _ = stop.wait_for(|stop| *stop) => return,
                    reason = quorum.stopped() => {
                        if let Some(reason) = reason {
                            tracing::error!(
                                %reason,
                                "the metadata quorum has stopped on this node: records are served on, but no topic, config or \
                                 segment can be added or changed before a restart"
                            );
                            readiness.set("quorum", Some(format!("the metadata quorum has stopped: {reason}")));
                        }
                        return;
                    }
                    Ok(()) = waits_for_room.changed() => {
                        let is_short = *waits_for_room.borrow_and_update();
                        let reason = "the disk of the Raft directory is full: metadata cannot change until there is room";
                        readiness.set("quorum", is_short.then(|| reason.to_owned()));
                    }
                }
            }
        });
    }

    /// Follows how the bucket stands, for `/readyz`: until it is there and ours where tiering waits for that, then now and then.
    pub(super) fn follow_bucket(&self, broker: &Arc<Broker>, readiness: Readiness, is_paused: bool) {
        let Some(tier) = broker.tier.clone() else {
            return;
        };
        let broker = Arc::clone(broker);
        let mut stop = self.stop.subscribe();
        let mut stopped = stop.clone();
        self.tracker.spawn(async move {
            let following = async {
                if !is_paused || wait_for_bucket(&broker, &tier, &readiness, &mut stop).await {
                    watch_bucket(&broker, &tier, &readiness, &mut stop).await;
                }
            };
            tokio::select! {
                biased;
                // A store that hangs must not hold a stop up.
                _ = stopped.wait_for(|stop| *stop) => {}
                () = following => {}
            }
        });
    }

    pub(super) async fn stop(self) {
        self.stop.send_replace(true);
        self.tracker.close();
        self.tracker.wait().await;
        // The applier's thread ends with the quorum's last sender; it holds nothing that must be written.
        drop(self.applier);
    }
}

/// Asks an unreachable bucket again and again, and begins tiering once it is there and ours: then `true`.
async fn wait_for_bucket(
    broker: &Broker,
    tier: &TierService,
    readiness: &Readiness,
    stop: &mut watch::Receiver<bool>,
) -> bool {
    while !stopped_within(stop, BUCKET_PAUSE).await {
        let outcome = tier.check_owner(broker.metadata.image().cluster.store_id).await;
        if let ClusterFileOutcome::Unreachable(_) = outcome {
            continue;
        }
        match quorum_start::settle_bucket(&broker.quorum, outcome).await {
            Ok(_) => {
                tracing::info!("the object store is back: tiering begins");
                tier.manager().set_paused(false);
                readiness.note("tier", None);
                return true;
            }
            Err(error) => {
                tracing::error!(%error, "tiering stays paused");
                readiness.note("tier", Some(format!("tiering is paused: {error}")));
                return false;
            }
        }
    }
    false
}

/// Looks at the bucket now and then, also where nothing is copied or read there.
async fn watch_bucket(broker: &Broker, tier: &TierService, readiness: &Readiness, stop: &mut watch::Receiver<bool>) {
    let mut is_wrong = false;
    while !stopped_within(stop, BUCKET_LOOK_PAUSE).await {
        let Some(known) = broker.metadata.image().cluster.store_id else {
            continue;
        };
        let failure = tier.look_at_bucket(known).await.err();
        match &failure {
            Some(reason) if !is_wrong => tracing::warn!(%reason, "the object store cannot be used now"),
            None if is_wrong => tracing::info!("the object store can be used again"),
            Some(_) | None => {}
        }
        is_wrong = failure.is_some();
        readiness.note("tier", failure);
    }
}

/// What fails is tried again with the next tick, and told once a minute with a count.
async fn relieve(logs: Arc<LogManager>, journal: Arc<Journal>, pressed: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    let told = Repeats::default();
    loop {
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            () = pressed.notified() => {}
            () = tokio::time::sleep(HOUSEKEEPING_TICK) => {}
        }
        let (logs, journal) = (Arc::clone(&logs), Arc::clone(&journal));
        let error = match tokio::task::spawn_blocking(move || logs.relieve(&journal)).await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if let Some(untold) = told.comes_up(&error, Instant::now()) {
            tracing::error!(%error, untold, "a journal could not be relieved");
        }
    }
}

/// As in Kafka, an interval of 0 means no periodic checkpoints: a stop in order writes them, and a full journal has them
/// written of what fills it.
fn checkpoint_period(interval: Duration) -> Option<Duration> {
    (!interval.is_zero()).then_some(interval)
}

/// Waits for the period, or until the node stops: then `true`.
async fn stopped_within(stop: &mut watch::Receiver<bool>, period: Duration) -> bool {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => true,
        () = tokio::time::sleep(period) => false,
    }
}

/// What fails is tried again with the next tick, and told once a minute with a count.
fn housekeeping(broker: &Arc<Broker>, told: &Repeats<String>) {
    let untold = |error: &LogError| told.comes_up(&error.to_string(), Instant::now());
    let now = clock::now();
    for partition in broker.replicas.all() {
        // The answer is kept for a moment by the directory, so that asking for each partition costs nothing.
        if partition.log().log_dir().is_below_reserve().unwrap_or(false) {
            release(&partition, now, untold);
        }
    }
    if let Err(error) = broker.replicas.logs.remove_doomed(now)
        && let Some(untold) = untold(&error)
    {
        tracing::warn!(%error, untold, "deleted files stay; their removal is tried again");
    }
}

/// The disk is nearly full: what the bucket has need not be here.
fn release(partition: &Partition, now: Timestamp, untold: impl Fn(&LogError) -> Option<u64>) {
    match partition.release_tiered(now) {
        Ok(outcome) if !outcome.deleted.is_empty() => tracing::warn!(
            topic = %partition.topic(), partition = partition.id().partition.0, segments = outcome.deleted.len(),
            "the disk is short of room: tiered local segments are let go early"
        ),
        Ok(_) => {}
        Err(error) => {
            if let Some(untold) = untold(&error) {
                tracing::warn!(
                    topic = %partition.topic(), partition = partition.id().partition.0, %error, untold,
                    "the disk is short of room and tiered segments stay"
                );
            }
        }
    }
}

fn retention(broker: &Arc<Broker>) {
    let now = clock::now();
    for partition in broker.replicas.all() {
        match partition.run_retention(now) {
            Ok(outcome) if !outcome.deleted.is_empty() => tracing::info!(
                topic = %partition.topic(), partition = partition.id().partition.0, segments = outcome.deleted.len(),
                "local segments let go by retention"
            ),
            Ok(_) => {}
            // Its topic was deleted meanwhile.
            Err(error) if error.kind() == LogErrorKind::Closed => {}
            Err(error) => tracing::warn!(
                topic = %partition.topic(), partition = partition.id().partition.0, %error, "retention did not run"
            ),
        }
    }
}

fn checkpoint(broker: &Arc<Broker>) {
    let replicas = &broker.replicas;
    for error in replicas.logs.flush_all() {
        tracing::error!(%error, "recovery points were not written");
    }
    let high_watermark = |id| replicas.get(id).map(|partition| partition.high_watermark());
    if let Err(error) = replicas.logs.write_high_watermarks(&high_watermark) {
        tracing::error!(%error, "high watermarks were not written");
    }
}

fn clean(broker: &Arc<Broker>) {
    let last_stable = |log: &UnifiedLog| {
        let partition = broker.replicas.get(log.partition());
        partition.map(|partition| partition.offsets().last_stable_offset)
    };
    let map_bytes = broker.config.storage.cleaner_map_bytes as u64;
    match broker.replicas.logs.clean_dirtiest(&last_stable, map_bytes, clock::now()) {
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "a log was not compacted"),
    }
}

/// Closes all logs in order.
pub(super) fn close_logs(replicas: &ReplicaManager, broker_epoch: i64) {
    let high_watermark = |id| replicas.get(id).map(|partition| partition.high_watermark());
    if let Err(error) = replicas.logs.write_high_watermarks(&high_watermark) {
        tracing::error!(%error, "high watermarks were not written");
    }
    for error in replicas.logs.shut_down(broker_epoch) {
        tracing::error!(%error, "a log directory was not closed in order; the next start recovers it");
    }
}

/// The broker epoch of an orderly stop, −1 after any other.
pub(super) fn clean_epoch(storage: &StorageConfig) -> i64 {
    let epoch_of = |directory: &std::path::PathBuf| {
        let text = std::fs::read_to_string(directory.join(CLEAN_SHUTDOWN_FILE)).ok()?;
        let note: serde_json::Value = serde_json::from_str(&text).ok()?;
        note.get("brokerEpoch")?.as_i64()
    };
    storage.log_dirs.iter().map(|directory| epoch_of(directory).unwrap_or(-1)).min().unwrap_or(-1)
}

/// Sends requests for another ISR to the controller, one after the other.
async fn alter_partitions(
    broker: Arc<Broker>,
    mut requests: mpsc::UnboundedReceiver<(TopicIdPartition, AlterPartitionRequest)>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let next = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => return,
            next = requests.recv() => next,
        };
        let Some((id, request)) = next else { return };
        let response = AlterPartitionResponse {
            request_id: request.request_id,
            result: alter_partition(&broker, id, &request).await,
        };
        if let Some(partition) = broker.replicas.get(id) {
            partition.handle_alter_partition_response(&response, clock::now());
        }
    }
}

async fn alter_partition(
    broker: &Broker,
    id: TopicIdPartition,
    request: &AlterPartitionRequest,
) -> Result<PartitionState, AlterPartitionError> {
    let change = AlterPartition {
        partition: id,
        leader_epoch: request.leader_epoch,
        partition_epoch: request.partition_epoch,
        isr: request.isr.clone(),
        leader_recovery: match request.recovery_state {
            RecoveryState::Recovered => LeaderRecovery::Recovered,
            RecoveryState::Recovering => LeaderRecovery::Recovering,
        },
    };
    let command = Command::AlterPartitions(AlterPartitions {
        broker: broker.id,
        broker_epoch: request.broker_epoch,
        changes: vec![change],
    });
    let committed =
        broker.quorum.propose(&command, CONTROLLER_DEADLINE).await.map_err(|_| AlterPartitionError::Unavailable)?;
    let answer: Result<PartitionImage, Refusal> = match committed.response {
        Ok(Reply::Partitions(mut answers)) if answers.len() == 1 => answers.remove(0),
        Ok(_) => return Err(AlterPartitionError::Unavailable),
        Err(refusal) => Err(refusal),
    };
    match answer {
        Ok(state) if state.leader != broker.id && state.leader != BrokerId::NONE => {
            Err(AlterPartitionError::NewLeaderElected)
        }
        Ok(state) => Ok(core_state(&state)),
        Err(refusal) => Err(match refusal {
            Refusal::FencedLeaderEpoch { .. } => AlterPartitionError::FencedLeaderEpoch,
            Refusal::InvalidUpdateVersion { .. } => AlterPartitionError::InvalidUpdateVersion,
            Refusal::IneligibleReplica { .. } => AlterPartitionError::IneligibleReplica,
            Refusal::InvalidIsr { .. } => AlterPartitionError::InvalidRequest,
            Refusal::UnknownTopic | Refusal::UnknownPartition => AlterPartitionError::UnknownPartition,
            Refusal::StaleBrokerEpoch { .. } => AlterPartitionError::StaleBrokerEpoch,
            _ => AlterPartitionError::Unavailable,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_nothing_makes_no_busy_loop() {
        assert_eq!(checkpoint_period(Duration::ZERO), None);
        assert_eq!(checkpoint_period(Duration::from_millis(1)), Some(Duration::from_millis(1)));
        assert!(Duration::ZERO.max(CLEANER_REST_MIN) >= Duration::from_millis(100));
    }
}
