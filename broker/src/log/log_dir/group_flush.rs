//! Flushing many files of a log directory: how much of them is on its way to the disk at once, and one flush for all.
//!
//! Owns: the bound of what is written back ahead of a flush; when the whole file system is flushed instead of each file. Does not
//! own: which files are due.
//!
//! The journal's own flush waits behind whatever the device's queue holds, so a flush of files that hold much writes them back
//! piece by piece first. A file's flush costs a commit of the file system's own journal, whatever it holds; one flush of the
//! whole file system costs the same (`design/0007-the-journal-under-load.md`). What logs that are not due, and others on that
//! file system, have not written yet goes with it at once, beyond the bound.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;

use super::file_io::WriteBack;
use super::{LogDir, LogFile, is_full};
use crate::log::error::LogError;

/// One piece of what is written back.
pub(crate) const PIECE_BYTES: u64 = 256 << 10;
/// As much is on its way to the disk when the next piece begins: a millisecond of a disk that writes 1 GB/s.
pub(crate) const AHEAD_BYTES: u64 = 1 << 20;
/// From so many flushes on, one of the whole file system takes their place.
pub(crate) const AT_ONCE_MIN: usize = 64;

/// Bytes of a file that were perhaps not written back yet.
#[derive(Debug)]
pub(crate) struct DirtyRange {
    pub(crate) file: LogFile,
    pub(crate) range: Range<u64>,
}

impl DirtyRange {
    fn pieces(&self) -> impl Iterator<Item = (&LogFile, Range<u64>)> {
        let step = usize::try_from(PIECE_BYTES).unwrap_or(usize::MAX);
        let end = self.range.end;
        self.range.clone().step_by(step).map(move |from| (&self.file, from..end.min(from + PIECE_BYTES)))
    }
}

/// Writes the ranges back with at most [`AHEAD_BYTES`] and one piece on their way. Nothing is durable by it, and no flush may be
/// left out.
///
/// # Errors
/// `Unavailable`; the directory is then offline.
pub(crate) fn write_back<'ranges>(ranges: impl Iterator<Item = &'ranges DirtyRange>) -> Result<(), LogError> {
    let (mut begun, mut begun_bytes) = (VecDeque::new(), 0);
    for (file, piece) in ranges.flat_map(DirtyRange::pieces) {
        if !file.begin_write_back(piece.clone())? {
            continue;
        }
        begun_bytes += piece.end - piece.start;
        begun.push_back((file, piece));
        while begun_bytes > AHEAD_BYTES {
            let Some((file, piece)) = begun.pop_front() else { break };
            begun_bytes -= piece.end - piece.start;
            file.wait_written_back(piece)?;
        }
    }
    begun.into_iter().try_for_each(|(file, piece)| file.wait_written_back(piece))
}

impl LogFile {
    /// Whether it is begun: a file system that cannot do this does all with the flush.
    fn begin_write_back(&self, range: Range<u64>) -> Result<bool, LogError> {
        self.dir.check_online()?;
        match self.handle.write_back(range, WriteBack::Begin) {
            Err(error) if matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput) => Ok(false),
            answer => answer.map(|()| true).map_err(|error| self.write_back_failed(error)),
        }
    }

    /// What could not be written is told here, and by no flush that follows: whatever the error is, it is final.
    fn wait_written_back(&self, range: Range<u64>) -> Result<(), LogError> {
        self.handle.write_back(range, WriteBack::Wait).map_err(|error| self.write_back_failed(error))
    }

    fn write_back_failed(&self, error: io::Error) -> LogError {
        self.dir.failed_for_good("writing back", &self.path, error)
    }
}

impl LogDir {
    /// Whether one flush of the whole file system is to take the place of `flushes` single ones.
    pub(crate) fn would_flush_at_once(&self, flushes: usize) -> bool {
        flushes >= AT_ONCE_MIN && self.file_system.lock().is_some()
    }

    /// Makes everything durable that was appended to files of this directory before, and all names, if that is cheaper than
    /// `flushes` single ones and can be believed. Whether it did. What was written in place, over what was flushed before, is not
    /// meant: XFS flushes the device only if something of its log is due.
    ///
    /// # Errors
    /// `Unavailable`; the directory is then offline, whatever could not be written, and whoever's it was.
    pub(crate) fn flush_at_once(&self, flushes: usize) -> Result<bool, LogError> {
        self.check_online()?;
        if !self.would_flush_at_once(flushes) {
            return Ok(false);
        }
        // One at a time: each failure is told once, to one of them.
        let mut file_system = self.file_system.lock();
        let Some(handle) = &*file_system else {
            return Ok(false);
        };
        match handle.sync_file_system() {
            Ok(()) => Ok(true),
            // Perhaps somebody else's file has no room. Each of ours tells by itself, from now on: this one would not again.
            Err(error) if is_full(&error) => {
                tracing::warn!(directory = %self.path.display(), %error, "files are flushed one by one until restart");
                *file_system = None;
                Ok(false)
            }
            Err(error) => Err(self.failed_for_good("flushing the file system of", &self.path, error)),
        }
    }
}
