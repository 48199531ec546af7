//! (3) Local bytes of a tiered partition go only below max(log start, remote end); (8) a leader's log does not end below the
//! remote end.

use strata_compat::ids::{Offset, TopicIdPartition};

use super::{Violation, hold};
use crate::sim::shared::State;

/// Local files below `end` may go. Where tiering was off the log moved its start without the quorum: what lies below that is
/// nobody's any more. The ledger knows of those moves; the log's own word does not count.
#[must_use]
pub fn may_delete(state: &State, partition: TopicIdPartition, end: i64) -> Option<Violation> {
    let image = &state.image;
    let tiered = image.topic(partition.topic_id).is_some_and(|topic| image.configs.is_tiered(&topic.name));
    let remote = image.remote_partition(partition)?;
    let untiered_start = state.ledger.untiered_starts.get(&partition).copied().unwrap_or_default();
    let log_start = remote.log_start.unwrap_or_default().max(Offset(untiered_start));
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
