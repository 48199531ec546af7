//! A client for tests in Rust: creates a topic, produces values, reads them back.
//!
//! Owns: whole batches with their offsets, one partition at a time. Does not own: connections and versions, which the
//! admin client of the broker's command line has. Every wait has a deadline.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use strata_broker::cli::client::Client;
use strata_compat::compression::DecompressLimits;
use strata_compat::messages::create_topics::{CreatableTopic, CreatableTopicConfig};
use strata_compat::messages::fetch::{FetchPartition, FetchTopic};
use strata_compat::messages::produce::{PartitionProduceData, TopicProduceData};
use strata_compat::messages::{CreateTopicsRequest, FetchRequest, ProduceRequest};
use strata_compat::record_batch::split_batches;
use strata_compat::records::iterate;

/// The last versions that name topics instead of giving their ids.
const PRODUCE_VERSION_MAX: i16 = 12;
const FETCH_VERSION_MAX: i16 = 12;
const FETCH_BYTES: i32 = 4 << 20;
const BATCH_BYTES_MAX: usize = 64 << 20;
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// A client of one broker.
pub struct TestClient {
    client: Client,
}

impl TestClient {
    /// A client of the broker at `HOST:PORT`.
    #[must_use]
    pub fn new(bootstrap: &str) -> Self {
        Self { client: Client::new(bootstrap, CALL_TIMEOUT) }
    }

    /// Creates a topic of one partition.
    ///
    /// # Errors
    /// The broker refuses it or does not answer.
    pub async fn create_topic(&mut self, name: &str, configs: &[(&str, &str)]) -> Result<()> {
        let configs = configs
            .iter()
            .map(|(key, value)| CreatableTopicConfig { name: (*key).into(), value: Some((*value).into()) })
            .collect();
        let topic = CreatableTopic {
            name: name.into(),
            num_partitions: 1,
            replication_factor: 1,
            configs,
            ..Default::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 20_000, ..Default::default() };
        let response = self.client.call(&request).await?;
        let result = response.topics.first().context("the broker answered no topic")?;
        ensure!(result.error_code == 0, "error {}: {:?}", result.error_code, result.error_message);
        Ok(())
    }

    /// Appends one batch, acknowledged by all in-sync replicas; answers its base offset.
    ///
    /// # Errors
    /// The broker refuses it or does not answer.
    pub async fn produce(&mut self, topic: &str, batch: Bytes) -> Result<i64> {
        let partition = PartitionProduceData { index: 0, records: Some(batch) };
        let data = TopicProduceData { name: topic.into(), partition_data: vec![partition], ..Default::default() };
        let request = ProduceRequest { acks: -1, timeout_ms: 15_000, topic_data: vec![data], ..Default::default() };
        let response = self.client.call_within(&request, PRODUCE_VERSION_MAX).await?;
        let answer = response.responses.first().and_then(|topic| topic.partition_responses.first());
        let answer = answer.context("the broker answered no partition")?;
        ensure!(answer.error_code == 0, "error {}: {:?}", answer.error_code, answer.error_message);
        Ok(answer.base_offset)
    }

    /// The records from an offset on, as offset and value; may be none.
    ///
    /// # Errors
    /// The broker refuses it or does not answer, or what it answers is not whole.
    pub async fn fetch(&mut self, topic: &str, offset: i64) -> Result<Vec<(i64, Bytes)>> {
        let partition = FetchPartition { fetch_offset: offset, partition_max_bytes: FETCH_BYTES, ..Default::default() };
        let topic = FetchTopic { topic: topic.into(), partitions: vec![partition], ..Default::default() };
        let request = FetchRequest {
            max_wait_ms: 500,
            min_bytes: 1,
            max_bytes: FETCH_BYTES,
            topics: vec![topic],
            ..Default::default()
        };
        let response = self.client.call_within(&request, FETCH_VERSION_MAX).await?;
        ensure!(response.error_code == 0, "error {}", response.error_code);
        let answer = response.responses.first().and_then(|topic| topic.partitions.first());
        let answer = answer.context("the broker answered no partition")?;
        ensure!(answer.error_code == 0, "error {}", answer.error_code);
        let mut found = Vec::new();
        let bytes = answer.records.as_ref().map(strata_compat::wire::Records::to_bytes).unwrap_or_default();
        for batch in split_batches(&bytes) {
            let (_, batch) = batch?;
            for record in iterate(&batch, DecompressLimits::new(BATCH_BYTES_MAX))? {
                let record = record?;
                // A batch is sent whole, also if the offset lies inside it.
                if record.offset.0 >= offset {
                    found.push((record.offset.0, record.value.unwrap_or_default()));
                }
            }
        }
        Ok(found)
    }
}
