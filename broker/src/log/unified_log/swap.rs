//! What the cleaner needs of a log: its closed segments, and putting a cleaned one in their place.
//!
//! Owns: the order of a swap: new files durable as `.swap`, journal entry durable, old files renamed away, new files renamed
//! into place. Does not own: what a cleaned segment holds. A crash in between leaves the `.swap` files, from which the loader or
//! the journal's replay goes on. Once the entry may be durable, nothing but the swap happens to closed segments: replay takes it
//! for done, and removes what it replaced.

use std::sync::Arc;

use parking_lot::MutexGuard;
use strata_compat::ids::{Offset, Timestamp};

use super::{LogState, Phase, Rearrangement, UnifiedLog, place, segment_context};
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::journal::JournalEntry;
use crate::log::log_segment::{LogSegment, SegmentPlace};

impl UnifiedLog {
    /// The closed segments that hold offsets of `[from, end)`.
    pub(crate) fn closed_segments(&self, from: Offset, end: Offset) -> Vec<Arc<LogSegment>> {
        let state = self.state.lock();
        let active = state.offsets.active_base;
        state
            .segments
            .values()
            .filter(|segment| segment.base_offset() < end && segment.base_offset() != active)
            .filter(|segment| segment.end_offset() > from)
            .cloned()
            .collect()
    }

    /// The segment with exactly this base offset.
    pub(crate) fn segment_at(&self, base: Offset) -> Option<Arc<LogSegment>> {
        self.state.lock().segments.get(&base).cloned()
    }

    /// Base offset of the segment that follows the one at `base`.
    pub(crate) fn base_after(&self, base: Offset) -> Option<Offset> {
        self.state.lock().segments.range(base.plus(1)..).next().map(|(next, _)| *next)
    }

    /// Counts truncations.
    pub(crate) fn truncations(&self) -> u64 {
        self.state.lock().truncations
    }

    /// A new segment with a suffix, beside the log.
    pub(crate) fn new_segment(&self, base: Offset, suffix: &'static str) -> Result<LogSegment, LogError> {
        let context = segment_context(&self.context, &self.config());
        LogSegment::create(SegmentPlace { suffix, ..place(&self.identity, base) }, &context)
    }

    /// Puts a flushed `.swap` segment in the place of others.
    pub(crate) fn replace_segments(
        &self,
        cleaned: Arc<LogSegment>,
        replaced: &[Offset],
        truncations: u64,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let mut state = self.lock_open()?;
        let present = replaced.iter().all(|base| state.segments.contains_key(base));
        if state.truncations != truncations || !present || state.rearranging.is_some() {
            drop(state);
            cleaned.delete()?;
            return Err(LogError::new(LogErrorKind::Unavailable, "the log changed while it was cleaned"));
        }
        let new_base = cleaned.base_offset();
        let entry = JournalEntry::SegmentSwapped { partition: self.partition(), new_base, replaced: replaced.to_vec() };
        if let Err(error) = self.journal(&mut state, entry) {
            drop(state);
            cleaned.delete()?;
            return Err(error);
        }
        state.rearranging = Some(Rearrangement::Swapping);
        let swapped = self.swap_journaled(&mut state, &cleaned, replaced, now);
        state.rearranging = None;
        drop(state);
        swapped?;
        self.context.log_dir.sync_dir(&self.identity.directory)
    }

    /// An error leaves the `.swap` files where they are: the next start goes on from them.
    fn swap_journaled(
        &self,
        state: &mut MutexGuard<'_, LogState>,
        cleaned: &Arc<LogSegment>,
        replaced: &[Offset],
        now: Timestamp,
    ) -> Result<(), LogError> {
        // However long it takes: a full journal is relieved, or ends, and appends wait for the same.
        while let Err(error) = self.wait_journaled(state) {
            self.context.log_dir.check_online()?;
            if error.kind() != LogErrorKind::Unavailable || error.reason() == LogErrorReason::DirectoryOffline {
                return Err(error);
            }
        }
        if state.phase == Phase::Abandoned {
            return Err(self.closed_error());
        }
        let old: Vec<Arc<LogSegment>> = replaced.iter().filter_map(|base| state.segments.remove(base)).collect();
        state.segments.insert(cleaned.base_offset(), Arc::clone(cleaned));
        // Memory would go on serving what is compacted away, of a small topic until the next start.
        if let Some(end) = old.iter().map(|segment| segment.end_offset()).max() {
            state.tail.forget_below(end);
        }
        self.doom(state, old, now)?;
        cleaned.change_suffix("")
    }
}
