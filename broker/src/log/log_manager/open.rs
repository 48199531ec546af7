//! Opening one log directory with all its partitions.
//!
//! Owns: finding partition directories, the journal's replay before them, threads that open them. Does not own: what opening
//! a partition does (`log_loader.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use strata_compat::ids::{Offset, PartitionId, Timestamp, TopicId, TopicIdPartition};

use super::checkpoints::{Kept, write_points};
use super::{ASIDE_SUFFIX, DELETE_SUFFIX, Directory, LogManagerConfig};
use crate::crash_point::{CrashPoint, hit};
use crate::log::checkpoint::{self, RecoveryPoint, TopicPartition, unless_damaged};
use crate::log::error::{LogError, LogErrorReason};
use crate::log::journal::replay::ReplayOutcome;
use crate::log::journal::{self, Journal, JournalRecovery, JournalSequence, KnownPartition};
use crate::log::log_config::LogConfig;
use crate::log::log_dir::LogDir;
use crate::log::log_loader::{LoadReport, LoadRequest, load_log};
use crate::log::unified_log::{LogContext, LogIdentity, TailBudget, UnifiedLog};

/// What opening found worth telling.
#[derive(Debug, Default)]
pub struct OpenReport {
    /// Directories that cannot be used.
    pub failed_directories: Vec<(PathBuf, LogError)>,
    /// Partitions that stay offline, and why.
    pub offline: Vec<(TopicIdPartition, String)>,
    /// What recovery did to partitions.
    pub recovered: Vec<(TopicIdPartition, LoadReport)>,
    /// Damage in a journal.
    pub journal_rot: Vec<journal::RotReport>,
    /// What was cut from a journal's end.
    pub journal_cuts: Vec<journal::CutReport>,
    /// Directories of partitions without a topic id, which are left alone.
    pub unknown: Vec<PathBuf>,
    /// Logs that were set aside: nothing of ours reads or removes them.
    pub set_aside: Vec<PathBuf>,
    /// Broker epoch of the last orderly stop; −1 if the last one was not.
    pub clean_broker_epoch: i64,
}

impl OpenReport {
    pub(super) fn merge(&mut self, other: Self) {
        self.failed_directories.extend(other.failed_directories);
        self.offline.extend(other.offline);
        self.recovered.extend(other.recovered);
        self.journal_rot.extend(other.journal_rot);
        self.journal_cuts.extend(other.journal_cuts);
        self.unknown.extend(other.unknown);
        self.set_aside.extend(other.set_aside);
        self.clean_broker_epoch = other.clean_broker_epoch;
    }
}

/// The logs of one directory, opened.
pub(super) struct Opened {
    pub(super) logs: Vec<Arc<UnifiedLog>>,
    pub(super) report: OpenReport,
}

type ConfigOf<'caller> = &'caller (dyn Fn(&str, TopicId) -> Option<LogConfig> + Sync);

/// What is known of a directory before its partitions are opened.
struct Checkpoints {
    clean: bool,
    recovery: BTreeMap<TopicPartition, RecoveryPoint>,
    kafka_recovery: BTreeMap<TopicPartition, Offset>,
    log_starts: BTreeMap<TopicPartition, Offset>,
    /// Where the cleaner stands in the logs that were ever compacted.
    cleaned: BTreeMap<TopicPartition, Offset>,
}

impl Checkpoints {
    fn read(log_dir: &Arc<LogDir>) -> Result<Self, LogError> {
        let path = |name: &str| log_dir.path().join(name);
        Ok(Self {
            clean: checkpoint::was_shut_down_cleanly(log_dir),
            recovery: unless_damaged(
                checkpoint::read_recovery_points(log_dir, &path(checkpoint::STRATA_RECOVERY_FILE)),
                "all of the journal is replayed",
            )?,
            kafka_recovery: unless_damaged(
                checkpoint::read_offsets(log_dir, &path(checkpoint::RECOVERY_POINT_FILE)),
                "our own recovery points count",
            )?,
            log_starts: unless_damaged(
                checkpoint::read_log_starts(log_dir),
                "logs start at their first segments, or where the journal says",
            )?,
            cleaned: unless_damaged(
                checkpoint::read_offsets(log_dir, &path(checkpoint::CLEANER_OFFSET_FILE)),
                "compacted logs are cleaned from their start",
            )?,
        })
    }
}

pub(super) fn open_directory(
    path: &Path,
    config: &LogManagerConfig,
    budget: &Arc<TailBudget>,
    config_of: ConfigOf<'_>,
    now: Timestamp,
) -> Result<(Directory, Opened), LogError> {
    let log_dir = LogDir::open(path, config.disk_reserve_bytes)?;
    let checkpoints = Checkpoints::read(&log_dir)?;
    let mut report =
        OpenReport { clean_broker_epoch: checkpoint::clean_shutdown_broker_epoch(&log_dir), ..OpenReport::default() };
    let known = known_partitions(find_partitions(&log_dir, &mut report)?, &checkpoints);
    checkpoint::clear_clean_shutdown(&log_dir)?;
    let (recovery, journal, replayed) = recover_journal(&log_dir, config, known, &mut report)?;
    let context = LogContext::new(Arc::clone(&log_dir), journal, Arc::clone(budget), config.idle_files_max);
    let last_sequence = context.journal.as_ref().map_or(JournalSequence::ZERO, |journal| journal.durable_sequence());
    let mut unknown_again = OpenReport::default();
    let mut requests = Vec::new();
    let mut names = BTreeMap::new();
    for identity in find_partitions(&log_dir, &mut unknown_again)? {
        names.insert(identity.partition, key(&identity));
        if report.offline.iter().any(|(partition, _)| *partition == identity.partition) {
            continue;
        }
        let config = config_of(&identity.topic, identity.partition.topic_id).unwrap_or_default();
        requests.push(request_for(identity, config, &checkpoints, &replayed, (last_sequence, now)));
    }
    let logs = open_all(&requests, &context, config.recovery_threads, &mut report);
    let kept = Mutex::new(keep_offline(&names, &checkpoints, &report));
    let directory =
        Directory { context, kept, doomed: Mutex::default(), checkpointing: Mutex::default(), stale: Mutex::default() };
    let mut points = Vec::new();
    for log in &logs {
        points.push((Arc::clone(log), log.flush()?));
    }
    hit(CrashPoint::RecoveryBefore);
    write_points(&directory, &points)?;
    hit(CrashPoint::RecoveryAfter);
    if let (Some(recovery), Some(journal)) = (&recovery, &directory.context.journal) {
        let open = logs.iter().map(|log| log.partition()).collect();
        release_journal(recovery, journal, &open, &report)?;
    }
    remove_deleted(&directory)?;
    Ok((directory, Opened { logs, report }))
}

/// The journal must not hold back for partitions that have no log here, which nobody will ever flush: those that are deleted,
/// and those that stay offline, whose entries are kept in a file of their own.
fn release_journal(
    recovery: &JournalRecovery,
    journal: &Journal,
    open: &BTreeSet<TopicIdPartition>,
    report: &OpenReport,
) -> Result<(), LogError> {
    let offline = report.offline.iter().map(|(partition, _)| *partition).collect();
    let is_kept = match recovery.keep_entries(&offline) {
        Ok(()) => true,
        Err(error) if error.reason() == LogErrorReason::DiskFull => {
            tracing::error!(%error, "the journal keeps the entries of offline partitions until the next start");
            false
        }
        Err(error) => return Err(error),
    };
    let named = recovery.partitions().map(|(partition, _, _)| partition);
    let released = named.filter(|partition| !open.contains(partition) && (is_kept || !offline.contains(partition)));
    journal.recycle(released.map(|partition| (partition, JournalSequence(u64::MAX))));
    Ok(())
}

fn known_partitions(found: Vec<LogIdentity>, checkpoints: &Checkpoints) -> BTreeMap<TopicIdPartition, KnownPartition> {
    found
        .into_iter()
        .map(|identity| {
            let point = checkpoints.recovery.get(&key(&identity));
            let recovery_point = journal::RecoveryPoint {
                offset: point.map_or(Offset(0), |point| point.offset),
                sequence: JournalSequence(point.map_or(0, |point| point.journal_sequence)),
            };
            (identity.partition, KnownPartition { topic: identity.topic, recovery_point })
        })
        .collect()
}

fn keep_offline(
    names: &BTreeMap<TopicIdPartition, TopicPartition>,
    checkpoints: &Checkpoints,
    report: &OpenReport,
) -> Kept {
    let mut kept = Kept::default();
    for name in report.offline.iter().filter_map(|(partition, _)| names.get(partition)) {
        if let Some(point) = checkpoints.recovery.get(name) {
            kept.recovery.insert(name.clone(), *point);
        }
        if let Some(start) = checkpoints.log_starts.get(name) {
            kept.log_starts.insert(name.clone(), *start);
        }
    }
    kept
}

fn key(identity: &LogIdentity) -> TopicPartition {
    (identity.topic.clone(), identity.partition.partition.0)
}

fn request_for(
    identity: LogIdentity,
    config: LogConfig,
    checkpoints: &Checkpoints,
    replayed: &ReplayOutcome,
    at: (JournalSequence, Timestamp),
) -> LoadRequest {
    let key = key(&identity);
    let done = replayed.partitions.get(&identity.partition);
    let ours = checkpoints.recovery.get(&key);
    let from_journal = done.and_then(|done| done.log_start);
    let restarted = done.is_some_and(|done| done.restarted);
    let from_checkpoint = checkpoints.log_starts.get(&key).copied().filter(|_| !restarted);
    LoadRequest {
        clean: checkpoints.clean && done.is_none(),
        was_cleaned: checkpoints.cleaned.contains_key(&key),
        recovery_point: ours.map(|point| point.offset).or(checkpoints.kafka_recovery.get(&key).copied()),
        log_start: from_journal.max(from_checkpoint),
        cut_to: done.and_then(|done| done.cut_to),
        local_start: done.and_then(|done| done.local_start),
        touched: done.map(|done| done.touched.clone()).unwrap_or_default(),
        last_sequence: at.0,
        now: at.1,
        config: Arc::new(config),
        identity,
    }
}

/// What was read of a journal, the journal as it goes on (neither where there is none), and what its replay did.
type RecoveredJournal = (Option<JournalRecovery>, Option<Arc<Journal>>, ReplayOutcome);

fn recover_journal(
    log_dir: &Arc<LogDir>,
    config: &LogManagerConfig,
    known: BTreeMap<TopicIdPartition, KnownPartition>,
    report: &mut OpenReport,
) -> Result<RecoveredJournal, LogError> {
    let Some(journal_config) = config.journal else {
        return Ok((None, None, ReplayOutcome::default()));
    };
    let recovery = Journal::recover(log_dir, journal_config, known)?;
    let replayed = recovery.replay()?;
    if let Some(rot) = recovery.rot() {
        for partition in &rot.affected {
            report.offline.push((*partition, "entries of the journal that it needs are damaged".to_owned()));
        }
        report.journal_rot.push(rot.clone());
    }
    report.journal_cuts.extend(recovery.cut().cloned());
    for (partition, done) in &replayed.partitions {
        if let Some(problem) = &done.problem {
            report.offline.push((*partition, problem.clone()));
        }
    }
    let journal = Arc::new(recovery.start()?);
    Ok((Some(recovery), Some(journal), replayed))
}

/// The partitions' directories that carry a topic id.
fn find_partitions(log_dir: &Arc<LogDir>, report: &mut OpenReport) -> Result<Vec<LogIdentity>, LogError> {
    let mut found = Vec::new();
    for entry in log_dir.list(log_dir.path())?.into_iter().filter(|entry| entry.is_dir) {
        if entry.name.ends_with(ASIDE_SUFFIX) && entry.name.contains('.') {
            report.set_aside.push(log_dir.path().join(&entry.name));
        }
        let Some((topic, index)) = entry.name.rsplit_once('-') else {
            continue;
        };
        let Ok(index) = index.parse::<i32>() else {
            continue;
        };
        let directory = log_dir.path().join(&entry.name);
        match checkpoint::read_partition_metadata(log_dir, &directory) {
            Ok(Some(topic_id)) => found.push(LogIdentity {
                topic: topic.to_owned(),
                partition: TopicIdPartition { topic_id, partition: PartitionId(index) },
                directory,
            }),
            Ok(None) => report.unknown.push(directory),
            Err(error) => {
                tracing::error!(directory = %directory.display(), %error, "a partition's directory is left alone");
                report.unknown.push(directory);
            }
        }
    }
    Ok(found)
}

/// Opens partitions on a bounded number of threads.
fn open_all(
    requests: &[LoadRequest],
    context: &LogContext,
    threads: usize,
    report: &mut OpenReport,
) -> Vec<Arc<UnifiedLog>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(requests.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, 64).min(requests.len()) {
            scope.spawn(|| {
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = load_log(request, context);
                    results.lock().push((request.identity.partition, result));
                }
            });
        }
    });
    let mut logs = Vec::new();
    for (partition, result) in results.into_inner() {
        match result {
            Ok((log, found)) => {
                if found != LoadReport::default() {
                    report.recovered.push((partition, found));
                }
                logs.push(log);
            }
            Err(error) => {
                tracing::error!(%partition, %error, "a partition stays offline");
                report.offline.push((partition, error.to_string()));
            }
        }
    }
    logs
}

/// Removes directories of partitions that were deleted before the last stop.
fn remove_deleted(directory: &Directory) -> Result<(), LogError> {
    let log_dir = &directory.context.log_dir;
    for entry in log_dir.list(log_dir.path())? {
        if entry.is_dir && entry.name.ends_with(DELETE_SUFFIX) && entry.name.contains('.') {
            log_dir.remove_dir_all(&log_dir.path().join(&entry.name))?;
        }
    }
    Ok(())
}
