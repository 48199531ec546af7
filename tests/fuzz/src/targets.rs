//! What is fuzzed: one target for each kind of bytes that come from a peer, a disk, a bucket or an operator.
//!
//! Owns: the list. Does not own: how inputs are made and judged (`engine.rs`).

mod directories;
mod message_list;
mod messages;
mod metadata;
mod objects;
mod records;
mod small_files;
mod text;

use anyhow::Result;
use bytes::Bytes;

use crate::repair::Repair;

pub(crate) use messages::from_vectors;

/// Runs one input. Answers in a few words what became of it, which is how inputs are told apart; `Err` is a failure.
type Run = Box<dyn Fn(&Bytes) -> Result<String, String>>;

/// One kind of bytes.
pub(crate) struct Target {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What is done with an input.
    pub(crate) run: Run,
    /// Whole inputs that the real code wrote.
    pub(crate) seeds: Vec<Vec<u8>>,
    /// How checksums are made right after a mutation, for each seed: chosen by the input that was mutated.
    pub(crate) repair: fn(&[u8]) -> Repair,
    /// Executions that a default dose runs at most: what writes files is slow.
    pub(crate) executions_max: u64,
}

/// Executions without another bound than time.
pub(crate) const UNBOUNDED: u64 = u64::MAX;

/// How a target is made.
type Make = fn() -> Result<Target>;

/// Every target by name.
pub(crate) const TARGETS: &[(&str, Make)] = &[
    ("request", messages::request),
    ("message", messages::message),
    ("batch", records::batch),
    ("segment-index", objects::segment_index),
    ("chunk", objects::chunk),
    ("manifest-page", objects::manifest_page),
    ("cluster-json", objects::cluster_json),
    ("producer-snapshot", small_files::producer_snapshot),
    ("producer-window", small_files::producer_window),
    ("checkpoint", small_files::checkpoint),
    ("log-directory", directories::log_directory),
    ("raft-directory", directories::raft_directory),
    ("metadata-image", metadata::image),
    ("metadata-command", metadata::command),
    ("config", text::config),
];
