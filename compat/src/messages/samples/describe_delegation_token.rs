//! Samples of the module `describe_delegation_token`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_delegation_token::{
    DescribeDelegationTokenOwner, DescribeDelegationTokenRequest, DescribeDelegationTokenResponse, DescribedDelegationToken,
    DescribedDelegationTokenRenewer,
};
use crate::wire::{KString, Sample};

impl DescribeDelegationTokenRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { owners: sample.option(|sample| sample.array(|sample| DescribeDelegationTokenOwner::sample(sample, version))) }
    }
}

impl DescribeDelegationTokenOwner {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { principal_type: sample.string(), principal_name: sample.string() }
    }
}

impl DescribeDelegationTokenResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            tokens: sample.array(|sample| DescribedDelegationToken::sample(sample, version)),
            throttle_time_ms: sample.i32(),
        }
    }
}

impl DescribedDelegationToken {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            principal_type: sample.string(),
            principal_name: sample.string(),
            token_requester_principal_type: if version == 3 { sample.string() } else { KString::new() },
            token_requester_principal_name: if version == 3 { sample.string() } else { KString::new() },
            issue_timestamp: sample.i64(),
            expiry_timestamp: sample.i64(),
            max_timestamp: sample.i64(),
            token_id: sample.string(),
            hmac: sample.bytes(),
            renewers: sample.array(|sample| DescribedDelegationTokenRenewer::sample(sample, version)),
        }
    }
}

impl DescribedDelegationTokenRenewer {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { principal_type: sample.string(), principal_name: sample.string() }
    }
}
