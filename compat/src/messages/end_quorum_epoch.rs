//! EndQuorumEpoch (API key 54).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, TagWriter, WireError, Writer, check_version};

/// EndQuorumEpochRequest: request, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndQuorumEpochRequest {
    /// Field `cluster_id`, all versions, nullable.
    pub cluster_id: Option<KString>,
    /// Field `topics`, all versions.
    pub topics: Vec<RequestTopicData>,
    /// Field `leader_endpoints`, versions 1.
    pub leader_endpoints: Vec<LeaderEndpoint>,
}

impl Message for EndQuorumEpochRequest {
    const NAME: &'static str = "EndQuorumEpochRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let cluster_id = reader.nullable_string(flexible)?;
        let topics = reader.array(flexible, 3, |reader| RequestTopicData::decode(reader, version))?;
        let leader_endpoints =
            if version == 1 { reader.array(flexible, 5, |reader| LeaderEndpoint::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { cluster_id, topics, leader_endpoints })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        writer.nullable_string(self.cluster_id.as_ref(), flexible)?;
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        if version == 1 {
            writer.array(&self.leader_endpoints, flexible, |writer, item| item.encode(writer, version))?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of EndQuorumEpochRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicData {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<RequestPartitionData>,
}

impl RequestTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let topic_name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 14, |reader| RequestPartitionData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.topic_name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of EndQuorumEpochRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `leader_id`, all versions.
    pub leader_id: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `preferred_successors`, versions 0.
    pub preferred_successors: Vec<i32>,
    /// Field `preferred_candidates`, versions 1.
    pub preferred_candidates: Vec<ReplicaInfo>,
}

impl RequestPartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let partition_index = reader.i32()?;
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let preferred_successors = if version == 0 { reader.array(flexible, 4, Reader::i32)? } else { Vec::new() };
        let preferred_candidates =
            if version == 1 { reader.array(flexible, 21, |reader| ReplicaInfo::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, leader_id, leader_epoch, preferred_successors, preferred_candidates })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.i32(self.partition_index);
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        if version == 0 {
            writer.array(&self.preferred_successors, flexible, |writer, item| {
                writer.i32(*item);
                Ok(())
            })?;
        }
        if version == 1 {
            writer.array(&self.preferred_candidates, flexible, |writer, item| item.encode(writer, version))?;
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of EndQuorumEpochRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplicaInfo {
    /// Field `candidate_id`, all versions.
    pub candidate_id: i32,
    /// Field `candidate_directory_id`, all versions.
    pub candidate_directory_id: Uuid,
}

impl ReplicaInfo {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let candidate_id = reader.i32()?;
        let candidate_directory_id = reader.uuid()?;
        reader.skip_tags(true)?;
        Ok(Self { candidate_id, candidate_directory_id })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.candidate_id);
        writer.uuid(self.candidate_directory_id);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of EndQuorumEpochRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeaderEndpoint {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl LeaderEndpoint {
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

impl Request for EndQuorumEpochRequest {
    type Response = EndQuorumEpochResponse;
    const KEY: i16 = 54;
}

/// EndQuorumEpochResponse: response, versions 0-1, flexible from 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndQuorumEpochResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `topics`, all versions.
    pub topics: Vec<ResponseTopicData>,
    /// Field `node_endpoints`, versions 1, tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for EndQuorumEpochResponse {
    const NAME: &'static str = "EndQuorumEpochResponse";
    const API_KEY: Option<i16> = Some(<EndQuorumEpochRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(1);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 1;
        let error_code = reader.i16()?;
        let topics = reader.array(flexible, 3, |reader| ResponseTopicData::decode(reader, version))?;
        let mut node_endpoints = Vec::new();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
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
        let flexible = version >= 1;
        writer.i16(self.error_code);
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        let mut tags = TagWriter::new();
        if !self.node_endpoints.is_empty() {
            if version != 1 {
                return Err(WireError::NotInVersion { field: "EndQuorumEpochResponse.node_endpoints", version });
            }
            tags.field(0, |writer| writer.array(&self.node_endpoints, true, |writer, item| item.encode(writer, version)))?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// Part of EndQuorumEpochResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicData {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ResponsePartitionData>,
}

impl ResponseTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let topic_name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 14, |reader| ResponsePartitionData::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.string(&self.topic_name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of EndQuorumEpochResponse.
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
}

impl ResponsePartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 1;
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let leader_id = reader.i32()?;
        let leader_epoch = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, error_code, leader_id, leader_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 1;
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.i32(self.leader_id);
        writer.i32(self.leader_epoch);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of EndQuorumEpochResponse.
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
