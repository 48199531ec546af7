//! Steps on remote segments: mostly what a leader would ask next, sometimes what a zombie or a confused one would.

use strata_compat::ids::{BrokerEpoch, LeaderEpoch, Offset, Timestamp, TopicIdPartition, Uuid};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::remote_segments::{
    AbandonObject, AdvanceDeletedTo, AdvanceTombstone, BeginTiering, CommitSegment, DisableTiering, ForgetObjects,
    MoveLogStart, RemoteFence, ReplaceRows, ReserveObject,
};
use strata_metadata_core::image::remote_segments::{
    ObjectKind, PageReference, RemotePartition, Reservation, SegmentRow,
};

use crate::state::State;
use crate::steps::{Kind, Step, offset};

fn uuid(number: u32) -> Uuid {
    Uuid::from_u128(10_000 + u128::from(number))
}

/// The epochs as they are, or with one of them wrong.
fn fence(step: Step, state: &State, id: TopicIdPartition) -> Option<RemoteFence> {
    let leads = state.partitions.get(&id)?;
    let mut fence = RemoteFence {
        broker: leads.leader,
        broker_epoch: state.brokers.get(&leads.leader).map_or(BrokerEpoch::NONE, |broker| broker.epoch),
        leader_epoch: leads.leader_epoch,
        tiering_epoch: state.remote.get(&id).map_or(0, |remote| remote.tiering_epoch),
    };
    match (step.flags >> 8) % 64 {
        0 => fence.broker.0 += 1,
        1 => fence.broker_epoch.0 -= 1,
        2 => fence.leader_epoch.0 -= 1,
        3 => fence.tiering_epoch += 1,
        _ => {}
    }
    Some(fence)
}

pub(crate) fn command(step: Step, state: &State) -> Option<Command> {
    let partition = step.partition();
    if step.kind == Kind::Tombstone {
        return tombstone(step, state);
    }
    let fence = fence(step, state, partition)?;
    let remote = state.remote.get(&partition).cloned().unwrap_or_default();
    let now = Timestamp(i64::from(step.number));
    let near = |from: Option<Offset>| from.unwrap_or_default().plus(i64::from(step.number % 120) - 20);
    Some(match step.kind {
        Kind::Begin => {
            let log_start = near(remote.log_start);
            Command::BeginTiering(BeginTiering { partition, fence, log_start })
        }
        Kind::Disable => {
            let local_start = near(remote.remote_end);
            Command::DisableTiering(DisableTiering { partition, fence, local_start, now })
        }
        Kind::ReserveSegment => {
            let expected = remote.next_base_offset().unwrap_or_default();
            let base_offset = if step.errs(24) { expected.plus(1) } else { expected };
            let (uuid, kind) = (uuid(step.number % 4_000), ObjectKind::Segment);
            Command::ReserveObject(ReserveObject { partition, fence, uuid, kind, base_offset, now })
        }
        Kind::CommitSegment => {
            let row = row(step, &remote)?;
            Command::CommitSegment(CommitSegment { partition, fence, row })
        }
        Kind::ReservePage => {
            let base_offset = page_base(step, &remote);
            let kind = ObjectKind::Page { pages_version: remote.pages_version + u64::from(step.errs(24)) };
            let uuid = uuid(step.number % 4_000);
            Command::ReserveObject(ReserveObject { partition, fence, uuid, kind, base_offset, now })
        }
        Kind::ReplaceRows => replace_rows(step, &remote, fence)?,
        Kind::Abandon => {
            let live = remote.reserved_segment.iter().chain(&remote.reserved_page).map(|live| live.uuid).next();
            let uuid = if step.errs(4) { uuid(step.number % 4_000) } else { live? };
            Command::AbandonObject(AbandonObject { partition, uuid, now })
        }
        Kind::Forget => {
            let mut uuids: Vec<Uuid> = remote.abandoned.iter().map(|object| object.uuid).collect();
            uuids.extend(remote.delete_pending_pages.iter().map(|page| page.uuid));
            uuids.truncate(usize::try_from(step.number % 12).unwrap_or_default());
            uuids.extend(remote.rows.first().map(|row| row.uuid));
            Command::ForgetObjects(ForgetObjects { partition, uuids })
        }
        Kind::LogStart => Command::MoveLogStart(MoveLogStart { partition, fence, log_start: near(remote.log_start) }),
        Kind::DeletedTo => {
            let deleted_to = near(Some(remote.deleted_to)).min(remote.log_start?.plus(i64::from(step.errs(8))));
            Command::AdvanceDeletedTo(AdvanceDeletedTo { partition, fence, deleted_to })
        }
        _ => return None,
    })
}

fn row(step: Step, remote: &RemotePartition) -> Option<SegmentRow> {
    let live = remote.reserved_segment.clone().or_else(|| remote.rows.last().map(|row| reservation_of(row)))?;
    let last_epoch = remote.rows.last().map_or(live.leader_epoch, |row| row.last_leader_epoch);
    let length = i64::from(1 + step.number % 40);
    let mut row = SegmentRow {
        uuid: live.uuid,
        base_offset: live.base_offset,
        end_offset: live.base_offset.plus(length),
        object_base_offset: live.base_offset,
        leader_epoch: live.leader_epoch,
        last_leader_epoch: if step.flag(3) { last_epoch } else { live.leader_epoch },
        min_timestamp: Timestamp(i64::from(step.number)),
        max_timestamp: Timestamp(i64::from(step.number + step.flags)),
        log_bytes: u64::from(step.number),
        object_bytes: u64::from(step.number + 10),
        index_position: u64::from(step.number),
        origin_cluster: None,
        attachments: Vec::new(),
    };
    match step.number % 96 {
        0 => row.end_offset = row.base_offset,
        1 => row.base_offset = row.base_offset.plus(1),
        2 => row.object_base_offset = row.base_offset.plus(1),
        3 => row.leader_epoch = LeaderEpoch(row.leader_epoch.0 + 1),
        4 => row.last_leader_epoch = LeaderEpoch(last_epoch.0 - 1),
        5 => row.index_position = row.object_bytes + 1,
        6 => row.uuid = uuid(step.flags % 4_000),
        _ => {}
    }
    Some(row)
}

/// What stood in the reservation of a row, for the one who did not hear that it is committed.
fn reservation_of(row: &SegmentRow) -> Reservation {
    Reservation {
        uuid: row.uuid,
        kind: ObjectKind::Segment,
        base_offset: row.base_offset,
        leader_epoch: row.leader_epoch,
        broker_epoch: BrokerEpoch::NONE,
        tiering_epoch: 0,
        remote_end: None,
    }
}

/// Where the next page begins: with the last page's rows (without the dead ones at times), or with the oldest row.
fn page_base(step: Step, remote: &RemotePartition) -> Offset {
    let oldest = remote.rows.first().map(|row| row.base_offset).unwrap_or_default();
    match remote.pages.last() {
        Some(last) if step.flag(4) && remote.deleted_to > last.base_offset => remote.deleted_to.min(oldest),
        Some(last) if step.flag(5) => last.base_offset,
        _ => oldest,
    }
}

fn replace_rows(step: Step, remote: &RemotePartition, fence: RemoteFence) -> Option<Command> {
    let live = remote.reserved_page.clone()?;
    let replaced = remote
        .pages
        .last()
        .filter(|page| page.base_offset <= live.base_offset && (live.base_offset < page.end_offset || step.flag(4)));
    let count = if step.flag(3) { 12 } else { 1 + usize::try_from(step.number % 16).unwrap_or_default() };
    let moved = &remote.rows[..count.min(remote.rows.len())];
    let sum = |value: fn(&SegmentRow) -> u64| moved.iter().map(|row| value(row)).sum::<u64>();
    let is_trimmed = replaced.is_some_and(|page| live.base_offset > page.base_offset);
    let old = replaced.map_or((0, 0, 0), |page| (page.rows, page.log_bytes, page.object_bytes));
    let old = if is_trimmed { (old.0 / 2, old.1 / 2, old.2 / 2) } else { old };
    let mut page = PageReference {
        uuid: live.uuid,
        base_offset: live.base_offset,
        end_offset: moved.last().map(|row| row.end_offset).unwrap_or_default(),
        leader_epoch: live.leader_epoch,
        min_timestamp: Timestamp(0),
        max_timestamp: Timestamp(i64::from(step.number)),
        log_bytes: old.1 + sum(|row| row.log_bytes),
        object_bytes: old.2 + sum(|row| row.object_bytes),
        page_bytes: step.number,
        rows: old.0 + u32::try_from(moved.len()).unwrap_or_default(),
        origin_cluster: None,
    };
    let mut moved_rows: Vec<Uuid> = moved.iter().map(|row| row.uuid).collect();
    let mut pages_version = remote.pages_version;
    match step.number % 64 {
        0 => page.rows += 1,
        1 => page.log_bytes += 1,
        2 => page.end_offset = page.end_offset.plus(1),
        3 => page.page_bytes = 70_000,
        4 => page.leader_epoch = LeaderEpoch(page.leader_epoch.0 + 1),
        5 => moved_rows.reverse(),
        6 => moved_rows.push(uuid(1)),
        7 => pages_version += 1,
        8 => page.base_offset = page.base_offset.plus(1),
        9 => moved_rows.clear(),
        _ => {}
    }
    let replaced_page = if step.errs(16) { Some(uuid(step.number)) } else { replaced.map(|page| page.uuid) };
    let partition = step.partition();
    Some(Command::ReplaceRows(ReplaceRows { partition, fence, pages_version, page, replaced_page, moved_rows }))
}

fn tombstone(step: Step, state: &State) -> Option<Command> {
    let place = usize::try_from(step.number).unwrap_or_default() % state.tombstones.len().max(1);
    let ((partition, tiering_epoch), found) = state.tombstones.iter().nth(place)?;
    let remote = &found.remote;
    let mut forgotten: Vec<Uuid> = remote.abandoned.iter().map(|object| object.uuid).collect();
    forgotten.extend(remote.delete_pending_pages.iter().map(|page| page.uuid));
    if step.errs(3) {
        forgotten.truncate(1);
    }
    let end = remote.remote_end.unwrap_or_default();
    let deleted_to = match step.flags % 3 {
        0 => None,
        1 => Some(end),
        _ => Some(offset(step.number % 400)),
    };
    let tiering_epoch = tiering_epoch + u32::from(step.errs(16));
    Some(Command::AdvanceTombstone(AdvanceTombstone { partition: *partition, tiering_epoch, deleted_to, forgotten }))
}
