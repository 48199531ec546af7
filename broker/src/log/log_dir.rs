//! One log directory: its files through a seam, whether it has failed, and how much room it has.
//!
//! Owns: [`LogDir`], [`LogFile`], the lock file, the offline state, the space check. Does not own: what the files hold,
//! `meta.properties`, which partitions live here.
//!
//! Invariants:
//! - The first failed write, flush, rename, removal or truncation makes the directory offline until restart; every
//!   later change is refused. After a failed fsync nobody knows what the disk holds, so trying again proves nothing.
//! - A full disk is not a failure. Room is checked before writing; where the disk is full all the same, an append is
//!   undone (the file is cut back to where it ended) and the directory stays online.
//! - Reading never makes a directory offline; that it is not there any more does.
//!
//! A crash leaves the lock file behind, unlocked; and perhaps `*.tmp` files of `LogDir::stage`: they are never read, and the next
//! one replaces them.

pub mod file_io;
mod group_flush;

#[cfg(test)]
pub(crate) mod faulty;
#[cfg(test)]
mod tests;

pub(crate) use self::group_flush::AT_ONCE_MIN;
#[cfg(test)]
pub(crate) use self::group_flush::{AHEAD_BYTES, PIECE_BYTES};
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use self::file_io::{DirEntry, DiskSpace, FileHandle, FileIo, OpenMode, RealFileIo};
pub(crate) use self::group_flush::{DirtyRange, write_back};
use super::error::{LogError, LogErrorKind, LogErrorReason};

/// Name of the file whose lock says that a process uses the directory.
pub const LOCK_FILE: &str = ".lock";

/// The space of the file system is asked for anew after this long.
const SPACE_MAX_AGE: Duration = Duration::from_secs(1);

/// A refusal for want of room is never older than this, so that freed room is soon seen.
const SPACE_MAX_AGE_WHEN_REFUSING: Duration = Duration::from_millis(50);

/// The largest file that is read whole.
const WHOLE_FILE_BYTES_MAX: u64 = 256 << 20;

/// For whom room is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpaceClass {
    /// Records of clients' topics: refused below the reserve.
    Client,
    /// Internal topics, the Raft log, deletes: they may use the reserve.
    Internal,
}

/// Why a directory is offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfflineReason {
    /// What was being done, and what the operating system said.
    pub message: String,
}

impl fmt::Display for OfflineReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

type OfflineListener = Box<dyn FnOnce(&OfflineReason) + Send>;

#[derive(Debug, Default)]
struct SpaceCache {
    space: Option<(Instant, DiskSpace)>,
}

/// One log directory.
pub struct LogDir {
    path: PathBuf,
    io: Arc<dyn FileIo>,
    reserve_bytes: u64,
    offline: OnceLock<Arc<OfflineReason>>,
    listeners: Mutex<Vec<OfflineListener>>,
    space: Mutex<SpaceCache>,
    /// Bytes granted since the space was last asked for.
    granted_bytes: AtomicU64,
    /// The most that clients were refused since they were last granted some: so much must come free above the reserve.
    refused_bytes: AtomicU64,
    /// For what is flushed as a whole, where that is known to work. Open from the beginning, so that it hears of each failure.
    file_system: Mutex<Option<Arc<dyn FileHandle>>>,
    /// Holds the lock on [`LOCK_FILE`] until the directory is dropped.
    _lock: File,
}

impl fmt::Debug for LogDir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LogDir")
            .field("path", &self.path)
            .field("offline", &self.offline.get())
            .finish_non_exhaustive()
    }
}

impl LogDir {
    /// Opens (and creates, if missing) the directory on the operating system's files and locks it.
    ///
    /// # Errors
    /// `Unavailable` if another process holds it or it cannot be used.
    pub fn open(path: impl Into<PathBuf>, reserve_bytes: u64) -> Result<Arc<Self>, LogError> {
        Self::open_with(path, reserve_bytes, Arc::new(RealFileIo))
    }

    /// As [`LogDir::open`], on other file operations.
    ///
    /// # Errors
    /// `Unavailable` if another process holds it or it cannot be used.
    pub fn open_with(path: impl Into<PathBuf>, reserve_bytes: u64, io: Arc<dyn FileIo>) -> Result<Arc<Self>, LogError> {
        let path = path.into();
        create_durably(io.as_ref(), &path).map_err(|error| LogError::io("creating the log directory", &path, error))?;
        let lock = lock(&path)?;
        let file_system = io.file_system(&path).map_err(|error| LogError::io("opening", &path, error))?;
        Ok(Arc::new(Self {
            path,
            io,
            file_system: Mutex::new(file_system),
            reserve_bytes,
            offline: OnceLock::new(),
            listeners: Mutex::new(Vec::new()),
            space: Mutex::new(SpaceCache::default()),
            granted_bytes: AtomicU64::new(0),
            refused_bytes: AtomicU64::new(0),
            _lock: lock,
        }))
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Why it is offline; `None` while it is online.
    #[must_use]
    pub fn offline(&self) -> Option<Arc<OfflineReason>> {
        self.offline.get().cloned()
    }

    /// Answers an error if the directory is offline.
    ///
    /// # Errors
    /// `Unavailable`, because of [`LogErrorReason::DirectoryOffline`].
    pub fn check_online(&self) -> Result<(), LogError> {
        match self.offline.get() {
            None => Ok(()),
            Some(reason) => Err(self.offline_error(reason)),
        }
    }

    /// Takes the directory offline until restart; the first reason stays.
    pub fn set_offline(&self, message: impl Into<String>) {
        let reason = Arc::new(OfflineReason { message: message.into() });
        let listeners = {
            // Under the lock, so that a listener is either in this list or sees the reason when it registers.
            let mut listeners = self.listeners.lock();
            if self.offline.set(Arc::clone(&reason)).is_err() {
                return;
            }
            std::mem::take(&mut *listeners)
        };
        tracing::error!(directory = %self.path.display(), %reason, "log directory is offline until restart");
        for listener in listeners {
            listener(&reason);
        }
    }

    /// Calls `listener` once when the directory goes offline; at once if it is.
    pub fn on_offline(&self, listener: impl FnOnce(&OfflineReason) + Send + 'static) {
        let mut listeners = self.listeners.lock();
        if let Some(reason) = self.offline.get() {
            drop(listeners);
            listener(reason);
        } else {
            listeners.push(Box::new(listener));
        }
    }

    /// Asks for room for `bytes` more.
    ///
    /// # Errors
    /// `Unavailable`: because of [`LogErrorReason::DiskFull`] where the class may not have it, or the directory is
    /// offline.
    pub fn check_space(&self, bytes: u64, class: SpaceClass) -> Result<(), LogError> {
        self.check_online()?;
        if class == SpaceClass::Internal {
            self.granted_bytes.fetch_add(bytes, Ordering::Relaxed);
            return Ok(());
        }
        let needed = self.reserve_bytes.saturating_add(bytes);
        let mut room = self.room(SPACE_MAX_AGE)?;
        if room < needed {
            room = self.room(SPACE_MAX_AGE_WHEN_REFUSING)?;
            if room < needed {
                self.refused_bytes.fetch_max(bytes, Ordering::Relaxed);
                return Err(LogError::new(
                    LogErrorKind::Unavailable,
                    format!(
                        "{} has {room} bytes left and keeps {} in reserve",
                        self.path.display(),
                        self.reserve_bytes
                    ),
                )
                .because(LogErrorReason::DiskFull));
            }
        }
        self.granted_bytes.fetch_add(bytes, Ordering::Relaxed);
        // A small grant beside large refusals is no end of the shortage.
        if room >= self.reserve_bytes.saturating_add(self.refused_bytes.load(Ordering::Relaxed)) {
            self.refused_bytes.store(0, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether less is left than the reserve with what clients were last refused: local bytes that are safe elsewhere should
    /// go early. The reserve alone would not do: what is refused leaves a little more than it.
    ///
    /// # Errors
    /// If the file system does not say.
    pub fn is_below_reserve(&self) -> Result<bool, LogError> {
        let needed = self.reserve_bytes.saturating_add(self.refused_bytes.load(Ordering::Relaxed));
        Ok(self.room(SPACE_MAX_AGE)? < needed)
    }

    /// The space of the file system, asked for now.
    ///
    /// # Errors
    /// If the file system does not say.
    pub fn space(&self) -> Result<DiskSpace, LogError> {
        self.io.space(&self.path).map_err(|error| LogError::io("asking for the space of", &self.path, error))
    }

    /// Bytes left, by a figure not older than `max_age` less what was granted since.
    fn room(&self, max_age: Duration) -> Result<u64, LogError> {
        let mut cache = self.space.lock();
        let now = Instant::now();
        let fresh = cache.space.filter(|(asked_at, _)| now.duration_since(*asked_at) < max_age);
        let space = if let Some((_, space)) = fresh {
            space
        } else {
            let space = self.space()?;
            cache.space = Some((now, space));
            self.granted_bytes.store(0, Ordering::Relaxed);
            space
        };
        Ok(space.available_bytes.saturating_sub(self.granted_bytes.load(Ordering::Relaxed)))
    }

    /// Opens a file.
    ///
    /// # Errors
    /// `NotFound` if it must exist and does not; `Unavailable` if the directory is or goes offline, or has no room.
    pub fn open_file(self: &Arc<Self>, path: impl Into<PathBuf>, mode: OpenMode) -> Result<LogFile, LogError> {
        let path = path.into();
        if mode != OpenMode::Read {
            self.check_online()?;
        }
        match self.io.open(&path, mode) {
            Ok(handle) => Ok(LogFile { dir: Arc::clone(self), path: path.into(), handle }),
            // Opening changes nothing, so a failure (too many open files, a missing name) says nothing of the disk.
            Err(error)
                if matches!(mode, OpenMode::Read | OpenMode::ReadWrite | OpenMode::Blocks) || is_shortage(&error) =>
            {
                Err(LogError::io("opening", &path, error))
            }
            Err(error) => Err(self.failed("creating", &path, error)),
        }
    }

    /// Takes the directory offline where it is not there any more: moved while it is in use, its logs would lie in two places once
    /// it was made anew.
    ///
    /// # Errors
    /// `Unavailable` if it is or goes offline, or the file system does not say.
    pub fn check_is_there(&self) -> Result<(), LogError> {
        self.check_online()?;
        if self.io.is_dir(&self.path).map_err(|error| LogError::io("reading", &self.path, error))? {
            return Ok(());
        }
        let gone = io::Error::new(io::ErrorKind::NotFound, "the log directory itself is gone");
        Err(self.failed_for_good("looking for", &self.path, gone))
    }

    /// Creates a directory below this one, which must be there, and makes its name durable.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn create_dir(&self, path: &Path) -> Result<(), LogError> {
        self.check_is_there()?;
        create_durably(self.io.as_ref(), path).map_err(|error| self.failed("creating", path, error))
    }

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn sync_dir(&self, path: &Path) -> Result<(), LogError> {
        self.check_online()?;
        self.io.sync_dir(path).map_err(|error| self.failed("flushing the directory", path, error))
    }

    /// Gives a file or directory another name; durable after [`LogDir::sync_dir`].
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub fn rename(&self, from: &Path, to: &Path) -> Result<(), LogError> {
        self.check_online()?;
        self.io.rename(from, to).map_err(|error| self.failed("renaming", from, error))
    }

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn remove_file(&self, path: &Path) -> Result<(), LogError> {
        self.check_online()?;
        match self.io.remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("removing", path, error)),
            _ => Ok(()),
        }
    }

    /// Removes a directory and all in it; one that is not there is no error.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn remove_dir_all(&self, path: &Path) -> Result<(), LogError> {
        self.check_online()?;
        match self.io.remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed("removing", path, error)),
            _ => Ok(()),
        }
    }

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub fn list(&self, path: &Path) -> Result<Vec<DirEntry>, LogError> {
        self.io.list(path).map_err(|error| LogError::io("listing", path, error))
    }

    /// The whole content of a small file; `None` if it is not there.
    ///
    /// # Errors
    /// `Corrupt` if it is absurdly large; `Unavailable`.
    pub fn read_file(self: &Arc<Self>, path: &Path) -> Result<Option<Vec<u8>>, LogError> {
        let file = match self.open_file(path, OpenMode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == LogErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = file.len()?;
        if length > WHOLE_FILE_BYTES_MAX {
            return Err(LogError::new(LogErrorKind::Corrupt, format!("{} has {length} bytes", path.display())));
        }
        let mut content = vec![0; usize::try_from(length).unwrap_or(0)];
        let filled = file.read_full_at(&mut content, 0)?;
        content.truncate(filled);
        Ok(Some(content))
    }

    /// Replaces a file as a whole: after a crash it has its old content or the new one. Durable when this returns.
    ///
    /// # Errors
    /// `Unavailable`; without room the old file stays and the directory stays online.
    pub fn write_atomically(self: &Arc<Self>, path: &Path, content: &[u8]) -> Result<(), LogError> {
        self.replace_file(path, content)?;
        match path.parent() {
            Some(parent) => self.sync_dir(parent),
            None => Ok(()),
        }
    }

    /// As [`LogDir::write_atomically`], but for the name, which is durable after [`LogDir::sync_dir`].
    ///
    /// # Errors
    /// As [`LogDir::write_atomically`].
    pub fn replace_file(self: &Arc<Self>, path: &Path, content: &[u8]) -> Result<(), LogError> {
        self.stage(path, content)?.sync_all()?;
        self.take_staged(path)
    }

    /// Writes what is to be the content of a file beside it, not durably.
    ///
    /// # Errors
    /// As [`LogDir::write_atomically`].
    pub(crate) fn stage(self: &Arc<Self>, path: &Path, content: &[u8]) -> Result<LogFile, LogError> {
        let file = self.create_empty(staging_path(path))?;
        file.append_at(content, 0)?;
        Ok(file)
    }

    /// What was staged for a file, and is durable by now, takes its place; the name is durable after [`LogDir::sync_dir`].
    ///
    /// # Errors
    /// `NotFound` or `Unavailable`.
    pub(crate) fn take_staged(&self, path: &Path) -> Result<(), LogError> {
        self.rename(&staging_path(path), path)
    }

    /// Writes a whole file that can be done without, not durably: without room there is none. Returns whether there is one.
    ///
    /// # Errors
    /// `Unavailable` if the directory is or goes offline.
    pub fn write_if_room(self: &Arc<Self>, path: &Path, content: &[u8]) -> Result<bool, LogError> {
        let file = self.create_empty(path)?;
        match file.append_at(content, 0) {
            Err(error) if error.kind() == LogErrorKind::Unavailable && self.offline().is_none() => {
                drop(file);
                self.remove_file(path).map(|()| false)
            }
            answer => answer.map(|()| true),
        }
    }

    /// Opens a file to be written anew.
    fn create_empty(self: &Arc<Self>, path: impl Into<PathBuf>) -> Result<LogFile, LogError> {
        let file = self.open_file(path, OpenMode::Create)?;
        // ext4 writes a file that was cut to nothing as soon as it is closed: one request to the disk for each new one.
        if file.len()? > 0 {
            file.set_len(0)?;
        }
        Ok(file)
    }

    fn offline_error(&self, reason: &OfflineReason) -> LogError {
        LogError::new(LogErrorKind::Unavailable, format!("{} is offline: {reason}", self.path.display()))
            .because(LogErrorReason::DirectoryOffline)
    }

    /// The error for a change that failed: a full disk heals, a missing name is the caller's, all else is final.
    fn failed(&self, action: &str, path: &Path, error: io::Error) -> LogError {
        if is_full(&error) {
            return LogError::io(action, path, error).because(LogErrorReason::DiskFull);
        }
        if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) {
            return LogError::io(action, path, error);
        }
        self.failed_for_good(action, path, error)
    }

    fn failed_for_good(&self, action: &str, path: &Path, error: io::Error) -> LogError {
        self.set_offline(format!("{action} {} failed: {error}", path.display()));
        LogError::io(action, path, error).because(LogErrorReason::DirectoryOffline)
    }
}

/// Creates a directory with those above it, and makes the names of all that were missing durable.
fn create_durably(io: &dyn FileIo, path: &Path) -> io::Result<()> {
    let mut parents = Vec::new();
    let mut child = path;
    while let Some(parent) = child.parent() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        parents.push(parent);
        // Not a listing: a log directory may hold ten thousand names, and each of them was created so.
        if io.is_dir(parent)? {
            break;
        }
        child = parent;
    }
    io.create_dir_all(path)?;
    // From the top, so that no name is durable inside a directory that is not.
    parents.iter().rev().try_for_each(|parent| io.sync_dir(parent))
}

fn lock(path: &Path) -> Result<File, LogError> {
    let path = path.join(LOCK_FILE);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| LogError::io("creating", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LogError::new(
            LogErrorKind::Unavailable,
            format!("{} is locked: another process uses this directory", path.display()),
        )),
        Err(TryLockError::Error(error)) => Err(LogError::io("locking", &path, error)),
    }
}

/// Where the next content of a file is written before it takes its place.
fn staging_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

/// Whether a write failed only because there is no room.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether the process, not the disk, is short of something.
fn is_shortage(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    code == Some(libc::EMFILE) || code == Some(libc::ENFILE)
}

/// One open file of a log directory. Cheap to clone; closed with its last clone.
#[derive(Clone, Debug)]
pub struct LogFile {
    dir: Arc<LogDir>,
    path: Arc<Path>,
    handle: Arc<dyn FileHandle>,
}

impl LogFile {
    /// The directory it belongs to.
    #[must_use]
    pub fn dir(&self) -> &Arc<LogDir> {
        &self.dir
    }

    /// The path under which it was opened; it may have been renamed since.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file for `sendfile`, where there is one.
    pub(crate) fn sendable(&self) -> Option<Arc<dyn AsFd + Send + Sync>> {
        Arc::clone(&self.handle).sendable()
    }

    /// The length in bytes.
    ///
    /// # Errors
    /// `Unavailable`.
    #[expect(clippy::len_without_is_empty, reason = "a length that may fail to be read, not a container")]
    pub fn len(&self) -> Result<u64, LogError> {
        self.handle.len().map_err(|error| LogError::io("asking for the length of", &self.path, error))
    }

    /// Fills as much of `buffer` as there are bytes from `position` on, and answers how much.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn read_full_at(&self, buffer: &mut [u8], position: u64) -> Result<usize, LogError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let Some(rest) = buffer.get_mut(filled..) else {
                break;
            };
            match self.handle.read_at(rest, advanced(position, filled)) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LogError::io("reading", &self.path, error)),
            }
        }
        Ok(filled)
    }

    /// Fills `buffer` from `position`.
    ///
    /// # Errors
    /// `Corrupt` if the file ends before; `Unavailable`.
    pub fn read_exact_at(&self, buffer: &mut [u8], position: u64) -> Result<(), LogError> {
        let filled = self.read_full_at(buffer, position)?;
        if filled < buffer.len() { Err(self.ends_early((position, buffer.len()), filled)) } else { Ok(()) }
    }

    /// Exactly `length` bytes from `position` on.
    ///
    /// # Errors
    /// `Corrupt` if the file ends before; `Unavailable`.
    pub fn read_vec_at(&self, length: usize, position: u64) -> Result<Vec<u8>, LogError> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let next = advanced(position, bytes.len());
            match self.handle.read_behind(&mut bytes, next) {
                Ok(0) => return Err(self.ends_early((position, length), bytes.len())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(LogError::io("reading", &self.path, error)),
            }
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    fn ends_early(&self, (position, wanted): (u64, usize), filled: usize) -> LogError {
        LogError::corrupt_segment(format!(
            "{} ends at {}, {wanted} bytes were wanted from {position} on",
            self.path.display(),
            advanced(position, filled),
        ))
    }

    /// Writes at the end of the file, which is at `position`. Without room the file is cut back to `position`.
    ///
    /// # Errors
    /// `Unavailable`: because of [`LogErrorReason::DiskFull`] (undone, try again later) or the directory went offline.
    pub fn append_at(&self, bytes: &[u8], position: u64) -> Result<(), LogError> {
        self.append_vectored_at(&mut [IoSlice::new(bytes)], position)
    }

    /// As [`LogFile::append_at`], from several slices.
    ///
    /// # Errors
    /// As [`LogFile::append_at`].
    pub fn append_vectored_at(&self, slices: &mut [IoSlice<'_>], position: u64) -> Result<(), LogError> {
        self.dir.check_online()?;
        match self.write_slices(slices, position) {
            Ok(()) => Ok(()),
            Err(error) if is_full(&error) => {
                self.set_len(position)?;
                Err(LogError::io("appending to", &self.path, error).because(LogErrorReason::DiskFull))
            }
            Err(error) => Err(self.dir.failed_for_good("appending to", &self.path, error)),
        }
    }

    /// Writes at `position`, over what is there. Without room a part may have been written.
    ///
    /// # Errors
    /// `Unavailable`: because of [`LogErrorReason::DiskFull`], or the directory went offline.
    pub fn write_all_at(&self, bytes: &[u8], position: u64) -> Result<(), LogError> {
        self.write_all_vectored_at(&mut [IoSlice::new(bytes)], position)
    }

    /// As [`LogFile::write_all_at`], from several slices.
    ///
    /// # Errors
    /// As [`LogFile::write_all_at`].
    pub fn write_all_vectored_at(&self, slices: &mut [IoSlice<'_>], position: u64) -> Result<(), LogError> {
        self.dir.check_online()?;
        self.write_slices(slices, position).map_err(|error| self.dir.failed("writing", &self.path, error))
    }

    fn write_slices(&self, mut slices: &mut [IoSlice<'_>], position: u64) -> io::Result<()> {
        let mut position = position;
        IoSlice::advance_slices(&mut slices, 0);
        while !slices.is_empty() {
            match self.handle.write_vectored_at(slices, position) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    position = advanced(position, count);
                    IoSlice::advance_slices(&mut slices, count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Cuts or extends (with zeros) to `length` bytes.
    ///
    /// # Errors
    /// `Unavailable`.
    pub fn set_len(&self, length: u64) -> Result<(), LogError> {
        self.dir.check_online()?;
        self.handle.set_len(length).map_err(|error| self.dir.failed("cutting", &self.path, error))
    }

    /// Makes content and length durable.
    ///
    /// # Errors
    /// `Unavailable`; the directory is then offline, whatever the cause.
    pub fn sync_data(&self) -> Result<(), LogError> {
        self.dir.check_online()?;
        self.handle.sync_data().map_err(|error| self.dir.failed_for_good("flushing", &self.path, error))
    }

    /// Makes content and all attributes durable.
    ///
    /// # Errors
    /// `Unavailable`; the directory is then offline, whatever the cause.
    pub fn sync_all(&self) -> Result<(), LogError> {
        self.dir.check_online()?;
        self.handle.sync_all().map_err(|error| self.dir.failed_for_good("flushing", &self.path, error))
    }
}

fn advanced(position: u64, count: usize) -> u64 {
    position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX))
}
