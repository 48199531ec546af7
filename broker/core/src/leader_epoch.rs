//! Which leader epoch began at which offset of a partition's log (KIP-101, KIP-279).
//!
//! Owns: the ordered list epoch → start offset and the questions asked of it. Does not own: the checkpoint file (the log
//! writes `leader-epoch-checkpoint` from [`LeaderEpochCache::entries`]), the current leader epoch of the partition (that is
//! the metadata image's; an epoch enters this list with its first batch).
//!
//! ```text
//!   epoch 2         epoch 3     (epoch 4 wrote nothing)      epoch 5
//!  ─┬───────────────┬──────────────────────────────────────┬──────────────► log end
//!   100             250                                    400
//!   end of 2 = 250, end of 3 = 400, end of 4 = (3, 400), end of 5 = log end, end of 6 is unknown
//! ```
//! Invariants: epochs and start offsets both grow strictly. A crash leaves what the checkpoint file holds; the log adds what
//! its batches show.

use strata_compat::ids::{LeaderEpoch, Offset};

/// The epochs of one log, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochCache {
    entries: Vec<(LeaderEpoch, Offset)>,
}

impl LeaderEpochCache {
    /// A cache of no epochs.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// The cache that these entries describe. Entries that do not grow in both epoch and offset win over the earlier ones
    /// that they contradict, as if each had been assigned in turn; negative ones are ignored.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = (LeaderEpoch, Offset)>) -> Self {
        let mut cache = Self::new();
        for (epoch, start_offset) in entries {
            cache.assign(epoch, start_offset);
        }
        cache
    }

    /// Records that the batches from `start_offset` on are of `epoch`. Entries that contradict it go. Returns whether
    /// anything changed: a later batch of the latest epoch changes nothing.
    pub fn assign(&mut self, epoch: LeaderEpoch, start_offset: Offset) -> bool {
        if epoch.0 < 0 || start_offset.0 < 0 {
            return false;
        }
        if let Some((latest, latest_start)) = self.latest()
            && latest == epoch
            && start_offset >= latest_start
        {
            return false;
        }
        while self.latest().is_some_and(|(latest, start)| latest >= epoch || start >= start_offset) {
            self.entries.pop();
        }
        self.entries.push((epoch, start_offset));
        true
    }

    /// The newest epoch and its start offset.
    #[must_use]
    pub fn latest(&self) -> Option<(LeaderEpoch, Offset)> {
        self.entries.last().copied()
    }

    /// The oldest epoch and its start offset.
    #[must_use]
    pub fn earliest(&self) -> Option<(LeaderEpoch, Offset)> {
        self.entries.first().copied()
    }

    /// Where the newest known epoch that is at most `requested` ends: at the start of the next one, or at `log_end` for the
    /// latest. A request from before the first known epoch is answered with itself and the start of the first one.
    /// `None` if `requested` is newer than all that is known.
    #[must_use]
    pub fn end_offset_for(&self, requested: LeaderEpoch, log_end: Offset) -> Option<(LeaderEpoch, Offset)> {
        if requested.0 < 0 {
            return None;
        }
        let (latest, _) = self.latest()?;
        if requested == latest {
            return Some((requested, log_end));
        }
        let higher = self.entries.partition_point(|(epoch, _)| *epoch <= requested);
        let (_, end) = *self.entries.get(higher)?;
        let floor = higher.checked_sub(1).map_or(requested, |index| self.entries[index].0);
        Some((floor, end))
    }

    /// Epoch of the batch at `offset`; `None` before the first known epoch.
    #[must_use]
    pub fn epoch_for(&self, offset: Offset) -> Option<LeaderEpoch> {
        let after = self.entries.partition_point(|(_, start)| *start <= offset);
        after.checked_sub(1).map(|index| self.entries[index].0)
    }

    /// Start offset of exactly this epoch.
    #[must_use]
    pub fn start_offset_of(&self, epoch: LeaderEpoch) -> Option<Offset> {
        let index = self.entries.binary_search_by_key(&epoch, |(epoch, _)| *epoch).ok()?;
        Some(self.entries[index].1)
    }

    /// The newest known epoch before `epoch`.
    #[must_use]
    pub fn previous_epoch(&self, epoch: LeaderEpoch) -> Option<LeaderEpoch> {
        let at = self.entries.partition_point(|(known, _)| *known < epoch);
        at.checked_sub(1).map(|index| self.entries[index].0)
    }

    /// The log now ends at `end_offset`: epochs that began there or later are gone. Returns whether anything changed.
    pub fn truncate_from_end(&mut self, end_offset: Offset) -> bool {
        let keep = self.entries.partition_point(|(_, start)| *start < end_offset);
        let changed = keep < self.entries.len();
        self.entries.truncate(keep);
        changed
    }

    /// The log now starts at `start_offset`: the epoch that covers it begins there, older ones are gone. Returns whether
    /// anything changed.
    pub fn truncate_from_start(&mut self, start_offset: Offset) -> bool {
        let after = self.entries.partition_point(|(_, start)| *start <= start_offset);
        let Some(covering) = after.checked_sub(1) else {
            return false;
        };
        if covering == 0 && self.entries[0].1 == start_offset {
            return false;
        }
        self.entries.drain(..covering);
        self.entries[0].1 = start_offset;
        true
    }

    /// Forgets all epochs.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// All epochs with their start offsets, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[(LeaderEpoch, Offset)] {
        &self.entries
    }

    /// The epochs of the range `[from, to)`, oldest first; the first one begins at `from` at the earliest.
    #[must_use]
    pub fn entries_in(&self, from: Offset, to: Offset) -> Vec<(LeaderEpoch, Offset)> {
        let mut part = self.clone();
        part.truncate_from_end(to);
        part.truncate_from_start(from);
        part.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> LeaderEpochCache {
        LeaderEpochCache::from_entries(entries.iter().map(|&(epoch, start)| (LeaderEpoch(epoch), Offset(start))))
    }

    fn listed(cache: &LeaderEpochCache) -> Vec<(i32, i64)> {
        cache.entries().iter().map(|(epoch, start)| (epoch.0, start.0)).collect()
    }

    #[test]
    fn later_batches_of_the_latest_epoch_change_nothing() {
        let mut cache = cache(&[(1, 10)]);
        assert!(!cache.assign(LeaderEpoch(1), Offset(10)));
        assert!(!cache.assign(LeaderEpoch(1), Offset(90)));
        assert!(cache.assign(LeaderEpoch(1), Offset(5)));
        assert_eq!(listed(&cache), [(1, 5)]);
    }

    #[test]
    fn assign_removes_what_it_contradicts() {
        let table: &[(&[(i32, i64)], (i32, i64), &[(i32, i64)])] = &[
            (&[(1, 0), (2, 10), (4, 30)], (3, 20), &[(1, 0), (2, 10), (3, 20)]),
            (&[(1, 0), (2, 10), (4, 30)], (5, 10), &[(1, 0), (5, 10)]),
            (&[(1, 0), (2, 10), (4, 30)], (2, 40), &[(1, 0), (2, 40)]),
            (&[(3, 5)], (1, 9), &[(1, 9)]),
            (&[(3, 5)], (-1, 9), &[(3, 5)]),
            (&[(3, 5)], (4, -1), &[(3, 5)]),
        ];
        for (before, (epoch, start), after) in table {
            let mut cache = cache(before);
            cache.assign(LeaderEpoch(*epoch), Offset(*start));
            assert_eq!(&listed(&cache), after, "{before:?} + {epoch}@{start}");
        }
    }

    #[test]
    fn end_offset_is_the_start_of_the_next_higher_epoch() {
        let cache = cache(&[(2, 100), (3, 250), (5, 400)]);
        let table: &[(i32, Option<(i32, i64)>)] = &[
            (-1, None),
            (0, Some((0, 100))),
            (1, Some((1, 100))),
            (2, Some((2, 250))),
            (3, Some((3, 400))),
            (4, Some((3, 400))),
            (5, Some((5, 900))),
            (6, None),
        ];
        for (requested, expected) in table {
            let answer = cache.end_offset_for(LeaderEpoch(*requested), Offset(900));
            assert_eq!(answer.map(|(epoch, end)| (epoch.0, end.0)), *expected, "epoch {requested}");
        }
        assert_eq!(LeaderEpochCache::new().end_offset_for(LeaderEpoch(0), Offset(9)), None);
    }

    #[test]
    fn epoch_of_an_offset_is_the_one_that_covers_it() {
        let cache = cache(&[(2, 100), (3, 250)]);
        assert_eq!(cache.epoch_for(Offset(99)), None);
        assert_eq!(cache.epoch_for(Offset(100)), Some(LeaderEpoch(2)));
        assert_eq!(cache.epoch_for(Offset(249)), Some(LeaderEpoch(2)));
        assert_eq!(cache.epoch_for(Offset(9000)), Some(LeaderEpoch(3)));
        assert_eq!(cache.start_offset_of(LeaderEpoch(3)), Some(Offset(250)));
        assert_eq!(cache.start_offset_of(LeaderEpoch(4)), None);
        assert_eq!(cache.previous_epoch(LeaderEpoch(3)), Some(LeaderEpoch(2)));
        assert_eq!(cache.previous_epoch(LeaderEpoch(2)), None);
    }

    #[test]
    fn truncation_from_the_end_drops_epochs_that_began_there() {
        for (end, expected) in [(500, 3), (401, 3), (400, 2), (250, 1), (101, 1), (100, 0)] {
            let mut cache = cache(&[(2, 100), (3, 250), (5, 400)]);
            cache.truncate_from_end(Offset(end));
            assert_eq!(cache.entries().len(), expected, "end {end}");
        }
    }

    #[test]
    fn truncation_from_the_start_keeps_the_covering_epoch() {
        let table: &[(i64, &[(i32, i64)])] = &[
            (50, &[(2, 100), (3, 250), (5, 400)]),
            (100, &[(2, 100), (3, 250), (5, 400)]),
            (120, &[(2, 120), (3, 250), (5, 400)]),
            (250, &[(3, 250), (5, 400)]),
            (399, &[(3, 399), (5, 400)]),
            (1000, &[(5, 1000)]),
        ];
        for (start, expected) in table {
            let mut cache = cache(&[(2, 100), (3, 250), (5, 400)]);
            cache.truncate_from_start(Offset(*start));
            assert_eq!(&listed(&cache), expected, "start {start}");
        }
    }

    #[test]
    fn a_range_lists_its_epochs_only() {
        let cache = cache(&[(2, 100), (3, 250), (5, 400)]);
        let entries = cache.entries_in(Offset(260), Offset(400));
        assert_eq!(entries, [(LeaderEpoch(3), Offset(260))]);
    }
}
