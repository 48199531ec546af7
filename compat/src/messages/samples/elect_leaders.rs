//! Samples of the module `elect_leaders`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::elect_leaders::{ElectLeadersRequest, ElectLeadersResponse, PartitionResult, ReplicaElectionResult, TopicPartitions};
use crate::wire::Sample;

impl ElectLeadersRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            election_type: if version >= 1 { sample.i8() } else { 0 },
            topic_partitions: sample.option(|sample| sample.array(|sample| TopicPartitions::sample(sample, version))),
            timeout_ms: sample.i32(),
        }
    }
}

impl TopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl ElectLeadersResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: if version >= 1 { sample.i16() } else { 0 },
            replica_election_results: sample.array(|sample| ReplicaElectionResult::sample(sample, version)),
        }
    }
}

impl ReplicaElectionResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic: sample.string(), partition_result: sample.array(|sample| PartitionResult::sample(sample, version)) }
    }
}

impl PartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_id: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
