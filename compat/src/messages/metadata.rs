//! Metadata (API key 3).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version, required};

/// MetadataRequest: request, versions 0-13, flexible from 9.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequest {
    /// Field `topics`, all versions, nullable in 1-13.
    pub topics: Option<Vec<MetadataRequestTopic>>,
    /// Field `allow_auto_topic_creation`, versions 4-13.
    pub allow_auto_topic_creation: bool,
    /// Field `include_cluster_authorized_operations`, versions 8-10.
    pub include_cluster_authorized_operations: bool,
    /// Field `include_topic_authorized_operations`, versions 8-13.
    pub include_topic_authorized_operations: bool,
}

impl Default for MetadataRequest {
    fn default() -> Self {
        Self {
            topics: Some(Vec::new()),
            allow_auto_topic_creation: true,
            include_cluster_authorized_operations: false,
            include_topic_authorized_operations: false,
        }
    }
}

impl Message for MetadataRequest {
    const NAME: &'static str = "MetadataRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 13;
    const LATEST_VERSION: i16 = 13;
    const FIRST_FLEXIBLE: Option<i16> = Some(9);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        let topics = if version >= 1 {
            reader.nullable_array(flexible, 2, |reader| MetadataRequestTopic::decode(reader, version))?
        } else {
            Some(reader.array(flexible, 2, |reader| MetadataRequestTopic::decode(reader, version))?)
        };
        let allow_auto_topic_creation = if version >= 4 { reader.bool()? } else { true };
        let include_cluster_authorized_operations = if (8..=10).contains(&version) { reader.bool()? } else { false };
        let include_topic_authorized_operations = if version >= 8 { reader.bool()? } else { false };
        reader.skip_tags(flexible)?;
        Ok(Self { topics, allow_auto_topic_creation, include_cluster_authorized_operations, include_topic_authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        (if version >= 1 {
            writer.nullable_array(self.topics.as_deref(), flexible, |writer, item| item.encode(writer, version))
        } else {
            writer.array(required(self.topics.as_deref(), "MetadataRequest.topics")?, flexible, |writer, item| item.encode(writer, version))
        })?;
        if version >= 4 {
            writer.bool(self.allow_auto_topic_creation);
        } else if !self.allow_auto_topic_creation {
            return Err(WireError::NotInVersion { field: "MetadataRequest.allow_auto_topic_creation", version });
        }
        if (8..=10).contains(&version) {
            writer.bool(self.include_cluster_authorized_operations);
        } else if self.include_cluster_authorized_operations {
            return Err(WireError::NotInVersion { field: "MetadataRequest.include_cluster_authorized_operations", version });
        }
        if version >= 8 {
            writer.bool(self.include_topic_authorized_operations);
        } else if self.include_topic_authorized_operations {
            return Err(WireError::NotInVersion { field: "MetadataRequest.include_topic_authorized_operations", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of MetadataRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataRequestTopic {
    /// Field `topic_id`, versions 10-13.
    pub topic_id: Uuid,
    /// Field `name`, all versions, nullable in 10-13.
    pub name: Option<KString>,
}

impl Default for MetadataRequestTopic {
    fn default() -> Self {
        Self { topic_id: Uuid::nil(), name: Some(KString::new()) }
    }
}

impl MetadataRequestTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let topic_id = if version >= 10 { reader.uuid()? } else { Uuid::nil() };
        let name = if version >= 10 { reader.nullable_string(flexible)? } else { Some(reader.string(flexible)?) };
        reader.skip_tags(flexible)?;
        Ok(Self { topic_id, name })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        if version >= 10 {
            writer.uuid(self.topic_id);
        }
        (if version >= 10 {
            writer.nullable_string(self.name.as_ref(), flexible)
        } else {
            writer.string(required(self.name.as_ref(), "MetadataRequestTopic.name")?, flexible)
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for MetadataRequest {
    type Response = MetadataResponse;
    const KEY: i16 = 3;
}

/// MetadataResponse: response, versions 0-13, flexible from 9.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponse {
    /// Field `throttle_time_ms`, versions 3-13.
    pub throttle_time_ms: i32,
    /// Field `brokers`, all versions.
    pub brokers: Vec<MetadataResponseBroker>,
    /// Field `cluster_id`, versions 2-13, nullable.
    pub cluster_id: Option<KString>,
    /// Field `controller_id`, versions 1-13.
    pub controller_id: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<MetadataResponseTopic>,
    /// Field `cluster_authorized_operations`, versions 8-10.
    pub cluster_authorized_operations: i32,
    /// Field `error_code`, versions 13.
    pub error_code: i16,
}

impl Default for MetadataResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            brokers: Vec::new(),
            cluster_id: None,
            controller_id: -1,
            topics: Vec::new(),
            cluster_authorized_operations: i32::MIN,
            error_code: 0,
        }
    }
}

impl Message for MetadataResponse {
    const NAME: &'static str = "MetadataResponse";
    const API_KEY: Option<i16> = Some(<MetadataRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 13;
    const LATEST_VERSION: i16 = 13;
    const FIRST_FLEXIBLE: Option<i16> = Some(9);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        let throttle_time_ms = if version >= 3 { reader.i32()? } else { 0 };
        let brokers = reader.array(flexible, 10, |reader| MetadataResponseBroker::decode(reader, version))?;
        let cluster_id = if version >= 2 { reader.nullable_string(flexible)? } else { None };
        let controller_id = if version >= 1 { reader.i32()? } else { -1 };
        let topics = reader.array(flexible, 8, |reader| MetadataResponseTopic::decode(reader, version))?;
        let cluster_authorized_operations = if (8..=10).contains(&version) { reader.i32()? } else { i32::MIN };
        let error_code = if version == 13 { reader.i16()? } else { 0 };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, brokers, cluster_id, controller_id, topics, cluster_authorized_operations, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        if version >= 3 {
            writer.i32(self.throttle_time_ms);
        }
        writer.array(&self.brokers, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 2 {
            writer.nullable_string(self.cluster_id.as_ref(), flexible)?;
        }
        if version >= 1 {
            writer.i32(self.controller_id);
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        if (8..=10).contains(&version) {
            writer.i32(self.cluster_authorized_operations);
        } else if self.cluster_authorized_operations != i32::MIN {
            return Err(WireError::NotInVersion { field: "MetadataResponse.cluster_authorized_operations", version });
        }
        if version == 13 {
            writer.i16(self.error_code);
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of MetadataResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetadataResponseBroker {
    /// Field `node_id`, all versions.
    pub node_id: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: i32,
    /// Field `rack`, versions 1-13, nullable.
    pub rack: Option<KString>,
}

impl MetadataResponseBroker {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let node_id = reader.i32()?;
        let host = reader.string(flexible)?;
        let port = reader.i32()?;
        let rack = if version >= 1 { reader.nullable_string(flexible)? } else { None };
        reader.skip_tags(flexible)?;
        Ok(Self { node_id, host, port, rack })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        writer.i32(self.node_id);
        writer.string(&self.host, flexible)?;
        writer.i32(self.port);
        if version >= 1 {
            writer.nullable_string(self.rack.as_ref(), flexible)?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of MetadataResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponseTopic {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `name`, all versions, nullable in 12-13.
    pub name: Option<KString>,
    /// Field `topic_id`, versions 10-13.
    pub topic_id: Uuid,
    /// Field `is_internal`, versions 1-13.
    pub is_internal: bool,
    /// Field `partitions`, all versions.
    pub partitions: Vec<MetadataResponsePartition>,
    /// Field `topic_authorized_operations`, versions 8-13.
    pub topic_authorized_operations: i32,
}

impl Default for MetadataResponseTopic {
    fn default() -> Self {
        Self {
            error_code: 0,
            name: Some(KString::new()),
            topic_id: Uuid::nil(),
            is_internal: false,
            partitions: Vec::new(),
            topic_authorized_operations: i32::MIN,
        }
    }
}

impl MetadataResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let error_code = reader.i16()?;
        let name = if version >= 12 { reader.nullable_string(flexible)? } else { Some(reader.string(flexible)?) };
        let topic_id = if version >= 10 { reader.uuid()? } else { Uuid::nil() };
        let is_internal = if version >= 1 { reader.bool()? } else { false };
        let partitions = reader.array(flexible, 18, |reader| MetadataResponsePartition::decode(reader, version))?;
        let topic_authorized_operations = if version >= 8 { reader.i32()? } else { i32::MIN };
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, name, topic_id, is_internal, partitions, topic_authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        writer.i16(self.error_code);
        (if version >= 12 {
            writer.nullable_string(self.name.as_ref(), flexible)
        } else {
            writer.string(required(self.name.as_ref(), "MetadataResponseTopic.name")?, flexible)
        })?;
        if version >= 10 {
            writer.uuid(self.topic_id);
        }
        if version >= 1 {
            writer.bool(self.is_internal);
        }
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 8 {
            writer.i32(self.topic_authorized_operations);
        } else if self.topic_authorized_operations != i32::MIN {
            return Err(WireError::NotInVersion { field: "MetadataResponseTopic.topic_authorized_operations", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of MetadataResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponsePartition {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, versions 7-13.
    pub leader_epoch: i32,
    /// Field `replica_nodes`, all versions.
    pub replica_nodes: Vec<i32>,
    /// Field `isr_nodes`, all versions.
    pub isr_nodes: Vec<i32>,
    /// Field `offline_replicas`, versions 5-13.
    pub offline_replicas: Vec<i32>,
}

impl Default for MetadataResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            offline_replicas: Vec::new(),
        }
    }
}

impl MetadataResponsePartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let error_code = reader.i16()?;
        let partition_index = reader.i32()?;
        let leader_id = reader.i32()?;
        let leader_epoch = if version >= 7 { reader.i32()? } else { -1 };
        let replica_nodes = reader.array(flexible, 4, Reader::i32)?;
        let isr_nodes = reader.array(flexible, 4, Reader::i32)?;
        let offline_replicas = if version >= 5 { reader.array(flexible, 4, Reader::i32)? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, partition_index, leader_id, leader_epoch, replica_nodes, isr_nodes, offline_replicas })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        writer.i16(self.error_code);
        writer.i32(self.partition_index);
        writer.i32(self.leader_id);
        if version >= 7 {
            writer.i32(self.leader_epoch);
        }
        writer.array(&self.replica_nodes, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.array(&self.isr_nodes, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        if version >= 5 {
            writer.array(&self.offline_replicas, flexible, |writer, item| {
                writer.i32(*item);
                Ok(())
            })?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
