//! Samples of the module `describe_topic_partitions`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic, RequestCursor, ResponseCursor, TopicRequest,
};
use crate::wire::Sample;

impl DescribeTopicPartitionsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: sample.array(|sample| TopicRequest::sample(sample, version)),
            response_partition_limit: sample.i32(),
            cursor: sample.option(|sample| RequestCursor::sample(sample, version)),
        }
    }
}

impl TopicRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string() }
    }
}

impl RequestCursor {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_name: sample.string(), partition_index: sample.i32() }
    }
}

impl DescribeTopicPartitionsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            topics: sample.array(|sample| DescribeTopicPartitionsResponseTopic::sample(sample, version)),
            next_cursor: sample.option(|sample| ResponseCursor::sample(sample, version)),
        }
    }
}

impl DescribeTopicPartitionsResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            name: sample.option(Sample::string),
            topic_id: sample.uuid(),
            is_internal: sample.bool(),
            partitions: sample.array(|sample| DescribeTopicPartitionsResponsePartition::sample(sample, version)),
            topic_authorized_operations: sample.i32(),
        }
    }
}

impl DescribeTopicPartitionsResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            partition_index: sample.i32(),
            leader_id: sample.i32(),
            leader_epoch: sample.i32(),
            replica_nodes: sample.array(Sample::i32),
            isr_nodes: sample.array(Sample::i32),
            eligible_leader_replicas: sample.option(|sample| sample.array(Sample::i32)),
            last_known_elr: sample.option(|sample| sample.array(Sample::i32)),
            offline_replicas: sample.array(Sample::i32),
        }
    }
}

impl ResponseCursor {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_name: sample.string(), partition_index: sample.i32() }
    }
}
