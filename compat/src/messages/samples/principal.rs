//! Samples of the module `principal`.

// Generated from `compat/schemas` by `strata-codegen write`; do not edit.

use crate::messages::principal::DefaultPrincipalData;
use crate::wire::Sample;

impl DefaultPrincipalData {
    pub(crate) fn sample(sample: &mut Sample, _version: i16) -> Self {
        Self { r#type: sample.string(), name: sample.string(), token_authenticated: sample.bool() }
    }
}
