//! Produce requests with acks=all that wait for the high watermark.
//!
//! Owns: which operation waits for which offset until when. Does not own: reply channels (the shell's), appending.
//!
//! Invariants: each operation is answered exactly once; answers come in the order of offsets, expiries in the order of
//! deadlines; at most [`ACKS_WAITING_MAX`] wait.

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::{Offset, Timestamp};

use super::effect::{Effect, OperationId};
use crate::error::Error;

/// Produce requests that may wait on one partition.
pub const ACKS_WAITING_MAX: usize = 65_536;

#[derive(Clone, Debug, Default)]
pub(super) struct WaitingAcks {
    by_offset: BTreeMap<(Offset, OperationId), Timestamp>,
    by_deadline: BTreeSet<(Timestamp, OperationId, Offset)>,
}

impl WaitingAcks {
    pub(super) fn add(&mut self, operation: OperationId, end_offset: Offset, deadline: Timestamp) -> Result<(), Error> {
        if self.by_offset.len() >= ACKS_WAITING_MAX {
            return Err(Error::TooManyWaiting(self.by_offset.len()));
        }
        if let Some(former) = self.by_offset.insert((end_offset, operation), deadline) {
            self.by_deadline.remove(&(former, operation, end_offset));
        }
        self.by_deadline.insert((deadline, operation, end_offset));
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.by_offset.len()
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.by_deadline.first().map(|(deadline, _, _)| *deadline)
    }

    pub(super) fn complete_to(&mut self, high_watermark: Offset, result: Result<(), Error>, effects: &mut Vec<Effect>) {
        while let Some(first) = self.by_offset.first_entry() {
            let (end_offset, operation) = *first.key();
            if end_offset > high_watermark {
                break;
            }
            let deadline = first.remove();
            self.by_deadline.remove(&(deadline, operation, end_offset));
            effects.push(Effect::Reply { operation, result });
        }
    }

    pub(super) fn expire(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        while let Some(&(deadline, operation, end_offset)) = self.by_deadline.first() {
            if deadline > now {
                break;
            }
            self.by_deadline.pop_first();
            self.by_offset.remove(&(end_offset, operation));
            effects.push(Effect::Reply { operation, result: Err(Error::TimedOut) });
        }
    }

    pub(super) fn fail_all(&mut self, error: Error, effects: &mut Vec<Effect>) {
        for (_, operation) in std::mem::take(&mut self.by_offset).into_keys() {
            effects.push(Effect::Reply { operation, result: Err(error) });
        }
        self.by_deadline.clear();
    }
}
