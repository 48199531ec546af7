//! (7) Every acknowledged offset at or above log start is on the leader's disk or in the committed remote range.

use strata_compat::ids::TopicIdPartition;

use super::{Violation, hold};
use crate::sim::log::LogState;
use crate::sim::shared::State;

const PROPERTY: &str = "(7) every acknowledged offset is served from a side";

/// The leader's log goes on where the remote range ends, and ends where the last acknowledged record does.
#[must_use]
pub fn no_hole(state: &State, partition: TopicIdPartition, leader: &LogState) -> Vec<Violation> {
    let Some(acked) = state.ledger.acked.get(&partition) else {
        return Vec::new();
    };
    let remote = state.image.remote_partition(partition);
    let log_start = remote.and_then(|remote| remote.log_start).map_or(0, |start| start.0).max(leader.log_start);
    let remote_end = remote.and_then(|remote| remote.remote_end).map_or(0, |end| end.0);
    let mut found = Vec::new();
    found.extend(hold(leader.local_start <= log_start.max(remote_end), PROPERTY, || {
        format!(
            "{partition}: local start {}, log start {log_start}, remote end {remote_end}: nothing between",
            leader.local_start
        )
    }));
    found.extend(hold(leader.log_end >= acked.end, PROPERTY, || {
        format!("{partition}: acknowledged to {}, the leader's log ends at {}", acked.end, leader.log_end)
    }));
    for batch in acked.batches.range(leader.local_start..).map(|(_, batch)| batch) {
        let same = leader.batches.iter().find(|own| own.base == batch.base).is_some_and(|own| own.bytes == batch.bytes);
        found.extend(hold(same, PROPERTY, || format!("{partition}: the leader has another batch at {}", batch.base)));
    }
    found
}
