//! Samples of the module `read_share_group_state_summary`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::read_share_group_state_summary::{
    PartitionData, PartitionResult, ReadShareGroupStateSummaryRequest, ReadShareGroupStateSummaryResponse, ReadStateSummaryData,
    ReadStateSummaryResult,
};
use crate::wire::Sample;

impl ReadShareGroupStateSummaryRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| ReadStateSummaryData::sample(sample, version)) }
    }
}

impl ReadStateSummaryData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionData::sample(sample, version)) }
    }
}

impl PartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl ReadShareGroupStateSummaryResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { results: sample.array(|sample| ReadStateSummaryResult::sample(sample, version)) }
    }
}

impl ReadStateSummaryResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionResult::sample(sample, version)) }
    }
}

impl PartitionResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            state_epoch: sample.i32(),
            leader_epoch: sample.i32(),
            start_offset: sample.i64(),
            delivery_complete_count: if version == 1 { sample.i32() } else { -1 },
        }
    }
}
