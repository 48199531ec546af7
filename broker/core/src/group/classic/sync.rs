//! SyncGroup: the leader brings the assignment of a generation, everybody takes their own.
//!
//! Owns: the step from a completing rebalance to a stable group. Does not own: the end of the wait for it (see `timeouts`).

use std::collections::BTreeMap;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::{SyncGroupRequest, SyncGroupResponse};
use strata_compat::wire::KString;

use super::member::detached;
use super::{ClassicGroup, sync_error};
use crate::group::{GroupState, OperationId, RequestContext, Turn};

/// First version that must name the protocol, so that a client which was assigned by another one notices.
const PROTOCOL_REQUIRED_VERSION: i16 = 5;

impl ClassicGroup {
    /// A member asks for its assignment; the leader brings them.
    pub(crate) fn sync(
        &mut self,
        request: &SyncGroupRequest,
        context: &RequestContext,
        operation: OperationId,
        turn: &mut Turn<'_>,
    ) {
        if let Err(error) = self.validate_sync(request, context) {
            return turn.reply_sync(operation, sync_error(error));
        }
        match self.state {
            GroupState::Empty => turn.reply_sync(operation, sync_error(ErrorCode::UnknownMemberId)),
            GroupState::PreparingRebalance => {
                turn.reply_sync(operation, sync_error(ErrorCode::RebalanceInProgress));
            }
            GroupState::CompletingRebalance => {
                self.wait_for_assignment(&request.member_id, operation, turn);
                if self.is_leader(&request.member_id) {
                    self.assign(request, turn);
                }
            }
            GroupState::Stable => {
                self.forget_pending_sync(&request.member_id);
                let response = self.assignment_of(&request.member_id);
                turn.reply_sync(operation, response);
            }
        }
    }

    fn validate_sync(&self, request: &SyncGroupRequest, context: &RequestContext) -> Result<(), ErrorCode> {
        if matches!(self.state, GroupState::Empty) {
            return Err(ErrorCode::UnknownMemberId);
        }
        let names = (&request.protocol_type, &request.protocol_name);
        if context.api_version >= PROTOCOL_REQUIRED_VERSION && (names.0.is_none() || names.1.is_none()) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        self.validate_member(&request.member_id, request.group_instance_id.as_ref())?;
        if request.generation_id != self.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        if differs(names.0.as_ref(), self.protocol_type.as_ref()) || differs(names.1.as_ref(), self.protocol.as_ref()) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        Ok(())
    }

    fn wait_for_assignment(&mut self, id: &KString, operation: OperationId, turn: &mut Turn<'_>) {
        let member = self.members.get_mut(id);
        if let Some(earlier) = member.and_then(|member| member.waiting_sync.replace(operation)) {
            turn.reply_sync(earlier, sync_error(ErrorCode::RebalanceInProgress));
        }
        self.forget_pending_sync(id);
    }

    fn forget_pending_sync(&mut self, id: &KString) {
        if let Some(member) = self.members.get_mut(id) {
            member.pending_sync = false;
        }
        if self.members.values().all(|member| !member.pending_sync) {
            self.sync_deadline = None;
        }
    }

    /// The group is stable as soon as this is written; answers wait with the record. Members that the leader forgot get nothing.
    fn assign(&mut self, request: &SyncGroupRequest, turn: &mut Turn<'_>) {
        let given: BTreeMap<&KString, _> =
            request.assignments.iter().map(|own| (&own.member_id, &own.assignment)).collect();
        for (id, member) in &mut self.members {
            member.assignment = given.get(id).map(|assignment| detached(assignment)).unwrap_or_default();
        }
        if let Err(error) = self.write(turn) {
            self.fail_assignment(error, turn);
            return self.prepare_rebalance(turn);
        }
        self.enter(GroupState::Stable, turn.now);
        let ids: Vec<KString> = self.members.keys().cloned().collect();
        for id in &ids {
            let response = self.assignment_of(id);
            let Some(member) = self.members.get_mut(id) else {
                continue;
            };
            if let Some(operation) = member.waiting_sync.take() {
                turn.reply_sync(operation, response);
                member.renew_session(turn.now);
            }
        }
    }

    fn assignment_of(&self, id: &KString) -> SyncGroupResponse {
        SyncGroupResponse {
            protocol_type: self.protocol_type.clone(),
            protocol_name: self.protocol.clone(),
            assignment: self.members.get(id).map(|member| member.assignment.clone()).unwrap_or_default(),
            ..SyncGroupResponse::default()
        }
    }
}

/// Both are known and not the same.
fn differs(given: Option<&KString>, own: Option<&KString>) -> bool {
    matches!((given, own), (Some(given), Some(own)) if given != own)
}
