//! Samples of the module `sasl_authenticate`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::sasl_authenticate::{SaslAuthenticateRequest, SaslAuthenticateResponse};
use crate::wire::Sample;

impl SaslAuthenticateRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { auth_bytes: sample.bytes() }
    }
}

impl SaslAuthenticateResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            auth_bytes: sample.bytes(),
            session_lifetime_ms: if version >= 1 { sample.i64() } else { 0 },
        }
    }
}
