//! SaslHandshake (API key 17).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// SaslHandshakeRequest: request, versions 0-1, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslHandshakeRequest {
    /// Field `mechanism`, all versions.
    pub mechanism: KString,
}

impl Message for SaslHandshakeRequest {
    const NAME: &'static str = "SaslHandshakeRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let mechanism = reader.string(false)?;
        Ok(Self { mechanism })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.mechanism, false)?;
        Ok(())
    }
}

impl Request for SaslHandshakeRequest {
    type Response = SaslHandshakeResponse;
    const KEY: i16 = 17;
}

/// SaslHandshakeResponse: response, versions 0-1, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SaslHandshakeResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `mechanisms`, all versions.
    pub mechanisms: Vec<KString>,
}

impl Message for SaslHandshakeResponse {
    const NAME: &'static str = "SaslHandshakeResponse";
    const API_KEY: Option<i16> = Some(<SaslHandshakeRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let error_code = reader.i16()?;
        let mechanisms = reader.array(false, 2, |reader| reader.string(false))?;
        Ok(Self { error_code, mechanisms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.error_code);
        writer.array(&self.mechanisms, false, |writer, item| writer.string(item, false))?;
        Ok(())
    }
}
