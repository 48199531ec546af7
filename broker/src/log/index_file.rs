//! Entries of fixed size in a file of their own: what the three indexes of a segment share.
//!
//! Owns: how entries lie in the file, how many there are, which of them are still only in memory. Does not own: what an
//! entry means. The index of a segment that is appended to is resident and written when it is flushed; that of a closed
//! one is read by position, so that an idle segment costs a few words.
//!
//! After a crash an index may be shorter than its log or torn in its last entry; `log_loader.rs` rebuilds it from the log.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::{LogError, LogErrorKind};
use super::log_dir::file_io::OpenMode;
use super::log_dir::{LogDir, LogFile};

/// The longest entry of all indexes.
const ENTRY_BYTES_MAX: usize = 64;

/// An entry of fixed size.
pub(crate) trait IndexEntry: Copy {
    /// Its size in the file.
    const BYTES: usize;
    /// Appends its bytes.
    fn encode(self, out: &mut Vec<u8>);
    /// Reads it from exactly [`Self::BYTES`] bytes.
    fn decode(bytes: &[u8]) -> Self;
}

/// The entries of one index file.
#[derive(Debug)]
pub(crate) struct IndexFile<E> {
    log_dir: Arc<LogDir>,
    path: PathBuf,
    /// All entries, while the segment is appended to.
    resident: Option<Vec<E>>,
    /// How many entries the file holds.
    on_file: usize,
    /// The newest entry.
    last: Option<E>,
    /// Whether the file holds bytes that were not fsynced.
    dirty: bool,
    /// Whether the file exists at `path`.
    exists: bool,
}

impl<E: IndexEntry> IndexFile<E> {
    /// An index without entries whose file does not exist yet, or is replaced at the first flush.
    pub(crate) fn create(log_dir: &Arc<LogDir>, path: PathBuf) -> Result<Self, LogError> {
        log_dir.remove_file(&path)?;
        Ok(Self {
            log_dir: Arc::clone(log_dir),
            path,
            resident: Some(Vec::new()),
            on_file: 0,
            last: None,
            dirty: false,
            exists: false,
        })
    }

    /// The index in `path`; `None` if there is no file or its length is not that of whole entries.
    pub(crate) fn open(log_dir: &Arc<LogDir>, path: PathBuf) -> Result<Option<Self>, LogError> {
        let bytes = match log_dir.open_file(&path, OpenMode::Read) {
            Ok(file) => file.len()?,
            Err(error) if error.kind() == LogErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Ok(bytes) = usize::try_from(bytes) else {
            return Ok(None);
        };
        if bytes % E::BYTES != 0 {
            return Ok(None);
        }
        let mut index = Self {
            log_dir: Arc::clone(log_dir),
            path,
            resident: None,
            on_file: bytes / E::BYTES,
            last: None,
            dirty: false,
            exists: true,
        };
        if index.on_file > 0 {
            index.last = Some(index.get(index.on_file - 1)?);
        }
        Ok(Some(index))
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.resident.as_ref().map_or(self.on_file, Vec::len)
    }

    /// Whether all entries are in memory.
    pub(crate) const fn is_resident(&self) -> bool {
        self.resident.is_some()
    }

    /// The newest entry.
    pub(crate) const fn last(&self) -> Option<E> {
        self.last
    }

    /// The entry at `position`, which must be below [`Self::len`].
    pub(crate) fn get(&self, position: usize) -> Result<E, LogError> {
        if let Some(entry) = self.resident.as_ref().and_then(|entries| entries.get(position)) {
            return Ok(*entry);
        }
        let file = self.log_dir.open_file(&self.path, OpenMode::Read)?;
        self.read_entry(&file, position)
    }

    fn read_entry(&self, file: &LogFile, position: usize) -> Result<E, LogError> {
        let mut bytes = [0_u8; ENTRY_BYTES_MAX];
        let at = u64::try_from(position * E::BYTES)
            .map_err(|error| LogError::with_source(LogErrorKind::Internal, "index position", error))?;
        let slot = &mut bytes[..E::BYTES];
        file.read_exact_at(slot, at)?;
        Ok(E::decode(slot))
    }

    /// How many leading entries satisfy `holds`, which must be true for a prefix and false for the rest.
    pub(crate) fn partition_point(&self, holds: impl Fn(&E) -> bool) -> Result<usize, LogError> {
        if let Some(entries) = &self.resident {
            return Ok(entries.partition_point(holds));
        }
        match self.last {
            None => return Ok(0),
            Some(last) if holds(&last) => return Ok(self.on_file),
            Some(_) => {}
        }
        let file = self.log_dir.open_file(&self.path, OpenMode::Read)?;
        let (mut low, mut high) = (0, self.on_file - 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(&self.read_entry(&file, middle)?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// All entries, oldest first.
    pub(crate) fn entries(&self) -> Result<Vec<E>, LogError> {
        if let Some(entries) = &self.resident {
            return Ok(entries.clone());
        }
        if !self.exists {
            return Ok(Vec::new());
        }
        let bytes = self.log_dir.read_file(&self.path)?.unwrap_or_default();
        Ok(bytes.chunks_exact(E::BYTES).take(self.on_file).map(E::decode).collect())
    }

    /// Brings all entries into memory, so that more can be appended.
    pub(crate) fn make_resident(&mut self) -> Result<(), LogError> {
        if self.resident.is_none() {
            self.resident = Some(self.entries()?);
        }
        Ok(())
    }

    /// Adds an entry; it is written at the next flush.
    pub(crate) fn push(&mut self, entry: E) -> Result<(), LogError> {
        self.make_resident()?;
        self.resident.get_or_insert_default().push(entry);
        self.last = Some(entry);
        Ok(())
    }

    /// Keeps only the first `len` entries.
    pub(crate) fn truncate(&mut self, len: usize) -> Result<(), LogError> {
        if len >= self.len() {
            return Ok(());
        }
        self.make_resident()?;
        let entries = self.resident.get_or_insert_default();
        entries.truncate(len);
        self.last = entries.last().copied();
        if self.on_file > len {
            self.on_file = len;
            self.set_file_len(len)?;
        }
        Ok(())
    }

    fn set_file_len(&mut self, entries: usize) -> Result<(), LogError> {
        let bytes = u64::try_from(entries * E::BYTES).unwrap_or(u64::MAX);
        self.log_dir.open_file(&self.path, OpenMode::ReadWrite)?.set_len(bytes)?;
        self.dirty = true;
        Ok(())
    }

    /// Writes what is only in memory. `create_empty` makes the file exist even without entries; `sync` also fsyncs it.
    pub(crate) fn flush(&mut self, create_empty: bool, sync: bool) -> Result<(), LogError> {
        let pending = self.resident.as_deref().and_then(|entries| entries.get(self.on_file..)).unwrap_or_default();
        let nothing_to_write = pending.is_empty() && (self.exists || !create_empty);
        if nothing_to_write && !(sync && self.dirty) {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(pending.len() * E::BYTES);
        for entry in pending {
            entry.encode(&mut bytes);
        }
        let written = pending.len();
        let at = u64::try_from(self.on_file * E::BYTES).unwrap_or(u64::MAX);
        let file = self.log_dir.open_file(&self.path, OpenMode::Create)?;
        file.append_at(&bytes, at)?;
        if sync {
            file.sync_data()?;
        }
        self.on_file += written;
        self.exists = true;
        self.dirty = !sync;
        Ok(())
    }

    /// Lets go of the entries in memory after they were flushed.
    pub(crate) fn release(&mut self) {
        if self.resident.as_ref().is_some_and(|entries| entries.len() == self.on_file) {
            self.resident = None;
        }
    }

    /// The file has another name now.
    pub(crate) fn set_path(&mut self, path: PathBuf) {
        self.path = path;
    }
}
