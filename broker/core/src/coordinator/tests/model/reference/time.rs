//! What time and a load do to the reference.

use strata_compat::error_code::ErrorCode;

use super::{Group, Member, Reference, Wait, Written};
use crate::coordinator::GroupState;

impl Reference {
    /// When something happens by itself.
    pub(in super::super) fn next(&self) -> i64 {
        self.next_of_group().map_or(self.next_walk, |next| next.min(self.next_walk))
    }

    fn next_of_group(&self) -> Option<i64> {
        let wait = self.group.wait.map(|wait| match wait {
            Wait::First { until, .. } | Wait::Joins { until } => until,
        });
        let sessions = self.group.members.values().filter_map(|member| member.alive_until);
        sessions.chain(wait).chain(self.group.sync_until).chain(self.group.pending.values().copied()).min()
    }

    pub(in super::super) fn advance(&mut self, ms: i64) {
        let end = self.now + ms;
        while self.next() <= end {
            self.now = self.next();
            self.timeouts();
            self.forget();
            // The walk waits until the group has come to rest.
            if self.next_walk <= self.now && self.next_of_group().is_none_or(|next| next > self.now) {
                self.walk();
                self.forget();
            }
        }
        self.now = end;
    }

    fn timeouts(&mut self) {
        let now = self.now;
        let before = self.group.pending.len();
        self.group.pending.retain(|_, until| *until > now);
        if self.group.pending.len() < before {
            self.complete_if_all_joined();
        }
        for id in self.ids() {
            let Some(member) = self.group.members.get(&id) else { continue };
            if member.alive_until.is_none_or(|until| until > now) {
                continue;
            }
            if !member.fresh && (member.join.is_some() || member.sync.is_some()) {
                self.member(&id).alive_until = None;
                continue;
            }
            self.remove(&id);
            match self.group.state {
                GroupState::PreparingRebalance => self.complete_if_all_joined(),
                _ => self.prepare(),
            }
        }
        match self.group.wait {
            Some(Wait::First { until, part_ms, left_ms, somebody_came }) if until <= now => {
                if somebody_came && left_ms > 0 {
                    let next_ms = i64::from(self.config.initial_rebalance_delay_ms).min(left_ms);
                    let left_ms = (left_ms - part_ms).max(0);
                    let until = now + next_ms;
                    self.group.wait = Some(Wait::First { until, part_ms: next_ms, left_ms, somebody_came: false });
                } else {
                    self.complete();
                }
            }
            Some(Wait::Joins { until }) if until <= now => self.complete(),
            _ => {}
        }
        if self.group.sync_until.is_some_and(|until| until <= now) {
            self.group.sync_until = None;
            let silent: Vec<String> = self.ids().into_iter().filter(|id| self.group.members[id].owes_sync).collect();
            silent.iter().for_each(|id| self.remove(id));
            if !silent.is_empty() {
                self.prepare();
            }
        }
    }

    fn complete_if_all_joined(&mut self) {
        if self.group.state == GroupState::PreparingRebalance && self.have_all_joined() {
            self.complete();
        }
    }

    /// Offsets that nobody needs go, and with the last of them the group.
    fn walk(&mut self) {
        self.next_walk = self.now + self.config.offsets_retention_check_interval_ms;
        for ((topic, partition), value) in self.offsets.clone() {
            let kept_since = match self.group.state {
                _ if self.reads(&topic) => None,
                GroupState::Empty if self.group.protocol_type.is_some() => {
                    Some(self.group.since.unwrap_or(value.commit_timestamp))
                }
                GroupState::Empty => Some(value.commit_timestamp),
                GroupState::Stable => self.group.subscribed.as_ref().map(|_| value.commit_timestamp),
                GroupState::PreparingRebalance | GroupState::CompletingRebalance => None,
            };
            let until = |since| match value.expire_timestamp {
                -1 => since + self.config.offsets_retention_ms,
                until => until,
            };
            if kept_since.is_some_and(|since| until(since) <= self.now) {
                self.drop_offset(&topic, partition);
            }
        }
        let is_vacant = self.group.state == GroupState::Empty && self.group.pending.is_empty();
        if self.offsets.is_empty() && self.record.is_some() && is_vacant {
            self.record = None;
            self.group = Group::default();
            self.written.push(Written::Group(None));
        }
    }

    /// The coordinator moves: only what is in the log comes back.
    pub(in super::super) fn reload(&mut self) {
        for id in self.ids() {
            if let Some(join) = self.member(&id).join.take() {
                self.refuse_join(join, &id, ErrorCode::NotCoordinator);
            }
            if let Some(sync) = self.member(&id).sync.take() {
                self.refuse_sync(sync, ErrorCode::NotCoordinator);
            }
        }
        self.group = Group::default();
        self.next_walk = self.now + self.config.offsets_retention_check_interval_ms;
        let Some(record) = self.record.clone() else { return };
        let protocol = record.protocol.map(String::from);
        self.group = Group {
            state: if record.members.is_empty() { GroupState::Empty } else { GroupState::Stable },
            since: (record.current_state_timestamp != -1).then_some(record.current_state_timestamp),
            generation: record.generation,
            protocol_type: Some(String::from(record.protocol_type)).filter(|name| !name.is_empty()),
            protocol: protocol.clone(),
            leader: record.leader.map(String::from),
            ..Group::default()
        };
        for member in record.members {
            let loaded = Member {
                instance: member.group_instance_id.map(String::from),
                protocols: vec![(protocol.clone().unwrap_or_default(), member.subscription)],
                session_ms: member.session_timeout,
                rebalance_ms: member.rebalance_timeout,
                assignment: member.assignment,
                alive_until: Some(self.now + i64::from(member.session_timeout)),
                fresh: false,
                join: None,
                sync: None,
                owes_sync: false,
            };
            self.group.members.insert(member.member_id.into(), loaded);
        }
        self.group.subscribed = self.read_subscriptions();
        if self.group.members.len() > self.config.group_size_max {
            self.prepare();
        }
    }
}
