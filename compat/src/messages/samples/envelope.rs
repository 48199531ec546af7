//! Samples of the module `envelope`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::envelope::{EnvelopeRequest, EnvelopeResponse};
use crate::wire::Sample;

impl EnvelopeRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { request_data: sample.bytes(), request_principal: sample.option(Sample::bytes), client_host_address: sample.bytes() }
    }
}

impl EnvelopeResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { response_data: sample.option(Sample::bytes), error_code: sample.i16() }
    }
}
