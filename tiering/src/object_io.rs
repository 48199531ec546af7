//! What the write side does to objects: create, read a range, delete and make sure.
//!
//! Owns: deadlines of uploads, the reading of the store's errors. Does not own: names, order, retries.
//! Invariant: a create that ran out of time is *unknown*, never failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, PutResult,
};
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

/// Waits for the answer to a request of that many bytes, as long as an upload of them may take: a store that accepts and
/// never answers must hold neither an attempt's permits nor the walk of a deleter.
pub(crate) async fn answered<T>(
    config: &TieringConfig,
    bytes: u64,
    what: impl FnOnce() -> String,
    answer: impl Future<Output = object_store::Result<T>>,
) -> Result<T, Error> {
    let limit_ms = config.upload_deadline_ms(bytes);
    match tokio::time::timeout(Duration::from_millis(limit_ms), answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(store_error(what(), error)),
        Err(_) => {
            Err(Error::new(ErrorKind::Unavailable, format!("{}: no answer within {} s", what(), limit_ms / 1000)))
        }
    }
}

/// The bytes from `from` to the end of an object that must have `object_bytes`, which is more; another size is `Corrupt`. One
/// request, for a part of an object comes with the size of the whole.
pub(crate) async fn get_tail(
    store: &dyn ObjectStore,
    key: &Path,
    from: u64,
    object_bytes: u64,
    config: &TieringConfig,
) -> Result<Bytes, Error> {
    let options = GetOptions { range: Some(GetRange::Bounded(from..object_bytes)), ..GetOptions::default() };
    let wanted = object_bytes.saturating_sub(from);
    let tail = async {
        let found = store.get_opts(key, options).await?;
        Ok((found.meta.size, found.bytes().await?))
    };
    let (size, tail) = match answered(config, wanted, || format!("get {key}"), tail).await {
        Ok(found) => found,
        // Stores refuse a range behind the end each in their own way.
        Err(error) if error.kind() == ErrorKind::Unavailable && std::error::Error::source(&error).is_some() => {
            let size = answered(config, 0, || format!("head {key}"), store.head(key)).await?.size;
            return Err(if size == object_bytes { error } else { of_another_size(key, size, object_bytes) });
        }
        Err(error) => return Err(error),
    };
    let there = if size == object_bytes { from.saturating_add(length_u64(tail.len())) } else { size };
    if there == object_bytes { Ok(tail) } else { Err(of_another_size(key, there, object_bytes)) }
}

fn of_another_size(key: &Path, bytes: u64, expected: u64) -> Error {
    Error::new(ErrorKind::Corrupt, format!("it has {bytes} bytes instead of {expected}")).in_object(key)
}

/// A whole object of at most `bytes_max`; a larger one is `Corrupt` and not read.
pub(crate) async fn get_small(
    store: &dyn ObjectStore,
    key: &Path,
    bytes_max: u64,
    config: &TieringConfig,
) -> Result<Bytes, Error> {
    let result = answered(config, 0, || format!("get {key}"), store.get(key)).await?;
    if result.meta.size > bytes_max {
        let message = format!("it has {} bytes, more than the {bytes_max} of any of its kind", result.meta.size);
        return Err(Error::new(ErrorKind::Corrupt, message).in_object(key));
    }
    answered(config, bytes_max, || format!("get {key}"), result.bytes()).await
}

/// Size of an object, `None` if there is none.
pub(crate) async fn size_of(store: &dyn ObjectStore, key: &Path, config: &TieringConfig) -> Result<Option<u64>, Error> {
    match answered(config, 0, || format!("head {key}"), store.head(key)).await {
        Ok(meta) => Ok(Some(meta.size)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// DELETE, then HEAD until 404: only then is an object gone.
pub(crate) async fn delete_and_make_sure(
    store: &dyn ObjectStore,
    key: &Path,
    config: &TieringConfig,
) -> Result<(), Error> {
    crate::crash_point::hit(crate::crash_point::CrashPoint::ObjectDeleteBefore);
    match answered(config, 0, || format!("delete {key}"), store.delete(key)).await {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    crate::crash_point::hit(crate::crash_point::CrashPoint::ObjectDeleteAfter);
    match size_of(store, key, config).await? {
        None => Ok(()),
        Some(_) => Err(Error::new(ErrorKind::Unavailable, format!("{key} is still there after its deletion"))),
    }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;
    use crate::store::faulty::{FaultRates, FaultyStore};

    #[tokio::test]
    async fn the_end_of_an_object_of_another_size_is_corrupt_wherever_it_is_asked_for() {
        let store = InMemory::new();
        let (key, config) = (Path::from("object"), TieringConfig::default());
        put_create(&store, &key, &[Bytes::from_static(b"12345")], &config).await.unwrap();
        assert_eq!(get_tail(&store, &key, 3, 5, &config).await.unwrap(), "45");
        for (from, object_bytes) in [(2, 4), (2, 9), (5, 9), (7, 9)] {
            let error = get_tail(&store, &key, from, object_bytes, &config).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{from}..{object_bytes}");
            assert!(error.to_string().contains(&format!("instead of {object_bytes}")), "{error}");
        }
        let missing = get_tail(&store, &Path::from("nothing"), 3, 5, &config).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_store_that_never_answers_is_unavailable_after_the_deadline() {
        let store = FaultyStore::new(Arc::new(InMemory::new()), 1, FaultRates::default());
        let key = Path::from("object");
        let config = TieringConfig { upload_deadline_base_ms: 20, ..TieringConfig::default() };
        put_create(&store, &key, &[Bytes::from_static(b"12345")], &config).await.unwrap();
        store.set_hanging(true);
        let kinds = [
            get_tail(&store, &key, 0, 5, &config).await.unwrap_err().kind(),
            get_small(&store, &key, 5, &config).await.unwrap_err().kind(),
            size_of(&store, &key, &config).await.unwrap_err().kind(),
            delete_and_make_sure(&store, &key, &config).await.unwrap_err().kind(),
            put_create(&store, &key, &[], &config).await.unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::Unavailable; 5]);
        store.set_hanging(false);
        assert_eq!(get_tail(&store, &key, 2, 5, &config).await.unwrap(), "345");
        delete_and_make_sure(&store, &key, &config).await.unwrap();
        assert_eq!(size_of(&store, &key, &config).await.unwrap(), None);
    }
}
