//! All logs of this broker, in one or several log directories.
//!
//! Owns: which log lies where, opening them at start, creating and deleting them, the periodic work as plain functions that
//! the caller's timer calls with `now`. Does not own: the timer, high watermarks, remote ends.
//!
//! Order at start of a directory: checkpoints → journal recovered and replayed → partitions opened → checkpoints written →
//! journal recycled. The mark of an orderly stop is removed before anything is written. A crash at any point leaves a
//! directory on which the same order works again. One failed directory does not hinder the others; one failed partition
//! does not hinder its directory.

mod checkpoints;
mod cleaning;
mod durable_watch;
mod leaving;
mod names;
mod open;
mod strays;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use strata_compat::ids::{Offset, PartitionId, Timestamp, TopicId, TopicIdPartition};

use super::checkpoint::{self, TopicPartition};
use super::error::{LogError, LogErrorKind};
use super::journal::{Journal, JournalConfig, JournalEntry, JournalSequence};
use super::log_config::LogConfig;
use super::log_dir::LogDir;
use super::log_loader::{LoadRequest, load_log};
use super::unified_log::types::{RetentionLimits, RetentionOutcome};
use super::unified_log::{LogContext, LogIdentity, TailBudget, UnifiedLog};
use crate::crash_point::{CrashPoint, hit};

pub use self::open::OpenReport;
pub use self::strays::Strayed;

/// Suffix of a partition's directory that is about to be removed.
const DELETE_SUFFIX: &str = "-delete";
/// Suffix of a partition's directory that was set aside.
const ASIDE_SUFFIX: &str = "-aside";
/// Suffix of a partition's directory that nobody hosts any more.
const STRAY_SUFFIX: &str = "-stray";
/// How long such a directory stays.
const STRAY_KEPT_MS: i64 = 24 * 60 * 60 * 1000;
/// The options of all logs together.
#[derive(Clone, Debug)]
pub struct LogManagerConfig {
    /// `log.dirs`.
    pub directories: Vec<PathBuf>,
    /// The journal's options; `None` with `strata.log.durability=os`.
    pub journal: Option<JournalConfig>,
    /// `strata.log.disk.reserve.bytes`.
    pub disk_reserve_bytes: u64,
    /// `num.recovery.threads.per.data.dir`.
    pub recovery_threads: usize,
    /// Memory for the hot tails of all logs.
    pub tail_bytes: u64,
    /// Memory for the hot tail of one log.
    pub tail_log_bytes: u64,
    /// Open files of idle segments for each directory.
    pub idle_files_max: usize,
    /// `producer.id.expiration.ms`.
    pub producer_expiration_ms: i64,
}

/// One log directory with its logs' shared parts.
#[derive(Debug)]
struct Directory {
    context: LogContext,
    /// Deleted partitions' directories, and when they are removed.
    doomed: Mutex<Vec<(PathBuf, Timestamp)>>,
    /// One writer of checkpoints at a time; nor does a log leave its name while one is at work.
    checkpointing: Mutex<()>,
    /// Names of which the checkpoints still say what a log said that is gone.
    stale: Mutex<BTreeSet<TopicPartition>>,
    /// Recovery points and log starts of partitions that stay offline: the checkpoints must go on naming them.
    kept: Mutex<checkpoints::Kept>,
    /// Logs that have ended and whose directories keep their names until the journal has said so durably.
    leaving: Mutex<BTreeMap<TopicIdPartition, leaving::Departure>>,
    /// Held while departures are tried again: nothing is opened in the place of one that is under way.
    trying_again: Mutex<()>,
}

impl Directory {
    fn remove_doomed(&self, now: Timestamp) -> Result<(), LogError> {
        let due: Vec<(PathBuf, Timestamp)> = self.doomed.lock().extract_if(.., |(_, due)| *due <= now).collect();
        let mut first_error = Ok(());
        for (path, due) in due {
            hit(CrashPoint::DirectoryRemoveBefore);
            if let Err(error) = self.context.log_dir.remove_dir_all(&path) {
                self.doomed.lock().push((path, due));
                first_error = first_error.and(Err(error));
                continue;
            }
            hit(CrashPoint::DirectoryRemoveAfter);
        }
        first_error
    }
}

/// Told of the durable ends that moved.
pub type DurableEndsListener = Arc<dyn Fn(Vec<(TopicIdPartition, Offset)>) + Send + Sync>;

/// All logs of this broker.
#[derive(Debug)]
pub struct LogManager {
    config: LogManagerConfig,
    directories: Vec<Arc<Directory>>,
    /// Directories that could not be opened, and why.
    failed: Vec<(PathBuf, String)>,
    logs: RwLock<BTreeMap<TopicIdPartition, Arc<UnifiedLog>>>,
    /// Partitions whose files are damaged, and how.
    offline: RwLock<BTreeMap<TopicIdPartition, String>>,
    /// Directories that name the topic id of another one, and why they are left alone.
    misplaced: RwLock<BTreeMap<PathBuf, String>>,
}

impl LogManager {
    /// Opens all directories and the partitions in them. `config_of` answers the options of a topic; `None` for one that no
    /// longer exists: it is opened with the defaults and left to the caller.
    pub fn open(
        config: LogManagerConfig,
        config_of: &(dyn Fn(&str, TopicId) -> Option<LogConfig> + Sync),
        now: Timestamp,
    ) -> Result<(Self, OpenReport), LogError> {
        let budget = Arc::new(TailBudget::new(config.tail_bytes, config.tail_log_bytes));
        let mut report = OpenReport::default();
        let mut directories = Vec::new();
        let mut logs: Vec<Arc<UnifiedLog>> = Vec::new();
        let mut absent = Vec::new();
        for path in &config.directories {
            match open::open_directory(path, &config, &budget, config_of, now) {
                Ok((directory, opened)) => {
                    directories.push(Arc::new(directory));
                    logs.extend(opened.logs);
                    absent.extend(opened.absent);
                    report.merge(opened.report);
                }
                Err(error) => report.failed_directories.push((path.clone(), error)),
            }
        }
        if directories.is_empty() {
            let error = report.failed_directories.pop().map(|(_, error)| error);
            return Err(error.unwrap_or_else(|| LogError::new(LogErrorKind::Invalid, "no log directory is named")));
        }
        let logs = open::one_of_each(&directories, logs, absent, &mut report);
        let failed = report.failed_directories.iter().map(|(path, error)| (path.clone(), error.to_string())).collect();
        let manager = Self {
            config,
            directories,
            failed,
            logs: RwLock::new(logs),
            offline: RwLock::new(report.offline.iter().cloned().collect()),
            misplaced: RwLock::new(report.misplaced.iter().cloned().collect()),
        };
        Ok((manager, report))
    }

    /// The log of a partition.
    #[must_use]
    pub fn get(&self, partition: TopicIdPartition) -> Option<Arc<UnifiedLog>> {
        self.logs.read().get(&partition).cloned()
    }

    /// All logs.
    #[must_use]
    pub fn logs(&self) -> Vec<Arc<UnifiedLog>> {
        self.logs.read().values().cloned().collect()
    }

    /// Why a partition's files cannot be used; `None` if they can.
    #[must_use]
    pub fn offline_reason(&self, partition: TopicIdPartition) -> Option<String> {
        self.offline.read().get(&partition).cloned()
    }

    /// The log directories.
    #[must_use]
    pub fn directories(&self) -> Vec<Arc<LogDir>> {
        self.directories.iter().map(|directory| Arc::clone(&directory.context.log_dir)).collect()
    }

    /// The log directories that are offline, and why: those that have failed, and those that could not be opened.
    #[must_use]
    pub fn offline_directories(&self) -> Vec<(PathBuf, String)> {
        let opened = self.directories.iter().map(|directory| &directory.context.log_dir);
        let since = opened.filter_map(|dir| Some((dir.path().to_owned(), dir.offline()?.to_string())));
        self.failed.iter().cloned().chain(since).collect()
    }

    /// The journals, one for each directory with one.
    #[must_use]
    pub fn journals(&self) -> Vec<Arc<Journal>> {
        self.directories.iter().filter_map(|directory| directory.context.journal.clone()).collect()
    }

    /// Calls `listener` with the durable ends that moved, on a thread of its own: it may wait for a partition's locks.
    pub fn on_durable(&self, listener: DurableEndsListener) {
        for directory in &self.directories {
            let Some(journal) = &directory.context.journal else {
                continue;
            };
            durable_watch::follow(journal, Arc::clone(&directory.context.tracker), Arc::clone(&listener));
        }
    }

    /// The log of a partition for which no directory was chosen; if there is none, it is created in the one with the fewest.
    pub fn get_or_create(
        &self,
        topic: &str,
        partition: TopicIdPartition,
        config: LogConfig,
        now: Timestamp,
    ) -> Result<Arc<UnifiedLog>, LogError> {
        self.get_or_create_in(None, topic, partition, config, now)
    }

    /// The log of a partition; if there is none, it is created in this log directory, or in the one with the fewest.
    ///
    /// # Errors
    /// `Unavailable` if the directory is offline; `Corrupt` for a log that cannot be used.
    pub fn get_or_create_in(
        &self,
        home: Option<&Path>,
        topic: &str,
        partition: TopicIdPartition,
        config: LogConfig,
        now: Timestamp,
    ) -> Result<Arc<UnifiedLog>, LogError> {
        if let Some(log) = self.get(partition) {
            return if log.topic() == topic { Ok(log) } else { Err(strays::misnamed(&log, topic)) };
        }
        if let Some(reason) = self.offline_reason(partition) {
            return Err(LogError::corrupt_segment(reason));
        }
        // Were its directory opened again, it would go from under the log with the next try.
        self.leave_at_last(partition)?;
        self.free_name(topic, partition, now)?;
        for directory in self.directories.iter().filter(|directory| directory.context.log_dir.offline().is_none()) {
            directory.forget_stale(&(topic.to_owned(), partition.partition.0))?;
        }
        let mut logs = self.logs.write();
        if let Some(log) = logs.get(&partition) {
            return Ok(Arc::clone(log));
        }
        let directory = home.map_or_else(|| self.emptiest(&logs), |home| self.online(home))?;
        let path = directory.context.log_dir.path().join(directory_name(topic, partition.partition));
        let log_dir = &directory.context.log_dir;
        log_dir.create_dir(&path)?;
        checkpoint::write_partition_metadata(log_dir, &path, partition.topic_id)?;
        let mut last_sequence = JournalSequence::ZERO;
        if let Some(journal) = &directory.context.journal {
            last_sequence = journal.append_control(JournalEntry::Created { partition, topic: topic.to_owned() })?;
        }
        let request = LoadRequest {
            identity: LogIdentity { topic: topic.to_owned(), partition, directory: path },
            config: Arc::new(config),
            clean: true,
            was_cleaned: false,
            recovery_point: None,
            log_start: None,
            known_start: None,
            journal_end: None,
            cut_to: None,
            local_start: None,
            touched: std::collections::BTreeSet::new(),
            last_sequence,
            now,
        };
        let (log, _) = load_log(&request, &directory.context)?;
        logs.insert(partition, Arc::clone(&log));
        Ok(log)
    }

    fn online(&self, path: &Path) -> Result<Arc<Directory>, LogError> {
        let is_online = |directory: &&Arc<Directory>| {
            directory.context.log_dir.path() == path && directory.context.log_dir.offline().is_none()
        };
        let found = self.directories.iter().find(is_online).cloned();
        found.ok_or_else(|| {
            let context = format!("log directory {} is offline; the log says why", path.display());
            LogError::new(LogErrorKind::Unavailable, context)
        })
    }

    /// The online directory with the fewest logs.
    fn emptiest(&self, logs: &BTreeMap<TopicIdPartition, Arc<UnifiedLog>>) -> Result<Arc<Directory>, LogError> {
        let count = |directory: &Directory| {
            logs.values().filter(|log| Arc::ptr_eq(log.log_dir(), &directory.context.log_dir)).count()
        };
        let online = || self.directories.iter().filter(|directory| directory.context.log_dir.offline().is_none());
        // To count goes through all logs: with one directory, ten thousand topics would do that ten thousand times for nothing.
        let found =
            if online().count() > 1 { online().min_by_key(|directory| count(directory)) } else { online().next() };
        found.cloned().ok_or_else(|| LogError::new(LogErrorKind::Unavailable, "all log directories are offline"))
    }

    fn directory_of(&self, log: &UnifiedLog) -> Result<Arc<Directory>, LogError> {
        self.directories
            .iter()
            .find(|directory| Arc::ptr_eq(&directory.context.log_dir, log.log_dir()))
            .cloned()
            .ok_or_else(|| LogError::new(LogErrorKind::Internal, "a log without a directory"))
    }

    /// Ends departures that waited for the journal, and removes files and directories whose delay is over. What fails is tried
    /// again next time, unless its log directory is offline; the first error is told after the others had their turn.
    pub fn remove_doomed(&self, now: Timestamp) -> Result<(), LogError> {
        let mut first_error = self.finish_departures();
        for log in self.logs().iter().filter(|log| log.log_dir().offline().is_none()) {
            first_error = first_error.and(log.remove_doomed(now).map(drop));
        }
        for directory in self.directories.iter().filter(|directory| directory.context.log_dir.offline().is_none()) {
            first_error = first_error.and(directory.remove_doomed(now));
        }
        first_error
    }

    /// One pass of retention over all logs; `limits` answers what is known of a partition, `None` to leave it out.
    pub fn apply_retention(
        &self,
        now: Timestamp,
        limits: &dyn Fn(&UnifiedLog) -> Option<RetentionLimits>,
    ) -> Vec<(TopicIdPartition, Result<RetentionOutcome, LogError>)> {
        self.logs()
            .into_iter()
            .filter_map(|log| {
                let outcome = log.apply_retention(&limits(&log)?, now);
                let idle = outcome.as_ref().is_ok_and(|outcome| outcome.deleted.is_empty());
                (!idle).then(|| (log.partition(), outcome))
            })
            .collect()
    }

    /// Rolls active segments that are older than `segment.ms`, forgets idle producers, and tails where memory is tight.
    pub fn tidy(&self, now: Timestamp) {
        for log in self.logs() {
            // A closed one was deleted meanwhile.
            if let Err(error) = log.roll_if_due(now)
                && error.kind() != LogErrorKind::Closed
            {
                tracing::warn!(topic = log.topic(), partition = log.partition().partition.0, %error, "a segment is not rolled");
            }
            log.expire_producers(now, self.config.producer_expiration_ms);
        }
        // Active logs fill their tails again at once; idle ones give their memory to others.
        if self.directories.iter().any(|directory| directory.context.tail_budget.is_tight()) {
            self.logs().iter().filter(|log| !log.is_dirty()).for_each(|log| log.release_tail());
        }
    }
}

/// The name of a partition's directory.
#[must_use]
pub fn directory_name(topic: &str, partition: PartitionId) -> String {
    format!("{topic}-{partition}")
}
