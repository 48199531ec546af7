//! Reading a log: batches by offset, records by timestamp, aborted transactions.
//!
//! Owns: which segment or memory answers, and what a reader is told of offsets outside. Does not own: remote segments.
//! Files are read without the log's lock; a truncation meanwhile, or segments that went, make the read begin again.

use std::sync::Arc;

use bytes::Bytes;
use strata_compat::compression::DecompressLimits;
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::record_batch::{BatchHeader, split_batches};
use strata_compat::records;

use super::types::{AbortedTransaction, Access, Lending, LogOffsets, LogRead, ReadRequest, TimestampedOffset};
use super::{UnifiedLog, place};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_segment::{LOG_SUFFIX, LogSegment, SegmentRead};
use crate::log::segment_scan::ADVICE;

/// How often a read begins again when the log is truncated under it.
const ATTEMPTS: usize = 3;

/// What the records of one batch may grow to when they are searched for a timestamp.
const SEARCH_BYTES_MAX: usize = 256 << 20;

impl UnifiedLog {
    /// Whole batches from the one that holds the offset on. Empty if the offset is the log end, or if nothing fits.
    ///
    /// An offset below the local start or above the log end is out of range; a damaged file is an error that names it.
    pub fn read(&self, request: &ReadRequest) -> Result<LogRead, LogError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (segments, truncations) = {
                let state = self.lock_open()?;
                let (start, end) = (state.offsets.local_start, state.offsets.log_end);
                if request.offset < start || request.offset > end {
                    return Err(LogError::out_of_range(format!(
                        "offset {} of {}-{} is outside [{start}, {end}]",
                        request.offset,
                        self.topic(),
                        self.partition().partition
                    )));
                }
                if request.offset >= request.upper_bound.min(end) {
                    return Ok(LogRead { next_offset: request.offset, ..LogRead::default() });
                }
                if let Some(read) = state.tail.read(request) {
                    return Ok(read);
                }
                (state.segments_from(request.offset), state.truncations)
            };
            match self.read_segments(&segments, request) {
                Err(error) if error.kind() != LogErrorKind::Closed && attempt < ATTEMPTS => {
                    let state = self.state.lock();
                    // A segment that was let go meanwhile may be gone from the disk, too.
                    if state.truncations == truncations && request.offset >= state.offsets.local_start {
                        return Err(error);
                    }
                }
                answer => return answer,
            }
        }
    }

    /// As [`Self::read`], if a file holds batches that need not be read before they are sent: sound ones that lie in the page cache,
    /// and enough of them. Where there is anything else, or anything wrong, a read says what.
    #[must_use]
    pub(crate) fn lend(&self, request: &ReadRequest, access: Access) -> Lending {
        self.lend_of_one(request, access).unwrap_or(Lending::Unknown)
    }

    fn lend_of_one(&self, request: &ReadRequest, access: Access) -> Option<Lending> {
        let (segments, truncations) = {
            let state = self.lock_open().ok()?;
            let LogOffsets { local_start, log_end, active_base, .. } = state.offsets;
            if request.offset < local_start || request.offset >= log_end {
                return None;
            }
            // Closed ones may be about to be sealed, which takes a while and keeps their lock.
            if access == Access::AtOnce && request.offset < active_base {
                return None;
            }
            (state.segments_from(request.offset), state.truncations)
        };
        let (segment, from) = match access {
            Access::Waits => holder(&segments, request)?,
            // The one that is appended to, whose end is the log's: it is not asked, as somebody else may have it.
            Access::AtOnce => (segments.last()?, request.offset),
        };
        let lending = segment.lend(&ReadRequest { offset: from, ..*request }, access).ok()?;
        (self.state.lock().truncations == truncations).then_some(lending)
    }

    fn read_segments(&self, segments: &[Arc<LogSegment>], request: &ReadRequest) -> Result<LogRead, LogError> {
        let nothing = LogRead { next_offset: request.offset, ..LogRead::default() };
        let Some((segment, from)) = holder(segments, request) else { return Ok(nothing) };
        let Some(part) = segment.read(from, request.bytes_max, request.upper_bound, request.min_one)? else {
            return Ok(nothing);
        };
        let SegmentRead { bytes, first_base_offset, end_offset, .. } = part.clone();
        let read = self.refuse_wrong_epochs(LogRead {
            bytes: bytes.len(),
            batches: vec![bytes],
            first_base_offset: Some(first_base_offset),
            next_offset: end_offset,
        });
        segment.note_sound(&part, read.as_ref().map_or(0, |read| read.bytes));
        read
    }

    /// No CRC covers the leader epoch of a batch, but the log knows which one each offset has. What comes before a wrong one is
    /// answered.
    fn refuse_wrong_epochs(&self, read: LogRead) -> Result<LogRead, LogError> {
        let Some(bytes) = read.batches.first() else { return Ok(read) };
        let epochs = self.state.lock().epochs.clone();
        let (mut kept, mut next_offset) = (0, read.next_offset);
        for (header, batch) in split_batches(bytes).map_while(Result::ok) {
            let known = epochs.epoch_for(header.base_offset);
            let Some(known) = known.filter(|known| *known != header.leader_epoch) else {
                kept += batch.len();
                next_offset = header.end_offset();
                continue;
            };
            if kept > 0 {
                let batches = vec![bytes.slice(..kept)];
                return Ok(LogRead { batches, bytes: kept, next_offset, ..read });
            }
            let segment = self.state.lock().segments.range(..=header.base_offset).next_back().map(|(base, _)| *base);
            let path = place(&self.identity, segment.unwrap_or(header.base_offset)).file(LOG_SUFFIX);
            return Err(LogError::corrupt_segment(format!(
                "{} is damaged at offset {}: its batch is of leader epoch {} where the log has {known}; {ADVICE}",
                path.display(),
                header.base_offset,
                header.leader_epoch
            )));
        }
        Ok(read)
    }

    /// As [`Self::read`], if memory alone can answer; never touches the disk.
    #[must_use]
    pub fn read_from_memory(&self, request: &ReadRequest) -> Option<LogRead> {
        let state = self.state.lock();
        if state.phase.is_over() || request.offset < state.offsets.local_start || request.offset > state.offsets.log_end
        {
            return None;
        }
        if request.offset >= request.upper_bound.min(state.offsets.log_end) {
            return Some(LogRead { next_offset: request.offset, ..LogRead::default() });
        }
        state.tail.read(request)
    }

    /// The first record at or above the log start and below `upper_bound` whose timestamp is at least `target`.
    pub fn offset_for_timestamp(
        &self,
        target: Timestamp,
        upper_bound: Offset,
    ) -> Result<Option<TimestampedOffset>, LogError> {
        let (segments, start) = {
            let state = self.lock_open()?;
            (state.segments_from(state.offsets.local_start), state.offsets.local_start.max(state.offsets.log_start))
        };
        for segment in segments {
            if segment.base_offset() >= upper_bound {
                break;
            }
            let Some(from) = segment.search_from(target)? else {
                continue;
            };
            let found = find_record(
                &segment,
                from.max(start),
                |record| record.timestamp >= target && record.offset >= start && record.offset < upper_bound,
                |header| header.max_timestamp >= target,
            )?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The record with the largest timestamp, the first of several; `None` if there is none.
    pub fn offset_of_max_timestamp(&self) -> Result<Option<TimestampedOffset>, LogError> {
        let segments = {
            let state = self.lock_open()?;
            state.segments_from(state.offsets.local_start)
        };
        let mut newest: Option<(Arc<LogSegment>, TimestampedOffset)> = None;
        for segment in segments {
            let candidate = segment.max_timestamp();
            let best = newest.as_ref().map_or(Timestamp::NONE, |(_, best)| best.timestamp);
            if candidate.timestamp > best {
                newest = Some((segment, candidate));
            }
        }
        let Some((segment, newest)) = newest else {
            return Ok(None);
        };
        find_record(
            &segment,
            newest.offset,
            |record| record.timestamp >= newest.timestamp,
            |header| header.max_timestamp >= newest.timestamp,
        )
    }

    /// Aborted transactions that overlap `[from, end)`.
    pub fn aborted_transactions(&self, from: Offset, end: Offset) -> Result<Vec<AbortedTransaction>, LogError> {
        let segments = self.lock_open()?.segments_from(from);
        let mut found = Vec::new();
        for segment in segments {
            if segment.collect_aborted(from, end, &mut found)? {
                break;
            }
        }
        Ok(found)
    }
}

/// The segment that holds the first batch asked for, and the offset to ask it for.
fn holder<'log>(segments: &'log [Arc<LogSegment>], request: &ReadRequest) -> Option<(&'log Arc<LogSegment>, Offset)> {
    let asked = segments.iter().take_while(|segment| segment.base_offset() < request.upper_bound);
    asked
        .map(|segment| (segment, request.offset.max(segment.base_offset())))
        .find(|(segment, from)| segment.end_offset() > *from)
}

/// The first record from `from` on that is wanted, in a batch that may hold it.
fn find_record(
    segment: &LogSegment,
    from: Offset,
    wanted: impl Fn(&records::Record) -> bool,
    may_hold: impl Fn(&BatchHeader) -> bool,
) -> Result<Option<TimestampedOffset>, LogError> {
    let mut found = None;
    segment.visit_from(from, |header, batch| {
        if may_hold(header) {
            found = find_in_batch(header, batch, &wanted)?;
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

fn find_in_batch(
    header: &BatchHeader,
    batch: &Bytes,
    wanted: impl Fn(&records::Record) -> bool,
) -> Result<Option<TimestampedOffset>, LogError> {
    let damaged = |error: strata_compat::record_error::RecordError| {
        LogError::corrupt_segment(format!("the batch at offset {}: {error}", header.base_offset))
    };
    for record in records::iterate(batch, DecompressLimits::new(SEARCH_BYTES_MAX)).map_err(damaged)? {
        let record = record.map_err(damaged)?;
        if wanted(&record) {
            return Ok(Some(TimestampedOffset {
                offset: record.offset,
                timestamp: record.timestamp,
                leader_epoch: (header.leader_epoch.0 >= 0).then_some(header.leader_epoch),
            }));
        }
    }
    Ok(None)
}
