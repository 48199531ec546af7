//! Transactions that hold back the last stable offset of one partition.
//!
//! Owns: open transactions, and those that ended but whose end is not below the high watermark yet. Does not own: the
//! coordinator's states, the transaction index.
//!
//! Invariant: one open transaction of a producer at most; two transactions never begin at the same offset.

use std::collections::BTreeMap;

use strata_compat::ids::{Offset, ProducerId};

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionResult {
    /// Its records count.
    Commit,
    /// Its records are to be skipped by readers of committed data.
    Abort,
}

/// What a control record says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionMarker {
    /// Commit or abort.
    pub result: TransactionResult,
    /// Epoch of the transaction coordinator that wrote it.
    pub coordinator_epoch: i32,
}

/// A transaction of one producer in this partition that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompletedTransaction {
    /// The producer.
    pub producer_id: ProducerId,
    /// Offset of its first record here.
    pub first_offset: Offset,
    /// Offset of its marker.
    pub last_offset: Offset,
    /// Commit or abort; an aborted one goes into the transaction index.
    pub result: TransactionResult,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Transactions {
    open: BTreeMap<Offset, ProducerId>,
    /// First offset → offset of the marker.
    completed: BTreeMap<Offset, Offset>,
}

impl Transactions {
    pub(super) fn begin(&mut self, producer_id: ProducerId, first_offset: Offset) {
        self.open.insert(first_offset, producer_id);
    }

    pub(super) fn complete(&mut self, transaction: CompletedTransaction) {
        if self.open.remove(&transaction.first_offset).is_some() {
            self.completed.insert(transaction.first_offset, transaction.last_offset);
        }
    }

    pub(super) fn forget_completed_below(&mut self, offset: Offset) {
        self.completed.retain(|_, last_offset| *last_offset >= offset);
    }

    pub(super) fn oldest_open(&self) -> Option<Offset> {
        self.open.keys().next().copied()
    }

    pub(super) fn first_unstable_offset(&self) -> Option<Offset> {
        match (self.oldest_open(), self.completed.keys().next().copied()) {
            (Some(open), Some(completed)) => Some(open.min(completed)),
            (open, completed) => open.or(completed),
        }
    }
}
