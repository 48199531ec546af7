//! Samples of the module `describe_share_group_offsets`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_share_group_offsets::{
    DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsRequestGroup, DescribeShareGroupOffsetsRequestTopic,
    DescribeShareGroupOffsetsResponse, DescribeShareGroupOffsetsResponseGroup, DescribeShareGroupOffsetsResponsePartition,
    DescribeShareGroupOffsetsResponseTopic,
};
use crate::wire::Sample;

impl DescribeShareGroupOffsetsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { groups: sample.array(|sample| DescribeShareGroupOffsetsRequestGroup::sample(sample, version)) }
    }
}

impl DescribeShareGroupOffsetsRequestGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            topics: sample.option(|sample| sample.array(|sample| DescribeShareGroupOffsetsRequestTopic::sample(sample, version))),
        }
    }
}

impl DescribeShareGroupOffsetsRequestTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic_name: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl DescribeShareGroupOffsetsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            groups: sample.array(|sample| DescribeShareGroupOffsetsResponseGroup::sample(sample, version)),
        }
    }
}

impl DescribeShareGroupOffsetsResponseGroup {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            group_id: sample.string(),
            topics: sample.array(|sample| DescribeShareGroupOffsetsResponseTopic::sample(sample, version)),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
        }
    }
}

impl DescribeShareGroupOffsetsResponseTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            topic_name: sample.string(),
            topic_id: sample.uuid(),
            partitions: sample.array(|sample| DescribeShareGroupOffsetsResponsePartition::sample(sample, version)),
        }
    }
}

impl DescribeShareGroupOffsetsResponsePartition {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            partition_index: sample.i32(),
            start_offset: sample.i64(),
            leader_epoch: sample.i32(),
            lag: if version == 1 { sample.i64() } else { -1 },
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
        }
    }
}
