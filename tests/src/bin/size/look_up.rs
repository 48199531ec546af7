//! Times of look-ups by offset and by timestamp, each answer compared with what was loaded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use object_store::ObjectStore;
use strata_cache::config::CacheConfig;
use strata_cache::hybrid_cache::HybridCache;
use strata_cache::metrics::CacheMetrics;
use strata_compat::ids::{Offset, Timestamp};
use strata_metadata_core::image::Image;
use strata_tiering::object_key::ObjectNames;
use strata_tiering::remote_index::RemoteIndex;
use strata_tiering::remote_reader::metrics::ReadMetrics;
use strata_tiering::remote_reader::{ReaderParts, RemoteReader, RemoteReaderConfig};
use tokio::runtime::Handle;

use crate::load::{SEGMENT_MS, SEGMENT_OFFSETS, partition};

/// Look-ups of each kind.
const LOOK_UPS: u32 = 5_000;

/// How long look-ups of one kind took.
pub(crate) struct Times {
    sorted: Vec<Duration>,
}

impl Times {
    /// The time within which this many of a hundred look-ups were answered.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let place = self.sorted.len().saturating_sub(1) * percent / 100;
        self.sorted.get(place).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [half, most, worst] = [50, 99, 100].map(|percent| self.percentile(percent));
        write!(formatter, "p50 {half:>9.1?}  p99 {most:>9.1?}  max {worst:>9.1?}")
    }
}

/// A generator of known sequence, so that each run asks for the same.
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(bound.max(1))).unwrap_or_default()
    }
}

/// A broker's way to rows: pages from the bucket, kept in memory within its usual budget.
pub(crate) fn reader(store: Arc<dyn ObjectStore>, names: ObjectNames) -> Result<RemoteReader> {
    let cache = CacheConfig { memory_bytes: 64 << 20, disk_bytes: 0, directory: std::env::temp_dir() };
    let cache = HybridCache::new(cache, Handle::current(), CacheMetrics::default())?;
    let (runtime, metrics) = (Handle::current(), ReadMetrics::default());
    Ok(RemoteReader::new(ReaderParts { store, names, cache, runtime, metrics }, RemoteReaderConfig::default()))
}

/// What is asked for: a partition, and how far back in it.
pub(crate) struct Asked {
    pub(crate) partitions: u32,
    pub(crate) segments: u32,
    pub(crate) newest_only: bool,
}

/// Looks up random offsets, or timestamps.
pub(crate) async fn measure(image: &Image, index: &RemoteIndex, asked: &Asked, by_time: bool) -> Result<Times> {
    let mut draws = Draws(7);
    let mut sorted = Vec::new();
    for _ in 0..LOOK_UPS {
        let id = partition(draws.below(asked.partitions));
        let segment = if asked.newest_only { asked.segments - 1 } else { draws.below(asked.segments) };
        let within = draws.below(SEGMENT_OFFSETS);
        let base = i64::from(segment) * i64::from(SEGMENT_OFFSETS);
        let begin = Instant::now();
        let remote = image.remote_partition(id).context("the partition has remote state")?;
        let found = if by_time {
            let target = Timestamp(i64::from(segment) * i64::from(SEGMENT_MS) + i64::from(within));
            index.row_with_timestamp(id, remote, Offset(0), target).await?
        } else {
            index.row_after(id, remote, Offset(base + i64::from(within))).await?
        };
        sorted.push(begin.elapsed());
        let found = found.context("a row answers")?;
        ensure!(found.base_offset == Offset(base), "{id}: the row at {base} was asked for, not {found:?}");
    }
    sorted.sort();
    Ok(Times { sorted })
}
