//! Samples of the module `share_fetch`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::share_fetch::{
    AcknowledgementBatch, AcquiredRecords, FetchPartition, FetchTopic, ForgottenTopic, LeaderIdAndEpoch, NodeEndpoint, PartitionData,
    ShareFetchRequest, ShareFetchResponse, ShareFetchableTopicResponse,
};
use crate::wire::Sample;

impl ShareFetchRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.option(Sample::string),
            member_id: sample.option(Sample::string),
            share_session_epoch: sample.i32(),
            max_wait_ms: sample.i32(),
            min_bytes: sample.i32(),
            max_bytes: sample.i32(),
            max_records: sample.i32(),
            batch_size: sample.i32(),
            share_acquire_mode: if version == 2 { sample.i8() } else { 0 },
            is_renew_ack: if version == 2 { sample.bool() } else { false },
            topics: sample.array(|sample| FetchTopic::sample(sample, version)),
            forgotten_topics_data: sample.array(|sample| ForgottenTopic::sample(sample, version)),
        }
    }
}

impl FetchTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| FetchPartition::sample(sample, version)) }
    }
}

impl FetchPartition {
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

impl ForgottenTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl ShareFetchResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            acquisition_lock_timeout_ms: sample.i32(),
            responses: sample.array(|sample| ShareFetchableTopicResponse::sample(sample, version)),
            node_endpoints: sample.array(|sample| NodeEndpoint::sample(sample, version)),
        }
    }
}

impl ShareFetchableTopicResponse {
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
            acknowledge_error_code: sample.i16(),
            acknowledge_error_message: sample.option(Sample::string),
            current_leader: LeaderIdAndEpoch::sample(sample, version),
            records: sample.records(),
            acquired_records: sample.array(|sample| AcquiredRecords::sample(sample, version)),
        }
    }
}

impl LeaderIdAndEpoch {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { leader_id: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl AcquiredRecords {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { first_offset: sample.i64(), last_offset: sample.i64(), delivery_count: sample.i16() }
    }
}

impl NodeEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { node_id: sample.i32(), host: sample.string(), port: sample.i32(), rack: sample.option(Sample::string) }
    }
}
