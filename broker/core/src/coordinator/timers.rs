//! When each group wants to be woken.
//!
//! Owns: one deadline for each group, and their order. Does not own: what happens then.
//!
//! Invariants: the deadline of a group is never later than what the group waits for first; it may be earlier, because a
//! heartbeat moves a session without telling.

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::Timestamp;
use strata_compat::wire::KString;

/// Deadlines of groups.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_group: BTreeMap<KString, Timestamp>,
    by_time: BTreeSet<(Timestamp, KString)>,
}

impl Timers {
    /// The first deadline.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(deadline, _)| *deadline)
    }

    /// Sets or clears the deadline of a group.
    pub(super) fn set(&mut self, group: &KString, deadline: Option<Timestamp>) {
        if self.by_group.get(group).copied() == deadline {
            return;
        }
        if let Some((id, before)) = self.by_group.remove_entry(group) {
            self.by_time.remove(&(before, id));
        }
        if let Some(deadline) = deadline {
            let id = group.detached();
            self.by_group.insert(id.clone(), deadline);
            self.by_time.insert((deadline, id));
        }
    }

    /// The group waits for something else too; it counts if it is the first.
    pub(super) fn set_earlier(&mut self, group: &KString, deadline: Timestamp) {
        if self.by_group.get(group).is_none_or(|known| *known > deadline) {
            self.set(group, Some(deadline));
        }
    }

    /// Takes groups whose deadline has passed, at most so many; who takes them sets their deadlines anew.
    pub(super) fn take_due(&mut self, now: Timestamp, groups_max: usize) -> Vec<KString> {
        let mut due = Vec::new();
        while due.len() < groups_max && self.next().is_some_and(|deadline| deadline <= now) {
            if let Some((_, group)) = self.by_time.pop_first() {
                self.by_group.remove(&group);
                due.push(group);
            }
        }
        due
    }
}
