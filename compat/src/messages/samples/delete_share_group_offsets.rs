//! Samples of the module `delete_share_group_offsets`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::delete_share_group_offsets::{
    DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsRequestTopic, DeleteShareGroupOffsetsResponse,
    DeleteShareGroupOffsetsResponseTopic,
};
use crate::wire::Sample;

impl DeleteShareGroupOffsetsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { group_id: sample.string(), topics: sample.array(|sample| DeleteShareGroupOffsetsRequestTopic::sample(sample, version)) }
    }
}

impl DeleteShareGroupOffsetsRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_name: sample.string() }
    }
}

impl DeleteShareGroupOffsetsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            responses: sample.array(|sample| DeleteShareGroupOffsetsResponseTopic::sample(sample, version)),
        }
    }
}

impl DeleteShareGroupOffsetsResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            topic_name: sample.string(),
            topic_id: sample.uuid(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
        }
    }
}
