//! JoinGroup (API key 11).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version, required};

/// JoinGroupRequest: request, versions 0-9, flexible from 6.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `session_timeout_ms`, all versions.
    pub session_timeout_ms: i32,
    /// Field `rebalance_timeout_ms`, versions 1-9.
    pub rebalance_timeout_ms: i32,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 5-9, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `protocol_type`, all versions.
    pub protocol_type: KString,
    /// Field `protocols`, all versions.
    pub protocols: Vec<JoinGroupRequestProtocol>,
    /// Field `reason`, versions 8-9, nullable.
    pub reason: Option<KString>,
}

impl Default for JoinGroupRequest {
    fn default() -> Self {
        Self {
            group_id: KString::new(),
            session_timeout_ms: 0,
            rebalance_timeout_ms: -1,
            member_id: KString::new(),
            group_instance_id: None,
            protocol_type: KString::new(),
            protocols: Vec::new(),
            reason: None,
        }
    }
}

impl Message for JoinGroupRequest {
    const NAME: &'static str = "JoinGroupRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 9;
    const LATEST_VERSION: i16 = 9;
    const FIRST_FLEXIBLE: Option<i16> = Some(6);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        let group_id = reader.string(flexible)?;
        let session_timeout_ms = reader.i32()?;
        let rebalance_timeout_ms = if version >= 1 { reader.i32()? } else { -1 };
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 5 { reader.nullable_string(flexible)? } else { None };
        let protocol_type = reader.string(flexible)?;
        let protocols = reader.array(flexible, 3, |reader| JoinGroupRequestProtocol::decode(reader, version))?;
        let reason = if version >= 8 { reader.nullable_string(flexible)? } else { None };
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, session_timeout_ms, rebalance_timeout_ms, member_id, group_instance_id, protocol_type, protocols, reason })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        writer.string(&self.group_id, flexible)?;
        writer.i32(self.session_timeout_ms);
        if version >= 1 {
            writer.i32(self.rebalance_timeout_ms);
        }
        writer.string(&self.member_id, flexible)?;
        if version >= 5 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        } else if self.group_instance_id.is_some() {
            return Err(WireError::NotInVersion { field: "JoinGroupRequest.group_instance_id", version });
        }
        writer.string(&self.protocol_type, flexible)?;
        writer.array(&self.protocols, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 8 {
            writer.nullable_string(self.reason.as_ref(), flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of JoinGroupRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinGroupRequestProtocol {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `metadata`, all versions.
    pub metadata: Bytes,
}

impl JoinGroupRequestProtocol {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let name = reader.string(flexible)?;
        let metadata = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, metadata })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.string(&self.name, flexible)?;
        writer.bytes(&self.metadata, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for JoinGroupRequest {
    type Response = JoinGroupResponse;
    const KEY: i16 = 11;
}

/// JoinGroupResponse: response, versions 0-9, flexible from 6.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinGroupResponse {
    /// Field `throttle_time_ms`, versions 2-9.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `generation_id`, all versions.
    pub generation_id: i32,
    /// Field `protocol_type`, versions 7-9, nullable.
    pub protocol_type: Option<KString>,
    /// Field `protocol_name`, all versions, nullable in 7-9.
    pub protocol_name: Option<KString>,
    /// Field `leader`, all versions.
    pub leader: KString,
    /// Field `skip_assignment`, versions 9.
    pub skip_assignment: bool,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `members`, all versions.
    pub members: Vec<JoinGroupResponseMember>,
}

impl Default for JoinGroupResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            generation_id: -1,
            protocol_type: None,
            protocol_name: Some(KString::new()),
            leader: KString::new(),
            skip_assignment: false,
            member_id: KString::new(),
            members: Vec::new(),
        }
    }
}

impl Message for JoinGroupResponse {
    const NAME: &'static str = "JoinGroupResponse";
    const API_KEY: Option<i16> = Some(<JoinGroupRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 9;
    const LATEST_VERSION: i16 = 9;
    const FIRST_FLEXIBLE: Option<i16> = Some(6);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        let throttle_time_ms = if version >= 2 { reader.i32()? } else { 0 };
        let error_code = reader.i16()?;
        let generation_id = reader.i32()?;
        let protocol_type = if version >= 7 { reader.nullable_string(flexible)? } else { None };
        let protocol_name = if version >= 7 { reader.nullable_string(flexible)? } else { Some(reader.string(flexible)?) };
        let leader = reader.string(flexible)?;
        let skip_assignment = if version == 9 { reader.bool()? } else { false };
        let member_id = reader.string(flexible)?;
        let members = reader.array(flexible, 4, |reader| JoinGroupResponseMember::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, generation_id, protocol_type, protocol_name, leader, skip_assignment, member_id, members })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        if version >= 2 {
            writer.i32(self.throttle_time_ms);
        }
        writer.i16(self.error_code);
        writer.i32(self.generation_id);
        if version >= 7 {
            writer.nullable_string(self.protocol_type.as_ref(), flexible)?;
        }
        (if version >= 7 {
            writer.nullable_string(self.protocol_name.as_ref(), flexible)
        } else {
            writer.string(required(self.protocol_name.as_ref(), "JoinGroupResponse.protocol_name")?, flexible)
        })?;
        writer.string(&self.leader, flexible)?;
        if version == 9 {
            writer.bool(self.skip_assignment);
        } else if self.skip_assignment {
            return Err(WireError::NotInVersion { field: "JoinGroupResponse.skip_assignment", version });
        }
        writer.string(&self.member_id, flexible)?;
        writer.array(&self.members, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of JoinGroupResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinGroupResponseMember {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 5-9, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `metadata`, all versions.
    pub metadata: Bytes,
}

impl JoinGroupResponseMember {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 5 { reader.nullable_string(flexible)? } else { None };
        let metadata = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { member_id, group_instance_id, metadata })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.string(&self.member_id, flexible)?;
        if version >= 5 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        }
        writer.bytes(&self.metadata, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
