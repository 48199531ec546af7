//! When a delayed produce or fetch is done.
//!
//! Owns: [`DelayedProduce`], [`DelayedFetch`]: pure counters over partitions. Does not own: waiting itself (`purgatory.rs`).
//!
//! Invariant: a partition counts once, however often it reports.

use std::collections::BTreeMap;

/// A produce with acks=all over several partitions: done when each has its result.
#[derive(Clone, Debug)]
pub struct DelayedProduce<K, R> {
    results: BTreeMap<K, Option<R>>,
}

impl<K: Ord + Clone, R> DelayedProduce<K, R> {
    /// Waits for these partitions.
    #[must_use]
    pub fn new(partitions: impl IntoIterator<Item = K>) -> Self {
        Self { results: partitions.into_iter().map(|key| (key, None)).collect() }
    }

    /// A partition has its result; the first one counts. Returns whether all have theirs.
    pub fn set(&mut self, partition: &K, result: R) -> bool {
        if let Some(slot) = self.results.get_mut(partition)
            && slot.is_none()
        {
            *slot = Some(result);
        }
        self.is_done()
    }

    /// Whether all partitions have their result.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.results.values().all(Option::is_some)
    }

    /// The results, by partition; those without one get `missing`: the time was up.
    #[must_use]
    pub fn into_results(self, missing: impl Fn(&K) -> R) -> Vec<(K, R)> {
        let finish = |(key, result): (K, Option<R>)| {
            let result = result.unwrap_or_else(|| missing(&key));
            (key, result)
        };
        self.results.into_iter().map(finish).collect()
    }
}

/// A fetch that waits for bytes: done when enough are there over all partitions, or when one must be answered at once (an
/// error, a diverging epoch, a preferred replica).
#[derive(Clone, Debug)]
pub struct DelayedFetch<K> {
    bytes_min: u64,
    bytes: BTreeMap<K, u64>,
    bytes_total: u64,
    is_urgent: bool,
}

impl<K: Ord + Clone> DelayedFetch<K> {
    /// Waits for `bytes_min` bytes over all partitions.
    #[must_use]
    pub const fn new(bytes_min: u64) -> Self {
        Self { bytes_min, bytes: BTreeMap::new(), bytes_total: 0, is_urgent: false }
    }

    /// A partition has this many bytes for the fetch, at most what it asked for. Returns whether the fetch is done.
    pub fn set_bytes(&mut self, partition: &K, bytes: u64) -> bool {
        let former = self.bytes.insert(partition.clone(), bytes).unwrap_or(0);
        self.bytes_total = self.bytes_total.saturating_sub(former).saturating_add(bytes);
        self.is_done()
    }

    /// A partition must be answered at once.
    pub fn set_urgent(&mut self) {
        self.is_urgent = true;
    }

    /// Whether to answer.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.is_urgent || self.bytes_total >= self.bytes_min
    }
}
