//! Samples of the module `delete_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::delete_records::{
    DeleteRecordsPartition, DeleteRecordsPartitionResult, DeleteRecordsRequest, DeleteRecordsResponse, DeleteRecordsTopic,
    DeleteRecordsTopicResult,
};
use crate::wire::Sample;

impl DeleteRecordsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topics: sample.array(|sample| DeleteRecordsTopic::sample(sample, version)), timeout_ms: sample.i32() }
    }
}

impl DeleteRecordsTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| DeleteRecordsPartition::sample(sample, version)) }
    }
}

impl DeleteRecordsPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), offset: sample.i64() }
    }
}

impl DeleteRecordsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), topics: sample.array(|sample| DeleteRecordsTopicResult::sample(sample, version)) }
    }
}

impl DeleteRecordsTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| DeleteRecordsPartitionResult::sample(sample, version)) }
    }
}

impl DeleteRecordsPartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), low_watermark: sample.i64(), error_code: sample.i16() }
    }
}
