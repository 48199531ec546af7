//! (4) Log start only grows, and every layer's start is at most the quorum's.

use strata_compat::ids::{Offset, TopicIdPartition};
use strata_metadata_core::image::Image;

use super::{Ledger, Violation, hold};

const PROPERTY: &str = "(4) log start only grows";

/// The quorum's log starts never go back, and the mark of deletion stays below.
pub(super) fn grows(ledger: &mut Ledger, image: &Image) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, remote) in image.remote.iter() {
        let Some(log_start) = remote.log_start else { continue };
        let before = ledger.log_starts.insert(*id, log_start);
        found.extend(hold(before.is_none_or(|before| before <= log_start), PROPERTY, || {
            format!("{id}: from {before:?} to {log_start}")
        }));
        found.extend(hold(remote.deleted_to <= log_start, PROPERTY, || {
            format!("{id}: deleted to {} above {log_start}", remote.deleted_to)
        }));
    }
    found
}

/// What a log is told is not above what the quorum has decided.
#[must_use]
pub fn told(image: &Image, partition: TopicIdPartition, log_start: Offset) -> Option<Violation> {
    let decided = image.remote_partition(partition).map(|remote| remote.log_start)?;
    hold(decided.is_some_and(|decided| log_start <= decided), PROPERTY, || {
        format!("{partition}: the log is told {log_start}, the quorum says {decided:?}")
    })
}
