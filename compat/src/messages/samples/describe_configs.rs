//! Samples of the module `describe_configs`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResponse, DescribeConfigsResult,
    DescribeConfigsSynonym,
};
use crate::wire::{KString, Sample};

impl DescribeConfigsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            resources: sample.array(|sample| DescribeConfigsResource::sample(sample, version)),
            include_synonyms: sample.bool(),
            include_documentation: if version >= 3 { sample.bool() } else { false },
        }
    }
}

impl DescribeConfigsResource {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            resource_type: sample.i8(),
            resource_name: sample.string(),
            configuration_keys: sample.option(|sample| sample.array(Sample::string)),
        }
    }
}

impl DescribeConfigsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), results: sample.array(|sample| DescribeConfigsResult::sample(sample, version)) }
    }
}

impl DescribeConfigsResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            resource_type: sample.i8(),
            resource_name: sample.string(),
            configs: sample.array(|sample| DescribeConfigsResourceResult::sample(sample, version)),
        }
    }
}

impl DescribeConfigsResourceResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            value: sample.option(Sample::string),
            read_only: sample.bool(),
            config_source: sample.i8(),
            is_sensitive: sample.bool(),
            synonyms: sample.array(|sample| DescribeConfigsSynonym::sample(sample, version)),
            config_type: if version >= 3 { sample.i8() } else { 0 },
            documentation: if version >= 3 { sample.option(Sample::string) } else { Some(KString::new()) },
        }
    }
}

impl DescribeConfigsSynonym {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), value: sample.option(Sample::string), source: sample.i8() }
    }
}
