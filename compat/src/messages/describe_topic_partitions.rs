//! DescribeTopicPartitions (API key 75).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeTopicPartitionsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsRequest {
    /// Field `topics`, all versions.
    pub topics: Vec<TopicRequest>,
    /// Field `response_partition_limit`, all versions.
    pub response_partition_limit: i32,
    /// Field `cursor`, all versions, nullable.
    pub cursor: Option<RequestCursor>,
}

impl Default for DescribeTopicPartitionsRequest {
    fn default() -> Self {
        Self { topics: Vec::new(), response_partition_limit: 2000, cursor: None }
    }
}

impl Message for DescribeTopicPartitionsRequest {
    const NAME: &'static str = "DescribeTopicPartitionsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.array(true, 2, |reader| TopicRequest::decode(reader, version))?;
        let response_partition_limit = reader.i32()?;
        let cursor = reader.nullable_struct(|reader| RequestCursor::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topics, response_partition_limit, cursor })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.response_partition_limit);
        writer.nullable_struct(self.cursor.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTopicPartitionsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicRequest {
    /// Field `name`, all versions.
    pub name: KString,
}

impl TopicRequest {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { name })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTopicPartitionsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestCursor {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
}

impl RequestCursor {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let partition_index = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, partition_index })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.i32(self.partition_index);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeTopicPartitionsRequest {
    type Response = DescribeTopicPartitionsResponse;
    const KEY: i16 = 75;
}

/// DescribeTopicPartitionsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeTopicPartitionsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<DescribeTopicPartitionsResponseTopic>,
    /// Field `next_cursor`, all versions, nullable.
    pub next_cursor: Option<ResponseCursor>,
}

impl Message for DescribeTopicPartitionsResponse {
    const NAME: &'static str = "DescribeTopicPartitionsResponse";
    const API_KEY: Option<i16> = Some(<DescribeTopicPartitionsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(true, 26, |reader| DescribeTopicPartitionsResponseTopic::decode(reader, version))?;
        let next_cursor = reader.nullable_struct(|reader| ResponseCursor::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, topics, next_cursor })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.nullable_struct(self.next_cursor.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTopicPartitionsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponseTopic {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `name`, all versions, nullable.
    pub name: Option<KString>,
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `is_internal`, all versions.
    pub is_internal: bool,
    /// Field `partitions`, all versions.
    pub partitions: Vec<DescribeTopicPartitionsResponsePartition>,
    /// Field `topic_authorized_operations`, all versions.
    pub topic_authorized_operations: i32,
}

impl Default for DescribeTopicPartitionsResponseTopic {
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

impl DescribeTopicPartitionsResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let name = reader.nullable_string(true)?;
        let topic_id = reader.uuid()?;
        let is_internal = reader.bool()?;
        let partitions = reader.array(true, 20, |reader| DescribeTopicPartitionsResponsePartition::decode(reader, version))?;
        let topic_authorized_operations = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { error_code, name, topic_id, is_internal, partitions, topic_authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.nullable_string(self.name.as_ref(), true)?;
        writer.uuid(self.topic_id);
        writer.bool(self.is_internal);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.topic_authorized_operations);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTopicPartitionsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeTopicPartitionsResponsePartition {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `replica_nodes`, all versions.
    pub replica_nodes: Vec<i32>,
    /// Field `isr_nodes`, all versions.
    pub isr_nodes: Vec<i32>,
    /// Field `eligible_leader_replicas`, all versions, nullable.
    pub eligible_leader_replicas: Option<Vec<i32>>,
    /// Field `last_known_elr`, all versions, nullable.
    pub last_known_elr: Option<Vec<i32>>,
    /// Field `offline_replicas`, all versions.
    pub offline_replicas: Vec<i32>,
}

impl Default for DescribeTopicPartitionsResponsePartition {
    fn default() -> Self {
        Self {
            error_code: 0,
            partition_index: 0,
            leader_id: 0,
            leader_epoch: -1,
            replica_nodes: Vec::new(),
            isr_nodes: Vec::new(),
            eligible_leader_replicas: None,
            last_known_elr: None,
            offline_replicas: Vec::new(),
        }
    }
}

impl DescribeTopicPartitionsResponsePartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let partition_index = reader.i32()?;
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let replica_nodes = reader.array(true, 4, Reader::i32)?;
        let isr_nodes = reader.array(true, 4, Reader::i32)?;
        let eligible_leader_replicas = reader.nullable_array(true, 4, Reader::i32)?;
        let last_known_elr = reader.nullable_array(true, 4, Reader::i32)?;
        let offline_replicas = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self {
            error_code,
            partition_index,
            leader_id,
            leader_epoch,
            replica_nodes,
            isr_nodes,
            eligible_leader_replicas,
            last_known_elr,
            offline_replicas,
        })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.i32(self.partition_index);
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.array(&self.replica_nodes, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.array(&self.isr_nodes, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.nullable_array(self.eligible_leader_replicas.as_deref(), true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.nullable_array(self.last_known_elr.as_deref(), true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.array(&self.offline_replicas, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeTopicPartitionsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseCursor {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
}

impl ResponseCursor {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let partition_index = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, partition_index })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.i32(self.partition_index);
        writer.no_tags(true);
        Ok(())
    }
}
