//! From what was read to the response.

use std::sync::Arc;

use strata_broker_core::fetch_session::{FetchContext, FetchPartition, PartitionAnswer, TopicKey};
use strata_broker_core::replication::DivergingEpoch;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Offset, PartitionId, TopicIdPartition, Uuid};
use strata_compat::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint,
    PartitionData,
};
use strata_compat::wire::{KString, Records};
use strata_tiering::error::Error as TieringError;
use strata_tiering::remote_index::AbortedTransaction as RemoteAborted;

use super::code_for;
use crate::clock;
use crate::log::unified_log::types::AbortedTransaction as LocalAborted;
use crate::partition::PartitionOffsets;
use crate::request::context::RequestContext;
use crate::request::error_mapping;
use crate::server::Broker;

/// What one partition's part of the answer holds.
pub(super) enum Body {
    /// Nothing yet.
    Empty,
    /// Records, or none.
    Records(Records),
    /// The reader's log has parted from the leader's.
    Diverging(DivergingEpoch),
    /// An error.
    Failed(ErrorCode),
}

/// One partition of a fetch.
pub(super) struct Part {
    pub(super) request: FetchPartition,
    pub(super) topic: Arc<str>,
    pub(super) offsets: Option<PartitionOffsets>,
    pub(super) body: Body,
    pub(super) aborted: Vec<LocalAborted>,
    pub(super) aborted_remotely: Vec<RemoteAborted>,
    /// The store failed; an error only once the wait is over.
    pub(super) remote_failure: Option<TieringError>,
}

impl Part {
    pub(super) fn new(request: FetchPartition) -> Self {
        let topic = match &request.key.topic {
            TopicKey::Name(name) => Arc::clone(name),
            TopicKey::Id(topic_id) => topic_id.to_string().into(),
        };
        Self {
            request,
            topic,
            offsets: None,
            body: Body::Empty,
            aborted: Vec::new(),
            aborted_remotely: Vec::new(),
            remote_failure: None,
        }
    }

    fn summary(&self) -> PartitionAnswer {
        let none = Offset::NONE;
        PartitionAnswer {
            high_watermark: self.offsets.map_or(none, |offsets| offsets.high_watermark),
            log_start: self.offsets.map_or(none, |offsets| offsets.log_start),
            record_bytes: match &self.body {
                Body::Records(records) => records.size_bytes(),
                _ => 0,
            },
            has_error: matches!(self.body, Body::Failed(_)),
            is_diverging: matches!(self.body, Body::Diverging(_)),
            has_preferred_replica: false,
        }
    }
}

pub(super) fn respond(
    broker: &Arc<Broker>,
    context: &RequestContext,
    session: &FetchContext,
    parts: Vec<Part>,
) -> FetchResponse {
    let summaries: Vec<PartitionAnswer> = parts.iter().map(Part::summary).collect();
    let finished = broker.fetches.sessions.lock().finish(session, &summaries, clock::now());
    let answer = match finished {
        Ok(answer) => answer,
        Err(error) => {
            let error_code = error_mapping::session_error(&error).code();
            return FetchResponse { error_code, ..FetchResponse::default() };
        }
    };
    let mut response = FetchResponse { session_id: answer.session_id, ..FetchResponse::default() };
    let mut last_key: Option<TopicKey> = None;
    let mut has_moved = false;
    for (part, is_listed) in parts.into_iter().zip(answer.listed) {
        if !is_listed {
            continue;
        }
        let key = part.request.key.topic.clone();
        if last_key.as_ref() != Some(&key) {
            response.responses.push(topic_of(&key));
            last_key = Some(key);
        }
        let data = partition_data(broker, context, part);
        has_moved |= data.current_leader.leader_id >= 0;
        if let Some(topic) = response.responses.last_mut() {
            topic.partitions.push(data);
        }
    }
    if has_moved {
        response.node_endpoints = node_endpoints(broker, &context.connection.listener);
    }
    response
}

fn topic_of(key: &TopicKey) -> FetchableTopicResponse {
    let (topic, topic_id) = match key {
        TopicKey::Name(name) => (KString::from(name.as_ref()), Uuid::nil()),
        TopicKey::Id(topic_id) => (KString::default(), topic_id.0),
    };
    FetchableTopicResponse { topic, topic_id, partitions: Vec::new() }
}

fn partition_data(broker: &Broker, context: &RequestContext, part: Part) -> PartitionData {
    let mut data = PartitionData {
        partition_index: part.request.key.partition.0,
        high_watermark: -1,
        records: Some(Records::new()),
        ..PartitionData::default()
    };
    if let Some(offsets) = part.offsets {
        data.high_watermark = offsets.high_watermark.0;
        data.last_stable_offset = offsets.last_stable_offset.0;
        data.log_start_offset = offsets.log_start.0;
    }
    match part.body {
        Body::Empty => {}
        Body::Records(records) => {
            data.records = Some(records);
            data.aborted_transactions = aborted(&part.aborted, &part.aborted_remotely);
        }
        Body::Diverging(diverging) => {
            data.diverging_epoch = EpochEndOffset { epoch: diverging.epoch.0, end_offset: diverging.end_offset.0 };
        }
        Body::Failed(code) => {
            data.error_code = code_for(code, context.version).code();
            data.high_watermark = -1;
            data.last_stable_offset = -1;
            data.log_start_offset = -1;
            if context.version >= 16 && matches!(code, ErrorCode::NotLeaderOrFollower | ErrorCode::FencedLeaderEpoch) {
                data.current_leader = current_leader(broker, &part.request);
            }
        }
    }
    data
}

/// Kafka's null where nothing was aborted, or nobody asked.
fn aborted(local: &[LocalAborted], remote: &[RemoteAborted]) -> Option<Vec<AbortedTransaction>> {
    let all: Vec<AbortedTransaction> = local
        .iter()
        .map(|aborted| (aborted.producer_id, aborted.first_offset))
        .chain(remote.iter().map(|aborted| (aborted.producer_id, aborted.first_offset)))
        .map(|(producer_id, first_offset)| AbortedTransaction {
            producer_id: producer_id.0,
            first_offset: first_offset.0,
        })
        .collect();
    (!all.is_empty()).then_some(all)
}

/// KIP-951: who leads instead.
fn current_leader(broker: &Broker, request: &FetchPartition) -> LeaderIdAndEpoch {
    let partition: PartitionId = request.key.partition;
    let state = match &request.key.topic {
        TopicKey::Id(topic_id) => broker.metadata.partition(TopicIdPartition { topic_id: *topic_id, partition }),
        TopicKey::Name(name) => broker.metadata.partition_by_name(name, partition).map(|(_, state)| state),
    };
    state.map_or_else(LeaderIdAndEpoch::default, |state| LeaderIdAndEpoch {
        leader_id: state.leader.0,
        leader_epoch: state.leader_epoch.0,
    })
}

fn node_endpoints(broker: &Broker, listener: &str) -> Vec<NodeEndpoint> {
    broker
        .metadata
        .endpoints(listener)
        .into_iter()
        .map(|node| NodeEndpoint {
            node_id: node.id.0,
            host: node.host.into(),
            port: i32::from(node.port),
            rack: node.rack.map(KString::from),
        })
        .collect()
}
