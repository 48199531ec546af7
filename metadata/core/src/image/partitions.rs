//! The replication state of one partition, all that Kafka's partition registration holds.
//!
//! Owns: the struct and what can be read off it. Does not own: its changes (`election.rs`, `control/isr.rs`).
//! Invariants (`invariants.rs`): ISR and ELR are disjoint parts of the replicas; a leader is one of the ISR.

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerId, LeaderEpoch, PartitionEpoch, Uuid};

/// Directory of a replica that its broker has not put anywhere yet.
pub const DIRECTORY_UNASSIGNED: Uuid = Uuid::nil();
/// Directory of a replica that was lost with it.
pub const DIRECTORY_LOST: Uuid = Uuid::from_u128(1);
/// Ids below are reserved and belong to no directory.
pub const DIRECTORY_RESERVED_BELOW: u128 = 100;

/// Whether the leader was elected cleanly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LeaderRecovery {
    /// Nothing was lost by the election, or the leader has recovered since.
    #[default]
    Recovered,
    /// The leader was elected uncleanly and has not confirmed yet that it recovered.
    Recovering,
}

/// Replication state of one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    /// Brokers that hold a replica; the first is the preferred leader.
    pub replicas: Vec<BrokerId>,
    /// Log directory of each replica, in the order of `replicas`.
    pub directories: Vec<Uuid>,
    /// In-sync replicas.
    pub isr: Vec<BrokerId>,
    /// Eligible leader replicas: out of sync, yet they hold all that is committed.
    pub elr: Vec<BrokerId>,
    /// Who led when the last in-sync and eligible replica went.
    pub last_known_elr: Vec<BrokerId>,
    /// Replicas that a reassignment adds.
    pub adding: Vec<BrokerId>,
    /// Replicas that a reassignment removes.
    pub removing: Vec<BrokerId>,
    /// The leader; [`BrokerId::NONE`] if there is none.
    pub leader: BrokerId,
    /// Whether the leader was elected cleanly.
    pub leader_recovery: LeaderRecovery,
    /// Grows with each change of the leader.
    pub leader_epoch: LeaderEpoch,
    /// Grows with each change of this state.
    pub partition_epoch: PartitionEpoch,
}

impl Partition {
    /// Whether some broker leads.
    #[must_use]
    pub fn has_leader(&self) -> bool {
        self.leader != BrokerId::NONE
    }

    /// Whether the broker holds a replica.
    #[must_use]
    pub fn is_replica(&self, broker: BrokerId) -> bool {
        self.replicas.contains(&broker)
    }

    /// The log directory of the broker's replica.
    #[must_use]
    pub fn directory_of(&self, broker: BrokerId) -> Option<Uuid> {
        let position = self.replicas.iter().position(|replica| *replica == broker)?;
        self.directories.get(position).copied()
    }
}
