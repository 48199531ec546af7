//! Whole directories in which one file has any bytes: a log directory with its journal, the Raft directory of a controller.
//!
//! Owns: directories that the real code wrote, and what must hold when it opens them again: an error that names a file, or
//! everything can be read to its end. What is *right* to read is the business of the damage campaign.
//!
//! An input is the number of a file, and that file's bytes without the zeros at its end.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use openraft::entry::FromAppData as _;
use openraft::storage::{RaftLogStorage as _, RaftLogStorageExt as _, RaftStateMachine as _};
use openraft::{CommittedLeaderId, RaftLogReader as _, RaftSnapshotBuilder as _};
use strata_broker::log::journal::JournalConfig;
use strata_broker::log::log_config::LogConfig;
use strata_broker::log::log_manager::{LogManager, LogManagerConfig};
use strata_broker::log::unified_log::UnifiedLog;
use strata_broker::log::unified_log::types::{LeaderAppend, ReadRequest};
use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::compression::{Compression, DecompressLimits};
use strata_compat::ids::{
    LeaderEpoch, Offset, PartitionId, ProducerEpoch, ProducerId, Timestamp, TopicId, TopicIdPartition, Uuid,
};
use strata_compat::record_batch::split_batches;
use strata_compat::records::{BatchBuilder, ProducerStamp, RecordRef, iterate};
use strata_metadata::log_store::{LogStore, LogStoreOptions};
use strata_metadata::raft_types::{EncodedCommand, Entry, LogId, NodeId, Vote};
use strata_metadata::state_machine::StateMachine;
use strata_metadata_core::command::{Command, FormatCluster, METADATA_VERSION_FIRST};

use super::Target;
use crate::chance::INPUT_BYTES_MAX;
use crate::repair::Repair;

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const WAIT: Duration = Duration::from_secs(60);
/// Reads of one log before it is said not to end.
const READS_MAX: usize = 10_000;
/// Directories that a default dose opens.
const EXECUTIONS_MAX: u64 = 250;

/// Files by their path below the directory.
type Tree = BTreeMap<PathBuf, Vec<u8>>;

fn read_tree(root: &Path, tree: &mut Tree, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read_tree(root, tree, &path)?;
        } else {
            tree.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
        }
    }
    Ok(())
}

/// A directory whose files can be given other bytes.
struct Base {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Base {
    fn of(root: &Path) -> Result<Self> {
        let mut tree = Tree::new();
        read_tree(root, &mut tree, root)?;
        ensure!(tree.len() < 250, "a directory of {} files has no numbers for them", tree.len());
        Ok(Self { files: tree.into_iter().collect() })
    }

    /// Each file as an input, if it is not too long for one.
    fn seeds(&self) -> Result<Vec<Vec<u8>>> {
        let mut seeds = Vec::new();
        for (number, (_, content)) in self.files.iter().enumerate() {
            let used = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if used < INPUT_BYTES_MAX {
                seeds.push([&[u8::try_from(number)?], &content[..used]].concat());
            }
        }
        Ok(seeds)
    }

    /// Writes the directory with the input's file; answers the path of that file.
    fn write(&self, root: &Path, input: &[u8]) -> Result<Option<PathBuf>> {
        let Some((number, content)) = input.split_first() else {
            return Ok(None);
        };
        let changed = usize::from(*number) % self.files.len().max(1);
        for (at, (path, whole)) in self.files.iter().enumerate() {
            let path = root.join(path);
            fs::create_dir_all(path.parent().context("a file in a directory")?)?;
            if at == changed {
                let mut bytes = content.to_vec();
                // A file that was reserved in full keeps its length; others are as long as they are.
                if whole.ends_with(&[0; 64]) && bytes.len() < whole.len() {
                    bytes.resize(whole.len(), 0);
                }
                fs::write(&path, bytes)?;
            } else {
                fs::write(&path, whole)?;
            }
        }
        Ok(self.files.get(changed).map(|(path, _)| path.clone()))
    }
}

/// What a file is, for telling outcomes apart.
fn kind(path: &Path) -> String {
    let text = path.extension().or_else(|| path.file_name()).map(|name| name.to_string_lossy().into_owned());
    text.unwrap_or_default()
}

fn log_config() -> LogConfig {
    LogConfig { segment_bytes: 3000, index_interval_bytes: 300, file_delete_delay_ms: 5, ..LogConfig::default() }
}

fn open(directory: &Path) -> Result<LogManager, strata_broker::log::error::LogError> {
    let config = LogManagerConfig {
        directories: vec![directory.to_owned()],
        journal: Some(JournalConfig::for_limit(1 << 20)),
        disk_reserve_bytes: 0,
        recovery_threads: 1,
        tail_bytes: 0,
        tail_log_bytes: 0,
        idle_files_max: 8,
        producer_expiration_ms: 86_400_000,
    };
    LogManager::open(config, &|_, _| Some(log_config()), NOW).map(|(manager, _)| manager)
}

fn fill(log: &Arc<UnifiedLog>, step: i32) -> Result<()> {
    let epoch = step / 8;
    let codec = Compression::ALL[usize::try_from(step).unwrap_or(0) % Compression::ALL.len()];
    let producer = ProducerStamp { id: ProducerId(100), epoch: ProducerEpoch(0), base_sequence: step * 2 };
    let mut builder = BatchBuilder::new(Offset(0)).producer(producer).compression(codec, None);
    for index in 0..2 {
        let value = format!("{:0>100}", step * 7919 + index);
        builder.push(RecordRef {
            offset: Offset(i64::from(index)),
            timestamp: Timestamp(NOW.0 + i64::from(step * 2 + index)),
            key: None,
            value: Some(value.as_bytes()),
            headers: &[],
        })?;
    }
    let bytes = builder.finish()?;
    let room = log.take_room(bytes.len(), WAIT)?;
    let append = LeaderAppend { leader_epoch: LeaderEpoch(epoch), origin: AppendOrigin::Client, now: NOW };
    log.append_as_leader(bytes, append, &room)?;
    Ok(())
}

fn settle(manager: &LogManager) -> Result<()> {
    for journal in manager.journals() {
        journal.wait_durable(journal.last_sequence(), WAIT)?;
    }
    let errors = manager.flush_all();
    ensure!(errors.is_empty(), "{errors:?}");
    Ok(manager.write_high_watermarks(&|id| manager.get(id).map(|log| log.log_end_offset()))?)
}

/// A directory as a kill leaves it: two partitions, a part of one in the journal alone.
fn log_base() -> Result<Base> {
    let directory = tempfile::tempdir()?;
    let manager = open(directory.path())?;
    for step in 0..40 {
        for index in 0..2 {
            let id = TopicIdPartition { topic_id: TopicId(Uuid::from_u128(71)), partition: PartitionId(index) };
            fill(&manager.get_or_create("a", id, log_config(), NOW)?, step)?;
        }
        if step == 30 {
            settle(&manager)?;
        }
    }
    for journal in manager.journals() {
        journal.wait_durable(journal.last_sequence(), WAIT)?;
    }
    let base = Base::of(directory.path())?;
    ensure!(manager.shut_down(7).is_empty(), "the directory is closed in order");
    Ok(base)
}

/// Reads a log to its end, batches and records.
fn read_log(log: &UnifiedLog) -> Result<String, String> {
    let (mut next, end) = (log.log_start_offset(), log.log_end_offset());
    for _ in 0..READS_MAX {
        if next >= end {
            return Ok("read".to_owned());
        }
        let request = ReadRequest { offset: next, bytes_max: 1 << 20, upper_bound: Offset(i64::MAX), min_one: true };
        let read = match log.read(&request) {
            Ok(read) => read,
            Err(error) if error.to_string().contains('/') => return Ok("reads end in an error".to_owned()),
            Err(error) => return Err(format!("an error names no file: {error}")),
        };
        for batch in read.batches.iter().flat_map(split_batches) {
            let (_, batch) = batch.map_err(|error| format!("what is read at {next} is no batch: {error}"))?;
            if let Ok(records) = iterate(&batch, DecompressLimits::new(1 << 20)) {
                let _records = records.count();
            }
        }
        if read.next_offset <= next {
            return Err(format!("a read at {next} goes on at {}", read.next_offset));
        }
        next = read.next_offset;
    }
    Err(format!("a log up to {end} is still read at {next}"))
}

fn look_at_logs(root: &Path) -> Result<String, String> {
    let manager = match open(root) {
        Ok(manager) => manager,
        Err(error) if error.to_string().contains('/') => return Ok("refused".to_owned()),
        Err(error) => return Err(format!("a refusal names no file: {error}")),
    };
    let mut outcome = String::new();
    for log in manager.logs() {
        outcome.push_str(&read_log(&log)?);
        let found = log.offset_for_timestamp(Timestamp(NOW.0 + 9), Offset(i64::MAX));
        outcome.push_str(if found.is_ok() { " " } else { " without time " });
    }
    let closed = manager.shut_down(8);
    Ok(if closed.is_empty() { outcome } else { format!("{outcome}, not closed") })
}

/// See the module.
pub(super) fn log_directory() -> Result<Target> {
    let base = log_base()?;
    let seeds = base.seeds()?;
    let run = move |input: &Bytes| {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let written = base.write(directory.path(), input).map_err(|error| format!("{error:#}"))?;
        let Some(path) = written else {
            return Ok("no file".to_owned());
        };
        Ok(format!("{}: {}", kind(&path), look_at_logs(directory.path())?))
    };
    Ok(Target { name: "log-directory", run: Box::new(run), seeds, repair: repair_file, executions_max: EXECUTIONS_MAX })
}

/// Checksums of the file behind its number, where they can be found.
fn repair_file(whole: &[u8]) -> Repair {
    match whole.get(1..).map_or(Repair::None, Repair::find) {
        Repair::Head { at, big } => Repair::Head { at: at + 1, big },
        // A tail's sum would begin with the number in front.
        Repair::Tail { .. } | Repair::TailXxh3 => Repair::None,
        other => other,
    }
}

fn entry(index: u64) -> Result<Entry> {
    let features = vec![("metadata.version".to_owned(), METADATA_VERSION_FIRST)];
    let command = Command::FormatCluster(FormatCluster { cluster_id: "c1".to_owned(), features });
    let mut entry = Entry::from_app_data(EncodedCommand(command.encode()?));
    entry.log_id = LogId::new(CommittedLeaderId::<NodeId>::new(1 + index / 25, 1), index);
    Ok(entry)
}

fn options(directory: &Path) -> LogStoreOptions {
    LogStoreOptions { segment_bytes: 1000, ..LogStoreOptions::new(directory) }
}

async fn write_raft(directory: &Path) -> Result<()> {
    let (mut store, _) = LogStore::open(options(directory))?;
    let mut machine = StateMachine::open(directory, Arc::new(|_| ()))?;
    store.save_vote(&Vote::new_committed(3, 1)).await?;
    for index in 1..=40 {
        store.blocking_append([entry(index)?]).await?;
        store.save_committed(Some(entry(index)?.log_id)).await?;
        machine.apply([entry(index)?]).await?;
        if index == 15 || index == 30 {
            machine.get_snapshot_builder().await.build_snapshot().await?;
        }
    }
    Ok(store.purge(entry(10)?.log_id).await?)
}

/// Opens the log and the snapshots and reads all entries.
async fn look_at_raft(root: &Path) -> Result<String, String> {
    let named = |what: &str, error: String| {
        if error.contains('/') {
            Ok(format!("{what} refused"))
        } else {
            Err(format!("{what}: no file is named: {error}"))
        }
    };
    let mut machine = match StateMachine::open(root, Arc::new(|_| ())) {
        Ok(machine) => machine,
        Err(error) => return named("snapshot", error.to_string()),
    };
    let (mut store, torn) = match LogStore::open(options(root)) {
        Ok(opened) => opened,
        Err(error) => return named("log", error.to_string()),
    };
    let read = store.read_vote().await.is_ok();
    let applied = machine.applied_index();
    let entries = match store.try_get_log_entries(0..).await {
        Ok(entries) => entries,
        Err(error) => return named("entries", error.to_string()),
    };
    let mut refused = 0;
    for entry in entries.into_iter().filter(|entry| entry.log_id.index > applied) {
        refused += i32::from(machine.apply([entry]).await.is_err());
    }
    Ok(format!("vote {read}, torn {}, entries refused {}", torn.is_some(), refused > 0))
}

/// See the module.
pub(super) fn raft_directory() -> Result<Target> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let directory = tempfile::tempdir()?;
    runtime.block_on(write_raft(directory.path()))?;
    let base = Base::of(directory.path())?;
    let seeds = base.seeds()?;
    // The runtime ends with the target, not within a call.
    let runtime = RefCell::new(runtime);
    let run = move |input: &Bytes| {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let written = base.write(directory.path(), input).map_err(|error| format!("{error:#}"))?;
        let Some(path) = written else {
            return Ok("no file".to_owned());
        };
        let outcome = runtime.borrow_mut().block_on(look_at_raft(directory.path()))?;
        Ok(format!("{}: {outcome}", kind(&path)))
    };
    Ok(Target {
        name: "raft-directory",
        run: Box::new(run),
        seeds,
        repair: repair_file,
        executions_max: EXECUTIONS_MAX,
    })
}
