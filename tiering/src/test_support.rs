//! Batches, rows and stores for tests.

pub(crate) mod model;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::{BufMut, Bytes, BytesMut};
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult,
};
use parking_lot::Mutex;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::SegmentRow;

/// A valid batch of `count` records whose body is `body_bytes` of filler.
pub(crate) fn batch(base: i64, count: i32, timestamp: i64, epoch: i32, body_bytes: usize) -> Bytes {
    let mut tail = BytesMut::new();
    tail.put_i16(0);
    tail.put_i32(count - 1);
    tail.put_i64(timestamp);
    tail.put_i64(timestamp);
    tail.put_i64(-1);
    tail.put_i16(-1);
    tail.put_i32(-1);
    tail.put_i32(count);
    tail.extend((0..body_bytes).map(|index| u8::try_from((index * 7 + 3) % 251).unwrap()));
    let mut out = BytesMut::new();
    out.put_i64(base);
    out.put_i32(i32::try_from(tail.len() + 9).unwrap());
    out.put_i32(epoch);
    out.put_i8(2);
    out.put_u32(crc32c::crc32c(&tail));
    out.put_slice(&tail);
    out.freeze()
}

pub(crate) fn partition() -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(77)), partition: PartitionId(2) }
}

pub(crate) fn row(uuid: u128, base: i64, end: i64) -> SegmentRow {
    SegmentRow {
        uuid: Uuid::from_u128(uuid),
        base_offset: Offset(base),
        end_offset: Offset(end),
        object_base_offset: Offset(base),
        leader_epoch: LeaderEpoch(1),
        last_leader_epoch: LeaderEpoch(1),
        min_timestamp: Timestamp(base * 10),
        max_timestamp: Timestamp(end * 10),
        log_bytes: 100,
        object_bytes: 150,
        index_position: 100,
        origin_cluster: None,
        attachments: Vec::new(),
    }
}

/// What a [`FaultyStore`] does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing answers.
    Away,
    /// A PUT is stored, and its answer is lost; once.
    LostSuccess,
    /// A PUT answers 500 and stores nothing; once.
    PutFails,
    /// A PUT says "exists" and nothing is there; once.
    FalseConflict,
    /// A PUT stores other bytes; once.
    StoresRot,
    /// Create-only writes overwrite.
    IgnoreCreateOnly,
    /// Deletes answer and do nothing.
    IgnoreDeletes,
    /// The same, but of segments only.
    KeepSegments,
}

/// A memory store with faults.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: InMemory,
    fault: Mutex<Option<Fault>>,
    pub(crate) puts: AtomicUsize,
}

impl std::fmt::Display for FaultyStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("faulty")
    }
}

impl FaultyStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { inner: InMemory::new(), fault: Mutex::new(None), puts: AtomicUsize::new(0) })
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock() = Some(fault);
    }

    pub(crate) fn heal(&self) {
        *self.fault.lock() = None;
    }

    fn is(&self, fault: Fault) -> bool {
        *self.fault.lock() == Some(fault)
    }

    fn once(&self, fault: Fault) -> bool {
        self.fault.lock().take_if(|set| *set == fault).is_some()
    }

    fn check_away(&self) -> object_store::Result<()> {
        if self.is(Fault::Away) { Err(broken("away")) } else { Ok(()) }
    }
}

fn broken(message: &str) -> object_store::Error {
    object_store::Error::Generic { store: "faulty", source: message.to_owned().into() }
}

#[async_trait]
impl ObjectStore for FaultyStore {
    async fn put_opts(
        &self,
        key: &Path,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> object_store::Result<PutResult> {
        self.check_away()?;
        self.puts.fetch_add(1, Ordering::Relaxed);
        if self.once(Fault::PutFails) {
            return Err(broken("500"));
        }
        if self.once(Fault::FalseConflict) {
            return Err(object_store::Error::AlreadyExists { path: key.to_string(), source: "409".into() });
        }
        if self.is(Fault::IgnoreCreateOnly) {
            options.mode = PutMode::Overwrite;
        }
        if self.once(Fault::StoresRot) {
            let mut bytes: Vec<u8> = payload.iter().flat_map(|part| part.to_vec()).collect();
            let last = bytes.len() - 30;
            bytes[last] ^= 1;
            return self.inner.put_opts(key, PutPayload::from(bytes), options).await;
        }
        let result = self.inner.put_opts(key, payload, options).await;
        if self.once(Fault::LostSuccess) {
            return Err(broken("the answer was lost"));
        }
        result
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        Err(broken("no multipart"))
    }

    async fn get_opts(&self, key: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        self.check_away()?;
        self.inner.get_opts(key, options).await
    }

    fn delete_stream(
        &self,
        keys: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        if self.is(Fault::Away) {
            return futures::stream::iter([Err(broken("away"))]).boxed();
        }
        if self.is(Fault::IgnoreDeletes) {
            return keys;
        }
        let keeps_segments = self.is(Fault::KeepSegments);
        let elsewhere = move |key: Path| {
            if keeps_segments && key.as_ref().ends_with(".seg") { Path::from("nowhere") } else { key }
        };
        self.inner.delete_stream(keys.map_ok(elsewhere).boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> object_store::Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// All keys of a store, in order.
pub(crate) async fn keys(store: &Arc<dyn ObjectStore>) -> Vec<String> {
    let mut keys: Vec<String> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    keys.sort();
    keys
}
