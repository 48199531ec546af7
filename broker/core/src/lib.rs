//! See the crate's README.md.

pub mod leader_epoch;
pub mod producer_state;
