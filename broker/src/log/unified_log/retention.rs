//! Which local segments may go, and letting them go.
//!
//! Owns: the decision by time, size and log start, as a pure function, and its execution. Does not own: remote retention, the
//! remote end (the caller passes what this broker's image says).
//!
//! Bytes of a tiered log go only below max(log start, remote end). The journal entry is durable before any file is renamed; a
//! crash between leaves files that hold nothing readable, and the next pass lets them go. What the segments say of producers is
//! durable in a snapshot before.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::MutexGuard;
use strata_compat::ids::{Offset, Timestamp};

use super::types::{RetentionLimits, RetentionOutcome, SegmentInfo};
use super::{LogState, Phase, Rearrangement, UnifiedLog};
use crate::crash_point::{CrashPoint, hit};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::journal::JournalEntry;
use crate::log::log_config::LogConfig;

/// How many of the oldest segments may go. The last segment is the active one; it may go only if it is not empty, and the
/// caller then begins another first.
#[must_use]
pub fn plan_retention(
    segments: &[SegmentInfo],
    log_start: Offset,
    config: &LogConfig,
    limits: &RetentionLimits,
    now: Timestamp,
) -> usize {
    let retention_ms =
        if limits.tiered { config.effective_local_retention_ms() } else { positive(config.retention_ms) };
    let retention_bytes = if limits.tiered {
        config.effective_local_retention_bytes()
    } else {
        u64::try_from(config.retention_bytes).ok()
    };
    let total: u64 = segments.iter().map(|segment| segment.bytes).sum();
    let mut excess = retention_bytes.map_or(0, |limit| total.saturating_sub(limit));
    let mut count = 0;
    for segment in segments {
        let below_log_start = segment.end_offset <= log_start && !segment.active;
        let safe = if limits.tiered {
            limits.remote_end.is_some_and(|end| segment.end_offset <= end)
        } else {
            segment.end_offset <= limits.high_watermark
        };
        let too_large = excess > 0 && excess >= segment.bytes;
        let newest = if segment.max_timestamp.0 >= 0 { Some(segment.max_timestamp) } else { segment.last_append };
        let too_old = retention_ms.zip(newest).is_some_and(|(limit, newest)| now.ms_since(newest) > limit);
        let expired = config.cleanup_policy.delete && safe && segment.bytes > 0 && (too_large || too_old);
        if !(below_log_start || expired) {
            break;
        }
        excess = excess.saturating_sub(segment.bytes);
        count += 1;
    }
    count
}

const fn positive(limit: i64) -> Option<i64> {
    if limit < 0 { None } else { Some(limit) }
}

impl UnifiedLog {
    /// Lets go of local segments by time, size and log start. Their files are renamed now and removed after
    /// `file.delete.delay.ms` by [`UnifiedLog::remove_doomed`].
    pub fn apply_retention(&self, limits: &RetentionLimits, now: Timestamp) -> Result<RetentionOutcome, LogError> {
        let state = self.lock_open()?;
        let infos: Vec<SegmentInfo> = state.segments.values().map(|segment| segment.info()).collect();
        let count = plan_retention(&infos, state.offsets.log_start, &state.config, limits, now);
        self.let_go(state, count, limits.tiered, now)
    }

    /// Lets go of every closed local segment of a tiered log that lies below `remote_end`, whatever the local limits say: the
    /// disk is nearly full. Files that wait for their delay go with them; whoever reads one keeps it open.
    pub fn release_tiered(&self, remote_end: Offset, now: Timestamp) -> Result<RetentionOutcome, LogError> {
        let state = self.lock_open()?;
        let closed = state.segments.values().map(|segment| segment.info()).filter(|segment| !segment.active);
        let count = closed.take_while(|segment| segment.end_offset <= remote_end).count();
        let count = if state.config.remote_storage_enable { count } else { 0 };
        let outcome = self.let_go(state, count, true, now)?;
        for doomed in &mut self.state.lock().doomed {
            doomed.due = doomed.due.min(now);
        }
        Ok(outcome)
    }

    /// Lets go of the oldest `count` segments; of none while others are under way.
    fn let_go(
        &self,
        mut state: MutexGuard<'_, LogState>,
        count: usize,
        tiered: bool,
        now: Timestamp,
    ) -> Result<RetentionOutcome, LogError> {
        if count == 0 || state.rearranging.is_some() {
            return Ok(RetentionOutcome::default());
        }
        state.rearranging = Some(Rearrangement::LettingGo);
        let outcome = self.let_go_alone(&mut state, count, tiered, now);
        state.rearranging = None;
        outcome
    }

    fn let_go_alone(
        &self,
        state: &mut MutexGuard<'_, LogState>,
        count: usize,
        tiered: bool,
        now: Timestamp,
    ) -> Result<RetentionOutcome, LogError> {
        if count == state.segments.len() {
            self.roll_locked(state)?;
        }
        let truncations = state.truncations;
        let deleted: Vec<SegmentInfo> = state.segments.values().take(count).map(|segment| segment.info()).collect();
        let new_start = state.segments.keys().nth(count).copied().unwrap_or(state.offsets.log_end);
        let mut outcome = RetentionOutcome { deleted, log_start: None, local_start: None };
        let bases: Vec<Offset> = outcome.deleted.iter().map(|segment| segment.base_offset).collect();
        self.keep_producers(state)?;
        self.check_unchanged(state, truncations, &bases)?;
        if !tiered && new_start > state.offsets.log_start {
            self.move_log_start(state, new_start)?;
            outcome.log_start = Some(new_start);
        }
        if state.epoch_files.are_dirty() {
            // The batches that go are the last that could tell where their epochs begin.
            self.write_epochs(state)?;
        }
        let entry = JournalEntry::LocalStartMoved { partition: self.partition(), local_start: new_start };
        self.journal(state, entry)?;
        hit(CrashPoint::LocalDeleteBefore);
        self.wait_journaled(state)?;
        self.check_unchanged(state, truncations, &bases)?;
        let gone: Vec<Arc<_>> = bases.iter().filter_map(|base| state.segments.remove(base)).collect();
        let local_start = new_start.max(state.offsets.log_start);
        if local_start != state.offsets.local_start {
            state.offsets.local_start = local_start;
            outcome.local_start = Some(local_start);
        }
        self.doom(state, gone, now)?;
        hit(CrashPoint::LocalDeleteAfter);
        Ok(outcome)
    }

    /// Whether these segments are still those of the log, after the lock was let go.
    fn check_unchanged(&self, state: &LogState, truncations: u64, bases: &[Offset]) -> Result<(), LogError> {
        if state.phase.is_over() {
            return Err(self.closed_error());
        }
        let unchanged = state.truncations == truncations && bases.iter().all(|base| state.segments.contains_key(base));
        if state.phase != Phase::Open || !unchanged {
            return Err(LogError::new(LogErrorKind::Unavailable, "the log changed before its old segments went"));
        }
        Ok(())
    }

    /// Raises the log start to what the quorum says, which holds it for good. Returns whether it moved; it never goes back.
    pub fn set_log_start_offset(&self, log_start: Offset) -> Result<bool, LogError> {
        let mut state = self.lock_open()?;
        self.raise_log_start(&mut state, log_start)
    }

    /// Raises the log start for DeleteRecords: durable with the journal when it returns, also if an earlier call moved it and
    /// was not waited for. Waits at most `wait`. With durability `os` the next checkpoint holds it, as in Kafka.
    pub fn set_log_start_durably(&self, log_start: Offset, wait: Duration) -> Result<bool, LogError> {
        let mut state = self.lock_open()?;
        let moved = self.raise_log_start(&mut state, log_start)?;
        let sequence = state.sequences.log_start;
        drop(state);
        if let Some(journal) = &self.context.journal {
            journal.wait_durable(sequence, wait)?;
        }
        Ok(moved)
    }

    fn raise_log_start(&self, state: &mut LogState, log_start: Offset) -> Result<bool, LogError> {
        if log_start <= state.offsets.log_start {
            return Ok(false);
        }
        if log_start > state.offsets.log_end {
            return Err(LogError::out_of_range(format!(
                "log start {log_start} is above the log end {}",
                state.offsets.log_end
            )));
        }
        self.move_log_start(state, log_start)?;
        Ok(true)
    }

    /// Lowers or raises the log start to what is known elsewhere of the remote range, without a check against the log end.
    /// For a follower or leader whose log begins remotely.
    pub fn adopt_log_start(&self, log_start: Offset) -> Result<(), LogError> {
        let mut state = self.lock_open()?;
        state.offsets.log_start = log_start.min(state.offsets.log_end);
        let first = state.segments.keys().next().copied().unwrap_or(state.offsets.log_end);
        state.offsets.local_start = first.max(state.offsets.log_start);
        Ok(())
    }

    pub(super) fn move_log_start(&self, state: &mut LogState, log_start: Offset) -> Result<(), LogError> {
        hit(CrashPoint::LogStartBefore);
        self.journal(state, JournalEntry::LogStartMoved { partition: self.partition(), log_start })?;
        state.sequences.log_start = state.sequences.newest;
        state.offsets.log_start = log_start;
        state.offsets.local_start = state.offsets.local_start.max(log_start);
        let are_epochs_changed = state.epochs.truncate_from_start(log_start);
        state.epoch_files.note_change(are_epochs_changed);
        state.producers.truncate_from_start(log_start);
        hit(CrashPoint::LogStartAfter);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::log_config::CleanupPolicy;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn segment(base: i64, end: i64, bytes: u64, age_ms: i64) -> SegmentInfo {
        SegmentInfo {
            base_offset: Offset(base),
            end_offset: Offset(end),
            bytes,
            max_timestamp: Timestamp(NOW.0 - age_ms),
            first_append: None,
            last_append: Some(NOW),
            active: false,
        }
    }

    fn three() -> Vec<SegmentInfo> {
        let mut segments = vec![segment(0, 10, 100, 900), segment(10, 20, 100, 600), segment(20, 30, 100, 100)];
        segments[2].active = true;
        segments
    }

    fn config(ms: i64, bytes: i64) -> LogConfig {
        LogConfig { retention_ms: ms, retention_bytes: bytes, ..LogConfig::default() }
    }

    const PLAIN: RetentionLimits = RetentionLimits { high_watermark: Offset(30), remote_end: None, tiered: false };

    #[test]
    fn time_and_size_follow_the_rules_of_kafka() {
        let table = [
            (-1, -1, 0, "no limits"),
            (1000, -1, 0, "nothing old enough"),
            (900, -1, 0, "exactly as old as allowed stays"),
            (899, -1, 1, "older than allowed goes"),
            (500, -1, 2, "two are older"),
            (50, -1, 3, "the active one, too"),
            (-1, 300, 0, "not too large"),
            (-1, 250, 0, "a segment goes only if the log is then still at least the limit"),
            (-1, 200, 1, "one segment in excess"),
            (-1, 99, 2, "two segments in excess"),
            (-1, 0, 3, "all in excess"),
        ];
        for (ms, bytes, count, what) in table {
            assert_eq!(plan_retention(&three(), Offset(0), &config(ms, bytes), &PLAIN, NOW), count, "{what}");
        }
    }

    #[test]
    fn nothing_above_the_high_watermark_goes() {
        for (high_watermark, count) in [(9, 0), (10, 1), (19, 1), (25, 2), (30, 3)] {
            let limits = RetentionLimits { high_watermark: Offset(high_watermark), ..PLAIN };
            assert_eq!(plan_retention(&three(), Offset(0), &config(0, -1), &limits, NOW), count, "{high_watermark}");
        }
    }

    #[test]
    fn what_lies_below_the_log_start_goes_whatever_the_policy() {
        let compacted = LogConfig { cleanup_policy: CleanupPolicy { delete: false, compact: true }, ..config(0, 0) };
        for (log_start, count) in [(0, 0), (9, 0), (10, 1), (20, 2), (30, 2)] {
            assert_eq!(plan_retention(&three(), Offset(log_start), &compacted, &PLAIN, NOW), count, "{log_start}");
        }
    }

    #[test]
    fn tiered_segments_go_only_below_the_remote_end() {
        let config = LogConfig { local_retention_ms: 0, ..config(-1, -1) };
        for (remote_end, count) in [(None, 0), (Some(9), 0), (Some(10), 1), (Some(25), 2), (Some(30), 3)] {
            let limits = RetentionLimits { remote_end: remote_end.map(Offset), tiered: true, ..PLAIN };
            assert_eq!(plan_retention(&three(), Offset(0), &config, &limits, NOW), count, "{remote_end:?}");
        }
        let limits = RetentionLimits { remote_end: None, tiered: true, ..PLAIN };
        assert_eq!(plan_retention(&three(), Offset(10), &config, &limits, NOW), 1, "below the log start");
    }

    #[test]
    fn a_segment_without_timestamps_ages_by_its_last_append() {
        let mut segments = three();
        segments[0].max_timestamp = Timestamp::NONE;
        segments[0].last_append = Some(Timestamp(NOW.0 - 950));
        assert_eq!(plan_retention(&segments, Offset(0), &config(949, -1), &PLAIN, NOW), 1);
        assert_eq!(plan_retention(&segments, Offset(0), &config(951, -1), &PLAIN, NOW), 0);
    }
}
