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

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(acks: &[(u64, i64, i64)]) -> WaitingAcks {
        let mut waiting = WaitingAcks::default();
        for (operation, end_offset, deadline) in acks {
            waiting.add(OperationId(*operation), Offset(*end_offset), Timestamp(*deadline)).unwrap();
        }
        waiting
    }

    fn answered(act: impl FnOnce(&mut Vec<Effect>)) -> Vec<(u64, bool)> {
        let mut effects = Vec::new();
        act(&mut effects);
        let answer = |effect| match effect {
            Effect::Reply { operation: OperationId(operation), result } => (operation, result.is_ok()),
            other => panic!("{other:?}"),
        };
        effects.into_iter().map(answer).collect()
    }

    #[test]
    fn what_is_committed_is_answered_by_offset_and_what_is_late_by_deadline() {
        let mut acks = waiting(&[(1, 30, 9), (2, 20, 8), (3, 40, 7), (4, 20, 6), (5, 50, 5)]);
        assert_eq!((acks.len(), acks.next_deadline()), (5, Some(Timestamp(5))));
        assert_eq!(
            answered(|effects| acks.complete_to(Offset(30), Ok(()), effects)),
            [(2, true), (4, true), (1, true)]
        );
        assert_eq!(answered(|effects| acks.expire(Timestamp(4), effects)), []);
        assert_eq!(answered(|effects| acks.expire(Timestamp(7), effects)), [(5, false), (3, false)]);
        assert_eq!((acks.len(), acks.next_deadline()), (0, None));
        assert_eq!(answered(|effects| acks.complete_to(Offset(90), Ok(()), effects)), []);
    }

    #[test]
    fn the_last_deadline_of_an_operation_counts() {
        let mut acks = waiting(&[(1, 30, 5), (1, 30, 9)]);
        assert_eq!((acks.len(), acks.next_deadline()), (1, Some(Timestamp(9))));
        assert_eq!(answered(|effects| acks.expire(Timestamp(8), effects)), []);
        assert_eq!(answered(|effects| acks.expire(Timestamp(9), effects)), [(1, false)]);
    }

    #[test]
    fn all_fail_with_the_role_and_nothing_is_left() {
        let mut acks = waiting(&[(1, 30, 5), (2, 20, 6)]);
        assert_eq!(answered(|effects| acks.fail_all(Error::NotLeader, effects)), [(2, false), (1, false)]);
        assert_eq!((acks.len(), acks.next_deadline()), (0, None));
    }

    #[test]
    fn no_more_wait_than_may() {
        let mut acks = WaitingAcks::default();
        for operation in 0..u64::try_from(ACKS_WAITING_MAX).unwrap() {
            acks.add(OperationId(operation), Offset(1), Timestamp(1)).unwrap();
        }
        let refused = acks.add(OperationId(u64::MAX), Offset(1), Timestamp(1));
        assert_eq!(refused, Err(Error::TooManyWaiting(ACKS_WAITING_MAX)));
        assert_eq!(acks.len(), ACKS_WAITING_MAX);
    }
}
