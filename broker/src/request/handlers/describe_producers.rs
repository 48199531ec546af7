//! DescribeProducers (61): the producers of which a partition's leader keeps the state.

use std::sync::Arc;

use strata_broker_core::producer_state::ProducerEntry;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, PartitionId};
use strata_compat::messages::describe_producers::{
    DescribeProducersRequest, DescribeProducersResponse, PartitionResponse, ProducerState, TopicRequest, TopicResponse,
};

use super::admin::{self, PARTITIONS_PER_REQUEST_MAX, Refused};
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::{Outcome, error_mapping};
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeProducersRequest,
) -> Outcome<DescribeProducersResponse> {
    let asked: usize = request.topics.iter().map(|topic| topic.partition_indexes.len()).sum();
    let topics = request.topics.into_iter().map(|topic| describe(&broker, &context, topic, asked)).collect();
    DescribeProducersResponse { topics, ..DescribeProducersResponse::default() }.into()
}

fn describe(broker: &Broker, context: &RequestContext, topic: TopicRequest, asked: usize) -> TopicResponse {
    let name = topic.name;
    let is_allowed = broker.allows(context, Operation::Read, Resource::Topic(&name));
    let partitions = topic.partition_indexes.into_iter().map(|partition_index| {
        let found = if asked > PARTITIONS_PER_REQUEST_MAX {
            let message = format!("a request asks about at most {PARTITIONS_PER_REQUEST_MAX} partitions");
            Err(Refused::new(ErrorCode::PolicyViolation, message))
        } else if is_allowed {
            producers(broker, &name, partition_index)
        } else {
            let message = format!("reading topic '{name}' is not allowed");
            Err(Refused::new(ErrorCode::TopicAuthorizationFailed, message))
        };
        let (error_code, error_message) = admin::fields(&found);
        PartitionResponse { partition_index, error_code, error_message, active_producers: found.unwrap_or_default() }
    });
    TopicResponse { partitions: partitions.collect(), name }
}

fn producers(broker: &Broker, topic: &str, index: i32) -> Result<Vec<ProducerState>, Refused> {
    let unknown = || {
        let message = format!("there is no partition {index} of topic '{topic}'");
        Refused::new(ErrorCode::UnknownTopicOrPartition, message)
    };
    let (id, _) = broker.metadata.partition_by_name(topic, PartitionId(index)).ok_or_else(unknown)?;
    let missing = || {
        let error = broker.replicas.why_missing(id);
        Refused::new(error_mapping::partition_error(&error), error.to_string())
    };
    let partition = broker.replicas.get(id).ok_or_else(missing)?;
    partition
        .check_leader(LeaderEpoch::NONE)
        .map_err(|error| Refused::new(error_mapping::core_error(&error), error.to_string()))?;
    Ok(partition.log().producers().iter().map(state).collect())
}

fn state(entry: &ProducerEntry) -> ProducerState {
    ProducerState {
        producer_id: entry.producer_id.0,
        producer_epoch: i32::from(entry.epoch.0),
        last_sequence: entry.last_sequence(),
        last_timestamp: entry.last_timestamp.0,
        coordinator_epoch: entry.coordinator_epoch,
        current_txn_start_offset: entry.current_transaction_first_offset.map_or(-1, |offset| offset.0),
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{Offset, ProducerId};

    use super::*;

    #[test]
    fn a_producer_without_a_transaction_says_so() {
        let mut entry = ProducerEntry::new(ProducerId(7));
        let found = state(&entry);
        assert_eq!((found.producer_id, found.last_sequence, found.current_txn_start_offset), (7, -1, -1));
        entry.current_transaction_first_offset = Some(Offset(3));
        assert_eq!(state(&entry).current_txn_start_offset, 3);
    }
}
