//! Cluster scenarios, simulation, checkers, containers and repository gates. See the crate's README.md.

pub mod build_identity;
pub mod checker;
pub mod circles;
#[cfg(feature = "cluster")]
pub mod client;
pub mod panics;
pub mod repository;
pub mod sim;
