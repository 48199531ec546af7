//! StreamsGroupHeartbeat (API key 88).

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::wire::{KString, Message, Reader, Request, WireError, Writer, check_version};

/// StreamsGroupHeartbeatRequest: request, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatRequest {
    /// Field `group_id`, all versions.
    pub group_id: KString,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `endpoint_information_epoch`, all versions.
    pub endpoint_information_epoch: i32,
    /// Field `instance_id`, all versions, nullable.
    pub instance_id: Option<KString>,
    /// Field `rack_id`, all versions, nullable.
    pub rack_id: Option<KString>,
    /// Field `rebalance_timeout_ms`, all versions.
    pub rebalance_timeout_ms: i32,
    /// Field `topology`, all versions, nullable.
    pub topology: Option<Topology>,
    /// Field `active_tasks`, all versions, nullable.
    pub active_tasks: Option<Vec<RequestTaskIds>>,
    /// Field `standby_tasks`, all versions, nullable.
    pub standby_tasks: Option<Vec<RequestTaskIds>>,
    /// Field `warmup_tasks`, all versions, nullable.
    pub warmup_tasks: Option<Vec<RequestTaskIds>>,
    /// Field `process_id`, all versions, nullable.
    pub process_id: Option<KString>,
    /// Field `user_endpoint`, all versions, nullable.
    pub user_endpoint: Option<RequestEndpoint>,
    /// Field `client_tags`, all versions, nullable.
    pub client_tags: Option<Vec<KeyValue>>,
    /// Field `task_offsets`, all versions, nullable.
    pub task_offsets: Option<Vec<TaskOffset>>,
    /// Field `task_end_offsets`, all versions, nullable.
    pub task_end_offsets: Option<Vec<TaskOffset>>,
    /// Field `shutdown_application`, all versions.
    pub shutdown_application: bool,
}

impl Default for StreamsGroupHeartbeatRequest {
    fn default() -> Self {
        Self {
            group_id: KString::new(),
            member_id: KString::new(),
            member_epoch: 0,
            endpoint_information_epoch: 0,
            instance_id: None,
            rack_id: None,
            rebalance_timeout_ms: -1,
            topology: None,
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            process_id: None,
            user_endpoint: None,
            client_tags: None,
            task_offsets: None,
            task_end_offsets: None,
            shutdown_application: false,
        }
    }
}

impl Message for StreamsGroupHeartbeatRequest {
    const NAME: &'static str = "StreamsGroupHeartbeatRequest";
    const API_KEY: Option<i16> = Some(<Self as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let group_id = reader.string(true)?;
        let member_id = reader.string(true)?;
        let member_epoch = reader.i32()?;
        let endpoint_information_epoch = reader.i32()?;
        let instance_id = reader.nullable_string(true)?;
        let rack_id = reader.nullable_string(true)?;
        let rebalance_timeout_ms = reader.i32()?;
        let topology = reader.nullable_struct(|reader| Topology::decode(reader, version))?;
        let active_tasks = reader.nullable_array(true, 3, |reader| RequestTaskIds::decode(reader, version))?;
        let standby_tasks = reader.nullable_array(true, 3, |reader| RequestTaskIds::decode(reader, version))?;
        let warmup_tasks = reader.nullable_array(true, 3, |reader| RequestTaskIds::decode(reader, version))?;
        let process_id = reader.nullable_string(true)?;
        let user_endpoint = reader.nullable_struct(|reader| RequestEndpoint::decode(reader, version))?;
        let client_tags = reader.nullable_array(true, 3, |reader| KeyValue::decode(reader, version))?;
        let task_offsets = reader.nullable_array(true, 14, |reader| TaskOffset::decode(reader, version))?;
        let task_end_offsets = reader.nullable_array(true, 14, |reader| TaskOffset::decode(reader, version))?;
        let shutdown_application = reader.bool()?;
        reader.skip_tags(true)?;
        Ok(Self {
            group_id,
            member_id,
            member_epoch,
            endpoint_information_epoch,
            instance_id,
            rack_id,
            rebalance_timeout_ms,
            topology,
            active_tasks,
            standby_tasks,
            warmup_tasks,
            process_id,
            user_endpoint,
            client_tags,
            task_offsets,
            task_end_offsets,
            shutdown_application,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.string(&self.group_id, true)?;
        writer.string(&self.member_id, true)?;
        writer.i32(self.member_epoch);
        writer.i32(self.endpoint_information_epoch);
        writer.nullable_string(self.instance_id.as_ref(), true)?;
        writer.nullable_string(self.rack_id.as_ref(), true)?;
        writer.i32(self.rebalance_timeout_ms);
        writer.nullable_struct(self.topology.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.nullable_array(self.active_tasks.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.standby_tasks.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.warmup_tasks.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_string(self.process_id.as_ref(), true)?;
        writer.nullable_struct(self.user_endpoint.as_ref(), |writer, value| value.encode(writer, version))?;
        writer.nullable_array(self.client_tags.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.task_offsets.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.task_end_offsets.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.bool(self.shutdown_application);
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupHeartbeatRequest.
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

/// Part of StreamsGroupHeartbeatRequest.
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

/// Part of StreamsGroupHeartbeatRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestEndpoint {
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl RequestEndpoint {
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

/// Part of StreamsGroupHeartbeatRequest.
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

/// Part of StreamsGroupHeartbeatRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestTaskIds {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl RequestTaskIds {
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

/// Part of StreamsGroupHeartbeatRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Topology {
    /// Field `epoch`, all versions.
    pub epoch: i32,
    /// Field `subtopologies`, all versions.
    pub subtopologies: Vec<Subtopology>,
}

impl Topology {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let epoch = reader.i32()?;
        let subtopologies = reader.array(true, 8, |reader| Subtopology::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { epoch, subtopologies })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.i32(self.epoch);
        writer.array(&self.subtopologies, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupHeartbeatRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subtopology {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `source_topics`, all versions.
    pub source_topics: Vec<KString>,
    /// Field `source_topic_regex`, all versions.
    pub source_topic_regex: Vec<KString>,
    /// Field `state_changelog_topics`, all versions.
    pub state_changelog_topics: Vec<TopicInfo>,
    /// Field `repartition_sink_topics`, all versions.
    pub repartition_sink_topics: Vec<KString>,
    /// Field `repartition_source_topics`, all versions.
    pub repartition_source_topics: Vec<TopicInfo>,
    /// Field `copartition_groups`, all versions.
    pub copartition_groups: Vec<CopartitionGroup>,
}

impl Subtopology {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let subtopology_id = reader.string(true)?;
        let source_topics = reader.array(true, 1, |reader| reader.string(true))?;
        let source_topic_regex = reader.array(true, 1, |reader| reader.string(true))?;
        let state_changelog_topics = reader.array(true, 9, |reader| TopicInfo::decode(reader, version))?;
        let repartition_sink_topics = reader.array(true, 1, |reader| reader.string(true))?;
        let repartition_source_topics = reader.array(true, 9, |reader| TopicInfo::decode(reader, version))?;
        let copartition_groups = reader.array(true, 4, |reader| CopartitionGroup::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            subtopology_id,
            source_topics,
            source_topic_regex,
            state_changelog_topics,
            repartition_sink_topics,
            repartition_source_topics,
            copartition_groups,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        writer.string(&self.subtopology_id, true)?;
        writer.array(&self.source_topics, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.source_topic_regex, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.state_changelog_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.repartition_sink_topics, true, |writer, item| writer.string(item, true))?;
        writer.array(&self.repartition_source_topics, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.copartition_groups, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupHeartbeatRequest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CopartitionGroup {
    /// Field `source_topics`, all versions.
    pub source_topics: Vec<i16>,
    /// Field `source_topic_regex`, all versions.
    pub source_topic_regex: Vec<i16>,
    /// Field `repartition_source_topics`, all versions.
    pub repartition_source_topics: Vec<i16>,
}

impl CopartitionGroup {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let source_topics = reader.array(true, 2, Reader::i16)?;
        let source_topic_regex = reader.array(true, 2, Reader::i16)?;
        let repartition_source_topics = reader.array(true, 2, Reader::i16)?;
        reader.skip_tags(true)?;
        Ok(Self { source_topics, source_topic_regex, repartition_source_topics })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.array(&self.source_topics, true, |writer, item| {
            writer.i16(*item);
            Ok(())
        })?;
        writer.array(&self.source_topic_regex, true, |writer, item| {
            writer.i16(*item);
            Ok(())
        })?;
        writer.array(&self.repartition_source_topics, true, |writer, item| {
            writer.i16(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

impl Request for StreamsGroupHeartbeatRequest {
    type Response = StreamsGroupHeartbeatResponse;
    const KEY: i16 = 88;
}

/// StreamsGroupHeartbeatResponse: response, versions 0, flexible from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamsGroupHeartbeatResponse {
    /// Field `throttle_time_ms`, all versions.
    pub throttle_time_ms: i32,
    /// Field `error_code`, all versions.
    pub error_code: i16,
    /// Field `error_message`, all versions, nullable.
    pub error_message: Option<KString>,
    /// Field `member_id`, all versions.
    pub member_id: KString,
    /// Field `member_epoch`, all versions.
    pub member_epoch: i32,
    /// Field `heartbeat_interval_ms`, all versions.
    pub heartbeat_interval_ms: i32,
    /// Field `acceptable_recovery_lag`, all versions.
    pub acceptable_recovery_lag: i32,
    /// Field `task_offset_interval_ms`, all versions.
    pub task_offset_interval_ms: i32,
    /// Field `status`, all versions, nullable.
    pub status: Option<Vec<Status>>,
    /// Field `active_tasks`, all versions, nullable.
    pub active_tasks: Option<Vec<ResponseTaskIds>>,
    /// Field `standby_tasks`, all versions, nullable.
    pub standby_tasks: Option<Vec<ResponseTaskIds>>,
    /// Field `warmup_tasks`, all versions, nullable.
    pub warmup_tasks: Option<Vec<ResponseTaskIds>>,
    /// Field `endpoint_information_epoch`, all versions.
    pub endpoint_information_epoch: i32,
    /// Field `partitions_by_user_endpoint`, all versions, nullable.
    pub partitions_by_user_endpoint: Option<Vec<EndpointToPartitions>>,
}

impl Default for StreamsGroupHeartbeatResponse {
    fn default() -> Self {
        Self {
            throttle_time_ms: 0,
            error_code: 0,
            error_message: None,
            member_id: KString::new(),
            member_epoch: 0,
            heartbeat_interval_ms: 0,
            acceptable_recovery_lag: 0,
            task_offset_interval_ms: 0,
            status: Some(Vec::new()),
            active_tasks: None,
            standby_tasks: None,
            warmup_tasks: None,
            endpoint_information_epoch: 0,
            partitions_by_user_endpoint: None,
        }
    }
}

impl Message for StreamsGroupHeartbeatResponse {
    const NAME: &'static str = "StreamsGroupHeartbeatResponse";
    const API_KEY: Option<i16> = Some(<StreamsGroupHeartbeatRequest as Request>::KEY);
    const MIN_VERSION: i16 = 0;
    const MAX_VERSION: i16 = 0;
    const LATEST_VERSION: i16 = 0;
    const FIRST_FLEXIBLE: Option<i16> = Some(0);

    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        check_version::<Self>(version)?;
        let throttle_time_ms = reader.i32()?;
        let error_code = reader.i16()?;
        let error_message = reader.nullable_string(true)?;
        let member_id = reader.string(true)?;
        let member_epoch = reader.i32()?;
        let heartbeat_interval_ms = reader.i32()?;
        let acceptable_recovery_lag = reader.i32()?;
        let task_offset_interval_ms = reader.i32()?;
        let status = reader.nullable_array(true, 3, |reader| Status::decode(reader, version))?;
        let active_tasks = reader.nullable_array(true, 3, |reader| ResponseTaskIds::decode(reader, version))?;
        let standby_tasks = reader.nullable_array(true, 3, |reader| ResponseTaskIds::decode(reader, version))?;
        let warmup_tasks = reader.nullable_array(true, 3, |reader| ResponseTaskIds::decode(reader, version))?;
        let endpoint_information_epoch = reader.i32()?;
        let partitions_by_user_endpoint = reader.nullable_array(true, 7, |reader| EndpointToPartitions::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self {
            throttle_time_ms,
            error_code,
            error_message,
            member_id,
            member_epoch,
            heartbeat_interval_ms,
            acceptable_recovery_lag,
            task_offset_interval_ms,
            status,
            active_tasks,
            standby_tasks,
            warmup_tasks,
            endpoint_information_epoch,
            partitions_by_user_endpoint,
        })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        check_version::<Self>(version)?;
        writer.i32(self.throttle_time_ms);
        writer.i16(self.error_code);
        writer.nullable_string(self.error_message.as_ref(), true)?;
        writer.string(&self.member_id, true)?;
        writer.i32(self.member_epoch);
        writer.i32(self.heartbeat_interval_ms);
        writer.i32(self.acceptable_recovery_lag);
        writer.i32(self.task_offset_interval_ms);
        writer.nullable_array(self.status.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.active_tasks.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.standby_tasks.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.nullable_array(self.warmup_tasks.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.i32(self.endpoint_information_epoch);
        writer.nullable_array(self.partitions_by_user_endpoint.as_deref(), true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Field `status_code`, all versions.
    pub status_code: i8,
    /// Field `status_detail`, all versions.
    pub status_detail: KString,
}

impl Status {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let status_code = reader.i8()?;
        let status_detail = reader.string(true)?;
        reader.skip_tags(true)?;
        Ok(Self { status_code, status_detail })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.i8(self.status_code);
        writer.string(&self.status_detail, true)?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TopicPartition {
    /// Field `topic`, all versions.
    pub topic: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl TopicPartition {
    fn decode(reader: &mut Reader, _version: i16) -> Result<Self, WireError> {
        let topic = reader.string(true)?;
        let partitions = reader.array(true, 4, Reader::i32)?;
        reader.skip_tags(true)?;
        Ok(Self { topic, partitions })
    }

    fn encode(&self, writer: &mut Writer, _version: i16) -> Result<(), WireError> {
        writer.string(&self.topic, true)?;
        writer.array(&self.partitions, true, |writer, item| {
            writer.i32(*item);
            Ok(())
        })?;
        writer.no_tags(true);
        Ok(())
    }
}

/// Part of StreamsGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseTaskIds {
    /// Field `subtopology_id`, all versions.
    pub subtopology_id: KString,
    /// Field `partitions`, all versions.
    pub partitions: Vec<i32>,
}

impl ResponseTaskIds {
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

/// Part of StreamsGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResponseEndpoint {
    /// Field `host`, all versions.
    pub host: KString,
    /// Field `port`, all versions.
    pub port: u16,
}

impl ResponseEndpoint {
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

/// Part of StreamsGroupHeartbeatResponse.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EndpointToPartitions {
    /// Field `user_endpoint`, all versions.
    pub user_endpoint: ResponseEndpoint,
    /// Field `active_partitions`, all versions.
    pub active_partitions: Vec<TopicPartition>,
    /// Field `standby_partitions`, all versions.
    pub standby_partitions: Vec<TopicPartition>,
}

impl EndpointToPartitions {
    fn decode(reader: &mut Reader, version: i16) -> Result<Self, WireError> {
        let user_endpoint = ResponseEndpoint::decode(reader, version)?;
        let active_partitions = reader.array(true, 3, |reader| TopicPartition::decode(reader, version))?;
        let standby_partitions = reader.array(true, 3, |reader| TopicPartition::decode(reader, version))?;
        reader.skip_tags(true)?;
        Ok(Self { user_endpoint, active_partitions, standby_partitions })
    }

    fn encode(&self, writer: &mut Writer, version: i16) -> Result<(), WireError> {
        self.user_endpoint.encode(writer, version)?;
        writer.array(&self.active_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.array(&self.standby_partitions, true, |writer, item| item.encode(writer, version))?;
        writer.no_tags(true);
        Ok(())
    }
}
