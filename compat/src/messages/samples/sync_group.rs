//! Samples of the module `sync_group`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::sync_group::{SyncGroupRequest, SyncGroupRequestAssignment, SyncGroupResponse};
use crate::wire::Sample;

impl SyncGroupRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            generation_id: sample.i32(),
            member_id: sample.string(),
            group_instance_id: if version >= 3 { sample.option(Sample::string) } else { None },
            protocol_type: if version == 5 { sample.option(Sample::string) } else { None },
            protocol_name: if version == 5 { sample.option(Sample::string) } else { None },
            assignments: sample.array(|sample| SyncGroupRequestAssignment::sample(sample, version)),
        }
    }
}

impl SyncGroupRequestAssignment {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { member_id: sample.string(), assignment: sample.bytes() }
    }
}

impl SyncGroupResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 1 { sample.i32() } else { 0 },
            error_code: sample.i16(),
            protocol_type: if version == 5 { sample.option(Sample::string) } else { None },
            protocol_name: if version == 5 { sample.option(Sample::string) } else { None },
            assignment: sample.bytes(),
        }
    }
}
