//! Files that fail, fill up and lose power, for tests.
//!
//! The real files hold what a process would read back (the page cache). Beside them stands what is durable: for each
//! file the blocks changed since its last flush, with their old content. [`FaultyIo::cut_power`] lets each such block,
//! each name that its directory has not been flushed for, keep its new or take back its old content, as a seed decides.

use std::collections::BTreeMap;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::file_io::{BLOCK_BYTES, DirEntry, DiskSpace, FileHandle, FileIo, OpenMode, RealFileIo, WriteBack};

const BLOCK: u64 = 512;

#[derive(Debug, Default)]
struct Unflushed {
    /// Old content by block number; shorter than a block where the file ended.
    blocks: BTreeMap<u64, Vec<u8>>,
    /// Length when last flushed.
    length: u64,
}

#[derive(Debug)]
enum NameChange {
    Created(PathBuf),
    Renamed { from: PathBuf, to: PathBuf, replaced: Option<Vec<u8>> },
}

#[derive(Debug, Default)]
struct Disk {
    unflushed: BTreeMap<PathBuf, Unflushed>,
    names: Vec<NameChange>,
    fail_write: Option<u64>,
    fail_sync: Option<u64>,
    budget: Option<u64>,
    refuse_open: Option<PathBuf>,
    behind_the_cache: BTreeMap<PathBuf, Vec<u8>>,
    refuse_removal: bool,
    refuse_rename: bool,
    dead: bool,
    fail_write_back: bool,
    fail_file_system: Option<(u64, io::ErrorKind)>,
    writing_back: u64,
    most_written_back: u64,
}

/// File operations with faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultyIo {
    disk: Arc<Mutex<Disk>>,
    /// Flushes of files and directories.
    syncs: Arc<AtomicU64>,
    lists: Arc<AtomicU64>,
}

#[derive(Debug)]
struct FaultyFile {
    io: FaultyIo,
    path: PathBuf,
    file: Arc<dyn FileHandle>,
    /// Written in whole blocks only.
    is_blocks: bool,
}

fn dead() -> io::Error {
    io::Error::other("the power is off")
}

impl FaultyIo {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The `nth` write from now (1 is the next) fails.
    pub(crate) fn fail_write(&self, nth: u64) {
        self.disk.lock().fail_write = Some(nth);
    }

    /// The `nth` flush from now (1 is the next) fails.
    pub(crate) fn fail_sync(&self, nth: u64) {
        self.disk.lock().fail_sync = Some(nth);
    }

    /// The next wait for what is written back tells that something was not written.
    pub(crate) fn fail_write_back(&self) {
        self.disk.lock().fail_write_back = true;
    }

    /// The `nth` flush of the whole file system from now (1 is the next) fails so.
    pub(crate) fn fail_file_system(&self, nth: u64, kind: io::ErrorKind) {
        self.disk.lock().fail_file_system = Some((nth, kind));
    }

    /// The disk holds this of the file until it is written again: what the page cache shows an earlier process could not write.
    pub(crate) fn put_behind_the_cache(&self, path: PathBuf, content: &[u8]) {
        self.disk.lock().behind_the_cache.insert(path, content.to_vec());
    }

    /// The next opening of this file for writing finds too many files open.
    pub(crate) fn refuse_open(&self, path: &Path) {
        self.disk.lock().refuse_open = Some(path.to_owned());
    }

    /// The next removal of a file or directory finds no room, as on a file system that copies on write.
    pub(crate) fn refuse_removal(&self) {
        self.disk.lock().refuse_removal = true;
    }

    /// The next renaming finds no room, where a directory must grow or is copied on write.
    pub(crate) fn refuse_rename(&self) {
        self.disk.lock().refuse_rename = true;
    }

    fn check_removal(&self) -> io::Result<()> {
        self.check()?;
        if std::mem::take(&mut self.disk.lock().refuse_removal) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// Bytes that may still be written until the disk is full; `None` for no limit.
    pub(crate) fn set_budget(&self, bytes: Option<u64>) {
        self.disk.lock().budget = bytes;
    }

    /// Listings of directories so far.
    pub(crate) fn lists(&self) -> u64 {
        self.lists.load(Ordering::Relaxed)
    }

    /// Flushes of files and directories so far.
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Bytes of which a write-back was begun and not waited for, and the most that there were at once.
    pub(crate) fn written_back(&self) -> (u64, u64) {
        let disk = self.disk.lock();
        (disk.writing_back, disk.most_written_back)
    }

    /// Ends all operations and leaves on the real files what a power cut might.
    pub(crate) fn cut_power(&self, seed: u64) {
        let mut random = StdRng::seed_from_u64(seed);
        let mut disk = self.disk.lock();
        disk.dead = true;
        for (path, unflushed) in std::mem::take(&mut disk.unflushed) {
            let Ok(file) = RealFileIo.open(&path, OpenMode::ReadWrite) else {
                continue;
            };
            for (block, old) in unflushed.blocks {
                if random.random_bool(0.5) {
                    let mut padded = old;
                    padded.resize(usize::try_from(BLOCK).expect("small"), 0);
                    file.write_at(&padded, block * BLOCK).expect("take back a block");
                }
            }
            let longest = file.len().expect("length").min(unflushed.length.max(file.len().expect("length")));
            let shortest = unflushed.length.min(longest);
            file.set_len(random.random_range(shortest..=longest)).expect("take back a length");
        }
        for (path, content) in std::mem::take(&mut disk.behind_the_cache) {
            std::fs::write(path, content).expect("what the disk holds");
        }
        for change in std::mem::take(&mut disk.names).into_iter().rev() {
            if random.random_bool(0.5) {
                take_back(change);
            }
        }
    }

    fn check(&self) -> io::Result<()> {
        if self.disk.lock().dead { Err(dead()) } else { Ok(()) }
    }
}

fn take_back(change: NameChange) {
    let done = match change {
        NameChange::Created(path) if path.is_dir() => std::fs::remove_dir_all(path),
        NameChange::Created(path) => std::fs::remove_file(path),
        NameChange::Renamed { from, to, replaced } => std::fs::rename(&to, from).and_then(|()| match replaced {
            Some(content) => std::fs::write(to, content),
            None => Ok(()),
        }),
    };
    // A name inside a directory that went before is gone with it.
    if let Err(error) = done {
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "taking back a name");
    }
}

impl FaultyFile {
    fn before_change(&self, disk: &mut Disk, position: u64, bytes: u64) -> io::Result<()> {
        let length = self.file.len()?;
        disk.behind_the_cache.remove(&self.path);
        let unflushed =
            disk.unflushed.entry(self.path.clone()).or_insert_with(|| Unflushed { blocks: BTreeMap::new(), length });
        for block in position / BLOCK..(position + bytes).div_ceil(BLOCK) {
            if let std::collections::btree_map::Entry::Vacant(vacant) = unflushed.blocks.entry(block) {
                let mut old = vec![0; usize::try_from(BLOCK).expect("small")];
                let count = self.file.read_at(&mut old, block * BLOCK)?;
                old.truncate(count);
                vacant.insert(old);
            }
        }
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.io.disk.lock();
        if disk.dead {
            return Err(dead());
        }
        self.io.syncs.fetch_add(1, Ordering::Relaxed);
        if countdown(&mut disk.fail_sync) {
            return Err(io::Error::other("injected flush failure"));
        }
        disk.unflushed.remove(&self.path);
        Ok(())
    }
}

fn countdown(left: &mut Option<u64>) -> bool {
    match left {
        Some(1) => {
            *left = None;
            true
        }
        Some(count) => {
            *count -= 1;
            false
        }
        None => false,
    }
}

impl FileHandle for FaultyFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.io.check()?;
        self.file.read_at(buffer, position)
    }

    fn read_behind(&self, buffer: &mut Vec<u8>, position: u64) -> io::Result<usize> {
        self.io.check()?;
        self.file.read_behind(buffer, position)
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<usize> {
        self.write_vectored_at(&[IoSlice::new(bytes)], position)
    }

    fn write_vectored_at(&self, slices: &[IoSlice<'_>], position: u64) -> io::Result<usize> {
        let mut disk = self.io.disk.lock();
        if disk.dead {
            return Err(dead());
        }
        if countdown(&mut disk.fail_write) {
            return Err(io::Error::other("injected write failure"));
        }
        for slice in slices.iter().filter(|_| self.is_blocks) {
            let is_block = |number: usize| number.is_multiple_of(BLOCK_BYTES);
            let position = usize::try_from(position).expect("small");
            assert!(is_block(position) && is_block(slice.len()) && is_block(slice.as_ptr().addr()), "whole blocks");
        }
        let mut content: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        // Only growth takes room, as in a file system that overwrites in place.
        let length = self.file.len()?;
        let end = position + u64::try_from(content.len()).expect("small");
        if let Some(budget) = &mut disk.budget {
            let grown = end.saturating_sub(length);
            if grown > *budget {
                let fits = end - (grown - *budget);
                content.truncate(usize::try_from(fits.saturating_sub(position)).expect("small"));
                *budget = 0;
                if content.is_empty() {
                    return Err(io::ErrorKind::StorageFull.into());
                }
            } else {
                *budget -= grown;
            }
        }
        self.before_change(&mut disk, position, u64::try_from(content.len()).expect("small"))?;
        self.file.write_at(&content, position)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.sync()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync()
    }

    fn write_back(&self, range: Range<u64>, step: WriteBack) -> io::Result<()> {
        // What was begun may be lost like everything else.
        self.io.check()?;
        let mut disk = self.io.disk.lock();
        let bytes = range.end - range.start;
        match step {
            WriteBack::Begin => disk.writing_back += bytes,
            WriteBack::Wait => disk.writing_back -= bytes,
        }
        if step == WriteBack::Wait && std::mem::take(&mut disk.fail_write_back) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        disk.most_written_back = disk.most_written_back.max(disk.writing_back);
        Ok(())
    }

    fn sync_file_system(&self) -> io::Result<()> {
        let failure = self.io.disk.lock().fail_file_system.take();
        match failure {
            Some((1, kind)) => return Err(kind.into()),
            later => self.io.disk.lock().fail_file_system = later.map(|(nth, kind)| (nth - 1, kind)),
        }
        self.sync()?;
        let mut disk = self.io.disk.lock();
        disk.unflushed.clear();
        disk.names.clear();
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut disk = self.io.disk.lock();
        if disk.dead {
            return Err(dead());
        }
        let old = self.file.len()?;
        let low = old.min(length);
        self.before_change(&mut disk, low, old.max(length) - low)?;
        if let Some(budget) = &mut disk.budget {
            *budget += old.saturating_sub(length);
        }
        self.file.set_len(length)
    }

    fn len(&self) -> io::Result<u64> {
        self.io.check()?;
        self.file.len()
    }

    fn sendable(self: Arc<Self>) -> Option<Arc<dyn AsFd + Send + Sync>> {
        None
    }
}

impl FileIo for FaultyIo {
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn FileHandle>> {
        self.check()?;
        if mode != OpenMode::Read && self.disk.lock().refuse_open.take_if(|refused| refused == path).is_some() {
            return Err(io::Error::from_raw_os_error(libc::EMFILE));
        }
        let existed = path.exists();
        // Old content is kept in smaller blocks than those that go past the page cache.
        let is_blocks = mode == OpenMode::Blocks;
        let file = RealFileIo.open(path, if is_blocks { OpenMode::ReadWrite } else { mode })?;
        if !existed {
            self.disk.lock().names.push(NameChange::Created(path.to_owned()));
        }
        Ok(Arc::new(FaultyFile { io: self.clone(), path: path.to_owned(), file, is_blocks }))
    }

    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        self.check()?;
        if !path.exists() {
            self.disk.lock().names.push(NameChange::Created(path.to_owned()));
        }
        RealFileIo.create_dir_all(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.check()?;
        self.syncs.fetch_add(1, Ordering::Relaxed);
        RealFileIo.sync_dir(path)?;
        self.disk.lock().names.retain(|change| {
            let name = match change {
                NameChange::Created(name) | NameChange::Renamed { to: name, .. } => name,
            };
            name.parent() != Some(path)
        });
        Ok(())
    }

    fn file_system(&self, path: &Path) -> io::Result<Option<Arc<dyn FileHandle>>> {
        let file: Arc<dyn FileHandle> = Arc::new(std::fs::File::open(path)?);
        Ok(Some(Arc::new(FaultyFile { io: self.clone(), path: path.to_owned(), file, is_blocks: false })))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.check()?;
        if std::mem::take(&mut self.disk.lock().refuse_rename) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let replaced = if to.is_file() { Some(std::fs::read(to)?) } else { None };
        RealFileIo.rename(from, to)?;
        let mut disk = self.disk.lock();
        disk.names.retain(|change| !matches!(change, NameChange::Created(name) if name == from));
        disk.names.push(NameChange::Renamed { from: from.to_owned(), to: to.to_owned(), replaced });
        if let Some(unflushed) = disk.unflushed.remove(from) {
            disk.unflushed.insert(to.to_owned(), unflushed);
        }
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.check_removal()?;
        RealFileIo.remove_file(path)?;
        self.disk.lock().unflushed.remove(path);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.check_removal()?;
        RealFileIo.remove_dir_all(path)?;
        self.disk.lock().unflushed.retain(|file, _| !file.starts_with(path));
        Ok(())
    }

    fn is_dir(&self, path: &Path) -> io::Result<bool> {
        self.check()?;
        RealFileIo.is_dir(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.check()?;
        self.lists.fetch_add(1, Ordering::Relaxed);
        RealFileIo.list(path)
    }

    fn space(&self, path: &Path) -> io::Result<DiskSpace> {
        self.check()?;
        let real = RealFileIo.space(path)?;
        let budget = self.disk.lock().budget;
        Ok(DiskSpace { available_bytes: budget.unwrap_or(real.available_bytes), ..real })
    }
}
