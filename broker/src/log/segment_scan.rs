//! Walks the batches of one segment file from a byte position.
//!
//! Owns: finding whole batches, saying where the file stops being a log. Does not own: what to do about damage.
//! Every header is checked for sanity; CRCs only where asked for. Memory is bounded by one batch and one chunk, and a batch
//! by what is left of the file.

use std::path::Path;

use bytes::Bytes;
use strata_compat::ids::Offset;
use strata_compat::record_batch::{BatchHeader, HEADER_BYTES, verify_crc};

use super::error::LogError;
use super::log_dir::LogFile;

/// What is to be done about a damaged segment file.
pub(crate) const ADVICE: &str = "restore the file, or delete the records up to the end of the damage";
/// Bytes read at once.
const CHUNK_BYTES: usize = 256 << 10;

/// One step of a walk.
#[derive(Debug)]
pub(crate) enum Scanned {
    /// A whole batch.
    Batch {
        /// Where it begins.
        position: u64,
        /// Its header.
        header: BatchHeader,
        /// All of it.
        bytes: Bytes,
    },
    /// The file is no log from here on.
    Damaged {
        /// Where the damage begins.
        position: u64,
        /// What is wrong.
        reason: String,
    },
    /// The end of what was to be walked.
    End,
}

/// What stands behind a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Following {
    /// A whole batch with this base offset.
    Batch(Offset),
    /// Something that is none.
    Damage,
    /// The end of what is walked.
    End,
}

/// A walk over one file.
#[derive(Debug)]
pub(crate) struct BatchScanner<'file> {
    file: &'file LogFile,
    path: &'file Path,
    position: u64,
    end: u64,
    check_crc: bool,
    buffer: Bytes,
}

impl<'file> BatchScanner<'file> {
    /// A walk of the bytes `[position, end)` of `file`.
    pub(crate) const fn new(file: &'file LogFile, path: &'file Path, position: u64, end: u64) -> Self {
        Self { file, path, position, end, check_crc: false, buffer: Bytes::new() }
    }

    /// The same walk with every CRC checked.
    pub(crate) const fn checking_crc(mut self) -> Self {
        self.check_crc = true;
        self
    }

    /// The next batch.
    pub(crate) fn step(&mut self) -> Result<Scanned, LogError> {
        let left = usize::try_from(self.end.saturating_sub(self.position)).unwrap_or(usize::MAX);
        if left == 0 {
            return Ok(Scanned::End);
        }
        let position = self.position;
        let damaged = |reason: String| Ok(Scanned::Damaged { position, reason });
        if left < HEADER_BYTES {
            return damaged(format!("{left} bytes are left, fewer than a header has"));
        }
        self.fill(HEADER_BYTES, left)?;
        let header = match BatchHeader::parse(&self.buffer) {
            Ok(header) => header,
            Err(error) => return damaged(error.to_string()),
        };
        let size = header.size_bytes();
        if size > left || size < HEADER_BYTES {
            return damaged(format!("a batch of {size} bytes where {left} are left"));
        }
        self.fill(size, left)?;
        let bytes = self.buffer.split_to(size);
        if self.check_crc
            && let Err(error) = verify_crc(&bytes)
        {
            return damaged(error.to_string());
        }
        self.position += u64::try_from(size).unwrap_or(u64::MAX);
        Ok(Scanned::Batch { position, header, bytes })
    }

    /// What stands behind the last batch; the walk stays where it is.
    pub(crate) fn peek(&mut self) -> Result<Following, LogError> {
        let (position, buffer) = (self.position, self.buffer.clone());
        let next = self.step()?;
        (self.position, self.buffer) = (position, buffer);
        Ok(match next {
            Scanned::Batch { header, .. } => Following::Batch(header.base_offset),
            Scanned::Damaged { .. } => Following::Damage,
            Scanned::End => Following::End,
        })
    }

    /// The next batch where damage is an error.
    pub(crate) fn step_sound(&mut self) -> Result<Option<(u64, BatchHeader, Bytes)>, LogError> {
        match self.step()? {
            Scanned::Batch { position, header, bytes } => Ok(Some((position, header, bytes))),
            Scanned::Damaged { position, reason } => Err(LogError::corrupt_segment(format!(
                "{} is damaged at position {position}: {reason}; {ADVICE}",
                self.path.display()
            ))),
            Scanned::End => Ok(None),
        }
    }

    fn fill(&mut self, wanted: usize, left: usize) -> Result<(), LogError> {
        if self.buffer.len() >= wanted {
            return Ok(());
        }
        self.buffer = read_at(self.file, self.position, wanted.max(CHUNK_BYTES).min(left))?;
        Ok(())
    }
}

/// Reads exactly `len` bytes at `position`, which the caller knows the file to hold.
pub(crate) fn read_at(file: &LogFile, position: u64, len: usize) -> Result<Bytes, LogError> {
    Ok(Bytes::from(file.read_vec_at(len, position)?))
}
