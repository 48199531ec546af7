//! Named predicates of the state, shared by the assertion after each applied command and by the tests' checkers.
//!
//! Owns: the predicates and their ids. Does not own: what happens on a violation (`apply.rs` stops, `snapshot.rs`
//! refuses). [`check`] looks at everything; [`check_step`] at what one command touched, at the cost of what it touched.

use strata_compat::ids::{BrokerId, Offset, TopicId, TopicIdPartition};

use crate::delta::Delta;
use crate::image::Image;
use crate::image::configs::ConfigResource;
use crate::image::partitions::Partition;
use crate::image::remote_segments::{
    ABANDONED_MAX, DELETE_PENDING_PAGES_MAX, ROWS_MAX, RemotePartition, RemoteTombstone,
};
use crate::image::topics::Topic;

/// A predicate that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant {id} does not hold: {detail}")]
pub struct Violation {
    /// Name of the predicate.
    pub id: &'static str,
    /// Where it does not hold.
    pub detail: String,
}

fn hold(holds: bool, id: &'static str, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { id, detail: detail() }) }
}

/// All predicates of one state, on all that is in it.
///
/// # Errors
/// The first predicate that does not hold.
pub fn check(image: &Image) -> Result<(), Violation> {
    for (id, partition) in image.topics.partitions() {
        partition_holds(image, *id, partition)?;
    }
    for topic in image.topics.iter() {
        topic_holds(image, topic)?;
    }
    for (id, remote) in image.remote.iter() {
        remote_holds(image, *id, remote)?;
    }
    for ((id, epoch), tombstone) in image.remote.tombstones() {
        tombstone_holds(*id, *epoch, tombstone)?;
    }
    Ok(())
}

/// The predicates on what one command touched, and those on the step from the state before.
///
/// # Errors
/// The first predicate that does not hold.
pub fn check_step(old: &Image, new: &Image, delta: &Delta) -> Result<(), Violation> {
    for topic in delta.topics.iter().filter_map(|topic_id| new.topic(*topic_id)) {
        topic_holds(new, topic)?;
    }
    for (topic_id, name) in &delta.deleted_topics {
        deleted_topic_holds(new, *topic_id, name)?;
    }
    for broker in &delta.brokers {
        let epochs = (old.brokers.epoch_of(*broker), new.brokers.epoch_of(*broker));
        let grows = new.broker(*broker).is_none() || epochs.1 >= epochs.0;
        hold(grows, "M-B1 broker epochs never go back", || format!("broker {broker}: {epochs:?}"))?;
    }
    for id in &delta.partitions {
        let Some(partition) = new.partition(*id) else {
            continue;
        };
        partition_holds(new, *id, partition)?;
        if let Some(before) = old.partition(*id) {
            partition_step_holds(*id, before, partition)?;
        }
    }
    for id in &delta.remote {
        let Some(remote) = new.remote_partition(*id) else {
            continue;
        };
        remote_holds(new, *id, remote)?;
        if let Some(before) = old.remote_partition(*id) {
            remote_step_holds(*id, before, remote)?;
        }
    }
    for id in &delta.tombstones {
        for tombstone in new.remote.tombstones_of(*id) {
            tombstone_holds(*id, tombstone.tiering_epoch, tombstone)?;
        }
    }
    let ids_grow = new.producer_ids.next >= old.producer_ids.next;
    hold(ids_grow, "M-I1 producer ids are given out once", || format!("{:?}", new.producer_ids))
}

fn topic_holds(image: &Image, topic: &Topic) -> Result<(), Violation> {
    let mut numbers = image.topics.partitions_of(topic.topic_id).map(|(partition, _)| partition);
    let is_dense = topic.partition_ids().all(|id| numbers.next() == Some(id.partition)) && numbers.next().is_none();
    hold(is_dense, "M-T1 partitions are dense", || topic.name.clone())?;
    let found = image.topic_by_name(&topic.name).map(|found| found.topic_id);
    let colliding = image.topics.colliding(&topic.name).map(|found| found.topic_id);
    let is_unique = found == Some(topic.topic_id) && colliding == found;
    hold(is_unique, "M-T2 names are unique", || topic.name.clone())
}

fn deleted_topic_holds(image: &Image, topic_id: TopicId, name: &str) -> Result<(), Violation> {
    let is_gone = image.topic(topic_id).is_none()
        && image.topics.partitions_of(topic_id).next().is_none()
        && !image.remote.has_partitions(topic_id)
        && image.configs.get(&ConfigResource::topic(name)).is_none();
    hold(is_gone, "M-T3 a deleted topic leaves tombstones only", || name.to_owned())
}

fn partition_holds(image: &Image, id: TopicIdPartition, partition: &Partition) -> Result<(), Violation> {
    let detail = || format!("{id}: {partition:?}");
    let among_replicas = |members: &[BrokerId]| members.iter().all(|member| partition.is_replica(*member));
    let distinct = |members: &[BrokerId]| {
        members
            .iter()
            .enumerate()
            .all(|(position, member)| !members.iter().skip(position + 1).any(|other| other == member))
    };
    hold(image.topic(id.topic_id).is_some(), "M-P1 a partition has a topic", detail)?;
    hold(
        !partition.replicas.is_empty()
            && distinct(&partition.replicas)
            && partition.directories.len() == partition.replicas.len(),
        "M-P2 replicas are distinct and each has a directory",
        detail,
    )?;
    hold(among_replicas(&partition.isr) && distinct(&partition.isr), "M-P3 the ISR is a part of the replicas", detail)?;
    hold(
        among_replicas(&partition.elr) && !partition.elr.iter().any(|member| partition.isr.contains(member)),
        "M-P4 the ELR is a part of the replicas outside of the ISR",
        detail,
    )?;
    let leader = partition.leader;
    hold(leader == BrokerId::NONE || partition.isr.contains(&leader), "M-P5 the leader is in sync", detail)?;
    let is_active = image.broker(leader).is_some_and(|broker| broker.is_active());
    hold(leader == BrokerId::NONE || is_active, "M-P6 the leader is an active broker", detail)?;
    hold(
        !(partition.isr.is_empty() && partition.elr.is_empty() && partition.last_known_elr.is_empty()),
        "M-P7 somebody is known to hold what is committed",
        detail,
    )
}

fn partition_step_holds(id: TopicIdPartition, old: &Partition, new: &Partition) -> Result<(), Violation> {
    let detail = || format!("{id}: {old:?} to {new:?}");
    hold(old == new || new.partition_epoch > old.partition_epoch, "M-P8 each change has a partition epoch", detail)?;
    hold(new.leader_epoch >= old.leader_epoch, "M-P9 leader epochs never go back", detail)?;
    hold(new.leader == old.leader || new.leader_epoch > old.leader_epoch, "M-P10 one leader per leader epoch", detail)
}

/// Ranges ascend; where one does not begin at the end of the last, nothing above log start lies between.
fn ranges_hold(remote: &RemotePartition) -> bool {
    let pages = remote.pages.iter().map(|page| (page.base_offset, page.end_offset));
    let rows = remote.rows.iter().map(|row| (row.base_offset, row.end_offset));
    let log_start = remote.log_start.unwrap_or_default();
    let mut end: Option<Offset> = None;
    for (base, range_end) in pages.chain(rows) {
        let follows = end.is_none_or(|end| base >= end && (base == end || base <= log_start));
        if !follows || range_end <= base {
            return false;
        }
        end = Some(range_end);
    }
    end.is_none() || end == remote.remote_end
}

fn remote_holds(image: &Image, id: TopicIdPartition, remote: &RemotePartition) -> Result<(), Violation> {
    let detail = || format!("{id}: {remote:?}");
    hold(image.partition(id).is_some(), "M-R1 remote state has a partition", detail)?;
    hold(ranges_hold(remote), "M-R2 remote ranges are contiguous and end at the remote end", detail)?;
    hold(remote.rows.len() <= ROWS_MAX, "M-R3 rows are few", detail)?;
    hold(
        remote.unsettled_uuids() <= ABANDONED_MAX && remote.delete_pending_pages.len() <= DELETE_PENDING_PAGES_MAX,
        "M-R4 abandoned uuids and replaced pages are few",
        detail,
    )?;
    hold(
        remote.deleted_to == Offset::default() || remote.log_start.is_some_and(|start| remote.deleted_to <= start),
        "M-R5 nothing above the log start is deleted",
        detail,
    )?;
    hold(remote.remote_end.is_none() || remote.log_start.is_some(), "M-R6 a remote range has a log start", detail)
}

fn remote_step_holds(id: TopicIdPartition, old: &RemotePartition, new: &RemotePartition) -> Result<(), Violation> {
    let detail = || format!("{id}: {old:?} to {new:?}");
    hold(new.log_start >= old.log_start, "M-R7 log start only grows", detail)?;
    hold(new.deleted_to >= old.deleted_to, "M-R8 the deletion mark only grows", detail)?;
    hold(new.tiering_epoch >= old.tiering_epoch, "M-R9 tiering epochs never go back", detail)?;
    let same_epoch = new.tiering_epoch == old.tiering_epoch;
    hold(!same_epoch || new.remote_end >= old.remote_end, "M-R10 the remote end grows within a tiering epoch", detail)?;
    hold(new.pages == old.pages || new.pages_version > old.pages_version, "M-R11 each page list has a version", detail)
}

fn tombstone_holds(id: TopicIdPartition, epoch: u32, tombstone: &RemoteTombstone) -> Result<(), Violation> {
    let live = [&tombstone.remote.reserved_segment, &tombstone.remote.reserved_page];
    hold(
        tombstone.tiering_epoch == epoch && live.into_iter().all(Option::is_none),
        "M-R12 nothing under a tombstone is reserved",
        || format!("{id}: {tombstone:?}"),
    )
}

#[cfg(test)]
mod tests;
