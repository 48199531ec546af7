//! Changes of partitions' replication state: the one path by which each goes, elections by command, and directories.

use strata_compat::ids::{BrokerId, TopicIdPartition};

use crate::command::partitions::{AssignDirectories, ElectLeaders, ElectionKind, PARTITIONS_PER_COMMAND_MAX};
use crate::control::{Change, at_most, current_registration};
use crate::election::{Election, PartitionChange};
use crate::image::partitions::Partition;
use crate::response::{Refusal, Reply, Response};

/// What an update of a partition may do beside the edit.
#[derive(Clone, Copy)]
pub(crate) struct Ask {
    /// How far an election may go.
    pub(crate) election: Election,
    /// A broker that went down without keeping what it acknowledged.
    pub(crate) unclean_shutdown: Option<BrokerId>,
    /// The leader epoch grows even if the leader stays.
    pub(crate) bumps_leader_epoch: bool,
    /// What the ELR was says nothing any more.
    pub(crate) forgets_elr: bool,
}

impl Ask {
    /// Nothing but an election that loses nothing.
    pub(crate) const ONLINE: Self =
        Self { election: Election::Online, unclean_shutdown: None, bumps_leader_epoch: false, forgets_elr: false };
}

/// Edits a partition, elects a leader where it needs one, and keeps the result. Answers the partition as it is then.
pub(crate) fn update(
    change: &mut Change,
    id: TopicIdPartition,
    ask: Ask,
    edit: impl FnOnce(&mut Partition),
) -> Result<Partition, Refusal> {
    let before = change.image.partition(id).ok_or(Refusal::UnknownPartition)?.clone();
    let topic = change.image.topic(id.topic_id).ok_or(Refusal::UnknownTopic)?;
    let election = match ask.election {
        Election::Online if change.image.configs.unclean_election(&topic.name) => Election::Unclean,
        election @ (Election::Online | Election::Preferred | Election::Unclean) => election,
    };
    let mut next = before.as_ref().clone();
    edit(&mut next);
    let partition_change = PartitionChange {
        brokers: &change.image.brokers,
        before: &before,
        min_isr: change.image.configs.min_insync_replicas(&topic.name),
        keeps_elr: change.image.features.keeps_elr(),
        election,
        unclean_shutdown: ask.unclean_shutdown,
        bumps_leader_epoch: ask.bumps_leader_epoch,
        forgets_elr: ask.forgets_elr,
    };
    let Some(next) = partition_change.finish(next) else {
        return Ok(before.as_ref().clone());
    };
    change.image.topics.set_partition(id, next.clone());
    change.delta.partitions.insert(id);
    Ok(next)
}

/// Identities of the partitions that `wanted` chooses.
pub(crate) fn ids_where(change: &Change, wanted: impl Fn(&Partition) -> bool) -> Vec<TopicIdPartition> {
    change.image.topics.partitions().filter(|(_, partition)| wanted(partition)).map(|(id, _)| *id).collect()
}

/// Elects a leader in each partition that has none and could have one.
pub(crate) fn elect_where_leaderless(change: &mut Change, ids: &[TopicIdPartition]) -> Result<(), Refusal> {
    for id in ids {
        if change.image.partition(*id).is_some_and(|partition| !partition.has_leader()) {
            update(change, *id, Ask::ONLINE, |_| {})?;
        }
    }
    Ok(())
}

pub(crate) fn elect(change: &mut Change, command: &ElectLeaders) -> Response {
    at_most("partitions", command.partitions.len(), PARTITIONS_PER_COMMAND_MAX)?;
    let answers = command.partitions.iter().map(|id| elect_one(change, *id, command.kind)).collect();
    Ok(Reply::Partitions(answers))
}

fn elect_one(change: &mut Change, id: TopicIdPartition, kind: ElectionKind) -> Result<Partition, Refusal> {
    let before = change.image.partition(id).ok_or(Refusal::UnknownPartition)?;
    let preferred = before.replicas.first().copied().unwrap_or(BrokerId::NONE);
    match kind {
        ElectionKind::Preferred => {
            if before.leader == preferred {
                return Err(Refusal::ElectionNotNeeded);
            }
            let after = update(change, id, Ask { election: Election::Preferred, ..Ask::ONLINE }, |_| {})?;
            if after.leader == preferred { Ok(after) } else { Err(Refusal::PreferredLeaderNotAvailable) }
        }
        ElectionKind::Unclean => {
            if before.has_leader() {
                return Err(Refusal::ElectionNotNeeded);
            }
            let after = update(change, id, Ask { election: Election::Unclean, ..Ask::ONLINE }, |_| {})?;
            if after.has_leader() { Ok(after) } else { Err(Refusal::EligibleLeadersNotAvailable) }
        }
    }
}

pub(crate) fn assign_directories(change: &mut Change, command: &AssignDirectories) -> Response {
    at_most("partitions", command.assignments.len(), PARTITIONS_PER_COMMAND_MAX)?;
    current_registration(&change.image, command.broker, command.broker_epoch)?;
    let mut answers = Vec::with_capacity(command.assignments.len());
    let broker = change.image.broker(command.broker).ok_or(Refusal::UnknownBroker(command.broker))?.clone();
    for (id, directory) in &command.assignments {
        let position = change
            .image
            .partition(*id)
            .ok_or(Refusal::UnknownPartition)
            .map(|partition| partition.replicas.iter().position(|replica| *replica == command.broker));
        answers.push(match position {
            Err(refusal) => Err(refusal),
            Ok(None) => Err(Refusal::UnknownPartition),
            Ok(Some(position)) => update(change, *id, Ask::ONLINE, |partition| {
                if let Some(assigned) = partition.directories.get_mut(position) {
                    *assigned = *directory;
                }
                // A replica in a directory that is gone is in sync with nothing.
                if !broker.is_directory_online(*directory) {
                    partition.isr.retain(|member| *member != command.broker);
                }
            }),
        });
    }
    Ok(Reply::Partitions(answers))
}
