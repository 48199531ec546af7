//! What is read from a bucket: index sections with footers, chunks, manifest pages, `cluster.json`.
//!
//! Owns: whole objects as seeds, and what must hold of any bytes in their place.

use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _};
use strata_compat::compression::Compression;
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid};
use strata_compat::records::{BatchBuilder, RecordRef};
use strata_tiering::cluster_file::{self, ClusterFileOutcome};
use strata_tiering::config::TieringConfig;
use strata_tiering::manifest_page::ManifestPage;
use strata_tiering::object_key::ObjectNames;
use strata_tiering::segment_format::chunk::{ChunkCodec, ChunkEntry};
use strata_tiering::segment_format::footer::index_position;
use strata_tiering::segment_format::{EncodedSegment, SegmentIdentity, SegmentIndex, encode};
use strata_tiering::source::SideData;

use super::{Target, UNBOUNDED};
use crate::memory;
use crate::repair::Repair;

const PER_BYTE: usize = 4;
const MIN_BYTES: usize = 64 * 1024;
const STORE_ID: Uuid = Uuid::from_u128(4711);

const fn id() -> TopicIdPartition {
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(5)), partition: PartitionId(3) }
}

fn batches(base: i64, count: i64, codec: Compression) -> Result<Vec<Bytes>> {
    let one = |base: i64| -> Result<Bytes> {
        let mut builder = BatchBuilder::new(Offset(base)).leader_epoch(LeaderEpoch(1)).compression(codec, None);
        for offset in base..base + 3 {
            let value = format!("{:0>700}", offset * 7919);
            builder.push(RecordRef {
                offset: Offset(offset),
                timestamp: Timestamp(1_700_000_000_000 + offset),
                key: None,
                value: Some(value.as_bytes()),
                headers: &[],
            })?;
        }
        Ok(builder.finish()?)
    };
    (0..count).map(|number| one(base + number * 3)).collect()
}

fn segment(number: u128, base: i64, count: i64, side: &SideData) -> Result<EncodedSegment> {
    let identity = SegmentIdentity {
        uuid: Uuid::from_u128(1_000 + number),
        nonce: Uuid::from_u128(number),
        topic: "flights".to_owned(),
        partition: id(),
        cluster_id: "c1".to_owned(),
        previous: (number > 0).then(|| Uuid::from_u128(999 + number)),
        log_start: Offset(0),
        base_offset: Offset(base),
        leader_epoch: LeaderEpoch(1),
    };
    Ok(encode(&identity, Offset(base + count * 3), &batches(base, count, Compression::None)?, side)?)
}

fn sides() -> Vec<SideData> {
    vec![
        SideData { leader_epochs: vec![(LeaderEpoch(1), Offset(0))], ..SideData::default() },
        SideData {
            producer_snapshot: Bytes::from_static(b"\x00\x01"),
            producer_window: Bytes::from_static(b"window"),
            leader_epochs: vec![(LeaderEpoch(0), Offset(0)), (LeaderEpoch(1), Offset(5))],
            aborted_transactions: Bytes::from(vec![0; 68]),
        },
    ]
}

fn run_index(input: &Bytes) -> Result<String, String> {
    let bound = input.len() * PER_BYTE + MIN_BYTES;
    let found = memory::bounded(bound, || index_position(input).and_then(|at| SegmentIndex::decode(input, at)))?;
    let index = match found {
        Ok(index) => index,
        Err(error) => return Ok(error.to_string()),
    };
    // What a reader asks of it must be answered for any question.
    let log_bytes = index.footer().log_bytes;
    let edges = [i64::MIN, -1, 0, index.footer().base_offset.0, index.footer().end_offset.0, i64::MAX];
    for edge in edges {
        let position = index.offset_index().position_of(Offset(edge));
        if position > log_bytes {
            return Err(format!("offset {edge} is looked for at {position} of {log_bytes} bytes"));
        }
        let position = index.position_of_timestamp(Timestamp(edge));
        if position > log_bytes {
            return Err(format!("time {edge} is looked for at {position} of {log_bytes} bytes"));
        }
        let plain = u64::try_from(edge).unwrap_or(0);
        if let Some(at) = index.chunks().chunk_at(plain) {
            let chunk = index.chunks().entries().get(at).ok_or("there is no such chunk")?;
            if plain < chunk.plain_position || plain - chunk.plain_position >= u64::from(chunk.plain_bytes) {
                return Err(format!("byte {plain} is not in its chunk {chunk:?}"));
            }
        }
    }
    Ok("decoded".to_owned())
}

/// See the module.
pub(super) fn segment_index() -> Result<Target> {
    let mut seeds = Vec::new();
    for side in sides() {
        for (number, count) in [(1, 1), (2, 40), (3, 1200)] {
            seeds.push(segment(number, 30, count, &side)?.index_section().to_vec());
        }
    }
    Ok(Target {
        name: "segment-index",
        run: Box::new(run_index),
        seeds,
        repair: |_| Repair::Trailer,
        executions_max: UNBOUNDED,
    })
}

/// Stored bytes behind the facts that an index states of them: length, key, checksum.
fn run_chunk(input: &Bytes) -> Result<String, String> {
    let Some((facts, _)) = input.split_first_chunk::<12>() else {
        return Ok("no facts".to_owned());
    };
    let number = |at: usize| u32::from_be_bytes([facts[at], facts[at + 1], facts[at + 2], facts[at + 3]]);
    let stored = input.slice(12..);
    let entry = ChunkEntry {
        plain_position: 0,
        plain_bytes: number(0),
        stored_position: 0,
        stored_bytes: number(0),
        codec: ChunkCodec::None,
        key_id: number(4),
        crc32c: number(8),
    };
    let opened = memory::bounded(input.len() * PER_BYTE + MIN_BYTES, || entry.open(stored.clone()))?;
    match opened {
        Ok(bytes) if bytes == stored && crc32c::crc32c(&stored) == entry.crc32c => Ok("opened".to_owned()),
        Ok(_) => Err("other bytes come out than were stored".to_owned()),
        Err(error) => Ok(error.to_string()),
    }
}

/// See the module.
pub(super) fn chunk() -> Result<Target> {
    let seed = |bytes: &[u8]| -> Result<Vec<u8>> {
        let length = u32::try_from(bytes.len())?;
        let facts = [length.to_be_bytes(), [0; 4], crc32c::crc32c(bytes).to_be_bytes()].concat();
        Ok([&facts, bytes].concat())
    };
    let seeds = vec![seed(b"")?, seed(b"some bytes of a log")?, seed(&batches(0, 9, Compression::Lz4)?.concat())?];
    Ok(Target { name: "chunk", run: Box::new(run_chunk), seeds, repair: |_| Repair::None, executions_max: UNBOUNDED })
}

fn run_page(input: &Bytes) -> Result<String, String> {
    let page = match memory::bounded(input.len() * PER_BYTE + MIN_BYTES, || ManifestPage::decode(input))? {
        Ok(page) => page,
        Err(error) => return Ok(error.to_string()),
    };
    let encoded = page.encode().map_err(|error| format!("what was read is not written: {error}"))?;
    let again = ManifestPage::decode(&encoded).map_err(|error| format!("what we wrote is refused: {error}"))?;
    if again.rows != page.rows || again.uuid != page.uuid || again.cluster_id != page.cluster_id {
        return Err("another page comes back".to_owned());
    }
    for row in &page.rows {
        if page.row_at(row.base_offset).is_none_or(|found| found.uuid != row.uuid) {
            return Err(format!("offset {} is not found in its row", row.base_offset));
        }
    }
    Ok("decoded".to_owned())
}

/// See the module.
pub(super) fn manifest_page() -> Result<Target> {
    let side = &sides()[0];
    let page = |rows: u32| -> Result<Vec<u8>> {
        let rows = (0..rows)
            .map(|number| Ok(segment(u128::from(number), i64::from(number) * 6, 2, side)?.row))
            .collect::<Result<Vec<_>>>()?;
        let page = ManifestPage {
            uuid: Uuid::from_u128(9_000),
            nonce: Uuid::from_u128(1),
            partition: id(),
            cluster_id: "c1".to_owned(),
            leader_epoch: LeaderEpoch(1),
            rows,
        };
        Ok(page.encode()?.to_vec())
    };
    Ok(Target {
        name: "manifest-page",
        run: Box::new(run_page),
        seeds: vec![page(1)?, page(5)?, page(60)?],
        repair: |_| Repair::Tail { big: true },
        executions_max: UNBOUNDED,
    })
}

/// See the module.
pub(super) fn cluster_json() -> Result<Target> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let names = ObjectNames::new("prefix", "c1");
    let fresh: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let config = TieringConfig::default();
    let whole = runtime.block_on(async {
        cluster_file::check(&fresh, &names, None, STORE_ID, &config).await;
        fresh.get(&names.cluster_file()).await?.bytes().await
    })?;
    let run = move |input: &Bytes| {
        let outcome = runtime.block_on(async {
            let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
            store.put(&names.cluster_file(), input.clone().into()).await.map_err(|error| error.to_string())?;
            Ok::<_, String>(cluster_file::check(&store, &names, Some(STORE_ID), Uuid::from_u128(1), &config).await)
        })?;
        match outcome {
            ClusterFileOutcome::Ours => Ok("ours".to_owned()),
            ClusterFileOutcome::Foreign { reason } if reason.contains("cluster.json") => Ok(reason),
            ClusterFileOutcome::Unreachable(error) if input.len() > 64 * 1024 => Ok(error.to_string()),
            other => Err(format!("the owner file is judged as {other:?}")),
        }
    };
    let seeds = vec![whole.to_vec(), b"{}".to_vec(), b"[1e400,{\"version\":null}]".to_vec()];
    Ok(Target { name: "cluster-json", run: Box::new(run), seeds, repair: |_| Repair::None, executions_max: 20_000 })
}
