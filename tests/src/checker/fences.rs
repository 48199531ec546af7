//! A zombie changes nothing: a command that changed remote state was sent by the leader of that time.

use strata_metadata_core::command::Command;
use strata_metadata_core::image::Image;

use super::{Violation, fence_of_mut, hold};

/// The asker of a command that changed the remote state led the partition, in its registration and tiering epoch.
pub(super) fn asked_by_the_leader(before: &Image, after: &Image, command: &Command) -> Option<Violation> {
    let mut asked = command.clone();
    let (partition, fence) = fence_of_mut(&mut asked)?;
    // Repeating what is done already changes nothing and may be answered to anybody.
    if before.remote_partition(partition) == after.remote_partition(partition) {
        return None;
    }
    let state = before.partition(partition);
    let tiering_epoch = before.remote_partition(partition).map_or(0, |remote| remote.tiering_epoch);
    let is_current = state
        .is_some_and(|state| state.leader == fence.broker && state.leader_epoch == fence.leader_epoch)
        && before.brokers.epoch_of(fence.broker) == fence.broker_epoch
        && tiering_epoch == fence.tiering_epoch;
    hold(is_current, "a zombie changes nothing", || format!("{command:?} where {state:?} in {tiering_epoch}"))
}
