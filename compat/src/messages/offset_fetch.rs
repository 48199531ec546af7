//! OffsetFetch (API key 9).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version, required};

/// OffsetFetchRequest: request, versions 1-10, flexible from 6.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequest {
    /// Field `group_id`, versions 1-7.
    pub group_id: KString,
    /// Field `topics`, versions 1-7, nullable in 2-7.
    pub topics: Option<Vec<OffsetFetchRequestTopic>>,
    /// Field `groups`, versions 8-10.
    pub groups: Vec<OffsetFetchRequestGroup>,
    /// Field `require_stable`, versions 7-10.
    pub require_stable: bool,
}

impl Default for OffsetFetchRequest {
    fn default() -> Self {
        Self { group_id: KString::new(), topics: Some(Vec::new()), groups: Vec::new(), require_stable: false }
    }
}

impl Message for OffsetFetchRequest {
    const NAME: &'static str = "OffsetFetchRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 10;
    const LATEST_VERSION: i16 = 10;
    const FIRST_FLEXIBLE: Option<i16> = Some(6);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        let group_id = if version <= 7 { reader.string(flexible)? } else { KString::new() };
        let topics = if version <= 7 {
            if version >= 2 {
                reader.nullable_array(flexible, 3, |reader| OffsetFetchRequestTopic::decode(reader, version))?
            } else {
                Some(reader.array(flexible, 3, |reader| OffsetFetchRequestTopic::decode(reader, version))?)
            }
        } else {
            Some(Vec::new())
        };
        let groups =
            if version >= 8 { reader.array(flexible, 3, |reader| OffsetFetchRequestGroup::decode(reader, version))? } else { Vec::new() };
        let require_stable = if version >= 7 { reader.bool()? } else { false };
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, topics, groups, require_stable })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        if version <= 7 {
            writer.string(&self.group_id, flexible)?;
        } else if !self.group_id.is_empty() {
            return Err(WireError::NotInVersion { field: "OffsetFetchRequest.group_id", version });
        }
        if version <= 7 {
            (if version >= 2 {
                writer.nullable_array(self.topics.as_deref(), flexible, |writer, item| item.encode(writer, version))
            } else {
                writer.array(required(self.topics.as_deref(), "OffsetFetchRequest.topics")?, flexible, |writer, item| {
                    item.encode(writer, version)
                })
            })?;
        } else if self.topics.as_ref().is_none_or(|value| !value.is_empty()) {
            return Err(WireError::NotInVersion { field: "OffsetFetchRequest.topics", version });
        }
        if version >= 8 {
            writer.array(&self.groups, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.groups.is_empty() {
            return Err(WireError::NotInVersion { field: "OffsetFetchRequest.groups", version });
        }
        if version >= 7 {
            writer.bool(self.require_stable);
        } else if self.require_stable {
            return Err(WireError::NotInVersion { field: "OffsetFetchRequest.require_stable", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetFetchRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchRequestTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partition_indexes`, all versions.
    pub partition_indexes: Vec<i32>,
}

impl OffsetFetchRequestTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let name = reader.string(flexible)?;
        let partition_indexes = reader.array(flexible, 4, Reader::i32)?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partition_indexes })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partition_indexes, flexible, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetFetchRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchRequestGroup {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, versions 9-10, nullable.
    pub member_id: Option<KString>,
    /// Field `member_epoch`, versions 9-10.
    pub member_epoch: i32,
    /// Field `topics`, all versions, nullable.
    pub topics: Option<Vec<OffsetFetchRequestTopics>>,
}

impl Default for OffsetFetchRequestGroup {
    fn default() -> Self {
        Self { group_id: KString::new(), member_id: None, member_epoch: -1, topics: Some(Vec::new()) }
    }
}

impl OffsetFetchRequestGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let group_id = reader.string(true)?;
        let member_id = if version >= 9 { reader.nullable_string(true)? } else { None };
        let member_epoch = if version >= 9 { reader.i32()? } else { -1 };
        let topics = reader.nullable_array(true, 3, |reader| OffsetFetchRequestTopics::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, member_id, member_epoch, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.group_id, true)?;
        if version >= 9 {
            writer.nullable_string(self.member_id.as_ref(), true)?;
        }
        if version >= 9 {
            writer.i32(self.member_epoch);
        }
        writer.nullable_array(self.topics.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of OffsetFetchRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchRequestTopics {
    /// Field `name`, versions 8-9.
    pub name: KString,
    /// Field `topic_id`, versions 10.
    pub topic_id: Uuid,
    /// Field `partition_indexes`, all versions.
    pub partition_indexes: Vec<i32>,
}

impl OffsetFetchRequestTopics {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = if version <= 9 { reader.string(true)? } else { KString::new() };
        let topic_id = if version == 10 { reader.uuid()? } else { Uuid::nil() };
        let partition_indexes = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { name, topic_id, partition_indexes })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        if version <= 9 {
            writer.string(&self.name, true)?;
        }
        if version == 10 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partition_indexes, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for OffsetFetchRequest {
    type Response = OffsetFetchResponse;
    const KEY: i16 = 9;
}

/// OffsetFetchResponse: response, versions 1-10, flexible from 6.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponse {
    /// Field `throttle_time_ms`, versions 3-10.
    pub throttle_time_ms: i32,
    /// Field `topics`, versions 1-7.
    pub topics: Vec<OffsetFetchResponseTopic>,
    /// Field `error_code`, versions 2-7.
    pub error_code: i16,
    /// Field `groups`, versions 8-10.
    pub groups: Vec<OffsetFetchResponseGroup>,
}

impl Message for OffsetFetchResponse {
    const NAME: &'static str = "OffsetFetchResponse";
    const API_KEY: Option<i16> = Some(<OffsetFetchRequest as Request>::KEY);
    const MIN_VERSION: i16 = 1;
    const MAX_VERSION: i16 = 10;
    const LATEST_VERSION: i16 = 10;
    const FIRST_FLEXIBLE: Option<i16> = Some(6);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        let throttle_time_ms = if version >= 3 { reader.i32()? } else { 0 };
        let topics =
            if version <= 7 { reader.array(flexible, 3, |reader| OffsetFetchResponseTopic::decode(reader, version))? } else { Vec::new() };
        let error_code = if (2..=7).contains(&version) { reader.i16()? } else { 0 };
        let groups =
            if version >= 8 { reader.array(flexible, 5, |reader| OffsetFetchResponseGroup::decode(reader, version))? } else { Vec::new() };
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics, error_code, groups })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 6;
        if version >= 3 {
            writer.i32(self.throttle_time_ms);
        }
        if version <= 7 {
            writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.topics.is_empty() {
            return Err(WireError::NotInVersion { field: "OffsetFetchResponse.topics", version });
        }
        if (2..=7).contains(&version) {
            writer.i16(self.error_code);
        }
        if version >= 8 {
            writer.array(&self.groups, flexible, |writer, item| item.encode(writer, version))?;
        } else if !self.groups.is_empty() {
            return Err(WireError::NotInVersion { field: "OffsetFetchResponse.groups", version });
        }
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetFetchResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetFetchResponsePartition>,
}

impl OffsetFetchResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 16, |reader| OffsetFetchResponsePartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetFetchResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `committed_offset`, all versions.
    pub committed_offset: i64,
    /// Field `committed_leader_epoch`, versions 5-7.
    pub committed_leader_epoch: i32,
    /// Field `metadata`, all versions, nullable.
    pub metadata: Option<KString>,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartition {
    fn default() -> Self {
        Self { partition_index: 0, committed_offset: 0, committed_leader_epoch: -1, metadata: Some(KString::new()), error_code: 0 }
    }
}

impl OffsetFetchResponsePartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 6;
        let partition_index = reader.i32()?;
        let committed_offset = reader.i64()?;
        let committed_leader_epoch = if version >= 5 { reader.i32()? } else { -1 };
        let metadata = reader.nullable_string(flexible)?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, committed_offset, committed_leader_epoch, metadata, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 6;
        writer.i32(self.partition_index);
        writer.i64(self.committed_offset);
        if version >= 5 {
            writer.i32(self.committed_leader_epoch);
        }
        writer.nullable_string(self.metadata.as_ref(), flexible)?;
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetFetchResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseGroup {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetFetchResponseTopics>,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl OffsetFetchResponseGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let group_id = reader.string(true)?;
        let topics = reader.array(true, 3, |reader| OffsetFetchResponseTopics::decode(reader, version))?;
        let error_code = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { group_id, topics, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.group_id, true)?;
        writer.array(&self.topics, true, |writer, item| item.encode(writer, version))?;
        writer.i16(self.error_code);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of OffsetFetchResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetFetchResponseTopics {
    /// Field `name`, versions 8-9.
    pub name: KString,
    /// Field `topic_id`, versions 10.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetFetchResponsePartitions>,
}

impl OffsetFetchResponseTopics {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = if version <= 9 { reader.string(true)? } else { KString::new() };
        let topic_id = if version == 10 { reader.uuid()? } else { Uuid::nil() };
        let partitions = reader.array(true, 20, |reader| OffsetFetchResponsePartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        if version <= 9 {
            writer.string(&self.name, true)?;
        }
        if version == 10 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of OffsetFetchResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetFetchResponsePartitions {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `committed_offset`, all versions.
    pub committed_offset: i64,
    /// Field `committed_leader_epoch`, all versions.
    pub committed_leader_epoch: i32,
    /// Field `metadata`, all versions, nullable.
    pub metadata: Option<KString>,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl Default for OffsetFetchResponsePartitions {
    fn default() -> Self {
        Self { partition_index: 0, committed_offset: 0, committed_leader_epoch: -1, metadata: Some(KString::new()), error_code: 0 }
    }
}

impl OffsetFetchResponsePartitions {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition_index = reader.i32()?;
        let committed_offset = reader.i64()?;
        let committed_leader_epoch = reader.i32()?;
        let metadata = reader.nullable_string(true)?;
        let error_code = reader.i16()?;
        reader.skip_tags(true)?;
        Ok(Self { partition_index, committed_offset, committed_leader_epoch, metadata, error_code })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition_index);
        writer.i64(self.committed_offset);
        writer.i32(self.committed_leader_epoch);
        writer.nullable_string(self.metadata.as_ref(), true)?;
        writer.i16(self.error_code);
        writer.no_tags(true);
        Ok(())
    }
}
