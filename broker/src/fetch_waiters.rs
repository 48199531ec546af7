//! Fetches that wait for records.
//!
//! Owns: which fetch waits for which partitions, and their waking. Does not own: what a fetch reads. The order is
//! register, read, wait: an append in between wakes, so none is missed. The number of waiting fetches is bounded; beyond it a
//! fetch answers at once with what there is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use strata_broker_core::purgatory::Purgatory;
use strata_compat::ids::{Timestamp, TopicIdPartition};
use tokio::sync::Notify;

/// Fetches that may wait at once.
const WAITERS_MAX: usize = 100_000;

/// All waiting fetches of a broker.
pub(crate) struct FetchWaiters {
    inner: Mutex<Inner>,
    /// Read without the lock: an append with nobody waiting costs one load.
    count: AtomicUsize,
}

struct Inner {
    purgatory: Purgatory<u64, TopicIdPartition>,
    wakers: BTreeMap<u64, Arc<Notify>>,
    next: u64,
}

impl Default for FetchWaiters {
    fn default() -> Self {
        let inner = Inner { purgatory: Purgatory::new(WAITERS_MAX), wakers: BTreeMap::new(), next: 0 };
        Self { inner: Mutex::new(inner), count: AtomicUsize::new(0) }
    }
}

/// One registered fetch; it stops waiting when this is dropped.
pub(crate) struct Waiting {
    waiters: Arc<FetchWaiters>,
    operation: u64,
    woken: Arc<Notify>,
}

impl FetchWaiters {
    /// Lets a fetch be woken by any change of these partitions; `None` if too many wait already or there are none.
    pub(crate) fn register(
        self: &Arc<Self>,
        partitions: impl IntoIterator<Item = TopicIdPartition>,
    ) -> Option<Waiting> {
        let mut inner = self.inner.lock();
        let operation = inner.next;
        // The waiter keeps its own deadline; the purgatory's is the end of time.
        inner.purgatory.watch(operation, partitions, Timestamp(i64::MAX)).ok()?;
        inner.next += 1;
        let woken = Arc::new(Notify::new());
        inner.wakers.insert(operation, Arc::clone(&woken));
        self.count.store(inner.wakers.len(), Ordering::SeqCst);
        Some(Waiting { waiters: Arc::clone(self), operation, woken })
    }

    /// Something about the partition has changed: whoever waits for it looks again.
    pub(crate) fn wake(&self, partition: TopicIdPartition) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        let inner = self.inner.lock();
        for operation in inner.purgatory.watchers(&partition) {
            if let Some(woken) = inner.wakers.get(&operation) {
                woken.notify_one();
            }
        }
    }
}

impl Waiting {
    /// Returns when a partition has changed since the last return, or since the registration.
    pub(crate) async fn changed(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut inner = self.waiters.inner.lock();
        inner.purgatory.complete(self.operation);
        inner.wakers.remove(&self.operation);
        self.waiters.count.store(inner.wakers.len(), Ordering::SeqCst);
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
}
