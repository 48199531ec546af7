//! AddOffsetsToTxn (API key 25).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// AddOffsetsToTxnRequest: request, versions 0-4, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddOffsetsToTxnRequest {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for AddOffsetsToTxnRequest {
    const NAME: &'static str = "AddOffsetsToTxnRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let transactional_id = reader.string(flexible)?;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let group_id = reader.string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { transactional_id, producer_id, producer_epoch, group_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.string(&self.transactional_id, flexible)?;
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        writer.string(&self.group_id, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for AddOffsetsToTxnRequest {
    type Response = AddOffsetsToTxnResponse;
    const KEY: i16 = 25;
}

/// AddOffsetsToTxnResponse: response, versions 0-4, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddOffsetsToTxnResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Message for AddOffsetsToTxnResponse {
    const NAME: &'static str = "AddOffsetsToTxnResponse";
    const API_KEY: Option<i16> = Some(<AddOffsetsToTxnRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
