//! Samples of the module `alter_share_group_offsets`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_share_group_offsets::{
    AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsRequestPartition, AlterShareGroupOffsetsRequestTopic,
    AlterShareGroupOffsetsResponse, AlterShareGroupOffsetsResponsePartition, AlterShareGroupOffsetsResponseTopic,
};
use crate::wire::Sample;

impl AlterShareGroupOffsetsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| AlterShareGroupOffsetsRequestTopic::sample(sample, version)) }
    }
}

impl AlterShareGroupOffsetsRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic_name: sample.string(),
            partitions: sample.array(|sample| AlterShareGroupOffsetsRequestPartition::sample(sample, version)),
        }
    }
}

impl AlterShareGroupOffsetsRequestPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), start_offset: sample.i64() }
    }
}

impl AlterShareGroupOffsetsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            responses: sample.array(|sample| AlterShareGroupOffsetsResponseTopic::sample(sample, version)),
        }
    }
}

impl AlterShareGroupOffsetsResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic_name: sample.string(),
            topic_id: sample.uuid(),
            partitions: sample.array(|sample| AlterShareGroupOffsetsResponsePartition::sample(sample, version)),
        }
    }
}

impl AlterShareGroupOffsetsResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
