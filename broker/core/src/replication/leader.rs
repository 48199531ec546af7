//! What only the leader of a partition keeps, and decides.
//!
//! Owns: [`LeaderState`]: followers' progress, the request for another ISR, waiting acks. Does not own: positions of the
//! local log (`replication.rs` passes them).
//!
//! Invariant: progress is kept for exactly the other replicas. A crash leaves nothing: the next leader begins anew.

use std::collections::BTreeMap;

use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, Timestamp};

use super::acks::WaitingAcks;
use super::alter_partition::{
    AlterPartitionError, AlterPartitionRequest, AlterPartitionResponse, InFlight, RETRY_BACKOFF_MS,
};
use super::effect::Effect;
use super::high_watermark::committed_end;
use super::isr::IsrView;
use super::partition_state::{PartitionState, RecoveryState, ReplicaBroker};
use super::replica_progress::{Progress, ReplicaProgress};
use super::{LogPositions, PartitionUpdate, ReplicationConfig};
use crate::error::Error;

/// The leader's side of one partition.
#[derive(Clone, Debug)]
pub(super) struct LeaderState {
    pub(super) state: PartitionState,
    pub(super) acks: WaitingAcks,
    pub(super) progress: BTreeMap<BrokerId, ReplicaProgress>,
    brokers: BTreeMap<BrokerId, ReplicaBroker>,
    broker_epoch: BrokerEpoch,
    epoch_start: Offset,
    in_flight: InFlight,
    last_request_id: u64,
    /// After the controller has refused an ISR, none is proposed before this time.
    hold_until: Timestamp,
    /// Latest time that was passed in.
    seen_at: Timestamp,
}

impl LeaderState {
    pub(super) fn new(
        config: &ReplicationConfig,
        update: PartitionUpdate,
        epoch_start: Offset,
        last_request_id: u64,
        now: Timestamp,
    ) -> Self {
        let mut leader = Self {
            state: update.state,
            acks: WaitingAcks::default(),
            progress: BTreeMap::new(),
            brokers: update.brokers,
            broker_epoch: update.broker_epoch,
            epoch_start,
            in_flight: InFlight::Idle,
            last_request_id,
            hold_until: now,
            seen_at: now,
        };
        leader.align_progress(config.local, now);
        leader
    }

    /// A newer state of the same leader epoch, or the same state with news of its brokers.
    pub(super) fn update(&mut self, local: BrokerId, update: PartitionUpdate, now: Timestamp) {
        if update.state.partition_epoch > self.state.partition_epoch {
            self.state = update.state;
            self.in_flight = InFlight::Idle;
        }
        self.broker_epoch = update.broker_epoch;
        self.update_brokers(update.brokers);
        self.align_progress(local, now);
    }

    pub(super) fn update_brokers(&mut self, brokers: BTreeMap<BrokerId, ReplicaBroker>) {
        for (id, broker) in &brokers {
            if let Some(progress) = self.progress.get_mut(id)
                && progress.broker_epoch() != BrokerEpoch::NONE
                && progress.broker_epoch() < broker.epoch
            {
                // It has started anew: what its former life had told no longer holds.
                *progress = ReplicaProgress::new(progress.caught_up_at());
            }
        }
        self.brokers = brokers;
    }

    /// Keeps progress for the other replicas of the state in force, and for no one else.
    fn align_progress(&mut self, local: BrokerId, now: Timestamp) {
        let state = &self.state;
        self.progress.retain(|broker, _| state.replicas.contains(broker));
        for broker in state.replicas.iter().chain(&state.isr).copied().filter(|broker| *broker != local) {
            // A member of the ISR has a whole lag time from now; any other must show first that it is caught up.
            let caught_up_at = if state.is_in_sync(broker) { now } else { Timestamp(i64::MIN / 2) };
            self.progress.entry(broker).or_insert_with(|| ReplicaProgress::new(caught_up_at));
        }
    }

    pub(super) fn last_request_id(&self) -> u64 {
        self.last_request_id
    }

    /// The members of the ISR that is asked for; those of the committed one are among them or leave.
    pub(super) fn proposed_isr(&self) -> impl Iterator<Item = BrokerId> + '_ {
        self.in_flight.proposed().into_iter().flat_map(|it| it.isr.iter().map(|(broker, _)| *broker))
    }

    fn view<'a>(&'a self, config: &ReplicationConfig, log: &LogPositions) -> IsrView<'a> {
        IsrView {
            state: &self.state,
            local: config.local,
            progress: &self.progress,
            brokers: &self.brokers,
            log_end: log.log_end,
            epoch_start: self.epoch_start,
            high_watermark: log.high_watermark,
            lag_ms: config.lag_time_max_ms,
        }
    }

    /// Whether a fetch of this broker, in this life, may count.
    pub(super) fn check_replica(&self, replica: BrokerId, broker_epoch: BrokerEpoch) -> Result<(), Error> {
        let Some(progress) = self.progress.get(&replica) else {
            return Err(Error::UnknownReplica(replica));
        };
        let registered = self.brokers.get(&replica).map_or(BrokerEpoch::NONE, |broker| broker.epoch);
        let current = registered.max(progress.broker_epoch());
        if broker_epoch != BrokerEpoch::NONE && broker_epoch < current {
            return Err(Error::StaleBrokerEpoch { given: broker_epoch, current });
        }
        Ok(())
    }

    pub(super) fn handle_progress(&mut self, replica: BrokerId, progress: Progress, log_end: Offset, now: Timestamp) {
        if let Some(replica) = self.progress.get_mut(&replica) {
            replica.handle_fetch(progress, log_end, now);
        }
    }

    /// Asks for an ISR with this replica, if it may join.
    pub(super) fn maybe_expand(
        &mut self,
        config: &ReplicationConfig,
        log: &LogPositions,
        replica: BrokerId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if self.state.is_in_sync(replica) || !self.in_flight.is_idle() || now < self.hold_until {
            return;
        }
        let view = self.view(config, log);
        if view.may_join(replica) {
            let isr = view.expanded(replica);
            self.propose(config.local, isr, effects);
        }
    }

    /// Confirms after an unclean election that this log is the partition's log now.
    pub(super) fn confirm_recovery(&mut self, config: &ReplicationConfig, effects: &mut Vec<Effect>) {
        if self.state.recovery_state == RecoveryState::Recovering && self.in_flight.is_idle() {
            self.propose(config.local, vec![config.local], effects);
        }
    }

    fn propose(&mut self, local: BrokerId, isr: Vec<BrokerId>, effects: &mut Vec<Effect>) {
        self.last_request_id += 1;
        let isr = isr.into_iter().map(|broker| (broker, self.epoch_of(broker, local))).collect();
        let request = AlterPartitionRequest {
            request_id: self.last_request_id,
            leader_epoch: self.state.leader_epoch,
            partition_epoch: self.state.partition_epoch,
            broker_epoch: self.broker_epoch,
            isr,
            recovery_state: RecoveryState::Recovered,
        };
        effects.push(Effect::AlterPartition(request.clone()));
        self.in_flight = InFlight::Sent(request);
    }

    fn epoch_of(&self, broker: BrokerId, local: BrokerId) -> BrokerEpoch {
        if broker == local {
            return self.broker_epoch;
        }
        let fetched = self.progress.get(&broker).map_or(BrokerEpoch::NONE, ReplicaProgress::broker_epoch);
        let registered = self.brokers.get(&broker).map_or(BrokerEpoch::NONE, |broker| broker.epoch);
        if fetched == BrokerEpoch::NONE { registered } else { fetched }
    }

    /// What the controller answered. `None` if nothing changes here; else whether a new state is in force.
    pub(super) fn handle_response(
        &mut self,
        local: BrokerId,
        response: &AlterPartitionResponse,
        now: Timestamp,
    ) -> Option<Result<(), AlterPartitionError>> {
        let request = self.in_flight.sent(response.request_id)?.clone();
        match &response.result {
            Ok(state) => {
                let same_leader = state.leader_epoch == self.state.leader_epoch && state.leader == Some(local);
                if !same_leader || state.partition_epoch < self.state.partition_epoch {
                    // Metadata will bring the state of the new leader epoch; until then the members keep counting.
                    self.in_flight = InFlight::Refused(request);
                    return None;
                }
                self.state = state.clone();
                self.in_flight = InFlight::Idle;
                self.align_progress(local, now);
                Some(Ok(()))
            }
            Err(error) => {
                self.in_flight = InFlight::after_failure(request, *error, now);
                self.hold_until = now.plus_ms(RETRY_BACKOFF_MS);
                Some(Err(*error))
            }
        }
    }

    pub(super) fn handle_timeout(
        &mut self,
        config: &ReplicationConfig,
        log: &LogPositions,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.seen_at = self.seen_at.max(now);
        self.acks.expire(now, effects);
        if let InFlight::Waiting { request, retry_at } = &self.in_flight
            && *retry_at <= now
        {
            // This broker may have registered anew since; the rest of the request is as it was.
            let request = AlterPartitionRequest { broker_epoch: self.broker_epoch, ..request.clone() };
            effects.push(Effect::AlterPartition(request.clone()));
            self.in_flight = InFlight::Sent(request);
        }
        if !self.in_flight.is_idle() || now < self.hold_until {
            return;
        }
        self.confirm_recovery(config, effects);
        if !self.in_flight.is_idle() {
            return;
        }
        let view = self.view(config, log);
        let laggards = view.laggards(now);
        if !laggards.is_empty() {
            let isr = view.shrunk(&laggards);
            self.propose(config.local, isr, effects);
        }
    }

    pub(super) fn next_timeout(&self, config: &ReplicationConfig, log: &LogPositions) -> Option<Timestamp> {
        let view = self.view(config, log);
        let isr_at = match &self.in_flight {
            InFlight::Idle if self.state.recovery_state == RecoveryState::Recovering => Some(self.hold_until),
            InFlight::Idle => view.next_laggard_at().map(|at| at.max(self.hold_until)),
            InFlight::Waiting { retry_at, .. } => Some(*retry_at),
            InFlight::Sent(_) | InFlight::Refused(_) => None,
        };
        // A replica outside the ISR holds the high watermark back until it lags.
        let others = self.progress.iter().filter(|(broker, _)| !self.state.is_in_sync(**broker));
        let released_at = others
            .filter_map(|(_, progress)| progress.lags_at(log.log_end, config.lag_time_max_ms))
            .filter(|at| *at > self.seen_at)
            .min();
        [self.acks.next_deadline(), isr_at, released_at].into_iter().flatten().min()
    }

    /// Where the high watermark may be.
    pub(super) fn committed_end(
        &self,
        config: &ReplicationConfig,
        log: &LogPositions,
        now: Timestamp,
    ) -> Option<Offset> {
        committed_end(&self.view(config, log), log.durable_end, self.proposed_isr(), config.min_isr, now)
    }

    /// How far the members of the committed ISR are durable; one that has not told counts as having nothing.
    pub(super) fn durable_ends(&self, local: BrokerId, local_durable_end: Offset) -> impl Iterator<Item = Offset> + '_ {
        self.state.isr.iter().map(move |broker| {
            if *broker == local {
                return local_durable_end;
            }
            self.progress.get(broker).and_then(ReplicaProgress::durable_end).unwrap_or(Offset(0))
        })
    }

    /// Whether enough members hold what is committed; else how many there are, and how many it takes.
    pub(super) fn check_min_isr(&self, min_isr: usize) -> Result<(), (usize, usize)> {
        let required = self.state.effective_min_isr(min_isr);
        if self.state.isr.len() < required { Err((self.state.isr.len(), required)) } else { Ok(()) }
    }

    pub(super) fn leader_epoch(&self) -> LeaderEpoch {
        self.state.leader_epoch
    }
}
