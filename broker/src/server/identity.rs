//! Whose data directories these are: `meta.properties` in each log directory and in the Raft directory.
//!
//! Owns: reading, checking and writing them. An empty directory is formatted: the Raft directory first, a log directory once the
//! quorum has been formed and says that none is missing. So a log directory of ours without a Raft log is one whose quorum is
//! lost. A directory of another node or cluster, or a file that cannot be read, is refused and nothing is touched. A crash while
//! formatting leaves some directories formatted; the next start goes on with the same identity.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use strata_compat::ids::{Uuid, uuid_text};

use super::StartError;
use crate::config::properties;
use crate::config::{BrokerConfig, StorageConfig};
use crate::log::checkpoint::PARTITION_METADATA_FILE;

const FILE: &str = "meta.properties";
/// What it is written as first: all that a first start leaves which a crash or a full disk ends.
const TEMPORARY: &str = "meta.properties.tmp";
/// What kind of directory it is, in a key of ours that Kafka passes over: two files of one node differ in nothing else.
const ROLE: &str = "strata.directory.role";
/// Ids below are reserved.
const DIRECTORY_RESERVED_BELOW: u128 = 100;
/// Of the files of a Raft log: there always is one once the quorum was formed.
const RAFT_LOG_EXTENSION: &str = "raftlog";

/// What the directories say.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) cluster_id: String,
    /// Ids of the log directories, in the order of the configuration.
    pub(super) log_dir_ids: Vec<Uuid>,
    /// Whether nothing was formatted yet.
    pub(super) is_new: bool,
    missing: Vec<(PathBuf, Uuid, Role)>,
    node_id: i32,
}

/// What a directory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Log,
    Raft,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Raft => "raft",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Log => "a log directory (log.dirs)",
            Self::Raft => "the Raft directory (metadata.log.dir)",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Log, Self::Raft].into_iter().find(|role| role.name() == name)
    }
}

impl Identity {
    /// Reads all directories without changing anything.
    pub(super) fn read(config: &BrokerConfig) -> Result<Self, StartError> {
        let mut cluster_id: Option<(String, PathBuf)> = None;
        let mut missing = Vec::new();
        let mut log_dir_ids = Vec::new();
        for (directory, role) in directories(&config.storage) {
            let id = match read_one(&directory)? {
                Some(meta) => {
                    meta.check(config.node_id, &directory, cluster_id.as_ref())?;
                    meta.check_role(&directory, role, &config.storage)?;
                    cluster_id.get_or_insert((meta.cluster_id, directory));
                    meta.directory_id
                }
                None => {
                    if !is_empty(&directory, &config.storage.metadata_dir)? {
                        return Err(StartError::foreign(format!(
                            "{} holds files but no {FILE}: it is not a directory of ours; nothing was changed",
                            directory.display()
                        )));
                    }
                    let id = fresh_id();
                    missing.push((directory, id, role));
                    id
                }
            };
            if role == Role::Log {
                log_dir_ids.push(id);
            }
        }
        refuse_lost_quorum(&config.storage)?;
        let is_new = cluster_id.is_none();
        let cluster_id = cluster_id.map_or_else(|| uuid_text(fresh_id()), |(cluster_id, _)| cluster_id);
        Ok(Self { cluster_id, log_dir_ids, is_new, missing, node_id: config.node_id })
    }

    /// The log directories that are not formatted yet.
    pub(super) fn new_log_dirs(&self) -> impl Iterator<Item = &Path> {
        self.missing.iter().filter(|(_, _, role)| *role == Role::Log).map(|(directory, _, _)| directory.as_path())
    }

    /// Formats the Raft directory, if it is not yet: the quorum there tells whether log directories may be.
    pub(super) fn write_raft_dir(&self) -> Result<(), StartError> {
        self.write(Role::Raft)
    }

    /// Formats the log directories that are not yet.
    pub(super) fn write_log_dirs(&self) -> Result<(), StartError> {
        self.write(Role::Log)
    }

    fn write(&self, of: Role) -> Result<(), StartError> {
        for (directory, id, role) in self.missing.iter().filter(|(_, _, role)| *role == of) {
            let text = format!(
                "version=1\ncluster.id={}\nnode.id={}\ndirectory.id={}\n{ROLE}={}\n",
                self.cluster_id,
                self.node_id,
                uuid_text(*id),
                role.name()
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
    /// Nothing where another program formatted the directory.
    role: Option<Role>,
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

    fn check_role(&self, directory: &Path, role: Role, storage: &StorageConfig) -> Result<(), StartError> {
        let Some(stated) = self.role.filter(|stated| *stated != role) else {
            return Ok(());
        };
        let belongs = match stated {
            Role::Raft => format!("it belongs into {}", storage.metadata_dir.display()),
            Role::Log => {
                let all: Vec<String> = storage.log_dirs.iter().map(|path| path.display().to_string()).collect();
                format!("it belongs into {}", all.join(" or "))
            }
        };
        Err(StartError::foreign(format!(
            "{} says that it is that of {}, but the directory is configured as {}: {belongs}; nothing was changed",
            directory.join(FILE).display(),
            stated.words(),
            role.words()
        )))
    }
}

fn directories(storage: &StorageConfig) -> Vec<(PathBuf, Role)> {
    let mut all: Vec<(PathBuf, Role)> = storage.log_dirs.iter().map(|path| (path.clone(), Role::Log)).collect();
    all.push((storage.metadata_dir.clone(), Role::Raft));
    all
}

/// A quorum that begins anew knows no topic: all partitions would be strays, and what the bucket holds of them left over. Those of
/// a directory that is not here now would begin anew, too.
fn refuse_lost_quorum(storage: &StorageConfig) -> Result<(), StartError> {
    let has_log = |path: &Path| path.extension().is_some_and(|extension| extension == RAFT_LOG_EXTENSION);
    if entries(&storage.metadata_dir)?.iter().any(|path| has_log(path)) {
        return Ok(());
    }
    for directory in &storage.log_dirs {
        let partitions =
            entries(directory)?.into_iter().filter(|path| path.join(PARTITION_METADATA_FILE).is_file()).count();
        let (raft, log) = (storage.metadata_dir.display(), directory.display());
        let reason = if partitions > 0 {
            format!("{log} holds partitions ({partitions}), which a new one would not know")
        } else if read_one(directory)?.is_some_and(|meta| meta.role == Some(Role::Log)) {
            format!("{log} is that of a node that has had one")
        } else {
            continue;
        };
        return Err(StartError::foreign(format!(
            "{raft} holds no Raft log, but {reason}; nothing was changed: mount the Raft directory (metadata.log.dir) or restore it \
             from a backup, or begin with empty directories"
        )));
    }
    Ok(())
}

/// What a directory holds; nothing if there is none.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, StartError> {
    let unread = |error| StartError::configuration(format!("{} cannot be read: {error}", directory.display()));
    match fs::read_dir(directory) {
        Ok(found) => found.map(|entry| entry.map(|entry| entry.path()).map_err(unread)).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(unread(error)),
    }
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

fn is_empty(directory: &Path, metadata_dir: &Path) -> Result<bool, StartError> {
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    // What a file system or this program puts there by itself: the Raft directory may lie inside a log directory.
    let is_expected = |path: &PathBuf| {
        matches!(name(path).as_deref(), Some("lost+found" | ".lock" | TEMPORARY)) || metadata_dir.starts_with(path)
    };
    Ok(entries(directory)?.iter().all(is_expected))
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
    let role = match get(ROLE) {
        None => None,
        Some(name) => Some(
            Role::parse(&name).ok_or_else(|| wrong(&format!("has {ROLE}={name}, which is neither log nor raft")))?,
        ),
    };
    Ok(Some(Meta { cluster_id, node_id, directory_id, role }))
}

fn write_durably(directory: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let temporary = directory.join(TEMPORARY);
    let mut file = fs::File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, directory.join(FILE))?;
    fs::File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ServerProperties;

    /// As a start does it.
    fn format(config: &BrokerConfig) -> Result<(), StartError> {
        let identity = Identity::read(config).expect("new or ours");
        identity.write_raft_dir()?;
        fs::write(config.storage.metadata_dir.join(RAFT_LOG), "").expect("a quorum");
        identity.write_log_dirs()
    }

    const RAFT_LOG: &str = "00000000000000000000.raftlog";

    fn storage(root: &Path) -> BrokerConfig {
        let root = root.display();
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\n\
             listeners=PLAINTEXT://127.0.0.1:0\nlog.dirs={root}/log\nmetadata.log.dir={root}/raft\n"
        );
        let parsed = properties::parse(&text).expect("properties");
        BrokerConfig::new(ServerProperties::from_parts(parsed, &[]).expect("known keys")).expect("a configuration")
    }

    #[test]
    fn files_of_log_and_raft_directory_that_were_swapped_are_refused_and_named() {
        let root = tempfile::tempdir().expect("directory");
        let config = storage(root.path());
        format(&config).expect("formatted");
        let read = || Identity::read(&config).map(|identity| identity.cluster_id);
        let cluster_id = read().expect("ours");
        let files = ["log", "raft"].map(|name| root.path().join(name).join(FILE));
        let texts = files.clone().map(|path| fs::read_to_string(path).expect("text"));
        fs::write(&files[0], &texts[1]).expect("swapped");
        fs::write(&files[1], &texts[0]).expect("swapped");
        let refused = read().expect_err("refused");
        assert_eq!(refused.exit_code(), 3);
        let message = refused.to_string();
        for part in [&files[0], &root.path().join("raft")] {
            assert!(message.contains(part.to_str().expect("text")), "{message}");
        }
        fs::write(&files[0], &texts[0]).expect("mended");
        assert_eq!(read().expect_err("the other").exit_code(), 3);
        fs::write(&files[1], &texts[1]).expect("mended");
        assert_eq!(read().expect("ours"), cluster_id);
    }

    #[test]
    fn directories_whose_first_start_was_cut_short_or_found_no_room_are_formatted_by_the_next() {
        let root = tempfile::tempdir().expect("directory");
        let config = storage(root.path());
        for name in ["log", "raft"] {
            fs::create_dir(root.path().join(name)).expect("directory");
        }
        let temporary = root.path().join("raft").join(TEMPORARY);
        std::os::unix::fs::symlink("/dev/full", &temporary).expect("a full disk");
        let refused = format(&config).expect_err("refused");
        assert!(refused.to_string().contains("raft cannot be formatted: No space left"), "{refused}");
        fs::remove_file(&temporary).expect("room");
        fs::write(&temporary, "version").expect("a part");
        let cut_short = Identity::read(&config).expect("ours");
        cut_short.write_raft_dir().expect("formatted");
        let identity = Identity::read(&config).expect("a log directory is still empty");
        assert_eq!(identity.cluster_id, cut_short.cluster_id);
        format(&config).expect("formatted");
        assert!(!temporary.exists() && !Identity::read(&config).expect("ours").is_new);
    }

    #[test]
    fn a_log_directory_without_its_raft_log_is_refused() {
        let root = tempfile::tempdir().expect("directory");
        let config = storage(root.path());
        format(&config).expect("formatted");
        let raft = root.path().join("raft");
        let refuses = |words: &str| {
            let refused = Identity::read(&config).expect_err("refused");
            let message = refused.to_string();
            assert_eq!(refused.exit_code(), 3, "{message}");
            assert!(message.contains(raft.to_str().expect("text")) && message.contains(words), "{message}");
        };
        fs::remove_file(raft.join(RAFT_LOG)).expect("lost");
        refuses("is that of a node that has had one");
        let partition = root.path().join("log/orders-0");
        fs::create_dir_all(&partition).expect("directory");
        fs::write(partition.join(PARTITION_METADATA_FILE), "version: 0\n").expect("file");
        refuses("partitions (1)");
        fs::write(raft.join(RAFT_LOG), "").expect("file");
        assert!(Identity::read(&config).is_ok());
        fs::remove_dir_all(&raft).expect("gone");
        refuses("partitions (1)");
    }

    #[test]
    fn a_raft_directory_within_a_log_directory_is_no_file_of_others_there() {
        let root = tempfile::tempdir().expect("directory");
        let mut config = storage(root.path());
        config.storage.metadata_dir = root.path().join("log/deep/quorum");
        Identity::read(&config).expect("new").write_raft_dir().expect("formatted");
        assert!(Identity::read(&config).is_ok(), "a start that ends here is taken up again");
        fs::write(root.path().join("log/recipes"), "").expect("file");
        assert_eq!(Identity::read(&config).expect_err("refused").exit_code(), 3);
    }

    #[test]
    fn a_file_without_a_role_is_taken_and_one_with_an_unknown_role_refused() {
        let root = tempfile::tempdir().expect("directory");
        let config = storage(root.path());
        format(&config).expect("formatted");
        let path = root.path().join("log").join(FILE);
        let text = fs::read_to_string(&path).expect("text");
        let line = format!("{ROLE}=log\n");
        assert!(text.contains(&line), "{text}");
        fs::write(&path, text.replace(&line, "")).expect("as Kafka writes it");
        assert!(Identity::read(&config).is_ok());
        fs::write(&path, text.replace(&line, &format!("{ROLE}=both\n"))).expect("damaged");
        assert_eq!(Identity::read(&config).expect_err("refused").exit_code(), 3);
    }
}
