//! RemoveRaftVoter (API key 81).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// RemoveRaftVoterRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoveRaftVoterRequest {
    /// Field `cluster_id`, all versions, nullable.
    pub cluster_id: Option<KString>,
    /// Field `voter_id`, all versions.
    pub voter_id: i32,
    /// Field `voter_directory_id`, all versions.
    pub voter_directory_id: Uuid,
}

impl Default for RemoveRaftVoterRequest {
    fn default() -> Self {
        Self { cluster_id: Some(KString::new()), voter_id: 0, voter_directory_id: Uuid::nil() }
    }
}

impl Message for RemoveRaftVoterRequest {
    const NAME: &'static str = "RemoveRaftVoterRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let cluster_id = reader.nullable_string(true)?;
        let voter_id = reader.i32()?;
        let voter_directory_id = reader.uuid()?;
        reader.skip_tags(true)?;
        Ok(Self { cluster_id, voter_id, voter_directory_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.cluster_id.as_ref(), true)?;
        writer.i32(self.voter_id);
        writer.uuid(self.voter_directory_id);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for RemoveRaftVoterRequest {
    type Response = RemoveRaftVoterResponse;
    const KEY: i16 = 81;
}

/// RemoveRaftVoterResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoveRaftVoterResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for RemoveRaftVoterResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()) }
    }
}

impl Message for RemoveRaftVoterResponse {
    const NAME: &'static str = "RemoveRaftVoterResponse";
    const API_KEY: Option<i16> = Some(<RemoveRaftVoterRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
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
