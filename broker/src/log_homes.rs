//! In which of this node's log directories the quorum has each replica, so that a directory that is gone is not taken for one
//! that never held anything.
//!
//! Owns: the look-up, what the quorum must be told at a start, what is told of replicas whose directory is not here. Does not
//! own: the choice for new replicas (the metadata core), opening (`metadata_applier.rs`), or the proposals
//! (`server/quorum_start.rs`).
//! Invariant: a log is never begun, nor one found elsewhere taken over, while its directory is missing and not declared lost.
//! A crash leaves nothing: each start compares anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use strata_compat::ids::{BrokerId, TopicIdPartition, Uuid, uuid_text};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::partitions::{DIRECTORY_LOST, DIRECTORY_RESERVED_BELOW, Partition as PartitionImage};

use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_manager::LogManager;

/// Partitions that are named where many are told of.
const NAMED_MAX: usize = 3;

/// The log directories of this node by their ids.
#[derive(Clone, Debug)]
pub(crate) struct LogHomes {
    broker: BrokerId,
    paths: BTreeMap<Uuid, PathBuf>,
}

impl LogHomes {
    /// Ids and paths go together in pairs.
    pub(crate) fn new(broker: BrokerId, ids: &[Uuid], paths: &[PathBuf]) -> Self {
        Self { broker, paths: ids.iter().copied().zip(paths.iter().cloned()).collect() }
    }

    /// This node's id.
    pub(crate) const fn broker(&self) -> BrokerId {
        self.broker
    }

    /// The ids of the log directories that are offline now.
    pub(crate) fn offline_among(&self, logs: &LogManager) -> Vec<Uuid> {
        let offline = logs.offline_directories();
        let is_offline = |path: &PathBuf| offline.iter().any(|(other, _)| other == path);
        self.paths.iter().filter(|(_, path)| is_offline(path)).map(|(id, _)| *id).collect()
    }

    /// The log directory of this id.
    pub(crate) fn path_of(&self, directory: Uuid) -> Option<&Path> {
        self.paths.get(&directory).map(PathBuf::as_path)
    }

    /// Where the log of this broker's replica belongs; `None` where the quorum leaves that to the broker.
    ///
    /// # Errors
    /// `Unavailable` if that directory is not here: the log must not begin anew in another one.
    pub(crate) fn home_of(&self, partition: &PartitionImage) -> Result<Option<&Path>, LogError> {
        match self.assigned(partition) {
            None => Ok(None),
            Some(directory) => match self.path_of(directory) {
                Some(path) => Ok(Some(path)),
                None => Err(LogError::new(LogErrorKind::Unavailable, missing(directory))),
            },
        }
    }

    fn assigned(&self, partition: &PartitionImage) -> Option<Uuid> {
        let is_left_open =
            |directory: &Uuid| directory.as_u128() < DIRECTORY_RESERVED_BELOW && *directory != DIRECTORY_LOST;
        partition.directory_of(self.broker).filter(|directory| !is_left_open(directory))
    }

    /// What the quorum does not know yet: logs that lie in another directory than it has them in, as an operator moved them;
    /// and new places for replicas without one, or whose directory is `lost` for good. `found` tells where a log lies. One that
    /// is found while its directory is missing may be older than what lies there: the quorum is told nothing of it.
    pub(crate) fn assignments(
        &self,
        image: &Image,
        lost: &BTreeSet<Uuid>,
        found: &dyn Fn(TopicIdPartition) -> Option<PathBuf>,
    ) -> Vec<(TopicIdPartition, Uuid)> {
        let Some(registered) = image.broker(self.broker) else {
            return Vec::new();
        };
        let of_path = |path: &Path| self.paths.iter().find(|(_, own)| *own == path).map(|(id, _)| *id);
        let wanted = |id: TopicIdPartition, partition: &PartitionImage| {
            let assigned = self.assigned(partition);
            let has_home = assigned.is_some_and(|directory| !lost.contains(&directory));
            if has_home && assigned.is_some_and(|directory| self.path_of(directory).is_none()) {
                return None;
            }
            let lies_in = found(id).and_then(|path| of_path(&path));
            let wanted = lies_in.or_else(|| (!has_home).then(|| registered.directory_for(id)))?;
            (Some(wanted) != assigned).then_some((id, wanted))
        };
        image.partitions_on(self.broker).filter_map(|(id, partition)| wanted(*id, partition)).collect()
    }

    /// For each directory that is not here, how many replicas it holds and some of them, by name.
    pub(crate) fn missing(&self, image: &Image) -> BTreeMap<Uuid, (usize, Vec<String>)> {
        let mut all: BTreeMap<Uuid, (usize, Vec<String>)> = BTreeMap::new();
        for (id, partition) in image.partitions_on(self.broker) {
            let Some(directory) = self.assigned(partition).filter(|directory| self.path_of(*directory).is_none())
            else {
                continue;
            };
            let (count, named) = all.entry(directory).or_default();
            *count += 1;
            if named.len() < NAMED_MAX {
                named.push(name(image, *id));
            }
        }
        all
    }
}

/// A partition as people call it.
pub(crate) fn name(image: &Image, id: TopicIdPartition) -> String {
    image.topic(id.topic_id).map_or_else(|| id.to_string(), |topic| format!("{}-{}", topic.name, id.partition))
}

/// What is said of a replica whose directory is not here.
fn missing(directory: Uuid) -> String {
    let id = uuid_text(directory);
    format!(
        "its log lies in the log directory with id {id}, which is none of log.dirs: put it back and restart; if it is lost for \
         good, set strata.log.dirs.lost={id}, and the partition begins anew with what the object store holds, without the \
         records that were only there"
    )
}

#[cfg(test)]
mod tests;
