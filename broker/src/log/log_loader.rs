//! Opening a partition's directory after an orderly stop or a crash.
//!
//! Owns: left-overs of deletion and cleaning, which segments are read through, what is cut and kept aside. Does not own: the
//! journal's replay, which comes before, and the rules of the remote range, which come after.
//!
//! Below the recovery point, and below where the journal's last append ends, nothing is ever cut: damage there is an error and
//! the partition stays offline, untouched. Above, whole batches that continue the log are kept and fsynced; what follows them
//! is copied to `<base>.log.<offset>.cut`, reported, and cut; segments behind a gap go aside, those that continue the log
//! stay. A log that does not begin where the checkpoints say is an error, too. A crash while this runs leaves files on which
//! it runs again.
//!
//! The directory is listed once, and nothing is fsynced where recovery changed nothing: very many idle partitions start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use strata_broker_core::leader_epoch::LeaderEpochCache;
use strata_broker_core::producer_state::ProducerStates;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp};

use self::files::PartitionFiles;
use self::gaps::{Gap, Verdict};
use super::epoch_checkpoint::{self, StoredEpochs};
use super::error::LogError;
use super::journal::JournalSequence;
use super::log_config::LogConfig;
use super::log_dir::LogDir;
use super::log_segment::{LOG_SUFFIX, LogSegment, Recovered, SegmentContext, SegmentPlace, Surroundings};
use super::producer_files::{ProducerFiles, replay_batches, write_pair_durably};
use super::types::CutReport;
use super::unified_log::{LoadedLog, LogContext, LogIdentity, UnifiedLog, place, segment_context};

mod aside;
mod files;
mod gaps;
#[cfg(test)]
mod tests;

/// What opening a partition needs to know.
#[derive(Clone, Debug)]
pub struct LoadRequest {
    /// Which partition, and where.
    pub identity: LogIdentity,
    /// Its options.
    pub config: Arc<LogConfig>,
    /// Whether the directory was closed in order.
    pub clean: bool,
    /// Whether the cleaner has ever taken offsets out of it.
    pub was_cleaned: bool,
    /// Everything below is in fsynced files; `None` where no checkpoint names it.
    pub recovery_point: Option<Offset>,
    /// The newest known log start.
    pub log_start: Option<Offset>,
    /// The first offset that local files must hold, where that is known for sure.
    pub known_start: Option<Offset>,
    /// Where the last append in the journal ends: below, all was durable.
    pub journal_end: Option<Offset>,
    /// Where the journal last cut or restarted the log.
    pub cut_to: Option<Offset>,
    /// The first offset that the journal kept locally.
    pub local_start: Option<Offset>,
    /// Segments whose files replay has written to.
    pub touched: BTreeSet<Offset>,
    /// The journal's last entry.
    pub last_sequence: JournalSequence,
    /// This broker's clock.
    pub now: Timestamp,
}

/// What opening a partition found worth telling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// What was cut and kept aside.
    pub cuts: Vec<CutReport>,
    /// Segments whose indexes were built anew.
    pub rebuilt: Vec<Offset>,
}

struct Loader<'request> {
    request: &'request LoadRequest,
    context: &'request LogContext,
    segment_context: SegmentContext,
    report: LoadReport,
    epochs: Vec<(LeaderEpoch, Offset)>,
    /// The first segment that was read for damage.
    recovered_from: Option<Offset>,
    files: PartitionFiles,
    /// Whether segments went whose deletion a crash had torn.
    unfinished_deletion: bool,
    /// A snapshot of producers that was believed and may not be durable.
    unsynced_snapshot: Option<Offset>,
}

/// Opens the partition. An error leaves its files as they are, apart from finished left-overs.
pub fn load_log(request: &LoadRequest, context: &LogContext) -> Result<(Arc<UnifiedLog>, LoadReport), LogError> {
    let mut loader = Loader {
        segment_context: segment_context(context, &request.config),
        request,
        context,
        report: LoadReport::default(),
        epochs: Vec::new(),
        recovered_from: None,
        files: PartitionFiles::list(&context.log_dir, &request.identity.directory.as_path().into())?,
        unfinished_deletion: false,
        unsynced_snapshot: None,
    };
    loader.files.finish_leftovers(&loader.segment_context)?;
    let mut segments = loader.open_segments()?;
    loader.files.remove_doomed(loader.unfinished_deletion)?;
    let tiered = request.config.remote_storage_enable;
    let first = segments.keys().next().copied();
    let mut log_start = match (request.log_start, first) {
        (Some(start), Some(first)) if !tiered => start.max(first),
        (Some(start), _) => start,
        // What is below the first local segment is in the bucket; the quorum knows where that begins.
        (None, Some(_)) if tiered => Offset(0),
        (None, first) => first.or(request.cut_to).unwrap_or(Offset(0)),
    };
    let end = segments.values().next_back().map(|segment| segment.end_offset());
    loader.refuse_lost_end(end)?;
    if end.is_some_and(|end| end < log_start) {
        // All that is here lies below the log start: it was deleted.
        for segment in std::mem::take(&mut segments).into_values() {
            segment.delete()?;
        }
    }
    if segments.is_empty() {
        let base = request.cut_to.unwrap_or(log_start).max(log_start);
        let segment = LogSegment::create(place(&request.identity, base), &loader.segment_context)?;
        segments.insert(base, Arc::new(segment));
        log_start = log_start.min(base);
        loader.files.note_change();
    }
    let end = segments.values().next_back().map_or(log_start, |segment| segment.end_offset());
    let (mut epochs, mut epochs_dirty) = loader.read_epochs(&segments)?;
    for (epoch, start) in &loader.epochs {
        if epochs.latest().is_none_or(|(latest, _)| *epoch > latest) {
            epochs_dirty |= epochs.assign(*epoch, *start);
        }
    }
    epochs_dirty |= epochs.truncate_from_end(end);
    epochs_dirty |= epochs.truncate_from_start(log_start);
    let producers = loader.load_producers(&segments, log_start, end)?;
    let loaded = LoadedLog {
        names_durable: loader.unsynced_snapshot.is_none() && loader.are_names_durable(&segments),
        unsynced_snapshot: loader.unsynced_snapshot,
        segments,
        log_start,
        recovery_point: end,
        last_sequence: request.last_sequence,
        epochs,
        epochs_dirty,
        producers,
    };
    let log = UnifiedLog::from_loaded(request.identity.clone(), context.clone(), Arc::clone(&request.config), loaded)?;
    Ok((Arc::new(log), loader.report))
}

impl Loader<'_> {
    const fn log_dir(&self) -> &Arc<LogDir> {
        &self.context.log_dir
    }

    fn directory(&self) -> &Path {
        &self.request.identity.directory
    }

    fn place(&self, base: Offset) -> SegmentPlace {
        place(&self.request.identity, base)
    }

    /// Below, all is in fsynced files, as far as checkpoints say.
    fn recovery_point(&self) -> Offset {
        match (self.request.recovery_point, self.request.cut_to) {
            (Some(point), Some(cut)) => point.min(cut),
            (point, _) => point.unwrap_or(Offset(0)),
        }
    }

    /// Below, all was durable, in files or in the journal: nothing there may be missing.
    fn proven_end(&self) -> Offset {
        self.recovery_point().max(self.request.journal_end.unwrap_or(Offset(0)))
    }

    /// Whether a flush that moved the recovery point above every base has made the names durable, and none changed since.
    fn are_names_durable(&self, segments: &BTreeMap<Offset, Arc<LogSegment>>) -> bool {
        let point = self.recovery_point();
        !self.files.are_changed() && segments.keys().next_back().is_some_and(|base| *base < point)
    }

    /// Whether what checkpoints say of this log is all that can have happened to it. Without a journal deletions, truncations
    /// and a crash leave checkpoints behind that are older than the files.
    fn is_exact(&self) -> bool {
        self.request.clean || self.context.journal.is_some()
    }

    /// A log begins where it did, unless something told that it was moved. What a tiered one lacks may be in the bucket: whoever
    /// knows its remote range looks at that.
    fn refuse_lost_start(&self, bases: &[Offset]) -> Result<(), LogError> {
        let known = self.request.known_start.filter(|_| self.is_exact() && !self.request.config.remote_storage_enable);
        let (Some(known), Some(first)) = (known, bases.first().copied()) else {
            return Ok(());
        };
        if first <= known {
            return Ok(());
        }
        Err(LogError::corrupt_segment(format!(
            "{}: offsets {known} to {} are missing before {}: the segment file that begins at or below {known} is lost; \
             nothing was changed, restore the file or delete the records below {first}",
            self.directory().display(),
            first.previous(),
            self.place(first).file(LOG_SUFFIX).display(),
        )))
    }

    fn open_segments(&mut self) -> Result<BTreeMap<Offset, Arc<LogSegment>>, LogError> {
        let bases = self.files.segment_bases();
        self.refuse_lost_start(&bases)?;
        let recovery_point = self.recovery_point();
        let mut segments: BTreeMap<Offset, Arc<LogSegment>> = BTreeMap::new();
        for (at, base) in bases.iter().copied().enumerate() {
            let next = bases.get(at + 1).copied();
            let closed = next.is_some_and(|next| next <= recovery_point);
            if closed && self.request.local_start.is_some_and(|start| next.is_some_and(|next| next <= start)) {
                self.files.remove_segment(base)?;
                continue;
            }
            self.refuse_overlap(&segments, base)?;
            if self.is_behind_deletion(&segments, base) {
                self.files.note_change();
                self.unfinished_deletion = true;
                for segment in std::mem::take(&mut segments).into_values() {
                    segment.delete()?;
                }
            }
            if let Some((_, previous)) = segments.last_key_value() {
                if self.is_behind_gap(previous, base)? {
                    self.set_aside(&bases[at..], "the segment before it ends below its base offset")?;
                    break;
                }
                previous.note_next(base);
            }
            if self.request.clean || closed {
                let segment = self.open_closed(base)?;
                segments.insert(base, segment);
                continue;
            }
            let (segment, cut) = self.recover_segment(base, next)?;
            // Where the next segment begins at its end, nothing but garbage was cut: what follows continues the log.
            let ends_early = cut && next != Some(segment.end_offset());
            segments.insert(base, segment);
            if ends_early {
                self.set_aside(&bases[at + 1..], "an earlier segment was cut")?;
                break;
            }
        }
        // Not before: what is left of a lost segment tells of it, and fits its file once that is restored.
        self.files.remove_orphan_indexes(&bases)?;
        Ok(segments)
    }

    fn refuse_overlap(&self, segments: &BTreeMap<Offset, Arc<LogSegment>>, base: Offset) -> Result<(), LogError> {
        match segments.last_key_value().map(|(base, segment)| (*base, segment.end_offset())) {
            Some((previous, end)) if end > base => Err(LogError::corrupt_segment(format!(
                "{} reaches to offset {end}, beyond the base offset of {}: one of them holds another segment's records; \
                 nothing was changed, restore the files",
                self.place(previous).file(LOG_SUFFIX).display(),
                self.place(base).file(LOG_SUFFIX).display()
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the segments below `base` were on their way out: they end where one begins whose deletion had begun, and
    /// deletion goes from the front. A power cut may keep the later of two renames and lose the earlier. With a journal its
    /// entries tell where the log begins; what a compaction left behind is no deletion.
    fn is_behind_deletion(&self, below: &BTreeMap<Offset, Arc<LogSegment>>, base: Offset) -> bool {
        let Some((_, last)) = below.last_key_value() else { return false };
        let is_compacted = below.keys().any(|base| self.files.is_doomed(*base));
        let meets_doomed = self.files.is_doomed(last.end_offset()) && self.gap(last, base).is_torn_deletion();
        self.context.journal.is_none() && !is_compacted && meets_doomed
    }

    /// What was flushed or stands in the journal is there. Without a journal a truncation and a crash may leave a recovery
    /// point above the log end.
    fn refuse_lost_end(&self, end: Option<Offset>) -> Result<(), LogError> {
        let proven = if self.is_exact() { self.proven_end() } else { Offset(0) };
        let end = end.unwrap_or(Offset(0));
        if end >= proven {
            return Ok(());
        }
        Err(LogError::corrupt_segment(format!(
            "{}: the log ends at offset {end}, below {}, up to which it was durable: a segment file is lost or cut; nothing \
             was changed, restore the file",
            self.directory().display(),
            self.proven_name(proven),
        )))
    }

    fn proven_name(&self, proven: Offset) -> String {
        if proven > self.recovery_point() {
            format!("offset {proven} in the journal")
        } else {
            format!("its recovery point {proven}")
        }
    }

    /// Whether the log is compacted, or was, as far as its options and the cleaner's checkpoint tell.
    fn is_compacted(&self) -> bool {
        self.request.was_cleaned || self.request.config.cleanup_policy.compact
    }

    fn gap(&self, previous: &LogSegment, base: Offset) -> Gap {
        Gap {
            end: previous.end_offset(),
            base,
            sealed_next: previous.next_base(),
            is_compacted: self.is_compacted(),
            log_start: self.request.log_start,
            proven_end: self.proven_end(),
            clean: self.request.clean,
        }
    }

    /// Whether a segment above the recovery point does not continue the log.
    fn is_behind_gap(&self, previous: &LogSegment, base: Offset) -> Result<bool, LogError> {
        let gap = self.gap(previous, base);
        match gap.judge() {
            Verdict::Continues => Ok(false),
            Verdict::Ends => Ok(true),
            Verdict::Lost => Err(LogError::corrupt_segment(format!(
                "{}: offsets {} to {} are missing before {}, below {}: a segment file is lost or cut; nothing was \
                 changed, restore the file or delete the records below {base}",
                self.directory().display(),
                gap.end,
                base.previous(),
                self.place(base).file(LOG_SUFFIX).display(),
                self.proven_name(gap.proven_end),
            ))),
        }
    }

    fn open_closed(&mut self, base: Offset) -> Result<Arc<LogSegment>, LogError> {
        let is_touched = self.request.touched.contains(&base);
        let (segment, rebuilt) = LogSegment::open(self.place(base), &self.segment_context, is_touched)?;
        if rebuilt {
            self.report.rebuilt.push(base);
            // Its index files have come back under names that are not durable yet.
            self.files.note_change();
        }
        Ok(Arc::new(segment))
    }

    /// Reads a segment above the recovery point; true if something was cut.
    fn recover_segment(&mut self, base: Offset, next: Option<Offset>) -> Result<(Arc<LogSegment>, bool), LogError> {
        let recovery_point = self.recovery_point();
        let place = self.place(base);
        let path = place.file(LOG_SUFFIX);
        let proven = self.proven_end();
        let surroundings = Surroundings {
            proven_end: proven,
            is_exact: self.is_exact(),
            is_compacted: self.is_compacted(),
            next_base: next,
            sealed_end: None,
        };
        let Recovered { segment, damage, epochs, is_sealed } =
            LogSegment::recover(place, &self.segment_context, surroundings)?;
        self.epochs.extend(epochs);
        self.recovered_from = self.recovered_from.or(Some(base));
        if segment.size() > 0 {
            self.report.rebuilt.push(base);
        }
        let end_offset = segment.end_offset();
        if let Some(damage) = &damage {
            if end_offset < proven {
                return Err(LogError::corrupt_segment(format!(
                    "{} is damaged at position {} (after offset {end_offset}, below {}): {}; nothing was changed, \
                     restore the file or delete the records up to the end of the damage",
                    path.display(),
                    damage.position,
                    self.proven_name(proven),
                    damage.reason
                )));
            }
            let kept_in = self.copy_aside(&path, end_offset, damage.position, damage.bytes)?;
            self.tell(CutReport {
                file: path,
                kept_in,
                end_offset,
                position: damage.position,
                bytes: damage.bytes,
                reason: damage.reason.clone(),
            });
        }
        // Replay has fsynced what it touched, and the flush before the recovery point the rest.
        let is_durable = end_offset <= recovery_point || self.request.touched.contains(&base);
        segment.settle(is_sealed, is_durable)?;
        Ok((Arc::new(segment), damage.is_some()))
    }

    /// The epochs of the checkpoint, from the batches where it cannot be believed; and whether its files must be written again.
    fn read_epochs(&self, segments: &BTreeMap<Offset, Arc<LogSegment>>) -> Result<(LeaderEpochCache, bool), LogError> {
        let known = match epoch_checkpoint::load(self.log_dir(), self.directory())? {
            StoredEpochs::Sound(entries) => return Ok((LeaderEpochCache::from_entries(entries), false)),
            StoredEpochs::KafkaOnly(entries) => return Ok((LeaderEpochCache::from_entries(entries), true)),
            StoredEpochs::Doubtful(known) => known,
        };
        tracing::warn!(directory = %self.directory().display(), "the leader epochs are read from the batches");
        let first = segments.keys().next().copied().unwrap_or(Offset(0));
        let mut epochs = LeaderEpochCache::from_entries(known.into_iter().filter(|(_, start)| *start < first));
        for segment in segments.values() {
            segment.visit_from(segment.base_offset(), |header, _| {
                if epochs.latest().is_none_or(|(latest, _)| header.leader_epoch > latest) {
                    epochs.assign(header.leader_epoch, header.base_offset);
                }
                Ok(true)
            })?;
        }
        Ok((epochs, true))
    }

    fn load_producers(
        &mut self,
        segments: &BTreeMap<Offset, Arc<LogSegment>>,
        log_start: Offset,
        end: Offset,
    ) -> Result<ProducerStates, LogError> {
        let (log_dir, identity, now) = (&self.context.log_dir, &self.request.identity, self.request.now);
        let all: Vec<Arc<LogSegment>> = segments.values().cloned().collect();
        let first = segments.keys().next().copied().unwrap_or(log_start);
        let active = segments.keys().next_back().copied().unwrap_or(first);
        let mut found = Vec::new();
        let mut files = ProducerFiles::among(log_dir, identity, self.files.names());
        // What stands above the first segment that was recovered may tell of batches that are gone.
        let mut removed = files.remove_above(self.recovered_from.unwrap_or(end).min(end))?;
        let mut states = files.newest_states(&all, (first, end), now)?;
        // The transaction index of a rebuilt segment comes from replay, which must therefore begin at or below it. Its states
        // are not kept: they lack producers whose batches went.
        if let Some(rebuilt) =
            self.report.rebuilt.iter().copied().min().filter(|rebuilt| *rebuilt < states.end_offset())
        {
            let mut earlier = files.newest_states(&all, (first, rebuilt), now)?;
            replay_batches(&mut earlier, &all, states.end_offset(), (now, &mut found))?;
        }
        if states.end_offset() < active {
            // From now on segments below the active one may go: what they say of producers must outlive them.
            replay_batches(&mut states, &all, active, (now, &mut found))?;
            write_pair_durably(log_dir, identity, active, &states)?;
            files.note(active);
        } else if !self.request.clean && active >= self.recovery_point() {
            // A roll wrote it, and no flush since has passed it.
            self.unsynced_snapshot = Some(states.end_offset()).filter(|offset| files.has(*offset));
        }
        removed |= files.remove_strays(|offset| segments.contains_key(&offset))?;
        replay_batches(&mut states, &all, end, (now, &mut found))?;
        if removed {
            self.files.note_change();
        }
        for aborted in found {
            let holder = segments.range(..=aborted.last_offset).next_back();
            if let Some((base, segment)) = holder
                && self.report.rebuilt.contains(base)
            {
                segment.append_aborted(aborted)?;
            }
        }
        // The last one is appended to: its indexes are in memory, and the next flush writes them.
        for base in self.report.rebuilt.iter().filter(|base| **base != active) {
            if let Some(segment) = segments.get(base) {
                segment.seal()?;
            }
        }
        Ok(states)
    }
}
