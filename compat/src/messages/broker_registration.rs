//! BrokerRegistration (API key 62).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// BrokerRegistrationRequest: request, versions 0-4, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRegistrationRequest {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `cluster_id`, all versions.
    pub cluster_id: KString,
    /// Field `incarnation_id`, all versions.
    pub incarnation_id: Uuid,
    /// Field `listeners`, all versions.
    pub listeners: Vec<Listener>,
    /// Field `features`, all versions.
    pub features: Vec<Feature>,
    /// Field `rack`, all versions, nullable.
    pub rack: Option<KString>,
    /// Field `is_migrating_zk_broker`, versions 1-4.
    pub is_migrating_zk_broker: bool,
    /// Field `log_dirs`, versions 2-4.
    pub log_dirs: Vec<Uuid>,
    /// Field `previous_broker_epoch`, versions 3-4.
    pub previous_broker_epoch: i64,
}

impl Default for BrokerRegistrationRequest {
    fn default() -> Self {
        Self {
            broker_id: 0,
            cluster_id: KString::new(),
            incarnation_id: Uuid::nil(),
            listeners: Vec::new(),
            features: Vec::new(),
            rack: Some(KString::new()),
            is_migrating_zk_broker: false,
            log_dirs: Vec::new(),
            previous_broker_epoch: -1,
        }
    }
}

impl Message for BrokerRegistrationRequest {
    const NAME: &'static str = "BrokerRegistrationRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let broker_id = reader.i32()?;
        let cluster_id = reader.string(true)?;
        let incarnation_id = reader.uuid()?;
        let listeners = reader.array(true, 7, |reader| Listener::decode(reader, version))?;
        let features = reader.array(true, 6, |reader| Feature::decode(reader, version))?;
        let rack = reader.nullable_string(true)?;
        let is_migrating_zk_broker = if version >= 1 { reader.bool()? } else { false };
        let log_dirs = if version >= 2 { reader.array(true, 16, Reader::uuid)? } else { Vec::new() };
        let previous_broker_epoch = if version >= 3 { reader.i64()? } else { -1 };
        reader.skip_tags(true)?;
        Ok(Self {
            broker_id,
            cluster_id,
            incarnation_id,
            listeners,
            features,
            rack,
            is_migrating_zk_broker,
            log_dirs,
            previous_broker_epoch,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.broker_id);
        writer.string(&self.cluster_id, true)?;
        writer.uuid(self.incarnation_id);
        writer.array(&self.listeners, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.features, true, |writer, item| item.encode(writer, version))?;
        writer.nullable_string(self.rack.as_ref(), true)?;
        if version >= 1 {
            writer.bool(self.is_migrating_zk_broker);
        } else if self.is_migrating_zk_broker {
            return Err(WireError::NotInVersion { field: "BrokerRegistrationRequest.is_migrating_zk_broker", version });
        }
        if version >= 2 {
            writer.array(&self.log_dirs, true, |writer, item| {
                writer.uuid(*item);
                Ok(())
            })?;
        }
        if version >= 3 {
            writer.i64(self.previous_broker_epoch);
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of BrokerRegistrationRequest.
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

/// Part of BrokerRegistrationRequest.
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

impl Request for BrokerRegistrationRequest {
    type Response = BrokerRegistrationResponse;
    const KEY: i16 = 62;
}

/// BrokerRegistrationResponse: response, versions 0-4, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokerRegistrationResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `broker_epoch`, all versions.
    pub broker_epoch: i64,
}

impl Default for BrokerRegistrationResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, broker_epoch: -1 }
    }
}

impl Message for BrokerRegistrationResponse {
    const NAME: &'static str = "BrokerRegistrationResponse";
    const API_KEY: Option<i16> = Some(<BrokerRegistrationRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let broker_epoch = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, broker_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.i64(self.broker_epoch);
        writer.no_tags(true);
        Ok(())
    }
}
