//! A directory as a store: what was put or deleted stays so after a power cut.
//!
//! Owns: fsync of deletions and the sweep of staging files; object_store's `LocalFileSystem` fsyncs what it writes and the
//! directories that it makes. Does not own: the layout, which is that crate's: one file per object, staged as `NAME#NUMBER`
//! and linked into place. A crash leaves staging files, which listings hide and [`DirectoryStore::sweep_staging`] removes.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::error::{Error, ErrorKind};

/// Deletions of one call under way at once.
const DELETES_MAX: usize = 8;

/// A directory as a store.
#[derive(Clone, Debug)]
pub(super) struct DirectoryStore {
    inner: Arc<LocalFileSystem>,
    root: PathBuf,
}

impl fmt::Display for DirectoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "directory {}", self.root.display())
    }
}

impl DirectoryStore {
    pub(super) fn open(root: &FilePath) -> std::result::Result<Self, Error> {
        let failed = |error: io::Error| {
            Error::with_source(
                ErrorKind::Unavailable,
                format!("opening the store's directory {}", root.display()),
                error,
            )
        };
        make_directory(root).map_err(failed)?;
        let inner = LocalFileSystem::new_with_prefix(root)
            .map_err(|error| super::store_error(format!("opening the store's directory {}", root.display()), error))?
            .with_fsync(true);
        Ok(Self { inner: Arc::new(inner), root: root.to_path_buf() })
    }

    pub(super) async fn sweep_staging(&self, folder: Path, age: Duration) -> std::result::Result<u64, Error> {
        let directory = folder.parts().fold(self.root.clone(), |path, part| path.join(part.as_ref()));
        tokio::task::spawn_blocking(move || sweep(&directory, age))
            .await
            .map_err(|error| Error::with_source(ErrorKind::Closed, "sweeping staging files", error))?
            .map_err(|error| Error::with_source(ErrorKind::Unavailable, "sweeping staging files", error))
    }

    async fn delete_durably(&self, location: Path) -> Result<Path> {
        match self.inner.delete(&location).await {
            // Deleting is idempotent, as it is in S3.
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let file = self.inner.path_to_filesystem(&location)?;
        let synced = tokio::task::spawn_blocking(move || file.parent().map_or(Ok(()), sync_directory)).await?;
        synced.map_err(|error| object_store::Error::Generic { store: "directory", source: error.into() })?;
        Ok(location)
    }
}

/// Makes a directory with its parents; each new name is on disk before the next one is made.
fn make_directory(path: &FilePath) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_directory(parent)?;
    }
    match fs::create_dir(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    sync_directory(parent.unwrap_or_else(|| FilePath::new(".")))
}

fn sync_directory(path: &FilePath) -> io::Result<()> {
    match File::open(path) {
        Ok(directory) => directory.sync_all(),
        // Nothing was ever put there, so there is no deletion to make durable.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_staging(name: &str) -> bool {
    name.rsplit_once('#')
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the file is gone: removed here, because it was last written that long ago.
fn remove_old(path: &FilePath, age: Duration) -> io::Result<bool> {
    let removed = fs::metadata(path).and_then(|metadata| {
        // A clock that was set back makes it younger, and it goes later.
        let is_old = metadata.modified()?.elapsed().is_ok_and(|since| since >= age);
        if is_old { fs::remove_file(path).map(|()| true) } else { Ok(false) }
    });
    match removed {
        // The write that it belongs to has come to its end.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        answer => answer,
    }
}

fn sweep(directory: &FilePath, age: Duration) -> io::Result<u64> {
    let mut swept = 0;
    let mut pending = vec![directory.to_path_buf()];
    while let Some(directory) = pending.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                pending.push(entry.path());
            } else if entry.file_name().to_str().is_some_and(is_staging) {
                swept += u64::from(remove_old(&entry.path(), age)?);
            }
        }
    }
    Ok(swept)
}

#[async_trait]
impl ObjectStore for DirectoryStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        locations
            .map(move |location| {
                let store = store.clone();
                async move { store.delete_durably(location?).await }
            })
            .buffered(DELETES_MAX)
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn staging_files_of_our_folder_are_swept_and_objects_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let store = DirectoryStore::open(&directory.path().join("deep").join("bucket")).unwrap();
        store.put(&Path::from("ours/a/object.seg"), "x".into()).await.unwrap();
        store.put(&Path::from("theirs/object.seg"), "x".into()).await.unwrap();
        for folder in ["ours/a", "theirs"] {
            fs::write(store.root.join(folder).join("late.seg#3"), b"half").unwrap();
        }
        let hour = Duration::from_secs(3600);
        assert_eq!(store.sweep_staging(Path::from("ours"), hour).await.unwrap(), 0, "somebody may be writing it");
        assert_eq!(store.sweep_staging(Path::from("ours"), Duration::ZERO).await.unwrap(), 1);
        assert_eq!(store.sweep_staging(Path::from("missing"), Duration::ZERO).await.unwrap(), 0);
        assert!(store.root.join("theirs/late.seg#3").exists());
        assert_eq!(store.list(None).count().await, 2);
    }
}
