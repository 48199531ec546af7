//! ReadShareGroupStateSummary (API key 87).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ReadShareGroupStateSummaryRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadShareGroupStateSummaryRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<ReadStateSummaryData>,
}

impl Message for ReadShareGroupStateSummaryRequest {
    const NAME: &'static str = "ReadShareGroupStateSummaryRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 18, |reader| ReadStateSummaryData::decode(reader, version))?;
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

/// Part of ReadShareGroupStateSummaryRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadStateSummaryData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionData>,
}

impl ReadStateSummaryData {
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

/// Part of ReadShareGroupStateSummaryRequest.
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

impl Request for ReadShareGroupStateSummaryRequest {
    type Response = ReadShareGroupStateSummaryResponse;
    const KEY: i16 = 87;
}

/// ReadShareGroupStateSummaryResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadShareGroupStateSummaryResponse {
    /// Field `results`, all versions.
    pub results: Vec<ReadStateSummaryResult>,
}

impl Message for ReadShareGroupStateSummaryResponse {
    const NAME: &'static str = "ReadShareGroupStateSummaryResponse";
    const API_KEY: Option<i16> = Some(<ReadShareGroupStateSummaryRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let results = reader.array(true, 18, |reader| ReadStateSummaryResult::decode(reader, version))?;
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

/// Part of ReadShareGroupStateSummaryResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadStateSummaryResult {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionResult>,
}

impl ReadStateSummaryResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 24, |reader| PartitionResult::decode(reader, version))?;
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

/// Part of ReadShareGroupStateSummaryResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionResult {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `state_epoch`, all versions.
    pub state_epoch: i32,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `start_offset`, all versions.
    pub start_offset: i64,
    /// Field `delivery_complete_count`, versions 1.
    pub delivery_complete_count: i32,
}

impl Default for PartitionResult {
    fn default() -> Self {
        Self {
            partition: 0,
            error_code: 0,
            error_message: None,
            state_epoch: 0,
            leader_epoch: 0,
            start_offset: 0,
            delivery_complete_count: -1,
        }
    }
}

impl PartitionResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let state_epoch = reader.i32()?;
        let leader_epoch = reader.i32()?;
        let start_offset = reader.i64()?;
        let delivery_complete_count = if version == 1 { reader.i32()? } else { -1 };
        reader.skip_tags(true)?;
        Ok(Self { partition, error_code, error_message, state_epoch, leader_epoch, start_offset, delivery_complete_count })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.i32(self.state_epoch);
        writer.i32(self.leader_epoch);
        writer.i64(self.start_offset);
        if version == 1 {
            writer.i32(self.delivery_complete_count);
        }
        writer.no_tags(true);
        Ok(())
    }
}
