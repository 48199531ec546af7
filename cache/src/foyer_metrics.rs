//! What foyer counts and we export: values that its disk tier dropped, and its errors.
//!
//! Owns: which of foyer's counters are ours. Does not own: the counters (`metrics.rs`). Everything else that foyer would count
//! goes nowhere. foyer names an operation by the last of a counter's labels.

use std::borrow::Cow;

use mixtrics::metrics::{
    BoxedCounter, BoxedCounterVec, BoxedGaugeVec, BoxedHistogramVec, CounterOps, CounterVecOps, RegistryOps,
};
use mixtrics::registry::noop::NoopMetricsRegistry;
use prometheus_client::metrics::counter::Counter;

use crate::metrics::CacheMetrics;

/// Counters of the disk tier's queue.
const QUEUE: &str = "foyer_storage_inner_op_total";
/// Counters of the disk tier's operations.
const STORAGE: &str = "foyer_storage_op_total";

/// Hands out our counters to foyer.
#[derive(Debug)]
pub(crate) struct Registry {
    metrics: CacheMetrics,
}

impl Registry {
    pub(crate) const fn new(metrics: CacheMetrics) -> Self {
        Self { metrics }
    }
}

#[derive(Debug)]
struct Family {
    name: Cow<'static, str>,
    metrics: CacheMetrics,
}

#[derive(Debug)]
struct Exported(Counter);

impl CounterOps for Exported {
    fn increase(&self, count: u64) {
        self.0.inc_by(count);
    }
}

impl CounterVecOps for Family {
    fn counter(&self, labels: &[Cow<'static, str>]) -> BoxedCounter {
        let operation = labels.last().map(AsRef::as_ref);
        let counter = match (self.name.as_ref(), operation) {
            (QUEUE, Some("channel_overflow" | "buffer_overflow")) => &self.metrics.disk_drops,
            (STORAGE, Some("error")) => &self.metrics.disk_errors,
            _ => return Box::new(NoopMetricsRegistry),
        };
        Box::new(Exported(counter.clone()))
    }
}

impl RegistryOps for Registry {
    fn register_counter_vec(
        &self,
        name: Cow<'static, str>,
        _: Cow<'static, str>,
        _: &'static [&'static str],
    ) -> BoxedCounterVec {
        Box::new(Family { name, metrics: self.metrics.clone() })
    }

    fn register_gauge_vec(
        &self,
        _: Cow<'static, str>,
        _: Cow<'static, str>,
        _: &'static [&'static str],
    ) -> BoxedGaugeVec {
        Box::new(NoopMetricsRegistry)
    }

    fn register_histogram_vec(
        &self,
        _: Cow<'static, str>,
        _: Cow<'static, str>,
        _: &'static [&'static str],
    ) -> BoxedHistogramVec {
        Box::new(NoopMetricsRegistry)
    }

    fn register_histogram_vec_with_buckets(
        &self,
        _: Cow<'static, str>,
        _: Cow<'static, str>,
        _: &'static [&'static str],
        _: Vec<f64>,
    ) -> BoxedHistogramVec {
        Box::new(NoopMetricsRegistry)
    }
}
