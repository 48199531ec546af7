//! IncrementalAlterConfigs (API key 44).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// IncrementalAlterConfigsRequest: request, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncrementalAlterConfigsRequest {
    /// Field `resources`, all versions.
    pub resources: Vec<AlterConfigsResource>,
    /// Field `validate_only`, all versions.
    pub validate_only: bool,
}

impl Message for IncrementalAlterConfigsRequest {
    const NAME: &'static str = "IncrementalAlterConfigsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let resources = reader.array(flexible, 4, |reader| AlterConfigsResource::decode(reader, version))?;
        let validate_only = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { resources, validate_only })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.array(&self.resources, flexible, |writer, item| item.encode(writer, version))?;
        writer.bool(self.validate_only);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of IncrementalAlterConfigsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlterConfigsResource {
    /// Field `resource_type`, all versions.
    pub resource_type: i8,
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
    /// Field `configs`, all versions.
    pub configs: Vec<AlterableConfig>,
}

impl AlterConfigsResource {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let resource_type = reader.i8()?;
        let resource_name = reader.string(flexible)?;
        let configs = reader.array(flexible, 4, |reader| AlterableConfig::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { resource_type, resource_name, configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.i8(self.resource_type);
        writer.string(&self.resource_name, flexible)?;
        writer.array(&self.configs, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of IncrementalAlterConfigsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterableConfig {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `config_operation`, all versions.
    pub config_operation: i8,
    /// Field `value`, all versions, nullable.
    pub value: Option<KString>,
}

impl Default for AlterableConfig {
    fn default() -> Self {
        Self { name: KString::new(), config_operation: 0, value: Some(KString::new()) }
    }
}

impl AlterableConfig {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let name = reader.string(flexible)?;
        let config_operation = reader.i8()?;
        let value = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, config_operation, value })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.name, flexible)?;
        writer.i8(self.config_operation);
        writer.nullable_string(self.value.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for IncrementalAlterConfigsRequest {
    type Response = IncrementalAlterConfigsResponse;
    const KEY: i16 = 44;
}

/// IncrementalAlterConfigsResponse: response, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IncrementalAlterConfigsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `responses`, all versions.
    pub responses: Vec<AlterConfigsResourceResponse>,
}

impl Message for IncrementalAlterConfigsResponse {
    const NAME: &'static str = "IncrementalAlterConfigsResponse";
    const API_KEY: Option<i16> = Some(<IncrementalAlterConfigsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let throttle_time_ms = reader.i32()?;
        let responses = reader.array(flexible, 6, |reader| AlterConfigsResourceResponse::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, responses })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.responses, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of IncrementalAlterConfigsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct AlterConfigsResourceResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `resource_type`, all versions.
    pub resource_type: i8,
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
}

impl Default for AlterConfigsResourceResponse {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()), resource_type: 0, resource_name: KString::new() }
    }
}

impl AlterConfigsResourceResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let resource_type = reader.i8()?;
        let resource_name = reader.string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, resource_type, resource_name })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.i8(self.resource_type);
        writer.string(&self.resource_name, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
