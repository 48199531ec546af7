//! Samples of the module `consumer_group_records`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::consumer_group_records::{
    ClassicMemberMetadata, ClassicProtocol, ConsumerGroupCurrentMemberAssignmentKey, ConsumerGroupCurrentMemberAssignmentValue,
    ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue, ConsumerGroupMetadataKey, ConsumerGroupMetadataValue,
    ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue, ConsumerGroupRegularExpressionKey,
    ConsumerGroupRegularExpressionValue, ConsumerGroupTargetAssignmentMemberKey, ConsumerGroupTargetAssignmentMemberValue,
    ConsumerGroupTargetAssignmentMetadataKey, ConsumerGroupTargetAssignmentMetadataValue, PartitionMetadata, TopicMetadata, TopicPartition,
    TopicPartitions,
};
use crate::wire::Sample;

impl ConsumerGroupMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl ConsumerGroupMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { epoch: sample.i32(), metadata_hash: sample.or_default(0, Sample::i64) }
    }
}

impl ConsumerGroupPartitionMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl ConsumerGroupPartitionMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topics: sample.array(|sample| TopicMetadata::sample(sample, version)) }
    }
}

impl TopicMetadata {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic_id: sample.uuid(),
            topic_name: sample.string(),
            num_partitions: sample.i32(),
            partition_metadata: sample.array(|sample| PartitionMetadata::sample(sample, version)),
        }
    }
}

impl PartitionMetadata {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition: sample.i32(), racks: sample.array(Sample::string) }
    }
}

impl ConsumerGroupMemberMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl ConsumerGroupMemberMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            instance_id: sample.option(Sample::string),
            rack_id: sample.option(Sample::string),
            client_id: sample.string(),
            client_host: sample.string(),
            subscribed_topic_names: sample.array(Sample::string),
            subscribed_topic_regex: sample.option(Sample::string),
            rebalance_timeout_ms: sample.i32(),
            server_assignor: sample.option(Sample::string),
            classic_member_metadata: sample
                .or_default(None, |sample| sample.option(|sample| ClassicMemberMetadata::sample(sample, version))),
        }
    }
}

impl ClassicMemberMetadata {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { session_timeout_ms: sample.i32(), supported_protocols: sample.array(|sample| ClassicProtocol::sample(sample, version)) }
    }
}

impl ClassicProtocol {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), metadata: sample.bytes() }
    }
}

impl ConsumerGroupTargetAssignmentMetadataKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string() }
    }
}

impl ConsumerGroupTargetAssignmentMetadataValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { assignment_epoch: sample.i32(), assignment_timestamp: sample.or_default(0, Sample::i64) }
    }
}

impl ConsumerGroupTargetAssignmentMemberKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl ConsumerGroupTargetAssignmentMemberValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topic_partitions: sample.array(|sample| TopicPartition::sample(sample, version)) }
    }
}

impl TopicPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_id: sample.uuid(), partitions: sample.array(Sample::i32) }
    }
}

impl ConsumerGroupCurrentMemberAssignmentKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), member_id: sample.string() }
    }
}

impl ConsumerGroupCurrentMemberAssignmentValue {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            member_epoch: sample.i32(),
            previous_member_epoch: sample.i32(),
            state: sample.i8(),
            assigned_partitions: sample.array(|sample| TopicPartitions::sample(sample, version)),
            partitions_pending_revocation: sample.array(|sample| TopicPartitions::sample(sample, version)),
        }
    }
}

impl TopicPartitions {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            topic_id: sample.uuid(),
            partitions: sample.array(Sample::i32),
            assignment_epochs: sample.or_default(None, |sample| sample.option(|sample| sample.array(Sample::i32))),
        }
    }
}

impl ConsumerGroupRegularExpressionKey {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { group_id: sample.string(), regular_expression: sample.string() }
    }
}

impl ConsumerGroupRegularExpressionValue {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topics: sample.array(Sample::string), version: sample.i64(), timestamp: sample.i64() }
    }
}
