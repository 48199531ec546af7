//! OffsetForLeaderEpoch (23): where a leader epoch ends in the leader's log, so that a consumer or follower sees whether
//! its own records were cut.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId};
use strata_compat::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderPartition,
    OffsetForLeaderTopic, OffsetForLeaderTopicResult,
};

use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::{Outcome, error_mapping};
use crate::server::Broker;

/// What an answer says of an epoch that is not known.
const UNKNOWN: (LeaderEpoch, Offset) = (LeaderEpoch::NONE, Offset::NONE);

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: OffsetForLeaderEpochRequest,
) -> Outcome<OffsetForLeaderEpochResponse> {
    let acts_as_broker = broker.allows(&context, Operation::ClusterAction, Resource::Cluster);
    let topics = request
        .topics
        .into_iter()
        .map(|topic| {
            let may_see = acts_as_broker || broker.allows(&context, Operation::Describe, Resource::Topic(&topic.topic));
            answer(&broker, topic, may_see)
        })
        .collect();
    OffsetForLeaderEpochResponse { topics, ..OffsetForLeaderEpochResponse::default() }.into()
}

fn answer(broker: &Broker, topic: OffsetForLeaderTopic, may_see: bool) -> OffsetForLeaderTopicResult {
    let partitions = topic
        .partitions
        .iter()
        .map(|wish| {
            let found =
                if may_see { find(broker, &topic.topic, wish) } else { Err(ErrorCode::TopicAuthorizationFailed) };
            let code = found.err().unwrap_or(ErrorCode::None);
            let (leader_epoch, end_offset) = found.unwrap_or(UNKNOWN);
            EpochEndOffset {
                error_code: code.code(),
                partition: wish.partition,
                leader_epoch: leader_epoch.0,
                end_offset: end_offset.0,
            }
        })
        .collect();
    OffsetForLeaderTopicResult { topic: topic.topic, partitions }
}

fn find(broker: &Broker, topic: &str, wish: &OffsetForLeaderPartition) -> Result<(LeaderEpoch, Offset), ErrorCode> {
    let (id, _) = broker
        .metadata
        .partition_by_name(topic, PartitionId(wish.partition))
        .ok_or(ErrorCode::UnknownTopicOrPartition)?;
    let missing = || error_mapping::partition_error(&broker.replicas.why_missing(id));
    let partition = broker.replicas.get(id).ok_or_else(missing)?;
    let end = partition
        .end_offset_for_epoch(LeaderEpoch(wish.current_leader_epoch), LeaderEpoch(wish.leader_epoch))
        .map_err(|error| error_mapping::core_error(&error))?;
    Ok(end.unwrap_or(UNKNOWN))
}
