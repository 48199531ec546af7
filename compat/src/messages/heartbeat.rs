//! Heartbeat (API key 12).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// HeartbeatRequest: request, versions 0-4, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `generation_id`, all versions.
    pub generation_id: i32,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 3-4, nullable.
    pub group_instance_id: Option<KString>,
}

impl Message for HeartbeatRequest {
    const NAME: &'static str = "HeartbeatRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let group_id = reader.string(flexible)?;
        let generation_id = reader.i32()?;
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 3 { reader.nullable_string(flexible)? } else { None };
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, generation_id, member_id, group_instance_id })
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
            return Err(WireError::NotInVersion { field: "HeartbeatRequest.group_instance_id", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for HeartbeatRequest {
    type Response = HeartbeatResponse;
    const KEY: i16 = 12;
}

/// HeartbeatResponse: response, versions 0-4, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeartbeatResponse {
    /// Field `throttle_time_ms`, versions 1-4.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Message for HeartbeatResponse {
    const NAME: &'static str = "HeartbeatResponse";
    const API_KEY: Option<i16> = Some(<HeartbeatRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
