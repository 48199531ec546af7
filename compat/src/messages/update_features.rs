//! UpdateFeatures (API key 57).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// UpdateFeaturesRequest: request, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateFeaturesRequest {
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `feature_updates`, all versions.
    pub feature_updates: Vec<FeatureUpdateKey>,
    /// Field `validate_only`, versions 1-2.
    pub validate_only: bool,
}

impl Default for UpdateFeaturesRequest {
    fn default() -> Self {
        Self { timeout_ms: 60000, feature_updates: Vec::new(), validate_only: false }
    }
}

impl Message for UpdateFeaturesRequest {
    const NAME: &'static str = "UpdateFeaturesRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let timeout_ms = reader.i32()?;
        let feature_updates = reader.array(true, 5, |reader| FeatureUpdateKey::decode(reader, version))?;
        let validate_only = if version >= 1 { reader.bool()? } else { false };
        reader.skip_tags(true)?;
        Ok(Self { timeout_ms, feature_updates, validate_only })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.timeout_ms);
        writer.array(&self.feature_updates, true, |writer, item| item.encode(writer, version))?;
        if version >= 1 {
            writer.bool(self.validate_only);
        } else if self.validate_only {
            return Err(WireError::NotInVersion { field: "UpdateFeaturesRequest.validate_only", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of UpdateFeaturesRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureUpdateKey {
    /// Field `feature`, all versions.
    pub feature: KString,
    /// Field `max_version_level`, all versions.
    pub max_version_level: i16,
    /// Field `allow_downgrade`, versions 0.
    pub allow_downgrade: bool,
    /// Field `upgrade_type`, versions 1-2.
    pub upgrade_type: i8,
}

impl Default for FeatureUpdateKey {
    fn default() -> Self {
        Self { feature: KString::new(), max_version_level: 0, allow_downgrade: false, upgrade_type: 1 }
    }
}

impl FeatureUpdateKey {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let feature = reader.string(true)?;
        let max_version_level = reader.i16()?;
        let allow_downgrade = if version == 0 { reader.bool()? } else { false };
        let upgrade_type = if version >= 1 { reader.i8()? } else { 1 };
        reader.skip_tags(true)?;
        Ok(Self { feature, max_version_level, allow_downgrade, upgrade_type })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.feature, true)?;
        writer.i16(self.max_version_level);
        if version == 0 {
            writer.bool(self.allow_downgrade);
        } else if self.allow_downgrade {
            return Err(WireError::NotInVersion { field: "FeatureUpdateKey.allow_downgrade", version });
        }
        if version >= 1 {
            writer.i8(self.upgrade_type);
        } else if self.upgrade_type != 1 {
            return Err(WireError::NotInVersion { field: "FeatureUpdateKey.upgrade_type", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for UpdateFeaturesRequest {
    type Response = UpdateFeaturesResponse;
    const KEY: i16 = 57;
}

/// UpdateFeaturesResponse: response, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdateFeaturesResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `results`, versions 0-1.
    pub results: Vec<UpdatableFeatureResult>,
}

impl Default for UpdateFeaturesResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()), results: Vec::new() }
    }
}

impl Message for UpdateFeaturesResponse {
    const NAME: &'static str = "UpdateFeaturesResponse";
    const API_KEY: Option<i16> = Some(<UpdateFeaturesRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let results =
            if version <= 1 { reader.array(true, 5, |reader| UpdatableFeatureResult::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        if version <= 1 {
            writer.array(&self.results, true, |writer, item| item.encode(writer, version))?;
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of UpdateFeaturesResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct UpdatableFeatureResult {
    /// Field `feature`, all versions.
    pub feature: KString,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for UpdatableFeatureResult {
    fn default() -> Self {
        Self { feature: KString::new(), error_code: 0, error_message: Some(KString::new()) }
    }
}

impl UpdatableFeatureResult {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let feature = reader.string(true)?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { feature, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.feature, true)?;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
