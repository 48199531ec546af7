//! Closed log ranges to remote log segments, and back. See the crate's README.md.

mod bounded_map;
pub mod catalog;
pub mod clock;
pub mod cluster_file;
pub mod commit;
pub mod config;
mod copier;
pub mod copy_plan;
pub mod crash_point;
mod deleter;
pub mod error;
mod inventory;
pub mod manifest_page;
pub mod metrics;
pub mod object_io;
pub mod object_key;
mod page_writer;
mod partition_tiering;
pub mod random;
pub mod read_ahead;
pub mod remote_index;
pub mod remote_log_manager;
pub mod remote_reader;
pub mod repeats;
pub mod retention_plan;
pub mod scrub;
pub mod segment_format;
pub mod source;
pub mod store;
pub mod sweep;
pub mod upload_scheduler;
mod wire;

#[cfg(test)]
mod test_support;
