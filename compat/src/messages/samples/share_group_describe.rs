//! Samples of the module `share_group_describe`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::share_group_describe::{
    Assignment, DescribedGroup, Member, ShareGroupDescribeRequest, ShareGroupDescribeResponse, TopicPartitions,
};
use crate::wire::Sample;

impl ShareGroupDescribeRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_ids: sample.array(Sample::string), include_authorized_operations: sample.bool() }
    }
}

impl ShareGroupDescribeResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), groups: sample.array(|sample| DescribedGroup::sample(sample, version)) }
    }
}

impl TopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), topic_name: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl Assignment {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_partitions: sample.array(|sample| TopicPartitions::sample(sample, version)) }
    }
}

impl DescribedGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            group_id: sample.string(),
            group_state: sample.string(),
            group_epoch: sample.i32(),
            assignment_epoch: sample.i32(),
            assignor_name: sample.string(),
            members: sample.array(|sample| Member::sample(sample, version)),
            authorized_operations: sample.i32(),
        }
    }
}

impl Member {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_id: sample.string(),
            rack_id: sample.option(Sample::string),
            member_epoch: sample.i32(),
            client_id: sample.string(),
            client_host: sample.string(),
            subscribed_topic_names: sample.array(Sample::string),
            assignment: Assignment::sample(sample, version),
        }
    }
}
