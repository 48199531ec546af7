//! ListConfigResources (API key 74).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ListConfigResourcesRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListConfigResourcesRequest {
    /// Field `resource_types`, versions 1.
    pub resource_types: Vec<i8>,
}

impl Message for ListConfigResourcesRequest {
    const NAME: &'static str = "ListConfigResourcesRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let resource_types = if version == 1 { reader.array(true, 1, Reader::i8)? } else { Vec::new() };
        reader.skip_tags(true)?;
        Ok(Self { resource_types })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        if version == 1 {
            writer.array(&self.resource_types, true, |writer, item| {
                writer.i8(*item);
                Ok(())
            })?;
        } else if !self.resource_types.is_empty() {
            return Err(WireError::NotInVersion { field: "ListConfigResourcesRequest.resource_types", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ListConfigResourcesRequest {
    type Response = ListConfigResourcesResponse;
    const KEY: i16 = 74;
}

/// ListConfigResourcesResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListConfigResourcesResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `config_resources`, all versions.
    pub config_resources: Vec<ConfigResource>,
}

impl Message for ListConfigResourcesResponse {
    const NAME: &'static str = "ListConfigResourcesResponse";
    const API_KEY: Option<i16> = Some(<ListConfigResourcesRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let config_resources = reader.array(true, 2, |reader| ConfigResource::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, config_resources })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.array(&self.config_resources, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ListConfigResourcesResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigResource {
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
    /// Field `resource_type`, versions 1.
    pub resource_type: i8,
}

impl Default for ConfigResource {
    fn default() -> Self {
        Self { resource_name: KString::new(), resource_type: 16 }
    }
}

impl ConfigResource {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let resource_name = reader.string(true)?;
        let resource_type = if version == 1 { reader.i8()? } else { 16 };
        reader.skip_tags(true)?;
        Ok(Self { resource_name, resource_type })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.resource_name, true)?;
        if version == 1 {
            writer.i8(self.resource_type);
        }
        writer.no_tags(true);
        Ok(())
    }
}
