//! What applying a command answers: a [`Reply`], or the [`Refusal`] that left the state as it was.
//!
//! Owns: the reasons, with all that a message to a user needs. Does not own: Kafka's error codes (the broker maps them).

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionEpoch, ProducerId, TopicId, Uuid};

use crate::error::ErrorKind;
use crate::image::partitions::Partition;

/// Answer to one command.
pub type Response = Result<Reply, Refusal>;

/// What an applied command answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// It is so, by this command or by an earlier one.
    Done,
    /// A topic was created.
    TopicCreated {
        /// Its identity.
        topic_id: TopicId,
        /// Its partitions.
        partitions: u32,
        /// Replicas of each.
        replication_factor: u16,
    },
    /// A broker or controller was registered.
    Registered {
        /// The epoch that the registration has from now on.
        broker_epoch: BrokerEpoch,
    },
    /// One answer for each partition that the command names, in its order.
    Partitions(Vec<Result<Partition, Refusal>>),
    /// A block of producer ids belongs to the asking broker.
    ProducerIds {
        /// The first.
        first: ProducerId,
        /// How many.
        count: u32,
    },
    /// How a uuid stands now.
    Uuid(UuidState),
}

/// How the uuid of a remote object stands in the quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UuidState {
    /// Never reserved, or forgotten.
    Unknown,
    /// Reserved and live.
    Reserved,
    /// Committed.
    Committed,
    /// Abandoned and not yet forgotten.
    Abandoned,
}

/// Which epoch has moved on under the one who asks for a change of a remote partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum FencedBy {
    /// Another broker leads the partition, or none.
    #[error("the partition's leader is broker {leader}")]
    NotLeader {
        /// Who leads; −1 for nobody.
        leader: BrokerId,
    },
    /// The leader epoch is not the current one.
    #[error("the leader epoch is {current}")]
    LeaderEpoch {
        /// The current one.
        current: LeaderEpoch,
    },
    /// The registration is not the current one.
    #[error("the broker epoch is {current}")]
    BrokerEpoch {
        /// The current one; −1 if the broker is not registered.
        current: BrokerEpoch,
    },
    /// Tiering was disabled meanwhile.
    #[error("the tiering epoch is {current}")]
    TieringEpoch {
        /// The current one.
        current: u32,
    },
    /// The reservation belongs to an earlier leader, registration or tiering epoch.
    #[error("the reservation is of an earlier epoch")]
    Reservation,
}

/// Why a command on a partition's remote segments was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum RemoteRefusal {
    /// Another epoch has taken over.
    #[error("fenced: {0}")]
    Fenced(FencedBy),
    /// No such partition, or it was never tiered.
    #[error("the partition has no remote state")]
    UnknownPartition,
    /// The leader has not set the log start yet.
    #[error("the log start is not set yet")]
    NotBegun,
    /// `remote.storage.enable` is not true for the topic.
    #[error("remote.storage.enable is not true")]
    TieringDisabled,
    /// `remote.storage.enable` is (again) true for the topic.
    #[error("remote.storage.enable is true")]
    TieringEnabled,
    /// The uuid is in use, or was.
    #[error("the uuid is already {0:?}")]
    UuidTaken(UuidState),
    /// The uuid was never reserved, or is forgotten.
    #[error("the uuid has no live reservation")]
    UuidUnknown,
    /// The uuid was abandoned: its object will be deleted.
    #[error("the uuid was abandoned")]
    AlreadyAbandoned,
    /// Another reservation of this kind is live; its outcome must be learnt first.
    #[error("uuid {0} is reserved and live")]
    ReservationLive(Uuid),
    /// The base offset is not where the next range begins.
    #[error("the next range begins at {expected}")]
    BaseMismatch {
        /// Where it begins.
        expected: Offset,
    },
    /// The page list has changed.
    #[error("the page list is at version {current}")]
    PagesVersionMismatch {
        /// Its version now.
        current: u64,
    },
    /// The remote end has moved since the reservation.
    #[error("the remote end has moved")]
    RemoteEndMoved {
        /// Where it is now.
        current: Option<Offset>,
    },
    /// All of the range is below the log start.
    #[error("the range ends at or below the log start {log_start}")]
    BelowLogStart {
        /// The log start.
        log_start: Offset,
    },
    /// The quorum holds as many rows of the partition as it may: a page must be written first.
    #[error("the quorum holds as many rows of the partition as it may")]
    RowsFull,
    /// Too many abandoned uuids are not yet forgotten.
    #[error("too many abandoned uuids are not yet forgotten")]
    TooManyAbandoned,
    /// Too many replaced pages are not yet deleted.
    #[error("too many replaced pages are not yet deleted")]
    TooManyPendingPages,
    /// Something of the tombstone is left.
    #[error("the tombstone still names {left} objects")]
    TombstoneNotEmpty {
        /// Uuids that are neither deleted nor forgotten.
        left: u32,
    },
    /// The command contradicts itself or the state.
    #[error("{0}")]
    Invalid(String),
}

impl RemoteRefusal {
    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Fenced(_) | Self::TieringDisabled | Self::TieringEnabled | Self::AlreadyAbandoned => {
                ErrorKind::Fenced
            }
            Self::UnknownPartition | Self::UuidUnknown => ErrorKind::NotFound,
            Self::RowsFull
            | Self::TooManyAbandoned
            | Self::TooManyPendingPages
            | Self::ReservationLive(_)
            | Self::TombstoneNotEmpty { .. }
            | Self::NotBegun => ErrorKind::Unavailable,
            Self::UuidTaken(_)
            | Self::BaseMismatch { .. }
            | Self::PagesVersionMismatch { .. }
            | Self::RemoteEndMoved { .. }
            | Self::BelowLogStart { .. }
            | Self::Invalid(_) => ErrorKind::Invalid,
        }
    }
}

/// Why a command was refused. The state is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// The entry's index is not above the last applied one.
    #[error("entry {index} is not above the applied index {applied}")]
    StaleIndex {
        /// The entry's index.
        index: u64,
        /// The last applied one.
        applied: u64,
    },
    /// The cluster has no id and no features yet.
    #[error("the cluster is not formatted")]
    NotFormatted,
    /// The finalized `metadata.version` does not allow the command.
    #[error("the command needs metadata.version {needed}, but {finalized} is finalized")]
    UnsupportedCommand {
        /// The smallest level that allows it.
        needed: i16,
        /// The finalized level.
        finalized: i16,
    },
    /// The cluster has another id.
    #[error("the cluster id is {expected}, not {given}")]
    InconsistentClusterId {
        /// The cluster's id.
        expected: String,
        /// The one that was given.
        given: String,
    },
    /// The bucket store of the cluster has another id.
    #[error("the cluster's store id is {current}")]
    StoreIdDiffers {
        /// The one that the quorum holds.
        current: Uuid,
    },
    /// The name may not be a topic's.
    #[error("topic name {name:?} is illegal: {reason}")]
    InvalidTopicName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A topic of this name exists.
    #[error("topic '{name}' already exists")]
    TopicAlreadyExists {
        /// The name.
        name: String,
    },
    /// A topic exists whose name differs only in `.` and `_`.
    #[error("topic '{name}' collides with the existing topic '{existing}'")]
    TopicNameCollides {
        /// The new name.
        name: String,
        /// The existing one.
        existing: String,
    },
    /// The topic id is in use.
    #[error("topic id {topic_id} is in use")]
    TopicIdTaken {
        /// The id.
        topic_id: TopicId,
    },
    /// The number of partitions cannot be.
    #[error("{reason}")]
    InvalidPartitions {
        /// What is wrong with it.
        reason: String,
    },
    /// There are not as many usable brokers as replicas.
    #[error("replication factor {wanted} is not possible: usable brokers: {alive}")]
    InvalidReplicationFactor {
        /// Replicas wanted.
        wanted: u16,
        /// Brokers that could take one.
        alive: usize,
    },
    /// The given replicas cannot be.
    #[error("{reason}")]
    InvalidReplicaAssignment {
        /// What is wrong with them.
        reason: String,
    },
    /// No such topic.
    #[error("no such topic")]
    UnknownTopic,
    /// No such partition.
    #[error("no such partition")]
    UnknownPartition,
    /// A config is not possible.
    #[error("{key}: {reason}")]
    InvalidConfig {
        /// The config's name.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `compact` and tiering exclude each other.
    #[error("remote.storage.enable=true is not possible with cleanup.policy=compact")]
    CompactedAndTiered,
    /// The topic's partitions still hold remote data of before; ask again.
    #[error("tiering of the topic is still being disabled")]
    TieringStillEnding,
    /// Tiering may be disabled only together with a promise to delete the remote data.
    #[error("disabling remote storage needs remote.log.delete.on.disable=true")]
    RemoteDataWouldRemain,
    /// The registration cannot be.
    #[error("{reason}")]
    InvalidRegistration {
        /// What is wrong with it.
        reason: String,
    },
    /// A node does not support a level that is or would be finalized.
    #[error("{node} does not support level {level} of {feature}")]
    UnsupportedFeature {
        /// The feature.
        feature: String,
        /// The level.
        level: i16,
        /// Who lacks it.
        node: String,
    },
    /// The change of a feature's level is not allowed.
    #[error("{feature}: {reason}")]
    InvalidFeature {
        /// The feature.
        feature: String,
        /// What is wrong.
        reason: String,
    },
    /// The broker is not registered.
    #[error("broker {0} is not registered")]
    UnknownBroker(BrokerId),
    /// The broker has registered again since.
    #[error("the broker epoch is {current}")]
    StaleBrokerEpoch {
        /// The current one.
        current: BrokerEpoch,
    },
    /// The leader has changed since.
    #[error("the leader epoch is {current}")]
    FencedLeaderEpoch {
        /// The current one.
        current: LeaderEpoch,
    },
    /// The asker knows a newer epoch than this state.
    #[error("the epochs are newer than this state's")]
    NewerEpoch,
    /// The partition has changed since.
    #[error("the partition epoch is {current}")]
    InvalidUpdateVersion {
        /// The current one.
        current: PartitionEpoch,
    },
    /// The in-sync replicas cannot be, or the asker does not lead.
    #[error("{reason}")]
    InvalidIsr {
        /// What is wrong.
        reason: String,
    },
    /// A broker may not join the in-sync replicas now.
    #[error("broker {broker} may not be in sync now")]
    IneligibleReplica {
        /// The broker.
        broker: BrokerId,
    },
    /// The leader is the wanted one already.
    #[error("no election is needed")]
    ElectionNotNeeded,
    /// The preferred replica may not lead now.
    #[error("the preferred replica may not lead now")]
    PreferredLeaderNotAvailable,
    /// No replica may lead now.
    #[error("no replica may lead now")]
    EligibleLeadersNotAvailable,
    /// No producer ids are left.
    #[error("no producer ids are left")]
    ProducerIdsExhausted,
    /// A command names more things than it may.
    #[error("{what}: at most {max}")]
    TooMany {
        /// What there is too much of.
        what: String,
        /// The limit.
        max: usize,
    },
    /// A command on remote segments was refused.
    #[error(transparent)]
    Remote(#[from] RemoteRefusal),
}

impl Refusal {
    /// What the caller can do about it.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::StaleIndex { .. } => ErrorKind::Internal,
            Self::TieringStillEnding | Self::PreferredLeaderNotAvailable | Self::EligibleLeadersNotAvailable => {
                ErrorKind::Unavailable
            }
            Self::StaleBrokerEpoch { .. }
            | Self::FencedLeaderEpoch { .. }
            | Self::NewerEpoch
            | Self::InvalidUpdateVersion { .. }
            | Self::StoreIdDiffers { .. } => ErrorKind::Fenced,
            Self::UnknownTopic | Self::UnknownPartition | Self::UnknownBroker(_) => ErrorKind::NotFound,
            Self::NotFormatted
            | Self::UnsupportedCommand { .. }
            | Self::InconsistentClusterId { .. }
            | Self::InvalidTopicName { .. }
            | Self::TopicAlreadyExists { .. }
            | Self::TopicNameCollides { .. }
            | Self::TopicIdTaken { .. }
            | Self::InvalidPartitions { .. }
            | Self::InvalidReplicationFactor { .. }
            | Self::InvalidReplicaAssignment { .. }
            | Self::InvalidConfig { .. }
            | Self::CompactedAndTiered
            | Self::RemoteDataWouldRemain
            | Self::InvalidRegistration { .. }
            | Self::UnsupportedFeature { .. }
            | Self::InvalidFeature { .. }
            | Self::InvalidIsr { .. }
            | Self::IneligibleReplica { .. }
            | Self::ElectionNotNeeded
            | Self::ProducerIdsExhausted
            | Self::TooMany { .. } => ErrorKind::Invalid,
            Self::Remote(refusal) => refusal.kind(),
        }
    }

    /// Whether the same command may succeed later.
    #[must_use]
    pub const fn is_retriable(&self) -> bool {
        matches!(self.kind(), ErrorKind::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_that_may_pass_by_itself_is_retriable() {
        let table = [
            (Refusal::TieringStillEnding, ErrorKind::Unavailable),
            (Refusal::PreferredLeaderNotAvailable, ErrorKind::Unavailable),
            (Refusal::EligibleLeadersNotAvailable, ErrorKind::Unavailable),
            (Refusal::Remote(RemoteRefusal::NotBegun), ErrorKind::Unavailable),
            (Refusal::NewerEpoch, ErrorKind::Fenced),
            (Refusal::UnknownTopic, ErrorKind::NotFound),
            (Refusal::UnknownPartition, ErrorKind::NotFound),
            (Refusal::NotFormatted, ErrorKind::Invalid),
            (Refusal::CompactedAndTiered, ErrorKind::Invalid),
            (Refusal::ElectionNotNeeded, ErrorKind::Invalid),
        ];
        for (refusal, kind) in table {
            assert_eq!((refusal.kind(), refusal.is_retriable()), (kind, kind == ErrorKind::Unavailable), "{refusal}");
        }
    }
}
