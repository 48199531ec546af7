//! Figures of the write side, with handles that are made once.
//!
//! Owns: counters and gauges. Does not own: the registry, or the store's own figures (`store/instrumented.rs`).

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Figures of the write side. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct TieringMetrics {
    /// Segments committed.
    pub copies: Counter,
    /// Log bytes of segments committed.
    pub copy_bytes: Counter,
    /// Copies that failed or have to be tried again.
    pub copy_errors: Counter,
    /// Copies given up because another leader, incarnation or tiering epoch took over.
    pub copies_fenced: Counter,
    /// Pages committed.
    pub pages: Counter,
    /// Objects written that will never be committed.
    pub abandoned: Counter,
    /// Objects deleted.
    pub deletes: Counter,
    /// Deletions that failed.
    pub delete_errors: Counter,
    /// Ranges refused because their bytes are damaged.
    pub corrupt_ranges: Counter,
    /// Bytes of local log that may be copied and are not yet.
    pub lag_bytes: Gauge<u64, AtomicU64>,
    /// Bytes of objects being built or uploaded.
    pub bytes_in_flight: Gauge<u64, AtomicU64>,
    /// Partitions whose local log begins above the committed remote end.
    pub holes: Gauge<u64, AtomicU64>,
}

impl TieringMetrics {
    /// New figures in the registry: Kafka's names where Kafka has the figure, `strata_…` otherwise.
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let counters = [
            ("kafka_server_brokertopicmetrics_remotecopyrequests", "Segments committed", &metrics.copies),
            ("kafka_server_brokertopicmetrics_remotecopybytes", "Log bytes of segments committed", &metrics.copy_bytes),
            ("kafka_server_brokertopicmetrics_remotecopyerrors", "Copies that failed", &metrics.copy_errors),
            ("kafka_server_brokertopicmetrics_remotedeleterequests", "Objects deleted", &metrics.deletes),
            ("kafka_server_brokertopicmetrics_remotedeleteerrors", "Deletions that failed", &metrics.delete_errors),
            ("strata_tier_copies_fenced", "Copies given up to another leader", &metrics.copies_fenced),
            ("strata_tier_pages", "Pages committed", &metrics.pages),
            ("strata_tier_abandoned", "Objects that will never be committed", &metrics.abandoned),
            ("strata_tier_corrupt_ranges", "Damaged ranges that were not uploaded", &metrics.corrupt_ranges),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("kafka_server_brokertopicmetrics_remotecopylagbytes", "Bytes not yet copied", &metrics.lag_bytes),
            ("strata_tier_upload_bytes_in_flight", "Bytes being uploaded", &metrics.bytes_in_flight),
            ("strata_tier_holes", "Partitions with a hole below their local log", &metrics.holes),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        metrics
    }
}
