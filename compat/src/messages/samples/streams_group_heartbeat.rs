//! Samples of the module `streams_group_heartbeat`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::streams_group_heartbeat::{
    CopartitionGroup, EndpointToPartitions, KeyValue, RequestEndpoint, RequestTaskIds, ResponseEndpoint, ResponseTaskIds, Status,
    StreamsGroupHeartbeatRequest, StreamsGroupHeartbeatResponse, Subtopology, TaskOffset, TopicInfo, TopicPartition, Topology,
};
use crate::wire::Sample;

impl StreamsGroupHeartbeatRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            member_id: sample.string(),
            member_epoch: sample.i32(),
            endpoint_information_epoch: sample.i32(),
            instance_id: sample.option(Sample::string),
            rack_id: sample.option(Sample::string),
            rebalance_timeout_ms: sample.i32(),
            topology: sample.option(|sample| Topology::sample(sample, version)),
            active_tasks: sample.option(|sample| sample.array(|sample| RequestTaskIds::sample(sample, version))),
            standby_tasks: sample.option(|sample| sample.array(|sample| RequestTaskIds::sample(sample, version))),
            warmup_tasks: sample.option(|sample| sample.array(|sample| RequestTaskIds::sample(sample, version))),
            process_id: sample.option(Sample::string),
            user_endpoint: sample.option(|sample| RequestEndpoint::sample(sample, version)),
            client_tags: sample.option(|sample| sample.array(|sample| KeyValue::sample(sample, version))),
            task_offsets: sample.option(|sample| sample.array(|sample| TaskOffset::sample(sample, version))),
            task_end_offsets: sample.option(|sample| sample.array(|sample| TaskOffset::sample(sample, version))),
            shutdown_application: sample.bool(),
        }
    }
}

impl KeyValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { key: sample.string(), value: sample.string() }
    }
}

impl TopicInfo {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            partitions: sample.i32(),
            replication_factor: sample.i16(),
            topic_configs: sample.array(|sample| KeyValue::sample(sample, version)),
        }
    }
}

impl RequestEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { host: sample.string(), port: sample.u16() }
    }
}

impl TaskOffset {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { subtopology_id: sample.string(), partition: sample.i32(), offset: sample.i64() }
    }
}

impl RequestTaskIds {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { subtopology_id: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl Topology {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { epoch: sample.i32(), subtopologies: sample.array(|sample| Subtopology::sample(sample, version)) }
    }
}

impl Subtopology {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            subtopology_id: sample.string(),
            source_topics: sample.array(Sample::string),
            source_topic_regex: sample.array(Sample::string),
            state_changelog_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
            repartition_sink_topics: sample.array(Sample::string),
            repartition_source_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
            copartition_groups: sample.array(|sample| CopartitionGroup::sample(sample, version)),
        }
    }
}

impl CopartitionGroup {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            source_topics: sample.array(Sample::i16),
            source_topic_regex: sample.array(Sample::i16),
            repartition_source_topics: sample.array(Sample::i16),
        }
    }
}

impl StreamsGroupHeartbeatResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            member_id: sample.string(),
            member_epoch: sample.i32(),
            heartbeat_interval_ms: sample.i32(),
            acceptable_recovery_lag: sample.i32(),
            task_offset_interval_ms: sample.i32(),
            status: sample.option(|sample| sample.array(|sample| Status::sample(sample, version))),
            active_tasks: sample.option(|sample| sample.array(|sample| ResponseTaskIds::sample(sample, version))),
            standby_tasks: sample.option(|sample| sample.array(|sample| ResponseTaskIds::sample(sample, version))),
            warmup_tasks: sample.option(|sample| sample.array(|sample| ResponseTaskIds::sample(sample, version))),
            endpoint_information_epoch: sample.i32(),
            partitions_by_user_endpoint: sample.option(|sample| sample.array(|sample| EndpointToPartitions::sample(sample, version))),
        }
    }
}

impl Status {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { status_code: sample.i8(), status_detail: sample.string() }
    }
}

impl TopicPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl ResponseTaskIds {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { subtopology_id: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl ResponseEndpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { host: sample.string(), port: sample.u16() }
    }
}

impl EndpointToPartitions {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            user_endpoint: ResponseEndpoint::sample(sample, version),
            active_partitions: sample.array(|sample| TopicPartition::sample(sample, version)),
            standby_partitions: sample.array(|sample| TopicPartition::sample(sample, version)),
        }
    }
}
