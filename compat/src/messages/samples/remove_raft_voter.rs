//! Samples of the module `remove_raft_voter`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::remove_raft_voter::{RemoveRaftVoterRequest, RemoveRaftVoterResponse};
use crate::wire::Sample;

impl RemoveRaftVoterRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { cluster_id: sample.option(Sample::string), voter_id: sample.i32(), voter_directory_id: sample.uuid() }
    }
}

impl RemoveRaftVoterResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
