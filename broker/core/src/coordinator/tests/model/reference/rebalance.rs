//! From members to a generation in the reference: waiting, the vote on a protocol, leaving, and the group's record.

use std::collections::BTreeSet;

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::consumer_offsets::{GroupMetadataValue, MemberMetadata};
use strata_compat::wire::{KString, Message, Writer};

use super::{Member, Reference, Wait, Written};
use crate::coordinator::GroupState;
use crate::coordinator::tests::harness::subscription;

impl Reference {
    pub(super) fn rebalance_or_complete(&mut self) {
        match self.group.state {
            GroupState::PreparingRebalance => self.complete_unless_first(),
            _ => self.prepare(),
        }
    }

    pub(super) fn complete_unless_first(&mut self) {
        if !matches!(self.group.wait, Some(Wait::First { .. })) && self.have_all_joined() {
            self.complete();
        }
    }

    pub(super) fn drop_assignments(&mut self, error: ErrorCode) {
        for id in self.ids() {
            self.member(&id).assignment = Bytes::new();
            if let Some(sync) = self.member(&id).sync.take() {
                self.refuse_sync(sync, error);
                self.renew(&id);
            }
        }
    }

    pub(super) fn prepare(&mut self) {
        if self.group.state == GroupState::CompletingRebalance {
            self.drop_assignments(ErrorCode::RebalanceInProgress);
        }
        self.group.members.values_mut().for_each(|member| member.owes_sync = false);
        self.group.sync_until = None;
        let was_empty = self.group.state == GroupState::Empty;
        self.enter(GroupState::PreparingRebalance);
        let part_ms = i64::from(self.config.initial_rebalance_delay_ms);
        if was_empty {
            let left_ms = (self.patience_ms() - part_ms).max(0);
            self.group.wait = Some(Wait::First { until: self.now + part_ms, part_ms, left_ms, somebody_came: false });
        } else if self.have_all_joined() {
            self.complete();
        } else {
            self.group.wait = Some(Wait::Joins { until: self.now + self.patience_ms() });
        }
    }

    pub(super) fn complete(&mut self) {
        self.group.wait = None;
        for id in self.ids() {
            let member = self.member(&id);
            if member.join.is_none() && member.instance.is_none() {
                self.remove(&id);
            }
        }
        let joined: Vec<String> = self.ids().into_iter().filter(|id| self.group.members[id].join.is_some()).collect();
        if joined.is_empty() && !self.group.members.is_empty() {
            self.group.wait = Some(Wait::Joins { until: self.now + self.patience_ms().max(1_000) });
            return;
        }
        if !self.group.leader.as_ref().is_some_and(|leader| joined.contains(leader)) {
            self.group.leader = joined.first().cloned();
        }
        self.group.generation += 1;
        self.group.protocol = self.vote();
        self.group.subscribed = self.read_subscriptions();
        if self.group.members.is_empty() {
            self.enter(GroupState::Empty);
            if !self.write_group() {
                self.written.push(Written::Refused);
            }
            return;
        }
        self.enter(GroupState::CompletingRebalance);
        self.group.sync_until = Some(self.now + self.patience_ms());
        for id in self.ids() {
            if let Some(join) = self.member(&id).join.take() {
                self.answer_join(join, self.told_to(&id));
            }
            self.renew(&id);
            let member = self.member(&id);
            member.fresh = false;
            member.owes_sync = true;
        }
    }

    pub(super) fn vote(&self) -> Option<String> {
        let members = &self.group.members;
        let common = |name: &str| members.values().all(|member| member.protocols.iter().any(|own| own.0 == name));
        let votes: Vec<&str> = members
            .values()
            .filter_map(|member| member.protocols.iter().map(|own| own.0.as_str()).find(|name| common(name)))
            .collect();
        let count = |name: &str| votes.iter().filter(|vote| **vote == name).count();
        let most = votes.iter().map(|name| count(name)).max()?;
        votes.iter().filter(|name| count(name) == most).min().map(|name| (*name).to_owned())
    }

    /// Topics by the subscriptions; they are made of one of two topics, so each is known by its bytes.
    pub(super) fn read_subscriptions(&self) -> Option<BTreeSet<KString>> {
        if self.group.protocol_type.as_deref() != Some("consumer") {
            return None;
        }
        let topics = ["t", "u"].into_iter().filter(|topic| {
            let bytes = subscription(&[topic]);
            self.group.members.values().any(|member| self.says(member) == bytes)
        });
        Some(topics.map(KString::from).collect())
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.group.pending.remove(id);
        if let Some(member) = self.group.members.remove(id) {
            if let Some(join) = member.join {
                self.refuse_join(join, "", ErrorCode::UnknownMemberId);
            }
            if let Some(sync) = member.sync {
                self.refuse_sync(sync, ErrorCode::UnknownMemberId);
            }
        }
        if self.group.leader.as_deref() == Some(id) {
            self.group.leader = self.group.members.keys().next().cloned();
        }
    }

    /// Whether the group's record is small enough to be written.
    pub(super) fn write_group(&mut self) -> bool {
        let group = &self.group;
        let value = GroupMetadataValue {
            protocol_type: group.protocol_type.as_deref().unwrap_or_default().into(),
            generation: group.generation,
            protocol: group.protocol.as_deref().map(KString::from),
            leader: group.leader.as_deref().map(KString::from),
            current_state_timestamp: group.since.unwrap_or(-1),
            members: group.members.iter().map(|(id, member)| self.member_record(id, member)).collect(),
        };
        let mut writer = Writer::new();
        writer.i16(3);
        value.encode(&mut writer, 3).unwrap();
        let fits = writer.into_bytes().len() <= self.config.group_metadata_bytes_max;
        if fits {
            self.record = Some(value.clone());
            self.written.push(Written::Group(Some(value)));
        }
        fits
    }

    fn member_record(&self, id: &str, member: &Member) -> MemberMetadata {
        MemberMetadata {
            member_id: id.into(),
            group_instance_id: member.instance.as_deref().map(KString::from),
            client_id: "client".into(),
            client_host: "/127.0.0.1".into(),
            rebalance_timeout: member.rebalance_ms,
            session_timeout: member.session_ms,
            subscription: self.says(member),
            assignment: member.assignment.clone(),
        }
    }
}
