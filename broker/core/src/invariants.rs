//! Named predicates on replication and logs: asserted in production where they are cheap, checked after each step of a
//! simulation.
//!
//! Owns: what must hold, as pure functions, and the words that a broken one panics with. Does not own: what follows (`main`
//! ends the process, because what is in memory can no longer be trusted; a checker names the seed).

use std::collections::BTreeMap;

use strata_compat::ids::{BrokerId, LeaderEpoch, Offset};

use crate::replication::LogPositions;

/// How the panic of a broken invariant begins.
pub const BROKEN: &str = "broken invariant: ";

/// Panics, naming the predicate, if it does not hold.
#[macro_export]
macro_rules! assert_invariant {
    ($predicate:ident($($argument:expr),* $(,)?)) => {
        assert!(
            $crate::invariants::$predicate($($argument),*),
            "{}{}", $crate::invariants::BROKEN, stringify!($predicate($($argument),*))
        )
    };
}

/// R1: positions of one log are in order: log start ≤ high watermark ≤ log end, log start ≤ local start, durable end ≤ log
/// end.
#[must_use]
pub fn positions_are_ordered(positions: &LogPositions) -> bool {
    let LogPositions { log_start, local_start, high_watermark, durable_end, log_end, .. } = *positions;
    log_start <= high_watermark && high_watermark <= log_end && log_start <= local_start && durable_end <= log_end
}

/// R2: a high watermark never goes back.
#[must_use]
pub fn high_watermark_never_goes_back(before: Offset, after: Offset) -> bool {
    after >= before
}

/// R3: what is committed is durable on every in-sync replica: the watermark is at most their smallest durable end.
#[must_use]
pub fn high_watermark_is_durable(high_watermark: Offset, durable_ends: impl IntoIterator<Item = Offset>) -> bool {
    durable_ends.into_iter().all(|end| high_watermark <= end)
}

/// R4: a leader epoch has one leader. `seen` keeps who led; returns whether this leader fits.
#[must_use]
pub fn one_leader_per_epoch(seen: &mut BTreeMap<LeaderEpoch, BrokerId>, epoch: LeaderEpoch, leader: BrokerId) -> bool {
    *seen.entry(epoch).or_insert(leader) == leader
}

/// R5: two logs hold the same records below both watermarks, where both hold any.
#[must_use]
pub fn logs_agree_below<T: PartialEq>(one: &[T], other: &[T], end: usize) -> bool {
    let end = end.min(one.len()).min(other.len());
    one[..end] == other[..end]
}

/// R6: epochs and their start offsets grow strictly.
#[must_use]
pub fn epochs_grow(entries: &[(LeaderEpoch, Offset)]) -> bool {
    entries.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1)
}

/// L1: the offsets of a log on disk are in order: log start ≤ local start ≤ log end, recovery point ≤ durable end ≤ log end.
#[must_use]
pub fn log_offsets_are_ordered(
    starts: (Offset, Offset),
    recovery_point: Offset,
    durable_end: Offset,
    end: Offset,
) -> bool {
    let (log_start, local_start) = starts;
    log_start <= local_start && local_start <= end && recovery_point <= durable_end && durable_end <= end
}

/// L2: batches, each told by its base and end offset, continue a log that ends at `log_end`: none lies below, none overlaps.
#[must_use]
pub fn batches_continue_log(log_end: Offset, batches: impl IntoIterator<Item = (Offset, Offset)>) -> bool {
    let mut end = log_end;
    batches.into_iter().all(|(base, batch_end)| {
        let continues = base >= end && batch_end > base;
        end = batch_end;
        continues
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_tell_right_from_wrong() {
        let positions = LogPositions {
            high_watermark: Offset(5),
            durable_end: Offset(6),
            log_end: Offset(6),
            ..LogPositions::default()
        };
        assert!(positions_are_ordered(&positions));
        assert!(!positions_are_ordered(&LogPositions { log_end: Offset(5), ..positions }));
        assert!(!positions_are_ordered(&LogPositions { log_start: Offset(6), local_start: Offset(6), ..positions }));
        assert!(!positions_are_ordered(&LogPositions { log_start: Offset(1), ..positions }));
        for (after, holds) in [(4, false), (5, true), (6, true)] {
            assert_eq!(high_watermark_never_goes_back(Offset(5), Offset(after)), holds, "{after}");
        }
        assert!(high_watermark_is_durable(Offset(5), [Offset(5), Offset(9)]));
        assert!(!high_watermark_is_durable(Offset(6), [Offset(5), Offset(9)]));
        let mut seen = BTreeMap::new();
        assert!(one_leader_per_epoch(&mut seen, LeaderEpoch(1), BrokerId(1)));
        assert!(!one_leader_per_epoch(&mut seen, LeaderEpoch(1), BrokerId(2)));
        assert!(logs_agree_below(&[1, 2, 3], &[1, 2, 4], 2));
        assert!(!logs_agree_below(&[1, 2, 3], &[1, 2, 4], 3));
    }

    #[test]
    fn epochs_grow_with_their_start_offsets() {
        let table: [(&[(i32, i64)], bool); 8] = [
            (&[], true),
            (&[(1, 0)], true),
            (&[(1, 0), (2, 3), (4, 9)], true),
            (&[(1, 0), (1, 3)], false),
            (&[(2, 0), (1, 3)], false),
            (&[(1, 3), (2, 3)], false),
            (&[(1, 3), (2, 0)], false),
            (&[(1, 0), (2, 3), (2, 9)], false),
        ];
        for (entries, holds) in table {
            let entries: Vec<_> = entries.iter().map(|(epoch, start)| (LeaderEpoch(*epoch), Offset(*start))).collect();
            assert_eq!(epochs_grow(&entries), holds, "{entries:?}");
        }
    }

    #[test]
    fn log_predicates_tell_right_from_wrong() {
        let table = [
            ((0, 0), 0, 0, 0, true),
            ((2, 5), 3, 8, 9, true),
            ((5, 2), 3, 8, 9, false),
            ((2, 10), 3, 8, 9, false),
            ((2, 5), 9, 8, 9, false),
            ((2, 5), 3, 10, 9, false),
        ];
        for ((log_start, local_start), recovery_point, durable_end, end, holds) in table {
            let starts = (Offset(log_start), Offset(local_start));
            let found = log_offsets_are_ordered(starts, Offset(recovery_point), Offset(durable_end), Offset(end));
            assert_eq!(found, holds, "{starts:?} {recovery_point} {durable_end} {end}");
        }
        let batches: [(&[(i64, i64)], bool); 5] = [
            (&[], true),
            (&[(10, 12), (12, 13)], true),
            (&[(11, 12), (15, 16)], true),
            (&[(9, 12)], false),
            (&[(10, 12), (11, 13)], false),
        ];
        for (batches, holds) in batches {
            let batches = batches.iter().map(|(base, end)| (Offset(*base), Offset(*end)));
            assert_eq!(batches_continue_log(Offset(10), batches.clone()), holds, "{:?}", batches.collect::<Vec<_>>());
        }
        assert!(!batches_continue_log(Offset(10), [(Offset(10), Offset(10))]), "a batch without offsets");
    }

    #[test]
    #[should_panic(expected = "broken invariant: high_watermark_never_goes_back")]
    fn a_broken_invariant_is_named() {
        crate::assert_invariant!(high_watermark_never_goes_back(Offset(5), Offset(4)));
    }
}
