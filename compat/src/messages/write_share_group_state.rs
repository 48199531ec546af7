//! WriteShareGroupState (API key 85).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// WriteShareGroupStateRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteShareGroupStateRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<WriteStateData>,
}

impl Message for WriteShareGroupStateRequest {
    const NAME: &'static str = "WriteShareGroupStateRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 18, |reader| WriteStateData::decode(reader, version))?;
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

/// Part of WriteShareGroupStateRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteStateData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionData>,
}

impl WriteStateData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 22, |reader| PartitionData::decode(reader, version))?;
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

/// Part of WriteShareGroupStateRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionData {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `state_epoch`, all versions.
    pub state_epoch: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `start_offset`, all versions.
    pub start_offset: i64,
    /// Field `delivery_complete_count`, versions 1.
    pub delivery_complete_count: i32,
    /// Field `state_batches`, all versions.
    pub state_batches: Vec<StateBatch>,
}

impl Default for PartitionData {
    fn default() -> Self {
        Self { partition: 0, state_epoch: 0, leader_epoch: 0, start_offset: 0, delivery_complete_count: -1, state_batches: Vec::new() }
    }
}

impl PartitionData {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let state_epoch = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let start_offset = reader.i64()?;
        let delivery_complete_count = if version == 1 { reader.i32()? } else { -1 };
        let state_batches = reader.array(true, 20, |reader| StateBatch::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { partition, state_epoch, leader_epoch, start_offset, delivery_complete_count, state_batches })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i32(self.state_epoch);
        writer.i32(self.leader_epoch);
        writer.i64(self.start_offset);
        if version == 1 {
            writer.i32(self.delivery_complete_count);
        }
        writer.array(&self.state_batches, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of WriteShareGroupStateRequest.
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

impl Request for WriteShareGroupStateRequest {
    type Response = WriteShareGroupStateResponse;
    const KEY: i16 = 85;
}

/// WriteShareGroupStateResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteShareGroupStateResponse {
    /// Field `results`, all versions.
    pub results: Vec<WriteStateResult>,
}

impl Message for WriteShareGroupStateResponse {
    const NAME: &'static str = "WriteShareGroupStateResponse";
    const API_KEY: Option<i16> = Some(<WriteShareGroupStateRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let results = reader.array(true, 18, |reader| WriteStateResult::decode(reader, version))?;
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

/// Part of WriteShareGroupStateResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WriteStateResult {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionResult>,
}

impl WriteStateResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 8, |reader| PartitionResult::decode(reader, version))?;
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

/// Part of WriteShareGroupStateResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionResult {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl PartitionResult {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { partition, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
