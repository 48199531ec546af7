//! A running node: builds, starts and stops all parts, in order.
//!
//! Owns: the order. Does not own: what any part does.
//!
//! ```text
//! start  identity ▸ sockets bound ▸ quorum ▸ bucket's owner ▸ registration (barrier) ▸ logs ▸ image applied ▸ accept ▸ ready
//! stop   accept ends, answers go out ▸ tiering ▸ applier ▸ logs closed ▸ quorum
//! ```
//! Before the barrier nothing is deleted, evicted, uploaded or answered.

mod identity;
mod quorum_start;
mod start;
mod tasks;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use strata_broker_core::fetch_session::FetchSessionCache;
use strata_compat::ids::{BrokerEpoch, BrokerId};
use strata_metadata::quorum::Quorum;
use tokio::sync::{Semaphore, watch};

use crate::config::BrokerConfig;
use crate::coordinator_runtime::GroupCoordinators;
use crate::fetch_places::FetchPlaces;
use crate::fetch_waiters::FetchWaiters;
use crate::log_homes::LogHomes;
use crate::metadata_cache::MetadataCache;
use crate::metrics::BrokerMetrics;
use crate::net::decoded::DecodedMemory;
use crate::net::limits::AnswerMemory;
use crate::producer_ids::ProducerIds;
use crate::replica_manager::ReplicaManager;
use crate::request::authorizer::{Action, Authorizer, Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::handlers::fetch::ReadFailures;
use crate::tier_service::TierService;
use crate::topic_creation::Creations;

pub use start::run;

/// Why a node does not start or run on.
#[derive(Debug)]
pub struct StartError {
    exit_code: u8,
    message: String,
}

impl StartError {
    /// A configuration that cannot be used: exit code 2.
    pub fn configuration(message: impl fmt::Display) -> Self {
        Self { exit_code: 2, message: message.to_string() }
    }

    /// A data directory, Raft log or bucket that is not ours or not whole: exit code 3, nothing touched.
    pub fn foreign(message: impl fmt::Display) -> Self {
        Self { exit_code: 3, message: message.to_string() }
    }

    /// Anything else: exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self { exit_code: 1, message: message.to_string() }
    }

    /// The exit code of the process.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.exit_code
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for StartError {}

/// What handlers work with.
pub(crate) struct Broker {
    pub(crate) id: BrokerId,
    pub(crate) cluster_id: Arc<str>,
    pub(crate) config: Arc<BrokerConfig>,
    pub(crate) quorum: Arc<Quorum>,
    pub(crate) metadata: Arc<MetadataCache>,
    pub(crate) replicas: Arc<ReplicaManager>,
    pub(crate) tier: Option<Arc<TierService>>,
    pub(crate) fetches: Fetches,
    pub(crate) authorizer: Arc<dyn Authorizer>,
    pub(crate) metrics: Arc<BrokerMetrics>,
    pub(crate) registration: Registration,
    /// The group coordinators of the partitions of `__consumer_offsets` that are led here.
    pub(crate) groups: GroupCoordinators,
    /// Topics that are being created on first use.
    pub(crate) creating: Creations,
    /// Ids for idempotent producers.
    pub(crate) producer_ids: ProducerIds,
    /// The budget for what requests are decoded to, beside their bytes.
    pub(crate) decoded: DecodedMemory,
}

/// How the quorum and this broker know of each other.
pub(crate) struct Registration {
    /// Epoch of this registration.
    pub(crate) epoch: BrokerEpoch,
    /// The log directories that were registered.
    pub(crate) homes: LogHomes,
    /// Index of the image that is applied to what is hosted here.
    pub(crate) hosted_index: watch::Receiver<u64>,
}

/// What fetches share.
pub(crate) struct Fetches {
    pub(crate) sessions: Mutex<FetchSessionCache>,
    pub(crate) waiters: Arc<FetchWaiters>,
    /// Memory and turns of fetches, by the partitions that they name.
    pub(crate) places: FetchPlaces,
    /// Failures of object storage, and damage of local files, that were told of lately.
    pub(crate) failures_told: ReadFailures,
    /// Reads that may wait for the disk at once.
    pub(crate) disk_reads: Arc<Semaphore>,
    /// Ranges of files in answers that are under way.
    pub(crate) loans: Arc<Semaphore>,
    /// The budget for answers.
    pub(crate) answers: AnswerMemory,
    /// That for answers out of object storage, which may be long in coming.
    pub(crate) cold_answers: AnswerMemory,
}

impl Broker {
    /// Whether the principal of a request may do something.
    pub(crate) fn allows(&self, context: &RequestContext, operation: Operation, resource: Resource<'_>) -> bool {
        self.authorizer.allows(context, &Action { operation, resource })
    }

    /// Waits until what the image at `index` says is hosted here, at most `deadline`.
    pub(crate) async fn wait_hosted(&self, index: u64, deadline: Duration) {
        let mut hosted = self.registration.hosted_index.clone();
        if tokio::time::timeout(deadline, hosted.wait_for(|applied| *applied >= index)).await.is_err() {
            tracing::warn!(index, "what this broker hosts is behind its metadata image");
        }
    }

    /// A client's connection is gone, and with it what was kept for it.
    pub(crate) fn connection_closed(&self, connection: u64) {
        tracing::trace!(connection, "its read-ahead cursors age out of their bounded table");
        self.metrics.connection_closed();
    }
}
