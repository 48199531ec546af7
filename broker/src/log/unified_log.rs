//! One partition's log on this broker: segment files, epochs and producers, in one space of offsets.
//!
//! Owns: the segments, which one is appended to, log start, local start, log end, recovery point and durable end, the leader
//! epochs and producer states of these offsets, the hot tail in memory. Does not own: the high watermark, who leads, remote
//! segments, when a flush or retention is due. The files: `unified_log/{append,flush,read,retention,truncation,producers}.rs`.
//!
//! ```text
//! log start ≤ local start ≤ log end, recovery point ≤ durable end ≤ log end    (log start < local start only in a tiered log)
//! ```
//! Invariants: there is always an active segment, the last; offsets ascend over all segments; a call that answers an error
//! has appended nothing. A crash leaves segment files that may end torn above the recovery point; with the journal all below
//! the durable end is written again (`log_loader.rs`).

mod append;
mod epoch_files;
mod flush;
mod producers;
mod read;
pub mod retention;
mod swap;
mod tail;
mod truncation;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use strata_broker_core::internal_topics::is_internal;
use strata_broker_core::leader_epoch::LeaderEpochCache;
use strata_broker_core::producer_state::ProducerStates;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition};

pub use self::append::AppendRoom;
use self::epoch_files::EpochFiles;
pub(crate) use self::flush::flush_together;
use self::tail::Tail;
pub use self::tail::TailBudget;
use self::types::{LogOffsets, SegmentInfo};
use super::checkpoint::RecoveryPoint;
use super::durable_tracker::{AwaitsJournal, DurableTracker};
use super::error::{LogError, LogErrorKind};
use super::file_handles::FileHandles;
use super::journal::{Journal, JournalEntry, JournalSequence};
use super::log_config::LogConfig;
use super::log_dir::LogDir;
use super::log_segment::{LogSegment, SegmentContext, SegmentPlace};
pub use super::types::{self, LogIdentity};
use crate::crash_point::{CrashPoint, hit};

/// How long something that destroys bytes waits for its journal entry.
pub(super) const JOURNAL_DURABLE_WAIT: Duration = Duration::from_secs(10);

/// What the logs of one directory share.
#[derive(Clone, Debug)]
pub struct LogContext {
    /// The directory.
    pub log_dir: Arc<LogDir>,
    /// Its journal; `None` with durability `os`.
    pub journal: Option<Arc<Journal>>,
    /// Memory for hot tails.
    pub tail_budget: Arc<TailBudget>,
    /// Which logs wait for the journal.
    pub tracker: Arc<DurableTracker>,
    /// Open files of idle segments.
    pub(crate) handles: Arc<FileHandles>,
}

impl LogContext {
    /// What the logs of `log_dir` share.
    #[must_use]
    pub fn new(
        log_dir: Arc<LogDir>,
        journal: Option<Arc<Journal>>,
        tail_budget: Arc<TailBudget>,
        idle_files_max: usize,
    ) -> Self {
        Self {
            log_dir,
            journal,
            tail_budget,
            tracker: Arc::new(DurableTracker::default()),
            handles: Arc::new(FileHandles::new(idle_files_max)),
        }
    }
}

/// A segment that is renamed and waits for its removal.
#[derive(Debug)]
struct Doomed {
    segment: Arc<LogSegment>,
    due: Timestamp,
}

#[derive(Debug)]
pub(crate) struct LogState {
    config: Arc<LogConfig>,
    segments: BTreeMap<Offset, Arc<LogSegment>>,
    /// What an unfinished cut took out of the log, oldest first: its files may still be there, and the next cut removes them.
    cut_off: Vec<Arc<LogSegment>>,
    offsets: LogOffsets,
    epochs: LeaderEpochCache,
    epoch_files: EpochFiles,
    producers: ProducerStates,
    tail: Tail,
    sequences: Sequences,
    /// What is taken off `segment.ms` for the active segment.
    jitter_ms: i64,
    doomed: Vec<Doomed>,
    /// Counts truncations, so that what ran without the lock can tell that the log changed under it.
    truncations: u64,
    unsynced: Unsynced,
    phase: Phase,
    /// Closed segments are about to go, or to be replaced, and the lock is free while the journal entry is awaited.
    rearranging: Option<Rearrangement>,
}

/// Where a log stands in the journal.
#[derive(Clone, Copy, Debug)]
struct Sequences {
    /// The newest entry of this log.
    newest: JournalSequence,
    /// Entries up to here are covered by the recovery point.
    recovery: JournalSequence,
    /// The entry of the last move of the log start.
    log_start: JournalSequence,
}

/// What happens to closed segments; one at a time, for the journal's entries are replayed one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rearrangement {
    /// The oldest are let go. A cut may come between: then they stay.
    LettingGo,
    /// A cleaned one takes the place of some. Nothing may come between: replay takes it for done.
    Swapping,
}

/// What a flush has to make durable besides segments. It is noted as done only after it is.
#[derive(Debug, Default)]
struct Unsynced {
    /// Counts changes of names in the log's directory, and how many of them are durable.
    names: u64,
    names_synced: u64,
    /// Snapshots of producers that were written and not fsynced.
    snapshots: Vec<Offset>,
}

impl Unsynced {
    const fn names_changed(&mut self) {
        self.names += 1;
    }

    fn snapshot_written(&mut self, offset: Offset) {
        if !self.snapshots.contains(&offset) {
            self.snapshots.push(offset);
        }
    }

    fn done(&mut self, names: u64, snapshots: &[Offset]) {
        self.names_synced = self.names_synced.max(names);
        self.snapshots.retain(|offset| !snapshots.contains(offset));
    }
}

/// Whether a log takes appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// A cut waits for its journal entry, or changes the files. A flush meanwhile lets the recovery point go up to this
    /// sequence: the entry comes after it, and must be replayed until the files are cut.
    Cutting(JournalSequence),
    /// A cut was journaled after this sequence and did not come to its end: what follows must begin with another cut.
    CutUnfinished(JournalSequence),
    Closed,
    /// The log is about to leave this place. It is still flushed, so that it does not hold the journal back, but its recovery
    /// point does not pass this sequence: the entry that says that it leaves comes after it and must be replayed until the
    /// directory has its new name. Also a log that was closed in the middle of a cut, which the next start ends.
    Leaving(JournalSequence),
    /// The log has left this place: its recovery point stands still.
    Abandoned,
}

impl Phase {
    const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Leaving(_) | Self::Abandoned)
    }
}

/// What `log_loader.rs` found, from which a log is made.
#[derive(Debug)]
pub(crate) struct LoadedLog {
    pub(crate) segments: BTreeMap<Offset, Arc<LogSegment>>,
    pub(crate) log_start: Offset,
    pub(crate) recovery_point: Offset,
    /// Whether the names of all files are durable already.
    pub(crate) names_durable: bool,
    /// A snapshot of producers that is in place and may not be durable.
    pub(crate) unsynced_snapshot: Option<Offset>,
    pub(crate) last_sequence: JournalSequence,
    pub(crate) epochs: LeaderEpochCache,
    pub(crate) epochs_dirty: bool,
    pub(crate) producers: ProducerStates,
}

/// What is durable. It has a lock of its own, so that who tells of it does not wait for the log's files.
#[derive(Debug)]
struct Durable {
    /// Everything below is on stable storage.
    end: Offset,
    /// Appends that are not durable yet: sequence, and the log end after it.
    waiting: VecDeque<(JournalSequence, Offset)>,
}

impl Durable {
    /// The log ends at `end` now.
    fn truncate_to(&mut self, end: Offset) {
        self.end = self.end.min(end);
        for (_, waiting_end) in &mut self.waiting {
            *waiting_end = (*waiting_end).min(end);
        }
    }

    /// The log begins anew at `offset`: there is nothing that is not durable.
    fn restart_at(&mut self, offset: Offset) {
        self.end = offset;
        self.waiting.clear();
    }
}

/// One partition's log on this broker.
#[derive(Debug)]
pub struct UnifiedLog {
    identity: LogIdentity,
    context: LogContext,
    internal: bool,
    /// Locked before `durable` where both are.
    state: Mutex<LogState>,
    durable: Mutex<Durable>,
}

impl UnifiedLog {
    pub(crate) fn from_loaded(
        identity: LogIdentity,
        context: LogContext,
        config: Arc<LogConfig>,
        loaded: LoadedLog,
    ) -> Result<Self, LogError> {
        let mut segments = loaded.segments;
        if segments.is_empty() {
            let base = loaded.log_start;
            let segment = LogSegment::create(place(&identity, base), &segment_context(&context, &config))?;
            segments.insert(base, Arc::new(segment));
        }
        let (first, active) = match (segments.first_key_value(), segments.last_key_value()) {
            (Some((first, _)), Some((_, active))) => (*first, Arc::clone(active)),
            _ => {
                return Err(LogError::new(LogErrorKind::Internal, "a log without segments"));
            }
        };
        active.activate();
        let log_end = active.end_offset();
        let offsets = LogOffsets {
            log_start: loaded.log_start,
            local_start: first.max(loaded.log_start),
            log_end,
            recovery_point: loaded.recovery_point.min(log_end),
            durable_end: log_end,
            active_base: active.base_offset(),
        };
        let internal = is_internal(&identity.topic);
        let mut epochs = loaded.epochs;
        let epochs_dirty = epochs.truncate_from_end(log_end) || loaded.epochs_dirty;
        let state = LogState {
            jitter_ms: jitter(&config),
            tail: Tail::new(Arc::clone(&context.tail_budget)),
            config,
            segments,
            cut_off: Vec::new(),
            offsets,
            epochs,
            epoch_files: EpochFiles::new(epochs_dirty),
            producers: loaded.producers,
            sequences: Sequences {
                newest: loaded.last_sequence,
                recovery: loaded.last_sequence,
                log_start: JournalSequence::ZERO,
            },
            doomed: Vec::new(),
            truncations: 0,
            unsynced: Unsynced {
                names: u64::from(!loaded.names_durable),
                snapshots: loaded.unsynced_snapshot.into_iter().collect(),
                ..Unsynced::default()
            },
            phase: Phase::Open,
            rearranging: None,
        };
        Ok(Self {
            identity,
            context,
            internal,
            state: Mutex::new(state),
            durable: Mutex::new(Durable { end: log_end, waiting: VecDeque::new() }),
        })
    }

    /// Name of the topic.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.identity.topic
    }

    /// The partition by identity.
    #[must_use]
    pub const fn partition(&self) -> TopicIdPartition {
        self.identity.partition
    }

    /// Its directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.identity.directory
    }

    /// The log directory that it lies in.
    #[must_use]
    pub const fn log_dir(&self) -> &Arc<LogDir> {
        &self.context.log_dir
    }

    /// The options in force.
    #[must_use]
    pub fn config(&self) -> Arc<LogConfig> {
        Arc::clone(&self.state.lock().config)
    }

    /// Takes new options over; the index interval counts from the next segment on.
    pub fn update_config(&self, config: LogConfig) {
        let mut state = self.state.lock();
        state.jitter_ms = jitter(&config);
        state.config = Arc::new(config);
    }

    /// All offsets of the log at one moment.
    #[must_use]
    pub fn offsets(&self) -> LogOffsets {
        let state = self.state.lock();
        LogOffsets { durable_end: self.durable.lock().end, ..state.offsets }
    }

    /// The next offset to be appended.
    #[must_use]
    pub fn log_end_offset(&self) -> Offset {
        self.state.lock().offsets.log_end
    }

    /// First offset that may be read, here or remotely.
    #[must_use]
    pub fn log_start_offset(&self) -> Offset {
        self.state.lock().offsets.log_start
    }

    /// First offset in local files.
    #[must_use]
    pub fn local_start_offset(&self) -> Offset {
        self.state.lock().offsets.local_start
    }

    /// Everything below is on stable storage.
    #[must_use]
    pub fn durable_end_offset(&self) -> Offset {
        self.durable.lock().end
    }

    /// Base offset of the segment that is appended to.
    #[must_use]
    pub fn active_segment_base(&self) -> Offset {
        self.state.lock().offsets.active_base
    }

    /// The newest leader epoch in the log, with its start offset.
    #[must_use]
    pub fn latest_epoch(&self) -> Option<(LeaderEpoch, Offset)> {
        self.state.lock().epochs.latest()
    }

    /// The newest epoch at or below `requested` and the offset at which it ends here; `None` if nothing is known of it.
    #[must_use]
    pub fn end_offset_for_epoch(&self, requested: LeaderEpoch) -> Option<(LeaderEpoch, Offset)> {
        let state = self.state.lock();
        state.epochs.end_offset_for(requested, state.offsets.log_end)
    }

    /// The epoch of the batch at `offset`.
    #[must_use]
    pub fn epoch_for_offset(&self, offset: Offset) -> Option<LeaderEpoch> {
        self.state.lock().epochs.epoch_for(offset)
    }

    /// All leader epochs of the log, oldest first.
    #[must_use]
    pub fn leader_epochs(&self) -> Vec<(LeaderEpoch, Offset)> {
        self.state.lock().epochs.entries().to_vec()
    }

    /// The leader epochs that began below `end`, oldest first.
    #[must_use]
    pub fn leader_epochs_until(&self, end: Offset) -> Vec<(LeaderEpoch, Offset)> {
        self.state.lock().epochs.entries().iter().copied().filter(|(_, start)| *start < end).collect()
    }

    /// Takes over the epochs of a log that begins remotely, as after a restore of a follower from the bucket.
    pub fn restore_leader_epochs(&self, entries: &[(LeaderEpoch, Offset)]) -> Result<(), LogError> {
        let mut state = self.state.lock();
        let own = state.epochs.entries().to_vec();
        state.epochs = LeaderEpochCache::from_entries(entries.iter().copied().chain(own));
        state.epoch_files.note_change(true);
        self.write_epochs(&mut state)
    }

    /// All segments, oldest first.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.state.lock().segments.values().map(|segment| segment.info()).collect()
    }

    /// Bytes of log in local files.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.state.lock().segments.values().map(|segment| segment.size()).sum()
    }

    /// Bytes of log in `[from, end)`, whole batches.
    pub fn bytes_between(&self, from: Offset, end: Offset) -> Result<u64, LogError> {
        if from >= end {
            return Ok(0);
        }
        let segments: Vec<Arc<LogSegment>> = self.state.lock().segments.values().cloned().collect();
        let mut bytes = 0_u64;
        for segment in segments {
            if segment.base_offset() >= end || segment.end_offset() <= from {
                continue;
            }
            let until = segment.position_of(end)?;
            bytes = bytes.saturating_add(until.saturating_sub(segment.position_of(from)?));
        }
        Ok(bytes)
    }

    /// When the oldest batch at or above `from` was appended here, by this broker's clock; never later than the truth.
    #[must_use]
    pub fn oldest_append(&self, from: Offset) -> Option<Timestamp> {
        let state = self.state.lock();
        state
            .segments
            .values()
            .map(|segment| segment.info())
            .find(|info| info.end_offset > from && info.bytes > 0)
            .and_then(|info| info.first_append)
    }

    /// Ends the active segment and begins another; nothing happens while the active one is empty.
    pub fn roll(&self) -> Result<(), LogError> {
        let mut state = self.lock_open()?;
        self.roll_locked(&mut state)
    }

    /// Rolls the active segment if it is older than `segment.ms`. Returns whether it did.
    pub fn roll_if_due(&self, now: Timestamp) -> Result<bool, LogError> {
        let mut state = self.lock_open()?;
        let active = state.active()?;
        let due = active.is_due_to_roll(&state.config, state.jitter_ms, now);
        if due {
            self.roll_locked(&mut state)?;
        }
        Ok(due)
    }

    /// The journal is durable up to `sequence`. Returns the durable end if it moved, and whether more is waiting.
    pub fn handle_durable(&self, sequence: JournalSequence) -> (Option<Offset>, bool) {
        let mut durable = self.durable.lock();
        let mut moved = None;
        while let Some((_, end)) = durable.waiting.front().copied().filter(|(waiting, _)| *waiting <= sequence) {
            durable.waiting.pop_front();
            // A flush of the files may have moved the end already; whoever waits hears of it only from here.
            durable.end = durable.end.max(end);
            moved = Some(durable.end);
        }
        (moved, !durable.waiting.is_empty())
    }

    /// Whether anything was appended since the last flush.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        let state = self.state.lock();
        state.epoch_files.are_dirty() || state.segments.values().any(|segment| segment.is_dirty())
    }

    /// The newest journal entry of this log.
    #[must_use]
    pub fn last_journal_sequence(&self) -> JournalSequence {
        self.state.lock().sequences.newest
    }

    /// Lets go of memory held for tail reads.
    pub fn release_tail(&self) {
        self.state.lock().tail.clear();
    }

    /// Refuses appends from now on: the log is about to leave this place. Flushes go on, so that it does not hold the journal
    /// back until it is abandoned, but no recovery point passes an entry that is written after this.
    pub fn end(&self) {
        let mut state = self.state.lock();
        if !matches!(state.phase, Phase::Leaving(_) | Phase::Abandoned) {
            state.phase = Phase::Leaving(self.sequence_before_cut(&state));
        }
        state.tail.clear();
    }

    /// Up to where all entries of this log are in its files.
    fn sequence_before_cut(&self, state: &LogState) -> JournalSequence {
        match state.phase {
            Phase::Cutting(sequence) | Phase::CutUnfinished(sequence) | Phase::Leaving(sequence) => sequence,
            Phase::Open | Phase::Closed | Phase::Abandoned => self.last_sequence_of_journal(),
        }
    }

    fn last_sequence_of_journal(&self) -> JournalSequence {
        self.context.journal.as_ref().map_or(JournalSequence::ZERO, |journal| journal.last_sequence())
    }

    /// Refuses everything from now on; the files stay as they are. For a log that is deleted or failed.
    pub fn abandon(&self) {
        let mut state = self.state.lock();
        state.phase = Phase::Abandoned;
        state.tail.clear();
    }

    /// Removes renamed files whose delay is over; what fails is tried again. Returns how many segments went.
    pub fn remove_doomed(&self, now: Timestamp) -> Result<usize, LogError> {
        let due: Vec<Doomed> = {
            let mut state = self.state.lock();
            state.doomed.extract_if(.., |doomed| doomed.due <= now).collect()
        };
        let (mut removed, mut first_error) = (0, Ok(()));
        for doomed in due {
            hit(CrashPoint::FileRemoveBefore);
            if let Err(error) = doomed.segment.delete() {
                self.state.lock().doomed.push(doomed);
                first_error = first_error.and(Err(error));
                continue;
            }
            hit(CrashPoint::FileRemoveAfter);
            removed += 1;
        }
        first_error.map(|()| removed)
    }

    fn lock_open(&self) -> Result<MutexGuard<'_, LogState>, LogError> {
        let state = self.state.lock();
        match state.phase {
            Phase::Open => {}
            Phase::Closed | Phase::Leaving(_) | Phase::Abandoned => return Err(self.closed_error()),
            Phase::Cutting(_) | Phase::CutUnfinished(_) => {
                return Err(LogError::new(
                    LogErrorKind::Unavailable,
                    format!("the log of {}-{} is being cut", self.topic(), self.partition().partition),
                ));
            }
        }
        self.context.log_dir.check_online()?;
        Ok(state)
    }

    fn closed_error(&self) -> LogError {
        let message = format!("the log of {}-{} is closed", self.topic(), self.partition().partition);
        LogError::new(LogErrorKind::Closed, message)
    }

    fn roll_locked(&self, state: &mut LogState) -> Result<(), LogError> {
        let active = state.active()?;
        let base = state.offsets.log_end;
        if active.size() == 0 && active.base_offset() == base {
            return Ok(());
        }
        hit(CrashPoint::SealBefore);
        self.write_producer_snapshot(state)?;
        let context = segment_context(&self.context, &state.config);
        hit(CrashPoint::SegmentCreateBefore);
        let segment = LogSegment::create(place(&self.identity, base), &context)?;
        hit(CrashPoint::SegmentCreateAfter);
        active.deactivate(Some(base))?;
        state.segments.insert(base, Arc::new(segment));
        state.offsets.active_base = base;
        state.jitter_ms = jitter(&state.config);
        state.unsynced.names_changed();
        hit(CrashPoint::SealAfter);
        Ok(())
    }

    /// The recovery point as the last flush left it.
    #[must_use]
    pub fn recovery_point(&self) -> RecoveryPoint {
        self.state.lock().recovery_point()
    }

    fn journal(&self, state: &mut LogState, entry: JournalEntry) -> Result<(), LogError> {
        if let Some(journal) = &self.context.journal {
            state.sequences.newest = journal.append_control(entry)?;
        }
        Ok(())
    }

    /// Waits until the newest entry of this log is durable, letting go of the lock meanwhile: a full journal is relieved by
    /// a flush, which needs it.
    fn wait_journaled(&self, state: &mut MutexGuard<'_, LogState>) -> Result<(), LogError> {
        let Some(journal) = &self.context.journal else {
            return Ok(());
        };
        let sequence = state.sequences.newest;
        MutexGuard::unlocked(state, || journal.wait_durable(sequence, JOURNAL_DURABLE_WAIT))
    }

    /// Renames the files of segments that left the log; they are removed after `file.delete.delay.ms`.
    fn doom(&self, state: &mut LogState, segments: Vec<Arc<LogSegment>>, now: Timestamp) -> Result<(), LogError> {
        let due = now.plus_ms(state.config.file_delete_delay_ms);
        for segment in segments {
            segment.change_suffix(super::log_segment::DELETED_SUFFIX)?;
            self.remove_snapshot_of(state, segment.base_offset())?;
            state.doomed.push(Doomed { segment, due });
        }
        state.unsynced.names_changed();
        Ok(())
    }
}

impl AwaitsJournal for UnifiedLog {
    fn partition(&self) -> TopicIdPartition {
        self.identity.partition
    }

    fn handle_durable(&self, sequence: JournalSequence) -> (Option<Offset>, bool) {
        Self::handle_durable(self, sequence)
    }
}

impl LogState {
    const fn recovery_point(&self) -> RecoveryPoint {
        RecoveryPoint {
            offset: self.offsets.recovery_point,
            journal_sequence: self.sequences.recovery.0,
            local_start: self.offsets.local_start,
        }
    }

    fn active(&self) -> Result<Arc<LogSegment>, LogError> {
        self.segments
            .last_key_value()
            .map(|(_, segment)| Arc::clone(segment))
            .ok_or_else(|| LogError::new(LogErrorKind::Internal, "a log without segments"))
    }

    /// The segments that may hold `offset` or more, oldest first.
    fn segments_from(&self, offset: Offset) -> Vec<Arc<LogSegment>> {
        let floor = self.segments.range(..=offset).next_back().map_or(offset, |(base, _)| *base);
        self.segments.range(floor..).map(|(_, segment)| Arc::clone(segment)).collect()
    }
}

pub(crate) fn place(identity: &LogIdentity, base: Offset) -> SegmentPlace {
    SegmentPlace { directory: identity.directory.as_path().into(), base, suffix: "" }
}

pub(crate) fn segment_context(context: &LogContext, config: &LogConfig) -> SegmentContext {
    SegmentContext {
        log_dir: Arc::clone(&context.log_dir),
        handles: Arc::clone(&context.handles),
        index_interval_bytes: config.index_interval_bytes,
    }
}

fn jitter(config: &LogConfig) -> i64 {
    let most = config.segment_jitter_ms.min(config.segment_ms);
    if most <= 0 { 0 } else { rand::random_range(0..most) }
}
