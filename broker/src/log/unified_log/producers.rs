//! The producer states of a log and their snapshots.
//!
//! Owns: `<offset>.snapshot` and its companion with the five-batch window, replay to an exact offset. Does not own: the
//! states' rules (`strata-broker-core`) and the two formats.
//!
//! A snapshot is a short cut for batches that are here, and all that is left of those that went. One is written without fsync
//! at each roll; it is durable before the recovery point passes it, and before segments below it are let go. A crash leaves
//! it whole, torn or missing: a torn one fails its checksum and is left out, and the older one and the batches after that say
//! the same. One above the recovery point is never believed. Recovery writes the snapshot at the active segment's base anew,
//! so that there always is one from which segments below it may go. Without room on the disk there is none; then producers
//! whose batches go meanwhile are forgotten by a crash.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::MutexGuard;
use strata_broker_core::producer_state::{ProducerEntry, ProducerStates};
use strata_compat::ids::{Offset, Timestamp};

use super::append::{apply_batch, parse_marker};
use super::types::{AbortedTransaction, ProducerCut};
use super::{LogIdentity, LogState, UnifiedLog};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogDir;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_segment::{LogSegment, segment_file_name};
use crate::log::producer_snapshot::{decode_snapshot, encode_snapshot};
use crate::log::producer_window;

/// Suffix of Kafka's snapshot.
pub(crate) const SNAPSHOT_SUFFIX: &str = ".snapshot";
/// Suffix of our window beside it.
pub(crate) const WINDOW_SUFFIX: &str = ".window";

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
        write_snapshot_durably(&self.context.log_dir, &self.identity, end, &state.producers)
    }

    pub(super) fn sync_snapshots(&self, offsets: &[Offset]) -> Result<(), LogError> {
        offsets.iter().try_for_each(|offset| sync_snapshot(&self.context.log_dir, &self.identity, *offset))
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
            None => load_producers(&self.context.log_dir, &self.identity, &segments, (local_start, cut), now)?,
        };
        Ok(ProducerCut {
            snapshot: encode_snapshot(states.entries()),
            window: Bytes::from(producer_window::encode(cut, states.entries())),
        })
    }

    /// Writes both files for the log end; the next flush makes them durable.
    pub(super) fn write_producer_snapshot(&self, state: &mut LogState) -> Result<(), LogError> {
        let end = state.offsets.log_end;
        write_snapshot(&self.context.log_dir, &self.identity, end, &state.producers)?;
        state.unsynced.snapshot_written(end);
        state.unsynced.names_changed();
        Ok(())
    }

    /// The snapshot at the base of a segment that left the log goes with it, unless it is the newest.
    pub(super) fn remove_snapshot_of(&self, state: &LogState, base: Offset) -> Result<(), LogError> {
        if state.segments.contains_key(&base) || base == state.offsets.log_end {
            return Ok(());
        }
        let log_dir = &self.context.log_dir;
        log_dir.remove_file(&snapshot_path(&self.identity, base, SNAPSHOT_SUFFIX))?;
        log_dir.remove_file(&snapshot_path(&self.identity, base, WINDOW_SUFFIX))
    }

    /// After a cut: snapshots above the log end go, the states are loaded anew. One at the very end tells of the batches
    /// below it, which stay.
    pub(super) fn reload_producers(&self, state: &mut LogState, now: Timestamp) -> Result<(), LogError> {
        let end = state.offsets.log_end;
        remove_snapshots_above(&self.context.log_dir, &self.identity, end)?;
        state.unsynced.snapshots.retain(|offset| *offset <= end);
        state.unsynced.names_changed();
        let segments: Vec<Arc<LogSegment>> = state.segments.values().cloned().collect();
        let range = (state.offsets.local_start, end);
        state.producers = load_producers(&self.context.log_dir, &self.identity, &segments, range, now)?;
        Ok(())
    }
}

/// The states at the end of `range`, from the newest whole snapshot in it and the batches after that.
fn load_producers(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    segments: &[Arc<LogSegment>],
    range: (Offset, Offset),
    now: Timestamp,
) -> Result<ProducerStates, LogError> {
    let mut states = newest_states(log_dir, identity, range, now)?;
    replay_batches(&mut states, segments, range.1, (now, &mut Vec::new()))?;
    Ok(states)
}

/// The states of the newest whole snapshot in `range`; none, at its start, where there is no such snapshot.
pub(crate) fn newest_states(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    range: (Offset, Offset),
    now: Timestamp,
) -> Result<ProducerStates, LogError> {
    let (start, end) = range;
    for (offset, path) in snapshots(log_dir, identity)?.into_iter().rev() {
        if offset > end || offset < start {
            continue;
        }
        if let Some(entries) = read_snapshot(log_dir, &path, offset)? {
            return Ok(ProducerStates::from_entries(entries, offset, now));
        }
    }
    let mut states = ProducerStates::new();
    states.set_end_offset(start);
    Ok(states)
}

/// Applies the batches from where `states` stand up to `end`; notes the transactions that they abort.
pub(crate) fn replay_batches(
    states: &mut ProducerStates,
    segments: &[Arc<LogSegment>],
    end: Offset,
    at: (Timestamp, &mut Vec<AbortedTransaction>),
) -> Result<(), LogError> {
    let (now, aborted) = at;
    let from = states.end_offset();
    for segment in segments {
        if segment.end_offset() <= from || segment.base_offset() >= end {
            continue;
        }
        segment.visit_from(from.max(segment.base_offset()), |header, batch| {
            if header.base_offset >= end {
                return Ok(false);
            }
            if header.base_offset >= from {
                let marker = parse_marker(header, batch)?;
                aborted.extend(apply_batch(states, header, marker, now));
            }
            Ok(true)
        })?;
    }
    states.set_end_offset(end);
    Ok(())
}

/// The entries of a snapshot with the windows that stand beside it; `None` if it is damaged.
fn read_snapshot(
    log_dir: &Arc<LogDir>,
    path: &std::path::Path,
    offset: Offset,
) -> Result<Option<Vec<ProducerEntry>>, LogError> {
    let Some(bytes) = log_dir.read_file(path)? else {
        return Ok(None);
    };
    let mut entries = match decode_snapshot(&bytes) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "a producer snapshot is left out and its batches are replayed");
            return Ok(None);
        }
    };
    let window = path.with_extension("window");
    if let Some(bytes) = log_dir.read_file(&window)? {
        match producer_window::decode(&bytes) {
            Ok((at, windows)) if at == offset => widen(&mut entries, windows),
            Ok(_) => {
                tracing::warn!(path = %window.display(), "a producer window is of another offset")
            }
            Err(error) => {
                tracing::warn!(path = %window.display(), %error, "a producer window is left out")
            }
        }
    }
    Ok(Some(entries))
}

/// The producers of a remote segment's side data, whose cut is `offset`.
pub(crate) fn decode_producers(snapshot: &[u8], window: &[u8], offset: Offset) -> Result<Vec<ProducerEntry>, LogError> {
    if snapshot.is_empty() {
        return Ok(Vec::new());
    }
    let mut entries = decode_snapshot(snapshot)?;
    if !window.is_empty() {
        let (at, windows) = producer_window::decode(window)?;
        if at != offset {
            let message = format!("a producer window at offset {at} where {offset} is expected");
            return Err(LogError::new(LogErrorKind::Corrupt, message));
        }
        widen(&mut entries, windows);
    }
    Ok(entries)
}

/// Where window and snapshot agree on the last batch, the window knows the ones before it, too.
fn widen(entries: &mut [ProducerEntry], windows: Vec<ProducerEntry>) {
    entries.sort_unstable_by_key(|entry| entry.producer_id);
    for wide in windows {
        let Ok(at) = entries.binary_search_by_key(&wide.producer_id, |entry| entry.producer_id) else {
            continue;
        };
        let entry = &mut entries[at];
        if entry.epoch == wide.epoch && entry.last_offset() == wide.last_offset() {
            entry.batches = wide.batches;
        }
    }
}

/// The snapshots in a partition's directory, oldest first.
pub(crate) fn snapshots(log_dir: &Arc<LogDir>, identity: &LogIdentity) -> Result<Vec<(Offset, PathBuf)>, LogError> {
    let mut found = Vec::new();
    for entry in log_dir.list(&identity.directory)? {
        let offset = entry.name.strip_suffix(SNAPSHOT_SUFFIX).filter(|name| name.len() == 20);
        if let Some(offset) = offset.and_then(|name| name.parse().ok()) {
            found.push((Offset(offset), identity.directory.join(&entry.name)));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Removes snapshots taken above `offset`.
pub(crate) fn remove_snapshots_above(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    offset: Offset,
) -> Result<(), LogError> {
    for (at, path) in snapshots(log_dir, identity)? {
        if at > offset {
            log_dir.remove_file(&path)?;
            log_dir.remove_file(&path.with_extension("window"))?;
        }
    }
    Ok(())
}

/// Removes snapshots that stand at no segment's base, but for the newest: orderly stops leave one each.
pub(crate) fn remove_stray_snapshots(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    is_base: impl Fn(Offset) -> bool,
) -> Result<(), LogError> {
    let found = snapshots(log_dir, identity)?;
    let Some((_, older)) = found.split_last() else {
        return Ok(());
    };
    for (_, path) in older.iter().filter(|(offset, _)| !is_base(*offset)) {
        log_dir.remove_file(path)?;
        log_dir.remove_file(&path.with_extension("window"))?;
    }
    Ok(())
}

fn snapshot_path(identity: &LogIdentity, offset: Offset, suffix: &str) -> PathBuf {
    identity.directory.join(format!("{}{suffix}", segment_file_name(offset)))
}

/// Writes both files for `offset`, not durably.
fn write_snapshot(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    offset: Offset,
    states: &ProducerStates,
) -> Result<(), LogError> {
    write_whole(log_dir, &snapshot_path(identity, offset, SNAPSHOT_SUFFIX), &encode_snapshot(states.entries()))?;
    let window = snapshot_path(identity, offset, WINDOW_SUFFIX);
    if states.is_empty() {
        return log_dir.remove_file(&window);
    }
    write_whole(log_dir, &window, &producer_window::encode(offset, states.entries()))
}

/// Writes both files for `offset`, durably.
pub(crate) fn write_snapshot_durably(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    offset: Offset,
    states: &ProducerStates,
) -> Result<(), LogError> {
    write_snapshot(log_dir, identity, offset, states)?;
    sync_snapshot(log_dir, identity, offset)?;
    log_dir.sync_dir(&identity.directory)
}

/// Fsyncs both files for `offset`, where they are there.
fn sync_snapshot(log_dir: &Arc<LogDir>, identity: &LogIdentity, offset: Offset) -> Result<(), LogError> {
    for suffix in [SNAPSHOT_SUFFIX, WINDOW_SUFFIX] {
        match log_dir.open_file(snapshot_path(identity, offset, suffix), OpenMode::Read) {
            Ok(file) => file.sync_all()?,
            // There was no room for it, or its segment went meanwhile.
            Err(error) if error.kind() == LogErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn write_whole(log_dir: &Arc<LogDir>, path: &std::path::Path, bytes: &[u8]) -> Result<(), LogError> {
    let file = log_dir.open_file(path, OpenMode::Create)?;
    file.set_len(0)?;
    match file.append_at(bytes, 0) {
        // Without room there is no snapshot; replay takes longer.
        Err(error) if error.kind() == LogErrorKind::Unavailable && log_dir.offline().is_none() => {
            drop(file);
            log_dir.remove_file(path)
        }
        answer => answer,
    }
}
