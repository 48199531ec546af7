//! Offset to record batches: row → index section → chunk → cache → client.
//!
//! Owns: reading of the committed remote range, cursors and their reading ahead, deadlines of askers. Does not own: the
//! decision that an offset is remote (the partition), rows (the quorum), chunks' way here (`remote_reader/chunk_source.rs`).
//!
//! Invariants: whole batches only, in order, byte for byte as they were in the log; a store's failure is an error of kind
//! `Unavailable` or `Corrupt` and never an absence; an asker waits no longer than its deadline while what it asked for goes
//! on loading; all that runs in the background is bounded by permits, and runs on the runtime given for it.

pub(crate) mod chunk_source;
mod chunk_window;
mod hunger;
pub mod metrics;
pub(crate) mod silence;
mod time_look_up;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::ObjectStore;
use parking_lot::Mutex;
use strata_cache::{Admission, BytePermits, HybridCache, SingleFlight};
use strata_compat::ids::{Offset, TopicIdPartition};
use strata_metadata_core::image::remote_segments::{RemotePartition, SegmentRow};
use tokio::runtime::Handle;
use tokio::time::Instant;

use crate::bounded_map::BoundedMap;
use crate::error::{Error, ErrorKind};
use crate::object_key::ObjectNames;
use crate::read_ahead::{ChunkPosition, Cursor, CursorKey, Plan};
use crate::remote_index::{AbortedTransaction, OpenSegment, RemoteIndex};
use crate::segment_format::chunk::CHUNK_BYTES;
use chunk_source::ChunkSource;
pub use chunk_source::ReadStats;
use chunk_window::ChunkWindow;
use hunger::Hunger;
use metrics::ReadMetrics;
use silence::StoreSilence;
pub use time_look_up::TimestampOffset;

/// What a read asks for at once, in bytes; it is more than one GET, which go together.
const LOOK_BYTES_MAX: u64 = 8 << 20;
/// Segments that one read goes through, at most; it goes on only while it has room for bytes.
const SEGMENTS_PER_READ_MAX: usize = 16;

/// Bounds of cold reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteReaderConfig {
    /// Bytes of downloads that somebody waits for.
    pub demand_bytes_in_flight: u64,
    /// Bytes of downloads ahead of readers.
    pub read_ahead_bytes_in_flight: u64,
    /// Largest window of one cursor; 0 reads nothing ahead.
    pub read_ahead_window_bytes_max: u64,
    /// Largest GET.
    pub get_bytes_max: u64,
    /// Chunks being downloaded.
    pub chunk_loads_max: usize,
    /// Memory for opened index sections, and as much again for pages.
    pub index_bytes_max: u64,
    /// Cursors remembered.
    pub cursors_max: u64,
    /// How long a download may stand still.
    pub download_stall_max: Duration,
    /// How long a cursor may get nothing from a silent store, asking again and again, before that is an error.
    pub hunger_max: Duration,
    /// Cap on the decompressed size of a batch in look-ups by timestamp.
    pub decompressed_batch_bytes_max: usize,
}

impl Default for RemoteReaderConfig {
    fn default() -> Self {
        const MIB: u64 = 1024 * 1024;
        Self {
            demand_bytes_in_flight: 64 * MIB,
            read_ahead_bytes_in_flight: 128 * MIB,
            read_ahead_window_bytes_max: 64 * MIB,
            get_bytes_max: 4 * MIB,
            chunk_loads_max: 4096,
            index_bytes_max: 16 * MIB,
            cursors_max: 4096,
            download_stall_max: Duration::from_secs(20),
            hunger_max: Duration::from_secs(10),
            decompressed_batch_bytes_max: 256 * 1024 * 1024,
        }
    }
}

/// What to read.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest {
    /// The partition.
    pub partition: TopicIdPartition,
    /// First offset wanted, inside the remote range.
    pub offset: Offset,
    /// Bytes of batches, at most.
    pub bytes_max: usize,
    /// Whether the first batch is answered even if it is larger.
    pub min_one: bool,
    /// Whether aborted transactions are wanted.
    pub read_committed: bool,
    /// Whose reading it is, to read ahead for; `None` for a look in passing.
    pub cursor: Option<CursorKey>,
    /// When to answer `Unavailable` if what is needed is still loading.
    pub deadline: Instant,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct RemoteRead {
    /// Whole batches in order, as slices of chunks: a batch may continue from one slice to the next.
    pub slices: Vec<Bytes>,
    /// Length of all slices, in bytes.
    pub bytes: usize,
    /// Base offset of the first batch, which may lie below the one asked for.
    pub first_offset: Option<Offset>,
    /// Where to go on.
    pub next_offset: Offset,
    /// Transactions aborted within what was read, if they were asked for.
    pub aborted_transactions: Vec<AbortedTransaction>,
    /// Where the bytes came from.
    pub stats: ReadStats,
}

/// Reads committed remote segments; clones share all.
#[derive(Clone, Debug)]
pub struct RemoteReader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: RemoteReaderConfig,
    source: ChunkSource,
    index: RemoteIndex,
    cursors: Mutex<BoundedMap<CursorKey, Cursor>>,
    /// Cursors whose last read gave nothing.
    hungry: Mutex<BoundedMap<CursorKey, Hunger>>,
}

/// Where everything that reads in the background gets its bytes and its threads.
#[derive(Clone, Debug)]
pub struct ReaderParts {
    /// The bucket, through the connections of cold reads.
    pub store: Arc<dyn ObjectStore>,
    /// Names of objects.
    pub names: ObjectNames,
    /// The chunk cache.
    pub cache: HybridCache,
    /// Runtime of downloads, not the one that serves sockets.
    pub runtime: Handle,
    /// Figures.
    pub metrics: ReadMetrics,
}

impl RemoteReader {
    /// A reader over a bucket and a cache.
    #[must_use]
    pub fn new(parts: ReaderParts, config: RemoteReaderConfig) -> Self {
        let source = ChunkSource {
            store: parts.store,
            cache: parts.cache,
            runtime: parts.runtime,
            flights: SingleFlight::new(config.chunk_loads_max),
            demand: BytePermits::new(config.demand_bytes_in_flight),
            prefetch: BytePermits::new(config.read_ahead_bytes_in_flight),
            get_bytes_max: config.get_bytes_max,
            stall_max: config.download_stall_max,
            silence: StoreSilence::default(),
            failures_told: Arc::default(),
            metrics: parts.metrics,
        };
        let index = RemoteIndex::new(parts.names, source.clone(), config.index_bytes_max);
        let cursors = Mutex::new(BoundedMap::new(config.cursors_max));
        let hungry = Mutex::new(BoundedMap::new(config.cursors_max));
        Self { shared: Arc::new(Shared { config, source, index, cursors, hungry }) }
    }

    /// Look-ups in rows, pages and index sections.
    #[must_use]
    pub fn index(&self) -> &RemoteIndex {
        &self.shared.index
    }

    /// The reader's figures.
    #[must_use]
    pub fn metrics(&self) -> &ReadMetrics {
        &self.shared.source.metrics
    }

    /// Reads whole batches from the one that holds the offset on. `Unavailable` if nothing is here by the deadline; what was
    /// asked for goes on loading, so that asking again gets further. Such an error says [`Error::is_loading`] only as long as
    /// the cursor may still be patient: not after a download of its own has failed, nor after `hunger_max` in which the store was asked and gave
    /// not a byte to anybody.
    pub async fn read(&self, request: ReadRequest, remote: Arc<RemotePartition>) -> Result<RemoteRead, Error> {
        let metrics = &self.shared.source.metrics;
        metrics.reads.inc();
        let mut read = RemoteRead { next_offset: request.offset, ..RemoteRead::default() };
        let work = Box::pin(self.shared.read_segments(&request, &remote, &mut read));
        let outcome = tokio::time::timeout_at(request.deadline, work).await.unwrap_or_else(|_| {
            Err(Error::loading(format!("{} at offset {} is still loading", request.partition, request.offset)))
        });
        match outcome {
            Err(error) if read.slices.is_empty() => {
                metrics.read_failures.inc();
                Err(self.shared.went_hungry(&request, error))
            }
            // What was read before the failure is whole batches, and the client asks for the rest anyway.
            Ok(()) | Err(_) => {
                if let Some(key) = request.cursor {
                    self.shared.hungry.lock().remove(&key);
                }
                metrics.read_bytes.inc_by(u64::try_from(read.bytes).unwrap_or(u64::MAX));
                Ok(read)
            }
        }
    }

    /// Forgets a cursor, of a connection that is gone.
    pub fn forget_cursor(&self, key: &CursorKey) {
        self.shared.cursors.lock().remove(key);
        self.shared.hungry.lock().remove(key);
    }
}

/// What one segment gave to a read.
struct SegmentRead {
    slices: Vec<Bytes>,
    bytes: usize,
    first_offset: Option<Offset>,
    next_offset: Offset,
    next_position: u64,
    reached_end: bool,
}

impl Shared {
    async fn read_segments(
        self: &Arc<Self>,
        request: &ReadRequest,
        remote: &Arc<RemotePartition>,
        read: &mut RemoteRead,
    ) -> Result<(), Error> {
        for _ in 0..SEGMENTS_PER_READ_MAX {
            let Some(row) = self.index.row_after(request.partition, remote, read.next_offset).await? else {
                return self.at_remote_end(request, remote, read);
            };
            if row.base_offset > read.next_offset {
                return Err(self.hole(request.partition, read.next_offset));
            }
            let segment = self.index.open(request.partition, &row).await?;
            let room = request.bytes_max.saturating_sub(read.bytes);
            let min_one = request.min_one && read.slices.is_empty();
            let part = self.read_segment(&segment, read.next_offset, room, min_one, &mut read.stats).await?;
            if request.read_committed && part.bytes > 0 {
                let end = part.next_offset;
                read.aborted_transactions.extend(segment.aborted_transactions(read.next_offset, end)?);
            }
            let from = std::mem::replace(&mut read.next_offset, part.next_offset);
            read.first_offset = read.first_offset.or(part.first_offset);
            read.bytes += part.bytes;
            read.slices.extend(part.slices);
            self.read_ahead(request, remote, &segment, (from, part.next_offset, part.next_position));
            if !part.reached_end || read.bytes >= request.bytes_max {
                break;
            }
        }
        Ok(())
    }

    /// What a read that gave nothing answers: its error, or, if it only ran out of time, what its cursor has gone through.
    fn went_hungry(&self, request: &ReadRequest, error: Error) -> Error {
        let Some(key) = request.cursor else {
            return error;
        };
        let now = Instant::now();
        let mut hungry = self.hungry.lock();
        if !hungry.get_mut(&key).is_some_and(|hunger| hunger.goes_on(request.offset, now, self.config.hunger_max)) {
            hungry.insert(key, Hunger::begin(request.offset, now), 1);
        }
        let Some(hunger) = hungry.get_mut(&key) else {
            return error;
        };
        match hunger.suffer(error.is_loading(), (now, self.source.silence.lasted(now)), self.config.hunger_max) {
            Ok(()) => error,
            Err(reason) => {
                let message = format!("{} at offset {}: {reason}", request.partition, request.offset);
                Error::new(ErrorKind::Unavailable, message)
            }
        }
    }

    fn at_remote_end(&self, request: &ReadRequest, remote: &RemotePartition, read: &RemoteRead) -> Result<(), Error> {
        if remote.remote_end.is_some_and(|end| end > read.next_offset) {
            return Err(self.hole(request.partition, read.next_offset));
        }
        if read.next_offset > request.offset {
            return Ok(());
        }
        let message = format!("{} at offset {} is not in the remote range", request.partition, request.offset);
        Err(Error::new(ErrorKind::Invalid, message))
    }

    fn hole(&self, partition: TopicIdPartition, offset: Offset) -> Error {
        self.source.metrics.holes.inc();
        let error = Error::new(
            ErrorKind::Unavailable,
            format!("{partition}: no row covers offset {offset} of the remote range"),
        );
        tracing::error!(%error, "the remote range has a hole");
        error
    }

    async fn read_segment(
        &self,
        segment: &Arc<OpenSegment>,
        offset: Offset,
        room: usize,
        min_one: bool,
        stats: &mut ReadStats,
    ) -> Result<SegmentRead, Error> {
        let mut window = ChunkWindow::new(segment, &self.source, Admission::Demand);
        let mut position = segment.index.offset_index().position_of(offset);
        let log_bytes = window.log_bytes();
        // One look at all that the answer will need makes few GETs of misses that lie next to each other.
        let ahead = u64::try_from(room).unwrap_or(u64::MAX).clamp(1, LOOK_BYTES_MAX);
        window.load(position, position.saturating_add(ahead), stats).await?;
        while position < log_bytes {
            let header = window.header_at(position, stats).await?;
            if header.last_offset() >= offset {
                break;
            }
            position += window.batch_bytes(position, &header)?;
        }
        let start = position;
        let mut read = SegmentRead {
            slices: Vec::new(),
            bytes: 0,
            first_offset: None,
            next_offset: segment.row.end_offset,
            next_position: log_bytes,
            reached_end: true,
        };
        let mut next_offset = offset;
        while position < log_bytes {
            if !window.has_header(position) {
                let rest = start.saturating_add(u64::try_from(room).unwrap_or(u64::MAX)).max(position + 1);
                window.load(position, rest.min(position.saturating_add(ahead)), stats).await?;
            }
            let header = window.header_at(position, stats).await?;
            let size = window.batch_bytes(position, &header)?;
            let end = position + size;
            let total = usize::try_from(end - start).unwrap_or(usize::MAX);
            if total > room && !(min_one && position == start) {
                read.reached_end = false;
                break;
            }
            read.bytes = total;
            read.first_offset.get_or_insert(header.base_offset);
            next_offset = header.last_offset().plus(1);
            position = end;
        }
        if !read.reached_end {
            (read.next_offset, read.next_position) = (next_offset, position);
        }
        window.load(start, position, stats).await?;
        read.slices = window.answer(start, position, stats);
        Ok(read)
    }

    /// Tells the reader's cursor of a read and begins what it plans.
    fn read_ahead(
        self: &Arc<Self>,
        request: &ReadRequest,
        remote: &Arc<RemotePartition>,
        segment: &Arc<OpenSegment>,
        (from, next_offset, next_position): (Offset, Offset, u64),
    ) {
        let (Some(key), true) = (request.cursor, self.config.read_ahead_window_bytes_max > 0) else {
            return;
        };
        let chunk = usize::try_from(next_position / CHUNK_BYTES).unwrap_or(usize::MAX);
        let position = ChunkPosition { segment: segment.row.base_offset, chunk };
        let plan = {
            let mut cursors = self.cursors.lock();
            if cursors.get_mut(&key).is_none() {
                cursors.insert(key, Cursor::default(), 1);
            }
            let cursor = cursors.get_mut(&key);
            cursor.and_then(|cursor| cursor.read(from, next_offset, position, self.config.read_ahead_window_bytes_max))
        };
        if let Some(plan) = plan {
            let (shared, remote, row) = (Arc::clone(self), Arc::clone(remote), Arc::clone(&segment.row));
            self.source.runtime.spawn(async move { shared.carry_out(key, plan, &remote, row).await });
        }
    }

    async fn carry_out(&self, key: CursorKey, plan: Plan, remote: &RemotePartition, row: Arc<SegmentRow>) {
        let mut done = plan.skip_to;
        let outcome = self.prefetch(key.partition, plan, remote, row, &mut done).await;
        let pressed = match outcome {
            Ok(pressed) => pressed,
            Err(error) => {
                tracing::debug!(%error, "reading ahead stopped");
                true
            }
        };
        if pressed {
            self.source.metrics.read_ahead_pressure.inc();
        }
        if let Some(cursor) = self.cursors.lock().get_mut(&key) {
            cursor.planned(done, pressed);
        }
    }

    /// Asks for the window's chunks, over segment borders; answers whether permits ran out before its end.
    async fn prefetch(
        &self,
        partition: TopicIdPartition,
        plan: Plan,
        remote: &RemotePartition,
        mut row: Arc<SegmentRow>,
        done: &mut ChunkPosition,
    ) -> Result<bool, Error> {
        let mut rest = usize::try_from(plan.window_bytes.div_ceil(CHUNK_BYTES)).unwrap_or(usize::MAX);
        let mut from = plan.from.chunk;
        loop {
            let segment = self.index.open(partition, &row).await?;
            let entries = segment.index.chunks().entries();
            from = from.min(entries.len());
            let end = from.saturating_add(rest).min(entries.len());
            rest -= end - from;
            let skip = match row.base_offset.cmp(&plan.skip_to.segment) {
                std::cmp::Ordering::Less => end,
                std::cmp::Ordering::Equal => plan.skip_to.chunk.clamp(from, end),
                std::cmp::Ordering::Greater => from,
            };
            let covered = self.source.prefetch(&segment.object, skip, &entries[skip..end]).await;
            self.source.metrics.read_ahead_chunks.inc_by(u64::try_from(covered).unwrap_or(u64::MAX));
            if row.base_offset >= plan.skip_to.segment {
                *done = ChunkPosition { segment: row.base_offset, chunk: skip + covered };
            }
            if skip + covered < end {
                return Ok(true);
            }
            if rest == 0 {
                return Ok(false);
            }
            match self.index.row_after(partition, remote, row.end_offset).await? {
                Some(next) => row = next,
                None => return Ok(false),
            }
            from = 0;
        }
    }
}

#[cfg(test)]
mod tests;
