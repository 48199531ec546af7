//! Topics: names, partitions, creation and deletion.

use std::collections::BTreeSet;

use strata_compat::ids::{BrokerId, LeaderEpoch, PartitionEpoch, PartitionId, TopicIdPartition};

use crate::command::topics::{CreatePartitions, CreateTopic, DeleteTopic, Placement};
use crate::control::{Change, configs, remote_segments};
use crate::image::Image;
use crate::image::configs::{ConfigResource, Configs};
use crate::image::partitions::{DIRECTORY_UNASSIGNED, LeaderRecovery, Partition};
use crate::image::topics::Topic;
use crate::placement::{self, Candidate};
use crate::response::{Refusal, Reply, Response};

/// Characters of a topic's name, at most.
pub(crate) const TOPIC_NAME_MAX: usize = 249;
/// Partitions of a topic, at most.
pub(crate) const PARTITIONS_PER_TOPIC_MAX: usize = 10_000;

pub(crate) fn create(change: &mut Change, command: &CreateTopic) -> Response {
    check_name(&command.name)?;
    let image = &change.image;
    if image.topic_by_name(&command.name).is_some() {
        return Err(Refusal::TopicAlreadyExists { name: command.name.clone() });
    }
    if let Some(existing) = image.topics.colliding(&command.name) {
        let existing = existing.name.clone();
        return Err(Refusal::TopicNameCollides { name: command.name.clone(), existing });
    }
    let is_used = image.topic(command.topic_id).is_some() || image.remote.has_tombstones(command.topic_id);
    if command.topic_id.0.as_u128() < 2 || is_used {
        return Err(Refusal::TopicIdTaken { topic_id: command.topic_id });
    }
    let topic_configs: Configs = command.configs.iter().cloned().collect();
    configs::check_size(&topic_configs)?;
    configs::check_compaction(&topic_configs, &command.defaults)?;
    let assignment = match &command.placement {
        Placement::Seeded { partitions, replication_factor, seed } => {
            place(image, *partitions, *replication_factor, *seed)?
        }
        Placement::Manual(assignment) => {
            check_assignment(image, assignment, None)?;
            assignment.clone()
        }
    };
    let partitions = partition_count(assignment.len())?;
    let replication_factor = assignment.first().map_or(0, Vec::len);
    change.image.configs.set(ConfigResource::topic(&command.name), topic_configs);
    if !command.configs.is_empty() {
        change.delta.configs.insert(ConfigResource::topic(&command.name));
    }
    let topic =
        Topic { topic_id: command.topic_id, name: command.name.clone(), internal: command.internal, partitions };
    add_partitions(change, &topic, 0, assignment);
    change.image.topics.insert(topic);
    change.delta.topics.insert(command.topic_id);
    Ok(Reply::TopicCreated {
        topic_id: command.topic_id,
        partitions,
        replication_factor: u16::try_from(replication_factor).unwrap_or(u16::MAX),
    })
}

pub(crate) fn create_partitions(change: &mut Change, command: &CreatePartitions) -> Response {
    let topic = change.image.topic(command.topic_id).ok_or(Refusal::UnknownTopic)?.clone();
    let Some(count) = command.total.checked_sub(topic.partitions).filter(|count| *count > 0) else {
        let reason =
            format!("topic '{}' has {} partitions, {} are no increase", topic.name, topic.partitions, command.total);
        return Err(Refusal::InvalidPartitions { reason });
    };
    let first = TopicIdPartition { topic_id: topic.topic_id, partition: PartitionId(0) };
    let replication_factor = change.image.partition(first).map_or(1, |partition| partition.replicas.len());
    let assignment = match &command.assignments {
        None => place(&change.image, count, u16::try_from(replication_factor).unwrap_or(u16::MAX), command.seed)?,
        Some(assignment) => {
            if u32::try_from(assignment.len()).ok() != Some(count) {
                let reason = format!("{count} partitions are new, but {} have replicas given", assignment.len());
                return Err(Refusal::InvalidReplicaAssignment { reason });
            }
            check_assignment(&change.image, assignment, Some(replication_factor))?;
            assignment.clone()
        }
    };
    partition_count(usize::try_from(command.total).unwrap_or(usize::MAX))?;
    add_partitions(change, &topic, topic.partitions, assignment);
    change.image.topics.insert(Topic { partitions: command.total, ..topic.as_ref().clone() });
    change.delta.topics.insert(topic.topic_id);
    Ok(Reply::Done)
}

pub(crate) fn delete(change: &mut Change, command: &DeleteTopic) -> Response {
    let topic = change.image.topics.remove(command.topic_id).ok_or(Refusal::UnknownTopic)?;
    for id in topic.partition_ids() {
        remote_segments::bury_deleted(change, id, command.now);
    }
    let resource = ConfigResource::topic(&topic.name);
    if change.image.configs.get(&resource).is_some() {
        change.image.configs.set(resource.clone(), Configs::new());
        change.delta.configs.insert(resource);
    }
    change.delta.deleted_topics.insert(topic.topic_id, topic.name.clone());
    Ok(Reply::Done)
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let reason = if name.is_empty() {
        "it is empty".to_owned()
    } else if name == "." || name == ".." {
        "it may not be '.' or '..'".to_owned()
    } else if name.len() > TOPIC_NAME_MAX {
        format!("it has more than {TOPIC_NAME_MAX} characters")
    } else if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')) {
        "only ASCII letters and digits, '.', '_' and '-' are legal".to_owned()
    } else {
        return Ok(());
    };
    // A name of any length comes from a client; the message repeats the beginning only.
    Err(Refusal::InvalidTopicName { name: name.chars().take(TOPIC_NAME_MAX + 1).collect(), reason })
}

fn partition_count(count: usize) -> Result<u32, Refusal> {
    if count == 0 || count > PARTITIONS_PER_TOPIC_MAX {
        let reason = format!("a topic has from 1 to {PARTITIONS_PER_TOPIC_MAX} partitions, not {count}");
        return Err(Refusal::InvalidPartitions { reason });
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

fn place(image: &Image, partitions: u32, replication_factor: u16, seed: u64) -> Result<Vec<Vec<BrokerId>>, Refusal> {
    partition_count(usize::try_from(partitions).unwrap_or(usize::MAX))?;
    let candidates: Vec<Candidate> = image
        .brokers
        .iter()
        .filter(|broker| broker.takes_replicas())
        .map(|broker| Candidate { broker: broker.broker, rack: broker.rack.clone() })
        .collect();
    placement::place(&candidates, partitions, usize::from(replication_factor), seed)
        .ok_or(Refusal::InvalidReplicationFactor { wanted: replication_factor, alive: candidates.len() })
}

/// Each partition has as many replicas as the first, each on another registered broker, at least one of them active.
fn check_assignment(image: &Image, assignment: &[Vec<BrokerId>], replicas: Option<usize>) -> Result<(), Refusal> {
    let invalid = |reason: String| Err(Refusal::InvalidReplicaAssignment { reason });
    partition_count(assignment.len())?;
    let expected = replicas.or_else(|| assignment.first().map(Vec::len)).unwrap_or(0);
    for (partition, replicas) in assignment.iter().enumerate() {
        if replicas.is_empty() || replicas.len() != expected {
            return invalid(format!("partition {partition} has {} replicas, not {expected}", replicas.len()));
        }
        if replicas.iter().collect::<BTreeSet<_>>().len() != replicas.len() {
            return invalid(format!("partition {partition} names a broker twice"));
        }
        if let Some(unknown) = replicas.iter().find(|broker| image.broker(**broker).is_none()) {
            return invalid(format!("partition {partition} names broker {unknown}, which is not registered"));
        }
        if !replicas.iter().any(|id| image.broker(*id).is_some_and(|broker| broker.is_active())) {
            return invalid(format!("no broker of partition {partition} is active"));
        }
    }
    Ok(())
}

fn add_partitions(change: &mut Change, topic: &Topic, first: u32, assignment: Vec<Vec<BrokerId>>) {
    for (number, replicas) in (first..).zip(assignment) {
        let id = TopicIdPartition {
            topic_id: topic.topic_id,
            partition: PartitionId(i32::try_from(number).unwrap_or(i32::MAX)),
        };
        let partition = new_partition(&change.image, id, replicas);
        change.image.topics.set_partition(id, partition);
        change.delta.partitions.insert(id);
    }
}

fn new_partition(image: &Image, id: TopicIdPartition, replicas: Vec<BrokerId>) -> Partition {
    let directory =
        |replica: &BrokerId| image.broker(*replica).map_or(DIRECTORY_UNASSIGNED, |broker| broker.directory_for(id));
    let mut partition = Partition {
        directories: replicas.iter().map(directory).collect(),
        replicas,
        isr: Vec::new(),
        elr: Vec::new(),
        last_known_elr: Vec::new(),
        adding: Vec::new(),
        removing: Vec::new(),
        leader: BrokerId::NONE,
        leader_recovery: LeaderRecovery::Recovered,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: PartitionEpoch(0),
    };
    let can_lead = |id: &BrokerId| image.brokers.can_lead(&partition, *id);
    partition.isr = partition.replicas.iter().copied().filter(can_lead).collect();
    partition.leader = partition.isr.first().copied().unwrap_or(BrokerId::NONE);
    partition
}

#[cfg(test)]
mod tests;
