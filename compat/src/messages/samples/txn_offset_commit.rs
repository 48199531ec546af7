//! Samples of the module `txn_offset_commit`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::txn_offset_commit::{
    TxnOffsetCommitRequest, TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic, TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition, TxnOffsetCommitResponseTopic,
};
use crate::wire::{KString, Sample};

impl TxnOffsetCommitRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            transactional_id: sample.string(),
            group_id: sample.string(),
            producer_id: sample.i64(),
            producer_epoch: sample.i16(),
            generation_id: if version >= 3 { sample.i32() } else { -1 },
            member_id: if version >= 3 { sample.string() } else { KString::new() },
            group_instance_id: if version >= 3 { sample.option(Sample::string) } else { None },
            topics: sample.array(|sample| TxnOffsetCommitRequestTopic::sample(sample, version)),
        }
    }
}

impl TxnOffsetCommitRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| TxnOffsetCommitRequestPartition::sample(sample, version)) }
    }
}

impl TxnOffsetCommitRequestPartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            committed_offset: sample.i64(),
            committed_leader_epoch: if version >= 2 { sample.i32() } else { -1 },
            committed_metadata: sample.option(Sample::string),
        }
    }
}

impl TxnOffsetCommitResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), topics: sample.array(|sample| TxnOffsetCommitResponseTopic::sample(sample, version)) }
    }
}

impl TxnOffsetCommitResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| TxnOffsetCommitResponsePartition::sample(sample, version)) }
    }
}

impl TxnOffsetCommitResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16() }
    }
}
