//! The journal of a log directory: one durable write for the appends of all its partitions.
//!
//! Owns: the open group, group commit, which extents are live, what is still needed. Does not own: segment files (the
//! log writes them, `replay.rs` mends them after a crash), recovery points (the log's checkpoints; it tells us of them).
//!
//! ```text
//! append ──> open group (memory, bounded) ──> journal thread: write, flush ──> durable sequence ──> listeners
//!                                               one group in flight; the next begins when it ends
//! ```
//! Invariants:
//! - Sequences are durable in order: when [`Journal::durable_sequence`] is `n`, all entries up to `n` are.
//! - An extent is written again only when every entry in it lies at or below a durable recovery point of its partition,
//!   and the floor in the state file says so.
//! - After the first failed write or flush nothing more becomes durable: the directory is offline.
//!
//! A crash leaves groups of which at most the last is not whole; see `recovery.rs`.

mod block_writer;
pub mod entry;
mod extent;
mod kept;
pub mod recovery;
pub mod replay;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
use strata_compat::ids::TopicIdPartition;

pub use self::entry::{APPEND_ENTRY_OVERHEAD_BYTES, JournalEntry, JournalSequence};
pub use self::recovery::{
    CutReport, JournalRecovery, KnownPartition, RecoveryPoint, RotRange, RotReport, UnclaimedDirectory,
};
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::log_dir::LogDir;

/// Name of the journal's directory in its log directory. It cannot be a partition's: those end in a number.
pub const JOURNAL_DIR: &str = "journal";

const EXTENT_BYTES_MIN: u64 = 64 << 10;
const EXTENT_BYTES_MAX: u64 = 64 << 20;
const FIRST_EXTENT_BYTES_MAX: u64 = 4 << 20;
const BUFFER_BYTES_MIN: usize = 256 << 10;
const BUFFER_BYTES_MAX: usize = 16 << 20;
/// Pressure begins when this part of the limit is in use: one half.
const PRESSURE_DIVISOR: u64 = 2;
/// A waiter looks at least this often whether the directory went offline.
const RECHECK: Duration = Duration::from_millis(100);

/// The options of a journal.
#[derive(Clone, Copy, Debug)]
pub struct JournalConfig {
    /// `strata.log.journal.bytes`: the bound of its extents.
    pub limit_bytes: u64,
    /// Bound of the open group.
    pub buffer_bytes: usize,
    /// Size of an ordinary extent.
    pub extent_bytes: u64,
    /// Size of the first extent; later ones double up to the ordinary size.
    pub first_extent_bytes: u64,
}

impl JournalConfig {
    /// The options that fit a limit.
    #[must_use]
    pub fn for_limit(limit_bytes: u64) -> Self {
        let extent_bytes = (limit_bytes / 8).clamp(EXTENT_BYTES_MIN, EXTENT_BYTES_MAX).next_multiple_of(4096);
        let buffer_bytes = usize::try_from(limit_bytes / 8).unwrap_or(BUFFER_BYTES_MAX);
        Self {
            limit_bytes,
            buffer_bytes: buffer_bytes.clamp(BUFFER_BYTES_MIN, BUFFER_BYTES_MAX),
            extent_bytes,
            first_extent_bytes: extent_bytes.min(FIRST_EXTENT_BYTES_MAX),
        }
    }

    /// Pressure begins when more is in use.
    const fn pressure_bytes(&self) -> u64 {
        self.limit_bytes / PRESSURE_DIVISOR
    }
}

/// Told of each new durable sequence, on the journal's thread: it must not block.
pub type DurableListener = Arc<dyn Fn(JournalSequence) + Send + Sync>;

/// Told that more than half of the bound is in use each time that an extent is taken, on the journal's thread: it must not block.
pub type PressureListener = Arc<dyn Fn() + Send + Sync>;

/// How full the journal is, and what must be flushed to make room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// Bytes of extents that hold entries still needed.
    pub used_bytes: u64,
    /// The bound.
    pub limit_bytes: u64,
    /// Partitions to flush, those with the oldest needed entry first. After their recovery points are durable, tell
    /// [`Journal::recycle`].
    pub flush_first: Vec<TopicIdPartition>,
}

/// What the journal has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalStats {
    /// Durable groups.
    pub groups: u64,
    /// Entries in them.
    pub entries: u64,
    /// Bytes written, with padding.
    pub bytes: u64,
}

/// The first and last entry of a partition that are still needed.
#[derive(Clone, Copy, Debug)]
struct Needed {
    first: JournalSequence,
    last: JournalSequence,
}

/// Why the journal's thread waits instead of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stall {
    /// All extents hold entries that are still needed.
    JournalFull,
    /// There is no room for another extent.
    DiskFull,
}

#[derive(Debug)]
struct Intake {
    open: Vec<JournalEntry>,
    open_bytes: usize,
    reserved_bytes: usize,
    next_sequence: JournalSequence,
    needed: BTreeMap<TopicIdPartition, Needed>,
    stall: Option<Stall>,
    stopping: bool,
    /// The thread has ended; nothing more becomes durable.
    ended: bool,
}

impl Intake {
    fn oldest_needed(&self) -> JournalSequence {
        self.needed.values().map(|needed| needed.first).min().unwrap_or(self.next_sequence)
    }

    fn has_room(&self, bytes: usize, buffer_bytes: usize) -> bool {
        let taken = self.open_bytes.saturating_add(self.reserved_bytes);
        // An entry larger than the whole buffer is admitted alone.
        taken == 0 || taken.saturating_add(bytes) <= buffer_bytes
    }
}

struct Shared {
    dir: Arc<LogDir>,
    config: JournalConfig,
    intake: Mutex<Intake>,
    extents: Mutex<writer::Extents>,
    durable: AtomicU64,
    groups: AtomicU64,
    entries: AtomicU64,
    bytes: AtomicU64,
    listeners: RwLock<Vec<DurableListener>>,
    pressure_listeners: RwLock<Vec<PressureListener>>,
    /// There is something to write, or to stop for.
    work: Condvar,
    /// The open group was taken.
    room: Condvar,
    /// The durable sequence moved, or never will again.
    progress: Condvar,
    /// Extents became free.
    recycled: Condvar,
}

/// The journal of one log directory.
pub struct Journal {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Journal")
            .field("dir", &self.shared.dir.path())
            .field("durable", &self.durable_sequence())
            .finish_non_exhaustive()
    }
}

/// Room in the open group, taken before a segment file is written so that the entry that follows cannot be refused for
/// want of it. Its size is the caller's estimate: entries are not measured by it, and count beside it until it is given back,
/// which is when it is dropped.
#[derive(Debug)]
pub struct JournalPermit<'journal> {
    journal: &'journal Journal,
    bytes: usize,
}

impl JournalPermit<'_> {
    /// Appends an entry for which room was taken, or several that share it.
    ///
    /// # Errors
    /// `Unavailable` if the directory is offline, `Closed`, or `Invalid` if the entry cannot be encoded.
    pub fn append(&self, entry: JournalEntry) -> Result<JournalSequence, LogError> {
        self.journal.check_entry(&entry)?;
        let mut intake = self.journal.open_intake()?;
        Ok(self.journal.push(&mut intake, entry))
    }
}

impl Drop for JournalPermit<'_> {
    fn drop(&mut self) {
        let mut intake = self.journal.shared.intake.lock();
        intake.reserved_bytes = intake.reserved_bytes.saturating_sub(self.bytes);
        self.journal.shared.room.notify_all();
    }
}

impl Journal {
    /// Starts the journal's thread. `last` is the highest sequence used so far, durable or not.
    fn start(
        dir: Arc<LogDir>,
        config: JournalConfig,
        writer: writer::Writer,
        extents: writer::Extents,
        needed: BTreeMap<TopicIdPartition, (JournalSequence, JournalSequence)>,
    ) -> Result<Self, LogError> {
        let last = writer.next_sequence().previous();
        let needed = needed.into_iter().map(|(partition, (first, last))| (partition, Needed { first, last })).collect();
        let shared = Arc::new(Shared {
            dir,
            config,
            intake: Mutex::new(Intake {
                open: Vec::new(),
                open_bytes: 0,
                reserved_bytes: 0,
                next_sequence: last.next(),
                needed,
                stall: None,
                stopping: false,
                ended: false,
            }),
            extents: Mutex::new(extents),
            durable: AtomicU64::new(last.0),
            groups: AtomicU64::new(0),
            entries: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            listeners: RwLock::new(Vec::new()),
            pressure_listeners: RwLock::new(Vec::new()),
            work: Condvar::new(),
            room: Condvar::new(),
            progress: Condvar::new(),
            recycled: Condvar::new(),
        });
        let for_thread = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&for_thread)).map_err(
                |error| LogError::with_source(LogErrorKind::Unavailable, "starting the journal's thread", error),
            )?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Joins the open group, waiting at most `timeout` for room in it.
    ///
    /// # Errors
    /// `Unavailable` because of [`LogErrorReason::JournalFull`], [`LogErrorReason::DiskFull`] or
    /// [`LogErrorReason::DirectoryOffline`]; `Closed`; `Invalid` for an entry that cannot be encoded.
    pub fn append(&self, entry: JournalEntry, timeout: Duration) -> Result<JournalSequence, LogError> {
        self.reserve(entry.encoded_bytes(), timeout)?.append(entry)
    }

    /// Joins the open group if there is room in it now.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn try_append(&self, entry: JournalEntry) -> Result<JournalSequence, LogError> {
        self.append(entry, Duration::ZERO)
    }

    /// Joins the open group whatever its size. For the few small entries (not appends) that must not wait.
    ///
    /// # Errors
    /// `Unavailable` if the directory is offline; `Closed`; `Invalid`.
    pub fn append_control(&self, entry: JournalEntry) -> Result<JournalSequence, LogError> {
        self.check_entry(&entry)?;
        let mut intake = self.open_intake()?;
        Ok(self.push(&mut intake, entry))
    }

    /// As [`Journal::append_control`], and waits at most `timeout` until the entry is durable: for what destroys bytes,
    /// before it touches the file.
    ///
    /// # Errors
    /// As [`Journal::append_control`] and [`Journal::wait_durable`].
    pub fn append_durably(&self, entry: JournalEntry, timeout: Duration) -> Result<JournalSequence, LogError> {
        let sequence = self.append_control(entry)?;
        self.wait_durable(sequence, timeout)?;
        Ok(sequence)
    }

    /// Takes room for an entry of `bytes` ([`JournalEntry::encoded_bytes`]), waiting at most `timeout` for it.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn reserve(&self, bytes: usize, timeout: Duration) -> Result<JournalPermit<'_>, LogError> {
        let deadline = Instant::now() + timeout;
        let mut intake = self.open_intake()?;
        while !intake.has_room(bytes, self.shared.config.buffer_bytes) {
            let now = Instant::now();
            if now >= deadline {
                return Err(self.full_error(intake.stall));
            }
            self.shared.room.wait_until(&mut intake, deadline.min(now + RECHECK));
            self.check_intake(&intake)?;
        }
        intake.reserved_bytes = intake.reserved_bytes.saturating_add(bytes);
        drop(intake);
        Ok(JournalPermit { journal: self, bytes })
    }

    /// Waits at most `timeout` until an entry of `bytes` would be taken.
    ///
    /// # Errors
    /// As [`Journal::append`].
    pub fn wait_for_space(&self, bytes: usize, timeout: Duration) -> Result<(), LogError> {
        self.reserve(bytes, timeout).map(drop)
    }

    /// The sequence up to which all entries are durable.
    #[must_use]
    pub fn durable_sequence(&self) -> JournalSequence {
        JournalSequence(self.shared.durable.load(Ordering::Acquire))
    }

    /// The sequence of the newest entry, durable or not.
    ///
    /// Read under a log's lock, it is the sequence for that log's recovery point once its files are flushed: its appends are
    /// written to the files before the lock is let go. Not so while a cut or a departure of the log is under way: their
    /// entries come before what they do to the files, and the recovery point stays below them (`unified_log.rs`, `Phase`). A
    /// partition with nothing to flush moves its recovery point's sequence to this, too, so that rot in entries of others
    /// does not throw doubt on it.
    #[must_use]
    pub fn last_sequence(&self) -> JournalSequence {
        self.shared.intake.lock().next_sequence.previous()
    }

    /// Calls `listener` with each new durable sequence, on the journal's thread.
    pub fn on_durable(&self, listener: DurableListener) {
        self.shared.listeners.write().push(listener);
    }

    /// Calls `listener` when [`Journal::pressure`] begins, and each time that an extent is taken under it.
    pub fn on_pressure(&self, listener: PressureListener) {
        self.shared.pressure_listeners.write().push(listener);
    }

    /// Waits until all entries up to `sequence` are durable.
    ///
    /// # Errors
    /// `Unavailable` after `timeout` or if the directory went offline; `Closed`.
    pub fn wait_durable(&self, sequence: JournalSequence, timeout: Duration) -> Result<(), LogError> {
        let deadline = Instant::now() + timeout;
        let mut intake = self.shared.intake.lock();
        while self.durable_sequence() < sequence {
            if intake.ended {
                self.shared.dir.check_online()?;
                return Err(closed());
            }
            if self.shared.progress.wait_until(&mut intake, deadline).timed_out() {
                return Err(LogError::new(
                    LogErrorKind::Unavailable,
                    format!("journal entry {sequence} is not durable after {} ms", timeout.as_millis()),
                ));
            }
        }
        Ok(())
    }

    /// The oldest entry that some partition still needs; the next sequence if none is.
    #[must_use]
    pub fn oldest_needed(&self) -> JournalSequence {
        self.shared.intake.lock().oldest_needed()
    }

    /// Notes durable recovery points: all entries of the partition up to the sequence are in flushed files, flushed
    /// directories included, and the checkpoint that says so is durable. Extents that nobody needs become free.
    pub fn recycle(&self, points: impl IntoIterator<Item = (TopicIdPartition, JournalSequence)>) {
        let mut intake = self.shared.intake.lock();
        for (partition, point) in points {
            let Some(needed) = intake.needed.get_mut(&partition) else {
                continue;
            };
            if needed.last <= point {
                intake.needed.remove(&partition);
            } else {
                needed.first = needed.first.max(point.next());
            }
        }
        let oldest = intake.oldest_needed();
        drop(intake);
        self.free_extents_below(oldest);
    }

    /// The partition has left its name: what was kept of it while it was offline is removed, durably, and no entry of it up
    /// to `sequence` is needed.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn forget(&self, partition: TopicIdPartition, sequence: JournalSequence) -> Result<(), LogError> {
        let dir = &self.shared.dir;
        if kept::remove(dir, partition)? {
            dir.sync_dir(&dir.path().join(JOURNAL_DIR))?;
        }
        self.recycle([(partition, sequence)]);
        Ok(())
    }

    /// The partition is hosted nowhere and has no directory here. What was kept of it while it was offline is removed, durably,
    /// if that cannot be read: nothing can need it. Answers what was wrong with it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn forget_damaged(&self, partition: TopicIdPartition) -> Result<Option<String>, LogError> {
        match kept::visit(&self.shared.dir, partition, &mut |_, _| Ok(())) {
            Err(error) if error.kind() == LogErrorKind::Corrupt => {
                self.forget(partition, JournalSequence::ZERO)?;
                Ok(Some(error.to_string()))
            }
            other => other.map(|()| None),
        }
    }

    /// As [`Journal::recycle`], for all partitions: no entry below `sequence` is needed.
    pub fn recycle_below(&self, sequence: JournalSequence) {
        let mut intake = self.shared.intake.lock();
        intake.needed.retain(|_, needed| {
            needed.first = needed.first.max(sequence);
            needed.last >= sequence
        });
        let oldest = intake.oldest_needed();
        drop(intake);
        self.free_extents_below(oldest);
    }

    fn free_extents_below(&self, oldest: JournalSequence) {
        let mut extents = self.shared.extents.lock();
        if extents.free_below(oldest) {
            self.shared.recycled.notify_all();
        }
    }

    /// What to flush first, if more than half of the bound is in use.
    #[must_use]
    pub fn pressure(&self) -> Option<Pressure> {
        let (limit_bytes, target) = (self.shared.config.limit_bytes, self.shared.config.pressure_bytes());
        let (used_bytes, flush_up_to) = {
            let extents = self.shared.extents.lock();
            (extents.used_bytes(), extents.last_sequence_above(target))
        };
        if used_bytes <= target {
            return None;
        }
        let intake = self.shared.intake.lock();
        let mut oldest: Vec<_> = intake
            .needed
            .iter()
            .filter(|(_, needed)| needed.first <= flush_up_to)
            .map(|(partition, needed)| (needed.first, *partition))
            .collect();
        drop(intake);
        oldest.sort_unstable();
        let flush_first = oldest.into_iter().map(|(_, partition)| partition).collect();
        Some(Pressure { used_bytes, limit_bytes, flush_first })
    }

    /// Figures since the start.
    #[must_use]
    pub fn stats(&self) -> JournalStats {
        JournalStats {
            groups: self.shared.groups.load(Ordering::Relaxed),
            entries: self.shared.entries.load(Ordering::Relaxed),
            bytes: self.shared.bytes.load(Ordering::Relaxed),
        }
    }

    /// Writes the open group, if it can be written without waiting for room, and ends the thread. Later appends are
    /// refused.
    ///
    /// # Errors
    /// `Unavailable` if entries were left that are not durable.
    pub fn close(&self) -> Result<(), LogError> {
        self.stop();
        let last = self.last_sequence();
        if self.durable_sequence() >= last {
            return Ok(());
        }
        self.shared.dir.check_online()?;
        Err(self.full_error(self.shared.intake.lock().stall))
    }

    fn stop(&self) {
        {
            let mut intake = self.shared.intake.lock();
            intake.stopping = true;
            self.shared.work.notify_all();
            self.shared.room.notify_all();
        }
        {
            // Under its lock, so that the thread is not between its look at `stopping` and its wait.
            let _extents = self.shared.extents.lock();
            self.shared.recycled.notify_all();
        }
        let thread = self.thread.lock().take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            self.shared.dir.set_offline("the journal's thread panicked");
            self.shared.end();
        }
    }

    fn check_entry(&self, entry: &JournalEntry) -> Result<(), LogError> {
        self.shared.dir.check_online()?;
        entry.check()
    }

    fn open_intake(&self) -> Result<MutexGuard<'_, Intake>, LogError> {
        self.shared.dir.check_online()?;
        let intake = self.shared.intake.lock();
        self.check_intake(&intake)?;
        Ok(intake)
    }

    fn check_intake(&self, intake: &Intake) -> Result<(), LogError> {
        self.shared.dir.check_online()?;
        if intake.stopping || intake.ended { Err(closed()) } else { Ok(()) }
    }

    fn push(&self, intake: &mut Intake, entry: JournalEntry) -> JournalSequence {
        let sequence = intake.next_sequence;
        intake.next_sequence = sequence.next();
        intake
            .needed
            .entry(entry.partition())
            .and_modify(|needed| needed.last = sequence)
            .or_insert(Needed { first: sequence, last: sequence });
        intake.open_bytes = intake.open_bytes.saturating_add(entry.encoded_bytes());
        intake.open.push(entry);
        if intake.open.len() == 1 {
            self.shared.work.notify_all();
        }
        sequence
    }

    fn full_error(&self, stall: Option<Stall>) -> LogError {
        let (reason, why) = match stall {
            Some(Stall::DiskFull) => (LogErrorReason::DiskFull, "there is no room for another extent"),
            Some(Stall::JournalFull) => {
                (LogErrorReason::JournalFull, "its extents wait for segment files to be flushed")
            }
            None => (LogErrorReason::JournalFull, "the open group is full"),
        };
        let path = self.shared.dir.path().display();
        LogError::new(LogErrorKind::Unavailable, format!("journal of {path}: {why}")).because(reason)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Nothing more becomes durable; whoever waits is told.
    fn end(&self) {
        let mut intake = self.intake.lock();
        intake.ended = true;
        intake.open.clear();
        intake.open_bytes = 0;
        self.room.notify_all();
        self.progress.notify_all();
    }
}

fn closed() -> LogError {
    LogError::new(LogErrorKind::Closed, "the journal is closed")
}
