//! Samples of the module `describe_client_quotas`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_client_quotas::{
    ComponentData, DescribeClientQuotasRequest, DescribeClientQuotasResponse, EntityData, EntryData, ValueData,
};
use crate::wire::Sample;

impl DescribeClientQuotasRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { components: sample.array(|sample| ComponentData::sample(sample, version)), strict: sample.bool() }
    }
}

impl ComponentData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { entity_type: sample.string(), match_type: sample.i8(), r#match: sample.option(Sample::string) }
    }
}

impl DescribeClientQuotasResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            entries: sample.option(|sample| sample.array(|sample| EntryData::sample(sample, version))),
        }
    }
}

impl EntryData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            entity: sample.array(|sample| EntityData::sample(sample, version)),
            values: sample.array(|sample| ValueData::sample(sample, version)),
        }
    }
}

impl EntityData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { entity_type: sample.string(), entity_name: sample.option(Sample::string) }
    }
}

impl ValueData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { key: sample.string(), value: sample.f64() }
    }
}
