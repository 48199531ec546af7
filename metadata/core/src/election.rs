//! Who leads next, and what a change of in-sync replicas does to ELR, leader and epochs.
//!
//! Owns: the rules for one partition. Does not own: which partitions a command touches (`control/`).
//!
//! Order of choice: the leader as it is → replicas in their order, in the ISR → (ISR empty) in the ELR → the last known
//! leader (unclean) → where unclean election is allowed, any replica that can lead. A leader must be unfenced, not
//! shutting down, and its directory online.

use strata_compat::ids::BrokerId;

use crate::image::brokers::BrokersImage;
use crate::image::partitions::{LeaderRecovery, Partition};

/// How far an election may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Election {
    /// Only replicas that lose nothing.
    Online,
    /// The first replica, even if the leader could stay; else as `Online`.
    Preferred,
    /// Any replica that can lead, if none can without loss.
    Unclean,
}

/// A partition on its way from one state to the next.
pub(crate) struct PartitionChange<'a> {
    /// Registrations as they stand.
    pub(crate) brokers: &'a BrokersImage,
    /// The state before.
    pub(crate) before: &'a Partition,
    /// `min.insync.replicas` of the topic.
    pub(crate) min_isr: usize,
    /// Whether ELR is kept.
    pub(crate) keeps_elr: bool,
    /// How far an election may go.
    pub(crate) election: Election,
    /// A broker that went down without keeping what it acknowledged.
    pub(crate) unclean_shutdown: Option<BrokerId>,
    /// The leader epoch grows even if the leader stays.
    pub(crate) bumps_leader_epoch: bool,
    /// What the ELR was says nothing any more.
    pub(crate) forgets_elr: bool,
}

impl PartitionChange<'_> {
    /// Completes `next`, whose ISR the caller has set as wished; `None` if nothing changes.
    pub(crate) fn finish(self, mut next: Partition) -> Option<Partition> {
        if !self.keeps_elr && next.isr.is_empty() {
            // Without ELR the last in-sync replica stays named: it alone holds all that is committed.
            next.isr.clone_from(&self.before.isr);
        }
        self.fill_elr(&mut next);
        self.elect(&mut next);
        if next.has_leader() {
            next.last_known_elr.clear();
        } else if next.isr.is_empty() {
            self.remember_last_leader(&mut next);
        }
        let leader_changes = next.leader != self.before.leader;
        let replicas_leave = self.before.replicas.iter().any(|replica| !next.is_replica(*replica));
        if next == *self.before && !self.bumps_leader_epoch {
            return None;
        }
        if leader_changes || replicas_leave || self.bumps_leader_epoch {
            next.leader_epoch = self.before.leader_epoch.next();
        }
        next.partition_epoch = self.before.partition_epoch.next();
        Some(next)
    }

    /// Nobody is in sync: the one who was last may lead again if nobody better returns.
    fn remember_last_leader(&self, next: &mut Partition) {
        if self.before.has_leader() {
            next.last_known_elr = vec![self.before.leader];
        } else if next.elr.is_empty() && next.last_known_elr.is_empty() {
            next.last_known_elr = self.before.isr.iter().chain(&self.before.elr).copied().take(1).collect();
        }
    }

    /// While the ISR is smaller than it must be, those that left it hold all that is committed: nothing more can be.
    fn fill_elr(&self, next: &mut Partition) {
        let is_large_enough = next.isr.len() >= self.min_isr.min(next.replicas.len());
        if is_large_enough || ((self.forgets_elr || !self.keeps_elr) && !next.isr.is_empty()) {
            next.elr.clear();
            next.last_known_elr.clear();
            return;
        }
        if !self.keeps_elr {
            // The feature was taken back while the ISR is empty: who holds what is committed is not forgotten.
            return;
        }
        let was_eligible = |replica: &BrokerId| self.before.isr.contains(replica) || self.before.elr.contains(replica);
        next.elr = next
            .replicas
            .iter()
            .copied()
            .filter(|replica| was_eligible(replica) && !next.isr.contains(replica))
            .filter(|replica| self.unclean_shutdown != Some(*replica))
            .collect();
    }

    fn elect(&self, next: &mut Partition) {
        let can_lead = |broker: BrokerId| self.brokers.can_lead(next, broker);
        let in_sync = |broker: BrokerId| {
            can_lead(broker) && (next.isr.contains(&broker) || (next.isr.is_empty() && next.elr.contains(&broker)))
        };
        let preferred = match self.election {
            Election::Preferred => next.replicas.first().copied().filter(|broker| in_sync(*broker)),
            Election::Online | Election::Unclean => None,
        };
        let clean = preferred
            .or_else(|| Some(next.leader).filter(|leader| in_sync(*leader)))
            .or_else(|| next.replicas.iter().copied().find(|broker| in_sync(*broker)));
        if let Some(leader) = clean {
            next.leader = leader;
            if !next.isr.contains(&leader) {
                next.isr = vec![leader];
                next.elr.retain(|replica| *replica != leader);
            }
            return;
        }
        let last_known = match next.last_known_elr.as_slice() {
            [leader] if next.isr.is_empty() && next.elr.is_empty() => Some(*leader),
            _ => None,
        };
        let unclean = last_known.filter(|leader| can_lead(*leader)).or_else(|| match self.election {
            Election::Unclean => next.replicas.iter().copied().find(|broker| can_lead(*broker)),
            Election::Online | Election::Preferred => None,
        });
        match unclean {
            Some(leader) => {
                next.leader = leader;
                next.isr = vec![leader];
                // What the others held beyond this leader's log is given up with this election.
                next.elr.clear();
                next.leader_recovery = LeaderRecovery::Recovering;
            }
            None => next.leader = BrokerId::NONE,
        }
    }
}

#[cfg(test)]
mod tests;
