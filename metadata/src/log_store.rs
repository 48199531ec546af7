//! The durable Raft log and vote.
//!
//! Owns: the directory `raft/`'s log files (`<first index, 20 digits>.raftlog`), `vote`, `purged` and `committed`. Does not
//! own: snapshots (`state_machine.rs`).
//!
//! Invariants: a flush is reported only after its fdatasync, in order; a vote is durable before it is answered; indexes
//! have no holes. A crash leaves at most one record without meaning, the last; opening cuts it, keeps it aside as
//! `torn-<index>` and reports it. Any other damage is refused and nothing is touched.
//!
//! A purge waits until a durable snapshot reaches it. It removes files first and notes it then, so that it gives room on a full
//! disk. Where only the first of the two was done, the log begins above the note: it is taken to be purged up to the newest
//! snapshot. A truncation, which may take the entries that tell so, writes the note first.

mod recovery;
mod segment;
mod writer;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use openraft::storage::{LogFlushed, RaftLogStorage};
use openraft::{LogState, OptionalSend, RaftLogReader, StorageIOError};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::{Error, ErrorKind};
use crate::files;
use crate::raft_types::{Entry, LogId, StorageError, TypeConfig, Vote};
use crate::room::Room;
use writer::{Operation, Writer};

/// Writes that may wait for the disk; further ones wait for a place.
const OPERATIONS_IN_FLIGHT_MAX: usize = 256;
/// Encoded entries kept in memory besides those not yet written, in bytes.
const CACHE_BYTES_MAX: usize = 1 << 20;
/// Size of an encoded entry, at most: a command of 64 KiB in openraft's frame, or a membership of any size that can be.
const ENTRY_BYTES_MAX: usize = 1 << 20;
/// Size at which a new log file begins, in bytes.
const SEGMENT_BYTES: u64 = 16 << 20;

/// Called with the name of each named crash point that the quorum passes.
pub type CrashHook = Arc<dyn Fn(&'static str) + Send + Sync>;

/// How the log is kept.
#[derive(Clone)]
pub struct LogStoreOptions {
    /// Directory of the log; created if missing.
    pub directory: PathBuf,
    /// Size at which a new file begins, in bytes.
    pub segment_bytes: u64,
    /// Called before and after each durable step: `vote`, `raft-append`, `raft-purge`.
    pub crash_hook: CrashHook,
    /// How far the state machine's snapshots reach; `None` if the log stands alone.
    pub snapshot_end: Option<SnapshotEnd>,
}

/// The last entry that the newest durable snapshot holds. Clones share it.
#[derive(Clone, Debug)]
pub struct SnapshotEnd(watch::Sender<Reach>);

#[derive(Clone, Copy, Debug)]
struct Reach {
    last: Option<LogId>,
    /// A snapshot could not be installed: the quorum ends.
    has_failed: bool,
}

impl SnapshotEnd {
    /// Of a snapshot that ends there.
    pub(crate) fn new(last: Option<LogId>) -> Self {
        Self(watch::Sender::new(Reach { last, has_failed: false }))
    }

    /// The entry; `None` before the first snapshot.
    #[must_use]
    pub fn get(&self) -> Option<LogId> {
        self.0.borrow().last
    }

    /// A snapshot is durable; an older one changes nothing.
    pub(crate) fn advance(&self, last: Option<LogId>) {
        self.0.send_modify(|reach| reach.last = reach.last.max(last));
    }

    /// No snapshot comes any more.
    pub(crate) fn fail(&self) {
        self.0.send_modify(|reach| reach.has_failed = true);
    }

    /// Waits until a snapshot reaches this entry; false if none will.
    async fn reaches(&self, log_id: LogId) -> bool {
        let is_reached = |reach: &Reach| reach.last >= Some(log_id);
        let mut reach = self.0.subscribe();
        reach.wait_for(|reach| is_reached(reach) || reach.has_failed).await.is_ok_and(|reach| is_reached(&reach))
    }
}

impl LogStoreOptions {
    /// The usual options for a directory.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            segment_bytes: SEGMENT_BYTES,
            crash_hook: Arc::new(|_| ()),
            snapshot_end: None,
        }
    }
}

/// What opening cut off: a record that a crash left unfinished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TornRecord {
    /// Index that the first cut entry would have had.
    pub index: u64,
    /// Where the cut bytes are kept.
    pub kept_at: PathBuf,
    /// Bytes cut.
    pub bytes: u64,
}

/// The Raft log of one node. Clones share it.
#[derive(Clone)]
pub struct LogStore {
    shared: Arc<Mutex<LogIndex>>,
    operations: mpsc::Sender<Operation>,
    directory: Arc<Path>,
    crash_hook: CrashHook,
    room: Room,
    snapshot_end: Option<SnapshotEnd>,
}

/// What is known of the log in memory.
#[derive(Default)]
struct LogIndex {
    entries: BTreeMap<u64, Place>,
    cached_bytes: usize,
    last_purged: Option<LogId>,
    last: Option<LogId>,
    vote: Option<Vote>,
    committed: Option<LogId>,
}

/// Where an entry is.
#[derive(Clone)]
struct Place {
    /// Known once it is written.
    file: Option<(Arc<File>, Range<u64>)>,
    /// Its bytes, until they are written and pushed out of the cache.
    bytes: Option<Bytes>,
}

impl LogStore {
    /// Opens the log in `options.directory`, or begins one.
    ///
    /// # Errors
    /// `Corrupt` if a file is not ours or not whole (a torn last record aside), `Storage` if the disk refuses.
    pub fn open(options: LogStoreOptions) -> Result<(Self, Option<TornRecord>), Error> {
        let recovered = recovery::open(&options.directory, options.snapshot_end.as_ref().map(SnapshotEnd::get))?;
        let (operations, queue) = mpsc::channel(OPERATIONS_IN_FLIGHT_MAX);
        let shared = Arc::new(Mutex::new(recovered.index));
        let room = Room::default();
        let writer = Writer::new(&options, recovered.files, Arc::clone(&shared), room.clone());
        std::thread::Builder::new()
            .name("raft-log".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|error| Error::with_source(ErrorKind::Storage, "the Raft log's thread did not start", error))?;
        let store = Self {
            shared,
            operations,
            directory: options.directory.into(),
            crash_hook: options.crash_hook,
            room,
            snapshot_end: options.snapshot_end,
        };
        Ok((store, recovered.torn))
    }

    /// The last committed position that was noted, which may be behind.
    #[must_use]
    pub fn committed(&self) -> Option<LogId> {
        self.shared.lock().committed
    }

    /// Index of the last entry; 0 if there never was one.
    #[must_use]
    pub fn last_index(&self) -> u64 {
        self.shared.lock().last.map_or(0, |log_id| log_id.index)
    }

    /// Whether there is room for the log.
    pub(crate) fn room(&self) -> Room {
        self.room.clone()
    }

    async fn run_and_wait(&self, make: impl FnOnce(oneshot::Sender<io::Result<()>>) -> Operation) -> io::Result<()> {
        let (done, wait) = oneshot::channel();
        let stopped = || io::Error::other("the Raft log's thread has stopped");
        self.operations.send(make(done)).await.map_err(|_| stopped())?;
        wait.await.map_err(|_| stopped())?
    }

    fn read(&self, range: impl RangeBounds<u64>) -> Result<Vec<Entry>, StorageError> {
        let start = match range.start_bound() {
            Bound::Included(index) => *index,
            Bound::Excluded(index) => index.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let bounds = (Bound::Included(start), range.end_bound().cloned());
        let is_empty = match range.end_bound() {
            Bound::Included(end) => *end < start,
            Bound::Excluded(end) => *end <= start,
            Bound::Unbounded => false,
        };
        if is_empty {
            return Ok(Vec::new());
        }
        let places: Vec<(u64, Place)> =
            self.shared.lock().entries.range(bounds).map(|(index, place)| (*index, place.clone())).collect();
        places
            .into_iter()
            .map(|(index, place)| {
                read_entry(&place).map_err(|error| {
                    let error = recovery::unreadable(&self.directory, index, &error);
                    StorageIOError::read_log_at_index(index, &error).into()
                })
            })
            .collect()
    }
}

fn read_entry(place: &Place) -> io::Result<Entry> {
    let bytes = match (&place.bytes, &place.file) {
        (Some(bytes), _) => bytes.clone(),
        (None, Some((file, range))) => {
            let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, range.start)?;
            bytes.into()
        }
        (None, None) => {
            return Err(io::Error::other("an entry is neither in memory nor on disk"));
        }
    };
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}

impl LogIndex {
    /// Pushes written entries out of memory, oldest first, while they are over the budget.
    fn trim_cache(&mut self) {
        if self.cached_bytes <= CACHE_BYTES_MAX {
            return;
        }
        for place in self.entries.values_mut() {
            if self.cached_bytes <= CACHE_BYTES_MAX / 2 {
                break;
            }
            if place.file.is_some()
                && let Some(bytes) = place.bytes.take()
            {
                self.cached_bytes -= bytes.len();
            }
        }
    }

    fn insert(&mut self, log_id: LogId, bytes: Bytes) {
        self.cached_bytes += bytes.len();
        self.entries.insert(log_id.index, Place { file: None, bytes: Some(bytes) });
        self.last = Some(log_id);
    }

    fn remove(&mut self, indexes: impl RangeBounds<u64>) {
        let gone: Vec<u64> = self.entries.range(indexes).map(|(index, _)| *index).collect();
        for index in gone {
            if let Some(Place { bytes: Some(bytes), .. }) = self.entries.remove(&index) {
                self.cached_bytes -= bytes.len();
            }
        }
    }
}

impl RaftLogReader<TypeConfig> for LogStore {
    async fn try_get_log_entries<RB: RangeBounds<u64> + Clone + Debug + OptionalSend>(
        &mut self,
        range: RB,
    ) -> Result<Vec<Entry>, StorageError> {
        self.read(range)
    }
}

impl RaftLogStorage<TypeConfig> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> Result<LogState<TypeConfig>, StorageError> {
        let index = self.shared.lock();
        Ok(LogState { last_purged_log_id: index.last_purged, last_log_id: index.last.or(index.last_purged) })
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> Result<(), StorageError> {
        (self.crash_hook)("vote.before");
        let content = postcard::to_stdvec(vote).map_err(|error| StorageIOError::write_vote(&error))?;
        let path = self.directory.join("vote");
        self.run_and_wait(|done| Operation::WriteFile { path, content, done })
            .await
            .map_err(|error| StorageIOError::write_vote(&error))?;
        self.shared.lock().vote = Some(*vote);
        (self.crash_hook)("vote.after");
        Ok(())
    }

    async fn read_vote(&mut self) -> Result<Option<Vote>, StorageError> {
        Ok(self.shared.lock().vote)
    }

    async fn save_committed(&mut self, committed: Option<LogId>) -> Result<(), StorageError> {
        // A hint without a flush: after a power cut an older one, or none, only means a longer wait for the leader.
        self.shared.lock().committed = committed;
        if let Some(committed) = committed {
            self.operations
                .send(Operation::NoteCommitted { committed })
                .await
                .map_err(|error| StorageIOError::write(&error))?;
        }
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogId>, StorageError> {
        Ok(self.shared.lock().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: LogFlushed<TypeConfig>) -> Result<(), StorageError>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut encoded = Vec::new();
        let mut first_index = None;
        {
            let mut index = self.shared.lock();
            for entry in entries {
                let bytes = postcard::to_stdvec(&entry)
                    .map_err(|error| StorageIOError::write_log_entry(entry.log_id, &error))?;
                let bytes = Bytes::from(bytes);
                first_index.get_or_insert(entry.log_id.index);
                index.insert(entry.log_id, bytes.clone());
                encoded.push(bytes);
            }
        }
        let Some(first_index) = first_index else {
            callback.log_io_completed(Ok(()));
            return Ok(());
        };
        self.operations
            .send(Operation::Append { first_index, entries: encoded, callback })
            .await
            .map_err(|_| StorageIOError::write_logs(&io::Error::other("the Raft log's thread has stopped")))?;
        Ok(())
    }

    async fn truncate(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let last_purged = {
            let mut index = self.shared.lock();
            index.remove(log_id.index..);
            index.last_purged
        };
        let purged = last_purged.map(|purged| postcard::to_stdvec(&purged)).transpose();
        let purged = purged.map_err(|error| StorageIOError::write_logs(&error))?;
        self.run_and_wait(|done| Operation::Truncate { from: log_id.index, purged, done })
            .await
            .map_err(|error| StorageIOError::write_logs(&error))?;
        let last = match log_id.index.checked_sub(1) {
            Some(index) => self.read(index..=index)?.pop().map(|entry| entry.log_id),
            None => None,
        };
        let mut index = self.shared.lock();
        index.last = last.or(index.last_purged);
        Ok(())
    }

    async fn purge(&mut self, log_id: LogId) -> Result<(), StorageError> {
        let content = postcard::to_stdvec(&log_id).map_err(|error| StorageIOError::write_logs(&error))?;
        // openraft purges behind a snapshot that it installs without waiting for it. Until that is durable nothing may go, nor be
        // noted as gone: a power cut would leave a log that begins above its snapshot.
        if let Some(end) = &self.snapshot_end
            && !end.reaches(log_id).await
        {
            let failed = io::Error::other("the snapshot that is to stand for the purged log was not written");
            return Err(StorageIOError::write_logs(&failed).into());
        }
        // Where the files go first, something must go on behind them, which tells what is missing.
        let goes_on = self.shared.lock().last.is_some_and(|last| last.index > log_id.index);
        let frees_first = self.snapshot_end.is_some() && goes_on;
        self.run_and_wait(|done| Operation::Purge { index: log_id.index, content, frees_first, done })
            .await
            .map_err(|error| StorageIOError::write_logs(&error))?;
        let mut index = self.shared.lock();
        index.last_purged = Some(log_id);
        index.remove(..=log_id.index);
        if index.last.is_none_or(|last| last.index <= log_id.index) {
            index.last = Some(log_id);
        }
        Ok(())
    }
}

pub(crate) fn read_file<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, Error> {
    let Some(content) = files::read_whole(path)? else {
        return Ok(None);
    };
    let value = postcard::from_bytes(&content).map_err(|error| {
        Error::with_source(ErrorKind::Corrupt, format!("{} is whole but cannot be understood", path.display()), error)
    })?;
    Ok(Some(value))
}

#[cfg(test)]
mod tests;
