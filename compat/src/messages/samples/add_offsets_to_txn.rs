//! Samples of the module `add_offsets_to_txn`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::add_offsets_to_txn::{AddOffsetsToTxnRequest, AddOffsetsToTxnResponse};
use crate::wire::Sample;

impl AddOffsetsToTxnRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { transactional_id: sample.string(), producer_id: sample.i64(), producer_epoch: sample.i16(), group_id: sample.string() }
    }
}

impl AddOffsetsToTxnResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16() }
    }
}
