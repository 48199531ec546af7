//! One group of the classic protocol as a naive reference: every rule said once more, over plain lists.
//!
//! It keeps no timers and no indexes: whoever wants to know something looks through everything. What it says goes into
//! `answers` and `written`, to be compared with what the shard says.

mod joining;
mod membership;
mod offsets;
mod rebalance;
mod time;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::consumer_offsets::{GroupMetadataValue, OffsetCommitValue};
use strata_compat::messages::{JoinGroupResponse, SyncGroupResponse};
use strata_compat::wire::KString;

use super::super::super::{DelayedResponse, GroupState, OperationId, ShardConfig};

/// A protocol: its name, and the topic that its subscription names.
pub(super) type Spoken = (&'static str, Bytes);

#[derive(Clone, Debug)]
pub(super) struct JoinAsked {
    pub(super) operation: OperationId,
    pub(super) version: i16,
    pub(super) member: String,
    pub(super) instance: Option<&'static str>,
    pub(super) protocol_type: &'static str,
    pub(super) protocols: Vec<Spoken>,
    pub(super) session_ms: i32,
    pub(super) rebalance_ms: i32,
    /// The id that a new member gets.
    pub(super) new_id: String,
}

#[derive(Clone, Debug)]
pub(super) struct SyncAsked {
    pub(super) operation: OperationId,
    pub(super) version: i16,
    pub(super) member: String,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<&'static str>,
    pub(super) protocol: Option<&'static str>,
    pub(super) assignments: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) instance: Option<String>,
    protocols: Vec<(String, Bytes)>,
    session_ms: i32,
    rebalance_ms: i32,
    assignment: Bytes,
    alive_until: Option<i64>,
    /// Has not heard of its first generation yet.
    fresh: bool,
    join: Option<(OperationId, i16)>,
    sync: Option<OperationId>,
    owes_sync: bool,
}

#[derive(Clone, Copy, Debug)]
enum Wait {
    First { until: i64, part_ms: i64, left_ms: i64, somebody_came: bool },
    Joins { until: i64 },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    Group(Option<GroupMetadataValue>),
    Offset(String, i32, Option<OffsetCommitValue>),
    /// Too large to be written.
    Refused,
}

/// All of a group that a load does not bring back by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) state: GroupState,
    since: Option<i64>,
    pub(super) generation: i32,
    protocol_type: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) leader: Option<String>,
    pub(super) members: BTreeMap<String, Member>,
    pub(super) pending: BTreeMap<String, i64>,
    subscribed: Option<BTreeSet<KString>>,
    wait: Option<Wait>,
    sync_until: Option<i64>,
}

pub(super) struct Reference {
    pub(super) config: ShardConfig,
    pub(super) now: i64,
    pub(super) group: Group,
    /// The group's record, if one is in the log.
    record: Option<GroupMetadataValue>,
    pub(super) offsets: BTreeMap<(String, i32), OffsetCommitValue>,
    next_walk: i64,
    pub(super) answers: BTreeMap<OperationId, DelayedResponse>,
    pub(super) written: Vec<Written>,
}

impl Reference {
    pub(super) fn new(config: ShardConfig, now: i64) -> Self {
        Self {
            config,
            now,
            group: Group::default(),
            record: None,
            offsets: BTreeMap::new(),
            next_walk: now + config.offsets_retention_check_interval_ms,
            answers: BTreeMap::new(),
            written: Vec::new(),
        }
    }

    pub(super) fn exists(&self) -> bool {
        let group = &self.group;
        let somebody = !group.members.is_empty() || !group.pending.is_empty() || group.state != GroupState::Empty;
        somebody || self.record.is_some() || !self.offsets.is_empty()
    }

    /// After each call: a group of which nothing is left is as if it had never been.
    fn forget(&mut self) {
        if !self.exists() {
            self.group = Group::default();
        }
    }

    fn answer_join(&mut self, (operation, version): (OperationId, i16), mut response: JoinGroupResponse) {
        if version < 7 && response.protocol_name.is_none() {
            response.protocol_name = Some(KString::new());
        }
        assert!(self.answers.insert(operation, DelayedResponse::JoinGroup(response)).is_none());
    }

    fn refuse_join(&mut self, call: (OperationId, i16), member: &str, error: ErrorCode) {
        let response =
            JoinGroupResponse { member_id: member.into(), error_code: error.code(), ..JoinGroupResponse::default() };
        self.answer_join(call, response);
    }

    fn answer_sync(&mut self, operation: OperationId, response: SyncGroupResponse) {
        assert!(self.answers.insert(operation, DelayedResponse::SyncGroup(response)).is_none());
    }

    fn refuse_sync(&mut self, operation: OperationId, error: ErrorCode) {
        self.answer_sync(operation, SyncGroupResponse { error_code: error.code(), ..SyncGroupResponse::default() });
    }

    fn ids(&self) -> Vec<String> {
        self.group.members.keys().cloned().collect()
    }

    fn member(&mut self, id: &str) -> &mut Member {
        self.group.members.get_mut(id).unwrap()
    }

    fn renew(&mut self, id: &str) {
        let now = self.now;
        let member = self.member(id);
        member.alive_until = Some(now + i64::from(member.session_ms));
    }

    fn enter(&mut self, state: GroupState) {
        self.group.state = state;
        self.group.since = Some(self.now);
    }

    fn owner(&self, instance: &str) -> Option<String> {
        let found = self.group.members.iter().find(|(_, member)| member.instance.as_deref() == Some(instance));
        found.map(|(id, _)| id.clone())
    }

    fn identify(&self, id: &str, instance: Option<&str>) -> Result<(), ErrorCode> {
        match instance.map(|instance| self.owner(instance)) {
            Some(None) => Err(ErrorCode::UnknownMemberId),
            Some(Some(owner)) if owner != id => Err(ErrorCode::FencedInstanceId),
            _ if self.group.members.contains_key(id) => Ok(()),
            _ => Err(ErrorCode::UnknownMemberId),
        }
    }

    fn patience_ms(&self) -> i64 {
        i64::from(self.group.members.values().map(|member| member.rebalance_ms).max().unwrap_or(0))
    }

    fn have_all_joined(&self) -> bool {
        self.group.pending.is_empty() && self.group.members.values().all(|member| member.join.is_some())
    }

    /// Assignment and metadata, as a description of a stable group shows them.
    pub(super) fn shown(&self, id: &str) -> (Bytes, Bytes) {
        let member = &self.group.members[id];
        match self.group.state {
            GroupState::Stable => (self.says(member), member.assignment.clone()),
            _ => (Bytes::new(), Bytes::new()),
        }
    }

    pub(super) fn protocol_type(&self) -> &str {
        self.group.protocol_type.as_deref().unwrap_or_default()
    }
}

fn spoken(protocols: &[Spoken]) -> Vec<(String, Bytes)> {
    let mut distinct: Vec<(String, Bytes)> = Vec::new();
    for (name, says) in protocols {
        if !distinct.iter().any(|known| known.0 == *name) {
            distinct.push(((*name).to_owned(), says.clone()));
        }
    }
    distinct
}
