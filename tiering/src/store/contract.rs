//! The suite that every backend passes: what tiering relies on, and nothing else.
//!
//! Owns: the checks. Does not own: any backend. Each check works below a folder of its own, which it leaves empty.

use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use crate::error::{Error, ErrorKind};
use crate::store::store_error;

/// Size of the large object.
pub const LARGE_BYTES: usize = 16 * 1024 * 1024;
/// Objects listed: more than one page of S3.
pub const LISTED_OBJECTS: usize = 1100;

fn ensure(holds: bool, rule: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::new(ErrorKind::Invalid, format!("the store breaks the rule: {rule}"))) }
}

fn failed(what: &str) -> impl Fn(object_store::Error) -> Error {
    let what = what.to_owned();
    move |error| store_error(what.clone(), error)
}

async fn create(store: &dyn ObjectStore, key: &Path, body: Bytes) -> object_store::Result<()> {
    store.put_opts(key, PutPayload::from(body), PutOptions::from(PutMode::Create)).await.map(drop)
}

/// Runs every check below `folder`, the listing of many objects included.
pub async fn run_all(store: &Arc<dyn ObjectStore>, folder: &Path) -> Result<(), Error> {
    create_only(store, &folder.clone().join("create")).await?;
    concurrent_creates(store, &folder.clone().join("race")).await?;
    ranges(store, &folder.clone().join("ranges")).await?;
    large_object(store, &folder.clone().join("large")).await?;
    deletion(store, &folder.clone().join("delete")).await?;
    listing(store, &folder.clone().join("list"), LISTED_OBJECTS).await
}

/// A second create is refused and leaves the first one's bytes.
pub async fn create_only(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    create(store, key, Bytes::from_static(b"first")).await.map_err(failed("the first create"))?;
    let second = create(store, key, Bytes::from_static(b"second")).await;
    ensure(matches!(second, Err(object_store::Error::AlreadyExists { .. })), "a second create is refused")?;
    let same = create(store, key, Bytes::from_static(b"first")).await;
    ensure(matches!(same, Err(object_store::Error::AlreadyExists { .. })), "a create of the same bytes is refused")?;
    let kept = read(store, key).await?;
    ensure(kept == b"first"[..], "a refused create changes nothing")?;
    store.delete(key).await.map_err(failed("deleting"))?;
    create(store, key, Bytes::from_static(b"third")).await.map_err(failed("a create after the deletion"))?;
    store.delete(key).await.map_err(failed("deleting"))
}

/// Of creates at the same time exactly one wins, and its bytes are the ones that stay.
pub async fn concurrent_creates(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let attempts =
        (0..8_u8).map(|number| async move { (number, create(store, key, Bytes::from(vec![number; 4096])).await) });
    let outcomes: Vec<_> = futures::future::join_all(attempts).await;
    let winners: Vec<u8> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| *number).collect();
    ensure(winners.len() == 1, "of concurrent creates exactly one wins")?;
    let kept = read(store, key).await?;
    ensure(kept.len() == 4096 && kept.iter().all(|byte| winners.contains(byte)), "the winner's bytes stay")?;
    store.delete(key).await.map_err(failed("deleting"))
}

/// Ranges, suffixes and sizes are exact.
pub async fn ranges(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let body = pattern(100_000);
    create(store, key, body.clone()).await.map_err(failed("the create"))?;
    let size = store.head(key).await.map_err(failed("HEAD"))?.size;
    ensure(size == 100_000, "HEAD tells the size")?;
    for (start, end) in [(0, 1), (0, 100_000), (99_999, 100_000), (4_096, 70_000)] {
        let part = store.get_range(key, start..end).await.map_err(failed("a range"))?;
        let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
        ensure(part == body[start..end], "a range is exactly what was asked for")?;
    }
    let options = GetOptions { range: Some(GetRange::Suffix(24)), ..GetOptions::default() };
    let suffix = store.get_opts(key, options).await.map_err(failed("a suffix"))?;
    let suffix = suffix.bytes().await.map_err(failed("a suffix"))?;
    ensure(suffix == body[100_000 - 24..], "a suffix is the object's end")?;
    store.delete(key).await.map_err(failed("deleting"))
}

/// A large object comes back as it was written.
pub async fn large_object(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let body = pattern(LARGE_BYTES);
    create(store, key, body.clone()).await.map_err(failed("the create of a large object"))?;
    let back = read(store, key).await?;
    ensure(crc32c::crc32c(&back) == crc32c::crc32c(&body) && back == body, "a large object comes back as it was")?;
    store.delete(key).await.map_err(failed("deleting"))
}

/// A deletion is seen at once and may be repeated.
pub async fn deletion(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    create(store, key, Bytes::from_static(b"x")).await.map_err(failed("the create"))?;
    store.delete(key).await.map_err(failed("deleting"))?;
    let head = store.head(key).await;
    ensure(matches!(head, Err(object_store::Error::NotFound { .. })), "a HEAD after the deletion is a 404")?;
    let get = store.get(key).await;
    ensure(matches!(get, Err(object_store::Error::NotFound { .. })), "a GET after the deletion is a 404")?;
    match store.delete(key).await {
        // Some backends tell that there was nothing; both are fine, anything else is not.
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(store_error("a repeated deletion", error)),
    }
}

/// A list has every object below the folder once, over as many pages as it takes, and nothing beside it.
pub async fn listing(store: &Arc<dyn ObjectStore>, folder: &Path, objects: usize) -> Result<(), Error> {
    let keys: Vec<Path> = (0..objects)
        .map(|number| folder.clone().join(format!("{:02}", number % 7)).join(format!("{number:05}")))
        .collect();
    let neighbour = Path::from(format!("{folder}-neighbour/object"));
    create(store, &neighbour, Bytes::from_static(b"x")).await.map_err(failed("the create"))?;
    let creates = keys.iter().map(|key| create(store, key, Bytes::from_static(b"x")));
    let outcomes: Vec<_> = futures::stream::iter(creates).buffer_unordered(16).collect().await;
    outcomes.into_iter().collect::<object_store::Result<Vec<()>>>().map_err(failed("creating many"))?;
    let listed: Vec<_> = store.list(Some(folder)).try_collect().await.map_err(failed("listing"))?;
    let mut found: Vec<Path> = listed.into_iter().map(|meta| meta.location).collect();
    found.sort();
    let mut expected = keys.clone();
    expected.sort();
    ensure(found == expected, "a list has every object of its folder once and no other")?;
    let deletions = keys.iter().chain([&neighbour]).map(|key| store.delete(key));
    let outcomes: Vec<_> = futures::stream::iter(deletions).buffer_unordered(16).collect().await;
    outcomes.into_iter().collect::<object_store::Result<Vec<()>>>().map_err(failed("deleting many"))?;
    let rest: Vec<_> = store.list(Some(folder)).try_collect().await.map_err(failed("listing"))?;
    ensure(rest.is_empty(), "a list shows nothing that is deleted")
}

async fn read(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<Bytes, Error> {
    store.get(key).await.map_err(failed("reading back"))?.bytes().await.map_err(failed("reading back"))
}

fn pattern(length: usize) -> Bytes {
    let mut state = 0x2545_f491_u32;
    let mut bytes = Vec::with_capacity(length);
    for _ in 0..length {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes.push(state.to_le_bytes()[1]);
    }
    bytes.into()
}
