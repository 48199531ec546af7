//! The suite that every backend passes: what tiering relies on, and nothing else.
//!
//! Owns: the checks. Does not own: any backend. Each check works below a folder of its own, which it leaves empty.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use crate::config::TieringConfig;
use crate::error::{Error, ErrorKind};
use crate::object_io::{PutOutcome, get_tail, put_create};
use crate::store::faulty::{Fault, FaultRates, FaultyStore};
use crate::store::store_error;
use crate::wire::length_u64;

/// Size of the large object.
pub const LARGE_BYTES: usize = 16 * 1024 * 1024;
/// Size of what several creators write at the same time: more than one part, where a store keeps parts.
const RACED_BYTES: usize = 6 * 1024 * 1024;
/// An upload hands its body over in pieces of this size and a rest.
const PIECE_BYTES: usize = 1024 * 1024 - 7;
/// Objects listed: more than one page of S3 and of GCS; Azure's pages hold 5,000.
pub const LISTED_OBJECTS: usize = 1100;
/// Pause of a reader that waits for an object to appear, and how often it looks.
const LOOK_PAUSE: Duration = Duration::from_millis(2);
const LOOKS_MAX: usize = 20_000;

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
    concurrent_large_creates(store, &folder.clone().join("large-race")).await?;
    whole_or_absent(store, &folder.clone().join("whole")).await?;
    lost_success(store, &folder.clone().join("lost")).await?;
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

/// The same with bodies of several parts: the winner's stays whole, and no other's is mixed in.
pub async fn concurrent_large_creates(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let attempts = (1..=3_u8)
        .map(|number| async move { (number, create(store, key, Bytes::from(vec![number; RACED_BYTES])).await) });
    let outcomes: Vec<_> = futures::future::join_all(attempts).await;
    let winners: Vec<u8> = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).map(|(number, _)| *number).collect();
    ensure(winners.len() == 1, "of concurrent creates of large objects exactly one wins")?;
    let kept = read(store, key).await?;
    let is_winners = kept.iter().all(|byte| winners.contains(byte));
    ensure(kept.len() == RACED_BYTES && is_winners, "the winner's bytes stay, all of them and no others")?;
    store.delete(key).await.map_err(failed("deleting"))
}

/// While an object is written it is not there; then it is there whole.
pub async fn whole_or_absent(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let body = pattern(LARGE_BYTES);
    let writer = async { create(store, key, body.clone()).await.map_err(failed("the create")) };
    futures::future::try_join(writer, appears_whole(store, key, &body)).await?;
    store.delete(key).await.map_err(failed("deleting"))
}

async fn appears_whole(store: &Arc<dyn ObjectStore>, key: &Path, body: &Bytes) -> Result<(), Error> {
    for _ in 0..LOOKS_MAX {
        match store.get(key).await {
            Ok(found) => {
                let found = found.bytes().await.map_err(failed("reading what has just appeared"))?;
                return ensure(found == body, "an object appears whole");
            }
            Err(object_store::Error::NotFound { .. }) => tokio::time::sleep(LOOK_PAUSE).await,
            Err(error) => return Err(store_error("reading what is being written", error)),
        }
    }
    ensure(false, "an object that was created appears")
}

/// A create whose answer was lost is found by the next one and told from another's by its end, as the upload does it.
pub async fn lost_success(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let config = TieringConfig::default();
    let (ours, other) = (pattern(50_000), Bytes::from(vec![0_u8; 50_000]));
    let from = length_u64(ours.len()) - 24;
    let faulty = FaultyStore::new(Arc::clone(store), 1, FaultRates::default());
    faulty.script_puts([Fault::LostSuccess]);
    let lost = put_create(&faulty, key, std::slice::from_ref(&ours), &config).await;
    ensure(lost.is_err(), "the answer is lost")?;
    for repeated in [&ours, &other] {
        let again = put_create(store.as_ref(), key, std::slice::from_ref(repeated), &config).await?;
        ensure(
            matches!(again, PutOutcome::Exists),
            "what was created with a lost answer is there for the next create",
        )?;
        let end = get_tail(store.as_ref(), key, from, length_u64(ours.len()), &config).await?;
        ensure(end == ours[ours.len() - 24..], "the first create's bytes are the ones that are read back")?;
    }
    let wrong_size = get_tail(store.as_ref(), key, from, from + 25, &config).await;
    let is_told = wrong_size.is_err_and(|error| error.kind() == ErrorKind::Corrupt);
    ensure(is_told, "an object of another size is told from ours")?;
    store.delete(key).await.map_err(failed("deleting"))
}

/// Ranges and sizes are exact. A range that is counted from an object's end is nothing that Azure knows, so that nobody asks
/// for one.
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
    let parts = store.get_ranges(key, &[10..20, 99_000..100_000]).await.map_err(failed("two ranges"))?;
    ensure(parts == [body.slice(10..20), body.slice(99_000..)], "two ranges come in their order")?;
    let behind = store.get_range(key, 100_000..100_010).await;
    let is_absence = matches!(behind, Err(object_store::Error::NotFound { .. }));
    ensure(behind.is_err() && !is_absence, "a range behind the end is an error, and not an absence")?;
    store.delete(key).await.map_err(failed("deleting"))?;
    let absent = store.get_range(key, 0..10).await;
    ensure(matches!(absent, Err(object_store::Error::NotFound { .. })), "a range of what is not there is a 404")
}

/// A large object comes back as it was written.
pub async fn large_object(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<(), Error> {
    let body = pattern(LARGE_BYTES);
    let pieces: PutPayload = (0..body.len()).step_by(PIECE_BYTES).map(|at| piece(&body, at)).collect();
    let created = store.put_opts(key, pieces, PutOptions::from(PutMode::Create)).await;
    created.map_err(failed("the create of a large object"))?;
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

/// A list comes in the order of the keys' bytes, from whatever order they were written in: so do all stores that are asked
/// over the network, and a directory does not. What reads a list may be faster with it and is right without.
pub async fn listing_order(store: &Arc<dyn ObjectStore>, folder: &Path) -> Result<(), Error> {
    let names = ["b/2", "a/10", "a/9", "B/1", "b/1", "a-/1", "b.seg", "_/1", "0/z"];
    let keys: Vec<Path> = names.iter().map(|name| Path::from(format!("{folder}/{name}"))).collect();
    for key in &keys {
        create(store, key, Bytes::from_static(b"x")).await.map_err(failed("the create"))?;
    }
    let listed: Vec<_> = store.list(Some(folder)).try_collect().await.map_err(failed("listing"))?;
    let found: Vec<Path> = listed.into_iter().map(|meta| meta.location).collect();
    let mut expected = keys.clone();
    expected.sort_by(|one, other| one.as_ref().cmp(other.as_ref()));
    for key in &keys {
        store.delete(key).await.map_err(failed("deleting"))?;
    }
    ensure(found == expected, "a list comes in the order of the keys' bytes")
}

async fn read(store: &Arc<dyn ObjectStore>, key: &Path) -> Result<Bytes, Error> {
    store.get(key).await.map_err(failed("reading back"))?.bytes().await.map_err(failed("reading back"))
}

fn piece(body: &Bytes, at: usize) -> Bytes {
    body.slice(at..body.len().min(at + PIECE_BYTES))
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
