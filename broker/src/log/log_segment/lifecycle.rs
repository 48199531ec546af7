//! The stations of a segment's life: truncated, appended to, closed, flushed, renamed, removed.
//!
//! Owns: which files change at each of them and in which order. Does not own: when they come.

use std::fs;
use std::time::UNIX_EPOCH;

use strata_compat::ids::{Offset, Timestamp};

use super::{INDEX_SUFFIXES, LOG_SUFFIX, LogSegment, SegmentPlace};
use crate::log::error::LogError;
use crate::log::segment_scan::BatchScanner;

impl LogSegment {
    /// Cuts everything from `position` on, which must be where a batch begins.
    pub(crate) fn truncate_to_position(&self, position: u64) -> Result<u64, LogError> {
        let mut state = self.state.lock();
        let path = state.place.file(LOG_SUFFIX);
        let cut = state.size.saturating_sub(position);
        let file = state.open_for_write(&self.log_dir)?;
        file.set_len(position)?;
        file.sync_all()?;
        state.offset_index.truncate_to_position(position)?;
        let (indexed_end, scan_from) =
            state.offset_index.last().map_or((self.base_offset, 0), |(offset, position)| (offset, position));
        state.size = position;
        state.end_offset = self.base_offset;
        state.time_index.truncate_to(indexed_end.plus(1))?;
        let (max_timestamp, offset_of_max) = state.time_index.last().unwrap_or((Timestamp::NONE, self.base_offset));
        state.max_timestamp = max_timestamp;
        state.offset_of_max_timestamp = offset_of_max;
        let mut scanner = BatchScanner::new(&file, &path, scan_from, position);
        while let Some((_, header, _)) = scanner.step_sound()? {
            state.end_offset = header.end_offset();
            state.note_timestamp(&header);
        }
        let end = state.end_offset;
        state.transactions.truncate_to(end)?;
        state.bytes_since_index = position.saturating_sub(scan_from);
        if position == 0 {
            state.first_timestamp = None;
            state.first_append = None;
            state.last_append = None;
        }
        Ok(cut)
    }

    /// Makes the segment the one that is appended to.
    pub(crate) fn activate(&self) -> Result<(), LogError> {
        let mut state = self.state.lock();
        if state.active {
            return Ok(());
        }
        let writer = state.open_for_write(&self.log_dir)?;
        state.writer = Some(writer);
        state.active = true;
        let (from, path) =
            (state.offset_index.last().map_or(0, |(_, position)| position), state.place.file(LOG_SUFFIX));
        state.bytes_since_index = state.size.saturating_sub(from);
        drop(state);
        self.handles.close(self.file_id);
        tracing::trace!(path = %path.display(), "segment is appended to");
        Ok(())
    }

    /// Ends appending: the largest timestamp goes into the time index, the indexes are written.
    pub(crate) fn deactivate(&self) -> Result<(), LogError> {
        let mut state = self.state.lock();
        state.active = false;
        state.close_indexes(false)?;
        if !state.dirty {
            state.writer = None;
        }
        Ok(())
    }

    /// Fsyncs the log, and the indexes of a closed segment. Returns the end offset that is on stable storage now.
    pub(crate) fn flush(&self) -> Result<Offset, LogError> {
        let (writer, end_offset, size) = {
            let mut state = self.state.lock();
            let active = state.active;
            state.offset_index.file().flush(true, false)?;
            state.time_index.file().flush(true, false)?;
            state.transactions.file().flush(false, active)?;
            (state.writer.clone(), state.end_offset, state.size)
        };
        if let Some(writer) = writer {
            writer.sync_data()?;
        }
        let mut state = self.state.lock();
        if state.size == size {
            state.dirty = false;
        }
        if !state.active {
            state.close_indexes(true)?;
            if !state.dirty {
                state.writer = None;
            }
        }
        Ok(end_offset)
    }

    /// Whether bytes were written since the last flush.
    pub(crate) fn is_dirty(&self) -> bool {
        self.state.lock().dirty
    }

    /// Gives all files another suffix.
    pub(crate) fn change_suffix(&self, suffix: &'static str) -> Result<(), LogError> {
        let mut state = self.state.lock();
        let old = state.place.file(LOG_SUFFIX);
        let place = SegmentPlace { suffix, ..state.place.clone() };
        self.log_dir.rename(&old, &place.file(LOG_SUFFIX))?;
        state.offset_index.file().rename(place.file(".index"))?;
        state.time_index.file().rename(place.file(".timeindex"))?;
        state.transactions.file().rename(place.file(".txnindex"))?;
        state.place = place;
        Ok(())
    }

    /// Removes all files.
    pub(crate) fn delete(&self) -> Result<(), LogError> {
        let mut state = self.state.lock();
        state.writer = None;
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
