//! Puts slices together into whole blocks and writes those past the page cache.
//!
//! Owns: the one buffer that the journal's thread writes from. Does not own: what is written, and when it is durable.
//!
//! Nobody reads the journal but a start after a crash, and its extents would fill the page cache that fetches are read from. The
//! copy into the buffer is in place of the kernel's into that cache (`design/0007-the-journal-under-load.md`).

use crate::log::error::LogError;
use crate::log::log_dir::LogFile;
use crate::log::log_dir::file_io::BLOCK_BYTES;

/// As much goes into one write.
const BUFFER_BYTES: usize = 1 << 20;

/// The buffer.
#[derive(Debug)]
pub(super) struct BlockWriter {
    /// The buffer, and before it what is left over up to a block's address.
    room: Vec<u8>,
    start: usize,
}

/// One piece of a file, as it is being written.
pub(super) struct Blocks<'writer> {
    buffer: &'writer mut [u8],
    filled: usize,
    file: &'writer LogFile,
    position: u64,
}

impl BlockWriter {
    pub(super) fn new() -> Self {
        // Zeros that nobody has touched take no memory.
        let room = vec![0; BUFFER_BYTES + BLOCK_BYTES];
        let start = room.as_ptr().align_offset(BLOCK_BYTES).min(BLOCK_BYTES);
        Self { room, start }
    }

    /// Begins at `position`, which is where a block begins.
    pub(super) fn begin<'writer>(&'writer mut self, file: &'writer LogFile, position: u64) -> Blocks<'writer> {
        let buffer = self.room.get_mut(self.start..self.start + BUFFER_BYTES).unwrap_or(&mut []);
        Blocks { buffer, filled: 0, file, position }
    }
}

impl Blocks<'_> {
    /// Adds bytes.
    ///
    /// # Errors
    /// As [`LogFile::write_all_at`].
    pub(super) fn put(&mut self, mut bytes: &[u8]) -> Result<(), LogError> {
        while !bytes.is_empty() {
            if self.filled == self.buffer.len() {
                self.write()?;
            }
            let count = bytes.len().min(self.buffer.len() - self.filled);
            let (now, later) = bytes.split_at(count);
            self.buffer[self.filled..self.filled + count].copy_from_slice(now);
            self.filled += count;
            bytes = later;
        }
        Ok(())
    }

    /// Fills the last block with zeros and writes what is left.
    ///
    /// # Errors
    /// As [`LogFile::write_all_at`].
    pub(super) fn finish(mut self) -> Result<(), LogError> {
        let end = self.filled.next_multiple_of(BLOCK_BYTES);
        self.buffer[self.filled..end].fill(0);
        self.filled = end;
        self.write()
    }

    fn write(&mut self) -> Result<(), LogError> {
        self.file.write_all_at(&self.buffer[..self.filled], self.position)?;
        self.position += u64::try_from(self.filled).unwrap_or(u64::MAX);
        self.filled = 0;
        Ok(())
    }
}
