//! (2) Nothing is readable before its commit and nothing committed is overwritten; (6) what is committed is what was
//! acknowledged, byte for byte.

use ::bytes::Bytes;
use object_store::path::Path;
use strata_compat::ids::TopicIdPartition;
use strata_metadata_core::command::remote_segments::ReplaceRows;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::SegmentRow;
use strata_tiering::manifest_page::ManifestPage;
use strata_tiering::object_key::ObjectNames;
use strata_tiering::segment_format::SegmentIndex;

use super::{Violation, hold};
use crate::sim::shared::State;

const COMMITTED: &str = "(6) what is committed is what was acknowledged";
const PAGE: &str = "(1) a page holds exactly the rows that it replaces";

/// An object that exists is never written again.
#[must_use]
pub fn put_overwrites(key: &Path, exists: bool) -> Option<Violation> {
    hold(!exists, "(2) nothing is overwritten", || format!("{key} was written again"))
}

/// The bytes of a segment, chunk by chunk, as a reader would get them.
fn segment_bytes(object: &Bytes, row: &SegmentRow) -> Result<Vec<u8>, String> {
    if u64::try_from(object.len()) != Ok(row.object_bytes) {
        return Err(format!("{} bytes instead of {}", object.len(), row.object_bytes));
    }
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(object.len());
    let section = object.slice(index(row.index_position)..);
    let decoded = SegmentIndex::decode_for_row(&section, row).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    for chunk in decoded.chunks().entries() {
        let end = chunk.stored_position + u64::from(chunk.stored_bytes);
        let stored = object.slice(index(chunk.stored_position)..index(end));
        bytes.extend_from_slice(&chunk.open(stored).map_err(|error| error.to_string())?);
    }
    Ok(bytes)
}

/// At its commit a segment is in the bucket, and its batches are those that were acknowledged.
pub(super) fn committed_is_acknowledged(
    state: &State,
    names: &ObjectNames,
    partition: TopicIdPartition,
    row: &SegmentRow,
) -> Option<Violation> {
    let key = names.segment(partition, row);
    let wrong = |what: String| Some(Violation { property: COMMITTED, detail: format!("{key}: {what}") });
    let Some(stored) = state.objects.get(&key) else {
        return wrong("is not in the bucket".to_owned());
    };
    let bytes = match segment_bytes(&stored.bytes, row) {
        Ok(bytes) => bytes,
        Err(error) => return wrong(error),
    };
    let acked = state.ledger.acked.get(&partition);
    let expected = acked.and_then(|acked| acked.bytes_of(row.base_offset.0, row.end_offset.0));
    match expected {
        Some(expected) if expected.concat() == bytes => None,
        Some(expected) => {
            let expected = expected.concat();
            let same = expected.iter().zip(&bytes).take_while(|(one, other)| one == other).count();
            let lengths = format!("{} bytes, {} were acknowledged", bytes.len(), expected.len());
            wrong(format!("holds other bytes: {lengths}, the first {same} are the same"))
        }
        None => wrong(format!("offsets up to {} were never acknowledged", row.end_offset)),
    }
}

/// At its commit a page is in the bucket, and holds the rows of the page that it replaces and those that it moves.
pub(super) fn page_holds_the_rows(
    state: &State,
    names: &ObjectNames,
    before: &Image,
    replace: &ReplaceRows,
) -> Option<Violation> {
    let epoch = before.remote_partition(replace.partition).map_or(0, |remote| remote.tiering_epoch);
    if before.remote_partition(replace.partition) == state.image.remote_partition(replace.partition) {
        return None;
    }
    let key = names.page(replace.partition, &replace.page);
    let wrong = |what: String| Some(Violation { property: PAGE, detail: format!("{key}: {what}") });
    let Some(stored) = state.objects.get(&key) else {
        return wrong("is not in the bucket".to_owned());
    };
    let page = match ManifestPage::decode_for(&stored.bytes, &replace.page) {
        Ok(page) => page,
        Err(error) => return wrong(error.to_string()),
    };
    let inside =
        |row: &&SegmentRow| row.base_offset >= replace.page.base_offset && row.end_offset <= replace.page.end_offset;
    let all = state.ledger.rows_above(replace.partition, epoch, strata_compat::ids::Offset(-1));
    let expected: Vec<&SegmentRow> = all.filter(inside).collect();
    let same = page.rows.iter().eq(expected.iter().copied());
    if same { None } else { wrong(format!("{} rows instead of {}", page.rows.len(), expected.len())) }
}
