//! Produce (API key 0).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;
use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// ProduceRequest: request, versions 3-13, flexible from 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProduceRequest {
    /// Field `transactional_id`, all versions, nullable.
    pub transactional_id: Option<KString>,
    /// Field `acks`, all versions.
    pub acks: i16,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `topic_data`, all versions.
    pub topic_data: Vec<TopicProduceData>,
}

impl Message for ProduceRequest {
    const NAME: &'static str = "ProduceRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 3;
    const MAX_VERSION: i16 = 13;
    const LATEST_VERSION: i16 = 13;
    const FIRST_FLEXIBLE: Option<i16> = Some(9);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        let transactional_id = reader.nullable_string(flexible)?;
        let acks = reader.i16()?;
        let timeout_ms = reader.i32()?;
        let topic_data = reader.array(flexible, 3, |reader| TopicProduceData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { transactional_id, acks, timeout_ms, topic_data })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        writer.nullable_string(self.transactional_id.as_ref(), flexible)?;
        writer.i16(self.acks);
        writer.i32(self.timeout_ms);
        writer.array(&self.topic_data, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ProduceRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicProduceData {
    /// Field `name`, versions 3-12.
    pub name: KString,
    /// Field `topic_id`, versions 13.
    pub topic_id: Uuid,
    /// Field `partition_data`, all versions.
    pub partition_data: Vec<PartitionProduceData>,
}

impl TopicProduceData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let name = if version <= 12 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version == 13 { reader.uuid()? } else { Uuid::nil() };
        let partition_data = reader.array(flexible, 6, |reader| PartitionProduceData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, topic_id, partition_data })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        if version <= 12 {
            writer.string(&self.name, flexible)?;
        }
        if version == 13 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partition_data, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ProduceRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionProduceData {
    /// Field `index`, all versions.
    pub index: i32,
    /// Field `records`, all versions, nullable.
    pub records: Option<Bytes>,
}

impl Default for PartitionProduceData {
    fn default() -> Self {
        Self { index: 0, records: Some(Bytes::new()) }
    }
}

impl PartitionProduceData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let index = reader.i32()?;
        let records = reader.nullable_bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { index, records })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        writer.i32(self.index);
        writer.nullable_bytes(self.records.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for ProduceRequest {
    type Response = ProduceResponse;
    const KEY: i16 = 0;
}

/// ProduceResponse: response, versions 3-13, flexible from 9.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProduceResponse {
    /// Field `responses`, all versions.
    pub responses: Vec<TopicProduceResponse>,
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `node_endpoints`, versions 10-13, tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for ProduceResponse {
    const NAME: &'static str = "ProduceResponse";
    const API_KEY: Option<i16> = Some(<ProduceRequest as Request>::KEY);
    const MIN_VERSION: i16 = 3;
    const MAX_VERSION: i16 = 13;
    const LATEST_VERSION: i16 = 13;
    const FIRST_FLEXIBLE: Option<i16> = Some(9);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        let responses = reader.array(flexible, 3, |reader| TopicProduceResponse::decode(reader, version))?;
        let throttle_time_ms = reader.i32()?;
        let mut node_endpoints = Vec::new();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version >= 10 => {
                    node_endpoints = body.array(true, 11, |reader| NodeEndpoint::decode(reader, version))?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { responses, throttle_time_ms, node_endpoints })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 9;
        writer.array(&self.responses, flexible, |writer, item| item.encode(writer, version))?;
        writer.i32(self.throttle_time_ms);
        let mut tags = TagWriter::new();
        if !self.node_endpoints.is_empty() {
            if version < 10 {
                return Err(WireError::NotInVersion { field: "ProduceResponse.node_endpoints", version });
            }
            tags.field(0, |writer| writer.array(&self.node_endpoints, true, |writer, item| item.encode(writer, version)))?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of ProduceResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicProduceResponse {
    /// Field `name`, versions 3-12.
    pub name: KString,
    /// Field `topic_id`, versions 13.
    pub topic_id: Uuid,
    /// Field `partition_responses`, all versions.
    pub partition_responses: Vec<PartitionProduceResponse>,
}

impl TopicProduceResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let name = if version <= 12 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version == 13 { reader.uuid()? } else { Uuid::nil() };
        let partition_responses = reader.array(flexible, 22, |reader| PartitionProduceResponse::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, topic_id, partition_responses })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        if version <= 12 {
            writer.string(&self.name, flexible)?;
        }
        if version == 13 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partition_responses, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ProduceResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionProduceResponse {
    /// Field `index`, all versions.
    pub index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `base_offset`, all versions.
    pub base_offset: i64,
    /// Field `log_append_time_ms`, all versions.
    pub log_append_time_ms: i64,
    /// Field `log_start_offset`, versions 5-13.
    pub log_start_offset: i64,
    /// Field `record_errors`, versions 8-13.
    pub record_errors: Vec<BatchIndexAndErrorMessage>,
    /// Field `error_message`, versions 8-13, nullable.
    pub error_message: Option<KString>,
    /// Field `current_leader`, versions 10-13, tag 0.
    pub current_leader: LeaderIdAndEpoch,
}

impl Default for PartitionProduceResponse {
    fn default() -> Self {
        Self {
            index: 0,
            error_code: 0,
            base_offset: 0,
            log_append_time_ms: -1,
            log_start_offset: -1,
            record_errors: Vec::new(),
            error_message: None,
            current_leader: LeaderIdAndEpoch::default(),
        }
    }
}

impl PartitionProduceResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let index = reader.i32()?;
        let error_code = reader.i16()?;
        let base_offset = reader.i64()?;
        let log_append_time_ms = reader.i64()?;
        let log_start_offset = if version >= 5 { reader.i64()? } else { -1 };
        let record_errors =
            if version >= 8 { reader.array(flexible, 6, |reader| BatchIndexAndErrorMessage::decode(reader, version))? } else { Vec::new() };
        let error_message = if version >= 8 { reader.nullable_string(flexible)? } else { None };
        let mut current_leader = LeaderIdAndEpoch::default();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version >= 10 => {
                    current_leader = LeaderIdAndEpoch::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { index, error_code, base_offset, log_append_time_ms, log_start_offset, record_errors, error_message, current_leader })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        writer.i32(self.index);
        writer.i16(self.error_code);
        writer.i64(self.base_offset);
        writer.i64(self.log_append_time_ms);
        if version >= 5 {
            writer.i64(self.log_start_offset);
        }
        if version >= 8 {
            writer.array(&self.record_errors, flexible, |writer, item| item.encode(writer, version))?;
        }
        if version >= 8 {
            writer.nullable_string(self.error_message.as_ref(), flexible)?;
        }
        let mut tags = TagWriter::new();
        if self.current_leader != LeaderIdAndEpoch::default() {
            if version < 10 {
                return Err(WireError::NotInVersion { field: "PartitionProduceResponse.current_leader", version });
            }
            tags.field(0, |writer| self.current_leader.encode(writer, version))?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of ProduceResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchIndexAndErrorMessage {
    /// Field `batch_index`, all versions.
    pub batch_index: i32,
    /// Field `batch_index_error_message`, all versions, nullable.
    pub batch_index_error_message: Option<KString>,
}

impl BatchIndexAndErrorMessage {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 9;
        let batch_index = reader.i32()?;
        let batch_index_error_message = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { batch_index, batch_index_error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 9;
        writer.i32(self.batch_index);
        writer.nullable_string(self.batch_index_error_message.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ProduceResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
}

impl Default for LeaderIdAndEpoch {
    fn default() -> Self {
        Self { leader_id: -1, leader_epoch: -1 }
    }
}

impl LeaderIdAndEpoch {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { leader_id, leader_epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ProduceResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Field `node_id`, all versions.
    pub node_id: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: i32,
    /// Field `rack`, all versions, nullable.
    pub rack: Option<KString>,
}

impl NodeEndpoint {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let node_id = reader.i32()?;
        let host = reader.string(true)?;
        let port = reader.i32()?;
        let rack = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { node_id, host, port, rack })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.node_id);
        writer.string(&self.host, true)?;
        writer.i32(self.port);
        writer.nullable_string(self.rack.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
