//! SaslAuthenticate (API key 36).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// SaslAuthenticateRequest: request, versions 0-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslAuthenticateRequest {
    /// Field `auth_bytes`, all versions.
    pub auth_bytes: Bytes,
}

impl Message for SaslAuthenticateRequest {
    const NAME: &'static str = "SaslAuthenticateRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let auth_bytes = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { auth_bytes })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.bytes(&self.auth_bytes, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for SaslAuthenticateRequest {
    type Response = SaslAuthenticateResponse;
    const KEY: i16 = 36;
}

/// SaslAuthenticateResponse: response, versions 0-2, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct SaslAuthenticateResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `auth_bytes`, all versions.
    pub auth_bytes: Bytes,
    /// Field `session_lifetime_ms`, versions 1-2.
    pub session_lifetime_ms: i64,
}

impl Default for SaslAuthenticateResponse {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()), auth_bytes: Bytes::new(), session_lifetime_ms: 0 }
    }
}

impl Message for SaslAuthenticateResponse {
    const NAME: &'static str = "SaslAuthenticateResponse";
    const API_KEY: Option<i16> = Some(<SaslAuthenticateRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(flexible)?;
        let auth_bytes = reader.bytes(flexible)?;
        let session_lifetime_ms = if version >= 1 { reader.i64()? } else { 0 };
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, error_message, auth_bytes, session_lifetime_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), flexible)?;
        writer.bytes(&self.auth_bytes, flexible)?;
        if version >= 1 {
            writer.i64(self.session_lifetime_ms);
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
