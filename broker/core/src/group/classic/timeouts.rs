//! What time does to a group: lost members, ids that nobody used, waits that end.
//!
//! Owns: the next deadline of a group and what happens then. Does not own: offsets (see `group/expiration.rs`).
//!
//! Invariants: a deadline that has passed is gone after [`ClassicGroup::handle_timeout`], so that the next one lies ahead.

use strata_compat::ids::Timestamp;
use strata_compat::wire::KString;

use super::ClassicGroup;
use super::rebalance::JoinWait;
use crate::group::{GroupState, ShardConfig, Turn};

impl ClassicGroup {
    /// When something happens here by itself.
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        let sessions = self.members.values().filter_map(|member| member.session_deadline);
        let waits = [self.join_wait.as_ref().map(JoinWait::until), self.sync_deadline];
        let pending = self.pending.values().copied();
        sessions.chain(waits.into_iter().flatten()).chain(pending).min()
    }

    /// The group was loaded: sessions begin anew. A group that is larger than it may be now must rebalance, in which the last to
    /// come find no room.
    pub(crate) fn on_loaded(&mut self, turn: &mut Turn<'_>) {
        for member in self.members.values_mut() {
            member.renew_session(turn.now);
        }
        if self.members.len() > turn.config.group_size_max.min(ShardConfig::GROUP_SIZE_LIMIT) {
            self.prepare_rebalance(turn);
        }
    }

    /// Handles all deadlines that have passed.
    pub(crate) fn handle_timeout(&mut self, turn: &mut Turn<'_>) {
        self.drop_unused_ids(turn);
        self.drop_lost_members(turn);
        if self.join_wait.is_some_and(|wait| wait.until() <= turn.now) {
            self.end_join_wait(turn);
        }
        if self.sync_deadline.is_some_and(|deadline| deadline <= turn.now) {
            self.drop_members_without_sync(turn);
        }
    }

    fn drop_unused_ids(&mut self, turn: &mut Turn<'_>) {
        let before = self.pending.len();
        let now = turn.now;
        self.pending.retain(|_, deadline| *deadline > now);
        if self.pending.len() < before {
            self.complete_join_if_all_joined(turn);
        }
    }

    fn drop_lost_members(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let is_due = |deadline: Option<Timestamp>| deadline.is_some_and(|deadline| deadline <= now);
        let due = self.members.iter().filter(|(_, member)| is_due(member.session_deadline));
        let due: Vec<KString> = due.map(|(id, _)| id.clone()).collect();
        for id in &due {
            // What became of those before it may have given it a new session.
            let Some(member) = self.members.get_mut(id) else {
                continue;
            };
            if !is_due(member.session_deadline) {
                continue;
            }
            if member.is_excused() {
                // Its session begins anew with our answer.
                member.session_deadline = None;
                continue;
            }
            self.remove(id, turn);
            match self.state {
                GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(turn),
                GroupState::PreparingRebalance => self.complete_join_if_all_joined(turn),
                GroupState::Empty => {}
            }
        }
    }

    fn drop_members_without_sync(&mut self, turn: &mut Turn<'_>) {
        self.sync_deadline = None;
        let silent = self.members.iter().filter(|(_, member)| member.pending_sync);
        let silent: Vec<KString> = silent.map(|(id, _)| id.clone()).collect();
        match self.state {
            GroupState::CompletingRebalance | GroupState::Stable => {
                for id in &silent {
                    self.remove(id, turn);
                }
                self.prepare_rebalance(turn);
            }
            GroupState::Empty | GroupState::PreparingRebalance => {}
        }
    }
}
