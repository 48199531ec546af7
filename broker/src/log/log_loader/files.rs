//! The names in a partition's directory while it is opened.
//!
//! Owns: one listing, kept up to date with what loading does to it; what deletion and cleaning left behind. Does not own: which
//! segments are opened, cut or kept aside (`log_loader.rs`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_compat::ids::Offset;

use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogDir;
use crate::log::log_segment::{
    CLEANED_SUFFIX, DELETED_SUFFIX, INDEX_SUFFIXES, LOG_SUFFIX, LogSegment, SWAP_SUFFIX, SegmentContext, SegmentPlace,
    segment_file_name,
};

/// The names of one directory.
#[derive(Debug)]
pub(super) struct PartitionFiles {
    log_dir: Arc<LogDir>,
    directory: Arc<Path>,
    names: BTreeSet<String>,
    /// Whether names were changed, which is durable only with the directory.
    changed: bool,
    /// Bases of segments whose deletion had begun.
    doomed: BTreeSet<Offset>,
}

impl PartitionFiles {
    pub(super) fn list(log_dir: &Arc<LogDir>, directory: &Arc<Path>) -> Result<Self, LogError> {
        let names = names_in(log_dir, directory)?;
        let (log_dir, directory) = (Arc::clone(log_dir), Arc::clone(directory));
        Ok(Self { log_dir, directory, names, changed: false, doomed: BTreeSet::new() })
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether loading changed a name.
    pub(super) const fn are_changed(&self) -> bool {
        self.changed
    }

    /// Whether the deletion of the segment at `base` had begun.
    pub(super) fn is_doomed(&self, base: Offset) -> bool {
        self.doomed.contains(&base)
    }

    /// Something was created or renamed here.
    pub(super) const fn note_change(&mut self) {
        self.changed = true;
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Removes the file of this name, where there is one.
    pub(super) fn remove(&mut self, name: &str) -> Result<(), LogError> {
        if self.names.remove(name) {
            self.changed = true;
            self.log_dir.remove_file(&self.path(name))?;
        }
        Ok(())
    }

    /// Removes the file with this suffix of the segment at `base`, where there is one.
    pub(super) fn remove_file(&mut self, base: Offset, suffix: &str) -> Result<(), LogError> {
        self.remove(&format!("{}{suffix}", segment_file_name(base)))
    }

    /// Removes what is made anew from the log of the segment at `base`.
    pub(super) fn remove_indexes(&mut self, base: Offset) -> Result<(), LogError> {
        INDEX_SUFFIXES.into_iter().try_for_each(|kind| self.remove_file(base, kind))
    }

    /// Removes all files of the segment at `base`.
    pub(super) fn remove_segment(&mut self, base: Offset) -> Result<(), LogError> {
        self.remove_indexes(base)?;
        self.remove_file(base, LOG_SUFFIX)
    }

    /// The base offsets of the segments, oldest first.
    pub(super) fn segment_bases(&self) -> Vec<Offset> {
        let base_of = |name: &str| {
            let digits = name.strip_suffix(LOG_SUFFIX).filter(|base| base.len() == 20)?;
            digits.parse().ok().map(Offset)
        };
        let mut bases: Vec<Offset> = self.names().filter_map(base_of).collect();
        bases.sort_unstable();
        bases
    }

    /// Removes indexes that have no log.
    pub(super) fn remove_orphan_indexes(&mut self, bases: &[Offset]) -> Result<(), LogError> {
        let is_orphan = |name: &&str| {
            let base = INDEX_SUFFIXES.iter().find_map(|kind| name.strip_suffix(kind));
            let base = base.and_then(|base| base.parse().ok()).map(Offset);
            base.is_some_and(|base| bases.binary_search(&base).is_err())
        };
        let orphans: Vec<String> = self.names().filter(is_orphan).map(str::to_owned).collect();
        orphans.iter().try_for_each(|name| self.remove(name))
    }

    /// Removes what is left of segments whose deletion had begun. Until segments below them are gone, durably, they tell that
    /// those were on their way out.
    pub(super) fn remove_doomed(&mut self, segments_went: bool) -> Result<(), LogError> {
        let doomed: Vec<String> =
            self.names().filter(|name| name.ends_with(DELETED_SUFFIX)).map(str::to_owned).collect();
        if segments_went && !doomed.is_empty() {
            self.log_dir.sync_dir(&self.directory)?;
        }
        doomed.iter().try_for_each(|name| self.remove(name))
    }

    /// Removes what cleaning left behind, and finishes swaps.
    pub(super) fn finish_leftovers(&mut self, context: &SegmentContext) -> Result<(), LogError> {
        let mut swaps = Vec::new();
        let mut leftovers = Vec::new();
        for name in &self.names {
            let stem = name.strip_suffix(DELETED_SUFFIX).and_then(|name| name.strip_suffix(LOG_SUFFIX));
            self.doomed.extend(stem.and_then(|base| base.parse().ok()).map(Offset));
            if name.ends_with(CLEANED_SUFFIX) {
                leftovers.push(name.clone());
            } else if let Some(base) = name.strip_suffix(".log.swap").and_then(|base| base.parse().ok()) {
                swaps.push(Offset(base));
            }
        }
        leftovers.iter().try_for_each(|name| self.remove(name))?;
        if swaps.is_empty() && !self.names.iter().any(|name| name.ends_with(SWAP_SUFFIX)) {
            return Ok(());
        }
        self.changed = true;
        for base in swaps {
            self.finish_swap(base, context)?;
        }
        // Index files of swaps whose data file has its place already.
        for name in names_in(&self.log_dir, &self.directory)? {
            if let Some(final_name) = name.strip_suffix(SWAP_SUFFIX) {
                self.log_dir.rename(&self.path(&name), &self.path(final_name))?;
            }
        }
        self.names = names_in(&self.log_dir, &self.directory)?;
        Ok(())
    }

    fn finish_swap(&mut self, base: Offset, context: &SegmentContext) -> Result<(), LogError> {
        let place = |suffix| SegmentPlace { directory: Arc::clone(&self.directory), base, suffix };
        let (swapped, in_place) = (place(SWAP_SUFFIX), place(""));
        let (swap, _) = LogSegment::open(swapped.clone(), context, false)?;
        let end = swap.end_offset();
        drop(swap);
        for other in self.segment_bases() {
            if other > base && other < end {
                self.remove_segment(other)?;
            }
        }
        for kind in [LOG_SUFFIX].into_iter().chain(INDEX_SUFFIXES) {
            match self.log_dir.rename(&swapped.file(kind), &in_place.file(kind)) {
                // What lies under the final name is of the segment that was replaced.
                Err(error) if error.kind() == LogErrorKind::NotFound => {
                    self.log_dir.remove_file(&in_place.file(kind))?;
                }
                answer => answer?,
            }
        }
        self.log_dir.sync_dir(&self.directory)
    }
}

fn names_in(log_dir: &LogDir, directory: &Path) -> Result<BTreeSet<String>, LogError> {
    let entries = log_dir.list(directory)?.into_iter();
    Ok(entries.filter(|entry| !entry.is_dir).map(|entry| entry.name).collect())
}
