//! Opening a partition's directory after an orderly stop or a crash.
//!
//! Owns: left-overs of deletion and cleaning, which segments are read through, what is cut and kept aside. Does not own: the
//! journal's replay, which comes before, and the rules of the remote range, which come after.
//!
//! Below the recovery point nothing is ever cut: damage there is an error and the partition stays offline, untouched. Above
//! it whole batches that continue the log are kept and fsynced; what follows them is copied to `<base>.log.<offset>.cut`,
//! reported, and cut. A crash while this runs leaves files on which it runs again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_broker_core::leader_epoch::LeaderEpochCache;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp};

use super::checkpoint;
use super::error::{LogError, LogErrorKind};
use super::journal::JournalSequence;
use super::log_config::LogConfig;
use super::log_dir::LogDir;
use super::log_dir::file_io::OpenMode;
use super::log_segment::{
    CLEANED_SUFFIX, Continuity, DELETED_SUFFIX, INDEX_SUFFIXES, LOG_SUFFIX, LogSegment, Recovered, SWAP_SUFFIX,
    SegmentContext, SegmentPlace,
};
use super::unified_log::producers::{
    newest_states, remove_snapshots_above, remove_stray_snapshots, replay_batches, write_snapshot_durably,
};
use super::unified_log::types::CutReport;
use super::unified_log::{LoadedLog, LogContext, LogIdentity, UnifiedLog, place, segment_context};

#[cfg(test)]
mod tests;

/// Bytes copied at once when something is kept aside.
const COPY_BYTES: u64 = 1 << 20;

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
    /// Bases of segments whose deletion had begun.
    doomed: BTreeSet<Offset>,
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
        doomed: BTreeSet::new(),
    };
    loader.finish_leftovers()?;
    let mut segments = loader.open_segments()?;
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

    fn place(&self, base: Offset, suffix: &'static str) -> SegmentPlace {
        SegmentPlace { suffix, ..place(&self.request.identity, base) }
    }

    fn names(&self) -> Result<Vec<String>, LogError> {
        Ok(self
            .log_dir()
            .list(self.directory())?
            .into_iter()
            .filter(|entry| !entry.is_dir)
            .map(|entry| entry.name)
            .collect())
    }

    /// Removes what deletion and cleaning left behind, and finishes swaps.
    fn finish_leftovers(&mut self) -> Result<(), LogError> {
        let mut swaps = Vec::new();
        for name in self.names()? {
            let stem = name.strip_suffix(DELETED_SUFFIX).and_then(|name| name.strip_suffix(LOG_SUFFIX));
            self.doomed.extend(stem.and_then(|base| base.parse().ok()).map(Offset));
            if name.ends_with(DELETED_SUFFIX) || name.ends_with(CLEANED_SUFFIX) {
                self.log_dir().remove_file(&self.directory().join(&name))?;
            } else if let Some(base) = name.strip_suffix(".log.swap").and_then(|base| base.parse().ok()) {
                swaps.push(Offset(base));
            }
        }
        for base in swaps {
            self.finish_swap(base)?;
        }
        // Index files of swaps whose data file has its place already.
        for name in self.names()? {
            if let Some(final_name) = name.strip_suffix(SWAP_SUFFIX) {
                self.log_dir().rename(&self.directory().join(&name), &self.directory().join(final_name))?;
            }
        }
        Ok(())
    }

    fn finish_swap(&self, base: Offset) -> Result<(), LogError> {
        let (swap, _) = LogSegment::open(self.place(base, SWAP_SUFFIX), &self.segment_context)?;
        let end = swap.end_offset();
        drop(swap);
        for other in self.segment_bases()? {
            if other > base && other < end {
                for kind in INDEX_SUFFIXES.into_iter().chain([LOG_SUFFIX]) {
                    self.log_dir().remove_file(&self.place(other, "").file(kind))?;
                }
            }
        }
        for kind in [LOG_SUFFIX].into_iter().chain(INDEX_SUFFIXES) {
            let from = self.place(base, SWAP_SUFFIX).file(kind);
            match self.log_dir().rename(&from, &self.place(base, "").file(kind)) {
                Err(error) if error.kind() == LogErrorKind::NotFound => {}
                answer => answer?,
            }
        }
        self.log_dir().sync_dir(self.directory())
    }

    fn segment_bases(&self) -> Result<Vec<Offset>, LogError> {
        let mut bases: Vec<Offset> = self
            .names()?
            .iter()
            .filter_map(|name| name.strip_suffix(LOG_SUFFIX).filter(|base| base.len() == 20)?.parse().ok().map(Offset))
            .collect();
        bases.sort_unstable();
        Ok(bases)
    }

    fn open_segments(&mut self) -> Result<BTreeMap<Offset, Arc<LogSegment>>, LogError> {
        let bases = self.segment_bases()?;
        self.remove_orphan_indexes(&bases)?;
        let recovery_point = match (self.request.recovery_point, self.request.cut_to) {
            (Some(point), Some(cut)) => point.min(cut),
            (point, _) => point.unwrap_or(Offset(0)),
        };
        let mut segments: BTreeMap<Offset, Arc<LogSegment>> = BTreeMap::new();
        for (at, base) in bases.iter().copied().enumerate() {
            let next = bases.get(at + 1).copied();
            let closed = next.is_some_and(|next| next <= recovery_point);
            if closed && self.request.local_start.is_some_and(|start| next.is_some_and(|next| next <= start)) {
                self.remove_segment(base)?;
                continue;
            }
            if let Some((previous, end)) =
                segments.last_key_value().map(|(base, segment)| (*base, segment.end_offset()))
                && end > base
            {
                return Err(LogError::corrupt_segment(format!(
                    "{}: segment {previous} reaches to offset {end}, beyond the base offset {base} of the next",
                    self.directory().display()
                )));
            }
            if self.is_behind_deletion(&segments, base) {
                for segment in std::mem::take(&mut segments).into_values() {
                    segment.delete()?;
                }
            }
            if let Some((_, previous)) = segments.last_key_value()
                && self.is_behind_gap(previous.end_offset(), base, recovery_point)?
            {
                self.set_aside(&bases[at..], "the segment before it ends below its base offset")?;
                break;
            }
            let segment = if self.request.clean || closed {
                self.open_closed(base)?
            } else {
                let (segment, cut) = self.recover_segment(base, recovery_point)?;
                if cut {
                    segments.insert(base, segment);
                    self.set_aside(&bases[at + 1..], "an earlier segment was cut")?;
                    break;
                }
                segment
            };
            segments.insert(base, segment);
        }
        Ok(segments)
    }

    /// Whether the segments below `base` were on their way out: they end where one begins whose deletion had begun, and
    /// deletion goes from the front. A power cut may keep the later of two renames and lose the earlier. With a journal its
    /// entries tell where the log begins; what a compaction left behind is no deletion.
    fn is_behind_deletion(&self, below: &BTreeMap<Offset, Arc<LogSegment>>, base: Offset) -> bool {
        let is_compacted =
            self.request.config.cleanup_policy.compact || below.keys().any(|base| self.doomed.contains(base));
        let end = below.last_key_value().map(|(_, segment)| segment.end_offset());
        let meets_doomed = end.is_some_and(|end| end < base && self.doomed.contains(&end));
        self.context.journal.is_none() && !is_compacted && meets_doomed
    }

    /// What was flushed is there. Without a journal a truncation and a crash may leave a recovery point above the log end.
    fn refuse_lost_end(&self, end: Option<Offset>) -> Result<(), LogError> {
        let is_exact = self.request.clean || self.context.journal.is_some();
        let point = self.request.recovery_point.filter(|_| is_exact).unwrap_or(Offset(0));
        let point = self.request.cut_to.map_or(point, |cut| cut.min(point));
        let end = end.unwrap_or(Offset(0));
        if end >= point {
            return Ok(());
        }
        Err(LogError::corrupt_segment(format!(
            "{}: the log ends at offset {end}, below its recovery point {point}: a segment file is lost or cut; nothing was \
             changed, restore the file",
            self.directory().display()
        )))
    }

    /// Whether a segment above the recovery point does not continue the log. A power cut may keep the name of a new segment,
    /// and what was written back of it, and lose the end of the one before, which was not durable.
    fn is_behind_gap(&self, end: Offset, base: Offset, recovery_point: Offset) -> Result<bool, LogError> {
        let may_have_gaps = self.request.was_cleaned || self.request.config.cleanup_policy.compact;
        // Nobody reads below the log start: what is left there may go in any order.
        let is_below_start = self.request.log_start.is_some_and(|start| base <= start);
        if may_have_gaps || is_below_start || end >= base {
            return Ok(false);
        }
        if self.request.clean || base <= recovery_point || end < recovery_point {
            return Err(LogError::corrupt_segment(format!(
                "{}: offsets {end} to {} are missing before {base}.log, below the recovery point {recovery_point}: a segment \
                 file is lost or cut; nothing was changed, restore the file or delete the records below {base}",
                self.directory().display(),
                base.previous()
            )));
        }
        Ok(true)
    }

    fn open_closed(&mut self, base: Offset) -> Result<Arc<LogSegment>, LogError> {
        if self.request.touched.contains(&base) {
            for kind in INDEX_SUFFIXES {
                self.log_dir().remove_file(&self.place(base, "").file(kind))?;
            }
        }
        let (segment, rebuilt) = LogSegment::open(self.place(base, ""), &self.segment_context)?;
        if rebuilt {
            self.report.rebuilt.push(base);
        }
        Ok(Arc::new(segment))
    }

    /// Reads a segment above the recovery point; true if something was cut.
    fn recover_segment(&mut self, base: Offset, recovery_point: Offset) -> Result<(Arc<LogSegment>, bool), LogError> {
        let place = self.place(base, "");
        let path = place.file(LOG_SUFFIX);
        let gaps = self.request.config.cleanup_policy.compact;
        let continuity = Continuity { gaps, contiguous_from: recovery_point };
        let Recovered { segment, damage, epochs } = LogSegment::recover(place, &self.segment_context, continuity)?;
        self.epochs.extend(epochs);
        self.report.rebuilt.push(base);
        self.recovered_from = self.recovered_from.or(Some(base));
        let end_offset = segment.end_offset();
        if let Some(damage) = &damage {
            if end_offset < recovery_point {
                return Err(LogError::corrupt_segment(format!(
                    "{} is damaged at position {} (after offset {end_offset}, below the recovery point {recovery_point}): {}",
                    path.display(),
                    damage.position,
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
        segment.settle()?;
        Ok((Arc::new(segment), damage.is_some()))
    }

    fn tell(&mut self, cut: CutReport) {
        tracing::warn!(
            file = %cut.file.display(), kept_in = %cut.kept_in.display(), end_offset = cut.end_offset.0,
            position = cut.position, bytes = cut.bytes, reason = %cut.reason,
            "recovery cut the end of a log and kept it aside"
        );
        self.report.cuts.push(cut);
    }

    fn copy_aside(&self, path: &Path, end: Offset, position: u64, bytes: u64) -> Result<PathBuf, LogError> {
        let kept = cut_path(path, end);
        let source = self.log_dir().open_file(path, OpenMode::Read)?;
        let target = self.log_dir().open_file(&kept, OpenMode::Create)?;
        target.set_len(0)?;
        let mut done = 0;
        while done < bytes {
            let part = (bytes - done).min(COPY_BYTES);
            let mut buffer = vec![0; usize::try_from(part).unwrap_or(0)];
            source.read_exact_at(&mut buffer, position + done)?;
            target.append_at(&buffer, done)?;
            done += part;
        }
        target.sync_all()?;
        self.log_dir().sync_dir(self.directory())?;
        Ok(kept)
    }

    /// Segments after a cut or a gap: they cannot continue the log.
    fn set_aside(&mut self, bases: &[Offset], reason: &str) -> Result<(), LogError> {
        for base in bases.iter().copied() {
            let path = self.place(base, "").file(LOG_SUFFIX);
            let bytes = self.log_dir().open_file(&path, OpenMode::Read)?.len()?;
            let kept_in = cut_path(&path, base);
            self.log_dir().rename(&path, &kept_in)?;
            for kind in INDEX_SUFFIXES {
                self.log_dir().remove_file(&self.place(base, "").file(kind))?;
            }
            self.tell(CutReport {
                file: path,
                kept_in,
                end_offset: base,
                position: 0,
                bytes,
                reason: reason.to_owned(),
            });
        }
        self.log_dir().sync_dir(self.directory())
    }

    fn remove_segment(&self, base: Offset) -> Result<(), LogError> {
        for kind in INDEX_SUFFIXES.into_iter().chain([LOG_SUFFIX]) {
            self.log_dir().remove_file(&self.place(base, "").file(kind))?;
        }
        Ok(())
    }

    fn remove_orphan_indexes(&self, bases: &[Offset]) -> Result<(), LogError> {
        for name in self.names()? {
            let base = INDEX_SUFFIXES.iter().find_map(|kind| name.strip_suffix(kind));
            let Some(base) = base.and_then(|base| base.parse().ok()) else {
                continue;
            };
            if bases.binary_search(&Offset(base)).is_err() {
                self.log_dir().remove_file(&self.directory().join(&name))?;
            }
        }
        Ok(())
    }

    /// The epochs of the checkpoint; from the batches where it is damaged.
    fn read_epochs(&self, segments: &BTreeMap<Offset, Arc<LogSegment>>) -> Result<(LeaderEpochCache, bool), LogError> {
        match checkpoint::read_leader_epochs(self.log_dir(), self.directory()) {
            Ok(entries) => return Ok((LeaderEpochCache::from_entries(entries), false)),
            Err(error) if error.kind() == LogErrorKind::Corrupt => {
                tracing::warn!(%error, "the leader epochs are read from the batches");
            }
            Err(error) => return Err(error),
        }
        let mut epochs = LeaderEpochCache::new();
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
        &self,
        segments: &BTreeMap<Offset, Arc<LogSegment>>,
        log_start: Offset,
        end: Offset,
    ) -> Result<strata_broker_core::producer_state::ProducerStates, LogError> {
        let (log_dir, identity, now) = (self.log_dir(), &self.request.identity, self.request.now);
        let all: Vec<Arc<LogSegment>> = segments.values().cloned().collect();
        let first = segments.keys().next().copied().unwrap_or(log_start);
        let active = segments.keys().next_back().copied().unwrap_or(first);
        let mut found = Vec::new();
        // What stands above the first segment that was recovered may tell of batches that are gone.
        remove_snapshots_above(log_dir, identity, self.recovered_from.unwrap_or(end).min(end))?;
        let mut states = newest_states(log_dir, identity, (first, end), now)?;
        // The transaction index of a rebuilt segment comes from replay, which must therefore begin at or below it. Its states
        // are not kept: they lack producers whose batches went.
        if let Some(rebuilt) =
            self.report.rebuilt.iter().copied().min().filter(|rebuilt| *rebuilt < states.end_offset())
        {
            let mut earlier = newest_states(log_dir, identity, (first, rebuilt), now)?;
            replay_batches(&mut earlier, &all, states.end_offset(), (now, &mut found))?;
        }
        if states.end_offset() < active {
            // From now on segments below the active one may go: what they say of producers must outlive them.
            replay_batches(&mut states, &all, active, (now, &mut found))?;
            write_snapshot_durably(log_dir, identity, active, &states)?;
        }
        replay_batches(&mut states, &all, end, (now, &mut found))?;
        remove_stray_snapshots(log_dir, identity, |offset| segments.contains_key(&offset))?;
        for aborted in found {
            let holder = segments.range(..=aborted.last_offset).next_back();
            if let Some((base, segment)) = holder
                && self.report.rebuilt.contains(base)
            {
                segment.append_aborted(aborted)?;
            }
        }
        for base in &self.report.rebuilt {
            if let Some(segment) = segments.get(base) {
                segment.settle()?;
            }
        }
        Ok(states)
    }
}

fn cut_path(path: &Path, end: Offset) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.cut", end.0));
    PathBuf::from(name)
}
