//! DescribeConfigs (API key 32).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeConfigsRequest: request, versions 1-4, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeConfigsRequest {
    /// Field `resources`, all versions.
    pub resources: Vec<DescribeConfigsResource>,
    /// Field `include_synonyms`, all versions.
    pub include_synonyms: bool,
    /// Field `include_documentation`, versions 3-4.
    pub include_documentation: bool,
}

impl Message for DescribeConfigsRequest {
    const NAME: &'static str = "DescribeConfigsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let resources = reader.array(flexible, 4, |reader| DescribeConfigsResource::decode(reader, version))?;
        let include_synonyms = reader.bool()?;
        let include_documentation = if version >= 3 { reader.bool()? } else { false };
        reader.skip_tags(flexible)?;
        Ok(Self { resources, include_synonyms, include_documentation })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.array(&self.resources, flexible, |writer, item| item.encode(writer, version))?;
        writer.bool(self.include_synonyms);
        if version >= 3 {
            writer.bool(self.include_documentation);
        } else if self.include_documentation {
            return Err(WireError::NotInVersion { field: "DescribeConfigsRequest.include_documentation", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeConfigsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResource {
    /// Field `resource_type`, all versions.
    pub resource_type: i8,
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
    /// Field `configuration_keys`, all versions, nullable.
    pub configuration_keys: Option<Vec<KString>>,
}

impl Default for DescribeConfigsResource {
    fn default() -> Self {
        Self { resource_type: 0, resource_name: KString::new(), configuration_keys: Some(Vec::new()) }
    }
}

impl DescribeConfigsResource {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let resource_type = reader.i8()?;
        let resource_name = reader.string(flexible)?;
        let configuration_keys = reader.nullable_array(flexible, 1, |reader| reader.string(flexible))?;
        reader.skip_tags(flexible)?;
        Ok(Self { resource_type, resource_name, configuration_keys })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.i8(self.resource_type);
        writer.string(&self.resource_name, flexible)?;
        writer.nullable_array(self.configuration_keys.as_deref(), flexible, |writer, item| writer.string(item, flexible))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DescribeConfigsRequest {
    type Response = DescribeConfigsResponse;
    const KEY: i16 = 32;
}

/// DescribeConfigsResponse: response, versions 1-4, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeConfigsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `results`, all versions.
    pub results: Vec<DescribeConfigsResult>,
}

impl Message for DescribeConfigsResponse {
    const NAME: &'static str = "DescribeConfigsResponse";
    const API_KEY: Option<i16> = Some(<DescribeConfigsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let throttle_time_ms = reader.i32()?;
        let results = reader.array(flexible, 7, |reader| DescribeConfigsResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.results, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeConfigsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResult {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `resource_type`, all versions.
    pub resource_type: i8,
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
    /// Field `configs`, all versions.
    pub configs: Vec<DescribeConfigsResourceResult>,
}

impl Default for DescribeConfigsResult {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()), resource_type: 0, resource_name: KString::new(), configs: Vec::new() }
    }
}

impl DescribeConfigsResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let resource_type = reader.i8()?;
        let resource_name = reader.string(flexible)?;
        let configs = reader.array(flexible, 9, |reader| DescribeConfigsResourceResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, resource_type, resource_name, configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.i8(self.resource_type);
        writer.string(&self.resource_name, flexible)?;
        writer.array(&self.configs, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeConfigsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsResourceResult {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `value`, all versions, nullable.
    pub value: Option<KString>,
    /// Field `read_only`, all versions.
    pub read_only: bool,
    /// Field `config_source`, all versions.
    pub config_source: i8,
    /// Field `is_sensitive`, all versions.
    pub is_sensitive: bool,
    /// Field `synonyms`, all versions.
    pub synonyms: Vec<DescribeConfigsSynonym>,
    /// Field `config_type`, versions 3-4.
    pub config_type: i8,
    /// Field `documentation`, versions 3-4, nullable.
    pub documentation: Option<KString>,
}

impl Default for DescribeConfigsResourceResult {
    fn default() -> Self {
        Self {
            name: KString::new(),
            value: Some(KString::new()),
            read_only: false,
            config_source: -1,
            is_sensitive: false,
            synonyms: Vec::new(),
            config_type: 0,
            documentation: Some(KString::new()),
        }
    }
}

impl DescribeConfigsResourceResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let name = reader.string(flexible)?;
        let value = reader.nullable_string(flexible)?;
        let read_only = reader.bool()?;
        let config_source = reader.i8()?;
        let is_sensitive = reader.bool()?;
        let synonyms = reader.array(flexible, 4, |reader| DescribeConfigsSynonym::decode(reader, version))?;
        let config_type = if version >= 3 { reader.i8()? } else { 0 };
        let documentation = if version >= 3 { reader.nullable_string(flexible)? } else { Some(KString::new()) };
        reader.skip_tags(flexible)?;
        Ok(Self { name, value, read_only, config_source, is_sensitive, synonyms, config_type, documentation })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.name, flexible)?;
        writer.nullable_string(self.value.as_ref(), flexible)?;
        writer.bool(self.read_only);
        writer.i8(self.config_source);
        writer.bool(self.is_sensitive);
        writer.array(&self.synonyms, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 3 {
            writer.i8(self.config_type);
        }
        if version >= 3 {
            writer.nullable_string(self.documentation.as_ref(), flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeConfigsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeConfigsSynonym {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `value`, all versions, nullable.
    pub value: Option<KString>,
    /// Field `source`, all versions.
    pub source: i8,
}

impl Default for DescribeConfigsSynonym {
    fn default() -> Self {
        Self { name: KString::new(), value: Some(KString::new()), source: 0 }
    }
}

impl DescribeConfigsSynonym {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let name = reader.string(flexible)?;
        let value = reader.nullable_string(flexible)?;
        let source = reader.i8()?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, value, source })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.name, flexible)?;
        writer.nullable_string(self.value.as_ref(), flexible)?;
        writer.i8(self.source);
        writer.no_tags(flexible);
        Ok(())
    }
}
