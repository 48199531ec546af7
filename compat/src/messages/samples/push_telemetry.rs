//! Samples of the module `push_telemetry`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::push_telemetry::{PushTelemetryRequest, PushTelemetryResponse};
use crate::wire::Sample;

impl PushTelemetryRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            client_instance_id: sample.uuid(),
            subscription_id: sample.i32(),
            terminating: sample.bool(),
            compression_type: sample.i8(),
            metrics: sample.bytes(),
        }
    }
}

impl PushTelemetryResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16() }
    }
}
