//! Samples of the module `alter_client_quotas`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_client_quotas::{
    AlterClientQuotasRequest, AlterClientQuotasResponse, OpData, RequestEntityData, RequestEntryData, ResponseEntityData, ResponseEntryData,
};
use crate::wire::Sample;

impl AlterClientQuotasRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { entries: sample.array(|sample| RequestEntryData::sample(sample, version)), validate_only: sample.bool() }
    }
}

impl RequestEntryData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            entity: sample.array(|sample| RequestEntityData::sample(sample, version)),
            ops: sample.array(|sample| OpData::sample(sample, version)),
        }
    }
}

impl RequestEntityData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { entity_type: sample.string(), entity_name: sample.option(Sample::string) }
    }
}

impl OpData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { key: sample.string(), value: sample.f64(), remove: sample.bool() }
    }
}

impl AlterClientQuotasResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), entries: sample.array(|sample| ResponseEntryData::sample(sample, version)) }
    }
}

impl ResponseEntryData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            entity: sample.array(|sample| ResponseEntityData::sample(sample, version)),
        }
    }
}

impl ResponseEntityData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { entity_type: sample.string(), entity_name: sample.option(Sample::string) }
    }
}
