//! ShareAcknowledge (API key 79).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ShareAcknowledgeRequest: request, versions 1-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareAcknowledgeRequest {
    /// Field `group_id`, all versions, nullable.
    pub group_id: Option<KString>,
    /// Field `member_id`, all versions, nullable.
    pub member_id: Option<KString>,
    /// Field `share_session_epoch`, all versions.
    pub share_session_epoch: i32,
    /// Field `is_renew_ack`, versions 2.
    pub is_renew_ack: bool,
    /// Field `topics`, all versions.
    pub topics: Vec<AcknowledgeTopic>,
}

impl Default for ShareAcknowledgeRequest {
    fn default() -> Self {
        Self { group_id: None, member_id: Some(KString::new()), share_session_epoch: 0, is_renew_ack: false, topics: Vec::new() }
    }
}

impl Message for ShareAcknowledgeRequest {
    const NAME: &'static str = "ShareAcknowledgeRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.nullable_string(true)?;
        let member_id = reader.nullable_string(true)?;
        let share_session_epoch = reader.i32()?;
        let is_renew_ack = if version == 2 { reader.bool()? } else { false };
        let topics = reader.array(true, 18, |reader| AcknowledgeTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, member_id, share_session_epoch, is_renew_ack, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.group_id.as_ref(), true)?;
        writer.nullable_string(self.member_id.as_ref(), true)?;
        writer.i32(self.share_session_epoch);
        if version == 2 {
            writer.bool(self.is_renew_ack);
        } else if self.is_renew_ack {
            return Err(WireError::NotInVersion { field: "ShareAcknowledgeRequest.is_renew_ack", version });
        }
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareAcknowledgeRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgeTopic {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<AcknowledgePartition>,
}

impl AcknowledgeTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 6, |reader| AcknowledgePartition::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareAcknowledgeRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `acknowledgement_batches`, all versions.
    pub acknowledgement_batches: Vec<AcknowledgementBatch>,
}

impl AcknowledgePartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let acknowledgement_batches = reader.array(true, 18, |reader| AcknowledgementBatch::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, acknowledgement_batches })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.array(&self.acknowledgement_batches, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareAcknowledgeRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AcknowledgementBatch {
    /// Field `first_offset`, all versions.
    pub first_offset: i64,
    /// Field `last_offset`, all versions.
    pub last_offset: i64,
    /// Field `acknowledge_types`, all versions.
    pub acknowledge_types: Vec<i8>,
}

impl AcknowledgementBatch {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let first_offset = reader.i64()?;
        let last_offset = reader.i64()?;
        let acknowledge_types = reader.array(true, 1, Reader::i8)?;
        reader.skip_tags(true)?;
        Ok(Self { first_offset, last_offset, acknowledge_types })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i64(self.first_offset);
        writer.i64(self.last_offset);
        writer.array(&self.acknowledge_types, true, |writer, item| {
            writer.i8(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ShareAcknowledgeRequest {
    type Response = ShareAcknowledgeResponse;
    const KEY: i16 = 79;
}

/// ShareAcknowledgeResponse: response, versions 1-2, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareAcknowledgeResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `acquisition_lock_timeout_ms`, versions 2.
    pub acquisition_lock_timeout_ms: i32,
    /// Field `responses`, all versions.
    pub responses: Vec<ShareAcknowledgeTopicResponse>,
    /// Field `node_endpoints`, all versions.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for ShareAcknowledgeResponse {
    const NAME: &'static str = "ShareAcknowledgeResponse";
    const API_KEY: Option<i16> = Some(<ShareAcknowledgeRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let acquisition_lock_timeout_ms = if version == 2 { reader.i32()? } else { 0 };
        let responses = reader.array(true, 18, |reader| ShareAcknowledgeTopicResponse::decode(reader, version))?;
        let node_endpoints = reader.array(true, 11, |reader| NodeEndpoint::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, acquisition_lock_timeout_ms, responses, node_endpoints })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        if version == 2 {
            writer.i32(self.acquisition_lock_timeout_ms);
        }
        writer.array(&self.responses, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.node_endpoints, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareAcknowledgeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareAcknowledgeTopicResponse {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionData>,
}

impl ShareAcknowledgeTopicResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 17, |reader| PartitionData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareAcknowledgeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `current_leader`, all versions.
    pub current_leader: LeaderIdAndEpoch,
}

impl PartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let current_leader = LeaderIdAndEpoch::decode(reader, version)?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code, error_message, current_leader })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        self.current_leader.encode(writer, version)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareAcknowledgeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderIdAndEpoch {
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
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

/// Part of ShareAcknowledgeResponse.
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
