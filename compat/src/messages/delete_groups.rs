//! DeleteGroups (API key 42).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DeleteGroupsRequest: request, versions 0-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsRequest {
    /// Field `groups_names`, all versions.
    pub groups_names: Vec<KString>,
}

impl Message for DeleteGroupsRequest {
    const NAME: &'static str = "DeleteGroupsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let groups_names = reader.array(flexible, 1, |reader| reader.string(flexible))?;
        reader.skip_tags(flexible)?;
        Ok(Self { groups_names })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.array(&self.groups_names, flexible, |writer, item| writer.string(item, flexible))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DeleteGroupsRequest {
    type Response = DeleteGroupsResponse;
    const KEY: i16 = 42;
}

/// DeleteGroupsResponse: response, versions 0-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteGroupsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `results`, all versions.
    pub results: Vec<DeletableGroupResult>,
}

impl Message for DeleteGroupsResponse {
    const NAME: &'static str = "DeleteGroupsResponse";
    const API_KEY: Option<i16> = Some(<DeleteGroupsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let results = reader.array(flexible, 4, |reader| DeletableGroupResult::decode(reader, version))?;
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

/// Part of DeleteGroupsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeletableGroupResult {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl DeletableGroupResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let group_id = reader.string(flexible)?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.group_id, flexible)?;
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
