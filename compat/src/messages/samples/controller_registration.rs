//! Samples of the module `controller_registration`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::controller_registration::{ControllerRegistrationRequest, ControllerRegistrationResponse, Feature, Listener};
use crate::wire::Sample;

impl ControllerRegistrationRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            controller_id: sample.i32(),
            incarnation_id: sample.uuid(),
            zk_migration_ready: sample.bool(),
            listeners: sample.array(|sample| Listener::sample(sample, version)),
            features: sample.array(|sample| Feature::sample(sample, version)),
        }
    }
}

impl Listener {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16(), security_protocol: sample.i16() }
    }
}

impl Feature {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), min_supported_version: sample.i16(), max_supported_version: sample.i16() }
    }
}

impl ControllerRegistrationResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
