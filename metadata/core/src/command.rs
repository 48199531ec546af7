//! Everything that can change the cluster's state. What is not deterministic (clock, random ids, placement seeds) is in
//! the command, put there by its proposer.
//!
//! Owns: the list of commands and their bytes. Does not own: what they do (`apply.rs`, `control/`).
//!
//! Bytes: version (u16, little endian), then the enum in postcard's encoding. Recorded logs are replayed for ever, so
//! variants are only appended, fields are never changed, and a new need is a new variant. **To add one:** append the
//! variant, give it the `metadata.version` from which it is allowed in [`Command::metadata_version_needed`], add its arm
//! to the table in `apply.rs`, and a sample to the golden bytes of the tests.

pub mod brokers;
pub mod configs;
pub mod partitions;
pub mod remote_segments;
pub mod topics;

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, Uuid};

use self::brokers::{ChangeBroker, RegisterBroker, RegisterController, UnregisterBroker};
use self::configs::AlterConfigs;
use self::partitions::{AlterPartitions, AssignDirectories, ElectLeaders};
use self::remote_segments::{
    AbandonObject, AdvanceDeletedTo, AdvanceTombstone, BeginTiering, CommitSegment, DisableTiering, ForgetObjects,
    MoveLogStart, ReplaceRows, ReserveObject,
};
use self::topics::{CreatePartitions, CreateTopic, DeleteTopic};
use crate::error::{Error, ErrorKind};

/// Bytes of an encoded command, at most: with what Raft adds, no entry exceeds 64 KiB.
pub const COMMAND_BYTES_MAX: usize = 64 * 1024 - 256;

/// Version of the envelope.
const COMMAND_VERSION: u16 = 1;

/// The `metadata.version` of the first release: Kafka's 4.3-IV0.
pub const METADATA_VERSION_FIRST: i16 = 30;

/// One change of the cluster's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Changes nothing.
    NoOp,
    /// Gives the cluster its id and its first features.
    FormatCluster(FormatCluster),
    /// Records the id of the cluster's bucket store.
    SetStoreId(SetStoreId),
    /// Registers a controller.
    RegisterController(RegisterController),
    /// Registers a broker.
    RegisterBroker(RegisterBroker),
    /// Removes a broker.
    UnregisterBroker(UnregisterBroker),
    /// Fences or unfences a broker, begins its controlled shutdown, or changes its directories.
    ChangeBroker(ChangeBroker),
    /// Creates a topic.
    CreateTopic(CreateTopic),
    /// Deletes a topic.
    DeleteTopic(DeleteTopic),
    /// Adds partitions to a topic.
    CreatePartitions(CreatePartitions),
    /// Changes in-sync replicas.
    AlterPartitions(AlterPartitions),
    /// Elects leaders by an operator's wish, or the preferred ones.
    ElectLeaders(ElectLeaders),
    /// Says in which directories a broker has put replicas.
    AssignDirectories(AssignDirectories),
    /// Changes dynamic configs.
    AlterConfigs(AlterConfigs),
    /// Changes finalized features.
    UpdateFeatures(UpdateFeatures),
    /// Gives a block of producer ids to a broker.
    AllocateProducerIds(AllocateProducerIds),
    /// Sets the log start of a partition whose tiering was enabled.
    BeginTiering(BeginTiering),
    /// Ends the tiering of a partition.
    DisableTiering(DisableTiering),
    /// Reserves a uuid for an object.
    ReserveObject(ReserveObject),
    /// Commits a reserved segment.
    CommitSegment(CommitSegment),
    /// Commits a reserved page in place of rows.
    ReplaceRows(ReplaceRows),
    /// Gives up a reservation.
    AbandonObject(AbandonObject),
    /// Forgets objects that are gone.
    ForgetObjects(ForgetObjects),
    /// Raises the log start.
    MoveLogStart(MoveLogStart),
    /// Raises the mark below which all is gone from the bucket.
    AdvanceDeletedTo(AdvanceDeletedTo),
    /// Moves the walk of a tombstone on.
    AdvanceTombstone(AdvanceTombstone),
}

/// Gives the cluster its id and its first features. Repeating it with the same id answers `Done`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatCluster {
    /// The cluster's id.
    pub cluster_id: String,
    /// Finalized levels by feature; `metadata.version` must be among them.
    pub features: Vec<(String, i16)>,
}

/// Records the id of the cluster's bucket store, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStoreId {
    /// The id in `cluster.json`.
    pub store_id: Uuid,
}

/// How a feature's level may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeatureUpgrade {
    /// Only up.
    Upgrade,
    /// Also down, where nothing is lost by it.
    SafeDowngrade,
    /// Also down, whatever is lost.
    UnsafeDowngrade,
}

/// Changes finalized features, all or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateFeatures {
    /// New level and allowed direction by feature; level 0 removes it.
    pub updates: Vec<(String, i16, FeatureUpgrade)>,
}

/// Gives a block of [`PRODUCER_ID_BLOCK`](crate::image::producer_ids::PRODUCER_ID_BLOCK) producer ids to a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocateProducerIds {
    /// The broker.
    pub broker: BrokerId,
    /// Its registration.
    pub broker_epoch: BrokerEpoch,
}

impl Command {
    /// The finalized `metadata.version` from which the command is allowed; 0: also before the cluster is formatted.
    #[must_use]
    pub const fn metadata_version_needed(&self) -> i16 {
        match self {
            Self::NoOp | Self::FormatCluster(_) => 0,
            Self::SetStoreId(_)
            | Self::RegisterController(_)
            | Self::RegisterBroker(_)
            | Self::UnregisterBroker(_)
            | Self::ChangeBroker(_)
            | Self::CreateTopic(_)
            | Self::DeleteTopic(_)
            | Self::CreatePartitions(_)
            | Self::AlterPartitions(_)
            | Self::ElectLeaders(_)
            | Self::AssignDirectories(_)
            | Self::AlterConfigs(_)
            | Self::UpdateFeatures(_)
            | Self::AllocateProducerIds(_)
            | Self::BeginTiering(_)
            | Self::DisableTiering(_)
            | Self::ReserveObject(_)
            | Self::CommitSegment(_)
            | Self::ReplaceRows(_)
            | Self::AbandonObject(_)
            | Self::ForgetObjects(_)
            | Self::MoveLogStart(_)
            | Self::AdvanceDeletedTo(_)
            | Self::AdvanceTombstone(_) => METADATA_VERSION_FIRST,
        }
    }

    /// The command's bytes.
    ///
    /// # Errors
    /// `Invalid` if it is larger than [`COMMAND_BYTES_MAX`]: what a client asked for must be split or refused.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let bytes = postcard::to_extend(self, COMMAND_VERSION.to_le_bytes().to_vec())
            .map_err(|error| Error::new(ErrorKind::Internal, format!("encode a command: {error}")))?;
        if bytes.len() > COMMAND_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!("a command of {} bytes is larger than {COMMAND_BYTES_MAX}", bytes.len()),
            ));
        }
        Ok(bytes)
    }

    /// Reads what [`Command::encode`] wrote.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are not exactly one command of a version that is known here.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let corrupt = |what: String| Error::new(ErrorKind::Corrupt, format!("decode a command: {what}"));
        if bytes.len() > COMMAND_BYTES_MAX {
            return Err(corrupt(format!("{} bytes are more than {COMMAND_BYTES_MAX}", bytes.len())));
        }
        let (version, body) = bytes.split_first_chunk::<2>().ok_or_else(|| corrupt("no version".to_owned()))?;
        let version = u16::from_le_bytes(*version);
        if version != COMMAND_VERSION {
            return Err(corrupt(format!("unknown version {version}")));
        }
        let (command, rest) = postcard::take_from_bytes(body).map_err(|error| corrupt(error.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt(format!("{} bytes too many", rest.len())));
        }
        Ok(command)
    }
}

#[cfg(test)]
pub(crate) mod tests;
