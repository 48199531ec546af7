//! StreamsGroupDescribe (API key 89).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// StreamsGroupDescribeRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeRequest {
    /// Field `group_ids`, all versions.
    pub group_ids: Vec<KString>,
    /// Field `include_authorized_operations`, all versions.
    pub include_authorized_operations: bool,
}

impl Message for StreamsGroupDescribeRequest {
    const NAME: &'static str = "StreamsGroupDescribeRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_ids = reader.array(true, 1, |reader| reader.string(true))?;
        let include_authorized_operations = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self { group_ids, include_authorized_operations })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.array(&self.group_ids, true, |writer, item| writer.string(item, true))?;
        writer.bool(self.include_authorized_operations);
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for StreamsGroupDescribeRequest {
    type Response = StreamsGroupDescribeResponse;
    const KEY: i16 = 89;
}

/// StreamsGroupDescribeResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StreamsGroupDescribeResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `groups`, all versions.
    pub groups: Vec<DescribedGroup>,
}

impl Message for StreamsGroupDescribeResponse {
    const NAME: &'static str = "StreamsGroupDescribeResponse";
    const API_KEY: Option<i16> = Some(<StreamsGroupDescribeRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let groups = reader.array(true, 20, |reader| DescribedGroup::decode(reader, version))?;
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

/// Part of StreamsGroupDescribeResponse.
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

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskOffset {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `partition`, all versions.
    pub partition: i32,
    /// Field `offset`, all versions.
    pub offset: i64,
}

impl TaskOffset {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let subtopology_id = reader.string(true)?;
        let partition = reader.i32()?;
        let offset = reader.i64()?;
        reader.skip_tags(true)?;
        Ok(Self { subtopology_id, partition, offset })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.subtopology_id, true)?;
        writer.i32(self.partition);
        writer.i64(self.offset);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// Field `active_tasks`, all versions.
    pub active_tasks: Vec<TaskIds>,
    /// Field `standby_tasks`, all versions.
    pub standby_tasks: Vec<TaskIds>,
    /// Field `warmup_tasks`, all versions.
    pub warmup_tasks: Vec<TaskIds>,
}

impl Assignment {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let active_tasks = reader.array(true, 3, |reader| TaskIds::decode(reader, version))?;
        let standby_tasks = reader.array(true, 3, |reader| TaskIds::decode(reader, version))?;
        let warmup_tasks = reader.array(true, 3, |reader| TaskIds::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { active_tasks, standby_tasks, warmup_tasks })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.array(&self.active_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.standby_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.warmup_tasks, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskIds {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TaskIds {
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

/// Part of StreamsGroupDescribeResponse.
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

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicInfo {
    /// Field `name`, all versions.
    pub name: KString,
    /// Field `partitions`, all versions.
    pub partitions: i32,
    /// Field `replication_factor`, all versions.
    pub replication_factor: i16,
    /// Field `topic_configs`, all versions.
    pub topic_configs: Vec<KeyValue>,
}

impl TopicInfo {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let name = reader.string(true)?;
        let partitions = reader.i32()?;
        let replication_factor = reader.i16()?;
        let topic_configs = reader.array(true, 3, |reader| KeyValue::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { name, partitions, replication_factor, topic_configs })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.name, true)?;
        writer.i32(self.partitions);
        writer.i16(self.replication_factor);
        writer.array(&self.topic_configs, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, PartialEq)]
pub struct DescribedGroup {
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `group_state`, all versions.
    pub group_state: KString,
    /// Field `group_epoch`, all versions.
    pub group_epoch: i32,
    /// Field `assignment_epoch`, all versions.
    pub assignment_epoch: i32,
    /// Field `topology`, all versions, nullable.
    pub topology: Option<Topology>,
    /// Field `members`, all versions.
    pub members: Vec<Member>,
    /// Field `authorized_operations`, all versions.
    pub authorized_operations: i32,
}

impl Default for DescribedGroup {
    fn default() -> Self {
        Self {
            error_code: 0,
            error_message: None,
            group_id: KString::new(),
            group_state: KString::new(),
            group_epoch: 0,
            assignment_epoch: 0,
            topology: None,
            members: Vec::new(),
            authorized_operations: i32::MIN,
        }
    }
}

impl DescribedGroup {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let group_id = reader.string(true)?;
        let group_state = reader.string(true)?;
        let group_epoch = reader.i32()?;
        let assignment_epoch = reader.i32()?;
        let topology = reader.nullable_struct(|reader| Topology::decode(reader, version))?;
        let members = reader.array(true, 28, |reader| Member::decode(reader, version))?;
        let authorized_operations = reader.i32()?;
        reader.skip_tags(true)?;
        Ok(Self {
            error_code,
            error_message,
            group_id,
            group_state,
            group_epoch,
            assignment_epoch,
            topology,
            members,
            authorized_operations,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.string(&self.group_id, true)?;
        writer.string(&self.group_state, true)?;
        writer.i32(self.group_epoch);
        writer.i32(self.assignment_epoch);
        writer.nullable_struct(self.topology.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.array(&self.members, true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.authorized_operations);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `subtopologies`, all versions, nullable.
    pub subtopologies: Option<Vec<Subtopology>>,
}

impl Topology {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let epoch = reader.i32()?;
        let subtopologies = reader.nullable_array(true, 6, |reader| Subtopology::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { epoch, subtopologies })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.epoch);
        writer.nullable_array(self.subtopologies.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subtopology {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `source_topics`, all versions.
    pub source_topics: Vec<KString>,
    /// Field `repartition_sink_topics`, all versions.
    pub repartition_sink_topics: Vec<KString>,
    /// Field `state_changelog_topics`, all versions.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Field `repartition_source_topics`, all versions.
    pub repartition_source_topics: Vec<TopicInfo>,
}

impl Subtopology {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let subtopology_id = reader.string(true)?;
        let source_topics = reader.array(true, 1, |reader| reader.string(true))?;
        let repartition_sink_topics = reader.array(true, 1, |reader| reader.string(true))?;
        let state_changelog_topics = reader.array(true, 9, |reader| TopicInfo::decode(reader, version))?;
        let repartition_source_topics = reader.array(true, 9, |reader| TopicInfo::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { subtopology_id, source_topics, repartition_sink_topics, state_changelog_topics, repartition_source_topics })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.subtopology_id, true)?;
        writer.array(&self.source_topics, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.repartition_sink_topics, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.state_changelog_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.repartition_source_topics, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupDescribeResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Member {
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `instance_id`, all versions, nullable.
    pub instance_id: Option<KString>,
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `client_id`, all versions.
    pub client_id: KString,
    /// Field `client_host`, all versions.
    pub client_host: KString,
    /// Field `topology_epoch`, all versions.
    pub topology_epoch: i32,
    /// Field `process_id`, all versions.
    pub process_id: KString,
    /// Field `user_endpoint`, all versions, nullable.
    pub user_endpoint: Option<Endpoint>,
    /// Field `client_tags`, all versions.
    pub client_tags: Vec<KeyValue>,
    /// Field `task_offsets`, all versions.
    pub task_offsets: Vec<TaskOffset>,
    /// Field `task_end_offsets`, all versions.
    pub task_end_offsets: Vec<TaskOffset>,
    /// Field `assignment`, all versions.
    pub assignment: Assignment,
    /// Field `target_assignment`, all versions.
    pub target_assignment: Assignment,
    /// Field `is_classic`, all versions.
    pub is_classic: bool,
}

impl Member {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let member_id = reader.string(true)?;
        let member_epoch = reader.i32()?;
        let instance_id = reader.nullable_string(true)?;
        let rack_id = reader.nullable_string(true)?;
        let client_id = reader.string(true)?;
        let client_host = reader.string(true)?;
        let topology_epoch = reader.i32()?;
        let process_id = reader.string(true)?;
        let user_endpoint = reader.nullable_struct(|reader| Endpoint::decode(reader, version))?;
        let client_tags = reader.array(true, 3, |reader| KeyValue::decode(reader, version))?;
        let task_offsets = reader.array(true, 14, |reader| TaskOffset::decode(reader, version))?;
        let task_end_offsets = reader.array(true, 14, |reader| TaskOffset::decode(reader, version))?;
        let assignment = Assignment::decode(reader, version)?;
        let target_assignment = Assignment::decode(reader, version)?;
        let is_classic = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self {
            member_id,
            member_epoch,
            instance_id,
            rack_id,
            client_id,
            client_host,
            topology_epoch,
            process_id,
            user_endpoint,
            client_tags,
            task_offsets,
            task_end_offsets,
            assignment,
            target_assignment,
            is_classic,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.member_id, true)?;
        writer.i32(self.member_epoch);
        writer.nullable_string(self.instance_id.as_ref(), true)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.string(&self.client_id, true)?;
        writer.string(&self.client_host, true)?;
        writer.i32(self.topology_epoch);
        writer.string(&self.process_id, true)?;
        writer.nullable_struct(self.user_endpoint.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.array(&self.client_tags, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.task_offsets, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.task_end_offsets, true, |writer, item| item.encode(writer, version))?;
        self.assignment.encode(writer, version)?;
        self.target_assignment.encode(writer, version)?;
        writer.bool(self.is_classic);
        writer.no_tags(true);
        Ok(())
    }
}
