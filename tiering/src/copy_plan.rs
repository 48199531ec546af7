//! Which range to copy next.
//!
//! Owns: the decision, as a pure function of one moment. Does not own: reading, writing or waiting.
//! Invariants: a copy begins at max(remote end, log start) and ends at or below min(last stable offset, durable end).
//!
//! ```text
//!          log start ─┐          ┌─ remote end = base of the next copy       copy end
//! ────────────────────┴──────────┴───────────── closed ─────────┬── active ─────┴───►
//! ```

use strata_compat::ids::{Offset, Timestamp};
use strata_metadata_core::image::remote_segments::RemotePartition;

use crate::config::{TieringConfig, TopicTiering};
use crate::source::SourceState;

/// Limits that hold for one topic on this broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyLimits {
    /// Log bytes of one object, at most.
    pub segment_bytes: u64,
    /// Longest time from append to copy.
    pub upload_max_lag_ms: i64,
    /// Uploads are stopped.
    pub copy_disabled: bool,
}

impl CopyLimits {
    /// The stricter of the broker's and the topic's limits.
    #[must_use]
    pub fn new(config: &TieringConfig, topic: &TopicTiering) -> Self {
        Self {
            segment_bytes: config.segment_bytes_max.min(topic.segment_bytes).max(1),
            upload_max_lag_ms: config.upload_max_lag_ms,
            copy_disabled: topic.copy_disabled,
        }
    }
}

/// Why a range is copied now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyReason {
    /// There is enough for a full object.
    Size,
    /// The local log segment is closed.
    Roll,
    /// The oldest record has waited for the longest time allowed.
    Lag,
}

/// What to do next for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyDecision {
    /// Nothing, until something is appended or this time comes.
    Nothing {
        /// When the oldest record will have waited long enough.
        until: Option<Timestamp>,
    },
    /// Tell the quorum the log start first: tiering was just enabled, for the first time or again.
    Begin {
        /// The log start to tell.
        log_start: Offset,
    },
    /// The local log begins above what is remote: nothing may be copied over a hole.
    Hole {
        /// Where the next copy would begin.
        base: Offset,
        /// Where the local log begins.
        local_start: Offset,
    },
    /// Copy whole batches from `from`, ending at or below `end`, of at most `bytes_max`.
    Copy {
        /// First offset to be covered.
        from: Offset,
        /// Nothing at or above may be in it.
        end: Offset,
        /// Log bytes, at most, but for a larger single batch.
        bytes_max: u64,
        /// Why now.
        reason: CopyReason,
    },
}

/// Where the next copy begins: max(remote end, log start). `None` before the quorum knows the log start.
#[must_use]
pub fn copy_base(remote: &RemotePartition) -> Option<Offset> {
    remote.next_base_offset()
}

/// What to do next. `pending_bytes` are the log bytes between the base of the next copy and the copy end.
#[must_use]
pub fn decide(
    source: &SourceState,
    remote: &RemotePartition,
    pending_bytes: u64,
    limits: CopyLimits,
    now: Timestamp,
) -> CopyDecision {
    if source.leader_epoch.is_none() {
        return CopyDecision::Nothing { until: None };
    }
    let Some(base) = copy_base(remote) else {
        return CopyDecision::Begin { log_start: source.log_start };
    };
    if remote.remote_end.is_none() && source.log_start > base {
        // While tiering was off the log let go of records by itself: the quorum has to hear of it first.
        return CopyDecision::Begin { log_start: source.log_start };
    }
    if limits.copy_disabled || base >= source.copy_end {
        return CopyDecision::Nothing { until: None };
    }
    if source.local_start > base {
        return CopyDecision::Hole { base, local_start: source.local_start };
    }
    let copy = |end, reason| CopyDecision::Copy { from: base, end, bytes_max: limits.segment_bytes, reason };
    if pending_bytes >= limits.segment_bytes {
        return copy(source.copy_end, CopyReason::Size);
    }
    let closed_end = source.active_base.min(source.copy_end);
    if base < closed_end {
        return copy(closed_end, CopyReason::Roll);
    }
    match source.oldest_append.map(|appended| appended.plus_ms(limits.upload_max_lag_ms)) {
        Some(due) if due <= now => copy(source.copy_end, CopyReason::Lag),
        until => CopyDecision::Nothing { until },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strata_compat::ids::LeaderEpoch;

    const LIMITS: CopyLimits = CopyLimits { segment_bytes: 1000, upload_max_lag_ms: 60, copy_disabled: false };

    fn source() -> SourceState {
        SourceState {
            topic: "t".to_owned(),
            leader_epoch: Some(LeaderEpoch(1)),
            log_start: Offset(0),
            local_start: Offset(0),
            copy_end: Offset(100),
            active_base: Offset(0),
            log_end: Offset(120),
            oldest_append: Some(Timestamp(1_000)),
        }
    }

    fn remote(log_start: Option<i64>, remote_end: Option<i64>) -> RemotePartition {
        RemotePartition {
            log_start: log_start.map(Offset),
            remote_end: remote_end.map(Offset),
            ..RemotePartition::default()
        }
    }

    fn copy(from: i64, end: i64, reason: CopyReason) -> CopyDecision {
        CopyDecision::Copy { from: Offset(from), end: Offset(end), bytes_max: 1000, reason }
    }

    #[test]
    fn copy_begins_at_the_larger_of_remote_end_and_log_start() {
        let cases = [
            ("nothing remote", Some(0), None, 0),
            ("enabled late, log start above 0", Some(30), None, 30),
            ("log start below the remote range", Some(5), Some(40), 40),
            ("log start inside the remote range", Some(39), Some(40), 40),
            ("log start at the remote end", Some(40), Some(40), 40),
            ("log start above the remote range", Some(55), Some(40), 55),
        ];
        for (name, log_start, remote_end, base) in cases {
            let remote = remote(log_start, remote_end);
            assert_eq!(copy_base(&remote), Some(Offset(base)), "{name}");
            let decision = decide(&source(), &remote, 5_000, LIMITS, Timestamp(0));
            assert_eq!(decision, copy(base, 100, CopyReason::Size), "{name}");
        }
    }

    #[test]
    fn log_start_is_told_before_anything_is_reserved() {
        let state = SourceState { log_start: Offset(17), ..source() };
        let decision = decide(&state, &remote(None, None), 5_000, LIMITS, Timestamp(0));
        assert_eq!(decision, CopyDecision::Begin { log_start: Offset(17) });
    }

    #[test]
    fn nothing_is_copied_without_leadership_with_copies_disabled_or_above_the_copy_end() {
        let follower = SourceState { leader_epoch: None, ..source() };
        let disabled = CopyLimits { copy_disabled: true, ..LIMITS };
        let nothing = CopyDecision::Nothing { until: None };
        assert_eq!(decide(&follower, &remote(None, None), 5_000, LIMITS, Timestamp(0)), nothing);
        assert_eq!(decide(&source(), &remote(Some(0), None), 5_000, disabled, Timestamp(0)), nothing);
        assert_eq!(decide(&source(), &remote(Some(0), Some(100)), 0, LIMITS, Timestamp(9_999)), nothing);
        assert_eq!(decide(&source(), &remote(Some(0), Some(110)), 0, LIMITS, Timestamp(9_999)), nothing);
    }

    #[test]
    fn hole_is_named_and_never_copied_over() {
        let state = SourceState { local_start: Offset(60), ..source() };
        let hole = CopyDecision::Hole { base: Offset(40), local_start: Offset(60) };
        assert_eq!(decide(&state, &remote(Some(0), Some(40)), 5_000, LIMITS, Timestamp(0)), hole);
        assert_eq!(
            decide(&state, &remote(Some(60), Some(40)), 5_000, LIMITS, Timestamp(0)),
            copy(60, 100, CopyReason::Size),
            "log start moved to the local start: no hole"
        );
    }

    #[test]
    fn log_start_that_moved_while_tiering_was_off_is_told_first() {
        let moved = SourceState { log_start: Offset(80), local_start: Offset(80), ..source() };
        let cases = [
            ("ended and begun again", remote(Some(40), None), CopyDecision::Begin { log_start: Offset(80) }),
            ("the quorum has heard", remote(Some(80), None), copy(80, 100, CopyReason::Size)),
            (
                "never over a hole",
                remote(Some(0), Some(40)),
                CopyDecision::Hole { base: Offset(40), local_start: Offset(80) },
            ),
        ];
        for (name, remote, expected) in cases {
            assert_eq!(decide(&moved, &remote, 1000, LIMITS, Timestamp(0)), expected, "{name}");
        }
    }

    #[test]
    fn cut_is_by_size_then_roll_then_lag() {
        let rolled = SourceState { active_base: Offset(80), ..source() };
        let rolled_unstable = SourceState { active_base: Offset(150), ..source() };
        let cases = [
            ("size", source(), 1000, 0, copy(0, 100, CopyReason::Size)),
            ("roll", rolled.clone(), 999, 0, copy(0, 80, CopyReason::Roll)),
            ("roll, only below the copy end", rolled_unstable, 999, 0, copy(0, 100, CopyReason::Roll)),
            ("size before roll", rolled, 1000, 0, copy(0, 100, CopyReason::Size)),
            ("lag", source(), 10, 1_060, copy(0, 100, CopyReason::Lag)),
            ("not yet", source(), 10, 1_059, CopyDecision::Nothing { until: Some(Timestamp(1_060)) }),
        ];
        for (name, state, pending, now, expected) in cases {
            let decision = decide(&state, &remote(Some(0), None), pending, LIMITS, Timestamp(now));
            assert_eq!(decision, expected, "{name}");
        }
    }

    #[test]
    fn lag_counts_from_append_time_alone() {
        let unknown = SourceState { oldest_append: None, ..source() };
        let decision = decide(&unknown, &remote(Some(0), None), 10, LIMITS, Timestamp(i64::MAX));
        assert_eq!(decision, CopyDecision::Nothing { until: None });
    }
}
