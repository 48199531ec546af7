//! AssignReplicasToDirs (API key 73).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{Message, Reader, Request, WireError, Writer, check_version};

/// AssignReplicasToDirsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct AssignReplicasToDirsRequest {
    /// Field `broker_id`, all versions.
    pub broker_id: i32,
    /// Field `broker_epoch`, all versions.
    pub broker_epoch: i64,
    /// Field `directories`, all versions.
    pub directories: Vec<RequestDirectoryData>,
}

impl Default for AssignReplicasToDirsRequest {
    fn default() -> Self {
        Self { broker_id: 0, broker_epoch: -1, directories: Vec::new() }
    }
}

impl Message for AssignReplicasToDirsRequest {
    const NAME: &'static str = "AssignReplicasToDirsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let broker_id = reader.i32()?;
        let broker_epoch = reader.i64()?;
        let directories = reader.array(true, 18, |reader| RequestDirectoryData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { broker_id, broker_epoch, directories })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.broker_id);
        writer.i64(self.broker_epoch);
        writer.array(&self.directories, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AssignReplicasToDirsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestDirectoryData {
    /// Field `id`, all versions.
    pub id: Uuid,
    /// Field `topics`, all versions.
    pub topics: Vec<RequestTopicData>,
}

impl RequestDirectoryData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let id = reader.uuid()?;
        let topics = reader.array(true, 18, |reader| RequestTopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.id);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AssignReplicasToDirsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTopicData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<RequestPartitionData>,
}

impl RequestTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 5, |reader| RequestPartitionData::decode(reader, version))?;
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

/// Part of AssignReplicasToDirsRequest.
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

impl Request for AssignReplicasToDirsRequest {
    type Response = AssignReplicasToDirsResponse;
    const KEY: i16 = 73;
}

/// AssignReplicasToDirsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AssignReplicasToDirsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `directories`, all versions.
    pub directories: Vec<ResponseDirectoryData>,
}

impl Message for AssignReplicasToDirsResponse {
    const NAME: &'static str = "AssignReplicasToDirsResponse";
    const API_KEY: Option<i16> = Some(<AssignReplicasToDirsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let directories = reader.array(true, 18, |reader| ResponseDirectoryData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, directories })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.array(&self.directories, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AssignReplicasToDirsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseDirectoryData {
    /// Field `id`, all versions.
    pub id: Uuid,
    /// Field `topics`, all versions.
    pub topics: Vec<ResponseTopicData>,
}

impl ResponseDirectoryData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let id = reader.uuid()?;
        let topics = reader.array(true, 18, |reader| ResponseTopicData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.id);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of AssignReplicasToDirsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTopicData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ResponsePartitionData>,
}

impl ResponseTopicData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 7, |reader| ResponsePartitionData::decode(reader, version))?;
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

/// Part of AssignReplicasToDirsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponsePartitionData {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl ResponsePartitionData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.no_tags(true);
        Ok(())
    }
}
