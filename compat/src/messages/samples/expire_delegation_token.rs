//! Samples of the module `expire_delegation_token`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::expire_delegation_token::{ExpireDelegationTokenRequest, ExpireDelegationTokenResponse};
use crate::wire::Sample;

impl ExpireDelegationTokenRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { hmac: sample.bytes(), expiry_time_period_ms: sample.i64() }
    }
}

impl ExpireDelegationTokenResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { error_code: sample.i16(), expiry_timestamp_ms: sample.i64(), throttle_time_ms: sample.i32() }
    }
}
