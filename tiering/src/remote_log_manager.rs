//! Starts and stops each partition's tiering.
//!
//! Owns: the one task that looks at partitions when something has happened or a time has come, and the bounded jobs that it
//! starts. Does not own: what a partition does (`partition_tiering.rs`), who is next (`upload_scheduler.rs`).
//! Invariants: an idle partition costs no task and no timer but one; a partition runs one job at a time. A crash leaves what
//! `commit.rs` and `deleter.rs` say.

mod event_loop;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use object_store::ObjectStore;
use parking_lot::{Mutex, RwLock};
use strata_compat::ids::TopicIdPartition;
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::catalog::SegmentCatalog;
use crate::clock::Clock;
use crate::config::{TieringConfig, TopicTiering};
use crate::copier::{CopierContext, UploadBudget};
use crate::error::{Error, ErrorKind};
use crate::metrics::TieringMetrics;
use crate::object_key::ObjectNames;
use crate::random::Random;
use crate::scrub::{VerifyDepth, VerifyReport, verify};
use crate::source::SegmentSource;
use crate::sweep::{Deleting, SweepReport, sweep};
use event_loop::EventLoop;

/// What the manager is made of.
pub struct RemoteLogManagerParts {
    /// The object store.
    pub store: Arc<dyn ObjectStore>,
    /// Names in it.
    pub names: ObjectNames,
    /// The quorum.
    pub catalog: Arc<dyn SegmentCatalog>,
    /// Options.
    pub config: TieringConfig,
    /// Figures.
    pub metrics: TieringMetrics,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Identities of objects, and jitter.
    pub random: Arc<dyn Random>,
}

/// What the event loop is told.
#[derive(Default)]
struct Inbox {
    added: BTreeMap<TopicIdPartition, (Arc<dyn SegmentSource>, TopicTiering)>,
    updated: BTreeMap<TopicIdPartition, TopicTiering>,
    removed: BTreeSet<TopicIdPartition>,
    nudged: BTreeSet<TopicIdPartition>,
    image_changed: bool,
}

/// How a partition's tiering stands, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionStatus {
    /// Log bytes that may be copied and are not yet.
    pub lag_bytes: u64,
    /// The local log begins above what is remote: nothing is copied.
    pub hole: bool,
    /// Failures since the last success.
    pub failures: u32,
    /// The last of them.
    pub last_error: Option<String>,
}

/// Between the manager and its event loop.
struct Shared {
    inbox: Mutex<Inbox>,
    wake: Notify,
    nudges: RwLock<BTreeMap<TopicIdPartition, AtomicBool>>,
    statuses: RwLock<BTreeMap<TopicIdPartition, PartitionStatus>>,
    paused: AtomicBool,
}

/// Tiering of all partitions of a broker.
pub struct RemoteLogManager {
    shared: Arc<Shared>,
    context: Arc<CopierContext>,
    clock: Arc<dyn Clock>,
    stop: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl RemoteLogManager {
    /// Starts on the caller's runtime, which should be one of tiering's own.
    pub fn start(runtime: &Handle, parts: RemoteLogManagerParts) -> Result<Arc<Self>, Error> {
        parts.config.validate()?;
        let context = Arc::new(CopierContext {
            store: parts.store,
            names: parts.names,
            catalog: parts.catalog,
            budget: UploadBudget::new(parts.config.upload_bytes_in_flight),
            config: parts.config,
            metrics: parts.metrics,
            random: parts.random,
        });
        let shared = Arc::new(Shared {
            inbox: Mutex::new(Inbox::default()),
            wake: Notify::new(),
            nudges: RwLock::new(BTreeMap::new()),
            statuses: RwLock::new(BTreeMap::new()),
            paused: AtomicBool::new(false),
        });
        let (stop, stopped) = watch::channel(false);
        let event_loop = EventLoop::new(Arc::clone(&shared), Arc::clone(&context), Arc::clone(&parts.clock));
        let task = Mutex::new(Some(runtime.spawn(event_loop.run(stopped))));
        Ok(Arc::new(Self { shared, context, clock: parts.clock, stop, task }))
    }

    fn tell(&self, change: impl FnOnce(&mut Inbox)) {
        change(&mut self.shared.inbox.lock());
        self.shared.wake.notify_one();
    }

    /// Tiers a partition from now on, whether this broker leads it or not. Adding it again replaces source and options.
    pub fn add_partition(&self, source: Arc<dyn SegmentSource>, topic: TopicTiering) {
        let partition = source.partition();
        self.shared.nudges.write().insert(partition, AtomicBool::new(false));
        self.tell(|inbox| {
            inbox.updated.remove(&partition);
            inbox.added.insert(partition, (source, topic));
        });
    }

    /// Changes a partition's options.
    pub fn update_config(&self, partition: TopicIdPartition, topic: TopicTiering) {
        self.tell(|inbox| {
            inbox.updated.insert(partition, topic);
        });
    }

    /// Stops a partition's tiering. A job that runs is stopped; what it had reserved is abandoned by the next attempt.
    pub fn remove_partition(&self, partition: TopicIdPartition) {
        self.shared.nudges.write().remove(&partition);
        self.tell(|inbox| {
            inbox.added.remove(&partition);
            inbox.updated.remove(&partition);
            inbox.removed.insert(partition);
        });
    }

    /// Says that the partition's log has grown, rolled, become durable or changed its leader. Cheap: for every append.
    pub fn appended(&self, partition: TopicIdPartition) {
        let first = self.shared.nudges.read().get(&partition).is_some_and(|nudge| !nudge.swap(true, Ordering::AcqRel));
        if first {
            self.tell(|inbox| {
                inbox.nudged.insert(partition);
            });
        }
    }

    /// Says that the broker's image has changed: log starts, remote ends, tombstones.
    pub fn image_changed(&self) {
        self.tell(|inbox| inbox.image_changed = true);
    }

    /// Stops or resumes all work, while the store cannot be used (`/readyz` says why).
    pub fn set_paused(&self, paused: bool) {
        self.shared.paused.store(paused, Ordering::Release);
        self.shared.wake.notify_one();
    }

    /// How a partition's tiering stands.
    #[must_use]
    pub fn status(&self, partition: TopicIdPartition) -> Option<PartitionStatus> {
        self.shared.statuses.read().get(&partition).cloned()
    }

    /// Compares bucket and quorum.
    pub async fn verify(&self, depth: VerifyDepth) -> Result<VerifyReport, Error> {
        verify(&self.context, depth).await
    }

    /// Looks for objects that nothing names, and deletes them if asked to. While paused nothing may be deleted: the folder
    /// may turn out to be another cluster's.
    pub async fn sweep(&self, delete: bool) -> Result<SweepReport, Error> {
        let deleting = if delete { Deleting::UnlessPaused(&self.shared.paused) } else { Deleting::No };
        sweep(&self.context, self.clock.now(), deleting).await
    }

    /// Stops all work. What is under way is unknown afterwards, as after a crash.
    pub async fn shutdown(&self) -> Result<(), Error> {
        self.stop.send_replace(true);
        let task = self.task.lock().take();
        match task {
            Some(task) => {
                task.await.map_err(|error| Error::with_source(ErrorKind::Internal, "the tiering task", error))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
