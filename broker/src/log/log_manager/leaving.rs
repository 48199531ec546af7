//! Logs that leave their place: deleted, set aside because the remote range overrules them, or hosted by nobody.
//!
//! Owns: the order in which a log leaves. Does not own: which log does.
//!
//! ```text
//! no more appends > entry in the journal, durable > directory renamed, durably > the journal needs nothing of it any more
//! ```
//! Until the directory has its new name no recovery point passes the entry, so that replay ends what a crash interrupted. The
//! log can be flushed meanwhile: a full journal may have no room for the entry before. An entry that is not durable in time is
//! waited for by [`LogManager::finish_departures`]; were it given up, it would be the only one that holds the journal's extents.
//! It also tries again what a full disk refused. Until a departure has ended nothing is opened or created in its place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use strata_compat::ids::{PartitionId, Timestamp, TopicIdPartition, Uuid, uuid_text};

use super::open::{OpenReport, find_partitions};
use super::{ASIDE_SUFFIX, DELETE_SUFFIX, Directory, LogManager, STRAY_KEPT_MS, STRAY_SUFFIX, checkpoints};
use crate::crash_point::{CrashPoint, hit};
use crate::log::checkpoint::TopicPartition;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::journal::entry::DIRECTORY_NAME_BYTES_MAX;
use crate::log::journal::{JournalEntry, JournalSequence, UnclaimedDirectory};
use crate::log::log_config::LogConfig;
use crate::log::unified_log::{LogIdentity, UnifiedLog};

/// How long a departure is waited for at once.
const JOURNAL_WAIT: Duration = Duration::from_secs(10);

/// What becomes of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// They are removed at this time.
    Deleted(Timestamp),
    /// Nothing ever removes them.
    Aside,
    /// They are removed [`STRAY_KEPT_MS`] after this time.
    Stray(Timestamp),
}

/// A log on its way out.
#[derive(Debug)]
pub(super) struct Departure {
    /// The log, where it was opened.
    log: Option<Arc<UnifiedLog>>,
    partition: TopicIdPartition,
    /// Topic and partition as the checkpoints name them.
    key: TopicPartition,
    from: PathBuf,
    to: PathBuf,
    fate: Fate,
    /// The entry that must be durable first.
    sequence: JournalSequence,
}

/// A log on its way out of a directory, with its entry in the journal.
#[derive(Debug)]
pub(super) struct Leaving {
    directory: Arc<Directory>,
    departure: Departure,
}

/// What the partitions' directories of one log directory say.
pub(super) struct Claims {
    directory: Arc<Directory>,
    of: BTreeMap<TopicIdPartition, Vec<LogIdentity>>,
    unclaimed: Vec<UnclaimedDirectory>,
}

impl LogManager {
    /// Deletes a partition: its directory is renamed now and removed by [`LogManager::remove_doomed`] after its
    /// `file.delete.delay.ms`. One that is not here is no error.
    pub fn delete(&self, partition: TopicIdPartition, now: Timestamp) -> Result<(), LogError> {
        match self.get(partition) {
            Some(log) => {
                let due = now.plus_ms(log.config().file_delete_delay_ms);
                self.leave(&log, Fate::Deleted(due)).map(drop)
            }
            None if self.offline_reason(partition).is_some() => {
                let due = now.plus_ms(LogConfig::default().file_delete_delay_ms);
                self.leave_unopened(partition, Fate::Deleted(due))
            }
            None => Ok(()),
        }
    }

    /// Ends a partition's log here and keeps its directory under another name, which is answered: the remote range is
    /// authoritative and the log does not agree with it. A log may then begin anew under the old name. Nothing ever removes
    /// what was set aside.
    pub fn set_aside(&self, partition: TopicIdPartition) -> Result<PathBuf, LogError> {
        if let Some(kept_in) = self.leave_at_last(partition)? {
            return Ok(kept_in);
        }
        let log = self.get(partition).ok_or_else(|| {
            LogError::new(LogErrorKind::NotFound, format!("there is no log of {partition} to be set aside"))
        })?;
        self.leave(&log, Fate::Aside)
    }

    /// Ends a log and renames its directory; answers the new name. After an error the log takes no appends, and leaves as soon
    /// as the journal says so.
    pub(super) fn leave(&self, log: &Arc<UnifiedLog>, fate: Fate) -> Result<PathBuf, LogError> {
        let leaving = self.begin_leaving(log, fate)?;
        self.end_leaving_alone(leaving)
    }

    /// Ends the departure of a partition's former log that failed before; answers the new name, `None` if none is under way.
    pub(super) fn leave_at_last(&self, partition: TopicIdPartition) -> Result<Option<PathBuf>, LogError> {
        for directory in &self.directories {
            let _one_at_a_time = directory.trying_again.lock();
            let begun = directory.leaving.lock().remove(&partition);
            if let Some(departure) = begun {
                let leaving = Leaving { directory: Arc::clone(directory), departure };
                return self.end_leaving_alone(leaving).map(Some);
            }
        }
        Ok(None)
    }

    /// Ends a log and notes in the journal that it leaves, for [`LogManager::end_leaving`].
    pub(super) fn begin_leaving(&self, log: &Arc<UnifiedLog>, fate: Fate) -> Result<Leaving, LogError> {
        let directory = self.directory_of(log)?;
        let begun = directory.leaving.lock().remove(&log.partition());
        let departure = match begun {
            Some(departure) => departure,
            None => {
                log.end();
                let of = (log.partition(), checkpoints::key(log));
                begin(&directory, Some(log), of, log.directory(), fate)?
            }
        };
        Ok(Leaving { directory, departure })
    }

    /// The same for the files of a partition that could not be opened.
    pub(super) fn leave_files(
        &self,
        directory: &Arc<Directory>,
        of: (TopicIdPartition, TopicPartition),
        from: &Path,
        fate: Fate,
    ) -> Result<PathBuf, LogError> {
        self.end_leaving_alone(begin_leaving_files(directory, of, from, fate)?)
    }

    /// The same for a partition that is offline. One that has no files here is forgotten.
    fn leave_unopened(&self, partition: TopicIdPartition, fate: Fate) -> Result<(), LogError> {
        let claims = self.claims()?;
        match self.begin_leaving_unopened(&claims, partition, fate)? {
            Some(leaving) => self.end_leaving_alone(leaving).map(drop),
            None => self.forget_unopened(&claims, partition, fate),
        }
    }

    /// What the directories of all log directories that are online say.
    pub(super) fn claims(&self) -> Result<Vec<Claims>, LogError> {
        let online = self.directories.iter().filter(|directory| directory.context.log_dir.offline().is_none());
        online
            .map(|directory| {
                let mut report = OpenReport::default();
                let mut of = BTreeMap::<_, Vec<LogIdentity>>::new();
                for identity in find_partitions(&directory.context.log_dir, &mut report)? {
                    of.entry(identity.partition).or_default().push(identity);
                }
                Ok(Claims { directory: Arc::clone(directory), of, unclaimed: report.unknown })
            })
            .collect()
    }

    /// Notes that the files of a partition leave which is offline; `None` if it has none here, or it is not known which are its
    /// own.
    pub(super) fn begin_leaving_unopened(
        &self,
        claims: &[Claims],
        partition: TopicIdPartition,
        fate: Fate,
    ) -> Result<Option<Leaving>, LogError> {
        for Claims { directory, of, .. } in claims {
            let is_its_own = |identity: &&LogIdentity| !self.misplaced.read().contains_key(&identity.directory);
            if let Some(identity) = of.get(&partition).and_then(|claimants| claimants.iter().find(is_its_own)) {
                let of = (partition, (identity.topic.clone(), partition.partition.0));
                return begin_leaving_files(directory, of, &identity.directory, fate).map(Some);
            }
        }
        Ok(None)
    }

    /// Of a partition that is offline, hosted nowhere and without a directory, what was kept of it is removed: all of it where
    /// the partition was deleted, else what is damaged. Where a directory may still be its own, all stays.
    pub(super) fn forget_unopened(
        &self,
        claims: &[Claims],
        partition: TopicIdPartition,
        fate: Fate,
    ) -> Result<(), LogError> {
        if claims.len() < self.directories.len() || claims.iter().any(|claims| claims.may_hold(partition)) {
            return Ok(());
        }
        for directory in &self.directories {
            let Some(journal) = &directory.context.journal else {
                continue;
            };
            if let Some(reason) = journal.forget_damaged(partition)? {
                tracing::warn!(
                    %partition, reason,
                    "the partition is hosted nowhere and has no directory: what was kept of it is removed"
                );
                self.offline.write().remove(&partition);
            }
            if let Fate::Deleted(_) = fate {
                journal.forget(partition, JournalSequence(u64::MAX))?;
            }
        }
        if let Fate::Deleted(_) = fate {
            self.offline.write().remove(&partition);
        }
        Ok(())
    }

    fn end_leaving_alone(&self, leaving: Leaving) -> Result<PathBuf, LogError> {
        let nothing = || LogError::new(LogErrorKind::Internal, "a log that leaves has no directory");
        self.end_leaving(vec![leaving]).pop().map_or_else(|| Err(nothing()), |(_, left)| left)
    }

    /// Waits for the journal, once for all logs of a directory, and renames their directories; answers the new names. What is
    /// not durable in time leaves later.
    pub(super) fn end_leaving(&self, leaving: Vec<Leaving>) -> Vec<(TopicIdPartition, Result<PathBuf, LogError>)> {
        let mut by_directory: Vec<(Arc<Directory>, Vec<Departure>)> = Vec::new();
        for Leaving { directory, departure } in leaving {
            match by_directory.iter_mut().find(|(of, _)| Arc::ptr_eq(of, &directory)) {
                Some((_, departures)) => departures.push(departure),
                None => by_directory.push((directory, vec![departure])),
            }
        }
        by_directory.into_iter().flat_map(|(directory, departures)| self.await_all(&directory, departures)).collect()
    }

    fn await_all(
        &self,
        directory: &Directory,
        departures: Vec<Departure>,
    ) -> Vec<(TopicIdPartition, Result<PathBuf, LogError>)> {
        let Some(journal) = &directory.context.journal else {
            return self.depart(directory, departures);
        };
        let last = departures.iter().map(|departure| departure.sequence).max().unwrap_or(JournalSequence::ZERO);
        let Err(error) = journal.wait_durable(last, JOURNAL_WAIT) else {
            return self.depart(directory, departures);
        };
        let durable = journal.durable_sequence();
        let (due, early): (Vec<_>, Vec<_>) =
            departures.into_iter().partition(|departure| departure.sequence <= durable);
        let mut outcomes = self.depart(directory, due);
        for departure in early {
            outcomes.push((departure.partition, Err(again(&error))));
            directory.leaving.lock().insert(departure.partition, departure);
        }
        outcomes
    }

    /// Ends departures whose entry has become durable by now. One that fails is tried again; its error is told after the others
    /// had their turn.
    pub(super) fn finish_departures(&self) -> Result<(), LogError> {
        let mut first_error = Ok(());
        for directory in self.directories.iter().filter(|directory| directory.context.log_dir.offline().is_none()) {
            let _one_at_a_time = directory.trying_again.lock();
            // Without a journal there is no entry to wait for.
            let journal = directory.context.journal.as_ref();
            let durable = journal.map_or(JournalSequence::ZERO, |journal| journal.durable_sequence());
            let due: Vec<Departure> = {
                let mut leaving = directory.leaving.lock();
                leaving.extract_if(.., |_, departure| departure.sequence <= durable).map(|(_, due)| due).collect()
            };
            for (partition, left) in self.depart(directory, due) {
                if left.is_ok() {
                    tracing::info!(%partition, "a log has left that had to wait for the journal or for room");
                }
                first_error = first_error.and(left.map(drop));
            }
        }
        first_error
    }

    /// Gives the directories their new names, durably. What fails would hold the journal for ever if nobody tried again.
    fn depart(
        &self,
        directory: &Directory,
        departures: Vec<Departure>,
    ) -> Vec<(TopicIdPartition, Result<PathBuf, LogError>)> {
        let log_dir = &directory.context.log_dir;
        let _no_checkpoint = directory.checkpointing.lock();
        let mut outcomes = Vec::with_capacity(departures.len());
        let mut renamed = Vec::with_capacity(departures.len());
        for departure in departures {
            match self.rename_away(directory, &departure) {
                Ok(()) => renamed.push(departure),
                Err(error) => {
                    outcomes.push((departure.partition, Err(error)));
                    directory.leaving.lock().insert(departure.partition, departure);
                }
            }
        }
        let synced = if renamed.is_empty() { Ok(()) } else { log_dir.sync_dir(log_dir.path()) };
        for departure in renamed {
            let partition = departure.partition;
            let settled = match &synced {
                Ok(()) => self.settle_departed(directory, &departure),
                Err(error) => Err(again(error)),
            };
            if settled.is_err() {
                directory.leaving.lock().insert(partition, departure);
            }
            outcomes.push((partition, settled));
        }
        outcomes
    }

    fn rename_away(&self, directory: &Directory, departure: &Departure) -> Result<(), LogError> {
        directory.stale.lock().insert(departure.key.clone());
        directory.kept.lock().forget(&departure.key);
        if let Some(log) = &departure.log {
            self.logs.write().remove(&departure.partition);
            log.abandon();
        }
        hit(CrashPoint::DirectoryDeleteBefore);
        let renamed = match directory.context.log_dir.rename(&departure.from, &departure.to) {
            // What comes behind the renaming failed the last time.
            Err(error) if error.kind() == LogErrorKind::NotFound && departure.to.is_dir() => Ok(()),
            Err(error) if error.kind() == LogErrorKind::NotFound => {
                tracing::warn!(from = %departure.from.display(), "the directory of a log that leaves is gone already");
                Ok(())
            }
            answer => answer,
        };
        hit(CrashPoint::DirectoryDeleteAfter);
        renamed
    }

    fn settle_departed(&self, directory: &Directory, departure: &Departure) -> Result<PathBuf, LogError> {
        let Departure { partition, to, fate, sequence, .. } = departure;
        if let Some(journal) = &directory.context.journal {
            journal.forget(*partition, *sequence)?;
        }
        self.offline.write().remove(partition);
        match *fate {
            Fate::Deleted(due) => directory.doomed.lock().push((to.clone(), due)),
            Fate::Stray(since) => directory.doomed.lock().push((to.clone(), since.plus_ms(STRAY_KEPT_MS))),
            Fate::Aside => {}
        }
        Ok(to.clone())
    }
}

impl Claims {
    /// Whether a directory here is the partition's, or may be.
    fn may_hold(&self, partition: TopicIdPartition) -> bool {
        self.of.contains_key(&partition)
            || self.unclaimed.iter().any(|directory| directory.may_be_of(partition.partition))
    }
}

/// The same error, for another log that it concerns.
fn again(error: &LogError) -> LogError {
    LogError::new(error.kind(), error.to_string()).because(error.reason())
}

fn begin_leaving_files(
    directory: &Arc<Directory>,
    of: (TopicIdPartition, TopicPartition),
    from: &Path,
    fate: Fate,
) -> Result<Leaving, LogError> {
    let begun = directory.leaving.lock().remove(&of.0);
    let departure = match begun {
        Some(departure) => departure,
        None => begin(directory, None, of, from, fate)?,
    };
    Ok(Leaving { directory: Arc::clone(directory), departure })
}

/// Notes in the journal that a log leaves; it must have ended.
pub(super) fn begin(
    directory: &Directory,
    log: Option<&Arc<UnifiedLog>>,
    of: (TopicIdPartition, TopicPartition),
    from: &Path,
    fate: Fate,
) -> Result<Departure, LogError> {
    let (partition, key) = of;
    let name = former_name(&key.0, partition.partition, fate);
    let entry = match fate {
        Fate::Deleted(_) => JournalEntry::Deleted { partition },
        Fate::Aside | Fate::Stray(_) => JournalEntry::SetAside { partition, name: name.clone() },
    };
    let sequence = match &directory.context.journal {
        Some(journal) => journal.append_control(entry)?,
        None => JournalSequence::ZERO,
    };
    let to = directory.context.log_dir.path().join(name);
    Ok(Departure { log: log.cloned(), partition, key, from: from.to_owned(), to, fate, sequence })
}

/// The name that a partition's directory gets when its log leaves. That of a stray one tells since when. A long topic name is
/// cut, as Kafka does it: no file system takes a longer name.
fn former_name(topic: &str, partition: PartitionId, fate: Fate) -> String {
    let id = uuid_text(Uuid::from_u128(rand::random())).replace(['-', '_'], "x");
    let rest = match fate {
        Fate::Deleted(_) => format!("-{partition}.{id}{DELETE_SUFFIX}"),
        Fate::Aside => format!("-{partition}.{id}{ASIDE_SUFFIX}"),
        Fate::Stray(since) => format!("-{partition}.{}x{id}{STRAY_SUFFIX}", since.0),
    };
    let kept = topic.floor_char_boundary(DIRECTORY_NAME_BYTES_MAX.saturating_sub(rest.len()));
    format!("{}{rest}", &topic[..kept])
}
