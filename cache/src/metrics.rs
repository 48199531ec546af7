//! Counters of the cache: cheap handles, registered once.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Counters of one cache; clones share them.
#[derive(Clone, Debug, Default)]
pub struct CacheMetrics {
    /// Gets answered from memory.
    pub memory_hits: Counter,
    /// Bytes of those.
    pub memory_hit_bytes: Counter,
    /// Gets answered from disk.
    pub disk_hits: Counter,
    /// Bytes of those.
    pub disk_hit_bytes: Counter,
    /// Gets that found nothing.
    pub misses: Counter,
    /// Values handed in.
    pub inserts: Counter,
    /// Bytes of those.
    pub insert_bytes: Counter,
    /// Values above the largest size, which are not kept.
    pub oversized: Counter,
    /// Values whose checksum was wrong when they were read back; each is a miss.
    pub checksum_mismatches: Counter,
    /// Reads of the disk tier that failed; each is a miss.
    pub read_errors: Counter,
    /// Values that were to go to disk and were dropped, because its queue or its buffer was full. They stay in memory.
    pub disk_drops: Counter,
    /// Operations of the disk tier that failed.
    pub disk_errors: Counter,
    /// Times that the disk tier was wiped because its shape had changed.
    pub wipes: Counter,
    /// Times that the disk tier could not be opened, so that memory works alone.
    pub disk_open_failures: Counter,
    /// Memory held by values, in bytes.
    pub memory_bytes: Gauge,
}

impl CacheMetrics {
    /// Counters that are registered under `strata_cache_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let scope = registry.sub_registry_with_prefix("strata_cache");
        for (name, help, counter) in [
            ("memory_hits", "Gets answered from memory", &metrics.memory_hits),
            ("memory_hit_bytes", "Bytes answered from memory", &metrics.memory_hit_bytes),
            ("disk_hits", "Gets answered from disk", &metrics.disk_hits),
            ("disk_hit_bytes", "Bytes answered from disk", &metrics.disk_hit_bytes),
            ("misses", "Gets that found nothing", &metrics.misses),
            ("inserts", "Values handed in", &metrics.inserts),
            ("insert_bytes", "Bytes handed in", &metrics.insert_bytes),
            ("oversized", "Values above the largest size, not kept", &metrics.oversized),
            ("checksum_mismatches", "Values read back with a wrong checksum", &metrics.checksum_mismatches),
            ("read_errors", "Failed reads of the disk tier", &metrics.read_errors),
            ("disk_drops", "Values dropped on their way to disk, its queue or buffer being full", &metrics.disk_drops),
            ("disk_errors", "Operations of the disk tier that failed", &metrics.disk_errors),
            ("wipes", "Wipes of the disk tier after a change of its shape", &metrics.wipes),
            ("disk_open_failures", "Failures to open the disk tier", &metrics.disk_open_failures),
        ] {
            scope.register(name, help, counter.clone());
        }
        scope.register("memory_bytes", "Memory held by values", metrics.memory_bytes.clone());
        metrics
    }
}
