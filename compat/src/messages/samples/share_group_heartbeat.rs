//! Samples of the module `share_group_heartbeat`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::share_group_heartbeat::{Assignment, ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse, TopicPartitions};
use crate::wire::Sample;

impl ShareGroupHeartbeatRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            group_id: sample.string(),
            member_id: sample.string(),
            member_epoch: sample.i32(),
            rack_id: sample.option(Sample::string),
            subscribed_topic_names: sample.option(|sample| sample.array(Sample::string)),
        }
    }
}

impl ShareGroupHeartbeatResponse {
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

impl TopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl Assignment {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_partitions: sample.array(|sample| TopicPartitions::sample(sample, version)) }
    }
}
