//! Tiering as the broker runs it: stores, cache, reader and manager, on a runtime of their own.
//!
//! Owns: their threads, which nothing of produce and tail fetch shares; whether the store may be used yet. Does not own:
//! what they do (`strata-tiering`, `strata-cache`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use strata_cache::config::CacheConfig;
use strata_cache::hybrid_cache::HybridCache;
use strata_cache::metrics::CacheMetrics;
use strata_compat::ids::{TopicIdPartition, Uuid};
use strata_tiering::catalog::SegmentCatalog;
use strata_tiering::clock::SystemClock;
use strata_tiering::cluster_file::{self, ClusterFileOutcome};
use strata_tiering::config::{TieringConfig, TopicTiering, VerifyLevel};
use strata_tiering::error::{Error, ErrorKind};
use strata_tiering::metrics::TieringMetrics;
use strata_tiering::object_key::ObjectNames;
use strata_tiering::random::SystemRandom;
use strata_tiering::remote_log_manager::{RemoteLogManager, RemoteLogManagerParts};
use strata_tiering::remote_reader::metrics::ReadMetrics;
use strata_tiering::remote_reader::{ReaderParts, RemoteReader, RemoteReaderConfig};
use strata_tiering::store::instrumented::StoreMetrics;
use strata_tiering::store::{S3Options, StoreConfig, Stores};
use strata_tiering::sweep::SweepReport;
use tokio::runtime::{Handle, Runtime};

use crate::config::TierConfig;
use crate::partition::Partition;
use crate::partition::source::PartitionSource;
use crate::runtime;

/// Threads of the cold runtime: it waits for the network, not for the processor.
const COLD_THREADS: usize = 2;
/// Largest window of one reader, in bytes. At 300 MB/s it holds what comes in a fifth of a second: most of S3's slow answers, and those
/// that are asked for again, come within that.
const WINDOW_BYTES_MAX: u64 = 64 << 20;
/// What may be under way ahead of all readers together, in bytes: half of the cache's memory within these bounds.
const READ_AHEAD_BYTES: std::ops::RangeInclusive<u64> = (64 << 20)..=(2 * WINDOW_BYTES_MAX);
/// Share of the cache's memory that one reader's window may fill.
const WINDOW_SHARE: u64 = 4;
/// How long a stop waits for downloads and uploads under way.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// The threads of tiering. Dropping them waits for nothing: what was under way is settled at the next start.
struct ColdRuntime(Option<Runtime>);

impl Drop for ColdRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Dropped in place it would wait, which may not be done on a thread that serves others.
            runtime.shutdown_background();
        }
    }
}

/// The bucket before it is known to be ours.
pub(crate) struct TierStores {
    pub(crate) stores: Stores,
    handle: Handle,
    runtime: ColdRuntime,
    config: TierConfig,
    tiering: TieringConfig,
}

impl TierStores {
    /// Opens the URL; nothing is asked of the store yet.
    pub(crate) fn open(config: &TierConfig, registry: &mut Registry) -> Result<Self, Error> {
        let store_config = StoreConfig {
            s3: S3Options {
                endpoint: config.s3_endpoint.clone(),
                region: config.s3_region.clone(),
                path_style: config.s3_path_style,
            },
            ..StoreConfig::new(&config.url)
        };
        let runtime = runtime::builder()
            .worker_threads(COLD_THREADS)
            .thread_name("cold")
            .build()
            .map_err(|error| Error::with_source(ErrorKind::Internal, "the cold runtime", error))?;
        let handle = runtime.handle().clone();
        // Owned before anything can fail: an error leaves from here too, and callers are asynchronous.
        let runtime = ColdRuntime(Some(runtime));
        let metrics = StoreMetrics::register(registry);
        let stores = {
            let _entered = handle.enter();
            Stores::open(&store_config, &metrics)?
        };
        let verify = if stores.checks_uploads { VerifyLevel::Index } else { VerifyLevel::Whole };
        let tiering = TieringConfig { verify, ..config.tiering.clone() };
        Ok(Self { stores, handle, runtime, config: config.clone(), tiering })
    }

    /// Whose folder of the bucket it is.
    pub(crate) async fn check_owner(&self, cluster_id: &str, known: Option<Uuid>) -> ClusterFileOutcome {
        let owner = OwnerCheck {
            store: Arc::clone(&self.stores.admin),
            names: ObjectNames::new(self.stores.prefix(), cluster_id),
            tiering: self.tiering.clone(),
        };
        owner.run(&self.handle, known).await
    }

    /// Starts the manager, paused until the store is known to be ours.
    pub(crate) fn start(
        self,
        cluster_id: &str,
        catalog: Arc<dyn SegmentCatalog>,
        registry: &mut Registry,
    ) -> Result<TierService, Error> {
        let names = ObjectNames::new(self.stores.prefix(), cluster_id);
        let cache_memory_bytes = self.config.cache_memory_bytes as u64;
        let cache_config = CacheConfig {
            memory_bytes: cache_memory_bytes,
            disk_bytes: self.config.cache_disk_bytes,
            directory: self.config.cache_dir.clone(),
        };
        let handle = self.handle.clone();
        let owner =
            OwnerCheck { store: Arc::clone(&self.stores.admin), names: names.clone(), tiering: self.tiering.clone() };
        let cache = HybridCache::new(cache_config, handle.clone(), CacheMetrics::register(registry))
            .map_err(|error| Error::with_source(ErrorKind::Invalid, "strata.cache", error))?;
        let reader = RemoteReader::new(
            ReaderParts {
                store: Arc::clone(&self.stores.cold_read),
                names: names.clone(),
                cache: cache.clone(),
                runtime: handle.clone(),
                metrics: ReadMetrics::register(registry),
            },
            RemoteReaderConfig {
                // Opened index sections take one half, pages the other.
                index_bytes_max: self.config.cache_index_bytes / 2,
                read_ahead_bytes_in_flight: (cache_memory_bytes / 2)
                    .clamp(*READ_AHEAD_BYTES.start(), *READ_AHEAD_BYTES.end()),
                // What is read ahead lies in the cache's memory until it is asked for: no reader fills that alone.
                read_ahead_window_bytes_max: (cache_memory_bytes / WINDOW_SHARE).min(WINDOW_BYTES_MAX),
                ..RemoteReaderConfig::default()
            },
        );
        let manager = RemoteLogManager::start(
            &handle,
            RemoteLogManagerParts {
                store: Arc::clone(&self.stores.upload),
                names,
                catalog,
                config: self.tiering.clone(),
                metrics: TieringMetrics::register(registry),
                clock: Arc::new(SystemClock),
                random: Arc::new(SystemRandom),
            },
        )?;
        manager.set_paused(true);
        Ok(TierService {
            owner,
            stores: self.stores,
            followed: Mutex::default(),
            manager,
            reader,
            cache,
            runtime: Mutex::new(Some(self.runtime)),
            handle,
        })
    }
}

/// Asks the bucket whose it is, on the cold runtime.
#[derive(Clone)]
struct OwnerCheck {
    store: Arc<dyn ObjectStore>,
    names: ObjectNames,
    tiering: TieringConfig,
}

impl OwnerCheck {
    async fn run(self, runtime: &Handle, known: Option<Uuid>) -> ClusterFileOutcome {
        let fresh = Uuid::from_u128(rand::random());
        let check = async move { cluster_file::check(&self.store, &self.names, known, fresh, &self.tiering).await };
        match runtime.spawn(check).await {
            Ok(outcome) => outcome,
            Err(error) => {
                ClusterFileOutcome::Unreachable(Error::with_source(ErrorKind::Internal, "asking the store", error))
            }
        }
    }
}

/// Running tiering.
pub(crate) struct TierService {
    owner: OwnerCheck,
    stores: Stores,
    /// Partitions whose records are copied, with the options last given.
    followed: Mutex<BTreeMap<TopicIdPartition, TopicTiering>>,
    manager: Arc<RemoteLogManager>,
    reader: RemoteReader,
    cache: HybridCache,
    runtime: Mutex<Option<ColdRuntime>>,
    handle: Handle,
}

impl TierService {
    pub(crate) const fn manager(&self) -> &Arc<RemoteLogManager> {
        &self.manager
    }

    pub(crate) const fn reader(&self) -> &RemoteReader {
        &self.reader
    }

    /// Whose folder of the bucket it is.
    pub(crate) async fn check_owner(&self, known: Option<Uuid>) -> ClusterFileOutcome {
        self.owner.clone().run(&self.handle, known).await
    }

    /// What is wrong with the bucket now, if anything: whether it answers and is the one that is known. It only reads.
    pub(crate) async fn look_at_bucket(&self, known: Uuid) -> Result<(), String> {
        let owner = self.owner.clone();
        let look = async move { cluster_file::look(&owner.store, &owner.names, known, &owner.tiering).await };
        self.handle.spawn(look).await.unwrap_or_else(|error| Err(error.to_string()))
    }

    /// Removes from our folder what nothing names, and what a crash left half-written in a directory that is the bucket.
    pub(crate) async fn sweep(&self) -> Result<SweepReport, Error> {
        let report = self.manager.sweep(true).await?;
        let age = Duration::from_millis(u64::try_from(self.owner.tiering.put_late_ms).unwrap_or(0));
        let staged = self.stores.sweep_staging(&self.owner.names.folder(), age).await?;
        if staged > 0 {
            tracing::info!(files = staged, "files that were left half-written in the bucket are removed");
        }
        Ok(report)
    }

    /// The cold runtime.
    pub(crate) const fn runtime(&self) -> &Handle {
        &self.handle
    }

    /// Starts, reconfigures or ends the tiering of a partition.
    pub(crate) fn follow(&self, partition: &Arc<Partition>, leads: bool) {
        let config = partition.log().config();
        if leads && config.remote_storage_enable {
            let topic = TopicTiering {
                retention_ms: config.retention_ms,
                retention_bytes: config.retention_bytes,
                segment_bytes: u64::from(config.segment_bytes),
                copy_disabled: config.remote_copy_disable,
            };
            match self.followed.lock().insert(partition.id(), topic) {
                // Adding it again would begin its work anew.
                Some(before) if before == topic => {}
                Some(_) => self.manager.update_config(partition.id(), topic),
                None => {
                    self.manager.add_partition(Arc::new(PartitionSource(Arc::clone(partition))), topic);
                }
            }
        } else {
            self.unfollow(partition.id());
        }
    }

    /// Ends the tiering of a partition here.
    pub(crate) fn unfollow(&self, id: TopicIdPartition) {
        if self.followed.lock().remove(&id).is_some() {
            self.manager.remove_partition(id);
        }
    }

    /// Stops uploads and downloads, and writes the cache down.
    pub(crate) async fn shut_down(&self) {
        match tokio::time::timeout(STOP_DEADLINE, self.manager.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "tiering did not stop in order"),
            Err(_) => {
                tracing::warn!("an upload was still under way; it is settled at the next start")
            }
        }
        match tokio::time::timeout(STOP_DEADLINE, self.cache.close()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the cache was not written down; it fills again"),
            Err(_) => tracing::warn!("the cache was not written down in time; it fills again"),
        }
        drop(self.runtime.lock().take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{BrokerConfig, ServerProperties};

    #[tokio::test]
    async fn bucket_that_cannot_be_opened_is_an_error_in_an_asynchronous_caller() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        std::fs::write(&file, b"no directory").unwrap();
        for url in [format!("file://{}/bucket", file.display()), "nonsense".to_owned()] {
            let set = [
                ("process.roles", "broker,controller"),
                ("node.id", "1"),
                ("listeners", "PLAINTEXT://127.0.0.1:0"),
                ("log.dirs", "/data/log"),
                ("remote.log.storage.system.enable", "true"),
                ("strata.tier.url", &url),
                ("strata.cache.dir", "/data/cache"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
            let properties = ServerProperties::from_parts(Vec::new(), &set).unwrap();
            let config = BrokerConfig::new(properties).unwrap().tier.unwrap();
            let error = TierStores::open(&config, &mut Registry::default()).err().expect("a store was opened");
            assert!(!error.to_string().is_empty(), "{url}");
        }
    }
}
