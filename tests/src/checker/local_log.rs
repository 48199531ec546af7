//! (3) Local bytes of a tiered partition go only below max(log start, remote end); (8) a leader's log does not end below the
//! remote end.

use strata_compat::ids::{Offset, TopicIdPartition};
use strata_metadata_core::image::Image;

use super::{Violation, hold};

/// Local files below `end` may go. What is below the log's own start is nobody's: where tiering was off, the log moved it
/// without the quorum.
#[must_use]
pub fn may_delete(
    image: &Image,
    partition: TopicIdPartition,
    end: i64,
    (tiered, own_log_start): (bool, i64),
) -> Option<Violation> {
    let remote = image.remote_partition(partition)?;
    let log_start = remote.log_start.unwrap_or_default().max(Offset(own_log_start));
    let limit = remote.remote_end.map_or(log_start, |remote_end| remote_end.max(log_start));
    hold(!tiered || end <= limit.0, "(3) local bytes go only below max(log start, remote end)", || {
        format!("{partition}: local files below {end} go, the limit is {limit}")
    })
}

/// A replica that begins to lead has all that is remote.
#[must_use]
pub fn leader_opens(partition: TopicIdPartition, log_end: i64, remote_end: Option<Offset>) -> Option<Violation> {
    hold(remote_end.is_none_or(|end| end.0 <= log_end), "(8) a leader's log does not end below the remote end", || {
        format!("{partition}: log end {log_end}, remote end {remote_end:?}")
    })
}
