//! Samples of the module `delete_share_group_state`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::delete_share_group_state::{
    DeleteShareGroupStateRequest, DeleteShareGroupStateResponse, DeleteStateData, DeleteStateResult, PartitionData, PartitionResult,
};
use crate::wire::Sample;

impl DeleteShareGroupStateRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| DeleteStateData::sample(sample, version)) }
    }
}

impl DeleteStateData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionData::sample(sample, version)) }
    }
}

impl PartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32() }
    }
}

impl DeleteShareGroupStateResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { results: sample.array(|sample| DeleteStateResult::sample(sample, version)) }
    }
}

impl DeleteStateResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionResult::sample(sample, version)) }
    }
}

impl PartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
