//! The wall clock, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

use strata_compat::ids::Timestamp;

/// Milliseconds since 1970; a clock before that reads as 0.
#[must_use]
pub(crate) fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
}
