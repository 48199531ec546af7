//! Samples of the module `offset_for_leader_epoch`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::offset_for_leader_epoch::{
    EpochEndOffset, OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse, OffsetForLeaderPartition, OffsetForLeaderTopic,
    OffsetForLeaderTopicResult,
};
use crate::wire::Sample;

impl OffsetForLeaderEpochRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            replica_id: if version >= 3 { sample.i32() } else { -2 },
            topics: sample.array(|sample| OffsetForLeaderTopic::sample(sample, version)),
        }
    }
}

impl OffsetForLeaderTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(|sample| OffsetForLeaderPartition::sample(sample, version)) }
    }
}

impl OffsetForLeaderPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), current_leader_epoch: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl OffsetForLeaderEpochResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), topics: sample.array(|sample| OffsetForLeaderTopicResult::sample(sample, version)) }
    }
}

impl OffsetForLeaderTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(|sample| EpochEndOffset::sample(sample, version)) }
    }
}

impl EpochEndOffset {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { error_code: sample.i16(), partition: sample.i32(), leader_epoch: sample.i32(), end_offset: sample.i64() }
    }
}
