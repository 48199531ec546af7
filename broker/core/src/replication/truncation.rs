//! Where the log of a follower parts from its leader's (KIP-101, KIP-279, KIP-595).
//!
//! Owns: the leader's check of a fetch position, the follower's choice of where to cut. Does not own: the epochs
//! (`leader_epoch.rs`), cutting.
//!
//! ```text
//!   leader    ──1──┬────2────┬──────4─────►       fetch at X after a batch of epoch 3
//!   follower  ──1──┬────2──────┬──3──X            leader: "the newest epoch up to 3 is 2, it ends here ┤"
//!                            ▲ follower cuts here, and asks again from there
//! ```

use strata_compat::ids::{LeaderEpoch, Offset};

use crate::leader_epoch::LeaderEpochCache;

/// The leader's answer to a position that is not in its log: the newest epoch that it has up to the one asked for, and where
/// that epoch ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivergingEpoch {
    /// Newest epoch of the leader's log that is at most the one asked for; −1 if there is none.
    pub epoch: LeaderEpoch,
    /// Where it ends in the leader's log; −1 if there is none.
    pub end_offset: Offset,
}

/// Whether a replica whose last record before `fetch_offset` is of `last_fetched` has parted from this log.
#[must_use]
pub fn diverging_epoch(
    epochs: &LeaderEpochCache,
    last_fetched: LeaderEpoch,
    fetch_offset: Offset,
    log_end: Offset,
) -> Option<DivergingEpoch> {
    // A log without epochs holds no record that could contradict; its end is checked as a range.
    let (latest, _) = epochs.latest()?;
    if last_fetched.0 < 0 {
        return None;
    }
    match epochs.end_offset_for(last_fetched, log_end) {
        // Newer than all of ours: it wrote under a leader of which we hold nothing.
        None => Some(DivergingEpoch { epoch: latest, end_offset: log_end }),
        Some((epoch, end_offset)) if epoch < last_fetched || end_offset < fetch_offset => {
            Some(DivergingEpoch { epoch, end_offset })
        }
        Some(_) => None,
    }
}

/// Where a follower cuts its log on this answer: at the end of the last epoch that both have, as far as one answer tells. It
/// may lie below the log's start: then nothing of the log is of use.
#[must_use]
pub fn truncation_offset(epochs: &LeaderEpochCache, diverging: DivergingEpoch, log_end: Offset) -> Offset {
    let leader_end = diverging.end_offset.max(Offset(0));
    match epochs.end_offset_for(diverging.epoch, log_end) {
        // The leader names an epoch that we know: both have it up to the smaller end. One that we do not know is answered
        // with an older one of ours: keep that one whole, cut the rest, and ask again.
        Some((_, own_end)) => leader_end.min(own_end).min(log_end),
        None => leader_end.min(log_end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(i32, i64)]) -> LeaderEpochCache {
        LeaderEpochCache::from_entries(entries.iter().map(|&(epoch, start)| (LeaderEpoch(epoch), Offset(start))))
    }

    #[test]
    fn leader_answers_positions_outside_its_log_with_the_diverging_epoch() {
        let epochs = cache(&[(1, 0), (2, 10), (4, 30)]);
        let table: &[(i32, i64, Option<(i32, i64)>)] = &[
            (-1, 0, None),
            (4, 50, None),
            (4, 40, None),
            (2, 30, None),
            (2, 20, None),
            (2, 31, Some((2, 30))),
            (3, 35, Some((2, 30))),
            (3, 25, Some((2, 30))),
            (1, 11, Some((1, 10))),
            (5, 40, Some((4, 50))),
            (0, 5, Some((0, 0))),
        ];
        for (epoch, offset, expected) in table {
            let answer = diverging_epoch(&epochs, LeaderEpoch(*epoch), Offset(*offset), Offset(50));
            assert_eq!(answer.map(|it| (it.epoch.0, it.end_offset.0)), *expected, "epoch {epoch} at {offset}");
        }
    }

    #[test]
    fn follower_cuts_at_the_end_of_the_last_common_epoch() {
        let table: &[(&[(i32, i64)], i64, (i32, i64), i64)] = &[
            // The leader's epoch 2 ends before ours does.
            (&[(1, 0), (2, 10)], 40, (2, 30), 30),
            // Ours ends before the leader's.
            (&[(1, 0), (2, 10), (3, 20)], 40, (2, 30), 20),
            // We never had the leader's epoch 2: our epoch 1 stays up to where our epoch 3 began.
            (&[(1, 0), (3, 15)], 40, (2, 30), 15),
            // All of ours is newer than the leader's.
            (&[(5, 10)], 40, (2, 30), 10),
            // The leader has no epoch at all.
            (&[(1, 0)], 40, (-1, -1), 0),
            (&[], 40, (2, 30), 30),
        ];
        for (own, log_end, (epoch, end), expected) in table {
            let diverging = DivergingEpoch { epoch: LeaderEpoch(*epoch), end_offset: Offset(*end) };
            let cut = truncation_offset(&cache(own), diverging, Offset(*log_end));
            assert_eq!(cut, Offset(*expected), "{own:?} on ({epoch}, {end})");
        }
    }
}
