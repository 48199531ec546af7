//! Samples of the module `assign_replicas_to_dirs`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::assign_replicas_to_dirs::{
    AssignReplicasToDirsRequest, AssignReplicasToDirsResponse, RequestDirectoryData, RequestPartitionData, RequestTopicData,
    ResponseDirectoryData, ResponsePartitionData, ResponseTopicData,
};
use crate::wire::Sample;

impl AssignReplicasToDirsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            broker_id: sample.i32(),
            broker_epoch: sample.i64(),
            directories: sample.array(|sample| RequestDirectoryData::sample(sample, version)),
        }
    }
}

impl RequestDirectoryData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { id: sample.uuid(), topics: sample.array(|sample| RequestTopicData::sample(sample, version)) }
    }
}

impl RequestTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| RequestPartitionData::sample(sample, version)) }
    }
}

impl RequestPartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32() }
    }
}

impl AssignReplicasToDirsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            directories: sample.array(|sample| ResponseDirectoryData::sample(sample, version)),
        }
    }
}

impl ResponseDirectoryData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { id: sample.uuid(), topics: sample.array(|sample| ResponseTopicData::sample(sample, version)) }
    }
}

impl ResponseTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| ResponsePartitionData::sample(sample, version)) }
    }
}

impl ResponsePartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16() }
    }
}
