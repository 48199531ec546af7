//! The seam between the log and the operating system's files.
//!
//! Owns: the operations that the log needs, and their real implementation. Does not own: what a failure means (that is
//! [`LogDir`](super::LogDir)). Tests put an implementation in its place that fails, fills up or loses power.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// For reading; it must exist.
    Read,
    /// For reading and writing; it must exist.
    ReadWrite,
    /// For reading and writing; it is created if it does not exist.
    Create,
    /// For reading and writing; it must not exist.
    CreateNew,
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
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealFileIo;

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
}
