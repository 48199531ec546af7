//! DescribeGroups (API key 15).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeGroupsRequest: request, versions 0-6, flexible from 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsRequest {
    /// Field `groups`, all versions.
    pub groups: Vec<KString>,
    /// Field `include_authorized_operations`, versions 3-6.
    pub include_authorized_operations: bool,
}

impl Message for DescribeGroupsRequest {
    const NAME: &'static str = "DescribeGroupsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(5);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        let groups = reader.array(flexible, 1, |reader| reader.string(flexible))?;
        let include_authorized_operations = if version >= 3 { reader.bool()? } else { false };
        reader.skip_tags(flexible)?;
        Ok(Self { groups, include_authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        writer.array(&self.groups, flexible, |writer, item| writer.string(item, flexible))?;
        if version >= 3 {
            writer.bool(self.include_authorized_operations);
        } else if self.include_authorized_operations {
            return Err(WireError::NotInVersion { field: "DescribeGroupsRequest.include_authorized_operations", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DescribeGroupsRequest {
    type Response = DescribeGroupsResponse;
    const KEY: i16 = 15;
}

/// DescribeGroupsResponse: response, versions 0-6, flexible from 5.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeGroupsResponse {
    /// Field `throttle_time_ms`, versions 1-6.
    pub throttle_time_ms: i32,
    /// Field `groups`, all versions.
    pub groups: Vec<DescribedGroup>,
}

impl Message for DescribeGroupsResponse {
    const NAME: &'static str = "DescribeGroupsResponse";
    const API_KEY: Option<i16> = Some(<DescribeGroupsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(5);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let groups = reader.array(flexible, 12, |reader| DescribedGroup::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, groups })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 5;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        writer.array(&self.groups, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeGroupsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, versions 6, nullable.
    pub error_message: Option<KString>,
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `group_state`, all versions.
    pub group_state: KString,
    /// Field `protocol_type`, all versions.
    pub protocol_type: KString,
    /// Field `protocol_data`, all versions.
    pub protocol_data: KString,
    /// Field `members`, all versions.
    pub members: Vec<DescribedGroupMember>,
    /// Field `authorized_operations`, versions 3-6.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: KString::new(),
            group_state: KString::new(),
            protocol_type: KString::new(),
            protocol_data: KString::new(),
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl DescribedGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 5;
        let error_code = reader.i16()?;
        let error_message = if version == 6 { reader.nullable_string(flexible)? } else { None };
        let group_id = reader.string(flexible)?;
        let group_state = reader.string(flexible)?;
        let protocol_type = reader.string(flexible)?;
        let protocol_data = reader.string(flexible)?;
        let members = reader.array(flexible, 7, |reader| DescribedGroupMember::decode(reader, version))?;
        let authorized_operations = if version >= 3 { reader.i32()? } else { i32::MIN };
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, group_id, group_state, protocol_type, protocol_data, members, authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 5;
        writer.i16(self.error_code);
        if version == 6 {
            writer.nullable_string(self.error_message.as_ref(), flexible)?;
        } else if self.error_message.is_some() {
            return Err(WireError::NotInVersion { field: "DescribedGroup.error_message", version });
        }
        writer.string(&self.group_id, flexible)?;
        writer.string(&self.group_state, flexible)?;
        writer.string(&self.protocol_type, flexible)?;
        writer.string(&self.protocol_data, flexible)?;
        writer.array(&self.members, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 3 {
            writer.i32(self.authorized_operations);
        } else if self.authorized_operations != i32::MIN {
            return Err(WireError::NotInVersion { field: "DescribedGroup.authorized_operations", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeGroupsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribedGroupMember {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 4-6, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `member_metadata`, all versions.
    pub member_metadata: Bytes,
    /// Field `member_assignment`, all versions.
    pub member_assignment: Bytes,
}

impl DescribedGroupMember {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 5;
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 4 { reader.nullable_string(flexible)? } else { None };
        let client_id = reader.string(flexible)?;
        let client_host = reader.string(flexible)?;
        let member_metadata = reader.bytes(flexible)?;
        let member_assignment = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { member_id, group_instance_id, client_id, client_host, member_metadata, member_assignment })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 5;
        writer.string(&self.member_id, flexible)?;
        if version >= 4 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        }
        writer.string(&self.client_id, flexible)?;
        writer.string(&self.client_host, flexible)?;
        writer.bytes(&self.member_metadata, flexible)?;
        writer.bytes(&self.member_assignment, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
