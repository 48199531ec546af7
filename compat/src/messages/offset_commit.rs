//! OffsetCommit (API key 8).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// OffsetCommitRequest: request, versions 2-10, flexible from 8.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `generation_id_or_member_epoch`, all versions.
    pub generation_id_or_member_epoch: i32,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 7-10, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `retention_time_ms`, versions 2-4.
    pub retention_time_ms: i64,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetCommitRequestTopic>,
}

impl Default for OffsetCommitRequest {
    fn default() -> Self {
        Self {
            group_id: KString::new(),
            generation_id_or_member_epoch: -1,
            member_id: KString::new(),
            group_instance_id: None,
            retention_time_ms: -1,
            topics: Vec::new(),
        }
    }
}

impl Message for OffsetCommitRequest {
    const NAME: &'static str = "OffsetCommitRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 10;
    const LATEST_VERSION: i16 = 10;
    const FIRST_FLEXIBLE: Option<i16> = Some(8);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 8;
        let group_id = reader.string(flexible)?;
        let generation_id_or_member_epoch = reader.i32()?;
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 7 { reader.nullable_string(flexible)? } else { None };
        let retention_time_ms = if version <= 4 { reader.i64()? } else { -1 };
        let topics = reader.array(flexible, 3, |reader| OffsetCommitRequestTopic::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { group_id, generation_id_or_member_epoch, member_id, group_instance_id, retention_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 8;
        writer.string(&self.group_id, flexible)?;
        writer.i32(self.generation_id_or_member_epoch);
        writer.string(&self.member_id, flexible)?;
        if version >= 7 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        } else if self.group_instance_id.is_some() {
            return Err(WireError::NotInVersion { field: "OffsetCommitRequest.group_instance_id", version });
        }
        if version <= 4 {
            writer.i64(self.retention_time_ms);
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetCommitRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitRequestTopic {
    /// Field `name`, versions 2-9.
    pub name: KString,
    /// Field `topic_id`, versions 10.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetCommitRequestPartition>,
}

impl OffsetCommitRequestTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 8;
        let name = if version <= 9 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version == 10 { reader.uuid()? } else { Uuid::nil() };
        let partitions = reader.array(flexible, 14, |reader| OffsetCommitRequestPartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 8;
        if version <= 9 {
            writer.string(&self.name, flexible)?;
        }
        if version == 10 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetCommitRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitRequestPartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `committed_offset`, all versions.
    pub committed_offset: i64,
    /// Field `committed_leader_epoch`, versions 6-10.
    pub committed_leader_epoch: i32,
    /// Field `committed_metadata`, all versions, nullable.
    pub committed_metadata: Option<KString>,
}

impl Default for OffsetCommitRequestPartition {
    fn default() -> Self {
        Self { partition_index: 0, committed_offset: 0, committed_leader_epoch: -1, committed_metadata: Some(KString::new()) }
    }
}

impl OffsetCommitRequestPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 8;
        let partition_index = reader.i32()?;
        let committed_offset = reader.i64()?;
        let committed_leader_epoch = if version >= 6 { reader.i32()? } else { -1 };
        let committed_metadata = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, committed_offset, committed_leader_epoch, committed_metadata })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 8;
        writer.i32(self.partition_index);
        writer.i64(self.committed_offset);
        if version >= 6 {
            writer.i32(self.committed_leader_epoch);
        }
        writer.nullable_string(self.committed_metadata.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for OffsetCommitRequest {
    type Response = OffsetCommitResponse;
    const KEY: i16 = 8;
}

/// OffsetCommitResponse: response, versions 2-10, flexible from 8.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponse {
    /// Field `throttle_time_ms`, versions 3-10.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<OffsetCommitResponseTopic>,
}

impl Message for OffsetCommitResponse {
    const NAME: &'static str = "OffsetCommitResponse";
    const API_KEY: Option<i16> = Some(<OffsetCommitRequest as Request>::KEY);
    const MIN_VERSION: i16 = 2;
    const MAX_VERSION: i16 = 10;
    const LATEST_VERSION: i16 = 10;
    const FIRST_FLEXIBLE: Option<i16> = Some(8);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 8;
        let throttle_time_ms = if version >= 3 { reader.i32()? } else { 0 };
        let topics = reader.array(flexible, 3, |reader| OffsetCommitResponseTopic::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 8;
        if version >= 3 {
            writer.i32(self.throttle_time_ms);
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetCommitResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponseTopic {
    /// Field `name`, versions 2-9.
    pub name: KString,
    /// Field `topic_id`, versions 10.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<OffsetCommitResponsePartition>,
}

impl OffsetCommitResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 8;
        let name = if version <= 9 { reader.string(flexible)? } else { KString::new() };
        let topic_id = if version == 10 { reader.uuid()? } else { Uuid::nil() };
        let partitions = reader.array(flexible, 6, |reader| OffsetCommitResponsePartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 8;
        if version <= 9 {
            writer.string(&self.name, flexible)?;
        }
        if version == 10 {
            writer.uuid(self.topic_id);
        }
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of OffsetCommitResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitResponsePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl OffsetCommitResponsePartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 8;
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 8;
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
