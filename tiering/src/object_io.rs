//! What the write side does to objects: create, read a range, delete and make sure.
//!
//! Owns: deadlines of uploads, the reading of the store's errors. Does not own: names, order, retries.
//! Invariant: a create that ran out of time is *unknown*, never failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, PutResult};
use tokio::time::{Instant, sleep, sleep_until};

use crate::config::TieringConfig;
use crate::error::{Error, ErrorKind};
use crate::wire::length_u64;

/// Counts the body bytes that a store has sent of one upload. It travels in the extensions of the put's options, which an
/// HTTP client passes on to its connector; a store that never touches it is held by the deadline alone.
#[derive(Clone, Debug, Default)]
pub struct UploadProgress {
    counts: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
}

impl UploadProgress {
    /// Says that so many more bytes have been sent.
    pub fn add(&self, bytes: u64) {
        self.counts.store(true, Ordering::Relaxed);
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes sent so far; `None` if nobody counts.
    #[must_use]
    pub fn sent(&self) -> Option<u64> {
        self.counts.load(Ordering::Relaxed).then(|| self.sent.load(Ordering::Relaxed))
    }
}

/// How a create ended.
#[derive(Debug)]
pub(crate) enum PutOutcome {
    /// The store has taken it.
    Created,
    /// Something is there already, maybe our own lost success.
    Exists,
}

/// Reads the kind of a store's error.
pub(crate) fn store_error(context: impl Into<String>, error: object_store::Error) -> Error {
    let kind = match &error {
        object_store::Error::NotFound { .. } => ErrorKind::NotFound,
        object_store::Error::NotSupported { .. }
        | object_store::Error::NotImplemented { .. }
        | object_store::Error::InvalidPath { .. } => ErrorKind::Internal,
        _ => ErrorKind::Unavailable,
    };
    Error::with_source(kind, context, error)
}

/// One create-only PUT with a deadline that scales with its bytes, and a watchdog on the bytes sent.
pub(crate) async fn put_create(
    store: &dyn ObjectStore,
    key: &Path,
    parts: &[Bytes],
    config: &TieringConfig,
) -> Result<PutOutcome, Error> {
    let bytes = parts.iter().fold(0, |sum, part| sum + length_u64(part.len()));
    let progress = UploadProgress::default();
    let mut options = PutOptions::from(PutMode::Create);
    options.extensions.insert(progress.clone());
    let payload: PutPayload = parts.iter().cloned().collect();
    let put = store.put_opts(key, payload, options);
    match watched(put, &progress, bytes, config).await? {
        Ok(_) => Ok(PutOutcome::Created),
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
            Ok(PutOutcome::Exists)
        }
        Err(error @ object_store::Error::NotFound { .. }) => {
            Err(Error::with_source(ErrorKind::Unavailable, format!("put {key}: no such bucket"), error))
        }
        Err(error) => Err(store_error(format!("put {key}"), error)),
    }
}

async fn watched(
    put: impl Future<Output = object_store::Result<PutResult>>,
    progress: &UploadProgress,
    bytes: u64,
    config: &TieringConfig,
) -> Result<object_store::Result<PutResult>, Error> {
    let deadline = Instant::now() + Duration::from_millis(config.upload_deadline_ms(bytes));
    let stall = Duration::from_millis(config.upload_stall_ms.max(1));
    let mut put = std::pin::pin!(put);
    let mut sent_before = None;
    loop {
        tokio::select! {
            biased;
            result = &mut put => return Ok(result),
            () = sleep_until(deadline) => {
                return Err(Error::new(ErrorKind::Unavailable, format!("a put of {bytes} bytes ran out of time")));
            }
            () = sleep(stall) => {
                let sent = progress.sent();
                if sent.is_some_and(|sent| sent < bytes) && sent == sent_before {
                    return Err(Error::new(ErrorKind::Unavailable, format!("a put of {bytes} bytes stands still")));
                }
                sent_before = sent;
            }
        }
    }
}

/// The bytes from `from` to the end of an object that must have `object_bytes`; another size is `Corrupt`.
pub(crate) async fn get_tail(
    store: &dyn ObjectStore,
    key: &Path,
    from: u64,
    object_bytes: u64,
) -> Result<Bytes, Error> {
    let meta = store.head(key).await.map_err(|error| store_error(format!("head {key}"), error))?;
    if meta.size != object_bytes {
        let message = format!("{key} has {} bytes instead of {object_bytes}", meta.size);
        return Err(Error::new(ErrorKind::Corrupt, message));
    }
    store.get_range(key, from..object_bytes).await.map_err(|error| store_error(format!("get {key}"), error))
}

/// A whole object of at most `bytes_max`; a larger one is `Corrupt` and not read.
pub(crate) async fn get_small(store: &dyn ObjectStore, key: &Path, bytes_max: u64) -> Result<Bytes, Error> {
    let result = store.get(key).await.map_err(|error| store_error(format!("get {key}"), error))?;
    if result.meta.size > bytes_max {
        return Err(Error::new(ErrorKind::Corrupt, format!("{key} has {} bytes", result.meta.size)));
    }
    result.bytes().await.map_err(|error| store_error(format!("get {key}"), error))
}

/// Size of an object, `None` if there is none.
pub(crate) async fn size_of(store: &dyn ObjectStore, key: &Path) -> Result<Option<u64>, Error> {
    match store.head(key).await {
        Ok(meta) => Ok(Some(meta.size)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(store_error(format!("head {key}"), error)),
    }
}

/// DELETE, then HEAD until 404: only then is an object gone.
pub(crate) async fn delete_and_make_sure(store: &dyn ObjectStore, key: &Path) -> Result<(), Error> {
    crate::crash_point::hit(crate::crash_point::CrashPoint::ObjectDeleteBefore);
    match store.delete(key).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(store_error(format!("delete {key}"), error)),
    }
    crate::crash_point::hit(crate::crash_point::CrashPoint::ObjectDeleteAfter);
    match size_of(store, key).await? {
        None => Ok(()),
        Some(_) => Err(Error::new(ErrorKind::Unavailable, format!("{key} is still there after its deletion"))),
    }
}
