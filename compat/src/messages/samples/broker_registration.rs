//! Samples of the module `broker_registration`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::broker_registration::{BrokerRegistrationRequest, BrokerRegistrationResponse, Feature, Listener};
use crate::wire::Sample;

impl BrokerRegistrationRequest {
    pub(crate) fn sample(sample: &mut Sample, version: i16) -> Self {
        Self {
            broker_id: sample.i32(),
            cluster_id: sample.string(),
            incarnation_id: sample.uuid(),
            listeners: sample.array(|sample| Listener::sample(sample, version)),
            features: sample.array(|sample| Feature::sample(sample, version)),
            rack: sample.option(Sample::string),
            is_migrating_zk_broker: if version >= 1 { sample.bool() } else { false },
            log_dirs: if version >= 2 { sample.array(Sample::uuid) } else { Vec::new() },
            previous_broker_epoch: if version >= 3 { sample.i64() } else { -1 },
        }
    }
}

impl Listener {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), host: sample.string(), port: sample.u16(), security_protocol: sample.i16() }
    }
}

impl Feature {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { name: sample.string(), min_supported_version: sample.i16(), max_supported_version: sample.i16() }
    }
}

impl BrokerRegistrationResponse {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { throttle_time_ms: sample.i32(), error_code: sample.i16(), broker_epoch: sample.i64() }
    }
}
