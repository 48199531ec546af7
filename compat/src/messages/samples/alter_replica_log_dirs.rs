//! Samples of the module `alter_replica_log_dirs`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_replica_log_dirs::{
    AlterReplicaLogDir, AlterReplicaLogDirPartitionResult, AlterReplicaLogDirTopic, AlterReplicaLogDirTopicResult,
    AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse,
};
use crate::wire::Sample;

impl AlterReplicaLogDirsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { dirs: sample.array(|sample| AlterReplicaLogDir::sample(sample, version)) }
    }
}

impl AlterReplicaLogDir {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { path: sample.string(), topics: sample.array(|sample| AlterReplicaLogDirTopic::sample(sample, version)) }
    }
}

impl AlterReplicaLogDirTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl AlterReplicaLogDirsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), results: sample.array(|sample| AlterReplicaLogDirTopicResult::sample(sample, version)) }
    }
}

impl AlterReplicaLogDirTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_name: sample.string(), partitions: sample.array(|sample| AlterReplicaLogDirPartitionResult::sample(sample, version)) }
    }
}

impl AlterReplicaLogDirPartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16() }
    }
}
