//! Whether the disk may be waited for.
//!
//! Owns: reads that give up instead, and what a segment must have in memory for them. Does not own: what is read.

use bytes::Bytes;

use super::LogSegment;
use super::indexes::Indexes;
use crate::file_range;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogFile;
use crate::log::segment_scan::read_at;

/// Bytes between two entries of an offset index that may be walked without a thread for it.
const AT_ONCE_INTERVAL_BYTES_MAX: u64 = 1 << 20;

/// How files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// From the disk, if need be.
    Waits,
    /// From memory and the page cache alone: what is not there is an error, and nothing is mended. For threads that serve others, too.
    AtOnce,
}

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
    /// Whether its offset index and its file can be asked at once: as a rule those of a segment that is appended to. It is not while
    /// somebody else has it, and not if its index has so few entries that looking a batch up is a long walk.
    pub(super) fn is_at_hand(&self) -> bool {
        let Some(state) = self.state.try_lock() else { return false };
        if self.index_interval_bytes > AT_ONCE_INTERVAL_BYTES_MAX {
            return false;
        }
        let has_index = matches!(&state.indexes, Indexes::Open(open) if open.offsets.is_resident());
        has_index && state.writer.is_some()
    }
}
