//! Opening one log directory with all its partitions.
//!
//! Owns: finding partition directories, the journal's replay before them, threads that open them, one flush of what all of them
//! changed. Does not own: what opening a partition does (`log_loader.rs`), how logs are flushed (`unified_log/flush.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use strata_compat::ids::{Offset, PartitionId, Timestamp, TopicId, TopicIdPartition};

use super::checkpoints::{Kept, write_points};
use super::names::{claimed_twice, stray_since};
use super::{ASIDE_SUFFIX, DELETE_SUFFIX, Directory, LogManagerConfig, STRAY_KEPT_MS};
use crate::crash_point::{CrashPoint, hit};
use crate::log::checkpoint::{self, PARTITION_METADATA_FILE, RecoveryPoint, TopicPartition, unless_damaged};
use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::journal::replay::{ReplayOutcome, ReplayedPartition};
use crate::log::journal::{self, Journal, JournalRecovery, JournalSequence, KnownPartition, UnclaimedDirectory};
use crate::log::log_config::LogConfig;
use crate::log::log_dir::LogDir;
use crate::log::log_loader::{LoadReport, LoadRequest, load_log};
use crate::log::unified_log::{LogContext, LogIdentity, TailBudget, UnifiedLog, flush_together};

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
    pub unknown: Vec<UnclaimedDirectory>,
    /// Logs that were set aside: nothing of ours reads or removes them.
    pub set_aside: Vec<PathBuf>,
    /// Directories of partitions that nobody hosts, and since when; they are removed after a day.
    pub strays: Vec<(PathBuf, Timestamp)>,
    /// Directories that name a topic id which another one names, too, and why they are left alone.
    pub misplaced: Vec<(PathBuf, String)>,
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
        self.strays.extend(other.strays);
        self.misplaced.extend(other.misplaced);
        self.clean_broker_epoch = other.clean_broker_epoch;
    }
}

/// The logs of one directory, opened.
pub(super) struct Opened {
    pub(super) logs: Vec<Arc<UnifiedLog>>,
    pub(super) report: OpenReport,
    /// Partitions that the journal cannot bring to its end, and why, of which no file lies in this directory: they stay offline
    /// unless another one has them.
    pub(super) absent: Vec<(TopicIdPartition, String)>,
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
    // What counts of the directories is told after the replay, which ends what a crash interrupted.
    let mut first_look = OpenReport::default();
    let found = find_partitions(&log_dir, &mut first_look)?;
    // Those too that claim what is another's: the partition that they are named after has no directory then.
    let unclaimed = first_look.unknown.into_iter().chain(misnamed(&found, config_of)).collect();
    let (found, contested) = settle_claims(found, config_of, &mut report);
    let partitions = Partitions { known: known_partitions(found, &checkpoints), contested, unclaimed };
    checkpoint::clear_clean_shutdown(&log_dir)?;
    let (recovery, journal, replayed) = recover_journal(&log_dir, config, partitions, &mut report)?;
    let context = LogContext::new(Arc::clone(&log_dir), journal, Arc::clone(budget), config.idle_files_max);
    let last_sequence = context.journal.as_ref().map_or(JournalSequence::ZERO, |journal| journal.durable_sequence());
    let mut requests = Vec::new();
    let mut names = Vec::new();
    for identity in find_partitions(&log_dir, &mut report)? {
        let is_misplaced = report.misplaced.iter().any(|(directory, _)| *directory == identity.directory);
        names.push((identity.partition, key(&identity), is_misplaced));
        if is_misplaced || report.offline.iter().any(|(partition, _)| *partition == identity.partition) {
            continue;
        }
        let config = config_of(&identity.topic, identity.partition.topic_id).unwrap_or_default();
        requests.push(request_for(identity, config, &checkpoints, &replayed, (last_sequence, now)));
    }
    let points = open_all(&requests, &context, config.recovery_threads, &mut report)?;
    let kept = Mutex::new(keep_offline(&names, &checkpoints, &report));
    let due = report.strays.iter().map(|(path, since)| (path.clone(), since.plus_ms(STRAY_KEPT_MS)));
    let directory = Directory {
        context,
        doomed: Mutex::new(due.collect()),
        checkpointing: Mutex::default(),
        stale: Mutex::default(),
        kept,
        leaving: Mutex::default(),
        trying_again: Mutex::default(),
    };
    hit(CrashPoint::RecoveryBefore);
    write_points(&directory, &points)?;
    hit(CrashPoint::RecoveryAfter);
    let logs: Vec<Arc<UnifiedLog>> = points.into_iter().map(|(log, _)| log).collect();
    if let (Some(recovery), Some(journal)) = (&recovery, &directory.context.journal) {
        let open = logs.iter().map(|log| log.partition()).collect();
        release_journal(recovery, journal, &open, &report)?;
    }
    remove_deleted(&directory)?;
    let absent = take_absent(&mut report, &names);
    Ok((directory, Opened { logs, report, absent }))
}

/// Takes those partitions from the offline ones that only the journal knows here: no directory is theirs, and none may be.
fn take_absent(
    report: &mut OpenReport,
    names: &[(TopicIdPartition, TopicPartition, bool)],
) -> Vec<(TopicIdPartition, String)> {
    let named: BTreeSet<TopicIdPartition> = names.iter().map(|(partition, _, _)| *partition).collect();
    let unknown = &report.unknown;
    let is_absent = |partition: TopicIdPartition| {
        !named.contains(&partition) && !unknown.iter().any(|directory| directory.may_be_of(partition.partition))
    };
    report.offline.extract_if(.., |(partition, _)| is_absent(*partition)).collect()
}

/// Directories whose topic id is not known to be that of the topic that they are named after: each may be another partition's.
fn misnamed(found: &[LogIdentity], config_of: ConfigOf<'_>) -> Vec<UnclaimedDirectory> {
    let is_misnamed = |of: &&LogIdentity| config_of(&of.topic, of.partition.topic_id).is_none();
    let unclaimed = |of: &LogIdentity| UnclaimedDirectory {
        path: of.directory.clone(),
        reason: format!(
            "{} names topic id {}, which is not known to be that of topic {}",
            of.directory.join(PARTITION_METADATA_FILE).display(),
            of.partition.topic_id,
            of.topic
        ),
    };
    found.iter().filter(is_misnamed).map(unclaimed).collect()
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
    names: &[(TopicIdPartition, TopicPartition, bool)],
    checkpoints: &Checkpoints,
    report: &OpenReport,
) -> Kept {
    let mut kept = Kept::default();
    let offline: BTreeSet<TopicIdPartition> = report.offline.iter().map(|(partition, _)| *partition).collect();
    let unserved = names.iter().filter(|(partition, _, is_misplaced)| *is_misplaced || offline.contains(partition));
    // Of directories whose topic id cannot be read the name tells.
    let unreadable = report.unknown.iter().map(|directory| &directory.path);
    let unreadable: Vec<TopicPartition> = unreadable.filter_map(|path| named(path.file_name()?.to_str()?)).collect();
    for name in unserved.map(|(_, name, _)| name).chain(&unreadable) {
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
        was_cleaned: checkpoints.cleaned.contains_key(&key) || done.is_some_and(|done| done.swapped),
        recovery_point: ours.map(|point| point.offset).or(checkpoints.kafka_recovery.get(&key).copied()),
        log_start: from_journal.max(from_checkpoint),
        known_start: if restarted { None } else { known_start(ours.copied(), from_checkpoint, done) },
        journal_end: done.and_then(|done| done.end),
        cut_to: done.and_then(|done| done.cut_to),
        local_start: done.and_then(|done| done.local_start),
        touched: done.map(|done| done.touched.clone()).unwrap_or_default(),
        last_sequence: at.0,
        now: at.1,
        config: Arc::new(config),
        identity,
    }
}

/// The first offset that the local files of a log must hold: as the checkpoints say, moved as the journal says after them.
fn known_start(
    ours: Option<RecoveryPoint>,
    log_start: Option<Offset>,
    done: Option<&ReplayedPartition>,
) -> Option<Offset> {
    let at_checkpoint = ours.map(|point| point.local_start).max(log_start)?;
    let moved = done.and_then(|done| done.log_start.max(done.local_start)).unwrap_or(Offset(0));
    let cut_to = done.and_then(|done| done.cut_to).unwrap_or(Offset(i64::MAX));
    Some(at_checkpoint.max(moved).min(cut_to))
}

/// What the directories say before the journal is replayed.
struct Partitions {
    known: BTreeMap<TopicIdPartition, KnownPartition>,
    /// Those that several directories claim.
    contested: BTreeSet<TopicIdPartition>,
    /// Directories that do not say whose they are.
    unclaimed: Vec<UnclaimedDirectory>,
}

/// What was read of a journal, the journal as it goes on (neither where there is none), and what its replay did.
type RecoveredJournal = (Option<JournalRecovery>, Option<Arc<Journal>>, ReplayOutcome);

fn recover_journal(
    log_dir: &Arc<LogDir>,
    config: &LogManagerConfig,
    partitions: Partitions,
    report: &mut OpenReport,
) -> Result<RecoveredJournal, LogError> {
    let Partitions { known, contested, unclaimed } = partitions;
    let Some(journal_config) = config.journal else {
        refuse_journal(log_dir)?;
        return Ok((None, None, ReplayOutcome::default()));
    };
    let mut recovery = Journal::recover(log_dir, journal_config, known)?;
    recovery.leave_alone(&contested);
    recovery.note_unclaimed(unclaimed);
    let replayed = recovery.replay()?;
    report.offline.extend(recovery.affected());
    report.journal_rot.extend(recovery.rot().cloned());
    report.journal_cuts.extend(recovery.cut().cloned());
    for (partition, done) in &replayed.partitions {
        if let Some(problem) = &done.problem {
            report.offline.push((*partition, problem.clone()));
        }
    }
    let journal = Arc::new(recovery.start()?);
    Ok((Some(recovery), Some(journal), replayed))
}

/// Without a journal nothing of an older one would be replayed now, and all of it, over newer files, at the next start with one.
fn refuse_journal(log_dir: &LogDir) -> Result<(), LogError> {
    let journal = log_dir.path().join(journal::JOURNAL_DIR);
    if !journal.exists() {
        return Ok(());
    }
    let message = format!(
        "{} may hold records that are in no other file: they were written with strata.log.durability=fsync, and a log \
         directory stays with it; set that value, or use an empty directory (nothing was changed)",
        journal.display()
    );
    Err(LogError::new(LogErrorKind::Invalid, message))
}

/// Of several directories that claim one partition, the one under its topic's name has it, and the others are left alone.
/// Where that does not tell, the partition stays offline: those are answered, too.
fn settle_claims(
    found: Vec<LogIdentity>,
    config_of: ConfigOf<'_>,
    report: &mut OpenReport,
) -> (Vec<LogIdentity>, BTreeSet<TopicIdPartition>) {
    let mut claims: BTreeMap<TopicIdPartition, Vec<LogIdentity>> = BTreeMap::new();
    for identity in found {
        claims.entry(identity.partition).or_default().push(identity);
    }
    let (mut rightful, mut contested) = (Vec::with_capacity(claims.len()), BTreeSet::new());
    for (partition, mut claimants) in claims {
        if let [one, other, ..] = claimants.as_slice() {
            let reason = claimed_twice(partition, &one.directory, &other.directory);
            tracing::error!(%partition, reason, "one partition has two directories");
            let (named, others): (Vec<_>, Vec<_>) =
                claimants.into_iter().partition(|identity| config_of(&identity.topic, partition.topic_id).is_some());
            let (named, others) = match named.len() {
                1 => (named, others),
                _ => (Vec::new(), named.into_iter().chain(others).collect()),
            };
            report.misplaced.extend(others.into_iter().map(|identity| (identity.directory, reason.clone())));
            if named.is_empty() {
                contested.insert(partition);
                report.offline.push((partition, reason));
            }
            claimants = named;
        }
        rightful.extend(claimants);
    }
    (rightful, contested)
}

/// Of all directories' logs: one that stands in two directories is served from neither. What the journal of one directory has
/// lost of partitions that are `absent` there says nothing of a log that stands whole in another.
pub(super) fn one_of_each(
    directories: &[Arc<Directory>],
    logs: Vec<Arc<UnifiedLog>>,
    absent: Vec<(TopicIdPartition, String)>,
    report: &mut OpenReport,
) -> BTreeMap<TopicIdPartition, Arc<UnifiedLog>> {
    let mut claims: BTreeMap<TopicIdPartition, Vec<Arc<UnifiedLog>>> = BTreeMap::new();
    for log in logs {
        claims.entry(log.partition()).or_default().push(log);
    }
    for (partition, reason) in absent {
        match claims.get(&partition).and_then(|claimants| claimants.first()) {
            Some(log) => {
                let served_from = log.directory().display();
                tracing::warn!(%partition, %served_from, reason, "another directory's journal does not know the partition's end");
            }
            None => report.offline.push((partition, reason)),
        }
    }
    for (partition, reason) in report.offline.clone() {
        // Served from one directory while it is damaged in another.
        for log in claims.remove(&partition).unwrap_or_default() {
            refuse(directories, &log, &reason, report);
        }
    }
    let mut unique = BTreeMap::new();
    for (partition, claimants) in claims {
        if let [one, other, ..] = claimants.as_slice() {
            let reason = claimed_twice(partition, one.directory(), other.directory());
            tracing::error!(%partition, reason, "one partition has two directories");
            claimants.iter().for_each(|log| refuse(directories, log, &reason, report));
            report.offline.push((partition, reason));
        } else {
            unique.extend(claimants.into_iter().map(|log| (partition, log)));
        }
    }
    unique
}

/// The checkpoints go on naming a log that is not served.
fn refuse(directories: &[Arc<Directory>], log: &Arc<UnifiedLog>, reason: &str, report: &mut OpenReport) {
    let its = |directory: &&Arc<Directory>| Arc::ptr_eq(&directory.context.log_dir, log.log_dir());
    if let Some(directory) = directories.iter().find(its) {
        let name = (log.topic().to_owned(), log.partition().partition.0);
        directory.kept.lock().keep(name, log.recovery_point(), log.log_start_offset());
    }
    log.abandon();
    report.misplaced.push((log.directory().to_owned(), reason.to_owned()));
}

/// The partitions' directories that carry a topic id.
pub(super) fn find_partitions(log_dir: &Arc<LogDir>, report: &mut OpenReport) -> Result<Vec<LogIdentity>, LogError> {
    let mut found = Vec::new();
    for entry in log_dir.list(log_dir.path())?.into_iter().filter(|entry| entry.is_dir) {
        if entry.name.ends_with(ASIDE_SUFFIX) && entry.name.contains('.') {
            report.set_aside.push(log_dir.path().join(&entry.name));
        }
        if let Some(since) = stray_since(&entry.name) {
            report.strays.push((log_dir.path().join(&entry.name), since));
        }
        let Some((topic, index)) = named(&entry.name) else {
            continue;
        };
        let directory = log_dir.path().join(&entry.name);
        match checkpoint::read_partition_metadata(log_dir, &directory) {
            Ok(Some(topic_id)) => found.push(LogIdentity {
                topic,
                partition: TopicIdPartition { topic_id, partition: PartitionId(index) },
                directory,
            }),
            Ok(None) => {
                let reason = format!("{} is missing", directory.join(PARTITION_METADATA_FILE).display());
                report.unknown.push(UnclaimedDirectory { path: directory, reason });
            }
            Err(error) => report.unknown.push(UnclaimedDirectory { path: directory, reason: error.to_string() }),
        }
    }
    Ok(found)
}

/// The partition whose directory has this name.
fn named(directory: &str) -> Option<TopicPartition> {
    let (topic, index) = directory.rsplit_once('-')?;
    Some((topic.to_owned(), index.parse().ok()?))
}

/// Opens partitions and makes durable what that changed, on a bounded number of threads.
pub(super) fn open_all(
    requests: &[LoadRequest],
    context: &LogContext,
    threads: usize,
    report: &mut OpenReport,
) -> Result<Vec<(Arc<UnifiedLog>, RecoveryPoint)>, LogError> {
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
    // An error of the disk has taken the whole directory offline, as it does in Kafka: after a failed write or fsync nobody knows
    // what the disk holds of the other logs. What else fails is of one log alone (it is damaged, the disk is full), and its
    // records stand in its files and in the journal.
    context.log_dir.check_online()?;
    let (mut opened, mut failed) = (Vec::with_capacity(requests.len()), Vec::new());
    for (partition, result) in results.into_inner() {
        match result {
            Ok(loaded) => opened.push(loaded),
            Err(error) => failed.push((partition, error)),
        }
    }
    let points = flush_together(&opened.iter().map(|(log, _)| log.as_ref()).collect::<Vec<&UnifiedLog>>());
    context.log_dir.check_online()?;
    let mut logs = Vec::with_capacity(opened.len());
    for ((log, found), point) in opened.into_iter().zip(points) {
        match point {
            Ok(point) => {
                if found != LoadReport::default() {
                    report.recovered.push((log.partition(), found));
                }
                logs.push((log, point));
            }
            Err(error) => {
                log.abandon();
                failed.push((log.partition(), error));
            }
        }
    }
    for (partition, error) in failed {
        tracing::error!(%partition, %error, "a partition stays offline");
        report.offline.push((partition, error.to_string()));
    }
    Ok(logs)
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
