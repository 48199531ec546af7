//! CreateAcls (API key 30).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// CreateAclsRequest: request, versions 1-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateAclsRequest {
    /// Field `creations`, all versions.
    pub creations: Vec<AclCreation>,
}

impl Message for CreateAclsRequest {
    const NAME: &'static str = "CreateAclsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let creations = reader.array(flexible, 8, |reader| AclCreation::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { creations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.array(&self.creations, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateAclsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct AclCreation {
    /// Field `resource_type`, all versions.
    pub resource_type: i8,
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
    /// Field `resource_pattern_type`, all versions.
    pub resource_pattern_type: i8,
    /// Field `principal`, all versions.
    pub principal: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `operation`, all versions.
    pub operation: i8,
    /// Field `permission_type`, all versions.
    pub permission_type: i8,
}

impl Default for AclCreation {
    fn default() -> Self {
        Self {
            resource_type: 0,
            resource_name: KString::new(),
            resource_pattern_type: 3,
            principal: KString::new(),
            host: KString::new(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl AclCreation {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let resource_type = reader.i8()?;
        let resource_name = reader.string(flexible)?;
        let resource_pattern_type = reader.i8()?;
        let principal = reader.string(flexible)?;
        let host = reader.string(flexible)?;
        let operation = reader.i8()?;
        let permission_type = reader.i8()?;
        reader.skip_tags(flexible)?;
        Ok(Self { resource_type, resource_name, resource_pattern_type, principal, host, operation, permission_type })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i8(self.resource_type);
        writer.string(&self.resource_name, flexible)?;
        writer.i8(self.resource_pattern_type);
        writer.string(&self.principal, flexible)?;
        writer.string(&self.host, flexible)?;
        writer.i8(self.operation);
        writer.i8(self.permission_type);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for CreateAclsRequest {
    type Response = CreateAclsResponse;
    const KEY: i16 = 30;
}

/// CreateAclsResponse: response, versions 1-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CreateAclsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `results`, all versions.
    pub results: Vec<AclCreationResult>,
}

impl Message for CreateAclsResponse {
    const NAME: &'static str = "CreateAclsResponse";
    const API_KEY: Option<i16> = Some(<CreateAclsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let results = reader.array(flexible, 4, |reader| AclCreationResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.results, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of CreateAclsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct AclCreationResult {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for AclCreationResult {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()) }
    }
}

impl AclCreationResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
