//! Tests of `remote_reader.rs`.

use std::time::Duration;

use bytes::BufMut as _;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use proptest::prelude::*;
use strata_cache::{CacheConfig, CacheMetrics};
use strata_compat::compression::Compression;
use strata_compat::ids::{LeaderEpoch, Timestamp, Uuid};
use strata_compat::record_batch::split_batches;
use strata_compat::records::{BatchBuilder, RecordRef};
use strata_metadata_core::image::remote_segments::PageReference;

use super::*;
use crate::manifest_page::ManifestPage;
use crate::segment_format::{self, SegmentIdentity};
use crate::source::SideData;
use crate::store::faulty::{Fault, FaultRates, FaultyStore};
use crate::store::instrumented::StoreMetrics;
use crate::store::{StoreConfig, Stores};
use crate::test_support::partition;

const MIB: usize = 1024 * 1024;

/// A bucket with segments, and a reader over it with an empty cache.
struct Fixture {
    bucket: Arc<FaultyStore>,
    names: ObjectNames,
    remote: RemotePartition,
    log: Vec<(Offset, Bytes)>,
    reader: RemoteReader,
    directory: tempfile::TempDir,
}

fn value(offset: i64, bytes: usize) -> Vec<u8> {
    let seed = u64::try_from(offset).unwrap().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (0..bytes).map(|index| seed.to_le_bytes()[index % 8] ^ u8::try_from(index % 253).unwrap()).collect()
}

/// A batch of one record per timestamp.
fn batch(base: i64, timestamps: &[i64], value_bytes: usize, codec: Compression) -> Bytes {
    let mut builder = BatchBuilder::new(Offset(base)).leader_epoch(LeaderEpoch(3)).compression(codec, None);
    for (offset, timestamp) in (base..).zip(timestamps) {
        let value = value(offset, value_bytes);
        let record = RecordRef {
            offset: Offset(offset),
            timestamp: Timestamp(*timestamp),
            key: None,
            value: Some(&value),
            headers: &[],
        };
        builder.push(record).unwrap();
    }
    builder.finish().unwrap()
}

fn plain(base: i64, records: i64, value_bytes: usize) -> Bytes {
    let timestamps: Vec<i64> = (base..base + records).map(|offset| offset * 10).collect();
    batch(base, &timestamps, value_bytes, Compression::None)
}

fn reader(
    bucket: &Arc<FaultyStore>,
    names: &ObjectNames,
    directory: &std::path::Path,
    config: RemoteReaderConfig,
) -> RemoteReader {
    let cache = CacheConfig { memory_bytes: 32 << 20, disk_bytes: 64 << 20, directory: directory.to_path_buf() };
    let runtime = Handle::current();
    let parts = ReaderParts {
        store: Arc::<FaultyStore>::clone(bucket),
        names: names.clone(),
        cache: HybridCache::new(cache, runtime.clone(), CacheMetrics::default()).unwrap(),
        runtime,
        metrics: ReadMetrics::default(),
    };
    RemoteReader::new(parts, config)
}

impl Fixture {
    fn empty() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    fn over(store: Arc<dyn ObjectStore>) -> Self {
        let bucket = Arc::new(FaultyStore::new(store, 1, FaultRates::default()));
        let names = ObjectNames::new("prefix", "cluster");
        let directory = tempfile::tempdir().unwrap();
        let reader = reader(&bucket, &names, directory.path(), RemoteReaderConfig::default());
        let remote = RemotePartition { log_start: Some(Offset(0)), ..RemotePartition::default() };
        Self { bucket, names, remote, log: Vec::new(), reader, directory }
    }

    /// Writes one segment of these batches and appends its row.
    async fn segment(&mut self, batches: &[Bytes], side: &SideData) {
        let base = self.remote.remote_end.unwrap_or(Offset(0));
        let identity = SegmentIdentity {
            uuid: Uuid::from_u128(0x5e60_0000 + u128::try_from(base.0).unwrap()),
            nonce: Uuid::from_u128(9),
            topic: "flights".into(),
            partition: partition(),
            cluster_id: "cluster".into(),
            previous: None,
            log_start: Offset(0),
            base_offset: base,
            leader_epoch: LeaderEpoch(3),
        };
        let encoded = segment_format::encode(&identity, Offset(i64::MAX), batches, side).unwrap();
        let key = self.names.segment(partition(), &encoded.row);
        self.bucket.put(&key, PutPayload::from_iter(encoded.parts.clone())).await.unwrap();
        for batch in batches {
            let header = strata_compat::record_batch::BatchHeader::parse(batch).unwrap();
            self.log.push((header.last_offset(), batch.clone()));
        }
        self.remote.remote_end = Some(encoded.row.end_offset);
        self.remote.rows.push(Arc::new(encoded.row));
    }

    /// Moves all rows but the newest into a page.
    async fn page(&mut self) {
        let newest = self.remote.rows.pop().unwrap();
        let rows: Vec<_> = self.remote.rows.drain(..).map(|row| (*row).clone()).collect();
        let page = ManifestPage {
            uuid: Uuid::from_u128(0x9a9e_0000 + u128::try_from(self.remote.pages.len()).unwrap()),
            nonce: Uuid::from_u128(9),
            partition: partition(),
            cluster_id: "cluster".into(),
            leader_epoch: LeaderEpoch(3),
            rows,
        };
        let bytes = page.encode().unwrap();
        let reference: PageReference = page.reference(&bytes).unwrap();
        self.bucket.put(&self.names.page(partition(), &reference), bytes.into()).await.unwrap();
        self.remote.pages.push(Arc::new(reference));
        self.remote.rows.push(newest);
    }

    async fn ten_segments() -> Self {
        let mut fixture = Self::empty();
        for segment in 0..10 {
            let batches: Vec<_> = (0..30).map(|index| plain(segment * 300 + index * 10, 10, 8000)).collect();
            fixture.segment(&batches, &SideData::default()).await;
        }
        fixture
    }

    fn restart(&mut self, config: RemoteReaderConfig) {
        self.directory = tempfile::tempdir().unwrap();
        self.reader = reader(&self.bucket, &self.names, self.directory.path(), config);
    }

    fn key_of_row(&self, index: usize) -> Path {
        self.names.segment(partition(), &self.remote.rows[index])
    }

    async fn read(&self, request: ReadRequest) -> Result<RemoteRead, Error> {
        self.reader.read(request, Arc::new(self.remote.clone())).await
    }

    /// All bytes from the batch that holds `offset` on.
    fn expected_from(&self, offset: Offset) -> Vec<u8> {
        self.log.iter().filter(|(last, _)| *last >= offset).flat_map(|(_, batch)| batch.to_vec()).collect()
    }

    async fn look_up(&self, target: i64) -> Option<TimestampOffset> {
        let look_up = self.reader.offset_for_timestamp(partition(), &self.remote, Timestamp(target), soon());
        look_up.await.unwrap()
    }
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn request(offset: i64, bytes_max: usize) -> ReadRequest {
    ReadRequest {
        partition: partition(),
        offset: Offset(offset),
        bytes_max,
        min_one: true,
        read_committed: false,
        cursor: None,
        deadline: soon(),
    }
}

fn joined(read: &RemoteRead) -> Vec<u8> {
    let joined = read.slices.concat();
    assert_eq!(joined.len(), read.bytes);
    joined
}

async fn replay(fixture: &Fixture, from: i64, bytes_max: usize, cursor: Option<CursorKey>) -> (Vec<u8>, ReadStats) {
    let (mut all, mut offset, mut stats) = (Vec::new(), Offset(from), ReadStats::default());
    let end = fixture.remote.remote_end.unwrap();
    while offset < end {
        let read = fixture.read(ReadRequest { cursor, ..request(offset.0, bytes_max) }).await.unwrap();
        assert!(read.next_offset > offset);
        all.extend(joined(&read));
        offset = read.next_offset;
        stats.memory_bytes += read.stats.memory_bytes;
        stats.disk_bytes += read.stats.disk_bytes;
        stats.bucket_bytes += read.stats.bucket_bytes;
        stats.gets += read.stats.gets;
    }
    assert_eq!(offset, end);
    (all, stats)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_returns_every_byte_whatever_the_fetch_size() {
    let mut fixture = Fixture::ten_segments().await;
    for (from, bytes_max) in [(0, 1), (0, 100_000), (0, MIB), (5, 50 * MIB), (299, 3 * MIB), (1234, MIB)] {
        fixture.restart(RemoteReaderConfig::default());
        let (bytes, _) = replay(&fixture, from, bytes_max, None).await;
        assert!(bytes == fixture.expected_from(Offset(from)), "from {from}, {bytes_max} bytes");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_in_pages_are_read_like_newest_rows() {
    let mut fixture = Fixture::ten_segments().await;
    fixture.page().await;
    for segment in 10..14 {
        fixture.segment(&[plain(segment * 300, 300, 100)], &SideData::default()).await;
    }
    fixture.page().await;
    let (bytes, _) = replay(&fixture, 0, MIB, None).await;
    assert!(bytes == fixture.expected_from(Offset(0)));
    assert_eq!(fixture.reader.metrics().pages_loaded.get(), 2);
    assert_eq!(fixture.look_up(12_345).await.unwrap().offset, Offset(1235));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_larger_than_the_fetch_comes_alone_and_only_if_one_is_due() {
    let mut fixture = Fixture::empty();
    fixture.segment(&[plain(0, 10, 10), plain(10, 1, 5 * MIB), plain(11, 10, 10)], &SideData::default()).await;
    let read = fixture.read(request(10, 1000)).await.unwrap();
    assert_eq!((read.first_offset, read.next_offset), (Some(Offset(10)), Offset(11)));
    assert!(read.bytes > 5 * MIB);
    assert_eq!(split_batches(&joined(&read).into()).count(), 1);
    let none = fixture.read(ReadRequest { min_one: false, ..request(10, 1000) }).await.unwrap();
    assert_eq!((none.bytes, none.next_offset), (0, Offset(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn misses_next_to_each_other_are_few_gets_and_the_second_read_is_none() {
    for (bytes_max, gets) in [(3 * MIB, 1), (5 * MIB, 2)] {
        let mut fixture = Fixture::empty();
        let batches: Vec<_> = (0..60).map(|index| plain(index * 10, 10, 10_000)).collect();
        fixture.segment(&batches, &SideData::default()).await;
        let first = fixture.read(request(0, bytes_max)).await.unwrap();
        assert_eq!(first.stats.gets, gets);
        assert_eq!((first.stats.memory_bytes, first.stats.disk_bytes), (0, 0));
        let requests = fixture.bucket.requests();
        let second = fixture.read(request(0, bytes_max)).await.unwrap();
        assert_eq!((second.stats.gets, second.stats.bucket_bytes), (0, 0));
        assert!(second.stats.memory_bytes + second.stats.disk_bytes >= 9 * bytes_max as u64 / 10);
        assert_eq!(fixture.bucket.requests(), requests);
        assert!(joined(&first) == joined(&second));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_consumers_of_one_chunk_cause_one_download() {
    let mut fixture = Fixture::empty();
    let batches: Vec<_> = (0..8).map(|index| plain(index * 10, 10, 10_000)).collect();
    fixture.segment(&batches, &SideData::default()).await;
    let before = fixture.bucket.requests();
    fixture.bucket.script_gets([Fault::None, Fault::Slow(Duration::from_millis(100))]);
    let reads = futures::future::join_all((0..20).map(|_| fixture.read(request(0, MIB)))).await;
    for read in &reads {
        assert!(joined(read.as_ref().unwrap()) == fixture.expected_from(Offset(0)));
    }
    // One for the index section, one for the chunk.
    assert_eq!(fixture.bucket.requests() - before, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_outlives_the_asker_that_ran_out_of_time() {
    let mut fixture = Fixture::empty();
    fixture.segment(&[plain(0, 10, 1000)], &SideData::default()).await;
    fixture.bucket.script_gets([Fault::None, Fault::Slow(Duration::from_millis(300))]);
    let impatient = ReadRequest { deadline: Instant::now() + Duration::from_millis(100), ..request(0, MIB) };
    let error = fixture.read(impatient).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let requests = fixture.bucket.requests();
    let read = fixture.read(request(0, MIB)).await.unwrap();
    assert!(joined(&read) == fixture.expected_from(Offset(0)));
    assert_eq!(fixture.bucket.requests(), requests);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_is_a_retriable_error_and_never_an_absence() {
    let mut fixture = Fixture::ten_segments().await;
    fixture.page().await;
    fixture.bucket.set_unreachable(true);
    for offset in [0, 2999] {
        let error = fixture.read(request(offset, MIB)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    }
    let look_up = fixture.reader.offset_for_timestamp(partition(), &fixture.remote, Timestamp(5), soon()).await;
    assert_eq!(look_up.unwrap_err().kind(), ErrorKind::Unavailable);
    fixture.bucket.set_unreachable(false);
    let (bytes, _) = replay(&fixture, 0, MIB, None).await;
    assert!(bytes == fixture.expected_from(Offset(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_hangs_is_a_failure_after_a_while_and_heals() {
    let mut fixture = Fixture::ten_segments().await;
    let hunger_max = Duration::from_millis(400);
    fixture.restart(RemoteReaderConfig { hunger_max, ..RemoteReaderConfig::default() });
    fixture.bucket.set_hanging(true);
    let cursor = Some(CursorKey { connection: 1, partition: partition() });
    let begun = Instant::now();
    let ask = || {
        let deadline = Instant::now() + Duration::from_millis(50);
        fixture.read(ReadRequest { cursor, deadline, ..request(0, MIB) })
    };
    let mut late = 0;
    let error = loop {
        let error = ask().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        if !error.is_loading() {
            break error;
        }
        late += 1;
        assert!(begun.elapsed() < Duration::from_secs(20), "a hanging store is never an error");
    };
    assert!(late > 0 && begun.elapsed() >= hunger_max, "patient for {:?}", begun.elapsed());
    assert!(error.to_string().contains("given nothing"), "{error}");
    assert!(!ask().await.unwrap_err().is_loading(), "as long as it hangs");
    let other = ReadRequest { cursor: None, deadline: Instant::now(), ..request(0, MIB) };
    assert!(fixture.read(other).await.unwrap_err().is_loading(), "another reader's patience is its own");
    fixture.bucket.set_hanging(false);
    let read = fixture.read(ReadRequest { cursor, ..request(0, MIB) }).await.unwrap();
    assert!(read.bytes > 0);
    fixture.bucket.set_hanging(true);
    let next = ReadRequest { cursor, deadline: Instant::now(), ..request(1500, MIB) };
    assert!(fixture.read(next).await.unwrap_err().is_loading(), "a new hunger is patient again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_for_permits_is_late_however_long_that_takes() {
    let mut fixture = Fixture::ten_segments().await;
    let hunger_max = Duration::from_millis(100);
    fixture.restart(RemoteReaderConfig { hunger_max, ..RemoteReaderConfig::default() });
    let demand = &fixture.reader.shared.source.demand;
    // Others take all permits; nothing is asked of the store meanwhile.
    let others = demand.acquire(demand.available_bytes()).await;
    let cursor = Some(CursorKey { connection: 1, partition: partition() });
    let ask = |deadline| fixture.read(ReadRequest { cursor, deadline, ..request(0, MIB) });
    let begun = Instant::now();
    while begun.elapsed() < hunger_max * 4 {
        let error = ask(Instant::now() + Duration::from_millis(20)).await.unwrap_err();
        assert!(error.is_loading(), "after {:?}: {error}", begun.elapsed());
    }
    drop(others);
    assert!(ask(soon()).await.unwrap().bytes > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lateness_after_a_failed_download_is_a_failure() {
    let fixture = Fixture::ten_segments().await;
    let cursor = Some(CursorKey { connection: 1, partition: partition() });
    let ask = |deadline| fixture.read(ReadRequest { cursor, deadline, ..request(0, MIB) });
    fixture.bucket.set_unreachable(true);
    assert!(!ask(soon()).await.unwrap_err().is_loading());
    fixture.bucket.set_unreachable(false);
    fixture.bucket.set_hanging(true);
    assert!(!ask(Instant::now() + Duration::from_millis(20)).await.unwrap_err().is_loading());
    fixture.bucket.set_hanging(false);
    assert!(ask(soon()).await.unwrap().bytes > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_stands_still_is_given_up_and_its_permits_come_back() {
    let mut fixture = Fixture::ten_segments().await;
    let download_stall_max = Duration::from_millis(200);
    fixture.restart(RemoteReaderConfig { download_stall_max, ..RemoteReaderConfig::default() });
    let capacity = fixture.reader.shared.source.demand.available_bytes();
    fixture.bucket.set_hanging(true);
    let error = fixture.read(request(0, MIB)).await.unwrap_err();
    assert!(error.to_string().contains("sent nothing"), "{error}");
    assert_eq!(fixture.reader.shared.source.demand.available_bytes(), capacity);
    fixture.bucket.set_hanging(false);
    assert!(fixture.read(request(0, MIB)).await.unwrap().bytes > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn origins_add_up_to_the_bytes_answered() {
    let mut fixture = Fixture::ten_segments().await;
    for bytes_max in [1, 100_000, 3 * MIB] {
        fixture.restart(RemoteReaderConfig::default());
        for round in 0..2 {
            let cursor = Some(CursorKey { connection: round, partition: partition() });
            let (bytes, stats) = replay(&fixture, 7, bytes_max, cursor).await;
            let answered = stats.memory_bytes + stats.disk_bytes + stats.bucket_bytes;
            assert_eq!(answered, u64::try_from(bytes.len()).unwrap(), "{bytes_max} bytes, round {round}: {stats:?}");
            if round == 1 {
                assert_eq!((stats.bucket_bytes, stats.gets), (0, 0), "all of it is cached");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cached_is_served_while_the_store_is_away() {
    let fixture = Fixture::ten_segments().await;
    fixture.read(request(0, MIB)).await.unwrap();
    fixture.bucket.set_unreachable(true);
    let read = fixture.read(request(0, MIB)).await.unwrap();
    assert!(read.bytes > MIB / 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_committed_object_is_damage_and_not_an_absence() {
    let fixture = Fixture::ten_segments().await;
    fixture.bucket.delete(&fixture.key_of_row(4)).await.unwrap();
    let error = fixture.read(request(1200, MIB)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let read = fixture.read(request(900, 50 * MIB)).await.unwrap();
    assert_eq!(read.next_offset, Offset(1200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_bodies_and_flipped_bits_are_read_again_once_and_never_answered() {
    for fault in [Fault::CutBody, Fault::FlippedBit] {
        let mut fixture = Fixture::empty();
        fixture.segment(&[plain(0, 100, 30_000)], &SideData::default()).await;
        fixture.bucket.script_gets([Fault::None, fault, Fault::None]);
        let read = fixture.read(request(0, 4 * MIB)).await.unwrap();
        assert!(joined(&read) == fixture.expected_from(Offset(0)), "{fault:?}");
        fixture.restart(RemoteReaderConfig::default());
        fixture.bucket.script_gets([Fault::None, fault, fault, fault, fault]);
        let error = fixture.read(request(0, 4 * MIB)).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unavailable | ErrorKind::Corrupt), "{fault:?}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_in_the_bucket_is_reported_as_such() {
    let fixture = Fixture::ten_segments().await;
    let key = fixture.key_of_row(2);
    let mut bytes = fixture.bucket.get(&key).await.unwrap().bytes().await.unwrap().to_vec();
    bytes[100_000] ^= 1;
    fixture.bucket.put(&key, bytes.into()).await.unwrap();
    assert_eq!(fixture.read(request(600, MIB)).await.unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(fixture.reader.metrics().checksum_failures.get(), 2);
}

/// What is done to an object's bytes; `None` if it goes altogether.
type Damage = fn(Vec<u8>, &SegmentRow) -> Option<Vec<u8>>;
/// The byte that must be told.
type At = fn(&SegmentRow) -> u64;

fn flipped(mut bytes: Vec<u8>, at: usize) -> Option<Vec<u8>> {
    bytes[at] ^= 1;
    Some(bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_names_the_object_the_byte_and_what_to_do() {
    let first_chunk = |_: &SegmentRow| 0;
    let second_chunk = |_: &SegmentRow| CHUNK_BYTES;
    let index = |row: &SegmentRow| row.index_position;
    let trailer = |row: &SegmentRow| row.object_bytes - crate::segment_format::footer::TRAILER_BYTES;
    let cases: [(&str, Damage, At); 7] = [
        ("first chunk", |bytes, _| flipped(bytes, 100_000), first_chunk),
        ("second chunk", |bytes, _| flipped(bytes, MIB + 7), second_chunk),
        (
            "first section of the index",
            |bytes, row| flipped(bytes, usize::try_from(row.index_position).unwrap()),
            index,
        ),
        (
            "magic",
            |bytes, _| {
                let last = bytes.len() - 1;
                flipped(bytes, last)
            },
            trailer,
        ),
        ("cut inside the chunks", |bytes, _| Some(bytes[..5000].to_vec()), index),
        (
            "cut inside the index",
            |bytes, row| {
                Some(
                    bytes[..bytes.len() - usize::try_from(row.object_bytes - row.index_position).unwrap() / 2].to_vec(),
                )
            },
            index,
        ),
        ("gone", |_, _| None, index),
    ];
    for (name, harm, position) in cases {
        let mut fixture = Fixture::ten_segments().await;
        let (key, row) = (fixture.key_of_row(2), Arc::clone(&fixture.remote.rows[2]));
        let bytes = fixture.bucket.get(&key).await.unwrap().bytes().await.unwrap().to_vec();
        match harm(bytes, &row) {
            Some(bytes) => drop(fixture.bucket.put(&key, bytes.into()).await.unwrap()),
            None => fixture.bucket.delete(&key).await.unwrap(),
        }
        fixture.restart(RemoteReaderConfig::default());
        let error = fixture.read(request(600, 4 * MIB)).await.unwrap_err();
        tells(name, &error, &key, position(&row));
    }
}

fn tells(name: &str, error: &Error, key: &Path, position: u64) {
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{name}: {error}");
    assert_eq!((error.object(), error.position()), (Some(key), Some(position)), "{name}: {error}");
    assert!(error.to_string().contains("strata tier verify"), "{name}: {error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_segment_that_is_cut_after_it_was_opened_is_damage_and_a_cut_body_is_not() {
    let fixture = Fixture::ten_segments().await;
    let (key, row) = (fixture.key_of_row(2), Arc::clone(&fixture.remote.rows[2]));
    fixture.reader.index().open(partition(), &row).await.unwrap();
    fixture.bucket.script_gets([Fault::CutBody, Fault::CutBody]);
    let error = fixture.read(request(600, 4 * MIB)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.object(), Some(&key));
    let bytes = fixture.bucket.get(&key).await.unwrap().bytes().await.unwrap();
    fixture.bucket.put(&key, bytes.slice(..5000).into()).await.unwrap();
    // The cut bodies ended in the second chunk; the first was whole and is kept.
    tells("chunks", &fixture.read(request(600, 4 * MIB)).await.unwrap_err(), &key, CHUNK_BYTES);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_is_named() {
    for cut in [false, true] {
        let mut fixture = Fixture::ten_segments().await;
        fixture.page().await;
        let key = fixture.names.page(partition(), &fixture.remote.pages[0]);
        let bytes = fixture.bucket.get(&key).await.unwrap().bytes().await.unwrap().to_vec();
        let damaged = if cut { Some(bytes[..bytes.len() / 2].to_vec()) } else { flipped(bytes, 40) };
        fixture.bucket.put(&key, damaged.unwrap().into()).await.unwrap();
        tells("page", &fixture.read(request(600, 4 * MIB)).await.unwrap_err(), &key, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offset_that_no_row_covers_is_retriable_and_an_alarm() {
    let mut fixture = Fixture::ten_segments().await;
    fixture.remote.rows.remove(3);
    let error = fixture.read(request(950, MIB)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(fixture.reader.metrics().holes.get(), 1);
    let error = fixture.read(request(3000, MIB)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_begins_inside_a_batch_answers_the_whole_batch() {
    let mut fixture = Fixture::empty();
    fixture.remote.remote_end = Some(Offset(5));
    fixture.remote.log_start = Some(Offset(5));
    fixture.segment(&[plain(0, 10, 100), plain(10, 10, 100)], &SideData::default()).await;
    let read = fixture.read(request(5, MIB)).await.unwrap();
    assert_eq!((read.first_offset, read.next_offset), (Some(Offset(0)), Offset(20)));
    assert_eq!(fixture.look_up(0).await.unwrap().offset, Offset(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sequential_reader_is_read_ahead_for_over_segment_borders() {
    let mut fixture = Fixture::ten_segments().await;
    fixture.page().await;
    let cursor = Some(CursorKey { connection: 1, partition: partition() });
    let (bytes, with) = replay(&fixture, 0, MIB / 2, cursor).await;
    assert!(bytes == fixture.expected_from(Offset(0)));
    assert!(fixture.reader.metrics().read_ahead_chunks.get() > 10);
    fixture.restart(RemoteReaderConfig { read_ahead_window_bytes_max: 0, ..RemoteReaderConfig::default() });
    let (bytes, without) = replay(&fixture, 0, MIB / 2, cursor).await;
    assert!(bytes == fixture.expected_from(Offset(0)));
    assert!(with.gets < without.gets, "{} demand GETs with, {} without", with.gets, without.gets);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn budgets_smaller_than_a_get_admit_it_alone() {
    let mut fixture = Fixture::ten_segments().await;
    fixture.restart(RemoteReaderConfig {
        demand_bytes_in_flight: 4096,
        read_ahead_bytes_in_flight: 4096,
        ..RemoteReaderConfig::default()
    });
    let cursor = Some(CursorKey { connection: 1, partition: partition() });
    let (bytes, _) = replay(&fixture, 0, 3 * MIB, cursor).await;
    assert!(bytes == fixture.expected_from(Offset(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aborted_transactions_of_what_was_read_are_told_to_read_committed() {
    let mut entries = bytes::BytesMut::new();
    for (producer, first, last) in [(7, 0, 12), (8, 15, 18), (9, 25, 29)] {
        entries.put_i16(0);
        entries.put_i64(producer);
        entries.put_i64(first);
        entries.put_i64(last);
        entries.put_i64(last + 1);
    }
    let side = SideData { aborted_transactions: entries.freeze(), ..SideData::default() };
    let mut fixture = Fixture::empty();
    fixture.segment(&[plain(0, 10, 10), plain(10, 10, 10), plain(20, 10, 10)], &side).await;
    let size = fixture.log[0].1.len();
    let committed = ReadRequest { read_committed: true, ..request(0, 2 * size) };
    let producers =
        |read: RemoteRead| read.aborted_transactions.iter().map(|entry| entry.producer_id.0).collect::<Vec<_>>();
    assert_eq!(producers(fixture.read(committed).await.unwrap()), [7, 8]);
    let later = ReadRequest { offset: Offset(13), ..committed };
    assert_eq!(producers(fixture.read(later).await.unwrap()), [8, 9]);
    assert!(fixture.read(request(0, MIB)).await.unwrap().aborted_transactions.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn side_data_at_the_end_and_epochs_come_from_the_index_section() {
    let mut fixture = Fixture::empty();
    assert!(fixture.reader.index().side_data_at_end(partition(), &fixture.remote).await.unwrap().is_none());
    let side = SideData {
        producer_snapshot: Bytes::from_static(b"snapshot"),
        leader_epochs: vec![(LeaderEpoch(1), Offset(0)), (LeaderEpoch(3), Offset(7))],
        ..SideData::default()
    };
    fixture.segment(&[plain(0, 10, 10)], &side).await;
    let (row, found) = fixture.reader.index().side_data_at_end(partition(), &fixture.remote).await.unwrap().unwrap();
    assert_eq!(row.end_offset, Offset(10));
    assert_eq!(found.producer_snapshot, side.producer_snapshot);
    for (offset, epoch) in [(0, 1), (6, 1), (7, 3), (9, 3)] {
        let index = fixture.reader.index();
        let found = index.epoch_for_offset(partition(), &fixture.remote, Offset(offset)).await.unwrap();
        assert_eq!(found, Some(LeaderEpoch(epoch)), "offset {offset}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_by_timestamp_opens_no_segment_that_cannot_hold_the_answer() {
    let mut fixture = Fixture::ten_segments().await;
    fixture.page().await;
    let found = fixture.look_up(15_005).await.unwrap();
    assert_eq!(
        found,
        TimestampOffset { offset: Offset(1501), timestamp: Timestamp(15_010), leader_epoch: LeaderEpoch(3) }
    );
    assert_eq!(fixture.reader.metrics().segments_opened.get(), 1);
    let opened = fixture.bucket.requests();
    assert_eq!(fixture.look_up(30_000).await, None);
    assert_eq!(fixture.bucket.requests(), opened);
    let largest = fixture.reader.offset_of_largest_timestamp(partition(), &fixture.remote, soon()).await.unwrap();
    assert_eq!(largest.unwrap().offset, Offset(2999));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn look_ups_by_timestamp_agree_with_a_plain_scan_over_jumping_timestamps() {
    let mut fixture = Fixture::empty();
    let (mut records, mut state) = (Vec::new(), 7_u64);
    for segment in 0..8_i64 {
        let mut batches = Vec::new();
        for index in 0..20_i64 {
            let base = segment * 200 + index * 10;
            let timestamps: Vec<i64> = (0..10)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    segment * 500 + i64::try_from((state >> 33) % 1500).unwrap()
                })
                .collect();
            records.extend((base..).zip(timestamps.clone()));
            let codec = if index % 2 == 0 { Compression::Lz4 } else { Compression::None };
            batches.push(batch(base, &timestamps, 2000, codec));
        }
        fixture.segment(&batches, &SideData::default()).await;
    }
    fixture.page().await;
    for log_start in [0, 333, 1450] {
        fixture.remote.log_start = Some(Offset(log_start));
        for target in (-10..5200).step_by(37) {
            let scan = records.iter().find(|(offset, timestamp)| *offset >= log_start && *timestamp >= target);
            let found = fixture.look_up(target).await.map(|found| (found.offset.0, found.timestamp.0));
            assert_eq!(found, scan.copied(), "target {target}, log start {log_start}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_is_replayed_like_any_other_store() {
    let directory = tempfile::tempdir().unwrap();
    let url = url::Url::from_directory_path(directory.path()).unwrap();
    let stores = Stores::open(&StoreConfig::new(url), &StoreMetrics::default()).unwrap();
    let mut fixture = Fixture::over(stores.cold_read);
    for segment in 0..3 {
        let batches: Vec<_> = (0..30).map(|index| plain(segment * 300 + index * 10, 10, 8000)).collect();
        fixture.segment(&batches, &SideData::default()).await;
    }
    let (bytes, _) = replay(&fixture, 0, MIB, None).await;
    assert!(bytes == fixture.expected_from(Offset(0)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn any_fetch_under_faults_is_right_or_an_error(
        seed in any::<u64>(),
        fetches in proptest::collection::vec((0_i64..3000, 1_usize..3_000_000), 1..12),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut fixture = Fixture::ten_segments().await;
            fixture.page().await;
            let rates = FaultRates { errors: 150, cut_bodies: 150, ..FaultRates::default() };
            let healthy: Arc<dyn ObjectStore> = Arc::<FaultyStore>::clone(&fixture.bucket);
            fixture.bucket = Arc::new(FaultyStore::new(healthy, seed, rates));
            fixture.restart(RemoteReaderConfig::default());
            for (offset, bytes_max) in fetches {
                let cursor = Some(CursorKey { connection: 1, partition: partition() });
                match fixture.read(ReadRequest { cursor, ..request(offset, bytes_max) }).await {
                    Ok(read) => {
                        let expected = fixture.expected_from(Offset(offset));
                        assert!(read.bytes > 0 && joined(&read) == expected[..read.bytes]);
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}"),
                }
            }
        });
    }
}
