//! The entries of partitions that stay offline, in a file for each beside the extents.
//!
//! Owns: `kept-<topic id>-<partition>`, its bytes, reading and writing it. Does not own: which partitions stay offline (the
//! caller knows after it has opened them), what the entries do (`replay.rs`).
//!
//! Without them a partition that cannot be opened would hold its extents for as long as it stays so, and the journal would
//! fill. Its entries are copied once, at the start that finds it offline; from then on its extents are free, and each start
//! replays it from here.
//!
//! ```text
//! magic u32 ‖ version u16 ‖ entry… ‖ end
//! entry   length u32 (of the body) ‖ sequence u64 ‖ CRC-32C over length, sequence and body u32 ‖ body as in `entry.rs`
//! end     an entry of length 0, whose sequence is the number of entries
//! ```
//! Bounds: a partition that is offline gets no new entries, so of each there are at most as many bytes as the journal held.
//! A crash leaves the old file or the new one, for each partition by itself; the extents are let go after all of them. A file
//! that is damaged keeps its partition offline, and no other: what it held is not known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{BufMut, Bytes};
use strata_compat::ids::{PartitionId, TopicId, TopicIdPartition, Uuid};

use super::JOURNAL_DIR;
use super::entry::{JournalEntry, JournalSequence};
use super::extent;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_dir::{LogDir, LogFile};

const PREFIX: &str = "kept-";
const STAGING_SUFFIX: &str = ".tmp";
const MAGIC: u32 = 0x5354_4b50;
const VERSION: u16 = 1;
const ENTRY_HEAD_BYTES: usize = 4 + 8 + 4;
/// What is not written out yet, of all files together.
const BUFFER_BYTES: usize = 8 << 20;

/// The file of a partition.
pub(super) fn path(dir: &LogDir, partition: TopicIdPartition) -> PathBuf {
    let id = partition.topic_id.0.as_u128();
    dir.path().join(JOURNAL_DIR).join(format!("{PREFIX}{id:032x}-{}", partition.partition))
}

fn staging_path(dir: &LogDir, partition: TopicIdPartition) -> PathBuf {
    let mut name = path(dir, partition).into_os_string();
    name.push(STAGING_SUFFIX);
    PathBuf::from(name)
}

fn partition_of(name: &str) -> Option<TopicIdPartition> {
    let (id, index) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let id = u128::from_str_radix(id, 16).ok().filter(|_| id.len() == 32)?;
    Some(TopicIdPartition { topic_id: TopicId(Uuid::from_u128(id)), partition: PartitionId(index.parse().ok()?) })
}

/// The partitions that have a file.
pub(super) fn partitions(dir: &LogDir) -> Result<Vec<TopicIdPartition>, LogError> {
    let names = dir.list(&dir.path().join(JOURNAL_DIR))?;
    Ok(names.iter().filter(|entry| !entry.is_dir).filter_map(|entry| partition_of(&entry.name)).collect())
}

fn corrupt(path: &Path, position: u64, what: impl std::fmt::Display) -> LogError {
    let message = format!(
        "{} is damaged at position {position}: {what}; it holds durable entries of the partition, which stays offline: \
         restore the file, or delete the topic",
        path.display()
    );
    LogError::new(LogErrorKind::Corrupt, message)
}

fn checksum(length: u32, sequence: u64, body: &[u8]) -> u32 {
    let head = crc32c::crc32c_append(crc32c::crc32c(&length.to_be_bytes()), &sequence.to_be_bytes());
    crc32c::crc32c_append(head, body)
}

/// Calls `visit` with each entry of the partition, in order; not at all if it has no file.
///
/// # Errors
/// `Corrupt`, perhaps after some entries were visited; `Unavailable`; what `visit` answers.
pub(super) fn visit(
    dir: &Arc<LogDir>,
    partition: TopicIdPartition,
    visit: &mut dyn FnMut(JournalSequence, JournalEntry) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let path = path(dir, partition);
    let file = match dir.open_file(&path, OpenMode::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == LogErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let bytes = file.len()?;
    let mut reader = Reader { file, path, partition, bytes, position: 0 };
    if reader.take::<4>()? != MAGIC.to_be_bytes() || reader.take::<2>()? != VERSION.to_be_bytes() {
        return Err(corrupt(&reader.path, 0, "it is not a file of this release"));
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
    partition: TopicIdPartition,
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
            return Err(corrupt(&self.path, self.bytes, "it ends early"));
        }
        self.file.read_exact_at(buffer, self.position)?;
        self.position = end;
        Ok(())
    }

    /// The next entry; `None` at the end, which says that there are `count`.
    fn entry(&mut self, count: u64) -> Result<Option<(JournalSequence, JournalEntry)>, LogError> {
        let start = self.position;
        let length = u32::from_be_bytes(self.take()?);
        let sequence = u64::from_be_bytes(self.take()?);
        let stated = u32::from_be_bytes(self.take()?);
        let left = self.bytes - self.position;
        // Before anything is allocated for it.
        if u64::from(length) > left {
            return Err(corrupt(&self.path, start, "an entry is longer than the file"));
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or(0)];
        self.fill(&mut body)?;
        if checksum(length, sequence, &body) != stated {
            return Err(corrupt(&self.path, start, "an entry has a wrong checksum"));
        }
        if length == 0 {
            let whole = sequence == count && self.position == self.bytes;
            return if whole { Ok(None) } else { Err(corrupt(&self.path, start, "it does not end where it says")) };
        }
        let entry = JournalEntry::decode(Bytes::from(body)).map_err(|error| corrupt(&self.path, start, error))?;
        if entry.partition() != self.partition {
            let whose = format!(
                "an entry is of partition {}, by the file's name it is of {}",
                entry.partition(),
                self.partition
            );
            return Err(corrupt(&self.path, start, whose));
        }
        Ok(Some((JournalSequence(sequence), entry)))
    }
}

/// Removes a partition's file; whether there was one. Not durable before its directory is flushed.
pub(super) fn remove(dir: &Arc<LogDir>, partition: TopicIdPartition) -> Result<bool, LogError> {
    let path = path(dir, partition);
    let exists = path.is_file();
    dir.remove_file(&path)?;
    Ok(exists)
}

/// Files that are being written; they take the place of the former ones in [`KeptWriter::finish`].
pub(super) struct KeptWriter {
    dir: Arc<LogDir>,
    files: BTreeMap<TopicIdPartition, Staged>,
    buffered: usize,
}

#[derive(Default)]
struct Staged {
    buffer: Vec<u8>,
    written: u64,
    count: u64,
}

impl KeptWriter {
    pub(super) fn new(dir: &Arc<LogDir>) -> Self {
        Self { dir: Arc::clone(dir), files: BTreeMap::new(), buffered: 0 }
    }

    pub(super) fn push(&mut self, sequence: JournalSequence, entry: &JournalEntry) -> Result<(), LogError> {
        let mut body = Vec::with_capacity(entry.encoded_bytes());
        entry.encode_head(&mut body);
        body.extend_from_slice(entry.payload().map_or(&[], |payload| payload));
        let staged = self.files.entry(entry.partition()).or_default();
        let before = staged.buffer.len();
        staged.count += 1;
        staged.put(sequence.0, &body)?;
        self.buffered += staged.buffer.len() - before;
        if self.buffered >= BUFFER_BYTES { self.write_out() } else { Ok(()) }
    }

    /// Of many partitions not all files can be open: each is flushed before it is closed.
    fn write_out(&mut self) -> Result<(), LogError> {
        for (partition, staged) in &mut self.files {
            if staged.buffer.is_empty() {
                continue;
            }
            let file = self.dir.open_file(staging_path(&self.dir, *partition), OpenMode::Create)?;
            if staged.written == 0 {
                file.set_len(0)?;
            }
            file.append_at(&staged.buffer, staged.written)?;
            file.sync_all()?;
            staged.written += extent::size(staged.buffer.len());
            staged.buffer = Vec::new();
        }
        self.buffered = 0;
        Ok(())
    }

    /// Puts the files in place, durably. Former ones of partitions without an entry stay.
    pub(super) fn finish(mut self) -> Result<(), LogError> {
        for staged in self.files.values_mut() {
            staged.put(staged.count, &[])?;
        }
        self.write_out()?;
        for partition in self.files.keys() {
            self.dir.rename(&staging_path(&self.dir, *partition), &path(&self.dir, *partition))?;
        }
        self.dir.sync_dir(&self.dir.path().join(JOURNAL_DIR))
    }
}

impl Staged {
    fn put(&mut self, sequence: u64, body: &[u8]) -> Result<(), LogError> {
        let length = u32::try_from(body.len())
            .map_err(|_| LogError::new(LogErrorKind::Internal, "an entry of the journal is longer than any can be"))?;
        self.buffer.reserve(ENTRY_HEAD_BYTES + body.len());
        if self.written == 0 && self.buffer.is_empty() {
            self.buffer.put_u32(MAGIC);
            self.buffer.put_u16(VERSION);
        }
        self.buffer.put_u32(length);
        self.buffer.put_u64(sequence);
        self.buffer.put_u32(checksum(length, sequence, body));
        self.buffer.put_slice(body);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::Offset;

    use super::*;

    fn partition(index: i32) -> TopicIdPartition {
        TopicIdPartition { topic_id: TopicId(Uuid::from_u128(5)), partition: PartitionId(index) }
    }

    fn entries(index: i32) -> Vec<(JournalSequence, JournalEntry)> {
        let partition = partition(index);
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

    fn written(indexes: &[i32]) -> (tempfile::TempDir, Arc<LogDir>) {
        let temp = tempfile::tempdir().unwrap();
        let dir = LogDir::open(temp.path(), 0).unwrap();
        dir.create_dir(&temp.path().join(JOURNAL_DIR)).unwrap();
        let mut writer = KeptWriter::new(&dir);
        for at in 0..3 {
            for index in indexes {
                let (sequence, entry) = entries(*index).swap_remove(at);
                writer.push(sequence, &entry).unwrap();
            }
        }
        writer.finish().unwrap();
        (temp, dir)
    }

    fn read(dir: &Arc<LogDir>, index: i32) -> Result<Vec<(JournalSequence, JournalEntry)>, LogError> {
        let mut found = Vec::new();
        visit(dir, partition(index), &mut |sequence, entry| {
            found.push((sequence, entry));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn kept_entries_are_read_back_in_order() {
        let (_temp, dir) = written(&[3, 8]);
        assert_eq!(partitions(&dir).unwrap(), [partition(3), partition(8)]);
        for index in [3, 8] {
            assert_eq!(read(&dir, index).unwrap(), entries(index));
        }
        assert_eq!(read(&dir, 4).unwrap(), [], "without a file there is nothing");
        assert!(remove(&dir, partition(3)).unwrap() && !remove(&dir, partition(3)).unwrap());
        assert_eq!(partitions(&dir).unwrap(), [partition(8)]);
    }

    #[test]
    fn entries_that_are_not_written_out_at_once_are_read_back() {
        let (_temp, dir) = written(&[]);
        let mut writer = KeptWriter::new(&dir);
        let (_, append) = entries(3).swap_remove(2);
        for sequence in 0..5 {
            writer.push(JournalSequence(sequence), &append).unwrap();
            writer.write_out().unwrap();
        }
        writer.finish().unwrap();
        let sequences: Vec<u64> = read(&dir, 3).unwrap().into_iter().map(|(sequence, _)| sequence.0).collect();
        assert_eq!(sequences, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn any_damage_is_refused_with_file_and_position() {
        let (_temp, dir) = written(&[3, 8]);
        let path = path(&dir, partition(3));
        let whole = std::fs::read(&path).unwrap();
        let refused = |content: &[u8], what: &str| {
            std::fs::write(&path, content).unwrap();
            let error = read(&dir, 3).unwrap_err();
            assert_eq!(error.kind(), LogErrorKind::Corrupt, "{what}");
            let message = error.to_string();
            assert!(message.contains(&format!("{} is damaged at position ", path.display())), "{what}: {message}");
        };
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            refused(&damaged, &format!("byte {at}"));
            refused(&whole[..at], &format!("cut at {at}"));
        }
        let other = std::fs::read(super::path(&dir, partition(8))).unwrap();
        refused(&other, "the file of another partition");
    }
}
