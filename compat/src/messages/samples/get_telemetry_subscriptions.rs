//! Samples of the module `get_telemetry_subscriptions`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::get_telemetry_subscriptions::{GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse};
use crate::wire::Sample;

impl GetTelemetrySubscriptionsRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { client_instance_id: sample.uuid() }
    }
}

impl GetTelemetrySubscriptionsResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            client_instance_id: sample.uuid(),
            subscription_id: sample.i32(),
            accepted_compression_types: sample.array(Sample::i8),
            push_interval_ms: sample.i32(),
            telemetry_max_bytes: sample.i32(),
            delta_temporality: sample.bool(),
            requested_metrics: sample.array(Sample::string),
        }
    }
}
