//! The three indexes of a segment: opened when they are needed, and compared with the segment's seal when they are.
//!
//! Owns: in which state they are, writing them, building offset and time index anew from the log. Does not own: the entries'
//! meaning (`offset_index.rs`, `time_index.rs`, `transaction_index.rs`), the transactions that only a replay of the producers
//! tells (`log_loader.rs`).
//!
//! ```text
//! nothing ──first batch──► open ──closed and flushed──► sealed ──first use──► open
//! any ──deleted──► removed
//! ```
//! A segment without batches has no index files. Of a sealed one memory holds the seal alone.

use std::sync::Arc;

use strata_compat::ids::{Offset, Timestamp};

use super::{LOG_SUFFIX, LogSegment, SegmentPlace, State};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogDir;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::offset_index::OffsetIndex;
use crate::log::segment_scan::BatchScanner;
use crate::log::segment_seal::{FileSum, SEAL_SUFFIX, SegmentSeal, sum_files};
use crate::log::time_index::TimeIndex;
use crate::log::transaction_index::TransactionIndex;

/// Indexes that can be asked and added to.
#[derive(Debug)]
pub(super) struct OpenIndexes {
    pub(super) offsets: OffsetIndex,
    pub(super) times: TimeIndex,
    pub(super) transactions: TransactionIndex,
}

/// In which state they are.
#[derive(Debug)]
pub(super) enum Indexes {
    /// There is no batch, hence no entry.
    Nothing,
    /// On the disk, and this is what they must be.
    Sealed(Box<SegmentSeal>),
    Open(Box<OpenIndexes>),
    /// The segment's files were removed: nothing is written any more.
    Removed,
}

impl OpenIndexes {
    /// Empty ones; files that lie there are removed, but for a seal: it tells of the log, too.
    pub(super) fn create(log_dir: &Arc<LogDir>, place: &SegmentPlace) -> Result<Self, LogError> {
        Ok(Self {
            offsets: OffsetIndex::create(log_dir, place.base, place.file(".index"))?,
            times: TimeIndex::create(log_dir, place.base, place.file(".timeindex"))?,
            transactions: TransactionIndex::create(log_dir, place.file(".txnindex"))?,
        })
    }

    /// What lies there, if it can belong to a log of `log_bytes` bytes.
    pub(super) fn open(log_dir: &Arc<LogDir>, place: &SegmentPlace, log_bytes: u64) -> Result<Option<Self>, LogError> {
        let offsets = OffsetIndex::open(log_dir, place.base, place.file(".index"), log_bytes)?;
        let times = TimeIndex::open(log_dir, place.base, place.file(".timeindex"))?;
        let transactions = TransactionIndex::open(log_dir, place.base, place.file(".txnindex"))?;
        let (Some(offsets), Some(times), Some(transactions)) = (offsets, times, transactions) else {
            return Ok(None);
        };
        Ok(Some(Self { offsets, times, transactions }))
    }

    /// Bytes of the offset index and of the time index.
    pub(super) fn bytes(&self) -> (u64, u64) {
        (self.offsets.bytes(), self.times.bytes())
    }

    /// Writes what is only in memory and lets go of it.
    fn close(&mut self, sync: bool) -> Result<(), LogError> {
        // The transactions first: a segment without offset index is indexed anew, one without them alone has had none.
        self.transactions.file().flush(false, sync)?;
        self.times.file().flush(true, sync)?;
        self.offsets.file().flush(true, sync)?;
        self.offsets.file().release();
        self.times.file().release();
        self.transactions.file().release();
        Ok(())
    }

    /// Writes what is only in memory; the transactions of a segment that is appended to are fsynced.
    pub(super) fn flush(&mut self, active: bool) -> Result<(), LogError> {
        self.offsets.file().flush(true, false)?;
        self.times.file().flush(true, false)?;
        self.transactions.file().flush(false, active)
    }

    /// The files have other names now.
    pub(super) fn move_to(&mut self, place: &SegmentPlace) {
        self.offsets.file().set_path(place.file(".index"));
        self.times.file().set_path(place.file(".timeindex"));
        self.transactions.file().set_path(place.file(".txnindex"));
    }
}

impl State {
    /// The indexes to add to and to ask.
    pub(super) fn indexes(&mut self, log_dir: &Arc<LogDir>, interval: u64) -> Result<&mut OpenIndexes, LogError> {
        let opened = match &self.indexes {
            Indexes::Open(_) => None,
            Indexes::Nothing => {
                // Of a log that was here before.
                log_dir.remove_file(&self.place.file(SEAL_SUFFIX))?;
                Some(OpenIndexes::create(log_dir, &self.place)?)
            }
            Indexes::Sealed(seal) => Some(self.open_sealed(seal, log_dir, interval)?),
            Indexes::Removed => {
                let removed = self.place.file(LOG_SUFFIX);
                return Err(LogError::new(LogErrorKind::NotFound, format!("{} is removed", removed.display())));
            }
        };
        if let Some(opened) = opened {
            let indexed = opened.offsets.last().map_or(0, |(_, position)| position);
            self.bytes_since_index = self.size.saturating_sub(indexed);
            self.indexes = Indexes::Open(Box::new(opened));
        }
        match &mut self.indexes {
            Indexes::Open(open) => Ok(open),
            Indexes::Nothing | Indexes::Sealed(_) | Indexes::Removed => {
                Err(LogError::new(LogErrorKind::Internal, "indexes that were just opened are not open"))
            }
        }
    }

    /// Compares the files with the seal; offsets and times that are not what they were are built anew.
    fn open_sealed(&self, seal: &SegmentSeal, log_dir: &Arc<LogDir>, interval: u64) -> Result<OpenIndexes, LogError> {
        let found = sum_files(log_dir, |kind| self.place.file(kind))?;
        let transactions = self.place.file(".txnindex");
        if found[2] != seal.files[2] {
            return Err(LogError::corrupt_segment(format!(
                "{} is not what was written; the next start builds it anew from the log",
                transactions.display()
            )));
        }
        if found == seal.files
            && let Some(open) = OpenIndexes::open(log_dir, &self.place, self.size)?
        {
            return Ok(open);
        }
        tracing::warn!(file = %self.place.file(LOG_SUFFIX).display(), "indexes are not what was written and are built anew");
        self.rebuild(log_dir, interval)
    }

    /// Offset and time index from the batches of the log.
    pub(super) fn rebuild(&self, log_dir: &Arc<LogDir>, interval: u64) -> Result<OpenIndexes, LogError> {
        let path = self.place.file(LOG_SUFFIX);
        let file = log_dir.open_file(&path, OpenMode::Read)?;
        let place = &self.place;
        let transactions = TransactionIndex::open(log_dir, place.base, place.file(".txnindex"))?
            .ok_or_else(|| LogError::corrupt_segment(format!("{} is damaged", place.file(".txnindex").display())))?;
        let mut fresh = Self::new(place.clone());
        fresh.indexes = Indexes::Open(Box::new(OpenIndexes {
            offsets: OffsetIndex::create(log_dir, place.base, place.file(".index"))?,
            times: TimeIndex::create(log_dir, place.base, place.file(".timeindex"))?,
            transactions,
        }));
        let mut scanner = BatchScanner::new(&file, &path, 0, self.size);
        while let Some((_, header, bytes)) = scanner.step_sound()? {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            fresh.note_batch(&header, size, (log_dir, interval))?;
        }
        fresh.complete_times(log_dir, interval)?;
        match fresh.indexes {
            Indexes::Open(mut open) => {
                open.close(true)?;
                Ok(*open)
            }
            Indexes::Nothing | Indexes::Sealed(_) | Indexes::Removed => {
                Err(LogError::new(LogErrorKind::Internal, "indexes that were just built are not open"))
            }
        }
    }

    /// The largest timestamp goes into the time index.
    fn complete_times(&mut self, log_dir: &Arc<LogDir>, interval: u64) -> Result<(), LogError> {
        let (timestamp, offset) = (self.max_timestamp, self.offset_of_max_timestamp);
        self.indexes(log_dir, interval)?.times.maybe_append(timestamp, offset)
    }

    /// Ends adding to the indexes: they are written.
    pub(super) fn close_indexes(&mut self, sync: bool) -> Result<(), LogError> {
        let (timestamp, offset) = (self.max_timestamp, self.offset_of_max_timestamp);
        let Indexes::Open(open) = &mut self.indexes else {
            return Ok(());
        };
        open.times.maybe_append(timestamp, offset)?;
        open.close(sync)
    }

    /// Notes in a seal what the indexes of a closed segment are, which are fsynced first unless they are durable. Returns whether
    /// a new seal was due; it is not durable, and without room there is none.
    pub(super) fn seal(&mut self, log_dir: &Arc<LogDir>, are_durable: bool) -> Result<bool, LogError> {
        self.close_indexes(!are_durable)?;
        let seal = match &self.indexes {
            Indexes::Open(_) if self.size > 0 => SegmentSeal {
                base: self.place.base,
                log_bytes: self.size,
                end_offset: self.end_offset,
                max_timestamp: self.max_timestamp,
                offset_of_max_timestamp: self.offset_of_max_timestamp,
                next_base: self.next_base,
                files: sum_files(log_dir, |kind| self.place.file(kind))?,
            },
            Indexes::Sealed(seal) if seal.next_base != self.next_base => {
                SegmentSeal { next_base: self.next_base, ..**seal }
            }
            Indexes::Open(_) | Indexes::Sealed(_) | Indexes::Nothing | Indexes::Removed => return Ok(false),
        };
        seal.write(log_dir, &self.place.file(SEAL_SUFFIX), &self.place.directory)?;
        self.indexes = Indexes::Sealed(Box::new(seal));
        Ok(true)
    }

    /// Takes over what a seal says, if the log and the transactions are what it speaks of. The other indexes are looked at when
    /// they are needed: of them the log can be asked.
    pub(super) fn adopt(&mut self, seal: SegmentSeal, log_dir: &Arc<LogDir>) -> Result<bool, LogError> {
        let transactions = FileSum::of(log_dir, &self.place.file(".txnindex"))?;
        if seal.log_bytes != self.size || seal.files[2] != transactions {
            return Ok(false);
        }
        self.end_offset = seal.end_offset;
        self.max_timestamp = seal.max_timestamp;
        self.offset_of_max_timestamp = seal.offset_of_max_timestamp;
        self.next_base = seal.next_base;
        self.indexes = Indexes::Sealed(Box::new(seal));
        Ok(true)
    }
}

impl LogSegment {
    /// The newest index entry at or below `offset`: last offset and position of a batch.
    pub(super) fn entry_before(&self, state: &mut State, offset: Offset) -> Result<Option<(Offset, u64)>, LogError> {
        if matches!(state.indexes, Indexes::Nothing) {
            return Ok(None);
        }
        state.indexes(&self.log_dir, self.index_interval_bytes)?.offsets.entry_before(offset)
    }

    /// An entry did not lead to its batch: the index is wrong, not the log.
    pub(super) fn replace_wrong_indexes(&self, what: &str) {
        let mut state = self.state.lock();
        let path = state.place.file(LOG_SUFFIX);
        tracing::warn!(file = %path.display(), what, "an offset index is wrong and is built anew");
        if matches!(state.indexes, Indexes::Removed) {
            return;
        }
        match state.rebuild(&self.log_dir, self.index_interval_bytes) {
            Ok(open) => state.indexes = Indexes::Open(Box::new(open)),
            // Reading goes on from the beginning of the log, up to what is damaged.
            Err(error) => {
                self.summed.lock().forget_from(0);
                tracing::error!(file = %path.display(), %error, "an offset index stays wrong");
            }
        }
    }

    /// An offset of this segment from which a search for `target` may begin; `None` if no batch is that young.
    pub(crate) fn search_from(&self, target: Timestamp) -> Result<Option<Offset>, LogError> {
        let mut state = self.state.lock();
        if state.max_timestamp < target {
            return Ok(None);
        }
        if matches!(state.indexes, Indexes::Nothing) {
            return Ok(Some(self.base_offset));
        }
        state.indexes(&self.log_dir, self.index_interval_bytes)?.times.offset_before(target).map(Some)
    }
}
