//! Reading the journal after a crash: which groups count, what is rot, what is cut.
//!
//! Owns: the judgement on groups, the summary per partition, the reports. Does not own: what entries do to files
//! (`replay.rs`).
//!
//! Groups are taken in the order of (generation, position). Each names the entry that it follows:
//! ```text
//! follows the last whole group           whole: taken · not whole: held as possibly torn
//! follows something that we do not have  what lies between is rot: something durable was lost
//! held group, then one that follows the same predecessor    the held one was cut by an earlier recovery
//! held group, then nothing               torn by the crash: cut, copied to `cut-<sequence>`, reported
//! ```
//! That is right because one group is in flight: a group is begun only when the one before is durable.
//!
//! Entries of partitions that were offline before stand in files of their own (`kept.rs`) and come before all groups. Where
//! such a file is damaged, its partition stays offline, untouched, as one that rot affects.
//!
//! A crash during recovery leaves everything as it was; a cut file may be incomplete and is written again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use strata_compat::ids::{Offset, PartitionId, TopicIdPartition};

use super::entry::{JournalEntry, JournalSequence};
use super::extent::{self, BodyCheck, ChainEnd, ExtentScan, FoundGroup, JournalState};
use super::writer::{self, Extent, Extents, Writer};
use super::{JOURNAL_DIR, Journal, JournalConfig, kept};
use crate::log::cut_file::keep_aside;
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_dir::{LogDir, LogFile};

/// Cut groups that are kept aside; older ones go.
const CUTS_KEPT: usize = 16;

/// Up to where a partition's files are flushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// All records below are in flushed files.
    pub offset: Offset,
    /// All entries of the partition up to here are in flushed files.
    pub sequence: JournalSequence,
}

/// A partition whose directory was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPartition {
    /// The topic's name; the directory is `<topic>-<partition>`.
    pub topic: String,
    /// Its durable recovery point; the default where there is none.
    pub recovery_point: RecoveryPoint,
}

/// A partition's directory of which it is not known whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclaimedDirectory {
    /// The directory.
    pub path: PathBuf,
    /// Why its `partition.metadata`, which is named, does not tell.
    pub reason: String,
}

impl UnclaimedDirectory {
    /// Whether it may be of a partition with this index: its name tells that.
    #[must_use]
    pub fn may_be_of(&self, partition: PartitionId) -> bool {
        let name = self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(&format!("-{partition}"))
    }
}

/// Damage in the journal before entries that are whole: durable entries are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotReport {
    /// What is lost, and where.
    pub ranges: Vec<RotRange>,
    /// Partitions whose recovery point does not lie past the damage: they stay offline, their files untouched.
    pub affected: BTreeSet<TopicIdPartition>,
}

/// Entries of the journal that are lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotRange {
    /// The first of them.
    pub first: JournalSequence,
    /// The last of them.
    pub last: JournalSequence,
    /// The extent that is damaged; where a whole extent is missing, the one before or after it.
    pub file: PathBuf,
    /// Where in it the damaged group begins, or where the missing one is expected.
    pub position: u64,
    /// Extents that hold nothing that counts, where a whole extent is lost: each may be an older copy of it.
    pub may_be_older: Vec<PathBuf>,
}

impl fmt::Display for RotReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for RotRange { first, last, file, position, may_be_older } in &self.ranges {
            write!(
                formatter,
                "{} is damaged at position {position}: entries {first} to {last} of the journal are lost",
                file.display()
            )?;
            for (nth, older) in may_be_older.iter().enumerate() {
                let before = if nth == 0 { ", or they stood in an extent that is an older copy now: " } else { " or " };
                write!(formatter, "{before}{}", older.display())?;
            }
            formatter.write_str("; ")?;
        }
        formatter.write_str("partitions that may need them stay offline: restore the file, or delete their topics")
    }
}

/// The last group was not whole: a torn write, never acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutReport {
    /// The extent.
    pub file: PathBuf,
    /// Where in it the group begins.
    pub position: u64,
    /// The sequence at which the journal was cut.
    pub first_sequence: JournalSequence,
    /// Where the bytes were copied to; `None` if the disk had no room.
    pub kept_aside: Option<PathBuf>,
    /// Bytes cut.
    pub bytes: u64,
}

/// A later entry that makes earlier appends void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Everything from this position of this segment on.
    From { segment_base: Offset, position: u64 },
    /// All segments with a lower base.
    Below { segment_base: Offset },
    /// Everything.
    All,
    /// These segments, whose place a cleaned one has taken. What it holds was flushed before and stands in no entry.
    Swapped { new_base: Offset, replaced: BTreeSet<Offset> },
}

/// What the journal says of one partition, as a whole.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionSummary {
    /// First and last entry after the recovery point.
    pub(super) needed: Option<(JournalSequence, JournalSequence)>,
    /// The last creation, with the topic's name.
    pub(super) created: Option<(JournalSequence, String)>,
    /// The last deletion or setting aside.
    pub(super) deleted: Option<JournalSequence>,
    /// Where the directory went, if it was set aside last.
    pub(super) aside: Option<String>,
    /// What voids earlier appends, in order.
    pub(super) cuts: Vec<(JournalSequence, Cut)>,
}

impl PartitionSummary {
    fn note(&mut self, sequence: JournalSequence, point: JournalSequence, entry: &JournalEntry) {
        if sequence > point {
            let first = self.needed.map_or(sequence, |(first, _)| first);
            self.needed = Some((first, sequence));
        }
        match entry {
            JournalEntry::Truncate { segment_base, position, .. } => {
                self.cuts.push((sequence, Cut::From { segment_base: *segment_base, position: *position }));
            }
            JournalEntry::RestartAt { .. } => self.cuts.push((sequence, Cut::All)),
            JournalEntry::LocalStartMoved { local_start, .. } => {
                self.cuts.push((sequence, Cut::Below { segment_base: *local_start }));
            }
            JournalEntry::SegmentSwapped { new_base, replaced, .. } => {
                let replaced = replaced.iter().copied().collect();
                self.cuts.push((sequence, Cut::Swapped { new_base: *new_base, replaced }));
            }
            JournalEntry::Created { topic, .. } => self.created = Some((sequence, topic.clone())),
            JournalEntry::Deleted { .. } => {
                self.deleted = Some(sequence);
                self.aside = None;
                self.cuts.clear();
            }
            JournalEntry::SetAside { name, .. } => {
                self.deleted = Some(sequence);
                self.aside = Some(name.clone());
                self.cuts.clear();
            }
            JournalEntry::Append { .. } | JournalEntry::LogStartMoved { .. } => {}
        }
    }

    /// Whether the file of this segment is the work of a swap after `sequence`: what stands before must not touch it.
    pub(super) fn is_swapped_in_after(&self, sequence: JournalSequence, base: Offset) -> bool {
        let later = self.cuts.iter().rev().take_while(|(at, _)| *at > sequence);
        later.map(|(_, cut)| cut).any(|cut| matches!(cut, Cut::Swapped { new_base, .. } if *new_base == base))
    }
}

/// The journal as found at start: to be visited or replayed, then started.
#[derive(Debug)]
pub struct JournalRecovery {
    pub(super) dir: Arc<LogDir>,
    pub(super) known: BTreeMap<TopicIdPartition, KnownPartition>,
    pub(super) summaries: BTreeMap<TopicIdPartition, PartitionSummary>,
    config: JournalConfig,
    state: JournalState,
    groups: Vec<FoundGroup>,
    extents: Vec<FoundExtent>,
    generation: u64,
    end: ChainEnd,
    rot: Option<RotReport>,
    cut: Option<CutReport>,
    /// The last entry of each partition that has a file of kept ones; extents may still hold copies.
    kept: BTreeMap<TopicIdPartition, JournalSequence>,
    /// Partitions whose kept entries cannot be read, and why.
    unreadable: BTreeMap<TopicIdPartition, String>,
    /// Partitions that replay does not touch; their entries are needed.
    left_alone: BTreeSet<TopicIdPartition>,
    /// Directories that may be of partitions whose directory is missing.
    pub(super) unclaimed: Vec<UnclaimedDirectory>,
}

#[derive(Debug)]
struct FoundExtent {
    number: u32,
    file: LogFile,
    bytes: u64,
    scan: ExtentScan,
}

/// The judgement on all groups.
#[derive(Debug)]
struct Walk {
    groups: Vec<FoundGroup>,
    end: ChainEnd,
    rot: Vec<RotRange>,
    torn: Option<FoundGroup>,
}

impl Journal {
    /// Opens the journal of a directory for recovery. `known` names the partitions whose directories were found, with
    /// their durable recovery points.
    ///
    /// # Errors
    /// `Corrupt` if the journal is not ours or of a later release; `Unavailable` if it cannot be read.
    pub fn recover(
        dir: &Arc<LogDir>,
        config: JournalConfig,
        known: BTreeMap<TopicIdPartition, KnownPartition>,
    ) -> Result<JournalRecovery, LogError> {
        let journal_dir = dir.path().join(JOURNAL_DIR);
        dir.create_dir(&journal_dir)?;
        let numbers: Vec<u32> =
            dir.list(&journal_dir)?.iter().filter_map(|entry| extent::extent_number(&entry.name)).collect();
        let state = match JournalState::load(dir, &journal_dir)? {
            Some(state) => state,
            None if numbers.is_empty() => {
                let state = writer::new_state();
                state.store(dir, &journal_dir)?;
                state
            }
            None => {
                let context = format!(
                    "{} is missing and there are extents; nothing was changed, restore the file",
                    extent::state_path(&journal_dir).display()
                );
                return Err(LogError::new(LogErrorKind::Corrupt, context));
            }
        };
        let mut extents = Vec::with_capacity(numbers.len());
        for number in numbers {
            let file = dir.open_file(extent::extent_path(&journal_dir, number), OpenMode::Read)?;
            let bytes = file.len()? / extent::size(extent::BLOCK_BYTES) * extent::size(extent::BLOCK_BYTES);
            let scan = extent::scan_extent(&file, number, state.journal_id)?;
            extents.push(FoundExtent { number, file, bytes, scan });
        }
        let mut recovery = JournalRecovery {
            dir: Arc::clone(dir),
            known,
            summaries: BTreeMap::new(),
            config,
            state,
            groups: Vec::new(),
            generation: newest_generation(&extents),
            extents,
            end: ChainEnd { sequence: state.floor.previous(), checksum: 0 },
            rot: None,
            cut: None,
            kept: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            left_alone: BTreeSet::new(),
            unclaimed: Vec::new(),
        };
        recovery.note_kept()?;
        recovery.judge()?;
        Ok(recovery)
    }
}

fn point_of(known: &BTreeMap<TopicIdPartition, KnownPartition>, partition: TopicIdPartition) -> JournalSequence {
    known.get(&partition).map_or(JournalSequence::ZERO, |known| known.recovery_point.sequence)
}

fn newest_generation(extents: &[FoundExtent]) -> u64 {
    extents.iter().flat_map(|extent| &extent.scan.groups).map(|group| group.header.generation).max().unwrap_or(0)
}

impl JournalRecovery {
    /// Damage that takes partitions offline; `None` if there is none.
    #[must_use]
    pub const fn rot(&self) -> Option<&RotReport> {
        self.rot.as_ref()
    }

    /// What was cut from the end; `None` if the journal ended whole.
    #[must_use]
    pub const fn cut(&self) -> Option<&CutReport> {
        self.cut.as_ref()
    }

    /// The last whole entry; zero or the floor if there is none.
    #[must_use]
    pub const fn last_sequence(&self) -> JournalSequence {
        self.end.sequence
    }

    /// First and last entry of each partition after its recovery point.
    pub fn partitions(&self) -> impl Iterator<Item = (TopicIdPartition, JournalSequence, JournalSequence)> {
        self.summaries
            .iter()
            .filter_map(|(partition, summary)| summary.needed.map(|(first, last)| (*partition, first, last)))
    }

    /// The durable recovery point that was given for a partition.
    pub(super) fn point(&self, partition: TopicIdPartition) -> JournalSequence {
        point_of(&self.known, partition)
    }

    /// Replay does not touch these partitions: it is not known which files are theirs.
    pub fn leave_alone(&mut self, partitions: &BTreeSet<TopicIdPartition>) {
        self.left_alone.extend(partitions);
    }

    /// Directories that do not say whose they are: a partition whose own is missing may be in one of them.
    pub fn note_unclaimed(&mut self, unclaimed: Vec<UnclaimedDirectory>) {
        self.unclaimed = unclaimed;
    }

    pub(super) fn is_left_alone(&self, partition: TopicIdPartition) -> bool {
        self.left_alone.contains(&partition) || self.is_affected(partition)
    }

    /// Whether damage keeps the partition offline: rot, or that of its kept entries.
    #[must_use]
    pub fn is_affected(&self, partition: TopicIdPartition) -> bool {
        let by_rot = self.rot.as_ref().is_some_and(|rot| rot.affected.contains(&partition));
        by_rot || self.is_unreadable(partition)
    }

    /// What keeps partitions offline, for each of them, with file and position.
    #[must_use]
    pub fn affected(&self) -> BTreeMap<TopicIdPartition, String> {
        let by_rot = self.rot.iter().flat_map(|rot| rot.affected.iter().map(|partition| (*partition, rot.to_string())));
        let unreadable = self.unreadable.iter().filter(|(partition, _)| self.is_unreadable(**partition));
        by_rot.chain(unreadable.map(|(partition, reason)| (*partition, reason.clone()))).collect()
    }

    fn is_unreadable(&self, partition: TopicIdPartition) -> bool {
        // Once it was deleted, nothing of it is needed.
        let deleted = || self.summaries.get(&partition).is_some_and(|summary| summary.deleted.is_some());
        self.unreadable.contains_key(&partition) && !deleted()
    }

    fn note_kept(&mut self) -> Result<(), LogError> {
        for partition in kept::partitions(&self.dir)? {
            let (point, mut summary, mut last) = (self.point(partition), PartitionSummary::default(), None);
            let read = kept::visit(&self.dir, partition, &mut |sequence, entry| {
                last = Some(sequence);
                summary.note(sequence, point, &entry);
                Ok(())
            });
            match read {
                Ok(()) => {
                    self.summaries.insert(partition, summary);
                    self.kept.extend(last.map(|last| (partition, last)));
                }
                Err(error) if error.kind() == LogErrorKind::Corrupt => {
                    tracing::error!(%partition, %error, "the kept entries of an offline partition are damaged");
                    self.unreadable.insert(partition, error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Copies what offline partitions still need into their files of kept entries, durably, and removes the files of all
    /// others: those must have recovery points past them by now. Then the journal need not hold back for any of them. What
    /// rot affects stays in its extents, and a file that is damaged stays as it is.
    ///
    /// # Errors
    /// `Unavailable`: then the former files stand, and nothing may be let go; `Corrupt`.
    pub fn keep_entries(&self, offline: &BTreeSet<TopicIdPartition>) -> Result<(), LogError> {
        let named = kept::partitions(&self.dir)?;
        if offline.is_empty() && named.is_empty() {
            return Ok(());
        }
        let mut writer = kept::KeptWriter::new(&self.dir);
        for partition in self.kept.keys().filter(|partition| offline.contains(partition)) {
            kept::visit(&self.dir, *partition, &mut |sequence, entry| writer.push(sequence, &entry))?;
        }
        self.visit_groups(&mut |sequence, entry| {
            let partition = entry.partition();
            let is_needed = sequence > self.point(partition) && !self.is_kept(partition, sequence);
            if offline.contains(&partition) && is_needed && !self.is_affected(partition) {
                writer.push(sequence, &entry)?;
            }
            Ok(())
        })?;
        writer.finish()?;
        for partition in named.into_iter().filter(|partition| !offline.contains(partition)) {
            kept::remove(&self.dir, partition)?;
        }
        self.dir.sync_dir(&self.dir.path().join(JOURNAL_DIR))
    }

    fn is_kept(&self, partition: TopicIdPartition, sequence: JournalSequence) -> bool {
        self.kept.get(&partition).is_some_and(|last| sequence <= *last)
    }

    /// Calls `visit` with each whole entry, in order for each partition, those at or below recovery points included. One
    /// group is in memory at a time.
    ///
    /// # Errors
    /// What `visit` answers; `Corrupt` if a group has changed since it was judged; `Unavailable`.
    pub fn visit(
        &self,
        visit: &mut dyn FnMut(JournalSequence, JournalEntry) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        for partition in self.kept.keys() {
            kept::visit(&self.dir, *partition, visit)?;
        }
        self.visit_groups(&mut |sequence, entry| {
            if self.is_kept(entry.partition(), sequence) { Ok(()) } else { visit(sequence, entry) }
        })
    }

    fn visit_groups(
        &self,
        visit: &mut dyn FnMut(JournalSequence, JournalEntry) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        for group in &self.groups {
            let file = self.extent_file(group.extent)?;
            if extent::read_group(file, group.position, &group.header, visit)? == BodyCheck::Bad {
                let context = format!("{} changed while it was read", file.path().display());
                return Err(LogError::new(LogErrorKind::Corrupt, context));
            }
        }
        Ok(())
    }

    fn extent_file(&self, number: u32) -> Result<&LogFile, LogError> {
        let found = self.extents.iter().find(|extent| extent.number == number);
        found
            .map(|extent| &extent.file)
            .ok_or_else(|| LogError::new(LogErrorKind::Internal, format!("extent {number} of the journal is not open")))
    }

    fn judge(&mut self) -> Result<(), LogError> {
        let mut candidates: Vec<FoundGroup> = self
            .extents
            .iter()
            .flat_map(|extent| extent.scan.groups.iter().copied())
            .filter(|group| group.header.last_sequence() >= self.state.floor)
            .collect();
        candidates.sort_unstable_by_key(|group| (group.header.generation, group.position));
        let walk = self.walk(&candidates)?;
        self.end = walk.end;
        self.groups = walk.groups;
        self.rot = self.report_rot(walk.rot);
        self.cut = self.cut_tail(walk.torn)?;
        if let Some(rot) = &self.rot {
            tracing::error!(directory = %self.dir.path().display(), %rot, "the journal has lost durable entries");
        }
        if let Some(cut) = &self.cut {
            tracing::warn!(directory = %self.dir.path().display(), ?cut, "the journal's last group was torn and is cut");
        }
        Ok(())
    }

    fn walk(&mut self, candidates: &[FoundGroup]) -> Result<Walk, LogError> {
        let mut walk = Walk { groups: Vec::new(), end: self.end, rot: Vec::new(), torn: None };
        for group in candidates {
            let before = group.header.before;
            let follows = if walk.groups.is_empty() && walk.rot.is_empty() {
                // Nothing from the floor on is missing before the first group; its chain begins here.
                before.sequence <= walk.end.sequence
            } else {
                before == walk.end
            };
            if !follows {
                let first = walk.end.sequence.next().min(before.sequence);
                walk.rot.push(self.place_of_damage(&walk, group, first)?);
            }
            walk.torn = None;
            let file = self.extent_file(group.extent)?.clone();
            let (known, summaries, kept) = (&self.known, &mut self.summaries, &self.kept);
            let mut note = |sequence: JournalSequence, entry: JournalEntry| {
                let partition = entry.partition();
                if kept.get(&partition).is_none_or(|last| sequence > *last) {
                    summaries.entry(partition).or_default().note(sequence, point_of(known, partition), &entry);
                }
                Ok(())
            };
            match extent::read_group(&file, group.position, &group.header, &mut note)? {
                BodyCheck::Whole => {
                    walk.end = group.header.end();
                    walk.groups.push(*group);
                }
                BodyCheck::Bad => {
                    if !follows {
                        walk.end = before;
                    }
                    walk.torn = Some(*group);
                }
            }
        }
        Ok(walk)
    }

    /// Where that is damaged which should stand, from the entry `first` on, between the groups that were walked and `next`.
    fn place_of_damage(&self, walk: &Walk, next: &FoundGroup, first: JournalSequence) -> Result<RotRange, LogError> {
        let key = |group: &FoundGroup| (group.header.generation, group.position);
        // What lies below the floor is not walked, but tells where the next group stood.
        let below_floor = || {
            let all = self.extents.iter().flat_map(|extent| &extent.scan.groups);
            all.filter(|group| key(group) < key(next)).max_by_key(|group| key(group))
        };
        let begins = self.end_before(next);
        // The first group of an extent stands at its beginning.
        let gap = (begins < next.position).then_some((next.extent, begins));
        let last = walk.groups.last().or_else(below_floor);
        let expected = last.map(|last| (last.extent, last.position + last.header.group_bytes()));
        let is_damaged = |(number, position): &(u32, u64)| {
            self.extents.iter().any(|extent| extent.number == *number && extent.scan.damaged.contains(position))
        };
        let mut headers = self
            .extents
            .iter()
            .flat_map(|extent| extent.scan.damaged.iter().map(|position| (extent.number, *position)));
        let seen = walk
            .torn
            .map(|torn| (torn.extent, torn.position))
            .or_else(|| expected.filter(is_damaged))
            .or(gap)
            .or_else(|| headers.next());
        // Each extent that is begun has the next generation, so a whole one is lost where a generation is skipped.
        let skips = last.is_none_or(|last| next.header.generation.saturating_sub(last.header.generation) > 1);
        let may_be_older = if seen.is_none() && skips { self.extents_that_do_not_count() } else { Vec::new() };
        let (number, position) = seen.or(expected).unwrap_or((next.extent, next.position));
        let file = self.extent_file(number)?.path().to_owned();
        Ok(RotRange { first, last: next.header.before.sequence, file, position, may_be_older })
    }

    fn extents_that_do_not_count(&self) -> Vec<PathBuf> {
        let counts = |group: &FoundGroup| group.header.last_sequence() >= self.state.floor;
        let idle = self.extents.iter().filter(|extent| !extent.scan.groups.iter().any(counts));
        idle.map(|extent| extent.file.path().to_owned()).collect()
    }

    /// Where the group before this one ends in its extent.
    fn end_before(&self, next: &FoundGroup) -> u64 {
        let of_extent = self.extents.iter().filter(|extent| extent.number == next.extent);
        let ends = of_extent
            .flat_map(|extent| &extent.scan.groups)
            .filter(|group| group.header.generation == next.header.generation && group.position < next.position);
        ends.map(|group| group.position + group.header.group_bytes()).max().unwrap_or(0)
    }

    fn report_rot(&self, ranges: Vec<RotRange>) -> Option<RotReport> {
        let end = ranges.iter().map(|range| range.last).max()?;
        let named = self.known.keys().chain(self.summaries.keys()).copied();
        let affected = named.filter(|partition| self.point(*partition) < end && !self.begins_after(*partition, end));
        Some(RotReport { affected: affected.collect(), ranges })
    }

    /// Whether all that counts for the partition lies after `sequence`: it was created or deleted there.
    fn begins_after(&self, partition: TopicIdPartition, sequence: JournalSequence) -> bool {
        self.summaries.get(&partition).is_some_and(|summary| {
            let created = summary.created.as_ref().is_some_and(|(created, _)| *created > sequence);
            // A directory that existed before may hold what the lost entries changed, unless it was deleted since.
            let was_known = self.known.contains_key(&partition) && self.point(partition) > JournalSequence::ZERO;
            (created && !was_known) || summary.deleted.is_some_and(|deleted| deleted > sequence)
        })
    }

    fn cut_tail(&self, torn: Option<FoundGroup>) -> Result<Option<CutReport>, LogError> {
        let Some((number, position, bytes)) = torn
            .map(|group| (group.extent, group.position, group.header.group_bytes()))
            .or_else(|| self.damaged_tail())
        else {
            return Ok(None);
        };
        let first_sequence = self.end.sequence.next();
        let file = self.extent_file(number)?;
        let extent = file.path().to_owned();
        let bytes = bytes.min(file.len()?.saturating_sub(position));
        let path = self.dir.path().join(JOURNAL_DIR).join(format!("cut-{:020}", first_sequence.0));
        let kept_aside = match self.keep_cut(file, position, bytes, &path) {
            Ok(()) => Some(path),
            Err(error) if error.reason() == LogErrorReason::DiskFull => None,
            Err(error) => return Err(error),
        };
        Ok(Some(CutReport { file: extent, position, first_sequence, kept_aside, bytes }))
    }

    /// A damaged header where the next group would begin: behind the last whole one, or at the start of an extent that
    /// holds none.
    fn damaged_tail(&self) -> Option<(u32, u64, u64)> {
        let last = self.groups.last();
        let tail = last.map(|group| (group.extent, group.position + group.header.group_bytes()));
        let rest = |extent: &FoundExtent, position: u64| (extent.number, position, extent.bytes - position);
        for extent in &self.extents {
            let at_tail = tail.filter(|(number, _)| *number == extent.number).map(|(_, position)| position);
            let is_free = !extent.scan.groups.iter().any(|group| group.header.last_sequence() >= self.state.floor);
            let expected = at_tail.or_else(|| (is_free && self.rot.is_none()).then_some(0));
            if let Some(position) = expected.filter(|position| extent.scan.damaged.contains(position)) {
                return Some(rest(extent, position));
            }
        }
        None
    }

    fn keep_cut(&self, file: &LogFile, position: u64, bytes: u64, path: &std::path::Path) -> Result<(), LogError> {
        let journal_dir = self.dir.path().join(JOURNAL_DIR);
        keep_aside(&self.dir, file, position..position + bytes, path)?;
        let names = self.dir.list(&journal_dir)?;
        let cuts: Vec<_> = names.iter().filter(|entry| entry.name.starts_with("cut-")).collect();
        for old in cuts.iter().take(cuts.len().saturating_sub(CUTS_KEPT)) {
            self.dir.remove_file(&journal_dir.join(&old.name))?;
        }
        self.dir.sync_dir(&journal_dir)
    }

    /// Starts the journal: it goes on with a new generation, after all that was found. What was found stays until
    /// [`Journal::recycle`] is told of recovery points past it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn start(&self) -> Result<Journal, LogError> {
        let points = self.known.values().map(|known| known.recovery_point.sequence);
        let highest = points.chain([self.end.sequence]).max().unwrap_or(self.end.sequence);
        let extents = self.sort_extents()?;
        let writer = Writer::new(Arc::clone(&self.dir), self.state, self.generation, self.end, highest.next());
        let needed = self
            .partitions()
            .filter(|(partition, _, _)| !self.is_affected(*partition))
            .map(|(partition, first, last)| (partition, (first, last)))
            .collect();
        Journal::start(Arc::clone(&self.dir), self.config, writer, extents, needed)
    }

    fn sort_extents(&self) -> Result<Extents, LogError> {
        // Entries of partitions that rot keeps offline are kept as they are, and so is what surrounds the damage.
        let pinned_up_to = self.rot.as_ref().filter(|rot| !rot.affected.is_empty()).and_then(|rot| {
            let affected = rot.affected.iter().filter_map(|partition| self.summaries.get(partition)?.needed);
            rot.ranges.iter().map(|range| range.last).chain(affected.map(|(_, last)| last)).max()
        });
        let mut sorted = Extents::default();
        let mut live = Vec::new();
        for found in &self.extents {
            let relevant = found
                .scan
                .groups
                .iter()
                .map(|group| group.header)
                .filter(|header| header.last_sequence() >= self.state.floor);
            let range = relevant
                .clone()
                .map(|header| header.first_sequence)
                .min()
                .zip(relevant.clone().map(|header| header.last_sequence()).max());
            let extent = Extent { number: found.number, bytes: found.bytes, range };
            match range {
                None if found.bytes == 0 => self.dir.remove_file(found.file.path())?,
                None => sorted.free.push(extent),
                Some((first, _)) if pinned_up_to.is_some_and(|up_to| first <= up_to) => sorted.pinned.push(extent),
                Some(_) => live.push((relevant.map(|header| header.generation).max(), extent)),
            }
        }
        live.sort_unstable_by_key(|(generation, _)| *generation);
        sorted.live = live.into_iter().map(|(_, extent)| extent).collect();
        Ok(sorted)
    }
}
