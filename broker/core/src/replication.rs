//! Replication of one partition: the entry points of leader and follower.
//!
//! Owns: role, epochs, positions of the local log as far as replication needs them, the high watermark. Does not own: the log,
//! its epochs (passed in where they are needed), sockets, clocks. The shell passes events in and runs the effects, in order.
//!
//! ```text
//!                     become_leader                 handle_append_failed(StorageFailed)
//!   Unassigned ─────────────────────► Leader ───────────────────────────────► Offline
//!       │                              ▲ │                                      ▲
//!       │ become_follower              │ ▼                                      │
//!       └───────────────────────────► Follower ─────────────────────────────────┘
//!
//!   log start ≤ high watermark ≤ durable end ≤ log end        (of a leader; a follower's watermark is ≤ its log end)
//! ```
//! Invariants: leader and partition epochs never go back; the high watermark goes back only where a follower's log is cut
//! below it after an unclean election, and that is reported; it is at least the remote end, as far as the log reaches.
//! A crash leaves the log and the watermark's checkpoint; all else is told again by metadata and fetches.

mod acks;
mod alter_partition;
mod effect;
mod high_watermark;
mod isr;
mod leader;
mod partition_state;
mod replica_progress;
mod truncation;

use std::collections::BTreeMap;

use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, Timestamp};

pub use self::acks::ACKS_WAITING_MAX;
pub use self::alter_partition::{AlterPartitionError, AlterPartitionRequest, AlterPartitionResponse, RETRY_BACKOFF_MS};
pub use self::effect::{Effect, OperationId};
use self::leader::LeaderState;
pub use self::partition_state::{PartitionState, RecoveryState, ReplicaBroker};
use self::replica_progress::Progress;
pub use self::replica_progress::ReplicaProgress;
pub use self::truncation::{DivergingEpoch, diverging_epoch, truncation_offset};
use crate::assert_invariant;
use crate::error::Error;
use crate::leader_epoch::LeaderEpochCache;

/// What a replica needs to know that is not the partition's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicationConfig {
    /// This broker.
    pub local: BrokerId,
    /// `min.insync.replicas` of the topic.
    pub min_isr: usize,
    /// `replica.lag.time.max.ms`.
    pub lag_time_max_ms: i64,
}

/// Positions of the local log. The shell gives them at the start; events keep them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogPositions {
    /// First offset that may be read, remote ones included.
    pub log_start: Offset,
    /// First offset that lies on this broker.
    pub local_start: Offset,
    /// End of the committed remote range; 0 where there is none.
    pub remote_end: Offset,
    /// End of what is committed.
    pub high_watermark: Offset,
    /// End of what is on stable storage.
    pub durable_end: Offset,
    /// End of what is written.
    pub log_end: Offset,
}

/// News from the metadata image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionUpdate {
    /// The partition.
    pub state: PartitionState,
    /// The brokers of its replicas.
    pub brokers: BTreeMap<BrokerId, ReplicaBroker>,
    /// Registration of this broker.
    pub broker_epoch: BrokerEpoch,
}

/// Where a consumer or a follower wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPosition {
    /// The leader epoch that the reader believes in; −1 where it says nothing.
    pub leader_epoch: LeaderEpoch,
    /// First offset wanted.
    pub offset: Offset,
    /// Epoch of the record before it; −1 where the reader says nothing.
    pub last_fetched_epoch: LeaderEpoch,
    /// Whether only the leader may answer (always so for a follower).
    pub leader_only: bool,
}

/// A position that was found to be in this log. Only [`Replication::check_fetch`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedPosition {
    offset: Offset,
    leader_epoch: LeaderEpoch,
}

/// What [`Replication::check_fetch`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchCheck {
    /// Read on from here.
    Read(CheckedPosition),
    /// The reader's log has parted from this one: answer this, without records and without error.
    Diverging(DivergingEpoch),
}

/// A follower's fetch, once its position is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerFetch {
    /// The follower.
    pub replica: BrokerId,
    /// Its registration; −1 from one that does not tell.
    pub broker_epoch: BrokerEpoch,
    /// Where it fetches: the end of its log.
    pub position: CheckedPosition,
    /// The end of what is on its stable storage; `None` from a broker that does not tell: then it is the end of its log.
    pub durable_end: Option<Offset>,
}

/// What a follower asks its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowerPosition {
    /// Leader epoch that it follows.
    pub leader_epoch: LeaderEpoch,
    /// End of its log.
    pub offset: Offset,
    /// Epoch of its last record; −1 if it has none.
    pub last_fetched_epoch: LeaderEpoch,
    /// End of what is on its stable storage.
    pub durable_end: Offset,
}

/// A leader's answer to a follower, without the records themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaderAnswer {
    /// Leader epoch of the fetch that it answers.
    pub leader_epoch: LeaderEpoch,
    /// Offset of the fetch that it answers.
    pub fetch_offset: Offset,
    /// Last fetched epoch of the fetch that it answers. Offset and epoch together name one log: an answer that was overtaken
    /// must not cut a log that has become another since.
    pub last_fetched_epoch: LeaderEpoch,
    /// Set if the logs have parted.
    pub diverging: Option<DivergingEpoch>,
    /// The leader's high watermark.
    pub high_watermark: Offset,
    /// The leader's log start.
    pub log_start: Offset,
    /// Base offset of the first batch, if there are any.
    pub records_from: Option<Offset>,
}

/// Why the local log could not append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// A write or a flush failed: the log directory is offline until restart.
    StorageFailed,
    /// The disk is full; it may heal.
    DiskFull,
    /// The records were refused.
    Refused,
}

#[derive(Clone, Debug)]
struct FollowerState {
    state: PartitionState,
    leader_high_watermark: Offset,
}

#[derive(Clone, Debug)]
enum Role {
    Unassigned,
    Leader(Box<LeaderState>),
    Follower(FollowerState),
    Offline,
}

/// One replica of one partition.
#[derive(Clone, Debug)]
pub struct Replication {
    config: ReplicationConfig,
    log: LogPositions,
    role: Role,
    leader_epoch: LeaderEpoch,
    partition_epoch: PartitionEpoch,
    last_request_id: u64,
}

impl Replication {
    /// A replica that has no role yet, over a log at these positions; the checkpointed watermark may lie anywhere.
    #[must_use]
    pub fn new(config: ReplicationConfig, positions: LogPositions) -> Self {
        let mut log = positions;
        log.durable_end = log.durable_end.min(log.log_end);
        log.log_start = log.log_start.min(log.log_end);
        log.local_start = log.local_start.max(log.log_start);
        log.high_watermark = log.high_watermark.max(log.remote_end).max(log.log_start).min(log.log_end);
        assert_invariant!(positions_are_ordered(&log));
        Self {
            config,
            log,
            role: Role::Unassigned,
            leader_epoch: LeaderEpoch::NONE,
            partition_epoch: PartitionEpoch(-1),
            last_request_id: 0,
        }
    }

    /// This broker leads from now on, or leads on with another state. A newer leader epoch begins at the log's end.
    pub fn become_leader(
        &mut self,
        update: PartitionUpdate,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        let is_new_epoch = self.accept_state(&update.state)?;
        match &mut self.role {
            Role::Leader(leader) if !is_new_epoch => leader.update(self.config.local, update, now),
            role => {
                let id = self.last_request_id;
                let mut leader = LeaderState::new(&self.config, update, self.log.log_end, id, now);
                if let Role::Leader(former) = role {
                    // Still the leader: nothing that waits is lost.
                    leader.acks = std::mem::take(&mut former.acks);
                }
                *role = Role::Leader(Box::new(leader));
            }
        }
        if let Role::Leader(leader) = &mut self.role {
            leader.confirm_recovery(&self.config, effects);
            self.last_request_id = leader.last_request_id();
        }
        self.advance(now, effects);
        Ok(())
    }

    /// Another broker leads from now on, or nobody. Whatever waits for acknowledgement is told so.
    pub fn become_follower(&mut self, state: PartitionState, effects: &mut Vec<Effect>) -> Result<(), Error> {
        let is_new_epoch = self.accept_state(&state)?;
        self.fail_waiting(Error::NotLeader, effects);
        match &mut self.role {
            Role::Follower(follower) if !is_new_epoch => follower.state = state,
            role => {
                // The former leader's watermark says nothing of the new leader's log.
                *role = Role::Follower(FollowerState { state, leader_high_watermark: Offset(0) });
            }
        }
        Ok(())
    }

    /// Whether the state is not older than the one in force; returns whether it begins another leader epoch.
    fn accept_state(&mut self, state: &PartitionState) -> Result<bool, Error> {
        if matches!(self.role, Role::Offline) {
            return Err(Error::StorageFailed);
        }
        if state.leader_epoch < self.leader_epoch {
            return Err(Error::FencedLeaderEpoch { requested: state.leader_epoch, current: self.leader_epoch });
        }
        let is_new_epoch = state.leader_epoch > self.leader_epoch;
        if !is_new_epoch && state.partition_epoch < self.partition_epoch {
            return Err(Error::StalePartitionEpoch { given: state.partition_epoch, current: self.partition_epoch });
        }
        self.leader_epoch = state.leader_epoch;
        self.partition_epoch = state.partition_epoch;
        Ok(is_new_epoch)
    }

    /// Brokers have registered, or were fenced or unfenced; the partition itself is unchanged.
    pub fn handle_brokers(
        &mut self,
        brokers: BTreeMap<BrokerId, ReplicaBroker>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Role::Leader(leader) = &mut self.role {
            leader.update_brokers(brokers);
        }
        self.advance(now, effects);
    }

    /// The topic's `min.insync.replicas` has changed.
    pub fn set_min_isr(&mut self, min_isr: usize, now: Timestamp, effects: &mut Vec<Effect>) {
        self.config.min_isr = min_isr;
        self.advance(now, effects);
    }

    /// Whether a produce may append now, and in which leader epoch.
    pub fn check_append(&self, acks_all: bool) -> Result<LeaderEpoch, Error> {
        let leader = self.leader()?;
        if acks_all && let Err((in_sync, required)) = leader.check_min_isr(self.config.min_isr) {
            return Err(Error::NotEnoughReplicas { in_sync, required });
        }
        Ok(leader.leader_epoch())
    }

    /// Answers `operation` by an [`Effect::Reply`] as soon as all below `end_offset` is committed, perhaps at once, or at
    /// `deadline`. For a duplicate that is the end of the batch already there.
    pub fn await_commit(
        &mut self,
        operation: OperationId,
        end_offset: Offset,
        deadline: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        match &mut self.role {
            Role::Leader(leader) => leader.acks.add(operation, end_offset, deadline)?,
            Role::Offline => return Err(Error::StorageFailed),
            Role::Unassigned | Role::Follower(_) => return Err(Error::NotLeader),
        }
        self.complete_acks(effects);
        Ok(())
    }

    /// Whether a reader at this position may read here. `epochs` are those of the local log.
    pub fn check_fetch(&self, position: &FetchPosition, epochs: &LeaderEpochCache) -> Result<FetchCheck, Error> {
        match &self.role {
            Role::Offline => return Err(Error::StorageFailed),
            Role::Unassigned => return Err(Error::NotLeader),
            Role::Leader(_) | Role::Follower(_) => {}
        }
        self.check_leader_epoch(position.leader_epoch)?;
        if position.leader_only {
            self.leader()?;
        }
        let (log_start, log_end) = (self.log.log_start, self.log.log_end);
        let out_of_range = Error::OffsetOutOfRange { offset: position.offset, log_start, log_end };
        if position.offset < log_start {
            return Err(out_of_range);
        }
        if let Some(diverging) = diverging_epoch(epochs, position.last_fetched_epoch, position.offset, log_end) {
            return Ok(FetchCheck::Diverging(diverging));
        }
        if position.offset > log_end {
            return Err(out_of_range);
        }
        Ok(FetchCheck::Read(CheckedPosition { offset: position.offset, leader_epoch: self.leader_epoch }))
    }

    /// Fences a request by the leader epoch that it names; −1 names none.
    pub fn check_leader_epoch(&self, requested: LeaderEpoch) -> Result<(), Error> {
        let current = self.leader_epoch;
        if requested.0 >= 0 && requested < current {
            return Err(Error::FencedLeaderEpoch { requested, current });
        }
        if requested > current {
            return Err(Error::UnknownLeaderEpoch { requested, current });
        }
        Ok(())
    }

    /// Where an epoch ends in this log, for OffsetForLeaderEpoch. The current epoch ends at the log's end even if it has
    /// written nothing yet.
    #[must_use]
    pub fn end_offset_for(&self, requested: LeaderEpoch, epochs: &LeaderEpochCache) -> Option<(LeaderEpoch, Offset)> {
        if requested.0 >= 0 && requested == self.leader_epoch && self.is_leader() {
            return Some((requested, self.log.log_end));
        }
        epochs.end_offset_for(requested, self.log.log_end)
    }

    /// Leader: a follower fetches, and tells by that how far it is.
    pub fn handle_fetch(
        &mut self,
        fetch: &FollowerFetch,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        if fetch.position.leader_epoch != self.leader_epoch {
            let (requested, current) = (fetch.position.leader_epoch, self.leader_epoch);
            return Err(Error::FencedLeaderEpoch { requested, current });
        }
        self.leader()?.check_replica(fetch.replica, fetch.broker_epoch)?;
        let log_end = fetch.position.offset.min(self.log.log_end);
        let durable_end = fetch.durable_end.unwrap_or(log_end).min(log_end);
        let progress = Progress { log_end, durable_end, broker_epoch: fetch.broker_epoch };
        if let Role::Leader(leader) = &mut self.role {
            leader.handle_progress(fetch.replica, progress, self.log.log_end, now);
            leader.maybe_expand(&self.config, &self.log, fetch.replica, now, effects);
            self.last_request_id = leader.last_request_id();
        }
        self.advance(now, effects);
        Ok(())
    }

    /// Time has passed: waits end, an ISR shrinks, a request is sent again.
    pub fn handle_timeout(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Role::Leader(leader) = &mut self.role {
            leader.handle_timeout(&self.config, &self.log, now, effects);
            self.last_request_id = leader.last_request_id();
        }
        self.advance(now, effects);
    }

    /// When [`Self::handle_timeout`] is due. It may change with every event.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        match &self.role {
            Role::Leader(leader) => leader.next_timeout(&self.config, &self.log),
            Role::Unassigned | Role::Follower(_) | Role::Offline => None,
        }
    }

    /// The local log ends here now, by an append.
    pub fn handle_appended(&mut self, end_offset: Offset, now: Timestamp, effects: &mut Vec<Effect>) {
        self.log.log_end = self.log.log_end.max(end_offset);
        self.advance(now, effects);
    }

    /// All below this is on stable storage. It must be of the log as it is: what was flushed before a truncation does not
    /// count beyond it.
    pub fn handle_flushed(&mut self, durable_end: Offset, now: Timestamp, effects: &mut Vec<Effect>) {
        self.log.durable_end = self.log.durable_end.max(durable_end.min(self.log.log_end));
        self.advance(now, effects);
    }

    /// The local log could not append.
    pub fn handle_append_failed(&mut self, error: AppendError, now: Timestamp, effects: &mut Vec<Effect>) {
        match error {
            AppendError::StorageFailed => {
                self.fail_waiting(Error::StorageFailed, effects);
                self.role = Role::Offline;
            }
            // Nothing was written: whoever asked has the error, and what waits may still be committed.
            AppendError::DiskFull | AppendError::Refused => self.advance(now, effects),
        }
    }

    /// The log's start, or the local log's start, has moved. What lies below the log start was committed before it went.
    pub fn handle_log_start(&mut self, log_start: Offset, local_start: Offset, effects: &mut Vec<Effect>) {
        self.log.log_start = self.log.log_start.max(log_start.min(self.log.log_end));
        self.log.local_start = self.log.local_start.max(local_start).max(self.log.log_start);
        self.advance_to(Offset(0), effects);
    }

    /// The committed remote range ends here now: all below is committed.
    pub fn handle_remote_end(&mut self, remote_end: Offset, now: Timestamp, effects: &mut Vec<Effect>) {
        self.log.remote_end = self.log.remote_end.max(remote_end);
        self.advance(now, effects);
    }

    /// The controller has answered, or the request was lost ([`AlterPartitionError::Unavailable`]).
    pub fn handle_alter_partition_response(
        &mut self,
        response: &AlterPartitionResponse,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        if leader.handle_response(self.config.local, response, now).is_some() {
            self.partition_epoch = self.partition_epoch.max(leader.state.partition_epoch);
            self.advance(now, effects);
        }
    }

    /// Follower: where to fetch next. `epochs` are those of the local log.
    pub fn fetch_position(&self, epochs: &LeaderEpochCache) -> Result<FollowerPosition, Error> {
        self.follower()?;
        Ok(FollowerPosition {
            leader_epoch: self.leader_epoch,
            offset: self.log.log_end,
            last_fetched_epoch: epochs.latest().map_or(LeaderEpoch::NONE, |(epoch, _)| epoch),
            durable_end: self.log.durable_end,
        })
    }

    /// Follower: the leader has answered a fetch. An answer to another position than the present one is dropped.
    pub fn handle_leader_answer(
        &mut self,
        answer: &LeaderAnswer,
        epochs: &LeaderEpochCache,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        self.follower()?;
        self.check_leader_epoch(answer.leader_epoch)?;
        let last_epoch = epochs.latest().map_or(LeaderEpoch::NONE, |(epoch, _)| epoch);
        if answer.fetch_offset != self.log.log_end || answer.last_fetched_epoch != last_epoch {
            return Ok(());
        }
        if let Some(diverging) = answer.diverging {
            // First the cut: a watermark must not move over records that are about to go.
            self.cut(truncation_offset(epochs, diverging, self.log.log_end), answer.log_start, effects);
            return Ok(());
        }
        if let Role::Follower(follower) = &mut self.role {
            follower.leader_high_watermark = answer.high_watermark;
        }
        // Before the append, whose own event moves the watermark further.
        self.advance_follower(effects);
        if let Some(base_offset) = answer.records_from {
            if base_offset < self.log.log_end {
                let LogPositions { log_start, log_end, .. } = self.log;
                return Err(Error::OffsetOutOfRange { offset: base_offset, log_start, log_end });
            }
            effects.push(Effect::Append { base_offset, leader_epoch: answer.leader_epoch });
        }
        if answer.log_start > self.log.log_start {
            effects.push(Effect::AdvanceLogStart(answer.log_start));
        }
        Ok(())
    }

    /// Follower: the leader does not have the position. Its log lies between these offsets (its local log, where older
    /// records are remote).
    pub fn handle_out_of_range(
        &mut self,
        leader_start: Offset,
        leader_end: Offset,
        effects: &mut Vec<Effect>,
    ) -> Result<(), Error> {
        self.follower()?;
        if leader_end < self.log.log_end && leader_end >= leader_start {
            self.cut(leader_end, leader_start, effects);
        } else {
            effects.push(Effect::RestartAt(leader_start));
        }
        Ok(())
    }

    fn cut(&self, to: Offset, leader_start: Offset, effects: &mut Vec<Effect>) {
        if to < self.log.high_watermark {
            effects.push(Effect::ReportLostRecords { from: to, to: self.log.high_watermark });
        }
        if to >= self.log.local_start && to >= leader_start {
            effects.push(Effect::TruncateTo(to));
        } else {
            effects.push(Effect::RestartAt(to.max(leader_start)));
        }
    }

    /// The local log was cut and ends here now.
    pub fn handle_truncated(&mut self, end_offset: Offset) {
        self.log.log_end = self.log.log_end.min(end_offset);
        self.log.durable_end = self.log.durable_end.min(end_offset);
        self.log.high_watermark = self.log.high_watermark.min(end_offset);
        self.log.log_start = self.log.log_start.min(end_offset);
        assert_invariant!(positions_are_ordered(&self.log));
    }

    /// The local log was dropped and begins anew, empty, at this offset.
    pub fn handle_restarted(&mut self, offset: Offset) {
        self.log.log_end = offset;
        self.log.durable_end = offset;
        self.log.high_watermark = offset;
        self.log.local_start = offset;
        self.log.log_start = self.log.log_start.min(offset);
        assert_invariant!(positions_are_ordered(&self.log));
    }

    /// Positions of the local log.
    #[must_use]
    pub const fn positions(&self) -> &LogPositions {
        &self.log
    }

    /// End of what is committed.
    #[must_use]
    pub const fn high_watermark(&self) -> Offset {
        self.log.high_watermark
    }

    /// The leader epoch in force; −1 before the first.
    #[must_use]
    pub const fn leader_epoch(&self) -> LeaderEpoch {
        self.leader_epoch
    }

    /// Whether this broker leads.
    #[must_use]
    pub const fn is_leader(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// The state in force, of leader or follower.
    #[must_use]
    pub fn state(&self) -> Option<&PartitionState> {
        match &self.role {
            Role::Leader(leader) => Some(&leader.state),
            Role::Follower(follower) => Some(&follower.state),
            Role::Unassigned | Role::Offline => None,
        }
    }

    /// Leader: the committed ISR and the one asked for.
    #[cfg(test)]
    fn maximal_isr(&self) -> std::collections::BTreeSet<BrokerId> {
        let members = |leader: &LeaderState| leader.state.isr.iter().copied().chain(leader.proposed_isr()).collect();
        self.leader().map(members).unwrap_or_default()
    }

    /// Leader: how far the other replicas are.
    #[must_use]
    pub fn progress(&self, replica: BrokerId) -> Option<&ReplicaProgress> {
        self.leader().ok()?.progress.get(&replica)
    }

    /// Leader: produce requests that wait for the high watermark.
    #[must_use]
    pub fn waiting_acks(&self) -> usize {
        self.leader().map_or(0, |leader| leader.acks.len())
    }

    fn leader(&self) -> Result<&LeaderState, Error> {
        match &self.role {
            Role::Leader(leader) => Ok(leader),
            Role::Offline => Err(Error::StorageFailed),
            Role::Unassigned | Role::Follower(_) => Err(Error::NotLeader),
        }
    }

    fn follower(&self) -> Result<&FollowerState, Error> {
        match &self.role {
            Role::Follower(follower) => Ok(follower),
            Role::Offline => Err(Error::StorageFailed),
            Role::Unassigned | Role::Leader(_) => Err(Error::NotFollower),
        }
    }

    fn fail_waiting(&mut self, error: Error, effects: &mut Vec<Effect>) {
        if let Role::Leader(leader) = &mut self.role {
            leader.acks.fail_all(error, effects);
        }
    }

    /// Moves the high watermark as far as it may, and answers what waited for it.
    fn advance(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        match &self.role {
            Role::Leader(leader) => {
                let committed = leader.committed_end(&self.config, &self.log, now).unwrap_or(Offset(0));
                let durable_ends = leader.durable_ends(self.config.local, self.log.durable_end);
                assert_invariant!(high_watermark_is_durable(committed, durable_ends));
                self.advance_to(committed, effects);
                self.complete_acks(effects);
            }
            Role::Follower(_) => self.advance_follower(effects),
            Role::Unassigned | Role::Offline => {}
        }
    }

    fn advance_follower(&mut self, effects: &mut Vec<Effect>) {
        if let Role::Follower(follower) = &self.role {
            self.advance_to(follower.leader_high_watermark, effects);
        }
    }

    fn advance_to(&mut self, committed: Offset, effects: &mut Vec<Effect>) {
        let target = committed.max(self.log.remote_end).max(self.log.log_start).min(self.log.log_end);
        if target > self.log.high_watermark {
            self.log.high_watermark = target;
            effects.push(Effect::AdvanceHighWatermark(target));
        }
        assert_invariant!(positions_are_ordered(&self.log));
    }

    fn complete_acks(&mut self, effects: &mut Vec<Effect>) {
        if let Role::Leader(leader) = &mut self.role {
            let result = leader
                .check_min_isr(self.config.min_isr)
                .map_err(|(in_sync, required)| Error::NotEnoughReplicasAfterAppend { in_sync, required });
            leader.acks.complete_to(self.log.high_watermark, result, effects);
        }
    }
}

#[cfg(test)]
mod tests;
