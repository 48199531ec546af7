//! Samples of the module `describe_acls`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_acls::{AclDescription, DescribeAclsRequest, DescribeAclsResource, DescribeAclsResponse};
use crate::wire::Sample;

impl DescribeAclsRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            resource_type_filter: sample.i8(),
            resource_name_filter: sample.option(Sample::string),
            pattern_type_filter: sample.i8(),
            principal_filter: sample.option(Sample::string),
            host_filter: sample.option(Sample::string),
            operation: sample.i8(),
            permission_type: sample.i8(),
        }
    }
}

impl DescribeAclsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            resources: sample.array(|sample| DescribeAclsResource::sample(sample, version)),
        }
    }
}

impl DescribeAclsResource {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            resource_type: sample.i8(),
            resource_name: sample.string(),
            pattern_type: sample.i8(),
            acls: sample.array(|sample| AclDescription::sample(sample, version)),
        }
    }
}

impl AclDescription {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { principal: sample.string(), host: sample.string(), operation: sample.i8(), permission_type: sample.i8() }
    }
}
