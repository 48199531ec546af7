//! The newest batches of a log in memory, so that readers at its end cost no I/O.
//!
//! Owns: which batches are kept, a budget over all logs. Does not own: the files, which hold the same bytes.
//!
//! Invariant: the batches are the last ones of the log, without gaps between them. A crash loses nothing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use strata_compat::ids::Offset;
use strata_compat::record_batch::BatchHeader;

use super::types::{LogRead, ReadRequest};

/// Memory for the tails of all logs.
#[derive(Debug)]
pub struct TailBudget {
    total_bytes: u64,
    log_bytes_max: u64,
    used: AtomicU64,
}

impl TailBudget {
    /// At most `total_bytes` over all logs and `log_bytes_max` for one.
    #[must_use]
    pub const fn new(total_bytes: u64, log_bytes_max: u64) -> Self {
        Self { total_bytes, log_bytes_max, used: AtomicU64::new(0) }
    }

    /// Bytes in use.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether so much is in use that idle tails should go.
    #[must_use]
    pub fn is_tight(&self) -> bool {
        self.used_bytes() > self.total_bytes / 4 * 3
    }
}

#[derive(Debug)]
struct TailBatch {
    base_offset: Offset,
    end_offset: Offset,
    bytes: Bytes,
}

/// The newest batches of one log.
#[derive(Debug)]
pub(crate) struct Tail {
    budget: Arc<TailBudget>,
    batches: VecDeque<TailBatch>,
    bytes: u64,
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Tail {
    pub(crate) const fn new(budget: Arc<TailBudget>) -> Self {
        Self { budget, batches: VecDeque::new(), bytes: 0 }
    }

    /// A batch was appended to the log.
    pub(crate) fn push(&mut self, header: &BatchHeader, bytes: Bytes) {
        let size = len(&bytes);
        self.bytes += size;
        self.budget.used.fetch_add(size, Ordering::Relaxed);
        self.batches.push_back(TailBatch { base_offset: header.base_offset, end_offset: header.end_offset(), bytes });
        while self.bytes > self.budget.log_bytes_max || self.budget.used_bytes() > self.budget.total_bytes {
            if self.batches.pop_front().map(|batch| self.forget(&batch)).is_none() {
                break;
            }
        }
    }

    fn forget(&mut self, batch: &TailBatch) {
        let size = len(&batch.bytes);
        self.bytes -= size;
        self.budget.used.fetch_sub(size, Ordering::Relaxed);
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
        self.batches = VecDeque::new();
    }

    /// What lies below `end` is no longer what the log holds.
    pub(crate) fn forget_below(&mut self, end: Offset) {
        while self.batches.front().is_some_and(|batch| batch.base_offset < end) {
            if let Some(batch) = self.batches.pop_front() {
                self.forget(&batch);
            }
        }
    }

    /// The log ends at `end` now.
    pub(crate) fn truncate_to(&mut self, end: Offset) {
        while self.batches.back().is_some_and(|batch| batch.end_offset > end) {
            if let Some(batch) = self.batches.pop_back() {
                self.forget(&batch);
            }
        }
    }

    /// Answers the request if its first batch is here.
    pub(crate) fn read(&self, request: &ReadRequest) -> Option<LogRead> {
        if self.batches.front().is_none_or(|first| request.offset < first.base_offset) {
            return None;
        }
        let from = self.batches.partition_point(|batch| batch.end_offset <= request.offset);
        let mut read = LogRead { next_offset: request.offset, ..LogRead::default() };
        for batch in self.batches.range(from..) {
            let bytes = read.bytes.saturating_add(batch.bytes.len());
            let first = read.batches.is_empty();
            if batch.end_offset > request.upper_bound || (bytes > request.bytes_max && !(first && request.min_one)) {
                break;
            }
            read.first_base_offset.get_or_insert(batch.base_offset);
            read.bytes = bytes;
            read.next_offset = batch.end_offset;
            read.batches.push(batch.bytes.clone());
        }
        Some(read)
    }
}

fn len(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
