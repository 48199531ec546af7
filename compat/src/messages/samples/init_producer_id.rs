//! Samples of the module `init_producer_id`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};
use crate::wire::Sample;

impl InitProducerIdRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            transactional_id: sample.option(Sample::string),
            transaction_timeout_ms: sample.i32(),
            producer_id: if version >= 3 { sample.i64() } else { -1 },
            producer_epoch: if version >= 3 { sample.i16() } else { -1 },
            enable2_pc: if version == 6 { sample.bool() } else { false },
            keep_prepared_txn: if version == 6 { sample.bool() } else { false },
        }
    }
}

impl InitProducerIdResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            producer_id: sample.i64(),
            producer_epoch: sample.i16(),
            ongoing_txn_producer_id: if version == 6 { sample.i64() } else { -1 },
            ongoing_txn_producer_epoch: if version == 6 { sample.i16() } else { -1 },
        }
    }
}
