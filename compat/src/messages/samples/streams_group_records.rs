//! Samples of the module `streams_group_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::streams_group_records::{
    Endpoint, KeyValue, LastAssignmentConfig, StreamsGroupCurrentMemberAssignmentKey, StreamsGroupCurrentMemberAssignmentTaskIds,
    StreamsGroupCurrentMemberAssignmentValue, StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue, StreamsGroupMetadataKey,
    StreamsGroupMetadataValue, StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberTaskIds,
    StreamsGroupTargetAssignmentMemberValue, StreamsGroupTargetAssignmentMetadataKey, StreamsGroupTargetAssignmentMetadataValue,
};
use crate::wire::Sample;

impl StreamsGroupMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl StreamsGroupMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            epoch: sample.i32(),
            metadata_hash: sample.i64(),
            validated_topology_epoch: sample.or_default(-1, Sample::i32),
            last_assignment_configs: sample
                .or_default(None, |sample| sample.option(|sample| sample.array(|sample| LastAssignmentConfig::sample(sample, version)))),
        }
    }
}

impl LastAssignmentConfig {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { key: sample.string(), value: sample.string() }
    }
}

impl StreamsGroupMemberMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl StreamsGroupMemberMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            instance_id: sample.option(Sample::string),
            rack_id: sample.option(Sample::string),
            client_id: sample.string(),
            client_host: sample.string(),
            rebalance_timeout_ms: sample.i32(),
            topology_epoch: sample.i32(),
            process_id: sample.string(),
            user_endpoint: sample.option(|sample| Endpoint::sample(sample, version)),
            client_tags: sample.array(|sample| KeyValue::sample(sample, version)),
        }
    }
}

impl Endpoint {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { host: sample.string(), port: sample.u16() }
    }
}

impl KeyValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { key: sample.string(), value: sample.string() }
    }
}

impl StreamsGroupTargetAssignmentMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl StreamsGroupTargetAssignmentMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { assignment_epoch: sample.i32(), assignment_timestamp: sample.or_default(0, Sample::i64) }
    }
}

impl StreamsGroupTargetAssignmentMemberKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl StreamsGroupTargetAssignmentMemberValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            active_tasks: sample.array(|sample| StreamsGroupTargetAssignmentMemberTaskIds::sample(sample, version)),
            standby_tasks: sample.array(|sample| StreamsGroupTargetAssignmentMemberTaskIds::sample(sample, version)),
            warmup_tasks: sample.array(|sample| StreamsGroupTargetAssignmentMemberTaskIds::sample(sample, version)),
        }
    }
}

impl StreamsGroupTargetAssignmentMemberTaskIds {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { subtopology_id: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl StreamsGroupCurrentMemberAssignmentKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl StreamsGroupCurrentMemberAssignmentValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_epoch: sample.i32(),
            previous_member_epoch: sample.i32(),
            state: sample.i8(),
            active_tasks: sample.array(|sample| StreamsGroupCurrentMemberAssignmentTaskIds::sample(sample, version)),
            standby_tasks: sample.array(|sample| StreamsGroupCurrentMemberAssignmentTaskIds::sample(sample, version)),
            warmup_tasks: sample.array(|sample| StreamsGroupCurrentMemberAssignmentTaskIds::sample(sample, version)),
            active_tasks_pending_revocation: sample.array(|sample| StreamsGroupCurrentMemberAssignmentTaskIds::sample(sample, version)),
            standby_tasks_pending_revocation: sample.array(|sample| StreamsGroupCurrentMemberAssignmentTaskIds::sample(sample, version)),
            warmup_tasks_pending_revocation: sample.array(|sample| StreamsGroupCurrentMemberAssignmentTaskIds::sample(sample, version)),
        }
    }
}

impl StreamsGroupCurrentMemberAssignmentTaskIds {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            subtopology_id: sample.string(),
            partitions: sample.array(Sample::i32),
            assignment_epochs: sample.or_default(None, |sample| sample.option(|sample| sample.array(Sample::i32))),
        }
    }
}
