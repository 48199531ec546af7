//! Bytes of committed objects by chunk: cache first, then one download per missing chunk.
//!
//! Owns: grouping of misses into GETs, permits, checks against the chunk table, detachment from the asker. Does not own:
//! which chunks are wanted, or how long an asker waits.
//!
//! Invariants: a chunk is under way at most once; a GET covers whole chunks that lie next to each other, up to the
//! configured size; its permits are taken by its own task, all at once, and held by nothing else; a chunk is answered only
//! if its checksum holds; a failure is told to those who wait and not remembered. A crash leaves nothing.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectStore, ObjectStoreExt as _};
use strata_cache::{
    Admission, BytePermit, BytePermits, ChunkKey, Claim, FlightError, HitSource, HybridCache, SingleFlight, Ticket,
    Waiter,
};
use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind};
use crate::remote_reader::metrics::ReadMetrics;
use crate::remote_reader::silence::StoreSilence;
use crate::repeats::Repeats;
use crate::segment_format::chunk::{ChunkCodec, ChunkEntry};
use crate::store::store_error;
use crate::wire::length_u64;

/// Longest life of one download, whatever the store's client does.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(180);
/// Times that the rest of a GET is asked for again after a cut body or a wrong checksum.
const DOWNLOAD_ATTEMPTS: usize = 2;

/// Why a download failed, for all who waited.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Arc<Error>);

impl Failure {
    pub(crate) fn new(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What an asker is told of a shared load that failed.
pub(crate) fn flight_error(error: FlightError<Failure>) -> Error {
    match error {
        FlightError::Busy => Error::new(ErrorKind::Unavailable, "too many downloads are under way"),
        FlightError::Abandoned => Error::new(ErrorKind::Unavailable, "a download was given up"),
        FlightError::Failed(failure) => failure.0.share(),
    }
}

/// Where the bytes of an answer came from, and how many GETs this asker caused. The bytes add up to those answered: what
/// was only walked over, and the rest of a chunk, does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStats {
    /// Bytes answered from the cache's memory: read before, or ahead of this asker.
    pub memory_bytes: u64,
    /// Bytes answered from the cache's disk.
    pub disk_bytes: u64,
    /// Bytes answered out of downloads that this asker began or waited for.
    pub bucket_bytes: u64,
    /// GETs that this asker began.
    pub gets: u64,
}

impl ReadStats {
    pub(super) fn answered(&mut self, origin: Origin, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match origin {
            Origin::Cache(HitSource::Memory) => self.memory_bytes += bytes,
            Origin::Cache(HitSource::Disk) => self.disk_bytes += bytes,
            Origin::Bucket => self.bucket_bytes += bytes,
        }
    }
}

/// Where a chunk was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In the cache.
    Cache(HitSource),
    /// In the bucket; whoever waits for a download that somebody else began counts as the bucket's reader too.
    Bucket,
}

/// The plain bytes of a chunk.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    pub(crate) origin: Origin,
}

/// An object with chunks, as the source needs to know it.
#[derive(Clone, Debug)]
pub(crate) struct ChunkedObject {
    pub(crate) key: Path,
    pub(crate) object: u128,
    /// Its size, as its row says.
    pub(crate) object_bytes: u64,
}

type ChunkFlights = SingleFlight<ChunkKey, Bytes, Failure>;
type ChunkTicket = Ticket<ChunkKey, Bytes, Failure>;

/// Shared by all readers of a broker; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct ChunkSource {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) cache: HybridCache,
    pub(crate) runtime: Handle,
    pub(crate) flights: ChunkFlights,
    pub(crate) demand: BytePermits,
    pub(crate) prefetch: BytePermits,
    pub(crate) get_bytes_max: u64,
    /// Longest time in which a download may stand still before it is given up: a store that hangs must not keep permits,
    /// and those who join its downloads, for the whole of [`DOWNLOAD_TIMEOUT`].
    pub(crate) stall_max: Duration,
    /// How long the store has given nothing to any download.
    pub(crate) silence: StoreSilence,
    /// Objects whose failed downloads were told of lately.
    pub(crate) failures_told: Arc<Repeats<(u128, bool)>>,
    pub(crate) metrics: ReadMetrics,
}

enum Wanted {
    Ready(Chunk),
    Coming(Waiter<Bytes, Failure>),
}

impl ChunkSource {
    /// The chunks, which are numbered from `first`, in order. What has to be downloaded is kept as `admission` says.
    pub(crate) async fn fetch(
        &self,
        object: &ChunkedObject,
        (first, entries): (usize, &[ChunkEntry]),
        admission: Admission,
        stats: &mut ReadStats,
    ) -> Result<Vec<Chunk>, Error> {
        let mut wanted = Vec::with_capacity(entries.len());
        let mut mine = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let key = chunk_key(object.object, first + index)?;
            if let Some(chunk) = self.cached(key, entry).await {
                wanted.push(Wanted::Ready(chunk));
                continue;
            }
            match self.flights.claim(key).map_err(flight_error)? {
                Claim::Joined(waiter) => wanted.push(Wanted::Coming(waiter)),
                Claim::Mine(ticket) => {
                    // A download may have ended between the look into the cache and the claim.
                    if let Some(chunk) = self.cached(key, entry).await {
                        ticket.complete(Ok(chunk.bytes.clone()));
                        wanted.push(Wanted::Ready(chunk));
                    } else {
                        wanted.push(Wanted::Coming(ticket.waiter()));
                        mine.push((*entry, ticket));
                    }
                }
            }
        }
        stats.gets += self.start(object, mine, Class::Demand(admission));
        let mut chunks = Vec::with_capacity(wanted.len());
        for item in wanted {
            chunks.push(match item {
                Wanted::Ready(chunk) => chunk,
                Wanted::Coming(waiter) => {
                    Chunk { bytes: waiter.wait().await.map_err(flight_error)?, origin: Origin::Bucket }
                }
            });
        }
        Ok(chunks)
    }

    /// Begins downloads of those chunks that are neither here nor under way, as far as permits for reading ahead are free.
    /// Answers how many of the chunks are now here or under way.
    pub(crate) async fn prefetch(&self, object: &ChunkedObject, first: usize, entries: &[ChunkEntry]) -> usize {
        let mut covered = 0;
        while covered < entries.len() {
            let group = group_end(&entries[covered..], self.get_bytes_max);
            let bytes = entries[covered..covered + group].iter().map(|entry| u64::from(entry.stored_bytes)).sum();
            let Some(permit) = self.prefetch.try_acquire(bytes) else {
                break;
            };
            let Ok(mine) = self.claim_missing(object, first + covered, &entries[covered..covered + group]).await else {
                break;
            };
            covered += group;
            if !mine.is_empty() {
                self.start(object, mine, Class::Prefetch(permit));
            }
        }
        covered
    }

    async fn claim_missing(
        &self,
        object: &ChunkedObject,
        first: usize,
        entries: &[ChunkEntry],
    ) -> Result<Vec<(ChunkEntry, ChunkTicket)>, Error> {
        let mut mine = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let key = chunk_key(object.object, first + index)?;
            if self.flights.is_loading(&key) || self.cached(key, entry).await.is_some() {
                continue;
            }
            if let Claim::Mine(ticket) = self.flights.claim(key).map_err(flight_error)? {
                mine.push((*entry, ticket));
            }
        }
        Ok(mine)
    }

    async fn cached(&self, key: ChunkKey, entry: &ChunkEntry) -> Option<Chunk> {
        let hit = self.cache.get(key).await?;
        if hit.bytes.len() != usize::try_from(entry.plain_bytes).ok()? {
            return None;
        }
        Some(Chunk { bytes: hit.bytes, origin: Origin::Cache(hit.source) })
    }

    /// Starts one task per GET; answers how many.
    fn start(&self, object: &ChunkedObject, mut mine: Vec<(ChunkEntry, ChunkTicket)>, class: Class) -> u64 {
        let mut started = 0;
        let (mut permit, admission) = match class {
            Class::Demand(admission) => (None, admission),
            Class::Prefetch(permit) => (Some(Arc::new(permit)), Admission::Prefetch),
        };
        while !mine.is_empty() {
            let entries: Vec<ChunkEntry> = mine.iter().map(|(entry, _)| *entry).collect();
            let rest = mine.split_off(group_end(&entries, self.get_bytes_max));
            let download = Download {
                source: self.clone(),
                object: object.clone(),
                chunks: mine,
                permit: permit.clone(),
                admission,
            };
            self.runtime.spawn(download.run());
            started += 1;
            mine = rest;
        }
        drop(permit.take());
        started
    }

    /// Reads the end of an object that is not chunked (an index section, a page), under demand permits.
    pub(crate) async fn read_range(&self, key: &Path, range: Range<u64>) -> Result<Bytes, Error> {
        let _permit = self.demand.acquire(range.end - range.start).await;
        self.metrics.gets.inc();
        let (start, object_bytes) = (range.start, range.end);
        let read = async {
            match self.read_body(key, range).await {
                Ok(body) => Ok(body),
                Err(error) => Err(self.against_size(key, object_bytes, error).await),
            }
        };
        let timed_out = || Error::new(ErrorKind::Unavailable, "reading it timed out");
        let read = tokio::time::timeout(DOWNLOAD_TIMEOUT, read).await.unwrap_or_else(|_| Err(timed_out()));
        read.map_err(|error| error.in_object(key).at(start))
    }

    async fn read_body(&self, key: &Path, range: Range<u64>) -> Result<Bytes, Error> {
        let wanted = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let listening = self.silence.listen();
        let answer = progress(self.stall_max, self.store.get_opts(key, options)).await?;
        listening.heard();
        let mut body = body_of(answer.map_err(committed_error)?);
        let mut parts = Vec::new();
        let mut length = 0_usize;
        while let Some(part) = progress(self.stall_max, body.next()).await? {
            listening.heard();
            let part = part.map_err(committed_error)?;
            self.metrics.bucket_bytes.inc_by(length_u64(part.len()));
            length = length.saturating_add(part.len());
            if length > wanted {
                break;
            }
            parts.push(part);
        }
        if length != wanted {
            return Err(cut_body(length_u64(length), length_u64(wanted)));
        }
        Ok(whole(&parts, length))
    }

    /// A store that answered and gave no bytes: if the object is not as long as it was when it was committed, that is damage.
    /// A store that does not answer says nothing of the object.
    async fn against_size(&self, key: &Path, object_bytes: u64, error: Error) -> Error {
        let answered = std::error::Error::source(&error).is_some();
        if error.kind() != ErrorKind::Unavailable || !answered {
            return error;
        }
        match progress(self.stall_max, self.store.head(key)).await {
            Ok(Ok(meta)) if meta.size != object_bytes => {
                let message = format!("it has {} bytes instead of {object_bytes}", meta.size);
                Error::new(ErrorKind::Corrupt, message)
            }
            Ok(Err(missing @ object_store::Error::NotFound { .. })) => committed_error(missing),
            Ok(_) | Err(_) => error,
        }
    }
}

/// A body that ended elsewhere than was asked for.
fn cut_body(read: u64, wanted: u64) -> Error {
    Error::with_source(ErrorKind::Unavailable, "reading it", format!("the body had {read} bytes instead of {wanted}"))
}

/// The parts as one, in memory of its own: what is kept must not hold the read buffers of a connection, which are many times
/// as large.
fn whole(parts: &[Bytes], length: usize) -> Bytes {
    let mut whole = Vec::with_capacity(length);
    parts.iter().for_each(|part| whole.extend_from_slice(part));
    whole.into()
}

/// Waits for the next step of a download; a store that stands still too long has failed.
async fn progress<T>(stall_max: Duration, step: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout(stall_max, step).await.map_err(|_| {
        let message = format!("the store has sent nothing for {} s", stall_max.as_secs_f64());
        Error::new(ErrorKind::Unavailable, message)
    })
}

/// A local file is read at once: object_store would stream it in tiny parts, each through a thread of its own.
fn body_of(answer: GetResult) -> BoxStream<'static, object_store::Result<Bytes>> {
    match answer.payload {
        GetResultPayload::File(..) => stream::once(answer.bytes()).boxed(),
        GetResultPayload::Stream(_) => answer.into_stream(),
    }
}

enum Class {
    Demand(Admission),
    Prefetch(BytePermit),
}

/// A 404 of an object that the quorum has committed is no absence of data: it is damage.
fn committed_error(error: object_store::Error) -> Error {
    let error = store_error("reading it", error);
    if error.kind() == ErrorKind::NotFound {
        // How the store's client puts it adds nothing.
        return Error::new(ErrorKind::Corrupt, "it is missing in the bucket, though it was committed");
    }
    error
}

fn chunk_key(object: u128, chunk: usize) -> Result<ChunkKey, Error> {
    let chunk = u32::try_from(chunk).map_err(|_| Error::new(ErrorKind::Corrupt, "a segment has too many chunks"))?;
    Ok(ChunkKey { object, chunk })
}

/// How many of the chunks, from the first on, lie next to each other and fit one GET; at least one.
fn group_end(entries: &[ChunkEntry], bytes_max: u64) -> usize {
    let mut bytes = 0;
    let mut end = None;
    for (index, entry) in entries.iter().enumerate() {
        let adjacent = end.is_none_or(|end| end == entry.stored_position);
        bytes += u64::from(entry.stored_bytes);
        if index > 0 && (!adjacent || bytes > bytes_max) {
            return index;
        }
        end = Some(entry.stored_position + u64::from(entry.stored_bytes));
    }
    entries.len()
}

struct Download {
    source: ChunkSource,
    object: ChunkedObject,
    chunks: Vec<(ChunkEntry, ChunkTicket)>,
    /// Of reading ahead; what somebody waits for takes its own when it begins.
    permit: Option<Arc<BytePermit>>,
    admission: Admission,
}

impl Download {
    async fn run(mut self) {
        let bytes = self.chunks.iter().map(|(entry, _)| u64::from(entry.stored_bytes)).sum();
        let _permit = if self.permit.is_none() { Some(self.source.demand.acquire(bytes).await) } else { None };
        // Popping from the end gives the chunks in order.
        self.chunks.reverse();
        let mut outcome = Ok(());
        for _ in 0..DOWNLOAD_ATTEMPTS {
            outcome = match tokio::time::timeout(DOWNLOAD_TIMEOUT, self.get_rest()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(Error::new(ErrorKind::Unavailable, "reading it timed out")),
            };
            if outcome.is_ok() {
                break;
            }
        }
        if let Err(error) = outcome {
            self.fail(error).await;
        }
    }

    /// Tells all who wait for what is left.
    async fn fail(mut self, error: Error) {
        self.source.metrics.download_failures.inc();
        let error = self.source.against_size(&self.object.key, self.object.object_bytes, error).await;
        let position = self.chunks.last().map_or(0, |(entry, _)| entry.stored_position);
        let error = error.in_object(&self.object.key).at(position);
        // Damage is told of though a lesser failure of the same object was told of just before.
        let is_damaged = error.kind() == ErrorKind::Corrupt;
        let subject = (self.object.object, is_damaged);
        if let Some(untold) = self.source.failures_told.comes_up(&subject, std::time::Instant::now()) {
            if is_damaged {
                tracing::error!(%error, untold, "a remote segment is damaged");
            } else {
                tracing::warn!(%error, untold, "a download of a remote segment failed");
            }
        }
        let failure = Failure::new(error);
        for (_, ticket) in self.chunks.drain(..) {
            ticket.complete(Err(failure.clone()));
        }
    }

    /// One GET of all chunks that are left; each is checked, kept and told as soon as it is whole.
    async fn get_rest(&mut self) -> Result<(), Error> {
        let (Some((last, _)), Some((first, _))) = (self.chunks.first(), self.chunks.last()) else {
            return Ok(());
        };
        let range = first.stored_position..last.stored_position + u64::from(last.stored_bytes);
        let wanted = range.end - range.start;
        let mut read = 0;
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let metrics = self.source.metrics.clone();
        metrics.gets.inc();
        let listening = self.source.silence.listen();
        let answer = progress(self.source.stall_max, self.source.store.get_opts(&self.object.key, options)).await?;
        listening.heard();
        let mut body = body_of(answer.map_err(committed_error)?);
        let mut gathered = Vec::new();
        while let Some(part) = progress(self.source.stall_max, body.next()).await? {
            listening.heard();
            let mut part = part.map_err(committed_error)?;
            read += length_u64(part.len());
            metrics.bucket_bytes.inc_by(length_u64(part.len()));
            while !part.is_empty() {
                let Some((entry, _)) = self.chunks.last() else {
                    return Ok(());
                };
                let stored_bytes = usize::try_from(entry.stored_bytes).unwrap_or(usize::MAX);
                gathered.reserve_exact(stored_bytes - gathered.len());
                let count = part.len().min(stored_bytes - gathered.len());
                gathered.extend_from_slice(&part.split_to(count));
                if gathered.len() == stored_bytes {
                    self.finish_chunk(std::mem::take(&mut gathered).into()).await?;
                }
            }
        }
        if self.chunks.is_empty() {
            return Ok(());
        }
        Err(cut_body(read, wanted))
    }

    async fn finish_chunk(&mut self, stored: Bytes) -> Result<(), Error> {
        let Some((entry, ticket)) = self.chunks.pop() else {
            return Ok(());
        };
        match entry.open(stored) {
            Ok(plain) => {
                let checksum = match entry.codec {
                    // It was looked at just now.
                    ChunkCodec::None => entry.crc32c,
                };
                self.source.cache.insert(*ticket.key(), plain.clone(), checksum, self.admission).await;
                ticket.complete(Ok(plain));
                Ok(())
            }
            Err(error) => {
                self.source.metrics.checksum_failures.inc();
                self.chunks.push((entry, ticket));
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(stored_position: u64, stored_bytes: u32) -> ChunkEntry {
        ChunkEntry {
            plain_position: stored_position,
            plain_bytes: stored_bytes,
            stored_position,
            stored_bytes,
            codec: ChunkCodec::None,
            key_id: 0,
            crc32c: 0,
        }
    }

    #[test]
    fn what_was_read_holds_no_more_memory_than_its_bytes() {
        // A connection's read buffer, which many answers share.
        let buffer = Bytes::from(vec![7; 1 << 20]);
        for parts in [vec![buffer.slice(10..20)], vec![buffer.slice(10..14), buffer.slice(14..20)]] {
            let alone = whole(&parts, 10).try_into_mut().expect("nobody else holds it");
            assert_eq!((alone.len(), alone.capacity()), (10, 10));
        }
    }

    #[test]
    fn misses_next_to_each_other_become_one_get_up_to_its_size() {
        let adjacent: Vec<_> = (0..10).map(|index| entry(index * 10, 10)).collect();
        assert_eq!(group_end(&adjacent, 100), 10);
        assert_eq!(group_end(&adjacent, 80), 8);
        assert_eq!(group_end(&adjacent, 5), 1);
        let gap = [entry(0, 10), entry(10, 10), entry(30, 10)];
        assert_eq!(group_end(&gap, 100), 2);
    }
}
