//! Fetches that wait for records.
//!
//! Owns: which fetch waits for which partitions, and their waking. Does not own: what a fetch reads. The order is
//! register, read, wait: an append in between wakes, so none is missed. The number of waiting fetches is bounded; beyond it a
//! fetch answers at once with what there is. Partitions are spread over several locks, each held for a part of a large fetch only:
//! appends take them, too.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;
use strata_broker_core::purgatory::Purgatory;
use strata_compat::ids::{Timestamp, TopicIdPartition};
use tokio::sync::Notify;

/// Fetches that may wait at once.
const WAITERS_MAX: usize = 100_000;

/// Locks over which partitions are spread.
const SHARDS: usize = 16;

/// All waiting fetches of a broker.
#[derive(Default)]
pub(crate) struct FetchWaiters {
    shards: [Mutex<Shard>; SHARDS],
    /// Read without a lock: an append with nobody waiting costs one load.
    count: AtomicUsize,
    next: AtomicU64,
}

struct Shard {
    purgatory: Purgatory<u64, TopicIdPartition>,
    wakers: BTreeMap<u64, Arc<Notify>>,
}

impl Default for Shard {
    fn default() -> Self {
        Self { purgatory: Purgatory::new(WAITERS_MAX), wakers: BTreeMap::new() }
    }
}

/// One registered fetch; it stops waiting when this is dropped.
pub(crate) struct Waiting {
    waiters: Arc<FetchWaiters>,
    operation: u64,
    /// Where it is registered.
    shards: Vec<usize>,
    woken: Arc<Notify>,
}

impl FetchWaiters {
    /// Lets a fetch be woken by any change of these partitions; `None` if too many wait already or there are none.
    pub(crate) fn register(
        self: &Arc<Self>,
        partitions: impl IntoIterator<Item = TopicIdPartition>,
    ) -> Option<Waiting> {
        let mut spread: [Vec<TopicIdPartition>; SHARDS] = Default::default();
        partitions.into_iter().for_each(|partition| spread[shard_of(&partition)].push(partition));
        if spread.iter().all(Vec::is_empty) {
            return None;
        }
        let waiting_already = self.count.fetch_add(1, Ordering::SeqCst);
        let operation = self.next.fetch_add(1, Ordering::Relaxed);
        let woken = Arc::new(Notify::new());
        // Dropped on the way out, it takes back what was registered.
        let mut waiting =
            Waiting { waiters: Arc::clone(self), operation, shards: Vec::new(), woken: Arc::clone(&woken) };
        if waiting_already >= WAITERS_MAX {
            return None;
        }
        for (index, partitions) in spread.into_iter().enumerate().filter(|(_, partitions)| !partitions.is_empty()) {
            let mut shard = self.shards[index].lock();
            // The waiter keeps its own deadline; the purgatory's is the end of time.
            shard.purgatory.watch(operation, partitions, Timestamp(i64::MAX)).ok()?;
            shard.wakers.insert(operation, Arc::clone(&woken));
            drop(shard);
            waiting.shards.push(index);
        }
        Some(waiting)
    }

    /// Something about the partition has changed: whoever waits for it looks again.
    pub(crate) fn wake(&self, partition: TopicIdPartition) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let shard = self.shards[shard_of(&partition)].lock();
        for operation in shard.purgatory.watchers(&partition) {
            if let Some(woken) = shard.wakers.get(&operation) {
                woken.notify_one();
            }
        }
    }
}

/// The lock of a partition.
fn shard_of(partition: &TopicIdPartition) -> usize {
    let mut hasher = DefaultHasher::new();
    partition.hash(&mut hasher);
    usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or(0)
}

impl Waiting {
    /// Returns when a partition has changed since the last return, or since the registration.
    pub(crate) async fn changed(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        for index in &self.shards {
            let mut shard = self.waiters.shards[*index].lock();
            shard.purgatory.complete(self.operation);
            shard.wakers.remove(&self.operation);
        }
        self.waiters.count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{PartitionId, TopicId};

    use super::*;

    fn partition(index: i32) -> TopicIdPartition {
        TopicIdPartition { topic_id: TopicId::ZERO, partition: PartitionId(index) }
    }

    #[tokio::test]
    async fn a_change_between_registration_and_wait_wakes() {
        let waiters = Arc::new(FetchWaiters::default());
        let waiting = waiters.register([partition(0), partition(1)]).unwrap();
        waiters.wake(partition(1));
        waiting.changed().await;
        drop(waiting);
        assert_eq!(waiters.count.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn another_partition_does_not_wake() {
        let waiters = Arc::new(FetchWaiters::default());
        let waiting = waiters.register([partition(0)]).unwrap();
        waiters.wake(partition(1));
        assert!(tokio::time::timeout(std::time::Duration::from_millis(10), waiting.changed()).await.is_err());
    }

    #[tokio::test]
    async fn a_fetch_of_many_partitions_is_woken_by_any_of_them_and_leaves_nothing() {
        let waiters = Arc::new(FetchWaiters::default());
        assert!(waiters.register([]).is_none());
        let waiting = waiters.register((0..1000).map(partition)).unwrap();
        for index in 0..1000 {
            waiters.wake(partition(index));
            waiting.changed().await;
        }
        assert!(waiters.shards.iter().all(|shard| !shard.lock().purgatory.is_empty()), "they are spread");
        drop(waiting);
        let is_empty = |shard: &Mutex<Shard>| {
            let shard = shard.lock();
            shard.purgatory.is_empty() && shard.wakers.is_empty()
        };
        assert!(waiters.shards.iter().all(is_empty));
        assert_eq!(waiters.count.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn no_more_wait_than_may() {
        let waiters = Arc::new(FetchWaiters::default());
        waiters.count.store(WAITERS_MAX, Ordering::SeqCst);
        assert!(waiters.register([partition(0)]).is_none());
        assert_eq!(waiters.count.load(Ordering::SeqCst), WAITERS_MAX);
        waiters.count.store(WAITERS_MAX - 1, Ordering::SeqCst);
        assert!(waiters.register([partition(0)]).is_some());
    }
}
