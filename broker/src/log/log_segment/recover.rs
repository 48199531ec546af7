//! Building a segment's indexes anew from its data file, batch by batch with CRC.
//!
//! Owns: what counts as a whole batch in the right place. Does not own: what happens to the bytes after it. The indexes stay in
//! memory: those of the segment that is appended to are written when it is flushed, of a closed one when it is sealed.

use std::fs;

use strata_compat::ids::{LeaderEpoch, Offset};
use strata_compat::record_batch::BatchHeader;

use super::{LOG_SUFFIX, LogSegment, SegmentContext, SegmentPlace, State};
use crate::log::error::LogError;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::segment_scan::{BatchScanner, Scanned};

/// Where a file stops being a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Byte position.
    pub(crate) position: u64,
    /// Bytes from there to the end of the file.
    pub(crate) bytes: u64,
    /// What is wrong.
    pub(crate) reason: String,
}

/// A segment whose indexes were built anew over its whole batches.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) segment: LogSegment,
    pub(crate) damage: Option<Damage>,
    /// The first batch of each epoch in the file.
    pub(crate) epochs: Vec<(LeaderEpoch, Offset)>,
}

/// What must hold of the batches beyond their CRC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Continuity {
    /// Offsets may be missing between batches (a compacted log).
    pub(crate) gaps: bool,
    /// From here on offsets must follow each other, where `gaps` is not set.
    pub(crate) contiguous_from: Offset,
}

impl LogSegment {
    /// Reads the whole file; the segment holds what comes before the first damage.
    pub(crate) fn recover(
        place: SegmentPlace,
        context: &SegmentContext,
        continuity: Continuity,
    ) -> Result<Recovered, LogError> {
        let path = place.file(LOG_SUFFIX);
        let file = context.log_dir.open_file(&path, OpenMode::Read)?;
        let size = file.len()?;
        let mut state = State::new(place);
        if let Ok(metadata) = fs::metadata(&path) {
            state.last_append = super::millis(metadata.modified());
            state.first_append = super::millis(metadata.created()).or(state.last_append);
        }
        let (log_dir, interval) = (&context.log_dir, u64::from(context.index_interval_bytes));
        if size > 0 {
            // Whatever the files say: they are built anew.
            state.indexes(log_dir, interval)?;
        }
        let mut scanner = BatchScanner::new(&file, &path, 0, size).checking_crc();
        let mut epochs: Vec<(LeaderEpoch, Offset)> = Vec::new();
        let mut damage = None;
        let damaged = |position: u64, reason: String| Some(Damage { position, bytes: size - position, reason });
        loop {
            match scanner.step()? {
                Scanned::End => break,
                Scanned::Damaged { position, reason } => {
                    damage = damaged(position, reason);
                    break;
                }
                Scanned::Batch { position, header, bytes } => {
                    let newest = epochs.last().map_or(LeaderEpoch::NONE, |(epoch, _)| *epoch);
                    if let Some(reason) = out_of_place(&header, &state, newest, continuity) {
                        damage = damaged(position, reason);
                        break;
                    }
                    if header.leader_epoch > newest {
                        epochs.push((header.leader_epoch, header.base_offset));
                    }
                    let batch_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    state.note_batch(&header, batch_bytes, (log_dir, interval))?;
                }
            }
        }
        Ok(Recovered { segment: Self::with_state(state, context), damage, epochs })
    }

    /// Cuts the file after what [`LogSegment::recover`] found whole. It is fsynced where that cuts anything, and where not all
    /// that it holds `is_durable`.
    pub(crate) fn settle(&self, is_durable: bool) -> Result<(), LogError> {
        let state = self.state.lock();
        let file = state.open_for_write(&self.log_dir)?;
        let is_cut = file.len()? > state.size;
        if is_cut {
            file.set_len(state.size)?;
        }
        if is_cut || !is_durable { file.sync_all() } else { Ok(()) }
    }

    /// Makes the indexes of a closed segment durable that were built anew.
    pub(crate) fn seal(&self) -> Result<(), LogError> {
        self.state.lock().seal(&self.log_dir)
    }
}

fn out_of_place(header: &BatchHeader, state: &State, newest: LeaderEpoch, continuity: Continuity) -> Option<String> {
    let expected = state.end_offset;
    let gap = header.base_offset > expected && state.size > 0;
    if header.base_offset < expected {
        Some(format!("a batch at offset {} where {expected} is next", header.base_offset))
    } else if gap && !continuity.gaps && expected >= continuity.contiguous_from {
        Some(format!("offsets {expected} to {} are missing", header.base_offset.previous()))
    } else if header.leader_epoch < newest && header.leader_epoch.0 >= 0 {
        Some(format!("epoch {} after epoch {newest}", header.leader_epoch))
    } else {
        None
    }
}
