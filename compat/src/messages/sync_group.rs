//! SyncGroup (API key 14).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// SyncGroupRequest: request, versions 0-5, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `generation_id`, all versions.
    pub generation_id: i32,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 3-5, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `protocol_type`, versions 5, nullable.
    pub protocol_type: Option<KString>,
    /// Field `protocol_name`, versions 5, nullable.
    pub protocol_name: Option<KString>,
    /// Field `assignments`, all versions.
    pub assignments: Vec<SyncGroupRequestAssignment>,
}

impl Message for SyncGroupRequest {
    const NAME: &'static str = "SyncGroupRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let group_id = reader.string(flexible)?;
        let generation_id = reader.i32()?;
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 3 { reader.nullable_string(flexible)? } else { None };
        let protocol_type = if version == 5 { reader.nullable_string(flexible)? } else { None };
        let protocol_name = if version == 5 { reader.nullable_string(flexible)? } else { None };
        let assignments = reader.array(flexible, 3, |reader| SyncGroupRequestAssignment::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, generation_id, member_id, group_instance_id, protocol_type, protocol_name, assignments })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.string(&self.group_id, flexible)?;
        writer.i32(self.generation_id);
        writer.string(&self.member_id, flexible)?;
        if version >= 3 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        } else if self.group_instance_id.is_some() {
            return Err(WireError::NotInVersion { field: "SyncGroupRequest.group_instance_id", version });
        }
        if version == 5 {
            writer.nullable_string(self.protocol_type.as_ref(), flexible)?;
        }
        if version == 5 {
            writer.nullable_string(self.protocol_name.as_ref(), flexible)?;
        }
        writer.array(&self.assignments, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of SyncGroupRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupRequestAssignment {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `assignment`, all versions.
    pub assignment: Bytes,
}

impl SyncGroupRequestAssignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let member_id = reader.string(flexible)?;
        let assignment = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { member_id, assignment })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.member_id, flexible)?;
        writer.bytes(&self.assignment, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for SyncGroupRequest {
    type Response = SyncGroupResponse;
    const KEY: i16 = 14;
}

/// SyncGroupResponse: response, versions 0-5, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SyncGroupResponse {
    /// Field `throttle_time_ms`, versions 1-5.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `protocol_type`, versions 5, nullable.
    pub protocol_type: Option<KString>,
    /// Field `protocol_name`, versions 5, nullable.
    pub protocol_name: Option<KString>,
    /// Field `assignment`, all versions.
    pub assignment: Bytes,
}

impl Message for SyncGroupResponse {
    const NAME: &'static str = "SyncGroupResponse";
    const API_KEY: Option<i16> = Some(<SyncGroupRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let error_code = reader.i16()?;
        let protocol_type = if version == 5 { reader.nullable_string(flexible)? } else { None };
        let protocol_name = if version == 5 { reader.nullable_string(flexible)? } else { None };
        let assignment = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, protocol_type, protocol_name, assignment })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        writer.i16(self.error_code);
        if version == 5 {
            writer.nullable_string(self.protocol_type.as_ref(), flexible)?;
        }
        if version == 5 {
            writer.nullable_string(self.protocol_name.as_ref(), flexible)?;
        }
        writer.bytes(&self.assignment, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
