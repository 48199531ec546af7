//! OffsetForLeaderEpoch (API key 23).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// OffsetForLeaderEpochRequest: request, versions 2-4, flexible from 4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderEpochRequest {
    /// Field `replica_id`, versions 3-4.
    pub replica_id: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetForLeaderTopic>,
}

impl Default for OffsetForLeaderEpochRequest {
    fn default() -> Self {
        Self { replica_id: -2, topics: Vec::new() }
    }
}

impl Message for OffsetForLeaderEpochRequest {
    const NAME: &'static str = "OffsetForLeaderEpochRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let replica_id = if version >= 3 { reader.i32()? } else { -2 };
        let topics = reader.array(flexible, 3, |reader| OffsetForLeaderTopic::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { replica_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        if version >= 3 {
            writer.i32(self.replica_id);
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetForLeaderEpochRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderTopic {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetForLeaderPartition>,
}

impl OffsetForLeaderTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let topic = reader.string(flexible)?;
        let partitions = reader.array(flexible, 12, |reader| OffsetForLeaderPartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.topic, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetForLeaderEpochRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetForLeaderPartition {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `current_leader_epoch`, all versions.
    pub current_leader_epoch: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
}

impl Default for OffsetForLeaderPartition {
    fn default() -> Self {
        Self { partition: 0, current_leader_epoch: -1, leader_epoch: 0 }
    }
}

impl OffsetForLeaderPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let partition = reader.i32()?;
        let current_leader_epoch = reader.i32()?;
        let leader_epoch = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition, current_leader_epoch, leader_epoch })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.i32(self.partition);
        writer.i32(self.current_leader_epoch);
        writer.i32(self.leader_epoch);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for OffsetForLeaderEpochRequest {
    type Response = OffsetForLeaderEpochResponse;
    const KEY: i16 = 23;
}

/// OffsetForLeaderEpochResponse: response, versions 2-4, flexible from 4.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderEpochResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetForLeaderTopicResult>,
}

impl Message for OffsetForLeaderEpochResponse {
    const NAME: &'static str = "OffsetForLeaderEpochResponse";
    const API_KEY: Option<i16> = Some(<OffsetForLeaderEpochRequest as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(flexible, 3, |reader| OffsetForLeaderTopicResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetForLeaderEpochResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetForLeaderTopicResult {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<EpochEndOffset>,
}

impl OffsetForLeaderTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let topic = reader.string(flexible)?;
        let partitions = reader.array(flexible, 18, |reader| EpochEndOffset::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.topic, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetForLeaderEpochResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEndOffset {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `end_offset`, all versions.
    pub end_offset: i64,
}

impl Default for EpochEndOffset {
    fn default() -> Self {
        Self { error_code: 0, partition: 0, leader_epoch: -1, end_offset: -1 }
    }
}

impl EpochEndOffset {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let error_code = reader.i16()?;
        let partition = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let end_offset = reader.i64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, partition, leader_epoch, end_offset })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.i16(self.error_code);
        writer.i32(self.partition);
        writer.i32(self.leader_epoch);
        writer.i64(self.end_offset);
        writer.no_tags(flexible);
        Ok(())
    }
}
