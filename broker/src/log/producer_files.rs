//! The files beside a log that tell of its producers: `<offset>.snapshot` (Kafka's) and `<offset>.window` (ours).
//!
//! Owns: finding, reading, writing and removing the pairs; which of the two is believed; replay to an exact offset. Does not
//! own: the two formats (`producer_snapshot.rs`, `producer_window.rs`), the states' rules (`strata-broker-core`), when a pair
//! is written (`unified_log/producers.rs`, `log_loader.rs`).
//!
//! Kafka's file says neither of which partition nor of which offset it is: one that was swapped with another passes its own
//! checksum. Our window says both and holds all that the snapshot does, so it is believed where it is whole. A snapshot alone
//! (of Kafka, or one whose window is lost) is believed as far as the log agrees: the last batch of each of its producers that
//! is still here must be that producer's. What is not believed is left out: an older pair and the batches after it say the
//! same.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use strata_broker_core::producer_state::{ProducerEntry, ProducerStates};
use strata_compat::ids::{Offset, Timestamp};

use super::error::{LogError, LogErrorKind};
use super::log_dir::LogDir;
use super::log_dir::file_io::OpenMode;
use super::log_segment::{LogSegment, segment_file_name};
use super::producer_batches::{apply_batch, parse_marker};
use super::producer_snapshot::{decode_snapshot, encode_snapshot};
use super::producer_window::{self, WINDOW_SUFFIX};
use super::types::AbortedTransaction;
use super::types::LogIdentity;

/// Suffix of Kafka's snapshot.
pub(crate) const SNAPSHOT_SUFFIX: &str = ".snapshot";

/// The pairs of one partition: its directory and the offsets they were taken at, oldest first.
#[derive(Debug)]
pub(crate) struct ProducerFiles<'log> {
    log_dir: &'log Arc<LogDir>,
    identity: &'log LogIdentity,
    offsets: Vec<Offset>,
}

impl<'log> ProducerFiles<'log> {
    /// What is in the partition's directory.
    pub(crate) fn list(log_dir: &'log Arc<LogDir>, identity: &'log LogIdentity) -> Result<Self, LogError> {
        let entries = log_dir.list(&identity.directory)?;
        Ok(Self::among(log_dir, identity, entries.iter().map(|entry| entry.name.as_str())))
    }

    /// What is among these names in the partition's directory.
    pub(crate) fn among<'name>(
        log_dir: &'log Arc<LogDir>,
        identity: &'log LogIdentity,
        names: impl Iterator<Item = &'name str>,
    ) -> Self {
        let taken_at = |name: &str| {
            let digits = name.strip_suffix(SNAPSHOT_SUFFIX).or_else(|| name.strip_suffix(WINDOW_SUFFIX))?;
            let offset = if digits.len() == 20 { digits.parse().ok() } else { None };
            offset.map(Offset)
        };
        let offsets: BTreeSet<Offset> = names.filter_map(taken_at).collect();
        Self { log_dir, identity, offsets: offsets.into_iter().collect() }
    }

    /// Removes the pairs taken above `offset`. Returns whether there were any.
    pub(crate) fn remove_above(&mut self, offset: Offset) -> Result<bool, LogError> {
        let gone = self.offsets.split_off(self.offsets.partition_point(|at| *at <= offset));
        gone.iter().try_for_each(|at| remove_pair(self.log_dir, self.identity, *at))?;
        Ok(!gone.is_empty())
    }

    /// Whether there is a pair, or one of the two, for `offset`.
    pub(crate) fn has(&self, offset: Offset) -> bool {
        self.offsets.binary_search(&offset).is_ok()
    }

    /// A pair was written for `offset`.
    pub(crate) fn note(&mut self, offset: Offset) {
        if let Err(at) = self.offsets.binary_search(&offset) {
            self.offsets.insert(at, offset);
        }
    }

    /// Removes pairs that stand at no segment's base, but for the newest: orderly stops leave one each. Returns whether there
    /// were any.
    pub(crate) fn remove_strays(&mut self, is_base: impl Fn(Offset) -> bool) -> Result<bool, LogError> {
        let newest = self.offsets.last().copied();
        let (kept, strays): (Vec<Offset>, Vec<Offset>) =
            self.offsets.iter().copied().partition(|at| Some(*at) == newest || is_base(*at));
        self.offsets = kept;
        strays.iter().try_for_each(|at| remove_pair(self.log_dir, self.identity, *at))?;
        Ok(!strays.is_empty())
    }

    /// The states of the newest pair in `range` that is believed; none, at its start, where there is no such pair.
    pub(crate) fn newest_states(
        &self,
        segments: &[Arc<LogSegment>],
        range: (Offset, Offset),
        now: Timestamp,
    ) -> Result<ProducerStates, LogError> {
        let (start, end) = range;
        for offset in self.offsets.iter().rev().copied().filter(|offset| (start..=end).contains(offset)) {
            if let Some(entries) = self.read(offset, segments)? {
                return Ok(ProducerStates::from_entries(entries, offset, now));
            }
        }
        let mut states = ProducerStates::new();
        states.set_end_offset(start);
        Ok(states)
    }

    /// The states at the end of `range`, from the newest pair in it and the batches after that.
    pub(crate) fn load(
        &self,
        segments: &[Arc<LogSegment>],
        range: (Offset, Offset),
        now: Timestamp,
    ) -> Result<ProducerStates, LogError> {
        let mut states = self.newest_states(segments, range, now)?;
        replay_batches(&mut states, segments, range.1, (now, &mut Vec::new()))?;
        Ok(states)
    }

    /// The producers at `offset`; `None` if neither file is believed.
    fn read(&self, offset: Offset, segments: &[Arc<LogSegment>]) -> Result<Option<Vec<ProducerEntry>>, LogError> {
        match producer_window::load(
            self.log_dir,
            &path(self.identity, offset, WINDOW_SUFFIX),
            self.identity.partition,
            offset,
        ) {
            Ok(Some(entries)) => return Ok(Some(entries)),
            Ok(None) => {}
            Err(error) if error.kind() == LogErrorKind::Corrupt => {
                tracing::warn!(%error, "a producer window is left out, the snapshot beside it is looked at");
            }
            Err(error) => return Err(error),
        }
        let path = path(self.identity, offset, SNAPSHOT_SUFFIX);
        let Some(bytes) = self.log_dir.read_file(&path)? else {
            return Ok(None);
        };
        let believed = decode_snapshot(&bytes).and_then(|entries| {
            entries.iter().try_for_each(|entry| agrees_with_log(entry, offset, segments))?;
            Ok(entries)
        });
        match believed {
            Ok(entries) => Ok(Some(entries)),
            Err(error) if error.kind() == LogErrorKind::Corrupt => {
                tracing::warn!(path = %path.display(), %error, "a producer snapshot is left out and its batches are replayed");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether the last batch of a producer in a snapshot taken at `end` is that producer's in the log, if it is still there.
fn agrees_with_log(entry: &ProducerEntry, end: Offset, segments: &[Arc<LogSegment>]) -> Result<(), LogError> {
    let Some(last) = entry.batches.last() else {
        return Ok(());
    };
    let refuse = |what: String| {
        let message = format!("producer snapshot: producer {}: {what}", entry.producer_id);
        Err(LogError::new(LogErrorKind::Corrupt, message))
    };
    if last.last_offset >= end {
        return refuse(format!("its last batch ends at offset {}, above the snapshot's own", last.last_offset));
    }
    let holds = |segment: &&Arc<LogSegment>| {
        segment.base_offset() <= last.last_offset && last.last_offset < segment.end_offset()
    };
    let Some(segment) = segments.iter().find(holds) else {
        return Ok(());
    };
    let header = match segment.locate(last.last_offset)? {
        // Compaction may have taken the batch; then nothing is known.
        Some(located) if located.header.base_offset <= last.last_offset => located.header,
        _ => return Ok(()),
    };
    if header.producer_id == entry.producer_id && header.last_offset() == last.last_offset {
        Ok(())
    } else {
        refuse(format!("offset {} of the log is not the end of a batch of it", last.last_offset))
    }
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

fn path(identity: &LogIdentity, offset: Offset, suffix: &str) -> PathBuf {
    identity.directory.join(format!("{}{suffix}", segment_file_name(offset)))
}

/// Removes the pair taken at `offset`.
pub(crate) fn remove_pair(log_dir: &LogDir, identity: &LogIdentity, offset: Offset) -> Result<(), LogError> {
    log_dir.remove_file(&path(identity, offset, SNAPSHOT_SUFFIX))?;
    log_dir.remove_file(&path(identity, offset, WINDOW_SUFFIX))
}

/// Writes the pair for `offset`, not durably. Without room there is none; replay takes longer.
pub(crate) fn write_pair(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    offset: Offset,
    states: &ProducerStates,
) -> Result<(), LogError> {
    // An old window of this offset would be believed against the new snapshot.
    log_dir.remove_file(&path(identity, offset, WINDOW_SUFFIX))?;
    log_dir.write_if_room(&path(identity, offset, SNAPSHOT_SUFFIX), &encode_snapshot(states.entries()))?;
    let window = producer_window::encode_for(identity.partition, offset, states.entries());
    log_dir.write_if_room(&path(identity, offset, WINDOW_SUFFIX), &window)?;
    Ok(())
}

/// Writes the pair for `offset`, durably.
pub(crate) fn write_pair_durably(
    log_dir: &Arc<LogDir>,
    identity: &LogIdentity,
    offset: Offset,
    states: &ProducerStates,
) -> Result<(), LogError> {
    write_pair(log_dir, identity, offset, states)?;
    sync_pair(log_dir, identity, offset)?;
    log_dir.sync_dir(&identity.directory)
}

/// Fsyncs the pair for `offset`, where it is there.
pub(crate) fn sync_pair(log_dir: &Arc<LogDir>, identity: &LogIdentity, offset: Offset) -> Result<(), LogError> {
    for suffix in [SNAPSHOT_SUFFIX, WINDOW_SUFFIX] {
        match log_dir.open_file(path(identity, offset, suffix), OpenMode::Read) {
            Ok(file) => file.sync_all()?,
            // There was no room for it, or its segment went meanwhile.
            Err(error) if error.kind() == LogErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
