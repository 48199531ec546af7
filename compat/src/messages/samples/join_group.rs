//! Samples of the module `join_group`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::join_group::{JoinGroupRequest, JoinGroupRequestProtocol, JoinGroupResponse, JoinGroupResponseMember};
use crate::wire::Sample;

impl JoinGroupRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            session_timeout_ms: sample.i32(),
            rebalance_timeout_ms: if version >= 1 { sample.i32() } else { -1 },
            member_id: sample.string(),
            group_instance_id: if version >= 5 { sample.option(Sample::string) } else { None },
            protocol_type: sample.string(),
            protocols: sample.array(|sample| JoinGroupRequestProtocol::sample(sample, version)),
            reason: if version >= 8 { sample.option(Sample::string) } else { None },
        }
    }
}

impl JoinGroupRequestProtocol {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), metadata: sample.bytes() }
    }
}

impl JoinGroupResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 2 { sample.i32() } else { 0 },
            error_code: sample.i16(),
            generation_id: sample.i32(),
            protocol_type: if version >= 7 { sample.option(Sample::string) } else { None },
            protocol_name: if version >= 7 { sample.option(Sample::string) } else { Some(sample.string()) },
            leader: sample.string(),
            skip_assignment: if version == 9 { sample.bool() } else { false },
            member_id: sample.string(),
            members: sample.array(|sample| JoinGroupResponseMember::sample(sample, version)),
        }
    }
}

impl JoinGroupResponseMember {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_id: sample.string(),
            group_instance_id: if version >= 5 { sample.option(Sample::string) } else { None },
            metadata: sample.bytes(),
        }
    }
}
