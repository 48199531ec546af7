//! Vote (API key 52).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// VoteRequest: request, versions 0-2, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteRequest {
    /// Field `cluster_id`, all versions, nullable.
    pub cluster_id: Option<KString>,
    /// Field `voter_id`, versions 1-2.
    pub voter_id: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<RequestTopicData>,
}

impl Default for VoteRequest {
    fn default() -> Self {
        Self { cluster_id: None, voter_id: -1, topics: Vec::new() }
    }
}

impl Message for VoteRequest {
    const NAME: &'static str = "VoteRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let cluster_id = reader.nullable_string(true)?;
        let voter_id = if version >= 1 { reader.i32()? } else { -1 };
        let topics = reader.array(true, 3, |reader| RequestTopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { cluster_id, voter_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.cluster_id.as_ref(), true)?;
        if version >= 1 {
            writer.i32(self.voter_id);
        }
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of VoteRequest.
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
        let partitions = reader.array(true, 25, |reader| RequestPartitionData::decode(reader, version))?;
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

/// Part of VoteRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `replica_epoch`, all versions.
    pub replica_epoch: i32,
    /// Field `replica_id`, all versions.
    pub replica_id: i32,
    /// Field `replica_directory_id`, versions 1-2.
    pub replica_directory_id: Uuid,
    /// Field `voter_directory_id`, versions 1-2.
    pub voter_directory_id: Uuid,
    /// Field `last_offset_epoch`, all versions.
    pub last_offset_epoch: i32,
    /// Field `last_offset`, all versions.
    pub last_offset: i64,
    /// Field `pre_vote`, versions 2.
    pub pre_vote: bool,
}

impl RequestPartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let replica_epoch = reader.i32()?;
        let replica_id = reader.i32()?;
        let replica_directory_id = if version >= 1 { reader.uuid()? } else { Uuid::nil() };
        let voter_directory_id = if version >= 1 { reader.uuid()? } else { Uuid::nil() };
        let last_offset_epoch = reader.i32()?;
        let last_offset = reader.i64()?;
        let pre_vote = if version == 2 { reader.bool()? } else { false };
        reader.skip_tags(true)?;
        Ok(Self {
            partition_index,
            replica_epoch,
            replica_id,
            replica_directory_id,
            voter_directory_id,
            last_offset_epoch,
            last_offset,
            pre_vote,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i32(self.replica_epoch);
        writer.i32(self.replica_id);
        if version >= 1 {
            writer.uuid(self.replica_directory_id);
        }
        if version >= 1 {
            writer.uuid(self.voter_directory_id);
        }
        writer.i32(self.last_offset_epoch);
        writer.i64(self.last_offset);
        if version == 2 {
            writer.bool(self.pre_vote);
        } else if self.pre_vote {
            return Err(WireError::NotInVersion { field: "RequestPartitionData.pre_vote", version });
        }
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for VoteRequest {
    type Response = VoteResponse;
    const KEY: i16 = 52;
}

/// VoteResponse: response, versions 0-2, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VoteResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `topics`, all versions.
    pub topics: Vec<ResponseTopicData>,
    /// Field `node_endpoints`, versions 1-2, tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for VoteResponse {
    const NAME: &'static str = "VoteResponse";
    const API_KEY: Option<i16> = Some(<VoteRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let error_code = reader.i16()?;
        let topics = reader.array(true, 3, |reader| ResponseTopicData::decode(reader, version))?;
        let mut node_endpoints = Vec::new();
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version >= 1 => {
                    node_endpoints = body.array(true, 8, |reader| NodeEndpoint::decode(reader, version))?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { error_code, topics, node_endpoints })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.error_code);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        let mut tags = TagWriter::new();
        if !self.node_endpoints.is_empty() {
            if version < 1 {
                return Err(WireError::NotInVersion { field: "VoteResponse.node_endpoints", version });
            }
            tags.field(0, |writer| writer.array(&self.node_endpoints, true, |writer, item| item.encode(writer, version)))?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of VoteResponse.
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
        let partitions = reader.array(true, 16, |reader| ResponsePartitionData::decode(reader, version))?;
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

/// Part of VoteResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponsePartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `vote_granted`, all versions.
    pub vote_granted: bool,
}

impl ResponsePartitionData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let vote_granted = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code, leader_id, leader_epoch, vote_granted })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.bool(self.vote_granted);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of VoteResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeEndpoint {
    /// Field `node_id`, all versions.
    pub node_id: i32,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl NodeEndpoint {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let node_id = reader.i32()?;
        let host = reader.string(true)?;
        let port = reader.u16()?;
        reader.skip_tags(true)?;
        Ok(Self { node_id, host, port })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.node_id);
        writer.string(&self.host, true)?;
        writer.u16(self.port);
        writer.no_tags(true);
        Ok(())
    }
}
