//! Delayed operations: requests that are answered when something happens to a partition, or when their time is up.
//!
//! Owns: which operation waits for which keys until when; each ends exactly once. Does not own: what completes an operation
//! (`purgatory/delayed.rs` has the two kinds of Kafka), reply channels (the shell's, by operation id).
//!
//! Use: *try, watch, try again*: between the first try and the watch the event may have passed. On an event of a key the shell
//! asks [`Purgatory::watchers`], tries each, and ends with [`Purgatory::complete`] those that are done.
//! Invariants: an operation is watched under all its keys or none; at most `operations_max` wait; expiries come in the order
//! of (deadline, operation). A crash leaves nothing: clients ask again.

mod delayed;

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::Timestamp;

pub use self::delayed::{DelayedFetch, DelayedProduce};

/// No more operations may wait; answer now with what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurgatoryError {
    /// As many wait as may.
    #[error("{0} operations wait already")]
    Full(usize),
    /// This operation waits already.
    #[error("the operation waits already")]
    Duplicate,
    /// An operation without keys would only ever time out.
    #[error("the operation watches nothing")]
    NoKeys,
}

#[derive(Clone, Debug)]
struct Watched<K> {
    deadline: Timestamp,
    keys: BTreeSet<K>,
}

/// Waiting operations `O` (ids, in the order in which they came) by what they wait for, `K` (a partition, a group).
#[derive(Clone, Debug)]
pub struct Purgatory<O, K> {
    operations_max: usize,
    operations: BTreeMap<O, Watched<K>>,
    watchers: BTreeSet<(K, O)>,
    deadlines: BTreeSet<(Timestamp, O)>,
}

impl<O: Ord + Copy + Bounded, K: Ord + Clone> Purgatory<O, K> {
    /// An empty one that holds this many operations at most.
    #[must_use]
    pub const fn new(operations_max: usize) -> Self {
        Self { operations_max, operations: BTreeMap::new(), watchers: BTreeSet::new(), deadlines: BTreeSet::new() }
    }

    /// Lets `operation` wait for events of `keys` until `deadline`.
    pub fn watch(
        &mut self,
        operation: O,
        keys: impl IntoIterator<Item = K>,
        deadline: Timestamp,
    ) -> Result<(), PurgatoryError> {
        if self.operations.contains_key(&operation) {
            return Err(PurgatoryError::Duplicate);
        }
        if self.operations.len() >= self.operations_max {
            return Err(PurgatoryError::Full(self.operations.len()));
        }
        let keys: BTreeSet<K> = keys.into_iter().collect();
        if keys.is_empty() {
            return Err(PurgatoryError::NoKeys);
        }
        self.watchers.extend(keys.iter().map(|key| (key.clone(), operation)));
        self.deadlines.insert((deadline, operation));
        self.operations.insert(operation, Watched { deadline, keys });
        Ok(())
    }

    /// Operations that wait for this key, oldest first: try each.
    #[must_use]
    pub fn watchers(&self, key: &K) -> Vec<O> {
        let range = (key.clone(), O::MIN)..=(key.clone(), O::MAX);
        self.watchers.range(range).map(|(_, operation)| *operation).collect()
    }

    /// Ends the wait. Returns whether it was still waiting: only then may it be answered.
    pub fn complete(&mut self, operation: O) -> bool {
        let Some(watched) = self.operations.remove(&operation) else {
            return false;
        };
        self.deadlines.remove(&(watched.deadline, operation));
        for key in watched.keys {
            self.watchers.remove(&(key, operation));
        }
        true
    }

    /// Ends all waits for this key (the partition has moved or is gone) and returns them, oldest first.
    pub fn complete_all(&mut self, key: &K) -> Vec<O> {
        let operations = self.watchers(key);
        for operation in &operations {
            self.complete(*operation);
        }
        operations
    }

    /// Ends the waits whose deadline has come and returns them, by deadline.
    pub fn expire(&mut self, now: Timestamp) -> Vec<O> {
        let mut expired = Vec::new();
        while let Some(&(deadline, operation)) = self.deadlines.first() {
            if deadline > now {
                break;
            }
            self.complete(operation);
            expired.push(operation);
        }
        expired
    }

    /// When [`Self::expire`] is due.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Number of waiting operations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }
}

/// An operation id with a smallest and a largest value.
pub trait Bounded {
    /// The smallest.
    const MIN: Self;
    /// The largest.
    const MAX: Self;
}

impl Bounded for u64 {
    const MIN: Self = Self::MIN;
    const MAX: Self = Self::MAX;
}

impl Bounded for crate::replication::OperationId {
    const MIN: Self = Self(u64::MIN);
    const MAX: Self = Self(u64::MAX);
}

#[cfg(test)]
mod tests;
