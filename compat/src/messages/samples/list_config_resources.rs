//! Samples of the module `list_config_resources`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::list_config_resources::{ConfigResource, ListConfigResourcesRequest, ListConfigResourcesResponse};
use crate::wire::Sample;

impl ListConfigResourcesRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { resource_types: if version == 1 { sample.array(Sample::i8) } else { Vec::new() } }
    }
}

impl ListConfigResourcesResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            config_resources: sample.array(|sample| ConfigResource::sample(sample, version)),
        }
    }
}

impl ConfigResource {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { resource_name: sample.string(), resource_type: if version == 1 { sample.i8() } else { 16 } }
    }
}
