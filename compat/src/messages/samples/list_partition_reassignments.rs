//! Samples of the module `list_partition_reassignments`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::list_partition_reassignments::{
    ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse, ListPartitionReassignmentsTopics, OngoingPartitionReassignment,
    OngoingTopicReassignment,
};
use crate::wire::Sample;

impl ListPartitionReassignmentsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            timeout_ms: sample.i32(),
            topics: sample.option(|sample| sample.array(|sample| ListPartitionReassignmentsTopics::sample(sample, version))),
        }
    }
}

impl ListPartitionReassignmentsTopics {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partition_indexes: sample.array(Sample::i32) }
    }
}

impl ListPartitionReassignmentsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            topics: sample.array(|sample| OngoingTopicReassignment::sample(sample, version)),
        }
    }
}

impl OngoingTopicReassignment {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| OngoingPartitionReassignment::sample(sample, version)) }
    }
}

impl OngoingPartitionReassignment {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            replicas: sample.array(Sample::i32),
            adding_replicas: sample.array(Sample::i32),
            removing_replicas: sample.array(Sample::i32),
        }
    }
}
