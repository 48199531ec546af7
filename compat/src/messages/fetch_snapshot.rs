//! FetchSnapshot (API key 59).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Records, Request, TagWriter, WireError, Writer, check_version};

/// FetchSnapshotRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchSnapshotRequest {
    /// Field `cluster_id`, all versions, nullable, tag 0.
    pub cluster_id: Option<KString>,
    /// Field `replica_id`, all versions.
    pub replica_id: i32,
    /// Field `max_bytes`, all versions.
    pub max_bytes: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<RequestTopicSnapshot>,
}

impl Default for FetchSnapshotRequest {
    fn default() -> Self {
        Self { cluster_id: None, replica_id: -1, max_bytes: i32::MAX, topics: Vec::new() }
    }
}

impl Message for FetchSnapshotRequest {
    const NAME: &'static str = "FetchSnapshotRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let replica_id = reader.i32()?;
        let max_bytes = reader.i32()?;
        let topics = reader.array(true, 3, |reader| RequestTopicSnapshot::decode(reader, version))?;
        let mut cluster_id = None;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    cluster_id = body.nullable_string(true)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { cluster_id, replica_id, max_bytes, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.replica_id);
        writer.i32(self.max_bytes);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        let mut tags = TagWriter::new();
        if self.cluster_id.is_some() {
            tags.field(0, |writer| writer.nullable_string(self.cluster_id.as_ref(), true))?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of FetchSnapshotRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicSnapshot {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<RequestPartitionSnapshot>,
}

impl RequestTopicSnapshot {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 30, |reader| RequestPartitionSnapshot::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchSnapshotRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestPartitionSnapshot {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `current_leader_epoch`, all versions.
    pub current_leader_epoch: i32,
    /// Field `snapshot_id`, all versions.
    pub snapshot_id: RequestSnapshotId,
    /// Field `position`, all versions.
    pub position: i64,
    /// Field `replica_directory_id`, versions 1, tag 0.
    pub replica_directory_id: Uuid,
}

impl RequestPartitionSnapshot {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let current_leader_epoch = reader.i32()?;
        let snapshot_id = RequestSnapshotId::decode(reader, version)?;
        let position = reader.i64()?;
        let mut replica_directory_id = Uuid::nil();
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version == 1 => {
                    replica_directory_id = body.uuid()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { partition, current_leader_epoch, snapshot_id, position, replica_directory_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i32(self.current_leader_epoch);
        self.snapshot_id.encode(writer, version)?;
        writer.i64(self.position);
        let mut tags = TagWriter::new();
        if version == 1 && !self.replica_directory_id.is_nil() {
            tags.field(0, |writer| {
                writer.uuid(self.replica_directory_id);
                Ok(())
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of FetchSnapshotRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestSnapshotId {
    /// Field `end_offset`, all versions.
    pub end_offset: i64,
    /// Field `epoch`, all versions.
    pub epoch: i32,
}

impl RequestSnapshotId {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let end_offset = reader.i64()?;
        let epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { end_offset, epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i64(self.end_offset);
        writer.i32(self.epoch);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for FetchSnapshotRequest {
    type Response = FetchSnapshotResponse;
    const KEY: i16 = 59;
}

/// FetchSnapshotResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FetchSnapshotResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `topics`, all versions.
    pub topics: Vec<ResponseTopicSnapshot>,
    /// Field `node_endpoints`, versions 1, tag 0.
    pub node_endpoints: Vec<NodeEndpoint>,
}

impl Message for FetchSnapshotResponse {
    const NAME: &'static str = "FetchSnapshotResponse";
    const API_KEY: Option<i16> = Some(<FetchSnapshotRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let topics = reader.array(true, 3, |reader| ResponseTopicSnapshot::decode(reader, version))?;
        let mut node_endpoints = Vec::new();
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 if version == 1 => {
                    node_endpoints = body.array(true, 8, |reader| NodeEndpoint::decode(reader, version))?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { throttle_time_ms, error_code, topics, node_endpoints })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        let mut tags = TagWriter::new();
        if !self.node_endpoints.is_empty() {
            if version != 1 {
                return Err(WireError::NotInVersion { field: "FetchSnapshotResponse.node_endpoints", version });
            }
            tags.field(0, |writer| writer.array(&self.node_endpoints, true, |writer, item| item.encode(writer, version)))?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of FetchSnapshotResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicSnapshot {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ResponsePartitionSnapshot>,
}

impl ResponseTopicSnapshot {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 37, |reader| ResponsePartitionSnapshot::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchSnapshotResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponsePartitionSnapshot {
    /// Field `index`, all versions.
    pub index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `snapshot_id`, all versions.
    pub snapshot_id: ResponseSnapshotId,
    /// Field `current_leader`, all versions, tag 0.
    pub current_leader: LeaderIdAndEpoch,
    /// Field `size`, all versions.
    pub size: i64,
    /// Field `position`, all versions.
    pub position: i64,
    /// Field `unaligned_records`, all versions.
    pub unaligned_records: Records,
}

impl ResponsePartitionSnapshot {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let index = reader.i32()?;
        let error_code = reader.i16()?;
        let snapshot_id = ResponseSnapshotId::decode(reader, version)?;
        let size = reader.i64()?;
        let position = reader.i64()?;
        let unaligned_records = reader.records(true)?;
        let mut current_leader = LeaderIdAndEpoch::default();
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    current_leader = LeaderIdAndEpoch::decode(&mut body, version)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { index, error_code, snapshot_id, current_leader, size, position, unaligned_records })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.index);
        writer.i16(self.error_code);
        self.snapshot_id.encode(writer, version)?;
        writer.i64(self.size);
        writer.i64(self.position);
        writer.records(&self.unaligned_records, true)?;
        let mut tags = TagWriter::new();
        if self.current_leader != LeaderIdAndEpoch::default() {
            tags.field(0, |writer| self.current_leader.encode(writer, version))?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of FetchSnapshotResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseSnapshotId {
    /// Field `end_offset`, all versions.
    pub end_offset: i64,
    /// Field `epoch`, all versions.
    pub epoch: i32,
}

impl ResponseSnapshotId {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let end_offset = reader.i64()?;
        let epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { end_offset, epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i64(self.end_offset);
        writer.i32(self.epoch);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of FetchSnapshotResponse.
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

/// Part of FetchSnapshotResponse.
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
