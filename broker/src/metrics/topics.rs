//! What clients bring and take, of all topics together and of each.
//!
//! Owns: the figures by topic, from the hosting of a topic to its end, and how many topics have series of their own. Does not
//! own: which topics are hosted (`metadata_applier.rs` tells). Handlers count for topics that are known here only, so that a
//! request which outlives its topic brings nothing back.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::RwLock;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::gauge::ConstGauge;
use strata_compat::ids::TopicId;

/// Topics that get series of their own, at most: those that had traffic first, until they are gone. The totals count all.
pub const TOPICS_LABELLED_MAX: usize = 1_000;

/// Counters of one topic, or of all together.
#[derive(Clone, Debug, Default)]
struct Traffic {
    bytes_in: Counter,
    records_in: Counter,
    bytes_out: Counter,
    produces: Counter,
    failed_produces: Counter,
    fetches: Counter,
    failed_fetches: Counter,
}

struct Topic {
    name: String,
    traffic: Traffic,
    /// Whether it has series; decided at a scrape.
    is_labelled: AtomicBool,
}

/// The figures of all topics; clones share them.
#[derive(Clone, Default)]
pub struct TopicMetrics(Arc<Topics>);

#[derive(Default)]
struct Topics {
    all: Traffic,
    hosted: RwLock<BTreeMap<TopicId, Arc<Topic>>>,
}

/// Counts for one topic, and for all together.
pub struct TopicCounters {
    all: Arc<Topics>,
    own: Option<Arc<Topic>>,
}

impl TopicMetrics {
    /// A partition of the topic is hosted here from now on.
    pub fn host(&self, id: TopicId, name: &str) {
        self.0.hosted.write().entry(id).or_insert_with(|| {
            Arc::new(Topic { name: name.to_owned(), traffic: Traffic::default(), is_labelled: AtomicBool::new(false) })
        });
    }

    /// No partition of it is hosted here any more: its series end.
    pub fn forget(&self, id: TopicId) {
        self.0.hosted.write().remove(&id);
    }

    /// What counts for a topic; a topic that is not hosted counts in the totals only.
    #[must_use]
    pub fn counters(&self, id: TopicId) -> TopicCounters {
        TopicCounters { own: self.0.hosted.read().get(&id).cloned(), all: Arc::clone(&self.0) }
    }

    pub(super) fn collector(&self) -> TopicCollector {
        TopicCollector(Arc::clone(&self.0))
    }
}

impl TopicCounters {
    fn count(&self, counter: fn(&Traffic) -> &Counter, by: u64) {
        counter(&self.all.all).inc_by(by);
        if let Some(own) = &self.own {
            counter(&own.traffic).inc_by(by);
        }
    }

    /// A partition's part of a produce has come.
    pub fn produce_began(&self) {
        self.count(|traffic| &traffic.produces, 1);
    }

    /// Its records were appended.
    pub fn produced(&self, bytes: u64, records: u64) {
        self.count(|traffic| &traffic.bytes_in, bytes);
        self.count(|traffic| &traffic.records_in, records);
    }

    /// It was refused.
    pub fn produce_failed(&self) {
        self.count(|traffic| &traffic.failed_produces, 1);
    }

    /// A partition's part of a fetch is answered, with so many bytes of records.
    pub fn fetched(&self, bytes: u64) {
        self.count(|traffic| &traffic.fetches, 1);
        self.count(|traffic| &traffic.bytes_out, bytes);
    }

    /// A partition's part of a fetch is answered with an error.
    pub fn fetch_failed(&self) {
        self.count(|traffic| &traffic.fetches, 1);
        self.count(|traffic| &traffic.failed_fetches, 1);
    }
}

impl Topic {
    fn has_traffic(&self) -> bool {
        self.traffic.produces.get() > 0 || self.traffic.fetches.get() > 0
    }
}

impl Topics {
    /// Topics that have series now, and how many with traffic find no room.
    fn labelled(&self) -> (Vec<Arc<Topic>>, usize) {
        let hosted = self.hosted.read();
        let (mut labelled, waiting): (Vec<_>, Vec<_>) = hosted
            .values()
            .filter(|topic| topic.has_traffic())
            .cloned()
            .partition(|topic| topic.is_labelled.load(Ordering::Relaxed));
        drop(hosted);
        let mut left_out = 0;
        for topic in waiting {
            if labelled.len() < TOPICS_LABELLED_MAX {
                topic.is_labelled.store(true, Ordering::Relaxed);
                labelled.push(topic);
            } else {
                left_out += 1;
            }
        }
        labelled.sort_by(|left, right| left.name.cmp(&right.name));
        (labelled, left_out)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TopicLabel {
    topic: String,
}

/// Writes the figures at each scrape.
pub(super) struct TopicCollector(Arc<Topics>);

impl fmt::Debug for TopicCollector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TopicCollector")
    }
}

type TrafficFigure = fn(&Traffic) -> &Counter;

/// Kafka's name, help and value of each figure.
const ROWS: [(&str, &str, TrafficFigure); 7] = [
    ("bytesin", "Bytes of records from clients", |traffic| &traffic.bytes_in),
    ("messagesin", "Records from clients", |traffic| &traffic.records_in),
    ("bytesout", "Bytes of records to consumers", |traffic| &traffic.bytes_out),
    ("totalproducerequests", "Partitions of produce requests", |traffic| &traffic.produces),
    ("failedproducerequests", "Partitions of produce requests that were refused", |traffic| &traffic.failed_produces),
    ("totalfetchrequests", "Partitions of fetch requests", |traffic| &traffic.fetches),
    ("failedfetchrequests", "Partitions of fetch requests that were refused", |traffic| &traffic.failed_fetches),
];

impl Collector for TopicCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let (topics, left_out) = self.0.labelled();
        for (name, help, figure) in ROWS {
            let name = format!("kafka_server_brokertopicmetrics_{name}");
            let mut family = encoder.encode_descriptor(&name, help, None, MetricType::Counter)?;
            for topic in &topics {
                let label = TopicLabel { topic: topic.name.clone() };
                ConstCounter::new(figure(&topic.traffic).get()).encode(family.encode_family(&label)?)?;
            }
            ConstCounter::new(figure(&self.0.all).get()).encode(family)?;
        }
        let gauge = ConstGauge::new(i64::try_from(left_out).unwrap_or(i64::MAX));
        let name = "strata_topics_without_series";
        gauge.encode(encoder.encode_descriptor(
            name,
            "Topics with traffic beyond the limit",
            None,
            MetricType::Gauge,
        )?)
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;
    use strata_compat::ids::Uuid;

    use super::*;

    fn id(number: usize) -> TopicId {
        TopicId(Uuid::from_u128(number as u128))
    }

    fn scrape(metrics: &TopicMetrics) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(metrics.collector()));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn a_topic_has_kafkas_series_from_its_first_request_to_its_end() {
        let metrics = TopicMetrics::default();
        metrics.host(id(1), "flights");
        metrics.host(id(2), "idle");
        let flights = metrics.counters(id(1));
        flights.produce_began();
        flights.produced(1_000, 10);
        flights.produce_began();
        flights.produce_failed();
        flights.fetched(500);
        flights.fetch_failed();
        let text = scrape(&metrics);
        for (name, value) in [
            ("bytesin", 1_000),
            ("messagesin", 10),
            ("bytesout", 500),
            ("totalproducerequests", 2),
            ("failedproducerequests", 1),
            ("totalfetchrequests", 2),
            ("failedfetchrequests", 1),
        ] {
            let family = format!("kafka_server_brokertopicmetrics_{name}");
            for line in [format!("{family}_total {value}"), format!("{family}_total{{topic=\"flights\"}} {value}")] {
                assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
            }
            assert_eq!(text.matches(&format!("# TYPE {family} counter")).count(), 1, "{text}");
        }
        assert!(!text.contains("idle"), "{text}");
        metrics.forget(id(1));
        flights.fetched(1);
        metrics.counters(id(1)).fetched(1);
        let text = scrape(&metrics);
        assert!(!text.contains("flights") && text.contains("bytesout_total 502"), "{text}");
    }

    #[test]
    fn topics_beyond_the_limit_have_series_once_there_is_room() {
        let metrics = TopicMetrics::default();
        for number in 0..=TOPICS_LABELLED_MAX {
            metrics.host(id(number), &format!("t{number}"));
            metrics.counters(id(number)).fetched(1);
        }
        let series = |text: &str| text.lines().filter(|line| line.contains("bytesout_total{")).count();
        let text = scrape(&metrics);
        assert_eq!(series(&text), TOPICS_LABELLED_MAX);
        assert!(text.contains("strata_topics_without_series 1"), "{text}");
        let last = format!("topic=\"t{TOPICS_LABELLED_MAX}\"");
        assert!(!text.contains(&last));
        metrics.forget(id(0));
        let text = scrape(&metrics);
        assert!(text.contains(&last) && text.contains("strata_topics_without_series 0"));
        assert_eq!(series(&text), TOPICS_LABELLED_MAX);
    }
}
