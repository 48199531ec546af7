//! Samples of the module `produce`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::produce::{
    BatchIndexAndErrorMessage, LeaderIdAndEpoch, NodeEndpoint, PartitionProduceData, PartitionProduceResponse, ProduceRequest,
    ProduceResponse, TopicProduceData, TopicProduceResponse,
};
use crate::wire::{KString, Sample};

impl ProduceRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            transactional_id: sample.option(Sample::string),
            acks: sample.i16(),
            timeout_ms: sample.i32(),
            topic_data: sample.array(|sample| TopicProduceData::sample(sample, version)),
        }
    }
}

impl TopicProduceData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version <= 12 { sample.string() } else { KString::new() },
            topic_id: if version == 13 { sample.uuid() } else { Uuid::nil() },
            partition_data: sample.array(|sample| PartitionProduceData::sample(sample, version)),
        }
    }
}

impl PartitionProduceData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { index: sample.i32(), records: sample.option(Sample::bytes) }
    }
}

impl ProduceResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            responses: sample.array(|sample| TopicProduceResponse::sample(sample, version)),
            throttle_time_ms: sample.i32(),
            node_endpoints: if version >= 10 {
                sample.or_default(Vec::new(), |sample| sample.array(|sample| NodeEndpoint::sample(sample, version)))
            } else {
                Vec::new()
            },
        }
    }
}

impl TopicProduceResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version <= 12 { sample.string() } else { KString::new() },
            topic_id: if version == 13 { sample.uuid() } else { Uuid::nil() },
            partition_responses: sample.array(|sample| PartitionProduceResponse::sample(sample, version)),
        }
    }
}

impl PartitionProduceResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            index: sample.i32(),
            error_code: sample.i16(),
            base_offset: sample.i64(),
            log_append_time_ms: sample.i64(),
            log_start_offset: if version >= 5 { sample.i64() } else { -1 },
            record_errors: if version >= 8 {
                sample.array(|sample| BatchIndexAndErrorMessage::sample(sample, version))
            } else {
                Vec::new()
            },
            error_message: if version >= 8 { sample.option(Sample::string) } else { None },
            current_leader: if version >= 10 {
                sample.or_default(LeaderIdAndEpoch::default(), |sample| LeaderIdAndEpoch::sample(sample, version))
            } else {
                LeaderIdAndEpoch::default()
            },
        }
    }
}

impl BatchIndexAndErrorMessage {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { batch_index: sample.i32(), batch_index_error_message: sample.option(Sample::string) }
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
