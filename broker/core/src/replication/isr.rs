//! Which ISR the leader asks for: when a replica joins, and which ones are dropped.
//!
//! Owns: the two decisions, as pure functions. Does not own: the request (`alter_partition.rs`), the controller's own checks.
//!
//! Invariants: the leader is always in; a fenced broker, or one that fetches with another epoch than it is registered with,
//! never joins; while the partition recovers from an unclean election nobody does.

use std::collections::BTreeMap;

use strata_compat::ids::{BrokerEpoch, BrokerId, Offset, Timestamp};

use super::partition_state::{PartitionState, RecoveryState, ReplicaBroker};
use super::replica_progress::ReplicaProgress;

/// What the decisions look at.
pub(super) struct IsrView<'a> {
    pub(super) state: &'a PartitionState,
    pub(super) local: BrokerId,
    pub(super) progress: &'a BTreeMap<BrokerId, ReplicaProgress>,
    pub(super) brokers: &'a BTreeMap<BrokerId, ReplicaBroker>,
    pub(super) log_end: Offset,
    pub(super) epoch_start: Offset,
    pub(super) high_watermark: Offset,
    pub(super) lag_ms: i64,
}

impl IsrView<'_> {
    /// Whether the broker may be in the ISR: it serves, and the one that fetches is the one that is registered.
    pub(super) fn is_eligible(&self, broker: BrokerId) -> bool {
        let Some(registered) = self.brokers.get(&broker) else {
            return false;
        };
        let Some(progress) = self.progress.get(&broker) else {
            return false;
        };
        let epoch_matches = progress.broker_epoch() == BrokerEpoch::NONE || progress.broker_epoch() == registered.epoch;
        !registered.fenced && epoch_matches
    }

    /// Whether this replica, which is not in the ISR, has what it takes to join. What is committed, and what former leaders
    /// may have committed (all before this epoch), must be on its stable storage.
    pub(super) fn may_join(&self, broker: BrokerId) -> bool {
        if self.state.recovery_state == RecoveryState::Recovering || !self.state.replicas.contains(&broker) {
            return false;
        }
        let reached = self.progress.get(&broker).and_then(ReplicaProgress::durable_end);
        reached.is_some_and(|end| end >= self.high_watermark && end >= self.epoch_start) && self.is_eligible(broker)
    }

    /// Members of the committed ISR that have not been caught up for the lag time.
    pub(super) fn laggards(&self, now: Timestamp) -> Vec<BrokerId> {
        let lags = |broker: &BrokerId| {
            *broker != self.local
                && self.progress.get(broker).is_none_or(|it| !it.is_caught_up(self.log_end, now, self.lag_ms))
        };
        self.state.isr.iter().copied().filter(lags).collect()
    }

    /// The ISR with one more member, in the order of the replicas.
    pub(super) fn expanded(&self, joining: BrokerId) -> Vec<BrokerId> {
        let is_member = |broker: &BrokerId| *broker == joining || self.state.is_in_sync(*broker);
        self.state.replicas.iter().copied().filter(is_member).collect()
    }

    /// The ISR without these.
    pub(super) fn shrunk(&self, leaving: &[BrokerId]) -> Vec<BrokerId> {
        self.state.isr.iter().copied().filter(|broker| !leaving.contains(broker)).collect()
    }

    /// The next time at which some follower in the ISR lags too long.
    pub(super) fn next_laggard_at(&self) -> Option<Timestamp> {
        let members = self.state.isr.iter().filter(|broker| **broker != self.local);
        members.filter_map(|broker| self.progress.get(broker)?.lags_at(self.log_end, self.lag_ms)).min()
    }
}
