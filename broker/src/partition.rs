//! One partition on this broker: its log, its replication core, and the effects of the one on the other.
//!
//! Owns: the lock under which core and log agree, the published high watermark, the remote range as this broker's image has
//! it. Does not own: decisions (`strata-broker-core`), files (`log/`), objects (`strata-tiering`), which partitions there are
//! (`replica_manager.rs`).
//!
//! ```text
//!    deleted to      log start            local start = remote end …            high watermark   log end
//! ───────┴───────────────┴──── remote ────────────┴── local (and remote below the remote end) ──┴──────────┴──► offsets
//! ```
//! Lock order: the core, then the log. Effects run under the core's lock, in the order given.

pub(crate) mod append;
pub(crate) mod error;
pub(crate) mod read;
pub(crate) mod source;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use strata_broker_core::assert_invariant;
use strata_broker_core::error::Error as CoreError;
use strata_broker_core::internal_topics::is_internal;
use strata_broker_core::replication::{
    AlterPartitionRequest, AlterPartitionResponse, Effect, LogPositions, OperationId, PartitionState, PartitionUpdate,
    Replication, ReplicationConfig,
};
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, Timestamp, TopicIdPartition};
use strata_metadata_core::image::remote_segments::RemotePartition;
use strata_tiering::remote_log_manager::RemoteLogManager;
use tokio::sync::{mpsc, oneshot};

use crate::fetch_waiters::FetchWaiters;
use crate::internal_topics::{InternalTopicEvent, InternalTopics};
use crate::log::error::LogError;
use crate::log::unified_log::UnifiedLog;
use crate::log::unified_log::types::{RetentionLimits, RetentionOutcome};

/// What all partitions of a broker share.
pub(crate) struct PartitionServices {
    /// This broker.
    pub(crate) broker: BrokerId,
    /// `replica.lag.time.max.ms`.
    pub(crate) lag_time_max_ms: i64,
    /// Whether appends are made durable by a journal.
    pub(crate) journaled: bool,
    /// Fetches that wait for records.
    pub(crate) fetch_waiters: Arc<FetchWaiters>,
    /// Requests for another ISR, each partition at most one.
    pub(crate) alter_partition: mpsc::UnboundedSender<(TopicIdPartition, AlterPartitionRequest)>,
    /// Those who follow the cluster's own topics.
    pub(crate) internal_topics: InternalTopics,
    /// Told of records that may be copied; empty while there is no tiering.
    pub(crate) copier: OnceLock<Arc<RemoteLogManager>>,
}

/// One partition's replica on this broker.
pub(crate) struct Partition {
    id: TopicIdPartition,
    topic: Arc<str>,
    is_internal: bool,
    log: Arc<UnifiedLog>,
    services: Arc<PartitionServices>,
    core: Mutex<Core>,
    /// Published for readers that need no lock.
    high_watermark: AtomicI64,
    /// Remote state in this broker's image; `None` for a partition that is not tiered.
    remote: ArcSwapOption<RemotePartition>,
}

pub(crate) struct Core {
    replication: Replication,
    /// Produces with acks=all that wait for the high watermark.
    waiting: BTreeMap<OperationId, oneshot::Sender<Result<(), CoreError>>>,
    next_operation: u64,
    broker_epoch: BrokerEpoch,
}

/// A partition's offsets at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartitionOffsets {
    /// First offset that may be read.
    pub(crate) log_start: Offset,
    /// First offset in local files.
    pub(crate) local_start: Offset,
    /// End of the committed remote range.
    pub(crate) remote_end: Option<Offset>,
    /// End of what is committed.
    pub(crate) high_watermark: Offset,
    /// End of what a `read_committed` consumer may read.
    pub(crate) last_stable_offset: Offset,
    /// End of what is written.
    pub(crate) log_end: Offset,
}

impl Partition {
    /// A partition without a role over its opened log. `high_watermark` is the checkpointed one.
    pub(crate) fn new(
        log: Arc<UnifiedLog>,
        high_watermark: Offset,
        remote: Option<Arc<RemotePartition>>,
        services: Arc<PartitionServices>,
    ) -> Self {
        let offsets = log.offsets();
        let config = log.config();
        let replication_config = ReplicationConfig {
            local: services.broker,
            min_isr: usize::try_from(config.min_insync_replicas).unwrap_or(1),
            lag_time_max_ms: services.lag_time_max_ms,
        };
        let remote_end = remote.as_ref().and_then(|remote| remote.remote_end);
        let positions = LogPositions {
            log_start: offsets.log_start,
            local_start: offsets.local_start,
            remote_end: remote_end.unwrap_or(Offset(0)),
            high_watermark,
            durable_end: offsets.durable_end,
            log_end: offsets.log_end,
        };
        let core = Core {
            replication: Replication::new(replication_config, positions),
            waiting: BTreeMap::new(),
            next_operation: 0,
            broker_epoch: BrokerEpoch::NONE,
        };
        let topic: Arc<str> = log.topic().into();
        Self {
            id: log.partition(),
            is_internal: is_internal(&topic),
            topic,
            high_watermark: AtomicI64::new(core.replication.positions().high_watermark.0),
            log,
            services,
            core: Mutex::new(core),
            remote: ArcSwapOption::new(remote),
        }
    }

    pub(crate) const fn id(&self) -> TopicIdPartition {
        self.id
    }

    pub(crate) fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    pub(crate) const fn is_internal(&self) -> bool {
        self.is_internal
    }

    pub(crate) const fn log(&self) -> &Arc<UnifiedLog> {
        &self.log
    }

    /// The remote state that this broker has applied.
    pub(crate) fn remote(&self) -> Option<Arc<RemotePartition>> {
        self.remote.load_full()
    }

    /// Whether the topic's records go to object storage.
    pub(crate) fn is_tiered(&self) -> bool {
        self.log.config().remote_storage_enable
    }

    pub(crate) fn high_watermark(&self) -> Offset {
        Offset(self.high_watermark.load(Ordering::Acquire))
    }

    /// One view of all offsets.
    pub(crate) fn offsets(&self) -> PartitionOffsets {
        let high_watermark = self.high_watermark();
        let log = self.log.offsets();
        let remote = self.remote.load();
        let remote_start = remote.as_ref().and_then(|remote| remote.log_start).unwrap_or(log.log_start);
        PartitionOffsets {
            log_start: log.log_start.max(remote_start),
            local_start: log.local_start,
            remote_end: remote.as_ref().and_then(|remote| remote.remote_end),
            high_watermark,
            last_stable_offset: self.log.last_stable_offset(high_watermark),
            log_end: log.log_end,
        }
    }

    /// Leader epoch under which this replica leads, and the registration it has it from; `None` if it does not lead.
    pub(crate) fn leadership(&self) -> Option<(LeaderEpoch, BrokerEpoch)> {
        let core = self.core.lock();
        let state = core.replication.state()?;
        (state.leader == Some(self.services.broker)).then_some((state.leader_epoch, core.broker_epoch))
    }

    /// The controller's state as this replica has taken it over.
    pub(crate) fn state(&self) -> Option<PartitionState> {
        self.core.lock().replication.state().cloned()
    }

    /// This broker leads from now on, or leads on with another state.
    pub(crate) fn become_leader(&self, update: PartitionUpdate, now: Timestamp) -> Result<(), CoreError> {
        self.with_core(|core, effects| {
            core.broker_epoch = update.broker_epoch;
            core.replication.become_leader(update, now, effects)
        })
    }

    /// Another broker leads from now on, or nobody.
    pub(crate) fn become_follower(&self, state: PartitionState) -> Result<(), CoreError> {
        let result = self.with_core(|core, effects| core.replication.become_follower(state, effects));
        self.services.fetch_waiters.wake(self.id);
        result
    }

    /// The topic's `min.insync.replicas` has changed.
    pub(crate) fn set_min_isr(&self, min_isr: usize, now: Timestamp) {
        self.with_core(|core, effects| core.replication.set_min_isr(min_isr, now, effects));
    }

    /// Everything below is on stable storage.
    pub(crate) fn handle_durable(&self, durable_end: Offset, now: Timestamp) {
        self.with_core(|core, effects| core.replication.handle_flushed(durable_end, now, effects));
    }

    /// Time has passed: waits end, the ISR may shrink.
    pub(crate) fn handle_timeout(&self, now: Timestamp) {
        self.with_core(|core, effects| {
            if core.replication.next_timeout().is_some_and(|due| due <= now) {
                core.replication.handle_timeout(now, effects);
            }
        });
    }

    /// The controller's answer to a request for another ISR.
    pub(crate) fn handle_alter_partition_response(&self, response: &AlterPartitionResponse, now: Timestamp) {
        self.with_core(|core, effects| core.replication.handle_alter_partition_response(response, now, effects));
    }

    /// The remote state in the image has changed; reads refuse what is below a new log start from here on.
    pub(crate) fn remote_changed(&self, remote: Option<Arc<RemotePartition>>, now: Timestamp) -> Result<(), LogError> {
        let log_start = remote.as_ref().and_then(|remote| remote.log_start);
        let remote_end = remote.as_ref().and_then(|remote| remote.remote_end);
        self.remote.store(remote);
        if let Some(log_start) = log_start
            && log_start > self.log.log_start_offset()
        {
            self.log.set_log_start_offset(log_start)?;
            self.log_start_changed();
        }
        if let Some(remote_end) = remote_end {
            self.with_core(|core, effects| core.replication.handle_remote_end(remote_end, now, effects));
        }
        self.services.fetch_waiters.wake(self.id);
        Ok(())
    }

    pub(crate) fn log_start_changed(&self) {
        let offsets = self.log.offsets();
        self.with_core(|core, effects| {
            core.replication.handle_log_start(offsets.log_start, offsets.local_start, effects);
        });
    }

    /// Rolls and lets go of what retention says, of the local files.
    pub(crate) fn run_retention(&self, now: Timestamp) -> Result<RetentionOutcome, LogError> {
        self.log.roll_if_due(now)?;
        let is_tiered = self.is_tiered();
        let limits = RetentionLimits {
            high_watermark: self.high_watermark(),
            remote_end: if is_tiered { self.remote.load().as_ref().and_then(|remote| remote.remote_end) } else { None },
            tiered: is_tiered,
        };
        let outcome = self.log.apply_retention(&limits, now)?;
        if outcome.log_start.is_some() || outcome.local_start.is_some() {
            self.log_start_changed();
        }
        Ok(outcome)
    }

    /// The disk is nearly full: lets go of all local files that the bucket has, whatever local retention says.
    pub(crate) fn release_tiered(&self, now: Timestamp) -> Result<RetentionOutcome, LogError> {
        let remote_end = self.remote.load().as_ref().and_then(|remote| remote.remote_end);
        let Some(remote_end) = remote_end.filter(|_| self.is_tiered()) else {
            return Ok(RetentionOutcome::default());
        };
        let outcome = self.log.release_tiered(remote_end, now)?;
        if outcome.local_start.is_some() {
            self.log_start_changed();
        }
        Ok(outcome)
    }

    /// The partition is no more: whoever waits is told.
    pub(crate) fn stop(&self) {
        let waiting = std::mem::take(&mut self.core.lock().waiting);
        for (_, reply) in waiting {
            reply_to(reply, Err(CoreError::NotLeader));
        }
        self.services.fetch_waiters.wake(self.id);
    }

    /// Runs an event on the core, then its effects, under one lock.
    fn with_core<T>(&self, event: impl FnOnce(&mut Core, &mut Vec<Effect>) -> T) -> T {
        let mut core = self.core.lock();
        let mut effects = Vec::new();
        let result = event(&mut core, &mut effects);
        self.run_effects(&mut core, effects);
        result
    }

    fn run_effects(&self, core: &mut Core, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::AdvanceHighWatermark(high_watermark) => self.advance_high_watermark(high_watermark),
                Effect::Reply { operation, result } => {
                    if let Some(reply) = core.waiting.remove(&operation) {
                        reply_to(reply, result);
                    }
                }
                Effect::AlterPartition(request) => {
                    if self.services.alter_partition.send((self.id, request)).is_err() {
                        tracing::debug!(partition = %self.id, "the broker stops; an ISR change is not sent");
                    }
                }
                Effect::ReportLostRecords { from, to } => tracing::error!(
                    topic = %self.topic, partition = self.id.partition.0, %from, %to,
                    "records that were committed here are cut: an unclean election lost them"
                ),
                Effect::Append { .. } | Effect::TruncateTo(_) | Effect::RestartAt(_) | Effect::AdvanceLogStart(_) => {
                    tracing::error!(
                        topic = %self.topic, partition = self.id.partition.0, ?effect,
                        "a follower's effect on a node that fetches from nobody"
                    )
                }
            }
        }
    }

    fn advance_high_watermark(&self, high_watermark: Offset) {
        let before = self.high_watermark.swap(high_watermark.0, Ordering::AcqRel);
        assert_invariant!(high_watermark_never_goes_back(Offset(before), high_watermark));
        self.log.handle_high_watermark(high_watermark);
        self.services.fetch_waiters.wake(self.id);
        if self.is_internal {
            self.services.internal_topics.tell(InternalTopicEvent::Watermark(self.id, high_watermark));
        } else if let Some(copier) = self.services.copier.get() {
            copier.appended(self.id);
        }
    }
}

fn reply_to(reply: oneshot::Sender<Result<(), CoreError>>, result: Result<(), CoreError>) {
    if reply.send(result).is_err() {
        tracing::trace!("the client of a produce is gone");
    }
}
