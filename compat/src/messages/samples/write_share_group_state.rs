//! Samples of the module `write_share_group_state`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::write_share_group_state::{
    PartitionData, PartitionResult, StateBatch, WriteShareGroupStateRequest, WriteShareGroupStateResponse, WriteStateData, WriteStateResult,
};
use crate::wire::Sample;

impl WriteShareGroupStateRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| WriteStateData::sample(sample, version)) }
    }
}

impl WriteStateData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionData::sample(sample, version)) }
    }
}

impl PartitionData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition: sample.i32(),
            state_epoch: sample.i32(),
            leader_epoch: sample.i32(),
            start_offset: sample.i64(),
            delivery_complete_count: if version == 1 { sample.i32() } else { -1 },
            state_batches: sample.array(|sample| StateBatch::sample(sample, version)),
        }
    }
}

impl StateBatch {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { first_offset: sample.i64(), last_offset: sample.i64(), delivery_state: sample.i8(), delivery_count: sample.i16() }
    }
}

impl WriteShareGroupStateResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { results: sample.array(|sample| WriteStateResult::sample(sample, version)) }
    }
}

impl WriteStateResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionResult::sample(sample, version)) }
    }
}

impl PartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
