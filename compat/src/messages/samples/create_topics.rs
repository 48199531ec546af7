//! Samples of the module `create_topics`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfig, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest,
    CreateTopicsResponse,
};
use crate::wire::Sample;

impl CreateTopicsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: sample.array(|sample| CreatableTopic::sample(sample, version)),
            timeout_ms: sample.i32(),
            validate_only: sample.bool(),
        }
    }
}

impl CreatableTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            num_partitions: sample.i32(),
            replication_factor: sample.i16(),
            assignments: sample.array(|sample| CreatableReplicaAssignment::sample(sample, version)),
            configs: sample.array(|sample| CreatableTopicConfig::sample(sample, version)),
        }
    }
}

impl CreatableReplicaAssignment {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), broker_ids: sample.array(Sample::i32) }
    }
}

impl CreatableTopicConfig {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), value: sample.option(Sample::string) }
    }
}

impl CreateTopicsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), topics: sample.array(|sample| CreatableTopicResult::sample(sample, version)) }
    }
}

impl CreatableTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            topic_id: if version == 7 { sample.uuid() } else { Uuid::nil() },
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            topic_config_error_code: if version >= 5 { sample.or_default(0, Sample::i16) } else { 0 },
            num_partitions: if version >= 5 { sample.i32() } else { -1 },
            replication_factor: if version >= 5 { sample.i16() } else { -1 },
            configs: if version >= 5 {
                sample.option(|sample| sample.array(|sample| CreatableTopicConfigs::sample(sample, version)))
            } else {
                Some(Vec::new())
            },
        }
    }
}

impl CreatableTopicConfigs {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            name: sample.string(),
            value: sample.option(Sample::string),
            read_only: sample.bool(),
            config_source: sample.i8(),
            is_sensitive: sample.bool(),
        }
    }
}
