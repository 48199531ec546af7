//! Whose data directories these are: `meta.properties` in each log directory and in the Raft directory.
//!
//! Owns: reading, checking and writing them. An empty directory is formatted at the first start; a directory of another node
//! or cluster, or a file that cannot be read, is refused and nothing is touched. A crash while formatting leaves some
//! directories formatted; the next start goes on with the same identity.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use strata_compat::ids::{Uuid, uuid_text};

use super::StartError;
use crate::config::properties;
use crate::config::{BrokerConfig, StorageConfig};

const FILE: &str = "meta.properties";
/// Ids below are reserved.
const DIRECTORY_RESERVED_BELOW: u128 = 100;

/// What the directories say.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) cluster_id: String,
    /// Ids of the log directories, in the order of the configuration.
    pub(super) log_dir_ids: Vec<Uuid>,
    /// Whether nothing was formatted yet.
    pub(super) is_new: bool,
    missing: Vec<(PathBuf, Uuid)>,
    node_id: i32,
}

impl Identity {
    /// Reads all directories without changing anything.
    pub(super) fn read(config: &BrokerConfig) -> Result<Self, StartError> {
        let mut cluster_id: Option<(String, PathBuf)> = None;
        let mut missing = Vec::new();
        let mut log_dir_ids = Vec::new();
        for (directory, is_log) in directories(&config.storage) {
            let id = match read_one(&directory)? {
                Some(meta) => {
                    meta.check(config.node_id, &directory, cluster_id.as_ref())?;
                    cluster_id.get_or_insert((meta.cluster_id, directory));
                    meta.directory_id
                }
                None => {
                    if !is_empty(&directory)? {
                        return Err(StartError::foreign(format!(
                            "{} holds files but no {FILE}: it is not a directory of ours; nothing was changed",
                            directory.display()
                        )));
                    }
                    let id = fresh_id();
                    missing.push((directory, id));
                    id
                }
            };
            if is_log {
                log_dir_ids.push(id);
            }
        }
        let is_new = cluster_id.is_none();
        let cluster_id = cluster_id.map_or_else(|| uuid_text(fresh_id()), |(cluster_id, _)| cluster_id);
        Ok(Self { cluster_id, log_dir_ids, is_new, missing, node_id: config.node_id })
    }

    /// Formats the directories that are not yet.
    pub(super) fn write(&self) -> Result<(), StartError> {
        for (directory, id) in &self.missing {
            let text = format!(
                "version=1\ncluster.id={}\nnode.id={}\ndirectory.id={}\n",
                self.cluster_id,
                self.node_id,
                uuid_text(*id)
            );
            write_durably(directory, &text).map_err(|error| {
                StartError::configuration(format!("{} cannot be formatted: {error}", directory.display()))
            })?;
        }
        Ok(())
    }
}

struct Meta {
    cluster_id: String,
    node_id: i32,
    directory_id: Uuid,
}

impl Meta {
    fn check(&self, node_id: i32, directory: &Path, other: Option<&(String, PathBuf)>) -> Result<(), StartError> {
        if self.node_id != node_id {
            return Err(StartError::foreign(format!(
                "{} belongs to node {}, but 'node.id' is {node_id}; nothing was changed",
                directory.display(),
                self.node_id
            )));
        }
        if let Some((cluster_id, where_else)) = other
            && *cluster_id != self.cluster_id
        {
            return Err(StartError::foreign(format!(
                "{} belongs to cluster {}, but {} to cluster {cluster_id}; nothing was changed",
                directory.display(),
                self.cluster_id,
                where_else.display()
            )));
        }
        Ok(())
    }
}

fn directories(storage: &StorageConfig) -> Vec<(PathBuf, bool)> {
    let mut all: Vec<(PathBuf, bool)> = storage.log_dirs.iter().map(|path| (path.clone(), true)).collect();
    all.push((storage.metadata_dir.clone(), false));
    all
}

fn fresh_id() -> Uuid {
    loop {
        let id: u128 = rand::random();
        // A leading hyphen would make the text form look like an option to command-line tools.
        if id >= DIRECTORY_RESERVED_BELOW && !uuid_text(Uuid::from_u128(id)).starts_with('-') {
            return Uuid::from_u128(id);
        }
    }
}

fn is_empty(directory: &Path) -> Result<bool, StartError> {
    match fs::read_dir(directory) {
        // What a file system or this program puts there by itself: the Raft directory may lie inside a log directory.
        Ok(entries) => Ok(entries
            .filter_map(Result::ok)
            .all(|entry| matches!(entry.file_name().to_str(), Some("lost+found" | ".lock" | "raft")))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(StartError::configuration(format!("{} cannot be read: {error}", directory.display()))),
    }
}

fn read_one(directory: &Path) -> Result<Option<Meta>, StartError> {
    let path = directory.join(FILE);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(StartError::foreign(format!("{} cannot be read: {error}", path.display())));
        }
    };
    let wrong = |what: &str| StartError::foreign(format!("{} {what}; nothing was changed", path.display()));
    let pairs = properties::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    let get = |key: &str| pairs.iter().find(|pair| pair.key == key).map(|pair| pair.value.clone());
    if get("version").as_deref() != Some("1") {
        return Err(wrong("is not of version 1"));
    }
    let (Some(cluster_id), Some(node_id)) = (get("cluster.id"), get("node.id").and_then(|id| id.parse().ok())) else {
        return Err(wrong("lacks cluster.id or node.id"));
    };
    let directory_id = get("directory.id").and_then(|id| strata_compat::ids::parse_uuid(&id));
    let directory_id = directory_id.ok_or_else(|| wrong("lacks a valid directory.id"))?;
    Ok(Some(Meta { cluster_id, node_id, directory_id }))
}

fn write_durably(directory: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let temporary = directory.join("meta.properties.tmp");
    let mut file = fs::File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, directory.join(FILE))?;
    fs::File::open(directory)?.sync_all()
}
