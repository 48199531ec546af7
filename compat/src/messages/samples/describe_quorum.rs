//! Samples of the module `describe_quorum`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::describe_quorum::{
    DescribeQuorumRequest, DescribeQuorumResponse, Listener, Node, ReplicaState, RequestPartitionData, RequestTopicData,
    ResponsePartitionData, ResponseTopicData,
};
use crate::wire::{KString, Sample};

impl DescribeQuorumRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topics: sample.array(|sample| RequestTopicData::sample(sample, version)) }
    }
}

impl RequestTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_name: sample.string(), partitions: sample.array(|sample| RequestPartitionData::sample(sample, version)) }
    }
}

impl RequestPartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32() }
    }
}

impl DescribeQuorumResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: if version == 2 { sample.option(Sample::string) } else { Some(KString::new()) },
            topics: sample.array(|sample| ResponseTopicData::sample(sample, version)),
            nodes: if version == 2 { sample.array(|sample| Node::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl ReplicaState {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            replica_id: sample.i32(),
            replica_directory_id: if version == 2 { sample.uuid() } else { Uuid::nil() },
            log_end_offset: sample.i64(),
            last_fetch_timestamp: if version >= 1 { sample.i64() } else { -1 },
            last_caught_up_timestamp: if version >= 1 { sample.i64() } else { -1 },
        }
    }
}

impl ResponseTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_name: sample.string(), partitions: sample.array(|sample| ResponsePartitionData::sample(sample, version)) }
    }
}

impl ResponsePartitionData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            error_message: if version == 2 { sample.option(Sample::string) } else { Some(KString::new()) },
            leader_id: sample.i32(),
            leader_epoch: sample.i32(),
            high_watermark: sample.i64(),
            current_voters: sample.array(|sample| ReplicaState::sample(sample, version)),
            observers: sample.array(|sample| ReplicaState::sample(sample, version)),
        }
    }
}

impl Node {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { node_id: sample.i32(), listeners: sample.array(|sample| Listener::sample(sample, version)) }
    }
}

impl Listener {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16() }
    }
}
