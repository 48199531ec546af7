//! Applies committed commands to the metadata core, and keeps its snapshots.
//!
//! Owns: the newest image, snapshot files (`<index, 20 digits>.snapshot`, the last two). Does not own: what a command
//! does (`strata_metadata_core`). The image lives in memory only: after a stop it is the last snapshot and the committed
//! log behind it. A crash while a snapshot is written leaves the one before.

use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use openraft::storage::{RaftStateMachine, Snapshot, SnapshotMeta};
use openraft::{BasicNode, EntryPayload, OptionalSend, RaftSnapshotBuilder, StorageIOError, StoredMembership};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use strata_metadata_core::command::Command;
use strata_metadata_core::image::Image;
use strata_metadata_core::snapshot;

use crate::error::{Error, ErrorKind};
use crate::files;
use crate::image_publisher::ImagePublisher;
use crate::log_store::{CrashHook, SnapshotEnd, read_file};
use crate::raft_types::{Applied, Entry, LogId, NodeId, StorageError, TypeConfig};
use crate::room;

/// Snapshots kept: the newest and the one before it.
const SNAPSHOTS_KEPT: usize = 2;

/// The state machine of one node. Clones share it.
#[derive(Clone)]
pub struct StateMachine {
    state: Arc<Mutex<State>>,
    publisher: Arc<ImagePublisher>,
    directory: Arc<Path>,
    crash_hook: CrashHook,
    snapshot_end: SnapshotEnd,
}

struct State {
    image: Image,
    last_applied: Option<LogId>,
    membership: StoredMembership<NodeId, BasicNode>,
}

/// Between two tries to write a snapshot on a full disk: each takes what room there is for a while.
const SNAPSHOT_PAUSE: Duration = Duration::from_secs(10);

/// What a snapshot file holds.
#[derive(Serialize, Deserialize)]
struct SnapshotFile {
    meta: SnapshotMeta<NodeId, BasicNode>,
    image: Vec<u8>,
}

impl StateMachine {
    /// Starts from the newest snapshot in `directory`, or from nothing.
    ///
    /// # Errors
    /// `Corrupt` if the newest snapshot is not whole.
    pub fn open(directory: &Path, crash_hook: CrashHook) -> Result<Self, Error> {
        let (image, last_applied, membership) = match newest_snapshot(directory)? {
            Some((path, file)) => {
                let image = decode_image(&file.image, &path.display().to_string())?;
                (image, file.meta.last_log_id, file.meta.last_membership)
            }
            None => (Image::default(), None, StoredMembership::default()),
        };
        let index = last_applied.map_or(0, |log_id| log_id.index);
        let publisher = Arc::new(ImagePublisher::new(index, Arc::new(image.clone())));
        let state = Arc::new(Mutex::new(State { image, last_applied, membership }));
        let snapshot_end = SnapshotEnd::new(last_applied);
        Ok(Self { state, publisher, directory: directory.into(), crash_hook, snapshot_end })
    }

    /// Where new images are announced.
    #[must_use]
    pub fn publisher(&self) -> Arc<ImagePublisher> {
        Arc::clone(&self.publisher)
    }

    /// How far the snapshots reach.
    #[must_use]
    pub fn snapshot_end(&self) -> SnapshotEnd {
        self.snapshot_end.clone()
    }

    /// Index of the last applied entry; 0 before the first.
    #[must_use]
    pub fn applied_index(&self) -> u64 {
        self.state.lock().last_applied.map_or(0, |log_id| log_id.index)
    }
}

fn decode_image(bytes: &[u8], place: &str) -> Result<Image, Error> {
    snapshot::decode(bytes).map_err(|error| {
        Error::with_source(ErrorKind::Corrupt, format!("{place} holds no image of the metadata"), error)
    })
}

fn snapshot_paths(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "snapshot") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn newest_snapshot(directory: &Path) -> Result<Option<(PathBuf, SnapshotFile)>, Error> {
    let paths = match snapshot_paths(directory) {
        Ok(paths) => paths,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(files::storage(directory, error)),
    };
    let Some(path) = paths.last() else {
        return Ok(None);
    };
    let Some(file) = read_file::<SnapshotFile>(path)? else {
        return Ok(None);
    };
    if *path != snapshot_path(directory, &file.meta) {
        let index = file.meta.last_log_id.map_or(0, |log_id| log_id.index);
        let message = format!(
            "{} holds the snapshot at index {index}, which is not its own; nothing was changed: put the right file back, or \
             empty this node's data and let it join anew",
            path.display()
        );
        return Err(Error::new(ErrorKind::Corrupt, message));
    }
    Ok(Some((path.clone(), file)))
}

fn snapshot_path(directory: &Path, meta: &SnapshotMeta<NodeId, BasicNode>) -> PathBuf {
    directory.join(format!("{:020}.snapshot", meta.last_log_id.map_or(0, |log_id| log_id.index)))
}

/// Writes a snapshot durably and removes those that are too old.
fn write_snapshot(directory: &Path, file: &SnapshotFile, crash_hook: &CrashHook) -> io::Result<()> {
    let content = postcard::to_stdvec(file).map_err(io::Error::other)?;
    crash_hook("snapshot.before");
    files::write_atomically(&snapshot_path(directory, &file.meta), &content)?;
    crash_hook("snapshot.after");
    let paths = snapshot_paths(directory)?;
    for path in paths.iter().rev().skip(SNAPSHOTS_KEPT) {
        match fs::remove_file(path) {
            // One that is built and one that is installed may be written at once, and each removes what is too old.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}

impl RaftSnapshotBuilder<TypeConfig> for StateMachine {
    async fn build_snapshot(&mut self) -> Result<Snapshot<TypeConfig>, StorageError> {
        let (image, meta) = {
            let state = self.state.lock();
            let snapshot_id = state.last_applied.map_or_else(|| "0".to_owned(), |log_id| log_id.to_string());
            let meta = SnapshotMeta {
                last_log_id: state.last_applied,
                last_membership: state.membership.clone(),
                snapshot_id,
            };
            (state.image.clone(), meta)
        };
        let signature = meta.signature();
        self.write_when_there_is_room(image, meta)
            .await
            .map_err(|error| StorageIOError::write_snapshot(Some(signature), &error).into())
    }
}

impl StateMachine {
    async fn write_when_there_is_room(
        &self,
        image: Image,
        meta: SnapshotMeta<NodeId, BasicNode>,
    ) -> io::Result<Snapshot<TypeConfig>> {
        let encode = move || snapshot::encode(&image).map_err(io::Error::other);
        let image = tokio::task::spawn_blocking(encode).await.map_err(io::Error::other).flatten()?;
        let file = Arc::new(SnapshotFile { meta, image });
        let mut is_told = false;
        loop {
            let (directory, crash_hook) = (Arc::clone(&self.directory), Arc::clone(&self.crash_hook));
            let writing = Arc::clone(&file);
            let work = tokio::task::spawn_blocking(move || write_snapshot(&directory, &writing, &crash_hook));
            match work.await.map_err(io::Error::other).flatten() {
                Err(error) if room::is_full(&error) => {
                    if !std::mem::replace(&mut is_told, true) {
                        tracing::error!(
                            directory = %self.directory.display(), %error,
                            "there is no room for a snapshot of the metadata: the Raft log grows until there is"
                        );
                    }
                    tokio::time::sleep(SNAPSHOT_PAUSE).await;
                }
                Ok(()) => {
                    let meta = file.meta.clone();
                    self.snapshot_end.advance(meta.last_log_id);
                    return Ok(Snapshot { meta, snapshot: Box::new(Cursor::new(file.image.clone())) });
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn install(&self, meta: &SnapshotMeta<NodeId, BasicNode>, bytes: Vec<u8>) -> Result<(), StorageError> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            StorageIOError::read_snapshot(Some(meta.signature()), &io::Error::other(error.to_string()))
        };
        let image = decode_image(&bytes, "a snapshot from the leader").map_err(|error| failed(&error))?;
        let file = SnapshotFile { meta: meta.clone(), image: bytes };
        let directory = Arc::clone(&self.directory);
        let crash_hook = Arc::clone(&self.crash_hook);
        tokio::task::spawn_blocking(move || write_snapshot(&directory, &file, &crash_hook))
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(|error| failed(&error))?;
        self.snapshot_end.advance(meta.last_log_id);
        let mut state = self.state.lock();
        state.image = image;
        state.last_applied = meta.last_log_id;
        state.membership = meta.last_membership.clone();
        let index = state.last_applied.map_or(0, |log_id| log_id.index);
        self.publisher.publish(index, Arc::new(state.image.clone()), Vec::new());
        Ok(())
    }
}

impl RaftStateMachine<TypeConfig> for StateMachine {
    type SnapshotBuilder = Self;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, StoredMembership<NodeId, BasicNode>), StorageError> {
        let state = self.state.lock();
        Ok((state.last_applied, state.membership.clone()))
    }

    async fn apply<I>(&mut self, entries: I) -> Result<Vec<Applied>, StorageError>
    where
        I: IntoIterator<Item = Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let mut state = self.state.lock();
        let mut results = Vec::new();
        let mut deltas = Vec::new();
        for entry in entries {
            let log_id = entry.log_id;
            results.push(match entry.payload {
                EntryPayload::Blank => Applied::Internal,
                EntryPayload::Membership(membership) => {
                    state.membership = StoredMembership::new(Some(log_id), membership);
                    Applied::Internal
                }
                EntryPayload::Normal(encoded) => {
                    // A command that this release cannot read must stop it: skipping would fork the image.
                    let command = Command::decode(&encoded.0).map_err(|error| StorageIOError::apply(log_id, &error))?;
                    let (response, delta) = state.image.apply(log_id.index, &command);
                    deltas.push(delta);
                    Applied::Command { response, index: log_id.index }
                }
            });
            state.last_applied = Some(log_id);
        }
        let index = state.last_applied.map_or(0, |log_id| log_id.index);
        self.publisher.publish(index, Arc::new(state.image.clone()), deltas);
        Ok(results)
    }

    async fn get_snapshot_builder(&mut self) -> Self::SnapshotBuilder {
        self.clone()
    }

    async fn begin_receiving_snapshot(&mut self) -> Result<Box<Cursor<Vec<u8>>>, StorageError> {
        Ok(Box::new(Cursor::new(Vec::new())))
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta<NodeId, BasicNode>,
        snapshot: Box<Cursor<Vec<u8>>>,
    ) -> Result<(), StorageError> {
        let installed = self.install(meta, snapshot.into_inner()).await;
        if installed.is_err() {
            // The purge behind it waits for it.
            self.snapshot_end.fail();
        }
        installed
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Snapshot<TypeConfig>>, StorageError> {
        let directory = Arc::clone(&self.directory);
        let newest = tokio::task::spawn_blocking(move || newest_snapshot(&directory))
            .await
            .map_err(|error| StorageIOError::read_snapshot(None, &error))?
            .map_err(|error| StorageIOError::read_snapshot(None, &error))?;
        Ok(newest.map(|(_, file)| Snapshot { meta: file.meta, snapshot: Box::new(Cursor::new(file.image)) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshot_file_without_an_image_is_refused_by_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let file = SnapshotFile { meta: SnapshotMeta::default(), image: b"no image".to_vec() };
        write_snapshot(directory.path(), &file, &(Arc::new(|_: &'static str| ()) as CrashHook)).unwrap();
        let error = StateMachine::open(directory.path(), Arc::new(|_| ())).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("00000000000000000000.snapshot"), "{error}");
    }

    #[test]
    fn snapshot_file_under_anothers_name_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let image = snapshot::encode(&Image::default()).unwrap();
        let file = SnapshotFile { meta: SnapshotMeta::default(), image };
        write_snapshot(directory.path(), &file, &(Arc::new(|_: &'static str| ()) as CrashHook)).unwrap();
        assert!(StateMachine::open(directory.path(), Arc::new(|_| ())).is_ok());
        let other = directory.path().join("00000000000000000040.snapshot");
        fs::rename(directory.path().join("00000000000000000000.snapshot"), &other).unwrap();
        let error = StateMachine::open(directory.path(), Arc::new(|_| ())).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains(&other.display().to_string()), "{error}");
    }
}
