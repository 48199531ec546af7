//! SyncGroup, Heartbeat and LeaveGroup in the reference.

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::SyncGroupResponse;
use strata_compat::wire::KString;

use super::{Reference, SyncAsked};
use crate::coordinator::GroupState;

impl Reference {
    pub(in super::super) fn sync(&mut self, asked: &SyncAsked) {
        if let Err(error) = self.may_sync(asked) {
            return self.refuse_sync(asked.operation, error);
        }
        self.member(&asked.member).owes_sync = false;
        if self.group.members.values().all(|member| !member.owes_sync) {
            self.group.sync_until = None;
        }
        if self.group.state == GroupState::Stable {
            return self.answer_sync(asked.operation, self.assigned(&asked.member));
        }
        if let Some(earlier) = self.member(&asked.member).sync.replace(asked.operation) {
            self.refuse_sync(earlier, ErrorCode::RebalanceInProgress);
        }
        if self.group.leader.as_deref() == Some(&asked.member) {
            self.assign(&asked.assignments);
        }
    }

    fn may_sync(&self, asked: &SyncAsked) -> Result<(), ErrorCode> {
        let group = &self.group;
        if group.state == GroupState::Empty {
            return Err(ErrorCode::UnknownMemberId);
        }
        if asked.version >= 5 && (asked.protocol.is_none() || asked.protocol_type.is_none()) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        self.identify(&asked.member, None)?;
        if asked.generation != group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let other = |given: Option<&str>, own: Option<&str>| given.is_some() && own.is_some() && given != own;
        if other(asked.protocol_type, group.protocol_type.as_deref())
            || other(asked.protocol, group.protocol.as_deref())
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if group.state == GroupState::PreparingRebalance { Err(ErrorCode::RebalanceInProgress) } else { Ok(()) }
    }

    fn assign(&mut self, assignments: &[(String, String)]) {
        for id in self.ids() {
            let own = assignments.iter().rev().find(|own| own.0 == id).map(|own| own.1.clone());
            self.member(&id).assignment = Bytes::from(own.unwrap_or_default());
        }
        if !self.write_group() {
            self.drop_assignments(ErrorCode::UnknownServerError);
            return self.prepare();
        }
        self.enter(GroupState::Stable);
        for id in self.ids() {
            if let Some(sync) = self.member(&id).sync.take() {
                self.answer_sync(sync, self.assigned(&id));
                self.renew(&id);
            }
        }
    }

    fn assigned(&self, id: &str) -> SyncGroupResponse {
        SyncGroupResponse {
            protocol_type: self.group.protocol_type.as_deref().map(KString::from),
            protocol_name: self.group.protocol.as_deref().map(KString::from),
            assignment: self.group.members[id].assignment.clone(),
            ..SyncGroupResponse::default()
        }
    }

    pub(in super::super) fn heartbeat(&mut self, id: &str, instance: Option<&str>, generation: i32) -> ErrorCode {
        if let Err(error) = self.identify(id, instance) {
            return error;
        }
        if generation != self.group.generation {
            return ErrorCode::IllegalGeneration;
        }
        self.renew(id);
        match self.group.state {
            GroupState::PreparingRebalance => ErrorCode::RebalanceInProgress,
            _ => ErrorCode::None,
        }
    }

    /// Each leaves by its id, by its instance, or by both.
    pub(in super::super) fn leave(&mut self, leaving: &[(String, Option<&'static str>)]) -> Vec<ErrorCode> {
        let mut somebody_left = false;
        let mut errors = Vec::new();
        for (id, instance) in leaving {
            let found = match instance {
                Some(instance) if id.is_empty() => self.owner(instance).ok_or(ErrorCode::UnknownMemberId),
                _ if self.group.pending.contains_key(id) => Ok(id.clone()),
                _ => self.identify(id, *instance).map(|()| id.clone()),
            };
            if let Ok(id) = &found {
                self.remove(id);
                somebody_left = true;
            }
            errors.push(found.err().unwrap_or(ErrorCode::None));
        }
        match self.group.state {
            GroupState::Stable | GroupState::CompletingRebalance if somebody_left => self.prepare(),
            GroupState::PreparingRebalance if somebody_left => self.complete_unless_first(),
            _ => {}
        }
        self.forget();
        errors
    }
}
