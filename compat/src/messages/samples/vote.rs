//! Samples of the module `vote`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::vote::{
    NodeEndpoint, RequestPartitionData, RequestTopicData, ResponsePartitionData, ResponseTopicData, VoteRequest, VoteResponse,
};
use crate::wire::Sample;

impl VoteRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            cluster_id: sample.option(Sample::string),
            voter_id: if version >= 1 { sample.i32() } else { -1 },
            topics: sample.array(|sample| RequestTopicData::sample(sample, version)),
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
            replica_epoch: sample.i32(),
            replica_id: sample.i32(),
            replica_directory_id: if version >= 1 { sample.uuid() } else { Uuid::nil() },
            voter_directory_id: if version >= 1 { sample.uuid() } else { Uuid::nil() },
            last_offset_epoch: sample.i32(),
            last_offset: sample.i64(),
            pre_vote: if version == 2 { sample.bool() } else { false },
        }
    }
}

impl VoteResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            topics: sample.array(|sample| ResponseTopicData::sample(sample, version)),
            node_endpoints: if version >= 1 {
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
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            leader_id: sample.i32(),
            leader_epoch: sample.i32(),
            vote_granted: sample.bool(),
        }
    }
}

impl NodeEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { node_id: sample.i32(), host: sample.string(), port: sample.u16() }
    }
}
