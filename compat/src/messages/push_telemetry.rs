//! PushTelemetry (API key 72).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;
use uuid::Uuid;

use crate::wire::{Message, Reader, Request, WireError, Writer, check_version};

/// PushTelemetryRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PushTelemetryRequest {
    /// Field `client_instance_id`, all versions.
    pub client_instance_id: Uuid,
    /// Field `subscription_id`, all versions.
    pub subscription_id: i32,
    /// Field `terminating`, all versions.
    pub terminating: bool,
    /// Field `compression_type`, all versions.
    pub compression_type: i8,
    /// Field `metrics`, all versions.
    pub metrics: Bytes,
}

impl Message for PushTelemetryRequest {
    const NAME: &'static str = "PushTelemetryRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let client_instance_id = reader.uuid()?;
        let subscription_id = reader.i32()?;
        let terminating = reader.bool()?;
        let compression_type = reader.i8()?;
        let metrics = reader.bytes(true)?;
        reader.skip_tags(true)?;
        Ok(Self { client_instance_id, subscription_id, terminating, compression_type, metrics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.uuid(self.client_instance_id);
        writer.i32(self.subscription_id);
        writer.bool(self.terminating);
        writer.i8(self.compression_type);
        writer.bytes(&self.metrics, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for PushTelemetryRequest {
    type Response = PushTelemetryResponse;
    const KEY: i16 = 72;
}

/// PushTelemetryResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PushTelemetryResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Message for PushTelemetryResponse {
    const NAME: &'static str = "PushTelemetryResponse";
    const API_KEY: Option<i16> = Some(<PushTelemetryRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.no_tags(true);
        Ok(())
    }
}
