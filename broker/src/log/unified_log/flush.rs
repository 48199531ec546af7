//! Making logs durable, and ending them in order.
//!
//! Owns: what of a log is due, the order files, snapshots and epochs (staged where many are flushed at once) → seals and names →
//! recovery point. Does not own: when it happens (`log_manager.rs`), how many files are flushed at once (`log_dir/group_flush.rs`),
//! the epochs' files (`unified_log/epoch_files.rs`).
//!
//! A crash before the end leaves the old recovery point, above which batches are read and tell of their epochs themselves; a part
//! of a seal is not believed.

use std::sync::Arc;

use strata_broker_core::assert_invariant;
use strata_compat::ids::Offset;

use super::epoch_files::StagedEpochs;
use super::types::LogOffsets;
use super::{Phase, UnifiedLog};
use crate::log::checkpoint::RecoveryPoint;
use crate::log::error::LogError;
use crate::log::journal::JournalSequence;
use crate::log::log_dir::{self, DirtyRange, LogDir};
use crate::log::log_segment::{LogSegment, SegmentFlush};

/// Two files and their names.
const EPOCH_FLUSHES: usize = 3;

/// A flush of a log that has begun.
#[derive(Debug)]
struct LogFlush {
    segments: Vec<(Arc<LogSegment>, SegmentFlush)>,
    end: Offset,
    sequence: JournalSequence,
    truncations: u64,
    names: Option<u64>,
    snapshots: Vec<Offset>,
    /// Whether the leader epochs' files are behind.
    are_epochs_due: bool,
    /// What was staged of them.
    epochs: Option<StagedEpochs>,
    /// The segments that got a seal, which is not durable.
    sealed: Vec<Arc<LogSegment>>,
    /// Whether names have changed that are not durable.
    is_name_due: bool,
}

impl LogFlush {
    fn dirty(&self) -> impl Iterator<Item = &DirtyRange> {
        self.segments.iter().filter_map(|(_, flush)| flush.dirty.as_ref())
    }

    /// How many files and directories are to be fsynced before any may be sealed or renamed.
    fn flushes_before_placing(&self) -> usize {
        let epochs = if self.are_epochs_due { EPOCH_FLUSHES } else { 0 };
        self.dirty().count() + self.snapshots.len() + usize::from(self.names.is_some()) + epochs
    }

    /// How many are to be fsynced after that.
    fn flushes_after_placing(&self) -> usize {
        self.sealed.len() + usize::from(self.is_name_due)
    }
}

/// A log, and how far its flush has come; `None` of one that has left its place.
struct Flushing<'log> {
    log: &'log UnifiedLog,
    flush: Result<Option<LogFlush>, LogError>,
}

/// Logs of one directory on their way through the same steps. One that fails stays behind, the others go on.
struct Flushings<'log> {
    log_dir: &'log LogDir,
    all: Vec<Flushing<'log>>,
}

impl<'log> Flushings<'log> {
    fn begin(log_dir: &'log LogDir, logs: &[&'log UnifiedLog]) -> Self {
        let begin = |log: &&'log UnifiedLog| Flushing { log, flush: log.begin_flush() };
        Self { log_dir, all: logs.iter().map(begin).collect() }
    }

    fn under_way(&self) -> impl Iterator<Item = &LogFlush> {
        self.all.iter().flat_map(|flushing| &flushing.flush).flatten()
    }

    fn each(&mut self, step: impl Fn(&UnifiedLog, &mut LogFlush) -> Result<(), LogError>) {
        for Flushing { log, flush } in &mut self.all {
            let done = match flush {
                Ok(Some(flush)) => step(log, flush),
                Ok(None) | Err(_) => Ok(()),
            };
            if let Err(error) = done {
                *flush = Err(error);
            }
        }
    }

    fn write_back(&mut self) {
        if let Err(error) = log_dir::write_back(self.under_way().flat_map(LogFlush::dirty)) {
            self.fail(error);
        }
    }

    /// Whether one flush of the file system has taken the place of so many.
    fn at_once(&mut self, flushes: usize) -> bool {
        self.log_dir.flush_at_once(flushes).unwrap_or_else(|error| {
            self.fail(error);
            false
        })
    }

    /// An error that has taken the directory offline is everyone's.
    fn fail(&mut self, error: LogError) {
        let log_dir = self.log_dir;
        self.each(|_, _| log_dir.check_online());
        // If the directory is online all the same, one log at least tells the error.
        if let Some(first) = self.all.iter_mut().find(|flushing| matches!(flushing.flush, Err(_) | Ok(Some(_)))) {
            first.flush = Err(error);
        }
    }

    fn points(self) -> Vec<Result<RecoveryPoint, LogError>> {
        self.all.into_iter().map(|Flushing { log, flush }| flush.map(|_| log.recovery_point())).collect()
    }
}

/// Flushes several logs of one directory, as [`UnifiedLog::flush`] does each, for less. Returns their recovery points in the same
/// order.
///
/// Many become durable with two flushes of the file system: of all that was written, and of the seals and names that may only
/// follow it.
///
/// # Errors
/// Of each log as [`UnifiedLog::flush`]; its recovery point has not moved.
pub(crate) fn flush_together(logs: &[&UnifiedLog]) -> Vec<Result<RecoveryPoint, LogError>> {
    let Some(log_dir) = logs.first().map(|log| log.log_dir()) else {
        return Vec::new();
    };
    let mut logs = Flushings::begin(log_dir, logs);
    logs.write_back();
    let files = logs.under_way().map(LogFlush::flushes_before_placing).sum();
    if log_dir.would_flush_at_once(files) {
        logs.each(UnifiedLog::stage);
    }
    let at_once = logs.at_once(files);
    if !at_once {
        logs.each(UnifiedLog::sync_files);
    }
    logs.each(|log, flush| log.place(flush, at_once));
    if !logs.at_once(logs.under_way().map(LogFlush::flushes_after_placing).sum()) {
        logs.each(UnifiedLog::sync_placed);
    }
    logs.each(|log, flush| {
        log.note_flushed(flush);
        Ok(())
    });
    logs.points()
}

impl UnifiedLog {
    /// Fsyncs all segments that were written to, the snapshots of producers, the leader epochs and the names of all. Returns the
    /// new recovery point.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn flush(&self) -> Result<RecoveryPoint, LogError> {
        flush_together(&[self]).into_iter().collect::<Result<Vec<_>, _>>().map(|_| self.recovery_point())
    }

    /// What is to be fsynced; `None` of a log that has left this place.
    fn begin_flush(&self) -> Result<Option<LogFlush>, LogError> {
        let (dirty, mut flush) = {
            let state = self.state.lock();
            if state.phase == Phase::Abandoned {
                return Ok(None);
            }
            let dirty: Vec<Arc<LogSegment>> =
                state.segments.values().filter(|segment| segment.is_dirty()).cloned().collect();
            let unsynced = Some(state.unsynced.names).filter(|names| *names != state.unsynced.names_synced);
            let flush = LogFlush {
                segments: Vec::with_capacity(dirty.len()),
                end: state.offsets.log_end,
                // Under the lock, so that all entries of this log up to there are in its files.
                sequence: match state.phase {
                    Phase::Leaving(sequence) | Phase::Cutting(sequence) | Phase::CutUnfinished(sequence) => sequence,
                    Phase::Open | Phase::Closed | Phase::Abandoned => self.last_sequence_of_journal(),
                },
                truncations: state.truncations,
                // The name of a first segment without records may be lost: the next start creates it again.
                names: unsynced.filter(|_| state.offsets.log_end > Offset(0) || !state.unsynced.snapshots.is_empty()),
                snapshots: state.unsynced.snapshots.clone(),
                are_epochs_due: state.epoch_files.are_dirty(),
                epochs: None,
                sealed: Vec::new(),
                is_name_due: false,
            };
            (dirty, flush)
        };
        for segment in dirty {
            let begun = segment.begin_flush()?;
            flush.segments.push((segment, begun));
        }
        Ok(Some(flush))
    }

    /// Writes beside their files what a flush of the file system is to make durable before it takes their place.
    fn stage(&self, flush: &mut LogFlush) -> Result<(), LogError> {
        flush.epochs = self.stage_epochs()?;
        Ok(())
    }

    /// Makes the flush's files durable one by one.
    fn sync_files(&self, flush: &mut LogFlush) -> Result<(), LogError> {
        // What was staged for a flush that did not come.
        flush.epochs = None;
        self.write_due_epochs()?;
        flush.dirty().try_for_each(|dirty| dirty.file.sync_data())?;
        self.sync_snapshots(&flush.snapshots)
    }

    /// What was written is durable, of the indexes only if `at_once`: seals are written, and what was staged takes its place.
    fn place(&self, flush: &mut LogFlush, at_once: bool) -> Result<(), LogError> {
        for (segment, begun) in &flush.segments {
            if segment.end_flush(begun, at_once)? {
                flush.sealed.push(Arc::clone(segment));
            }
        }
        let are_epochs_renamed = match flush.epochs {
            Some(staged) if at_once => self.take_staged_epochs(staged)?,
            Some(_) | None => false,
        };
        flush.is_name_due = are_epochs_renamed || flush.names.is_some() && (!at_once || !flush.sealed.is_empty());
        Ok(())
    }

    /// Makes seals and names durable one by one.
    fn sync_placed(&self, flush: &mut LogFlush) -> Result<(), LogError> {
        flush.sealed.iter().try_for_each(|segment| segment.sync_seal())?;
        if flush.is_name_due { self.context.log_dir.sync_dir(&self.identity.directory) } else { Ok(()) }
    }

    /// All that the flush covers is on stable storage.
    fn note_flushed(&self, flush: &LogFlush) {
        let mut state = self.state.lock();
        if state.truncations != flush.truncations {
            return;
        }
        if let Some(placed) = flush.epochs {
            state.epoch_files.note_durable(placed);
        }
        state.unsynced.done(flush.names.unwrap_or(0), &flush.snapshots);
        state.offsets.recovery_point = state.offsets.recovery_point.max(flush.end);
        state.sequences.recovery = flush.sequence;
        let mut durable = self.durable.lock();
        durable.end = durable.end.max(flush.end);
        let LogOffsets { log_start, local_start, recovery_point, log_end, .. } = state.offsets;
        assert_invariant!(log_offsets_are_ordered((log_start, local_start), recovery_point, durable.end, log_end));
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

#[cfg(test)]
mod tests {
    use strata_compat::ids::LeaderEpoch;

    use super::*;
    use crate::log::epoch_checkpoint::{StoredEpochs, load};
    use crate::log::log_config::LogConfig;
    use crate::log::log_dir::faulty::FaultyIo;
    use crate::log::test_support::{fill, journaled_context, open};

    #[test]
    fn epochs_that_were_staged_for_a_flush_without_room_are_written_by_themselves() {
        let directory = tempfile::tempdir().unwrap();
        let context = journaled_context(directory.path(), &FaultyIo::new());
        let (log, _) = open(&context, &LogConfig::default());
        fill(&log, 2, 0);
        log.flush().unwrap();
        let mut logs = Flushings::begin(log.log_dir(), &[&log]);
        fill(&log, 2, 5);
        logs.each(UnifiedLog::stage);
        logs.each(UnifiedLog::sync_files);
        logs.each(|log, flush| log.place(flush, false));
        logs.each(|log, flush| {
            log.note_flushed(flush);
            Ok(())
        });
        assert_eq!(logs.points().len(), 1);
        let both = vec![(LeaderEpoch(0), Offset(0)), (LeaderEpoch(5), Offset(4))];
        assert_eq!(load(&context.log_dir, log.directory()).unwrap(), StoredEpochs::Sound(both));
        assert_eq!(log.stage_epochs().unwrap(), None, "nothing is due");
    }
}
