//! BrokerHeartbeat (API key 63).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// BrokerHeartbeatRequest: request, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHeartbeatRequest {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `broker_epoch`, all versions.
    pub broker_epoch: i64,
    /// Field `current_metadata_offset`, all versions.
    pub current_metadata_offset: i64,
    /// Field `want_fence`, all versions.
    pub want_fence: bool,
    /// Field `want_shut_down`, all versions.
    pub want_shut_down: bool,
    /// Field `offline_log_dirs`, versions 1-2, tag 0.
    pub offline_log_dirs: Vec<Uuid>,
    /// Field `cordoned_log_dirs`, versions 2, nullable, tag 1.
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

impl Default for BrokerHeartbeatRequest {
    fn default() -> Self {
        Self {
            broker_id: 0,
            broker_epoch: -1,
            current_metadata_offset: 0,
            want_fence: false,
            want_shut_down: false,
            offline_log_dirs: Vec::new(),
            cordoned_log_dirs: None,
        }
    }
}

impl Message for BrokerHeartbeatRequest {
    const NAME: &'static str = "BrokerHeartbeatRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let broker_id = reader.i32()?;
        let broker_epoch = reader.i64()?;
        let current_metadata_offset = reader.i64()?;
        let want_fence = reader.bool()?;
        let want_shut_down = reader.bool()?;
        let mut offline_log_dirs = Vec::new();
        let mut cordoned_log_dirs = None;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version >= 1 => {
                    offline_log_dirs = body.array(true, 16, Reader::uuid)?;
                    body.expect_end()?;
                }
                1 if version == 2 => {
                    cordoned_log_dirs = body.nullable_array(true, 16, Reader::uuid)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { broker_id, broker_epoch, current_metadata_offset, want_fence, want_shut_down, offline_log_dirs, cordoned_log_dirs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.broker_id);
        writer.i64(self.broker_epoch);
        writer.i64(self.current_metadata_offset);
        writer.bool(self.want_fence);
        writer.bool(self.want_shut_down);
        let mut tags = TagWriter::new();
        if !self.offline_log_dirs.is_empty() {
            if version < 1 {
                return Err(WireError::NotInVersion { field: "BrokerHeartbeatRequest.offline_log_dirs", version });
            }
            tags.field(0, |writer| {
                writer.array(&self.offline_log_dirs, true, |writer, item| {
                    writer.uuid(*item);
                    Ok(())
                })
            })?;
        }
        if self.cordoned_log_dirs.is_some() {
            if version != 2 {
                return Err(WireError::NotInVersion { field: "BrokerHeartbeatRequest.cordoned_log_dirs", version });
            }
            tags.field(1, |writer| {
                writer.nullable_array(self.cordoned_log_dirs.as_deref(), true, |writer, item| {
                    writer.uuid(*item);
                    Ok(())
                })
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

impl Request for BrokerHeartbeatRequest {
    type Response = BrokerHeartbeatResponse;
    const KEY: i16 = 63;
}

/// BrokerHeartbeatResponse: response, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerHeartbeatResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `is_caught_up`, all versions.
    pub is_caught_up: bool,
    /// Field `is_fenced`, all versions.
    pub is_fenced: bool,
    /// Field `should_shut_down`, all versions.
    pub should_shut_down: bool,
}

impl Default for BrokerHeartbeatResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, is_caught_up: false, is_fenced: true, should_shut_down: false }
    }
}

impl Message for BrokerHeartbeatResponse {
    const NAME: &'static str = "BrokerHeartbeatResponse";
    const API_KEY: Option<i16> = Some(<BrokerHeartbeatRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let is_caught_up = reader.bool()?;
        let is_fenced = reader.bool()?;
        let should_shut_down = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, is_caught_up, is_fenced, should_shut_down })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.bool(self.is_caught_up);
        writer.bool(self.is_fenced);
        writer.bool(self.should_shut_down);
        writer.no_tags(true);
        Ok(())
    }
}
