//! Samples of the module `verify_tier`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::verify_tier::{VerifyTierFinding, VerifyTierRequest, VerifyTierResponse};
use crate::wire::Sample;

impl VerifyTierRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { depth: sample.i8(), timeout_ms: sample.i32() }
    }
}

impl VerifyTierResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            segments: sample.i64(),
            segment_bytes: sample.i64(),
            log_bytes: sample.i64(),
            pages: sample.i64(),
            unsettled: sample.i64(),
            unaccounted: sample.i64(),
            unaccounted_bytes: sample.i64(),
            missing: sample.i64(),
            corrupt: sample.i64(),
            has_cluster_file: sample.bool(),
            findings: sample.array(|sample| VerifyTierFinding::sample(sample, version)),
        }
    }
}

impl VerifyTierFinding {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.option(Sample::string), partition_index: sample.i32(), key: sample.string(), message: sample.string() }
    }
}
