//! The broker's own figures, named as Kafka's JMX exporter names them where Kafka has the metric, `strata_…` otherwise.
//!
//! Owns: counters of requests, records, connections and memory; figures of logs, read at each scrape. Does not own: the
//! figures of tiering, cache, store and quorum (their crates), or how they are served (`http/metrics.rs`).
//! Invariants: handles are held, never looked up by key while a request is served, but for one look-up for each topic of a
//! request; labels are bounded.

mod logs;
mod process;
mod topics;

pub use self::logs::{JournalFigures, LogFigures, LogFiguresSource, PARTITIONS_LABELLED_MAX, ReplicaTotals};
pub use self::process::ProcessCollector;
pub use self::topics::{TOPICS_LABELLED_MAX, TopicCounters, TopicMetrics};

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use strata_compat::api_key::{ALL, ApiKey};

/// Upper bounds of the request time buckets, in milliseconds.
const REQUEST_MS: [f64; 14] =
    [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 1_000.0, 5_000.0, 30_000.0];

/// Label of an API.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabel {
    request: &'static str,
}

/// Handles of one API.
struct ApiHandles {
    requests: Counter,
    errors: Counter,
    in_flight: Gauge,
    total_ms: Histogram,
}

/// The families that the handles are members of.
#[derive(Clone)]
struct ApiFamilies {
    requests: Family<RequestLabel, Counter>,
    errors: Family<RequestLabel, Counter>,
    in_flight: Family<RequestLabel, Gauge>,
    total_ms: HistogramFamily,
}

type HistogramFamily = Family<RequestLabel, Histogram, fn() -> Histogram>;

fn request_histogram() -> Histogram {
    Histogram::new(REQUEST_MS)
}

/// Counters of one broker; clones share them.
#[derive(Clone)]
pub struct BrokerMetrics {
    /// One place for each row of [`ALL`], filled at the API's first request: an API that nobody uses has no series.
    apis: Arc<[(ApiKey, OnceLock<ApiHandles>)]>,
    families: ApiFamilies,
    topics: TopicMetrics,
    served: Family<OriginLabel, Counter>,
    connections: Connections,
}

impl ApiFamilies {
    fn new() -> Self {
        Self {
            requests: Family::default(),
            errors: Family::default(),
            in_flight: Family::default(),
            total_ms: HistogramFamily::new_with_constructor(request_histogram),
        }
    }

    fn handles(&self, key: ApiKey) -> ApiHandles {
        let label = RequestLabel { request: key.name() };
        ApiHandles {
            requests: self.requests.get_or_create_owned(&label),
            errors: self.errors.get_or_create_owned(&label),
            in_flight: self.in_flight.get_or_create_owned(&label),
            total_ms: self.total_ms.get_or_create_owned(&label),
        }
    }
}

#[derive(Clone, Default)]
struct Connections {
    open: Gauge,
    opened: Counter,
    closed: Counter,
    refused: Counter,
    request_memory_bytes: Gauge,
    answer_memory_bytes: Gauge,
    broker_state: Gauge,
}

/// Label of a place that records are served from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OriginLabel {
    origin: &'static str,
}

/// Bytes of records in one answer, by where they came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServedBytes {
    /// From the local log: its files, or its tail in memory.
    pub local: u64,
    /// From the chunk cache's memory.
    pub cache_memory: u64,
    /// From the chunk cache's disk.
    pub cache_disk: u64,
    /// From the bucket, out of a download that the answer waited for.
    pub bucket: u64,
}

impl ServedBytes {
    const fn by_origin(self) -> [(&'static str, u64); 4] {
        [
            ("local", self.local),
            ("cache_memory", self.cache_memory),
            ("cache_disk", self.cache_disk),
            ("bucket", self.bucket),
        ]
    }
}

/// Kafka's `BrokerState` numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerState {
    /// Logs are being opened.
    Recovery,
    /// Clients are served.
    Running,
    /// A controlled shutdown is under way.
    ShuttingDown,
}

impl BrokerState {
    const fn number(self) -> i64 {
        match self {
            Self::Recovery => 2,
            Self::Running => 3,
            Self::ShuttingDown => 7,
        }
    }
}

impl Default for BrokerMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl BrokerMetrics {
    /// All figures at zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            apis: ALL.iter().map(|facts| (facts.key, OnceLock::new())).collect(),
            families: ApiFamilies::new(),
            topics: TopicMetrics::default(),
            served: Family::default(),
            connections: Connections::default(),
        }
    }

    /// Names the figures in `registry`, those of the process too.
    pub fn register(&self, registry: &mut Registry) {
        let family = "kafka_network_requestmetrics";
        registry.register(format!("{family}_requests"), "Requests begun", self.families.requests.clone());
        registry.register(
            format!("{family}_errors"),
            "Requests that ended the connection instead of being answered",
            self.families.errors.clone(),
        );
        registry.register(
            format!("{family}_totaltimems"),
            "Milliseconds from the request's last byte to its answer",
            self.families.total_ms.clone(),
        );
        registry.register(
            "strata_requests_in_flight",
            "Requests begun and not answered",
            self.families.in_flight.clone(),
        );
        registry.register_collector(Box::new(self.topics.collector()));
        registry.register(
            "strata_fetched_bytes",
            "Bytes of records in answers to fetches, by where they came from",
            self.served.clone(),
        );
        self.connections.register(registry);
        registry.register_collector(Box::new(ProcessCollector::default()));
    }

    /// Lets each scrape read the figures of logs and replicas.
    pub fn register_logs(registry: &mut Registry, source: Arc<dyn LogFiguresSource>) {
        registry.register_collector(Box::new(logs::LogCollector::new(source)));
    }

    fn api(&self, key: ApiKey) -> Option<&ApiHandles> {
        // The rows are in the order of their keys.
        let index = self.apis.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        let (key, handles) = self.apis.get(index)?;
        Some(handles.get_or_init(|| self.families.handles(*key)))
    }

    /// Counts one request from now on; what it gives back counts its end, however that comes.
    #[must_use]
    pub fn begin_request(self: &Arc<Self>, key: ApiKey, received_at: Instant) -> RequestTimer {
        self.request_began(key);
        RequestTimer { metrics: Arc::clone(self), key, received_at, is_finished: false }
    }

    /// A request was read whole and goes to its handler.
    pub fn request_began(&self, key: ApiKey) {
        if let Some(api) = self.api(key) {
            api.requests.inc();
            api.in_flight.inc();
        }
    }

    /// Its answer was handed to the socket's writer, `elapsed` after it was read. Each begun request ends in this or in
    /// [`Self::request_failed`].
    pub fn request_finished(&self, key: ApiKey, elapsed: Duration) {
        if let Some(api) = self.api(key) {
            api.in_flight.dec();
            api.total_ms.observe(elapsed.as_secs_f64() * 1_000.0);
        }
    }

    /// A begun request was not answered: it was malformed, or its connection is gone.
    pub fn request_failed(&self, key: ApiKey) {
        if let Some(api) = self.api(key) {
            api.in_flight.dec();
            api.errors.inc();
        }
    }

    /// The figures of topics.
    #[must_use]
    pub const fn topics(&self) -> &TopicMetrics {
        &self.topics
    }

    /// Records were given to a consumer.
    pub fn fetched(&self, served: ServedBytes) {
        for (origin, bytes) in served.by_origin() {
            if bytes > 0 {
                self.served.get_or_create(&OriginLabel { origin }).inc_by(bytes);
            }
        }
    }

    /// A connection was accepted.
    pub fn connection_opened(&self) {
        self.connections.opened.inc();
        self.connections.open.inc();
    }

    /// An accepted connection is gone.
    pub fn connection_closed(&self) {
        self.connections.closed.inc();
        self.connections.open.dec();
    }

    /// A connection was refused for want of room.
    pub fn connection_refused(&self) {
        self.connections.refused.inc();
    }

    /// Memory that requests hold now.
    pub fn set_request_memory(&self, bytes: usize) {
        self.connections.request_memory_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// Memory that answers hold now.
    pub fn set_answer_memory(&self, bytes: usize) {
        self.connections.answer_memory_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// What the broker is doing.
    pub fn set_broker_state(&self, state: BrokerState) {
        self.connections.broker_state.set(state.number());
    }
}

/// Counts the end of one request: answered if it is told so, failed if it is dropped before.
pub struct RequestTimer {
    metrics: Arc<BrokerMetrics>,
    key: ApiKey,
    received_at: Instant,
    is_finished: bool,
}

impl RequestTimer {
    /// The answer is on its way to the socket's writer.
    pub fn finish(mut self) {
        self.is_finished = true;
        self.metrics.request_finished(self.key, self.received_at.elapsed());
    }
}

impl Drop for RequestTimer {
    fn drop(&mut self) {
        if !self.is_finished {
            self.metrics.request_failed(self.key);
        }
    }
}

impl Connections {
    fn register(&self, registry: &mut Registry) {
        let family = "kafka_server_socketservermetrics_connection";
        registry.register(format!("{family}_count"), "Open connections", self.open.clone());
        registry.register(format!("{family}_creation"), "Connections accepted", self.opened.clone());
        registry.register(format!("{family}_close"), "Connections gone", self.closed.clone());
        registry.register("strata_connections_refused", "Connections refused by a limit", self.refused.clone());
        registry.register(
            "strata_request_memory_bytes",
            "Memory held by requests that are read or worked on",
            self.request_memory_bytes.clone(),
        );
        registry.register(
            "strata_answer_memory_bytes",
            "Memory held by answers that clients have not taken yet",
            self.answer_memory_bytes.clone(),
        );
        registry.register(
            "kafka_server_kafkaserver_brokerstate",
            "2 opens its logs, 3 runs, 7 shuts down",
            self.broker_state.clone(),
        );
    }
}

#[cfg(test)]
impl BrokerMetrics {
    /// Requests of an API that were not answered.
    pub(crate) fn failures(&self, key: ApiKey) -> u64 {
        self.api(key).map_or(0, |api| api.errors.get())
    }
}

#[cfg(test)]
mod tests;
