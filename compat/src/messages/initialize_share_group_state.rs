//! InitializeShareGroupState (API key 83).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// InitializeShareGroupStateRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeShareGroupStateRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<InitializeStateData>,
}

impl Message for InitializeShareGroupStateRequest {
    const NAME: &'static str = "InitializeShareGroupStateRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 18, |reader| InitializeStateData::decode(reader, version))?;
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

/// Part of InitializeShareGroupStateRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeStateData {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionData>,
}

impl InitializeStateData {
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

/// Part of InitializeShareGroupStateRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionData {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `state_epoch`, all versions.
    pub state_epoch: i32,
    /// Field `start_offset`, all versions.
    pub start_offset: i64,
}

impl PartitionData {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let state_epoch = reader.i32()?;
        let start_offset = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { partition, state_epoch, start_offset })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.i32(self.state_epoch);
        writer.i64(self.start_offset);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for InitializeShareGroupStateRequest {
    type Response = InitializeShareGroupStateResponse;
    const KEY: i16 = 83;
}

/// InitializeShareGroupStateResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeShareGroupStateResponse {
    /// Field `results`, all versions.
    pub results: Vec<InitializeStateResult>,
}

impl Message for InitializeShareGroupStateResponse {
    const NAME: &'static str = "InitializeShareGroupStateResponse";
    const API_KEY: Option<i16> = Some(<InitializeShareGroupStateRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let results = reader.array(true, 18, |reader| InitializeStateResult::decode(reader, version))?;
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

/// Part of InitializeShareGroupStateResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InitializeStateResult {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionResult>,
}

impl InitializeStateResult {
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

/// Part of InitializeShareGroupStateResponse.
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
