//! Produce (0): appends each partition's batch in the order of arrival, then waits for what `acks` asks.

use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use strata_broker_core::error::Error as CoreError;
use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::compression::{Compression, DecompressLimits};
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{PartitionId, Timestamp, TopicId, TopicIdPartition};
use strata_compat::messages::produce::{
    BatchIndexAndErrorMessage, NodeEndpoint, PartitionProduceData, PartitionProduceResponse, ProduceRequest,
    ProduceResponse, TopicProduceData, TopicProduceResponse,
};
use strata_compat::record_batch::BatchHeader;
use strata_compat::wire::KString;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::clock;
use crate::log::log_validator::{
    ValidatedBatch, ValidationError, ValidationRules, check_produce_version, validate_client_records,
};
use crate::log::unified_log::AppendRoom;
use crate::metrics::TopicCounters;
use crate::partition::Partition;
use crate::partition::append::{Acks, JOURNAL_WAIT, LeaderWrite};
use crate::partition::error::PartitionError;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::handlers::leaders::Leaders;
use crate::request::{Outcome, error_mapping};
use crate::server::Broker;

/// A decompressed batch may be so much larger than `max.message.bytes`.
const DECOMPRESSED_FACTOR: usize = 64;
/// A compressed batch up to this size is checked without leaving the thread to others first, in bytes.
const IN_PLACE_BYTES_MAX: usize = 16 * 1024;
/// A batch of so many bytes that comes alone stays in the frame that it came in. Others are copied: what keeps one in memory must
/// not keep the frame.
const OWN_FRAME_BYTES: usize = 64 * 1024;
/// The client that may write internal topics, as in Kafka.
const ADMIN_CLIENT: &str = "__admin_client";
/// First version that tells who leads instead.
const CURRENT_LEADER_VERSION: i16 = 10;
/// What a client is told that asks for transactions.
pub(crate) const NO_TRANSACTIONS: &str = "transactions are not served yet: produce without a transactional.id";

/// One partition's answer, which may still be missing its acknowledgement.
struct Begun {
    response: PartitionProduceResponse,
    committed: Option<oneshot::Receiver<Result<(), CoreError>>>,
}

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: ProduceRequest,
) -> Outcome<ProduceResponse> {
    let acks = request.acks;
    let room_until = Instant::now() + JOURNAL_WAIT;
    let frame_bytes = context.frame_bytes;
    let producing = Producing {
        broker,
        context,
        acks,
        timeout_ms: request.timeout_ms,
        now: clock::now(),
        room_until,
        owns_frame: owns_frame(&request.topic_data, frame_bytes),
    };
    let mut begun: Vec<(KString, TopicId, Vec<Begun>)> = if request.transactional_id.is_some() {
        producing.refuse_all(request.topic_data, ErrorCode::TransactionalIdAuthorizationFailed, NO_TRANSACTIONS)
    } else if !matches!(acks, -1..=1) {
        producing.refuse_all(
            request.topic_data,
            ErrorCode::InvalidRequiredAcks,
            &format!("acks is -1 (all), 0 or 1, not {acks}"),
        )
    } else {
        let mut begun = Vec::with_capacity(request.topic_data.len());
        for topic in request.topic_data {
            begun.push(producing.topic(topic).await);
        }
        begun
    };
    if acks == 0 {
        let has_failed = |part: &Begun| part.response.error_code != ErrorCode::None.code();
        return match begun.iter().flat_map(|(_, _, parts)| parts).find(|part| has_failed(part)) {
            // Without a response the closed connection is the only way to tell.
            Some(part) => {
                Outcome::Close(format!("a produce with acks=0 failed with code {}", part.response.error_code))
            }
            None => Outcome::Nothing,
        };
    }
    let Producing { broker, context, .. } = producing;
    if acks == 1 {
        // Nothing is waited for.
        return Outcome::Now(respond(&broker, &context, begun));
    }
    Outcome::Later(Box::pin(async move {
        for part in begun.iter_mut().flat_map(|(_, _, parts)| parts) {
            finish(part).await;
        }
        respond(&broker, &context, begun)
    }))
}

fn respond(broker: &Broker, context: &RequestContext, begun: Vec<(KString, TopicId, Vec<Begun>)>) -> ProduceResponse {
    let mut response = ProduceResponse { responses: Vec::with_capacity(begun.len()), ..ProduceResponse::default() };
    for (name, topic_id, parts) in begun {
        let partition_responses = parts.into_iter().map(|part| part.response).collect();
        response.responses.push(TopicProduceResponse { name, topic_id: topic_id.0, partition_responses });
    }
    if context.version >= CURRENT_LEADER_VERSION {
        name_leaders(broker, &context.connection.listener, &mut response);
    }
    response
}

/// Whether a large batch is nearly all of the frame that it came in.
fn owns_frame(topics: &[TopicProduceData], frame_bytes: usize) -> bool {
    let [topic] = topics else { return false };
    let [part] = topic.partition_data.as_slice() else { return false };
    let bytes = part.records.as_ref().map_or(0, Bytes::len);
    bytes >= OWN_FRAME_BYTES && bytes >= frame_bytes - frame_bytes / 8
}

/// KIP-951: who leads instead, for clients that were wrong or whose leader went while they waited.
fn name_leaders(broker: &Broker, listener: &str, response: &mut ProduceResponse) {
    let mut leaders = Leaders::new(&broker.metadata);
    for topic in &mut response.responses {
        let named = topic_id_of(broker, topic);
        for part in &mut topic.partition_responses {
            if part.error_code != ErrorCode::NotLeaderOrFollower.code() {
                continue;
            }
            let leader = named
                .and_then(|topic_id| leaders.name(TopicIdPartition { topic_id, partition: PartitionId(part.index) }));
            if let Some(leader) = leader {
                part.current_leader.leader_id = leader.id;
                part.current_leader.leader_epoch = leader.epoch;
            }
        }
    }
    response.node_endpoints =
        leaders.endpoints(listener, |node_id, host, port, rack| NodeEndpoint { node_id, host, port, rack });
}

/// Before version 13 topics have names only.
fn topic_id_of(broker: &Broker, topic: &TopicProduceResponse) -> Option<TopicId> {
    if topic.topic_id.is_nil() {
        broker.metadata.topic_by_name(&topic.name).map(|topic| topic.topic_id)
    } else {
        Some(TopicId(topic.topic_id))
    }
}

/// Waits for the acknowledgement, where one is missing.
async fn finish(part: &mut Begun) {
    let Some(committed) = part.committed.take() else {
        return;
    };
    let error = match committed.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        // The partition is gone, and with it whoever would have answered.
        Err(_) => CoreError::NotLeader,
    };
    part.response = PartitionProduceResponse {
        error_code: error_mapping::core_error(&error).code(),
        error_message: Some(error.to_string().into()),
        base_offset: -1,
        log_append_time_ms: -1,
        log_start_offset: -1,
        ..std::mem::take(&mut part.response)
    };
}

struct Producing {
    broker: Arc<Broker>,
    context: RequestContext,
    acks: i16,
    timeout_ms: i32,
    now: Timestamp,
    /// When appends no longer wait for room in the journal.
    room_until: Instant,
    /// Whether the only batch has the request's frame for itself.
    owns_frame: bool,
}

impl Producing {
    fn refuse_all(
        &self,
        topics: Vec<TopicProduceData>,
        code: ErrorCode,
        message: &str,
    ) -> Vec<(KString, TopicId, Vec<Begun>)> {
        topics
            .into_iter()
            .map(|topic| {
                let parts = topic.partition_data.iter().map(|part| refused(part.index, code, message)).collect();
                (topic.name, TopicId(topic.topic_id), parts)
            })
            .collect()
    }

    async fn topic(&self, mut topic: TopicProduceData) -> (KString, TopicId, Vec<Begun>) {
        if self.owns_frame {
            // The answer needs the name, which is part of the frame: without it the batch has that alone.
            topic.name = KString::from(topic.name.as_str());
        }
        let parts = match self.find_topic(&topic) {
            Ok(id) => {
                let counters = self.broker.metrics.topics().counters(id);
                let mut parts = Vec::with_capacity(topic.partition_data.len());
                for part in topic.partition_data {
                    parts.push(self.partition(id, part, &counters).await);
                }
                parts
            }
            Err((code, message)) => {
                topic.partition_data.iter().map(|part| refused(part.index, code, &message)).collect()
            }
        };
        (topic.name, TopicId(topic.topic_id), parts)
    }

    fn find_topic(&self, topic: &TopicProduceData) -> Result<TopicId, (ErrorCode, String)> {
        let uses_ids = self.context.version >= 13;
        let found = if uses_ids {
            self.broker.metadata.topic(TopicId(topic.topic_id))
        } else {
            self.broker.metadata.topic_by_name(&topic.name)
        };
        let Some(found) = found else {
            return Err(if uses_ids {
                (ErrorCode::UnknownTopicId, format!("no topic has the id {}", TopicId(topic.topic_id)))
            } else {
                (ErrorCode::UnknownTopicOrPartition, format!("there is no topic '{}'", topic.name))
            });
        };
        if !self.broker.allows(&self.context, Operation::Write, Resource::Topic(&found.name)) {
            let message = format!("writing to topic '{}' is not allowed", found.name);
            return Err((ErrorCode::TopicAuthorizationFailed, message));
        }
        if found.internal && self.context.client_id.as_deref() != Some(ADMIN_CLIENT) {
            let message = format!("'{}' is an internal topic", found.name);
            return Err((ErrorCode::InvalidTopicException, message));
        }
        Ok(found.topic_id)
    }

    async fn partition(&self, topic_id: TopicId, data: PartitionProduceData, counters: &TopicCounters) -> Begun {
        let index = data.index;
        let id = TopicIdPartition { topic_id, partition: PartitionId(index) };
        counters.produce_began();
        match self.append(id, data, counters).await {
            Ok(begun) => {
                if begun.response.error_code != ErrorCode::None.code() {
                    counters.produce_failed();
                }
                begun
            }
            Err(error) => {
                let code = error_mapping::partition_error(&error);
                counters.produce_failed();
                let mut begun = refused(index, code, &error.to_string());
                if let PartitionError::Validation(ValidationError { record_errors, .. }) = error {
                    begun.response.record_errors = record_errors
                        .into_iter()
                        .map(|(batch_index, message)| BatchIndexAndErrorMessage {
                            batch_index,
                            batch_index_error_message: Some(message.into()),
                        })
                        .collect();
                }
                begun
            }
        }
    }

    /// What may be appended, and where; or the answer. Apart from the append, which may wait: a request is as large as all that it
    /// holds then.
    fn checked(
        &self,
        id: TopicIdPartition,
        data: PartitionProduceData,
    ) -> Result<ControlFlow<Begun, (Arc<Partition>, ValidatedBatch)>, PartitionError> {
        let Some(partition) = self.broker.replicas.get(id) else {
            if self.broker.metadata.partition(id).is_some() {
                return Err(self.broker.replicas.why_missing(id));
            }
            let message = format!("there is no partition {} of this topic", data.index);
            return Ok(ControlFlow::Break(refused(data.index, ErrorCode::UnknownTopicOrPartition, &message)));
        };
        let config = partition.log().config();
        let max_bytes = usize::try_from(config.max_message_bytes).unwrap_or(usize::MAX);
        let limits = DecompressLimits::new(max_bytes.saturating_mul(DECOMPRESSED_FACTOR));
        let rules = ValidationRules::new(&config, limits, self.now);
        let records = data.records.unwrap_or_default();
        // What somebody else holds is copied before it is changed.
        let shared = (!self.owns_frame).then(|| records.clone());
        let batch = validate(records, &rules)
            .and_then(|batch| check_produce_version(&batch.header, self.context.version).map(|()| batch))
            .map_err(PartitionError::Validation)?;
        drop(shared);
        if batch.header.is_transactional() {
            let code = ErrorCode::TransactionalIdAuthorizationFailed;
            return Ok(ControlFlow::Break(refused(data.index, code, NO_TRANSACTIONS)));
        }
        Ok(ControlFlow::Continue((partition, batch)))
    }

    async fn append(
        &self,
        id: TopicIdPartition,
        data: PartitionProduceData,
        counters: &TopicCounters,
    ) -> Result<Begun, PartitionError> {
        let index = data.index;
        let (partition, batch) = match self.checked(id, data)? {
            ControlFlow::Continue(checked) => checked,
            ControlFlow::Break(refused) => return Ok(refused),
        };
        let room = partition.take_room(batch.bytes.len(), self.room_until, self.now).await?;
        self.write((&partition, index), batch, &room, counters)
    }

    fn write(
        &self,
        (partition, index): (&Partition, i32),
        batch: ValidatedBatch,
        room: &AppendRoom<'_>,
        counters: &TopicCounters,
    ) -> Result<Begun, PartitionError> {
        let acks = if self.acks == -1 {
            Acks::Committed { deadline: self.now.plus_ms(i64::from(self.timeout_ms.max(0))) }
        } else {
            Acks::Written
        };
        let (records, append_time) = (batch.record_count, batch.append_time);
        let write = LeaderWrite { origin: AppendOrigin::Client, acks, expected_epoch: None, now: self.now };
        let appended = partition.append_as_leader(batch.bytes.freeze(), write, room)?;
        counters.produced(appended.info.bytes, u64::try_from(records).unwrap_or(0));
        let response = PartitionProduceResponse {
            index,
            base_offset: appended.info.first_offset.0,
            log_append_time_ms: append_time.map_or(-1, |_| appended.info.max_timestamp.0),
            log_start_offset: partition.offsets().log_start.0,
            ..PartitionProduceResponse::default()
        };
        Ok(Begun { response, committed: appended.committed })
    }
}

/// Checks a batch. A compressed one is decompressed, which may take long: other connections of this thread go elsewhere.
fn validate(records: Bytes, rules: &ValidationRules) -> Result<ValidatedBatch, ValidationError> {
    let is_compressed = BatchHeader::parse(&records)
        .is_ok_and(|header| header.compression().is_ok_and(|compression| compression != Compression::None));
    if is_compressed && records.len() > IN_PLACE_BYTES_MAX {
        tokio::task::block_in_place(|| validate_client_records(records, rules))
    } else {
        validate_client_records(records, rules)
    }
}

fn refused(index: i32, code: ErrorCode, message: &str) -> Begun {
    let response = PartitionProduceResponse {
        index,
        error_code: code.code(),
        base_offset: -1,
        error_message: Some(message.into()),
        ..PartitionProduceResponse::default()
    };
    Begun { response, committed: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(batches: &[usize]) -> TopicProduceData {
        let part =
            |(index, bytes): (i32, &usize)| PartitionProduceData { index, records: Some(Bytes::from(vec![0; *bytes])) };
        TopicProduceData { partition_data: (0..).zip(batches).map(part).collect(), ..TopicProduceData::default() }
    }

    #[test]
    fn only_a_large_batch_that_is_nearly_all_of_its_frame_stays_there() {
        let large = OWN_FRAME_BYTES;
        let table: [(&[TopicProduceData], usize, bool); 7] = [
            (&[], 0, false),
            (&[topic(&[large])], large + 100, true),
            (&[topic(&[large - 1])], large, false),
            (&[topic(&[large, large])], 2 * large, false),
            (&[topic(&[large]), topic(&[])], large, false),
            (&[topic(&[7 * large])], 8 * large, true),
            (&[topic(&[7 * large])], 8 * large + 8, false),
        ];
        for (at, (topics, frame_bytes, alone)) in table.into_iter().enumerate() {
            assert_eq!(owns_frame(topics, frame_bytes), alone, "row {at}");
        }
    }
}
