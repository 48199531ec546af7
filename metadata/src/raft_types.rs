//! openraft's type configuration for the metadata quorum.
//!
//! Owns: which types stand for command, response, node and snapshot. A command travels as the bytes that
//! `strata_metadata_core` encoded, so that what is in the log is what the core versions and bounds.

use std::io::Cursor;

use openraft::{BasicNode, TokioRuntime};
use serde::{Deserialize, Serialize};
use strata_metadata_core::response::Response;

/// An encoded command of the metadata core; at most 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodedCommand(pub Vec<u8>);

/// What applying an entry gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Applied {
    /// The entry was a command; this is the core's response, and the index it was applied at.
    Command {
        /// What the core answered.
        response: Response,
        /// Index of the entry in the Raft log.
        index: u64,
    },
    /// The entry was openraft's own (blank or membership).
    Internal,
}

openraft::declare_raft_types!(
    /// The types of the metadata quorum.
    pub TypeConfig:
        D = EncodedCommand,
        R = Applied,
        NodeId = u64,
        Node = BasicNode,
        Entry = openraft::Entry<TypeConfig>,
        SnapshotData = Cursor<Vec<u8>>,
        AsyncRuntime = TokioRuntime,
);

/// Id of a node in the quorum: Kafka's `node.id`.
pub type NodeId = u64;
/// An entry of the Raft log.
pub type Entry = openraft::Entry<TypeConfig>;
/// Position of an entry: the leader that wrote it and its index.
pub type LogId = openraft::LogId<NodeId>;
/// A vote of this node.
pub type Vote = openraft::Vote<NodeId>;
/// Why storage failed, as openraft takes it.
pub type StorageError = openraft::StorageError<NodeId>;
