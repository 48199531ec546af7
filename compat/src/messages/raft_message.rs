//! RaftMessage (API key 20002).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// RaftMessageRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RaftMessageRequest {
    /// Field `cluster_id`, all versions, nullable.
    pub cluster_id: Option<KString>,
    /// Field `kind`, all versions.
    pub kind: i8,
    /// Field `body`, all versions.
    pub body: Bytes,
}

impl Message for RaftMessageRequest {
    const NAME: &'static str = "RaftMessageRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let cluster_id = reader.nullable_string(true)?;
        let kind = reader.i8()?;
        let body_value = reader.bytes(true)?;
        reader.skip_tags(true)?;
        Ok(Self { cluster_id, kind, body: body_value })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.cluster_id.as_ref(), true)?;
        writer.i8(self.kind);
        writer.bytes(&self.body, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for RaftMessageRequest {
    type Response = RaftMessageResponse;
    const KEY: i16 = 20002;
}

/// RaftMessageResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RaftMessageResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `body`, all versions.
    pub body: Bytes,
}

impl Message for RaftMessageResponse {
    const NAME: &'static str = "RaftMessageResponse";
    const API_KEY: Option<i16> = Some(<RaftMessageRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let body_value = reader.bytes(true)?;
        reader.skip_tags(true)?;
        Ok(Self { error_code, error_message, body: body_value })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.bytes(&self.body, true)?;
        writer.no_tags(true);
        Ok(())
    }
}
