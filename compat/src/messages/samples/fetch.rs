//! Samples of the module `fetch`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::fetch::{
    AbortedTransaction, EpochEndOffset, FetchPartition, FetchRequest, FetchResponse, FetchTopic, FetchableTopicResponse, ForgottenTopic,
    LeaderIdAndEpoch, NodeEndpoint, PartitionData, ReplicaState, SnapshotId,
};
use crate::wire::{KString, Sample};

impl FetchRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            cluster_id: if version >= 12 { sample.or_default(None, |sample| sample.option(Sample::string)) } else { None },
            replica_id: if version <= 14 { sample.i32() } else { -1 },
            replica_state: if version >= 15 {
                sample.or_default(ReplicaState::default(), |sample| ReplicaState::sample(sample, version))
            } else {
                ReplicaState::default()
            },
            max_wait_ms: sample.i32(),
            min_bytes: sample.i32(),
            max_bytes: sample.i32(),
            isolation_level: sample.i8(),
            session_id: if version >= 7 { sample.i32() } else { 0 },
            session_epoch: if version >= 7 { sample.i32() } else { -1 },
            topics: sample.array(|sample| FetchTopic::sample(sample, version)),
            forgotten_topics_data: if version >= 7 { sample.array(|sample| ForgottenTopic::sample(sample, version)) } else { Vec::new() },
            rack_id: if version >= 11 { sample.string() } else { KString::new() },
        }
    }
}

impl ReplicaState {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { replica_id: sample.i32(), replica_epoch: sample.i64() }
    }
}

impl FetchTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic: if version <= 12 { sample.string() } else { KString::new() },
            topic_id: if version >= 13 { sample.uuid() } else { Uuid::nil() },
            partitions: sample.array(|sample| FetchPartition::sample(sample, version)),
        }
    }
}

impl FetchPartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition: sample.i32(),
            current_leader_epoch: if version >= 9 { sample.i32() } else { -1 },
            fetch_offset: sample.i64(),
            last_fetched_epoch: if version >= 12 { sample.i32() } else { -1 },
            log_start_offset: if version >= 5 { sample.i64() } else { -1 },
            partition_max_bytes: sample.i32(),
            replica_directory_id: if version >= 17 { sample.or_default(Uuid::nil(), Sample::uuid) } else { Uuid::nil() },
            high_watermark: if version == 18 { sample.or_default(i64::MAX, Sample::i64) } else { i64::MAX },
        }
    }
}

impl ForgottenTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic: if version <= 12 { sample.string() } else { KString::new() },
            topic_id: if version >= 13 { sample.uuid() } else { Uuid::nil() },
            partitions: sample.array(Sample::i32),
        }
    }
}

impl FetchResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: if version >= 7 { sample.i16() } else { 0 },
            session_id: if version >= 7 { sample.i32() } else { 0 },
            responses: sample.array(|sample| FetchableTopicResponse::sample(sample, version)),
            node_endpoints: if version >= 16 {
                sample.or_default(Vec::new(), |sample| sample.array(|sample| NodeEndpoint::sample(sample, version)))
            } else {
                Vec::new()
            },
        }
    }
}

impl FetchableTopicResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic: if version <= 12 { sample.string() } else { KString::new() },
            topic_id: if version >= 13 { sample.uuid() } else { Uuid::nil() },
            partitions: sample.array(|sample| PartitionData::sample(sample, version)),
        }
    }
}

impl PartitionData {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            error_code: sample.i16(),
            high_watermark: sample.i64(),
            last_stable_offset: sample.i64(),
            log_start_offset: if version >= 5 { sample.i64() } else { -1 },
            diverging_epoch: if version >= 12 {
                sample.or_default(EpochEndOffset::default(), |sample| EpochEndOffset::sample(sample, version))
            } else {
                EpochEndOffset::default()
            },
            current_leader: if version >= 12 {
                sample.or_default(LeaderIdAndEpoch::default(), |sample| LeaderIdAndEpoch::sample(sample, version))
            } else {
                LeaderIdAndEpoch::default()
            },
            snapshot_id: if version >= 12 {
                sample.or_default(SnapshotId::default(), |sample| SnapshotId::sample(sample, version))
            } else {
                SnapshotId::default()
            },
            aborted_transactions: sample.option(|sample| sample.array(|sample| AbortedTransaction::sample(sample, version))),
            preferred_read_replica: if version >= 11 { sample.i32() } else { -1 },
            records: sample.option(Sample::records),
        }
    }
}

impl EpochEndOffset {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { epoch: sample.i32(), end_offset: sample.i64() }
    }
}

impl LeaderIdAndEpoch {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { leader_id: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl SnapshotId {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { end_offset: sample.i64(), epoch: sample.i32() }
    }
}

impl AbortedTransaction {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { producer_id: sample.i64(), first_offset: sample.i64() }
    }
}

impl NodeEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { node_id: sample.i32(), host: sample.string(), port: sample.i32(), rack: sample.option(Sample::string) }
    }
}
