//! Command to response and delta: a table.
//!
//! Owns: the order of checks that hold for each command (index, `metadata.version`), and that a refused command changes
//! nothing. Does not own: what each command does (`control/`).

use crate::command::Command;
use crate::control::{
    Change, brokers, cluster, configs, features, isr, partitions, producer_ids, remote_segments, topics,
};
use crate::delta::Delta;
use crate::image::Image;
use crate::invariants;
use crate::response::{Refusal, Reply, Response};

impl Image {
    /// Applies the command at `index` of the quorum's log. Validation and change are one step: either all of the command
    /// is done, or it is refused and nothing is, but that the index moved on.
    ///
    /// # Panics
    /// If a command broke an invariant of the state, which is a defect: better to stop than to go on with it.
    pub fn apply(&mut self, index: u64, command: &Command) -> (Response, Delta) {
        if index <= self.applied_index {
            return (Err(Refusal::StaleIndex { index, applied: self.applied_index }), Delta::default());
        }
        let mut change = Change { index, image: self.clone(), delta: Delta::default() };
        let response = self.allowed(command).and_then(|()| change.run(command));
        let delta = match &response {
            Ok(_) => {
                let checked = invariants::check_step(self, &change.image, &change.delta);
                assert!(checked.is_ok(), "command at index {index} broke {checked:?}");
                *self = change.image;
                change.delta
            }
            Err(_) => Delta::default(),
        };
        self.applied_index = index;
        (response, delta)
    }

    /// What the command would answer now; the image stays as it is (`validateOnly` requests).
    pub fn would_answer(&self, command: &Command) -> Response {
        let mut scratch = self.clone();
        scratch.apply(self.applied_index.saturating_add(1), command).0
    }

    fn allowed(&self, command: &Command) -> Result<(), Refusal> {
        let needed = command.metadata_version_needed();
        let finalized = self.features.metadata_version();
        if needed > 0 && self.cluster.cluster_id.is_none() {
            return Err(Refusal::NotFormatted);
        }
        if needed > finalized {
            return Err(Refusal::UnsupportedCommand { needed, finalized });
        }
        Ok(())
    }
}

impl Change {
    fn run(&mut self, command: &Command) -> Response {
        match command {
            Command::NoOp => Ok(Reply::Done),
            Command::FormatCluster(command) => cluster::format(self, command),
            Command::SetStoreId(command) => cluster::set_store_id(self, command),
            Command::RegisterController(command) => brokers::register_controller(self, command),
            Command::RegisterBroker(command) => brokers::register(self, command),
            Command::UnregisterBroker(command) => brokers::unregister(self, command),
            Command::ChangeBroker(command) => brokers::change(self, command),
            Command::CreateTopic(command) => topics::create(self, command),
            Command::DeleteTopic(command) => topics::delete(self, command),
            Command::CreatePartitions(command) => topics::create_partitions(self, command),
            Command::AlterPartitions(command) => isr::alter(self, command),
            Command::ElectLeaders(command) => partitions::elect(self, command),
            Command::AssignDirectories(command) => partitions::assign_directories(self, command),
            Command::AlterConfigs(command) => configs::alter(self, command),
            Command::UpdateFeatures(command) => features::update(self, command),
            Command::AllocateProducerIds(command) => producer_ids::allocate(self, command),
            Command::BeginTiering(command) => remote_segments::begin(self, command),
            Command::DisableTiering(command) => remote_segments::disable(self, command),
            Command::ReserveObject(command) => remote_segments::reserve(self, command),
            Command::CommitSegment(command) => remote_segments::commit(self, command),
            Command::ReplaceRows(command) => remote_segments::replace_rows(self, command),
            Command::AbandonObject(command) => remote_segments::abandon(self, command),
            Command::ForgetObjects(command) => remote_segments::forget(self, command),
            Command::MoveLogStart(command) => remote_segments::move_log_start(self, command),
            Command::AdvanceDeletedTo(command) => remote_segments::advance_deleted_to(self, command),
            Command::AdvanceTombstone(command) => remote_segments::advance_tombstone(self, command),
        }
    }
}

#[cfg(test)]
mod tests;
