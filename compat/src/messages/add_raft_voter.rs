//! AddRaftVoter (API key 80).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// AddRaftVoterRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AddRaftVoterRequest {
    /// Field `cluster_id`, all versions, nullable.
    pub cluster_id: Option<KString>,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `voter_id`, all versions.
    pub voter_id: i32,
    /// Field `voter_directory_id`, all versions.
    pub voter_directory_id: Uuid,
    /// Field `listeners`, all versions.
    pub listeners: Vec<Listener>,
    /// Field `ack_when_committed`, versions 1.
    pub ack_when_committed: bool,
}

impl Default for AddRaftVoterRequest {
    fn default() -> Self {
        Self {
            cluster_id: Some(KString::new()),
            timeout_ms: 0,
            voter_id: 0,
            voter_directory_id: Uuid::nil(),
            listeners: Vec::new(),
            ack_when_committed: true,
        }
    }
}

impl Message for AddRaftVoterRequest {
    const NAME: &'static str = "AddRaftVoterRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let cluster_id = reader.nullable_string(true)?;
        let timeout_ms = reader.i32()?;
        let voter_id = reader.i32()?;
        let voter_directory_id = reader.uuid()?;
        let listeners = reader.array(true, 5, |reader| Listener::decode(reader, version))?;
        let ack_when_committed = if version == 1 { reader.bool()? } else { true };
        reader.skip_tags(true)?;
        Ok(Self { cluster_id, timeout_ms, voter_id, voter_directory_id, listeners, ack_when_committed })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.cluster_id.as_ref(), true)?;
        writer.i32(self.timeout_ms);
        writer.i32(self.voter_id);
        writer.uuid(self.voter_directory_id);
        writer.array(&self.listeners, true, |writer, item| item.encode(writer, version))?;
        if version == 1 {
            writer.bool(self.ack_when_committed);
        } else if !self.ack_when_committed {
            return Err(WireError::NotInVersion { field: "AddRaftVoterRequest.ack_when_committed", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AddRaftVoterRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl Listener {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let host = reader.string(true)?;
        let port = reader.u16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, host, port })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.string(&self.host, true)?;
        writer.u16(self.port);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for AddRaftVoterRequest {
    type Response = AddRaftVoterResponse;
    const KEY: i16 = 80;
}

/// AddRaftVoterResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AddRaftVoterResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for AddRaftVoterResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()) }
    }
}

impl Message for AddRaftVoterResponse {
    const NAME: &'static str = "AddRaftVoterResponse";
    const API_KEY: Option<i16> = Some(<AddRaftVoterRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
