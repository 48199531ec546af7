//! ListPartitionReassignments (API key 46).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// ListPartitionReassignmentsRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsRequest {
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
    /// Field `topics`, all versions, nullable.
    pub topics: Option<Vec<ListPartitionReassignmentsTopics>>,
}

impl Default for ListPartitionReassignmentsRequest {
    fn default() -> Self {
        Self { timeout_ms: 60000, topics: None }
    }
}

impl Message for ListPartitionReassignmentsRequest {
    const NAME: &'static str = "ListPartitionReassignmentsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let timeout_ms = reader.i32()?;
        let topics = reader.nullable_array(true, 3, |reader| ListPartitionReassignmentsTopics::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { timeout_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.timeout_ms);
        writer.nullable_array(self.topics.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ListPartitionReassignmentsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListPartitionReassignmentsTopics {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partition_indexes`, all versions.
    pub partition_indexes: Vec<i32>,
}

impl ListPartitionReassignmentsTopics {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partition_indexes = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { name, partition_indexes })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.array(&self.partition_indexes, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for ListPartitionReassignmentsRequest {
    type Response = ListPartitionReassignmentsResponse;
    const KEY: i16 = 46;
}

/// ListPartitionReassignmentsResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ListPartitionReassignmentsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `topics`, all versions.
    pub topics: Vec<OngoingTopicReassignment>,
}

impl Default for ListPartitionReassignmentsResponse {
    fn default() -> Self {
        Self { throttle_time_ms: 0, error_code: 0, error_message: Some(KString::new()), topics: Vec::new() }
    }
}

impl Message for ListPartitionReassignmentsResponse {
    const NAME: &'static str = "ListPartitionReassignmentsResponse";
    const API_KEY: Option<i16> = Some(<ListPartitionReassignmentsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let topics = reader.array(true, 3, |reader| OngoingTopicReassignment::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, error_code, error_message, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ListPartitionReassignmentsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OngoingTopicReassignment {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OngoingPartitionReassignment>,
}

impl OngoingTopicReassignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 8, |reader| OngoingPartitionReassignment::decode(reader, version))?;
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

/// Part of ListPartitionReassignmentsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OngoingPartitionReassignment {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `replicas`, all versions.
    pub replicas: Vec<i32>,
    /// Field `adding_replicas`, all versions.
    pub adding_replicas: Vec<i32>,
    /// Field `removing_replicas`, all versions.
    pub removing_replicas: Vec<i32>,
}

impl OngoingPartitionReassignment {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let replicas = reader.array(true, 4, Reader::i32)?;
        let adding_replicas = reader.array(true, 4, Reader::i32)?;
        let removing_replicas = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, replicas, adding_replicas, removing_replicas })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.array(&self.replicas, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.array(&self.adding_replicas, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.array(&self.removing_replicas, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}
