//! The metadata quorum: openraft around the deterministic core of `strata-metadata-core`. See the crate's README.md.

pub mod error;
pub mod image_publisher;
pub mod log_store;
pub mod metrics;
pub mod quorum;
pub mod raft_network;
pub mod raft_types;
pub mod state_machine;

mod files;
mod room;
