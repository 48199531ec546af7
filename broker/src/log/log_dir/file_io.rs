//! The seam between the log and the operating system's files.
//!
//! Owns: the operations that the log needs, and their real implementation. Does not own: what a failure means (that is
//! [`LogDir`](super::LogDir)). Tests put an implementation in its place that fails, fills up or loses power.

use std::ffi::CStr;
use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

/// What a file is written in past the page cache. A device with larger blocks is written through the page cache.
pub const BLOCK_BYTES: usize = 4096;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// For reading; it must exist.
    Read,
    /// For reading and writing; it must exist.
    ReadWrite,
    /// For writing whole blocks of [`BLOCK_BYTES`] from memory that begins at such a block, past the page cache where the file
    /// system can do that; it must exist.
    Blocks,
    /// For reading and writing; it is created if it does not exist.
    Create,
    /// For reading and writing; it must not exist.
    CreateNew,
}

/// A step of [`FileHandle::write_back`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteBack {
    /// Begin; wait for none of it to end.
    Begin,
    /// Wait for what was begun.
    Wait,
}

/// One name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The name, without the directory.
    pub name: String,
    /// Whether it is a directory itself.
    pub is_dir: bool,
}

/// Bytes of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskSpace {
    /// All bytes.
    pub total_bytes: u64,
    /// Bytes that this process may still write.
    pub available_bytes: u64,
}

/// One open file.
#[expect(clippy::len_without_is_empty, reason = "a length that may fail to be read, not a container")]
pub trait FileHandle: Debug + Send + Sync {
    /// Reads at `position`; zero at the end.
    ///
    /// # Errors
    /// What the operating system says.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;

    /// Reads at `position`, behind what `buffer` holds and at most up to its capacity; zero at the end. What is read into needs
    /// no zeros before.
    ///
    /// # Errors
    /// What the operating system says.
    fn read_behind(&self, buffer: &mut Vec<u8>, position: u64) -> io::Result<usize>;

    /// Writes at `position`, perhaps less than all.
    ///
    /// # Errors
    /// What the operating system says.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize>;

    /// Writes several slices at `position`, perhaps less than all.
    ///
    /// # Errors
    /// What the operating system says.
    fn write_vectored_at(&self, slices: &[IoSlice<'_>], position: u64) -> io::Result<usize>;

    /// Makes content and length durable.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes content and all attributes durable.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync_all(&self) -> io::Result<()>;

    /// Begins to write what was changed within `range`, or waits until what was begun there is written. Makes nothing durable by
    /// itself: what is flushed afterwards has less left to write.
    ///
    /// # Errors
    /// What the operating system says: also of an earlier write, and then only here.
    fn write_back(&self, range: Range<u64>, step: WriteBack) -> io::Result<()>;

    /// Makes all durable that was written to the file system before, names too.
    ///
    /// # Errors
    /// What the operating system says; perhaps of somebody else's file.
    fn sync_file_system(&self) -> io::Result<()>;

    /// Cuts or extends (with zeros) to `length` bytes.
    ///
    /// # Errors
    /// What the operating system says.
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// The length in bytes.
    ///
    /// # Errors
    /// What the operating system says.
    fn len(&self) -> io::Result<u64>;

    /// The file for `sendfile`, where there is one.
    fn sendable(self: Arc<Self>) -> Option<Arc<dyn AsFd + Send + Sync>>;
}

/// The file operations of the log.
pub trait FileIo: Debug + Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    /// What the operating system says.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn FileHandle>>;

    /// Creates a directory and those above it that are missing.
    ///
    /// # Errors
    /// What the operating system says.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// What the operating system says.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Gives a file or directory another name, replacing a file of that name.
    ///
    /// # Errors
    /// What the operating system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the operating system says.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and all in it.
    ///
    /// # Errors
    /// What the operating system says.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Whether there is a directory of this name.
    ///
    /// # Errors
    /// What the operating system says, other than that there is nothing.
    fn is_dir(&self, path: &Path) -> io::Result<bool>;

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// What the operating system says.
    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// The space of the file system that holds `path`.
    ///
    /// # Errors
    /// What the operating system says.
    fn space(&self, path: &Path) -> io::Result<DiskSpace>;

    /// The directory at `path`, if [`FileHandle::sync_file_system`] is known to keep its word and to tell of failures there, and
    /// reaches all directories in it.
    ///
    /// # Errors
    /// What the operating system says.
    fn file_system(&self, path: &Path) -> io::Result<Option<Arc<dyn FileHandle>>>;
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFileIo;

/// What statfs(2) calls ext4, XFS and btrfs. Others (FUSE, network file systems, overlays) may answer a syncfs(2) before anything
/// is durable.
const SYNCED_AS_A_WHOLE: [rustix::fs::FsWord; 3] = [0xef53, 0x5846_5342, 0x9123_683e];

/// The first kernel whose syncfs(2) answers an error if something could not be written, as its manual says: 5.8.
const TELLS_OF_FAILURES: (u32, u32) = (5, 8);

/// Whether the kernel of this release tells of what a syncfs(2) could not write.
fn tells_of_failures(release: &CStr) -> bool {
    let release = release.to_string_lossy();
    let mut numbers = release.split(|letter: char| !letter.is_ascii_digit()).map_while(|digits| digits.parse().ok());
    matches!((numbers.next(), numbers.next()), (Some(major), Some(minor)) if (major, minor) >= TELLS_OF_FAILURES)
}

/// At most this many slices go into one system call (`IOV_MAX` on Linux).
const SLICES_PER_CALL: usize = 1024;

impl FileHandle for File {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, position)
    }

    fn read_behind(&self, buffer: &mut Vec<u8>, position: u64) -> io::Result<usize> {
        Ok(rustix::io::pread(self, rustix::buffer::spare_capacity(buffer), position)?)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        FileExt::write_at(self, bytes, position)
    }

    fn write_vectored_at(&self, slices: &[IoSlice<'_>], position: u64) -> io::Result<usize> {
        let slices = slices.get(..SLICES_PER_CALL).unwrap_or(slices);
        Ok(rustix::io::pwritev(self, slices, position)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        File::sync_all(self)
    }

    fn write_back(&self, range: Range<u64>, step: WriteBack) -> io::Result<()> {
        let flags = match step {
            WriteBack::Begin => libc::SYNC_FILE_RANGE_WRITE,
            WriteBack::Wait => libc::SYNC_FILE_RANGE_WAIT_BEFORE,
        };
        let bytes = range.end.saturating_sub(range.start);
        let (Ok(from), Ok(bytes)) = (i64::try_from(range.start), i64::try_from(bytes)) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        // SAFETY: it takes an open file and numbers, and touches no memory of ours.
        if unsafe { libc::sync_file_range(self.as_raw_fd(), from, bytes, flags) } == 0 {
            Ok(())
        } else {
            Err(io::Error::last_os_error())
        }
    }

    fn sync_file_system(&self) -> io::Result<()> {
        rustix::fs::syncfs(self)?;
        // An ext4 without a journal writes its last metadata after it has flushed the device: flushed once more.
        File::sync_all(self)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        File::set_len(self, length)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn sendable(self: Arc<Self>) -> Option<Arc<dyn AsFd + Send + Sync>> {
        Some(self)
    }
}

impl FileIo for RealFileIo {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn FileHandle>> {
        let mut options = OpenOptions::new();
        options.read(true);
        match mode {
            OpenMode::Blocks => {
                options.write(true);
                let direct = options.clone().custom_flags(libc::O_DIRECT).open(path).and_then(|file| {
                    // Larger blocks than ours are told of by the first use, not by the opening.
                    let mut room = vec![0; 2 * BLOCK_BYTES];
                    let start = room.as_ptr().align_offset(BLOCK_BYTES).min(BLOCK_BYTES);
                    FileHandle::read_at(&file, &mut room[start..start + BLOCK_BYTES], 0).map(|_| file)
                });
                match direct {
                    // A file system without it.
                    Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {}
                    opened => return Ok(Arc::new(opened?)),
                }
            }
            OpenMode::Read => {}
            OpenMode::ReadWrite => {
                options.write(true);
            }
            OpenMode::Create => {
                options.write(true).create(true).truncate(false);
            }
            OpenMode::CreateNew => {
                options.write(true).create_new(true);
            }
        }
        Ok(Arc::new(options.open(path)?))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(path)
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(metadata.is_dir()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry.file_name().into_string() {
                entries.push(DirEntry { name, is_dir: entry.file_type()?.is_dir() });
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn space(&self, path: &Path) -> io::Result<DiskSpace> {
        let stat = rustix::fs::statvfs(path)?;
        Ok(DiskSpace {
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
            available_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    fn file_system(&self, path: &Path) -> io::Result<Option<Arc<dyn FileHandle>>> {
        let directory = File::open(path)?;
        let kind = rustix::fs::fstatfs(&directory)?.f_type;
        if !SYNCED_AS_A_WHOLE.contains(&kind) || !tells_of_failures(rustix::system::uname().release()) {
            return Ok(None);
        }
        let device = directory.metadata()?.dev();
        for entry in std::fs::read_dir(path)? {
            // Another file system may be mounted here.
            if entry?.metadata()?.dev() != device {
                return Ok(None);
            }
        }
        Ok(Some(Arc::new(directory)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_tells_of_failures_from_its_version_on() {
        let tells = |release: &CStr| tells_of_failures(release);
        assert!(tells(c"5.8.0-rc1") && tells(c"5.15.0-91-generic") && tells(c"6.1") && tells(c"10.0.3"));
        assert!(!tells(c"5.7.19") && !tells(c"4.19.0-25-amd64") && !tells(c"6") && !tells(c"") && !tells(c"unknown"));
    }
}
