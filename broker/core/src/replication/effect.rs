//! What the replication core wants done, as data.
//!
//! Owns: [`Effect`]. Does not own: carrying it out; the shell runs effects in the order given and decides nothing. What
//! becomes of them comes back as events (`handle_appended`, `handle_flushed`, `handle_truncated`, …).

use strata_compat::ids::{LeaderEpoch, Offset};

use super::alter_partition::AlterPartitionRequest;
use crate::error::Error;

/// Names one waiting request; the shell holds its reply channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId(pub u64);

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Follower: append the records of the answer just handled, which begin at this offset. Then `handle_appended`.
    Append {
        /// Base offset of the first batch to append.
        base_offset: Offset,
        /// Epoch of the leader that sent them.
        leader_epoch: LeaderEpoch,
    },
    /// Follower: cut the log so that it ends here. Then `handle_truncated`.
    TruncateTo(Offset),
    /// Follower: drop the whole log and begin at this offset (it lies outside what the log holds). Then `handle_restarted`.
    RestartAt(Offset),
    /// Records that this replica took for committed are cut: there was an unclean election. Report it loudly.
    ReportLostRecords {
        /// First offset that goes.
        from: Offset,
        /// The high watermark until now.
        to: Offset,
    },
    /// The high watermark is here now: tell the log, wake readers.
    AdvanceHighWatermark(Offset),
    /// Follower: the leader's log starts here now.
    AdvanceLogStart(Offset),
    /// Answer a waiting produce with acks=all.
    Reply {
        /// Which one.
        operation: OperationId,
        /// Committed, or why not.
        result: Result<(), Error>,
    },
    /// Ask the controller for this ISR. Then `handle_alter_partition_response`, also if the request is lost.
    AlterPartition(AlterPartitionRequest),
}
