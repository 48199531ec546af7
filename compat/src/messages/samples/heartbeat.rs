//! Samples of the module `heartbeat`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::heartbeat::{HeartbeatRequest, HeartbeatResponse};
use crate::wire::Sample;

impl HeartbeatRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            generation_id: sample.i32(),
            member_id: sample.string(),
            group_instance_id: if version >= 3 { sample.option(Sample::string) } else { None },
        }
    }
}

impl HeartbeatResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: if version >= 1 { sample.i32() } else { 0 }, error_code: sample.i16() }
    }
}
