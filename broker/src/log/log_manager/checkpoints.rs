//! Flushing logs and writing what was flushed into the directory's checkpoints.
//!
//! Owns: the order flush → checkpoint → journal recycled. Does not own: when it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_compat::ids::{Offset, TopicIdPartition};

use super::{Directory, LogManager};
use crate::crash_point::{CrashPoint, hit};
use crate::log::checkpoint::{self, RecoveryPoint, TopicPartition};
use crate::log::error::{LogError, LogErrorReason};
use crate::log::journal::{Journal, JournalSequence};
use crate::log::log_dir::LogDir;
use crate::log::unified_log::{UnifiedLog, flush_together};

/// What follows from a damaged `cleaner-offset-checkpoint`.
pub(super) const FORGOTTEN: &str = "clean segments are read once more";

/// What the checkpoints said of partitions that could not be opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) recovery: BTreeMap<TopicPartition, RecoveryPoint>,
    pub(super) log_starts: BTreeMap<TopicPartition, Offset>,
}

impl Kept {
    /// The log is not served from now on.
    pub(super) fn keep(&mut self, name: TopicPartition, point: RecoveryPoint, log_start: Offset) {
        self.recovery.insert(name.clone(), point);
        if log_start > Offset(0) {
            self.log_starts.insert(name, log_start);
        }
    }

    /// The name belongs to another topic from now on. Returns whether anything was known of it.
    pub(super) fn forget(&mut self, name: &TopicPartition) -> bool {
        let log_start = self.log_starts.remove(name);
        self.recovery.remove(name).is_some() || log_start.is_some()
    }
}

impl LogManager {
    /// Fsyncs dirty logs of all online directories, writes recovery points and log starts, recycles the journals. The first
    /// error of each directory is told; the others go on.
    pub fn flush_all(&self) -> Vec<LogError> {
        self.directories
            .iter()
            .filter(|directory| directory.context.log_dir.offline().is_none())
            .filter_map(|directory| self.flush_directory(directory).err())
            .collect()
    }

    /// Flushes what keeps this journal from being recycled, if it is more than half full: those partitions alone.
    pub fn relieve(&self, journal: &Arc<Journal>) -> Result<(), LogError> {
        let is_its = |directory: &&Arc<Directory>| {
            directory.context.journal.as_ref().is_some_and(|other| Arc::ptr_eq(other, journal))
        };
        let Some(directory) = self.directories.iter().find(is_its) else {
            return Ok(());
        };
        match journal.pressure() {
            Some(pressure) if directory.context.log_dir.offline().is_none() => {
                let first: BTreeSet<TopicIdPartition> = pressure.flush_first.into_iter().collect();
                self.checkpoint(directory, |log| first.contains(&log.partition()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Fsyncs one log and writes its recovery point: what led there need not be replayed.
    pub fn flush_log(&self, log: &UnifiedLog) -> Result<(), LogError> {
        let directory = self.directory_of(log)?;
        self.checkpoint(&directory, |other| other.partition() == log.partition())
    }

    fn logs_in(&self, directory: &Directory) -> Vec<Arc<UnifiedLog>> {
        self.logs
            .read()
            .values()
            .filter(|log| Arc::ptr_eq(log.log_dir(), &directory.context.log_dir))
            .cloned()
            .collect()
    }

    fn flush_directory(&self, directory: &Directory) -> Result<(), LogError> {
        self.checkpoint(directory, |_| true)
    }

    /// Flushes the chosen logs. All others keep their recovery points, except that those with nothing to flush move theirs up
    /// in the journal, too: it costs nothing, and rot in entries of others throws no doubt on them.
    fn checkpoint(&self, directory: &Directory, flushes: impl Fn(&UnifiedLog) -> bool) -> Result<(), LogError> {
        let _one_at_a_time = directory.checkpointing.lock();
        let (due, others): (Vec<_>, Vec<_>) =
            self.logs_in(directory).into_iter().partition(|log| flushes(log) || !log.is_dirty());
        let mut points = flush_logs(due)?;
        points.extend(others.into_iter().map(|log| (Arc::clone(&log), log.recovery_point())));
        hit(CrashPoint::CheckpointBefore);
        write_points(directory, &points)?;
        hit(CrashPoint::CheckpointAfter);
        Ok(())
    }

    /// Writes Kafka's checkpoint of high watermarks for each directory.
    pub fn write_high_watermarks(
        &self,
        high_watermark: &dyn Fn(TopicIdPartition) -> Option<Offset>,
    ) -> Result<(), LogError> {
        for directory in &self.directories {
            if directory.context.log_dir.offline().is_some() {
                continue;
            }
            let offsets: BTreeMap<TopicPartition, Offset> = self
                .logs_in(directory)
                .iter()
                .filter_map(|log| Some((key(log), high_watermark(log.partition())?)))
                .collect();
            let path = directory.context.log_dir.path().join(checkpoint::REPLICATION_OFFSET_FILE);
            hit(CrashPoint::HighWatermarkBefore);
            checkpoint::write_offsets(&directory.context.log_dir, &path, &offsets)?;
            hit(CrashPoint::HighWatermarkAfter);
        }
        Ok(())
    }

    /// High watermarks as last written, by topic name and partition.
    pub fn read_high_watermarks(&self) -> Result<BTreeMap<TopicPartition, Offset>, LogError> {
        let mut all = BTreeMap::new();
        for directory in &self.directories {
            let path = directory.context.log_dir.path().join(checkpoint::REPLICATION_OFFSET_FILE);
            all.extend(checkpoint::read_offsets(&directory.context.log_dir, &path)?);
        }
        Ok(all)
    }

    /// Closes all logs in order, writes the checkpoints and the mark of an orderly stop. Directories that are offline are left
    /// as they are.
    pub fn shut_down(&self, broker_epoch: i64) -> Vec<LogError> {
        self.directories
            .iter()
            .filter(|directory| directory.context.log_dir.offline().is_none())
            .filter_map(|directory| self.close_directory(directory, broker_epoch).err())
            .collect()
    }

    fn close_directory(&self, directory: &Directory, broker_epoch: i64) -> Result<(), LogError> {
        let _one_at_a_time = directory.checkpointing.lock();
        let logs = self.logs_in(directory);
        logs.iter().try_for_each(|log| log.end_in_order())?;
        let points = flush_logs(logs)?;
        write_points(directory, &points)?;
        if let Some(journal) = &directory.context.journal {
            journal.close()?;
        }
        // A partition that is offline would be taken for whole at the next start.
        let in_order = self.offline.read().is_empty();
        hit(CrashPoint::CleanStopBefore);
        if in_order {
            checkpoint::write_clean_shutdown(&directory.context.log_dir, broker_epoch)?;
        }
        hit(CrashPoint::CleanStopAfter);
        Ok(())
    }
}

/// Flushes logs of one directory. Returns their recovery points, or the first error after all had their turn; the others are logged.
fn flush_logs(logs: Vec<Arc<UnifiedLog>>) -> Result<Vec<(Arc<UnifiedLog>, RecoveryPoint)>, LogError> {
    let points = flush_together(&logs.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    let (mut flushed, mut first_error) = (Vec::with_capacity(logs.len()), Ok(()));
    for (log, point) in logs.into_iter().zip(points) {
        match point {
            Ok(point) => flushed.push((log, point)),
            Err(error) if first_error.is_ok() => first_error = Err(error),
            // That is told once.
            Err(error) if error.reason() == LogErrorReason::DirectoryOffline => {}
            Err(error) => tracing::error!(partition = %log.partition(), %error, "a log is not flushed"),
        }
    }
    first_error.map(|()| flushed)
}

impl Directory {
    /// Before a name is used again: what the checkpoints say of its former log goes from them, or it would be believed of the
    /// new one after a crash.
    pub(super) fn forget_stale(&self, name: &TopicPartition) -> Result<(), LogError> {
        if self.kept.lock().forget(name) {
            self.stale.lock().insert(name.clone());
        }
        if !self.stale.lock().contains(name) {
            return Ok(());
        }
        let _one_at_a_time = self.checkpointing.lock();
        let log_dir = &self.context.log_dir;
        let path = |name: &str| log_dir.path().join(name);
        let stale = self.stale.lock().clone();
        let ours = path(checkpoint::STRATA_RECOVERY_FILE);
        let kafkas = path(checkpoint::RECOVERY_POINT_FILE);
        let mut log_starts = checkpoint::read_log_starts(log_dir)?;
        let mut recovery = checkpoint::read_recovery_points(log_dir, &ours)?;
        let mut offsets = checkpoint::read_offsets(log_dir, &kafkas)?;
        let cleaners = path(checkpoint::CLEANER_OFFSET_FILE);
        let mut cleaned = checkpoint::unless_damaged(checkpoint::read_offsets(log_dir, &cleaners), FORGOTTEN)?;
        let cleaned_logs = cleaned.len();
        for name in &stale {
            cleaned.remove(name);
            log_starts.remove(name);
            recovery.remove(name);
            offsets.remove(name);
        }
        checkpoint::write_log_starts(log_dir, &log_starts)?;
        checkpoint::write_recovery_points(log_dir, &ours, &recovery)?;
        checkpoint::write_offsets(log_dir, &kafkas, &offsets)?;
        if cleaned.len() < cleaned_logs {
            checkpoint::write_offsets(log_dir, &cleaners, &cleaned)?;
        }
        self.stale.lock().clear();
        Ok(())
    }
}

pub(super) fn key(log: &UnifiedLog) -> TopicPartition {
    (log.topic().to_owned(), log.partition().partition.0)
}

/// Writes recovery points and log starts of these logs, then lets the journal go on from there.
pub(super) fn write_points(directory: &Directory, points: &[(Arc<UnifiedLog>, RecoveryPoint)]) -> Result<(), LogError> {
    let log_dir: &Arc<LogDir> = &directory.context.log_dir;
    let path = |name: &str| log_dir.path().join(name);
    let Kept { mut recovery, log_starts: mut starts } = directory.kept.lock().clone();
    recovery.extend(points.iter().map(|(log, point)| (key(log), *point)));
    let offsets = recovery.iter().map(|(key, point)| (key.clone(), point.offset)).collect();
    let moved = points.iter().filter(|(log, _)| log.log_start_offset() > Offset(0));
    starts.extend(moved.map(|(log, _)| (key(log), log.log_start_offset())));
    checkpoint::write_log_starts(log_dir, &starts)?;
    checkpoint::write_recovery_points(log_dir, &path(checkpoint::STRATA_RECOVERY_FILE), &recovery)?;
    checkpoint::write_offsets(log_dir, &path(checkpoint::RECOVERY_POINT_FILE), &offsets)?;
    // The checkpoints now name only logs that are there, and those that stay offline.
    directory.stale.lock().retain(|name| recovery.contains_key(name));
    if let Some(journal) = &directory.context.journal {
        journal.recycle(points.iter().map(|(log, point)| (log.partition(), JournalSequence(point.journal_sequence))));
    }
    Ok(())
}
