//! AllocateProducerIds (API key 67).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{Message, Reader, Request, WireError, Writer, check_version};

/// AllocateProducerIdsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocateProducerIdsRequest {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `broker_epoch`, all versions.
    pub broker_epoch: i64,
}

impl Default for AllocateProducerIdsRequest {
    fn default() -> Self {
        Self { broker_id: 0, broker_epoch: -1 }
    }
}

impl Message for AllocateProducerIdsRequest {
    const NAME: &'static str = "AllocateProducerIdsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let broker_id = reader.i32()?;
        let broker_epoch = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { broker_id, broker_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.broker_id);
        writer.i64(self.broker_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for AllocateProducerIdsRequest {
    type Response = AllocateProducerIdsResponse;
    const KEY: i16 = 67;
}

/// AllocateProducerIdsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AllocateProducerIdsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `producer_id_start`, all versions.
    pub producer_id_start: i64,
    /// Field `producer_id_len`, all versions.
    pub producer_id_len: i32,
}

impl Message for AllocateProducerIdsResponse {
    const NAME: &'static str = "AllocateProducerIdsResponse";
    const API_KEY: Option<i16> = Some(<AllocateProducerIdsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let producer_id_start = reader.i64()?;
        let producer_id_len = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, producer_id_start, producer_id_len })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.i64(self.producer_id_start);
        writer.i32(self.producer_id_len);
        writer.no_tags(true);
        Ok(())
    }
}
