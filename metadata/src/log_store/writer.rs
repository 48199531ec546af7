//! The thread that writes the Raft log.
//!
//! Owns: the open file, the order of writes and fsyncs. Everything queued while one write was under way becomes the next.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use openraft::storage::LogFlushed;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::segment::{FILE_HEADER, RECORD_BYTES_MAX, encode_record};
use super::{CrashHook, ENTRY_BYTES_MAX, LogIndex, LogStoreOptions};
use crate::files;
use crate::raft_types::{LogId, TypeConfig};
use crate::room::{Room, is_full};

/// Entries of one record when a file is written anew: 64 KiB each, they stay below the largest record.
const ENTRIES_PER_REWRITTEN_RECORD: usize = 100;
/// Bytes of the entries of one record, at most: with their frames they stay below the largest record.
const GROUP_BYTES_MAX: usize = RECORD_BYTES_MAX / 2;

/// One thing to do, in order.
pub(super) enum Operation {
    /// Writes entries durably, then calls back.
    Append { first_index: u64, entries: Vec<Bytes>, callback: LogFlushed<TypeConfig> },
    /// Removes every entry from this index on, after what was `purged` is noted.
    Truncate { from: u64, purged: Option<Vec<u8>>, done: oneshot::Sender<io::Result<()>> },
    /// Removes files whose entries all lie at or below this index and notes that, in the order that is asked for.
    Purge { index: u64, content: Vec<u8>, frees_first: bool, done: oneshot::Sender<io::Result<()>> },
    /// Replaces a small file durably.
    WriteFile { path: PathBuf, content: Vec<u8>, done: oneshot::Sender<io::Result<()>> },
    /// Notes how far is committed, without a flush.
    NoteCommitted { committed: LogId },
}

/// A log file: its path, its length in valid bytes, and the index that may follow its last entry.
pub(super) struct LogFile {
    pub(super) file: Arc<File>,
    pub(super) path: PathBuf,
    pub(super) length: u64,
    pub(super) next_index: u64,
}

/// The state of the thread.
pub(super) struct Writer {
    directory: PathBuf,
    segment_bytes: u64,
    /// By index of the first entry; the last one is written to.
    files: BTreeMap<u64, LogFile>,
    shared: Arc<Mutex<LogIndex>>,
    crash_hook: CrashHook,
    room: Room,
    failed: Option<String>,
}

impl Writer {
    pub(super) fn new(
        options: &LogStoreOptions,
        files: BTreeMap<u64, LogFile>,
        shared: Arc<Mutex<LogIndex>>,
        room: Room,
    ) -> Self {
        Self {
            directory: options.directory.clone(),
            segment_bytes: options.segment_bytes,
            files,
            shared,
            crash_hook: Arc::clone(&options.crash_hook),
            room,
            failed: None,
        }
    }

    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Operation>) {
        while let Some(operation) = queue.blocking_recv() {
            match operation {
                Operation::Append { first_index, entries, callback } => {
                    let mut group = Group { first_index, entries, callbacks: vec![callback] };
                    let next = group.take_more(&mut queue);
                    self.append(group, &queue);
                    if let Some(operation) = next {
                        self.run_one(operation, &queue);
                    }
                }
                other => self.run_one(other, &queue),
            }
        }
    }

    fn run_one(&mut self, operation: Operation, queue: &mpsc::Receiver<Operation>) {
        let (result, done) = match operation {
            Operation::Append { first_index, entries, callback } => {
                self.append(Group { first_index, entries, callbacks: vec![callback] }, queue);
                return;
            }
            Operation::NoteCommitted { committed } => {
                if let Err(error) = note_committed(&self.directory, &committed) {
                    tracing::warn!(%error, "the committed position of the Raft log could not be noted");
                }
                return;
            }
            Operation::Truncate { from, purged, done } => {
                (self.unless_failed(|writer| writer.truncate(from, purged.as_deref())), done)
            }
            Operation::Purge { index, content, frees_first: true, done } => {
                (self.unless_failed(|writer| writer.free_and_note(index, &content)), done)
            }
            Operation::Purge { index, content, frees_first: false, done } => {
                (self.unless_failed(|writer| writer.note_and_free(index, &content, queue)), done)
            }
            Operation::WriteFile { path, content, done } => {
                (self.unless_failed(|_| files::write_atomically(&path, &content)), done)
            }
        };
        if done.send(result).is_err() {
            tracing::debug!("nobody waits for an operation of the Raft log any more");
        }
    }

    /// The first failure is final: what was cached may not be what is on disk.
    fn unless_failed(&mut self, run: impl FnOnce(&mut Self) -> io::Result<()>) -> io::Result<()> {
        if let Some(reason) = &self.failed {
            return Err(io::Error::other(format!("the Raft log failed before and is closed: {reason}")));
        }
        let result = run(self);
        if let Err(error) = &result {
            self.failed = Some(error.to_string());
        }
        result
    }

    fn append(&mut self, group: Group, queue: &mpsc::Receiver<Operation>) {
        let result = self.unless_failed(|writer| {
            let mut first_index = group.first_index;
            records_of(&group.entries)?.into_iter().try_for_each(|entries| {
                writer.write_record(first_index, entries, queue)?;
                first_index += entries.len() as u64;
                Ok(())
            })
        });
        for callback in group.callbacks {
            callback.log_io_completed(match &result {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            });
        }
    }

    /// One durable write, when there is room for it. The next record begins only after it.
    fn write_record(
        &mut self,
        first_index: u64,
        entries: &[Bytes],
        queue: &mpsc::Receiver<Operation>,
    ) -> io::Result<()> {
        // Until everybody is gone who might hear of it.
        let is_wanted = || !queue.is_closed();
        let segment_bytes = self.segment_bytes;
        // Behind a snapshot that took the place of entries the log goes on higher up: a file has no holes.
        let goes_on = |file: &LogFile| file.length < segment_bytes && file.next_index == first_index;
        if !self.files.last_key_value().is_some_and(|(_, file)| goes_on(file)) {
            let (room, directory) = (self.room.clone(), self.directory.clone());
            room.wait(&directory, is_wanted, || self.begin_file(first_index))?;
        }
        let Some(mut active) = self.files.last_entry() else {
            return Err(io::Error::other("there is no file to write the Raft log to"));
        };
        let active = active.get_mut();
        let mut bytes = Vec::new();
        if active.length == 0 {
            bytes.extend_from_slice(&FILE_HEADER);
        }
        let record_begin = active.length + bytes.len() as u64;
        let places = encode_record(first_index, entries, &mut bytes);
        (self.crash_hook)("raft-append.before");
        self.room.wait(&active.path, is_wanted, || {
            write_or_give_back(&active.file, active.length, |file| file.write_all_at(&bytes, active.length))
        })?;
        active.file.sync_data()?;
        (self.crash_hook)("raft-append.after");
        active.length += bytes.len() as u64;
        active.next_index = first_index + entries.len() as u64;
        let mut index = self.shared.lock();
        for (number, place) in (first_index..).zip(places) {
            if let Some(entry) = index.entries.get_mut(&number) {
                entry.file = Some((Arc::clone(&active.file), record_begin + place.start..record_begin + place.end));
            }
        }
        index.trim_cache();
        Ok(())
    }

    fn begin_file(&mut self, first_index: u64) -> io::Result<()> {
        let path = self.directory.join(format!("{first_index:020}.raftlog"));
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        files::sync_parent(&path)?;
        self.files.insert(first_index, LogFile { file: Arc::new(file), path, length: 0, next_index: first_index });
        Ok(())
    }

    fn truncate(&mut self, from: u64, purged: Option<&[u8]>) -> io::Result<()> {
        // What goes may be all that tells of a purge that found no room for its note.
        if let Some(note) = purged {
            files::write_atomically(&self.purge_note(), note)?;
        }
        // Newest first: a crash in between leaves a shorter log without holes.
        while let Some(entry) = self.files.last_entry() {
            if *entry.key() < from {
                break;
            }
            let file = entry.remove();
            fs::remove_file(&file.path)?;
            files::sync_parent(&file.path)?;
        }
        let Some((&first_index, active)) = self.files.last_key_value() else {
            return Ok(());
        };
        let kept = kept_entries(&self.shared.lock(), first_index..from)?;
        // A record is whole or absent, so the file is written anew without what goes, and takes the old one's place.
        let mut bytes = FILE_HEADER.to_vec();
        let mut places = Vec::new();
        for chunk in kept.chunks(ENTRIES_PER_REWRITTEN_RECORD) {
            let Some((first, _)) = chunk.first() else {
                continue;
            };
            let begin = bytes.len() as u64;
            let entries: Vec<Bytes> = chunk.iter().map(|(_, bytes)| bytes.clone()).collect();
            let written = encode_record(*first, &entries, &mut bytes);
            places.extend(written.into_iter().map(|place| begin + place.start..begin + place.end));
        }
        let path = active.path.clone();
        let temporary = path.with_extension("tmp");
        let file = Arc::new(OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&temporary)?);
        file.write_all_at(&bytes, 0)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        files::sync_parent(&path)?;
        let mut index = self.shared.lock();
        for ((number, _), place) in kept.iter().zip(places) {
            if let Some(entry) = index.entries.get_mut(number) {
                entry.file = Some((Arc::clone(&file), place));
            }
        }
        drop(index);
        self.files.insert(first_index, LogFile { file, path, length: bytes.len() as u64, next_index: from });
        Ok(())
    }

    /// Without room for the note it is done without: the next purge notes more, and an older note only says less.
    fn free_and_note(&mut self, index: u64, content: &[u8]) -> io::Result<()> {
        (self.crash_hook)("raft-purge.before");
        self.drop_below(index)?;
        (self.crash_hook)("raft-purge.after");
        match files::write_atomically(&self.purge_note(), content) {
            Err(error) if is_full(&error) => {
                tracing::warn!(%error, index, "the Raft log is purged, and there is no room to note it: the next purge does");
                Ok(())
            }
            noted => noted,
        }
    }

    /// The note comes first where nothing else would say that what is missing is not lost.
    fn note_and_free(&mut self, index: u64, content: &[u8], queue: &mpsc::Receiver<Operation>) -> io::Result<()> {
        let path = self.purge_note();
        (self.crash_hook)("raft-purge.before");
        self.room.wait(&path, || !queue.is_closed(), || files::write_atomically(&path, content))?;
        (self.crash_hook)("raft-purge.after");
        self.drop_below(index)
    }

    fn purge_note(&self) -> PathBuf {
        self.directory.join("purged")
    }

    fn drop_below(&mut self, index: u64) -> io::Result<()> {
        loop {
            let mut firsts = self.files.keys();
            let (Some(oldest), Some(next)) = (firsts.next().copied(), firsts.next().copied()) else {
                return Ok(());
            };
            if next > index.saturating_add(1) {
                return Ok(());
            }
            if let Some(file) = self.files.remove(&oldest) {
                fs::remove_file(&file.path)?;
                files::sync_parent(&file.path)?;
            }
        }
    }
}

/// Writes at the end of a file, or leaves it as it was: a part of a record takes room that is short, and would stand there as
/// a torn one if the process ended before the next try.
fn write_or_give_back(file: &File, end: u64, write: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
    write(file).inspect_err(|_| {
        if let Err(error) = file.set_len(end) {
            tracing::debug!(%error, "what was not written whole to the Raft log stays until it is written over");
        }
    })
}

/// Appends that become one durable write.
struct Group {
    first_index: u64,
    entries: Vec<Bytes>,
    callbacks: Vec<LogFlushed<TypeConfig>>,
}

impl Group {
    /// Takes the appends that are queued behind; answers the first operation that is none.
    fn take_more(&mut self, queue: &mut mpsc::Receiver<Operation>) -> Option<Operation> {
        let mut size: usize = self.entries.iter().map(Bytes::len).sum();
        while let Ok(operation) = queue.try_recv() {
            match operation {
                Operation::Append { entries, callback, first_index }
                    if first_index == self.first_index + self.entries.len() as u64
                        && size + entries.iter().map(Bytes::len).sum::<usize>() < GROUP_BYTES_MAX =>
                {
                    size += entries.iter().map(Bytes::len).sum::<usize>();
                    self.entries.extend(entries);
                    self.callbacks.push(callback);
                }
                other => return Some(other),
            }
        }
        None
    }
}

/// Splits what is written at once into records that the scan accepts.
fn records_of(entries: &[Bytes]) -> io::Result<Vec<&[Bytes]>> {
    let mut records = Vec::new();
    let (mut begin, mut size) = (0, 0);
    for (position, entry) in entries.iter().enumerate() {
        if entry.len() > ENTRY_BYTES_MAX {
            return Err(io::Error::other(format!("an entry of {} bytes is larger than any of ours", entry.len())));
        }
        if size + entry.len() > GROUP_BYTES_MAX {
            records.push(&entries[begin..position]);
            (begin, size) = (position, 0);
        }
        size += entry.len();
    }
    records.push(&entries[begin..]);
    Ok(records)
}

/// The entries of these indexes with their bytes.
fn kept_entries(index: &LogIndex, indexes: Range<u64>) -> io::Result<Vec<(u64, Bytes)>> {
    let mut kept = Vec::new();
    for (number, place) in index.entries.range(indexes) {
        let bytes = match (&place.bytes, &place.file) {
            (Some(bytes), _) => bytes.clone(),
            (None, Some((file, range))) => {
                let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
                file.read_exact_at(&mut bytes, range.start)?;
                bytes.into()
            }
            (None, None) => {
                return Err(io::Error::other("an entry is neither in memory nor on disk"));
            }
        };
        kept.push((*number, bytes));
    }
    Ok(kept)
}

fn note_committed(directory: &Path, committed: &LogId) -> io::Result<()> {
    let content = postcard::to_stdvec(committed).map_err(io::Error::other)?;
    let mut bytes = crc32c::crc32c(&content).to_le_bytes().to_vec();
    bytes.extend_from_slice(&content);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(directory.join("committed"))?;
    file.write_all_at(&bytes, 0)?;
    file.set_len(bytes.len() as u64)
}

/// The committed position that was noted, if it is whole: it is a hint, and damage only loses the hint.
pub(super) fn read_committed(directory: &Path) -> io::Result<Option<LogId>> {
    let bytes = match fs::read(directory.join("committed")) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some((crc, content)) = bytes.split_at_checked(4) else {
        return Ok(None);
    };
    if crc32c::crc32c(content).to_le_bytes() != *crc {
        return Ok(None);
    }
    Ok(postcard::from_bytes(content).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_finds_no_room_leaves_no_part_behind() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(b"durable", 0).unwrap();
        let half = |file: &File| {
            file.write_all_at(b"half", 7)?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        };
        assert!(is_full(&write_or_give_back(&file, 7, half).unwrap_err()));
        assert_eq!(file.metadata().unwrap().len(), 7);
        write_or_give_back(&file, 7, |file| file.write_all_at(b"whole", 7)).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 12);
    }
}
