//! FindCoordinator (API key 10).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// FindCoordinatorRequest: request, versions 0-6, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindCoordinatorRequest {
    /// Field `key`, versions 0-3.
    pub key: KString,
    /// Field `key_type`, versions 1-6.
    pub key_type: i8,
    /// Field `coordinator_keys`, versions 4-6.
    pub coordinator_keys: Vec<KString>,
}

impl Message for FindCoordinatorRequest {
    const NAME: &'static str = "FindCoordinatorRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let key = if version <= 3 { reader.string(flexible)? } else { KString::new() };
        let key_type = if version >= 1 { reader.i8()? } else { 0 };
        let coordinator_keys = if version >= 4 { reader.array(flexible, 1, |reader| reader.string(flexible))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { key, key_type, coordinator_keys })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        if version <= 3 {
            writer.string(&self.key, flexible)?;
        } else if !self.key.is_empty() {
            return Err(WireError::NotInVersion { field: "FindCoordinatorRequest.key", version });
        }
        if version >= 1 {
            writer.i8(self.key_type);
        } else if self.key_type != 0 {
            return Err(WireError::NotInVersion { field: "FindCoordinatorRequest.key_type", version });
        }
        if version >= 4 {
            writer.array(&self.coordinator_keys, flexible, |writer, item| writer.string(item, flexible))?;
        } else if !self.coordinator_keys.is_empty() {
            return Err(WireError::NotInVersion { field: "FindCoordinatorRequest.coordinator_keys", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for FindCoordinatorRequest {
    type Response = FindCoordinatorResponse;
    const KEY: i16 = 10;
}

/// FindCoordinatorResponse: response, versions 0-6, flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct FindCoordinatorResponse {
    /// Field `throttle_time_ms`, versions 1-6.
    pub throttle_time_ms: i32,
    /// Field `error_code`, versions 0-3.
    pub error_code: i16,
    /// Field `error_message`, versions 1-3, nullable.
    pub error_message: Option<KString>,
    /// Field `node_id`, versions 0-3.
    pub node_id: i32,
    /// Field `host`, versions 0-3.
    pub host: KString,
    /// Field `port`, versions 0-3.
    pub port: i32,
    /// Field `coordinators`, versions 4-6.
    pub coordinators: Vec<Coordinator>,
}

impl Default for FindCoordinatorResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: Some(KString::new()),
            node_id: 0,
            host: KString::new(),
            port: 0,
            coordinators: Vec::new(),
        }
    }
}

impl Message for FindCoordinatorResponse {
    const NAME: &'static str = "FindCoordinatorResponse";
    const API_KEY: Option<i16> = Some(<FindCoordinatorRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 6;
    const LATEST_VERSION: i16 = 6;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let throttle_time_ms = if version >= 1 { reader.i32()? } else { 0 };
        let error_code = if version <= 3 { reader.i16()? } else { 0 };
        let error_message = if (1..=3).contains(&version) { reader.nullable_string(flexible)? } else { Some(KString::new()) };
        let node_id = if version <= 3 { reader.i32()? } else { 0 };
        let host = if version <= 3 { reader.string(flexible)? } else { KString::new() };
        let port = if version <= 3 { reader.i32()? } else { 0 };
        let coordinators =
            if version >= 4 { reader.array(flexible, 14, |reader| Coordinator::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, error_message, node_id, host, port, coordinators })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        if version >= 1 {
            writer.i32(self.throttle_time_ms);
        }
        if version <= 3 {
            writer.i16(self.error_code);
        } else if self.error_code != 0 {
            return Err(WireError::NotInVersion { field: "FindCoordinatorResponse.error_code", version });
        }
        if (1..=3).contains(&version) {
            writer.nullable_string(self.error_message.as_ref(), flexible)?;
        }
        if version <= 3 {
            writer.i32(self.node_id);
        } else if self.node_id != 0 {
            return Err(WireError::NotInVersion { field: "FindCoordinatorResponse.node_id", version });
        }
        if version <= 3 {
            writer.string(&self.host, flexible)?;
        } else if !self.host.is_empty() {
            return Err(WireError::NotInVersion { field: "FindCoordinatorResponse.host", version });
        }
        if version <= 3 {
            writer.i32(self.port);
        } else if self.port != 0 {
            return Err(WireError::NotInVersion { field: "FindCoordinatorResponse.port", version });
        }
        if version >= 4 {
            writer.array(&self.coordinators, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.coordinators.is_empty() {
            return Err(WireError::NotInVersion { field: "FindCoordinatorResponse.coordinators", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of FindCoordinatorResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct Coordinator {
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `node_id`, all versions.
    pub node_id: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for Coordinator {
    fn default() -> Self {
        Self { key: KString::new(), node_id: 0, host: KString::new(), port: 0, error_code: 0, error_message: Some(KString::new()) }
    }
}

impl Coordinator {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let key = reader.string(true)?;
        let node_id = reader.i32()?;
        let host = reader.string(true)?;
        let port = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { key, node_id, host, port, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.key, true)?;
        writer.i32(self.node_id);
        writer.string(&self.host, true)?;
        writer.i32(self.port);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
