//! ListGroups (API key 16).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ListGroupsRequest: request, versions 0-5, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsRequest {
    /// Field `states_filter`, versions 4-5.
    pub states_filter: Vec<KString>,
    /// Field `types_filter`, versions 5.
    pub types_filter: Vec<KString>,
}

impl Message for ListGroupsRequest {
    const NAME: &'static str = "ListGroupsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let states_filter = if version >= 4 { reader.array(flexible, 1, |reader| reader.string(flexible))? } else { Vec::new() };
        let types_filter = if version == 5 { reader.array(flexible, 1, |reader| reader.string(flexible))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { states_filter, types_filter })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 4 {
            writer.array(&self.states_filter, flexible, |writer, item| writer.string(item, flexible))?;
        } else if !self.states_filter.is_empty() {
            return Err(WireError::NotInVersion { field: "ListGroupsRequest.states_filter", version });
        }
        if version == 5 {
            writer.array(&self.types_filter, flexible, |writer, item| writer.string(item, flexible))?;
        } else if !self.types_filter.is_empty() {
            return Err(WireError::NotInVersion { field: "ListGroupsRequest.types_filter", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for ListGroupsRequest {
    type Response = ListGroupsResponse;
    const KEY: i16 = 16;
}

/// ListGroupsResponse: response, versions 0-5, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListGroupsResponse {
    /// Field `throttle_time_ms`, versions 1-5.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `groups`, all versions.
    pub groups: Vec<ListedGroup>,
}

impl Message for ListGroupsResponse {
    const NAME: &'static str = "ListGroupsResponse";
    const API_KEY: Option<i16> = Some(<ListGroupsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let error_code = reader.i16()?;
        let groups = reader.array(flexible, 3, |reader| ListedGroup::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, groups })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        writer.i16(self.error_code);
        writer.array(&self.groups, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ListGroupsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListedGroup {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `protocol_type`, all versions.
    pub protocol_type: KString,
    /// Field `group_state`, versions 4-5.
    pub group_state: KString,
    /// Field `group_type`, versions 5.
    pub group_type: KString,
}

impl ListedGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let group_id = reader.string(flexible)?;
        let protocol_type = reader.string(flexible)?;
        let group_state = if version >= 4 { reader.string(flexible)? } else { KString::new() };
        let group_type = if version == 5 { reader.string(flexible)? } else { KString::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, protocol_type, group_state, group_type })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.string(&self.group_id, flexible)?;
        writer.string(&self.protocol_type, flexible)?;
        if version >= 4 {
            writer.string(&self.group_state, flexible)?;
        }
        if version == 5 {
            writer.string(&self.group_type, flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
