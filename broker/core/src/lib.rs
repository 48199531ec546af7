//! See the crate's README.md.

pub mod error;
pub mod leader_epoch;
pub mod producer_state;
pub mod replication;
