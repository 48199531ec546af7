//! Closed log ranges to remote log segments, and back. See the crate's README.md.

pub mod catalog;
pub mod clock;
pub mod config;
pub mod crash_point;
pub mod error;
pub mod manifest_page;
pub mod metrics;
pub mod object_key;
pub mod remote_log_manager;
pub mod segment_format;
pub mod source;
mod wire;

#[cfg(test)]
mod test_support;
