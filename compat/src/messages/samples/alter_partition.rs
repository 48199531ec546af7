//! Samples of the module `alter_partition`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_partition::{
    AlterPartitionRequest, AlterPartitionResponse, BrokerState, RequestPartitionData, RequestTopicData, ResponsePartitionData,
    ResponseTopicData,
};
use crate::wire::Sample;

impl AlterPartitionRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            broker_id: sample.i32(),
            broker_epoch: sample.i64(),
            topics: sample.array(|sample| RequestTopicData::sample(sample, version)),
        }
    }
}

impl RequestTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| RequestPartitionData::sample(sample, version)) }
    }
}

impl RequestPartitionData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            leader_epoch: sample.i32(),
            new_isr: if version == 2 { sample.array(Sample::i32) } else { Vec::new() },
            new_isr_with_epochs: if version == 3 { sample.array(|sample| BrokerState::sample(sample, version)) } else { Vec::new() },
            leader_recovery_state: sample.i8(),
            partition_epoch: sample.i32(),
        }
    }
}

impl BrokerState {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { broker_id: sample.i32(), broker_epoch: sample.i64() }
    }
}

impl AlterPartitionResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            topics: sample.array(|sample| ResponseTopicData::sample(sample, version)),
        }
    }
}

impl ResponseTopicData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(|sample| ResponsePartitionData::sample(sample, version)) }
    }
}

impl ResponsePartitionData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            leader_id: sample.i32(),
            leader_epoch: sample.i32(),
            isr: sample.array(Sample::i32),
            leader_recovery_state: sample.i8(),
            partition_epoch: sample.i32(),
        }
    }
}
