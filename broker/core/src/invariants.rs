//! Named predicates on replication: asserted in production where they are cheap, checked after each step of a simulation.
//!
//! Owns: what must hold, as pure functions. Does not own: what happens when it does not (an assertion stops the process; a
//! checker names the seed).

use std::collections::BTreeMap;

use strata_compat::ids::{BrokerId, LeaderEpoch, Offset};

use crate::leader_epoch::LeaderEpochCache;
use crate::replication::LogPositions;

/// R1: positions of one log are in order: log start ≤ high watermark ≤ log end, durable end ≤ log end.
#[must_use]
pub fn positions_are_ordered(positions: &LogPositions) -> bool {
    let LogPositions { high_watermark, durable_end, log_end, .. } = *positions;
    high_watermark <= log_end && durable_end <= log_end
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
pub fn epochs_grow(epochs: &LeaderEpochCache) -> bool {
    epochs.entries().windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1)
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
        assert!(!high_watermark_never_goes_back(Offset(5), Offset(4)));
        assert!(high_watermark_is_durable(Offset(5), [Offset(5), Offset(9)]));
        assert!(!high_watermark_is_durable(Offset(6), [Offset(5), Offset(9)]));
        let mut seen = BTreeMap::new();
        assert!(one_leader_per_epoch(&mut seen, LeaderEpoch(1), BrokerId(1)));
        assert!(!one_leader_per_epoch(&mut seen, LeaderEpoch(1), BrokerId(2)));
        assert!(logs_agree_below(&[1, 2, 3], &[1, 2, 4], 2));
        assert!(!logs_agree_below(&[1, 2, 3], &[1, 2, 4], 3));
        assert!(epochs_grow(&LeaderEpochCache::from_entries([
            (LeaderEpoch(1), Offset(0)),
            (LeaderEpoch(2), Offset(3))
        ])));
    }
}
