//! Samples of the module `list_offsets`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::list_offsets::{
    ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsResponse, ListOffsetsTopic, ListOffsetsTopicResponse,
};
use crate::wire::Sample;

impl ListOffsetsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            replica_id: sample.i32(),
            isolation_level: if version >= 2 { sample.i8() } else { 0 },
            topics: sample.array(|sample| ListOffsetsTopic::sample(sample, version)),
            timeout_ms: if version >= 10 { sample.i32() } else { 0 },
        }
    }
}

impl ListOffsetsTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| ListOffsetsPartition::sample(sample, version)) }
    }
}

impl ListOffsetsPartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { partition_index: sample.i32(), current_leader_epoch: if version >= 4 { sample.i32() } else { -1 }, timestamp: sample.i64() }
    }
}

impl ListOffsetsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 2 { sample.i32() } else { 0 },
            topics: sample.array(|sample| ListOffsetsTopicResponse::sample(sample, version)),
        }
    }
}

impl ListOffsetsTopicResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| ListOffsetsPartitionResponse::sample(sample, version)) }
    }
}

impl ListOffsetsPartitionResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            timestamp: sample.i64(),
            offset: sample.i64(),
            leader_epoch: if version >= 4 { sample.i32() } else { -1 },
        }
    }
}
