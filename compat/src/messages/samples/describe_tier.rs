//! Samples of the module `describe_tier`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_tier::{
    DescribeTierRequest, DescribeTierResponse, DescribeTierTopic, DescribedTierObject, DescribedTierPartition, DescribedTierTopic,
};
use crate::wire::Sample;

impl DescribeTierRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topics: sample.option(|sample| sample.array(|sample| DescribeTierTopic::sample(sample, version))),
            include_objects: sample.bool(),
            first_offset: sample.i64(),
            objects_max: sample.i32(),
        }
    }
}

impl DescribeTierTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.option(|sample| sample.array(Sample::i32)) }
    }
}

impl DescribeTierResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            tier_url: sample.option(Sample::string),
            topics: sample.array(|sample| DescribedTierTopic::sample(sample, version)),
        }
    }
}

impl DescribedTierTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            name: sample.string(),
            topic_id: sample.uuid(),
            is_tiered: sample.bool(),
            partitions: sample.array(|sample| DescribedTierPartition::sample(sample, version)),
        }
    }
}

impl DescribedTierPartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            partition_index: sample.i32(),
            tiering_epoch: sample.i32(),
            log_start_offset: sample.i64(),
            local_start_offset: sample.i64(),
            remote_end_offset: sample.i64(),
            log_end_offset: sample.i64(),
            deleted_to_offset: sample.i64(),
            rows: sample.i32(),
            pages: sample.i32(),
            segments: sample.i64(),
            log_bytes: sample.i64(),
            object_bytes: sample.i64(),
            reserved: sample.i32(),
            abandoned: sample.i32(),
            delete_pending_pages: sample.i32(),
            lag_bytes: sample.i64(),
            is_hole: sample.bool(),
            failures: sample.i32(),
            last_error: sample.option(Sample::string),
            objects: sample.array(|sample| DescribedTierObject::sample(sample, version)),
            next_offset: sample.i64(),
        }
    }
}

impl DescribedTierObject {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            uuid: sample.uuid(),
            is_page: sample.bool(),
            base_offset: sample.i64(),
            end_offset: sample.i64(),
            leader_epoch: sample.i32(),
            min_timestamp: sample.i64(),
            max_timestamp: sample.i64(),
            segments: sample.i32(),
            log_bytes: sample.i64(),
            object_bytes: sample.i64(),
        }
    }
}
