//! The metadata quorum at start: opened, formed at the first start, and this broker registered in it.
//!
//! Owns: the commands of a start and their order. Does not own: the quorum.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use strata_compat::ids::{BrokerEpoch, BrokerId, TopicIdPartition, Uuid};
use strata_metadata::error::{Error as QuorumError, ErrorKind as QuorumErrorKind};
use strata_metadata::quorum::{Quorum, QuorumOptions};
use strata_metadata::raft_network::NoPeers;
use strata_metadata_core::command::brokers::{BrokerChange, ChangeBroker, RegisterBroker};
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::partitions::{AssignDirectories, PARTITIONS_PER_COMMAND_MAX};
use strata_metadata_core::command::topics::ConfigDefaults;
use strata_metadata_core::command::{Command, FormatCluster, SetStoreId};
use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};
use strata_metadata_core::image::configs::{CONTROLLER_KEYS, ConfigResource, Configs};
use strata_metadata_core::response::Reply;
use strata_tiering::cluster_file::ClusterFileOutcome;
use strata_tiering::crash_point::{self, CrashPoint};
use strata_tiering::store::StoreLocation;

use super::StartError;
use super::identity::Identity;
use crate::config::{BrokerConfig, ConfigError, Durability, topic};
use crate::request::handlers::api_versions::FEATURES;
use crate::tier_service::TierStores;
use crate::topic_creation::canonical;

/// How long one step of the start may take in the quorum.
const STEP_DEADLINE: Duration = Duration::from_secs(30);

/// Crash points of the quorum's crate, which knows them by name only.
const QUORUM_CRASH_POINTS: [(&str, CrashPoint); 8] = [
    ("vote.before", CrashPoint::VoteBefore),
    ("vote.after", CrashPoint::VoteAfter),
    ("snapshot.before", CrashPoint::SnapshotBefore),
    ("snapshot.after", CrashPoint::SnapshotAfter),
    ("raft-append.before", CrashPoint::RaftAppendBefore),
    ("raft-append.after", CrashPoint::RaftAppendAfter),
    ("raft-purge.before", CrashPoint::RaftPurgeBefore),
    ("raft-purge.after", CrashPoint::RaftPurgeAfter),
];

/// What the bucket's owner file told.
pub(super) enum TierState {
    /// The bucket is ours: tiering may begin.
    Ready,
    /// The store cannot be asked now: the hot log is served, tiering waits.
    Paused(String),
}

/// Opens the Raft log.
pub(super) async fn open(config: &BrokerConfig) -> Result<Arc<Quorum>, StartError> {
    let node_id = u64::try_from(config.node_id).map_err(StartError::configuration)?;
    let options = QuorumOptions {
        election_timeout: config.election_timeout,
        snapshot_entries: config.storage.metadata_snapshot_entries,
        crash_hook: Arc::new(|name| {
            if let Some((_, point)) = QUORUM_CRASH_POINTS.iter().find(|(known, _)| *known == name) {
                crash_point::hit(*point);
            }
        }),
        ..QuorumOptions::new(node_id, &config.storage.metadata_dir, Arc::new(NoPeers))
    };
    let (quorum, torn) = Quorum::open(options).await.map_err(quorum_failed)?;
    if let Some(torn) = torn {
        tracing::warn!(
            index = torn.index, bytes = torn.bytes, kept_at = %torn.kept_at.display(),
            "the last record of the Raft log was unfinished; it is cut and kept aside"
        );
    }
    if !quorum.is_initialized().await.map_err(quorum_failed)? {
        let voters = BTreeMap::from([(node_id, String::new())]);
        quorum.initialize(voters).await.map_err(quorum_failed)?;
    }
    quorum.elect().await.map_err(quorum_failed)?;
    quorum.read_linearizable(STEP_DEADLINE).await.map_err(quorum_failed)?;
    Ok(Arc::new(quorum))
}

fn quorum_failed(error: QuorumError) -> StartError {
    match error.kind() {
        QuorumErrorKind::Corrupt => StartError::foreign(error),
        QuorumErrorKind::Invalid
        | QuorumErrorKind::Unavailable
        | QuorumErrorKind::Storage
        | QuorumErrorKind::Closed
        | QuorumErrorKind::Internal => StartError::failed(error),
    }
}

async fn propose(quorum: &Quorum, what: &str, command: Command) -> Result<Reply, StartError> {
    let committed = quorum.propose(&command, STEP_DEADLINE).await.map_err(quorum_failed)?;
    committed.response.map_err(|refusal| StartError::failed(format!("{what}: {refusal}")))
}

/// Gives a new cluster its id and features; of one that has them, checks the id.
pub(super) async fn format(quorum: &Quorum, identity: &Identity) -> Result<(), StartError> {
    let image = quorum.current().image;
    match &image.cluster.cluster_id {
        Some(cluster_id) if *cluster_id == identity.cluster_id => Ok(()),
        Some(cluster_id) => Err(StartError::foreign(format!(
            "the Raft log belongs to cluster {cluster_id}, but meta.properties to cluster {}; nothing was changed",
            identity.cluster_id
        ))),
        None => {
            let features = FEATURES
                .iter()
                .filter(|(_, _, max)| *max > 0)
                .map(|(name, _, max)| ((*name).to_owned(), *max))
                .collect();
            let command = FormatCluster { cluster_id: identity.cluster_id.clone(), features };
            propose(quorum, "formatting the cluster", Command::FormatCluster(command)).await.map(|_| ())
        }
    }
}

/// Judges what was found in the bucket; at the first use its id is recorded.
pub(super) async fn settle_bucket(quorum: &Quorum, outcome: ClusterFileOutcome) -> Result<TierState, StartError> {
    match outcome {
        ClusterFileOutcome::Ours => Ok(TierState::Ready),
        ClusterFileOutcome::First { store_id } => {
            propose(quorum, "recording the bucket", Command::SetStoreId(SetStoreId { store_id })).await?;
            Ok(TierState::Ready)
        }
        ClusterFileOutcome::Foreign { reason } => Err(foreign_bucket(&reason)),
        ClusterFileOutcome::NotCreateOnly => Err(not_create_only()),
        ClusterFileOutcome::Unreachable(error) => Ok(TierState::Paused(error.to_string())),
    }
}

/// Refuses a bucket that a first start cannot use, before anything is formatted.
pub(super) fn refuse_unusable(outcome: &ClusterFileOutcome, location: &StoreLocation) -> Result<(), StartError> {
    match outcome {
        ClusterFileOutcome::Ours | ClusterFileOutcome::First { .. } => Ok(()),
        ClusterFileOutcome::Foreign { reason } => Err(foreign_bucket(reason)),
        ClusterFileOutcome::NotCreateOnly => Err(not_create_only()),
        ClusterFileOutcome::Unreachable(error) => Err(StartError::configuration(format!(
            "the object store cannot be used, and nothing was formatted: {error}; {}",
            location.advice().unwrap_or("check 'strata.tier.url'")
        ))),
    }
}

fn foreign_bucket(reason: &str) -> StartError {
    StartError::foreign(format!("the bucket is not this cluster's: {reason}; nothing was changed"))
}

fn not_create_only() -> StartError {
    StartError::foreign(
        "the object store lets a create-only write (If-None-Match: *) overwrite an object, so segments would not be safe \
         there; use a store that honours it",
    )
}

/// Asks the bucket for its owner. At the first start that comes before anything is formatted.
pub(super) async fn ask_bucket(stores: &TierStores, identity: &Identity, known: Option<Uuid>) -> ClusterFileOutcome {
    stores.check_owner(&identity.cluster_id, known).await
}

/// Tells the state what this controller's `server.properties` say of elections: they hold for topics for which neither the
/// topic nor all brokers have a config of their own. Before the registration, which may elect.
async fn tell_defaults(quorum: &Quorum, config: &BrokerConfig) -> Result<(), StartError> {
    let resource = ConfigResource::controller();
    let wanted = controller_defaults(config).map_err(StartError::configuration)?;
    if quorum.current().image.configs.get(&resource).map_or(wanted.is_empty(), |known| **known == wanted) {
        return Ok(());
    }
    let operations = wanted.into_iter().map(|(key, value)| ConfigOperation::Set { key, value }).collect();
    let defaults = ConfigDefaults { cleanup_policy: String::new() };
    let command = AlterConfigs { resource, replace_all: true, operations, defaults };
    propose(quorum, "telling the defaults of elections", Command::AlterConfigs(command)).await.map(|_| ())
}

fn controller_defaults(config: &BrokerConfig) -> Result<Configs, ConfigError> {
    let mut defaults = Configs::new();
    for key in CONTROLLER_KEYS {
        if let Some(value) = config.properties.get(key) {
            defaults.insert(key.to_owned(), canonical(topic::find(key)?.value_type, value));
        }
    }
    Ok(defaults)
}

/// Registers this broker: its epoch is above every earlier one, and every partition that it leads gets a new epoch.
pub(super) async fn register(
    quorum: &Quorum,
    config: &BrokerConfig,
    identity: &Identity,
    endpoints: Vec<Endpoint>,
    previous_epoch: i64,
) -> Result<BrokerEpoch, StartError> {
    tell_defaults(quorum, config).await?;
    let features = FEATURES
        .iter()
        .map(|(name, min, max)| FeatureRange { name: (*name).to_owned(), min: *min, max: *max })
        .collect();
    let command = RegisterBroker {
        broker: BrokerId(config.node_id),
        cluster_id: identity.cluster_id.clone(),
        incarnation_id: Uuid::from_u128(rand::random()),
        previous_epoch: BrokerEpoch(previous_epoch),
        durable: config.storage.durability == Durability::Fsync,
        fenced: false,
        endpoints,
        rack: config.rack.clone(),
        features,
        log_dirs: identity.log_dir_ids.clone(),
        cordoned_dirs: Vec::new(),
    };
    match propose(quorum, "registering the broker", Command::RegisterBroker(command)).await? {
        Reply::Registered { broker_epoch } => Ok(broker_epoch),
        other => Err(StartError::failed(format!("registering the broker was answered {other:?}"))),
    }
}

/// Keeps new replicas from the directories that are offline: the quorum chooses where those go. What lies there is led on, as long
/// as it can be read.
pub(super) async fn cordon(
    quorum: &Quorum,
    registration: (BrokerId, BrokerEpoch),
    offline: Vec<Uuid>,
) -> Result<(), StartError> {
    let (broker, broker_epoch) = registration;
    if quorum.current().image.broker(broker).is_none_or(|registered| registered.cordoned_dirs == offline) {
        return Ok(());
    }
    let command = ChangeBroker { broker, broker_epoch, change: BrokerChange::DirectoriesCordoned(offline) };
    propose(quorum, "telling which log directories are offline", Command::ChangeBroker(command)).await.map(|_| ())
}

/// Tells the quorum where replicas lie that it has elsewhere or nowhere: then they can be led again.
pub(super) async fn assign_directories(
    quorum: &Quorum,
    registration: (BrokerId, BrokerEpoch),
    assignments: &[(TopicIdPartition, Uuid)],
) -> Result<(), StartError> {
    let (broker, broker_epoch) = registration;
    for some in assignments.chunks(PARTITIONS_PER_COMMAND_MAX) {
        let command = AssignDirectories { broker, broker_epoch, assignments: some.to_vec() };
        let what = "telling in which log directories replicas lie";
        match propose(quorum, what, Command::AssignDirectories(command)).await? {
            Reply::Partitions(answers) => {
                let refused = answers.into_iter().find_map(Result::err);
                refused.map_or(Ok(()), |refusal| Err(StartError::failed(format!("{what}: {refusal}"))))?;
            }
            other => return Err(StartError::failed(format!("{what} was answered {other:?}"))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerProperties;

    fn config(lines: &[(&str, &str)]) -> BrokerConfig {
        let base = [
            ("process.roles", "broker,controller"),
            ("node.id", "1"),
            ("listeners", "PLAINTEXT://127.0.0.1:0"),
            ("log.dirs", "/data/log"),
        ];
        let set: Vec<_> =
            base.iter().chain(lines).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        BrokerConfig::new(ServerProperties::from_parts(Vec::new(), &set).unwrap()).unwrap()
    }

    #[test]
    fn a_store_that_does_not_let_us_in_is_told_with_what_to_check() {
        let away = || {
            let error = strata_tiering::error::Error::new(strata_tiering::error::ErrorKind::Unavailable, "no answer");
            ClusterFileOutcome::Unreachable(error)
        };
        let cases = [
            ("s3://b/p", "`strata tier init`"),
            ("gs://b/p", "GOOGLE_APPLICATION_CREDENTIALS"),
            ("az://c/p", "AZURE_STORAGE_ACCOUNT_KEY"),
            ("file:///d", "check 'strata.tier.url'"),
        ];
        for (url, word) in cases {
            let refused = refuse_unusable(&away(), &StoreLocation::parse(url).unwrap()).unwrap_err();
            assert_eq!(refused.exit_code(), 2);
            assert!(refused.to_string().contains("no answer; ") && refused.to_string().contains(word), "{refused}");
        }
    }

    #[test]
    fn what_server_properties_say_of_elections_reaches_the_state() {
        assert!(controller_defaults(&config(&[])).unwrap().is_empty());
        let told = controller_defaults(&config(&[
            ("min.insync.replicas", "2"),
            ("unclean.leader.election.enable", "TRUE"),
            ("log.retention.ms", "1000"),
        ]));
        let told: Vec<_> = told.unwrap().into_iter().collect();
        let expected = [("min.insync.replicas", "2"), ("unclean.leader.election.enable", "true")];
        assert_eq!(told, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
