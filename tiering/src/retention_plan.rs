//! How far the log start may move by retention.
//!
//! Owns: the decision, as a pure function; it asks for a page only when its summary does not decide. Does not own: the move
//! (the quorum's), the deletion (`deleter.rs`), local retention (the broker's log).
//! Invariants: log bytes count, not stored bytes; only committed rows go, the oldest first, whole.

use std::collections::BTreeMap;

use strata_compat::ids::{Offset, Timestamp, Uuid};
use strata_metadata_core::image::remote_segments::{RemotePartition, SegmentRow};

use crate::config::TopicTiering;

/// What retention looks at besides the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionInput {
    /// Longest age of a record, −1 for ever.
    pub retention_ms: i64,
    /// Log bytes of the partition, −1 without limit.
    pub retention_bytes: i64,
    /// Log bytes that are only local: from the remote end to the log end.
    pub local_only_bytes: u64,
    /// The time.
    pub now: Timestamp,
}

impl RetentionInput {
    /// The topic's limits at this time.
    #[must_use]
    pub const fn new(topic: &TopicTiering, local_only_bytes: u64, now: Timestamp) -> Self {
        Self { retention_ms: topic.retention_ms, retention_bytes: topic.retention_bytes, local_only_bytes, now }
    }

    const fn is_expired(&self, largest: Timestamp) -> bool {
        self.retention_ms >= 0 && largest.0 >= 0 && self.now.ms_since(largest) > self.retention_ms
    }
}

/// What retention asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionDecision {
    /// Nothing is to go.
    Nothing,
    /// The log start may move to this offset.
    MoveTo(Offset),
    /// The summary of this page does not decide: ask again with its rows.
    OpenPage(Uuid),
}

/// Walks pages and rows from the log start on. `opened` holds the rows of pages that were asked for.
#[must_use]
pub fn decide(
    remote: &RemotePartition,
    opened: &BTreeMap<Uuid, Vec<SegmentRow>>,
    input: RetentionInput,
) -> RetentionDecision {
    let Some(log_start) = remote.log_start else {
        return RetentionDecision::Nothing;
    };
    let mut walk = Walk::new(remote, input, log_start);
    for page in remote.pages.iter().filter(|page| page.end_offset > log_start) {
        if let Some(rows) = opened.get(&page.uuid) {
            if !rows.iter().all(|row| walk.take(row.end_offset, row.log_bytes, row.max_timestamp)) {
                return walk.decision();
            }
            continue;
        }
        let may_hold_expired = input.is_expired(page.min_timestamp) || page.min_timestamp.0 < 0;
        if walk.excess_of(page.log_bytes) || input.is_expired(page.max_timestamp) {
            walk.go(page.end_offset, page.log_bytes);
        } else if walk.excess > 0 || (may_hold_expired && input.retention_ms >= 0) {
            return RetentionDecision::OpenPage(page.uuid);
        } else {
            return walk.decision();
        }
    }
    for row in &remote.rows {
        if !walk.take(row.end_offset, row.log_bytes, row.max_timestamp) {
            break;
        }
    }
    walk.decision()
}

struct Walk {
    input: RetentionInput,
    log_start: Offset,
    reached: Offset,
    by_bytes: bool,
    /// Log bytes above the limit. Dead rows in a page that is partly dead are still counted until that page is open.
    excess: u64,
}

impl Walk {
    fn new(remote: &RemotePartition, input: RetentionInput, log_start: Offset) -> Self {
        let pages = remote.pages.iter().filter(|page| page.end_offset > log_start).map(|page| page.log_bytes);
        let rows = remote.rows.iter().filter(|row| row.end_offset > log_start).map(|row| row.log_bytes);
        let total = pages.chain(rows).fold(input.local_only_bytes, u64::saturating_add);
        let limit = u64::try_from(input.retention_bytes).ok();
        let excess = limit.map_or(0, |limit| total.saturating_sub(limit));
        Self { input, log_start, reached: log_start, by_bytes: limit.is_some(), excess }
    }

    const fn excess_of(&self, log_bytes: u64) -> bool {
        self.by_bytes && self.excess >= log_bytes && log_bytes > 0
    }

    fn go(&mut self, end_offset: Offset, log_bytes: u64) {
        self.reached = self.reached.max(end_offset);
        self.excess = self.excess.saturating_sub(log_bytes);
    }

    /// Whether the row goes. A dead row of an open page only takes its bytes off the total.
    fn take(&mut self, end_offset: Offset, log_bytes: u64, largest: Timestamp) -> bool {
        let dead = end_offset <= self.log_start;
        let goes = dead || self.excess_of(log_bytes) || self.input.is_expired(largest);
        if goes {
            self.go(end_offset, log_bytes);
        }
        goes
    }

    fn decision(&self) -> RetentionDecision {
        if self.reached > self.log_start { RetentionDecision::MoveTo(self.reached) } else { RetentionDecision::Nothing }
    }
}

#[cfg(test)]
mod tests;
