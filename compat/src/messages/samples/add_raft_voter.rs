//! Samples of the module `add_raft_voter`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::add_raft_voter::{AddRaftVoterRequest, AddRaftVoterResponse, Listener};
use crate::wire::Sample;

impl AddRaftVoterRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            cluster_id: sample.option(Sample::string),
            timeout_ms: sample.i32(),
            voter_id: sample.i32(),
            voter_directory_id: sample.uuid(),
            listeners: sample.array(|sample| Listener::sample(sample, version)),
            ack_when_committed: if version == 1 { sample.bool() } else { true },
        }
    }
}

impl Listener {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16() }
    }
}

impl AddRaftVoterResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
