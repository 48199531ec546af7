//! DescribeQuorum (API key 55).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeQuorumRequest: request, versions 0-2, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeQuorumRequest {
    /// Field `topics`, all versions.
    pub topics: Vec<RequestTopicData>,
}

impl Message for DescribeQuorumRequest {
    const NAME: &'static str = "DescribeQuorumRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.array(true, 3, |reader| RequestTopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicData {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<RequestPartitionData>,
}

impl RequestTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let partitions = reader.array(true, 5, |reader| RequestPartitionData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
}

impl RequestPartitionData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeQuorumRequest {
    type Response = DescribeQuorumResponse;
    const KEY: i16 = 55;
}

/// DescribeQuorumResponse: response, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeQuorumResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, versions 2, nullable.
    pub error_message: Option<KString>,
    /// Field `topics`, all versions.
    pub topics: Vec<ResponseTopicData>,
    /// Field `nodes`, versions 2.
    pub nodes: Vec<Node>,
}

impl Default for DescribeQuorumResponse {
    fn default() -> Self {
        Self { error_code: 0, error_message: Some(KString::new()), topics: Vec::new(), nodes: Vec::new() }
    }
}

impl Message for DescribeQuorumResponse {
    const NAME: &'static str = "DescribeQuorumResponse";
    const API_KEY: Option<i16> = Some(<DescribeQuorumRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let error_code = reader.i16()?;
        let error_message = if version == 2 { reader.nullable_string(true)? } else { Some(KString::new()) };
        let topics = reader.array(true, 3, |reader| ResponseTopicData::decode(reader, version))?;
        let nodes = if version == 2 { reader.array(true, 6, |reader| Node::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(true)?;
        Ok(Self { error_code, error_message, topics, nodes })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.error_code);
        if version == 2 {
            writer.nullable_string(self.error_message.as_ref(), true)?;
        }
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        if version == 2 {
            writer.array(&self.nodes, true, |writer, item| item.encode(writer, version))?;
        } else if !self.nodes.is_empty() {
            return Err(WireError::NotInVersion { field: "DescribeQuorumResponse.nodes", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplicaState {
    /// Field `replica_id`, all versions.
    pub replica_id: i32,
    /// Field `replica_directory_id`, versions 2.
    pub replica_directory_id: Uuid,
    /// Field `log_end_offset`, all versions.
    pub log_end_offset: i64,
    /// Field `last_fetch_timestamp`, versions 1-2.
    pub last_fetch_timestamp: i64,
    /// Field `last_caught_up_timestamp`, versions 1-2.
    pub last_caught_up_timestamp: i64,
}

impl Default for ReplicaState {
    fn default() -> Self {
        Self { replica_id: 0, replica_directory_id: Uuid::nil(), log_end_offset: 0, last_fetch_timestamp: -1, last_caught_up_timestamp: -1 }
    }
}

impl ReplicaState {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let replica_id = reader.i32()?;
        let replica_directory_id = if version == 2 { reader.uuid()? } else { Uuid::nil() };
        let log_end_offset = reader.i64()?;
        let last_fetch_timestamp = if version >= 1 { reader.i64()? } else { -1 };
        let last_caught_up_timestamp = if version >= 1 { reader.i64()? } else { -1 };
        reader.skip_tags(true)?;
        Ok(Self { replica_id, replica_directory_id, log_end_offset, last_fetch_timestamp, last_caught_up_timestamp })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.replica_id);
        if version == 2 {
            writer.uuid(self.replica_directory_id);
        } else if !self.replica_directory_id.is_nil() {
            return Err(WireError::NotInVersion { field: "ReplicaState.replica_directory_id", version });
        }
        writer.i64(self.log_end_offset);
        if version >= 1 {
            writer.i64(self.last_fetch_timestamp);
        }
        if version >= 1 {
            writer.i64(self.last_caught_up_timestamp);
        }
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicData {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ResponsePartitionData>,
}

impl ResponseTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let partitions = reader.array(true, 25, |reader| ResponsePartitionData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponsePartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, versions 2, nullable.
    pub error_message: Option<KString>,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `high_watermark`, all versions.
    pub high_watermark: i64,
    /// Field `current_voters`, all versions.
    pub current_voters: Vec<ReplicaState>,
    /// Field `observers`, all versions.
    pub observers: Vec<ReplicaState>,
}

impl Default for ResponsePartitionData {
    fn default() -> Self {
        Self {
            partition_index: 0,
            error_code: 0,
            error_message: Some(KString::new()),
            leader_id: 0,
            leader_epoch: 0,
            high_watermark: 0,
            current_voters: Vec::new(),
            observers: Vec::new(),
        }
    }
}

impl ResponsePartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = if version == 2 { reader.nullable_string(true)? } else { Some(KString::new()) };
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let high_watermark = reader.i64()?;
        let current_voters = reader.array(true, 13, |reader| ReplicaState::decode(reader, version))?;
        let observers = reader.array(true, 13, |reader| ReplicaState::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code, error_message, leader_id, leader_epoch, high_watermark, current_voters, observers })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        if version == 2 {
            writer.nullable_string(self.error_message.as_ref(), true)?;
        }
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.i64(self.high_watermark);
        writer.array(&self.current_voters, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.observers, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Field `node_id`, all versions.
    pub node_id: i32,
    /// Field `listeners`, all versions.
    pub listeners: Vec<Listener>,
}

impl Node {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let node_id = reader.i32()?;
        let listeners = reader.array(true, 5, |reader| Listener::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { node_id, listeners })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.node_id);
        writer.array(&self.listeners, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeQuorumResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listener {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl Listener {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let host = reader.string(true)?;
        let port = reader.u16()?;
        reader.skip_tags(true)?;
        Ok(Self { name, host, port })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.string(&self.host, true)?;
        writer.u16(self.port);
        writer.no_tags(true);
        Ok(())
    }
}
