//! DeleteRecords (API key 21).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DeleteRecordsRequest: request, versions 0-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsRequest {
    /// Field `topics`, all versions.
    pub topics: Vec<DeleteRecordsTopic>,
    /// Field `timeout_ms`, all versions.
    pub timeout_ms: i32,
}

impl Message for DeleteRecordsRequest {
    const NAME: &'static str = "DeleteRecordsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let topics = reader.array(flexible, 3, |reader| DeleteRecordsTopic::decode(reader, version))?;
        let timeout_ms = reader.i32()?;
        reader.skip_tags(flexible)?;
        Ok(Self { topics, timeout_ms })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.i32(self.timeout_ms);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteRecordsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<DeleteRecordsPartition>,
}

impl DeleteRecordsTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 12, |reader| DeleteRecordsPartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteRecordsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsPartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `offset`, all versions.
    pub offset: i64,
}

impl DeleteRecordsPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let partition_index = reader.i32()?;
        let offset = reader.i64()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, offset })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i32(self.partition_index);
        writer.i64(self.offset);
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DeleteRecordsRequest {
    type Response = DeleteRecordsResponse;
    const KEY: i16 = 21;
}

/// DeleteRecordsResponse: response, versions 0-2, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<DeleteRecordsTopicResult>,
}

impl Message for DeleteRecordsResponse {
    const NAME: &'static str = "DeleteRecordsResponse";
    const API_KEY: Option<i16> = Some(<DeleteRecordsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 2;
    const LATEST_VERSION: i16 = 2;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(flexible, 3, |reader| DeleteRecordsTopicResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteRecordsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsTopicResult {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<DeleteRecordsPartitionResult>,
}

impl DeleteRecordsTopicResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 14, |reader| DeleteRecordsPartitionResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DeleteRecordsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeleteRecordsPartitionResult {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `low_watermark`, all versions.
    pub low_watermark: i64,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl DeleteRecordsPartitionResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let partition_index = reader.i32()?;
        let low_watermark = reader.i64()?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, low_watermark, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i32(self.partition_index);
        writer.i64(self.low_watermark);
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
