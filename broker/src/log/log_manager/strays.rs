//! Logs and directories that nobody hosts any more, or whose topic id is another topic's.
//!
//! Owns: that no such log keeps its name. Does not own: who hosts what (the caller knows the image), or how a log leaves.
//! Invariants: a log that is created takes over nothing from a directory that carries another topic id. A topic is deleted by
//! the quorum, and what is left of its logs where this broker could not act on it is kept for a day as `…-stray`: an image that
//! is older than the logs must not cost records at once. A directory that names the id of a living topic under another name is
//! damaged: it is left alone, and both partitions that it may be of stay offline.

use std::path::Path;
use std::sync::Arc;

use strata_compat::ids::{Timestamp, TopicIdPartition};

use super::checkpoints::key;
use super::leaving::Fate;
use super::names::claimed_twice;
use super::{Directory, LogManager, directory_name};
use crate::log::checkpoint::{self, PARTITION_METADATA_FILE};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::LogDir;
use crate::log::log_segment::LOG_SUFFIX;
use crate::log::unified_log::UnifiedLog;

/// What was done about a log that is not where it should be.
#[derive(Debug)]
pub enum Strayed {
    /// Nobody hosts it: its directory has this name now.
    PutAway(std::path::PathBuf),
    /// Its directory names the topic id of another topic: it is not served.
    Misnamed(String),
    /// It keeps its name and takes no appends. One whose entry waits for the journal leaves as soon
    /// as that is durable; of another the next start tells again.
    Failed(LogError),
}

impl LogManager {
    /// Judges every log, and the files of every partition that is offline, by what `topic_of` answers: the name of the topic;
    /// `None` if the partition is not hosted here.
    pub fn put_strays_away(
        &self,
        topic_of: &dyn Fn(TopicIdPartition) -> Option<String>,
        now: Timestamp,
    ) -> Vec<(TopicIdPartition, Strayed)> {
        let (mut strayed, mut leaving) = (Vec::new(), Vec::new());
        for log in self.logs() {
            let outcome = match topic_of(log.partition()) {
                Some(topic) if topic == log.topic() => continue,
                Some(topic) => self.refuse_misnamed(&log, &topic),
                None => match self.begin_leaving(&log, Fate::Stray(now)) {
                    Ok(begun) => {
                        leaving.push(begun);
                        continue;
                    }
                    Err(error) => Strayed::Failed(error),
                },
            };
            strayed.push((log.partition(), outcome));
        }
        let offline: Vec<TopicIdPartition> = self.offline.read().keys().copied().collect();
        let unhosted: Vec<TopicIdPartition> =
            offline.into_iter().filter(|partition| topic_of(*partition).is_none()).collect();
        let unopened = if unhosted.is_empty() { Ok(Vec::new()) } else { self.claims() };
        match unopened {
            Ok(claims) => {
                for partition in unhosted {
                    match self.begin_leaving_unopened(&claims, partition, Fate::Stray(now)) {
                        Ok(begun) if begun.is_some() => leaving.extend(begun),
                        Ok(_) => {
                            let forgotten = self.forget_unopened(&claims, partition, Fate::Stray(now));
                            strayed.extend(forgotten.err().map(|error| (partition, Strayed::Failed(error))));
                        }
                        Err(error) => strayed.push((partition, Strayed::Failed(error))),
                    }
                }
            }
            Err(error) => strayed.extend(unhosted.first().map(|partition| (*partition, Strayed::Failed(error)))),
        }
        for (partition, left) in self.end_leaving(leaving) {
            strayed.push((partition, left.map_or_else(Strayed::Failed, Strayed::PutAway)));
        }
        strayed
    }

    /// The log stays as it is and is not served; nor is the partition whose name its directory has.
    fn refuse_misnamed(&self, log: &Arc<UnifiedLog>, topic: &str) -> Strayed {
        let directory = match self.directory_of(log) {
            Ok(directory) => directory,
            Err(error) => return Strayed::Failed(error),
        };
        let reason = misnamed(log, topic).to_string();
        let _no_checkpoint = directory.checkpointing.lock();
        directory.kept.lock().keep(key(log), log.recovery_point(), log.log_start_offset());
        self.logs.write().remove(&log.partition());
        log.abandon();
        self.offline.write().insert(log.partition(), reason.clone());
        self.misplaced.write().insert(log.directory().to_owned(), reason.clone());
        Strayed::Misnamed(reason)
    }

    /// Frees the name of a log that is to be created from a topic that had it before: its log, or the directory of one that
    /// could not be opened.
    pub(super) fn free_name(&self, topic: &str, partition: TopicIdPartition, now: Timestamp) -> Result<(), LogError> {
        let name = directory_name(topic, partition.partition);
        let online = |directory: &&Arc<Directory>| directory.context.log_dir.offline().is_none();
        for directory in self.directories.iter().filter(online) {
            let log_dir = &directory.context.log_dir;
            let path = log_dir.path().join(&name);
            if let Some(reason) = self.misplaced.read().get(&path) {
                return Err(LogError::corrupt_segment(reason.clone()));
            }
            // Files that do not say whose they are may be a former topic's: nothing is taken over from them.
            let whose = checkpoint::read_partition_metadata(log_dir, &path).map_err(unreadable)?;
            let Some(topic_id) = whose else {
                refuse_unclaimed(log_dir, &path)?;
                continue;
            };
            if topic_id == partition.topic_id {
                continue;
            }
            let former = TopicIdPartition { topic_id, partition: partition.partition };
            let kept_in = match self.get(former) {
                Some(log) if log.directory() == path => self.leave(&log, Fate::Stray(now))?,
                Some(log) => return Err(LogError::corrupt_segment(claimed_twice(former, &path, log.directory()))),
                None => {
                    let of = (former, (topic.to_owned(), former.partition.0));
                    self.leave_files(directory, of, &path, Fate::Stray(now))?
                }
            };
            tracing::warn!(
                topic, partition = partition.partition.0, former = %former, kept_in = %kept_in.display(),
                "files of a former topic of this name were put away"
            );
        }
        Ok(())
    }
}

/// A directory without topic id may be empty: a crash came before the file. Segments in it are somebody's.
fn refuse_unclaimed(log_dir: &LogDir, path: &Path) -> Result<(), LogError> {
    let names = match log_dir.list(path) {
        Err(error) if error.kind() == LogErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if !names.iter().any(|entry| entry.name.ends_with(LOG_SUFFIX)) {
        return Ok(());
    }
    let missing = path.join(PARTITION_METADATA_FILE);
    Err(LogError::corrupt_segment(format!(
        "{} is missing beside segment files: it is not known whose they are; nothing was changed: restore the file or move \
         its directory away",
        missing.display()
    )))
}

/// Files whose topic id is damaged.
fn unreadable(error: LogError) -> LogError {
    if error.kind() != LogErrorKind::Corrupt {
        return error;
    }
    LogError::corrupt_segment(format!("{error}; nothing was changed: restore the file or move its directory away"))
}

/// A log whose topic id is that of another topic.
pub(super) fn misnamed(log: &UnifiedLog, topic: &str) -> LogError {
    LogError::corrupt_segment(format!(
        "{} names topic id {}, which is that of topic {topic}; nothing was changed, restore the file",
        log.directory().join(PARTITION_METADATA_FILE).display(),
        log.partition().topic_id
    ))
}
