//! Samples of the module `update_raft_voter`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::update_raft_voter::{CurrentLeader, KRaftVersionFeature, Listener, UpdateRaftVoterRequest, UpdateRaftVoterResponse};
use crate::wire::Sample;

impl UpdateRaftVoterRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            cluster_id: sample.option(Sample::string),
            current_leader_epoch: sample.i32(),
            voter_id: sample.i32(),
            voter_directory_id: sample.uuid(),
            listeners: sample.array(|sample| Listener::sample(sample, version)),
            k_raft_version_feature: KRaftVersionFeature::sample(sample, version),
        }
    }
}

impl Listener {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16() }
    }
}

impl KRaftVersionFeature {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { min_supported_version: sample.i16(), max_supported_version: sample.i16() }
    }
}

impl UpdateRaftVoterResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            current_leader: sample.or_default(CurrentLeader::default(), |sample| CurrentLeader::sample(sample, version)),
        }
    }
}

impl CurrentLeader {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { leader_id: sample.i32(), leader_epoch: sample.i32(), host: sample.string(), port: sample.i32() }
    }
}
