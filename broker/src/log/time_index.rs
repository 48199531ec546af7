//! Timestamp to offset within one segment: Kafka's `.timeindex`.
//!
//! Owns: the 12-byte entry (timestamp, offset relative to the segment's base) and its look-up. Does not own: when an entry
//! is added. An entry says: no batch up to and including the one that ends with this offset has a larger timestamp.

use std::path::PathBuf;
use std::sync::Arc;

use strata_compat::ids::{Offset, Timestamp};

use super::error::LogError;
use super::index_file::{IndexEntry, IndexFile};
use super::log_dir::LogDir;
use super::offset_index::relative_offset;

/// One entry of the time index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeEntry {
    /// The largest timestamp so far.
    pub(crate) timestamp: i64,
    /// Last offset of the batch that has it, relative to the base offset of the segment.
    pub(crate) relative_offset: u32,
}

impl IndexEntry for TimeEntry {
    const BYTES: usize = 12;

    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Self {
        let mut timestamp = [0; 8];
        timestamp.copy_from_slice(&bytes[..8]);
        let mut offset = [0; 4];
        offset.copy_from_slice(&bytes[8..12]);
        Self { timestamp: i64::from_be_bytes(timestamp), relative_offset: u32::from_be_bytes(offset) }
    }
}

/// The time index of one segment.
#[derive(Debug)]
pub(crate) struct TimeIndex {
    base: Offset,
    file: IndexFile<TimeEntry>,
}

impl TimeIndex {
    /// An empty index.
    pub(crate) fn create(log_dir: &Arc<LogDir>, base: Offset, path: PathBuf) -> Result<Self, LogError> {
        Ok(Self { base, file: IndexFile::create(log_dir, path)? })
    }

    /// The index in `path`, if it is one.
    pub(crate) fn open(log_dir: &Arc<LogDir>, base: Offset, path: PathBuf) -> Result<Option<Self>, LogError> {
        let Some(file) = IndexFile::<TimeEntry>::open(log_dir, path)? else {
            return Ok(None);
        };
        if file.len() > 1 {
            let (first, last) = (file.get(0)?, file.last());
            if last.is_some_and(|last| last.timestamp <= first.timestamp) {
                return Ok(None);
            }
        }
        Ok(Some(Self { base, file }))
    }

    /// The file and how it is kept.
    pub(crate) const fn file(&mut self) -> &mut IndexFile<TimeEntry> {
        &mut self.file
    }

    /// Bytes of the index.
    pub(crate) fn bytes(&self) -> u64 {
        u64::try_from(self.file.len() * TimeEntry::BYTES).unwrap_or(u64::MAX)
    }

    /// Adds the largest timestamp so far, unless the index knows it already.
    pub(crate) fn maybe_append(&mut self, timestamp: Timestamp, offset: Offset) -> Result<(), LogError> {
        let Some(relative_offset) = relative_offset(self.base, offset) else {
            return Ok(());
        };
        if timestamp.0 < 0 || self.file.last().is_some_and(|last| timestamp.0 <= last.timestamp) {
            return Ok(());
        }
        self.file.push(TimeEntry { timestamp: timestamp.0, relative_offset })
    }

    /// The newest entry: the largest timestamp and its offset.
    pub(crate) fn last(&self) -> Option<(Timestamp, Offset)> {
        self.file.last().map(|last| self.absolute(last))
    }

    fn absolute(&self, entry: TimeEntry) -> (Timestamp, Offset) {
        (Timestamp(entry.timestamp), self.base.plus(i64::from(entry.relative_offset)))
    }

    /// An offset before which no batch has a timestamp of `target` or later; the base offset where nothing is known.
    pub(crate) fn offset_before(&self, target: Timestamp) -> Result<Offset, LogError> {
        match self.file.partition_point(|entry| entry.timestamp < target.0)? {
            0 => Ok(self.base),
            count => Ok(self.absolute(self.file.get(count - 1)?).1),
        }
    }

    /// Drops the entries of batches at or above `offset`.
    pub(crate) fn truncate_to(&mut self, offset: Offset) -> Result<(), LogError> {
        let base = self.base.0;
        let keep = self.file.partition_point(|entry| base + i64::from(entry.relative_offset) < offset.0)?;
        self.file.truncate(keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_up_finds_where_a_scan_must_begin() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let path = directory.path().join("a.timeindex");
        let mut index = TimeIndex::create(&log_dir, Offset(50), path.clone()).unwrap();
        for (timestamp, offset) in [(1000, 55), (1000, 60), (900, 65), (2000, 70), (-1, 75), (3000, 80)] {
            index.maybe_append(Timestamp(timestamp), Offset(offset)).unwrap();
        }
        assert_eq!(index.bytes(), 36, "only ascending timestamps are kept");
        let table = [(0, 50), (1000, 50), (1001, 55), (2000, 55), (2001, 70), (3001, 80)];
        for (target, offset) in table {
            assert_eq!(index.offset_before(Timestamp(target)).unwrap(), Offset(offset), "{target}");
        }
        index.file().flush(true, true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[..12], [0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 5]);
        index.truncate_to(Offset(70)).unwrap();
        assert_eq!(index.last(), Some((Timestamp(1000), Offset(55))));
        let reopened = TimeIndex::open(&log_dir, Offset(50), path).unwrap().unwrap();
        assert_eq!(reopened.last(), Some((Timestamp(1000), Offset(55))));
    }
}
