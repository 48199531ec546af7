//! Samples of the module `alter_partition_reassignments`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_partition_reassignments::{
    AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, ReassignablePartition, ReassignablePartitionResponse,
    ReassignableTopic, ReassignableTopicResponse,
};
use crate::wire::Sample;

impl AlterPartitionReassignmentsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            timeout_ms: sample.i32(),
            allow_replication_factor_change: if version == 1 { sample.bool() } else { true },
            topics: sample.array(|sample| ReassignableTopic::sample(sample, version)),
        }
    }
}

impl ReassignableTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| ReassignablePartition::sample(sample, version)) }
    }
}

impl ReassignablePartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), replicas: sample.option(|sample| sample.array(Sample::i32)) }
    }
}

impl AlterPartitionReassignmentsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            allow_replication_factor_change: if version == 1 { sample.bool() } else { true },
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            responses: sample.array(|sample| ReassignableTopicResponse::sample(sample, version)),
        }
    }
}

impl ReassignableTopicResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| ReassignablePartitionResponse::sample(sample, version)) }
    }
}

impl ReassignablePartitionResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
