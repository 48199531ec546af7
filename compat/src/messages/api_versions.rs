//! ApiVersions (API key 18).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// ApiVersionsRequest: request, versions 0-4, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersionsRequest {
    /// Field `client_software_name`, versions 3-4.
    pub client_software_name: KString,
    /// Field `client_software_version`, versions 3-4.
    pub client_software_version: KString,
}

impl Message for ApiVersionsRequest {
    const NAME: &'static str = "ApiVersionsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let client_software_name = if version >= 3 { reader.string(flexible)? } else { KString::new() };
        let client_software_version = if version >= 3 { reader.string(flexible)? } else { KString::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { client_software_name, client_software_version })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 3 {
            writer.string(&self.client_software_name, flexible)?;
        }
        if version >= 3 {
            writer.string(&self.client_software_version, flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for ApiVersionsRequest {
    type Response = ApiVersionsResponse;
    const KEY: i16 = 18;
}

/// ApiVersionsResponse: response, versions 0-4, flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiVersionsResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `api_keys`, all versions.
    pub api_keys: Vec<ApiVersion>,
    /// Field `throttle_time_ms`, versions 1-4.
    pub throttle_time_ms: i32,
    /// Field `supported_features`, versions 3-4, tag 0.
    pub supported_features: Vec<SupportedFeatureKey>,
    /// Field `finalized_features_epoch`, versions 3-4, tag 1.
    pub finalized_features_epoch: i64,
    /// Field `finalized_features`, versions 3-4, tag 2.
    pub finalized_features: Vec<FinalizedFeatureKey>,
    /// Field `zk_migration_ready`, versions 3-4, tag 3.
    pub zk_migration_ready: bool,
}

impl Default for ApiVersionsResponse {
    fn default() -> Self {
        Self {
            error_code: 0,
            api_keys: Vec::new(),
            throttle_time_ms: 0,
            supported_features: Vec::new(),
            finalized_features_epoch: -1,
            finalized_features: Vec::new(),
            zk_migration_ready: false,
        }
    }
}

impl Message for ApiVersionsResponse {
    const NAME: &'static str = "ApiVersionsResponse";
    const API_KEY: Option<i16> = Some(<ApiVersionsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let error_code = reader.i16()?;
        let api_keys = reader.array(flexible, 6, |reader| ApiVersion::decode(reader, version))?;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let mut supported_features = Vec::new();
        let mut finalized_features_epoch = -1;
        let mut finalized_features = Vec::new();
        let mut zk_migration_ready = false;
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    supported_features = body.array(true, 6, |reader| SupportedFeatureKey::decode(reader, version))?;
                    body.expect_end()?;
                }
                1 => {
                    finalized_features_epoch = body.i64()?;
                    body.expect_end()?;
                }
                2 => {
                    finalized_features = body.array(true, 6, |reader| FinalizedFeatureKey::decode(reader, version))?;
                    body.expect_end()?;
                }
                3 => {
                    zk_migration_ready = body.bool()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self {
            error_code,
            api_keys,
            throttle_time_ms,
            supported_features,
            finalized_features_epoch,
            finalized_features,
            zk_migration_ready,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.i16(self.error_code);
        writer.array(&self.api_keys, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        let mut tags = TagWriter::new();
        if version >= 3 && !self.supported_features.is_empty() {
            tags.field(0, |writer| writer.array(&self.supported_features, true, |writer, item| item.encode(writer, version)))?;
        }
        if version >= 3 && self.finalized_features_epoch != -1 {
            tags.field(1, |writer| {
                writer.i64(self.finalized_features_epoch);
                Ok(())
            })?;
        }
        if version >= 3 && !self.finalized_features.is_empty() {
            tags.field(2, |writer| writer.array(&self.finalized_features, true, |writer, item| item.encode(writer, version)))?;
        }
        if version >= 3 && self.zk_migration_ready {
            tags.field(3, |writer| {
                writer.bool(self.zk_migration_ready);
                Ok(())
            })?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of ApiVersionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApiVersion {
    /// Field `api_key`, all versions.
    pub api_key: i16,
    /// Field `min_version`, all versions.
    pub min_version: i16,
    /// Field `max_version`, all versions.
    pub max_version: i16,
}

impl ApiVersion {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let api_key = reader.i16()?;
        let min_version = reader.i16()?;
        let max_version = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { api_key, min_version, max_version })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.i16(self.api_key);
        writer.i16(self.min_version);
        writer.i16(self.max_version);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ApiVersionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SupportedFeatureKey {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `min_version`, all versions.
    pub min_version: i16,
    /// Field `max_version`, all versions.
    pub max_version: i16,
}

impl SupportedFeatureKey {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let min_version = reader.i16()?;
        let max_version = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, min_version, max_version })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i16(self.min_version);
        writer.i16(self.max_version);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ApiVersionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FinalizedFeatureKey {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `max_version_level`, all versions.
    pub max_version_level: i16,
    /// Field `min_version_level`, all versions.
    pub min_version_level: i16,
}

impl FinalizedFeatureKey {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let max_version_level = reader.i16()?;
        let min_version_level = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, max_version_level, min_version_level })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i16(self.max_version_level);
        writer.i16(self.min_version_level);
        writer.no_tags(true);
        Ok(())
    }
}
