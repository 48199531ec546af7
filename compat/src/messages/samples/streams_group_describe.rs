//! Samples of the module `streams_group_describe`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::streams_group_describe::{
    Assignment, DescribedGroup, Endpoint, KeyValue, Member, StreamsGroupDescribeRequest, StreamsGroupDescribeResponse, Subtopology,
    TaskIds, TaskOffset, TopicInfo, Topology,
};
use crate::wire::Sample;

impl StreamsGroupDescribeRequest {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_ids: sample.array(Sample::string), include_authorized_operations: sample.bool() }
    }
}

impl StreamsGroupDescribeResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), groups: sample.array(|sample| DescribedGroup::sample(sample, version)) }
    }
}

impl Endpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { host: sample.string(), port: sample.u16() }
    }
}

impl TaskOffset {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { subtopology_id: sample.string(), partition: sample.i32(), offset: sample.i64() }
    }
}

impl Assignment {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            active_tasks: sample.array(|sample| TaskIds::sample(sample, version)),
            standby_tasks: sample.array(|sample| TaskIds::sample(sample, version)),
            warmup_tasks: sample.array(|sample| TaskIds::sample(sample, version)),
        }
    }
}

impl TaskIds {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { subtopology_id: sample.string(), partitions: sample.array(Sample::i32) }
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

impl DescribedGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            group_id: sample.string(),
            group_state: sample.string(),
            group_epoch: sample.i32(),
            assignment_epoch: sample.i32(),
            topology: sample.option(|sample| Topology::sample(sample, version)),
            members: sample.array(|sample| Member::sample(sample, version)),
            authorized_operations: sample.i32(),
        }
    }
}

impl Topology {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { epoch: sample.i32(), subtopologies: sample.option(|sample| sample.array(|sample| Subtopology::sample(sample, version))) }
    }
}

impl Subtopology {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            subtopology_id: sample.string(),
            source_topics: sample.array(Sample::string),
            repartition_sink_topics: sample.array(Sample::string),
            state_changelog_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
            repartition_source_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
        }
    }
}

impl Member {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_id: sample.string(),
            member_epoch: sample.i32(),
            instance_id: sample.option(Sample::string),
            rack_id: sample.option(Sample::string),
            client_id: sample.string(),
            client_host: sample.string(),
            topology_epoch: sample.i32(),
            process_id: sample.string(),
            user_endpoint: sample.option(|sample| Endpoint::sample(sample, version)),
            client_tags: sample.array(|sample| KeyValue::sample(sample, version)),
            task_offsets: sample.array(|sample| TaskOffset::sample(sample, version)),
            task_end_offsets: sample.array(|sample| TaskOffset::sample(sample, version)),
            assignment: Assignment::sample(sample, version),
            target_assignment: Assignment::sample(sample, version),
            is_classic: sample.bool(),
        }
    }
}
