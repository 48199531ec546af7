//! Samples of the module `offset_commit`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponse, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};
use crate::wire::{KString, Sample};

impl OffsetCommitRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            generation_id_or_member_epoch: sample.i32(),
            member_id: sample.string(),
            group_instance_id: if version >= 7 { sample.option(Sample::string) } else { None },
            retention_time_ms: if version <= 4 { sample.i64() } else { -1 },
            topics: sample.array(|sample| OffsetCommitRequestTopic::sample(sample, version)),
        }
    }
}

impl OffsetCommitRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version <= 9 { sample.string() } else { KString::new() },
            topic_id: if version == 10 { sample.uuid() } else { Uuid::nil() },
            partitions: sample.array(|sample| OffsetCommitRequestPartition::sample(sample, version)),
        }
    }
}

impl OffsetCommitRequestPartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            committed_offset: sample.i64(),
            committed_leader_epoch: if version >= 6 { sample.i32() } else { -1 },
            committed_metadata: sample.option(Sample::string),
        }
    }
}

impl OffsetCommitResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 3 { sample.i32() } else { 0 },
            topics: sample.array(|sample| OffsetCommitResponseTopic::sample(sample, version)),
        }
    }
}

impl OffsetCommitResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version <= 9 { sample.string() } else { KString::new() },
            topic_id: if version == 10 { sample.uuid() } else { Uuid::nil() },
            partitions: sample.array(|sample| OffsetCommitResponsePartition::sample(sample, version)),
        }
    }
}

impl OffsetCommitResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16() }
    }
}
