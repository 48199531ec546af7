//! The partition's state as the controller has committed it, and the brokers behind its replicas.
//!
//! Owns: [`PartitionState`], [`ReplicaBroker`]. Does not own: who changes it (the controller), the pending ISR
//! (`alter_partition.rs`).
//!
//! Invariant: of two states with the same leader epoch the one with the higher partition epoch is newer.

use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, PartitionEpoch};

/// Whether the leader was elected uncleanly and has not confirmed its log yet (KIP-704).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecoveryState {
    /// Nothing to confirm.
    #[default]
    Recovered,
    /// The ISR may hold only the leader until it confirms.
    Recovering,
}

/// What the controller says of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionState {
    /// The leader, if there is one.
    pub leader: Option<BrokerId>,
    /// Counts leaders.
    pub leader_epoch: LeaderEpoch,
    /// Counts changes.
    pub partition_epoch: PartitionEpoch,
    /// All replicas in the order of preference, adding and removing ones included.
    pub replicas: Vec<BrokerId>,
    /// The in-sync replicas.
    pub isr: Vec<BrokerId>,
    /// Whether the leader has to confirm its log.
    pub recovery_state: RecoveryState,
}

impl PartitionState {
    /// Whether `broker` is in the committed ISR.
    #[must_use]
    pub fn is_in_sync(&self, broker: BrokerId) -> bool {
        self.isr.contains(&broker)
    }

    /// `min.insync.replicas` can ask for no more than there are.
    #[must_use]
    pub fn effective_min_isr(&self, min_isr: usize) -> usize {
        min_isr.min(self.replicas.len()).max(1)
    }
}

/// What the metadata image says of a broker that holds a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaBroker {
    /// Its registration.
    pub epoch: BrokerEpoch,
    /// Whether it may not serve: it is fenced or shutting down.
    pub fenced: bool,
}
