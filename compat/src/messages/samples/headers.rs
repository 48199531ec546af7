//! Samples of the module `headers`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::headers::{RequestHeader, ResponseHeader};
use crate::wire::Sample;

impl RequestHeader {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            request_api_key: sample.i16(),
            request_api_version: sample.i16(),
            correlation_id: sample.i32(),
            client_id: sample.option(Sample::string),
        }
    }
}

impl ResponseHeader {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { correlation_id: sample.i32() }
    }
}
