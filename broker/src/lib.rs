//! See the crate's README.md.

pub mod log;
