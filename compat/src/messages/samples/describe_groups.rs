//! Samples of the module `describe_groups`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup, DescribedGroupMember};
use crate::wire::Sample;

impl DescribeGroupsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { groups: sample.array(Sample::string), include_authorized_operations: if version >= 3 { sample.bool() } else { false } }
    }
}

impl DescribeGroupsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 1 { sample.i32() } else { 0 },
            groups: sample.array(|sample| DescribedGroup::sample(sample, version)),
        }
    }
}

impl DescribedGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: if version == 6 { sample.option(Sample::string) } else { None },
            group_id: sample.string(),
            group_state: sample.string(),
            protocol_type: sample.string(),
            protocol_data: sample.string(),
            members: sample.array(|sample| DescribedGroupMember::sample(sample, version)),
            authorized_operations: if version >= 3 { sample.i32() } else { i32::MIN },
        }
    }
}

impl DescribedGroupMember {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_id: sample.string(),
            group_instance_id: if version >= 4 { sample.option(Sample::string) } else { None },
            client_id: sample.string(),
            client_host: sample.string(),
            member_metadata: sample.bytes(),
            member_assignment: sample.bytes(),
        }
    }
}
