//! Counters of cold reads: cheap handles, registered once.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// Counters of all cold reads of a broker; clones share them.
#[derive(Clone, Debug, Default)]
pub struct ReadMetrics {
    /// Reads that were asked for.
    pub reads: Counter,
    /// Reads that gave nothing within their deadline, or failed.
    pub read_failures: Counter,
    /// Bytes of batches that were answered.
    pub read_bytes: Counter,
    /// GETs of chunks, index sections and pages.
    pub gets: Counter,
    /// Bytes of their bodies.
    pub bucket_bytes: Counter,
    /// Downloads that failed, after their second attempt.
    pub download_failures: Counter,
    /// Chunks from the bucket whose checksum was wrong.
    pub checksum_failures: Counter,
    /// Index sections opened.
    pub segments_opened: Counter,
    /// Pages loaded.
    pub pages_loaded: Counter,
    /// Chunks asked for ahead of their reader.
    pub read_ahead_chunks: Counter,
    /// Plans of reading ahead that were cut short because permits ran out.
    pub read_ahead_pressure: Counter,
    /// Offsets inside the remote range that no row covers: an alarm.
    pub holes: Counter,
}

impl ReadMetrics {
    /// Counters that are registered under `strata_remote_read_…`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let scope = registry.sub_registry_with_prefix("strata_remote_read");
        for (name, help, counter) in [
            ("requests", "Cold reads asked for", &metrics.reads),
            ("failures", "Cold reads that failed or gave nothing within their deadline", &metrics.read_failures),
            ("answered_bytes", "Bytes of batches answered by cold reads", &metrics.read_bytes),
            ("gets", "GETs of chunks, index sections and pages", &metrics.gets),
            ("bucket_bytes", "Bytes of the bodies of those GETs", &metrics.bucket_bytes),
            ("download_failures", "Downloads that failed", &metrics.download_failures),
            ("checksum_failures", "Chunks from the bucket with a wrong checksum", &metrics.checksum_failures),
            ("segments_opened", "Index sections opened", &metrics.segments_opened),
            ("pages_loaded", "Pages loaded", &metrics.pages_loaded),
            ("ahead_chunks", "Chunks asked for ahead of their reader", &metrics.read_ahead_chunks),
            ("ahead_pressure", "Plans of reading ahead cut short for want of permits", &metrics.read_ahead_pressure),
            ("holes", "Offsets inside the remote range that no row covers", &metrics.holes),
        ] {
            scope.register(name, help, counter.clone());
        }
        metrics
    }
}
