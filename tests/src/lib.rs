//! Cluster scenarios, checkers, containers and repository gates. See the crate's README.md.

pub mod client;
pub mod repository;
