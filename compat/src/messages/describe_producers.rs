//! DescribeProducers (API key 61).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeProducersRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeProducersRequest {
    /// Field `topics`, all versions.
    pub topics: Vec<TopicRequest>,
}

impl Message for DescribeProducersRequest {
    const NAME: &'static str = "DescribeProducersRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.array(true, 3, |reader| TopicRequest::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeProducersRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicRequest {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partition_indexes`, all versions.
    pub partition_indexes: Vec<i32>,
}

impl TopicRequest {
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

impl Request for DescribeProducersRequest {
    type Response = DescribeProducersResponse;
    const KEY: i16 = 61;
}

/// DescribeProducersResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeProducersResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<TopicResponse>,
}

impl Message for DescribeProducersResponse {
    const NAME: &'static str = "DescribeProducersResponse";
    const API_KEY: Option<i16> = Some(<DescribeProducersRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(true, 3, |reader| TopicResponse::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeProducersResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicResponse {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<PartitionResponse>,
}

impl TopicResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.array(true, 9, |reader| PartitionResponse::decode(reader, version))?;
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

/// Part of DescribeProducersResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionResponse {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `active_producers`, all versions.
    pub active_producers: Vec<ProducerState>,
}

impl PartitionResponse {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let active_producers = reader.array(true, 37, |reader| ProducerState::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, error_code, error_message, active_producers })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.array(&self.active_producers, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeProducersResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct ProducerState {
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i32,
    /// Field `last_sequence`, all versions.
    pub last_sequence: i32,
    /// Field `last_timestamp`, all versions.
    pub last_timestamp: i64,
    /// Field `coordinator_epoch`, all versions.
    pub coordinator_epoch: i32,
    /// Field `current_txn_start_offset`, all versions.
    pub current_txn_start_offset: i64,
}

impl Default for ProducerState {
    fn default() -> Self {
        Self {
            producer_id: 0,
            producer_epoch: 0,
            last_sequence: -1,
            last_timestamp: -1,
            coordinator_epoch: 0,
            current_txn_start_offset: -1,
        }
    }
}

impl ProducerState {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i32()?;
        let last_sequence = reader.i32()?;
        let last_timestamp = reader.i64()?;
        let coordinator_epoch = reader.i32()?;
        let current_txn_start_offset = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { producer_id, producer_epoch, last_sequence, last_timestamp, coordinator_epoch, current_txn_start_offset })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i64(self.producer_id);
        writer.i32(self.producer_epoch);
        writer.i32(self.last_sequence);
        writer.i64(self.last_timestamp);
        writer.i32(self.coordinator_epoch);
        writer.i64(self.current_txn_start_offset);
        writer.no_tags(true);
        Ok(())
    }
}
