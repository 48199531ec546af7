//! Replay: what the journal's entries do to the files of their partitions.
//!
//! Owns: mending segment files and directories from entries after the recovery points. Does not own: which entries count
//! (`recovery.rs`); indexes, epochs, producer state and what lies past the journal's end (the log's loader, afterwards).
//!
//! Rules:
//! - An append is a positioned write: it mends holes as well as tails. What is there already is written once
//!   more: it may stand in the page cache alone, where an earlier process could not write it to the disk and was told so.
//! - Missing files and directories are created again, the latter with their `partition.metadata`.
//! - What a later entry truncated, let go, compacted or deleted is not revived: such appends are skipped, not done and undone.
//! - The file of a cleaned segment stands in no entry. Nothing that comes before its swap touches it.
//! - A partition that rot affects is not touched. One whose files cannot be mended is left as it is, with the problem.
//!
//! Everything touched is flushed before [`JournalRecovery::replay`] returns: very many files with one flush of the file system,
//! but for those that were changed below their end. A crash during replay leaves the journal and the recovery points as they
//! were, so the next replay does it all again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use strata_compat::ids::{Offset, TopicIdPartition};
use strata_compat::record_batch::split_batches;

use super::entry::{DIRECTORY_NAME_BYTES_MAX, JournalEntry, JournalSequence};
use super::extent;
use super::recovery::{Cut, JournalRecovery, PartitionSummary};
use crate::log::checkpoint::{self, LEADER_EPOCH_FILE, PARTITION_METADATA_FILE};
use crate::log::epoch_checkpoint::STRATA_LEADER_EPOCH_FILE;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_dir::{AT_ONCE_MIN, LogDir, LogFile};
use crate::log::log_segment::{INDEX_SUFFIXES, LOG_SUFFIX, SWAP_SUFFIX, segment_file_name};
use crate::log::producer_files::SNAPSHOT_SUFFIX;
use crate::log::producer_window::WINDOW_SUFFIX;
use crate::log::segment_seal::SEAL_SUFFIX;

/// Files that are open at a time.
const OPEN_FILES_MAX: usize = 64;
const _: () = assert!(OPEN_FILES_MAX >= AT_ONCE_MIN, "as many as are open at a time are flushed at once");
/// No segment file reaches this size (positions in Kafka's indexes have 31 bits).
const SEGMENT_BYTES_MAX: u64 = 1 << 32;
/// Directories that are named where one of them may be that of a partition.
const CANDIDATES_TOLD: usize = 3;

/// What replay did to one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayedPartition {
    /// Its directory.
    pub dir: PathBuf,
    /// The directory was missing and is there again.
    pub created: bool,
    /// The partition is deleted and its directory gone.
    pub deleted: bool,
    /// Bytes of segment files that were missing or different.
    pub mended_bytes: u64,
    /// Base offsets of segments whose file was looked at: their indexes must be built anew.
    pub touched: BTreeSet<Offset>,
    /// The last log start offset in the journal.
    pub log_start: Option<Offset>,
    /// The last local start in the journal.
    pub local_start: Option<Offset>,
    /// The last log end to which the log was cut or restarted.
    pub cut_to: Option<Offset>,
    /// Where the last append ends that no later entry cut: the log reaches at least as far.
    pub end: Option<Offset>,
    /// The log was dropped and begun anew: what checkpoints say of its start is void.
    pub restarted: bool,
    /// A cleaned segment took the place of others.
    pub swapped: bool,
    /// Why its files could not be mended: it stays offline.
    pub problem: Option<String>,
}

/// What replay did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayOutcome {
    /// Each partition with an entry after its recovery point, rot aside.
    pub partitions: BTreeMap<TopicIdPartition, ReplayedPartition>,
}

impl JournalRecovery {
    /// Brings the partitions' files to where the journal ends.
    ///
    /// # Errors
    /// `Unavailable` if the directory is or goes offline or is full; `Corrupt` if the journal changed under us.
    pub fn replay(&self) -> Result<ReplayOutcome, LogError> {
        let may_wait = self.dir.would_flush_at_once(OPEN_FILES_MAX);
        let (mut replayer, is_durable) = self.replay_all(may_wait, BTreeSet::new())?;
        if !is_durable {
            // A closed file can no longer tell that a write failed: all is replayed again and flushed file by file.
            (replayer, _) = self.replay_all(false, replayer.dirty_dirs)?;
        }
        let partitions = replayer.partitions.into_iter().map(|(partition, work)| (partition, work.done)).collect();
        Ok(ReplayOutcome { partitions })
    }

    /// The replayer when all is done, and whether that is known to be durable: without `may_wait` it is.
    fn replay_all(&self, may_wait: bool, dirty_dirs: BTreeSet<PathBuf>) -> Result<(Replayer<'_>, bool), LogError> {
        let mut replayer = Replayer { dirty_dirs, ..Replayer::new(self, may_wait) };
        self.visit(&mut |sequence, entry| replayer.apply(sequence, entry))?;
        let is_durable = replayer.flush()?;
        Ok((replayer, is_durable))
    }
}

/// A partition under replay.
#[derive(Debug, Default)]
struct Work {
    done: ReplayedPartition,
    /// Base offsets of its segment files.
    segments: BTreeSet<Offset>,
}

#[derive(Debug)]
struct OpenFile {
    file: LogFile,
    bytes: u64,
    /// Whether something was written below its end.
    is_overwritten: bool,
}

struct Replayer<'recovery> {
    recovery: &'recovery JournalRecovery,
    dir: &'recovery Arc<LogDir>,
    partitions: BTreeMap<TopicIdPartition, Work>,
    files: BTreeMap<(TopicIdPartition, Offset), OpenFile>,
    dirty_dirs: BTreeSet<PathBuf>,
    /// Whether files may wait for a flush of the whole file system.
    may_wait: bool,
    /// Whether one that waits was closed.
    has_closed_unflushed: bool,
}

/// The path of a segment's file.
fn segment_file(dir: &Path, base: Offset, suffix: &str) -> PathBuf {
    dir.join(format!("{}{suffix}", segment_file_name(base)))
}

/// The number and suffix of a file named `<20 digits>.<kind>`; the dot is the suffix's.
fn numbered(name: &str) -> Option<(Offset, &str)> {
    let (digits, suffix) = name.split_at_checked(20).filter(|(_, suffix)| suffix.starts_with('.'))?;
    Some((Offset(digits.parse().ok()?), suffix))
}

/// The name under which a directory is set aside: entries of earlier releases may hold one that no file system takes. Its front
/// is the topic's name, of which as much stays as there is room for.
fn shortened(name: &str) -> String {
    if name.len() <= DIRECTORY_NAME_BYTES_MAX {
        return name.to_owned();
    }
    let end = name.rfind('.').and_then(|id| name[..id].rfind('-')).unwrap_or(name.len());
    let (topic, rest) = name.split_at(end);
    let kept = topic.floor_char_boundary(DIRECTORY_NAME_BYTES_MAX.saturating_sub(rest.len()));
    format!("{}{rest}", &topic[..kept])
}

/// The part of an append at a position that no later entry makes void.
fn surviving(summary: &PartitionSummary, at: (JournalSequence, Offset, u64), bytes: usize) -> usize {
    let (sequence, base, position) = at;
    let mut left = bytes;
    for (_, cut) in summary.cuts.iter().filter(|(cut_at, _)| *cut_at > sequence) {
        let kept = match cut {
            Cut::All => 0,
            Cut::Below { segment_base } => {
                if base < *segment_base {
                    0
                } else {
                    left
                }
            }
            Cut::From { segment_base, position: cut_position } => {
                if base > *segment_base {
                    0
                } else if base == *segment_base {
                    usize::try_from(cut_position.saturating_sub(position)).unwrap_or(usize::MAX)
                } else {
                    left
                }
            }
            Cut::Swapped { new_base, replaced } => {
                if base == *new_base || replaced.contains(&base) {
                    0
                } else {
                    left
                }
            }
        };
        left = left.min(kept);
    }
    left
}

impl<'recovery> Replayer<'recovery> {
    fn new(recovery: &'recovery JournalRecovery, may_wait: bool) -> Self {
        Self {
            recovery,
            dir: &recovery.dir,
            partitions: BTreeMap::new(),
            files: BTreeMap::new(),
            dirty_dirs: BTreeSet::new(),
            may_wait,
            has_closed_unflushed: false,
        }
    }

    fn apply(&mut self, sequence: JournalSequence, entry: JournalEntry) -> Result<(), LogError> {
        let partition = entry.partition();
        let recovery = self.recovery;
        let Some(summary) = recovery.summaries.get(&partition) else {
            return Ok(());
        };
        if recovery.is_left_alone(partition) || sequence <= recovery.point(partition) {
            return Ok(());
        }
        if let Some(deleted) = summary.deleted
            && sequence <= deleted
        {
            return if sequence == deleted { self.finish(partition, summary) } else { Ok(()) };
        }
        self.prepare(partition, summary)?;
        if self.work(partition).done.problem.is_some() {
            return Ok(());
        }
        match entry {
            JournalEntry::Append { segment_base, position, batch, .. } => {
                let left = surviving(summary, (sequence, segment_base, position), batch.len());
                let kept = batch.slice(..left);
                let last = split_batches(&kept).map_while(Result::ok).last();
                if let Some((header, _)) = last {
                    let done = &mut self.work(partition).done;
                    done.end = done.end.max(Some(header.end_offset()));
                }
                self.append(partition, segment_base, position, &kept)
            }
            JournalEntry::Truncate { to, segment_base, position, .. } => {
                let done = &mut self.work(partition).done;
                done.cut_to = Some(to);
                done.end = done.end.map(|end| end.min(to));
                // Void if a later entry cuts as deep or deeper: its file may be shorter already.
                let left = surviving(summary, (sequence, segment_base, position), 1);
                let at = (partition, sequence);
                if left > 0 { self.truncate(at, summary, to, (segment_base, position)) } else { Ok(()) }
            }
            JournalEntry::RestartAt { offset, .. } => self.restart_at((partition, sequence), summary, offset),
            JournalEntry::LogStartMoved { log_start, .. } => {
                self.work(partition).done.log_start = Some(log_start);
                Ok(())
            }
            JournalEntry::LocalStartMoved { local_start, .. } => {
                self.work(partition).done.local_start = Some(local_start);
                let goes = |base| base < local_start && !summary.is_swapped_in_after(sequence, base);
                self.remove_segments(partition, goes)
            }
            JournalEntry::SegmentSwapped { new_base, replaced, .. } => {
                self.swap((partition, sequence), summary, new_base, &replaced)
            }
            JournalEntry::Created { .. } | JournalEntry::Deleted { .. } | JournalEntry::SetAside { .. } => Ok(()),
        }
    }

    fn work(&mut self, partition: TopicIdPartition) -> &mut Work {
        self.partitions.entry(partition).or_default()
    }

    fn path_of(&self, partition: TopicIdPartition, summary: Option<&PartitionSummary>) -> Option<PathBuf> {
        let created = summary.and_then(|summary| summary.created.as_ref()).map(|(_, topic)| topic.as_str());
        let known = self.recovery.known.get(&partition).map(|known| known.topic.as_str());
        let topic = known.or(created)?;
        Some(self.dir.path().join(format!("{topic}-{}", partition.partition)))
    }

    /// Finds or creates the partition's directory, once.
    fn prepare(&mut self, partition: TopicIdPartition, summary: &PartitionSummary) -> Result<(), LogError> {
        if self.partitions.get(&partition).is_some_and(|work| !work.done.deleted) {
            return Ok(());
        }
        let mut work = Work::default();
        if let Some(path) = self.path_of(partition, Some(summary)) {
            work.done.dir.clone_from(&path);
            match self.dir.list(&path) {
                Ok(names) => {
                    work.segments = names
                        .iter()
                        .filter_map(|entry| numbered(&entry.name))
                        .filter(|(_, suffix)| *suffix == LOG_SUFFIX)
                        .map(|(base, _)| base)
                        .collect();
                }
                Err(error) if error.kind() == LogErrorKind::NotFound => {
                    self.dir.create_dir(&path)?;
                    work.done.created = true;
                }
                Err(error) => return Err(error),
            }
            work.done.problem = self.claim(partition, &path)?;
        } else {
            work.done.problem = Some(self.nameless(partition));
        }
        self.partitions.insert(partition, work);
        Ok(())
    }

    /// Why there is no directory to replay into, and which files may tell of one.
    fn nameless(&self, partition: TopicIdPartition) -> String {
        let unclaimed = self.recovery.unclaimed.iter();
        let mut candidates = unclaimed.filter(|directory| directory.may_be_of(partition.partition)).peekable();
        let TopicIdPartition { topic_id, partition: index } = partition;
        let lead =
            format!("no entry names the topic of id {topic_id}, nor does the directory of its partition {index}");
        if candidates.peek().is_none() {
            let root = self.dir.path().display();
            return format!(
                "{lead}: it is missing in {root}; restore it with its {PARTITION_METADATA_FILE}, or delete the topic"
            );
        }
        let mut reasons: Vec<&str> =
            candidates.by_ref().take(CANDIDATES_TOLD).map(|directory| directory.reason.as_str()).collect();
        let more = format!("and {} more", candidates.count());
        if more != "and 0 more" {
            reasons.push(&more);
        }
        format!("{lead}: {}; restore the file, or delete the topic", reasons.join(", "))
    }

    /// Makes sure that a directory is this topic's; the problem if it is another's.
    fn claim(&self, partition: TopicIdPartition, path: &Path) -> Result<Option<String>, LogError> {
        match checkpoint::read_partition_metadata(self.dir, path) {
            Ok(Some(topic_id)) if topic_id == partition.topic_id => Ok(None),
            Ok(Some(topic_id)) => Ok(Some(format!(
                "{} names topic id {topic_id} where the journal has entries of {}: restore the file",
                path.join(PARTITION_METADATA_FILE).display(),
                partition.topic_id
            ))),
            Ok(None) => {
                checkpoint::write_partition_metadata(self.dir, path, partition.topic_id)?;
                Ok(None)
            }
            Err(error) if error.kind() == LogErrorKind::Corrupt => Ok(Some(format!(
                "{error}, and the journal has entries of topic id {}: restore the file",
                partition.topic_id
            ))),
            Err(error) => Err(error),
        }
    }

    fn append(
        &mut self,
        partition: TopicIdPartition,
        base: Offset,
        position: u64,
        batch: &Bytes,
    ) -> Result<(), LogError> {
        if batch.is_empty() {
            return Ok(());
        }
        let end = position.saturating_add(extent::size(batch.len()));
        let Some(open) = self.open(partition, base, end)? else {
            return Ok(());
        };
        if position > open.bytes {
            let problem = format!(
                "{} ends at {}, the journal goes on at {position}: flushed bytes are lost; nothing was changed, restore the file",
                open.file.path().display(),
                open.bytes
            );
            self.work(partition).done.problem = Some(problem);
            return Ok(());
        }
        let present = usize::try_from(open.bytes - position).unwrap_or(usize::MAX).min(batch.len());
        let mut there = vec![0; present];
        open.file.read_exact_at(&mut there, position)?;
        let is_there = there == batch.as_ref();
        open.file.write_all_at(batch, position)?;
        if !is_there {
            open.is_overwritten |= present > 0;
            open.bytes = open.bytes.max(end);
            self.work(partition).done.mended_bytes += extent::size(batch.len());
        }
        Ok(())
    }

    /// Opens (or creates) a segment file; `None` if `end` is a position that no segment reaches.
    fn open(&mut self, partition: TopicIdPartition, base: Offset, end: u64) -> Result<Option<&mut OpenFile>, LogError> {
        if end > SEGMENT_BYTES_MAX || base.0 < 0 {
            self.work(partition).done.problem = Some(format!("segment {base} cannot reach position {end}"));
            return Ok(None);
        }
        if !self.files.contains_key(&(partition, base)) && self.files.len() >= OPEN_FILES_MAX {
            self.close_files()?;
        }
        let work = self.partitions.entry(partition).or_default();
        work.done.touched.insert(base);
        if work.segments.insert(base) {
            self.dirty_dirs.insert(work.done.dir.clone());
        }
        let path = segment_file(&work.done.dir, base, LOG_SUFFIX);
        match self.files.entry((partition, base)) {
            std::collections::btree_map::Entry::Occupied(occupied) => Ok(Some(occupied.into_mut())),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let file = self.dir.open_file(path, OpenMode::Create)?;
                let bytes = file.len()?;
                Ok(Some(vacant.insert(OpenFile { file, bytes, is_overwritten: false })))
            }
        }
    }

    fn truncate(
        &mut self,
        at: (TopicIdPartition, JournalSequence),
        summary: &PartitionSummary,
        to: Offset,
        end: (Offset, u64),
    ) -> Result<(), LogError> {
        let ((partition, sequence), (base, position)) = (at, end);
        self.remove_segments(partition, |other| other > base && !summary.is_swapped_in_after(sequence, other))?;
        self.remove_snapshots(partition, |offset| offset > to)?;
        self.remove_seal(partition, base)?;
        let Some(open) = self.open(partition, base, position)? else {
            return Ok(());
        };
        if open.bytes < position {
            let problem = format!("{} ends at {}, it was cut at {position}", open.file.path().display(), open.bytes);
            self.work(partition).done.problem = Some(problem);
        } else if open.bytes > position {
            open.file.set_len(position)?;
            open.bytes = position;
        }
        Ok(())
    }

    fn restart_at(
        &mut self,
        at: (TopicIdPartition, JournalSequence),
        summary: &PartitionSummary,
        offset: Offset,
    ) -> Result<(), LogError> {
        let (partition, sequence) = at;
        let done = &mut self.work(partition).done;
        done.cut_to = Some(offset);
        done.end = None;
        done.restarted = true;
        done.log_start = Some(offset);
        done.local_start = None;
        self.remove_segments(partition, |base| base != offset && !summary.is_swapped_in_after(sequence, base))?;
        self.remove_snapshots(partition, |_| true)?;
        // The epochs of the log that was dropped; without them a log that began remotely is known to be unfinished.
        for name in [LEADER_EPOCH_FILE, STRATA_LEADER_EPOCH_FILE] {
            let epochs = self.work(partition).done.dir.join(name);
            self.dir.remove_file(&epochs)?;
        }
        if summary.is_swapped_in_after(sequence, offset) {
            return Ok(());
        }
        self.remove_seal(partition, offset)?;
        let Some(open) = self.open(partition, offset, 0)? else {
            return Ok(());
        };
        open.file.set_len(0)?;
        open.bytes = 0;
        Ok(())
    }

    /// Before a segment is cut: a file that is shorter than its seal says has lost its end. Also where it is that short already:
    /// the power cut that took the removal may have left the cut.
    fn remove_seal(&mut self, partition: TopicIdPartition, base: Offset) -> Result<(), LogError> {
        let work = self.partitions.entry(partition).or_default();
        self.dirty_dirs.insert(work.done.dir.clone());
        self.dir.remove_file(&segment_file(&work.done.dir, base, SEAL_SUFFIX))
    }

    fn remove_segments(&mut self, partition: TopicIdPartition, goes: impl Fn(Offset) -> bool) -> Result<(), LogError> {
        let work = self.partitions.entry(partition).or_default();
        let gone: Vec<Offset> = work.segments.iter().copied().filter(|base| goes(*base)).collect();
        for base in gone {
            self.files.remove(&(partition, base));
            work.segments.remove(&base);
            work.done.touched.remove(&base);
            for suffix in [LOG_SUFFIX].into_iter().chain(INDEX_SUFFIXES) {
                self.dir.remove_file(&segment_file(&work.done.dir, base, suffix))?;
            }
            self.dirty_dirs.insert(work.done.dir.clone());
        }
        Ok(())
    }

    fn remove_snapshots(&mut self, partition: TopicIdPartition, goes: impl Fn(Offset) -> bool) -> Result<(), LogError> {
        let path = self.work(partition).done.dir.clone();
        for entry in self.dir.list(&path)? {
            let Some((offset, suffix)) = numbered(&entry.name) else {
                continue;
            };
            if matches!(suffix, SNAPSHOT_SUFFIX | WINDOW_SUFFIX) && goes(offset) {
                self.dir.remove_file(&path.join(&entry.name))?;
                self.dirty_dirs.insert(path.clone());
            }
        }
        Ok(())
    }

    /// Ends a swap of the cleaner that the crash may have interrupted. The `.swap` file was durable before the entry: where
    /// there is none, it has its place already.
    fn swap(
        &mut self,
        at: (TopicIdPartition, JournalSequence),
        summary: &PartitionSummary,
        new_base: Offset,
        replaced: &[Offset],
    ) -> Result<(), LogError> {
        let (partition, sequence) = at;
        let path = self.work(partition).done.dir.clone();
        let swap_suffix = format!("{LOG_SUFFIX}{SWAP_SUFFIX}");
        let names = self.dir.list(&path)?;
        let pending = names.iter().any(|entry| numbered(&entry.name) == Some((new_base, swap_suffix.as_str())));
        self.remove_segments(partition, |base| {
            base != new_base && replaced.contains(&base) && !summary.is_swapped_in_after(sequence, base)
        })?;
        // What lies under the final name may be of a segment that was replaced; that of the new one is made anew or follows.
        for suffix in INDEX_SUFFIXES {
            self.dir.remove_file(&segment_file(&path, new_base, suffix))?;
        }
        if pending {
            self.files.remove(&(partition, new_base));
            let from = segment_file(&path, new_base, &swap_suffix);
            self.dir.rename(&from, &segment_file(&path, new_base, LOG_SUFFIX))?;
        }
        let work = self.work(partition);
        work.segments.insert(new_base);
        work.done.touched.insert(new_base);
        work.done.swapped = true;
        self.dirty_dirs.insert(path);
        Ok(())
    }

    /// Ends a deletion, or a setting aside, that the crash may have interrupted.
    fn finish(&mut self, partition: TopicIdPartition, summary: &PartitionSummary) -> Result<(), LogError> {
        let mut work = Work::default();
        work.done.deleted = true;
        if let Some(path) = self.path_of(partition, Some(summary)) {
            // The name may belong to a later topic by now.
            let whose = match checkpoint::read_partition_metadata(self.dir, &path) {
                Err(error) if error.kind() == LogErrorKind::Corrupt => None,
                other => other?,
            };
            if whose == Some(partition.topic_id) {
                self.remove_or_keep(&path, summary)?;
                self.dirty_dirs.insert(self.dir.path().to_owned());
            }
            work.done.dir = path;
        }
        self.partitions.insert(partition, work);
        Ok(())
    }

    fn remove_or_keep(&self, path: &Path, summary: &PartitionSummary) -> Result<(), LogError> {
        let Some(name) = &summary.aside else {
            return self.dir.remove_dir_all(path);
        };
        let aside = self.dir.path().join(shortened(name));
        match self.dir.list(&aside) {
            // What stands under the old name is the log that began afterwards.
            Ok(_) => Ok(()),
            Err(error) if error.kind() == LogErrorKind::NotFound => self.dir.rename(path, &aside),
            Err(error) => Err(error),
        }
    }

    /// Closes all open files, flushed but for those that wait for a flush of all.
    fn close_files(&mut self) -> Result<(), LogError> {
        for open in std::mem::take(&mut self.files).into_values() {
            if self.may_wait && !open.is_overwritten {
                self.has_closed_unflushed = true;
            } else {
                open.file.sync_data()?;
            }
        }
        Ok(())
    }

    /// Makes all that was touched durable. False if that is not known of files that were closed before.
    fn flush(&mut self) -> Result<bool, LogError> {
        for open in self.files.values().filter(|open| open.is_overwritten) {
            open.file.sync_data()?;
        }
        let flushes = self.files.len() + self.dirty_dirs.len();
        // Those that were closed can no longer be flushed one by one.
        if self.dir.flush_at_once(if self.has_closed_unflushed { flushes.max(OPEN_FILES_MAX) } else { flushes })? {
            // What was written once more changes no length: XFS flushes the device for it only with a file's own flush.
            if let Some(open) = self.files.values().next() {
                open.file.sync_data()?;
            }
            return Ok(true);
        }
        if self.has_closed_unflushed {
            return Ok(false);
        }
        for open in self.files.values().filter(|open| !open.is_overwritten) {
            open.file.sync_data()?;
        }
        for dir in &self.dirty_dirs {
            match self.dir.sync_dir(dir) {
                // It was deleted after it was touched.
                Err(error) if error.kind() == LogErrorKind::NotFound => {}
                other => other?,
            }
        }
        Ok(true)
    }
}
