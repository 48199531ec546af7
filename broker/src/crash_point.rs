//! The named crash points, as the broker's parts and its `main` use them.
//!
//! Owns: nothing; the list and the mechanism are tiering's, because tiering may not import this crate.
//! `main` hands the value of `STRATA_CRASH_POINT` to [`arm_from`] and announces what is armed.

pub use strata_tiering::crash_point::{ArmError, CrashPoint, arm_from, armed, hit};
