//! ControllerRegistration (API key 70).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ControllerRegistrationRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControllerRegistrationRequest {
    /// Field `controller_id`, all versions.
    pub controller_id: i32,
    /// Field `incarnation_id`, all versions.
    pub incarnation_id: Uuid,
    /// Field `zk_migration_ready`, all versions.
    pub zk_migration_ready: bool,
    /// Field `listeners`, all versions.
    pub listeners: Vec<Listener>,
    /// Field `features`, all versions.
    pub features: Vec<Feature>,
}

impl Message for ControllerRegistrationRequest {
    const NAME: &'static str = "ControllerRegistrationRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let controller_id = reader.i32()?;
        let incarnation_id = reader.uuid()?;
        let zk_migration_ready = reader.bool()?;
        let listeners = reader.array(true, 7, |reader| Listener::decode(reader, version))?;
        let features = reader.array(true, 6, |reader| Feature::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { controller_id, incarnation_id, zk_migration_ready, listeners, features })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.controller_id);
        writer.uuid(self.incarnation_id);
        writer.bool(self.zk_migration_ready);
        writer.array(&self.listeners, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.features, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ControllerRegistrationRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
    /// Field `security_protocol`, all versions.
    pub security_protocol: i16,
}

impl Listener {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let host = reader.string(true)?;
        let port = reader.u16()?;
        let security_protocol = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, host, port, security_protocol })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.string(&self.host, true)?;
        writer.u16(self.port);
        writer.i16(self.security_protocol);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ControllerRegistrationRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Feature {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `min_supported_version`, all versions.
    pub min_supported_version: i16,
    /// Field `max_supported_version`, all versions.
    pub max_supported_version: i16,
}

impl Feature {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let min_supported_version = reader.i16()?;
        let max_supported_version = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, min_supported_version, max_supported_version })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i16(self.min_supported_version);
        writer.i16(self.max_supported_version);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ControllerRegistrationRequest {
    type Response = ControllerRegistrationResponse;
    const KEY: i16 = 70;
}

/// ControllerRegistrationResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerRegistrationResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for ControllerRegistrationResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()) }
    }
}

impl Message for ControllerRegistrationResponse {
    const NAME: &'static str = "ControllerRegistrationResponse";
    const API_KEY: Option<i16> = Some(<ControllerRegistrationRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
