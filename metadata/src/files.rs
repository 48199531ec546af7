//! Small whole files with a checksum, written atomically.
//!
//! Owns: the frame `magic, version, length, CRC-32C, content` and the write order temporary file, fsync, rename, fsync of
//! the directory; the lock on a directory. A crash leaves the old file or the new one, perhaps a `.tmp` file that the next
//! write replaces, and the lock file, unlocked.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::{Error, ErrorKind};

const MAGIC: &[u8; 8] = b"STRATAMQ";
const FRAME_VERSION: u32 = 1;
const HEADER_BYTES: usize = 24;
/// Largest content of such a file: a snapshot of some million rows' pages fits many times.
const CONTENT_BYTES_MAX: u64 = 4 << 30;

/// Name of the file whose lock says that a process uses the directory.
pub(crate) const LOCK_FILE: &str = "raft.lock";

/// Creates the directory if it is missing and locks it, until what is answered is dropped: two processes that append to one
/// Raft log destroy it.
pub(crate) fn lock_directory(directory: &Path) -> Result<File, Error> {
    fs::create_dir_all(directory).map_err(|error| storage(directory, error))?;
    let path = directory.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).open(&path);
    let file = file.map_err(|error| storage(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::Unavailable,
            format!("{} is locked: another process uses this directory; nothing was changed", path.display()),
        )),
        Err(TryLockError::Error(error)) => Err(storage(&path, error)),
    }
}

/// Replaces `path` with `content`, durably.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let written = write_through(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // On a full disk it holds what room there was.
        if let Err(left) = fs::remove_file(&temporary) {
            tracing::debug!(file = %temporary.display(), error = %left, "what was not written whole stays");
        }
        return Err(error);
    }
    sync_parent(path)
}

fn write_through(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(&header(content))?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes the entry of `path` in its directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// The content of `path`, or `None` if there is no such file.
pub(crate) fn read_whole(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let bytes = match fs::metadata(path) {
        Ok(metadata) if metadata.len() > CONTENT_BYTES_MAX => {
            return Err(corrupt(path, "is larger than any such file can be"));
        }
        Ok(_) => fs::read(path).map_err(|error| storage(path, error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(storage(path, error)),
    };
    let Some((head, content)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Err(corrupt(path, "is shorter than its header"));
    };
    if !head.starts_with(MAGIC) {
        return Err(corrupt(path, "does not begin as a file of the metadata quorum"));
    }
    if head != header(content) {
        return Err(corrupt(path, "does not match its checksum"));
    }
    Ok(Some(content.to_vec()))
}

fn header(content: &[u8]) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&FRAME_VERSION.to_le_bytes());
    header[12..20].copy_from_slice(&(content.len() as u64).to_le_bytes());
    header[20..].copy_from_slice(&crc32c::crc32c(content).to_le_bytes());
    header
}

fn corrupt(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!("{} {what}; restore it from a backup or remove this node's data and let it join anew", path.display()),
    )
}

pub(crate) fn storage(path: &Path, error: io::Error) -> Error {
    Error::with_source(ErrorKind::Storage, format!("{} could not be read or written", path.display()), error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_read_back_and_any_flipped_bit_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vote");
        assert_eq!(read_whole(&path).unwrap(), None);
        write_atomically(&path, b"seven").unwrap();
        assert_eq!(read_whole(&path).unwrap().as_deref(), Some(&b"seven"[..]));
        let whole = fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &damaged).unwrap();
            assert_eq!(read_whole(&path).unwrap_err().kind(), ErrorKind::Corrupt, "bit {bit}");
        }
    }

    #[test]
    fn truncation_at_any_length_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vote");
        write_atomically(&path, b"seven").unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(read_whole(&path).unwrap_err().kind(), ErrorKind::Corrupt, "length {length}");
        }
    }
}
