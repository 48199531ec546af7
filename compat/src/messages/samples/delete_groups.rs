//! Samples of the module `delete_groups`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::delete_groups::{DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse};
use crate::wire::Sample;

impl DeleteGroupsRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { groups_names: sample.array(Sample::string) }
    }
}

impl DeleteGroupsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), results: sample.array(|sample| DeletableGroupResult::sample(sample, version)) }
    }
}

impl DeletableGroupResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), error_code: sample.i16() }
    }
}
