//! Samples of the module `alter_user_scram_credentials`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::alter_user_scram_credentials::{
    AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse, AlterUserScramCredentialsResult, ScramCredentialDeletion,
    ScramCredentialUpsertion,
};
use crate::wire::Sample;

impl AlterUserScramCredentialsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            deletions: sample.array(|sample| ScramCredentialDeletion::sample(sample, version)),
            upsertions: sample.array(|sample| ScramCredentialUpsertion::sample(sample, version)),
        }
    }
}

impl ScramCredentialDeletion {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), mechanism: sample.i8() }
    }
}

impl ScramCredentialUpsertion {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            name: sample.string(),
            mechanism: sample.i8(),
            iterations: sample.i32(),
            salt: sample.bytes(),
            salted_password: sample.bytes(),
        }
    }
}

impl AlterUserScramCredentialsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), results: sample.array(|sample| AlterUserScramCredentialsResult::sample(sample, version)) }
    }
}

impl AlterUserScramCredentialsResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { user: sample.string(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
