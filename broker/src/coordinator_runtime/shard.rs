//! One shard: the coordinator of one partition of `__consumer_offsets`, with what waits for it.
//!
//! Owns: the lock under which the coordinator is called and its records are appended and replayed; the answers that wait for
//! the high watermark; the operations that wait for other members. Does not own: what a coordinator decides
//! (`strata-broker-core`), when the shard is loaded and woken (`driver.rs`), the log.
//!
//! ```text
//! Loading ──loaded──► Active ──append failed──► Loading …        any ──leadership lost──► Unloaded
//!    └──cannot be read──► Failed ──pause──► Loading
//! ```
//! Invariants: records are replayed right after their append, before the next call; nothing is answered before everything
//! appended until then is committed (heartbeats aside); each operation is answered once; queues are bounded.
//! A crash leaves the log, from which the next leader loads.
//!
//! Room in the journal is taken before the shard is locked, so that no call waits for another's; while there is none, calls that
//! could write are refused and nothing has happened.
//!
//! Lock order: the shard, then the partition.

mod delivery;

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use strata_broker_core::coordinator::{
    CoordinatorRecord, CoordinatorResult, CoordinatorShard, Effect, RequestContext, ShardConfig,
};
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicId, TopicIdPartition};
use strata_compat::messages::delete_groups::DeletableGroupResult;
use strata_compat::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, JoinGroupResponse, SyncGroupRequest, SyncGroupResponse,
};
use strata_compat::wire::KString;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use self::delivery::{Deliveries, Reply, Waiter, Waiting};
use super::batches::{CutError, cut};
use super::shard_log::{AppendLimits, Room, ShardLog, coordinator_code};
use crate::metadata_cache::MetadataCache;
use crate::partition::append::{JOURNAL_WAIT, is_full, wait_for_room};

/// Room in a batch beside the one record of a group.
const GROUP_RECORD_MARGIN_BYTES: usize = 4 << 10;

/// An answer that comes when the shard's log is committed that far.
pub(crate) type Answer<R> = oneshot::Receiver<Result<R, ErrorCode>>;

/// When the calls of a request that begins now stop waiting for room in the journal: a request has one such time, however many
/// groups it names.
pub(crate) fn room_until() -> Instant {
    Instant::now() + JOURNAL_WAIT
}

/// Calls that delete these groups, each at its shard, begun one after the other; those for which there is no room in time are
/// answered like any other call without it.
pub(crate) async fn delete_groups(
    asked: Vec<(KString, Result<Arc<Shard>, ErrorCode>)>,
    now: Timestamp,
) -> Vec<(KString, Result<Answer<Vec<DeletableGroupResult>>, ErrorCode>)> {
    let until = room_until();
    let mut begun = Vec::with_capacity(asked.len());
    for (group, shard) in asked {
        let answer = match shard {
            Ok(shard) => {
                let delete = |core: &mut CoordinatorShard| core.delete_groups(std::slice::from_ref(&group));
                Ok(shard.call(until, Changes::OnlyByRecords, now, delete).await)
            }
            Err(code) => Err(code),
        };
        begun.push((group, answer));
    }
    begun
}

/// Waits for an answer; a shard that is gone is another broker's.
pub(crate) async fn wait<R>(answer: Answer<R>) -> Result<R, ErrorCode> {
    answer.await.unwrap_or(Err(ErrorCode::NotCoordinator))
}

/// What a call changes besides what its records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// Nothing: if nothing could be appended, nothing has happened.
    OnlyByRecords,
    /// Members and waits: after a failed append the shard is not what its log says.
    AtOnce,
}

/// Options of all shards of a broker.
#[derive(Clone, Debug)]
pub(super) struct ShardSettings {
    pub(super) core: ShardConfig,
    /// `offsets.commit.timeout.ms`.
    pub(super) commit_timeout_ms: i64,
    /// Records of groups that the log would not have taken.
    pub(super) unwritten: Counter,
}

/// One shard.
pub(crate) struct Shard {
    id: TopicIdPartition,
    log: Arc<dyn ShardLog>,
    topics: Arc<dyn Topics>,
    settings: ShardSettings,
    state: Mutex<State>,
    /// Tells the driver to look again.
    pub(super) wake: Notify,
}

enum Phase {
    Loading,
    Failed,
    Active(Box<CoordinatorShard>),
    Unloaded,
}

struct State {
    phase: Phase,
    /// Leader epoch that the shard was loaded in, or that followed it without a change of leader.
    epoch: LeaderEpoch,
    /// End of the last append, or of the load.
    appended_end: Offset,
    deliveries: Deliveries,
    waiting: Waiting,
    /// When the driver wakes by itself.
    armed: Option<Timestamp>,
    /// Topics that were deleted while the shard was loading.
    deleted_topics: BTreeSet<KString>,
}

/// Why records are not in the log.
struct WriteFailure {
    code: ErrorCode,
    /// Whether some of them are.
    is_partial: bool,
}

/// Which topics there are, by this broker's newest image.
pub(super) trait Topics: Send + Sync + 'static {
    /// Whether there is a topic of this name, and with this id unless that is nil.
    fn exists(&self, name: &str, id: TopicId) -> bool;
}

impl Topics for MetadataCache {
    fn exists(&self, name: &str, id: TopicId) -> bool {
        self.topic_by_name(name).is_some_and(|topic| id.0.is_nil() || topic.topic_id == id)
    }
}

/// What the driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Load the shard.
    Load,
    /// Wait until then, or until woken.
    WaitUntil(Option<Timestamp>),
    /// End.
    Stop,
}

impl Shard {
    pub(super) fn new(
        id: TopicIdPartition,
        log: Arc<dyn ShardLog>,
        topics: Arc<dyn Topics>,
        mut settings: ShardSettings,
    ) -> Self {
        let record_bytes_max = log.batch_bytes_max().saturating_sub(GROUP_RECORD_MARGIN_BYTES);
        settings.core.group_metadata_bytes_max = settings.core.group_metadata_bytes_max.min(record_bytes_max);
        let state = State {
            phase: Phase::Loading,
            epoch: LeaderEpoch::NONE,
            appended_end: Offset(0),
            deliveries: Deliveries::default(),
            waiting: Waiting::new(settings.unwritten.clone()),
            armed: None,
            deleted_topics: BTreeSet::new(),
        };
        Self { id, log, topics, settings, state: Mutex::new(state), wake: Notify::new() }
    }

    pub(super) const fn id(&self) -> TopicIdPartition {
        self.id
    }

    pub(super) fn log(&self) -> &dyn ShardLog {
        &*self.log
    }

    pub(super) const fn core_config(&self) -> ShardConfig {
        self.settings.core
    }

    /// Takes room for what a call may write, waiting until then for it, or says what a client is told instead.
    pub(super) async fn room(&self, until: Instant) -> Result<Room<'_>, ErrorCode> {
        let take = || match self.log.try_room() {
            // Nobody writes here any more, so nobody waits either.
            Err(error) if is_full(&error) && !self.is_unloaded() => Err(error),
            // Any other error is the append's to tell.
            taken => Ok(taken.unwrap_or_default()),
        };
        wait_for_room(until, take).await.map_err(|error| {
            tracing::warn!(partition = %self.id, %error, "a call of the group coordinator is refused");
            ErrorCode::CoordinatorNotAvailable
        })
    }

    /// Calls the coordinator; the answer comes when its records, and all before them, are committed.
    pub(crate) async fn call<R: Send + 'static>(
        &self,
        room_until: Instant,
        changes: Changes,
        now: Timestamp,
        operation: impl FnOnce(&mut CoordinatorShard) -> CoordinatorResult<R>,
    ) -> Answer<R> {
        match self.room(room_until).await {
            Ok(room) => self.call_in(&room, changes, now, operation),
            Err(code) => {
                let (sender, answer) = oneshot::channel();
                answer_once(sender, Err(code));
                answer
            }
        }
    }

    /// As [`Shard::call`], with room that was taken.
    fn call_in<R: Send + 'static>(
        &self,
        room: &Room<'_>,
        changes: Changes,
        now: Timestamp,
        operation: impl FnOnce(&mut CoordinatorShard) -> CoordinatorResult<R>,
    ) -> Answer<R> {
        let (sender, answer) = oneshot::channel();
        let mut state = self.state.lock();
        let code = match state.admit() {
            Ok(core) => {
                let CoordinatorResult { records, response, effects } = operation(core);
                match self.write(&mut state, &records, now, room) {
                    Ok(()) => {
                        let reply: Reply = Box::new(move |end| answer_once(sender, end.map(|()| response)));
                        self.deliver(&mut state, Some(reply), effects, now);
                        return answer;
                    }
                    Err(failure) => self.failed(&mut state, &failure, changes),
                }
            }
            Err(code) => code,
        };
        drop(state);
        answer_once(sender, Err(code));
        answer
    }

    /// Asks the coordinator; the answer comes when all that it rests on is committed.
    pub(crate) fn read<R: Send + 'static>(
        &self,
        now: Timestamp,
        question: impl FnOnce(&CoordinatorShard) -> R,
    ) -> Answer<R> {
        self.call_in(&Room::default(), Changes::OnlyByRecords, now, |core| CoordinatorResult {
            records: Vec::new(),
            response: question(core),
            effects: Vec::new(),
        })
    }

    /// JoinGroup: answered when the group's members are known.
    pub(crate) async fn join_group(
        &self,
        request: &JoinGroupRequest,
        context: &RequestContext,
        now: Timestamp,
    ) -> Answer<JoinGroupResponse> {
        let (sender, answer) = oneshot::channel();
        match self.room(room_until()).await {
            Ok(room) => self.join_in(&room, (request, context), sender, now),
            Err(code) => answer_once(sender, Err(code)),
        }
        answer
    }

    fn join_in(
        &self,
        room: &Room<'_>,
        (request, context): (&JoinGroupRequest, &RequestContext),
        sender: oneshot::Sender<Result<JoinGroupResponse, ErrorCode>>,
        now: Timestamp,
    ) {
        let new_member = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        self.call_waiting(room, Waiter::Join(sender), now, |core, operation| {
            core.join_group(request, context, operation, new_member, now)
        });
    }

    /// SyncGroup: answered when the assignment is there.
    pub(crate) async fn sync_group(
        &self,
        request: &SyncGroupRequest,
        context: &RequestContext,
        now: Timestamp,
    ) -> Answer<SyncGroupResponse> {
        let (sender, answer) = oneshot::channel();
        match self.room(room_until()).await {
            Ok(room) => self.sync_in(&room, (request, context), sender, now),
            Err(code) => answer_once(sender, Err(code)),
        }
        answer
    }

    fn sync_in(
        &self,
        room: &Room<'_>,
        (request, context): (&SyncGroupRequest, &RequestContext),
        sender: oneshot::Sender<Result<SyncGroupResponse, ErrorCode>>,
        now: Timestamp,
    ) {
        self.call_waiting(room, Waiter::Sync(sender), now, |core, operation| {
            core.sync_group(request, context, operation, now)
        });
    }

    /// Heartbeat: it tells nothing that is in the log, so it waits for nothing; while the log is loaded everybody is well.
    pub(crate) fn heartbeat(&self, request: &HeartbeatRequest, now: Timestamp) -> Result<HeartbeatResponse, ErrorCode> {
        let mut state = self.state.lock();
        match state.phase.core() {
            Ok(core) => Ok(core.heartbeat(request, now).response),
            Err(ErrorCode::CoordinatorLoadInProgress) => Ok(HeartbeatResponse::default()),
            Err(code) => Err(code),
        }
    }

    /// Topics are gone, and with them their offsets: at once, or when there is room for the records that say so.
    pub(super) fn topics_deleted(&self, topics: &BTreeSet<KString>, now: Timestamp, room: Option<&Room<'_>>) {
        let mut state = self.state.lock();
        if !matches!(state.phase, Phase::Unloaded) {
            state.deleted_topics.extend(topics.iter().cloned());
        }
        if let Some(room) = room {
            self.delete_topics(&mut state, now, room);
        }
    }

    /// Deletes the offsets of the topics that are gone; what cannot be written is tried again, or done by the next load.
    fn delete_topics(&self, state: &mut State, now: Timestamp, room: &Room<'_>) {
        let Phase::Active(core) = &mut state.phase else {
            return;
        };
        if state.deleted_topics.is_empty() {
            return;
        }
        let topics = std::mem::take(&mut state.deleted_topics);
        let result = core.delete_topics(&topics);
        if !self.carry_through(state, result, Changes::OnlyByRecords, (now, room)) {
            state.deleted_topics = topics;
        }
    }

    /// Runs a call that nobody waits for. Whether it was written.
    fn carry_through(
        &self,
        state: &mut State,
        result: CoordinatorResult<()>,
        changes: Changes,
        (now, room): (Timestamp, &Room<'_>),
    ) -> bool {
        match self.write(state, &result.records, now, room) {
            Ok(()) => {
                self.deliver(state, None, result.effects, now);
                true
            }
            Err(failure) => {
                let code = self.failed(state, &failure, changes);
                tracing::warn!(partition = %self.id, code = code.name(), "the group coordinator could not write");
                false
            }
        }
    }

    fn call_waiting(
        &self,
        room: &Room<'_>,
        waiter: Waiter,
        now: Timestamp,
        operation: impl FnOnce(&mut CoordinatorShard, strata_broker_core::coordinator::OperationId) -> CoordinatorResult<()>,
    ) {
        let mut state = self.state.lock();
        if let Err(code) = state.admit() {
            drop(state);
            waiter.fail(code);
            return;
        }
        let id = match state.waiting.insert(waiter) {
            Ok(id) => id,
            Err(waiter) => {
                drop(state);
                waiter.fail(ErrorCode::CoordinatorNotAvailable);
                return;
            }
        };
        if let Phase::Active(core) = &mut state.phase {
            let result = operation(core, id);
            match self.write(&mut state, &result.records, now, room) {
                Ok(()) => self.deliver(&mut state, None, result.effects, now),
                Err(failure) => {
                    // The operation is among those that are answered when the shard is given up.
                    self.failed(&mut state, &failure, Changes::AtOnce);
                }
            }
        }
    }

    /// Appends records and replays them.
    fn write(
        &self,
        state: &mut State,
        records: &[CoordinatorRecord],
        now: Timestamp,
        room: &Room<'_>,
    ) -> Result<(), WriteFailure> {
        if records.is_empty() {
            return Ok(());
        }
        let Phase::Active(core) = &mut state.phase else {
            return Err(WriteFailure { code: ErrorCode::NotCoordinator, is_partial: false });
        };
        let pieces = cut(records, self.log.batch_bytes_max(), now).map_err(|error| {
            tracing::warn!(partition = %self.id, %error, "records of the group coordinator are refused");
            let code = match error {
                CutError::TooLarge { .. } => ErrorCode::InvalidCommitOffsetSize,
                CutError::Record(_) => ErrorCode::UnknownServerError,
            };
            WriteFailure { code, is_partial: false }
        })?;
        let limits = AppendLimits { now, deadline: now.plus_ms(self.settings.commit_timeout_ms) };
        for piece in pieces {
            let is_partial = piece.records.start > 0;
            let end = self.log.append(piece.batch, state.epoch, limits, room).map_err(|error| {
                tracing::warn!(partition = %self.id, %error, "an append of the group coordinator failed");
                WriteFailure { code: coordinator_code(&error), is_partial }
            })?;
            state.appended_end = end;
            for record in records.get(piece.records).unwrap_or_default() {
                if let Err(error) = core.replay(record) {
                    tracing::error!(partition = %self.id, %error, "a record of our own cannot be replayed");
                }
            }
        }
        Ok(())
    }

    /// What a failed write means: the shard is given up and loaded again, unless nothing has happened.
    fn failed(&self, state: &mut State, failure: &WriteFailure, changes: Changes) -> ErrorCode {
        let code = match (failure.code, changes) {
            (ErrorCode::InvalidCommitOffsetSize, Changes::AtOnce) => ErrorCode::UnknownServerError,
            (code, _) => code,
        };
        let is_fenced = code == ErrorCode::NotCoordinator;
        if changes == Changes::AtOnce || failure.is_partial || is_fenced {
            self.give_up(state, code, Phase::Failed);
        }
        code
    }

    /// Answers when the log is committed up to what is appended now.
    fn deliver(&self, state: &mut State, reply: Option<Reply>, effects: Vec<Effect>, now: Timestamp) {
        if reply.is_some() || !effects.is_empty() {
            let deadline = now.plus_ms(self.settings.commit_timeout_ms);
            state.deliveries.push(state.appended_end, deadline, reply, effects);
            state.deliveries.flush(self.log.high_watermark(), &mut state.waiting);
        }
        let next = state.next_wake();
        if next.is_some_and(|next| state.armed.is_none_or(|armed| next < armed)) {
            state.armed = next;
            self.wake.notify_one();
        }
    }

    /// The high watermark has moved.
    pub(super) fn handle_watermark(&self, high_watermark: Offset) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.deliveries.flush(high_watermark, &mut state.waiting);
        if matches!(state.phase, Phase::Loading) {
            self.wake.notify_one();
        }
    }

    /// What the driver has to do next.
    pub(super) fn next_step(&self) -> Step {
        let mut state = self.state.lock();
        match state.phase {
            Phase::Loading => Step::Load,
            Phase::Unloaded => Step::Stop,
            Phase::Failed | Phase::Active(_) => {
                state.armed = state.next_wake();
                Step::WaitUntil(state.armed)
            }
        }
    }

    /// Gives the answers that are ready or overdue, for which nothing is written. Whether there is something else that is due,
    /// and wants room; when the next answer is overdue.
    pub(super) fn deliver_due(&self, now: Timestamp) -> (bool, Option<Timestamp>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        state.deliveries.flush(self.log.high_watermark(), &mut state.waiting);
        state.deliveries.expire(now, ErrorCode::CoordinatorNotAvailable);
        let wants_room = match &state.phase {
            Phase::Active(core) => {
                !state.deleted_topics.is_empty() || core.next_timeout().is_some_and(|due| due <= now)
            }
            Phase::Loading | Phase::Failed | Phase::Unloaded => false,
        };
        (wants_room, state.deliveries.next_deadline())
    }

    /// Time has passed, and there is room for the records: members that are gone, offsets that expire.
    pub(super) fn handle_timeout(&self, now: Timestamp, room: &Room<'_>) {
        let mut guard = self.state.lock();
        let state = &mut *guard;
        self.delete_topics(state, now, room);
        if let Phase::Active(core) = &mut state.phase
            && core.next_timeout().is_some_and(|due| due <= now)
        {
            let result = core.handle_timeout(now);
            self.carry_through(state, result, Changes::AtOnce, (now, room));
        }
    }

    /// A shard that could not be loaded, or was given up, is loaded anew.
    pub(super) fn try_again(&self) {
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Failed) {
            state.phase = Phase::Loading;
        }
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state.lock().phase, Phase::Failed)
    }

    fn is_unloaded(&self) -> bool {
        matches!(self.state.lock().phase, Phase::Unloaded)
    }

    /// Whether a load is still wanted.
    pub(super) fn is_loading(&self) -> bool {
        matches!(self.state.lock().phase, Phase::Loading)
    }

    pub(super) fn load_failed(&self) {
        let mut state = self.state.lock();
        if matches!(state.phase, Phase::Loading) {
            state.phase = Phase::Failed;
        }
    }

    /// The log up to `end` is replayed and committed: the shard serves. `false` if the leadership has changed meanwhile.
    pub(super) fn activate(
        &self,
        mut core: Box<CoordinatorShard>,
        epoch: LeaderEpoch,
        end: Offset,
        (now, room): (Timestamp, &Room<'_>),
    ) -> bool {
        let mut state = self.state.lock();
        if !matches!(state.phase, Phase::Loading) || self.log.leader_epoch() != Some(epoch) {
            return false;
        }
        let mut result = core.on_loaded(now);
        // The image that made this broker the leader, or a later one: it has all topics whose offsets may be in the log.
        let topics = std::mem::take(&mut state.deleted_topics);
        let deleted = core.delete_missing_topics(|topic, id| !topics.contains(topic) && self.topics.exists(topic, id));
        result.records.extend(deleted.records);
        result.effects.extend(deleted.effects);
        state.epoch = epoch;
        state.appended_end = end;
        state.phase = Phase::Active(core);
        self.carry_through(&mut state, result, Changes::AtOnce, (now, room));
        true
    }

    /// This broker still leads, in this epoch. The bump that each registration brings is no change of leader, two may hide one.
    pub(super) fn handle_epoch(&self, epoch: LeaderEpoch) {
        let mut state = self.state.lock();
        if !matches!(state.phase, Phase::Active(_)) || epoch == state.epoch {
            return;
        }
        if epoch.0 == state.epoch.0.saturating_add(1) {
            state.epoch = epoch;
        } else {
            self.give_up(&mut state, ErrorCode::NotCoordinator, Phase::Loading);
        }
    }

    /// This broker leads no more: everybody who waits is told.
    pub(super) fn unload(&self) {
        self.give_up(&mut self.state.lock(), ErrorCode::NotCoordinator, Phase::Unloaded);
    }

    fn give_up(&self, state: &mut State, code: ErrorCode, next: Phase) {
        let phase = std::mem::replace(&mut state.phase, next);
        state.deliveries.fail(code);
        if let Phase::Active(core) = phase {
            state.waiting.carry_out(core.unload(code));
        }
        state.waiting.fail(code);
        self.wake.notify_one();
    }

    /// Groups by state and committed offsets; nothing while the shard is not active.
    pub(super) fn figures(&self) -> ShardFigures {
        let state = self.state.lock();
        match &state.phase {
            Phase::Active(core) => {
                ShardFigures { groups: core.group_counts(), offsets: core.offset_count(), is_active: true }
            }
            Phase::Loading | Phase::Failed | Phase::Unloaded => ShardFigures::default(),
        }
    }
}

/// One shard's part of the broker's figures.
#[derive(Debug, Default)]
pub(super) struct ShardFigures {
    pub(super) groups: std::collections::BTreeMap<strata_broker_core::coordinator::GroupState, usize>,
    pub(super) offsets: usize,
    pub(super) is_active: bool,
}

impl Phase {
    fn core(&mut self) -> Result<&mut CoordinatorShard, ErrorCode> {
        match self {
            Self::Active(core) => Ok(core),
            Self::Loading => Err(ErrorCode::CoordinatorLoadInProgress),
            Self::Failed => Err(ErrorCode::CoordinatorNotAvailable),
            Self::Unloaded => Err(ErrorCode::NotCoordinator),
        }
    }
}

impl State {
    /// The coordinator, if it is there and has room for one more call.
    fn admit(&mut self) -> Result<&mut CoordinatorShard, ErrorCode> {
        let is_full = self.deliveries.is_full();
        let core = self.phase.core()?;
        if is_full { Err(ErrorCode::CoordinatorNotAvailable) } else { Ok(core) }
    }

    fn next_wake(&self) -> Option<Timestamp> {
        let timeout = match &self.phase {
            Phase::Active(core) => core.next_timeout(),
            Phase::Loading | Phase::Failed | Phase::Unloaded => None,
        };
        [timeout, self.deliveries.next_deadline()].into_iter().flatten().min()
    }
}

fn answer_once<R>(sender: oneshot::Sender<Result<R, ErrorCode>>, answer: Result<R, ErrorCode>) {
    if sender.send(answer).is_err() {
        tracing::trace!("the client of a group request is gone");
    }
}

#[cfg(test)]
mod tests;
