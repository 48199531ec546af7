//! Samples of the module `share_acknowledge`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::share_acknowledge::{
    AcknowledgePartition, AcknowledgeTopic, AcknowledgementBatch, LeaderIdAndEpoch, NodeEndpoint, PartitionData, ShareAcknowledgeRequest,
    ShareAcknowledgeResponse, ShareAcknowledgeTopicResponse,
};
use crate::wire::Sample;

impl ShareAcknowledgeRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.option(Sample::string),
            member_id: sample.option(Sample::string),
            share_session_epoch: sample.i32(),
            is_renew_ack: if version == 2 { sample.bool() } else { false },
            topics: sample.array(|sample| AcknowledgeTopic::sample(sample, version)),
        }
    }
}

impl AcknowledgeTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| AcknowledgePartition::sample(sample, version)) }
    }
}

impl AcknowledgePartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            acknowledgement_batches: sample.array(|sample| AcknowledgementBatch::sample(sample, version)),
        }
    }
}

impl AcknowledgementBatch {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { first_offset: sample.i64(), last_offset: sample.i64(), acknowledge_types: sample.array(Sample::i8) }
    }
}

impl ShareAcknowledgeResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            acquisition_lock_timeout_ms: if version == 2 { sample.i32() } else { 0 },
            responses: sample.array(|sample| ShareAcknowledgeTopicResponse::sample(sample, version)),
            node_endpoints: sample.array(|sample| NodeEndpoint::sample(sample, version)),
        }
    }
}

impl ShareAcknowledgeTopicResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| PartitionData::sample(sample, version)) }
    }
}

impl PartitionData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            current_leader: LeaderIdAndEpoch::sample(sample, version),
        }
    }
}

impl LeaderIdAndEpoch {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { leader_id: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl NodeEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { node_id: sample.i32(), host: sample.string(), port: sample.i32(), rack: sample.option(Sample::string) }
    }
}
