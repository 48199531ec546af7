//! Who may change a partition's remote segments, and when: reserve, commit, replace, abandon, forget, move, drop.
//!
//! Owns: the rules of the state machine of a uuid (unknown → reserved → committed | abandoned → forgotten), log start,
//! deletion mark and tombstones. Does not own: objects, and the order of PUT and verify around these (the tiering crate).
//! Invariants: a zombie can waste a PUT, but change nothing; nothing leaves the state that the bucket may still hold.

use std::sync::Arc;

use strata_compat::ids::{BrokerEpoch, BrokerId, Offset, Timestamp, TopicIdPartition, Uuid};

use crate::command::remote_segments::{
    AbandonObject, AdvanceDeletedTo, AdvanceTombstone, BeginTiering, CommitSegment, DisableTiering, ForgetObjects,
    MoveLogStart, RemoteFence, ReplaceRows, ReserveObject, UUIDS_PER_COMMAND_MAX,
};
use crate::control::{Change, at_most};
use crate::image::Image;
use crate::image::remote_segments::{
    ABANDONED_MAX, AbandonedObject, DELETE_PENDING_PAGES_MAX, ObjectKind, ROWS_MAX, RemotePartition, RemoteTombstone,
    Reservation,
};
use crate::response::{FencedBy, Refusal, RemoteRefusal, Reply, Response, UuidState};

mod validate;

pub(crate) fn begin(change: &mut Change, command: &BeginTiering) -> Response {
    check_leader(&change.image, command.partition, &command.fence)?;
    check_tiered(&change.image, command.partition)?;
    let before = change.image.remote_partition(command.partition).map(|remote| remote.as_ref().clone());
    let mut remote = before.clone().unwrap_or_default();
    check_tiering_epoch(&remote, &command.fence)?;
    if command.log_start.0 < 0 {
        return Err(invalid(format!("log start {} is negative", command.log_start)));
    }
    // Once a range is committed the log start moves by its own command; before, a late enabling or another one sets it.
    if remote.remote_end.is_none() {
        remote.log_start = remote.log_start.max(Some(command.log_start));
    }
    keep(change, command.partition, before.as_ref(), remote);
    Ok(Reply::Done)
}

pub(crate) fn disable(change: &mut Change, command: &DisableTiering) -> Response {
    check_leader(&change.image, command.partition, &command.fence)?;
    let before = remote_of(&change.image, command.partition)?;
    check_tiering_epoch(&before, &command.fence)?;
    if is_tiered(&change.image, command.partition) {
        return Err(RemoteRefusal::TieringEnabled.into());
    }
    if command.local_start.0 < 0 {
        return Err(invalid(format!("local start {} is negative", command.local_start)));
    }
    let log_start = before.log_start.map_or(command.local_start, |start| start.max(command.local_start));
    let next = RemotePartition {
        tiering_epoch: before.tiering_epoch.saturating_add(1),
        log_start: Some(log_start),
        deleted_to: before.deleted_to,
        pages_version: before.pages_version.saturating_add(1),
        ..RemotePartition::default()
    };
    bury(change, command.partition, before, command.now);
    change.image.remote.set(command.partition, next);
    change.delta.remote.insert(command.partition);
    Ok(Reply::Done)
}

pub(crate) fn reserve(change: &mut Change, command: &ReserveObject) -> Response {
    check_leader(&change.image, command.partition, &command.fence)?;
    let before = remote_of(&change.image, command.partition)?;
    check_tiering_epoch(&before, &command.fence)?;
    check_tiered(&change.image, command.partition)?;
    let wish = Reservation {
        uuid: command.uuid,
        kind: command.kind,
        base_offset: command.base_offset,
        leader_epoch: command.fence.leader_epoch,
        broker_epoch: command.fence.broker_epoch,
        tiering_epoch: command.fence.tiering_epoch,
        remote_end: before.remote_end,
    };
    let live = live_reservation(&before, command.uuid);
    if live == Some(&wish) {
        return Ok(Reply::Done);
    }
    if before.uuid_state(command.uuid) != UuidState::Unknown {
        return Err(RemoteRefusal::UuidTaken(before.uuid_state(command.uuid)).into());
    }
    let expected = before.next_base_offset().ok_or(RemoteRefusal::NotBegun)?;
    let mut next = before.clone();
    abandon_older(&mut next, &command.fence, command.now);
    let slot = match command.kind {
        ObjectKind::Segment => {
            if command.base_offset != expected {
                return Err(RemoteRefusal::BaseMismatch { expected }.into());
            }
            &next.reserved_segment
        }
        ObjectKind::Page { pages_version } => {
            if pages_version != before.pages_version {
                return Err(RemoteRefusal::PagesVersionMismatch { current: before.pages_version }.into());
            }
            if before.delete_pending_pages.len() >= DELETE_PENDING_PAGES_MAX {
                return Err(RemoteRefusal::TooManyPendingPages.into());
            }
            &next.reserved_page
        }
    };
    if let Some(live) = slot {
        return Err(RemoteRefusal::ReservationLive(live.uuid).into());
    }
    // A live uuid may become an abandoned one at any time, so that both count.
    if next.unsettled_uuids() >= ABANDONED_MAX {
        return Err(RemoteRefusal::TooManyAbandoned.into());
    }
    match command.kind {
        ObjectKind::Segment => next.reserved_segment = Some(wish),
        ObjectKind::Page { .. } => next.reserved_page = Some(wish),
    }
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Done)
}

pub(crate) fn commit(change: &mut Change, command: &CommitSegment) -> Response {
    let before = settled_or_remote(&change.image, command.partition, command.row.uuid)?;
    match before.uuid_state(command.row.uuid) {
        UuidState::Committed => return Ok(Reply::Done),
        UuidState::Abandoned => return Err(RemoteRefusal::AlreadyAbandoned.into()),
        UuidState::Unknown => return Err(RemoteRefusal::UuidUnknown.into()),
        UuidState::Reserved => {}
    }
    check_leader(&change.image, command.partition, &command.fence)?;
    check_tiering_epoch(&before, &command.fence)?;
    let reservation = before
        .reserved_segment
        .as_ref()
        .filter(|live| live.uuid == command.row.uuid)
        .ok_or_else(|| invalid("the reservation is for a page".to_owned()))?;
    check_reservation(reservation, &command.fence)?;
    if reservation.remote_end != before.remote_end {
        return Err(RemoteRefusal::RemoteEndMoved { current: before.remote_end }.into());
    }
    validate::row(&before, reservation, &command.row)?;
    if before.rows.len() >= ROWS_MAX {
        return Err(RemoteRefusal::RowsFull.into());
    }
    let mut next = before.clone();
    next.reserved_segment = None;
    next.remote_end = Some(command.row.end_offset);
    next.rows.push(Arc::new(command.row.clone()));
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Done)
}

pub(crate) fn replace_rows(change: &mut Change, command: &ReplaceRows) -> Response {
    let before = settled_or_remote(&change.image, command.partition, command.page.uuid)?;
    match before.uuid_state(command.page.uuid) {
        UuidState::Committed => return Ok(Reply::Done),
        UuidState::Abandoned => return Err(RemoteRefusal::AlreadyAbandoned.into()),
        UuidState::Unknown => return Err(RemoteRefusal::UuidUnknown.into()),
        UuidState::Reserved => {}
    }
    check_leader(&change.image, command.partition, &command.fence)?;
    check_tiering_epoch(&before, &command.fence)?;
    let reservation = before
        .reserved_page
        .as_ref()
        .filter(|live| live.uuid == command.page.uuid)
        .ok_or_else(|| invalid("the reservation is for a segment".to_owned()))?;
    check_reservation(reservation, &command.fence)?;
    let reserved_version = match reservation.kind {
        ObjectKind::Page { pages_version } => pages_version,
        ObjectKind::Segment => return Err(invalid("the reservation is for a segment".to_owned())),
    };
    if command.pages_version != before.pages_version || reserved_version != before.pages_version {
        return Err(RemoteRefusal::PagesVersionMismatch { current: before.pages_version }.into());
    }
    validate::page(&before, reservation, command)?;
    let mut next = before.clone();
    next.reserved_page = None;
    next.rows.drain(..command.moved_rows.len());
    if command.replaced_page.is_some() {
        next.delete_pending_pages.extend(next.pages.pop());
    }
    next.pages.push(Arc::new(command.page.clone()));
    next.pages_version = next.pages_version.saturating_add(1);
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Done)
}

pub(crate) fn abandon(change: &mut Change, command: &AbandonObject) -> Response {
    let Some(before) = change.image.remote_partition(command.partition).cloned() else {
        return Ok(Reply::Uuid(uuid_state(&change.image, command.partition, command.uuid)));
    };
    let mut next = before.as_ref().clone();
    for slot in [&mut next.reserved_segment, &mut next.reserved_page] {
        if let Some(live) = slot.take_if(|live| live.uuid == command.uuid) {
            next.abandoned.push(abandoned(&live, command.now));
        }
    }
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Uuid(uuid_state(&change.image, command.partition, command.uuid)))
}

pub(crate) fn forget(change: &mut Change, command: &ForgetObjects) -> Response {
    at_most("uuids", command.uuids.len(), UUIDS_PER_COMMAND_MAX)?;
    let before = remote_of(&change.image, command.partition)?;
    let mut next = before.clone();
    forget_uuids(&mut next, &command.uuids);
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Done)
}

pub(crate) fn move_log_start(change: &mut Change, command: &MoveLogStart) -> Response {
    check_leader(&change.image, command.partition, &command.fence)?;
    let before = remote_of(&change.image, command.partition)?;
    check_tiering_epoch(&before, &command.fence)?;
    let log_start = before.log_start.ok_or(RemoteRefusal::NotBegun)?;
    let next = RemotePartition { log_start: Some(log_start.max(command.log_start)), ..before.clone() };
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Done)
}

pub(crate) fn advance_deleted_to(change: &mut Change, command: &AdvanceDeletedTo) -> Response {
    check_leader(&change.image, command.partition, &command.fence)?;
    let before = remote_of(&change.image, command.partition)?;
    check_tiering_epoch(&before, &command.fence)?;
    let log_start = before.log_start.ok_or(RemoteRefusal::NotBegun)?;
    if command.deleted_to > log_start {
        return Err(invalid(format!("{} is above the log start {log_start}", command.deleted_to)));
    }
    let mut next = before.clone();
    drop_below(&mut next, command.deleted_to);
    keep(change, command.partition, Some(&before), next);
    Ok(Reply::Done)
}

pub(crate) fn advance_tombstone(change: &mut Change, command: &AdvanceTombstone) -> Response {
    at_most("uuids", command.forgotten.len(), UUIDS_PER_COMMAND_MAX)?;
    let Some(before) = change.image.remote.tombstone(command.partition, command.tiering_epoch).cloned() else {
        // The walk ended; an answer was lost.
        return Ok(Reply::Done);
    };
    let mut tombstone = before.as_ref().clone();
    forget_uuids(&mut tombstone.remote, &command.forgotten);
    match command.deleted_to {
        Some(deleted_to) => {
            drop_below(&mut tombstone.remote, deleted_to);
            if tombstone != *before {
                change.image.remote.set_tombstone(command.partition, tombstone);
                change.delta.tombstones.insert(command.partition);
            }
        }
        None => {
            let remote = &tombstone.remote;
            if !remote.owns_nothing() {
                let left = remote.rows.len()
                    + remote.pages.len()
                    + remote.delete_pending_pages.len()
                    + remote.unsettled_uuids();
                let left = u32::try_from(left).unwrap_or(u32::MAX);
                return Err(RemoteRefusal::TombstoneNotEmpty { left }.into());
            }
            change.image.remote.remove_tombstone(command.partition, command.tiering_epoch);
            change.delta.tombstones.insert(command.partition);
        }
    }
    Ok(Reply::Done)
}

/// The partition's topic is gone: what it has in the bucket goes under a tombstone.
pub(crate) fn bury_deleted(change: &mut Change, partition: TopicIdPartition, now: Timestamp) {
    if let Some(remote) = change.image.remote.remove(partition) {
        change.delta.remote.insert(partition);
        bury(change, partition, remote.as_ref().clone(), now);
    }
}

fn bury(change: &mut Change, partition: TopicIdPartition, mut remote: RemotePartition, now: Timestamp) {
    for live in [remote.reserved_segment.take(), remote.reserved_page.take()].into_iter().flatten() {
        remote.abandoned.push(abandoned(&live, now));
    }
    if !remote.owns_nothing() {
        let tombstone = RemoteTombstone { tiering_epoch: remote.tiering_epoch, remote };
        change.image.remote.set_tombstone(partition, tombstone);
        change.delta.tombstones.insert(partition);
    }
}

fn keep(change: &mut Change, partition: TopicIdPartition, before: Option<&RemotePartition>, next: RemotePartition) {
    if before != Some(&next) {
        change.image.remote.set(partition, next);
        change.delta.remote.insert(partition);
    }
}

fn invalid(reason: String) -> Refusal {
    RemoteRefusal::Invalid(reason).into()
}

fn remote_of(image: &Image, partition: TopicIdPartition) -> Result<RemotePartition, Refusal> {
    let remote = image.remote_partition(partition).ok_or(RemoteRefusal::UnknownPartition)?;
    Ok(remote.as_ref().clone())
}

/// The partition's state; a uuid that a tombstone holds abandoned is told so even if the partition is gone.
fn settled_or_remote(image: &Image, partition: TopicIdPartition, uuid: Uuid) -> Result<RemotePartition, Refusal> {
    match uuid_state(image, partition, uuid) {
        UuidState::Abandoned => Err(RemoteRefusal::AlreadyAbandoned.into()),
        UuidState::Unknown | UuidState::Reserved | UuidState::Committed => remote_of(image, partition),
    }
}

fn uuid_state(image: &Image, partition: TopicIdPartition, uuid: Uuid) -> UuidState {
    let here = image.remote_partition(partition).map_or(UuidState::Unknown, |remote| remote.uuid_state(uuid));
    if here != UuidState::Unknown {
        return here;
    }
    image
        .remote
        .tombstones_of(partition)
        .map(|tombstone| tombstone.remote.uuid_state(uuid))
        .find(|state| *state != UuidState::Unknown)
        .unwrap_or(UuidState::Unknown)
}

fn check_leader(image: &Image, partition: TopicIdPartition, fence: &RemoteFence) -> Result<(), Refusal> {
    let state = image.partition(partition).ok_or(RemoteRefusal::UnknownPartition)?;
    let current = image.brokers.epoch_of(fence.broker);
    let fenced_by = if state.leader != fence.broker || state.leader == BrokerId::NONE {
        FencedBy::NotLeader { leader: state.leader }
    } else if current != fence.broker_epoch || current == BrokerEpoch::NONE {
        FencedBy::BrokerEpoch { current }
    } else if state.leader_epoch != fence.leader_epoch {
        FencedBy::LeaderEpoch { current: state.leader_epoch }
    } else {
        return Ok(());
    };
    Err(RemoteRefusal::Fenced(fenced_by).into())
}

fn check_tiering_epoch(remote: &RemotePartition, fence: &RemoteFence) -> Result<(), Refusal> {
    if remote.tiering_epoch == fence.tiering_epoch {
        return Ok(());
    }
    Err(RemoteRefusal::Fenced(FencedBy::TieringEpoch { current: remote.tiering_epoch }).into())
}

fn check_reservation(reservation: &Reservation, fence: &RemoteFence) -> Result<(), Refusal> {
    if is_of(reservation, fence) { Ok(()) } else { Err(RemoteRefusal::Fenced(FencedBy::Reservation).into()) }
}

fn is_of(reservation: &Reservation, fence: &RemoteFence) -> bool {
    reservation.leader_epoch == fence.leader_epoch
        && reservation.broker_epoch == fence.broker_epoch
        && reservation.tiering_epoch == fence.tiering_epoch
}

fn is_tiered(image: &Image, partition: TopicIdPartition) -> bool {
    image.topic(partition.topic_id).is_some_and(|topic| image.configs.is_tiered(&topic.name))
}

fn check_tiered(image: &Image, partition: TopicIdPartition) -> Result<(), Refusal> {
    if is_tiered(image, partition) { Ok(()) } else { Err(RemoteRefusal::TieringDisabled.into()) }
}

fn live_reservation(remote: &RemotePartition, uuid: Uuid) -> Option<&Reservation> {
    [&remote.reserved_segment, &remote.reserved_page].into_iter().flatten().find(|live| live.uuid == uuid)
}

/// Live reservations of an earlier leader or registration can never be committed again.
fn abandon_older(remote: &mut RemotePartition, fence: &RemoteFence, now: Timestamp) {
    for slot in [&mut remote.reserved_segment, &mut remote.reserved_page] {
        if let Some(live) = slot.take_if(|live| !is_of(live, fence)) {
            remote.abandoned.push(abandoned(&live, now));
        }
    }
}

fn abandoned(reservation: &Reservation, now: Timestamp) -> AbandonedObject {
    AbandonedObject {
        uuid: reservation.uuid,
        is_page: match reservation.kind {
            ObjectKind::Segment => false,
            ObjectKind::Page { .. } => true,
        },
        base_offset: reservation.base_offset,
        leader_epoch: reservation.leader_epoch,
        abandoned_at: now,
    }
}

fn forget_uuids(remote: &mut RemotePartition, uuids: &[Uuid]) {
    remote.abandoned.retain(|object| !uuids.contains(&object.uuid));
    remote.delete_pending_pages.retain(|page| !uuids.contains(&page.uuid));
}

/// Rows and pages that end at or below the mark are gone from the bucket, and now from here.
fn drop_below(remote: &mut RemotePartition, deleted_to: Offset) {
    remote.deleted_to = remote.deleted_to.max(deleted_to);
    let mark = remote.deleted_to;
    remote.rows.retain(|row| row.end_offset > mark);
    let pages = remote.pages.len();
    remote.pages.retain(|page| page.end_offset > mark);
    if remote.pages.len() != pages {
        remote.pages_version = remote.pages_version.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
