//! Samples of the module `offset_delete`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic, OffsetDeleteResponse, OffsetDeleteResponsePartition,
    OffsetDeleteResponseTopic,
};
use crate::wire::Sample;

impl OffsetDeleteRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| OffsetDeleteRequestTopic::sample(sample, version)) }
    }
}

impl OffsetDeleteRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| OffsetDeleteRequestPartition::sample(sample, version)) }
    }
}

impl OffsetDeleteRequestPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32() }
    }
}

impl OffsetDeleteResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            throttle_time_ms: sample.i32(),
            topics: sample.array(|sample| OffsetDeleteResponseTopic::sample(sample, version)),
        }
    }
}

impl OffsetDeleteResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| OffsetDeleteResponsePartition::sample(sample, version)) }
    }
}

impl OffsetDeleteResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16() }
    }
}
