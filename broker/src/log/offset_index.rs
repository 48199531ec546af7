//! Offset to byte position within one segment: Kafka's `.index`.
//!
//! Owns: the 8-byte entry (offset relative to the segment's base, position) and its look-up. Does not own: when an entry is
//! added. An entry names the *last* offset of a batch and the position where that batch begins, as Kafka writes it.

use std::path::PathBuf;
use std::sync::Arc;

use strata_compat::ids::Offset;

use super::error::LogError;
use super::index_file::{IndexEntry, IndexFile};
use super::log_dir::LogDir;

/// One entry of the offset index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OffsetEntry {
    /// Last offset of the batch, relative to the base offset of the segment.
    pub(crate) relative_offset: u32,
    /// Where the batch begins.
    pub(crate) position: u32,
}

impl IndexEntry for OffsetEntry {
    const BYTES: usize = 8;

    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.relative_offset.to_be_bytes());
        out.extend_from_slice(&self.position.to_be_bytes());
    }

    fn decode(bytes: &[u8]) -> Self {
        let number = |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Self { relative_offset: number(0), position: number(4) }
    }
}

/// The offset of `offset` relative to `base`, if the indexes can hold it.
pub(crate) fn relative_offset(base: Offset, offset: Offset) -> Option<u32> {
    let relative = offset.0.checked_sub(base.0)?;
    i32::try_from(relative).ok().and_then(|relative| u32::try_from(relative).ok())
}

/// The offset index of one segment.
#[derive(Debug)]
pub(crate) struct OffsetIndex {
    base: Offset,
    file: IndexFile<OffsetEntry>,
}

impl OffsetIndex {
    /// An empty index.
    pub(crate) fn create(log_dir: &Arc<LogDir>, base: Offset, path: PathBuf) -> Result<Self, LogError> {
        Ok(Self { base, file: IndexFile::create(log_dir, path)? })
    }

    /// The index in `path`, if it can belong to a log of `log_bytes` bytes that ends at or above its last entry.
    pub(crate) fn open(
        log_dir: &Arc<LogDir>,
        base: Offset,
        path: PathBuf,
        log_bytes: u64,
    ) -> Result<Option<Self>, LogError> {
        let Some(file) = IndexFile::<OffsetEntry>::open(log_dir, path)? else {
            return Ok(None);
        };
        let sane = match file.last() {
            None => true,
            Some(last) => u64::from(last.position) < log_bytes && last.position > 0,
        };
        Ok(sane.then_some(Self { base, file }))
    }

    /// The file and how it is kept.
    pub(crate) const fn file(&mut self) -> &mut IndexFile<OffsetEntry> {
        &mut self.file
    }

    /// Whether all entries are in memory.
    pub(crate) const fn is_resident(&self) -> bool {
        self.file.is_resident()
    }

    /// Bytes of the index.
    pub(crate) fn bytes(&self) -> u64 {
        u64::try_from(self.file.len() * OffsetEntry::BYTES).unwrap_or(u64::MAX)
    }

    /// Adds the batch at `position` that ends with `last_offset`. What does not fit an entry is left out.
    pub(crate) fn append(&mut self, last_offset: Offset, position: u64) -> Result<(), LogError> {
        let Some(relative_offset) = relative_offset(self.base, last_offset) else {
            return Ok(());
        };
        let Ok(position) = u32::try_from(position) else {
            return Ok(());
        };
        let ascends =
            self.file.last().is_none_or(|last| relative_offset > last.relative_offset && position > last.position);
        if ascends { self.file.push(OffsetEntry { relative_offset, position }) } else { Ok(()) }
    }

    /// The newest entry at or below `offset`: the last offset of a batch, and where that begins.
    pub(crate) fn entry_before(&self, offset: Offset) -> Result<Option<(Offset, u64)>, LogError> {
        let Some(relative) = relative_offset(self.base, offset) else {
            // Above all that the index can hold: the scan starts at the last entry.
            return Ok(self.last().filter(|_| offset > self.base));
        };
        match self.file.partition_point(|entry| entry.relative_offset <= relative)? {
            0 => Ok(None),
            count => self.file.get(count - 1).map(|entry| Some(self.absolute(entry))),
        }
    }

    /// The newest entry of a batch that begins at or before `position`: its last offset, and where it begins.
    pub(crate) fn entry_at(&self, position: u64) -> Result<Option<(Offset, u64)>, LogError> {
        match self.file.partition_point(|entry| u64::from(entry.position) <= position)? {
            0 => Ok(None),
            count => self.file.get(count - 1).map(|entry| Some(self.absolute(entry))),
        }
    }

    fn absolute(&self, entry: OffsetEntry) -> (Offset, u64) {
        (self.base.plus(i64::from(entry.relative_offset)), u64::from(entry.position))
    }

    /// Last entry: offset and position.
    pub(crate) fn last(&self) -> Option<(Offset, u64)> {
        self.file.last().map(|last| self.absolute(last))
    }

    /// Drops the entries of batches that begin at or after `position`.
    pub(crate) fn truncate_to_position(&mut self, position: u64) -> Result<(), LogError> {
        let keep = self.file.partition_point(|entry| u64::from(entry.position) < position)?;
        self.file.truncate(keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(log_dir: &Arc<LogDir>, path: PathBuf) -> OffsetIndex {
        let mut index = OffsetIndex::create(log_dir, Offset(100), path).unwrap();
        for (offset, position) in [(110, 50), (120, 90), (150, 200)] {
            index.append(Offset(offset), position).unwrap();
        }
        index
    }

    fn position_before(index: &OffsetIndex, offset: i64) -> u64 {
        index.entry_before(Offset(offset)).unwrap().map_or(0, |(_, position)| position)
    }

    #[test]
    fn look_up_answers_the_last_entry_at_or_below_the_offset() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let path = directory.path().join("a.index");
        let mut index = filled(&log_dir, path.clone());
        let table = [(100, 0), (109, 0), (110, 50), (119, 50), (120, 90), (149, 90), (150, 200), (10_000_000_000, 200)];
        for (offset, position) in table {
            assert_eq!(position_before(&index, offset), position, "resident, {offset}");
        }
        for (position, found) in
            [(49, None), (50, Some((110, 50))), (199, Some((120, 90))), (u64::MAX, Some((150, 200)))]
        {
            let found = found.map(|(offset, position)| (Offset(offset), position));
            assert_eq!(index.entry_at(position).unwrap(), found, "at {position}");
        }
        index.file().flush(true, true).unwrap();
        index.file().release();
        for (offset, position) in table {
            assert_eq!(position_before(&index, offset), position, "on file, {offset}");
        }
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes[..8], [0, 0, 0, 10, 0, 0, 0, 50]);
        assert_eq!(bytes.len(), 24);
        let reopened = OffsetIndex::open(&log_dir, Offset(100), path, 300).unwrap().unwrap();
        assert_eq!(reopened.last(), Some((Offset(150), 200)));
    }

    #[test]
    fn entries_that_do_not_ascend_or_do_not_fit_are_left_out() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let mut index = filled(&log_dir, directory.path().join("a.index"));
        for (offset, position) in [(150, 300), (160, 200), (99, 400), (100 + (1 << 31), 500), (170, 1 << 33)] {
            index.append(Offset(offset), position).unwrap();
        }
        assert_eq!(index.bytes(), 24);
    }

    #[test]
    fn truncation_drops_entries_in_memory_and_on_file() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let path = directory.path().join("a.index");
        let mut index = filled(&log_dir, path.clone());
        index.file().flush(true, false).unwrap();
        index.file().release();
        index.truncate_to_position(90).unwrap();
        assert_eq!(index.last(), Some((Offset(110), 50)));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 8);
        index.append(Offset(130), 95).unwrap();
        index.file().flush(true, false).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 16);
    }

    #[test]
    fn an_index_that_cannot_belong_to_the_log_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let path = directory.path().join("a.index");
        assert!(OffsetIndex::open(&log_dir, Offset(0), path.clone(), 10).unwrap().is_none(), "missing");
        for (bytes, what) in [
            (vec![0_u8; 7], "torn"),
            (vec![0, 0, 0, 1, 0, 0, 0, 10], "beyond the log"),
            (vec![0; 8], "preallocated zeros"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert!(OffsetIndex::open(&log_dir, Offset(0), path.clone(), 10).unwrap().is_none(), "{what}");
        }
    }
}
