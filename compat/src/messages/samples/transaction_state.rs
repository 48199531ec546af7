//! Samples of the module `transaction_state`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::transaction_state::{PartitionsSchema, TransactionLogKey, TransactionLogValue};
use crate::wire::Sample;

impl TransactionLogKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { transactional_id: sample.string() }
    }
}

impl TransactionLogValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            producer_id: sample.i64(),
            previous_producer_id: if version == 1 { sample.or_default(-1, Sample::i64) } else { -1 },
            next_producer_id: if version == 1 { sample.or_default(-1, Sample::i64) } else { -1 },
            producer_epoch: sample.i16(),
            next_producer_epoch: if version == 1 { sample.or_default(-1, Sample::i16) } else { -1 },
            transaction_timeout_ms: sample.i32(),
            transaction_status: sample.i8(),
            transaction_partitions: sample.option(|sample| sample.array(|sample| PartitionsSchema::sample(sample, version))),
            transaction_last_update_timestamp_ms: sample.i64(),
            transaction_start_timestamp_ms: sample.i64(),
            client_transaction_version: if version == 1 { sample.or_default(0, Sample::i16) } else { 0 },
        }
    }
}

impl PartitionsSchema {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partition_ids: sample.array(Sample::i32) }
    }
}
