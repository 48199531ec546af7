//! Batches that are sent out of the segment's file without being read.
//!
//! Owns: which bytes those are. Does not own: reading them (`read.rs`), sending them.
//!
//! Invariants: a range ends where a batch does and lies in one open file; only bytes that were found sound since this process
//! began are lent (`summed_ranges.rs`), and only what lies in the page cache: all else is read, summed, and noted. Where damage
//! is found, what was noted there is forgotten. See `design/0005-fetches-out-of-files.md`.

use strata_compat::ids::Offset;
use strata_compat::record_batch::{BatchHeader, HEADER_BYTES};
use strata_compat::wire::FileRange;

use super::{LogSegment, SegmentRead};
use crate::file_range;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogFile;
use crate::log::types::{Access, Lending, LogLoan, ReadRequest};

/// What is shorter is copied: finding its end takes as long.
const LOAN_BYTES_MIN: u64 = 64 << 10;

impl LogSegment {
    /// So many bytes of what was just read are sound; what is behind them is not, if anything is.
    pub(crate) fn note_sound(&self, read: &SegmentRead, bytes: usize) {
        let end = read.position.saturating_add(bytes as u64);
        if bytes < read.bytes.len() {
            self.forget_sound_from(end);
        }
        let state = self.state.lock();
        self.summed.lock().note(read.position..end.min(state.size));
    }

    /// Something is damaged at this position: nothing from there on is lent until it was read anew.
    pub(super) fn forget_sound_from(&self, position: u64) {
        let _state = self.state.lock();
        self.summed.lock().forget_from(position);
    }

    /// Where somebody else has the segment, the next one to look finds it again.
    fn forget_at_once_if_damaged(&self, error: &LogError) {
        if error.kind() == LogErrorKind::Corrupt
            && let Some(_state) = self.state.try_lock()
        {
            self.summed.lock().forget_from(0);
        }
    }

    /// Whole batches from the one that holds the request's offset, nearly as many as [`Self::read`] gives. What is unknown at
    /// once may be known to who waits; what is unknown then is read.
    pub(crate) fn lend(&self, request: &ReadRequest, access: Access) -> Result<Lending, LogError> {
        let found = self.find_loan(request, access);
        found.inspect_err(|error| match access {
            Access::Waits => self.forget_if_damaged(error),
            Access::AtOnce => self.forget_at_once_if_damaged(error),
        })
    }

    fn find_loan(&self, request: &ReadRequest, access: Access) -> Result<Lending, LogError> {
        // One file for all of it: the cleaner may put another in its place.
        let file = self.reader_by(access)?;
        let Some(first) = self.locate_in(&file, request.offset, access)? else { return Ok(Lending::Unknown) };
        let first_bytes = first.header.size_bytes() as u64;
        let first_end = first.position.saturating_add(first_bytes);
        let bytes_max = request.bytes_max as u64;
        if first.header.end_offset() > request.upper_bound || (first_bytes > bytes_max && !request.min_one) {
            return Ok(Lending::Nothing);
        }
        let (summed_end, segment_end) = {
            let state = self.state_by(access)?;
            (self.summed.lock().end_from(first.position), state.end_offset)
        };
        let Some(summed_end) = summed_end.filter(|end| *end >= first_end) else { return Ok(Lending::Unknown) };
        let mut offsets_below = segment_end.min(request.upper_bound);
        let mut end = summed_end;
        if request.upper_bound < segment_end {
            match self.locate_in(&file, request.upper_bound, access)? {
                Some(beyond) => end = end.min(beyond.position),
                None => return Ok(Lending::Unknown),
            }
        }
        let room_end = first.position.saturating_add(bytes_max).max(first_end);
        if end > room_end {
            let Some((offset, position)) = self.batch_at_or_before(&file, room_end, access)? else {
                return Ok(Lending::Unknown);
            };
            if position > first_end {
                (end, offsets_below) = (position, offset);
            } else {
                (end, offsets_below) = (first_end, first.header.end_offset());
            }
        }
        let bytes = end.saturating_sub(first.position);
        if bytes < LOAN_BYTES_MIN {
            return Ok(Lending::Unknown);
        }
        let (Some(file), Ok(len)) = (file.sendable(), usize::try_from(bytes)) else { return Ok(Lending::Unknown) };
        let range = FileRange { file, position: first.position, len };
        if !file_range::is_resident(&range) {
            return Ok(Lending::Unknown);
        }
        Ok(Lending::Lent(LogLoan { range, offsets_below }))
    }

    /// The last batch that the index knows to begin at or before `position`: its last offset and where it begins. `None` where
    /// the index knows none, or leads astray: then it is built anew.
    fn batch_at_or_before(
        &self,
        file: &LogFile,
        position: u64,
        access: Access,
    ) -> Result<Option<(Offset, u64)>, LogError> {
        let mut state = self.state_by(access)?;
        let entry = state.indexes(&self.log_dir, self.index_interval_bytes)?.offsets.entry_at(position)?;
        drop(state);
        let Some((last_offset, begins)) = entry else { return Ok(None) };
        let header = access.read_at(file, begins, HEADER_BYTES)?;
        if BatchHeader::parse(&header).is_ok_and(|header| header.last_offset() == last_offset) {
            return Ok(Some((last_offset, begins)));
        }
        let what = format!("position {begins} is not of offset {last_offset}");
        if access == Access::AtOnce {
            return Err(LogError::new(LogErrorKind::Unavailable, what));
        }
        // If it is the batch that is wrong, that finds it.
        self.replace_wrong_indexes(&what);
        Ok(None)
    }
}
