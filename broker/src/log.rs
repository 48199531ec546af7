//! The local log: directories, partitions' logs, their segment files, indexes and checkpoints.
//!
//! Owns: everything under a log directory. Does not own: when a partition appends or reads (`partition.rs`), who leads
//! it (`strata-broker-core`), what lies in the bucket (`strata-tiering`).
//!
//! All of it is synchronous; a caller in async code uses the blocking pool where a call may touch the disk.

pub mod error;
pub mod log_config;
pub mod log_validator;
pub mod journal;
pub mod log_dir;
pub mod producer_window;
