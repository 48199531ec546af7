//! ExpireDelegationToken (API key 40).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;

use crate::wire::{Message, Reader, Request, WireError, Writer, check_version};

/// ExpireDelegationTokenRequest: request, versions 1-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpireDelegationTokenRequest {
    /// Field `hmac`, all versions.
    pub hmac: Bytes,
    /// Field `expiry_time_period_ms`, all versions.
    pub expiry_time_period_ms: i64,
}

impl Message for ExpireDelegationTokenRequest {
    const NAME: &'static str = "ExpireDelegationTokenRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let hmac = reader.bytes(flexible)?;
        let expiry_time_period_ms = reader.i64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { hmac, expiry_time_period_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.bytes(&self.hmac, flexible)?;
        writer.i64(self.expiry_time_period_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for ExpireDelegationTokenRequest {
    type Response = ExpireDelegationTokenResponse;
    const KEY: i16 = 40;
}

/// ExpireDelegationTokenResponse: response, versions 1-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExpireDelegationTokenResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `expiry_timestamp_ms`, all versions.
    pub expiry_timestamp_ms: i64,
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
}

impl Message for ExpireDelegationTokenResponse {
    const NAME: &'static str = "ExpireDelegationTokenResponse";
    const API_KEY: Option<i16> = Some(<ExpireDelegationTokenRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let expiry_timestamp_ms = reader.i64()?;
        let throttle_time_ms = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, expiry_timestamp_ms, throttle_time_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.i64(self.expiry_timestamp_ms);
        writer.i32(self.throttle_time_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}
