//! Samples of the module `end_quorum_epoch`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::end_quorum_epoch::{
    EndQuorumEpochRequest, EndQuorumEpochResponse, LeaderEndpoint, NodeEndpoint, ReplicaInfo, RequestPartitionData, RequestTopicData,
    ResponsePartitionData, ResponseTopicData,
};
use crate::wire::Sample;

impl EndQuorumEpochRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            cluster_id: sample.option(Sample::string),
            topics: sample.array(|sample| RequestTopicData::sample(sample, version)),
            leader_endpoints: if version == 1 { sample.array(|sample| LeaderEndpoint::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl RequestTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_name: sample.string(), partitions: sample.array(|sample| RequestPartitionData::sample(sample, version)) }
    }
}

impl RequestPartitionData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            leader_id: sample.i32(),
            leader_epoch: sample.i32(),
            preferred_successors: if version == 0 { sample.array(Sample::i32) } else { Vec::new() },
            preferred_candidates: if version == 1 { sample.array(|sample| ReplicaInfo::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl ReplicaInfo {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { candidate_id: sample.i32(), candidate_directory_id: sample.uuid() }
    }
}

impl LeaderEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16() }
    }
}

impl EndQuorumEpochResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            topics: sample.array(|sample| ResponseTopicData::sample(sample, version)),
            node_endpoints: if version == 1 {
                sample.or_default(Vec::new(), |sample| sample.array(|sample| NodeEndpoint::sample(sample, version)))
            } else {
                Vec::new()
            },
        }
    }
}

impl ResponseTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_name: sample.string(), partitions: sample.array(|sample| ResponsePartitionData::sample(sample, version)) }
    }
}

impl ResponsePartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), error_code: sample.i16(), leader_id: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl NodeEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { node_id: sample.i32(), host: sample.string(), port: sample.u16() }
    }
}
