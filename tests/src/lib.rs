//! Cluster scenarios, simulation, checkers, containers and repository gates. See the crate's README.md.

#[cfg(feature = "sim")]
pub mod checker;
#[cfg(feature = "cluster")]
pub mod client;
pub mod repository;
#[cfg(feature = "sim")]
pub mod sim;
