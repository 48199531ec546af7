//! Records and values of the family `headers`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, WireError, Writer, check_version};

/// RequestHeader: header, versions 1-2, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestHeader {
    /// Field `request_api_key`, all versions.
    pub request_api_key: i16,
    /// Field `request_api_version`, all versions.
    pub request_api_version: i16,
    /// Field `correlation_id`, all versions.
    pub correlation_id: i32,
    /// Field `client_id`, all versions, nullable.
    pub client_id: Option<KString>,
}

impl Default for RequestHeader {
    fn default() -> Self {
        Self { request_api_key: 0, request_api_version: 0, correlation_id: 0, client_id: Some(KString::new()) }
    }
}

impl Message for RequestHeader {
    const NAME: &'static str = "RequestHeader";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let request_api_key = reader.i16()?;
        let request_api_version = reader.i16()?;
        let correlation_id = reader.i32()?;
        let client_id = reader.nullable_string(false)?;
        reader.skip_tags(flexible)?;
        Ok(Self { request_api_key, request_api_version, correlation_id, client_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i16(self.request_api_key);
        writer.i16(self.request_api_version);
        writer.i32(self.correlation_id);
        writer.nullable_string(self.client_id.as_ref(), false)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// ResponseHeader: header, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseHeader {
    /// Field `correlation_id`, all versions.
    pub correlation_id: i32,
}

impl Message for ResponseHeader {
    const NAME: &'static str = "ResponseHeader";
    const API_KEY: Option<i16> = None;
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let correlation_id = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { correlation_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.i32(self.correlation_id);
        writer.no_tags(flexible);
        Ok(())
    }
}
