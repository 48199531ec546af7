//! The producer states of a log and their snapshots.
//!
//! Owns: when a snapshot and its companion with the five-batch window are written, made durable, loaded and removed. Does not
//! own: the states' rules (`strata-broker-core`), the two files (`producer_files.rs`).
//!
//! A snapshot is a short cut for batches that are here, and all that is left of those that went. One is written without fsync
//! at each roll; it is durable before the recovery point passes it, and before segments below it are let go. A crash leaves
//! it whole, torn or missing: a torn one fails its checksum and is left out, and the older one and the batches after that say
//! the same. One above the recovery point is never believed. Recovery writes the snapshot at the active segment's base anew,
//! so that there always is one from which segments below it may go. Without room on the disk there is none; then producers
//! whose batches go meanwhile are forgotten by a crash.

use std::sync::Arc;

use bytes::Bytes;
use parking_lot::MutexGuard;
use strata_broker_core::producer_state::{ProducerEntry, ProducerStates};
use strata_compat::ids::{Offset, Timestamp};

use super::types::ProducerCut;
use super::{LogState, UnifiedLog};
use crate::log::error::LogError;
use crate::log::log_segment::LogSegment;
use crate::log::producer_files::{ProducerFiles, remove_pair, sync_pair, write_pair, write_pair_durably};
use crate::log::producer_snapshot::encode_snapshot;
use crate::log::producer_window;

impl UnifiedLog {
    /// The producers as they are at the log end.
    #[must_use]
    pub fn producers(&self) -> Vec<ProducerEntry> {
        self.state.lock().producers.entries().cloned().collect()
    }

    /// The high watermark moved: ended transactions below it no longer hold back the last stable offset.
    pub fn handle_high_watermark(&self, high_watermark: Offset) {
        self.state.lock().producers.handle_high_watermark(high_watermark);
    }

    /// The last stable offset under this high watermark.
    #[must_use]
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        self.state.lock().producers.last_stable_offset(high_watermark)
    }

    /// First offset of the oldest transaction that is open or not replicated to its end.
    #[must_use]
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        self.state.lock().producers.first_unstable_offset()
    }

    /// Forgets producers that were idle for `expiration_ms`. Returns how many.
    pub fn expire_producers(&self, now: Timestamp, expiration_ms: i64) -> usize {
        self.state.lock().producers.expire(now, expiration_ms)
    }

    /// Takes over the producers of the last remote segment, as they were at the log end. Durable when it returns: no batches
    /// are here from which they could be replayed.
    pub fn restore_producers(&self, entries: Vec<ProducerEntry>, now: Timestamp) -> Result<(), LogError> {
        let mut state = self.lock_open()?;
        let end = state.offsets.log_end;
        state.producers = ProducerStates::from_entries(entries, end, now);
        write_pair_durably(&self.context.log_dir, &self.identity, end, &state.producers)
    }

    pub(super) fn sync_snapshots(&self, offsets: &[Offset]) -> Result<(), LogError> {
        offsets.iter().try_for_each(|offset| sync_pair(&self.context.log_dir, &self.identity, *offset))
    }

    /// Makes the snapshots durable that stand for segments which are about to go, letting go of the lock meanwhile.
    pub(super) fn keep_producers(&self, state: &mut MutexGuard<'_, LogState>) -> Result<(), LogError> {
        let snapshots = state.unsynced.snapshots.clone();
        if snapshots.is_empty() {
            return Ok(());
        }
        let truncations = state.truncations;
        MutexGuard::unlocked(state, || {
            self.sync_snapshots(&snapshots)?;
            self.context.log_dir.sync_dir(&self.identity.directory)
        })?;
        if state.truncations == truncations {
            state.unsynced.done(0, &snapshots);
        }
        Ok(())
    }

    /// The producers exactly at `cut`, from the nearest snapshot at or below it and the batches after that.
    pub fn producers_at(&self, cut: Offset, now: Timestamp) -> Result<ProducerCut, LogError> {
        let (segments, current, local_start) = {
            let state = self.lock_open()?;
            let current =
                (state.producers.end_offset() == cut || state.offsets.log_end == cut).then(|| state.producers.clone());
            (state.segments.values().cloned().collect::<Vec<_>>(), current, state.offsets.local_start)
        };
        let states = match current {
            Some(states) => states,
            None => {
                ProducerFiles::list(&self.context.log_dir, &self.identity)?.load(&segments, (local_start, cut), now)?
            }
        };
        Ok(ProducerCut {
            snapshot: encode_snapshot(states.entries()),
            window: Bytes::from(producer_window::encode(cut, states.entries())),
        })
    }

    /// Writes both files for the log end; the next flush makes them durable. A log that never held a batch needs none.
    pub(super) fn write_producer_snapshot(&self, state: &mut LogState) -> Result<(), LogError> {
        let end = state.offsets.log_end;
        let is_untouched = end == Offset(0) && state.segments.len() == 1;
        if is_untouched {
            return Ok(());
        }
        write_pair(&self.context.log_dir, &self.identity, end, &state.producers)?;
        state.unsynced.snapshot_written(end);
        state.unsynced.names_changed();
        Ok(())
    }

    /// The snapshot at the base of a segment that left the log goes with it, unless it is the newest.
    pub(super) fn remove_snapshot_of(&self, state: &LogState, base: Offset) -> Result<(), LogError> {
        if state.segments.contains_key(&base) || base == state.offsets.log_end {
            return Ok(());
        }
        remove_pair(&self.context.log_dir, &self.identity, base)
    }

    /// After a cut: snapshots above the log end go, the states are loaded anew. One at the very end tells of the batches
    /// below it, which stay.
    pub(super) fn reload_producers(&self, state: &mut LogState, now: Timestamp) -> Result<(), LogError> {
        let end = state.offsets.log_end;
        let mut files = ProducerFiles::list(&self.context.log_dir, &self.identity)?;
        files.remove_above(end)?;
        state.unsynced.snapshots.retain(|offset| *offset <= end);
        state.unsynced.names_changed();
        let segments: Vec<Arc<LogSegment>> = state.segments.values().cloned().collect();
        let range = (state.offsets.local_start, end);
        state.producers = files.load(&segments, range, now)?;
        Ok(())
    }
}
