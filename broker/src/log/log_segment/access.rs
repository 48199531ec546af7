//! Whether the disk may be waited for.
//!
//! Owns: reads that give up instead, and what a segment must have in memory for them. Does not own: what is read.

use bytes::Bytes;
use parking_lot::MutexGuard;

use super::indexes::Indexes;
use super::{LogSegment, State};
use crate::file_range;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogFile;
use crate::log::segment_scan::read_at;
use crate::log::types::Access;

/// Bytes between two entries of an offset index that may be walked without a thread for it.
const AT_ONCE_INTERVAL_BYTES_MAX: u64 = 1 << 20;

impl Access {
    /// Reads exactly `len` bytes at `position`, which the caller knows the file to hold.
    pub(super) fn read_at(self, file: &LogFile, position: u64, len: usize) -> Result<Bytes, LogError> {
        if self == Self::Waits {
            return read_at(file, position, len);
        }
        let read = file.sendable().and_then(|file| file_range::peek(&file, position, len));
        read.map(Bytes::from).ok_or_else(|| LogError::new(LogErrorKind::Unavailable, "it is not in the page cache"))
    }
}

impl LogSegment {
    /// The state, which others may have for a while. At once it is there if nobody has it and its offset index and its file can
    /// be asked: as a rule that of a segment that is appended to.
    pub(super) fn state_by(&self, access: Access) -> Result<MutexGuard<'_, State>, LogError> {
        if access == Access::Waits {
            return Ok(self.state.lock());
        }
        let state = self.state.try_lock().filter(|state| self.is_at_hand(state));
        state.ok_or_else(|| LogError::new(LogErrorKind::Unavailable, "the segment is not at hand"))
    }

    /// A handle to read from.
    pub(super) fn reader_by(&self, access: Access) -> Result<LogFile, LogError> {
        let writer = self.state_by(access)?.writer.clone();
        writer.map_or_else(|| self.reader(), Ok)
    }

    /// Not if its index has so few entries that looking a batch up is a long walk.
    fn is_at_hand(&self, state: &State) -> bool {
        let has_index = matches!(&state.indexes, Indexes::Open(open) if open.offsets.is_resident());
        has_index && state.writer.is_some() && self.index_interval_bytes <= AT_ONCE_INTERVAL_BYTES_MAX
    }
}
