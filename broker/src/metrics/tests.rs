//! Tests of `metrics.rs`.

use prometheus_client::encoding::text::encode;

use super::*;

struct TwoLogs;

impl LogFiguresSource for TwoLogs {
    fn totals(&self) -> ReplicaTotals {
        ReplicaTotals { partitions: 2, leaders: 1, under_replicated: 1, short_log_dirs: 1, ..ReplicaTotals::default() }
    }

    fn journals(&self) -> Option<JournalFigures> {
        Some(JournalFigures { groups: 3, entries: 40, bytes: 12_288 })
    }

    fn logs(&self, max: usize) -> Vec<LogFigures> {
        let log = |partition| LogFigures {
            topic: "flights".into(),
            partition,
            local_bytes: 100,
            segments: 2,
            log_start_offset: 5,
            log_end_offset: 9,
        };
        (0..2).map(log).take(max).collect()
    }
}

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

#[test]
fn figures_bear_the_names_of_kafkas_exporter() {
    let metrics = BrokerMetrics::new();
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    BrokerMetrics::register_logs(&mut registry, Arc::new(TwoLogs));
    metrics.request_began(ApiKey::Produce);
    metrics.request_finished(ApiKey::Produce, Duration::from_millis(3));
    metrics.request_began(ApiKey::Fetch);
    let topic = metrics.topics().counters(strata_compat::ids::TopicId::ZERO);
    topic.produced(1000, 10);
    topic.fetched(500);
    metrics.fetched(ServedBytes { local: 200, cache_memory: 0, cache_disk: 100, bucket: 200 });
    metrics.connection_opened();
    metrics.connection_opened();
    metrics.connection_closed();
    metrics.set_request_memory(77);
    metrics.set_answer_memory(78);
    metrics.set_broker_state(BrokerState::Running);
    let text = text(&registry);
    for line in [
        "kafka_network_requestmetrics_requests_total{request=\"Produce\"} 1",
        "kafka_network_requestmetrics_totaltimems_count{request=\"Produce\"} 1",
        "strata_requests_in_flight{request=\"Produce\"} 0",
        "strata_requests_in_flight{request=\"Fetch\"} 1",
        "kafka_server_brokertopicmetrics_bytesin_total 1000",
        "strata_log_dirs_short_of_room 1",
        "strata_journal_groups_total 3",
        "strata_journal_entries_total 40",
        "strata_journal_bytes_total 12288",
        "kafka_server_brokertopicmetrics_messagesin_total 10",
        "kafka_server_brokertopicmetrics_bytesout_total 500",
        "strata_fetched_bytes_total{origin=\"bucket\"} 200",
        "kafka_server_socketservermetrics_connection_count 1",
        "strata_request_memory_bytes 77",
        "strata_answer_memory_bytes 78",
        "kafka_server_kafkaserver_brokerstate 3",
        "kafka_server_replicamanager_partitioncount 2",
        "kafka_server_replicamanager_leadercount 1",
        "kafka_server_replicamanager_underreplicatedpartitions 1",
        "kafka_log_log_size{topic=\"flights\",partition=\"1\"} 100",
        "kafka_log_log_logendoffset{topic=\"flights\",partition=\"0\"} 9",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    assert!(text.contains("process_resident_memory_bytes "), "{text}");
    assert!(text.contains("process_cpu_seconds_total "), "{text}");
}

#[test]
fn every_served_api_has_handles() {
    let metrics = BrokerMetrics::new();
    for key in [ApiKey::Produce, ApiKey::ApiVersions, ApiKey::DescribeTopicPartitions, ApiKey::DescribeTier] {
        assert!(metrics.api(key).is_some(), "{key}");
    }
}

#[test]
fn a_failed_request_is_no_longer_in_flight() {
    let metrics = BrokerMetrics::new();
    metrics.request_began(ApiKey::Fetch);
    metrics.request_failed(ApiKey::Fetch);
    let api = metrics.api(ApiKey::Fetch).unwrap();
    assert_eq!((api.in_flight.get(), api.errors.get(), api.requests.get()), (0, 1, 1));
}

#[test]
fn a_timer_counts_the_end_of_its_request_once() {
    let metrics = Arc::new(BrokerMetrics::new());
    let received_at = Instant::now();
    metrics.begin_request(ApiKey::Fetch, received_at).finish();
    drop(metrics.begin_request(ApiKey::Fetch, received_at));
    let open = metrics.begin_request(ApiKey::Fetch, received_at);
    let api = metrics.api(ApiKey::Fetch).unwrap();
    assert_eq!((api.in_flight.get(), api.errors.get(), api.requests.get()), (1, 1, 3));
    drop(open);
}

#[test]
fn an_api_that_nobody_uses_has_no_series() {
    let metrics = BrokerMetrics::new();
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    metrics.request_began(ApiKey::Fetch);
    assert!(!text(&registry).contains("Produce"));
}
