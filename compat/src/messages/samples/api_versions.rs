//! Samples of the module `api_versions`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::api_versions::{ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey};
use crate::wire::{KString, Sample};

impl ApiVersionsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            client_software_name: if version >= 3 { sample.string() } else { KString::new() },
            client_software_version: if version >= 3 { sample.string() } else { KString::new() },
        }
    }
}

impl ApiVersionsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            api_keys: sample.array(|sample| ApiVersion::sample(sample, version)),
            throttle_time_ms: if version >= 1 { sample.i32() } else { 0 },
            supported_features: if version >= 3 {
                sample.or_default(Vec::new(), |sample| sample.array(|sample| SupportedFeatureKey::sample(sample, version)))
            } else {
                Vec::new()
            },
            finalized_features_epoch: if version >= 3 { sample.or_default(-1, Sample::i64) } else { -1 },
            finalized_features: if version >= 3 {
                sample.or_default(Vec::new(), |sample| sample.array(|sample| FinalizedFeatureKey::sample(sample, version)))
            } else {
                Vec::new()
            },
            zk_migration_ready: if version >= 3 { sample.or_default(false, Sample::bool) } else { false },
        }
    }
}

impl ApiVersion {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { api_key: sample.i16(), min_version: sample.i16(), max_version: sample.i16() }
    }
}

impl SupportedFeatureKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), min_version: sample.i16(), max_version: sample.i16() }
    }
}

impl FinalizedFeatureKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), max_version_level: sample.i16(), min_version_level: sample.i16() }
    }
}
