//! (1) Committed remote ranges are contiguous within [log start, remote end), disjoint and ordered by epoch.

use strata_compat::ids::Offset;

use super::{Violation, hold};
use crate::sim::shared::State;

const PROPERTY: &str = "(1) remote ranges are contiguous, disjoint and ordered by epoch";

/// The rows that were ever committed and are not marked as deleted tile the range from the log start on, and the quorum names
/// each of them, itself or through a page.
#[must_use]
pub fn contiguous_and_ordered(state: &State) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, remote) in state.image.remote.iter() {
        let log_start = remote.log_start.unwrap_or_default();
        let (mut end, mut epoch): (Option<Offset>, _) = (None, None);
        for row in state.ledger.rows_above(*id, remote.tiering_epoch, remote.deleted_to) {
            // Only below the log start may something be missing.
            let follows = end == Some(row.base_offset)
                || (end.is_none_or(|end| row.base_offset > end) && row.base_offset <= log_start);
            found.extend(hold(follows, PROPERTY, || {
                format!("{id}: {} follows {end:?}, the log start is {log_start}", row.base_offset)
            }));
            let ordered =
                epoch.is_none_or(|epoch| row.last_leader_epoch >= epoch && row.leader_epoch >= row.last_leader_epoch);
            found.extend(hold(ordered, PROPERTY, || format!("{id}: {row:?} follows epoch {epoch:?}")));
            let in_page = remote
                .pages
                .iter()
                .any(|page| page.base_offset <= row.base_offset && row.end_offset <= page.end_offset);
            let named = in_page || remote.rows.iter().any(|named| named.uuid == row.uuid);
            found.extend(hold(named, PROPERTY, || format!("{id}: {row:?} is named nowhere")));
            (end, epoch) = (Some(row.end_offset), Some(row.last_leader_epoch));
        }
        // Without rows nothing above the log start can be remote.
        let reaches = match end {
            Some(_) => end == remote.remote_end,
            None => remote.remote_end.is_none_or(|end| end <= log_start),
        };
        found.extend(hold(reaches, PROPERTY, || {
            format!("{id}: rows end at {end:?}, remote end {:?}, log start {log_start}", remote.remote_end)
        }));
    }
    found
}
