//! DescribeShareGroupOffsets (API key 90).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// DescribeShareGroupOffsetsRequest: request, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeShareGroupOffsetsRequest {
    /// Field `groups`, all versions.
    pub groups: Vec<DescribeShareGroupOffsetsRequestGroup>,
}

impl Message for DescribeShareGroupOffsetsRequest {
    const NAME: &'static str = "DescribeShareGroupOffsetsRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let groups = reader.array(true, 3, |reader| DescribeShareGroupOffsetsRequestGroup::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { groups })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.groups, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeShareGroupOffsetsRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestGroup {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions, nullable.
    pub topics: Option<Vec<DescribeShareGroupOffsetsRequestTopic>>,
}

impl Default for DescribeShareGroupOffsetsRequestGroup {
    fn default() -> Self {
        Self { group_id: KString::new(), topics: Some(Vec::new()) }
    }
}

impl DescribeShareGroupOffsetsRequestGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let group_id = reader.string(true)?;
        let topics = reader.nullable_array(true, 3, |reader| DescribeShareGroupOffsetsRequestTopic::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.group_id, true)?;
        writer.nullable_array(self.topics.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeShareGroupOffsetsRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeShareGroupOffsetsRequestTopic {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl DescribeShareGroupOffsetsRequestTopic {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for DescribeShareGroupOffsetsRequest {
    type Response = DescribeShareGroupOffsetsResponse;
    const KEY: i16 = 90;
}

/// DescribeShareGroupOffsetsResponse: response, versions 0-1, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeShareGroupOffsetsResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `groups`, all versions.
    pub groups: Vec<DescribeShareGroupOffsetsResponseGroup>,
}

impl Message for DescribeShareGroupOffsetsResponse {
    const NAME: &'static str = "DescribeShareGroupOffsetsResponse";
    const API_KEY: Option<i16> = Some(<DescribeShareGroupOffsetsRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 1;
    const LATEST_VERSION: i16 = 1;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let groups = reader.array(true, 6, |reader| DescribeShareGroupOffsetsResponseGroup::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { throttle_time_ms, groups })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.groups, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeShareGroupOffsetsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeShareGroupOffsetsResponseGroup {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<DescribeShareGroupOffsetsResponseTopic>,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl DescribeShareGroupOffsetsResponseGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 19, |reader| DescribeShareGroupOffsetsResponseTopic::decode(reader, version))?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, topics, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.group_id, true)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeShareGroupOffsetsResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DescribeShareGroupOffsetsResponseTopic {
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<DescribeShareGroupOffsetsResponsePartition>,
}

impl DescribeShareGroupOffsetsResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_name = reader.string(true)?;
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 20, |reader| DescribeShareGroupOffsetsResponsePartition::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_name, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.topic_name, true)?;
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of DescribeShareGroupOffsetsResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribeShareGroupOffsetsResponsePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `start_offset`, all versions.
    pub start_offset: i64,
    /// Field `leader_epoch`, all versions.
    pub leader_epoch: i32,
    /// Field `lag`, versions 1.
    pub lag: i64,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
}

impl Default for DescribeShareGroupOffsetsResponsePartition {
    fn default() -> Self {
        Self { partition_index: 0, start_offset: 0, leader_epoch: 0, lag: -1, error_code: 0, error_message: None }
    }
}

impl DescribeShareGroupOffsetsResponsePartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let start_offset = reader.i64()?;
        let leader_epoch = reader.i32()?;
        let lag = if version == 1 { reader.i64()? } else { -1 };
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, start_offset, leader_epoch, lag, error_code, error_message })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i64(self.start_offset);
        writer.i32(self.leader_epoch);
        if version == 1 {
            writer.i64(self.lag);
        }
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.no_tags(true);
        Ok(())
    }
}
