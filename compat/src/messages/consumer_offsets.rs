//! Records and values of the family `consumer_offsets`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;
use uuid::Uuid;

use crate::wire::{KString, Message, Reader, TagWriter, WireError, Writer, check_version};

/// LegacyOffsetCommitKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegacyOffsetCommitKey {
    /// Field `group`, all versions.
    pub group: KString,
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partition`, all versions.
    pub partition: i32,
}

impl Message for LegacyOffsetCommitKey {
    const NAME: &'static str = "LegacyOffsetCommitKey";
    const API_KEY: Option<i16> = Some(0);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group = reader.string(false)?;
        let topic = reader.string(false)?;
        let partition = reader.i32()?;
        Ok(Self { group, topic, partition })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group, false)?;
        writer.string(&self.topic, false)?;
        writer.i32(self.partition);
        Ok(())
    }
}

/// LegacyOffsetCommitValue: record value, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LegacyOffsetCommitValue {
    /// Field `offset`, all versions.
    pub offset: i64,
    /// Field `metadata`, all versions.
    pub metadata: KString,
    /// Field `commit_timestamp`, all versions.
    pub commit_timestamp: i64,
}

impl Message for LegacyOffsetCommitValue {
    const NAME: &'static str = "LegacyOffsetCommitValue";
    const API_KEY: Option<i16> = Some(0);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let offset = reader.i64()?;
        let metadata = reader.string(false)?;
        let commit_timestamp = reader.i64()?;
        Ok(Self { offset, metadata, commit_timestamp })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i64(self.offset);
        writer.string(&self.metadata, false)?;
        writer.i64(self.commit_timestamp);
        Ok(())
    }
}

/// OffsetCommitKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OffsetCommitKey {
    /// Field `group`, all versions.
    pub group: KString,
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partition`, all versions.
    pub partition: i32,
}

impl Message for OffsetCommitKey {
    const NAME: &'static str = "OffsetCommitKey";
    const API_KEY: Option<i16> = Some(1);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group = reader.string(false)?;
        let topic = reader.string(false)?;
        let partition = reader.i32()?;
        Ok(Self { group, topic, partition })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group, false)?;
        writer.string(&self.topic, false)?;
        writer.i32(self.partition);
        Ok(())
    }
}

/// OffsetCommitValue: record value, versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq)]
pub struct OffsetCommitValue {
    /// Field `offset`, all versions.
    pub offset: i64,
    /// Field `leader_epoch`, versions 3-4.
    pub leader_epoch: i32,
    /// Field `metadata`, all versions.
    pub metadata: KString,
    /// Field `commit_timestamp`, all versions.
    pub commit_timestamp: i64,
    /// Field `expire_timestamp`, versions 1.
    pub expire_timestamp: i64,
    /// Field `topic_id`, versions 4, tag 0.
    pub topic_id: Uuid,
}

impl Default for OffsetCommitValue {
    fn default() -> Self {
        Self { offset: 0, leader_epoch: -1, metadata: KString::new(), commit_timestamp: 0, expire_timestamp: -1, topic_id: Uuid::nil() }
    }
}

impl Message for OffsetCommitValue {
    const NAME: &'static str = "OffsetCommitValue";
    const API_KEY: Option<i16> = Some(1);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let offset = reader.i64()?;
        let leader_epoch = if version >= 3 { reader.i32()? } else { -1 };
        let metadata = reader.string(flexible)?;
        let commit_timestamp = reader.i64()?;
        let expire_timestamp = if version == 1 { reader.i64()? } else { -1 };
        let mut topic_id = Uuid::nil();
        let mut tags = reader.tags(flexible)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    topic_id = body.uuid()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { offset, leader_epoch, metadata, commit_timestamp, expire_timestamp, topic_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.i64(self.offset);
        if version >= 3 {
            writer.i32(self.leader_epoch);
        }
        writer.string(&self.metadata, flexible)?;
        writer.i64(self.commit_timestamp);
        if version == 1 {
            writer.i64(self.expire_timestamp);
        }
        let mut tags = TagWriter::new();
        if version == 4 && !self.topic_id.is_nil() {
            tags.field(0, |writer| {
                writer.uuid(self.topic_id);
                Ok(())
            })?;
        }
        tags.finish(writer, flexible)?;
        Ok(())
    }
}

/// GroupMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupMetadataKey {
    /// Field `group`, all versions.
    pub group: KString,
}

impl Message for GroupMetadataKey {
    const NAME: &'static str = "GroupMetadataKey";
    const API_KEY: Option<i16> = Some(2);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group = reader.string(false)?;
        Ok(Self { group })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group, false)?;
        Ok(())
    }
}

/// GroupMetadataValue: record value, versions 0-4, flexible from 4.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupMetadataValue {
    /// Field `protocol_type`, all versions.
    pub protocol_type: KString,
    /// Field `generation`, all versions.
    pub generation: i32,
    /// Field `protocol`, all versions, nullable.
    pub protocol: Option<KString>,
    /// Field `leader`, all versions, nullable.
    pub leader: Option<KString>,
    /// Field `current_state_timestamp`, versions 2-4.
    pub current_state_timestamp: i64,
    /// Field `members`, all versions.
    pub members: Vec<MemberMetadata>,
}

impl Default for GroupMetadataValue {
    fn default() -> Self {
        Self {
            protocol_type: KString::new(),
            generation: 0,
            protocol: Some(KString::new()),
            leader: Some(KString::new()),
            current_state_timestamp: -1,
            members: Vec::new(),
        }
    }
}

impl Message for GroupMetadataValue {
    const NAME: &'static str = "GroupMetadataValue";
    const API_KEY: Option<i16> = Some(2);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 4;
    const LATEST_VERSION: i16 = 4;
    const FIRST_FLEXIBLE: Option<i16> = Some(4);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        let protocol_type = reader.string(flexible)?;
        let generation = reader.i32()?;
        let protocol = reader.nullable_string(flexible)?;
        let leader = reader.nullable_string(flexible)?;
        let current_state_timestamp = if version >= 2 { reader.i64()? } else { -1 };
        let members = reader.array(flexible, 15, |reader| MemberMetadata::decode(reader, version))?;
        reader.skip_tags(flexible)?;
        Ok(Self { protocol_type, generation, protocol, leader, current_state_timestamp, members })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        let flexible = version >= 4;
        writer.string(&self.protocol_type, flexible)?;
        writer.i32(self.generation);
        writer.nullable_string(self.protocol.as_ref(), flexible)?;
        writer.nullable_string(self.leader.as_ref(), flexible)?;
        if version >= 2 {
            writer.i64(self.current_state_timestamp);
        }
        writer.array(&self.members, flexible, |writer, item| item.encode(writer, version))?;
        writer.no_tags(flexible);
        Ok(())
    }
}

/// Part of GroupMetadataValue.
#[derive(Clone, Debug, PartialEq)]
pub struct MemberMetadata {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `group_instance_id`, versions 3-4, nullable.
    pub group_instance_id: Option<KString>,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `rebalance_timeout`, versions 1-4.
    pub rebalance_timeout: i32,
    /// Field `session_timeout`, all versions.
    pub session_timeout: i32,
    /// Field `subscription`, all versions.
    pub subscription: Bytes,
    /// Field `assignment`, all versions.
    pub assignment: Bytes,
}

impl Default for MemberMetadata {
    fn default() -> Self {
        Self {
            member_id: KString::new(),
            group_instance_id: None,
            client_id: KString::new(),
            client_host: KString::new(),
            rebalance_timeout: -1,
            session_timeout: 0,
            subscription: Bytes::new(),
            assignment: Bytes::new(),
        }
    }
}

impl MemberMetadata {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let flexible = version >= 4;
        let member_id = reader.string(flexible)?;
        let group_instance_id = if version >= 3 { reader.nullable_string(flexible)? } else { None };
        let client_id = reader.string(flexible)?;
        let client_host = reader.string(flexible)?;
        let rebalance_timeout = if version >= 1 { reader.i32()? } else { -1 };
        let session_timeout = reader.i32()?;
        let subscription = reader.bytes(flexible)?;
        let assignment = reader.bytes(flexible)?;
        reader.skip_tags(flexible)?;
        Ok(Self { member_id, group_instance_id, client_id, client_host, rebalance_timeout, session_timeout, subscription, assignment })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        let flexible = version >= 4;
        writer.string(&self.member_id, flexible)?;
        if version >= 3 {
            writer.nullable_string(self.group_instance_id.as_ref(), flexible)?;
        }
        writer.string(&self.client_id, flexible)?;
        writer.string(&self.client_host, flexible)?;
        if version >= 1 {
            writer.i32(self.rebalance_timeout);
        }
        writer.i32(self.session_timeout);
        writer.bytes(&self.subscription, flexible)?;
        writer.bytes(&self.assignment, flexible)?;
        writer.no_tags(flexible);
        Ok(())
    }
}
