//! ListOffsets (API key 2).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ListOffsetsRequest: request, versions 1-11, flexible from 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsRequest {
    /// Field `replica_id`, all versions.
    pub replica_id: i32,
    /// Field `isolation_level`, versions 2-11.
    pub isolation_level: i8,
    /// Field `topics`, all versions.
    pub topics: Vec<ListOffsetsTopic>,
    /// Field `timeout_ms`, versions 10-11.
    pub timeout_ms: i32,
}

impl Message for ListOffsetsRequest {
    const NAME: &'static str = "ListOffsetsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 11;
    const LATEST_VERSION: i16 = 11;
    const FIRST_FLEXIBLE: Option<i16> = Some(6);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        let replica_id = reader.i32()?;
        let isolation_level = if version >= 2 { reader.i8()? } else { 0 };
        let topics = reader.array(flexible, 3, |reader| ListOffsetsTopic::decode(reader, version))?;
        let timeout_ms = if version >= 10 { reader.i32()? } else { 0 };
        reader.skip_tags(flexible)?;
        Ok(Self { replica_id, isolation_level, topics, timeout_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        writer.i32(self.replica_id);
        if version >= 2 {
            writer.i8(self.isolation_level);
        } else if self.isolation_level != 0 {
            return Err(WireError::NotInVersion { field: "ListOffsetsRequest.isolation_level", version });
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 10 {
            writer.i32(self.timeout_ms);
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ListOffsetsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ListOffsetsPartition>,
}

impl ListOffsetsTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 12, |reader| ListOffsetsPartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ListOffsetsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOffsetsPartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `current_leader_epoch`, versions 4-11.
    pub current_leader_epoch: i32,
    /// Field `timestamp`, all versions.
    pub timestamp: i64,
}

impl Default for ListOffsetsPartition {
    fn default() -> Self {
        Self { partition_index: 0, current_leader_epoch: -1, timestamp: 0 }
    }
}

impl ListOffsetsPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let partition_index = reader.i32()?;
        let current_leader_epoch = if version >= 4 { reader.i32()? } else { -1 };
        let timestamp = reader.i64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, current_leader_epoch, timestamp })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.i32(self.partition_index);
        if version >= 4 {
            writer.i32(self.current_leader_epoch);
        }
        writer.i64(self.timestamp);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for ListOffsetsRequest {
    type Response = ListOffsetsResponse;
    const KEY: i16 = 2;
}

/// ListOffsetsResponse: response, versions 1-11, flexible from 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsResponse {
    /// Field `throttle_time_ms`, versions 2-11.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<ListOffsetsTopicResponse>,
}

impl Message for ListOffsetsResponse {
    const NAME: &'static str = "ListOffsetsResponse";
    const API_KEY: Option<i16> = Some(<ListOffsetsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 11;
    const LATEST_VERSION: i16 = 11;
    const FIRST_FLEXIBLE: Option<i16> = Some(6);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        let throttle_time_ms = if version >= 2 { reader.i32()? } else { 0 };
        let topics = reader.array(flexible, 3, |reader| ListOffsetsTopicResponse::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        if version >= 2 {
            writer.i32(self.throttle_time_ms);
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ListOffsetsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListOffsetsTopicResponse {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<ListOffsetsPartitionResponse>,
}

impl ListOffsetsTopicResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 22, |reader| ListOffsetsPartitionResponse::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of ListOffsetsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ListOffsetsPartitionResponse {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `timestamp`, all versions.
    pub timestamp: i64,
    /// Field `offset`, all versions.
    pub offset: i64,
    /// Field `leader_epoch`, versions 4-11.
    pub leader_epoch: i32,
}

impl Default for ListOffsetsPartitionResponse {
    fn default() -> Self {
        Self { partition_index: 0, error_code: 0, timestamp: -1, offset: -1, leader_epoch: -1 }
    }
}

impl ListOffsetsPartitionResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let timestamp = reader.i64()?;
        let offset = reader.i64()?;
        let leader_epoch = if version >= 4 { reader.i32()? } else { -1 };
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, error_code, timestamp, offset, leader_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.i64(self.timestamp);
        writer.i64(self.offset);
        if version >= 4 {
            writer.i32(self.leader_epoch);
        } else if self.leader_epoch != -1 {
            return Err(WireError::NotInVersion { field: "ListOffsetsPartitionResponse.leader_epoch", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}
