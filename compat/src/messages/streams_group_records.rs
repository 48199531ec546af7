//! Records and values of the family `streams_group_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, TagWriter, WireError, Writer, check_version};

/// StreamsGroupMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for StreamsGroupMetadataKey {
    const NAME: &'static str = "StreamsGroupMetadataKey";
    const API_KEY: Option<i16> = Some(17);
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

/// StreamsGroupMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupMetadataValue {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `metadata_hash`, all versions.
    pub metadata_hash: i64,
    /// Field `validated_topology_epoch`, all versions, tag 0.
    pub validated_topology_epoch: i32,
    /// Field `last_assignment_configs`, all versions, nullable, tag 1.
    pub last_assignment_configs: Option<Vec<LastAssignmentConfig>>,
}

impl Default for StreamsGroupMetadataValue {
    fn default() -> Self {
        Self { epoch: 0, metadata_hash: 0, validated_topology_epoch: -1, last_assignment_configs: None }
    }
}

impl Message for StreamsGroupMetadataValue {
    const NAME: &'static str = "StreamsGroupMetadataValue";
    const API_KEY: Option<i16> = Some(17);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let epoch = reader.i32()?;
        let metadata_hash = reader.i64()?;
        let mut validated_topology_epoch = -1;
        let mut last_assignment_configs = None;
        let mut tags = reader.tags(true)?;
        while let Some((tag, mut body)) = tags.next(reader)? {
            match tag {
                0 => {
                    validated_topology_epoch = body.i32()?;
                    body.expect_end()?;
                }
                1 => {
                    last_assignment_configs = body.nullable_array(true, 3, |reader| LastAssignmentConfig::decode(reader, version))?;
                    body.expect_end()?;
                }
                unknown => body.skip_unknown(unknown)?,
            }
        }
        Ok(Self { epoch, metadata_hash, validated_topology_epoch, last_assignment_configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.epoch);
        writer.i64(self.metadata_hash);
        let mut tags = TagWriter::new();
        if self.validated_topology_epoch != -1 {
            tags.field(0, |writer| {
                writer.i32(self.validated_topology_epoch);
                Ok(())
            })?;
        }
        if self.last_assignment_configs.is_some() {
            tags.field(1, |writer| {
                writer.nullable_array(self.last_assignment_configs.as_deref(), true, |writer, item| item.encode(writer, version))
            })?;
        }
        tags.finish(writer, true)?;
        Ok(())
    }
}

/// Part of StreamsGroupMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastAssignmentConfig {
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `value`, all versions.
    pub value: KString,
}

impl LastAssignmentConfig {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let key = reader.string(true)?;
        let value = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { key, value })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.key, true)?;
        writer.string(&self.value, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// StreamsGroupMemberMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupMemberMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for StreamsGroupMemberMetadataKey {
    const NAME: &'static str = "StreamsGroupMemberMetadataKey";
    const API_KEY: Option<i16> = Some(19);
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

/// StreamsGroupMemberMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupMemberMetadataValue {
    /// Field `instance_id`, all versions, nullable.
    pub instance_id: Option<KString>,
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `rebalance_timeout_ms`, all versions.
    pub rebalance_timeout_ms: i32,
    /// Field `topology_epoch`, all versions.
    pub topology_epoch: i32,
    /// Field `process_id`, all versions.
    pub process_id: KString,
    /// Field `user_endpoint`, all versions, nullable.
    pub user_endpoint: Option<Endpoint>,
    /// Field `client_tags`, all versions.
    pub client_tags: Vec<KeyValue>,
}

impl Default for StreamsGroupMemberMetadataValue {
    fn default() -> Self {
        Self {
            instance_id: Some(KString::new()),
            rack_id: Some(KString::new()),
            client_id: KString::new(),
            client_host: KString::new(),
            rebalance_timeout_ms: -1,
            topology_epoch: 0,
            process_id: KString::new(),
            user_endpoint: None,
            client_tags: Vec::new(),
        }
    }
}

impl Message for StreamsGroupMemberMetadataValue {
    const NAME: &'static str = "StreamsGroupMemberMetadataValue";
    const API_KEY: Option<i16> = Some(19);
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
        let rebalance_timeout_ms = reader.i32()?;
        let topology_epoch = reader.i32()?;
        let process_id = reader.string(true)?;
        let user_endpoint = reader.nullable_struct(|reader| Endpoint::decode(reader, version))?;
        let client_tags = reader.array(true, 3, |reader| KeyValue::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            instance_id,
            rack_id,
            client_id,
            client_host,
            rebalance_timeout_ms,
            topology_epoch,
            process_id,
            user_endpoint,
            client_tags,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.nullable_string(self.instance_id.as_ref(), true)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.string(&self.client_id, true)?;
        writer.string(&self.client_host, true)?;
        writer.i32(self.rebalance_timeout_ms);
        writer.i32(self.topology_epoch);
        writer.string(&self.process_id, true)?;
        writer.nullable_struct(self.user_endpoint.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.array(&self.client_tags, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupMemberMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl Endpoint {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let host = reader.string(true)?;
        let port = reader.u16()?;
        reader.skip_tags(true)?;
        Ok(Self { host, port })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.host, true)?;
        writer.u16(self.port);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupMemberMetadataValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyValue {
    /// Field `key`, all versions.
    pub key: KString,
    /// Field `value`, all versions.
    pub value: KString,
}

impl KeyValue {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let key = reader.string(true)?;
        let value = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { key, value })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.key, true)?;
        writer.string(&self.value, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// StreamsGroupTargetAssignmentMetadataKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTargetAssignmentMetadataKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
}

impl Message for StreamsGroupTargetAssignmentMetadataKey {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMetadataKey";
    const API_KEY: Option<i16> = Some(20);
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

/// StreamsGroupTargetAssignmentMetadataValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTargetAssignmentMetadataValue {
    /// Field `assignment_epoch`, all versions.
    pub assignment_epoch: i32,
    /// Field `assignment_timestamp`, all versions, tag 0.
    pub assignment_timestamp: i64,
}

impl Message for StreamsGroupTargetAssignmentMetadataValue {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMetadataValue";
    const API_KEY: Option<i16> = Some(20);
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

/// StreamsGroupTargetAssignmentMemberKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTargetAssignmentMemberKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for StreamsGroupTargetAssignmentMemberKey {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMemberKey";
    const API_KEY: Option<i16> = Some(21);
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

/// StreamsGroupTargetAssignmentMemberValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTargetAssignmentMemberValue {
    /// Field `active_tasks`, all versions.
    pub active_tasks: Vec<StreamsGroupTargetAssignmentMemberTaskIds>,
    /// Field `standby_tasks`, all versions.
    pub standby_tasks: Vec<StreamsGroupTargetAssignmentMemberTaskIds>,
    /// Field `warmup_tasks`, all versions.
    pub warmup_tasks: Vec<StreamsGroupTargetAssignmentMemberTaskIds>,
}

impl Message for StreamsGroupTargetAssignmentMemberValue {
    const NAME: &'static str = "StreamsGroupTargetAssignmentMemberValue";
    const API_KEY: Option<i16> = Some(21);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let active_tasks = reader.array(true, 3, |reader| StreamsGroupTargetAssignmentMemberTaskIds::decode(reader, version))?;
        let standby_tasks = reader.array(true, 3, |reader| StreamsGroupTargetAssignmentMemberTaskIds::decode(reader, version))?;
        let warmup_tasks = reader.array(true, 3, |reader| StreamsGroupTargetAssignmentMemberTaskIds::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { active_tasks, standby_tasks, warmup_tasks })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.active_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.standby_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.warmup_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupTargetAssignmentMemberValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupTargetAssignmentMemberTaskIds {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl StreamsGroupTargetAssignmentMemberTaskIds {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let subtopology_id = reader.string(true)?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { subtopology_id, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.subtopology_id, true)?;
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// StreamsGroupCurrentMemberAssignmentKey: record key, versions 0, never flexible.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupCurrentMemberAssignmentKey {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
}

impl Message for StreamsGroupCurrentMemberAssignmentKey {
    const NAME: &'static str = "StreamsGroupCurrentMemberAssignmentKey";
    const API_KEY: Option<i16> = Some(22);
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

/// StreamsGroupCurrentMemberAssignmentValue: record value, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupCurrentMemberAssignmentValue {
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `previous_member_epoch`, all versions.
    pub previous_member_epoch: i32,
    /// Field `state`, all versions.
    pub state: i8,
    /// Field `active_tasks`, all versions.
    pub active_tasks: Vec<StreamsGroupCurrentMemberAssignmentTaskIds>,
    /// Field `standby_tasks`, all versions.
    pub standby_tasks: Vec<StreamsGroupCurrentMemberAssignmentTaskIds>,
    /// Field `warmup_tasks`, all versions.
    pub warmup_tasks: Vec<StreamsGroupCurrentMemberAssignmentTaskIds>,
    /// Field `active_tasks_pending_revocation`, all versions.
    pub active_tasks_pending_revocation: Vec<StreamsGroupCurrentMemberAssignmentTaskIds>,
    /// Field `standby_tasks_pending_revocation`, all versions.
    pub standby_tasks_pending_revocation: Vec<StreamsGroupCurrentMemberAssignmentTaskIds>,
    /// Field `warmup_tasks_pending_revocation`, all versions.
    pub warmup_tasks_pending_revocation: Vec<StreamsGroupCurrentMemberAssignmentTaskIds>,
}

impl Message for StreamsGroupCurrentMemberAssignmentValue {
    const NAME: &'static str = "StreamsGroupCurrentMemberAssignmentValue";
    const API_KEY: Option<i16> = Some(22);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let member_epoch = reader.i32()?;
        let previous_member_epoch = reader.i32()?;
        let state = reader.i8()?;
        let active_tasks = reader.array(true, 3, |reader| StreamsGroupCurrentMemberAssignmentTaskIds::decode(reader, version))?;
        let standby_tasks = reader.array(true, 3, |reader| StreamsGroupCurrentMemberAssignmentTaskIds::decode(reader, version))?;
        let warmup_tasks = reader.array(true, 3, |reader| StreamsGroupCurrentMemberAssignmentTaskIds::decode(reader, version))?;
        let active_tasks_pending_revocation =
            reader.array(true, 3, |reader| StreamsGroupCurrentMemberAssignmentTaskIds::decode(reader, version))?;
        let standby_tasks_pending_revocation =
            reader.array(true, 3, |reader| StreamsGroupCurrentMemberAssignmentTaskIds::decode(reader, version))?;
        let warmup_tasks_pending_revocation =
            reader.array(true, 3, |reader| StreamsGroupCurrentMemberAssignmentTaskIds::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            member_epoch,
            previous_member_epoch,
            state,
            active_tasks,
            standby_tasks,
            warmup_tasks,
            active_tasks_pending_revocation,
            standby_tasks_pending_revocation,
            warmup_tasks_pending_revocation,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.member_epoch);
        writer.i32(self.previous_member_epoch);
        writer.i8(self.state);
        writer.array(&self.active_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.standby_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.warmup_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.active_tasks_pending_revocation, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.standby_tasks_pending_revocation, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.warmup_tasks_pending_revocation, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupCurrentMemberAssignmentValue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupCurrentMemberAssignmentTaskIds {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
    /// Field `assignment_epochs`, all versions, nullable, tag 0.
    pub assignment_epochs: Option<Vec<i32>>,
}

impl StreamsGroupCurrentMemberAssignmentTaskIds {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let subtopology_id = reader.string(true)?;
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
        Ok(Self { subtopology_id, partitions, assignment_epochs })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.subtopology_id, true)?;
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
