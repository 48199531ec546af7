//! OffsetDelete (API key 47).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// OffsetDeleteRequest: request, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetDeleteRequestTopic>,
}

impl Message for OffsetDeleteRequest {
    const NAME: &'static str = "OffsetDeleteRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        let topics = reader.array(false, 6, |reader| OffsetDeleteRequestTopic::decode(reader, version))?;
        Ok(Self { group_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        writer.array(&self.topics, false, |writer, item| item.encode(writer, version))?;
        Ok(())
    }
}

/// Part of OffsetDeleteRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequestTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetDeleteRequestPartition>,
}

impl OffsetDeleteRequestTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(false)?;
        let partitions = reader.array(false, 4, |reader| OffsetDeleteRequestPartition::decode(reader, version))?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, false)?;
        writer.array(&self.partitions, false, |writer, item| item.encode(writer, version))?;
        Ok(())
    }
}

/// Part of OffsetDeleteRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteRequestPartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
}

impl OffsetDeleteRequestPartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        Ok(Self { partition_index })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        Ok(())
    }
}

impl Request for OffsetDeleteRequest {
    type Response = OffsetDeleteResponse;
    const KEY: i16 = 47;
}

/// OffsetDeleteResponse: response, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponse {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetDeleteResponseTopic>,
}

impl Message for OffsetDeleteResponse {
    const NAME: &'static str = "OffsetDeleteResponse";
    const API_KEY: Option<i16> = Some(<OffsetDeleteRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let error_code = reader.i16()?;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(false, 6, |reader| OffsetDeleteResponseTopic::decode(reader, version))?;
        Ok(Self { error_code, throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i16(self.error_code);
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, false, |writer, item| item.encode(writer, version))?;
        Ok(())
    }
}

/// Part of OffsetDeleteResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponseTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetDeleteResponsePartition>,
}

impl OffsetDeleteResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(false)?;
        let partitions = reader.array(false, 6, |reader| OffsetDeleteResponsePartition::decode(reader, version))?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, false)?;
        writer.array(&self.partitions, false, |writer, item| item.encode(writer, version))?;
        Ok(())
    }
}

/// Part of OffsetDeleteResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetDeleteResponsePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl OffsetDeleteResponsePartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        Ok(Self { partition_index, error_code })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        Ok(())
    }
}
