//! What connections may take: bytes of requests in memory, sockets in all and from one address.
//!
//! Owns: the counters. A permit gives back what it took when it is dropped.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Unit of the memory budget, in bytes: a semaphore counts to 2^29 only.
const UNIT_BYTES: usize = 1024;

/// The budget for request bytes of all connections.
#[derive(Clone)]
pub(crate) struct RequestMemory {
    semaphore: Arc<Semaphore>,
    units: u32,
}

impl RequestMemory {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Self { semaphore: Arc::new(Semaphore::new(units as usize)), units }
    }

    /// Waits for room for a request of this size; one above the whole budget takes all of it and is alone.
    pub(crate) async fn acquire(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).clamp(1, self.units);
        Arc::clone(&self.semaphore).acquire_many_owned(units).await.ok()
    }

    /// Waits for room for the rest of a request that holds `taken`. Of a request above the whole budget that is all that
    /// others have: what it holds already would never come free.
    pub(crate) async fn acquire_rest(&self, taken: &mut OwnedSemaphorePermit, bytes: usize) -> Option<()> {
        let left = self.units.saturating_sub(u32::try_from(taken.num_permits()).unwrap_or(u32::MAX));
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).min(left);
        taken.merge(Arc::clone(&self.semaphore).acquire_many_owned(units).await.ok()?);
        Some(())
    }

    /// Bytes taken now, rounded up to units.
    pub(crate) fn bytes_in_use(&self) -> usize {
        (self.units as usize).saturating_sub(self.semaphore.available_permits()) * UNIT_BYTES
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
        let memory = RequestMemory::new(4096);
        let all = memory.acquire(1 << 30).await.unwrap();
        assert_eq!(memory.bytes_in_use(), 4096);
        drop(all);
        assert_eq!(memory.bytes_in_use(), 0);
    }

    #[tokio::test]
    async fn the_rest_of_a_request_above_the_whole_budget_waits_for_others_only() {
        let memory = RequestMemory::new(4096);
        let mut first = memory.acquire(1024).await.unwrap();
        let other = memory.acquire(1024).await.unwrap();
        {
            let mut rest = std::pin::pin!(memory.acquire_rest(&mut first, 1 << 30));
            assert!(futures::poll!(&mut rest).is_pending());
            drop(other);
            assert!(futures::poll!(&mut rest).is_ready());
        }
        assert_eq!(memory.bytes_in_use(), 4096);
        drop(first);
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
