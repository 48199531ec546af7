//! One log segment: a data file, its three indexes and its seal.
//!
//! Owns: `<base offset>.log`, `.index`, `.timeindex`, `.txnindex`, `.seal`, what is known of their content, and all access to
//! them. Does not own: which segments a log has, when one is rolled, flushed or deleted.
//!
//! Invariants: batches lie back to back with ascending offsets (gaps are allowed); the size in memory is that of the whole
//! batches written; a segment holds its file open from its first append until it is closed and flushed, an idle one does
//! not; an index entry counts only if it leads to the batch that it names. A crash may leave a torn batch at the end of the
//! file and stale indexes; `log_loader.rs` mends both.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use parking_lot::Mutex;
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::record_batch::BatchHeader;

use super::error::{LogError, LogErrorKind};
use super::file_handles::{FileHandles, FileId};
use super::log_config::LogConfig;
use super::log_dir::file_io::OpenMode;
use super::log_dir::{LogDir, LogFile};
use super::offset_index::relative_offset;
use super::segment_scan::{ADVICE, BatchScanner};
use super::segment_seal::{Found, SEAL_SUFFIX, SegmentSeal};
use super::summed_ranges::SummedRanges;
use super::types::{AbortedTransaction, SegmentInfo, TimestampedOffset};

mod access;
mod indexes;
mod lifecycle;
mod loan;
mod read;
mod recover;
#[cfg(test)]
mod tests;

use self::indexes::{Indexes, OpenIndexes};
pub(crate) use self::lifecycle::SegmentFlush;
pub(crate) use self::read::{Located, SegmentRead};
pub(crate) use self::recover::{Recovered, Surroundings};

/// Suffix of the data file.
pub(crate) const LOG_SUFFIX: &str = ".log";
/// Suffixes of the indexes and of the seal: what is made anew from the log.
pub(crate) const INDEX_SUFFIXES: [&str; 4] = [".index", ".timeindex", ".txnindex", SEAL_SUFFIX];
/// Suffix of a file that is about to be removed.
pub(crate) const DELETED_SUFFIX: &str = ".deleted";
/// Suffix of a segment that the cleaner is writing.
pub(crate) const CLEANED_SUFFIX: &str = ".cleaned";
/// Suffix of a cleaned segment that is about to take its place.
pub(crate) const SWAP_SUFFIX: &str = ".swap";

/// The name of the file of the segment that begins at `base`, without suffix.
#[must_use]
pub(crate) fn segment_file_name(base: Offset) -> String {
    format!("{:020}", base.0)
}

/// Where the files of a segment lie.
#[derive(Clone, Debug)]
pub(crate) struct SegmentPlace {
    /// Directory of the partition.
    pub(crate) directory: Arc<Path>,
    /// Base offset of the segment.
    pub(crate) base: Offset,
    /// What follows each file's name: nothing, or one of the suffixes above.
    pub(crate) suffix: &'static str,
}

impl SegmentPlace {
    /// The path of the file with this suffix of its kind.
    pub(crate) fn file(&self, kind: &str) -> PathBuf {
        self.directory.join(format!("{}{kind}{}", segment_file_name(self.base), self.suffix))
    }
}

/// What the next flush is of.
#[derive(Debug)]
struct Unflushed {
    is_dirty: bool,
    /// From here on bytes may wait to be written back. A flush that believes it wrongly takes longer, no more.
    from: u64,
    /// Appends, cuts and closings so far: a flush is of those that came before it.
    changes: u64,
}

#[derive(Debug)]
struct State {
    place: SegmentPlace,
    size: u64,
    end_offset: Offset,
    indexes: Indexes,
    max_timestamp: Timestamp,
    offset_of_max_timestamp: Offset,
    bytes_since_index: u64,
    /// Largest timestamp of the first batch: from it the age of the segment is counted.
    first_timestamp: Option<Timestamp>,
    first_append: Option<Timestamp>,
    last_append: Option<Timestamp>,
    /// The handle appends go through; kept until what it wrote is fsynced.
    writer: Option<LogFile>,
    active: bool,
    unflushed: Unflushed,
    /// Base offset of the segment that follows, where it is known: offsets between are compacted away, not lost.
    next_base: Option<Offset>,
}

/// One log segment.
#[derive(Debug)]
pub(crate) struct LogSegment {
    base_offset: Offset,
    index_interval_bytes: u64,
    log_dir: Arc<LogDir>,
    handles: Arc<FileHandles>,
    file_id: FileId,
    state: Mutex<State>,
    /// What needs no second look; changed only by who holds the state, too.
    summed: Mutex<SummedRanges>,
}

impl Drop for LogSegment {
    fn drop(&mut self) {
        self.handles.close(self.file_id);
    }
}

/// What opening a segment needs to know.
#[derive(Clone, Debug)]
pub(crate) struct SegmentContext {
    /// The log directory.
    pub(crate) log_dir: Arc<LogDir>,
    /// Open files.
    pub(crate) handles: Arc<FileHandles>,
    /// `index.interval.bytes`.
    pub(crate) index_interval_bytes: u32,
}

impl LogSegment {
    /// A new, empty segment; a file that lies there is emptied.
    pub(crate) fn create(place: SegmentPlace, context: &SegmentContext) -> Result<Self, LogError> {
        // Of a segment that was here before: it would say that the end of this one is lost.
        context.log_dir.remove_file(&place.file(SEAL_SUFFIX))?;
        let path = place.file(LOG_SUFFIX);
        let file = context.log_dir.open_file(&path, OpenMode::Create)?;
        let mut state = State::new(place);
        if file.len()? > 0 {
            file.set_len(0)?;
            state.unflushed.is_dirty = true;
        }
        state.active = true;
        Ok(Self::with_state(state, context))
    }

    fn with_state(state: State, context: &SegmentContext) -> Self {
        Self {
            base_offset: state.place.base,
            index_interval_bytes: u64::from(context.index_interval_bytes),
            file_id: context.handles.register(),
            log_dir: Arc::clone(&context.log_dir),
            handles: Arc::clone(&context.handles),
            state: Mutex::new(state),
            summed: Mutex::default(),
        }
    }

    /// The closed segment in these files. Where an index or the seal is missing or cannot be right, all are rebuilt from the
    /// log; then `rebuilt` of the answer is true. So they are where replay has written to the log: `is_touched`. Nothing is cut:
    /// a log that is damaged within, or shorter than its seal says, is an error.
    pub(crate) fn open(
        place: SegmentPlace,
        context: &SegmentContext,
        is_touched: bool,
    ) -> Result<(Self, bool), LogError> {
        let path = place.file(LOG_SUFFIX);
        let metadata = fs::metadata(&path).map_err(|error| LogError::io("read", &path, error))?;
        let mut state = State::new(place);
        state.size = metadata.len();
        state.last_append = millis(metadata.modified());
        state.first_append = millis(metadata.created()).or(state.last_append);
        let place = state.place.clone();
        match SegmentSeal::read(&context.log_dir, &place.file(SEAL_SUFFIX), &place.directory, place.base)? {
            // Nothing has changed yet: what tells of the loss stays.
            Found::Whole(seal) if state.size < seal.log_bytes => {
                return Err(LogError::corrupt_segment(format!(
                    "{} has {} bytes, fewer than the {} that it was closed with, up to offset {}: its end is lost; {ADVICE}",
                    path.display(),
                    state.size,
                    seal.log_bytes,
                    seal.end_offset
                )));
            }
            // What else lies there is of a log that was here before.
            _ if state.size == 0 => return Ok((Self::with_state(state, context), false)),
            _ if is_touched => {}
            Found::Whole(seal) if state.adopt(seal, &context.log_dir)? => {
                return Ok((Self::with_state(state, context), false));
            }
            Found::Missing => {
                if let Some(segment) = Self::open_unsealed(state, context)? {
                    return Ok((segment, false));
                }
            }
            Found::Whole(_) | Found::Damaged => {
                tracing::warn!(file = %path.display(), "a segment is not what its seal says; its indexes are built anew");
            }
        }
        Self::open_rebuilding(place, context)
    }

    /// As Kafka opens it: what the indexes say is believed where it can be right.
    fn open_unsealed(mut state: State, context: &SegmentContext) -> Result<Option<Self>, LogError> {
        let Some(open) = OpenIndexes::open(&context.log_dir, &state.place, state.size)? else {
            return Ok(None);
        };
        let (max_timestamp, offset_of_max) = open.times.last().unwrap_or((Timestamp::NONE, state.place.base));
        state.max_timestamp = max_timestamp;
        state.offset_of_max_timestamp = offset_of_max;
        let indexed = open.offsets.last();
        state.bytes_since_index = state.size.saturating_sub(indexed.map_or(0, |(_, position)| position));
        state.indexes = Indexes::Open(Box::new(open));
        let segment = Self::with_state(state, context);
        Ok(segment.read_tail_of_closed(indexed)?.then_some(segment))
    }

    fn open_rebuilding(place: SegmentPlace, context: &SegmentContext) -> Result<(Self, bool), LogError> {
        let path = place.file(LOG_SUFFIX);
        let recovered = Self::recover(place, context, Surroundings::ANY)?;
        match recovered.damage {
            None => Ok((recovered.segment, true)),
            Some(damage) => Err(LogError::corrupt_segment(format!(
                "{} is damaged at position {}, after offset {}: {}; {ADVICE}",
                path.display(),
                damage.position,
                recovered.segment.end_offset(),
                damage.reason
            ))),
        }
    }

    /// Learns the end offset and the largest timestamp from the batches after the last index entry; false if they contradict
    /// the indexes.
    fn read_tail_of_closed(&self, indexed: Option<(Offset, u64)>) -> Result<bool, LogError> {
        let file = self.reader()?;
        let mut state = self.state.lock();
        let path = state.place.file(LOG_SUFFIX);
        let (indexed, position) = indexed.map_or((None, 0), |(offset, position)| (Some(offset), position));
        let mut scanner = BatchScanner::new(&file, &path, position, state.size);
        let mut first = true;
        loop {
            let header = match scanner.step_sound() {
                Ok(Some((_, header, _))) => header,
                Ok(None) => break,
                // The index may be wrong, not the log: reading all of it tells.
                Err(error) if error.kind() == LogErrorKind::Corrupt && position > 0 => {
                    return Ok(false);
                }
                Err(error) => return Err(error),
            };
            if first && indexed.is_some_and(|indexed| indexed != header.last_offset()) {
                return Ok(false);
            }
            if header.base_offset < state.end_offset {
                return Err(LogError::corrupt_segment(format!(
                    "{}: a batch at offset {} after offset {}",
                    path.display(),
                    header.base_offset,
                    state.end_offset
                )));
            }
            first = false;
            state.end_offset = header.end_offset();
            state.note_timestamp(&header);
        }
        // A time entry for a batch that the log does not hold means that the index is of another log.
        Ok(state.offset_of_max_timestamp < state.end_offset)
    }

    /// First offset that the segment may hold.
    pub(crate) const fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// The offset after the last batch; the base offset if there is none.
    pub(crate) fn end_offset(&self) -> Offset {
        self.state.lock().end_offset
    }

    /// Base offset of the segment that follows, where the segment itself tells.
    pub(crate) fn next_base(&self) -> Option<Offset> {
        self.state.lock().next_base
    }

    /// The segment at `base` is known to follow.
    pub(crate) fn note_next(&self, base: Offset) {
        self.state.lock().next_base.get_or_insert(base);
    }

    /// Bytes of log.
    pub(crate) fn size(&self) -> u64 {
        self.state.lock().size
    }

    /// What is known of the segment.
    pub(crate) fn info(&self) -> SegmentInfo {
        let state = self.state.lock();
        SegmentInfo {
            base_offset: self.base_offset,
            end_offset: state.end_offset,
            bytes: state.size,
            max_timestamp: state.max_timestamp,
            first_append: state.first_append,
            last_append: state.last_append,
            active: state.active,
        }
    }

    /// Whether the segment must be rolled before `bytes` more bytes that end with `last_offset` are appended.
    pub(crate) fn should_roll(&self, config: &LogConfig, next: &NextAppend) -> bool {
        let state = self.state.lock();
        if state.size == 0 {
            return false;
        }
        let aged = match (state.first_timestamp, state.first_append) {
            (Some(first), _) if first.0 >= 0 => next.max_timestamp.ms_since(first),
            (_, Some(created)) => next.now.ms_since(created),
            (_, None) => 0,
        };
        let (offset_bytes, time_bytes) = match &state.indexes {
            Indexes::Nothing | Indexes::Removed => (0, 0),
            Indexes::Sealed(seal) => (seal.files[0].bytes, seal.files[1].bytes),
            Indexes::Open(open) => open.bytes(),
        };
        let index_full =
            |bytes: u64, entry: u64| bytes.saturating_add(2 * entry) > u64::from(config.segment_index_bytes);
        state.size.saturating_add(next.bytes) > u64::from(config.segment_bytes)
            || aged > config.segment_ms.saturating_sub(next.jitter_ms)
            || index_full(offset_bytes, 8)
            || index_full(time_bytes, 12)
            || relative_offset(self.base_offset, next.last_offset).is_none()
    }

    /// Whether the segment is older than its time, with nothing more to append.
    pub(crate) fn is_due_to_roll(&self, config: &LogConfig, jitter_ms: i64, now: Timestamp) -> bool {
        let state = self.state.lock();
        state.size > 0
            && state.first_append.is_some_and(|first| now.ms_since(first) > config.segment_ms.saturating_sub(jitter_ms))
    }

    /// Appends whole batches that lie back to back in `bytes`, with their headers. `journal` is told where they begin, after
    /// they were written; if it refuses, the file is cut back and nothing was appended.
    pub(crate) fn append<T>(
        &self,
        bytes: &[u8],
        headers: &[BatchHeader],
        now: Timestamp,
        journal: impl FnOnce(u64) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let mut state = self.state.lock();
        if !state.active {
            let path = state.place.file(LOG_SUFFIX);
            return Err(LogError::new(LogErrorKind::Internal, format!("{} is not appended to", path.display())));
        }
        let interval = self.index_interval_bytes;
        // What can fail without a change comes first.
        state.indexes(&self.log_dir, interval)?;
        let writer = state.open_for_write(&self.log_dir)?;
        if state.writer.is_none() {
            state.writer = Some(writer.clone());
            self.handles.close(self.file_id);
        }
        let position = state.size;
        state.unflushed.is_dirty = true;
        state.unflushed.changes += 1;
        writer.append_at(bytes, position)?;
        let answer = match journal(position) {
            Ok(answer) => answer,
            Err(error) => {
                writer.set_len(position)?;
                return Err(error);
            }
        };
        for header in headers {
            let size = u64::try_from(header.size_bytes()).unwrap_or(u64::MAX);
            state.note_batch(header, size, (&self.log_dir, interval))?;
        }
        self.summed.lock().note(position..state.size);
        state.first_append.get_or_insert(now);
        state.last_append = Some(now);
        Ok(answer)
    }

    /// Notes an aborted transaction whose marker is in this segment.
    pub(crate) fn append_aborted(&self, transaction: AbortedTransaction) -> Result<(), LogError> {
        let mut state = self.state.lock();
        state.indexes(&self.log_dir, self.index_interval_bytes)?.transactions.append(transaction)
    }

    /// Collects aborted transactions that overlap the range; true if later segments cannot add more.
    pub(crate) fn collect_aborted(
        &self,
        from: Offset,
        end: Offset,
        found: &mut Vec<AbortedTransaction>,
    ) -> Result<bool, LogError> {
        let mut state = self.state.lock();
        if !state.may_have_aborted() {
            return Ok(false);
        }
        state.indexes(&self.log_dir, self.index_interval_bytes)?.transactions.collect(from, end, found)
    }

    /// A handle to read from.
    pub(crate) fn reader(&self) -> Result<LogFile, LogError> {
        let path = {
            let state = self.state.lock();
            if let Some(writer) = &state.writer {
                return Ok(writer.clone());
            }
            state.place.file(LOG_SUFFIX)
        };
        self.handles.get(&self.log_dir, self.file_id, &path)
    }

    /// The largest timestamp and the last offset of the batch that has it.
    pub(crate) fn max_timestamp(&self) -> TimestampedOffset {
        let state = self.state.lock();
        TimestampedOffset { offset: state.offset_of_max_timestamp, timestamp: state.max_timestamp, leader_epoch: None }
    }

    /// Largest timestamp of the first batch; −1 if there is none.
    pub(crate) fn first_timestamp(&self) -> Result<Timestamp, LogError> {
        if let Some(known) = self.state.lock().first_timestamp {
            return Ok(known);
        }
        let first = self.locate(self.base_offset)?.map_or(Timestamp::NONE, |located| located.header.max_timestamp);
        self.state.lock().first_timestamp = Some(first);
        Ok(first)
    }
}

/// What is about to be appended, for the decision to roll.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NextAppend {
    /// Bytes of the batches.
    pub(crate) bytes: u64,
    /// Their last offset.
    pub(crate) last_offset: Offset,
    /// Their largest timestamp.
    pub(crate) max_timestamp: Timestamp,
    /// This broker's clock.
    pub(crate) now: Timestamp,
    /// What is taken off `segment.ms` for this segment.
    pub(crate) jitter_ms: i64,
}

/// A file's time, where the system knows it.
fn millis(time: std::io::Result<std::time::SystemTime>) -> Option<Timestamp> {
    let since = time.ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp)
}

impl State {
    const fn new(place: SegmentPlace) -> Self {
        let base = place.base;
        Self {
            place,
            size: 0,
            end_offset: base,
            indexes: Indexes::Nothing,
            max_timestamp: Timestamp::NONE,
            offset_of_max_timestamp: base,
            bytes_since_index: 0,
            first_timestamp: None,
            first_append: None,
            last_append: None,
            writer: None,
            active: false,
            unflushed: Unflushed { is_dirty: false, from: 0, changes: 0 },
            next_base: None,
        }
    }

    const fn may_have_aborted(&self) -> bool {
        match &self.indexes {
            Indexes::Nothing => false,
            Indexes::Sealed(seal) => seal.files[2].bytes > 0,
            // A reader must not take what cannot be told for nothing.
            Indexes::Open(_) | Indexes::Removed => true,
        }
    }

    fn note_timestamp(&mut self, header: &BatchHeader) {
        if header.max_timestamp > self.max_timestamp {
            self.max_timestamp = header.max_timestamp;
            self.offset_of_max_timestamp = header.last_offset();
        }
    }

    /// A batch of `bytes` bytes lies at the end of the file now.
    fn note_batch(&mut self, header: &BatchHeader, bytes: u64, of: (&Arc<LogDir>, u64)) -> Result<(), LogError> {
        let (log_dir, interval) = of;
        if self.size == 0 {
            self.first_timestamp = Some(header.max_timestamp);
        }
        self.note_timestamp(header);
        if self.bytes_since_index > interval {
            let (position, max, offset_of_max) = (self.size, self.max_timestamp, self.offset_of_max_timestamp);
            let open = self.indexes(log_dir, interval)?;
            open.offsets.append(header.last_offset(), position)?;
            open.times.maybe_append(max, offset_of_max)?;
            self.bytes_since_index = 0;
        }
        self.bytes_since_index += bytes;
        self.size += bytes;
        self.end_offset = header.end_offset();
        Ok(())
    }

    fn open_for_write(&self, log_dir: &Arc<LogDir>) -> Result<LogFile, LogError> {
        if let Some(writer) = &self.writer {
            return Ok(writer.clone());
        }
        let path = self.place.file(LOG_SUFFIX);
        log_dir.open_file(path, OpenMode::ReadWrite)
    }
}
