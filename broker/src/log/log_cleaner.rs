//! Log compaction: of each key only the newest record is kept.
//!
//! Owns: what is to be cleaned (a pure plan), the map of newest offsets by key, copying what remains, swapping it in. Does not
//! own: which log is cleaned when (`log_manager.rs` asks every log for its plan and takes the dirtiest).
//!
//! ```text
//! log start … first dirty   cleaned before
//! first dirty … first uncleanable   read into the map
//! first uncleanable … log end   the active segment, what is not stable, young or not flushed: untouched
//! ```
//! Invariants: offsets of kept records never change; the last batch of each live producer and the last batch of a round stay,
//! empty if need be; only segments wholly below the recovery point are replaced. A crash leaves `.cleaned` files, which go,
//! or `.swap` files, which the loader puts in place.

mod copy;
mod filter;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use strata_compat::ids::{Offset, Timestamp};
use xxhash_rust::xxh3::xxh3_128;

use super::log_config::LogConfig;
use super::types::SegmentInfo;

/// Memory of one entry of the map: hash, offset, and what the table needs beside.
const ENTRY_BYTES: u64 = 40;

/// What a plan needs to know of a log.
#[derive(Clone, Debug)]
pub struct CleanerInput<'log> {
    /// All segments, oldest first.
    pub segments: &'log [SegmentInfo],
    /// First dirty offset of the last round; `None` before the first.
    pub checkpoint: Option<Offset>,
    /// First offset that may be read.
    pub log_start: Offset,
    /// The next offset to be appended.
    pub log_end: Offset,
    /// Nothing at or above is cleaned: the smaller of last stable offset and recovery point.
    pub stable_end: Offset,
    /// Largest timestamp of the first batch of the first dirty segment, where it is known.
    pub first_dirty_timestamp: Option<Timestamp>,
    /// The options.
    pub config: &'log LogConfig,
    /// This broker's clock.
    pub now: Timestamp,
}

/// What one round would clean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CleanerPlan {
    /// Cleaned up to here before.
    pub first_dirty: Offset,
    /// Nothing from here on is touched.
    pub first_uncleanable: Offset,
    /// Dirty bytes in all bytes below `first_uncleanable`.
    pub dirty_ratio: f64,
    /// Whether `max.compaction.lag.ms` demands it whatever the ratio.
    pub overdue: bool,
}

/// What is to be cleaned; `None` if nothing is, or not yet.
#[must_use]
pub fn cleaner_plan(input: &CleanerInput<'_>) -> Option<CleanerPlan> {
    if !input.config.cleanup_policy.compact {
        return None;
    }
    let first_dirty = input
        .checkpoint
        .filter(|offset| *offset >= input.log_start && *offset <= input.log_end)
        .unwrap_or(input.log_start);
    let lag = input.config.min_compaction_lag_ms.max(0);
    let touchable = |segment: &SegmentInfo| {
        let old = lag == 0 || segment.end_offset <= first_dirty || input.now.ms_since(segment.max_timestamp) >= lag;
        !segment.active && segment.end_offset <= input.stable_end && old
    };
    let cleanable: Vec<&SegmentInfo> = input.segments.iter().take_while(|segment| touchable(segment)).collect();
    let first_uncleanable = cleanable.last()?.end_offset.max(first_dirty);
    let (mut clean, mut dirty) = (0_u64, 0_u64);
    for segment in cleanable {
        if segment.base_offset >= first_dirty || segment.end_offset > first_dirty {
            dirty += segment.bytes;
        } else {
            clean += segment.bytes;
        }
    }
    if dirty == 0 {
        return None;
    }
    let dirty_ratio = ratio(dirty, clean.saturating_add(dirty));
    let overdue = input
        .first_dirty_timestamp
        .is_some_and(|first| first.0 > 0 && input.now.ms_since(first) > input.config.max_compaction_lag_ms);
    let plan = CleanerPlan { first_dirty, first_uncleanable, dirty_ratio, overdue };
    (overdue || dirty_ratio > input.config.min_cleanable_dirty_ratio).then_some(plan)
}

#[expect(clippy::cast_precision_loss, reason = "a ratio of byte counts needs no more than 52 bits")]
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Groups of neighbouring segments that fit one segment together.
#[must_use]
pub fn group_segments(segments: &[SegmentInfo], config: &LogConfig) -> Vec<Vec<SegmentInfo>> {
    let mut groups: Vec<Vec<SegmentInfo>> = Vec::new();
    for segment in segments {
        let fits = groups.last().is_some_and(|group| {
            let bytes: u64 = group.iter().map(|member| member.bytes).sum();
            let reach = group.first().map_or(0, |first| segment.end_offset.0 - first.base_offset.0);
            bytes.saturating_add(segment.bytes) <= u64::from(config.segment_bytes) && reach <= i64::from(i32::MAX)
        });
        match groups.last_mut() {
            Some(group) if fits => group.push(*segment),
            _ => groups.push(vec![*segment]),
        }
    }
    groups
}

/// The newest offset of each key of the dirty range, within a bound of memory.
#[derive(Debug)]
pub struct OffsetMap {
    offsets: HashMap<u128, Offset>,
    entries_max: usize,
    /// Every record below is in the map.
    end: Offset,
}

impl OffsetMap {
    /// An empty map of at most `bytes` bytes that begins at `start`.
    #[must_use]
    pub fn new(bytes: u64, start: Offset) -> Self {
        let entries_max = usize::try_from(bytes / ENTRY_BYTES).unwrap_or(usize::MAX).max(1);
        Self { offsets: HashMap::new(), entries_max, end: start }
    }

    /// Takes a record over; false if the map is full and the record stays outside.
    pub fn put(&mut self, key: &[u8], offset: Offset) -> bool {
        let hash = xxh3_128(key);
        if self.offsets.len() >= self.entries_max && !self.offsets.contains_key(&hash) {
            return false;
        }
        self.offsets.insert(hash, offset);
        self.end = offset.plus(1);
        true
    }

    /// Everything below was read, keys or not.
    pub fn advance_to(&mut self, end: Offset) {
        self.end = self.end.max(end);
    }

    /// Every record below is in the map.
    #[must_use]
    pub const fn end(&self) -> Offset {
        self.end
    }

    /// Whether the record at `offset` is the newest with its key, as far as the map knows.
    #[must_use]
    pub fn is_newest(&self, key: &[u8], offset: Offset) -> bool {
        offset >= self.end || self.offsets.get(&xxh3_128(key)).is_none_or(|newest| offset >= *newest)
    }
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CleanOutcome {
    /// The first dirty offset of the next round.
    pub cleaned_to: Offset,
    /// Bytes of the segments that were read through.
    pub bytes_before: u64,
    /// Bytes that remain of them.
    pub bytes_after: u64,
    /// Segments replaced.
    pub segments_replaced: usize,
}
