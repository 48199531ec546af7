//! Figures of the metadata quorum. Handles are held, never looked up by key.

use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds of the commit time buckets, in seconds.
const COMMIT_SECONDS: [f64; 10] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 2.0, 10.0];

/// Counters of one node's quorum.
pub struct QuorumMetrics {
    commits: Counter,
    failures: Counter,
    in_flight: Gauge,
    commit_seconds: Histogram,
}

impl Default for QuorumMetrics {
    fn default() -> Self {
        Self {
            commits: Counter::default(),
            failures: Counter::default(),
            in_flight: Gauge::default(),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
        }
    }
}

impl QuorumMetrics {
    /// Names the figures in `registry`.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("strata_metadata_commits", "Commands committed", self.commits.clone());
        registry.register("strata_metadata_failures", "Commands without a known outcome", self.failures.clone());
        registry.register("strata_metadata_in_flight", "Commands under way", self.in_flight.clone());
        registry.register(
            "strata_metadata_commit_seconds",
            "Time from proposal to local apply",
            self.commit_seconds.clone(),
        );
    }

    pub(crate) fn begin_proposal(&self) -> ProposalTimer<'_> {
        self.in_flight.inc();
        ProposalTimer { metrics: self, begin: Instant::now() }
    }
}

/// Counts one proposal, also when its caller gives up.
pub(crate) struct ProposalTimer<'metrics> {
    metrics: &'metrics QuorumMetrics,
    begin: Instant,
}

impl ProposalTimer<'_> {
    pub(crate) fn finish(self, is_committed: bool) {
        if is_committed {
            self.metrics.commits.inc();
            self.metrics.commit_seconds.observe(self.begin.elapsed().as_secs_f64());
        } else {
            self.metrics.failures.inc();
        }
    }
}

impl Drop for ProposalTimer<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
    }
}
