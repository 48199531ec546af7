//! Byte budgets: how much may be under way at once, per class of work.
//!
//! Owns: one FIFO budget each. Does not own: what the bytes are for; a class is one [`BytePermits`] of its own, so that
//! classes never wait for each other. Rules for callers: take all that a piece of work needs at once, and never while
//! holding other permits of the same budget. Invariant: the sum of what is out never exceeds the capacity, except that a
//! request above the whole capacity is admitted when it is alone.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Permits count in units of this many bytes, so that a budget of terabytes fits the semaphore.
const UNIT_BYTES: u64 = 4096;

/// A budget of bytes; clones share it.
#[derive(Clone, Debug)]
pub struct BytePermits {
    semaphore: Arc<Semaphore>,
    capacity_units: u32,
}

/// The right to have some bytes under way; given back when dropped.
#[derive(Debug)]
#[must_use = "dropping the permit gives the bytes back"]
pub struct BytePermit {
    _permit: OwnedSemaphorePermit,
}

impl BytePermits {
    /// A budget of `capacity_bytes` (at least one unit of 4 KiB).
    #[must_use]
    pub fn new(capacity_bytes: u64) -> Self {
        let capacity_units = units(capacity_bytes, u32::MAX / 2).max(1);
        let permits = usize::try_from(capacity_units).unwrap_or(Semaphore::MAX_PERMITS).min(Semaphore::MAX_PERMITS);
        Self { semaphore: Arc::new(Semaphore::new(permits)), capacity_units }
    }

    /// Waits, first come first served, until `bytes` fit. More than the whole budget waits until nothing else is out.
    pub async fn acquire(&self, bytes: u64) -> BytePermit {
        let units = units(bytes, self.capacity_units);
        let permit =
            Arc::clone(&self.semaphore).acquire_many_owned(units).await.expect("the semaphore is never closed");
        BytePermit { _permit: permit }
    }

    /// Takes `bytes` if they fit now and nobody waits.
    #[must_use]
    pub fn try_acquire(&self, bytes: u64) -> Option<BytePermit> {
        let units = units(bytes, self.capacity_units);
        let permit = Arc::clone(&self.semaphore).try_acquire_many_owned(units).ok()?;
        Some(BytePermit { _permit: permit })
    }

    /// Bytes that are free now.
    #[must_use]
    pub fn available_bytes(&self) -> u64 {
        u64::try_from(self.semaphore.available_permits()).unwrap_or(u64::MAX).saturating_mul(UNIT_BYTES)
    }

    /// Bytes of the whole budget.
    #[must_use]
    pub fn capacity_bytes(&self) -> u64 {
        u64::from(self.capacity_units) * UNIT_BYTES
    }
}

fn units(bytes: u64, units_max: u32) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX).clamp(1, units_max.max(1))
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn an_oversized_request_is_admitted_alone() {
        let permits = BytePermits::new(8 * 4096);
        let small = permits.acquire(4096).await;
        let mut large = Box::pin(permits.acquire(1 << 40));
        assert!(large.as_mut().now_or_never().is_none());
        drop(small);
        let large = large.await;
        assert_eq!(permits.available_bytes(), 0);
        assert!(permits.try_acquire(1).is_none());
        drop(large);
        assert_eq!(permits.available_bytes(), permits.capacity_bytes());
    }

    #[tokio::test]
    async fn a_large_request_is_not_overtaken_by_later_small_ones() {
        let permits = BytePermits::new(4 * 4096);
        let held = permits.acquire(2 * 4096).await;
        let mut large = Box::pin(permits.acquire(4 * 4096));
        assert!(large.as_mut().now_or_never().is_none());
        let mut small = Box::pin(permits.acquire(4096));
        assert!(small.as_mut().now_or_never().is_none());
        drop(held);
        let large = large.await;
        assert!(small.as_mut().now_or_never().is_none());
        drop(large);
        let _small = small.await;
    }
}
