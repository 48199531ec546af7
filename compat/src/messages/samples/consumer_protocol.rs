//! Samples of the module `consumer_protocol`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::consumer_protocol::{
    ConsumerProtocolAssignment, ConsumerProtocolAssignmentTopicPartition, ConsumerProtocolSubscription,
    ConsumerProtocolSubscriptionTopicPartition,
};
use crate::wire::Sample;

impl ConsumerProtocolSubscription {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: sample.array(Sample::string),
            user_data: sample.option(Sample::bytes),
            owned_partitions: if version >= 1 {
                sample.array(|sample| ConsumerProtocolSubscriptionTopicPartition::sample(sample, version))
            } else {
                Vec::new()
            },
            generation_id: if version >= 2 { sample.i32() } else { -1 },
            rack_id: if version == 3 { sample.option(Sample::string) } else { None },
        }
    }
}

impl ConsumerProtocolSubscriptionTopicPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl ConsumerProtocolAssignment {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            assigned_partitions: sample.array(|sample| ConsumerProtocolAssignmentTopicPartition::sample(sample, version)),
            user_data: sample.option(Sample::bytes),
        }
    }
}

impl ConsumerProtocolAssignmentTopicPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(Sample::i32) }
    }
}
