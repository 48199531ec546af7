//! Keeping aside a part of a file before it is cut off.
//!
//! Owns: the copy, durable in itself. Does not own: its name, which is durable with its directory; what is cut, and why. A crash
//! leaves a copy that is not whole, beside the file that was not cut yet.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::error::LogError;
use super::log_dir::file_io::OpenMode;
use super::log_dir::{LogDir, LogFile};

/// Bytes copied at once.
const COPY_BYTES: usize = 1 << 20;

/// Writes the bytes of `file` in `range` into the file `kept`, which it fsyncs.
pub(crate) fn keep_aside(
    log_dir: &Arc<LogDir>,
    file: &LogFile,
    range: Range<u64>,
    kept: &Path,
) -> Result<(), LogError> {
    let target = log_dir.open_file(kept, OpenMode::Create)?;
    target.set_len(0)?;
    let mut buffer = Vec::new();
    let mut position = range.start;
    while position < range.end {
        let part = usize::try_from(range.end - position).unwrap_or(COPY_BYTES).min(COPY_BYTES);
        buffer.resize(part, 0);
        file.read_exact_at(&mut buffer, position)?;
        target.append_at(&buffer, position - range.start)?;
        position += u64::try_from(part).unwrap_or(range.end - position);
    }
    target.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_kept_as_it_is_and_replaces_what_lay_there() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let (path, kept) = (directory.path().join("file"), directory.path().join("kept"));
        let content: Vec<u8> = (0..COPY_BYTES + 5000).map(|at| u8::try_from(at % 251).unwrap()).collect();
        std::fs::write(&path, &content).unwrap();
        std::fs::write(&kept, vec![7; 3 * COPY_BYTES]).unwrap();
        let file = log_dir.open_file(&path, OpenMode::Read).unwrap();
        for range in [0..content.len(), 17..content.len(), 4000..4001, 9..9] {
            let bytes = u64::try_from(range.start).unwrap()..u64::try_from(range.end).unwrap();
            keep_aside(&log_dir, &file, bytes, &kept).unwrap();
            assert!(std::fs::read(&kept).unwrap() == content[range.clone()], "{range:?}");
        }
        keep_aside(&log_dir, &file, 0..u64::try_from(content.len()).unwrap() + 1, &kept).unwrap_err();
    }
}
