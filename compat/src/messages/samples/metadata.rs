//! Samples of the module `metadata`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use crate::wire::Sample;

impl MetadataRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: if version >= 1 {
                sample.option(|sample| sample.array(|sample| MetadataRequestTopic::sample(sample, version)))
            } else {
                Some(sample.array(|sample| MetadataRequestTopic::sample(sample, version)))
            },
            allow_auto_topic_creation: if version >= 4 { sample.bool() } else { true },
            include_cluster_authorized_operations: if (8..=10).contains(&version) { sample.bool() } else { false },
            include_topic_authorized_operations: if version >= 8 { sample.bool() } else { false },
        }
    }
}

impl MetadataRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic_id: if version >= 10 { sample.uuid() } else { Uuid::nil() },
            name: if version >= 10 { sample.option(Sample::string) } else { Some(sample.string()) },
        }
    }
}

impl MetadataResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 3 { sample.i32() } else { 0 },
            brokers: sample.array(|sample| MetadataResponseBroker::sample(sample, version)),
            cluster_id: if version >= 2 { sample.option(Sample::string) } else { None },
            controller_id: if version >= 1 { sample.i32() } else { -1 },
            topics: sample.array(|sample| MetadataResponseTopic::sample(sample, version)),
            cluster_authorized_operations: if (8..=10).contains(&version) { sample.i32() } else { i32::MIN },
            error_code: if version == 13 { sample.i16() } else { 0 },
        }
    }
}

impl MetadataResponseBroker {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            node_id: sample.i32(),
            host: sample.string(),
            port: sample.i32(),
            rack: if version >= 1 { sample.option(Sample::string) } else { None },
        }
    }
}

impl MetadataResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            name: if version >= 12 { sample.option(Sample::string) } else { Some(sample.string()) },
            topic_id: if version >= 10 { sample.uuid() } else { Uuid::nil() },
            is_internal: if version >= 1 { sample.bool() } else { false },
            partitions: sample.array(|sample| MetadataResponsePartition::sample(sample, version)),
            topic_authorized_operations: if version >= 8 { sample.i32() } else { i32::MIN },
        }
    }
}

impl MetadataResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            partition_index: sample.i32(),
            leader_id: sample.i32(),
            leader_epoch: if version >= 7 { sample.i32() } else { -1 },
            replica_nodes: sample.array(Sample::i32),
            isr_nodes: sample.array(Sample::i32),
            offline_replicas: if version >= 5 { sample.array(Sample::i32) } else { Vec::new() },
        }
    }
}
