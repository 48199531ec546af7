//! EndTxn (API key 26).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// EndTxnRequest: request, versions 0-5, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndTxnRequest {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `committed`, all versions.
    pub committed: bool,
}

impl Message for EndTxnRequest {
    const NAME: &'static str = "EndTxnRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let transactional_id = reader.string(flexible)?;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let committed = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { transactional_id, producer_id, producer_epoch, committed })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.string(&self.transactional_id, flexible)?;
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        writer.bool(self.committed);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for EndTxnRequest {
    type Response = EndTxnResponse;
    const KEY: i16 = 26;
}

/// EndTxnResponse: response, versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct EndTxnResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `producer_id`, versions 5.
    pub producer_id: i64,
    /// Field `producer_epoch`, versions 5.
    pub producer_epoch: i16,
}

impl Default for EndTxnResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, producer_id: -1, producer_epoch: -1 }
    }
}

impl Message for EndTxnResponse {
    const NAME: &'static str = "EndTxnResponse";
    const API_KEY: Option<i16> = Some(<EndTxnRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let producer_id = if version == 5 { reader.i64()? } else { -1 };
        let producer_epoch = if version == 5 { reader.i16()? } else { -1 };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, producer_id, producer_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        if version == 5 {
            writer.i64(self.producer_id);
        }
        if version == 5 {
            writer.i16(self.producer_epoch);
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
