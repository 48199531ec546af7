//! The stations of a segment's life: truncated, appended to, closed, flushed, renamed, removed.
//!
//! Owns: which files change at each of them and in which order. Does not own: when they come.

use std::fs;
use std::time::UNIX_EPOCH;

use strata_compat::ids::{Offset, Timestamp};

use super::indexes::Indexes;
use super::{INDEX_SUFFIXES, LOG_SUFFIX, Located, LogSegment, SegmentPlace};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::DirtyRange;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::segment_scan::BatchScanner;
use crate::log::segment_seal::SEAL_SUFFIX;

/// A flush of a segment that has begun.
#[derive(Debug)]
pub(crate) struct SegmentFlush {
    /// What is to be fsynced.
    pub(crate) dirty: Option<DirtyRange>,
    pub(super) end_offset: Offset,
    /// The changes that it covers.
    changes: u64,
}

impl LogSegment {
    /// The offset after the batch that stands before `located`; the base offset if it is the first.
    pub(crate) fn end_before(&self, located: &Located) -> Result<Offset, LogError> {
        let (entry, path) = {
            let mut state = self.state.lock();
            let entry = self.entry_before(&mut state, located.header.base_offset)?;
            (entry, state.place.file(LOG_SUFFIX))
        };
        // An entry for the batch itself tells nothing of the one before.
        let from = entry.map(|(_, position)| position).filter(|position| *position < located.position).unwrap_or(0);
        let file = self.reader()?;
        let mut scanner = BatchScanner::new(&file, &path, from, located.position);
        let mut end = self.base_offset;
        while let Some((_, header, _)) = scanner.step_sound().inspect_err(|error| self.forget_if_damaged(error))? {
            end = header.end_offset();
        }
        Ok(end)
    }

    /// Cuts everything from `position` on, which must be where a batch begins.
    pub(crate) fn truncate_to_position(&self, position: u64) -> Result<u64, LogError> {
        let mut state = self.state.lock();
        let path = state.place.file(LOG_SUFFIX);
        let cut = state.size.saturating_sub(position);
        // While the log is whole: they may have to be built from it.
        state.indexes(&self.log_dir, self.index_interval_bytes)?;
        let file = state.open_for_write(&self.log_dir)?;
        // Before the cut: a file that is shorter than its seal says has lost its end.
        self.log_dir.remove_file(&state.place.file(SEAL_SUFFIX))?;
        state.unflushed.changes += 1;
        file.set_len(position)?;
        file.sync_all()?;
        let interval = self.index_interval_bytes;
        state.indexes(&self.log_dir, interval)?.offsets.truncate_to_position(position)?;
        let indexed = state.indexes(&self.log_dir, interval)?.offsets.last();
        let (indexed_end, scan_from) = indexed.unwrap_or((self.base_offset, 0));
        state.size = position;
        state.unflushed.from = state.unflushed.from.min(position);
        self.summed.lock().forget_from(position);
        state.end_offset = self.base_offset;
        let times = &mut state.indexes(&self.log_dir, interval)?.times;
        times.truncate_to(indexed_end.plus(1))?;
        let (max_timestamp, offset_of_max) = times.last().unwrap_or((Timestamp::NONE, self.base_offset));
        state.max_timestamp = max_timestamp;
        state.offset_of_max_timestamp = offset_of_max;
        let mut scanner = BatchScanner::new(&file, &path, scan_from, position);
        while let Some((_, header, _)) = scanner.step_sound()? {
            state.end_offset = header.end_offset();
            state.note_timestamp(&header);
        }
        let end = state.end_offset;
        state.indexes(&self.log_dir, interval)?.transactions.truncate_to(end)?;
        state.bytes_since_index = position.saturating_sub(scan_from);
        if position == 0 {
            state.first_timestamp = None;
            state.first_append = None;
            state.last_append = None;
        }
        Ok(cut)
    }

    /// Makes the segment the one that is appended to. Its file is opened by the first append.
    pub(crate) fn activate(&self) {
        let mut state = self.state.lock();
        state.active = true;
        state.next_base = None;
        if !state.unflushed.is_dirty {
            state.unflushed.from = state.size;
        }
    }

    /// Ends appending: the largest timestamp goes into the time index, the indexes are written. `next` is the base offset of
    /// the segment that follows, if one does.
    pub(crate) fn deactivate(&self, next: Option<Offset>) -> Result<(), LogError> {
        let mut state = self.state.lock();
        state.active = false;
        state.unflushed.changes += 1;
        state.next_base = next;
        state.close_indexes(false)?;
        // The next flush seals it; also what was sealed when nothing followed, and was not appended to since.
        state.unflushed.is_dirty |= match &state.indexes {
            Indexes::Open(_) => true,
            Indexes::Sealed(seal) => seal.next_base != next,
            Indexes::Nothing | Indexes::Removed => false,
        };
        Ok(())
    }

    /// Fsyncs the log, and the indexes of a closed segment. Returns the end offset that is on stable storage now.
    pub(crate) fn flush(&self) -> Result<Offset, LogError> {
        let flush = self.begin_flush()?;
        if let Some(dirty) = &flush.dirty {
            dirty.file.sync_data()?;
        }
        if self.end_flush(&flush, false)? {
            self.sync_seal()?;
        }
        Ok(flush.end_offset)
    }

    /// What is to be fsynced, and what that covers.
    pub(crate) fn begin_flush(&self) -> Result<SegmentFlush, LogError> {
        let mut state = self.state.lock();
        let active = state.active;
        if let Indexes::Open(open) = &mut state.indexes {
            open.flush(active)?;
        }
        let dirty = if state.unflushed.is_dirty {
            let file = state.open_for_write(&self.log_dir)?;
            Some(DirtyRange { file, range: state.unflushed.from..state.size })
        } else {
            None
        };
        Ok(SegmentFlush { dirty, end_offset: state.end_offset, changes: state.unflushed.changes })
    }

    /// What the flush covers is on stable storage; with `are_indexes_durable`, what was written of the indexes before it is, too.
    /// Returns whether a new seal was due, which is not durable. The size does not tell how much is covered: after a cut another
    /// batch may have the place of one that was fsynced.
    pub(crate) fn end_flush(&self, flush: &SegmentFlush, are_indexes_durable: bool) -> Result<bool, LogError> {
        let mut state = self.state.lock();
        if let Some(dirty) = &flush.dirty {
            // Not beyond the end of what was cut meanwhile.
            state.unflushed.from = state.unflushed.from.max(dirty.range.end).min(state.size);
        }
        // What was appended, cut or closed meanwhile is not flushed, nor are its indexes: the next flush seals it.
        if state.unflushed.changes != flush.changes {
            return Ok(false);
        }
        let is_sealed = !state.active && state.seal(&self.log_dir, are_indexes_durable)?;
        if !state.active {
            state.writer = None;
        }
        // Not before: a seal that could not be written is due again.
        state.unflushed.is_dirty = false;
        Ok(is_sealed)
    }

    /// Makes the seal durable, where there is one; its name is durable with the directory.
    pub(crate) fn sync_seal(&self) -> Result<(), LogError> {
        let path = self.state.lock().place.file(SEAL_SUFFIX);
        match self.log_dir.open_file(path, OpenMode::Read) {
            Ok(file) => file.sync_all(),
            // There was no room for it, or the segment went meanwhile.
            Err(error) if error.kind() == LogErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether bytes were written since the last flush.
    pub(crate) fn is_dirty(&self) -> bool {
        self.state.lock().unflushed.is_dirty
    }

    /// Gives all files another suffix.
    pub(crate) fn change_suffix(&self, suffix: &'static str) -> Result<(), LogError> {
        let mut state = self.state.lock();
        let old = state.place.file(LOG_SUFFIX);
        let place = SegmentPlace { suffix, ..state.place.clone() };
        self.log_dir.rename(&old, &place.file(LOG_SUFFIX))?;
        for kind in INDEX_SUFFIXES {
            match self.log_dir.rename(&state.place.file(kind), &place.file(kind)) {
                // Not every segment has all of them.
                Err(error) if error.kind() == LogErrorKind::NotFound => {}
                answer => answer?,
            }
        }
        if let Indexes::Open(open) = &mut state.indexes {
            open.move_to(&place);
        }
        state.place = place;
        Ok(())
    }

    /// Removes all files. A flush that began before writes none of them again.
    pub(crate) fn delete(&self) -> Result<(), LogError> {
        let mut state = self.state.lock();
        state.writer = None;
        state.unflushed.is_dirty = false;
        state.indexes = Indexes::Removed;
        self.handles.close(self.file_id);
        for kind in INDEX_SUFFIXES {
            self.log_dir.remove_file(&state.place.file(kind))?;
        }
        self.log_dir.remove_file(&state.place.file(LOG_SUFFIX))
    }

    /// Sets the time of the last append, which cleaning does not change.
    pub(crate) fn set_appended(&self, first: Option<Timestamp>, last: Option<Timestamp>) -> Result<(), LogError> {
        let mut state = self.state.lock();
        state.first_append = first;
        state.last_append = last;
        let path = state.place.file(LOG_SUFFIX);
        let Some(millis) = last.and_then(|last| u64::try_from(last.0).ok()) else {
            return Ok(());
        };
        let modified = UNIX_EPOCH + std::time::Duration::from_millis(millis);
        fs::OpenOptions::new()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(modified))
            .map_err(|error| LogError::io("set the time of", &path, error))
    }
}
