//! The producer states of a log and their snapshots.
//!
//! Owns: `<offset>.snapshot` and its companion with the five-batch window, replay to an exact offset. Does not own: the
//! states' rules (`strata-broker-core`) and the two formats.
//!
//! A snapshot is only a short cut: whatever is missing, torn or too new is dropped and the batches are replayed. So a crash
//! while one is written loses nothing.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
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
        self.write_producer_snapshot(&state)?;
        for suffix in [SNAPSHOT_SUFFIX, WINDOW_SUFFIX] {
            match self.context.log_dir.open_file(self.snapshot_path(end, suffix), OpenMode::Read) {
                Ok(file) => file.sync_all()?,
                Err(error) if error.kind() == LogErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        self.context.log_dir.sync_dir(&self.identity.directory)
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
            None => load_producers(&self.context.log_dir, &self.identity, &segments, (local_start, cut), now)?.states,
        };
        Ok(ProducerCut {
            snapshot: encode_snapshot(states.entries()),
            window: Bytes::from(producer_window::encode(cut, states.entries())),
        })
    }

    /// Writes both files for the log end. They need no fsync: a torn one is noticed and replaced by replay.
    pub(super) fn write_producer_snapshot(&self, state: &LogState) -> Result<(), LogError> {
        let end = state.offsets.log_end;
        let snapshot = encode_snapshot(state.producers.entries());
        write_whole(&self.context.log_dir, &self.snapshot_path(end, SNAPSHOT_SUFFIX), &snapshot)?;
        let window = self.snapshot_path(end, WINDOW_SUFFIX);
        if state.producers.is_empty() {
            return self.context.log_dir.remove_file(&window);
        }
        write_whole(&self.context.log_dir, &window, &producer_window::encode(end, state.producers.entries()))
    }

    fn snapshot_path(&self, offset: Offset, suffix: &str) -> PathBuf {
        self.identity.directory.join(format!("{}{suffix}", segment_file_name(offset)))
    }

    /// The snapshot at the base of a segment that left the log goes with it, unless it is the newest.
    pub(super) fn remove_snapshot_of(&self, state: &LogState, base: Offset) -> Result<(), LogError> {
        if state.segments.contains_key(&base) || base == state.offsets.log_end {
            return Ok(());
        }
        self.context.log_dir.remove_file(&self.snapshot_path(base, SNAPSHOT_SUFFIX))?;
        self.context.log_dir.remove_file(&self.snapshot_path(base, WINDOW_SUFFIX))
    }

    /// After a cut: snapshots above the log end go, the states are loaded anew.
    pub(super) fn reload_producers(&self, state: &mut LogState, now: Timestamp) -> Result<(), LogError> {
        let end = state.offsets.log_end;
        for (offset, _) in snapshots(&self.context.log_dir, &self.identity)? {
            // One at the very end is kept only if the log could not have been another one there.
            if offset > end || state.segments.len() == 1 && offset == end {
                self.context.log_dir.remove_file(&self.snapshot_path(offset, SNAPSHOT_SUFFIX))?;
                self.context.log_dir.remove_file(&self.snapshot_path(offset, WINDOW_SUFFIX))?;
            }
        }
        let segments: Vec<Arc<LogSegment>> = state.segments.values().cloned().collect();
        let range = (state.offsets.local_start, end);
        state.producers = load_producers(&self.context.log_dir, &self.identity, &segments, range, now)?.states;
        Ok(())
    }
}

/// Producer states with the aborts that replay found.
#[derive(Debug)]
pub(crate) struct LoadedProducers {
    pub(crate) states: ProducerStates,
    pub(crate) aborted: Vec<AbortedTransaction>,
}

/// The states at the end of `range`, from the newest whole snapshot in it and the batches after that.
pub(crate) fn load_producers(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    segments: &[Arc<LogSegment>],
    range: (Offset, Offset),
    now: Timestamp,
) -> Result<LoadedProducers, LogError> {
    let (start, end) = range;
    let mut states = ProducerStates::new();
    states.set_end_offset(start);
    for (offset, path) in snapshots(log_dir, identity)?.into_iter().rev() {
        if offset > end || offset < start {
            continue;
        }
        if let Some(entries) = read_snapshot(log_dir, &path, offset)? {
            states = ProducerStates::from_entries(entries, offset, now);
            break;
        }
    }
    let mut aborted = Vec::new();
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
                aborted.extend(apply_batch(&mut states, header, marker, now));
            }
            Ok(true)
        })?;
    }
    states.set_end_offset(end);
    Ok(LoadedProducers { states, aborted })
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
