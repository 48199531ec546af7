//! Figures of partitions, replicas and journals, read from the broker at each scrape.
//!
//! Owns: their names and labels. Does not own: the numbers. Nothing is kept between scrapes, so a partition that is gone
//! leaves no series behind.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Partitions that get series of their own, at most; the totals count all.
pub const PARTITIONS_LABELLED_MAX: usize = 4_000;

/// One partition's log as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFigures {
    /// Topic.
    pub topic: String,
    /// Partition index.
    pub partition: u32,
    /// Bytes of local segment files.
    pub local_bytes: u64,
    /// Local segment files.
    pub segments: u64,
    /// Log start offset.
    pub log_start_offset: i64,
    /// Log end offset.
    pub log_end_offset: i64,
}

/// All replicas of this broker together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplicaTotals {
    /// Partitions hosted here.
    pub partitions: u64,
    /// Partitions led here.
    pub leaders: u64,
    /// Led partitions with fewer in-sync replicas than replicas.
    pub under_replicated: u64,
    /// Led partitions with fewer in-sync replicas than `min.insync.replicas`.
    pub under_min_isr: u64,
    /// Hosted partitions that cannot be served.
    pub offline: u64,
    /// Log directories that are offline.
    pub offline_log_dirs: u64,
    /// Log directories without room for records of clients.
    pub short_log_dirs: u64,
}

/// What all journals of this broker have made durable since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalFigures {
    /// Groups, each with one flush.
    pub groups: u64,
    /// Appends and other entries in them.
    pub entries: u64,
    /// Bytes of the groups, with padding.
    pub bytes: u64,
}

/// Where the figures come from. Called on each scrape, from a thread that may block for a moment.
pub trait LogFiguresSource: Send + Sync + 'static {
    /// The totals.
    fn totals(&self) -> ReplicaTotals;
    /// The journals together; none where no log directory has one.
    fn journals(&self) -> Option<JournalFigures>;
    /// The first `max` partitions in any steady order.
    fn logs(&self, max: usize) -> Vec<LogFigures>;
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartitionLabel {
    topic: String,
    partition: u32,
}

pub(super) struct LogCollector {
    source: Arc<dyn LogFiguresSource>,
}

impl LogCollector {
    pub(super) fn new(source: Arc<dyn LogFiguresSource>) -> Self {
        Self { source }
    }
}

impl fmt::Debug for LogCollector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LogCollector")
    }
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Name, help and value of each total.
const fn total_rows(totals: ReplicaTotals) -> [(&'static str, &'static str, u64); 7] {
    [
        ("kafka_server_replicamanager_partitioncount", "Partitions hosted here", totals.partitions),
        ("kafka_server_replicamanager_leadercount", "Partitions led here", totals.leaders),
        (
            "kafka_server_replicamanager_underreplicatedpartitions",
            "Led partitions that lack an in-sync replica",
            totals.under_replicated,
        ),
        (
            "kafka_server_replicamanager_underminisrpartitioncount",
            "Led partitions below min.insync.replicas",
            totals.under_min_isr,
        ),
        ("kafka_server_replicamanager_offlinereplicacount", "Hosted partitions that cannot be served", totals.offline),
        ("kafka_log_logmanager_offlinelogdirectorycount", "Log directories that are offline", totals.offline_log_dirs),
        (
            "strata_log_dirs_short_of_room",
            "Log directories that refuse records of clients until there is room",
            totals.short_log_dirs,
        ),
    ]
}

/// Name, help and value of each figure of the journals.
const fn journal_rows(journals: JournalFigures) -> [(&'static str, &'static str, u64); 3] {
    [
        ("strata_journal_groups", "Groups that the journals have flushed", journals.groups),
        ("strata_journal_entries", "Appends and other entries in them", journals.entries),
        ("strata_journal_bytes", "Bytes of them, with padding", journals.bytes),
    ]
}

type LogFigure = fn(&LogFigures) -> ConstGauge<i64>;

/// Name, help and value of each figure of one log.
const LOG_ROWS: [(&str, &str, LogFigure); 4] = [
    ("kafka_log_log_size", "Bytes of local segment files", |log| gauge(log.local_bytes)),
    ("kafka_log_log_numlogsegments", "Local segment files", |log| gauge(log.segments)),
    ("kafka_log_log_logstartoffset", "Log start offset", |log| ConstGauge::new(log.log_start_offset)),
    ("kafka_log_log_logendoffset", "Log end offset", |log| ConstGauge::new(log.log_end_offset)),
];

impl Collector for LogCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for (name, help, value) in total_rows(self.source.totals()) {
            gauge(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        for (name, help, value) in self.source.journals().map(journal_rows).into_iter().flatten() {
            ConstCounter::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let logs = self.source.logs(PARTITIONS_LABELLED_MAX);
        for (name, help, figure) in LOG_ROWS {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for log in logs.iter().take(PARTITIONS_LABELLED_MAX) {
                let label = PartitionLabel { topic: log.topic.clone(), partition: log.partition };
                figure(log).encode(family.encode_family(&label)?)?;
            }
        }
        Ok(())
    }
}
