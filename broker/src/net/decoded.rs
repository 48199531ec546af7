//! What requests are decoded to, in memory: the budget for it beside that of their bytes.
//!
//! Owns: the counters, in three classes by the size of the request and by what it may need, each taken in turn. Does not own: how
//! much a list element takes (`strata-compat`). Invariants: what decoding may take is held before it begins, and what it did take
//! from its end on; whoever finds no room waits behind those of its class that came before it, and few large requests keep out
//! neither the small ones nor those of usual size. No request may take all of its class: it would have to wait for the end of every
//! other one, and those behind it as well.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::limits::{Class, HEAD_BYTES};

/// Unit of the budget, in bytes.
const UNIT_BYTES: usize = 1024;
/// Share of the budget that small requests have.
const SMALL_SHARE: usize = 8;
/// Share of the budget that requests of usual size have: by default 64 MiB.
const USUAL_SHARE: usize = 4;
/// Share of that class that a request of usual size needs at most: by default those of 4 MiB and less, and a producer sends 1 MiB
/// at once unless it is told otherwise.
const USUAL_MAX_SHARE: usize = 2;
/// Share of its class that no request may have.
const SPARED_SHARE: usize = 8;

/// The budget; clones share it.
#[derive(Clone)]
pub(crate) struct DecodedMemory {
    small: Arc<Class>,
    usual: Arc<Class>,
    large: Arc<Class>,
}

/// What one request has taken of it.
pub(crate) struct DecodedPermit {
    permit: OwnedSemaphorePermit,
}

impl DecodedMemory {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT_BYTES);
        let (small, usual) = (units / SMALL_SHARE, units / USUAL_SHARE);
        Self {
            small: Arc::new(Class::new(small)),
            usual: Arc::new(Class::new(usual)),
            large: Arc::new(Class::new(units - small - usual)),
        }
    }

    /// Waits at most so long for room for what a request of so many bytes may be decoded to, or for the most that one request may
    /// have.
    pub(crate) async fn take(
        &self,
        request_bytes: usize,
        decoded_bytes_max: usize,
        wait: Duration,
    ) -> Option<DecodedPermit> {
        let wanted = decoded_bytes_max.div_ceil(UNIT_BYTES);
        let class = if request_bytes <= HEAD_BYTES {
            &self.small
        } else if wanted <= self.usual.units as usize / USUAL_MAX_SHARE {
            &self.usual
        } else {
            &self.large
        };
        let units_max = class.units as usize - class.units as usize / SPARED_SHARE;
        let permit = class.take_within(wanted.min(units_max), wait).await?;
        Some(DecodedPermit { permit })
    }

    /// Bytes taken now, rounded up to units.
    pub(crate) fn bytes_in_use(&self) -> usize {
        let classes = [&self.small, &self.usual, &self.large];
        classes.map(|class| class.units_in_use()).into_iter().sum::<usize>() * UNIT_BYTES
    }
}

impl DecodedPermit {
    /// Gives back what is above so many bytes, which is what the request was decoded to. `false` if that is more than is held.
    pub(crate) fn shrink_to(&mut self, bytes: usize) -> bool {
        let (held, wanted) = (self.permit.num_permits(), bytes.div_ceil(UNIT_BYTES));
        drop(self.permit.split(held.saturating_sub(wanted)));
        wanted <= held
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use bytes::Bytes;
    use strata_compat::wire::Reader;

    use super::*;

    const LARGE: usize = HEAD_BYTES + 1;
    /// How long anything is waited for.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn a_request_without_room_waits_its_turn_and_is_not_passed_by() {
        let memory = DecodedMemory::new(80 * 1024);
        let mut first = memory.take(LARGE, 30 * 1024, PATIENCE).await.unwrap();
        let mut second = Box::pin(memory.take(LARGE, 30 * 1024, PATIENCE));
        assert!(futures::poll!(&mut second).is_pending());
        let mut third = Box::pin(memory.take(LARGE, 12 * 1024, PATIENCE));
        assert!(futures::poll!(&mut third).is_pending(), "though there is room for it");
        // What was decoded is smaller than it might have been.
        assert!(first.shrink_to(1500));
        assert_eq!(memory.bytes_in_use(), 44 * 1024, "those next in turn have their parts already");
        assert!(futures::poll!(&mut second).is_ready());
        assert!(futures::poll!(&mut third).is_ready());
        drop(first);
        assert_eq!(memory.bytes_in_use(), 0);
    }

    #[tokio::test]
    async fn the_largest_request_waits_for_no_end_of_the_others() {
        let memory = DecodedMemory::new(80 * 1024);
        let others = memory.take(LARGE, 5 * 1024, PATIENCE).await.unwrap();
        assert!(memory.take(LARGE, 1 << 30, PATIENCE).await.is_some());
        assert!(memory.take(100, 1 << 30, PATIENCE).await.is_some());
        drop(others);
        let usual = memory.take(LARGE, 10 * 1024, PATIENCE).await.unwrap();
        assert!(memory.take(LARGE, 10 * 1024, PATIENCE).await.is_some());
        drop(usual);
    }

    #[tokio::test]
    async fn small_requests_are_not_kept_out_by_large_ones() {
        let memory = DecodedMemory::new(80 * 1024);
        let mut most = memory.take(LARGE, 1 << 30, PATIENCE).await.unwrap();
        let mut large = Box::pin(memory.take(LARGE, 20 * 1024, PATIENCE));
        assert!(futures::poll!(&mut large).is_pending());
        let mut small = memory.take(100, 5 * 1024, PATIENCE).await.unwrap();
        let mut next = Box::pin(memory.take(100, 9 * 1024, PATIENCE));
        assert!(futures::poll!(&mut next).is_pending());
        assert!(small.shrink_to(0));
        assert!(futures::poll!(&mut next).is_ready());
        assert!(!most.shrink_to(1 << 30), "it was decoded to more than a request may be");
        drop(most);
        assert!(futures::poll!(&mut large).is_ready());
    }

    #[tokio::test]
    async fn requests_of_usual_size_are_not_kept_out_by_large_ones() {
        const MIB: usize = 1 << 20;
        let memory = DecodedMemory::new(256 * MIB);
        let take = |bytes: usize| {
            let needed = Reader::new(Bytes::from(vec![0; bytes])).list_memory_max();
            let memory = memory.clone();
            Box::pin(async move { memory.take(bytes, needed, PATIENCE).await })
        };
        let mut held = take(46 * MIB).await.unwrap();
        let mut large = take(46 * MIB);
        assert!(futures::poll!(&mut large).is_pending());
        for bytes in [HEAD_BYTES + 1, 100_000, MIB + 1000, 4 * MIB] {
            assert!(futures::poll!(&mut take(bytes)).is_ready(), "{bytes} bytes wait for a large one");
        }
        let mut usual = Vec::new();
        while let Poll::Ready(permit) = futures::poll!(&mut take(MIB)) {
            usual.push(permit.unwrap());
        }
        assert!(usual.len() >= 3, "{} at once", usual.len());
        assert!(memory.bytes_in_use() <= 256 * MIB);
        assert!(held.shrink_to(0));
        assert!(futures::poll!(&mut large).is_ready());
    }
}
