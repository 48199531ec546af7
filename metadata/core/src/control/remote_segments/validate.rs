//! Whether a row or a page is one that the partition's state can take.

use crate::command::remote_segments::ReplaceRows;
use crate::image::remote_segments::{
    ATTACHMENT_BYTES_MAX, ATTACHMENTS_MAX, ORIGIN_CLUSTER_BYTES_MAX, PAGE_BYTES_MAX, PageReference, RemotePartition,
    Reservation, SegmentRow,
};
use crate::response::{Refusal, RemoteRefusal};

fn invalid(reason: &str) -> Refusal {
    RemoteRefusal::Invalid(reason.to_owned()).into()
}

/// The row continues the remote range, fits its reservation, and is as small as rows are.
pub(super) fn row(remote: &RemotePartition, reservation: &Reservation, row: &SegmentRow) -> Result<(), Refusal> {
    let log_start = remote.log_start.ok_or(RemoteRefusal::NotBegun)?;
    let last_epoch = remote.rows.last().map(|last| last.last_leader_epoch);
    let origin_bytes = row.origin_cluster.as_ref().map_or(0, String::len);
    let fault = if row.base_offset != reservation.base_offset {
        "the row does not begin at the reserved base offset"
    } else if row.object_base_offset != reservation.base_offset {
        "the offset in the object's key is not the reserved base offset"
    } else if row.leader_epoch != reservation.leader_epoch {
        "the leader epoch in the object's key is not the reserving leader's"
    } else if row.end_offset <= row.base_offset {
        "the row holds no offset"
    } else if row.last_leader_epoch > row.leader_epoch || last_epoch.is_some_and(|last| row.last_leader_epoch < last) {
        "the last leader epoch is out of order"
    } else if row.index_position > row.object_bytes {
        "the index section lies outside of the object"
    } else if row.attachments.len() > ATTACHMENTS_MAX
        || row.attachments.iter().any(|attachment| attachment.content.len() > ATTACHMENT_BYTES_MAX)
        || origin_bytes > ORIGIN_CLUSTER_BYTES_MAX
    {
        "the row is too large"
    } else if row.end_offset <= log_start {
        return Err(RemoteRefusal::BelowLogStart { log_start }.into());
    } else {
        return Ok(());
    };
    Err(invalid(fault))
}

/// The page holds exactly the replaced page's rows (but for dead ones) and the oldest rows of the quorum.
pub(super) fn page(remote: &RemotePartition, reservation: &Reservation, command: &ReplaceRows) -> Result<(), Refusal> {
    let page = &command.page;
    let moved = remote.rows.get(..command.moved_rows.len()).unwrap_or_default();
    if moved.is_empty() || !moved.iter().map(|row| &row.uuid).eq(&command.moved_rows) {
        return Err(invalid("the moved rows are not the oldest rows"));
    }
    let replaced = match command.replaced_page {
        None => None,
        Some(uuid) => match remote.pages.last() {
            Some(last) if last.uuid == uuid => Some(last),
            Some(_) | None => return Err(invalid("the replaced page is not the last page")),
        },
    };
    if page.leader_epoch != reservation.leader_epoch || page.base_offset != reservation.base_offset {
        return Err(invalid("the page's key is not the reserved one"));
    }
    if usize::try_from(page.page_bytes).unwrap_or(usize::MAX) > PAGE_BYTES_MAX
        || page.origin_cluster.as_ref().is_some_and(|origin| origin.len() > ORIGIN_CLUSTER_BYTES_MAX)
    {
        return Err(invalid("the page is too large"));
    }
    contents(remote, page, replaced.map(AsRef::as_ref), moved)
}

fn contents(
    remote: &RemotePartition,
    page: &PageReference,
    replaced: Option<&PageReference>,
    moved: &[std::sync::Arc<SegmentRow>],
) -> Result<(), Refusal> {
    let (Some(first), Some(last)) = (moved.first(), moved.last()) else {
        return Err(invalid("no row is moved"));
    };
    let count = u32::try_from(moved.len()).unwrap_or(u32::MAX);
    let log_bytes: u64 = moved.iter().map(|row| row.log_bytes).fold(0, u64::saturating_add);
    let object_bytes: u64 = moved.iter().map(|row| row.object_bytes).fold(0, u64::saturating_add);
    let all = (
        replaced.map_or(0, |page| page.rows).saturating_add(count),
        replaced.map_or(0, |page| page.log_bytes).saturating_add(log_bytes),
        replaced.map_or(0, |page| page.object_bytes).saturating_add(object_bytes),
    );
    let base = replaced.map_or(first.base_offset, |page| page.base_offset);
    let given = (page.rows, page.log_bytes, page.object_bytes);
    let is_whole = page.base_offset == base && given == all;
    // Dead rows of the replaced page may be left out.
    let is_trimmed = replaced.is_some()
        && page.base_offset > base
        && page.base_offset <= first.base_offset
        && remote.deleted_to > base
        && remote.log_start.is_some_and(|log_start| page.base_offset <= log_start)
        && given.0 >= count
        && given.0 <= all.0
        && given.1 <= all.1
        && given.2 <= all.2;
    if page.end_offset != last.end_offset || !(is_whole || is_trimmed) {
        return Err(invalid("the page does not hold what it replaces"));
    }
    Ok(())
}
