//! Logs and directories that nobody hosts any more: topics were deleted, and this broker ended before it could act on it.
//!
//! Owns: that no such log keeps its name. Does not own: who hosts what (the caller knows the image), or renaming itself.
//! Invariant: a log that is created takes over nothing from a directory that carries another topic id. What is put away stays
//! on disk under another name, as in Kafka: an image that is older than the logs must not cost records.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use strata_compat::ids::TopicIdPartition;

use super::{ASIDE_SUFFIX, Directory, JOURNAL_WAIT, LogManager, directory_name, former_name};
use crate::log::checkpoint;
use crate::log::error::LogError;
use crate::log::journal::JournalEntry;

impl LogManager {
    /// Sets aside every log that `is_hosted` does not know; tells each with the directory that it has now.
    pub fn set_strays_aside(
        &self,
        is_hosted: &dyn Fn(TopicIdPartition) -> bool,
    ) -> Vec<(TopicIdPartition, Result<PathBuf, LogError>)> {
        let logs = self.logs().into_iter().map(|log| log.partition());
        let strays: Vec<TopicIdPartition> = logs.filter(|partition| !is_hosted(*partition)).collect();
        strays.into_iter().map(|partition| (partition, self.set_aside(partition))).collect()
    }

    /// Frees the name of a log that is to be created from a topic that had it before: its log, or the directory of one that
    /// could not be opened.
    pub(super) fn free_name(&self, topic: &str, partition: TopicIdPartition) -> Result<(), LogError> {
        let name = directory_name(topic, partition.partition);
        let online = |directory: &&Arc<Directory>| directory.context.log_dir.offline().is_none();
        for directory in self.directories.iter().filter(online) {
            let log_dir = &directory.context.log_dir;
            let path = log_dir.path().join(&name);
            let Some(topic_id) = checkpoint::read_partition_metadata(log_dir, &path).ok().flatten() else {
                // No directory, or one that does not say whose it is.
                continue;
            };
            if topic_id == partition.topic_id {
                continue;
            }
            let former = TopicIdPartition { topic_id, partition: partition.partition };
            let kept_in = match self.get(former) {
                Some(_) => self.set_aside(former)?,
                None => self.set_files_aside(directory, topic, former, &path)?,
            };
            tracing::warn!(
                topic, partition = partition.partition.0, former = %former, kept_in = %kept_in.display(),
                "files of a former topic of this name were set aside"
            );
        }
        Ok(())
    }

    /// The same as [`LogManager::set_aside`] for files that were never opened.
    fn set_files_aside(
        &self,
        directory: &Directory,
        topic: &str,
        former: TopicIdPartition,
        path: &Path,
    ) -> Result<PathBuf, LogError> {
        let log_dir = &directory.context.log_dir;
        let name = former_name(topic, former.partition, ASIDE_SUFFIX);
        if let Some(journal) = &directory.context.journal {
            journal.append_durably(JournalEntry::SetAside { partition: former, name: name.clone() }, JOURNAL_WAIT)?;
        }
        let _no_checkpoint = directory.checkpointing.lock();
        let stale = (topic.to_owned(), former.partition.0);
        directory.kept.lock().forget(&stale);
        directory.stale.lock().insert(stale);
        let kept_in = log_dir.path().join(name);
        log_dir.rename(path, &kept_in)?;
        log_dir.sync_dir(log_dir.path())?;
        self.offline.write().remove(&former);
        Ok(kept_in)
    }
}
