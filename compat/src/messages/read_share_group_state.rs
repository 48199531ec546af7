//! ReadShareGroupState (API key 84).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ReadShareGroupStateRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadShareGroupStateRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<ReadStateData>,
}

impl Message for ReadShareGroupStateRequest {
    const NAME: &'static str = "ReadShareGroupStateRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 18, |reader| ReadStateData::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, true)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ReadShareGroupStateRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadStateData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionData>,
}

impl ReadStateData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 9, |reader| PartitionData::decode(reader, version))?;
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

/// Part of ReadShareGroupStateRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionData {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
}

impl PartitionData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let leader_epoch = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self { partition, leader_epoch })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i32(self.leader_epoch);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ReadShareGroupStateRequest {
    type Response = ReadShareGroupStateResponse;
    const KEY: i16 = 84;
}

/// ReadShareGroupStateResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadShareGroupStateResponse {
    /// Field `results`, all versions.
    pub results: Vec<ReadStateResult>,
}

impl Message for ReadShareGroupStateResponse {
    const NAME: &'static str = "ReadShareGroupStateResponse";
    const API_KEY: Option<i16> = Some(<ReadShareGroupStateRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let results = reader.array(true, 18, |reader| ReadStateResult::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.results, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ReadShareGroupStateResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadStateResult {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionResult>,
}

impl ReadStateResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 21, |reader| PartitionResult::decode(reader, version))?;
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

/// Part of ReadShareGroupStateResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionResult {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `state_epoch`, all versions.
    pub state_epoch: i32,
    /// Field `start_offset`, all versions.
    pub start_offset: i64,
    /// Field `state_batches`, all versions.
    pub state_batches: Vec<StateBatch>,
}

impl PartitionResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let state_epoch = reader.i32()?;
        let start_offset = reader.i64()?;
        let state_batches = reader.array(true, 20, |reader| StateBatch::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { partition, error_code, error_message, state_epoch, start_offset, state_batches })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.i32(self.state_epoch);
        writer.i64(self.start_offset);
        writer.array(&self.state_batches, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ReadShareGroupStateResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateBatch {
    /// Field `first_offset`, all versions.
    pub first_offset: i64,
    /// Field `last_offset`, all versions.
    pub last_offset: i64,
    /// Field `delivery_state`, all versions.
    pub delivery_state: i8,
    /// Field `delivery_count`, all versions.
    pub delivery_count: i16,
}

impl StateBatch {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let first_offset = reader.i64()?;
        let last_offset = reader.i64()?;
        let delivery_state = reader.i8()?;
        let delivery_count = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { first_offset, last_offset, delivery_state, delivery_count })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i64(self.first_offset);
        writer.i64(self.last_offset);
        writer.i8(self.delivery_state);
        writer.i16(self.delivery_count);
        writer.no_tags(true);
        Ok(())
    }
}
