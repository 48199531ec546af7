//! DescribeCluster (API key 60).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeClusterRequest: request, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterRequest {
    /// Field `include_cluster_authorized_operations`, all versions.
    pub include_cluster_authorized_operations: bool,
    /// Field `endpoint_type`, versions 1-2.
    pub endpoint_type: i8,
    /// Field `include_fenced_brokers`, versions 2.
    pub include_fenced_brokers: bool,
}

impl Default for DescribeClusterRequest {
    fn default() -> Self {
        Self { include_cluster_authorized_operations: false, endpoint_type: 1, include_fenced_brokers: false }
    }
}

impl Message for DescribeClusterRequest {
    const NAME: &'static str = "DescribeClusterRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let include_cluster_authorized_operations = reader.bool()?;
        let endpoint_type = if version >= 1 { reader.i8()? } else { 1 };
        let include_fenced_brokers = if version == 2 { reader.bool()? } else { false };
        reader.skip_tags(true)?;
        Ok(Self { include_cluster_authorized_operations, endpoint_type, include_fenced_brokers })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.bool(self.include_cluster_authorized_operations);
        if version >= 1 {
            writer.i8(self.endpoint_type);
        } else if self.endpoint_type != 1 {
            return Err(WireError::NotInVersion { field: "DescribeClusterRequest.endpoint_type", version });
        }
        if version == 2 {
            writer.bool(self.include_fenced_brokers);
        } else if self.include_fenced_brokers {
            return Err(WireError::NotInVersion { field: "DescribeClusterRequest.include_fenced_brokers", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeClusterRequest {
    type Response = DescribeClusterResponse;
    const KEY: i16 = 60;
}

/// DescribeClusterResponse: response, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeClusterResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `endpoint_type`, versions 1-2.
    pub endpoint_type: i8,
    /// Field `cluster_id`, all versions.
    pub cluster_id: KString,
    /// Field `controller_id`, all versions.
    pub controller_id: i32,
    /// Field `brokers`, all versions.
    pub brokers: Vec<DescribeClusterBroker>,
    /// Field `cluster_authorized_operations`, all versions.
    pub cluster_authorized_operations: i32,
}

impl Default for DescribeClusterResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            endpoint_type: 1,
            cluster_id: KString::new(),
            controller_id: -1,
            brokers: Vec::new(),
            cluster_authorized_operations: i32::MIN,
        }
    }
}

impl Message for DescribeClusterResponse {
    const NAME: &'static str = "DescribeClusterResponse";
    const API_KEY: Option<i16> = Some(<DescribeClusterRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let endpoint_type = if version >= 1 { reader.i8()? } else { 1 };
        let cluster_id = reader.string(true)?;
        let controller_id = reader.i32()?;
        let brokers = reader.array(true, 11, |reader| DescribeClusterBroker::decode(reader, version))?;
        let cluster_authorized_operations = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self {
            throttle_time_ms,
            error_code,
            error_message,
            endpoint_type,
            cluster_id,
            controller_id,
            brokers,
            cluster_authorized_operations,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        if version >= 1 {
            writer.i8(self.endpoint_type);
        } else if self.endpoint_type != 1 {
            return Err(WireError::NotInVersion { field: "DescribeClusterResponse.endpoint_type", version });
        }
        writer.string(&self.cluster_id, true)?;
        writer.i32(self.controller_id);
        writer.array(&self.brokers, true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.cluster_authorized_operations);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeClusterResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeClusterBroker {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: i32,
    /// Field `rack`, all versions, nullable.
    pub rack: Option<KString>,
    /// Field `is_fenced`, versions 2.
    pub is_fenced: bool,
}

impl DescribeClusterBroker {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let broker_id = reader.i32()?;
        let host = reader.string(true)?;
        let port = reader.i32()?;
        let rack = reader.nullable_string(true)?;
        let is_fenced = if version == 2 { reader.bool()? } else { false };
        reader.skip_tags(true)?;
        Ok(Self { broker_id, host, port, rack, is_fenced })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.broker_id);
        writer.string(&self.host, true)?;
        writer.i32(self.port);
        writer.nullable_string(self.rack.as_ref(), true)?;
        if version == 2 {
            writer.bool(self.is_fenced);
        } else if self.is_fenced {
            return Err(WireError::NotInVersion { field: "DescribeClusterBroker.is_fenced", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}
