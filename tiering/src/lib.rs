//! Closed log ranges to remote log segments, and back. See the crate's README.md.

pub mod catalog;
pub mod crash_point;
pub mod error;
pub mod source;
