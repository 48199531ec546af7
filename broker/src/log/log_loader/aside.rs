//! Keeping aside what recovery takes out of a log.
//!
//! Owns: the copies `<base>.log.<offset>.cut` and the report of them. Does not own: what is cut, and why.

use std::path::{Path, PathBuf};

use strata_compat::ids::Offset;

use super::Loader;
use crate::log::error::LogError;
use crate::log::log_dir::file_io::OpenMode;
use crate::log::log_segment::LOG_SUFFIX;
use crate::log::unified_log::types::CutReport;

/// Bytes copied at once when something is kept aside.
const COPY_BYTES: u64 = 1 << 20;

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
        self.files.note_change();
        self.log_dir().sync_dir(self.directory())?;
        Ok(kept)
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
        self.log_dir().sync_dir(self.directory())
    }
}

fn cut_path(path: &Path, end: Offset) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.cut", end.0));
    PathBuf::from(name)
}
