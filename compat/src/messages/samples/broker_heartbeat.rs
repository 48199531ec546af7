//! Samples of the module `broker_heartbeat`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::broker_heartbeat::{BrokerHeartbeatRequest, BrokerHeartbeatResponse};
use crate::wire::Sample;

impl BrokerHeartbeatRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            broker_id: sample.i32(),
            broker_epoch: sample.i64(),
            current_metadata_offset: sample.i64(),
            want_fence: sample.bool(),
            want_shut_down: sample.bool(),
            offline_log_dirs: if version >= 1 { sample.or_default(Vec::new(), |sample| sample.array(Sample::uuid)) } else { Vec::new() },
            cordoned_log_dirs: if version == 2 {
                sample.or_default(None, |sample| sample.option(|sample| sample.array(Sample::uuid)))
            } else {
                None
            },
        }
    }
}

impl BrokerHeartbeatResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            throttle_time_ms: sample.i32(),
            error_code: sample.i16(),
            is_caught_up: sample.bool(),
            is_fenced: sample.bool(),
            should_shut_down: sample.bool(),
        }
    }
}
