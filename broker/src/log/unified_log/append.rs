//! Appending to a log: as its leader, and as a follower.
//!
//! Owns: offsets and epochs of new batches, the order of checks, roll, file, journal, state. Does not own: the checks of a
//! batch's content (`log_validator.rs`), the wait for room in the journal: whoever appends takes it before, with
//! [`UnifiedLog::take_room`], so that no reader waits for a lock under which an append waits for room.
//!
//! An append either changes nothing and answers an error, or the batches are in the file, the journal's group, the indexes,
//! the epochs, the producers and the tail.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use smallvec::{SmallVec, smallvec};
use strata_broker_core::assert_invariant;
use strata_broker_core::producer_state::{AppendOrigin, SequenceCheck, SequenceError, TransactionMarker};
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::record_batch::{BatchHeader, assign_offset_and_epoch, split_batches, verify_crc};

use super::types::{AppendInfo, LeaderAppend};
use super::{LogState, UnifiedLog};
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::journal::{APPEND_ENTRY_OVERHEAD_BYTES, JournalEntry, JournalPermit};
use crate::log::log_dir::SpaceClass;
use crate::log::log_segment::NextAppend;
use crate::log::offset_index::relative_offset;
use crate::log::producer_batches::{apply_batch, corrupt_batch, parse_marker};

/// A run of batches with their headers, back to back in `bytes`.
struct Run {
    bytes: Bytes,
    headers: SmallVec<[BatchHeader; 1]>,
}

/// Room for an append in the journal's open group, taken before any lock. Given back when dropped.
#[derive(Debug)]
pub struct AppendRoom<'log> {
    /// `None` without a journal.
    permit: Option<JournalPermit<'log>>,
}

impl UnifiedLog {
    /// Takes room for an append of `bytes`, waiting at most `wait` for it. Must not be called under a lock that a reader
    /// takes, nor, with a wait, on a thread that others need.
    pub fn take_room(&self, bytes: usize, wait: Duration) -> Result<AppendRoom<'_>, LogError> {
        let permit = match &self.context.journal {
            Some(journal) => Some(journal.reserve(bytes.saturating_add(APPEND_ENTRY_OVERHEAD_BYTES), wait)?),
            None => None,
        };
        Ok(AppendRoom { permit })
    }

    /// Appends one batch that was validated, at the log end and under the leader's epoch. A batch of an idempotent producer
    /// that is in the log already is answered with its place and not appended again.
    pub fn append_as_leader(
        self: &Arc<Self>,
        batch: Bytes,
        append: LeaderAppend,
        room: &AppendRoom<'_>,
    ) -> Result<AppendInfo, LogError> {
        let mut header = BatchHeader::parse(&batch).map_err(|error| corrupt_batch(&error))?;
        if header.size_bytes() != batch.len() {
            return Err(LogError::invalid(LogErrorReason::InvalidRecord, "one whole batch is appended at a time"));
        }
        let mut state = self.lock_open()?;
        if batch.len() > usize::try_from(state.config.segment_bytes).unwrap_or(usize::MAX) {
            return Err(LogError::invalid(
                LogErrorReason::RecordListTooLarge,
                format!("a batch of {} bytes does not fit a segment of {}", batch.len(), state.config.segment_bytes),
            ));
        }
        if let Some(duplicate) = check_producer(&state, &header, &batch, append.origin)? {
            return Ok(duplicate);
        }
        let base = state.offsets.log_end;
        // Own memory, unless nobody else holds it: the tail must not keep alive the whole frame that it came in.
        let mut owned = batch.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
        assign_offset_and_epoch(&mut owned, base, append.leader_epoch);
        header.base_offset = base;
        header.leader_epoch = append.leader_epoch;
        let run = Run { bytes: owned.freeze(), headers: smallvec![header] };
        let mut info = state.info_before(base);
        self.append_run(&mut state, run, (append.now, room), &mut info)?;
        Ok(info)
    }

    /// Appends the whole batches of a fetch answer as they are. They must continue the log; a partial batch at the end is
    /// left out.
    pub fn append_as_follower(
        self: &Arc<Self>,
        fetched: &Bytes,
        now: Timestamp,
        room: &AppendRoom<'_>,
    ) -> Result<AppendInfo, LogError> {
        let mut state = self.lock_open()?;
        let mut expected = state.offsets.log_end;
        let segment_bytes = usize::try_from(state.config.segment_bytes).unwrap_or(usize::MAX);
        let mut runs: Vec<Run> = Vec::new();
        let mut taken = 0;
        for item in split_batches(fetched) {
            let (header, bytes) = item.map_err(|error| corrupt_batch(&error))?;
            verify_crc(&bytes).map_err(|error| corrupt_batch(&error))?;
            if header.base_offset < expected {
                return Err(LogError::invalid(
                    LogErrorReason::UnexpectedOffset,
                    format!("a batch at offset {} where {expected} is next", header.base_offset),
                ));
            }
            expected = header.end_offset();
            let start = taken;
            taken += bytes.len();
            match runs.last_mut() {
                Some(run) if run.takes(&header, segment_bytes) => {
                    run.bytes = fetched.slice(start - run.bytes.len()..taken);
                    run.headers.push(header);
                }
                _ => runs.push(Run { bytes, headers: smallvec![header] }),
            }
        }
        let first = runs.first().and_then(|run| run.headers.first()).map(|header| header.base_offset);
        let mut info = state.info_before(first.unwrap_or(state.offsets.log_end));
        for run in runs {
            self.append_run(&mut state, run, (now, room), &mut info)?;
        }
        Ok(info)
    }

    fn append_run(
        self: &Arc<Self>,
        state: &mut LogState,
        run: Run,
        at: (Timestamp, &AppendRoom<'_>),
        info: &mut AppendInfo,
    ) -> Result<(), LogError> {
        let (now, _) = at;
        let Some(last) = run.headers.last().copied() else {
            return Ok(());
        };
        let batches = run.headers.iter().map(|header| (header.base_offset, header.end_offset()));
        assert_invariant!(batches_continue_log(state.offsets.log_end, batches));
        let markers =
            run.headers.iter().map(|header| marker_in(header, &run)).collect::<Result<SmallVec<[_; 1]>, _>>()?;
        let bytes = u64::try_from(run.bytes.len()).unwrap_or(u64::MAX);
        let class = if self.internal { SpaceClass::Internal } else { SpaceClass::Client };
        self.context.log_dir.check_space(bytes, class)?;
        let next = NextAppend {
            bytes,
            last_offset: last.last_offset(),
            max_timestamp: run.headers.iter().map(|header| header.max_timestamp).max().unwrap_or(Timestamp::NONE),
            now,
            jitter_ms: state.jitter_ms,
        };
        if state.active()?.should_roll(&state.config, &next) {
            self.roll_locked(state)?;
        }
        self.write_run(state, &run, at, info)?;
        for (header, marker) in run.headers.iter().zip(markers) {
            info.epoch_changed |= state.note_epoch(header);
            self.apply_producer(state, header, marker, now)?;
        }
        let mut at = 0;
        for header in &run.headers {
            let end = at + header.size_bytes();
            state.tail.push(header, run.bytes.slice(at..end));
            at = end;
        }
        info.bytes += bytes;
        info.last_offset = last.last_offset();
        info.log_end = state.offsets.log_end;
        info.max_timestamp = info.max_timestamp.max(next.max_timestamp);
        Ok(())
    }

    /// File and journal together; then the offsets move.
    fn write_run(
        self: &Arc<Self>,
        state: &mut LogState,
        run: &Run,
        at: (Timestamp, &AppendRoom<'_>),
        info: &mut AppendInfo,
    ) -> Result<(), LogError> {
        let (now, room) = at;
        let active = state.active()?;
        let mut entry = JournalEntry::Append {
            partition: self.partition(),
            segment_base: active.base_offset(),
            position: 0,
            batch: run.bytes.clone(),
        };
        let end = run.headers.last().map_or(state.offsets.log_end, BatchHeader::end_offset);
        let sequence = active.append(&run.bytes, &run.headers, now, |at| {
            if let JournalEntry::Append { position, .. } = &mut entry {
                *position = at;
            }
            let Some(permit) = &room.permit else {
                return Ok(None);
            };
            // Held until the append stands in the list: the journal's thread may be done with the entry at once.
            let mut durable = self.durable.lock();
            if durable.waiting.is_empty() {
                // Before the entry: a journal that is idle may be done with it before the next line here.
                self.context.tracker.wait(self);
            }
            let sequence = permit.append(entry)?;
            durable.waiting.push_back((sequence, end));
            Ok(Some(sequence))
        })?;
        state.offsets.log_end = end;
        match sequence {
            None => self.durable.lock().end = end,
            Some(sequence) => {
                state.sequences.newest = sequence;
                info.journal_sequence = Some(sequence.0);
            }
        }
        Ok(())
    }

    fn apply_producer(
        &self,
        state: &mut LogState,
        header: &BatchHeader,
        marker: Option<TransactionMarker>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        if let Some(aborted) = apply_batch(&mut state.producers, header, marker, now) {
            state.active()?.append_aborted(aborted)?;
        }
        Ok(())
    }
}

impl Run {
    fn takes(&self, header: &BatchHeader, segment_bytes: usize) -> bool {
        let fits = self.bytes.len().saturating_add(header.size_bytes()) <= segment_bytes;
        let in_reach = self
            .headers
            .first()
            .is_some_and(|first| relative_offset(first.base_offset, header.last_offset()).is_some());
        fits && in_reach
    }
}

impl LogState {
    fn info_before(&self, first_offset: Offset) -> AppendInfo {
        AppendInfo {
            first_offset,
            last_offset: first_offset.previous(),
            log_end: self.offsets.log_end,
            log_start: self.offsets.log_start,
            max_timestamp: Timestamp::NONE,
            journal_sequence: None,
            duplicate: false,
            epoch_changed: false,
            bytes: 0,
        }
    }

    fn note_epoch(&mut self, header: &BatchHeader) -> bool {
        let newer = self.epochs.latest().is_none_or(|(latest, _)| header.leader_epoch > latest);
        let changed =
            newer && header.leader_epoch.0 >= 0 && self.epochs.assign(header.leader_epoch, header.base_offset);
        self.epoch_files.note_change(changed);
        changed
    }
}

fn check_producer(
    state: &LogState,
    header: &BatchHeader,
    batch: &Bytes,
    origin: AppendOrigin,
) -> Result<Option<AppendInfo>, LogError> {
    if header.is_control() {
        if let Some(marker) = parse_marker(header, batch)? {
            state.producers.check_marker(header, marker, origin).map_err(sequence_error)?;
        }
        return Ok(None);
    }
    match state.producers.check(header, origin).map_err(sequence_error)? {
        SequenceCheck::New => Ok(None),
        SequenceCheck::Duplicate { first_offset, last_offset, timestamp } => Ok(Some(AppendInfo {
            last_offset,
            max_timestamp: timestamp,
            duplicate: true,
            ..state.info_before(first_offset)
        })),
    }
}

fn marker_in(header: &BatchHeader, run: &Run) -> Result<Option<TransactionMarker>, LogError> {
    if !header.is_control() {
        return Ok(None);
    }
    let before: usize = run
        .headers
        .iter()
        .take_while(|earlier| earlier.base_offset < header.base_offset)
        .map(BatchHeader::size_bytes)
        .sum();
    parse_marker(header, &run.bytes.slice(before..before + header.size_bytes()))
}

fn sequence_error(error: SequenceError) -> LogError {
    let (kind, reason) = match error {
        SequenceError::OutOfOrder { .. } => (LogErrorKind::Invalid, LogErrorReason::OutOfOrderSequence),
        SequenceError::OldEpoch { .. } => (LogErrorKind::Fenced, LogErrorReason::InvalidProducerEpoch),
        SequenceError::TransactionOpen { .. } => (LogErrorKind::Invalid, LogErrorReason::InvalidTransactionState),
        SequenceError::CoordinatorFenced { .. } => (LogErrorKind::Fenced, LogErrorReason::CoordinatorFenced),
    };
    LogError::new(kind, error.to_string()).because(reason)
}
