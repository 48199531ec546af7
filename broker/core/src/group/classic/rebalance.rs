//! From members to the next generation.
//!
//! Owns: when a rebalance begins, how long members are waited for, who leads, which protocol wins. Does not own: what made it
//! necessary.
//!
//! Invariants: while the group prepares a rebalance somebody will end it: the last member that joins, or `join_wait`'s time;
//! while it completes one, the leader or `sync_deadline`.

use std::collections::BTreeMap;
use std::mem;

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::Timestamp;
use strata_compat::wire::KString;

use super::{ClassicGroup, sync_error};
use crate::group::{GroupState, Turn};

/// Shortest wait for members of which none has joined, so that their sessions end it and not a busy loop.
const RETRY_WAIT_MS_MIN: i64 = 1_000;

/// How long a group waits for members to join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JoinWait {
    /// The group was empty: a fixed delay, which members that come meanwhile prolong.
    Initial {
        until: Timestamp,
        /// Length of this part of the wait.
        delay_ms: i64,
        /// What may follow it.
        remaining_ms: i64,
        /// Somebody came in this part.
        new_member_added: bool,
    },
    /// Until all have joined, but not longer than this.
    Rebalance { until: Timestamp },
}

impl JoinWait {
    pub(super) const fn until(&self) -> Timestamp {
        match self {
            Self::Initial { until, .. } | Self::Rebalance { until } => *until,
        }
    }
}

impl ClassicGroup {
    /// Membership changed: begin a rebalance, or end the one that runs if this was the last member to come.
    pub(super) fn rebalance_or_complete(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            GroupState::Empty | GroupState::CompletingRebalance | GroupState::Stable => self.prepare_rebalance(turn),
            GroupState::PreparingRebalance => self.complete_join_if_ready(turn),
        }
    }

    /// Members must join again; those that wait for an assignment are told so.
    pub(super) fn prepare_rebalance(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.state, GroupState::CompletingRebalance) {
            self.fail_assignment(ErrorCode::RebalanceInProgress, turn);
        }
        self.stop_waiting_for_sync();
        let is_initial = matches!(self.state, GroupState::Empty);
        self.enter(GroupState::PreparingRebalance, turn.now);
        if is_initial {
            let delay_ms = i64::from(turn.config.initial_rebalance_delay_ms.max(0));
            self.join_wait = Some(JoinWait::Initial {
                until: turn.now.plus_ms(delay_ms),
                delay_ms,
                remaining_ms: (self.rebalance_timeout_ms() - delay_ms).max(0),
                new_member_added: false,
            });
        } else if self.has_all_members_joined() {
            self.complete_join(turn);
        } else {
            let until = turn.now.plus_ms(self.rebalance_timeout_ms());
            self.join_wait = Some(JoinWait::Rebalance { until });
        }
    }

    /// Takes a member out, and sees to those that remain.
    pub(super) fn remove_and_rebalance(&mut self, id: &KString, turn: &mut Turn<'_>) {
        let was_member = self.members.contains_key(id);
        self.remove(id, turn);
        match self.state {
            GroupState::CompletingRebalance | GroupState::Stable if was_member => self.prepare_rebalance(turn),
            GroupState::PreparingRebalance => self.complete_join_if_ready(turn),
            GroupState::Empty | GroupState::CompletingRebalance | GroupState::Stable => {}
        }
    }

    /// Ends the wait if nobody else is expected. The first wait of a group has its own time.
    pub(super) fn complete_join_if_ready(&mut self, turn: &mut Turn<'_>) {
        let is_initial = matches!(self.join_wait, Some(JoinWait::Initial { .. }));
        if !is_initial {
            self.complete_join_if_all_joined(turn);
        }
    }

    /// As above, also in the first wait: the one who was missing is gone.
    pub(super) fn complete_join_if_all_joined(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.state, GroupState::PreparingRebalance) && self.has_all_members_joined() {
            self.complete_join(turn);
        }
    }

    /// The time of `join_wait` is up.
    pub(super) fn end_join_wait(&mut self, turn: &mut Turn<'_>) {
        match self.join_wait {
            Some(JoinWait::Initial { delay_ms, remaining_ms, new_member_added: true, .. }) if remaining_ms > 0 => {
                let next_ms = i64::from(turn.config.initial_rebalance_delay_ms.max(1)).min(remaining_ms);
                self.join_wait = Some(JoinWait::Initial {
                    until: turn.now.plus_ms(next_ms),
                    delay_ms: next_ms,
                    remaining_ms: (remaining_ms - delay_ms).max(0),
                    new_member_added: false,
                });
            }
            Some(JoinWait::Initial { .. } | JoinWait::Rebalance { .. }) => self.complete_join(turn),
            None => {}
        }
    }

    /// The next generation is made of those who joined, and of static members, who may be late.
    fn complete_join(&mut self, turn: &mut Turn<'_>) {
        self.join_wait = None;
        let late =
            self.members.iter().filter(|(_, member)| member.waiting_join.is_none() && member.instance_id.is_none());
        let late: Vec<KString> = late.map(|(id, _)| id.clone()).collect();
        for id in &late {
            self.remove(id, turn);
        }
        if !self.members.is_empty() && !self.elect_joined_leader() {
            let wait_ms = self.rebalance_timeout_ms().max(RETRY_WAIT_MS_MIN);
            self.join_wait = Some(JoinWait::Rebalance { until: turn.now.plus_ms(wait_ms) });
            return;
        }
        self.generation = self.generation.checked_add(1).unwrap_or(0);
        self.protocol = self.select_protocol();
        self.subscribed = self.read_subscriptions();
        if self.members.is_empty() {
            self.enter(GroupState::Empty, turn.now);
            // Nobody is left to be told by an answer. After a load the former generation comes back, and ends by its sessions.
            if self.write(turn).is_err() {
                turn.report_unwritten();
            }
        } else {
            self.enter(GroupState::CompletingRebalance, turn.now);
            self.announce_generation(turn);
        }
    }

    fn announce_generation(&mut self, turn: &mut Turn<'_>) {
        let ids: Vec<KString> = self.members.keys().cloned().collect();
        for id in &ids {
            let waits = self.members.get(id).is_some_and(|member| member.waiting_join.is_some());
            let response = waits.then(|| self.current_generation(id));
            let Some(member) = self.members.get_mut(id) else {
                continue;
            };
            if let (Some(waiting), Some(response)) = (member.waiting_join.take(), response) {
                turn.reply_join(waiting.operation, response);
            }
            member.renew_session(turn.now);
            member.is_new = false;
            member.pending_sync = true;
        }
        self.sync_deadline = Some(turn.now.plus_ms(self.rebalance_timeout_ms()));
    }

    /// Whether somebody who joined leads, if need be somebody else than before.
    fn elect_joined_leader(&mut self) -> bool {
        let joined = |id: &KString| self.members.get(id).is_some_and(|member| member.waiting_join.is_some());
        if self.leader.as_ref().is_some_and(joined) {
            return true;
        }
        let first = self.members.keys().find(|id| joined(id)).cloned();
        let found = first.is_some();
        if found {
            self.leader = first;
        }
        found
    }

    /// Of the protocols that all members speak, the one that most members prefer; of equals the first by name.
    pub(super) fn select_protocol(&self) -> Option<KString> {
        let mut votes: BTreeMap<&KString, usize> = BTreeMap::new();
        let candidates = self.common_protocols();
        for member in self.members.values() {
            let preferred = member.protocols.iter().find(|own| candidates.contains(&&own.name));
            if let Some(own) = preferred {
                *votes.entry(&own.name).or_default() += 1;
            }
        }
        let most = votes.values().copied().max()?;
        votes.into_iter().find(|(_, count)| *count == most).map(|(name, _)| name.clone())
    }

    fn common_protocols(&self) -> Vec<&KString> {
        let Some(first) = self.members.values().next() else {
            return Vec::new();
        };
        let names = first.protocols.iter().map(|own| &own.name);
        names.filter(|name| self.members.values().all(|member| member.supports(name))).collect()
    }

    fn has_all_members_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(|member| member.waiting_join.is_some())
    }

    /// Nobody gets an assignment in this generation; those that wait for one are told why.
    pub(super) fn fail_assignment(&mut self, error: ErrorCode, turn: &mut Turn<'_>) {
        for member in self.members.values_mut() {
            member.assignment = Bytes::new();
            if let Some(operation) = mem::take(&mut member.waiting_sync) {
                turn.reply_sync(operation, sync_error(error));
                member.renew_session(turn.now);
            }
        }
    }

    pub(super) fn stop_waiting_for_sync(&mut self) {
        self.sync_deadline = None;
        for member in self.members.values_mut() {
            member.pending_sync = false;
        }
    }
}
