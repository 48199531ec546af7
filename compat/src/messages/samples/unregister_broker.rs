//! Samples of the module `unregister_broker`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::unregister_broker::{UnregisterBrokerRequest, UnregisterBrokerResponse};
use crate::wire::Sample;

impl UnregisterBrokerRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { broker_id: sample.i32() }
    }
}

impl UnregisterBrokerResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
