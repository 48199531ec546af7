//! Samples of the module `alter_configs`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_configs::{
    AlterConfigsRequest, AlterConfigsResource, AlterConfigsResourceResponse, AlterConfigsResponse, AlterableConfig,
};
use crate::wire::Sample;

impl AlterConfigsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { resources: sample.array(|sample| AlterConfigsResource::sample(sample, version)), validate_only: sample.bool() }
    }
}

impl AlterConfigsResource {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            resource_type: sample.i8(),
            resource_name: sample.string(),
            configs: sample.array(|sample| AlterableConfig::sample(sample, version)),
        }
    }
}

impl AlterableConfig {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), value: sample.option(Sample::string) }
    }
}

impl AlterConfigsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), responses: sample.array(|sample| AlterConfigsResourceResponse::sample(sample, version)) }
    }
}

impl AlterConfigsResourceResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            resource_type: sample.i8(),
            resource_name: sample.string(),
        }
    }
}
