//! InitProducerId (API key 22).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// InitProducerIdRequest: request, versions 0-6, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdRequest {
    /// Field `transactional_id`, all versions, nullable.
    pub transactional_id: Option<KString>,
    /// Field `transaction_timeout_ms`, all versions.
    pub transaction_timeout_ms: i32,
    /// Field `producer_id`, versions 3-6.
    pub producer_id: i64,
    /// Field `producer_epoch`, versions 3-6.
    pub producer_epoch: i16,
    /// Field `enable2_pc`, versions 6.
    pub enable2_pc: bool,
    /// Field `keep_prepared_txn`, versions 6.
    pub keep_prepared_txn: bool,
}

impl Default for InitProducerIdRequest {
    fn default() -> Self {
        Self {
            transactional_id: Some(KString::new()),
            transaction_timeout_ms: 0,
            producer_id: -1,
            producer_epoch: -1,
            enable2_pc: false,
            keep_prepared_txn: false,
        }
    }
}

impl Message for InitProducerIdRequest {
    const NAME: &'static str = "InitProducerIdRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let transactional_id = reader.nullable_string(flexible)?;
        let transaction_timeout_ms = reader.i32()?;
        let producer_id = if version >= 3 { reader.i64()? } else { -1 };
        let producer_epoch = if version >= 3 { reader.i16()? } else { -1 };
        let enable2_pc = if version == 6 { reader.bool()? } else { false };
        let keep_prepared_txn = if version == 6 { reader.bool()? } else { false };
        reader.skip_tags(flexible)?;
        Ok(Self { transactional_id, transaction_timeout_ms, producer_id, producer_epoch, enable2_pc, keep_prepared_txn })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.nullable_string(self.transactional_id.as_ref(), flexible)?;
        writer.i32(self.transaction_timeout_ms);
        if version >= 3 {
            writer.i64(self.producer_id);
        } else if self.producer_id != -1 {
            return Err(WireError::NotInVersion { field: "InitProducerIdRequest.producer_id", version });
        }
        if version >= 3 {
            writer.i16(self.producer_epoch);
        } else if self.producer_epoch != -1 {
            return Err(WireError::NotInVersion { field: "InitProducerIdRequest.producer_epoch", version });
        }
        if version == 6 {
            writer.bool(self.enable2_pc);
        } else if self.enable2_pc {
            return Err(WireError::NotInVersion { field: "InitProducerIdRequest.enable2_pc", version });
        }
        if version == 6 {
            writer.bool(self.keep_prepared_txn);
        } else if self.keep_prepared_txn {
            return Err(WireError::NotInVersion { field: "InitProducerIdRequest.keep_prepared_txn", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for InitProducerIdRequest {
    type Response = InitProducerIdResponse;
    const KEY: i16 = 22;
}

/// InitProducerIdResponse: response, versions 0-6, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct InitProducerIdResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `ongoing_txn_producer_id`, versions 6.
    pub ongoing_txn_producer_id: i64,
    /// Field `ongoing_txn_producer_epoch`, versions 6.
    pub ongoing_txn_producer_epoch: i16,
}

impl Default for InitProducerIdResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            producer_id: -1,
            producer_epoch: 0,
            ongoing_txn_producer_id: -1,
            ongoing_txn_producer_epoch: -1,
        }
    }
}

impl Message for InitProducerIdResponse {
    const NAME: &'static str = "InitProducerIdResponse";
    const API_KEY: Option<i16> = Some(<InitProducerIdRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let ongoing_txn_producer_id = if version == 6 { reader.i64()? } else { -1 };
        let ongoing_txn_producer_epoch = if version == 6 { reader.i16()? } else { -1 };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, producer_id, producer_epoch, ongoing_txn_producer_id, ongoing_txn_producer_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        if version == 6 {
            writer.i64(self.ongoing_txn_producer_id);
        } else if self.ongoing_txn_producer_id != -1 {
            return Err(WireError::NotInVersion { field: "InitProducerIdResponse.ongoing_txn_producer_id", version });
        }
        if version == 6 {
            writer.i16(self.ongoing_txn_producer_epoch);
        } else if self.ongoing_txn_producer_epoch != -1 {
            return Err(WireError::NotInVersion { field: "InitProducerIdResponse.ongoing_txn_producer_epoch", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
