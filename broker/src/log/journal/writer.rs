//! The journal's thread: takes the open group, writes it, flushes it, tells those who wait; and the extents it uses.
//!
//! Owns: the order of write, flush and publication; the choice of the next extent. Does not own: what is needed
//! (`journal.rs`).
//!
//! A crash leaves the group in flight, whole or not; an extent that is not yet all zeros, which holds no group.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use strata_compat::ids::Uuid;

use super::block_writer::BlockWriter;
use super::entry::{JournalEntry, JournalSequence};
use super::extent::{self, ChainEnd, EncodedGroup, HEADER_BYTES, JournalState, whole_blocks};
use super::{JOURNAL_DIR, JournalConfig, Shared, Stall};
use crate::crash_point::{self, CrashPoint};
use crate::log::error::{LogError, LogErrorReason};
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_dir::{LogDir, LogFile};

/// A disk that was full is tried again after this long.
const RETRY: Duration = Duration::from_millis(100);

/// One extent file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) number: u32,
    pub(super) bytes: u64,
    /// First and last entry that it holds; `None` when it holds none.
    pub(super) range: Option<(JournalSequence, JournalSequence)>,
}

/// All extents: live ones in the order of time, the one being written last, and free ones.
#[derive(Debug, Default)]
pub(super) struct Extents {
    pub(super) live: VecDeque<Extent>,
    pub(super) free: Vec<Extent>,
    /// Kept as evidence of rot, and for the partitions that are offline for it; not counted against the limit.
    pub(super) pinned: Vec<Extent>,
    /// Whether the last of `live` is being written.
    pub(super) has_active: bool,
}

/// Where the next group goes if the active extent is full.
enum Choice {
    /// Write this free extent again.
    Reuse(Extent),
    /// Remove these free extents, then create one of this size under this number.
    Create { remove: Vec<Extent>, number: u32, bytes: u64 },
    /// There is no room within the limit.
    Full,
}

impl Extents {
    /// Frees extents that hold only entries below `oldest`; whether there were any.
    pub(super) fn free_below(&mut self, oldest: JournalSequence) -> bool {
        let mut freed = false;
        while let Some(first) = self.live.front() {
            let is_active = self.has_active && self.live.len() == 1;
            if is_active || first.range.is_some_and(|(_, last)| last >= oldest) {
                break;
            }
            self.free.extend(self.live.pop_front().map(|extent| Extent { range: None, ..extent }));
            freed = true;
        }
        freed
    }

    /// Bytes of live extents.
    pub(super) fn used_bytes(&self) -> u64 {
        self.live.iter().map(|extent| extent.bytes).sum()
    }

    /// The last sequence of the extents that must go for `target` bytes to be in use.
    pub(super) fn last_sequence_above(&self, target: u64) -> JournalSequence {
        let mut used = self.used_bytes();
        let mut last = JournalSequence::ZERO;
        for extent in &self.live {
            if used <= target {
                break;
            }
            used = used.saturating_sub(extent.bytes);
            last = extent.range.map_or(last, |(_, end)| end);
        }
        last
    }

    fn choose(&mut self, group_bytes: u64, config: &JournalConfig) -> Choice {
        if let Some(index) = self.free.iter().position(|extent| extent.bytes >= group_bytes) {
            return Choice::Reuse(self.free.swap_remove(index));
        }
        let used = self.used_bytes();
        let free: u64 = self.free.iter().map(|extent| extent.bytes).sum();
        let doubled = (used + free).clamp(config.first_extent_bytes, config.extent_bytes);
        let wanted = doubled.max(group_bytes);
        // A group larger than the whole limit is admitted alone.
        let fits = |bytes: u64| used + bytes <= config.limit_bytes || used == 0;
        let bytes = if fits(wanted) { wanted } else { group_bytes };
        if !fits(bytes) {
            return Choice::Full;
        }
        let mut remove = Vec::new();
        let mut total = used + free + bytes;
        while total > config.limit_bytes {
            let Some(extent) = self.free.pop() else { break };
            total -= extent.bytes;
            remove.push(extent);
        }
        let numbers = self.live.iter().chain(&self.free).chain(&self.pinned).chain(&remove);
        let number = numbers.map(|extent| extent.number).max().map_or(0, |number| number.saturating_add(1));
        Choice::Create { remove, number, bytes }
    }

    fn oldest_pinned(&self) -> Option<JournalSequence> {
        self.pinned.iter().filter_map(|extent| extent.range.map(|(first, _)| first)).min()
    }
}

#[derive(Debug)]
struct Active {
    file: LogFile,
    position: u64,
    bytes: u64,
}

/// What the thread alone holds.
#[derive(Debug)]
pub(super) struct Writer {
    dir: Arc<LogDir>,
    state: JournalState,
    active: Option<Active>,
    generation: u64,
    before: ChainEnd,
    next_sequence: JournalSequence,
    blocks: BlockWriter,
}

impl Writer {
    /// Goes on after `before` with a generation above `generation`; `next_sequence` may lie further on.
    pub(super) fn new(
        dir: Arc<LogDir>,
        state: JournalState,
        generation: u64,
        before: ChainEnd,
        next_sequence: JournalSequence,
    ) -> Self {
        Self { dir, state, active: None, generation, before, next_sequence, blocks: BlockWriter::new() }
    }

    pub(super) const fn next_sequence(&self) -> JournalSequence {
        self.next_sequence
    }

    pub(super) fn run(mut self, shared: &Shared) {
        while let Some(entries) = take_group(shared) {
            if let Err(error) = self.write_all(shared, &entries) {
                // The first failed write has already taken the directory offline; anything else that ends the journal
                // must do so, too, for nothing would become durable any more.
                if !is_stopping(shared) {
                    self.dir.set_offline(format!("the journal ended: {error}"));
                }
                break;
            }
        }
        shared.end();
    }

    fn write_all(&mut self, shared: &Shared, entries: &[JournalEntry]) -> Result<(), LogError> {
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let needed = extent::size(whole_blocks(HEADER_BYTES + first.encoded_bytes()));
            let room = self.active.as_ref().map_or(0, |active| active.bytes - active.position);
            if room < needed {
                self.next_extent(shared, needed)?;
                continue;
            }
            let (group, later) = rest.split_at(fitting(rest, room));
            self.write_group(shared, group)?;
            rest = later;
        }
        Ok(())
    }

    fn write_group(&mut self, shared: &Shared, entries: &[JournalEntry]) -> Result<(), LogError> {
        let group = EncodedGroup::new(entries, self.state.journal_id, self.generation, self.next_sequence, self.before);
        let last = group.header.last_sequence();
        let Some(active) = &mut self.active else {
            return Ok(());
        };
        // Before the write, so that the extent cannot be taken for free while it is going on.
        if let Some(extent) = shared.extents.lock().live.back_mut() {
            extent.range = Some((extent.range.map_or(group.header.first_sequence, |(first, _)| first), last));
        }
        crash_point::hit(CrashPoint::JournalWriteBefore);
        loop {
            match group.write(&mut self.blocks, &active.file, active.position).and_then(|()| active.file.sync_data()) {
                Ok(()) => break,
                // A file system that copies on write may have no room even for what is already there.
                Err(error) if error.reason() == LogErrorReason::DiskFull => {
                    wait_for_room(shared, Stall::DiskFull, error)?
                }
                Err(error) => return Err(error),
            }
        }
        crash_point::hit(CrashPoint::JournalWriteAfter);
        active.position += group.header.group_bytes();
        self.before = group.header.end();
        self.next_sequence = last.next();
        shared.groups.fetch_add(1, Ordering::Relaxed);
        shared.entries.fetch_add(u64::from(group.header.entries), Ordering::Relaxed);
        shared.bytes.fetch_add(group.header.group_bytes(), Ordering::Relaxed);
        publish(shared, last);
        Ok(())
    }

    /// Makes an extent active that has room for a group of `group_bytes`.
    fn next_extent(&mut self, shared: &Shared, group_bytes: u64) -> Result<(), LogError> {
        crash_point::hit(CrashPoint::ExtentBefore);
        self.active = None;
        shared.extents.lock().has_active = false;
        loop {
            // What was recycled while the extent was active has not freed it.
            let oldest = shared.intake.lock().oldest_needed().min(self.next_sequence);
            let choice = {
                let mut extents = shared.extents.lock();
                extents.free_below(oldest);
                extents.choose(group_bytes, &shared.config)
            };
            let prepared = match choice {
                Choice::Full => {
                    let full = LogError::new(crate::log::error::LogErrorKind::Unavailable, "the journal is full")
                        .because(LogErrorReason::JournalFull);
                    wait_for_room(shared, Stall::JournalFull, full)?;
                    continue;
                }
                Choice::Reuse(extent) => self.reuse(shared, extent).map_err(|error| (error, Some(extent))),
                Choice::Create { remove, number, bytes } => {
                    self.create(shared, &remove, number, bytes).map_err(|error| (error, None))
                }
            };
            match prepared {
                Ok((extent, file)) => {
                    let mut extents = shared.extents.lock();
                    extents.live.push_back(extent);
                    extents.has_active = true;
                    let is_pressed = extents.used_bytes() > shared.config.pressure_bytes();
                    drop(extents);
                    shared.intake.lock().stall = None;
                    if is_pressed {
                        tell_of_pressure(shared);
                    }
                    self.generation += 1;
                    self.active = Some(Active { file, position: 0, bytes: extent.bytes });
                    crash_point::hit(CrashPoint::ExtentAfter);
                    return Ok(());
                }
                Err((error, extent)) if error.reason() == LogErrorReason::DiskFull => {
                    shared.extents.lock().free.extend(extent);
                    wait_for_room(shared, Stall::DiskFull, error)?;
                }
                Err((error, _)) => return Err(error),
            }
        }
    }

    /// Notes durably that free extents need not be found again, before the first of them goes: what is missing above the
    /// floor is taken for lost.
    fn raise_floor(&mut self, shared: &Shared) -> Result<(), LogError> {
        // Asked for anew: it is at least what it was when this extent became free.
        let oldest = shared.intake.lock().oldest_needed().min(self.next_sequence);
        let journal_dir = self.dir.path().join(JOURNAL_DIR);
        let floor = shared.extents.lock().oldest_pinned().map_or(oldest, |pinned| pinned.min(oldest));
        if floor > self.state.floor {
            let state = JournalState { floor, ..self.state };
            state.store(&self.dir, &journal_dir)?;
            self.state = state;
        }
        Ok(())
    }

    fn reuse(&mut self, shared: &Shared, extent: Extent) -> Result<(Extent, LogFile), LogError> {
        self.raise_floor(shared)?;
        let path = extent::extent_path(&self.dir.path().join(JOURNAL_DIR), extent.number);
        Ok((extent, self.open_blocks(&path)?))
    }

    fn create(
        &mut self,
        shared: &Shared,
        remove: &[Extent],
        number: u32,
        bytes: u64,
    ) -> Result<(Extent, LogFile), LogError> {
        if !remove.is_empty() {
            self.raise_floor(shared)?;
        }
        let journal_dir = self.dir.path().join(JOURNAL_DIR);
        for extent in remove {
            self.dir.remove_file(&extent::extent_path(&journal_dir, extent.number))?;
        }
        let path = extent::extent_path(&journal_dir, number);
        let file = self.dir.open_file(&path, OpenMode::Create)?;
        if let Err(error) = file.set_len(0).and_then(|()| extent::write_zeros(&file, bytes)) {
            if self.dir.offline().is_none() {
                self.dir.remove_file(&path)?;
            }
            return Err(error);
        }
        self.dir.sync_dir(&journal_dir)?;
        Ok((Extent { number, bytes, range: None }, self.open_blocks(&path)?))
    }

    fn open_blocks(&self, path: &Path) -> Result<LogFile, LogError> {
        self.dir.open_file(path, OpenMode::Blocks)
    }
}

/// How many entries fit into `room` bytes as one group; at least one.
fn fitting(entries: &[JournalEntry], room: u64) -> usize {
    let mut bytes = extent::size(HEADER_BYTES);
    let mut count = 0;
    for entry in entries {
        bytes += extent::size(entry.encoded_bytes());
        if bytes > room || bytes > u64::from(u32::MAX) {
            break;
        }
        count += 1;
    }
    count.max(1)
}

/// Waits for the open group; `None` when the journal is to stop and nothing is left.
fn take_group(shared: &Shared) -> Option<Vec<JournalEntry>> {
    let mut intake = shared.intake.lock();
    while intake.open.is_empty() {
        if intake.stopping {
            return None;
        }
        shared.work.wait(&mut intake);
    }
    intake.open_bytes = 0;
    shared.room.notify_all();
    Some(std::mem::take(&mut intake.open))
}

fn is_stopping(shared: &Shared) -> bool {
    shared.intake.lock().stopping
}

/// Waits a moment for extents to become free or the disk to have room; `error` if that is not to be waited for.
fn wait_for_room(shared: &Shared, stall: Stall, error: LogError) -> Result<(), LogError> {
    shared.dir.check_online()?;
    {
        let mut intake = shared.intake.lock();
        if intake.stopping {
            return Err(error);
        }
        if intake.stall != Some(stall) {
            tracing::warn!(directory = %shared.dir.path().display(), %error, "the journal waits for room");
        }
        intake.stall = Some(stall);
    }
    let mut extents = shared.extents.lock();
    shared.recycled.wait_for(&mut extents, RETRY);
    Ok(())
}

fn publish(shared: &Shared, last: JournalSequence) {
    {
        let mut intake = shared.intake.lock();
        intake.stall = None;
        shared.durable.store(last.0, Ordering::Release);
        shared.progress.notify_all();
    }
    let listeners = shared.listeners.read().clone();
    for listener in listeners {
        listener(last);
    }
}

fn tell_of_pressure(shared: &Shared) {
    let listeners = shared.pressure_listeners.read().clone();
    for listener in listeners {
        listener();
    }
}

/// A new journal's state.
pub(super) fn new_state() -> JournalState {
    JournalState { journal_id: Uuid::new_v4(), floor: JournalSequence(1) }
}
