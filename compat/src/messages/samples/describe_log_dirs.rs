//! Samples of the module `describe_log_dirs`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_log_dirs::{
    DescribableLogDirTopic, DescribeLogDirsPartition, DescribeLogDirsRequest, DescribeLogDirsResponse, DescribeLogDirsResult,
    DescribeLogDirsTopic,
};
use crate::wire::Sample;

impl DescribeLogDirsRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { topics: sample.option(|sample| sample.array(|sample| DescribableLogDirTopic::sample(sample, version))) }
    }
}

impl DescribableLogDirTopic {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { topic: sample.string(), partitions: sample.array(Sample::i32) }
    }
}

impl DescribeLogDirsResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: if version >= 3 { sample.i16() } else { 0 },
            results: sample.array(|sample| DescribeLogDirsResult::sample(sample, version)),
        }
    }
}

impl DescribeLogDirsResult {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            error_code: sample.i16(),
            log_dir: sample.string(),
            topics: sample.array(|sample| DescribeLogDirsTopic::sample(sample, version)),
            total_bytes: if version >= 4 { sample.i64() } else { -1 },
            usable_bytes: if version >= 4 { sample.i64() } else { -1 },
            is_cordoned: if version == 5 { sample.bool() } else { false },
        }
    }
}

impl DescribeLogDirsTopic {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self { name: sample.string(), partitions: sample.array(|sample| DescribeLogDirsPartition::sample(sample, version)) }
    }
}

impl DescribeLogDirsPartition {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { partition_index: sample.i32(), partition_size: sample.i64(), offset_lag: sample.i64(), is_future_key: sample.bool() }
    }
}
