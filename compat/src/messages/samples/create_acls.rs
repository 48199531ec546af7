//! Samples of the module `create_acls`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::create_acls::{AclCreation, AclCreationResult, CreateAclsRequest, CreateAclsResponse};
use crate::wire::Sample;

impl CreateAclsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { creations: sample.array(|sample| AclCreation::sample(sample, version)) }
    }
}

impl AclCreation {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            resource_type: sample.i8(),
            resource_name: sample.string(),
            resource_pattern_type: sample.i8(),
            principal: sample.string(),
            host: sample.string(),
            operation: sample.i8(),
            permission_type: sample.i8(),
        }
    }
}

impl CreateAclsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), results: sample.array(|sample| AclCreationResult::sample(sample, version)) }
    }
}

impl AclCreationResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
