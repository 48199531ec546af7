//! Samples of the module `describe_cluster`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::describe_cluster::{DescribeClusterBroker, DescribeClusterRequest, DescribeClusterResponse};
use crate::wire::Sample;

impl DescribeClusterRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            include_cluster_authorized_operations: sample.bool(),
            endpoint_type: if version >= 1 { sample.i8() } else { 1 },
            include_fenced_brokers: if version == 2 { sample.bool() } else { false },
        }
    }
}

impl DescribeClusterResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
            endpoint_type: if version >= 1 { sample.i8() } else { 1 },
            cluster_id: sample.string(),
            controller_id: sample.i32(),
            brokers: sample.array(|sample| DescribeClusterBroker::sample(sample, version)),
            cluster_authorized_operations: sample.i32(),
        }
    }
}

impl DescribeClusterBroker {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            broker_id: sample.i32(),
            host: sample.string(),
            port: sample.i32(),
            rack: sample.option(Sample::string),
            is_fenced: if version == 2 { sample.bool() } else { false },
        }
    }
}
