//! The deterministic cluster state: a command in, a delta and a response out. See the crate's README.md.

pub mod apply;
pub mod command;
mod control;
pub mod delta;
mod election;
pub mod error;
pub mod image;
pub mod invariants;
pub mod placement;
pub mod response;
pub mod sessions;
pub mod shared_map;
pub mod snapshot;
