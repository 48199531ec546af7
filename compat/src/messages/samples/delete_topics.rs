//! Samples of the module `delete_topics`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use uuid::Uuid;

use crate::messages::delete_topics::{DeletableTopicResult, DeleteTopicState, DeleteTopicsRequest, DeleteTopicsResponse};
use crate::wire::Sample;

impl DeleteTopicsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: if version == 6 { sample.array(|sample| DeleteTopicState::sample(sample, version)) } else { Vec::new() },
            topic_names: if version <= 5 { sample.array(Sample::string) } else { Vec::new() },
            timeout_ms: sample.i32(),
        }
    }
}

impl DeleteTopicState {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.option(Sample::string), topic_id: sample.uuid() }
    }
}

impl DeleteTopicsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), responses: sample.array(|sample| DeletableTopicResult::sample(sample, version)) }
    }
}

impl DeletableTopicResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            name: if version == 6 { sample.option(Sample::string) } else { Some(sample.string()) },
            topic_id: if version == 6 { sample.uuid() } else { Uuid::nil() },
            error_code: sample.i16(),
            error_message: if version >= 5 { sample.option(Sample::string) } else { None },
        }
    }
}
