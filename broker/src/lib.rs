//! The broker: sockets, log files, request handlers, tiering and the command line around the deterministic cores. See the
//! crate's README.md.

pub mod cli;
pub mod config;
pub mod crash_point;
pub mod http;
pub mod log;
pub mod metrics;
pub mod server;

mod allocator;
mod clock;
mod coordinator_runtime;
mod fetch_places;
mod fetch_waiters;
mod file_range;
mod internal_topics;
mod log_homes;
mod metadata_applier;
mod metadata_cache;
mod net;
mod partition;
mod producer_ids;
mod remote_start;
mod replica_figures;
mod replica_manager;
mod request;
mod runtime;
mod segment_catalog;
mod tier_disable;
mod tier_service;
mod topic_creation;
