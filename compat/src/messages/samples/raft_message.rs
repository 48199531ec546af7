//! Samples of the module `raft_message`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::raft_message::{RaftMessageRequest, RaftMessageResponse};
use crate::wire::Sample;

impl RaftMessageRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { cluster_id: sample.option(Sample::string), kind: sample.i8(), body: sample.bytes() }
    }
}

impl RaftMessageResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { error_code: sample.i16(), error_message: sample.option(Sample::string), body: sample.bytes() }
    }
}
