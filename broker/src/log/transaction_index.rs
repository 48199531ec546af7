//! Aborted transactions of one segment: Kafka's `.txnindex`.
//!
//! Owns: the 34-byte entry of version 0 and the search by offset range. Does not own: which transactions are aborted. The
//! file exists only if there is an entry. An abort is noted in the segment that holds its marker.

use std::path::PathBuf;
use std::sync::Arc;

use strata_compat::ids::{Offset, ProducerId};

use super::error::LogError;
use super::index_file::{IndexEntry, IndexFile};
use super::log_dir::LogDir;
use super::types::AbortedTransaction;

const VERSION: i16 = 0;

/// Bytes of one entry.
pub const ABORTED_TRANSACTION_BYTES: usize = 34;

impl IndexEntry for AbortedTransaction {
    const BYTES: usize = ABORTED_TRANSACTION_BYTES;

    fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&VERSION.to_be_bytes());
        for number in [self.producer_id.0, self.first_offset.0, self.last_offset.0, self.last_stable_offset.0] {
            out.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn decode(bytes: &[u8]) -> Self {
        let number = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            i64::from_be_bytes(number)
        };
        Self {
            producer_id: ProducerId(number(2)),
            first_offset: Offset(number(10)),
            last_offset: Offset(number(18)),
            last_stable_offset: Offset(number(26)),
        }
    }
}

/// The entries as the file holds them.
#[must_use]
pub fn encode_aborted(transactions: &[AbortedTransaction]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(transactions.len() * ABORTED_TRANSACTION_BYTES);
    for transaction in transactions {
        transaction.encode(&mut bytes);
    }
    bytes
}

/// The aborted transactions of one segment.
#[derive(Debug)]
pub(crate) struct TransactionIndex {
    file: IndexFile<AbortedTransaction>,
}

impl TransactionIndex {
    /// An empty index.
    pub(crate) fn create(log_dir: &Arc<LogDir>, path: PathBuf) -> Result<Self, LogError> {
        Ok(Self { file: IndexFile::create(log_dir, path)? })
    }

    /// The index in `path` of a segment that begins at `base`, empty if there is no file; `None` if it is damaged. All of it is
    /// looked at: it is small, and what it lacks nobody would miss.
    pub(crate) fn open(log_dir: &Arc<LogDir>, base: Offset, path: PathBuf) -> Result<Option<Self>, LogError> {
        if !path.exists() {
            return Self::create(log_dir, path).map(Some);
        }
        let Some(file) = IndexFile::<AbortedTransaction>::open(log_dir, path)? else {
            return Ok(None);
        };
        let entries = file.entries()?;
        let is_sane = |entry: &AbortedTransaction| {
            entry.producer_id.0 >= 0
                && entry.first_offset.0 >= 0
                && entry.first_offset <= entry.last_offset
                && entry.last_offset >= base
                && entry.last_stable_offset >= Offset(0)
        };
        let ascends = entries.windows(2).all(|pair| pair[0].last_offset < pair[1].last_offset);
        Ok((ascends && entries.iter().all(is_sane)).then_some(Self { file }))
    }

    /// The file and how it is kept.
    pub(crate) const fn file(&mut self) -> &mut IndexFile<AbortedTransaction> {
        &mut self.file
    }

    /// Adds a transaction; entries ascend by their last offset.
    pub(crate) fn append(&mut self, transaction: AbortedTransaction) -> Result<(), LogError> {
        if self.file.last().is_some_and(|last| last.last_offset >= transaction.last_offset) {
            return Ok(());
        }
        self.file.push(transaction)
    }

    /// Adds to `found` what overlaps `[from, end)`. Answers whether later segments cannot add more.
    pub(crate) fn collect(
        &self,
        from: Offset,
        end: Offset,
        found: &mut Vec<AbortedTransaction>,
    ) -> Result<bool, LogError> {
        for transaction in self.file.entries()? {
            if transaction.last_offset >= from && transaction.first_offset < end {
                found.push(transaction);
            }
            if transaction.last_stable_offset >= end {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drops the transactions whose marker is at or above `offset`.
    pub(crate) fn truncate_to(&mut self, offset: Offset) -> Result<(), LogError> {
        let keep = self.file.partition_point(|entry| entry.last_offset < offset)?;
        self.file.truncate(keep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aborted(first: i64, last: i64, stable: i64) -> AbortedTransaction {
        AbortedTransaction {
            producer_id: ProducerId(9),
            first_offset: Offset(first),
            last_offset: Offset(last),
            last_stable_offset: Offset(stable),
        }
    }

    #[test]
    fn search_finds_overlaps_and_says_when_it_is_complete() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let path = directory.path().join("a.txnindex");
        let mut index = TransactionIndex::create(&log_dir, path.clone()).unwrap();
        index.file().flush(false, true).unwrap();
        assert!(!path.exists(), "no file without entries");
        for entry in [aborted(0, 10, 11), aborted(5, 20, 12), aborted(30, 40, 41)] {
            index.append(entry).unwrap();
        }
        index.file().flush(false, true).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 102);
        let index = TransactionIndex::open(&log_dir, Offset(0), path).unwrap().unwrap();
        let table = [(0, 5, 1, true), (12, 25, 1, true), (0, 35, 3, true), (41, 60, 0, false), (0, 100, 3, false)];
        for (from, end, count, complete) in table {
            let mut found = Vec::new();
            let is_complete = index.collect(Offset(from), Offset(end), &mut found).unwrap();
            assert_eq!((found.len(), is_complete), (count, complete), "[{from}, {end})");
        }
    }

    #[test]
    fn truncation_drops_markers_at_or_above_the_offset() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let mut index = TransactionIndex::create(&log_dir, directory.path().join("a.txnindex")).unwrap();
        index.append(aborted(0, 10, 11)).unwrap();
        index.append(aborted(5, 20, 21)).unwrap();
        index.truncate_to(Offset(20)).unwrap();
        let mut found = Vec::new();
        index.collect(Offset(0), Offset(100), &mut found).unwrap();
        assert_eq!(found, [aborted(0, 10, 11)]);
    }
}
