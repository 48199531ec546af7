//! The group coordinator of one partition of `__consumer_offsets`: requests in, records and responses out.
//!
//! Owns: [`CoordinatorShard`], the shape of its results, loading and unloading, and when it wants to be woken. Does not own: the
//! log it lives in, the high watermark, authorization, topic ids (the broker's), the rules of groups (see `group`).
//!
//! Use by the runtime, under one lock for each shard:
//! 1. `CoordinatorShard::new`, [`CoordinatorShard::replay`] of every record of the log, [`CoordinatorShard::on_loaded`].
//! 2. A call gives a [`CoordinatorResult`]. Its records are appended in their order and each is replayed **before the next call**;
//!    they may be cut into several batches. If an append fails the shard is dead: [`CoordinatorShard::unload`], load again.
//! 3. The response and the effects of a result are delivered when the high watermark has reached the end of all that was
//!    appended until then, by this call or an earlier one, also if this call has no records. So no client sees what a new
//!    leader might not know, and the shard needs one view only. A Heartbeat need not wait: it tells nothing that is in the log.
//! 4. At [`CoordinatorShard::next_timeout`] (ask again after every call) the runtime calls [`CoordinatorShard::handle_timeout`].
//!
//! Invariants: an operation that was handed in with JoinGroup or SyncGroup is answered exactly once, by an effect of this or a
//! later call or by `unload`; offsets change only in `replay`; every wait, member list and byte count has a limit of
//! [`ShardConfig`]. A crash leaves the log: members of a running rebalance and members without a generation are forgotten.

mod timers;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Timestamp, TopicId, Uuid};
use strata_compat::messages::delete_groups::DeletableGroupResult;
use strata_compat::messages::describe_groups::DescribedGroup;
use strata_compat::messages::list_groups::ListedGroup;
use strata_compat::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchResponseGroup};
use strata_compat::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, LeaveGroupRequest, LeaveGroupResponse, OffsetCommitRequest,
    OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse, SyncGroupRequest,
};
use strata_compat::wire::KString;

pub use crate::group::{
    CoordinatorRecord, CoordinatorResult, DelayedResponse, Effect, GroupState, OperationId, RecordError,
    RequestContext, ShardConfig,
};

use self::timers::Timers;
use crate::group::record::{self, ParsedRecord};
use crate::group::{
    self, ClassicGroup, CommittedOffset, Expiration, Group, JoinCall, Turn, leave_response_for_unknown_group,
    sync_error,
};

/// Groups whose deadlines one call handles.
const TIMEOUT_GROUPS_MAX: usize = 64;

/// The group coordinator of one partition of `__consumer_offsets`.
#[derive(Debug)]
pub struct CoordinatorShard {
    config: ShardConfig,
    groups: BTreeMap<KString, Group>,
    /// Sum of what is counted of each group.
    protocol_bytes: usize,
    timers: Timers,
    expiration: Expiration,
    /// Replay of metadata builds groups until then; afterwards the groups know already what was written of them.
    is_loaded: bool,
}

impl CoordinatorShard {
    /// A shard that has read nothing yet.
    #[must_use]
    pub fn new(config: ShardConfig) -> Self {
        Self {
            config,
            groups: BTreeMap::new(),
            protocol_bytes: 0,
            timers: Timers::default(),
            expiration: Expiration::default(),
            is_loaded: false,
        }
    }

    /// Takes one record of the log, while loading and after each append.
    ///
    /// Records of other kinds of groups, and of kinds that are not known, change nothing.
    ///
    /// # Errors
    /// A record of a known kind that cannot be read. It changes nothing; the runtime reports it and goes on.
    pub fn replay(&mut self, record: &CoordinatorRecord) -> Result<(), RecordError> {
        match record::parse(record)? {
            ParsedRecord::Offset(key, Some(value)) => {
                let group = self.groups.entry(key.group.detached()).or_default();
                group.offsets.put(&key.topic, key.partition, CommittedOffset::from_record(&value));
            }
            ParsedRecord::Offset(key, None) => {
                if let Some(group) = self.groups.get_mut(&key.group) {
                    group.offsets.remove(&key.topic, key.partition);
                }
                self.settle(&key.group);
            }
            ParsedRecord::Group(key, Some(value)) => {
                let group = self.groups.entry(key.group.detached()).or_default();
                if !(self.is_loaded && group.recorded) {
                    group.classic = ClassicGroup::from_record(&value);
                    group.recorded = true;
                }
            }
            ParsedRecord::Group(key, None) => {
                if let Some(group) = self.groups.get_mut(&key.group) {
                    group.recorded = false;
                    group.classic = ClassicGroup::default();
                }
                self.settle(&key.group);
            }
            ParsedRecord::Other => {}
        }
        Ok(())
    }

    /// The log is read to its end: sessions begin anew, unfinished business is forgotten.
    pub fn on_loaded(&mut self, now: Timestamp) -> CoordinatorResult<()> {
        self.is_loaded = true;
        let ids: Vec<KString> = self.groups.keys().cloned().collect();
        let mut result = CoordinatorResult::empty(());
        for id in &ids {
            let step = self.with_group(id, now, |group, turn| group.run(turn, ClassicGroup::on_loaded));
            result.append(step);
        }
        self.expiration.schedule(now.plus_ms(self.config.offsets_retention_check_interval_ms), None);
        result
    }

    /// This broker leads the partition no more, or an append failed: every waiting operation is answered with `error`
    /// (NOT_COORDINATOR, as a rule), to be delivered at once.
    #[must_use]
    pub fn unload(mut self, error: ErrorCode) -> Vec<Effect> {
        let mut turn = Turn::new(&self.config, KString::new(), Timestamp::NONE);
        for group in self.groups.values_mut() {
            group.classic.fail_waiting(error, &mut turn);
        }
        turn.effects
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        [self.timers.next(), self.expiration.next()].into_iter().flatten().min()
    }

    /// Ends sessions, waits and offsets whose time is up; a bounded part of them, so ask for the next timeout again.
    pub fn handle_timeout(&mut self, now: Timestamp) -> CoordinatorResult<()> {
        let mut result = CoordinatorResult::empty(());
        for id in self.timers.take_due(now, TIMEOUT_GROUPS_MAX) {
            let step = self.with_group(&id, now, |group, turn| group.run(turn, ClassicGroup::handle_timeout));
            result.append(step);
        }
        if result.records.is_empty() && self.expiration.next().is_some_and(|next| next <= now) {
            result.append(self.expire_offsets(now));
        }
        result
    }

    /// JoinGroup; answered by an effect of this or a later call. `new_member` becomes part of the id of a new member.
    pub fn join_group(
        &mut self,
        request: &JoinGroupRequest,
        context: &RequestContext,
        operation: OperationId,
        new_member: Uuid,
        now: Timestamp,
    ) -> CoordinatorResult<()> {
        let id = &request.group_id;
        let own_bytes = self.groups.get(id).map_or(0, |group| group.counted_protocol_bytes);
        let others_bytes = self.protocol_bytes.saturating_sub(own_bytes);
        let protocol_bytes_room = self.config.shard_protocol_bytes_max.saturating_sub(others_bytes);
        let call = JoinCall { request, context, operation, new_member, protocol_bytes_room };
        let allowed = call.validate(&self.config).and_then(|()| match self.groups.contains_key(id) {
            true => Ok(()),
            // Only a new member may found a group.
            false if !request.member_id.is_empty() => Err(ErrorCode::UnknownMemberId),
            false if self.groups.len() >= self.config.groups_max => Err(ErrorCode::CoordinatorNotAvailable),
            false => Ok(()),
        });
        if let Err(error) = allowed {
            let mut turn = Turn::new(&self.config, id.clone(), now);
            call.refuse(&request.member_id, error, &mut turn);
            return CoordinatorResult::of((), turn);
        }
        let id = id.detached();
        self.groups.entry(id.clone()).or_default();
        self.with_group(&id, now, |group, turn| group.run(turn, |classic, turn| classic.join(&call, turn)))
    }

    /// SyncGroup; answered by an effect of this or a later call.
    pub fn sync_group(
        &mut self,
        request: &SyncGroupRequest,
        context: &RequestContext,
        operation: OperationId,
        now: Timestamp,
    ) -> CoordinatorResult<()> {
        let error = if request.group_id.is_empty() { ErrorCode::InvalidGroupId } else { ErrorCode::UnknownMemberId };
        if !self.groups.contains_key(&request.group_id) {
            let mut turn = Turn::new(&self.config, request.group_id.clone(), now);
            turn.reply_sync(operation, sync_error(error));
            return CoordinatorResult::of((), turn);
        }
        self.with_group(&request.group_id, now, |group, turn| {
            group.run(turn, |classic, turn| classic.sync(request, context, operation, turn));
        })
    }

    /// Heartbeat.
    pub fn heartbeat(&mut self, request: &HeartbeatRequest, now: Timestamp) -> CoordinatorResult<HeartbeatResponse> {
        let turn = Turn::new(&self.config, request.group_id.clone(), now);
        let result = match self.groups.get_mut(&request.group_id) {
            Some(group) => group.classic.heartbeat(request, &turn),
            None if request.group_id.is_empty() => Err(ErrorCode::InvalidGroupId),
            None => Err(ErrorCode::UnknownMemberId),
        };
        self.note_session(&request.group_id, &request.member_id);
        CoordinatorResult::empty(HeartbeatResponse {
            error_code: result.err().unwrap_or(ErrorCode::None).code(),
            ..HeartbeatResponse::default()
        })
    }

    /// LeaveGroup, all versions: below 3 the one member is in the request itself.
    pub fn leave_group(
        &mut self,
        request: &LeaveGroupRequest,
        context: &RequestContext,
        now: Timestamp,
    ) -> CoordinatorResult<LeaveGroupResponse> {
        if request.group_id.is_empty() {
            return CoordinatorResult::empty(LeaveGroupResponse {
                error_code: ErrorCode::InvalidGroupId.code(),
                ..LeaveGroupResponse::default()
            });
        }
        if !self.groups.contains_key(&request.group_id) {
            return CoordinatorResult::empty(leave_response_for_unknown_group(request, context));
        }
        self.with_group(&request.group_id, now, |group, turn| {
            group.run(turn, |classic, turn| classic.leave(request, context, turn))
        })
    }

    /// OffsetCommit of the topics and partitions that exist and are allowed, by name; topic ids are kept and answered.
    pub fn commit_offsets(
        &mut self,
        request: &OffsetCommitRequest,
        context: &RequestContext,
        now: Timestamp,
    ) -> CoordinatorResult<OffsetCommitResponse> {
        let is_full = self.groups.len() >= self.config.groups_max;
        let group = self.groups.get_mut(&request.group_id);
        let mut allowed = group::offsets::validate_commit(group.as_deref(), request, context);
        match group {
            Some(group) if allowed.is_ok() => group.classic.renew_session(&request.member_id, now),
            None if is_full => {
                allowed = allowed.and(Err(ErrorCode::CoordinatorNotAvailable));
            }
            Some(_) | None => {}
        }
        if let Err(error) = allowed {
            return CoordinatorResult::empty(group::offsets::refuse_commit(request, error));
        }
        self.note_session(&request.group_id, &request.member_id);
        let mut turn = Turn::new(&self.config, request.group_id.clone(), now);
        let response = group::offsets::commit(request, &mut turn);
        CoordinatorResult::of(response, turn)
    }

    /// OffsetFetch of one group, by topic name; topic ids of the request are answered. Without topics: all that it has, without ids.
    #[must_use]
    pub fn fetch_offsets(&self, request: &OffsetFetchRequestGroup) -> OffsetFetchResponseGroup {
        group::offsets::fetch(self.groups.get(&request.group_id), request)
    }

    /// OffsetDelete of the topics and partitions that exist and are allowed.
    pub fn delete_offsets(&mut self, request: &OffsetDeleteRequest) -> CoordinatorResult<OffsetDeleteResponse> {
        let mut turn = Turn::new(&self.config, request.group_id.clone(), Timestamp::NONE);
        let response = group::offsets::delete(self.groups.get(&request.group_id), request, &mut turn);
        CoordinatorResult::of(response, turn)
    }

    /// Topics were deleted: so are their offsets, in every group.
    pub fn delete_topics(&mut self, topics: &BTreeSet<KString>) -> CoordinatorResult<()> {
        self.offsets_gone(|topic, _| topics.contains(topic))
    }

    /// Deletes the offsets of topics that do not exist, in every group: they may have been deleted while nobody was here to
    /// be told. An id that is not nil names the very topic that was read; another may have its name by now.
    pub fn delete_missing_topics(&mut self, exists: impl Fn(&KString, TopicId) -> bool) -> CoordinatorResult<()> {
        self.offsets_gone(|topic, topic_id| !exists(topic, topic_id))
    }

    fn offsets_gone(&self, wanted: impl Fn(&KString, TopicId) -> bool) -> CoordinatorResult<()> {
        let tombstones = |(id, group): (&KString, &Group)| group.offsets.tombstones(id, &wanted);
        let mut result = CoordinatorResult::empty(());
        result.records = self.groups.iter().flat_map(tombstones).collect();
        result
    }

    /// ListGroups of this shard; an empty filter takes all.
    #[must_use]
    pub fn list_groups(&self, states_filter: &[KString], types_filter: &[KString]) -> Vec<ListedGroup> {
        let wanted = |group: &Group| group::admin::matches_filters(group, states_filter, types_filter);
        let groups = self.groups.iter().filter(|(_, group)| wanted(group));
        groups.map(|(id, group)| group::admin::list(id, group)).collect()
    }

    /// DescribeGroups of these groups, without authorized operations.
    #[must_use]
    pub fn describe_groups(&self, groups: &[KString], context: &RequestContext) -> Vec<DescribedGroup> {
        let describe = |id: &KString| match self.groups.get(id) {
            Some(group) => group::admin::describe(id, group),
            None => group::admin::describe_unknown(id, context),
        };
        groups.iter().map(describe).collect()
    }

    /// DeleteGroups of these groups.
    pub fn delete_groups(&mut self, groups: &[KString]) -> CoordinatorResult<Vec<DeletableGroupResult>> {
        let mut result = CoordinatorResult::empty(Vec::new());
        for id in groups.iter().collect::<BTreeSet<_>>() {
            let deleted = group::admin::delete(id, self.groups.get(id));
            let error = deleted.as_ref().err().copied().unwrap_or(ErrorCode::None);
            result.records.extend(deleted.unwrap_or_default());
            result.response.push(DeletableGroupResult { group_id: id.clone(), error_code: error.code() });
        }
        result
    }

    /// State of a group, for the runtime's figures and for tests.
    #[must_use]
    pub fn group_state(&self, group_id: &str) -> Option<GroupState> {
        self.groups.get(group_id).map(|group| group.classic.state())
    }

    /// How many groups are in each state.
    #[must_use]
    pub fn group_counts(&self) -> BTreeMap<GroupState, usize> {
        let mut counts = BTreeMap::new();
        for group in self.groups.values() {
            *counts.entry(group.classic.state()).or_default() += 1;
        }
        counts
    }

    /// How many offsets are committed.
    #[must_use]
    pub fn offset_count(&self) -> usize {
        self.groups.values().map(|group| group.offsets.len()).sum()
    }

    /// Does something with a group that exists, and sees to its timer.
    fn with_group<R: Default>(
        &mut self,
        id: &KString,
        now: Timestamp,
        action: impl FnOnce(&mut Group, &mut Turn<'_>) -> R,
    ) -> CoordinatorResult<R> {
        let mut turn = Turn::new(&self.config, id.clone(), now);
        let response = match self.groups.get_mut(id) {
            Some(group) => action(group, &mut turn),
            None => R::default(),
        };
        let result = CoordinatorResult::of(response, turn);
        self.settle(id);
        result
    }

    /// A session began anew. Only the earliest deadline of a group is kept, so most of the time nothing changes.
    fn note_session(&mut self, id: &KString, member_id: &str) {
        let group = self.groups.get(id);
        if let Some(deadline) = group.and_then(|group| group.classic.session_deadline(member_id)) {
            self.timers.set_earlier(id, deadline);
        }
    }

    /// A group changed: its timer is set anew, its bytes are counted; it is dropped if nothing of it is left.
    fn settle(&mut self, id: &KString) {
        let Some(group) = self.groups.get_mut(id) else {
            return;
        };
        let before = std::mem::replace(&mut group.counted_protocol_bytes, group.classic.protocol_bytes());
        self.protocol_bytes = self.protocol_bytes - before + group.counted_protocol_bytes;
        if group.is_forgettable() {
            self.timers.set(id, None);
            self.groups.remove(id);
        } else {
            self.timers.set(id, group.classic.next_deadline());
        }
    }

    /// One step of the walk over all groups.
    fn expire_offsets(&mut self, now: Timestamp) -> CoordinatorResult<()> {
        let from = self.expiration.take_cursor();
        let from = from.as_ref().map_or(Bound::Unbounded, Bound::Included);
        let mut turn = Turn::new(&self.config, KString::new(), now);
        let mut stopped_at = None;
        for (id, group) in self.groups.range::<KString, _>((from, Bound::Unbounded)) {
            turn.group_id = id.clone();
            if !group.expire(&mut turn) {
                stopped_at = Some(id.clone());
                break;
            }
        }
        let interval_ms = self.config.offsets_retention_check_interval_ms.max(1);
        let next = if stopped_at.is_some() { now } else { now.plus_ms(interval_ms) };
        let result = CoordinatorResult::of((), turn);
        self.expiration.schedule(next, stopped_at);
        result
    }
}
