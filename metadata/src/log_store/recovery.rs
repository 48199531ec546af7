//! Opening the Raft log after a stop of any kind.
//!
//! Owns: which damage may be cut (one last record that no fsync can have covered) and which is refused. Nothing is changed
//! before everything was read and found good.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::segment::{self, Scan, Tail};
use super::writer::{LogFile, read_committed};
use super::{LogIndex, Place, TornRecord, read_entry, read_file};
use crate::error::{Error, ErrorKind};
use crate::files::{self, storage};
use crate::raft_types::{LogId, Vote};

pub(super) struct Recovered {
    pub(super) index: LogIndex,
    pub(super) files: BTreeMap<u64, LogFile>,
    pub(super) torn: Option<TornRecord>,
}

/// Opens the log beside a snapshot that ends at `snapshot_end`; `None` if it stands alone.
pub(super) fn open(directory: &Path, snapshot_end: Option<Option<LogId>>) -> Result<Recovered, Error> {
    fs::create_dir_all(directory).map_err(|error| storage(directory, error))?;
    let vote: Option<Vote> = read_file(&directory.join("vote"))?;
    let last_purged: Option<LogId> = read_file(&directory.join("purged"))?;
    let committed = read_committed(directory).map_err(|error| storage(directory, error))?;
    let applied = snapshot_end.map(|end| end.map_or(0, |log_id| log_id.index));
    refuse_hole(directory, last_purged, applied)?;
    let paths = log_files(directory)?;
    let proven = committed.map_or(0, |log_id| log_id.index).max(last_purged.map_or(0, |log_id| log_id.index));
    let mut index = LogIndex { last_purged, vote, committed, ..LogIndex::default() };
    let mut files = BTreeMap::new();
    let mut torn = None;
    let count = paths.len();
    for (position, (first_index, path)) in paths.into_iter().enumerate() {
        let bytes = fs::read(&path).map_err(|error| storage(&path, error))?;
        let scan = segment::scan(&bytes);
        let next = index.entries.last_key_value().map(|(last, _)| last + 1);
        // A purge that was not noted has taken what was before the first file, and nothing between two.
        let unneeded = last_purged.max(snapshot_end.flatten().filter(|_| position == 0));
        check_order(&path, first_index, next, &scan, unneeded)?;
        let is_last = position + 1 == count;
        match scan.tail {
            Tail::Clean => {}
            Tail::Torn if is_last => {
                let next_index = scan.entries.last().map_or(first_index, |entry| entry.index + 1);
                let cut_index = next_index.max(last_purged.map_or(1, |log_id| log_id.index + 1));
                if cut_index <= proven.max(applied.unwrap_or(0)) {
                    return Err(refuse(&path, &format!("has a bad record at index {cut_index}, which was committed")));
                }
                torn = Some((path.clone(), scan.valid_end, cut_index, bytes[to_usize(scan.valid_end)?..].to_vec()));
            }
            Tail::Torn | Tail::Damaged => {
                return Err(refuse(&path, &format!("is damaged at byte {}", scan.valid_end)));
            }
            Tail::Foreign => {
                return Err(refuse(&path, "does not begin as a Raft log file of ours"));
            }
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| storage(&path, error))?;
        let file = Arc::new(file);
        let next_index = scan.entries.last().map_or(first_index, |entry| entry.index + 1);
        for entry in scan.entries {
            index.entries.insert(entry.index, Place { file: Some((Arc::clone(&file), entry.bytes)), bytes: None });
        }
        files.insert(first_index, LogFile { file, path, length: scan.valid_end, next_index });
    }
    // A vote is durable before the first entry of its term can be. Only the entry that forms the quorum comes before any
    // vote: alone, it is what a crash between the two leaves.
    let is_voted = proven > 0 || index.entries.keys().any(|index| *index > 0);
    if vote.is_none() && is_voted {
        return Err(refuse(directory, "holds a Raft log but no vote"));
    }
    note_unnoted_purge(&mut index, snapshot_end.flatten());
    note_last(directory, &mut index, &files, proven)?;
    let torn = torn.map(|torn| cut(directory, torn, &files)).transpose()?;
    Ok(Recovered { index, files, torn })
}

/// Entries are purged only below a durable snapshot: one that ends below the purge is not the newest that there was.
fn refuse_hole(directory: &Path, last_purged: Option<LogId>, applied: Option<u64>) -> Result<(), Error> {
    let (Some(purged), Some(applied)) = (last_purged.map(|log_id| log_id.index), applied) else {
        return Ok(());
    };
    if purged <= applied {
        return Ok(());
    }
    let what =
        format!("has a log from index {} on and no snapshot beyond {applied}: entries between are gone", purged + 1);
    Err(refuse(directory, &what))
}

fn check_order(
    path: &Path,
    first_index: u64,
    next: Option<u64>,
    scan: &Scan,
    unneeded: Option<LogId>,
) -> Result<(), Error> {
    // Entries may be missing only where a snapshot stands for them: a file that was truncated after a purge begins above
    // its name, and after a snapshot was installed the log goes on above its old end.
    let needed = unneeded.map_or(1, |log_id| log_id.index + 1);
    let first_entry = scan.records.first().map_or(first_index, |(_, index)| *index);
    let begins_right = first_entry == first_index || (first_index..=needed).contains(&first_entry);
    let follows = match next {
        Some(next) => first_index == next || (next..=needed).contains(&first_index),
        None => first_index <= needed,
    };
    let is_dense = scan.entries.iter().zip(first_entry..).all(|(entry, index)| entry.index == index);
    if begins_right && follows && is_dense {
        return Ok(());
    }
    Err(refuse(path, "does not go on where the log before it ends"))
}

/// A purge that removed files and was not noted: what is left of the log behind the snapshot is all of it.
fn note_unnoted_purge(index: &mut LogIndex, snapshot_end: Option<LogId>) {
    let noted = index.last_purged.map_or(0, |log_id| log_id.index);
    if index.entries.first_key_value().is_some_and(|(first, _)| *first > noted.saturating_add(1)) {
        index.last_purged = snapshot_end.max(index.last_purged);
    }
}

/// Finds the last entry, drops what was purged, and refuses a log that ends below what was proven.
fn note_last(directory: &Path, index: &mut LogIndex, files: &BTreeMap<u64, LogFile>, proven: u64) -> Result<(), Error> {
    if let Some(purged) = index.last_purged {
        index.remove(..=purged.index);
    }
    index.last = match index.entries.last_key_value() {
        Some((number, place)) => {
            let holding = files.range(..=*number).next_back();
            let path = holding.map_or(directory, |(_, file)| file.path.as_path());
            let entry = read_entry(place).map_err(|error| unreadable(path, *number, &error))?;
            Some(entry.log_id)
        }
        None => index.last_purged,
    };
    let last = index.last.map_or(0, |log_id| log_id.index);
    if last < proven {
        return Err(refuse(directory, &format!("ends at index {last}, but {proven} was committed")));
    }
    Ok(())
}

fn cut(
    directory: &Path,
    (path, valid_end, index, bytes): (PathBuf, u64, u64, Vec<u8>),
    files: &BTreeMap<u64, LogFile>,
) -> Result<TornRecord, Error> {
    let kept_at = directory.join(format!("torn-{index}"));
    let write = || -> io::Result<()> {
        fs::write(&kept_at, &bytes)?;
        fs::File::open(&kept_at)?.sync_all()?;
        files::sync_parent(&kept_at)?;
        if let Some(file) = files.values().find(|file| file.path == path) {
            file.file.set_len(valid_end)?;
            file.file.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|error| storage(&path, error))?;
    Ok(TornRecord { index, kept_at, bytes: bytes.len() as u64 })
}

fn log_files(directory: &Path) -> Result<Vec<(u64, PathBuf)>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| storage(directory, error))? {
        let path = entry.map_err(|error| storage(directory, error))?.path();
        if path.extension().is_none_or(|extension| extension != "raftlog") {
            continue;
        }
        let first_index = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .and_then(|stem| stem.parse().ok())
            .ok_or_else(|| refuse(&path, "has no index as its name"))?;
        found.push((first_index, path));
    }
    found.sort();
    Ok(found)
}

fn to_usize(bytes: u64) -> Result<usize, Error> {
    usize::try_from(bytes).map_err(|error| Error::with_source(ErrorKind::Internal, "a position in a file", error))
}

/// An entry whose bytes are whole and are no entry: the file is of another release, or was changed.
pub(super) fn unreadable(path: &Path, index: u64, error: &io::Error) -> Error {
    refuse(path, &format!("holds an entry at index {index} that cannot be read ({error})"))
}

fn refuse(path: &Path, what: &str) -> Error {
    Error::new(
        ErrorKind::Corrupt,
        format!(
            "{} {what}; nothing was changed: restore the directory from a backup, or empty this node's data and let it \
             join anew",
            path.display()
        ),
    )
}
