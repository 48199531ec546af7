//! GetTelemetrySubscriptions (API key 71).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// GetTelemetrySubscriptionsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GetTelemetrySubscriptionsRequest {
    /// Field `client_instance_id`, all versions.
    pub client_instance_id: Uuid,
}

impl Message for GetTelemetrySubscriptionsRequest {
    const NAME: &'static str = "GetTelemetrySubscriptionsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let client_instance_id = reader.uuid()?;
        reader.skip_tags(true)?;
        Ok(Self { client_instance_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.uuid(self.client_instance_id);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for GetTelemetrySubscriptionsRequest {
    type Response = GetTelemetrySubscriptionsResponse;
    const KEY: i16 = 71;
}

/// GetTelemetrySubscriptionsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GetTelemetrySubscriptionsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `client_instance_id`, all versions.
    pub client_instance_id: Uuid,
    /// Field `subscription_id`, all versions.
    pub subscription_id: i32,
    /// Field `accepted_compression_types`, all versions.
    pub accepted_compression_types: Vec<i8>,
    /// Field `push_interval_ms`, all versions.
    pub push_interval_ms: i32,
    /// Field `telemetry_max_bytes`, all versions.
    pub telemetry_max_bytes: i32,
    /// Field `delta_temporality`, all versions.
    pub delta_temporality: bool,
    /// Field `requested_metrics`, all versions.
    pub requested_metrics: Vec<KString>,
}

impl Message for GetTelemetrySubscriptionsResponse {
    const NAME: &'static str = "GetTelemetrySubscriptionsResponse";
    const API_KEY: Option<i16> = Some(<GetTelemetrySubscriptionsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let client_instance_id = reader.uuid()?;
        let subscription_id = reader.i32()?;
        let accepted_compression_types = reader.array(true, 1, Reader::i8)?;
        let push_interval_ms = reader.i32()?;
        let telemetry_max_bytes = reader.i32()?;
        let delta_temporality = reader.bool()?;
        let requested_metrics = reader.array(true, 1, |reader| reader.string(true))?;
        reader.skip_tags(true)?;
        Ok(Self {
            throttle_time_ms,
            error_code,
            client_instance_id,
            subscription_id,
            accepted_compression_types,
            push_interval_ms,
            telemetry_max_bytes,
            delta_temporality,
            requested_metrics,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.uuid(self.client_instance_id);
        writer.i32(self.subscription_id);
        writer.array(&self.accepted_compression_types, true, |writer, item| {
            writer.i8(*item);
            Ok(())
        })?;
        writer.i32(self.push_interval_ms);
        writer.i32(self.telemetry_max_bytes);
        writer.bool(self.delta_temporality);
        writer.array(&self.requested_metrics, true, |writer, item| writer.string(item, true))?;
        writer.no_tags(true);
        Ok(())
    }
}
