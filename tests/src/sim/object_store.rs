//! A simulated object store: create-only writes and strong reads, as S3 gives them, and everything that goes wrong on the way.
//!
//! Owns: what a request meets: delays, errors, answers that are lost, writes that land late, bodies that are cut, lists that
//! are old. Does not own: how often (`weather.rs`), what must hold (`crate::checker`).
//! Invariants: a request that was begun is carried out even if its asker goes away; a PUT lands within 15 minutes of its
//! begin, as a signed request of S3 does; a request is answered within its client's time limit.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use strata_compat::ids::Timestamp;

use super::clock::wait_ms;
use super::shared::{ListEvent, Planted, Shared, State, Stored};
use super::weather::Fault;
use crate::checker;

/// A client's own limit for one request other than a PUT.
const CLIENT_LIMIT_MS: u64 = 30_000;
/// A PUT that lands late does so by then; below `put_late_ms`.
const PUT_LANDS_BY_MS: u64 = 14 * 60 * 1000;
/// An old list is at most so old.
const LIST_AGE_MAX_MS: u64 = 30 * 60 * 1000;

/// The store, as every broker of a simulation sees it.
#[derive(Clone)]
pub struct SimStore {
    shared: Arc<Shared>,
}

impl SimStore {
    /// A store in this world.
    #[must_use]
    pub const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    async fn delay(&self) {
        let ms = if self.shared.random.chance(30) {
            self.shared.random.between(500, 8_000)
        } else {
            self.shared.random.between(1, 40)
        };
        wait_ms(ms).await;
    }

    /// What any request may meet before it is carried out.
    async fn arrive(&self) -> Result<()> {
        self.delay().await;
        if self.shared.is_planted(Planted::StoreLosesObject) && self.shared.random.chance(20) {
            let mut state = self.shared.state.lock();
            let lost = state.objects.keys().find(|key| key.as_ref().ends_with(".seg")).cloned();
            lost.and_then(|key| state.objects.remove(&key));
        }
        let away = self.shared.clock.elapsed_ms() < self.shared.state.lock().weather.store_away_until_ms;
        if away {
            self.shared.count("store-away");
            return Err(failure("the store cannot be reached"));
        }
        if self.shared.strikes(Fault::InternalError) {
            return Err(failure("500 Internal Server Error"));
        }
        if self.shared.strikes(Fault::SlowDown) {
            return Err(failure("503 Slow Down"));
        }
        Ok(())
    }

    /// Carries out a PUT, whoever still waits for it.
    fn land(&self, key: &Path, bytes: Bytes, is_create: bool) -> Result<()> {
        let overwrites = self.shared.is_planted(Planted::StoreOverwrites);
        let now = self.shared.now();
        let mut state = self.shared.state.lock();
        let exists = state.objects.get(key).is_some_and(|stored| !stored.hidden);
        if exists && is_create && !overwrites {
            drop(state);
            self.shared.note(format_args!("store refuses {key}"));
            return Err(exists_already(key, "412 Precondition Failed"));
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        state.list_events.push(ListEvent { at: now, key: key.clone(), state: Some((size, now)) });
        state.objects.insert(key.clone(), Stored { bytes, modified: now, hidden: false });
        let violation = checker::bytes::put_overwrites(key, exists);
        drop(state);
        self.shared.note(format_args!("store has {key} {size}"));
        if let Some(violation) = violation {
            self.shared.violate(violation.property, violation.detail);
        }
        Ok(())
    }

    fn remove(&self, key: &Path) {
        let now = self.shared.now();
        let keeps = self.shared.is_planted(Planted::StoreKeepsDeleted);
        let mut state = self.shared.state.lock();
        let Some(stored) = state.objects.get(key).filter(|stored| !stored.hidden) else {
            return;
        };
        let size = stored.bytes.len();
        let violation = checker::accounting::may_delete(&state.image, &state.ledger, &self.shared.names, key, now);
        if keeps {
            if let Some(stored) = state.objects.get_mut(key) {
                stored.hidden = true;
            }
        } else {
            state.objects.remove(key);
            state.landed_late.remove(key);
            state.list_events.push(ListEvent { at: now, key: key.clone(), state: None });
        }
        drop(state);
        self.shared.note(format_args!("store deletes {key} {size}"));
        self.shared.count("object-deleted");
        if let Some(violation) = violation {
            self.shared.violate(violation.property, violation.detail);
        }
    }

    fn land_later(&self, key: &Path, bytes: Bytes) {
        let (store, key) = (self.clone(), key.clone());
        let late_ms = self.shared.random.between(1_000, PUT_LANDS_BY_MS);
        tokio::spawn(async move {
            wait_ms(late_ms).await;
            // A late PUT that finds its object changes nothing.
            if store.land(&key, bytes, true).is_ok() {
                store.shared.count("put-landed-late");
                store.shared.state.lock().landed_late.insert(key);
            }
        });
    }

    async fn put(&self, key: &Path, mut bytes: Bytes) -> Result<()> {
        self.arrive().await?;
        if self.shared.strikes(Fault::Conflict) {
            return Err(exists_already(key, "409 Conflict"));
        }
        if self.shared.strikes(Fault::TimedOutNotDone) {
            wait_ms(CLIENT_LIMIT_MS * 10).await;
            return Err(failure("timed out"));
        }
        if self.shared.strikes(Fault::DoneLate) {
            self.land_later(key, bytes);
            wait_ms(self.shared.random.between(10, CLIENT_LIMIT_MS)).await;
            return Err(failure("the connection was reset"));
        }
        // Rot in what was stored is found only by those who read all of it back.
        if self.shared.verifies_whole && self.shared.strikes(Fault::StoredRot) {
            bytes = changed(&bytes, self.shared.random.draw(), 0x40);
        }
        if self.shared.is_planted(Planted::StoreChangesByte) {
            bytes = changed(&bytes, 0, 0x40);
        }
        self.land(key, bytes, true)?;
        if self.shared.strikes(Fault::OwnRetry) {
            return Err(exists_already(key, "412 Precondition Failed"));
        }
        if self.shared.strikes(Fault::TimedOutDone) {
            wait_ms(CLIENT_LIMIT_MS * 10).await;
            return Err(failure("timed out"));
        }
        if self.shared.strikes(Fault::LostAnswer) {
            return Err(failure("the connection was reset"));
        }
        Ok(())
    }

    async fn delete_one(&self, key: Path) -> Result<Path> {
        self.arrive().await?;
        if self.shared.strikes(Fault::TimedOutNotDone) {
            wait_ms(CLIENT_LIMIT_MS).await;
            return Err(failure("timed out"));
        }
        if self.shared.strikes(Fault::DoneLate) {
            let (store, late, key) = (self.clone(), self.shared.random.between(1_000, PUT_LANDS_BY_MS), key.clone());
            tokio::spawn(async move {
                wait_ms(late).await;
                store.remove(&key);
            });
            return Err(failure("the connection was reset"));
        }
        self.remove(&key);
        if self.shared.strikes(Fault::LostAnswer) {
            return Err(failure("the connection was reset"));
        }
        if self.shared.strikes(Fault::TimedOutDone) {
            wait_ms(CLIENT_LIMIT_MS).await;
            return Err(failure("timed out"));
        }
        Ok(key)
    }

    async fn get(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.arrive().await?;
        if self.shared.strikes(Fault::LostAnswer) {
            return Err(failure("the connection was reset"));
        }
        if self.shared.strikes(Fault::TimedOutDone) {
            wait_ms(CLIENT_LIMIT_MS).await;
            return Err(failure("timed out"));
        }
        let stored = self.shared.state.lock().objects.get(key).filter(|stored| !stored.hidden).cloned();
        let Some(stored) = stored else {
            return Err(Error::NotFound { path: key.to_string(), source: "404 Not Found".into() });
        };
        let meta = meta_of(key, u64::try_from(stored.bytes.len()).unwrap_or(u64::MAX), stored.modified);
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            Some(range) => range.as_range(meta.size).map_err(|error| failure(&error.to_string()))?,
            None => 0..meta.size,
        };
        let payload = if options.head { empty() } else { self.body(&stored, &range) };
        Ok(GetResult {
            payload,
            meta,
            range,
            attributes: object_store::Attributes::default(),
            extensions: object_store::Extensions::default(),
        })
    }

    fn body(&self, stored: &Stored, range: &Range<u64>) -> GetResultPayload {
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(stored.bytes.len());
        let mut bytes = stored.bytes.slice(index(range.start)..index(range.end));
        if self.shared.strikes(Fault::FlippedBit) {
            bytes = changed(&bytes, self.shared.random.draw(), 0x10);
        }
        let mut parts = vec![Ok(bytes.clone())];
        if self.shared.strikes(Fault::CutBody) {
            parts = vec![Ok(bytes.slice(..bytes.len() / 2)), Err(failure("the connection was reset"))];
        }
        GetResultPayload::Stream(stream::iter(parts).boxed())
    }

    /// The list as it is, or as it was.
    async fn listed(&self, prefix: Option<Path>) -> Result<Vec<ObjectMeta>> {
        self.arrive().await?;
        let now = self.shared.now();
        let mut age_ms = 0;
        if self.shared.strikes(Fault::OldList) {
            age_ms = self.shared.random.below(LIST_AGE_MAX_MS);
        }
        let mut found = list_at(&self.shared.state.lock(), now.plus_ms(-age_ms.cast_signed()));
        if self.shared.strikes(Fault::ListsLate) {
            let fresh_ms = self.shared.random.below(LIST_AGE_MAX_MS).cast_signed();
            found.retain(|_, (_, modified)| now.ms_since(*modified) >= fresh_ms);
        }
        let prefix = prefix.unwrap_or_default();
        let inside = found.into_iter().filter(|(key, _)| key.prefix_matches(&prefix));
        Ok(inside.map(|(key, (size, modified))| meta_of(&key, size, modified)).collect())
    }
}

fn list_at(state: &State, at: Timestamp) -> BTreeMap<Path, (u64, Timestamp)> {
    let mut found = BTreeMap::new();
    for event in state.list_events.iter().take_while(|event| event.at <= at) {
        match event.state {
            Some(entry) => drop(found.insert(event.key.clone(), entry)),
            None => drop(found.remove(&event.key)),
        }
    }
    found
}

fn empty() -> GetResultPayload {
    GetResultPayload::Stream(stream::iter([]).boxed())
}

/// The bytes with one of them changed.
fn changed(bytes: &Bytes, at: u64, mask: u8) -> Bytes {
    let mut bytes = bytes.to_vec();
    let length = u64::try_from(bytes.len()).unwrap_or(1).max(1);
    if let Some(byte) = bytes.get_mut(usize::try_from(at % length).unwrap_or(0)) {
        *byte ^= mask;
    }
    bytes.into()
}

fn failure(message: &str) -> Error {
    Error::Generic { store: "simulated", source: message.to_owned().into() }
}

fn exists_already(key: &Path, message: &str) -> Error {
    Error::AlreadyExists { path: key.to_string(), source: message.to_owned().into() }
}

fn meta_of(key: &Path, size: u64, modified: Timestamp) -> ObjectMeta {
    let since = Duration::from_millis(modified.0.unsigned_abs());
    ObjectMeta { location: key.clone(), last_modified: (UNIX_EPOCH + since).into(), size, e_tag: None, version: None }
}

impl fmt::Debug for SimStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SimStore")
    }
}

impl fmt::Display for SimStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("simulated")
    }
}

/// A request goes on if its asker goes away.
async fn detached<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(failure(&error.to_string())),
    }
}

#[async_trait]
impl ObjectStore for SimStore {
    async fn put_opts(&self, key: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        if options.mode != PutMode::Create {
            let message = format!("a write of {key} is not create-only");
            self.shared.violate("writes are create-only", message.clone());
            return Err(failure(&message));
        }
        let (store, key) = (self.clone(), key.clone());
        detached(async move { store.put(&key, payload.into()).await }).await?;
        Ok(PutResult { e_tag: None, version: None, extensions: object_store::Extensions::default() })
    }

    async fn put_multipart_opts(&self, _: &Path, _: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        Err(failure("multipart uploads are never used"))
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> Result<GetResult> {
        self.get(key, options).await
    }

    fn delete_stream(&self, keys: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = self.clone();
        keys.then(move |key| {
            let store = store.clone();
            async move {
                let key = key?;
                detached(async move { store.delete_one(key).await }).await
            }
        })
        .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.clone(), prefix.cloned());
        let listed = async move { store.listed(prefix).await.map(|found| stream::iter(found.into_iter().map(Ok))) };
        stream::once(listed).try_flatten().boxed()
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(failure("lists with a delimiter are never used"))
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(failure("objects are never copied"))
    }
}
