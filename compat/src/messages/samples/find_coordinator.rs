//! Samples of the module `find_coordinator`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::find_coordinator::{Coordinator, FindCoordinatorRequest, FindCoordinatorResponse};
use crate::wire::{KString, Sample};

impl FindCoordinatorRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            key: if version <= 3 { sample.string() } else { KString::new() },
            key_type: if version >= 1 { sample.i8() } else { 0 },
            coordinator_keys: if version >= 4 { sample.array(Sample::string) } else { Vec::new() },
        }
    }
}

impl FindCoordinatorResponse {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            throttle_time_ms: if version >= 1 { sample.i32() } else { 0 },
            error_code: if version <= 3 { sample.i16() } else { 0 },
            error_message: if (1..=3).contains(&version) { sample.option(Sample::string) } else { Some(KString::new()) },
            node_id: if version <= 3 { sample.i32() } else { 0 },
            host: if version <= 3 { sample.string() } else { KString::new() },
            port: if version <= 3 { sample.i32() } else { 0 },
            coordinators: if version >= 4 { sample.array(|sample| Coordinator::sample(sample, version)) } else { Vec::new() },
        }
    }
}

impl Coordinator {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self {
            key: sample.string(),
            node_id: sample.i32(),
            host: sample.string(),
            port: sample.i32(),
            error_code: sample.i16(),
            error_message: sample.option(Sample::string),
        }
    }
}
