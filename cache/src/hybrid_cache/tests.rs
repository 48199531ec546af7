//! Tests of `hybrid_cache.rs`.

use std::fs;
use std::path::Path;

use super::*;
use crate::config::CHUNK_BYTES;

fn config(directory: &Path) -> CacheConfig {
    CacheConfig { memory_bytes: 8 << 20, disk_bytes: 64 << 20, directory: directory.to_path_buf() }
}

fn cache(config: CacheConfig) -> HybridCache {
    HybridCache::new(config, Handle::current(), CacheMetrics::default()).unwrap()
}

fn chunk(number: u32) -> Bytes {
    let seed = number.to_le_bytes();
    let bytes: Vec<u8> = (0..CHUNK_BYTES).map(|index| seed[index % 4] ^ u8::try_from(index % 251).unwrap()).collect();
    bytes.into()
}

const fn key(number: u32) -> ChunkKey {
    ChunkKey { object: 0x0123_4567_89ab_cdef, chunk: number }
}

async fn insert(cache: &HybridCache, number: u32, admission: Admission) {
    let bytes = chunk(number);
    let crc = crc32c::crc32c(&bytes);
    cache.insert(key(number), bytes, crc, admission).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_file_appears_before_the_first_insert() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().join("cache");
    let cache = cache(config(&home));
    assert!(cache.get(key(1)).await.is_none());
    assert!(!home.exists());
    insert(&cache, 1, Admission::Demand).await;
    assert!(home.exists());
    assert!(cache.is_disk_open());
    let hit = cache.get(key(1)).await.unwrap();
    assert_eq!(hit.bytes, chunk(1));
    assert_eq!(hit.source, HitSource::Memory);
    cache.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunks_are_found_on_disk_after_close_and_reopen() {
    let directory = tempfile::tempdir().unwrap();
    let first = cache(config(directory.path()));
    for number in 0..12 {
        insert(&first, number, Admission::Demand).await;
    }
    first.close().await.unwrap();
    drop(first);
    let second = cache(config(directory.path()));
    for number in 0..12 {
        let hit = second.get(key(number)).await.expect("every chunk was flushed by close");
        assert_eq!(hit.bytes, chunk(number));
        assert_eq!(hit.source, HitSource::Disk);
    }
    assert_eq!(second.metrics().disk_hits.get(), 12);
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_shape_starts_empty() {
    let directory = tempfile::tempdir().unwrap();
    let first = cache(config(directory.path()));
    insert(&first, 1, Admission::Demand).await;
    first.close().await.unwrap();
    let second = cache(CacheConfig { disk_bytes: 32 << 20, ..config(directory.path()) });
    assert!(second.get(key(1)).await.is_none());
    assert_eq!(second.metrics().wipes.get(), 1);
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_with_a_wrong_checksum_is_a_miss() {
    let directory = tempfile::tempdir().unwrap();
    let first = cache(config(directory.path()));
    first.insert(key(1), chunk(1), 17, Admission::Demand).await;
    first.close().await.unwrap();
    drop(first);
    let second = cache(config(directory.path()));
    assert!(second.get(key(1)).await.is_none(), "it came from the disk as something else");
    assert_eq!(second.metrics().checksum_mismatches.get(), 1);
    insert(&second, 1, Admission::Demand).await;
    assert_eq!(second.get(key(1)).await.unwrap().bytes, chunk(1));
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_bits_on_disk_never_reach_a_reader() {
    let directory = tempfile::tempdir().unwrap();
    let first = cache(config(directory.path()));
    for number in 0..6 {
        insert(&first, number, Admission::Demand).await;
    }
    first.close().await.unwrap();
    drop(first);
    for file in fs::read_dir(geometry::blocks_directory(directory.path())).unwrap() {
        let path = file.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        for position in (100_000..bytes.len()).step_by(200_000) {
            bytes[position] ^= 0x40;
        }
        fs::write(&path, bytes).unwrap();
    }
    let second = cache(config(directory.path()));
    for number in 0..6 {
        if let Some(hit) = second.get(key(number)).await {
            assert_eq!(hit.bytes, chunk(number));
        }
    }
    second.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_cache_never_blocks_an_insert() {
    let directory = tempfile::tempdir().unwrap();
    let cache = cache(CacheConfig { disk_bytes: 16 << 20, ..config(directory.path()) });
    for number in 0..100 {
        insert(&cache, number, Admission::Prefetch).await;
    }
    let mut found = 0;
    for number in 0..100 {
        if let Some(hit) = cache.get(key(number)).await {
            assert_eq!(hit.bytes, chunk(number));
            found += 1;
        }
    }
    assert!(found > 0);
    cache.close().await.unwrap();
}

// On one thread, which whoever inserts keeps for itself: what writes to the disk has no turn meanwhile.
#[tokio::test]
async fn what_the_disk_cannot_take_is_dropped_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let cache = cache(CacheConfig { disk_bytes: 16 << 20, memory_bytes: 4 << 20, ..config(directory.path()) });
    let mut inserted = 0;
    // The queue is bounded, so that some must go.
    while cache.metrics().disk_drops.get() == 0 {
        assert!(inserted < 20_000, "nothing was dropped");
        insert(&cache, inserted, Admission::Demand).await;
        inserted += 1;
    }
    assert_eq!(cache.metrics().disk_errors.get(), 0);
    cache.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scans_leave_memory_alone() {
    let directory = tempfile::tempdir().unwrap();
    let cache = cache(config(directory.path()));
    insert(&cache, 0, Admission::Demand).await;
    for number in 1..30 {
        insert(&cache, number, Admission::Scan).await;
    }
    assert_eq!(cache.get(key(0)).await.unwrap().source, HitSource::Memory);
    cache.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_cannot_be_made_leaves_memory_working() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"not a directory").unwrap();
    let cache = cache(config(&file.join("cache")));
    insert(&cache, 1, Admission::Demand).await;
    assert!(!cache.is_disk_open());
    assert_eq!(cache.get(key(1)).await.unwrap().bytes, chunk(1));
    assert_eq!(cache.metrics().disk_open_failures.get(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oversized_values_are_not_kept() {
    let directory = tempfile::tempdir().unwrap();
    let cache = cache(config(directory.path()));
    let bytes = Bytes::from(vec![0; ENTRY_BYTES_MAX + 1]);
    let crc = crc32c::crc32c(&bytes);
    cache.insert(key(1), bytes, crc, Admission::Demand).await;
    assert!(cache.get(key(1)).await.is_none());
    assert_eq!(cache.metrics().oversized.get(), 1);
}

#[test]
fn damaged_entry_bytes_are_refused_without_allocating_what_they_claim() {
    let mut bytes = vec![0; 4];
    bytes.extend(u32::MAX.to_le_bytes());
    assert!(Entry::decode(&mut bytes.as_slice()).is_err());
    assert!(ChunkKey::decode(&mut [0_u8; 19].as_slice()).is_err());
}
