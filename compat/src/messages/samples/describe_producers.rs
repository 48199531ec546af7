//! Samples of the module `describe_producers`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_producers::{
    DescribeProducersRequest, DescribeProducersResponse, PartitionResponse, ProducerState, TopicRequest, TopicResponse,
};
use crate::wire::Sample;

impl DescribeProducersRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topics: sample.array(|sample| TopicRequest::sample(sample, version)) }
    }
}

impl TopicRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partition_indexes: sample.array(Sample::i32) }
    }
}

impl DescribeProducersResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), topics: sample.array(|sample| TopicResponse::sample(sample, version)) }
    }
}

impl TopicResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| PartitionResponse::sample(sample, version)) }
    }
}

impl PartitionResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            active_producers: sample.array(|sample| ProducerState::sample(sample, version)),
        }
    }
}

impl ProducerState {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            producer_id: sample.i64(),
            producer_epoch: sample.i32(),
            last_sequence: sample.i32(),
            last_timestamp: sample.i64(),
            coordinator_epoch: sample.i32(),
            current_txn_start_offset: sample.i64(),
        }
    }
}
