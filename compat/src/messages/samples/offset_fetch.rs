//! Samples of the module `offset_fetch`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopic, OffsetFetchRequestTopics, OffsetFetchResponse,
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use crate::wire::{KString, Sample};

impl OffsetFetchRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: if version <= 7 { sample.string() } else { KString::new() },
            topics: if version <= 7 {
                if version >= 2 {
                    sample.option(|sample| sample.array(|sample| OffsetFetchRequestTopic::sample(sample, version)))
                } else {
                    Some(sample.array(|sample| OffsetFetchRequestTopic::sample(sample, version)))
                }
            } else {
                Some(Vec::new())
            },
            groups: if version >= 8 { sample.array(|sample| OffsetFetchRequestGroup::sample(sample, version)) } else { Vec::new() },
            require_stable: if version >= 7 { sample.bool() } else { false },
        }
    }
}

impl OffsetFetchRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partition_indexes: sample.array(Sample::i32) }
    }
}

impl OffsetFetchRequestGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            member_id: if version >= 9 { sample.option(Sample::string) } else { None },
            member_epoch: if version >= 9 { sample.i32() } else { -1 },
            topics: sample.option(|sample| sample.array(|sample| OffsetFetchRequestTopics::sample(sample, version))),
        }
    }
}

impl OffsetFetchRequestTopics {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version <= 9 { sample.string() } else { KString::new() },
            topic_id: if version == 10 { sample.uuid() } else { Uuid::nil() },
            partition_indexes: sample.array(Sample::i32),
        }
    }
}

impl OffsetFetchResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 3 { sample.i32() } else { 0 },
            topics: if version <= 7 { sample.array(|sample| OffsetFetchResponseTopic::sample(sample, version)) } else { Vec::new() },
            error_code: if (2..=7).contains(&version) { sample.i16() } else { 0 },
            groups: if version >= 8 { sample.array(|sample| OffsetFetchResponseGroup::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl OffsetFetchResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| OffsetFetchResponsePartition::sample(sample, version)) }
    }
}

impl OffsetFetchResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            committed_offset: sample.i64(),
            committed_leader_epoch: if version >= 5 { sample.i32() } else { -1 },
            metadata: sample.option(Sample::string),
            error_code: sample.i16(),
        }
    }
}

impl OffsetFetchResponseGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            topics: sample.array(|sample| OffsetFetchResponseTopics::sample(sample, version)),
            error_code: sample.i16(),
        }
    }
}

impl OffsetFetchResponseTopics {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version <= 9 { sample.string() } else { KString::new() },
            topic_id: if version == 10 { sample.uuid() } else { Uuid::nil() },
            partitions: sample.array(|sample| OffsetFetchResponsePartitions::sample(sample, version)),
        }
    }
}

impl OffsetFetchResponsePartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            committed_offset: sample.i64(),
            committed_leader_epoch: sample.i32(),
            metadata: sample.option(Sample::string),
            error_code: sample.i16(),
        }
    }
}
