//! Making logs durable, and ending them in order.
//!
//! Owns: what of a log is due, the order files → snapshots → names → recovery point. Does not own: when it happens
//! (`log_manager.rs`), how many files are flushed at once (`log_dir/group_flush.rs`).

use std::sync::Arc;

use strata_broker_core::assert_invariant;
use strata_compat::ids::Offset;

use super::types::LogOffsets;
use super::{Phase, UnifiedLog};
use crate::log::checkpoint::RecoveryPoint;
use crate::log::error::LogError;
use crate::log::journal::JournalSequence;
use crate::log::log_dir::{self, DirtyRange};
use crate::log::log_segment::{LogSegment, SegmentFlush};

/// A flush of a log that has begun.
#[derive(Debug)]
struct LogFlush {
    segments: Vec<(Arc<LogSegment>, SegmentFlush)>,
    end: Offset,
    sequence: JournalSequence,
    truncations: u64,
    names: Option<u64>,
    snapshots: Vec<Offset>,
}

impl LogFlush {
    fn dirty(&self) -> impl Iterator<Item = &DirtyRange> {
        self.segments.iter().filter_map(|(_, flush)| flush.dirty.as_ref())
    }

    /// How many files and directories are to be fsynced.
    fn flushes(&self) -> usize {
        self.dirty().count() + self.snapshots.len() + usize::from(self.names.is_some())
    }
}

/// Flushes several logs of one directory, as [`UnifiedLog::flush`] does each, for less. Returns their recovery points in the same
/// order.
///
/// # Errors
/// As [`UnifiedLog::flush`]; those that come after have not moved their recovery points.
pub(crate) fn flush_together(logs: &[&UnifiedLog]) -> Result<Vec<RecoveryPoint>, LogError> {
    let begun = logs.iter().map(|log| log.begin_flush()).collect::<Result<Vec<_>, _>>()?;
    log_dir::write_back(begun.iter().flatten().flat_map(LogFlush::dirty))?;
    let flushes = begun.iter().flatten().map(LogFlush::flushes).sum();
    let is_durable = match logs.first() {
        Some(log) => log.log_dir().flush_at_once(flushes)?,
        None => false,
    };
    let end = |(log, flush): (&&UnifiedLog, Option<LogFlush>)| match flush {
        Some(flush) => log.end_flush(&flush, is_durable),
        None => Ok(log.recovery_point()),
    };
    logs.iter().zip(begun).map(end).collect()
}

impl UnifiedLog {
    /// Fsyncs all segments that were written to, the snapshots of producers and the names of both. Returns the new recovery
    /// point.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn flush(&self) -> Result<RecoveryPoint, LogError> {
        flush_together(&[self])?;
        Ok(self.recovery_point())
    }

    /// What is to be fsynced; `None` of a log that has left this place.
    fn begin_flush(&self) -> Result<Option<LogFlush>, LogError> {
        let (dirty, end, sequence, truncations, names, snapshots) = {
            let mut state = self.state.lock();
            if state.phase == Phase::Abandoned {
                return Ok(None);
            }
            if state.epochs_dirty {
                self.write_epochs(&mut state)?;
            }
            let dirty: Vec<Arc<LogSegment>> =
                state.segments.values().filter(|segment| segment.is_dirty()).cloned().collect();
            let unsynced = Some(state.unsynced.names).filter(|names| *names != state.unsynced.names_synced);
            // The name of a first segment without records may be lost: the next start creates it again.
            let names = unsynced.filter(|_| state.offsets.log_end > Offset(0) || !state.unsynced.snapshots.is_empty());
            let snapshots = state.unsynced.snapshots.clone();
            // Under the lock, so that all entries of this log up to there are in its files.
            let sequence = match state.phase {
                Phase::Leaving(sequence) | Phase::Cutting(sequence) | Phase::CutUnfinished(sequence) => sequence,
                Phase::Open | Phase::Closed | Phase::Abandoned => self.last_sequence_of_journal(),
            };
            (dirty, state.offsets.log_end, sequence, state.truncations, names, snapshots)
        };
        let begin = |segment: Arc<LogSegment>| segment.begin_flush().map(|flush| (segment, flush));
        let segments = dirty.into_iter().map(begin).collect::<Result<_, _>>()?;
        Ok(Some(LogFlush { segments, end, sequence, truncations, names, snapshots }))
    }

    /// Fsyncs what the flush covers, unless that was done with others, and notes that it is on stable storage.
    fn end_flush(&self, flush: &LogFlush, is_durable: bool) -> Result<RecoveryPoint, LogError> {
        let mut has_new_seal = false;
        for (segment, flush) in &flush.segments {
            if let Some(dirty) = flush.dirty.as_ref().filter(|_| !is_durable) {
                dirty.file.sync_data()?;
            }
            segment.end_flush(flush)?;
            has_new_seal |= flush.is_closed;
        }
        if !is_durable {
            self.sync_snapshots(&flush.snapshots)?;
        }
        if flush.names.is_some() && (!is_durable || has_new_seal) {
            self.context.log_dir.sync_dir(&self.identity.directory)?;
        }
        let mut state = self.state.lock();
        if state.truncations == flush.truncations {
            state.unsynced.done(flush.names.unwrap_or(0), &flush.snapshots);
            state.offsets.recovery_point = state.offsets.recovery_point.max(flush.end);
            state.sequences.recovery = flush.sequence;
            let mut durable = self.durable.lock();
            durable.end = durable.end.max(flush.end);
            let LogOffsets { log_start, local_start, recovery_point, log_end, .. } = state.offsets;
            assert_invariant!(log_offsets_are_ordered((log_start, local_start), recovery_point, durable.end, log_end));
        }
        Ok(state.recovery_point())
    }

    /// Ends the log in order: producers and indexes are written. Later appends are refused. Durable after [`UnifiedLog::flush`].
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn end_in_order(&self) -> Result<(), LogError> {
        let mut state = self.state.lock();
        if state.phase.is_over() {
            return Ok(());
        }
        self.write_producer_snapshot(&mut state)?;
        let active = state.active()?;
        active.deactivate(None)?;
        if active.is_dirty() {
            // Its index files may be new.
            state.unsynced.names_changed();
        }
        state.epochs_dirty = true;
        state.phase = match state.phase {
            // The next start replays it.
            Phase::Cutting(before) | Phase::CutUnfinished(before) => Phase::Leaving(before),
            Phase::Open | Phase::Closed | Phase::Leaving(_) | Phase::Abandoned => Phase::Closed,
        };
        state.tail.clear();
        Ok(())
    }

    /// As [`UnifiedLog::end_in_order`], and everything is fsynced.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn close(&self) -> Result<RecoveryPoint, LogError> {
        self.end_in_order()?;
        self.flush()
    }
}
