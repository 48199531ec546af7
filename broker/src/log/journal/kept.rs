//! The entries of partitions that stay offline, in a file of their own beside the extents.
//!
//! Owns: `kept`, its bytes, reading and writing it. Does not own: which partitions stay offline (the caller knows after it
//! has opened them), what the entries do (`replay.rs`).
//!
//! Without it a partition that cannot be opened would hold its extents for as long as it stays so, and the journal would
//! fill. Its entries are copied once, at the start that finds it offline; from then on its extents are free, and each start
//! replays it from here.
//!
//! ```text
//! magic u32 ‖ version u16 ‖ entry… ‖ end
//! entry   length u32 (of the body) ‖ sequence u64 ‖ CRC-32C over length, sequence and body u32 ‖ body as in `entry.rs`
//! end     an entry of length 0, whose sequence is the number of entries
//! ```
//! Bounds: a partition that is offline gets no new entries, so of each there are at most as many bytes as the journal held.
//! A crash leaves the old file or the new one. One that is damaged refuses the whole directory: what it held is not known.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{BufMut, Bytes};

use super::JOURNAL_DIR;
use super::entry::{JournalEntry, JournalSequence};
use super::extent;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_dir::{LogDir, LogFile};

const KEPT_FILE: &str = "kept";
const STAGING_FILE: &str = "kept.tmp";
const MAGIC: u32 = 0x5354_4b50;
const VERSION: u16 = 1;
const HEAD_BYTES: usize = 4 + 2;
const ENTRY_HEAD_BYTES: usize = 4 + 8 + 4;
/// Entries are written in pieces of about this size.
const BUFFER_BYTES: usize = 1 << 20;

fn path(dir: &LogDir, name: &str) -> PathBuf {
    dir.path().join(JOURNAL_DIR).join(name)
}

fn corrupt(path: &Path, what: &str) -> LogError {
    let message = format!("{}: {what}; it holds durable entries of partitions that are offline", path.display());
    LogError::new(LogErrorKind::Corrupt, message)
}

fn checksum(length: u32, sequence: u64, body: &[u8]) -> u32 {
    let head = crc32c::crc32c_append(crc32c::crc32c(&length.to_be_bytes()), &sequence.to_be_bytes());
    crc32c::crc32c_append(head, body)
}

/// Calls `visit` with each entry, in order; not at all if there is no file.
pub(super) fn visit(
    dir: &Arc<LogDir>,
    visit: &mut dyn FnMut(JournalSequence, JournalEntry) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let path = path(dir, KEPT_FILE);
    let file = match dir.open_file(&path, OpenMode::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == LogErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let bytes = file.len()?;
    let mut reader = Reader { file, path, bytes, position: 0 };
    if reader.take::<4>()? != MAGIC.to_be_bytes() || reader.take::<2>()? != VERSION.to_be_bytes() {
        return Err(corrupt(&reader.path, "not a file of this release"));
    }
    let mut count = 0_u64;
    while let Some((sequence, entry)) = reader.entry(count)? {
        count += 1;
        visit(sequence, entry)?;
    }
    Ok(())
}

struct Reader {
    file: LogFile,
    path: PathBuf,
    bytes: u64,
    position: u64,
}

impl Reader {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], LogError> {
        let mut taken = [0; N];
        self.fill(&mut taken)?;
        Ok(taken)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), LogError> {
        let end = self.position + extent::size(buffer.len());
        if end > self.bytes {
            return Err(corrupt(&self.path, "it ends early"));
        }
        self.file.read_exact_at(buffer, self.position)?;
        self.position = end;
        Ok(())
    }

    /// The next entry; `None` at the end, which says that there are `count`.
    fn entry(&mut self, count: u64) -> Result<Option<(JournalSequence, JournalEntry)>, LogError> {
        let length = u32::from_be_bytes(self.take()?);
        let sequence = u64::from_be_bytes(self.take()?);
        let stated = u32::from_be_bytes(self.take()?);
        let left = self.bytes - self.position;
        // Before anything is allocated for it.
        if u64::from(length) > left {
            return Err(corrupt(&self.path, "an entry is longer than the file"));
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut body)?;
        if checksum(length, sequence, &body) != stated {
            return Err(corrupt(&self.path, "an entry has a wrong checksum"));
        }
        if length == 0 {
            let whole = sequence == count && self.position == self.bytes;
            return if whole { Ok(None) } else { Err(corrupt(&self.path, "it does not end where it says")) };
        }
        Ok(Some((JournalSequence(sequence), JournalEntry::decode(Bytes::from(body))?)))
    }
}

/// Removes the file, if there is one.
pub(super) fn remove(dir: &Arc<LogDir>) -> Result<(), LogError> {
    dir.remove_file(&path(dir, KEPT_FILE))?;
    dir.sync_dir(&dir.path().join(JOURNAL_DIR))
}

/// A file that is being written; it takes the place of the former one in [`KeptWriter::finish`].
pub(super) struct KeptWriter {
    dir: Arc<LogDir>,
    file: LogFile,
    buffer: Vec<u8>,
    written: u64,
    count: u64,
}

impl KeptWriter {
    pub(super) fn create(dir: &Arc<LogDir>) -> Result<Self, LogError> {
        let file = dir.open_file(path(dir, STAGING_FILE), OpenMode::Create)?;
        file.set_len(0)?;
        let mut buffer = Vec::with_capacity(HEAD_BYTES);
        buffer.put_u32(MAGIC);
        buffer.put_u16(VERSION);
        Ok(Self { dir: Arc::clone(dir), file, buffer, written: 0, count: 0 })
    }

    pub(super) fn push(&mut self, sequence: JournalSequence, entry: &JournalEntry) -> Result<(), LogError> {
        let mut body = Vec::with_capacity(entry.encoded_bytes());
        entry.encode_head(&mut body);
        body.extend_from_slice(entry.payload().map_or(&[], |payload| payload));
        self.count += 1;
        self.put(sequence.0, &body)
    }

    fn put(&mut self, sequence: u64, body: &[u8]) -> Result<(), LogError> {
        let length = u32::try_from(body.len())
            .map_err(|_| LogError::new(LogErrorKind::Internal, "an entry of the journal is longer than any can be"))?;
        self.buffer.reserve(ENTRY_HEAD_BYTES + body.len());
        self.buffer.put_u32(length);
        self.buffer.put_u64(sequence);
        self.buffer.put_u32(checksum(length, sequence, body));
        self.buffer.put_slice(body);
        if self.buffer.len() >= BUFFER_BYTES { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> Result<(), LogError> {
        self.file.append_at(&self.buffer, self.written)?;
        self.written += extent::size(self.buffer.len());
        self.buffer.clear();
        Ok(())
    }

    /// Puts the file in place, durably; without entries there is none.
    pub(super) fn finish(mut self) -> Result<(), LogError> {
        let staging = path(&self.dir, STAGING_FILE);
        if self.count == 0 {
            self.dir.remove_file(&staging)?;
            return remove(&self.dir);
        }
        self.put(self.count, &[])?;
        self.write_out()?;
        self.file.sync_all()?;
        self.dir.rename(&staging, &path(&self.dir, KEPT_FILE))?;
        self.dir.sync_dir(&self.dir.path().join(JOURNAL_DIR))
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{Offset, PartitionId, TopicId, TopicIdPartition, Uuid};

    use super::*;

    fn entries() -> Vec<(JournalSequence, JournalEntry)> {
        let partition = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(5)), partition: PartitionId(3) };
        let append = |position: u64, batch: &'static [u8]| JournalEntry::Append {
            partition,
            segment_base: Offset(0),
            position,
            batch: Bytes::from_static(batch),
        };
        let truncate = JournalEntry::Truncate { partition, to: Offset(1), segment_base: Offset(0), position: 5 };
        vec![
            (JournalSequence(7), append(0, b"first")),
            (JournalSequence(9), truncate),
            (JournalSequence(40), append(5, b"second")),
        ]
    }

    fn written() -> (tempfile::TempDir, Arc<LogDir>) {
        let temp = tempfile::tempdir().unwrap();
        let dir = LogDir::open(temp.path(), 0).unwrap();
        dir.create_dir(&temp.path().join(JOURNAL_DIR)).unwrap();
        let mut writer = KeptWriter::create(&dir).unwrap();
        for (sequence, entry) in entries() {
            writer.push(sequence, &entry).unwrap();
        }
        writer.finish().unwrap();
        (temp, dir)
    }

    fn read(dir: &Arc<LogDir>) -> Result<Vec<(JournalSequence, JournalEntry)>, LogError> {
        let mut found = Vec::new();
        visit(dir, &mut |sequence, entry| {
            found.push((sequence, entry));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn kept_entries_are_read_back_in_order() {
        let (_temp, dir) = written();
        assert_eq!(read(&dir).unwrap(), entries());
        KeptWriter::create(&dir).unwrap().finish().unwrap();
        assert_eq!(read(&dir).unwrap(), [], "without entries there is no file");
    }

    #[test]
    fn any_damage_is_refused() {
        let (_temp, dir) = written();
        let path = path(&dir, KEPT_FILE);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&path, damaged).unwrap();
            assert_eq!(read(&dir).unwrap_err().kind(), LogErrorKind::Corrupt, "byte {at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(read(&dir).unwrap_err().kind(), LogErrorKind::Corrupt, "cut at {at}");
        }
    }
}
