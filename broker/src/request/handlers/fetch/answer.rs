//! From what was read to the response.

use std::sync::Arc;

use strata_broker_core::fetch_session::{FetchContext, FetchPartition, PartitionAnswer, TopicKey};
use strata_broker_core::replication::DivergingEpoch;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Offset, TopicId, TopicIdPartition, Uuid};
use strata_compat::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchResponse, FetchableTopicResponse, LeaderIdAndEpoch, NodeEndpoint,
    PartitionData,
};
use strata_compat::wire::{KString, Records};
use strata_tiering::error::Error as TieringError;
use strata_tiering::remote_index::AbortedTransaction as RemoteAborted;

use super::code_for;
use crate::clock;
use crate::fetch_places::Stretches;
use crate::log::unified_log::types::AbortedTransaction as LocalAborted;
use crate::metrics::{ServedBytes, TopicCounters};
use crate::partition::PartitionOffsets;
use crate::request::context::RequestContext;
use crate::request::error_mapping;
use crate::request::handlers::leaders::Leaders;
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
    /// Where the records of the body came from.
    pub(super) served: ServedBytes,
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
            served: ServedBytes::default(),
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

pub(super) async fn respond(
    (broker, context): (&Arc<Broker>, &RequestContext),
    session: &FetchContext,
    parts: Vec<Part>,
    mut stretches: Stretches,
) -> FetchResponse {
    stretches.next().await;
    let summaries: Vec<PartitionAnswer> = parts.iter().map(Part::summary).collect();
    let now = clock::now();
    // Made without the lock that all fetches take.
    let new = session.new_session(&summaries, now);
    let finished = broker.fetches.sessions.lock().finish_with(session, &summaries, new, now);
    let answer = match finished {
        Ok(answer) => answer,
        Err(error) => {
            let error_code = error_mapping::session_error(&error).code();
            return FetchResponse { error_code, ..FetchResponse::default() };
        }
    };
    let mut response = FetchResponse { session_id: answer.session_id, ..FetchResponse::default() };
    let mut last_key: Option<TopicKey> = None;
    let mut leaders = Leaders::new(&broker.metadata);
    let mut counting = Counting { broker, last: None };
    for (part, is_listed) in parts.into_iter().zip(answer.listed) {
        stretches.next().await;
        counting.count(&part);
        if !is_listed {
            continue;
        }
        let key = part.request.key.topic.clone();
        if last_key.as_ref() != Some(&key) {
            response.responses.push(topic_of(&key));
            last_key = Some(key);
        }
        let data = partition_data(broker, context, part, &mut leaders);
        if let Some(topic) = response.responses.last_mut() {
            topic.partitions.push(data);
        }
    }
    response.node_endpoints = leaders.endpoints(&context.connection.listener, |node_id, host, port, rack| {
        NodeEndpoint { node_id, host, port, rack }
    });
    response
}

fn topic_of(key: &TopicKey) -> FetchableTopicResponse {
    let (topic, topic_id) = match key {
        TopicKey::Name(name) => (KString::from(name.as_ref()), Uuid::nil()),
        TopicKey::Id(topic_id) => (KString::default(), topic_id.0),
    };
    FetchableTopicResponse { topic, topic_id, partitions: Vec::new() }
}

fn partition_data(broker: &Broker, context: &RequestContext, part: Part, leaders: &mut Leaders<'_>) -> PartitionData {
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
            broker.metrics.fetched(part.served);
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
                let leader = id_of(broker, &part.request).and_then(|id| leaders.name(id));
                data.current_leader = leader.map_or_else(LeaderIdAndEpoch::default, |leader| LeaderIdAndEpoch {
                    leader_id: leader.id,
                    leader_epoch: leader.epoch,
                });
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

/// The partition that a request names, if there is such a topic.
fn id_of(broker: &Broker, request: &FetchPartition) -> Option<TopicIdPartition> {
    let topic_id = match &request.key.topic {
        TopicKey::Id(topic_id) => *topic_id,
        TopicKey::Name(name) => broker.metadata.topic_by_name(name)?.topic_id,
    };
    Some(TopicIdPartition { topic_id, partition: request.key.partition })
}

/// Counts what clients are answered, looking up the figures of each topic once as long as its partitions come together.
struct Counting<'answer> {
    broker: &'answer Broker,
    last: Option<(TopicKey, TopicCounters)>,
}

impl Counting<'_> {
    fn count(&mut self, part: &Part) {
        let key = &part.request.key.topic;
        let is_same = self.last.as_ref().is_some_and(|(last, _)| last == key);
        if !is_same {
            let id = id_of(self.broker, &part.request).map_or(TopicId::ZERO, |id| id.topic_id);
            self.last = Some((key.clone(), self.broker.metrics.topics().counters(id)));
        }
        let Some((_, counters)) = &self.last else {
            return;
        };
        match &part.body {
            Body::Failed(_) => counters.fetch_failed(),
            Body::Records(records) => counters.fetched(records.size_bytes() as u64),
            Body::Empty | Body::Diverging(_) => counters.fetched(0),
        }
    }
}
