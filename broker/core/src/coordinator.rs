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

mod config;
mod effect;
mod record;

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Timestamp, Uuid};
use strata_compat::messages::delete_groups::DeletableGroupResult;
use strata_compat::messages::describe_groups::DescribedGroup;
use strata_compat::messages::list_groups::ListedGroup;
use strata_compat::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchResponseGroup};
use strata_compat::messages::{
    HeartbeatRequest, HeartbeatResponse, JoinGroupRequest, LeaveGroupRequest, LeaveGroupResponse,
    OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse,
    SyncGroupRequest,
};
use strata_compat::wire::KString;

pub use self::config::ShardConfig;
pub use self::effect::{CoordinatorResult, DelayedResponse, Effect, OperationId, RequestContext};
pub use self::record::{CoordinatorRecord, RecordError};

/// The group coordinator of one partition of `__consumer_offsets`.
#[derive(Debug)]
pub struct CoordinatorShard {
    config: ShardConfig,
}

impl CoordinatorShard {
    /// A shard that has read nothing yet.
    #[must_use]
    pub fn new(config: ShardConfig) -> Self {
        Self { config }
    }

    /// Takes one record of the log, while loading and after each append.
    ///
    /// Records of other kinds of groups, and of kinds that are not known, change nothing.
    ///
    /// # Errors
    /// A record of a known kind that cannot be read. It changes nothing; the runtime reports it and goes on.
    pub fn replay(&mut self, record: &CoordinatorRecord) -> Result<(), RecordError> {
        Ok(())
    }

    /// The log is read to its end: sessions begin anew, unfinished business is forgotten.
    ///
    /// The result may hold effects for nobody but records: groups that are over the size limit rebalance.
    pub fn on_loaded(&mut self, now: Timestamp) -> CoordinatorResult<()> {
        CoordinatorResult::empty(())
    }

    /// This broker leads the partition no more, or an append failed: every waiting operation is answered with `error`
    /// (NOT_COORDINATOR, as a rule), to be delivered at once.
    #[must_use]
    pub fn unload(self, error: ErrorCode) -> Vec<Effect> {
        Vec::new()
    }

    /// When [`Self::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        None
    }

    /// Ends sessions, waits and offsets whose time is up; a bounded part of them, so ask for the next timeout again.
    pub fn handle_timeout(&mut self, now: Timestamp) -> CoordinatorResult<()> {
        CoordinatorResult::empty(())
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
        CoordinatorResult::empty(())
    }

    /// SyncGroup; answered by an effect of this or a later call.
    pub fn sync_group(
        &mut self,
        request: &SyncGroupRequest,
        context: &RequestContext,
        operation: OperationId,
        now: Timestamp,
    ) -> CoordinatorResult<()> {
        CoordinatorResult::empty(())
    }

    /// Heartbeat.
    pub fn heartbeat(
        &mut self,
        request: &HeartbeatRequest,
        now: Timestamp,
    ) -> CoordinatorResult<HeartbeatResponse> {
        CoordinatorResult::empty(HeartbeatResponse::default())
    }

    /// LeaveGroup, all versions: below 3 the one member is in the request itself.
    pub fn leave_group(
        &mut self,
        request: &LeaveGroupRequest,
        context: &RequestContext,
        now: Timestamp,
    ) -> CoordinatorResult<LeaveGroupResponse> {
        CoordinatorResult::empty(LeaveGroupResponse::default())
    }

    /// OffsetCommit of the topics and partitions that exist and are allowed, by name; topic ids are kept and answered.
    pub fn commit_offsets(
        &mut self,
        request: &OffsetCommitRequest,
        context: &RequestContext,
        now: Timestamp,
    ) -> CoordinatorResult<OffsetCommitResponse> {
        CoordinatorResult::empty(OffsetCommitResponse::default())
    }

    /// OffsetFetch of one group, by topic name; topic ids of the request are answered. Without topics: all that it has, without ids.
    #[must_use]
    pub fn fetch_offsets(&self, request: &OffsetFetchRequestGroup) -> OffsetFetchResponseGroup {
        OffsetFetchResponseGroup::default()
    }

    /// OffsetDelete of the topics and partitions that exist and are allowed.
    pub fn delete_offsets(
        &mut self,
        request: &OffsetDeleteRequest,
    ) -> CoordinatorResult<OffsetDeleteResponse> {
        CoordinatorResult::empty(OffsetDeleteResponse::default())
    }

    /// Topics were deleted: so are their offsets, in every group.
    pub fn delete_topics(&mut self, topics: &BTreeSet<KString>) -> CoordinatorResult<()> {
        CoordinatorResult::empty(())
    }

    /// ListGroups of this shard; an empty filter takes all.
    #[must_use]
    pub fn list_groups(
        &self,
        states_filter: &[KString],
        types_filter: &[KString],
    ) -> Vec<ListedGroup> {
        Vec::new()
    }

    /// DescribeGroups of these groups, without authorized operations.
    #[must_use]
    pub fn describe_groups(
        &self,
        groups: &[KString],
        context: &RequestContext,
    ) -> Vec<DescribedGroup> {
        Vec::new()
    }

    /// DeleteGroups of these groups.
    pub fn delete_groups(
        &mut self,
        groups: &[KString],
    ) -> CoordinatorResult<Vec<DeletableGroupResult>> {
        CoordinatorResult::empty(Vec::new())
    }
}
