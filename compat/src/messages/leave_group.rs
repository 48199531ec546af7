//! LeaveGroup (API key 13).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// LeaveGroupRequest: request, versions 0-5, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, versions 0-2.
    pub member_id: KString,
    /// Field `members`, versions 3-5.
    pub members: Vec<MemberIdentity>,
}

impl Message for LeaveGroupRequest {
    const NAME: &'static str = "LeaveGroupRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let group_id = reader.string(flexible)?;
        let member_id = if version <= 2 { reader.string(flexible)? } else { KString::new() };
        let members = if version >= 3 { reader.array(flexible, 3, |reader| MemberIdentity::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, member_id, members })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.string(&self.group_id, flexible)?;
        if version <= 2 {
            writer.string(&self.member_id, flexible)?;
        } else if !self.member_id.is_empty() {
            return Err(WireError::NotInVersion { field: "LeaveGroupRequest.member_id", version });
        }
        if version >= 3 {
            writer.array(&self.members, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.members.is_empty() {
            return Err(WireError::NotInVersion { field: "LeaveGroupRequest.members", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of LeaveGroupRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemberIdentity {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, all versions, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `reason`, versions 5, nullable.
    pub reason: Option<KString>,
}

impl MemberIdentity {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let member_id = reader.string(flexible)?;
        let group_instance_id = reader.nullable_string(flexible)?;
        let reason = if version == 5 { reader.nullable_string(flexible)? } else { None };
        reader.skip_tags(flexible)?;
        Ok(Self { member_id, group_instance_id, reason })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.member_id, flexible)?;
        writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        if version == 5 {
            writer.nullable_string(self.reason.as_ref(), flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for LeaveGroupRequest {
    type Response = LeaveGroupResponse;
    const KEY: i16 = 13;
}

/// LeaveGroupResponse: response, versions 0-5, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaveGroupResponse {
    /// Field `throttle_time_ms`, versions 1-5.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `members`, versions 3-5.
    pub members: Vec<MemberResponse>,
}

impl Message for LeaveGroupResponse {
    const NAME: &'static str = "LeaveGroupResponse";
    const API_KEY: Option<i16> = Some(<LeaveGroupRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let error_code = reader.i16()?;
        let members = if version >= 3 { reader.array(flexible, 5, |reader| MemberResponse::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, members })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        writer.i16(self.error_code);
        if version >= 3 {
            writer.array(&self.members, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.members.is_empty() {
            return Err(WireError::NotInVersion { field: "LeaveGroupResponse.members", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of LeaveGroupResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberResponse {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, all versions, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Default for MemberResponse {
    fn default() -> Self {
        Self { member_id: KString::new(), group_instance_id: Some(KString::new()), error_code: 0 }
    }
}

impl MemberResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let member_id = reader.string(flexible)?;
        let group_instance_id = reader.nullable_string(flexible)?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { member_id, group_instance_id, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.member_id, flexible)?;
        writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
