//! The deterministic cluster state: a command in, a delta and a response out. See the crate's README.md.

pub mod image;
