//! DeleteAcls (API key 31).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DeleteAclsRequest: request, versions 1-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteAclsRequest {
    /// Field `filters`, all versions.
    pub filters: Vec<DeleteAclsFilter>,
}

impl Message for DeleteAclsRequest {
    const NAME: &'static str = "DeleteAclsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let filters = reader.array(flexible, 8, |reader| DeleteAclsFilter::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { filters })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.array(&self.filters, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteAclsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsFilter {
    /// Field `resource_type_filter`, all versions.
    pub resource_type_filter: i8,
    /// Field `resource_name_filter`, all versions, nullable.
    pub resource_name_filter: Option<KString>,
    /// Field `pattern_type_filter`, all versions.
    pub pattern_type_filter: i8,
    /// Field `principal_filter`, all versions, nullable.
    pub principal_filter: Option<KString>,
    /// Field `host_filter`, all versions, nullable.
    pub host_filter: Option<KString>,
    /// Field `operation`, all versions.
    pub operation: i8,
    /// Field `permission_type`, all versions.
    pub permission_type: i8,
}

impl Default for DeleteAclsFilter {
    fn default() -> Self {
        Self {
            resource_type_filter: 0,
            resource_name_filter: Some(KString::new()),
            pattern_type_filter: 3,
            principal_filter: Some(KString::new()),
            host_filter: Some(KString::new()),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl DeleteAclsFilter {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let resource_type_filter = reader.i8()?;
        let resource_name_filter = reader.nullable_string(flexible)?;
        let pattern_type_filter = reader.i8()?;
        let principal_filter = reader.nullable_string(flexible)?;
        let host_filter = reader.nullable_string(flexible)?;
        let operation = reader.i8()?;
        let permission_type = reader.i8()?;
        reader.skip_tags(flexible)?;
        Ok(Self {
            resource_type_filter,
            resource_name_filter,
            pattern_type_filter,
            principal_filter,
            host_filter,
            operation,
            permission_type,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i8(self.resource_type_filter);
        writer.nullable_string(self.resource_name_filter.as_ref(), flexible)?;
        writer.i8(self.pattern_type_filter);
        writer.nullable_string(self.principal_filter.as_ref(), flexible)?;
        writer.nullable_string(self.host_filter.as_ref(), flexible)?;
        writer.i8(self.operation);
        writer.i8(self.permission_type);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DeleteAclsRequest {
    type Response = DeleteAclsResponse;
    const KEY: i16 = 31;
}

/// DeleteAclsResponse: response, versions 1-3, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteAclsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `filter_results`, all versions.
    pub filter_results: Vec<DeleteAclsFilterResult>,
}

impl Message for DeleteAclsResponse {
    const NAME: &'static str = "DeleteAclsResponse";
    const API_KEY: Option<i16> = Some(<DeleteAclsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 3;
    const LATEST_VERSION: i16 = 3;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let filter_results = reader.array(flexible, 5, |reader| DeleteAclsFilterResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, filter_results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.filter_results, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteAclsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsFilterResult {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `matching_acls`, all versions.
    pub matching_acls: Vec<DeleteAclsMatchingAcl>,
}

impl Default for DeleteAclsFilterResult {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()), matching_acls: Vec::new() }
    }
}

impl DeleteAclsFilterResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let matching_acls = reader.array(flexible, 11, |reader| DeleteAclsMatchingAcl::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, matching_acls })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.array(&self.matching_acls, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteAclsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DeleteAclsMatchingAcl {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `resource_type`, all versions.
    pub resource_type: i8,
    /// Field `resource_name`, all versions.
    pub resource_name: KString,
    /// Field `pattern_type`, all versions.
    pub pattern_type: i8,
    /// Field `principal`, all versions.
    pub principal: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `operation`, all versions.
    pub operation: i8,
    /// Field `permission_type`, all versions.
    pub permission_type: i8,
}

impl Default for DeleteAclsMatchingAcl {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: Some(KString::new()),
            resource_type: 0,
            resource_name: KString::new(),
            pattern_type: 3,
            principal: KString::new(),
            host: KString::new(),
            operation: 0,
            permission_type: 0,
        }
    }
}

impl DeleteAclsMatchingAcl {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let resource_type = reader.i8()?;
        let resource_name = reader.string(flexible)?;
        let pattern_type = reader.i8()?;
        let principal = reader.string(flexible)?;
        let host = reader.string(flexible)?;
        let operation = reader.i8()?;
        let permission_type = reader.i8()?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, resource_type, resource_name, pattern_type, principal, host, operation, permission_type })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.i8(self.resource_type);
        writer.string(&self.resource_name, flexible)?;
        writer.i8(self.pattern_type);
        writer.string(&self.principal, flexible)?;
        writer.string(&self.host, flexible)?;
        writer.i8(self.operation);
        writer.i8(self.permission_type);
        writer.no_tags(flexible);
        Ok(())
    }
}
