//! Samples of the module `fetch_snapshot`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::fetch_snapshot::{
    FetchSnapshotRequest, FetchSnapshotResponse, LeaderIdAndEpoch, NodeEndpoint, RequestPartitionSnapshot, RequestSnapshotId,
    RequestTopicSnapshot, ResponsePartitionSnapshot, ResponseSnapshotId, ResponseTopicSnapshot,
};
use crate::wire::Sample;

impl FetchSnapshotRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            cluster_id: sample.or_default(None, |sample| sample.option(Sample::string)),
            replica_id: sample.i32(),
            max_bytes: sample.i32(),
            topics: sample.array(|sample| RequestTopicSnapshot::sample(sample, version)),
        }
    }
}

impl RequestTopicSnapshot {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| RequestPartitionSnapshot::sample(sample, version)) }
    }
}

impl RequestPartitionSnapshot {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition: sample.i32(),
            current_leader_epoch: sample.i32(),
            snapshot_id: RequestSnapshotId::sample(sample, version),
            position: sample.i64(),
            replica_directory_id: if version == 1 { sample.or_default(Uuid::nil(), Sample::uuid) } else { Uuid::nil() },
        }
    }
}

impl RequestSnapshotId {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { end_offset: sample.i64(), epoch: sample.i32() }
    }
}

impl FetchSnapshotResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            topics: sample.array(|sample| ResponseTopicSnapshot::sample(sample, version)),
            node_endpoints: if version == 1 {
                sample.or_default(Vec::new(), |sample| sample.array(|sample| NodeEndpoint::sample(sample, version)))
            } else {
                Vec::new()
            },
        }
    }
}

impl ResponseTopicSnapshot {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| ResponsePartitionSnapshot::sample(sample, version)) }
    }
}

impl ResponsePartitionSnapshot {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            index: sample.i32(),
            error_code: sample.i16(),
            snapshot_id: ResponseSnapshotId::sample(sample, version),
            current_leader: sample.or_default(LeaderIdAndEpoch::default(), |sample| LeaderIdAndEpoch::sample(sample, version)),
            size: sample.i64(),
            position: sample.i64(),
            unaligned_records: sample.records(),
        }
    }
}

impl ResponseSnapshotId {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { end_offset: sample.i64(), epoch: sample.i32() }
    }
}

impl LeaderIdAndEpoch {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { leader_id: sample.i32(), leader_epoch: sample.i32() }
    }
}

impl NodeEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { node_id: sample.i32(), host: sample.string(), port: sample.u16() }
    }
}
