//! Samples of the module `delete_acls`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::delete_acls::{
    DeleteAclsFilter, DeleteAclsFilterResult, DeleteAclsMatchingAcl, DeleteAclsRequest, DeleteAclsResponse,
};
use crate::wire::Sample;

impl DeleteAclsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { filters: sample.array(|sample| DeleteAclsFilter::sample(sample, version)) }
    }
}

impl DeleteAclsFilter {
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

impl DeleteAclsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), filter_results: sample.array(|sample| DeleteAclsFilterResult::sample(sample, version)) }
    }
}

impl DeleteAclsFilterResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            matching_acls: sample.array(|sample| DeleteAclsMatchingAcl::sample(sample, version)),
        }
    }
}

impl DeleteAclsMatchingAcl {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            resource_type: sample.i8(),
            resource_name: sample.string(),
            pattern_type: sample.i8(),
            principal: sample.string(),
            host: sample.string(),
            operation: sample.i8(),
            permission_type: sample.i8(),
        }
    }
}
