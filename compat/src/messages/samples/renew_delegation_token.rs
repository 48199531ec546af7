//! Samples of the module `renew_delegation_token`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::renew_delegation_token::{RenewDelegationTokenRequest, RenewDelegationTokenResponse};
use crate::wire::Sample;

impl RenewDelegationTokenRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { hmac: sample.bytes(), renew_period_ms: sample.i64() }
    }
}

impl RenewDelegationTokenResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { error_code: sample.i16(), expiry_timestamp_ms: sample.i64(), throttle_time_ms: sample.i32() }
    }
}
