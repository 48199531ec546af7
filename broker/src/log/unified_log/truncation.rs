//! Cutting a log at its end, and beginning it anew.
//!
//! Owns: what follows from a cut for segments, epochs, producers, tail and durable end. Does not own: why and where a log is
//! cut (replication, the remote range).
//!
//! The journal entry is durable before the files change and every later append comes after it in the journal, so that a
//! replay never revives what was cut, and never finds a file that ends before entries that go on. The file's new length is
//! fsynced before the call returns. Where the entry's fate is unknown, the log takes no appends until another cut is done.

use std::sync::Arc;

use parking_lot::MutexGuard;
use strata_compat::ids::{Offset, Timestamp};

use super::{LogState, Phase, Rearrangement, UnifiedLog, place, segment_context};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::journal::{JournalEntry, JournalSequence};
use crate::log::log_segment::LogSegment;
use crate::log::producer_files::ProducerFiles;

impl UnifiedLog {
    /// Cuts everything from `offset` on; a batch that reaches over it goes as a whole. Returns whether anything was cut.
    pub fn truncate_to(&self, offset: Offset, now: Timestamp) -> Result<bool, LogError> {
        let mut state = self.lock_for_cut()?;
        let unfinished = matches!(state.phase, Phase::CutUnfinished(_));
        if offset >= state.offsets.log_end && !unfinished {
            return Ok(false);
        }
        let offset = offset.min(state.offsets.log_end);
        let Some(last) = state.segments.range(..=offset).next_back().map(|(_, segment)| Arc::clone(segment)) else {
            // It begins above, or an unfinished cut has left no segment.
            let log_start = state.offsets.log_start.min(offset);
            return self.restart_locked(&mut state, offset, log_start, now).map(|()| true);
        };
        // After an unfinished cut the last segment may end below what was the log end.
        let offset = offset.min(last.end_offset());
        // Where the log ends then: a batch that reaches over the cut goes, and so does a gap before it.
        let (position, to) = match last.locate(offset)? {
            Some(located) => (located.position, last.end_before(&located)?),
            None => (last.size(), last.end_offset()),
        };
        let (partition, segment_base) = (self.partition(), last.base_offset());
        let before = self.sequence_before_cut(&state);
        self.journal(&mut state, JournalEntry::Truncate { partition, to, segment_base, position })?;
        self.with_cut(&mut state, before, |state| self.cut_files(state, &last, position, now))?;
        Ok(true)
    }

    fn cut_files(
        &self,
        state: &mut LogState,
        last: &Arc<LogSegment>,
        position: u64,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let later = state.segments.split_off(&last.base_offset().plus(1));
        state.cut_off.extend(later.into_values());
        state.remove_cut_off()?;
        last.truncate_to_position(position)?;
        last.activate();
        self.context.log_dir.sync_dir(&self.identity.directory)?;
        // A gap before the cut (compaction) is kept: the log goes on exactly at the offset where the last batch ended.
        let end = last.end_offset();
        state.end_at(end, last.base_offset());
        self.durable.lock().truncate_to(end);
        self.write_epochs(state)?;
        self.reload_producers(state, now)
    }

    /// Waits for the journal, then changes the files; until that is done, nothing is appended.
    fn with_cut(
        &self,
        state: &mut MutexGuard<'_, LogState>,
        before: JournalSequence,
        change: impl FnOnce(&mut LogState) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        state.phase = Phase::Cutting(before);
        // Counted on both sides: a flush that began before the cut or ends after it says nothing of what was cut.
        state.truncations += 1;
        let journaled = self.wait_journaled(state);
        if state.phase.is_over() {
            return Err(self.closed_error());
        }
        state.truncations += 1;
        let done = journaled.and_then(|()| change(state));
        state.phase = if done.is_ok() { Phase::Open } else { Phase::CutUnfinished(before) };
        done
    }

    fn lock_for_cut(&self) -> Result<MutexGuard<'_, LogState>, LogError> {
        let state = self.state.lock();
        match state.phase {
            Phase::Open | Phase::CutUnfinished(_) => {}
            Phase::Closed | Phase::Leaving(_) | Phase::Abandoned => return Err(self.closed_error()),
            Phase::Cutting(_) => return Err(LogError::new(LogErrorKind::Unavailable, "the log is being cut")),
        }
        if state.rearranging == Some(Rearrangement::Swapping) {
            return Err(LogError::new(LogErrorKind::Unavailable, "segments of the log are being replaced"));
        }
        self.context.log_dir.check_online()?;
        Ok(state)
    }

    /// Drops the whole local log and begins it at `offset`. The log start becomes `log_start`, or `offset` where none is
    /// given; in a tiered log it may lie below, in the remote range.
    pub fn truncate_fully_and_start_at(
        &self,
        offset: Offset,
        log_start: Option<Offset>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let mut state = self.lock_for_cut()?;
        let log_start = log_start.unwrap_or(offset).min(offset);
        self.restart_locked(&mut state, offset, log_start, now)
    }

    fn restart_locked(
        &self,
        state: &mut MutexGuard<'_, LogState>,
        offset: Offset,
        log_start: Offset,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let before = self.sequence_before_cut(state);
        self.journal(state, JournalEntry::RestartAt { partition: self.partition(), offset })?;
        if log_start < offset {
            self.journal(state, JournalEntry::LogStartMoved { partition: self.partition(), log_start })?;
        }
        self.with_cut(state, before, |state| self.restart_files(state, offset, log_start, now))
    }

    fn restart_files(
        &self,
        state: &mut LogState,
        offset: Offset,
        log_start: Offset,
        now: Timestamp,
    ) -> Result<(), LogError> {
        state.cut_off.extend(std::mem::take(&mut state.segments).into_values());
        state.remove_cut_off()?;
        let context = segment_context(&self.context, &state.config);
        let segment = LogSegment::create(place(&self.identity, offset), &context)?;
        state.segments.insert(offset, Arc::new(segment));
        self.context.log_dir.sync_dir(&self.identity.directory)?;
        state.end_at(offset, offset);
        self.durable.lock().restart_at(offset);
        state.offsets.log_start = log_start;
        state.offsets.local_start = offset;
        state.offsets.recovery_point = offset;
        state.epochs.clear();
        state.epoch_files.note_change(true);
        self.write_epochs(state)?;
        // Of the log that was dropped, one at this very offset, too.
        ProducerFiles::list(&self.context.log_dir, &self.identity)?.remove_above(Offset(-1))?;
        self.reload_producers(state, now)
    }
}

impl LogState {
    /// Newest first. What cannot be removed is tried again with the next cut, before anything else may come.
    fn remove_cut_off(&mut self) -> Result<(), LogError> {
        while let Some(segment) = self.cut_off.last() {
            segment.delete()?;
            self.cut_off.pop();
        }
        Ok(())
    }

    fn end_at(&mut self, end: Offset, active_base: Offset) {
        self.tail.truncate_to(end);
        let are_epochs_changed = self.epochs.truncate_from_end(end);
        self.epoch_files.note_change(are_epochs_changed);
        self.offsets.log_end = end;
        self.offsets.active_base = active_base;
        self.offsets.recovery_point = self.offsets.recovery_point.min(end);
        self.offsets.log_start = self.offsets.log_start.min(end);
        self.offsets.local_start = self.offsets.local_start.min(end);
    }
}
