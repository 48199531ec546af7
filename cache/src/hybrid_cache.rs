//! Open, get, insert, close over foyer: immutable values by (object, chunk), memory in front of disk.
//!
//! Owns: the disk tier's directory while it is open, the sizes that keep foyer from dropping entries, the check of every
//! value's checksum. Does not own: how a missing value is loaded (`single_flight`), or what the bytes mean.
//!
//! Invariants: a value is answered only if its CRC-32C is the one that was handed in with it, which is looked at once for each
//! time that it comes into memory; an insert never waits and is never believed to have reached the disk; the disk tier is opened
//! by the first insert, or by the first get if an earlier run left one; a disk tier that cannot be opened leaves memory working
//! alone.
//! A crash leaves block files whose last entries may be missing or torn; foyer skips those and the checksum catches the rest.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use foyer::{
    BlockEngineConfig, Code, DeviceBuilder as _, FsDeviceBuilder, Hint, HybridCacheBuilder, HybridCachePolicy,
    HybridCacheProperties, Location, PsyncIoEngineConfig, RecoverMode, Source, Spawner,
};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::config::{CacheConfig, ENTRY_BYTES_MAX};
use crate::error::{Error, ErrorKind};
use crate::foyer_metrics;
use crate::geometry;
use crate::metrics::CacheMetrics;

/// Shards of the memory tier; few, so that each holds many chunks.
const MEMORY_SHARDS: usize = 4;
/// What an entry takes beside its bytes, roughly.
const ENTRY_OVERHEAD_BYTES: usize = 128;

/// Names an immutable value: an object's identity and a chunk of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChunkKey {
    /// Identity of the object; never used for other bytes.
    pub object: u128,
    /// Number of the chunk within it.
    pub chunk: u32,
}

/// Why a value is kept, which decides where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Somebody waits for it: memory and disk.
    Demand,
    /// Somebody will probably ask for it soon: memory and disk.
    Prefetch,
    /// Read once and in passing: disk only, so that memory keeps what is asked for.
    Scan,
}

/// Which tier had a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HitSource {
    /// Memory.
    Memory,
    /// Disk.
    Disk,
}

/// A value that was found and whose checksum holds.
#[derive(Clone, Debug)]
pub struct CacheHit {
    /// The value.
    pub bytes: Bytes,
    /// Where it was.
    pub source: HitSource,
}

#[derive(Debug)]
struct Entry {
    crc32c: u32,
    bytes: Bytes,
    /// Whether these bytes, in the memory where they lie now, have that checksum: who handed them in, or a get, has looked.
    is_verified: AtomicBool,
}

impl Entry {
    fn is_sound(&self) -> bool {
        if self.is_verified.load(Ordering::Relaxed) {
            return true;
        }
        let is_sound = crc32c::crc32c(&self.bytes) == self.crc32c;
        self.is_verified.store(is_sound, Ordering::Relaxed);
        is_sound
    }
}

impl Code for ChunkKey {
    fn encode(&self, writer: &mut impl Write) -> foyer::Result<()> {
        writer.write_all(&self.object.to_le_bytes()).map_err(foyer::Error::io_error)?;
        writer.write_all(&self.chunk.to_le_bytes()).map_err(foyer::Error::io_error)
    }

    fn decode(reader: &mut impl Read) -> foyer::Result<Self> {
        let mut object = [0; 16];
        let mut chunk = [0; 4];
        reader.read_exact(&mut object).map_err(foyer::Error::io_error)?;
        reader.read_exact(&mut chunk).map_err(foyer::Error::io_error)?;
        Ok(Self { object: u128::from_le_bytes(object), chunk: u32::from_le_bytes(chunk) })
    }

    fn estimated_size(&self) -> usize {
        20
    }
}

impl Code for Entry {
    fn encode(&self, writer: &mut impl Write) -> foyer::Result<()> {
        let length = u32::try_from(self.bytes.len())
            .map_err(|_| foyer::Error::new(foyer::ErrorKind::Parse, "a cache entry is too long"))?;
        writer.write_all(&self.crc32c.to_le_bytes()).map_err(foyer::Error::io_error)?;
        writer.write_all(&length.to_le_bytes()).map_err(foyer::Error::io_error)?;
        writer.write_all(&self.bytes).map_err(foyer::Error::io_error)
    }

    fn decode(reader: &mut impl Read) -> foyer::Result<Self> {
        let mut crc32c = [0; 4];
        let mut length = [0; 4];
        reader.read_exact(&mut crc32c).map_err(foyer::Error::io_error)?;
        reader.read_exact(&mut length).map_err(foyer::Error::io_error)?;
        let length = u32::from_le_bytes(length);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > ENTRY_BYTES_MAX {
            return Err(foyer::Error::new(foyer::ErrorKind::Parse, "a cache entry claims to be too long"));
        }
        let mut bytes = vec![0; length];
        reader.read_exact(&mut bytes).map_err(foyer::Error::io_error)?;
        let is_verified = AtomicBool::new(false);
        Ok(Self { crc32c: u32::from_le_bytes(crc32c), bytes: bytes.into(), is_verified })
    }

    fn estimated_size(&self) -> usize {
        8 + self.bytes.len()
    }
}

type Inner = foyer::HybridCache<ChunkKey, Entry>;

/// The cache; clones share it.
#[derive(Clone)]
pub struct HybridCache {
    shared: Arc<Shared>,
}

struct Shared {
    config: CacheConfig,
    runtime: Handle,
    metrics: CacheMetrics,
    inner: OnceCell<Inner>,
}

impl std::fmt::Debug for HybridCache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("HybridCache").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

impl HybridCache {
    /// A cache that touches no disk yet. Its background work runs on `runtime`.
    pub fn new(config: CacheConfig, runtime: Handle, metrics: CacheMetrics) -> Result<Self, Error> {
        config.validate()?;
        Ok(Self { shared: Arc::new(Shared { config, runtime, metrics, inner: OnceCell::new() }) })
    }

    /// The value of `key`, if it is here and its checksum holds. Failures of the disk tier are misses.
    pub async fn get(&self, key: ChunkKey) -> Option<CacheHit> {
        let metrics = &self.shared.metrics;
        let Some(inner) = self.opened_for_get().await else {
            metrics.misses.inc();
            return None;
        };
        let found = match inner.get(&key).await {
            Ok(found) => found,
            Err(error) => {
                tracing::debug!(%error, "a read of the cache's disk tier failed");
                metrics.read_errors.inc();
                None
            }
        };
        let Some(entry) = found else {
            metrics.misses.inc();
            return None;
        };
        let value = entry.value();
        if !value.is_sound() {
            metrics.checksum_mismatches.inc();
            metrics.misses.inc();
            tracing::warn!(object = %format_args!("{:032x}", key.object), chunk = key.chunk, "a cached chunk was damaged");
            inner.remove(&key);
            return None;
        }
        let bytes = value.bytes.clone();
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let source = if entry.source() == Source::Disk { HitSource::Disk } else { HitSource::Memory };
        match source {
            HitSource::Memory => {
                metrics.memory_hits.inc();
                metrics.memory_hit_bytes.inc_by(length);
            }
            HitSource::Disk => {
                metrics.disk_hits.inc();
                metrics.disk_hit_bytes.inc_by(length);
            }
        }
        Some(CacheHit { bytes, source })
    }

    /// Keeps `bytes`, whose CRC-32C the caller has verified to be `crc32c`. Never waits for the disk; only the very first
    /// insert opens it. `bytes` should own its memory alone, or the cache holds more than it counts.
    pub async fn insert(&self, key: ChunkKey, bytes: Bytes, crc32c: u32, admission: Admission) {
        let metrics = &self.shared.metrics;
        if bytes.len() > ENTRY_BYTES_MAX {
            metrics.oversized.inc();
            return;
        }
        let inner = self.opened().await;
        metrics.inserts.inc();
        metrics.insert_bytes.inc_by(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let properties = HybridCacheProperties::default();
        let properties = match admission {
            Admission::Demand | Admission::Prefetch => properties,
            Admission::Scan if inner.is_hybrid() => properties.with_location(Location::OnDisk),
            Admission::Scan => properties.with_hint(Hint::Low),
        };
        let entry = Entry { crc32c, bytes, is_verified: AtomicBool::new(true) };
        drop(inner.insert_with_properties(key, entry, properties));
        metrics.memory_bytes.set(i64::try_from(inner.memory().usage()).unwrap_or(i64::MAX));
    }

    /// Whether the disk tier is open.
    #[must_use]
    pub fn is_disk_open(&self) -> bool {
        self.shared.inner.get().is_some_and(Inner::is_hybrid)
    }

    /// The cache's counters.
    #[must_use]
    pub fn metrics(&self) -> &CacheMetrics {
        &self.shared.metrics
    }

    /// Writes out what is still on its way to disk and stops. The cache answers misses from then on.
    pub async fn close(&self) -> Result<(), Error> {
        match self.shared.inner.get() {
            Some(inner) => inner
                .close()
                .await
                .map_err(|error| Error::with_source(ErrorKind::Unavailable, "closing the cache", error)),
            None => Ok(()),
        }
    }

    async fn opened_for_get(&self) -> Option<&Inner> {
        if let Some(inner) = self.shared.inner.get() {
            return Some(inner);
        }
        let shared = &self.shared;
        (shared.config.disk_bytes > 0 && geometry::exists(&shared.config.directory)).then_some(())?;
        Some(self.opened().await)
    }

    async fn opened(&self) -> &Inner {
        self.shared.inner.get_or_init(|| self.shared.open()).await
    }
}

impl Shared {
    async fn open(&self) -> Inner {
        if self.config.disk_bytes > 0 {
            let opened = match self.open_hybrid(true).await {
                // Not every file system can do without the page cache.
                Err(error) => self.open_hybrid(false).await.inspect(|_| {
                    tracing::info!(%error, "the cache's disk tier goes through the page cache");
                }),
                opened => opened,
            };
            match opened {
                Ok(inner) => return inner,
                Err(error) => {
                    self.metrics.disk_open_failures.inc();
                    tracing::error!(%error, directory = %self.config.directory.display(), "the cache works in memory alone");
                }
            }
        }
        self.memory_builder().storage().build().await.expect("a cache without a disk tier opens no file")
    }

    /// `direct`: past the page cache, which belongs to the logs, and without a copy into it.
    async fn open_hybrid(&self, direct: bool) -> Result<Inner, Error> {
        let config = self.config.clone();
        let wiped = self
            .runtime
            .spawn_blocking(move || geometry::prepare(&config))
            .await
            .map_err(|error| Error::with_source(ErrorKind::Closed, "preparing the cache's directory", error))?
            .map_err(|error| Error::with_source(ErrorKind::Unavailable, "preparing the cache's directory", error))?;
        if wiped {
            self.metrics.wipes.inc();
        }
        let unavailable = |error| Error::with_source(ErrorKind::Unavailable, "opening the cache's disk tier", error);
        let device = FsDeviceBuilder::new(geometry::blocks_directory(&self.config.directory))
            .with_capacity(size(self.config.disk_bytes))
            .with_direct(direct)
            .build()
            .map_err(unavailable)?;
        let pool = size(self.config.buffer_pool_bytes());
        let engine = BlockEngineConfig::new(device)
            .with_block_size(size(self.config.block_bytes()))
            .with_buffer_pool_size(pool)
            .with_submit_queue_size_threshold(pool)
            .with_indexer_shards(16)
            .with_recover_concurrency(4);
        self.memory_builder()
            .storage()
            .with_io_engine_config(PsyncIoEngineConfig::new())
            .with_recover_mode(RecoverMode::Quiet)
            .with_engine_config(engine)
            .with_spawner(Spawner::from(self.runtime.clone()))
            .build()
            .await
            .map_err(unavailable)
    }

    fn memory_builder(&self) -> foyer::HybridCacheBuilderPhaseMemory<ChunkKey, Entry, foyer::DefaultHasher> {
        HybridCacheBuilder::new()
            .with_name("chunks")
            .with_metrics_registry(Box::new(foyer_metrics::Registry::new(self.metrics.clone())))
            // Every admitted entry is queued for the disk when it is inserted, so closing needs to write no memory out again.
            .with_policy(HybridCachePolicy::WriteOnInsertion)
            .with_flush_on_close(false)
            .memory(size(self.config.memory_bytes))
            .with_shards(MEMORY_SHARDS)
            .with_eviction_config(foyer::LruConfig::default())
            .with_weighter(|_: &ChunkKey, entry: &Entry| entry.bytes.len() + ENTRY_OVERHEAD_BYTES)
    }
}

/// Sizes were checked by [`CacheConfig::validate`].
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
