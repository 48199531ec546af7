//! The classic group protocol: members join a generation, its leader assigns, heartbeats keep them.
//!
//! Owns: [`ClassicGroup`], its members, its state, and its record. The rules stand beside: `join.rs`, `rebalance.rs` (from
//! members to a generation), `sync.rs`, `heartbeat.rs` (and leaving), `timeouts.rs`. Does not own: offsets; what an assignment
//! means (eager and cooperative clients differ in these bytes only).
//!
//! Invariants: if there are members, one of them leads; a request waits only at its member, and whoever removes the member or
//! replaces the request answers it; the generation only grows; members of a stable group have an assignment (it may be empty).
//! A crash leaves the last record: the last stable or empty generation.

mod heartbeat;
mod join;
mod member;
mod rebalance;
mod sync;
mod timeouts;

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::Timestamp;
use strata_compat::messages::JoinGroupResponse;
use strata_compat::messages::SyncGroupResponse;
use strata_compat::messages::consumer_offsets::{GroupMetadataKey, GroupMetadataValue};
use strata_compat::messages::consumer_protocol::ConsumerProtocolSubscription;
use strata_compat::messages::describe_groups::DescribedGroupMember;
use strata_compat::wire::{KString, Message, Reader};

use self::member::Member;
use self::rebalance::JoinWait;
use super::{GroupState, Turn};
use crate::group::record::group_record;

pub(crate) use self::heartbeat::leave_response_for_unknown_group;
pub(crate) use self::join::JoinCall;

/// The protocol type of consumers, whose subscriptions the coordinator can read.
const CONSUMER_PROTOCOL_TYPE: &str = "consumer";

/// Members and generation of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClassicGroup {
    state: GroupState,
    state_since: Option<Timestamp>,
    generation: i32,
    protocol_type: Option<KString>,
    protocol: Option<KString>,
    leader: Option<KString>,
    members: BTreeMap<KString, Member>,
    /// `group.instance.id` to member id.
    static_members: BTreeMap<KString, KString>,
    /// Ids that were given out and have not joined yet, and until when they may.
    pending: BTreeMap<KString, Timestamp>,
    /// Topics of all subscriptions; not known for protocols of other kinds.
    subscribed: Option<BTreeSet<KString>>,
    join_wait: Option<JoinWait>,
    sync_deadline: Option<Timestamp>,
}

impl ClassicGroup {
    /// The group that a record describes; its members have no session yet.
    pub(crate) fn from_record(value: &GroupMetadataValue) -> Self {
        let mut group = Self {
            state: if value.members.is_empty() { GroupState::Empty } else { GroupState::Stable },
            state_since: (value.current_state_timestamp != -1).then_some(Timestamp(value.current_state_timestamp)),
            generation: value.generation,
            protocol_type: (!value.protocol_type.is_empty()).then(|| value.protocol_type.detached()),
            protocol: value.protocol.as_ref().map(KString::detached),
            ..Self::default()
        };
        for record in &value.members {
            let id = record.member_id.detached();
            let member = Member::from_record(record, value.protocol.as_ref());
            if let Some(instance) = &member.instance_id {
                group.static_members.insert(instance.clone(), id.clone());
            }
            group.members.insert(id, member);
        }
        let leader = value.leader.as_ref().filter(|leader| group.members.contains_key(*leader));
        group.leader = leader.map(KString::detached).or_else(|| group.members.keys().next().cloned());
        group.subscribed = group.read_subscriptions();
        group
    }

    pub(crate) const fn state(&self) -> GroupState {
        self.state
    }

    pub(crate) const fn state_since(&self) -> Option<Timestamp> {
        self.state_since
    }

    pub(crate) fn protocol_type(&self) -> Option<&KString> {
        self.protocol_type.as_ref()
    }

    /// Nobody is a member, nobody is about to be.
    pub(crate) fn is_vacant(&self) -> bool {
        self.members.is_empty() && self.pending.is_empty() && matches!(self.state, GroupState::Empty)
    }

    pub(crate) fn uses_consumer_protocol(&self) -> bool {
        self.protocol_type.as_ref().is_some_and(|protocol_type| *protocol_type == CONSUMER_PROTOCOL_TYPE)
    }

    /// Whether the subscriptions are known; only consumers have any.
    pub(crate) const fn knows_subscriptions(&self) -> bool {
        self.subscribed.is_some()
    }

    /// Whether a member reads the topic, as far as one can tell.
    pub(crate) fn is_subscribed_to(&self, topic: &str) -> bool {
        match &self.subscribed {
            Some(topics) => topics.contains(topic),
            None => self.uses_consumer_protocol(),
        }
    }

    /// Protocol name and members for DescribeGroups: metadata and assignments of a stable group only.
    pub(crate) fn describe(&self) -> (KString, Vec<DescribedGroupMember>) {
        let protocol = match self.state {
            GroupState::Stable => self.protocol.clone(),
            GroupState::Empty | GroupState::PreparingRebalance | GroupState::CompletingRebalance => None,
        };
        let members = self.members.iter().map(|(id, member)| {
            let (metadata, assignment) = match &protocol {
                Some(protocol) => (member.metadata(protocol), member.assignment.clone()),
                None => Default::default(),
            };
            DescribedGroupMember {
                member_id: id.clone(),
                group_instance_id: member.instance_id.clone(),
                client_id: member.client_id.clone(),
                client_host: member.client_host.clone(),
                member_metadata: metadata,
                member_assignment: assignment,
            }
        });
        let members = members.collect();
        (protocol.unwrap_or_default(), members)
    }

    /// Every waiting request is answered with this error.
    pub(crate) fn fail_waiting(&mut self, error: ErrorCode, turn: &mut Turn<'_>) {
        for (id, member) in &mut self.members {
            answer_waiting(id, member, error, turn);
        }
    }

    /// Whether the member may speak for the group: known, and not fenced by another one with its instance id.
    fn validate_member(&self, member_id: &str, instance_id: Option<&KString>) -> Result<(), ErrorCode> {
        if let Some(instance_id) = instance_id {
            match self.static_members.get(instance_id) {
                None => return Err(ErrorCode::UnknownMemberId),
                Some(owner) if *owner != *member_id => return Err(ErrorCode::FencedInstanceId),
                Some(_) => {}
            }
        }
        if self.members.contains_key(member_id) { Ok(()) } else { Err(ErrorCode::UnknownMemberId) }
    }

    /// Whether offsets may be committed in this state by this member of this generation.
    pub(crate) fn validate_commit(
        &self,
        member_id: &str,
        instance_id: Option<&KString>,
        generation: i32,
    ) -> Result<(), ErrorCode> {
        if generation < 0 && matches!(self.state, GroupState::Empty) {
            return Ok(());
        }
        self.validate_member(member_id, instance_id)?;
        if generation != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        match self.state {
            GroupState::CompletingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::Empty | GroupState::PreparingRebalance | GroupState::Stable => Ok(()),
        }
    }

    /// Until when the member is taken for alive.
    pub(crate) fn session_deadline(&self, member_id: &str) -> Option<Timestamp> {
        self.members.get(member_id)?.session_deadline
    }

    /// A heartbeat or a commit shows that the member lives.
    pub(crate) fn renew_session(&mut self, member_id: &str, now: Timestamp) {
        if let Some(member) = self.members.get_mut(member_id) {
            member.renew_session(now);
        }
    }

    /// Writes the group as it is now.
    ///
    /// # Errors
    /// The record is larger than the log may be asked to take.
    fn write(&self, turn: &mut Turn<'_>) -> Result<(), ErrorCode> {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let value = GroupMetadataValue {
            protocol_type: self.protocol_type.clone().unwrap_or_default(),
            generation: self.generation,
            protocol: self.protocol.clone(),
            leader: self.leader.clone(),
            current_state_timestamp: self.state_since.unwrap_or(Timestamp::NONE).0,
            members: self.members.iter().map(|(id, member)| member.to_record(id, protocol)).collect(),
        };
        let key = GroupMetadataKey { group: turn.group_id.clone() };
        let record = group_record(&key, Some(&value)).map_err(|_too_long| ErrorCode::UnknownServerError)?;
        let value_bytes = record.value.as_ref().map_or(0, bytes::Bytes::len);
        if value_bytes > turn.config.group_metadata_bytes_max {
            return Err(ErrorCode::UnknownServerError);
        }
        turn.records.push(record);
        turn.wrote_group = true;
        Ok(())
    }

    /// Topics of all subscriptions, if they can be read.
    fn read_subscriptions(&self) -> Option<BTreeSet<KString>> {
        if !self.uses_consumer_protocol() {
            return None;
        }
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            let mut reader = Reader::new(member.metadata(self.protocol.as_deref()?));
            reader.i16().ok()?;
            let subscription = ConsumerProtocolSubscription::decode(&mut reader, 0).ok()?;
            for topic in subscription.topics {
                if !topics.contains(&topic) {
                    topics.insert(topic.detached());
                }
            }
        }
        Some(topics)
    }

    /// Takes a member, or an id that has not joined yet, out of the group; what it waits for is answered.
    fn remove(&mut self, member_id: &str, turn: &mut Turn<'_>) {
        self.pending.remove(member_id);
        if let Some(mut member) = self.members.remove(member_id) {
            answer_waiting("", &mut member, ErrorCode::UnknownMemberId, turn);
            if let Some(instance_id) = &member.instance_id {
                self.static_members.remove(instance_id);
            }
        }
        if self.leader.as_deref() == Some(member_id) {
            self.leader = self.members.keys().next().cloned();
        }
    }

    fn is_leader(&self, member_id: &str) -> bool {
        self.leader.as_deref() == Some(member_id)
    }

    fn rebalance_timeout_ms(&self) -> i64 {
        let longest = self.members.values().map(|member| member.rebalance_timeout_ms).max();
        i64::from(longest.unwrap_or(0).max(0))
    }

    fn enter(&mut self, state: GroupState, now: Timestamp) {
        self.state = state;
        self.state_since = Some(now);
    }
}

/// Answers what a member waits for with an error.
fn answer_waiting(member_id: &str, member: &mut Member, error: ErrorCode, turn: &mut Turn<'_>) {
    if let Some(waiting) = member.waiting_join.take() {
        let response = join_error(member_id.into(), error);
        turn.reply_join(waiting.operation, response);
    }
    if let Some(operation) = member.waiting_sync.take() {
        turn.reply_sync(operation, sync_error(error));
    }
}

fn join_error(member_id: KString, error: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse { member_id, error_code: error.code(), ..JoinGroupResponse::default() }
}

pub(crate) fn sync_error(error: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse { error_code: error.code(), ..SyncGroupResponse::default() }
}

#[cfg(test)]
impl ClassicGroup {
    pub(crate) const fn generation(&self) -> i32 {
        self.generation
    }

    /// Requests that wait, in order.
    pub(crate) fn waiting_operations(&self) -> BTreeSet<crate::group::OperationId> {
        let joins = self.members.values().filter_map(|member| Some(member.waiting_join?.operation));
        joins.chain(self.members.values().filter_map(|member| member.waiting_sync)).collect()
    }

    /// The invariants of the module.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_member = |id: &KString| self.members.contains_key(id);
        let rules = [
            (
                "one member leads, if there are any",
                self.leader.as_ref().is_some_and(is_member) != self.members.is_empty(),
            ),
            ("static members are members", self.static_members.values().all(is_member)),
            (
                "every static member is known by its instance",
                self.members.values().filter(|member| member.instance_id.is_some()).count()
                    == self.static_members.len(),
            ),
            ("no member is pending too", !self.pending.keys().any(is_member)),
            ("an empty group has no members", !matches!(self.state, GroupState::Empty) || self.members.is_empty()),
            (
                "joins wait while a rebalance is prepared",
                matches!(self.state, GroupState::PreparingRebalance)
                    || self.members.values().all(|member| member.waiting_join.is_none()),
            ),
            (
                "syncs wait while a rebalance completes",
                matches!(self.state, GroupState::CompletingRebalance)
                    || self.members.values().all(|member| member.waiting_sync.is_none()),
            ),
            (
                "the wait for joins has an end",
                self.join_wait.is_some() == matches!(self.state, GroupState::PreparingRebalance),
            ),
            (
                "the wait for syncs is for somebody, and not while joins are awaited",
                self.sync_deadline.is_none()
                    || matches!(self.state, GroupState::CompletingRebalance | GroupState::Stable)
                        && self.members.values().any(|member| member.pending_sync),
            ),
            (
                "the wait for an assignment has an end",
                !matches!(self.state, GroupState::CompletingRebalance)
                    || self.sync_deadline.is_some()
                    || self.next_deadline().is_some(),
            ),
        ];
        match rules.into_iter().find(|(_, holds)| !holds) {
            Some((rule, _)) => Err(format!("{rule}: {self:?}")),
            None => Ok(()),
        }
    }
}
