//! Heartbeat and LeaveGroup: members stay, or go.
//!
//! Owns: the answers by state, and leaving one by one or in a batch, also on behalf of a static member.

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::leave_group::{MemberIdentity, MemberResponse};
use strata_compat::messages::{HeartbeatRequest, LeaveGroupRequest, LeaveGroupResponse};
use strata_compat::wire::KString;

use super::ClassicGroup;
use crate::group::{GroupState, RequestContext, Turn};

/// First version that names several members.
const BATCH_VERSION: i16 = 3;

impl ClassicGroup {
    /// A member lives, and learns whether it must join again.
    pub(crate) fn heartbeat(&mut self, request: &HeartbeatRequest, turn: &Turn<'_>) -> Result<(), ErrorCode> {
        self.validate_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        self.renew_session(&request.member_id, turn.now);
        match self.state {
            GroupState::Empty => Err(ErrorCode::UnknownMemberId),
            GroupState::PreparingRebalance => Err(ErrorCode::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => Ok(()),
        }
    }

    /// Members leave; each has an answer of its own.
    pub(crate) fn leave(
        &mut self,
        request: &LeaveGroupRequest,
        context: &RequestContext,
        turn: &mut Turn<'_>,
    ) -> LeaveGroupResponse {
        let leaving = leaving_members(request, context);
        let mut left = false;
        let answer = |member: &MemberIdentity| {
            let result = self.leave_one(member, turn);
            left |= result.is_ok();
            answer_member(member, result)
        };
        let members: Vec<MemberResponse> = leaving.iter().map(answer).collect();
        if left {
            match self.state {
                GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(turn),
                GroupState::PreparingRebalance => self.complete_join_if_ready(turn),
                GroupState::Empty => {}
            }
        }
        leave_response(members, context)
    }

    fn leave_one(&mut self, leaving: &MemberIdentity, turn: &mut Turn<'_>) -> Result<(), ErrorCode> {
        let instance_id = leaving.group_instance_id.as_ref();
        let id: KString = if leaving.member_id.is_empty() {
            // An administrator knows a static member by its instance id only.
            let owner = instance_id.and_then(|instance_id| self.static_members.get(instance_id));
            owner.ok_or(ErrorCode::UnknownMemberId)?.clone()
        } else if self.pending.contains_key(&leaving.member_id) {
            leaving.member_id.clone()
        } else {
            self.validate_member(&leaving.member_id, instance_id)?;
            leaving.member_id.clone()
        };
        self.remove(&id, turn);
        Ok(())
    }
}

/// The answer where there is no such group.
pub(crate) fn leave_response_for_unknown_group(
    request: &LeaveGroupRequest,
    context: &RequestContext,
) -> LeaveGroupResponse {
    let leaving = leaving_members(request, context);
    let answer = |member| answer_member(member, Err(ErrorCode::UnknownMemberId));
    leave_response(leaving.iter().map(answer).collect(), context)
}

fn leaving_members(request: &LeaveGroupRequest, context: &RequestContext) -> Vec<MemberIdentity> {
    if context.api_version >= BATCH_VERSION {
        return request.members.clone();
    }
    vec![MemberIdentity { member_id: request.member_id.clone(), ..MemberIdentity::default() }]
}

fn answer_member(member: &MemberIdentity, result: Result<(), ErrorCode>) -> MemberResponse {
    MemberResponse {
        member_id: member.member_id.clone(),
        group_instance_id: member.group_instance_id.clone(),
        error_code: result.err().unwrap_or(ErrorCode::None).code(),
    }
}

/// Below the batch version the one member's error is that of the response.
fn leave_response(members: Vec<MemberResponse>, context: &RequestContext) -> LeaveGroupResponse {
    if context.api_version >= BATCH_VERSION {
        return LeaveGroupResponse { members, ..LeaveGroupResponse::default() };
    }
    LeaveGroupResponse {
        error_code: members.first().map_or(0, |member| member.error_code),
        ..LeaveGroupResponse::default()
    }
}
