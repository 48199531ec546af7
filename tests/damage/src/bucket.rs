//! Two partitions in a bucket: segments, a page, `cluster.json`.
//!
//! Owns: the objects, and what must hold of a bucket with one damaged object: readers get what was acknowledged, byte for
//! byte; only those offsets that the object answers for may be refused, by an error that names it, a byte of it and what to do.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use object_store::memory::InMemory;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _};
use strata_cache::{CacheConfig, CacheMetrics, HybridCache};
use strata_compat::ids::{
    LeaderEpoch, Offset, PartitionId, ProducerEpoch, ProducerId, Timestamp, TopicId, TopicIdPartition, Uuid,
};
use strata_compat::records::{BatchBuilder, ProducerStamp, RecordRef};
use strata_metadata_core::image::remote_segments::{RemotePartition, SegmentRow};
use strata_tiering::cluster_file::{self, ClusterFileOutcome};
use strata_tiering::config::TieringConfig;
use strata_tiering::error::{Error, ErrorKind};
use strata_tiering::manifest_page::ManifestPage;
use strata_tiering::object_key::ObjectNames;
use strata_tiering::remote_reader::metrics::ReadMetrics;
use strata_tiering::remote_reader::{ReadRequest, ReaderParts, RemoteReader, RemoteReaderConfig};
use strata_tiering::segment_format::{SegmentIdentity, encode};
use strata_tiering::source::SideData;
use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::harm::{Chance, Harm};
use crate::told;
use crate::tree::{Damaged, Tree, damage};
use crate::truth::{Truth, timestamp_of};
use crate::{Judged, Outcome, World};

const KINDS: [&str; 3] = ["remote-segment", "manifest-page", "cluster-json"];
const SEGMENTS: u128 = 8;
const ROWS_IN_PAGE: usize = 5;
const STORE_ID: Uuid = Uuid::from_u128(4711);
const DEADLINE: Duration = Duration::from_secs(30);

fn is_of_kind(kind: &str, path: &std::path::Path) -> bool {
    let name = path.to_str().unwrap_or_default();
    match kind {
        "remote-segment" => name.ends_with(".seg"),
        "manifest-page" => name.ends_with(".page"),
        _ => name.ends_with("cluster.json"),
    }
}

fn partition(index: i32) -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(5)), partition: PartitionId(index) }
}

/// One partition as the quorum knows it, and what was acknowledged.
struct Side {
    remote: Arc<RemotePartition>,
    /// Those of the page and those of the quorum.
    rows: Vec<SegmentRow>,
    truth: Truth,
}

/// The partition and the offsets that an object answers for.
type Answers = (i32, Range<i64>);

/// All objects, and who knows of them.
pub(crate) struct Bucket {
    runtime: Runtime,
    names: ObjectNames,
    objects: Tree,
    sides: Vec<Side>,
    answers: BTreeMap<PathBuf, Answers>,
}

impl Bucket {
    pub(crate) fn build() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let names = ObjectNames::new("damage", "c1");
        let mut objects = Tree::new();
        let sides = (0..2).map(|index| side(&names, index, &mut objects)).collect::<Result<Vec<_>>>()?;
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let config = TieringConfig::default();
        let first = runtime.block_on(cluster_file::check(&store, &names, None, STORE_ID, &config));
        ensure!(matches!(first, ClusterFileOutcome::First { .. }), "{first:?}");
        let file = runtime.block_on(async { store.get(&names.cluster_file()).await?.bytes().await })?;
        objects.insert(PathBuf::from(names.cluster_file().as_ref()), file.to_vec());
        let answers = (0..).zip(&sides).flat_map(|(index, side)| answers(&names, index, side)).collect();
        let bucket = Self { runtime, names, objects, sides, answers };
        let found = bucket.look(&bucket.objects, "none", &[]).map_err(anyhow::Error::msg)?;
        ensure!(found == Outcome::Harmless, "a bucket without damage is whole");
        Ok(bucket)
    }

    fn look(&self, objects: &Tree, kind: &str, hit: &[PathBuf]) -> Result<Outcome, String> {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        self.runtime.block_on(async {
            for (key, bytes) in objects {
                let key = Key::from(key.to_str().unwrap_or_default());
                store.put(&key, bytes.clone().into()).await.map_err(|error| error.to_string())?;
            }
            if kind == "cluster-json" {
                return self.owner(&store).await;
            }
            let reader = self.reader(&store).map_err(|error| format!("{error:#}"))?;
            let mut outcome = Outcome::Harmless;
            for (index, side) in (0..).zip(&self.sides) {
                let of_it = |path: &PathBuf| self.answers.get(path).filter(|answers| answers.0 == index).cloned();
                let harmed: Vec<_> = hit.iter().filter_map(|path| Some((path.clone(), of_it(path)?.1))).collect();
                outcome = outcome.min(read_all(&reader, partition(index), side, &harmed).await?);
            }
            Ok(outcome)
        })
    }

    fn reader(&self, store: &Arc<dyn ObjectStore>) -> Result<RemoteReader> {
        let cache = CacheConfig { memory_bytes: 4 << 20, disk_bytes: 0, directory: PathBuf::new() };
        let parts = ReaderParts {
            store: Arc::clone(store),
            names: self.names.clone(),
            cache: HybridCache::new(cache, self.runtime.handle().clone(), CacheMetrics::default())?,
            runtime: self.runtime.handle().clone(),
            metrics: ReadMetrics::default(),
        };
        Ok(RemoteReader::new(parts, RemoteReaderConfig::default()))
    }

    /// The bucket's owner file: ours, or refused.
    async fn owner(&self, store: &Arc<dyn ObjectStore>) -> Result<Outcome, String> {
        let config = TieringConfig::default();
        match cluster_file::check(store, &self.names, Some(STORE_ID), Uuid::from_u128(1), &config).await {
            ClusterFileOutcome::Ours => Ok(Outcome::Harmless),
            ClusterFileOutcome::Foreign { reason } if reason.contains("cluster.json") => Ok(Outcome::Detected),
            other => Err(format!("the owner file is judged as {other:?}")),
        }
    }
}

/// What each object of a partition answers for.
fn answers(names: &ObjectNames, index: i32, side: &Side) -> Vec<(PathBuf, Answers)> {
    let id = partition(index);
    let path = |key: Key| PathBuf::from(key.as_ref());
    let pages = side.remote.pages.iter();
    let pages = pages.map(|page| (path(names.page(id, page)), (index, page.base_offset.0..page.end_offset.0)));
    let rows = side.rows.iter().map(|row| (path(names.segment(id, row)), (index, row.base_offset.0..row.end_offset.0)));
    pages.chain(rows).collect()
}

/// A partition whose oldest rows are in a page.
fn side(names: &ObjectNames, index: i32, objects: &mut Tree) -> Result<Side> {
    let id = partition(index);
    let mut truth = Truth::default();
    let mut rows = Vec::new();
    let mut path = |key: Key, bytes: Vec<u8>| objects.insert(PathBuf::from(key.as_ref()), bytes);
    for number in 0..SEGMENTS {
        let base = truth.end();
        let from = truth.batches.len();
        for _ in 0..20 {
            let next = truth.end();
            let bytes = batch(next, index)?;
            truth.batches.push((next, next + 3, bytes));
        }
        let uuid = Uuid::from_u128(1_000 + u128::try_from(index)? * 100 + number);
        let identity = SegmentIdentity {
            uuid,
            nonce: Uuid::from_u128(uuid.as_u128() << 64),
            topic: "a".to_owned(),
            partition: id,
            cluster_id: names.cluster_id().to_owned(),
            previous: None,
            log_start: Offset(0),
            base_offset: Offset(base),
            leader_epoch: LeaderEpoch(1),
        };
        let batches: Vec<Bytes> = truth.batches[from..].iter().map(|(_, _, bytes)| bytes.clone()).collect();
        let side = SideData { leader_epochs: vec![(LeaderEpoch(1), Offset(0))], ..SideData::default() };
        let segment = encode(&identity, Offset(truth.end()), &batches, &side)?;
        path(names.segment(id, &segment.row), segment.parts.concat());
        rows.push(segment.row);
    }
    let page = ManifestPage {
        uuid: Uuid::from_u128(9_000 + u128::try_from(index)?),
        nonce: Uuid::from_u128(1),
        partition: id,
        cluster_id: names.cluster_id().to_owned(),
        leader_epoch: LeaderEpoch(1),
        rows: rows[..ROWS_IN_PAGE].to_vec(),
    };
    let encoded = page.encode()?;
    let reference = page.reference(&encoded)?;
    path(names.page(id, &reference), encoded.to_vec());
    let remote = RemotePartition {
        log_start: Some(Offset(0)),
        remote_end: Some(Offset(truth.end())),
        rows: rows[ROWS_IN_PAGE..].iter().cloned().map(Arc::new).collect(),
        pages: vec![Arc::new(reference)],
        ..RemotePartition::default()
    };
    Ok(Side { remote: Arc::new(remote), rows, truth })
}

fn batch(base: i64, partition: i32) -> Result<Bytes> {
    let producer = ProducerStamp { id: ProducerId(7), epoch: ProducerEpoch(0), base_sequence: i32::try_from(base)? };
    let mut builder = BatchBuilder::new(Offset(base)).leader_epoch(LeaderEpoch(1)).producer(producer);
    for offset in base..base + 3 {
        let value = format!("{partition}-{:0>60}", offset * 7919);
        builder.push(RecordRef {
            offset: Offset(offset),
            timestamp: Timestamp(timestamp_of(offset)),
            key: None,
            value: Some(value.as_bytes()),
            headers: &[],
        })?;
    }
    Ok(builder.finish()?)
}

async fn read_all(
    reader: &RemoteReader,
    id: TopicIdPartition,
    side: &Side,
    harmed: &[(PathBuf, Range<i64>)],
) -> Result<Outcome, String> {
    let mut outcome = Outcome::Harmless;
    let mut next = 0;
    while next < side.truth.end() {
        let request = ReadRequest {
            partition: id,
            offset: Offset(next),
            bytes_max: 1_500,
            min_one: true,
            read_committed: false,
            cursor: None,
            deadline: Instant::now() + DEADLINE,
        };
        let read = match reader.read(request, Arc::clone(&side.remote)).await {
            Ok(read) => read,
            Err(error) => {
                told(&error, next, harmed).map_err(|wrong| format!("{id} at {next}: {wrong}: {error}"))?;
                outcome = Outcome::Detected;
                // The consumer stands here; what comes later is looked at from the next batch on.
                let at = side.truth.batches.partition_point(|(_, end, _)| *end <= next);
                next = side.truth.batches.get(at).map_or(i64::MAX, |(_, end, _)| *end);
                continue;
            }
        };
        let after = side.truth.check(next, &Bytes::from(read.slices.concat()))?;
        if after == next || read.next_offset.0 != after {
            return Err(format!(
                "a read at {next} says that it goes on at {} and holds up to {after}",
                read.next_offset
            ));
        }
        next = after;
    }
    Ok(outcome)
}

/// Damage is told as such, of the object that was hit, with a byte of it and what to do, and only where that object answers.
fn told(error: &Error, offset: i64, harmed: &[(PathBuf, Range<i64>)]) -> Result<(), String> {
    let Some((path, _)) = harmed.iter().find(|(_, offsets)| offsets.contains(&offset)) else {
        return Err("no damaged object answers for this offset".to_owned());
    };
    if error.kind() != ErrorKind::Corrupt {
        return Err(format!("damage is told as {:?}", error.kind()));
    }
    let key = path.to_str().unwrap_or_default();
    if error.object().map(AsRef::as_ref) != Some(key) || error.position().is_none() {
        return Err(format!("it tells {:?} at {:?} instead of {key}", error.object(), error.position()));
    }
    let text = error.to_string();
    if text.contains(key) && text.contains("at byte") && text.contains("strata tier verify") {
        told::note(&text);
        Ok(())
    } else {
        Err("the message does not name the object, a byte of it and what to do".to_owned())
    }
}

impl World for Bucket {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn run(&self, kind: &'static str, chance: &mut Chance) -> Result<Judged> {
        let damaged = damage(&self.objects, &Tree::new(), |path| is_of_kind(kind, path), chance);
        let Damaged { tree, harm, what, files } = damaged.with_context(|| format!("no object is of kind {kind}"))?;
        let outcome = self.look(&tree, kind, &files);
        let outcome = match outcome {
            // Deleting and exchanging objects can never be harmless.
            Ok(Outcome::Harmless) if matches!(harm, Harm::Delete | Harm::Swap) => Err("nobody noticed".to_owned()),
            outcome => outcome,
        };
        Ok(Judged { harm, what, outcome })
    }
}
