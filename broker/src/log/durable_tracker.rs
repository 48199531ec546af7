//! Which logs of a directory have appends that the journal has not made durable yet.
//!
//! Owns: the list of those logs. Does not own: the offsets, which each log keeps. A log stands in the list at most once, so
//! the list is bounded by the number of logs. Nothing of it is on disk.

use std::fmt;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use strata_compat::ids::{Offset, TopicIdPartition};

use super::journal::JournalSequence;

/// A log, as far as its appends wait for the journal.
pub trait AwaitsJournal: Send + Sync {
    /// Which partition it is of.
    fn partition(&self) -> TopicIdPartition;

    /// The journal is durable up to `sequence`. Returns the durable end if it moved, and whether more is waiting.
    fn handle_durable(&self, sequence: JournalSequence) -> (Option<Offset>, bool);
}

/// The logs that wait for the journal.
#[derive(Default)]
pub struct DurableTracker {
    waiting: Mutex<Vec<Weak<dyn AwaitsJournal>>>,
}

impl fmt::Debug for DurableTracker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("DurableTracker").field("waiting", &self.waiting.lock().len()).finish()
    }
}

impl DurableTracker {
    /// The log has an append that is not durable, and had none before.
    pub fn wait<L: AwaitsJournal + 'static>(&self, log: &Arc<L>) {
        let log: Weak<L> = Arc::downgrade(log);
        self.waiting.lock().push(log);
    }

    /// The journal is durable up to `sequence`: moves the durable ends and answers those that moved.
    pub fn handle_durable(&self, sequence: JournalSequence) -> Vec<(TopicIdPartition, Offset)> {
        let waiting = std::mem::take(&mut *self.waiting.lock());
        let mut moved = Vec::with_capacity(waiting.len());
        for weak in waiting {
            let Some(log) = weak.upgrade() else { continue };
            let (end, more) = log.handle_durable(sequence);
            if let Some(end) = end {
                moved.push((log.partition(), end));
            }
            if more {
                self.waiting.lock().push(weak);
            }
        }
        moved
    }
}
