//! Samples of the module `leave_group`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::leave_group::{LeaveGroupRequest, LeaveGroupResponse, MemberIdentity, MemberResponse};
use crate::wire::{KString, Sample};

impl LeaveGroupRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            member_id: if version <= 2 { sample.string() } else { KString::new() },
            members: if version >= 3 { sample.array(|sample| MemberIdentity::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl MemberIdentity {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_id: sample.string(),
            group_instance_id: sample.option(Sample::string),
            reason: if version == 5 { sample.option(Sample::string) } else { None },
        }
    }
}

impl LeaveGroupResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 1 { sample.i32() } else { 0 },
            error_code: sample.i16(),
            members: if version >= 3 { sample.array(|sample| MemberResponse::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl MemberResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { member_id: sample.string(), group_instance_id: sample.option(Sample::string), error_code: sample.i16() }
    }
}
