//! Envelope (API key 58).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{Message, Reader, Request, WireError, Writer, check_version};

/// EnvelopeRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct EnvelopeRequest {
    /// Field `request_data`, all versions.
    pub request_data: Bytes,
    /// Field `request_principal`, all versions, nullable.
    pub request_principal: Option<Bytes>,
    /// Field `client_host_address`, all versions.
    pub client_host_address: Bytes,
}

impl Default for EnvelopeRequest {
    fn default() -> Self {
        Self { request_data: Bytes::new(), request_principal: Some(Bytes::new()), client_host_address: Bytes::new() }
    }
}

impl Message for EnvelopeRequest {
    const NAME: &'static str = "EnvelopeRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let request_data = reader.bytes(true)?;
        let request_principal = reader.nullable_bytes(true)?;
        let client_host_address = reader.bytes(true)?;
        reader.skip_tags(true)?;
        Ok(Self { request_data, request_principal, client_host_address })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.bytes(&self.request_data, true)?;
        writer.nullable_bytes(self.request_principal.as_ref(), true)?;
        writer.bytes(&self.client_host_address, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for EnvelopeRequest {
    type Response = EnvelopeResponse;
    const KEY: i16 = 58;
}

/// EnvelopeResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvelopeResponse {
    /// Field `response_data`, all versions, nullable.
    pub response_data: Option<Bytes>,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Message for EnvelopeResponse {
    const NAME: &'static str = "EnvelopeResponse";
    const API_KEY: Option<i16> = Some(<EnvelopeRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let response_data = reader.nullable_bytes(true)?;
        let error_code = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { response_data, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_bytes(self.response_data.as_ref(), true)?;
        writer.i16(self.error_code);
        writer.no_tags(true);
        Ok(())
    }
}
