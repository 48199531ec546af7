//! Samples of the module `sasl_handshake`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::sasl_handshake::{SaslHandshakeRequest, SaslHandshakeResponse};
use crate::wire::Sample;

impl SaslHandshakeRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { mechanism: sample.string() }
    }
}

impl SaslHandshakeResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { error_code: sample.i16(), mechanisms: sample.array(Sample::string) }
    }
}
