//! The local log: directories, partitions' logs, their segment files, indexes and checkpoints.
//!
//! Owns: everything under a log directory. Does not own: when a partition appends or reads (`partition.rs`), who leads
//! it (`strata-broker-core`), what lies in the bucket (`strata-tiering`).
//!
//! All of it is synchronous; a caller in async code uses the blocking pool where a call may touch the disk.

pub mod checkpoint;
mod cut_file;
pub mod durable_tracker;
mod epoch_checkpoint;
pub mod error;
mod file_handles;
mod index_file;
pub mod journal;
pub mod log_cleaner;
pub mod log_config;
pub mod log_dir;
pub mod log_loader;
pub mod log_manager;
mod log_segment;
pub mod log_validator;
mod offset_index;
mod producer_batches;
pub(crate) mod producer_files;
pub mod producer_snapshot;
pub mod producer_window;
mod segment_scan;
mod segment_seal;
mod summed_ranges;
#[cfg(test)]
pub(crate) mod test_support;
mod time_index;
pub mod transaction_index;
pub mod types;
pub mod unified_log;
