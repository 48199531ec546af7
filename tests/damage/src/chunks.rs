//! The cache's directory.
//!
//! Owns: the files, and what must hold of a cache with one damaged file: a value is answered byte for byte or not at all, and
//! the cache goes on.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use strata_cache::{Admission, CacheConfig, CacheMetrics, ChunkKey, HybridCache};
use tokio::runtime::Runtime;

use crate::harm::Chance;
use crate::tree::{Damaged, Tree, damage, read_tree, write_tree};
use crate::{Judged, Outcome, World};

const KINDS: [&str; 1] = ["cache"];
const VALUES: u32 = 6;
const VALUE_BYTES: usize = 200_000;
/// Opening reads all of the disk tier.
const RARITY: u64 = 8;

fn config(directory: &Path) -> CacheConfig {
    CacheConfig { memory_bytes: 4 << 20, disk_bytes: 16 << 20, directory: directory.to_owned() }
}

const fn key(chunk: u32) -> ChunkKey {
    ChunkKey { object: 77, chunk }
}

fn value(chunk: u32) -> Bytes {
    let mut chance = Chance::of_case(u64::from(chunk), "value", 0);
    (0..VALUE_BYTES).map(|_| u8::try_from(chance.below(256)).unwrap_or(0)).collect::<Vec<u8>>().into()
}

/// A filled disk tier.
pub(crate) struct Chunks {
    runtime: Runtime,
    files: Tree,
    values: Vec<Bytes>,
    /// Values that are answered where nothing is damaged.
    kept: usize,
}

impl Chunks {
    pub(crate) fn build() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let directory = tempfile::tempdir()?;
        let values: Vec<Bytes> = (0..VALUES).map(value).collect();
        runtime.block_on(async {
            let cache = HybridCache::new(config(directory.path()), runtime.handle().clone(), CacheMetrics::default())?;
            for (chunk, bytes) in (0..).zip(&values) {
                cache.insert(key(chunk), bytes.clone(), crc32c::crc32c(bytes), Admission::Scan).await;
            }
            cache.close().await
        })?;
        let mut chunks = Self { runtime, files: read_tree(directory.path())?, values, kept: 0 };
        let fresh = tempfile::tempdir()?;
        write_tree(fresh.path(), &chunks.files)?;
        chunks.kept = chunks.answers(fresh.path()).map_err(anyhow::Error::msg)?;
        ensure!(chunks.kept > 0, "the disk tier answers nothing");
        Ok(chunks)
    }

    /// How many values are answered, all of them right.
    fn answers(&self, directory: &Path) -> Result<usize, String> {
        self.runtime.block_on(async {
            let cache = HybridCache::new(config(directory), self.runtime.handle().clone(), CacheMetrics::default())
                .map_err(|error| format!("the cache refuses to be: {error}"))?;
            let mut answered = 0;
            for (chunk, bytes) in (0..).zip(&self.values) {
                match cache.get(key(chunk)).await {
                    Some(hit) if hit.bytes == *bytes => answered += 1,
                    Some(_) => return Err(format!("wrong bytes are answered for chunk {chunk}")),
                    None => {}
                }
            }
            let more = value(VALUES);
            cache.insert(key(VALUES), more.clone(), crc32c::crc32c(&more), Admission::Demand).await;
            if cache.get(key(VALUES)).await.is_none_or(|hit| hit.bytes != more) {
                return Err("the cache does not go on".to_owned());
            }
            cache.close().await.map_err(|error| error.to_string())?;
            Ok(answered)
        })
    }
}

impl World for Chunks {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn rarity(&self) -> u64 {
        RARITY
    }

    fn run(&self, kind: &'static str, chance: &mut Chance) -> Result<Judged> {
        let damaged = damage(&self.files, &Tree::new(), |_| kind == KINDS[0], chance);
        let Damaged { tree, harm, what, files: _ } = damaged.context("the cache has no files")?;
        let directory = tempfile::tempdir()?;
        write_tree(directory.path(), &tree)?;
        let kept = self.kept;
        let outcome = self.answers(directory.path());
        let outcome = outcome.map(|count| if count < kept { Outcome::Rebuilt } else { Outcome::Harmless });
        Ok(Judged { harm, what, outcome })
    }
}
