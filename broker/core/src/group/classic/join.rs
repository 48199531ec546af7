//! JoinGroup: who may join, and what the join of each kind of member starts.
//!
//! Owns: member ids, limits, static members that come back, members that join again. Does not own: the rebalance itself (see
//! `rebalance`).
//!
//! Invariants: every call is answered, now or by whoever takes its member out of the wait; nothing is stored of a call that is
//! refused.

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::Uuid;
use strata_compat::messages::join_group::JoinGroupResponseMember;
use strata_compat::messages::{JoinGroupRequest, JoinGroupResponse};
use strata_compat::wire::KString;

use super::member::{Member, WaitingJoin, distinct_protocols};
use super::rebalance::JoinWait;
use super::{ClassicGroup, answer_waiting, join_error};
use crate::group::{GroupState, OperationId, RequestContext, ShardConfig, Turn};

/// First version in which a new member must come back with the id it is given.
const MEMBER_ID_REQUIRED_VERSION: i16 = 4;
/// First version in which the leader can be told not to assign.
const SKIP_ASSIGNMENT_VERSION: i16 = 9;
/// A new member cannot send heartbeats while it waits; after this long it must ask again.
const NEW_MEMBER_JOIN_TIMEOUT_MS: i64 = 300_000;
/// Part of the client's or instance's name that goes into a member id, in bytes.
const MEMBER_ID_PREFIX_BYTES_MAX: usize = 1_024;

/// A JoinGroup with all that comes with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JoinCall<'a> {
    pub(crate) request: &'a JoinGroupRequest,
    pub(crate) context: &'a RequestContext,
    pub(crate) operation: OperationId,
    /// Part of the id of a new member.
    pub(crate) new_member: Uuid,
    /// Bytes that the protocols of this group's members may take, for all that the shard holds.
    pub(crate) protocol_bytes_room: usize,
}

impl JoinCall<'_> {
    /// Answers with an error.
    pub(crate) fn refuse(&self, member_id: &str, error: ErrorCode, turn: &mut Turn<'_>) {
        self.reply(join_error(member_id.into(), error), turn);
    }

    /// Why no group could take this call.
    pub(crate) fn validate(&self, config: &ShardConfig) -> Result<(), ErrorCode> {
        if self.request.group_id.is_empty() {
            return Err(ErrorCode::InvalidGroupId);
        }
        let allowed = config.session_timeout_ms_min..=config.session_timeout_ms_max;
        if allowed.contains(&self.request.session_timeout_ms) { Ok(()) } else { Err(ErrorCode::InvalidSessionTimeout) }
    }

    fn reply(&self, response: JoinGroupResponse, turn: &mut Turn<'_>) {
        turn.reply_join(self.operation, response);
    }

    const fn waiting(&self) -> WaitingJoin {
        WaitingJoin { operation: self.operation, api_version: self.context.api_version }
    }

    fn new_member_id(&self) -> KString {
        let name = self.request.group_instance_id.as_ref().unwrap_or(&self.context.client_id);
        let mut end = name.len().min(MEMBER_ID_PREFIX_BYTES_MAX);
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        KString::from(format!("{}-{}", &name[..end], self.new_member.as_hyphenated()))
    }

    /// Version 0 has one timeout for both.
    const fn rebalance_timeout_ms(&self) -> i32 {
        if self.context.api_version == 0 { self.request.session_timeout_ms } else { self.request.rebalance_timeout_ms }
    }

    fn new_member(&self) -> Member {
        Member {
            instance_id: self.request.group_instance_id.as_ref().map(KString::detached),
            client_id: self.context.client_id.detached(),
            client_host: self.context.client_host.detached(),
            rebalance_timeout_ms: self.rebalance_timeout_ms(),
            session_timeout_ms: self.request.session_timeout_ms,
            protocols: distinct_protocols(&self.request.protocols),
            assignment: Bytes::new(),
            session_deadline: None,
            is_new: true,
            waiting_join: Some(self.waiting()),
            waiting_sync: None,
            pending_sync: false,
        }
    }
}

impl ClassicGroup {
    /// A member wants to be in the next generation.
    pub(crate) fn join(&mut self, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        let member_id = &call.request.member_id;
        if !self.has_room_for(call, turn.config) {
            call.refuse("", ErrorCode::GroupMaxSizeReached, turn);
            if !member_id.is_empty() {
                self.remove_and_rebalance(member_id, turn);
            }
        } else if !self.supports_protocols(call.request) {
            call.refuse(member_id, ErrorCode::InconsistentGroupProtocol, turn);
        } else if member_id.is_empty() {
            self.join_without_id(call, turn);
        } else if self.pending.contains_key(member_id) {
            if call.request.group_instance_id.is_some() {
                call.refuse(member_id, ErrorCode::UnknownMemberId, turn);
            } else {
                self.add_member(member_id.detached(), call, turn);
            }
        } else {
            self.join_again(call, turn);
        }
    }

    /// Members beyond the limit are refused; while the group rebalances those that joined first count, so that a group which is
    /// too large loses the last ones.
    fn has_room_for(&self, call: &JoinCall<'_>, config: &ShardConfig) -> bool {
        let id = &call.request.member_id;
        let known = self.members.get(id);
        let size_max = config.group_size_max.min(ShardConfig::GROUP_SIZE_LIMIT);
        let fits = match self.state {
            GroupState::Empty => true,
            GroupState::PreparingRebalance => {
                let waiting = self.members.values().filter(|member| member.waiting_join.is_some()).count();
                known.is_some_and(|member| member.waiting_join.is_some()) || waiting < size_max
            }
            GroupState::CompletingRebalance | GroupState::Stable => known.is_some() || self.members.len() < size_max,
        };
        let is_more = known.is_none() && !self.pending.contains_key(id);
        let below_limit = !is_more || self.members.len() + self.pending.len() < ShardConfig::GROUP_SIZE_LIMIT;
        let room = config.member_protocol_bytes_max.min(call.protocol_bytes_room);
        fits && below_limit && self.protocol_bytes_with(call) <= room
    }

    /// Bytes of all its members' protocols.
    pub(crate) fn protocol_bytes(&self) -> usize {
        self.members.values().map(Member::protocol_bytes).sum()
    }

    fn protocol_bytes_with(&self, call: &JoinCall<'_>) -> usize {
        let others = self.members.iter().filter(|(id, _)| **id != call.request.member_id);
        let others: usize = others.map(|(_, member)| member.protocol_bytes()).sum();
        let own = call.request.protocols.iter().map(|own| own.name.len() + own.metadata.len());
        others.saturating_add(own.sum())
    }

    /// The first member decides the type; later ones must share it, and a protocol with all others.
    fn supports_protocols(&self, request: &JoinGroupRequest) -> bool {
        match self.state {
            GroupState::Empty => !request.protocol_type.is_empty() && !request.protocols.is_empty(),
            GroupState::PreparingRebalance | GroupState::CompletingRebalance | GroupState::Stable => {
                let mut names = request.protocols.iter().map(|protocol| &protocol.name);
                self.protocol_type.as_ref() == Some(&request.protocol_type)
                    && names.any(|name| self.members.values().all(|member| member.supports(name)))
            }
        }
    }

    fn join_without_id(&mut self, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        let new_id = call.new_member_id();
        match &call.request.group_instance_id {
            Some(instance_id) => match self.static_members.get(instance_id).cloned() {
                Some(old_id) => self.replace_static_member(&old_id, new_id, call, turn),
                None => self.add_member(new_id, call, turn),
            },
            None if call.context.api_version >= MEMBER_ID_REQUIRED_VERSION => {
                let deadline = turn.now.plus_ms(i64::from(call.request.session_timeout_ms));
                self.pending.insert(new_id.clone(), deadline);
                call.refuse(&new_id, ErrorCode::MemberIdRequired, turn);
            }
            None => self.add_member(new_id, call, turn),
        }
    }

    fn join_again(&mut self, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        let id = &call.request.member_id;
        if let Err(error) = self.validate_member(id, call.request.group_instance_id.as_ref()) {
            return call.refuse(id, error, turn);
        }
        let unchanged = self.members.get(id).is_some_and(|member| member.matches(&call.request.protocols));
        match self.state {
            GroupState::Empty => call.refuse(id, ErrorCode::UnknownMemberId, turn),
            GroupState::PreparingRebalance => self.update_member(id, call, turn),
            // It may have missed the answer to its first JoinGroup.
            GroupState::CompletingRebalance if unchanged => call.reply(self.current_generation(id), turn),
            // The leader may know of changes that its subscription does not show.
            GroupState::Stable if unchanged && !self.is_leader(id) => call.reply(self.current_generation(id), turn),
            GroupState::CompletingRebalance | GroupState::Stable => self.update_member(id, call, turn),
        }
    }

    fn add_member(&mut self, id: KString, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        if self.members.is_empty() {
            self.protocol_type = Some(call.request.protocol_type.detached());
        }
        let mut member = call.new_member();
        member.session_deadline = Some(turn.now.plus_ms(NEW_MEMBER_JOIN_TIMEOUT_MS));
        if let Some(instance_id) = &member.instance_id {
            self.static_members.insert(instance_id.clone(), id.clone());
        }
        if let Some(JoinWait::Initial { new_member_added, .. }) = &mut self.join_wait {
            *new_member_added = true;
        }
        self.pending.remove(&id);
        self.leader.get_or_insert_with(|| id.clone());
        self.members.insert(id, member);
        self.rebalance_or_complete(turn);
    }

    fn update_member(&mut self, id: &KString, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        self.refresh_member(id, call, turn);
        self.rebalance_or_complete(turn);
    }

    /// The member is as this call says, and waits for its answer. An earlier call that still waits was given up by its client.
    fn refresh_member(&mut self, id: &KString, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        if let Some(member) = self.members.get_mut(id) {
            if let Some(earlier) = member.waiting_join.replace(call.waiting()) {
                let response = join_error(id.clone(), ErrorCode::RebalanceInProgress);
                turn.reply_join(earlier.operation, response);
            }
            member.protocols = distinct_protocols(&call.request.protocols);
            member.rebalance_timeout_ms = call.rebalance_timeout_ms();
            member.session_timeout_ms = call.request.session_timeout_ms;
        }
    }

    /// A static member was started anew: it takes the place of its former self, with a new id.
    fn replace_static_member(&mut self, old_id: &KString, new_id: KString, call: &JoinCall<'_>, turn: &mut Turn<'_>) {
        let Some(mut member) = self.members.remove(old_id) else {
            return;
        };
        let was_leader = self.is_leader(old_id);
        answer_waiting(old_id, &mut member, ErrorCode::FencedInstanceId, turn);
        if let Some(instance_id) = &member.instance_id {
            self.static_members.insert(instance_id.clone(), new_id.clone());
        }
        if was_leader {
            self.leader = Some(new_id.clone());
        }
        member.is_new = false;
        member.client_id = call.context.client_id.detached();
        member.client_host = call.context.client_host.detached();
        member.renew_session(turn.now);
        self.members.insert(new_id.clone(), member);
        self.refresh_member(&new_id, call, turn);
        match self.state {
            GroupState::Stable if self.keeps_protocol() && self.write(turn).is_ok() => {
                self.answer_replacement(&new_id, old_id, was_leader, turn);
            }
            GroupState::Stable => self.rebalance_or_complete(turn),
            // The leader assigns to the old id already.
            GroupState::CompletingRebalance => self.prepare_rebalance(turn),
            GroupState::PreparingRebalance | GroupState::Empty => self.complete_join_if_ready(turn),
        }
    }

    fn keeps_protocol(&self) -> bool {
        self.protocol.is_some() && self.protocol == self.select_protocol()
    }

    /// The generation goes on with the new id. A leader that cannot be told to skip the assignment is told the old leader's id,
    /// so that it takes itself for a follower.
    fn answer_replacement(&mut self, new_id: &KString, old_id: &KString, was_leader: bool, turn: &mut Turn<'_>) {
        self.subscribed = self.read_subscriptions();
        let mut response = self.current_generation(new_id);
        let Some(member) = self.members.get_mut(new_id) else {
            return;
        };
        let Some(waiting) = member.waiting_join.take() else {
            return;
        };
        if waiting.api_version >= SKIP_ASSIGNMENT_VERSION {
            response.skip_assignment = was_leader;
        } else {
            response.members.clear();
            if was_leader {
                response.leader = old_id.clone();
            }
        }
        turn.reply_join(waiting.operation, response);
    }

    /// What a member is told of the generation; the leader also learns who is in it.
    pub(super) fn current_generation(&self, id: &KString) -> JoinGroupResponse {
        let protocol = self.protocol.as_deref().unwrap_or_default();
        let members = self.members.iter().map(|(id, member)| JoinGroupResponseMember {
            member_id: id.clone(),
            group_instance_id: member.instance_id.clone(),
            metadata: member.metadata(protocol),
        });
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: self.protocol_type.clone(),
            // Versions below 7 know no absent name.
            protocol_name: Some(self.protocol.clone().unwrap_or_default()),
            leader: self.leader.clone().unwrap_or_default(),
            member_id: id.clone(),
            members: if self.is_leader(id) { members.collect() } else { Vec::new() },
            ..JoinGroupResponse::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::Timestamp;
    use strata_compat::messages::join_group::JoinGroupRequestProtocol;

    use super::*;

    #[test]
    fn members_and_ids_that_have_not_joined_share_one_hard_limit() {
        let protocol = JoinGroupRequestProtocol { name: "range".into(), metadata: Bytes::new() };
        let request = |member: &str| JoinGroupRequest {
            group_id: "g".into(),
            member_id: member.into(),
            protocols: vec![protocol.clone()],
            ..JoinGroupRequest::default()
        };
        let context = RequestContext::default();
        let ids = |count: usize| (0..count).map(|id| (KString::from(id.to_string()), Timestamp(0))).collect();
        let config = ShardConfig { group_size_max: usize::MAX, ..ShardConfig::default() };
        let limit = ShardConfig::GROUP_SIZE_LIMIT;
        // (ids given out, members, who asks) → room?
        let table = [
            (limit - 1, 0, "", true),
            (limit, 0, "", false),
            (limit, 0, "7", true),
            (limit - 2, 1, "", true),
            (limit - 1, 1, "", false),
            (limit - 1, 1, "m", true),
        ];
        for (pending, members, member, expected) in table {
            let request = request(member);
            let call = JoinCall {
                request: &request,
                context: &context,
                operation: OperationId(1),
                new_member: Uuid::from_u128(1),
                protocol_bytes_room: 5,
            };
            let mut group = ClassicGroup { pending: ids(pending), ..ClassicGroup::default() };
            if members > 0 {
                let other = Member { protocols: Vec::new(), ..call.new_member() };
                group.members.insert("m".into(), other);
            }
            assert_eq!(group.has_room_for(&call, &config), expected, "{pending} {members} {member:?}");
            let crowded = JoinCall { protocol_bytes_room: 4, ..call };
            assert!(!group.has_room_for(&crowded, &config), "what it says takes five bytes");
        }
    }
}
