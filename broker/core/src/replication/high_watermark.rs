//! When the leader's high watermark moves.
//!
//! Owns: the rule, as a pure function. Does not own: the watermark itself (`replication.rs`), readers.
//!
//! ```text
//!   durable on all of the maximal ISR      written on the leader
//! ──────────────────────────────────┬─────────────────┬──────────►
//!                             high watermark       log end
//! ```
//! The maximal ISR is the committed one and the one asked for: the controller may have committed either. A replica that is
//! about to join counts too, else the watermark could for ever run ahead of it.
//! Invariants: the watermark is at most the smallest durable end, never the log end as such; it stands still while fewer
//! than `min.insync.replicas` are in sync.

use strata_compat::ids::{BrokerId, Offset, Timestamp};

use super::isr::IsrView;

/// The smallest durable end that counts; `None` while the watermark must stand still. `proposed` may name members of the ISR, too.
pub(super) fn committed_end(
    view: &IsrView<'_>,
    local_durable_end: Offset,
    proposed: impl IntoIterator<Item = BrokerId>,
    min_isr: usize,
    now: Timestamp,
) -> Option<Offset> {
    if view.state.isr.len() < view.state.effective_min_isr(min_isr) {
        return None;
    }
    let mut end = local_durable_end;
    for broker in view.state.isr.iter().copied().chain(proposed).filter(|broker| *broker != view.local) {
        // A member that has not fetched in this epoch may hold anything.
        end = end.min(view.progress.get(&broker)?.durable_end()?);
    }
    // A member that is caught up is counted twice, which changes nothing.
    for (broker, progress) in view.progress {
        if progress.is_caught_up(view.log_end, now, view.lag_ms) && view.is_eligible(*broker) {
            end = end.min(progress.durable_end().unwrap_or(end));
        }
    }
    Some(end)
}
