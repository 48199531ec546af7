//! What requests are decoded to, in memory: the budget for it beside that of their bytes.
//!
//! Owns: the counters, in two classes by the size of the request, each taken in turn. Does not own: how much a list element takes
//! (`strata-compat`). Invariants: what decoding may take is held before it begins, and what it did take from its end on; whoever
//! finds no room waits behind those that came before it, and few large requests keep out no small one. No request may take all of
//! its class: it would have to wait for the end of every other one, and those behind it as well.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::limits::{Class, HEAD_BYTES};

/// Unit of the budget, in bytes.
const UNIT_BYTES: usize = 1024;
/// Share of the budget that small requests have.
const SMALL_SHARE: usize = 8;
/// Share of its class that no request may have.
const SPARED_SHARE: usize = 8;

/// The budget; clones share it.
#[derive(Clone)]
pub(crate) struct DecodedMemory {
    classes: Arc<[Class; 2]>,
}

/// What one request has taken of it.
pub(crate) struct DecodedPermit {
    permit: OwnedSemaphorePermit,
}

impl DecodedMemory {
    pub(crate) fn new(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT_BYTES);
        let small = units / SMALL_SHARE;
        Self { classes: Arc::new([Class::new(small), Class::new(units - small)]) }
    }

    /// Waits for room for what a request of so many bytes may be decoded to, or for the most that one request may have.
    pub(crate) async fn take(&self, request_bytes: usize, decoded_bytes_max: usize) -> Option<DecodedPermit> {
        let class = &self.classes[usize::from(request_bytes > HEAD_BYTES)];
        let units_max = class.units as usize - class.units as usize / SPARED_SHARE;
        let permit = class.take(decoded_bytes_max.div_ceil(UNIT_BYTES).min(units_max)).await?;
        Some(DecodedPermit { permit })
    }

    /// Bytes taken now, rounded up to units.
    pub(crate) fn bytes_in_use(&self) -> usize {
        self.classes.iter().map(Class::units_in_use).sum::<usize>() * UNIT_BYTES
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
    use super::*;

    const LARGE: usize = HEAD_BYTES + 1;

    #[tokio::test]
    async fn a_request_without_room_waits_its_turn_and_is_not_passed_by() {
        let memory = DecodedMemory::new(80 * 1024);
        let mut first = memory.take(LARGE, 50 * 1024).await.unwrap();
        let mut second = Box::pin(memory.take(LARGE, 40 * 1024));
        assert!(futures::poll!(&mut second).is_pending());
        let mut third = Box::pin(memory.take(LARGE, 1024));
        assert!(futures::poll!(&mut third).is_pending(), "though there is room for it");
        // What was decoded is smaller than it might have been.
        assert!(first.shrink_to(1500));
        assert_eq!(memory.bytes_in_use(), 43 * 1024, "the next in turn has its part already");
        assert!(futures::poll!(&mut second).is_ready());
        assert!(futures::poll!(&mut third).is_ready());
        drop(first);
        assert_eq!(memory.bytes_in_use(), 0);
    }

    #[tokio::test]
    async fn the_largest_request_waits_for_no_end_of_the_others() {
        let memory = DecodedMemory::new(80 * 1024);
        let others = memory.take(LARGE, 5 * 1024).await.unwrap();
        assert!(memory.take(LARGE, 1 << 30).await.is_some());
        assert!(memory.take(100, 1 << 30).await.is_some());
        drop(others);
    }

    #[tokio::test]
    async fn small_requests_are_not_kept_out_by_large_ones() {
        let memory = DecodedMemory::new(80 * 1024);
        let mut most = memory.take(LARGE, 1 << 30).await.unwrap();
        let mut large = Box::pin(memory.take(LARGE, 20 * 1024));
        assert!(futures::poll!(&mut large).is_pending());
        let mut small = memory.take(100, 5 * 1024).await.unwrap();
        let mut next = Box::pin(memory.take(100, 9 * 1024));
        assert!(futures::poll!(&mut next).is_pending());
        assert!(small.shrink_to(0));
        assert!(futures::poll!(&mut next).is_ready());
        assert!(!most.shrink_to(1 << 30), "it was decoded to more than a request may be");
        drop(most);
        assert!(futures::poll!(&mut large).is_ready());
    }
}
