//! Samples of the module `list_transactions`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::list_transactions::{ListTransactionsRequest, ListTransactionsResponse, TransactionState};
use crate::wire::Sample;

impl ListTransactionsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            state_filters: sample.array(Sample::string),
            producer_id_filters: sample.array(Sample::i64),
            duration_filter: if version >= 1 { sample.i64() } else { -1 },
            transactional_id_pattern: if version == 2 { sample.option(Sample::string) } else { None },
        }
    }
}

impl ListTransactionsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            unknown_state_filters: sample.array(Sample::string),
            transaction_states: sample.array(|sample| TransactionState::sample(sample, version)),
        }
    }
}

impl TransactionState {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { transactional_id: sample.string(), producer_id: sample.i64(), transaction_state: sample.string() }
    }
}
