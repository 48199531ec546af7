//! DescribeLogDirs (API key 35).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeLogDirsRequest: request, versions 1-5, flexible from 2.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeLogDirsRequest {
    /// Field `topics`, all versions, nullable.
    pub topics: Option<Vec<DescribableLogDirTopic>>,
}

impl Default for DescribeLogDirsRequest {
    fn default() -> Self {
        Self { topics: Some(Vec::new()) }
    }
}

impl Message for DescribeLogDirsRequest {
    const NAME: &'static str = "DescribeLogDirsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let topics = reader.nullable_array(flexible, 3, |reader| DescribableLogDirTopic::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.nullable_array(self.topics.as_deref(), flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeLogDirsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribableLogDirTopic {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl DescribableLogDirTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let topic = reader.string(flexible)?;
        let partitions = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.string(&self.topic, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for DescribeLogDirsRequest {
    type Response = DescribeLogDirsResponse;
    const KEY: i16 = 35;
}

/// DescribeLogDirsResponse: response, versions 1-5, flexible from 2.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeLogDirsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, versions 3-5.
    pub error_code: i16,
    /// Field `results`, all versions.
    pub results: Vec<DescribeLogDirsResult>,
}

impl Message for DescribeLogDirsResponse {
    const NAME: &'static str = "DescribeLogDirsResponse";
    const API_KEY: Option<i16> = Some(<DescribeLogDirsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(2);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        let throttle_time_ms = reader.i32()?;
        let error_code = if version >= 3 { reader.i16()? } else { 0 };
        let results = reader.array(flexible, 5, |reader| DescribeLogDirsResult::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, error_code, results })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 2;
        writer.i32(self.throttle_time_ms);
        if version >= 3 {
            writer.i16(self.error_code);
        }
        writer.array(&self.results, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeLogDirsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeLogDirsResult {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `log_dir`, all versions.
    pub log_dir: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<DescribeLogDirsTopic>,
    /// Field `total_bytes`, versions 4-5.
    pub total_bytes: i64,
    /// Field `usable_bytes`, versions 4-5.
    pub usable_bytes: i64,
    /// Field `is_cordoned`, versions 5.
    pub is_cordoned: bool,
}

impl Default for DescribeLogDirsResult {
    fn default() -> Self {
        Self { error_code: 0, log_dir: KString::new(), topics: Vec::new(), total_bytes: -1, usable_bytes: -1, is_cordoned: false }
    }
}

impl DescribeLogDirsResult {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let error_code = reader.i16()?;
        let log_dir = reader.string(flexible)?;
        let topics = reader.array(flexible, 3, |reader| DescribeLogDirsTopic::decode(reader, version))?;
        let total_bytes = if version >= 4 { reader.i64()? } else { -1 };
        let usable_bytes = if version >= 4 { reader.i64()? } else { -1 };
        let is_cordoned = if version == 5 { reader.bool()? } else { false };
        reader.skip_tags(flexible)?;
        Ok(Self { error_code, log_dir, topics, total_bytes, usable_bytes, is_cordoned })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i16(self.error_code);
        writer.string(&self.log_dir, flexible)?;
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        if version >= 4 {
            writer.i64(self.total_bytes);
        }
        if version >= 4 {
            writer.i64(self.usable_bytes);
        }
        if version == 5 {
            writer.bool(self.is_cordoned);
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of DescribeLogDirsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeLogDirsTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<DescribeLogDirsPartition>,
}

impl DescribeLogDirsTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 21, |reader| DescribeLogDirsPartition::decode(reader, version))?;
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

/// Part of DescribeLogDirsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeLogDirsPartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `partition_size`, all versions.
    pub partition_size: i64,
    /// Field `offset_lag`, all versions.
    pub offset_lag: i64,
    /// Field `is_future_key`, all versions.
    pub is_future_key: bool,
}

impl DescribeLogDirsPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 2;
        let partition_index = reader.i32()?;
        let partition_size = reader.i64()?;
        let offset_lag = reader.i64()?;
        let is_future_key = reader.bool()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, partition_size, offset_lag, is_future_key })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 2;
        writer.i32(self.partition_index);
        writer.i64(self.partition_size);
        writer.i64(self.offset_lag);
        writer.bool(self.is_future_key);
        writer.no_tags(flexible);
        Ok(())
    }
}
