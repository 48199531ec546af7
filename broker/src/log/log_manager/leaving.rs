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

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use strata_compat::ids::{PartitionId, Timestamp, TopicIdPartition, Uuid, uuid_text};

use super::open::{OpenReport, find_partitions};
use super::{ASIDE_SUFFIX, DELETE_SUFFIX, Directory, LogManager, STRAY_KEPT_MS, STRAY_SUFFIX, checkpoints};
use crate::crash_point::{CrashPoint, hit};
use crate::log::checkpoint::TopicPartition;
use crate::log::error::{LogError, LogErrorKind};
use crate::log::journal::{JournalEntry, JournalSequence};
use crate::log::log_config::LogConfig;
use crate::log::unified_log::{LogIdentity, UnifiedLog};

/// No file system that we know takes a longer name.
const NAME_BYTES_MAX: usize = 255;
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
                self.leave_unopened(partition, Fate::Deleted(due)).map(drop)
            }
            None => Ok(()),
        }
    }

    /// Ends a partition's log here and keeps its directory under another name, which is answered: the remote range is
    /// authoritative and the log does not agree with it. A log may then begin anew under the old name. Nothing ever removes
    /// what was set aside.
    pub fn set_aside(&self, partition: TopicIdPartition) -> Result<PathBuf, LogError> {
        let log = self.get(partition).ok_or_else(|| {
            LogError::new(LogErrorKind::NotFound, format!("there is no log of {partition} to be set aside"))
        })?;
        self.leave(&log, Fate::Aside)
    }

    /// Ends a log and renames its directory; answers the new name. After an error the log takes no appends, and leaves as soon
    /// as the journal says so.
    pub(super) fn leave(&self, log: &Arc<UnifiedLog>, fate: Fate) -> Result<PathBuf, LogError> {
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
        self.await_departure(&directory, departure)
    }

    /// The same for the files of a partition that could not be opened.
    pub(super) fn leave_files(
        &self,
        directory: &Directory,
        of: (TopicIdPartition, TopicPartition),
        from: &Path,
        fate: Fate,
    ) -> Result<PathBuf, LogError> {
        let begun = directory.leaving.lock().remove(&of.0);
        let departure = match begun {
            Some(departure) => departure,
            None => begin(directory, None, of, from, fate)?,
        };
        self.await_departure(directory, departure)
    }

    /// The same for a partition that is offline; `None` if it has no files here, or it is not known which are its own.
    pub(super) fn leave_unopened(&self, partition: TopicIdPartition, fate: Fate) -> Result<Option<PathBuf>, LogError> {
        for directory in &self.directories {
            let log_dir = &directory.context.log_dir;
            if log_dir.offline().is_some() {
                continue;
            }
            let found = find_partitions(log_dir, &mut OpenReport::default())?;
            let is_its_own = |identity: &LogIdentity| {
                identity.partition == partition && !self.misplaced.read().contains_key(&identity.directory)
            };
            if let Some(identity) = found.into_iter().find(is_its_own) {
                let of = (partition, (identity.topic, partition.partition.0));
                return self.leave_files(directory, of, &identity.directory, fate).map(Some);
            }
        }
        Ok(None)
    }

    fn await_departure(&self, directory: &Directory, departure: Departure) -> Result<PathBuf, LogError> {
        if let Some(journal) = &directory.context.journal
            && let Err(error) = journal.wait_durable(departure.sequence, JOURNAL_WAIT)
        {
            directory.leaving.lock().insert(departure.partition, departure);
            return Err(error);
        }
        self.depart(directory, departure)
    }

    /// Ends departures whose entry has become durable by now. One that fails is tried again; its error is told after the others
    /// had their turn.
    pub(super) fn finish_departures(&self) -> Result<(), LogError> {
        let mut first_error = Ok(());
        for directory in &self.directories {
            let Some(journal) = &directory.context.journal else {
                continue;
            };
            let durable = journal.durable_sequence();
            let due: Vec<Departure> = {
                let mut leaving = directory.leaving.lock();
                leaving.extract_if(.., |_, departure| departure.sequence <= durable).map(|(_, due)| due).collect()
            };
            for departure in due {
                tracing::info!(partition = %departure.partition, "a log leaves that had to wait for the journal");
                first_error = first_error.and(self.depart(directory, departure).map(drop));
            }
        }
        first_error
    }

    fn depart(&self, directory: &Directory, departure: Departure) -> Result<PathBuf, LogError> {
        let log_dir = &directory.context.log_dir;
        let _no_checkpoint = directory.checkpointing.lock();
        directory.kept.lock().forget(&departure.key);
        directory.stale.lock().insert(departure.key.clone());
        if let Some(log) = &departure.log {
            self.logs.write().remove(&departure.partition);
            log.abandon();
        }
        hit(CrashPoint::DirectoryDeleteBefore);
        let renamed = match log_dir.rename(&departure.from, &departure.to) {
            Err(error) if error.kind() == LogErrorKind::NotFound => {
                tracing::warn!(from = %departure.from.display(), "the directory of a log that leaves is gone already");
                Ok(())
            }
            answer => answer,
        };
        hit(CrashPoint::DirectoryDeleteAfter);
        if let Err(error) = renamed.and_then(|()| log_dir.sync_dir(log_dir.path())) {
            // It would hold the journal for ever if nobody tried again.
            directory.leaving.lock().insert(departure.partition, departure);
            return Err(error);
        }
        let Departure { partition, to, fate, sequence, .. } = departure;
        self.offline.write().remove(&partition);
        match fate {
            Fate::Deleted(due) => directory.doomed.lock().push((to.clone(), due)),
            Fate::Stray(since) => directory.doomed.lock().push((to.clone(), since.plus_ms(STRAY_KEPT_MS))),
            Fate::Aside => {}
        }
        if let Some(journal) = &directory.context.journal {
            journal.forget(partition, sequence)?;
        }
        Ok(to)
    }
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
    let kept = topic.floor_char_boundary(NAME_BYTES_MAX.saturating_sub(rest.len()));
    format!("{}{rest}", &topic[..kept])
}

/// Since when the directory of this name is a stray one; `None` if it is none.
pub(super) fn stray_since(name: &str) -> Option<Timestamp> {
    let (_, id) = name.strip_suffix(STRAY_SUFFIX)?.rsplit_once('.')?;
    let (since, _) = id.split_once('x')?;
    since.parse().ok().map(Timestamp)
}
