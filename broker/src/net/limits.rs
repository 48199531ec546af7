//! What connections may take: bytes of requests and answers in memory, sockets in all and from one address.
//!
//! Owns: the counters. A permit gives back what it took when it is dropped. Does not own: what happens to a peer that is too
//! slow while others wait (`connection.rs`, by `pace.rs`).
//! Invariant: a request waits for requests of its own class only, so that few large ones do not keep out many small ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Unit of the memory budget, in bytes: a semaphore counts to 2^29 only.
const UNIT_BYTES: usize = 1024;
/// Largest request of the first class: it is read before it takes anything, so nobody holds its place by sending slowly.
pub(crate) const HEAD_BYTES: usize = 4 * 1024;
/// Largest request of the second class.
const MIDDLE_BYTES: usize = 64 * 1024;
/// Share of the budget that each of the first two classes has; the third has the rest.
const SMALL_SHARE: usize = 8;

/// The budget for request bytes of all connections, in three classes by the size of the request.
#[derive(Clone)]
pub(crate) struct RequestMemory {
    classes: Arc<[Class; 3]>,
}

/// A part of a budget, taken in turn.
pub(super) struct Class {
    semaphore: Arc<Semaphore>,
    pub(super) units: u32,
    waiting: AtomicUsize,
}

impl Class {
    pub(super) fn new(units: usize) -> Self {
        let units = u32::try_from(units).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Self { semaphore: Arc::new(Semaphore::new(units as usize)), units, waiting: AtomicUsize::new(0) }
    }

    /// So many units, or all there are if that is less, where they are free.
    pub(super) fn try_take(&self, units: usize) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.semaphore).try_acquire_many_owned(self.clamped(units)).ok()
    }

    /// Waits for as many, behind those that wait already.
    pub(super) async fn take(&self, units: usize) -> Option<OwnedSemaphorePermit> {
        let _queued = Queued::new(&self.waiting);
        Arc::clone(&self.semaphore).acquire_many_owned(self.clamped(units)).await.ok()
    }

    /// Takes them, waiting at most so long.
    pub(super) async fn take_within(&self, units: usize, wait: Duration) -> Option<OwnedSemaphorePermit> {
        match self.try_take(units) {
            // Apart from what every request costs: a wait is rare.
            None => Box::pin(timeout(wait, self.take(units))).await.ok().flatten(),
            taken => taken,
        }
    }

    fn clamped(&self, units: usize) -> u32 {
        u32::try_from(units).unwrap_or(u32::MAX).clamp(1, self.units)
    }

    pub(super) fn is_waited_for(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    pub(super) fn units_in_use(&self) -> usize {
        (self.units as usize).saturating_sub(self.semaphore.available_permits())
    }
}

/// Memory that one request has taken.
pub(crate) struct RequestPermit {
    memory: RequestMemory,
    class: usize,
    /// Held for its end.
    _permit: OwnedSemaphorePermit,
}

impl RequestPermit {
    /// Whether another request waits for what this one holds.
    pub(crate) fn is_wanted(&self) -> bool {
        self.memory.classes[self.class].is_waited_for()
    }
}

/// The permits of requests that one connection keeps while their answers are made.
#[derive(Clone)]
pub(crate) struct HeldRequests {
    memory: RequestMemory,
    by_class: Arc<[AtomicUsize; 3]>,
}

/// One of them.
pub(crate) struct HeldRequest {
    by_class: Arc<[AtomicUsize; 3]>,
    /// Given back at its end.
    permit: RequestPermit,
}

impl HeldRequests {
    pub(crate) fn new(memory: RequestMemory) -> Self {
        Self { memory, by_class: Arc::default() }
    }

    pub(crate) fn hold(&self, permit: RequestPermit) -> HeldRequest {
        self.by_class[permit.class].fetch_add(1, Ordering::Relaxed);
        HeldRequest { by_class: Arc::clone(&self.by_class), permit }
    }

    /// Whether other requests wait for what is held here.
    pub(crate) fn are_wanted(&self) -> bool {
        let mut classes = self.by_class.iter().zip(self.memory.classes.iter());
        classes.any(|(held, class)| held.load(Ordering::Relaxed) > 0 && class.is_waited_for())
    }
}

impl Drop for HeldRequest {
    fn drop(&mut self) {
        self.by_class[self.permit.class].fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts one that waits, also if it gives up.
struct Queued<'class>(&'class AtomicUsize);

impl<'class> Queued<'class> {
    fn new(waiting: &'class AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl RequestMemory {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT_BYTES);
        let small = units / SMALL_SHARE;
        Self { classes: Arc::new([Class::new(small), Class::new(small), Class::new(units - 2 * small)]) }
    }

    /// Waits at most so long for room for a request of this size; one above what its class has takes all of that and is alone.
    pub(crate) async fn acquire(&self, bytes: usize, wait: Duration) -> Option<RequestPermit> {
        let index = usize::from(bytes > HEAD_BYTES) + usize::from(bytes > MIDDLE_BYTES);
        let permit = self.classes[index].take_within(bytes.div_ceil(UNIT_BYTES), wait).await?;
        Some(RequestPermit { memory: self.clone(), class: index, _permit: permit })
    }

    /// Bytes taken now, rounded up to units.
    pub(crate) fn bytes_in_use(&self) -> usize {
        self.classes.iter().map(Class::units_in_use).sum::<usize>() * UNIT_BYTES
    }
}

/// The budget for answers that are made and not yet taken by their clients.
///
/// It is counted, not queued for: a fetch takes what is free and answers less; a request whose answer has any size begins when
/// there is room; and while there is none, clients that do not take their answers are closed.
#[derive(Clone)]
pub(crate) struct AnswerMemory {
    inner: Arc<AnswerCounts>,
}

struct AnswerCounts {
    budget: usize,
    taken: AtomicUsize,
    freed: Notify,
}

/// Memory that one answer, or a part of one, has taken.
pub(crate) struct AnswerPermit {
    inner: Arc<AnswerCounts>,
    bytes: usize,
}

impl AnswerMemory {
    pub(crate) fn new(bytes: usize) -> Self {
        Self { inner: Arc::new(AnswerCounts { budget: bytes, taken: AtomicUsize::new(0), freed: Notify::new() }) }
    }

    /// Counts bytes that are in memory already, whatever the budget.
    pub(crate) fn count(&self, bytes: usize) -> AnswerPermit {
        self.inner.taken.fetch_add(bytes, Ordering::Relaxed);
        AnswerPermit { inner: Arc::clone(&self.inner), bytes }
    }

    /// Takes as many bytes as are free, up to `wanted`; none if there is no room at all.
    pub(crate) fn take_up_to(&self, wanted: usize) -> AnswerPermit {
        self.try_take(0, wanted).unwrap_or_else(|| self.count(0))
    }

    /// Takes as many bytes as are free, up to `wanted`, if they are `least` at least.
    pub(crate) fn try_take(&self, least: usize, wanted: usize) -> Option<AnswerPermit> {
        let counts = &self.inner;
        let mut granted = 0;
        let grant = |taken: usize| {
            granted = wanted.min(counts.budget.saturating_sub(taken));
            (granted >= least).then_some(taken + granted)
        };
        counts.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grant).ok()?;
        Some(AnswerPermit { inner: Arc::clone(counts), bytes: granted })
    }

    /// As [`AnswerMemory::take_up_to`], but waits until at least `least` bytes are free, or the whole budget if that is less.
    pub(crate) async fn take_when_free(&self, least: usize, wanted: usize) -> AnswerPermit {
        let least = least.min(wanted).min(self.inner.budget);
        loop {
            let freed = self.inner.freed.notified();
            let mut freed = std::pin::pin!(freed);
            // Before the look: what is freed in between wakes.
            freed.as_mut().enable();
            if let Some(permit) = self.try_take(least, wanted) {
                return permit;
            }
            freed.await;
        }
    }

    /// Whether answers take all of the budget.
    pub(crate) fn is_full(&self) -> bool {
        let taken = self.bytes_in_use();
        taken > 0 && taken >= self.inner.budget
    }

    /// Returns when there is room again.
    pub(crate) async fn room(&self) {
        loop {
            let freed = self.inner.freed.notified();
            let mut freed = std::pin::pin!(freed);
            // Before the look: what is freed in between wakes.
            freed.as_mut().enable();
            if !self.is_full() {
                return;
            }
            freed.await;
        }
    }

    /// Bytes taken now.
    pub(crate) fn bytes_in_use(&self) -> usize {
        self.inner.taken.load(Ordering::Relaxed)
    }
}

impl AnswerPermit {
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes it as large as what was read in the end.
    pub(crate) fn resize(&mut self, bytes: usize) {
        if bytes >= self.bytes {
            self.inner.taken.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            self.give_back(self.bytes - bytes);
        }
        self.bytes = bytes;
    }

    /// The last slice of an answer, which holds the permit until it is written.
    pub(crate) fn attach(self, slice: Bytes) -> Bytes {
        Bytes::from_owner(Counted { slice, _permit: self })
    }

    fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.inner.taken.fetch_sub(bytes, Ordering::Relaxed);
            self.inner.freed.notify_waiters();
        }
    }
}

impl Drop for AnswerPermit {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

/// A slice with the permit for it.
struct Counted {
    slice: Bytes,
    _permit: AnswerPermit,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.slice
    }
}

/// How many connections there may be: `max.connections`, `max.connections.per.ip`.
#[derive(Clone)]
pub(crate) struct ConnectionLimits {
    inner: Arc<Mutex<ConnectionCounts>>,
}

struct ConnectionCounts {
    total_max: usize,
    per_address_max: usize,
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One counted connection.
pub(crate) struct ConnectionPermit {
    inner: Arc<Mutex<ConnectionCounts>>,
    address: IpAddr,
}

impl ConnectionLimits {
    pub(crate) fn new(total_max: usize, per_address_max: usize) -> Self {
        let counts = ConnectionCounts { total_max, per_address_max, total: 0, by_address: HashMap::new() };
        Self { inner: Arc::new(Mutex::new(counts)) }
    }

    /// Counts a connection, or says which limit it meets.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<ConnectionPermit, &'static str> {
        let mut counts = self.inner.lock();
        if counts.total >= counts.total_max {
            return Err("max.connections");
        }
        // An address that is refused leaves nothing behind.
        let from_address = counts.by_address.get(&address).copied().unwrap_or(0);
        if from_address >= counts.per_address_max {
            return Err("max.connections.per.ip");
        }
        counts.by_address.insert(address, from_address + 1);
        counts.total += 1;
        Ok(ConnectionPermit { inner: Arc::clone(&self.inner), address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.inner.lock();
        counts.total = counts.total.saturating_sub(1);
        if let Some(count) = counts.by_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long anything is waited for.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn a_permit_gives_its_place_back() {
        let limits = ConnectionLimits::new(2, 1);
        let here = IpAddr::from([127, 0, 0, 1]);
        let there = IpAddr::from([127, 0, 0, 2]);
        let first = limits.admit(here).unwrap();
        assert_eq!(limits.admit(here).err(), Some("max.connections.per.ip"));
        let second = limits.admit(there).unwrap();
        assert_eq!(limits.admit(IpAddr::from([127, 0, 0, 3])).err(), Some("max.connections"));
        drop(first);
        assert!(limits.admit(here).is_ok());
        drop(second);
        assert_eq!(limits.inner.lock().total, 0);
    }

    #[tokio::test]
    async fn a_request_above_the_whole_budget_is_admitted_alone() {
        let memory = RequestMemory::new(80 * 1024);
        let all = memory.acquire(1 << 30, PATIENCE).await.unwrap();
        assert_eq!(memory.bytes_in_use(), 60 * 1024);
        drop(all);
        assert_eq!(memory.bytes_in_use(), 0);
    }

    #[tokio::test]
    async fn requests_wait_for_their_own_class_only() {
        let memory = RequestMemory::new(80 * 1024);
        let large = memory.acquire(1 << 20, PATIENCE).await.unwrap();
        assert!(!large.is_wanted());
        let mut second = Box::pin(memory.acquire(1 << 20, PATIENCE));
        assert!(futures::poll!(&mut second).is_pending());
        assert!(large.is_wanted());
        let middle = memory.acquire(10_000, PATIENCE).await.unwrap();
        let small = memory.acquire(100, PATIENCE).await.unwrap();
        assert!(!middle.is_wanted() && !small.is_wanted());
        drop(second);
        assert!(!large.is_wanted(), "whoever gave up waits no more");
    }

    #[tokio::test]
    async fn what_a_connection_holds_is_wanted_by_its_class_only() {
        let memory = RequestMemory::new(80 * 1024);
        let held = HeldRequests::new(memory.clone());
        let large = held.hold(memory.acquire(1 << 20, PATIENCE).await.unwrap());
        let small = held.hold(memory.acquire(100, PATIENCE).await.unwrap());
        assert!(!held.are_wanted());
        let mut second = Box::pin(memory.acquire(1 << 20, PATIENCE));
        assert!(futures::poll!(&mut second).is_pending());
        assert!(held.are_wanted());
        assert!(!HeldRequests::new(memory.clone()).are_wanted(), "another connection holds nothing");
        drop(large);
        assert!(!held.are_wanted());
        assert!(futures::poll!(&mut second).is_ready());
        drop(small);
    }

    #[tokio::test]
    async fn who_needs_some_bytes_waits_until_they_are_free() {
        let memory = AnswerMemory::new(1000);
        let mut first = memory.take_when_free(500, 900).await;
        assert_eq!(first.bytes(), 900);
        let mut second = Box::pin(memory.take_when_free(500, 900));
        assert!(futures::poll!(&mut second).is_pending());
        first.resize(600);
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(memory.bytes_in_use(), 600, "who waits holds nothing");
        first.resize(200);
        assert_eq!(second.await.bytes(), 800);
        drop(first);
        assert_eq!(memory.take_when_free(5000, 5000).await.bytes(), 1000, "more than all waits for all");
    }

    #[tokio::test]
    async fn answers_take_what_is_free_and_give_it_back() {
        let memory = AnswerMemory::new(1000);
        let mut first = memory.take_up_to(700);
        let second = memory.take_up_to(700);
        assert_eq!((first.bytes(), second.bytes(), memory.take_up_to(1).bytes()), (700, 300, 0));
        assert!(memory.is_full());
        let mut room = Box::pin(memory.room());
        assert!(futures::poll!(&mut room).is_pending());
        first.resize(100);
        assert!(futures::poll!(&mut room).is_ready());
        let slice = first.attach(Bytes::from_static(b"abc"));
        let half = slice.slice(1..);
        drop((slice, second));
        assert_eq!((memory.bytes_in_use(), &half[..]), (100, &b"bc"[..]));
        drop(half);
        let over = memory.count(5000);
        assert_eq!((memory.bytes_in_use(), over.bytes(), memory.take_up_to(1).bytes()), (5000, 5000, 0));
        drop(over);
        assert_eq!(memory.bytes_in_use(), 0);
    }

    #[test]
    fn an_address_that_may_not_connect_at_all_leaves_no_count() {
        let limits = ConnectionLimits::new(10, 0);
        for last in 0..100 {
            assert!(limits.admit(IpAddr::from([127, 0, 0, last])).is_err());
        }
        assert!(limits.inner.lock().by_address.is_empty());
    }
}
