//! Samples of the module `list_groups`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::list_groups::{ListGroupsRequest, ListGroupsResponse, ListedGroup};
use crate::wire::{KString, Sample};

impl ListGroupsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            states_filter: if version >= 4 { sample.array(Sample::string) } else { Vec::new() },
            types_filter: if version == 5 { sample.array(Sample::string) } else { Vec::new() },
        }
    }
}

impl ListGroupsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 1 { sample.i32() } else { 0 },
            error_code: sample.i16(),
            groups: sample.array(|sample| ListedGroup::sample(sample, version)),
        }
    }
}

impl ListedGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            protocol_type: sample.string(),
            group_state: if version >= 4 { sample.string() } else { KString::new() },
            group_type: if version == 5 { sample.string() } else { KString::new() },
        }
    }
}
