//! Samples of the module `consumer_group_heartbeat`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::consumer_group_heartbeat::{
    Assignment, ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse, RequestTopicPartitions, ResponseTopicPartitions,
};
use crate::wire::Sample;

impl ConsumerGroupHeartbeatRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            member_id: sample.string(),
            member_epoch: sample.i32(),
            instance_id: sample.option(Sample::string),
            rack_id: sample.option(Sample::string),
            rebalance_timeout_ms: sample.i32(),
            subscribed_topic_names: sample.option(|sample| sample.array(Sample::string)),
            subscribed_topic_regex: if version == 1 { sample.option(Sample::string) } else { None },
            server_assignor: sample.option(Sample::string),
            topic_partitions: sample.option(|sample| sample.array(|sample| RequestTopicPartitions::sample(sample, version))),
        }
    }
}

impl RequestTopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl ConsumerGroupHeartbeatResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            member_id: sample.option(Sample::string),
            member_epoch: sample.i32(),
            heartbeat_interval_ms: sample.i32(),
            assignment: sample.option(|sample| Assignment::sample(sample, version)),
        }
    }
}

impl ResponseTopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl Assignment {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_partitions: sample.array(|sample| ResponseTopicPartitions::sample(sample, version)) }
    }
}
