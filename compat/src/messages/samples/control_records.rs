//! Samples of the module `control_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::control_records::{
    ControlRecordTypeSchema, EndTxnMarker, Endpoint, KRaftVersionFeature, KRaftVersionRecord, LeaderChangeMessage,
    LeaderChangeMessageVoter, SnapshotFooterRecord, SnapshotHeaderRecord, VotersRecord, VotersVoter,
};
use crate::wire::Sample;

impl ControlRecordTypeSchema {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { r#type: sample.i16() }
    }
}

impl EndTxnMarker {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { coordinator_epoch: sample.i32() }
    }
}

impl LeaderChangeMessage {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            version: sample.i16(),
            leader_id: sample.i32(),
            voters: sample.array(|sample| LeaderChangeMessageVoter::sample(sample, version)),
            granting_voters: sample.array(|sample| LeaderChangeMessageVoter::sample(sample, version)),
        }
    }
}

impl LeaderChangeMessageVoter {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { voter_id: sample.i32(), voter_directory_id: if version == 1 { sample.uuid() } else { Uuid::nil() } }
    }
}

impl SnapshotHeaderRecord {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { version: sample.i16(), last_contained_log_timestamp: sample.i64() }
    }
}

impl SnapshotFooterRecord {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { version: sample.i16() }
    }
}

impl KRaftVersionRecord {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { version: sample.i16(), k_raft_version: sample.i16() }
    }
}

impl VotersRecord {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { version: sample.i16(), voters: sample.array(|sample| VotersVoter::sample(sample, version)) }
    }
}

impl VotersVoter {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            voter_id: sample.i32(),
            voter_directory_id: sample.uuid(),
            endpoints: sample.array(|sample| Endpoint::sample(sample, version)),
            k_raft_version_feature: KRaftVersionFeature::sample(sample, version),
        }
    }
}

impl Endpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16() }
    }
}

impl KRaftVersionFeature {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { min_supported_version: sample.i16(), max_supported_version: sample.i16() }
    }
}
