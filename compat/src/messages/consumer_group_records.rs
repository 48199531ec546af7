//! Records and values of the family `consumer_group_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use bytes::Bytes;
use uuid::Uuid;

use crate::wire::{KString, Message, Reader, TagWriter, WireError, Writer, check_version};

/// ConsumerGroupMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for ConsumerGroupMetadataKey {
    const NAME: &'static str = "ConsumerGroupMetadataKey";
    const API_KEY: Option<i16> = Some(3);
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

/// ConsumerGroupMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupMetadataValue {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `metadata_hash`, all versions, tag 0.
    pub metadata_hash: i64,
}

impl Message for ConsumerGroupMetadataValue {
    const NAME: &'static str = "ConsumerGroupMetadataValue";
    const API_KEY: Option<i16> = Some(3);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let epoch = reader.i32()?;
        let mut metadata_hash = 0;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    metadata_hash = body.i64()?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { epoch, metadata_hash })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.epoch);
        let mut tags = TagWriter::new();
        if self.metadata_hash != 0 {
            tags.field(0, |writer| {
                writer.i64(self.metadata_hash);
                Ok(())
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// ConsumerGroupPartitionMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupPartitionMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for ConsumerGroupPartitionMetadataKey {
    const NAME: &'static str = "ConsumerGroupPartitionMetadataKey";
    const API_KEY: Option<i16> = Some(4);
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

/// ConsumerGroupPartitionMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupPartitionMetadataValue {
    /// Field `topics`, all versions.
    pub topics: Vec<TopicMetadata>,
}

impl Message for ConsumerGroupPartitionMetadataValue {
    const NAME: &'static str = "ConsumerGroupPartitionMetadataValue";
    const API_KEY: Option<i16> = Some(4);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.array(true, 23, |reader| TopicMetadata::decode(reader, version))?;
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

/// Part of ConsumerGroupPartitionMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicMetadata {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `topic_name`, all versions.
    pub topic_name: KString,
    /// Field `num_partitions`, all versions.
    pub num_partitions: i32,
    /// Field `partition_metadata`, all versions.
    pub partition_metadata: Vec<PartitionMetadata>,
}

impl TopicMetadata {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let topic_name = reader.string(true)?;
        let num_partitions = reader.i32()?;
        let partition_metadata = reader.array(true, 6, |reader| PartitionMetadata::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { topic_id, topic_name, num_partitions, partition_metadata })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.string(&self.topic_name, true)?;
        writer.i32(self.num_partitions);
        writer.array(&self.partition_metadata, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupPartitionMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartitionMetadata {
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `racks`, all versions.
    pub racks: Vec<KString>,
}

impl PartitionMetadata {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let partition = reader.i32()?;
        let racks = reader.array(true, 1, |reader| reader.string(true))?;
        reader.skip_tags(true)?;
        Ok(Self { partition, racks })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i32(self.partition);
        writer.array(&self.racks, true, |writer, item| writer.string(item, true))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// ConsumerGroupMemberMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupMemberMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for ConsumerGroupMemberMetadataKey {
    const NAME: &'static str = "ConsumerGroupMemberMetadataKey";
    const API_KEY: Option<i16> = Some(5);
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

/// ConsumerGroupMemberMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsumerGroupMemberMetadataValue {
    /// Field `instance_id`, all versions, nullable.
    pub instance_id: Option<KString>,
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `subscribed_topic_names`, all versions.
    pub subscribed_topic_names: Vec<KString>,
    /// Field `subscribed_topic_regex`, all versions, nullable.
    pub subscribed_topic_regex: Option<KString>,
    /// Field `rebalance_timeout_ms`, all versions.
    pub rebalance_timeout_ms: i32,
    /// Field `server_assignor`, all versions, nullable.
    pub server_assignor: Option<KString>,
    /// Field `classic_member_metadata`, all versions, nullable, tag 0.
    pub classic_member_metadata: Option<ClassicMemberMetadata>,
}

impl Default for ConsumerGroupMemberMetadataValue {
    fn default() -> Self {
        Self {
            instance_id: Some(KString::new()),
            rack_id: Some(KString::new()),
            client_id: KString::new(),
            client_host: KString::new(),
            subscribed_topic_names: Vec::new(),
            subscribed_topic_regex: Some(KString::new()),
            rebalance_timeout_ms: -1,
            server_assignor: Some(KString::new()),
            classic_member_metadata: None,
        }
    }
}

impl Message for ConsumerGroupMemberMetadataValue {
    const NAME: &'static str = "ConsumerGroupMemberMetadataValue";
    const API_KEY: Option<i16> = Some(5);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let instance_id = reader.nullable_string(true)?;
        let rack_id = reader.nullable_string(true)?;
        let client_id = reader.string(true)?;
        let client_host = reader.string(true)?;
        let subscribed_topic_names = reader.array(true, 1, |reader| reader.string(true))?;
        let subscribed_topic_regex = reader.nullable_string(true)?;
        let rebalance_timeout_ms = reader.i32()?;
        let server_assignor = reader.nullable_string(true)?;
        let mut classic_member_metadata = None;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    classic_member_metadata = body.nullable_struct(|reader| ClassicMemberMetadata::decode(reader, version))?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self {
            instance_id,
            rack_id,
            client_id,
            client_host,
            subscribed_topic_names,
            subscribed_topic_regex,
            rebalance_timeout_ms,
            server_assignor,
            classic_member_metadata,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.instance_id.as_ref(), true)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.string(&self.client_id, true)?;
        writer.string(&self.client_host, true)?;
        writer.array(&self.subscribed_topic_names, true, |writer, item| writer.string(item, true))?;
        writer.nullable_string(self.subscribed_topic_regex.as_ref(), true)?;
        writer.i32(self.rebalance_timeout_ms);
        writer.nullable_string(self.server_assignor.as_ref(), true)?;
        let mut tags = TagWriter::new();
        if self.classic_member_metadata.is_some() {
            tags.field(0, |writer| {
                writer.nullable_struct(self.classic_member_metadata.as_ref(), |writer, value| value.encode(writer, version))
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of ConsumerGroupMemberMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassicMemberMetadata {
    /// Field `session_timeout_ms`, all versions.
    pub session_timeout_ms: i32,
    /// Field `supported_protocols`, all versions.
    pub supported_protocols: Vec<ClassicProtocol>,
}

impl ClassicMemberMetadata {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let session_timeout_ms = reader.i32()?;
        let supported_protocols = reader.array(true, 3, |reader| ClassicProtocol::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { session_timeout_ms, supported_protocols })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.session_timeout_ms);
        writer.array(&self.supported_protocols, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupMemberMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassicProtocol {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `metadata`, all versions.
    pub metadata: Bytes,
}

impl ClassicProtocol {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let metadata = reader.bytes(true)?;
        reader.skip_tags(true)?;
        Ok(Self { name, metadata })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.bytes(&self.metadata, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// ConsumerGroupTargetAssignmentMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupTargetAssignmentMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for ConsumerGroupTargetAssignmentMetadataKey {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMetadataKey";
    const API_KEY: Option<i16> = Some(6);
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

/// ConsumerGroupTargetAssignmentMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupTargetAssignmentMetadataValue {
    /// Field `assignment_epoch`, all versions.
    pub assignment_epoch: i32,
    /// Field `assignment_timestamp`, all versions, tag 0.
    pub assignment_timestamp: i64,
}

impl Message for ConsumerGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMetadataValue";
    const API_KEY: Option<i16> = Some(6);
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

/// ConsumerGroupTargetAssignmentMemberKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupTargetAssignmentMemberKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for ConsumerGroupTargetAssignmentMemberKey {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMemberKey";
    const API_KEY: Option<i16> = Some(7);
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

/// ConsumerGroupTargetAssignmentMemberValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupTargetAssignmentMemberValue {
    /// Field `topic_partitions`, all versions.
    pub topic_partitions: Vec<TopicPartition>,
}

impl Message for ConsumerGroupTargetAssignmentMemberValue {
    const NAME: &'static str = "ConsumerGroupTargetAssignmentMemberValue";
    const API_KEY: Option<i16> = Some(7);
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

/// Part of ConsumerGroupTargetAssignmentMemberValue.
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

/// ConsumerGroupCurrentMemberAssignmentKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupCurrentMemberAssignmentKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for ConsumerGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "ConsumerGroupCurrentMemberAssignmentKey";
    const API_KEY: Option<i16> = Some(8);
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

/// ConsumerGroupCurrentMemberAssignmentValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupCurrentMemberAssignmentValue {
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `previous_member_epoch`, all versions.
    pub previous_member_epoch: i32,
    /// Field `state`, all versions.
    pub state: i8,
    /// Field `assigned_partitions`, all versions.
    pub assigned_partitions: Vec<TopicPartitions>,
    /// Field `partitions_pending_revocation`, all versions.
    pub partitions_pending_revocation: Vec<TopicPartitions>,
}

impl Message for ConsumerGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "ConsumerGroupCurrentMemberAssignmentValue";
    const API_KEY: Option<i16> = Some(8);
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
        let partitions_pending_revocation = reader.array(true, 18, |reader| TopicPartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { member_epoch, previous_member_epoch, state, assigned_partitions, partitions_pending_revocation })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.member_epoch);
        writer.i32(self.previous_member_epoch);
        writer.i8(self.state);
        writer.array(&self.assigned_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.partitions_pending_revocation, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of ConsumerGroupCurrentMemberAssignmentValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartitions {
    /// Field `topic_id`, all versions.
    pub topic_id: Uuid,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
    /// Field `assignment_epochs`, all versions, nullable, tag 0.
    pub assignment_epochs: Option<Vec<i32>>,
}

impl TopicPartitions {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic_id = reader.uuid()?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        let mut assignment_epochs = None;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    assignment_epochs = body.nullable_array(true, 4, Reader::i32)?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { topic_id, partitions, assignment_epochs })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.uuid(self.topic_id);
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        let mut tags = TagWriter::new();
        if self.assignment_epochs.is_some() {
            tags.field(0, |writer| {
                writer.nullable_array(self.assignment_epochs.as_deref(), true, |writer, item| {
                    writer.i32(*item);
                    Ok(())
                })
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// ConsumerGroupRegularExpressionKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupRegularExpressionKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `regular_expression`, all versions.
    pub regular_expression: KString,
}

impl Message for ConsumerGroupRegularExpressionKey {
    const NAME: &'static str = "ConsumerGroupRegularExpressionKey";
    const API_KEY: Option<i16> = Some(16);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = None;

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(false)?;
        let regular_expression = reader.string(false)?;
        Ok(Self { group_id, regular_expression })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, false)?;
        writer.string(&self.regular_expression, false)?;
        Ok(())
    }
}

/// ConsumerGroupRegularExpressionValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConsumerGroupRegularExpressionValue {
    /// Field `topics`, all versions.
    pub topics: Vec<KString>,
    /// Field `version`, all versions.
    pub version: i64,
    /// Field `timestamp`, all versions.
    pub timestamp: i64,
}

impl Message for ConsumerGroupRegularExpressionValue {
    const NAME: &'static str = "ConsumerGroupRegularExpressionValue";
    const API_KEY: Option<i16> = Some(16);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let topics = reader.array(true, 1, |reader| reader.string(true))?;
        let version_value = reader.i64()?;
        let timestamp = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { topics, version: version_value, timestamp })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.topics, true, |writer, item| writer.string(item, true))?;
        writer.i64(self.version);
        writer.i64(self.timestamp);
        writer.no_tags(true);
        Ok(())
    }
}
