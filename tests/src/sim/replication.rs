//! Records from the leader to the follower, and the high watermark, as simulated brokers agree on them.
//!
//! Owns: truncation to the leader's log, copying, the high watermark, the return to the ISR. Does not own: who leads (the
//! quorum). It is as coarse as tiering can see: a round copies all that the leader has.

use std::sync::Arc;

use strata_compat::ids::{BrokerEpoch, LeaderEpoch, TopicIdPartition};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::partitions::{AlterPartition, AlterPartitions};
use strata_metadata_core::image::partitions::LeaderRecovery;

use super::broker::SimBroker;
use super::cluster::Cluster;
use super::log::{Batch, LogState, SimLog};

/// One round of replication of all partitions.
pub fn replicate(cluster: &Arc<Cluster>) {
    let ids: Vec<TopicIdPartition> = cluster.truth().topics.partitions().map(|(id, _)| *id).collect();
    for id in ids {
        for leader in &cluster.brokers {
            round(cluster, id, leader);
        }
    }
}

/// A replica that follows this leader in this epoch, as far as it has heard itself.
fn follower_of(cluster: &Cluster, id: TopicIdPartition, leader: &SimBroker, epoch: LeaderEpoch) -> Option<Arc<SimLog>> {
    let other = cluster.brokers.iter().find(|broker| broker.id != leader.id)?;
    other.manager()?;
    let image = other.image();
    let partition = image.partition(id)?;
    (partition.leader == leader.id && partition.leader_epoch == epoch).then(|| other.log(id)).flatten()
}

fn round(cluster: &Arc<Cluster>, id: TopicIdPartition, leader: &Arc<SimBroker>) {
    let Some(log) = leader.log(id) else { return };
    let Some(epoch) = log.state.lock().leads else { return };
    let follower = follower_of(cluster, id, leader, epoch);
    let image = leader.image();
    let Some(partition) = image.partition(id) else { return };
    let mut ends = vec![log.state.lock().durable_end];
    if let Some(follower) = &follower {
        let source = log.state.lock().clone();
        let mut copy = follower.state.lock();
        fetch(&source, &mut copy);
        ends.push(copy.durable_end);
    }
    let is_whole = ends.len() >= partition.isr.len();
    let high_watermark = if is_whole { ends.into_iter().min().unwrap_or(0) } else { 0 };
    let risen = {
        let mut state = log.state.lock();
        let before = state.high_watermark;
        state.high_watermark = before.max(high_watermark);
        (state.high_watermark > before).then(|| state.clone())
    };
    if let Some(follower) = &follower {
        let mut copy = follower.state.lock();
        copy.high_watermark = copy.high_watermark.max(log.state.lock().high_watermark.min(copy.log_end));
    }
    if let Some(state) = risen {
        acknowledge(cluster, id, &state);
    }
    if follower.is_some() && partition.isr.len() < partition.replicas.len() {
        expand_isr(cluster, id, leader, epoch);
    }
}

/// What lies below the high watermark is acknowledged: it must never be lost or change.
fn acknowledge(cluster: &Cluster, id: TopicIdPartition, state: &LogState) {
    let live = state.batches.iter().filter(|batch| batch.end > state.log_start);
    let committed = live.filter(|batch| batch.end <= state.high_watermark);
    let found = {
        let mut truth = cluster.shared.state.lock();
        let acked = truth.ledger.acked.entry(id).or_default();
        committed.filter_map(|batch| acked.take(id, batch)).next()
    };
    cluster.shared.note(format_args!("acknowledged below {}", state.high_watermark));
    if let Some(violation) = found {
        cluster.shared.violate(violation.property, violation.detail);
    }
}

/// Where the leader's log left the epoch with which the follower's ends, if the follower went on in it.
fn diverging_end(source: &LogState, copy: &LogState) -> Option<i64> {
    let (last, _) = copy.epochs.last()?;
    let end = source.epochs.iter().find(|(epoch, _)| epoch > last).map_or(source.log_end, |(_, start)| start.0);
    (end < copy.log_end && end >= copy.local_start).then_some(end)
}

/// A follower's fetch: cuts what differs, then copies.
fn fetch(source: &LogState, copy: &mut LogState) {
    let differs = |batch: &Batch| {
        let same = source.batches.iter().find(|other| other.base == batch.base);
        batch.end > source.log_end || same.is_some_and(|other| other.bytes != batch.bytes)
    };
    while let Some(end) = diverging_end(source, copy) {
        copy.truncate_to(end);
    }
    if let Some(first) = copy.batches.iter().find(|batch| differs(batch)).map(|batch| batch.base) {
        copy.truncate_to(first);
    }
    // A log that was cut to nothing ends at its log start, and that may be inside a batch.
    let cuts_batch = |batch: &Batch| batch.base < copy.log_end && copy.log_end < batch.end;
    let is_inside = copy.batches.is_empty() && source.batches.iter().any(cuts_batch);
    if is_inside || copy.log_end < source.local_start || copy.log_end > source.log_end {
        // What it lacks is remote only, or not to be had in parts: it begins where the leader's local log begins.
        // That may be inside a batch, which it then takes whole.
        let first = source.batches.iter().find(|batch| batch.end > source.local_start);
        let start = first.map_or(source.local_start, |batch| batch.base.min(source.local_start));
        copy.batches.clear();
        copy.local_start = start;
        copy.log_end = start;
        copy.segments = vec![start];
        copy.epochs.clone_from(&source.epochs);
    }
    let from = copy.log_end;
    copy.batches.extend(source.batches.iter().filter(|batch| batch.base >= from).cloned());
    copy.log_end = source.log_end;
    copy.durable_end = source.log_end;
    copy.segments.extend(source.segments.iter().filter(|base| **base > from));
    if copy.segments.is_empty() {
        copy.segments.push(copy.local_start);
    }
    let known = copy.epochs.last().map(|(epoch, _)| *epoch);
    copy.epochs.extend(source.epochs.iter().filter(|(epoch, _)| known.is_none_or(|known| *epoch > known)));
    copy.move_log_start(source.log_start);
}

fn expand_isr(cluster: &Arc<Cluster>, id: TopicIdPartition, leader: &Arc<SimBroker>, epoch: LeaderEpoch) {
    let truth = cluster.truth();
    let Some(partition) = truth.partition(id) else { return };
    let all_alive = partition.replicas.iter().all(|id| truth.broker(*id).is_some_and(|broker| !broker.fenced));
    if partition.leader != leader.id || partition.leader_epoch != epoch || !all_alive {
        return;
    }
    let isr = partition.replicas.iter().map(|replica| (*replica, BrokerEpoch::NONE)).collect();
    cluster.admin(&Command::AlterPartitions(AlterPartitions {
        broker: leader.id,
        broker_epoch: truth.brokers.epoch_of(leader.id),
        changes: vec![AlterPartition {
            partition: id,
            leader_epoch: epoch,
            partition_epoch: partition.partition_epoch,
            isr,
            leader_recovery: LeaderRecovery::Recovered,
        }],
    }));
    // The leader counts the new member from now on.
    leader.hear(cluster, cluster.truth());
}
