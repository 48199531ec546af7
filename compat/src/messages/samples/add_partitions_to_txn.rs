//! Samples of the module `add_partitions_to_txn`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::add_partitions_to_txn::{
    AddPartitionsToTxnPartitionResult, AddPartitionsToTxnRequest, AddPartitionsToTxnResponse, AddPartitionsToTxnResult,
    AddPartitionsToTxnTopic, AddPartitionsToTxnTopicResult, AddPartitionsToTxnTransaction,
};
use crate::wire::{KString, Sample};

impl AddPartitionsToTxnRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            transactions: if version >= 4 {
                sample.array(|sample| AddPartitionsToTxnTransaction::sample(sample, version))
            } else {
                Vec::new()
            },
            v3_and_below_transactional_id: if version <= 3 { sample.string() } else { KString::new() },
            v3_and_below_producer_id: if version <= 3 { sample.i64() } else { 0 },
            v3_and_below_producer_epoch: if version <= 3 { sample.i16() } else { 0 },
            v3_and_below_topics: if version <= 3 {
                sample.array(|sample| AddPartitionsToTxnTopic::sample(sample, version))
            } else {
                Vec::new()
            },
        }
    }
}

impl AddPartitionsToTxnTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl AddPartitionsToTxnTransaction {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            transactional_id: sample.string(),
            producer_id: sample.i64(),
            producer_epoch: sample.i16(),
            verify_only: sample.bool(),
            topics: sample.array(|sample| AddPartitionsToTxnTopic::sample(sample, version)),
        }
    }
}

impl AddPartitionsToTxnResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: if version >= 4 { sample.i16() } else { 0 },
            results_by_transaction: if version >= 4 {
                sample.array(|sample| AddPartitionsToTxnResult::sample(sample, version))
            } else {
                Vec::new()
            },
            results_by_topic_v3_and_below: if version <= 3 {
                sample.array(|sample| AddPartitionsToTxnTopicResult::sample(sample, version))
            } else {
                Vec::new()
            },
        }
    }
}

impl AddPartitionsToTxnTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            results_by_partition: sample.array(|sample| AddPartitionsToTxnPartitionResult::sample(sample, version)),
        }
    }
}

impl AddPartitionsToTxnPartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), partition_error_code: sample.i16() }
    }
}

impl AddPartitionsToTxnResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            transactional_id: sample.string(),
            topic_results: sample.array(|sample| AddPartitionsToTxnTopicResult::sample(sample, version)),
        }
    }
}
