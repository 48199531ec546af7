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

#[cfg(test)]
mod tests {
    use strata_compat::ids::{LeaderEpoch, PartitionEpoch};

    use super::super::replica_progress::Progress;
    use super::*;

    const LOCAL: BrokerId = BrokerId(1);
    const MEMBER: BrokerId = BrokerId(2);
    const OUTSIDE: BrokerId = BrokerId(3);

    /// Broker 2 is in sync, broker 3 is not; both have told 100 as their durable end at time 0, with broker epoch 7. Changed
    /// by `change` before `look`.
    struct World {
        state: PartitionState,
        progress: BTreeMap<BrokerId, ReplicaProgress>,
        brokers: BTreeMap<BrokerId, ReplicaBroker>,
        positions: (i64, i64, i64),
    }

    impl World {
        fn new() -> Self {
            let state = PartitionState {
                leader: Some(LOCAL),
                leader_epoch: LeaderEpoch(1),
                partition_epoch: PartitionEpoch(1),
                replicas: vec![OUTSIDE, LOCAL, MEMBER],
                isr: vec![LOCAL, MEMBER],
                recovery_state: RecoveryState::Recovered,
            };
            let registered = ReplicaBroker { epoch: BrokerEpoch(7), fenced: false };
            let mut world = Self {
                state,
                progress: BTreeMap::new(),
                brokers: [LOCAL, MEMBER, OUTSIDE].map(|broker| (broker, registered)).into(),
                positions: (100, 100, 100),
            };
            world.told(MEMBER, 100, 7);
            world.told(OUTSIDE, 100, 7);
            world
        }

        fn told(&mut self, broker: BrokerId, durable_end: i64, broker_epoch: i64) {
            let durable_end = Offset(durable_end);
            let progress = Progress { log_end: durable_end, durable_end, broker_epoch: BrokerEpoch(broker_epoch) };
            let mut told = ReplicaProgress::new(Timestamp(0));
            told.handle_fetch(progress, Offset(100), Timestamp(0));
            self.progress.insert(broker, told);
        }

        fn view(&self) -> IsrView<'_> {
            let (log_end, epoch_start, high_watermark) = self.positions;
            IsrView {
                state: &self.state,
                local: LOCAL,
                progress: &self.progress,
                brokers: &self.brokers,
                log_end: Offset(log_end),
                epoch_start: Offset(epoch_start),
                high_watermark: Offset(high_watermark),
                lag_ms: 10,
            }
        }
    }

    #[test]
    fn a_replica_joins_with_all_that_may_be_committed_and_as_the_broker_that_is_registered() {
        let fenced = ReplicaBroker { epoch: BrokerEpoch(7), fenced: true };
        type Change<'a> = &'a dyn Fn(&mut World);
        let cases: &[(&str, Change<'_>, bool)] = &[
            ("as it is", &|_| (), true),
            ("behind the watermark", &|world| world.told(OUTSIDE, 99, 7), false),
            ("at the watermark, behind the log end", &|world| world.positions = (900, 100, 100), true),
            ("behind the epoch's start", &|world| world.positions = (900, 101, 50), false),
            ("at the epoch's start, past the watermark", &|world| world.positions = (900, 100, 50), true),
            ("another epoch", &|world| world.told(OUTSIDE, 100, 6), false),
            ("no epoch", &|world| world.told(OUTSIDE, 100, -1), true),
            ("fenced", &|world| world.brokers.extend([(OUTSIDE, fenced)]), false),
            ("not registered", &|world| world.brokers.retain(|broker, _| *broker != OUTSIDE), false),
            ("never heard of", &|world| world.progress.retain(|broker, _| *broker != OUTSIDE), false),
            ("recovering", &|world| world.state.recovery_state = RecoveryState::Recovering, false),
            ("no replica", &|world| world.state.replicas.retain(|broker| *broker != OUTSIDE), false),
        ];
        for (case, change, joins) in cases {
            let mut world = World::new();
            change(&mut world);
            assert_eq!(world.view().may_join(OUTSIDE), *joins, "{case}");
        }
        let mut world = World::new();
        assert!(world.view().is_eligible(OUTSIDE));
        world.progress.remove(&OUTSIDE);
        assert!(!world.view().is_eligible(OUTSIDE));
    }

    #[test]
    fn members_lag_after_the_lag_time_and_the_leader_never_does() {
        let mut world = World::new();
        assert_eq!((world.view().laggards(Timestamp(9_000)), world.view().next_laggard_at()), (vec![], None));
        world.positions.0 = 101;
        assert_eq!(world.view().next_laggard_at(), Some(Timestamp(11)));
        assert_eq!(world.view().laggards(Timestamp(10)), []);
        assert_eq!(world.view().laggards(Timestamp(11)), [MEMBER]);
        world.progress.remove(&MEMBER);
        assert_eq!(world.view().laggards(Timestamp(0)), [MEMBER], "nothing is known of it");
        assert_eq!(world.view().next_laggard_at(), None);
    }

    #[test]
    fn the_isr_keeps_the_order_of_the_replicas() {
        let mut world = World::new();
        assert_eq!(world.view().expanded(OUTSIDE), [OUTSIDE, LOCAL, MEMBER]);
        assert_eq!(world.view().shrunk(&[MEMBER]), [LOCAL]);
        assert_eq!(world.view().shrunk(&[OUTSIDE]), [LOCAL, MEMBER]);
        world.state.isr = vec![LOCAL];
        assert_eq!(world.view().expanded(MEMBER), [LOCAL, MEMBER]);
    }
}
