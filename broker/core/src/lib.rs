//! See the crate's README.md.

pub mod coordinator;
pub mod error;
pub mod fetch_session;
mod group;
pub mod internal_topics;
pub mod invariants;
pub mod leader_epoch;
#[cfg(test)]
mod model;
pub mod producer_state;
pub mod purgatory;
pub mod replication;
