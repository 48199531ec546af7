//! Keeping aside what recovery takes out of a log.
//!
//! Owns: the copies `<base>.log.<offset>.cut`, how many of them stay, and the report of them. Does not own: what is cut, and
//! why.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use strata_compat::ids::Offset;

use super::Loader;
use crate::log::cut_file::keep_aside;
use crate::log::error::LogError;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_segment::LOG_SUFFIX;
use crate::log::types::CutReport;

/// Suffix of what was cut.
const CUT_SUFFIX: &str = ".cut";
/// So many files of what was cut stay for one partition. What one start takes out stays as a whole, however many those are.
const CUTS_KEPT: usize = 16;

impl Loader<'_> {
    pub(super) fn tell(&mut self, cut: CutReport) {
        tracing::warn!(
            file = %cut.file.display(), kept_in = %cut.kept_in.display(), end_offset = cut.end_offset.0,
            position = cut.position, bytes = cut.bytes, reason = %cut.reason,
            "recovery cut the end of a log and kept it aside"
        );
        self.report.cuts.push(cut);
    }

    /// Copies the end of a file, durably.
    pub(super) fn copy_aside(
        &mut self,
        path: &Path,
        end: Offset,
        position: u64,
        bytes: u64,
    ) -> Result<PathBuf, LogError> {
        let kept = cut_path(path, end);
        let source = self.log_dir().open_file(path, OpenMode::Read)?;
        keep_aside(self.log_dir(), &source, position..position + bytes, &kept)?;
        self.files.note_change();
        self.log_dir().sync_dir(self.directory())?;
        self.drop_old_cuts(Some(&kept))?;
        Ok(kept)
    }

    /// Removes the oldest of what earlier starts have cut.
    fn drop_old_cuts(&mut self, newest: Option<&Path>) -> Result<(), LogError> {
        let fresh: BTreeSet<&Path> = self.report.cuts.iter().map(|cut| cut.kept_in.as_path()).chain(newest).collect();
        let mut earlier = Vec::new();
        for name in self.files.names().filter(|name| name.ends_with(CUT_SUFFIX)) {
            let path = self.directory().join(name);
            if !fresh.contains(path.as_path()) {
                let written = fs::metadata(&path).and_then(|metadata| metadata.modified());
                earlier.push((
                    written.map_err(|error| LogError::io("reading the time of", &path, error))?,
                    name.to_owned(),
                ));
            }
        }
        let excess = (earlier.len() + fresh.len()).saturating_sub(CUTS_KEPT).min(earlier.len());
        earlier.sort_unstable();
        for (_, name) in earlier.drain(..excess) {
            tracing::warn!(
                file = %self.directory().join(&name).display(), kept = CUTS_KEPT,
                "what an earlier start cut from the log is removed: newer cuts are kept"
            );
            self.files.remove(&name)?;
        }
        Ok(())
    }

    /// Segments after a cut or a gap: they cannot continue the log.
    pub(super) fn set_aside(&mut self, bases: &[Offset], reason: &str) -> Result<(), LogError> {
        for base in bases.iter().copied() {
            let path = self.place(base).file(LOG_SUFFIX);
            let bytes = self.log_dir().open_file(&path, OpenMode::Read)?.len()?;
            let kept_in = cut_path(&path, base);
            self.log_dir().rename(&path, &kept_in)?;
            self.files.note_change();
            self.files.remove_indexes(base)?;
            let reason = reason.to_owned();
            self.tell(CutReport { file: path, kept_in, end_offset: base, position: 0, bytes, reason });
        }
        self.log_dir().sync_dir(self.directory())?;
        self.drop_old_cuts(None)
    }
}

fn cut_path(path: &Path, end: Offset) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}{CUT_SUFFIX}", end.0));
    PathBuf::from(name)
}
