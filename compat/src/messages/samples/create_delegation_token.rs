//! Samples of the module `create_delegation_token`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::create_delegation_token::{CreatableRenewers, CreateDelegationTokenRequest, CreateDelegationTokenResponse};
use crate::wire::{KString, Sample};

impl CreateDelegationTokenRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            owner_principal_type: if version == 3 { sample.option(Sample::string) } else { Some(KString::new()) },
            owner_principal_name: if version == 3 { sample.option(Sample::string) } else { Some(KString::new()) },
            renewers: sample.array(|sample| CreatableRenewers::sample(sample, version)),
            max_lifetime_ms: sample.i64(),
        }
    }
}

impl CreatableRenewers {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { principal_type: sample.string(), principal_name: sample.string() }
    }
}

impl CreateDelegationTokenResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            principal_type: sample.string(),
            principal_name: sample.string(),
            token_requester_principal_type: if version == 3 { sample.string() } else { KString::new() },
            token_requester_principal_name: if version == 3 { sample.string() } else { KString::new() },
            issue_timestamp_ms: sample.i64(),
            expiry_timestamp_ms: sample.i64(),
            max_timestamp_ms: sample.i64(),
            token_id: sample.string(),
            hmac: sample.bytes(),
            throttle_time_ms: sample.i32(),
        }
    }
}
