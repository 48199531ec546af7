//! Samples of the module `describe_user_scram_credentials`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_user_scram_credentials::{
    CredentialInfo, DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse, DescribeUserScramCredentialsResult, UserName,
};
use crate::wire::Sample;

impl DescribeUserScramCredentialsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { users: sample.option(|sample| sample.array(|sample| UserName::sample(sample, version))) }
    }
}

impl UserName {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string() }
    }
}

impl DescribeUserScramCredentialsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            results: sample.array(|sample| DescribeUserScramCredentialsResult::sample(sample, version)),
        }
    }
}

impl DescribeUserScramCredentialsResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            user: sample.string(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            credential_infos: sample.array(|sample| CredentialInfo::sample(sample, version)),
        }
    }
}

impl CredentialInfo {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { mechanism: sample.i8(), iterations: sample.i32() }
    }
}
