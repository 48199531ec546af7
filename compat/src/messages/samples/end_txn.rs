//! Samples of the module `end_txn`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::end_txn::{EndTxnRequest, EndTxnResponse};
use crate::wire::Sample;

impl EndTxnRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { transactional_id: sample.string(), producer_id: sample.i64(), producer_epoch: sample.i16(), committed: sample.bool() }
    }
}

impl EndTxnResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            producer_id: if version == 5 { sample.i64() } else { -1 },
            producer_epoch: if version == 5 { sample.i16() } else { -1 },
        }
    }
}
