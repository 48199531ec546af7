//! Samples of the module `share_group_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::share_group_records::{
    ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue, ShareGroupMemberMetadataKey,
    ShareGroupMemberMetadataValue, ShareGroupMetadataKey, ShareGroupMetadataValue, ShareGroupStatePartitionMetadataKey,
    ShareGroupStatePartitionMetadataValue, ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue,
    ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue, TopicInfo, TopicPartition, TopicPartitions,
    TopicPartitionsInfo,
};
use crate::wire::Sample;

impl ShareGroupMemberMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl ShareGroupMemberMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            rack_id: sample.option(Sample::string),
            client_id: sample.string(),
            client_host: sample.string(),
            subscribed_topic_names: sample.array(Sample::string),
        }
    }
}

impl ShareGroupMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl ShareGroupMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { epoch: sample.i32(), metadata_hash: sample.i64() }
    }
}

impl ShareGroupTargetAssignmentMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl ShareGroupTargetAssignmentMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { assignment_epoch: sample.i32(), assignment_timestamp: sample.or_default(0, Sample::i64) }
    }
}

impl ShareGroupTargetAssignmentMemberKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl ShareGroupTargetAssignmentMemberValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_partitions: sample.array(|sample| TopicPartition::sample(sample, version)) }
    }
}

impl TopicPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl ShareGroupCurrentMemberAssignmentKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl ShareGroupCurrentMemberAssignmentValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_epoch: sample.i32(),
            previous_member_epoch: sample.i32(),
            state: sample.i8(),
            assigned_partitions: sample.array(|sample| TopicPartitions::sample(sample, version)),
        }
    }
}

impl TopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl ShareGroupStatePartitionMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl ShareGroupStatePartitionMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            initializing_topics: sample.array(|sample| TopicPartitionsInfo::sample(sample, version)),
            initialized_topics: sample.array(|sample| TopicPartitionsInfo::sample(sample, version)),
            deleting_topics: sample.array(|sample| TopicInfo::sample(sample, version)),
        }
    }
}

impl TopicPartitionsInfo {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), topic_name: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl TopicInfo {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), topic_name: sample.string() }
    }
}
