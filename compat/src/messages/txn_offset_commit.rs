//! TxnOffsetCommit (API key 28).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// TxnOffsetCommitRequest: request, versions 0-5, flexible from 3.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequest {
    /// Field `transactional_id`, all versions.
    pub transactional_id: KString,
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `producer_id`, all versions.
    pub producer_id: i64,
    /// Field `producer_epoch`, all versions.
    pub producer_epoch: i16,
    /// Field `generation_id`, versions 3-5.
    pub generation_id: i32,
    /// Field `member_id`, versions 3-5.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 3-5, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `topics`, all versions.
    pub topics: Vec<TxnOffsetCommitRequestTopic>,
}

impl Default for TxnOffsetCommitRequest {
    fn default() -> Self {
        Self {
            transactional_id: KString::new(),
            group_id: KString::new(),
            producer_id: 0,
            producer_epoch: 0,
            generation_id: -1,
            member_id: KString::new(),
            group_instance_id: None,
            topics: Vec::new(),
        }
    }
}

impl Message for TxnOffsetCommitRequest {
    const NAME: &'static str = "TxnOffsetCommitRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let transactional_id = reader.string(flexible)?;
        let group_id = reader.string(flexible)?;
        let producer_id = reader.i64()?;
        let producer_epoch = reader.i16()?;
        let generation_id = if version >= 3 { reader.i32()? } else { -1 };
        let member_id = if version >= 3 { reader.string(flexible)? } else { KString::new() };
        let group_instance_id = if version >= 3 { reader.nullable_string(flexible)? } else { None };
        let topics = reader.array(flexible, 3, |reader| TxnOffsetCommitRequestTopic::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { transactional_id, group_id, producer_id, producer_epoch, generation_id, member_id, group_instance_id, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.string(&self.transactional_id, flexible)?;
        writer.string(&self.group_id, flexible)?;
        writer.i64(self.producer_id);
        writer.i16(self.producer_epoch);
        if version >= 3 {
            writer.i32(self.generation_id);
        } else if self.generation_id != -1 {
            return Err(WireError::NotInVersion { field: "TxnOffsetCommitRequest.generation_id", version });
        }
        if version >= 3 {
            writer.string(&self.member_id, flexible)?;
        } else if !self.member_id.is_empty() {
            return Err(WireError::NotInVersion { field: "TxnOffsetCommitRequest.member_id", version });
        }
        if version >= 3 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        } else if self.group_instance_id.is_some() {
            return Err(WireError::NotInVersion { field: "TxnOffsetCommitRequest.group_instance_id", version });
        }
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of TxnOffsetCommitRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitRequestTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<TxnOffsetCommitRequestPartition>,
}

impl TxnOffsetCommitRequestTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 14, |reader| TxnOffsetCommitRequestPartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of TxnOffsetCommitRequest.
#[derive(Clone, Debug, PartialEq)]
pub struct TxnOffsetCommitRequestPartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `committed_offset`, all versions.
    pub committed_offset: i64,
    /// Field `committed_leader_epoch`, versions 2-5.
    pub committed_leader_epoch: i32,
    /// Field `committed_metadata`, all versions, nullable.
    pub committed_metadata: Option<KString>,
}

impl Default for TxnOffsetCommitRequestPartition {
    fn default() -> Self {
        Self { partition_index: 0, committed_offset: 0, committed_leader_epoch: -1, committed_metadata: Some(KString::new()) }
    }
}

impl TxnOffsetCommitRequestPartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let partition_index = reader.i32()?;
        let committed_offset = reader.i64()?;
        let committed_leader_epoch = if version >= 2 { reader.i32()? } else { -1 };
        let committed_metadata = reader.nullable_string(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, committed_offset, committed_leader_epoch, committed_metadata })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.i32(self.partition_index);
        writer.i64(self.committed_offset);
        if version >= 2 {
            writer.i32(self.committed_leader_epoch);
        }
        writer.nullable_string(self.committed_metadata.as_ref(), flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}

impl Request for TxnOffsetCommitRequest {
    type Response = TxnOffsetCommitResponse;
    const KEY: i16 = 28;
}

/// TxnOffsetCommitResponse: response, versions 0-5, flexible from 3.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `topics`, all versions.
    pub topics: Vec<TxnOffsetCommitResponseTopic>,
}

impl Message for TxnOffsetCommitResponse {
    const NAME: &'static str = "TxnOffsetCommitResponse";
    const API_KEY: Option<i16> = Some(<TxnOffsetCommitRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 5;
    const LATEST_VERSION: i16 = 5;
    const FIRST_FLEXIBLE: Option<i16> = Some(3);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        let throttle_time_ms = reader.i32()?;
        let topics = reader.array(flexible, 3, |reader| TxnOffsetCommitResponseTopic::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { throttle_time_ms, topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 3;
        writer.i32(self.throttle_time_ms);
        writer.array(&self.topics, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of TxnOffsetCommitResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponseTopic {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<TxnOffsetCommitResponsePartition>,
}

impl TxnOffsetCommitResponseTopic {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let name = reader.string(flexible)?;
        let partitions = reader.array(flexible, 6, |reader| TxnOffsetCommitResponsePartition::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { name, partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.string(&self.name, flexible)?;
        writer.array(&self.partitions, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of TxnOffsetCommitResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TxnOffsetCommitResponsePartition {
    /// Field `partition_index`, all versions.
    pub partition_index: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
}

impl TxnOffsetCommitResponsePartition {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 3;
        let partition_index = reader.i32()?;
        let error_code = reader.i16()?;
        reader.skip_tags(flexible)?;
        Ok(Self { partition_index, error_code })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 3;
        writer.i32(self.partition_index);
        writer.i16(self.error_code);
        writer.no_tags(flexible);
        Ok(())
    }
}
