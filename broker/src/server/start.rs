//! Starting a node, and stopping it.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use strata_broker_core::fetch_session::{FetchSessionCache, FetchSessionConfig};
use strata_broker_core::internal_topics::CONSUMER_OFFSETS;
use strata_compat::ids::{BrokerEpoch, BrokerId, Uuid, uuid_text};
use strata_metadata::image_publisher::Published;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::brokers::Endpoint;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, mpsc, watch};

use super::identity::Identity;
use super::quorum_start::{self, TierState};
use super::tasks::{self, Tasks};
use super::{Broker, Fetches, Registration, StartError};
use crate::config::{BrokerConfig, Durability, StorageConfig, warnings};
use crate::coordinator_runtime::GroupCoordinators;
use crate::fetch_places::FetchPlaces;
use crate::fetch_waiters::FetchWaiters;
use crate::http::{self, HttpState, Readiness};
use crate::internal_topics::InternalTopics;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::journal::JournalConfig;
use crate::log::log_manager::{LogManager, LogManagerConfig, OpenReport};
use crate::log_homes::{self, LogHomes};
use crate::metadata_applier::MetadataApplier;
use crate::metadata_cache::MetadataCache;
use crate::metrics::{BrokerMetrics, BrokerState, LogFiguresSource};
use crate::net::connection::{Budgets, ConnectionSettings};
use crate::net::decoded::DecodedMemory;
use crate::net::limits::{AnswerMemory, ConnectionLimits, RequestMemory};
use crate::net::listener::{self, Shared};
use crate::partition::PartitionServices;
use crate::producer_ids::ProducerIds;
use crate::replica_manager::ReplicaManager;
use crate::request::Router;
use crate::request::authorizer::AllowAll;
use crate::request::handlers::fetch::ReadFailures;
use crate::segment_catalog::QuorumCatalog;
use crate::tier_disable::TierDisabler;
use crate::tier_service::{TierService, TierStores};
use crate::topic_creation::Creations;

/// A peer that neither sends nor reads for so long is closed.
const STALL: Duration = Duration::from_secs(30);
/// Part of the budget for answers that those out of object storage have for themselves: they hold it while the bucket is slow.
const COLD_ANSWERS_SHARE: usize = 2;
/// How long answers under way may take once the node stops.
const DRAIN: Duration = Duration::from_secs(5);
/// Open files of idle segments, for each log directory.
const IDLE_FILES_MAX: usize = 2_000;
/// Memory for the newest records of one partition.
const TAIL_LOG_BYTES: u64 = 4 << 20;
/// Reads that may wait for the disk at once.
const DISK_READS_MAX: usize = 64;
/// Ranges of files in answers that are under way: each may keep a file open that nobody else does.
const LOANS_MAX: usize = 1024;

/// Runs a node until it is told to stop.
///
/// # Errors
/// With the exit code that the fixed interface names: 2 for a configuration, 3 for directories or a bucket that are not ours.
pub async fn run(config: BrokerConfig) -> Result<(), StartError> {
    let node = Node::start(Arc::new(config)).await?;
    wait_for_stop().await?;
    tracing::info!("stopping");
    node.stop().await;
    Ok(())
}

async fn wait_for_stop() -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(StartError::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::failed)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// A client listener that is bound and not yet accepting.
struct Bound {
    name: Arc<str>,
    listener: TcpListener,
    address: SocketAddr,
    endpoint: Endpoint,
}

/// All running parts.
struct Node {
    broker: Arc<Broker>,
    shared: Arc<Shared<Router>>,
    stop: watch::Sender<bool>,
    http_stop: watch::Sender<bool>,
    tasks: Tasks,
}

impl Node {
    async fn start(config: Arc<BrokerConfig>) -> Result<Self, StartError> {
        let identity = Identity::read(&config)?;
        let bound = bind_all(&config).await?;
        let http_listener = bind("strata.http.listener", &config.network.http).await?;
        let mut registry = Registry::default();
        let stores = config
            .tier
            .as_ref()
            .map(|tier| TierStores::open(tier, &mut registry))
            .transpose()
            .map_err(|error| StartError::configuration(format!("strata.tier.url: {error}")))?;
        // Before anything is formatted: a first start with a wrong URL or wrong credentials leaves nothing behind.
        let mut first_answer = None;
        if identity.is_new
            && let Some(stores) = &stores
        {
            let answer = quorum_start::ask_bucket(stores, &identity, None).await;
            quorum_start::refuse_unusable(&answer, &stores.stores.location)?;
            first_answer = Some(answer);
        }
        identity.write_raft_dir()?;
        let quorum = quorum_start::open(&config).await?;
        quorum_start::format(&quorum, &identity).await?;
        let homes = LogHomes::new(BrokerId(config.node_id), &identity.log_dir_ids, &config.storage.log_dirs);
        check_log_dirs(&homes, &identity, &quorum.current().image, &config.storage.lost_log_dirs)?;
        identity.write_log_dirs()?;
        let tier_state = match &stores {
            None => None,
            Some(stores) => {
                let known = quorum.current().image.cluster.store_id;
                let answer = match first_answer {
                    Some(answer) => answer,
                    None => quorum_start::ask_bucket(stores, &identity, known).await,
                };
                Some(quorum_start::settle_bucket(&quorum, answer).await?)
            }
        };
        let parts = Parts { config, identity, homes, quorum, registry, stores, tier_state, bound, http_listener };
        parts.assemble().await
    }

    async fn stop(self) {
        self.broker.metrics.set_broker_state(BrokerState::ShuttingDown);
        self.stop.send_replace(true);
        self.broker.groups.stop();
        self.shared.tasks.close();
        if tokio::time::timeout(DRAIN * 2, self.shared.tasks.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        tracing::info!("connections are closed");
        if let Some(tier) = &self.broker.tier {
            tier.shut_down().await;
            tracing::info!("tiering has stopped");
        }
        if tokio::time::timeout(DRAIN, self.tasks.stop()).await.is_err() {
            tracing::warn!("a background task did not stop in time");
        }
        let replicas = Arc::clone(&self.broker.replicas);
        let epoch = self.broker.registration.epoch.0;
        let closed = tokio::task::spawn_blocking(move || tasks::close_logs(&replicas, epoch)).await;
        if let Err(error) = closed {
            tracing::error!(%error, "the logs were not closed; the next start recovers them");
        }
        match tokio::time::timeout(DRAIN, self.broker.quorum.shutdown()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the metadata quorum did not stop in order"),
            Err(_) => tracing::warn!("the metadata quorum did not stop in time; its log is durable as it is"),
        }
        self.http_stop.send_replace(true);
    }
}

/// What is there once the quorum has answered.
struct Parts {
    config: Arc<BrokerConfig>,
    identity: Identity,
    homes: LogHomes,
    quorum: Arc<strata_metadata::quorum::Quorum>,
    registry: Registry,
    stores: Option<TierStores>,
    tier_state: Option<TierState>,
    bound: Vec<Bound>,
    http_listener: (TcpListener, SocketAddr),
}

impl Parts {
    async fn assemble(mut self) -> Result<Node, StartError> {
        let id = BrokerId(self.config.node_id);
        let metrics = Arc::new(BrokerMetrics::new());
        metrics.register(&mut self.registry);
        self.quorum.metrics().register(&mut self.registry);
        let endpoints = self.bound.iter().map(|bound| bound.endpoint.clone()).collect();
        let previous_epoch = tasks::clean_epoch(&self.config.storage);
        let broker_epoch =
            quorum_start::register(&self.quorum, &self.config, &self.identity, endpoints, previous_epoch).await?;
        warn(&self.config, &self.quorum.current().image);
        let metadata = Arc::new(MetadataCache::new(Arc::clone(&self.quorum), id, self.config.properties.clone()));
        let logs = self.open_logs(&metadata, (id, broker_epoch)).await?;
        let fetch_waiters = Arc::new(FetchWaiters::default());
        let (alter_partition, alter_requests) = mpsc::unbounded_channel();
        let (internal_topics, internal_events) = InternalTopics::new();
        let services = PartitionServices {
            broker: id,
            lag_time_max_ms: self.config.fetch.replica_lag_time_max_ms,
            journaled: self.config.storage.durability == Durability::Fsync,
            fetch_waiters: Arc::clone(&fetch_waiters),
            alter_partition,
            internal_topics,
            copier: OnceLock::new(),
        };
        let replicas = Arc::new(ReplicaManager::new(logs, Arc::new(services)));
        BrokerMetrics::register_logs(&mut self.registry, Arc::clone(&replicas) as Arc<dyn LogFiguresSource>);
        let tier = self.start_tier(id)?;
        if let Some(tier) = &tier {
            replicas.services.copier.get_or_init(|| Arc::clone(tier.manager()));
        }
        let disabler = TierDisabler::new(Arc::clone(&self.quorum), id, Handle::current());
        let applier = MetadataApplier::new(
            self.homes.clone(),
            Arc::clone(&metadata),
            Arc::clone(&replicas),
            tier.clone(),
            disabler,
            metrics.topics().clone(),
        );
        let broker = Arc::new(Broker {
            id,
            cluster_id: self.identity.cluster_id.as_str().into(),
            config: Arc::clone(&self.config),
            quorum: Arc::clone(&self.quorum),
            metadata,
            replicas,
            tier,
            fetches: fetches(&self.config, fetch_waiters),
            authorizer: Arc::new(AllowAll),
            metrics,
            registration: Registration {
                epoch: broker_epoch,
                homes: self.homes.clone(),
                hosted_index: applier.applied(),
            },
            creating: Creations::default(),
            producer_ids: ProducerIds::default(),
            decoded: DecodedMemory::new(self.config.network.queued_bytes_max),
            groups: GroupCoordinators::new(&self.config.groups),
        });
        let deltas = self.quorum.deltas();
        let published = self.quorum.current();
        let applier = apply_first(applier, published).await?;
        let readiness = Readiness::new();
        let tasks = Tasks::start(&broker, applier, deltas, alter_requests, readiness.clone());
        broker.groups.start(&broker, internal_events);
        broker.groups.register(&mut self.registry);
        self.open_doors(broker, tasks, readiness).await
    }

    /// Opens the logs, brings the quorum's and this node's view of where they lie together, and tells of replicas whose directory
    /// is not here.
    async fn open_logs(
        &self,
        metadata: &Arc<MetadataCache>,
        registration: (BrokerId, BrokerEpoch),
    ) -> Result<Arc<LogManager>, StartError> {
        let (storage, homes) = (&self.config.storage, &self.homes);
        let logs = open_logs(storage, metadata).await?;
        quorum_start::cordon(&self.quorum, registration, homes.offline_among(&logs)).await?;
        let lies_in = |id| logs.get(id).map(|log| log.log_dir().path().to_owned());
        let image = self.quorum.current().image;
        let missing = homes.missing(&image);
        for directory in storage.lost_log_dirs.iter().filter(|directory| !missing.contains_key(*directory)) {
            let directory = uuid_text(*directory);
            tracing::warn!(
                directory,
                "strata.log.dirs.lost names a log directory in which no partition lies (any more)"
            );
        }
        let assignments = homes.assignments(&image, &storage.lost_log_dirs, &lies_in);
        quorum_start::assign_directories(&self.quorum, registration, &assignments).await?;
        for (id, directory) in &assignments {
            let here = homes.path_of(*directory).unwrap_or_else(|| Path::new(""));
            let begins_anew = logs.get(*id).is_none();
            tracing::warn!(
                partition = %log_homes::name(&image, *id), directory = %here.display(), begins_anew,
                "a partition has another log directory than before; where it begins anew, records that were only in the other one are \
                 given up (strata.log.dirs.lost)"
            );
        }
        for (directory, (partitions, some)) in homes.missing(&self.quorum.current().image) {
            let directory = uuid_text(directory);
            tracing::error!(
                directory,
                partitions,
                ?some,
                "a log directory that holds partitions is none of log.dirs: they stay offline; put it back and restart, or, if it \
                 is lost for good, name its id in strata.log.dirs.lost"
            );
        }
        Ok(logs)
    }

    fn start_tier(&mut self, id: BrokerId) -> Result<Option<Arc<TierService>>, StartError> {
        let Some(stores) = self.stores.take() else {
            return Ok(None);
        };
        let catalog = Arc::new(QuorumCatalog::new(Arc::clone(&self.quorum), id));
        let service = stores
            .start(&self.identity.cluster_id, catalog, &mut self.registry)
            .map_err(|error| StartError::configuration(format!("tiering cannot begin: {error}")))?;
        Ok(Some(Arc::new(service)))
    }

    async fn open_doors(self, broker: Arc<Broker>, tasks: Tasks, readiness: Readiness) -> Result<Node, StartError> {
        let network = &self.config.network;
        let (stop, stopped) = watch::channel(false);
        let (http_stop, http_stopped) = watch::channel(false);
        let shared = Arc::new(Shared {
            dispatch: Arc::new(Router::new(Arc::clone(&broker))),
            settings: Arc::new(ConnectionSettings {
                request_bytes_max: network.request_bytes_max,
                idle: network.idle,
                stall: STALL,
                drain: DRAIN,
            }),
            budgets: Budgets {
                requests: RequestMemory::new(network.queued_bytes_max),
                answers: broker.fetches.answers.clone(),
                cold_answers: broker.fetches.cold_answers.clone(),
                loans: Arc::clone(&broker.fetches.loans),
                disk_reads: Arc::clone(&broker.fetches.disk_reads),
            },
            limits: ConnectionLimits::new(network.connections_max, network.connections_per_ip_max),
            connection_ids: std::sync::atomic::AtomicU64::new(1),
            stop: stopped,
            tasks: tokio_util::task::TaskTracker::new(),
        });
        follow_tier(&broker, self.tier_state.as_ref(), &tasks, &readiness);
        tasks.watch_quorum(&broker, readiness.clone());
        let http_address = self.http_listener.1;
        let state = HttpState::new(self.registry, readiness);
        tokio::spawn(http::serve(self.http_listener.0, state, http_stopped));
        broker.metrics.set_broker_state(BrokerState::Running);
        tasks.watch_memory(&broker, shared.budgets.clone());
        let first = self.bound.first().map(|bound| bound.endpoint.clone());
        for bound in self.bound {
            tracing::info!(listener = %bound.name, address = %bound.address, "listening");
            tokio::spawn(listener::accept(bound.listener, bound.name, Arc::clone(&shared)));
        }
        if let Some(first) = first {
            let tier = self.config.tier.as_ref().map_or("none", |tier| tier.url.as_str());
            println!(
                "strata ready kafka={} http={http_address} node={} cluster={} tier={tier}",
                socket_text(&first.host, first.port),
                broker.id,
                broker.cluster_id
            );
        }
        Ok(Node { broker, shared, stop, http_stop, tasks })
    }
}

/// Refuses an empty log directory while replicas lie in one that is not here: it is likely to be where that one was mounted, and
/// what it would get does not come along when it is back.
fn check_log_dirs(
    homes: &LogHomes,
    identity: &Identity,
    image: &Image,
    lost: &BTreeSet<Uuid>,
) -> Result<(), StartError> {
    if let Some(here) = lost.iter().find_map(|directory| homes.path_of(*directory)) {
        return Err(StartError::configuration(format!(
            "'strata.log.dirs.lost' names the id of {}, which is here: take it from the list",
            here.display()
        )));
    }
    let missing = homes.missing(image);
    let unknown = missing.iter().find(|(directory, _)| !lost.contains(*directory));
    let Some((empty, (directory, (partitions, _)))) = identity.new_log_dirs().next().zip(unknown) else {
        return Ok(());
    };
    let (empty, id) = (empty.display(), uuid_text(*directory));
    Err(StartError::foreign(format!(
        "log directory {empty} is empty, and the one with id {id}, in which {partitions} partitions lie, is none of log.dirs; no log \
         directory was changed: mount or put back that one; to run without its partitions, take {empty} from log.dirs; if it is lost for \
         good, set strata.log.dirs.lost={id}"
    )))
}

/// Tells the operator what of the configuration does not do what it seems to.
fn warn(config: &BrokerConfig, image: &Image) {
    let has_offsets_topic = image.topic_by_name(CONSUMER_OFFSETS).is_some();
    let replication = warnings::replication(config, image.brokers.iter().count(), has_offsets_topic);
    for warning in warnings::without_effect(&config.properties).into_iter().chain(replication) {
        tracing::warn!("{warning}");
    }
}

/// Lets tiering begin, or wait for its bucket.
fn follow_tier(broker: &Arc<Broker>, state: Option<&TierState>, tasks: &Tasks, readiness: &Readiness) {
    match (&broker.tier, state) {
        (Some(tier), Some(TierState::Ready)) => {
            tier.manager().set_paused(false);
            readiness.note("tier", None);
            tasks.follow_bucket(broker, readiness.clone(), false);
        }
        (Some(_), Some(TierState::Paused(reason))) => {
            tracing::warn!(%reason, "the object store cannot be used yet: the hot log is served, tiering waits");
            readiness.note("tier", Some(format!("tiering is paused: {reason}")));
            tasks.follow_bucket(broker, readiness.clone(), true);
        }
        _ => {}
    }
}

/// Opens and leads what the image places here, before the doors open.
async fn apply_first(mut applier: MetadataApplier, published: Published) -> Result<MetadataApplier, StartError> {
    let applied = tokio::task::spawn_blocking(move || {
        applier.apply_image(&published);
        applier
    });
    applied.await.map_err(StartError::failed)
}

fn fetches(config: &BrokerConfig, waiters: Arc<FetchWaiters>) -> Fetches {
    let cold = if config.tier.is_some() { config.network.answer_bytes_max / COLD_ANSWERS_SHARE } else { 0 };
    let sessions = FetchSessionConfig { slots_max: config.fetch.session_slots, ..FetchSessionConfig::default() };
    Fetches {
        sessions: Mutex::new(FetchSessionCache::new(sessions, rand::random())),
        waiters,
        places: FetchPlaces::new(config.network.queued_bytes_max),
        failures_told: ReadFailures::default(),
        disk_reads: Arc::new(Semaphore::new(DISK_READS_MAX)),
        loans: Arc::new(Semaphore::new(LOANS_MAX)),
        answers: AnswerMemory::new(config.network.answer_bytes_max - cold),
        cold_answers: AnswerMemory::new(cold),
    }
}

async fn open_logs(storage: &StorageConfig, metadata: &Arc<MetadataCache>) -> Result<Arc<LogManager>, StartError> {
    let config = LogManagerConfig {
        directories: storage.log_dirs.clone(),
        journal: (storage.durability == Durability::Fsync).then(|| JournalConfig::for_limit(storage.journal_bytes)),
        disk_reserve_bytes: storage.disk_reserve_bytes,
        recovery_threads: storage.recovery_threads,
        tail_bytes: storage.tail_bytes as u64,
        tail_log_bytes: TAIL_LOG_BYTES.min(storage.tail_bytes as u64),
        idle_files_max: IDLE_FILES_MAX,
        producer_expiration_ms: storage.producer_id_expiration_ms,
    };
    let metadata = Arc::clone(metadata);
    let opened = tokio::task::spawn_blocking(move || {
        let image = metadata.image();
        let config_of = |topic: &str, topic_id| match image.topic(topic_id) {
            Some(known) if known.name == topic => metadata.log_config(&image, topic).ok(),
            _ => None,
        };
        LogManager::open(config, &config_of, crate::clock::now())
    });
    let (logs, report) = opened.await.map_err(StartError::failed)?.map_err(no_log_directory)?;
    tell(&report);
    Ok(Arc::new(logs))
}

/// The state of a journal that is not whole is told as other directories that are not.
fn no_log_directory(error: LogError) -> StartError {
    let message = format!("no log directory can be used: {error}");
    match error.kind() {
        LogErrorKind::Corrupt => StartError::foreign(message),
        LogErrorKind::Invalid => StartError::configuration(message),
        _ => StartError::failed(message),
    }
}

/// What recovery did and what it could not do, for the operator.
fn tell(report: &OpenReport) {
    for (directory, error) in &report.failed_directories {
        tracing::error!(directory = %directory.display(), %error, "a log directory is offline until the next start");
    }
    for (partition, reason) in &report.offline {
        tracing::error!(%partition, %reason, "a partition is offline; its files were not changed");
    }
    for rot in &report.journal_rot {
        tracing::error!(%rot, "the journal is damaged before its end");
    }
    for cut in &report.journal_cuts {
        tracing::warn!(?cut, "an unfinished group of the journal is cut and kept aside");
    }
    if !report.recovered.is_empty() {
        tracing::info!(partitions = report.recovered.len(), "logs were recovered after an unclean stop");
    }
    for (partition, recovered) in &report.recovered {
        if recovered.cuts.is_empty() {
            tracing::debug!(%partition, ?recovered, "a log was recovered");
        } else {
            tracing::warn!(%partition, ?recovered, "the end of a log was not whole: it is cut and kept aside");
        }
    }
    for directory in &report.unknown {
        let (path, reason) = (directory.path.display(), &directory.reason);
        tracing::warn!(%path, reason, "it is not known whose a partition's directory is; it is left alone");
    }
    for (path, reason) in &report.misplaced {
        tracing::error!(path = %path.display(), reason, "a partition's directory is left alone");
    }
    for (path, since) in &report.strays {
        tracing::info!(path = %path.display(), since_ms = since.0, "a log that is hosted nowhere is removed after a day");
    }
    for path in &report.set_aside {
        tracing::info!(path = %path.display(), "a log that was set aside is still here; it may be removed by hand");
    }
}

async fn bind_all(config: &BrokerConfig) -> Result<Vec<Bound>, StartError> {
    let mut all = Vec::new();
    for listener in &config.network.listeners {
        let (socket, address) = bind("listeners", &socket_text(&listener.bind.host, listener.bind.port)).await?;
        let told_port = if listener.advertised.port == 0 { address.port() } else { listener.advertised.port };
        let told_host = match listener.advertised.host.as_str() {
            "" | "0.0.0.0" => reachable_host(address.ip()),
            host => host.to_owned(),
        };
        all.push(Bound {
            name: listener.bind.name.as_str().into(),
            listener: socket,
            address,
            endpoint: Endpoint {
                name: listener.bind.name.clone(),
                host: told_host,
                port: told_port,
                security_protocol: listener.protocol.id(),
            },
        });
    }
    Ok(all)
}

/// What clients are told of a listener on every address and without `advertised.listeners`.
fn reachable_host(ip: IpAddr) -> String {
    if !ip.is_unspecified() {
        return ip.to_string();
    }
    rustix::system::uname()
        .nodename()
        .to_str()
        .ok()
        .filter(|name| !name.is_empty())
        .map_or_else(|| IpAddr::V4(Ipv4Addr::LOCALHOST).to_string(), str::to_owned)
}

/// A host with its port; an IPv6 address stands in brackets, as whoever splits them again expects.
fn socket_text(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Binds `HOST:PORT`; without a host every address.
async fn bind(key: &str, address: &str) -> Result<(TcpListener, SocketAddr), StartError> {
    let address = if address.starts_with(':') { format!("0.0.0.0{address}") } else { address.to_owned() };
    let bound = async {
        let listener = TcpListener::bind(&address).await?;
        let local = listener.local_addr()?;
        Ok::<_, std::io::Error>((listener, local))
    };
    bound.await.map_err(|error| {
        StartError::configuration(match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                let option = if key == "listeners" { "--listen" } else { "--http" };
                format!(
                    "'{key}': the address {address} is in use; stop what uses it or choose another port (strata dev: \
                     {option} HOST:PORT)"
                )
            }
            _ => format!("'{key}': the address {address} cannot be bound: {error}"),
        })
    })
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::Timestamp;

    use super::*;

    #[test]
    fn hosts_and_ports_can_be_told_apart_again() {
        let cases = [("localhost", "localhost:9092"), ("::1", "[::1]:9092"), ("", ":9092")];
        for (host, expected) in cases {
            assert_eq!(socket_text(host, 9092), expected);
        }
    }

    #[tokio::test]
    async fn without_a_host_every_address_is_bound() {
        let (_listener, address) = bind("strata.http.listener", ":0").await.expect("bound");
        assert!(address.ip().is_unspecified(), "{address}");
    }

    #[test]
    fn a_damaged_state_of_the_journal_ends_the_start_with_status_3_and_is_named() {
        let directory = tempfile::tempdir().expect("directory");
        let open = || {
            let config = LogManagerConfig {
                directories: vec![directory.path().to_path_buf()],
                journal: Some(JournalConfig::for_limit(1 << 20)),
                disk_reserve_bytes: 0,
                recovery_threads: 1,
                tail_bytes: 0,
                tail_log_bytes: 0,
                idle_files_max: 8,
                producer_expiration_ms: 86_400_000,
            };
            LogManager::open(config, &|_, _| None, Timestamp(0)).map(drop).map_err(no_log_directory)
        };
        open().expect("a new directory");
        let state = directory.path().join("journal/state");
        let mut bytes = std::fs::read(&state).expect("the state");
        bytes[10] ^= 1;
        std::fs::write(&state, &bytes).expect("damaged");
        let refused = open().expect_err("refused");
        assert_eq!(refused.exit_code(), 3);
        assert!(refused.to_string().contains(state.to_str().expect("text")), "{refused}");
        assert_eq!(std::fs::read(&state).expect("the state"), bytes, "nothing is changed");
    }
}
