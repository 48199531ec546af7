//! Samples of the module `describe_transactions`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_transactions::{DescribeTransactionsRequest, DescribeTransactionsResponse, TopicData, TransactionState};
use crate::wire::Sample;

impl DescribeTransactionsRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { transactional_ids: sample.array(Sample::string) }
    }
}

impl DescribeTransactionsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), transaction_states: sample.array(|sample| TransactionState::sample(sample, version)) }
    }
}

impl TransactionState {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            transactional_id: sample.string(),
            transaction_state: sample.string(),
            transaction_timeout_ms: sample.i32(),
            transaction_start_time_ms: sample.i64(),
            producer_id: sample.i64(),
            producer_epoch: sample.i16(),
            topics: sample.array(|sample| TopicData::sample(sample, version)),
        }
    }
}

impl TopicData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(Sample::i32) }
    }
}
