//! In-sync replicas: compare-and-set on leader epoch, partition epoch and broker epoch, as Kafka's `AlterPartition`.

use strata_compat::ids::{BrokerEpoch, BrokerId};

use crate::command::partitions::{AlterPartition, AlterPartitions, PARTITIONS_PER_COMMAND_MAX};
use crate::control::partitions::{Ask, update};
use crate::control::{Change, at_most, current_registration};
use crate::image::Image;
use crate::image::partitions::{LeaderRecovery, Partition};
use crate::response::{Refusal, Reply, Response};

pub(crate) fn alter(change: &mut Change, command: &AlterPartitions) -> Response {
    at_most("partitions", command.changes.len(), PARTITIONS_PER_COMMAND_MAX)?;
    current_registration(&change.image, command.broker, command.broker_epoch)?;
    let answers = command.changes.iter().map(|wish| alter_one(change, command.broker, wish)).collect();
    Ok(Reply::Partitions(answers))
}

fn alter_one(change: &mut Change, broker: BrokerId, wish: &AlterPartition) -> Result<Partition, Refusal> {
    let partition = change.image.partition(wish.partition).ok_or(Refusal::UnknownPartition)?;
    check_epochs(partition, broker, wish)?;
    check_isr(partition, wish)?;
    for (member, epoch) in &wish.isr {
        if !may_join(&change.image, partition, *member, *epoch) {
            return Err(Refusal::IneligibleReplica { broker: *member });
        }
    }
    let isr: Vec<BrokerId> = wish.isr.iter().map(|(member, _)| *member).collect();
    update(change, wish.partition, Ask::ONLINE, |partition| {
        partition.isr = isr;
        partition.leader_recovery = wish.leader_recovery;
    })
}

fn check_epochs(partition: &Partition, broker: BrokerId, wish: &AlterPartition) -> Result<(), Refusal> {
    if wish.leader_epoch > partition.leader_epoch || wish.partition_epoch > partition.partition_epoch {
        return Err(Refusal::NewerEpoch);
    }
    if wish.leader_epoch < partition.leader_epoch {
        return Err(Refusal::FencedLeaderEpoch { current: partition.leader_epoch });
    }
    if broker != partition.leader {
        return Err(Refusal::InvalidIsr { reason: format!("broker {broker} does not lead the partition") });
    }
    if wish.partition_epoch < partition.partition_epoch {
        return Err(Refusal::InvalidUpdateVersion { current: partition.partition_epoch });
    }
    Ok(())
}

fn check_isr(partition: &Partition, wish: &AlterPartition) -> Result<(), Refusal> {
    let invalid = |reason: String| Err(Refusal::InvalidIsr { reason });
    for (position, (member, _)) in wish.isr.iter().enumerate() {
        if !partition.is_replica(*member) {
            return invalid(format!("broker {member} is not a replica"));
        }
        if wish.isr.iter().take(position).any(|(other, _)| other == member) {
            return invalid(format!("broker {member} is named twice"));
        }
    }
    if !wish.isr.iter().any(|(member, _)| *member == partition.leader) {
        return invalid(format!("the leader {} is missing", partition.leader));
    }
    match (partition.leader_recovery, wish.leader_recovery) {
        (LeaderRecovery::Recovered, LeaderRecovery::Recovering) => invalid("the leader has recovered".to_owned()),
        (_, LeaderRecovery::Recovering) if wish.isr.len() > 1 => {
            invalid("a recovering leader is alone in the ISR".to_owned())
        }
        (LeaderRecovery::Recovered | LeaderRecovery::Recovering, _) => Ok(()),
    }
}

/// A member must be able to lead, and be the process that the leader has seen.
fn may_join(image: &Image, partition: &Partition, member: BrokerId, epoch: BrokerEpoch) -> bool {
    image.brokers.can_lead(partition, member) && (epoch == BrokerEpoch::NONE || image.brokers.epoch_of(member) == epoch)
}
