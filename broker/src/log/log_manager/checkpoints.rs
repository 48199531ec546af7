//! Flushing logs and writing what was flushed into the directory's checkpoints.
//!
//! Owns: the order flush → checkpoint → journal recycled. Does not own: when it happens.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_compat::ids::{Offset, TopicIdPartition};

use super::{Directory, LogManager};
use crate::log::checkpoint::{self, RecoveryPoint, TopicPartition};
use crate::log::error::LogError;
use crate::log::journal::JournalSequence;
use crate::log::log_dir::LogDir;
use crate::log::unified_log::UnifiedLog;

/// What the checkpoints said of partitions that could not be opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) recovery: BTreeMap<TopicPartition, RecoveryPoint>,
    pub(super) log_starts: BTreeMap<TopicPartition, Offset>,
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

    /// Flushes first what keeps a journal from being recycled, where one is more than half full.
    pub fn relieve_journals(&self) -> Vec<LogError> {
        self.directories
            .iter()
            .filter(|directory| {
                let journal = directory.context.journal.as_ref();
                directory.context.log_dir.offline().is_none()
                    && journal.is_some_and(|journal| journal.pressure().is_some())
            })
            .filter_map(|directory| self.flush_directory(directory).err())
            .collect()
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
        let _one_at_a_time = directory.checkpointing.lock();
        let mut points = Vec::new();
        for log in self.logs_in(directory) {
            points.push((Arc::clone(&log), log.flush()?));
        }
        write_points(directory, &points)
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
            checkpoint::write_offsets(&directory.context.log_dir, &path, &offsets)?;
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
        let mut points = Vec::new();
        for log in self.logs_in(directory) {
            points.push((Arc::clone(&log), log.close()?));
        }
        write_points(directory, &points)?;
        if let Some(journal) = &directory.context.journal {
            journal.close()?;
        }
        // A partition that is offline would be taken for whole at the next start.
        let in_order = self.offline.read().is_empty();
        if in_order { checkpoint::write_clean_shutdown(&directory.context.log_dir, broker_epoch) } else { Ok(()) }
    }
}

pub(super) fn key(log: &UnifiedLog) -> TopicPartition {
    (log.topic().to_owned(), log.partition().partition.0)
}

/// Writes recovery points and log starts of these logs, then lets the journal go on from there.
pub(super) fn write_points(directory: &Directory, points: &[(Arc<UnifiedLog>, RecoveryPoint)]) -> Result<(), LogError> {
    let log_dir: &Arc<LogDir> = &directory.context.log_dir;
    let path = |name: &str| log_dir.path().join(name);
    let mut recovery = directory.kept.recovery.clone();
    recovery.extend(points.iter().map(|(log, point)| (key(log), *point)));
    let offsets = recovery.iter().map(|(key, point)| (key.clone(), point.offset)).collect();
    let mut starts = directory.kept.log_starts.clone();
    let moved = points.iter().filter(|(log, _)| log.log_start_offset() > Offset(0));
    starts.extend(moved.map(|(log, _)| (key(log), log.log_start_offset())));
    checkpoint::write_offsets(log_dir, &path(checkpoint::LOG_START_FILE), &starts)?;
    checkpoint::write_recovery_points(log_dir, &path(checkpoint::STRATA_RECOVERY_FILE), &recovery)?;
    checkpoint::write_offsets(log_dir, &path(checkpoint::RECOVERY_POINT_FILE), &offsets)?;
    if let Some(journal) = &directory.context.journal {
        journal.recycle(points.iter().map(|(log, point)| (log.partition(), JournalSequence(point.journal_sequence))));
    }
    Ok(())
}
