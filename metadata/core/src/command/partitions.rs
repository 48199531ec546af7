//! Commands on replicas and leaders.

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch, TopicIdPartition, Uuid};

use crate::image::partitions::LeaderRecovery;

/// Partitions in one command on partitions, at most.
pub const PARTITIONS_PER_COMMAND_MAX: usize = 500;

/// Changes in-sync replicas, by compare-and-set; each partition for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlterPartitions {
    /// The leader that asks.
    pub broker: BrokerId,
    /// Its registration.
    pub broker_epoch: BrokerEpoch,
    /// The changes, at most [`PARTITIONS_PER_COMMAND_MAX`].
    pub changes: Vec<AlterPartition>,
}

/// The wished in-sync replicas of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlterPartition {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Epoch under which the asker leads.
    pub leader_epoch: LeaderEpoch,
    /// State from which the asker starts.
    pub partition_epoch: PartitionEpoch,
    /// In-sync replicas, each with its registration ([`BrokerEpoch::NONE`]: not checked).
    pub isr: Vec<(BrokerId, BrokerEpoch)>,
    /// Whether the leader has recovered.
    pub leader_recovery: LeaderRecovery,
}

/// Which kind of election.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ElectionKind {
    /// The first replica leads if it can.
    Preferred,
    /// Any live replica leads where there is no leader, even if records are lost by it.
    Unclean,
}

/// Elects leaders; each partition for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectLeaders {
    /// Which kind.
    pub kind: ElectionKind,
    /// The partitions, at most [`PARTITIONS_PER_COMMAND_MAX`].
    pub partitions: Vec<TopicIdPartition>,
}

/// Says in which log directories a broker has put its replicas; each partition for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignDirectories {
    /// The broker.
    pub broker: BrokerId,
    /// Its registration.
    pub broker_epoch: BrokerEpoch,
    /// Directory by partition, at most [`PARTITIONS_PER_COMMAND_MAX`].
    pub assignments: Vec<(TopicIdPartition, Uuid)>,
}
