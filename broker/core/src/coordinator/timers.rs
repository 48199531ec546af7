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
        let first = self.by_group.get(group).map_or(deadline, |known| deadline.min(*known));
        self.set(group, Some(first));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn timers(deadlines: &[(&str, i64)]) -> Timers {
        let mut timers = Timers::default();
        for (group, deadline) in deadlines {
            timers.set(&KString::from(*group), Some(Timestamp(*deadline)));
        }
        timers
    }

    #[test]
    fn groups_are_taken_by_deadline_and_a_bounded_part_of_them_at_once() {
        let mut timers = timers(&[("a", 30), ("b", 10), ("c", 20), ("d", 10), ("e", 31)]);
        assert_eq!(timers.next(), Some(Timestamp(10)));
        assert!(timers.take_due(Timestamp(9), 8).is_empty());
        assert_eq!(timers.take_due(Timestamp(30), 3), ["b", "d", "c"]);
        assert_eq!(timers.take_due(Timestamp(30), 3), ["a"]);
        assert_eq!(timers.next(), Some(Timestamp(31)));
        assert!(timers.take_due(Timestamp(31), 0).is_empty());
    }

    #[test]
    fn group_has_one_deadline_that_is_set_cleared_or_brought_forward() {
        let mut timers = timers(&[("a", 30), ("a", 20)]);
        assert_eq!(timers.next(), Some(Timestamp(20)));
        // (another deadline) → the first
        for (other, first) in [(25, 20), (20, 20), (15, 15)] {
            timers.set_earlier(&"a".into(), Timestamp(other));
            assert_eq!((timers.next(), timers.by_time.len()), (Some(Timestamp(first)), 1), "{other}");
        }
        timers.set(&"a".into(), None);
        assert_eq!((timers.next(), timers.by_group.len()), (None, 0));
        timers.set_earlier(&"a".into(), Timestamp(40));
        assert_eq!(timers.next(), Some(Timestamp(40)));
    }
}
