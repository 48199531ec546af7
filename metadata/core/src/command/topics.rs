//! Commands on topics.

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerId, Timestamp, TopicId};

/// Where replicas go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// As `placement.rs` chooses.
    Seeded {
        /// Number of partitions.
        partitions: u32,
        /// Replicas of each.
        replication_factor: u16,
        /// Random number of the proposer.
        seed: u64,
    },
    /// As given, partition by partition.
    Manual(Vec<Vec<BrokerId>>),
}

/// Brokers' defaults of topic configs on which the state's own rules depend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigDefaults {
    /// The effective default of `cleanup.policy`.
    pub cleanup_policy: String,
}

/// Creates a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTopic {
    /// Its identity.
    pub topic_id: TopicId,
    /// Its name.
    pub name: String,
    /// Whether it is one of the cluster's own.
    pub internal: bool,
    /// Its partitions.
    pub placement: Placement,
    /// Its configs, each value validated.
    pub configs: Vec<(String, String)>,
    /// What holds where it has none.
    pub defaults: ConfigDefaults,
}

/// Deletes a topic. What it has in the bucket goes under tombstones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteTopic {
    /// The topic.
    pub topic_id: TopicId,
    /// The proposer's clock.
    pub now: Timestamp,
}

/// Adds partitions to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePartitions {
    /// The topic.
    pub topic_id: TopicId,
    /// Number of partitions that it then has.
    pub total: u32,
    /// Replicas of the new ones, if they are given.
    pub assignments: Option<Vec<Vec<BrokerId>>>,
    /// Random number of the proposer, for those that are not.
    pub seed: u64,
}
