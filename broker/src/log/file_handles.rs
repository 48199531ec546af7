//! Open files of idle segments, a bounded number of them.
//!
//! Owns: which read handles stay open. Does not own: the handle that an active segment appends through. A handle that is
//! let go while a reader uses it stays open until the reader is done.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;

use super::error::LogError;
use super::log_dir::file_io::OpenMode;
use super::log_dir::{LogDir, LogFile};

/// Identity of a file among the handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileId(u64);

#[derive(Debug, Default)]
struct Open {
    next_id: u64,
    clock: u64,
    files: BTreeMap<FileId, (u64, LogFile)>,
}

/// Read handles of idle segments.
#[derive(Debug)]
pub(crate) struct FileHandles {
    open: Mutex<Open>,
    max: usize,
}

impl FileHandles {
    /// At most `max` handles.
    pub(crate) fn new(max: usize) -> Self {
        Self { open: Mutex::new(Open::default()), max: max.max(8) }
    }

    /// A new identity.
    pub(crate) fn register(&self) -> FileId {
        let mut open = self.open.lock();
        open.next_id += 1;
        FileId(open.next_id)
    }

    /// The handle of `id`, opened at `path` if it is not open.
    pub(crate) fn get(&self, log_dir: &Arc<LogDir>, id: FileId, path: &Path) -> Result<LogFile, LogError> {
        {
            let mut open = self.open.lock();
            open.clock += 1;
            let clock = open.clock;
            if let Some((used, file)) = open.files.get_mut(&id) {
                *used = clock;
                return Ok(file.clone());
            }
        }
        let file = log_dir.open_file(path, OpenMode::Read)?;
        let mut open = self.open.lock();
        if open.files.len() >= self.max {
            let mut by_use: Vec<(u64, FileId)> = open.files.iter().map(|(id, (used, _))| (*used, *id)).collect();
            by_use.sort_unstable();
            for (_, oldest) in by_use.into_iter().take(self.max / 8) {
                open.files.remove(&oldest);
            }
        }
        let clock = open.clock;
        open.files.insert(id, (clock, file.clone()));
        Ok(file)
    }

    /// Lets go of the handle of `id`.
    pub(crate) fn close(&self, id: FileId) {
        self.open.lock().files.remove(&id);
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.open.lock().files.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_stay_bounded_and_the_oldest_go_first() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, b"x").unwrap();
        let handles = FileHandles::new(8);
        let first = handles.register();
        handles.get(&log_dir, first, &path).unwrap();
        for _ in 0..20 {
            handles.get(&log_dir, handles.register(), &path).unwrap();
            handles.get(&log_dir, first, &path).unwrap();
        }
        assert!(handles.count() <= 8);
        std::fs::remove_file(&path).unwrap();
        handles.get(&log_dir, first, &path).expect("what is used stays open");
    }
}
