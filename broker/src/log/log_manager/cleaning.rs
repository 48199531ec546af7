//! One pass of the cleaner over all logs.
//!
//! Owns: choosing the dirtiest log, `cleaner-offset-checkpoint`. Does not own: the plan and the cleaning (`log_cleaner.rs`).
//! A crash before the checkpoint is written only means that clean segments are read once more. What a round replaces lies below
//! the recovery point on the disk: the journal is never replayed into files that the cleaner has written.

use std::sync::Arc;

use strata_compat::ids::{Offset, Timestamp, TopicIdPartition};

use super::LogManager;
use super::checkpoints::{FORGOTTEN, key};
use crate::log::checkpoint;
use crate::log::error::LogError;
use crate::log::log_cleaner::{CleanOutcome, CleanerPlan};
use crate::log::unified_log::UnifiedLog;

impl LogManager {
    /// Cleans the dirtiest log, an overdue one first; `None` if no log needs it. `last_stable` answers the last stable offset
    /// of a partition, `None` to leave it out. Must not run twice at a time.
    pub fn clean_dirtiest(
        &self,
        last_stable: &dyn Fn(&UnifiedLog) -> Option<Offset>,
        map_bytes: u64,
        now: Timestamp,
    ) -> Result<Option<(TopicIdPartition, CleanOutcome)>, LogError> {
        let mut dirtiest: Option<(Arc<UnifiedLog>, CleanerPlan)> = None;
        for log in self.logs() {
            if !log.config().cleanup_policy.compact || log.log_dir().offline().is_some() {
                continue;
            }
            let Some(last_stable) = last_stable(&log) else {
                continue;
            };
            let Some(plan) = log.plan_cleaning(cleaned_to(&log)?, last_stable, now)? else {
                continue;
            };
            let rank = |plan: &CleanerPlan| (plan.overdue, plan.dirty_ratio);
            if dirtiest.as_ref().is_none_or(|(_, best)| rank(&plan) > rank(best)) {
                dirtiest = Some((log, plan));
            }
        }
        let Some((log, plan)) = dirtiest else {
            return Ok(None);
        };
        self.flush_log(&log)?;
        let outcome = log.clean(&plan, map_bytes, now)?;
        self.write_cleaned_to(&log, outcome.cleaned_to)?;
        Ok(Some((log.partition(), outcome)))
    }

    fn write_cleaned_to(&self, log: &UnifiedLog, offset: Offset) -> Result<(), LogError> {
        let log_dir = log.log_dir();
        let directory = self.directory_of(log)?;
        let _one_at_a_time = directory.checkpointing.lock();
        let path = log_dir.path().join(checkpoint::CLEANER_OFFSET_FILE);
        let mut offsets = checkpoint::unless_damaged(checkpoint::read_offsets(log_dir, &path), FORGOTTEN)?;
        let present: std::collections::BTreeSet<_> = self.logs().iter().map(|log| key(log)).collect();
        offsets.retain(|key, _| present.contains(key));
        offsets.insert(key(log), offset);
        checkpoint::write_offsets(log_dir, &path, &offsets)
    }
}

fn cleaned_to(log: &UnifiedLog) -> Result<Option<Offset>, LogError> {
    let path = log.log_dir().path().join(checkpoint::CLEANER_OFFSET_FILE);
    let offsets = checkpoint::unless_damaged(checkpoint::read_offsets(log.log_dir(), &path), FORGOTTEN)?;
    Ok(offsets.get(&key(log)).copied())
}
