//! See the crate's README.md.

pub mod coordinator;
pub mod error;
pub mod fetch_session;
mod group;
pub mod invariants;
pub mod leader_epoch;
pub mod producer_state;
pub mod purgatory;
pub mod replication;
