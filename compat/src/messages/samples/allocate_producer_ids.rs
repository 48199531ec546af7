//! Samples of the module `allocate_producer_ids`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::allocate_producer_ids::{AllocateProducerIdsRequest, AllocateProducerIdsResponse};
use crate::wire::Sample;

impl AllocateProducerIdsRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { broker_id: sample.i32(), broker_epoch: sample.i64() }
    }
}

impl AllocateProducerIdsResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16(), producer_id_start: sample.i64(), producer_id_len: sample.i32() }
    }
}
