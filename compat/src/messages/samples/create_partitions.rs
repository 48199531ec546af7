//! Samples of the module `create_partitions`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::create_partitions::{
    CreatePartitionsAssignment, CreatePartitionsRequest, CreatePartitionsResponse, CreatePartitionsTopic, CreatePartitionsTopicResult,
};
use crate::wire::Sample;

impl CreatePartitionsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: sample.array(|sample| CreatePartitionsTopic::sample(sample, version)),
            timeout_ms: sample.i32(),
            validate_only: sample.bool(),
        }
    }
}

impl CreatePartitionsTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: sample.string(),
            count: sample.i32(),
            assignments: sample.option(|sample| sample.array(|sample| CreatePartitionsAssignment::sample(sample, version))),
        }
    }
}

impl CreatePartitionsAssignment {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { broker_ids: sample.array(Sample::i32) }
    }
}

impl CreatePartitionsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), results: sample.array(|sample| CreatePartitionsTopicResult::sample(sample, version)) }
    }
}

impl CreatePartitionsTopicResult {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), error_code: sample.i16(), error_message: sample.option(Sample::string) }
    }
}
