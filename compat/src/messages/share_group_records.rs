//! Records and values of the family `share_group_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::wire::{KString, Message, Reader, TagWriter, WireError, Writer, check_version};

/// ShareGroupMemberMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupMemberMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for ShareGroupMemberMetadataKey {
    const NAME: &'static str = "ShareGroupMemberMetadataKey";
    const API_KEY: Option<i16> = Some(10);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        let member_id = reader.string(false)?;
        Ok(Self { group_id, member_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        writer.string(&self.member_id, false)?;
        Ok(())
    }
}

/// ShareGroupMemberMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareGroupMemberMetadataValue {
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `subscribed_topic_names`, all versions.
    pub subscribed_topic_names: Vec<KString>,
}

impl Default for ShareGroupMemberMetadataValue {
    fn default() -> Self {
        Self { rack_id: Some(KString::new()), client_id: KString::new(), client_host: KString::new(), subscribed_topic_names: Vec::new() }
    }
}

impl Message for ShareGroupMemberMetadataValue {
    const NAME: &'static str = "ShareGroupMemberMetadataValue";
    const API_KEY: Option<i16> = Some(10);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let rack_id = reader.nullable_string(true)?;
        let client_id = reader.string(true)?;
        let client_host = reader.string(true)?;
        let subscribed_topic_names = reader.array(true, 1, |reader| reader.string(true))?;
        reader.skip_tags(true)?;
        Ok(Self { rack_id, client_id, client_host, subscribed_topic_names })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.string(&self.client_id, true)?;
        writer.string(&self.client_host, true)?;
        writer.array(&self.subscribed_topic_names, true, |writer, item| writer.string(item, true))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// ShareGroupMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for ShareGroupMetadataKey {
    const NAME: &'static str = "ShareGroupMetadataKey";
    const API_KEY: Option<i16> = Some(11);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        Ok(Self { group_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        Ok(())
    }
}

/// ShareGroupMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupMetadataValue {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `metadata_hash`, all versions.
    pub metadata_hash: i64,
}

impl Message for ShareGroupMetadataValue {
    const NAME: &'static str = "ShareGroupMetadataValue";
    const API_KEY: Option<i16> = Some(11);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let epoch = reader.i32()?;
        let metadata_hash = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { epoch, metadata_hash })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.epoch);
        writer.i64(self.metadata_hash);
        writer.no_tags(true);
        Ok(())
    }
}

/// ShareGroupTargetAssignmentMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupTargetAssignmentMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for ShareGroupTargetAssignmentMetadataKey {
    const NAME: &'static str = "ShareGroupTargetAssignmentMetadataKey";
    const API_KEY: Option<i16> = Some(12);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        Ok(Self { group_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        Ok(())
    }
}

/// ShareGroupTargetAssignmentMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupTargetAssignmentMetadataValue {
    /// Field `assignment_epoch`, all versions.
    pub assignment_epoch: i32,
    /// Field `assignment_timestamp`, all versions, tag 0.
    pub assignment_timestamp: i64,
}

impl Message for ShareGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "ShareGroupTargetAssignmentMetadataValue";
    const API_KEY: Option<i16> = Some(12);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let assignment_epoch = reader.i32()?;
        let mut assignment_timestamp = 0;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    assignment_timestamp = body.i64()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { assignment_epoch, assignment_timestamp })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.assignment_epoch);
        let mut tags = TagWriter::new();
        if self.assignment_timestamp != 0 {
            tags.field(0, |writer| {
                writer.i64(self.assignment_timestamp);
                Ok(())
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// ShareGroupTargetAssignmentMemberKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupTargetAssignmentMemberKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for ShareGroupTargetAssignmentMemberKey {
    const NAME: &'static str = "ShareGroupTargetAssignmentMemberKey";
    const API_KEY: Option<i16> = Some(13);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        let member_id = reader.string(false)?;
        Ok(Self { group_id, member_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        writer.string(&self.member_id, false)?;
        Ok(())
    }
}

/// ShareGroupTargetAssignmentMemberValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupTargetAssignmentMemberValue {
    /// Field `topic_partitions`, all versions.
    pub topic_partitions: Vec<TopicPartition>,
}

impl Message for ShareGroupTargetAssignmentMemberValue {
    const NAME: &'static str = "ShareGroupTargetAssignmentMemberValue";
    const API_KEY: Option<i16> = Some(13);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topic_partitions = reader.array(true, 18, |reader| TopicPartition::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.topic_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareGroupTargetAssignmentMemberValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartition {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicPartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// ShareGroupCurrentMemberAssignmentKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupCurrentMemberAssignmentKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for ShareGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "ShareGroupCurrentMemberAssignmentKey";
    const API_KEY: Option<i16> = Some(14);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        let member_id = reader.string(false)?;
        Ok(Self { group_id, member_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        writer.string(&self.member_id, false)?;
        Ok(())
    }
}

/// ShareGroupCurrentMemberAssignmentValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupCurrentMemberAssignmentValue {
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `previous_member_epoch`, all versions.
    pub previous_member_epoch: i32,
    /// Field `state`, all versions.
    pub state: i8,
    /// Field `assigned_partitions`, all versions.
    pub assigned_partitions: Vec<TopicPartitions>,
}

impl Message for ShareGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "ShareGroupCurrentMemberAssignmentValue";
    const API_KEY: Option<i16> = Some(14);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let member_epoch = reader.i32()?;
        let previous_member_epoch = reader.i32()?;
        let state = reader.i8()?;
        let assigned_partitions = reader.array(true, 18, |reader| TopicPartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { member_epoch, previous_member_epoch, state, assigned_partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.member_epoch);
        writer.i32(self.previous_member_epoch);
        writer.i8(self.state);
        writer.array(&self.assigned_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareGroupCurrentMemberAssignmentValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicPartitions {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// ShareGroupStatePartitionMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupStatePartitionMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for ShareGroupStatePartitionMetadataKey {
    const NAME: &'static str = "ShareGroupStatePartitionMetadataKey";
    const API_KEY: Option<i16> = Some(15);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        Ok(Self { group_id })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        Ok(())
    }
}

/// ShareGroupStatePartitionMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShareGroupStatePartitionMetadataValue {
    /// Field `initializing_topics`, all versions.
    pub initializing_topics: Vec<TopicPartitionsInfo>,
    /// Field `initialized_topics`, all versions.
    pub initialized_topics: Vec<TopicPartitionsInfo>,
    /// Field `deleting_topics`, all versions.
    pub deleting_topics: Vec<TopicInfo>,
}

impl Message for ShareGroupStatePartitionMetadataValue {
    const NAME: &'static str = "ShareGroupStatePartitionMetadataValue";
    const API_KEY: Option<i16> = Some(15);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let initializing_topics = reader.array(true, 19, |reader| TopicPartitionsInfo::decode(reader, version))?;
        let initialized_topics = reader.array(true, 19, |reader| TopicPartitionsInfo::decode(reader, version))?;
        let deleting_topics = reader.array(true, 18, |reader| TopicInfo::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { initializing_topics, initialized_topics, deleting_topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.initializing_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.initialized_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.deleting_topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareGroupStatePartitionMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitionsInfo {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicPartitionsInfo {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let topic_name = reader.string(true)?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, topic_name, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.string(&self.topic_name, true)?;
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ShareGroupStatePartitionMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicInfo {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
}

impl TopicInfo {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let topic_name = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, topic_name })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.string(&self.topic_name, true)?;
        writer.no_tags(true);
        Ok(())
    }
}
