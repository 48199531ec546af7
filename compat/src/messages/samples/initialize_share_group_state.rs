//! Samples of the module `initialize_share_group_state`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::initialize_share_group_state::{
    InitializeShareGroupStateRequest, InitializeShareGroupStateResponse, InitializeStateData, InitializeStateResult, PartitionData,
    PartitionResult,
};
use crate::wire::Sample;

impl InitializeShareGroupStateRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| InitializeStateData::sample(sample, version)) }
    }
}

impl InitializeStateData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionData::sample(sample, version)) }
    }
}

impl PartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), state_epoch: sample.i32(), start_offset: sample.i64() }
    }
}

impl InitializeShareGroupStateResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { results: sample.array(|sample| InitializeStateResult::sample(sample, version)) }
    }
}

impl InitializeStateResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionResult::sample(sample, version)) }
    }
}

impl PartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
