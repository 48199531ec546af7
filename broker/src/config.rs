//! The broker's configuration: Kafka's `server.properties` and Kafka's names; ours start with `strata.`.
//!
//! Owns: property names, their checks and what follows from them; they appear nowhere else. Does not own: files (the caller
//! reads them). Every key of Kafka is known: honoured, mapped, or refused with the reason; secrets are never printed.

pub mod documentation;
pub mod keys;
pub mod listeners;
pub mod properties;
pub mod topic;
pub mod warnings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use strata_compat::ids::{Uuid, parse_uuid};
use strata_tiering::config::TieringConfig;

use self::keys::Handling;
use self::listeners::{ListenerAddress, SecurityProtocol};
use self::properties::Property;
use self::topic::BrokerValues;

/// Bytes of requests in memory where no limit is set.
const QUEUED_BYTES_DEFAULT: usize = 256 << 20;

/// Why a configuration cannot be used: one line that names the key and what is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl ConfigError {
    /// An error with its one line.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The keys that are set, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerProperties(BTreeMap<String, String>);

impl ServerProperties {
    /// The value of a key, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Sets a key.
    pub fn insert(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// Sets a key unless it is set.
    pub fn insert_default(&mut self, name: &str, value: &str) {
        self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }

    /// All that is set, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The keys of a file and of `--set`, which comes later and holds.
    pub fn from_parts(file: Vec<Property>, overrides: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut properties = Self::default();
        for property in file {
            check(&property.key, &property.value).map_err(|error| {
                let is_commented = property.value.contains(" #");
                let hint = if is_commented { "; a comment stands on a line of its own" } else { "" };
                ConfigError::new(format!("line {}: {error}{hint}", property.line))
            })?;
            properties.insert(&property.key, &property.value);
        }
        for (name, value) in overrides {
            check(name, value).map_err(|error| ConfigError::new(format!("--set: {error}")))?;
            properties.insert(name, value);
        }
        Ok(properties)
    }

    /// The value of a key, or its default as text.
    fn text(&self, name: &str) -> Option<&str> {
        self.get(name).or_else(|| keys::all().get(name).and_then(|spec| spec.default))
    }

    fn number<N: FromStr>(&self, name: &str) -> Result<N, ConfigError> {
        let text = self.text(name).unwrap_or_default();
        text.parse().map_err(|_| ConfigError::new(format!("'{name}' is a number in its range, not '{text}'")))
    }

    /// A number of milliseconds; below zero means for ever.
    fn duration(&self, name: &str) -> Result<Duration, ConfigError> {
        let ms: i64 = self.number(name)?;
        Ok(u64::try_from(ms).map_or(Duration::MAX, Duration::from_millis))
    }

    fn flag(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}

/// Checks one key and its value; a value that is refused is answered with the reason.
fn check(name: &str, value: &str) -> Result<(), ConfigError> {
    let spec = keys::find(name)?;
    match spec.handling {
        Handling::Honoured | Handling::Mapped(_) => spec.check(value),
        Handling::Refused(_) if value.is_empty() || Some(value) == spec.default => Ok(()),
        Handling::Refused(reason) if spec.is_sensitive() => {
            Err(ConfigError::new(format!("'{name}' is not supported: {reason}")))
        }
        Handling::Refused(reason) => Err(ConfigError::new(format!("'{name}={value}' is not supported: {reason}"))),
    }
}

/// One listener of this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Where it is bound.
    pub bind: ListenerAddress,
    /// What clients are told; the port of the bound socket where this says 0.
    pub advertised: ListenerAddress,
    /// How it is secured.
    pub protocol: SecurityProtocol,
}

/// When an append counts as durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Once the journal is fsynced.
    Fsync,
    /// Once it is in the page cache.
    Os,
}

/// Sockets and requests.
#[derive(Clone, Debug)]
pub struct NetworkConfig {
    /// Client listeners, in order; the first one is named in the ready line.
    pub listeners: Vec<Listener>,
    /// `socket.request.max.bytes`.
    pub request_bytes_max: usize,
    /// `queued.max.request.bytes`; 256 MiB where Kafka has no limit.
    pub queued_bytes_max: usize,
    /// `strata.queued.max.response.bytes`.
    pub answer_bytes_max: usize,
    /// `max.connections`.
    pub connections_max: usize,
    /// `max.connections.per.ip`.
    pub connections_per_ip_max: usize,
    /// `connections.max.idle.ms`.
    pub idle: Duration,
    /// `strata.http.listener`.
    pub http: String,
}

/// Topics and how they come to be.
#[derive(Clone, Debug)]
pub struct TopicConfig {
    /// `auto.create.topics.enable`.
    pub auto_create: bool,
    /// `num.partitions`.
    pub partitions: u32,
    /// `default.replication.factor`.
    pub replication_factor: u16,
    /// `delete.topic.enable`.
    pub delete_enable: bool,
    /// `max.request.partition.size.limit`.
    pub describe_partitions_max: u32,
}

/// Groups and their topic.
#[derive(Clone, Debug)]
pub struct GroupConfig {
    /// `group.initial.rebalance.delay.ms`.
    pub initial_rebalance_delay_ms: i64,
    /// `group.min.session.timeout.ms`.
    pub session_timeout_min_ms: i64,
    /// `group.max.session.timeout.ms`.
    pub session_timeout_max_ms: i64,
    /// `group.max.size`.
    pub size_max: usize,
    /// `offsets.retention.minutes`, in milliseconds.
    pub offsets_retention_ms: i64,
    /// `offsets.retention.check.interval.ms`.
    pub offsets_retention_check: Duration,
    /// `offset.metadata.max.bytes`.
    pub offset_metadata_bytes_max: usize,
    /// `offsets.commit.timeout.ms`.
    pub commit_timeout: Duration,
    /// `offsets.topic.num.partitions`.
    pub offsets_partitions: u32,
    /// `offsets.topic.replication.factor`.
    pub offsets_replication_factor: u16,
    /// `offsets.topic.segment.bytes`.
    pub offsets_segment_bytes: u32,
}

/// The local log.
#[derive(Clone, Debug)]
pub struct StorageConfig {
    /// `log.dirs`.
    pub log_dirs: Vec<PathBuf>,
    /// `strata.log.dirs.lost`: ids of log directories that are lost for good.
    pub lost_log_dirs: BTreeSet<Uuid>,
    /// `metadata.log.dir`: the directory of the Raft log.
    pub metadata_dir: PathBuf,
    /// `strata.metadata.snapshot.entries`: the Raft log's entries between two snapshots.
    pub metadata_snapshot_entries: u64,
    /// `strata.log.durability`.
    pub durability: Durability,
    /// `strata.log.disk.reserve.bytes`.
    pub disk_reserve_bytes: u64,
    /// `strata.log.journal.bytes`.
    pub journal_bytes: u64,
    /// `strata.log.tail.bytes`: memory for the newest records of all partitions.
    pub tail_bytes: usize,
    /// `log.retention.check.interval.ms`.
    pub retention_check: Duration,
    /// `log.flush.offset.checkpoint.interval.ms`.
    pub checkpoint_interval: Duration,
    /// `log.cleaner.backoff.ms`.
    pub cleaner_backoff: Duration,
    /// `log.cleaner.dedupe.buffer.size`.
    pub cleaner_map_bytes: usize,
    /// `num.recovery.threads.per.data.dir`.
    pub recovery_threads: usize,
    /// `producer.id.expiration.ms`.
    pub producer_id_expiration_ms: i64,
}

/// Fetches.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// `fetch.max.bytes`.
    pub bytes_max: usize,
    /// `max.incremental.fetch.session.cache.slots`.
    pub session_slots: usize,
    /// `remote.fetch.max.wait.ms`.
    pub remote_wait: Duration,
    /// `remote.list.offsets.request.timeout.ms`.
    pub remote_list_offsets_timeout: Duration,
    /// `replica.lag.time.max.ms`.
    pub replica_lag_time_max_ms: i64,
}

/// Object storage and its cache.
#[derive(Clone, Debug)]
pub struct TierConfig {
    /// `strata.tier.url`.
    pub url: String,
    /// `strata.tier.s3.endpoint`.
    pub s3_endpoint: Option<String>,
    /// `strata.tier.s3.region`.
    pub s3_region: Option<String>,
    /// `strata.tier.s3.path-style`.
    pub s3_path_style: bool,
    /// `strata.tier.default.enable`: whether new topics are tiered.
    pub default_enable: bool,
    /// `strata.tier.sweep.interval.ms`.
    pub sweep_interval: Duration,
    /// `strata.cache.memory.bytes`.
    pub cache_memory_bytes: usize,
    /// `strata.cache.index.bytes`.
    pub cache_index_bytes: u64,
    /// `strata.cache.disk.bytes`.
    pub cache_disk_bytes: u64,
    /// `strata.cache.dir`.
    pub cache_dir: PathBuf,
    /// Options of the write side.
    pub tiering: TieringConfig,
}

/// All of a node's configuration.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// `node.id`.
    pub node_id: i32,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// `controller.quorum.election.timeout.ms`.
    pub election_timeout: Duration,
    /// Sockets and requests.
    pub network: NetworkConfig,
    /// Topics.
    pub topics: TopicConfig,
    /// Groups.
    pub groups: GroupConfig,
    /// The local log.
    pub storage: StorageConfig,
    /// Fetches.
    pub fetch: FetchConfig,
    /// Object storage; `None` while `remote.log.storage.system.enable` is false.
    pub tier: Option<TierConfig>,
    /// What is set, for topics that fall back to it and for DescribeConfigs.
    pub properties: ServerProperties,
}

impl BrokerConfig {
    /// Reads all keys; the first that cannot be used is refused.
    pub fn new(properties: ServerProperties) -> Result<Self, ConfigError> {
        let roles = properties.list("process.roles");
        if roles.is_empty() {
            return Err(ConfigError::new("'process.roles' is missing: broker, controller or broker,controller"));
        }
        let has = |name: &str| roles.iter().any(|role| role == name);
        if !(has("broker") && has("controller")) {
            return Err(ConfigError::new(format!(
                "'process.roles={}' is not served yet: a node is broker,controller",
                roles.join(",")
            )));
        }
        let node_id = node_id(&properties)?;
        check_voters(&properties, node_id)?;
        let config = Self {
            node_id,
            rack: properties.get("broker.rack").map(str::to_owned),
            election_timeout: properties.duration("controller.quorum.election.timeout.ms")?,
            network: network(&properties)?,
            topics: topics(&properties)?,
            groups: groups(&properties)?,
            storage: storage(&properties)?,
            fetch: fetch(&properties)?,
            tier: tier(&properties)?,
            properties,
        };
        topic::validate_defaults(&config.broker_values())?;
        Ok(config)
    }

    /// What topics fall back to, without dynamic configs.
    #[must_use]
    pub fn broker_values(&self) -> BrokerValues {
        BrokerValues { fixed: self.properties.clone(), ..BrokerValues::default() }
    }
}

fn node_id(properties: &ServerProperties) -> Result<i32, ConfigError> {
    match (properties.get("node.id"), properties.get("broker.id")) {
        (None, None) => Err(ConfigError::new("'node.id' is missing: a whole number from 0, unique in the cluster")),
        (Some(node), Some(broker)) if node != broker => {
            Err(ConfigError::new(format!("'node.id={node}' and 'broker.id={broker}' contradict each other")))
        }
        (Some(_), _) => properties.number("node.id"),
        (None, Some(_)) => properties.number("broker.id"),
    }
}

/// The quorum is this node alone: other voters would be waited for in vain.
fn check_voters(properties: &ServerProperties, node_id: i32) -> Result<(), ConfigError> {
    let is_other = |voter: &String| voter.split_once('@').and_then(|(id, _)| id.trim().parse().ok()) != Some(node_id);
    match properties.list("controller.quorum.voters").into_iter().find(is_other) {
        Some(voter) => Err(ConfigError::new(format!(
            "'controller.quorum.voters' names '{voter}': a quorum of several nodes is not served yet, so that it is \
             {node_id}@HOST:PORT or not set"
        ))),
        None => Ok(()),
    }
}

fn network(properties: &ServerProperties) -> Result<NetworkConfig, ConfigError> {
    let controller_names = properties.list("controller.listener.names");
    let bound = listeners::parse_list("listeners", properties.text("listeners").unwrap_or("PLAINTEXT://:9092"))?;
    let advertised = match properties.get("advertised.listeners") {
        Some(text) => listeners::parse_list("advertised.listeners", text)?,
        None => Vec::new(),
    };
    let protocols = listeners::parse_protocols(properties.text("listener.security.protocol.map").unwrap_or_default())?;
    for listener in &advertised {
        if !bound.iter().any(|other| other.name == listener.name) {
            return Err(ConfigError::new(format!(
                "'advertised.listeners' names {}, which 'listeners' does not",
                listener.name
            )));
        }
        if listener.host.is_empty() || listener.host == "0.0.0.0" {
            return Err(ConfigError::new(format!(
                "'advertised.listeners' needs a host that clients can reach for {}",
                listener.name
            )));
        }
    }
    let mut client_listeners = Vec::new();
    for bind in
        bound.into_iter().filter(|bind| !controller_names.iter().any(|name| name.eq_ignore_ascii_case(&bind.name)))
    {
        let protocol =
            protocols.get(&bind.name).copied().or_else(|| SecurityProtocol::from_name(&bind.name)).ok_or_else(
                || ConfigError::new(format!("'listener.security.protocol.map' lacks the listener {}", bind.name)),
            )?;
        if protocol != SecurityProtocol::Plaintext {
            return Err(ConfigError::new(format!(
                "the listener {} asks for TLS or SASL, which are not served yet: use PLAINTEXT",
                bind.name
            )));
        }
        let told = advertised.iter().find(|other| other.name == bind.name).cloned().unwrap_or_else(|| bind.clone());
        client_listeners.push(Listener { bind, advertised: told, protocol });
    }
    if client_listeners.is_empty() {
        return Err(ConfigError::new("'listeners' names no listener for clients"));
    }
    check_inter_broker(properties, &client_listeners)?;
    let request_bytes_max = properties.number("socket.request.max.bytes")?;
    Ok(NetworkConfig {
        listeners: client_listeners,
        request_bytes_max,
        queued_bytes_max: queued_bytes(properties, request_bytes_max)?,
        answer_bytes_max: properties.number("strata.queued.max.response.bytes")?,
        connections_max: properties.number("max.connections")?,
        connections_per_ip_max: properties.number("max.connections.per.ip")?,
        idle: properties.duration("connections.max.idle.ms")?,
        http: properties.text("strata.http.listener").unwrap_or_default().to_owned(),
    })
}

/// The listener that brokers use among themselves is one of ours, and not a secured one.
fn check_inter_broker(properties: &ServerProperties, listeners: &[Listener]) -> Result<(), ConfigError> {
    let name = properties.get("inter.broker.listener.name").map(str::to_ascii_uppercase);
    let protocol = properties.get("security.inter.broker.protocol");
    match (name, protocol) {
        (Some(_), Some(_)) => Err(ConfigError::new(
            "'inter.broker.listener.name' and 'security.inter.broker.protocol' exclude each other: set one of them",
        )),
        (Some(name), None) if !listeners.iter().any(|listener| listener.bind.name == name) => {
            Err(ConfigError::new(format!("'inter.broker.listener.name={name}' is not among 'listeners'")))
        }
        (None, Some(protocol)) if protocol != "PLAINTEXT" => Err(ConfigError::new(format!(
            "'security.inter.broker.protocol={protocol}' asks for TLS or SASL, which are not served yet: use PLAINTEXT"
        ))),
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

/// Kafka has no limit unless one is set; here it is 256 MiB then, or one request where that is more.
fn queued_bytes(properties: &ServerProperties, request_bytes_max: usize) -> Result<usize, ConfigError> {
    let queued: i64 = properties.number("queued.max.request.bytes")?;
    match usize::try_from(queued) {
        Ok(0) | Err(_) => Ok(QUEUED_BYTES_DEFAULT.max(request_bytes_max)),
        Ok(queued) if queued < request_bytes_max => Err(ConfigError::new(format!(
            "'queued.max.request.bytes={queued}' is below 'socket.request.max.bytes' ({request_bytes_max}): the largest \
             request would never find room"
        ))),
        Ok(queued) => Ok(queued),
    }
}

fn topics(properties: &ServerProperties) -> Result<TopicConfig, ConfigError> {
    Ok(TopicConfig {
        auto_create: properties.flag("auto.create.topics.enable"),
        partitions: properties.number("num.partitions")?,
        replication_factor: properties.number("default.replication.factor")?,
        delete_enable: properties.flag("delete.topic.enable"),
        describe_partitions_max: properties.number("max.request.partition.size.limit")?,
    })
}

fn groups(properties: &ServerProperties) -> Result<GroupConfig, ConfigError> {
    let retention_minutes: i64 = properties.number("offsets.retention.minutes")?;
    let config = GroupConfig {
        initial_rebalance_delay_ms: properties.number("group.initial.rebalance.delay.ms")?,
        session_timeout_min_ms: properties.number("group.min.session.timeout.ms")?,
        session_timeout_max_ms: properties.number("group.max.session.timeout.ms")?,
        size_max: properties.number("group.max.size")?,
        offsets_retention_ms: retention_minutes.saturating_mul(60_000),
        offsets_retention_check: properties.duration("offsets.retention.check.interval.ms")?,
        offset_metadata_bytes_max: properties.number("offset.metadata.max.bytes")?,
        commit_timeout: properties.duration("offsets.commit.timeout.ms")?,
        offsets_partitions: properties.number("offsets.topic.num.partitions")?,
        offsets_replication_factor: properties.number("offsets.topic.replication.factor")?,
        offsets_segment_bytes: properties.number("offsets.topic.segment.bytes")?,
    };
    if config.session_timeout_min_ms > config.session_timeout_max_ms {
        return Err(ConfigError::new(
            "'group.min.session.timeout.ms' is above 'group.max.session.timeout.ms': no timeout would be valid",
        ));
    }
    Ok(config)
}

fn storage(properties: &ServerProperties) -> Result<StorageConfig, ConfigError> {
    let mut log_dirs = properties.list("log.dirs");
    if log_dirs.is_empty() {
        log_dirs = properties.list("log.dir");
    }
    let mut log_dirs: Vec<PathBuf> = log_dirs.into_iter().map(PathBuf::from).collect();
    let Some(first) = log_dirs.first().cloned() else {
        return Err(ConfigError::new("'log.dirs' is missing: the directories of the log"));
    };
    log_dirs.sort();
    if log_dirs.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(ConfigError::new("'log.dirs' names a directory twice"));
    }
    let lost = properties.list("strata.log.dirs.lost").into_iter().map(|id| {
        let wrong = || {
            let reason =
                format!("'strata.log.dirs.lost' names '{id}', which is no id of a log directory; the log tells those");
            ConfigError::new(reason)
        };
        parse_uuid(&id).ok_or_else(wrong)
    });
    Ok(StorageConfig {
        lost_log_dirs: lost.collect::<Result<_, _>>()?,
        log_dirs,
        metadata_dir: properties.get("metadata.log.dir").map_or_else(|| first.join("raft"), PathBuf::from),
        metadata_snapshot_entries: properties.number("strata.metadata.snapshot.entries")?,
        durability: match properties.text("strata.log.durability") {
            Some("os") => Durability::Os,
            _ => Durability::Fsync,
        },
        disk_reserve_bytes: properties.number("strata.log.disk.reserve.bytes")?,
        journal_bytes: properties.number("strata.log.journal.bytes")?,
        tail_bytes: properties.number("strata.log.tail.bytes")?,
        retention_check: properties.duration("log.retention.check.interval.ms")?,
        checkpoint_interval: properties.duration("log.flush.offset.checkpoint.interval.ms")?,
        cleaner_backoff: properties.duration("log.cleaner.backoff.ms")?,
        cleaner_map_bytes: properties.number("log.cleaner.dedupe.buffer.size")?,
        recovery_threads: properties.number("num.recovery.threads.per.data.dir")?,
        producer_id_expiration_ms: properties.number("producer.id.expiration.ms")?,
    })
}

fn fetch(properties: &ServerProperties) -> Result<FetchConfig, ConfigError> {
    Ok(FetchConfig {
        bytes_max: properties.number("fetch.max.bytes")?,
        session_slots: properties.number("max.incremental.fetch.session.cache.slots")?,
        remote_wait: properties.duration("remote.fetch.max.wait.ms")?,
        remote_list_offsets_timeout: properties.duration("remote.list.offsets.request.timeout.ms")?,
        replica_lag_time_max_ms: properties.number("replica.lag.time.max.ms")?,
    })
}

fn tier(properties: &ServerProperties) -> Result<Option<TierConfig>, ConfigError> {
    let url = properties.get("strata.tier.url");
    if !properties.flag("remote.log.storage.system.enable") {
        return match url {
            Some(_) => Err(ConfigError::new(
                "'strata.tier.url' is set but 'remote.log.storage.system.enable' is not true: set both or neither",
            )),
            None => Ok(None),
        };
    }
    let Some(url) = url else {
        return Err(ConfigError::new(
            "'remote.log.storage.system.enable=true' needs 'strata.tier.url' \
             (s3://BUCKET/PREFIX, gs://…, az://…, file:///DIR)",
        ));
    };
    let tiering = TieringConfig {
        segment_bytes_max: properties.number("strata.tier.segment.bytes.max")?,
        upload_bytes_in_flight: properties.number("strata.tier.upload.bytes.in.flight")?,
        upload_max_lag_ms: properties.number("strata.tier.upload.max.lag.ms")?,
        delete_grace_ms: properties.number("strata.tier.delete.grace.ms")?,
        put_late_ms: properties.number("strata.tier.put.late.ms")?,
        retention_check_ms: properties.number("log.retention.check.interval.ms")?,
        ..TieringConfig::default()
    };
    tiering.validate().map_err(|error| ConfigError::new(format!("strata.tier: {error}")))?;
    let cache_dir = match properties.get("strata.cache.dir") {
        Some(dir) => PathBuf::from(dir),
        None => storage(properties)?.metadata_dir.with_file_name("cache"),
    };
    Ok(Some(TierConfig {
        url: url.to_owned(),
        s3_endpoint: properties.get("strata.tier.s3.endpoint").map(str::to_owned),
        s3_region: properties.get("strata.tier.s3.region").map(str::to_owned),
        s3_path_style: properties.flag("strata.tier.s3.path-style"),
        default_enable: properties.flag("strata.tier.default.enable"),
        sweep_interval: properties.duration("strata.tier.sweep.interval.ms")?,
        cache_memory_bytes: properties.number("strata.cache.memory.bytes")?,
        cache_index_bytes: properties.number("strata.cache.index.bytes")?,
        cache_disk_bytes: properties.number("strata.cache.disk.bytes")?,
        cache_dir,
        tiering,
    }))
}

#[cfg(test)]
mod tests;
