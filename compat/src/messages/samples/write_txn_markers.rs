//! Samples of the module `write_txn_markers`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::write_txn_markers::{
    WritableTxnMarker, WritableTxnMarkerPartitionResult, WritableTxnMarkerResult, WritableTxnMarkerTopic, WritableTxnMarkerTopicResult,
    WriteTxnMarkersRequest, WriteTxnMarkersResponse,
};
use crate::wire::Sample;

impl WriteTxnMarkersRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { markers: sample.array(|sample| WritableTxnMarker::sample(sample, version)) }
    }
}

impl WritableTxnMarker {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            producer_id: sample.i64(),
            producer_epoch: sample.i16(),
            transaction_result: sample.bool(),
            topics: sample.array(|sample| WritableTxnMarkerTopic::sample(sample, version)),
            coordinator_epoch: sample.i32(),
            transaction_version: if version == 2 { sample.i8() } else { 0 },
        }
    }
}

impl WritableTxnMarkerTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partition_indexes: sample.array(Sample::i32) }
    }
}

impl WriteTxnMarkersResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { markers: sample.array(|sample| WritableTxnMarkerResult::sample(sample, version)) }
    }
}

impl WritableTxnMarkerResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { producer_id: sample.i64(), topics: sample.array(|sample| WritableTxnMarkerTopicResult::sample(sample, version)) }
    }
}

impl WritableTxnMarkerTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| WritableTxnMarkerPartitionResult::sample(sample, version)) }
    }
}

impl WritableTxnMarkerPartitionResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16() }
    }
}
