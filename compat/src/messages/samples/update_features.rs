//! Samples of the module `update_features`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::update_features::{FeatureUpdateKey, UpdatableFeatureResult, UpdateFeaturesRequest, UpdateFeaturesResponse};
use crate::wire::Sample;

impl UpdateFeaturesRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            timeout_ms: sample.i32(),
            feature_updates: sample.array(|sample| FeatureUpdateKey::sample(sample, version)),
            validate_only: if version >= 1 { sample.bool() } else { false },
        }
    }
}

impl FeatureUpdateKey {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            feature: sample.string(),
            max_version_level: sample.i16(),
            allow_downgrade: if version == 0 { sample.bool() } else { false },
            upgrade_type: if version >= 1 { sample.i8() } else { 1 },
        }
    }
}

impl UpdateFeaturesResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            results: if version <= 1 { sample.array(|sample| UpdatableFeatureResult::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl UpdatableFeatureResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { feature: sample.string(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
