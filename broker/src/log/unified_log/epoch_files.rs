//! The files of a log's leader epochs: whether they are behind, and how they are replaced.
//!
//! Owns: which state of the epochs is in the files, and which is staged beside them. Does not own: what the files hold
//! (`epoch_checkpoint.rs`), when they are flushed (`unified_log/flush.rs`).
//!
//! What is staged takes its place only after a flush that came behind it, and only if nothing newer is in the files or staged.

use super::{LogState, Phase, UnifiedLog};
use crate::log::epoch_checkpoint;
use crate::log::error::LogError;

/// Which states of the leader epochs are in their files. They are counted by their changes.
#[derive(Debug, Default)]
pub(super) struct EpochFiles {
    /// The one in memory.
    newest: u64,
    /// The one that is in the files, durably.
    stored: u64,
    /// What lies beside the files, whole, to take their place.
    staged: Option<StagedEpochs>,
    /// Counts what was staged.
    tickets: u64,
}

/// A state of the leader epochs that one flush has staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StagedEpochs {
    state: u64,
    ticket: u64,
}

impl EpochFiles {
    pub(super) fn new(are_dirty: bool) -> Self {
        Self { newest: u64::from(are_dirty), ..Self::default() }
    }

    pub(super) const fn note_change(&mut self, is_changed: bool) {
        self.newest += is_changed as u64;
    }

    pub(super) const fn are_dirty(&self) -> bool {
        self.stored != self.newest
    }

    /// What took the files' place is durable.
    pub(super) fn note_durable(&mut self, placed: StagedEpochs) {
        self.stored = self.stored.max(placed.state);
    }
}

impl UnifiedLog {
    /// Writes the files, durably.
    pub(super) fn write_epochs(&self, state: &mut LogState) -> Result<(), LogError> {
        // The same names are written: what a failure leaves there must not take the files' place.
        state.epoch_files.staged = None;
        epoch_checkpoint::store(&self.context.log_dir, &self.identity.directory, state.epochs.entries())?;
        state.epoch_files.stored = state.epoch_files.newest;
        Ok(())
    }

    /// Writes the files, durably, if they are behind.
    pub(super) fn write_due_epochs(&self) -> Result<(), LogError> {
        let mut state = self.state.lock();
        let is_due = state.epoch_files.are_dirty() && state.phase != Phase::Abandoned;
        if is_due { self.write_epochs(&mut state) } else { Ok(()) }
    }

    /// Writes the leader epochs beside their files, not durably. `None` if nothing is due.
    pub(super) fn stage_epochs(&self) -> Result<Option<StagedEpochs>, LogError> {
        let mut state = self.state.lock();
        if !state.epoch_files.are_dirty() || state.phase == Phase::Abandoned {
            return Ok(None);
        }
        state.epoch_files.staged = None;
        let is_staged =
            epoch_checkpoint::stage(&self.context.log_dir, &self.identity.directory, state.epochs.entries())?;
        let files = &mut state.epoch_files;
        if is_staged {
            files.tickets += 1;
            files.staged = Some(StagedEpochs { state: files.newest, ticket: files.tickets });
        } else {
            files.stored = files.newest;
        }
        Ok(files.staged)
    }

    /// Puts in the files what [`UnifiedLog::stage_epochs`] has written and a flush of the file system has made durable. Returns
    /// whether names changed.
    pub(super) fn take_staged_epochs(&self, staged: StagedEpochs) -> Result<bool, LogError> {
        let mut state = self.state.lock();
        if state.epoch_files.stored >= staged.state || state.phase == Phase::Abandoned {
            return Ok(false);
        }
        if state.epoch_files.staged == Some(staged) {
            state.epoch_files.staged = None;
            epoch_checkpoint::take_staged(&self.context.log_dir, &self.identity.directory)?;
        } else {
            // Another flush has staged its own meanwhile, of which nobody knows whether it is durable.
            self.write_epochs(&mut state)?;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{LeaderEpoch, Offset};

    use super::*;
    use crate::log::epoch_checkpoint::StoredEpochs;
    use crate::log::log_config::LogConfig;
    use crate::log::log_dir::faulty::FaultyIo;
    use crate::log::test_support::{NOW, fill, journaled_context, open};

    #[test]
    fn epochs_that_a_later_flush_has_staged_are_not_taken_for_durable() {
        for seed in 0..8 {
            let (directory, io) = (tempfile::tempdir().unwrap(), FaultyIo::new());
            let context = journaled_context(directory.path(), &io);
            let (log, _) = open(&context, &LogConfig::default());
            fill(&log, 2, 0);
            let first = log.stage_epochs().unwrap().unwrap();
            fill(&log, 2, 5);
            let second = log.stage_epochs().unwrap().unwrap();
            assert!(log.take_staged_epochs(first).unwrap());
            assert!(!log.take_staged_epochs(second).unwrap(), "the first has written all there is");
            assert!(!log.state.lock().epoch_files.are_dirty());
            io.cut_power(seed);
            let place = log.directory().to_owned();
            drop((log, context));
            let context = journaled_context(directory.path(), &FaultyIo::new());
            let found = epoch_checkpoint::load(&context.log_dir, &place).unwrap();
            let both = vec![(LeaderEpoch(0), Offset(0)), (LeaderEpoch(5), Offset(4))];
            assert_eq!(found, StoredEpochs::Sound(both), "seed {seed}");
        }
    }

    #[test]
    fn what_was_staged_before_a_cut_does_not_come_back() {
        let directory = tempfile::tempdir().unwrap();
        let context = journaled_context(directory.path(), &FaultyIo::new());
        let (log, _) = open(&context, &LogConfig::default());
        fill(&log, 2, 0);
        fill(&log, 2, 5);
        let staged = log.stage_epochs().unwrap().unwrap();
        log.truncate_to(Offset(4), NOW).unwrap();
        assert!(!log.take_staged_epochs(staged).unwrap());
        let found = epoch_checkpoint::load(&context.log_dir, log.directory()).unwrap();
        assert_eq!(found, StoredEpochs::Sound(vec![(LeaderEpoch(0), Offset(0))]));
        assert_eq!(log.stage_epochs().unwrap(), None);
    }
    #[test]
    fn epochs_are_due_until_their_new_names_are_durable() {
        let directory = tempfile::tempdir().unwrap();
        let context = journaled_context(directory.path(), &FaultyIo::new());
        let (log, _) = open(&context, &LogConfig::default());
        fill(&log, 2, 0);
        let staged = log.stage_epochs().unwrap().unwrap();
        assert!(log.take_staged_epochs(staged).unwrap());
        assert!(log.state.lock().epoch_files.are_dirty(), "whoever needs them durable writes them");
        log.state.lock().epoch_files.note_durable(staged);
        assert_eq!(log.stage_epochs().unwrap(), None);
    }

    #[test]
    fn what_a_failed_write_leaves_does_not_take_the_place_of_the_files() {
        let directory = tempfile::tempdir().unwrap();
        let io = FaultyIo::new();
        let context = journaled_context(directory.path(), &io);
        let (log, _) = open(&context, &LogConfig::default());
        fill(&log, 2, 0);
        log.flush().unwrap();
        fill(&log, 2, 5);
        let staged = log.stage_epochs().unwrap().unwrap();
        // The next one is longer.
        fill(&log, 2, 7);
        io.set_budget(Some(0));
        log.write_due_epochs().unwrap_err();
        log.take_staged_epochs(staged).unwrap_err();
        let found = epoch_checkpoint::load(&context.log_dir, log.directory()).unwrap();
        assert_eq!(found, StoredEpochs::Sound(vec![(LeaderEpoch(0), Offset(0))]), "the old ones");
        io.set_budget(None);
        log.flush().unwrap();
        let all = vec![(LeaderEpoch(0), Offset(0)), (LeaderEpoch(5), Offset(4)), (LeaderEpoch(7), Offset(8))];
        let found = epoch_checkpoint::load(&context.log_dir, log.directory()).unwrap();
        assert_eq!(found, StoredEpochs::Sound(all));
    }
}
