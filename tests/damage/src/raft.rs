//! A Raft directory: log files, vote, purge mark, committed hint, two snapshots of the metadata image.
//!
//! Owns: the files, and what must hold of a directory with one damaged file: every committed entry is read as it was written,
//! or the open is refused and nothing in the directory has changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use openraft::entry::FromAppData as _;
use openraft::storage::{RaftLogStorage as _, RaftLogStorageExt as _, RaftStateMachine as _};
use openraft::{CommittedLeaderId, RaftLogReader as _, RaftSnapshotBuilder as _};
use strata_metadata::error::ErrorKind;
use strata_metadata::log_store::{LogStore, LogStoreOptions};
use strata_metadata::raft_types::{EncodedCommand, Entry, LogId, NodeId, Vote};
use strata_metadata::state_machine::StateMachine;
use strata_metadata_core::command::{Command, FormatCluster, METADATA_VERSION_FIRST};
use strata_metadata_core::image::Image;
use tokio::runtime::Runtime;

use crate::harm::{Chance, Harm};
use crate::tree::{Damaged, Tree, damage, read_tree, write_tree};
use crate::{Judged, Outcome, World};

const KINDS: [&str; 4] = ["raft-log", "raft-vote", "raft-marks", "raft-snapshot"];
const ENTRIES: u64 = 60;
const PURGED: u64 = 10;
const SNAPSHOTS: [u64; 2] = [15, 40];

fn is_of_kind(kind: &str, path: &Path) -> bool {
    let name = path.to_str().unwrap_or_default();
    match kind {
        "raft-log" => name.ends_with(".raftlog"),
        "raft-vote" => name == "vote",
        "raft-marks" => matches!(name, "purged" | "committed"),
        _ => name.ends_with(".snapshot"),
    }
}

fn log_id(index: u64) -> LogId {
    LogId::new(CommittedLeaderId::<NodeId>::new(1 + index / 25, 1), index)
}

fn entry(index: u64) -> Result<Entry> {
    let features = vec![("metadata.version".to_owned(), METADATA_VERSION_FIRST)];
    let command = Command::FormatCluster(FormatCluster { cluster_id: "damage-of-the-raft-log".to_owned(), features });
    let mut entry = Entry::from_app_data(EncodedCommand(command.encode()?.to_vec()));
    entry.log_id = log_id(index);
    Ok(entry)
}

/// The directory, an older state of it, and what it holds.
pub(crate) struct Raft {
    runtime: Runtime,
    old: Tree,
    whole: Tree,
    entries: BTreeMap<u64, String>,
    vote: Vote,
    image: Image,
}

fn options(directory: &Path) -> LogStoreOptions {
    LogStoreOptions { segment_bytes: 1000, ..LogStoreOptions::new(directory) }
}

impl Raft {
    pub(crate) fn build() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let directory = tempfile::tempdir()?;
        let vote = Vote::new_committed(3, 1);
        let (old, entries, image) = runtime.block_on(write(directory.path(), vote))?;
        let raft = Self { old, whole: read_tree(directory.path())?, entries, vote, image, runtime };
        let fresh = tempfile::tempdir()?;
        write_tree(fresh.path(), &raft.whole)?;
        let found = raft.look(fresh.path(), "none", Harm::FlipBit, &raft.whole).map_err(anyhow::Error::msg)?;
        ensure!(found == Outcome::Harmless, "a directory without damage is whole");
        Ok(raft)
    }

    fn look(&self, directory: &Path, kind: &str, harm: Harm, before: &Tree) -> Result<Outcome, String> {
        let text = |error: anyhow::Error| format!("{error:#}");
        let machine = match StateMachine::open(directory, Arc::new(|_| ())) {
            Ok(machine) => machine,
            Err(error) => return refused(directory, &error, before),
        };
        let (mut store, torn) = match LogStore::open(options(directory)) {
            Ok(opened) => opened,
            Err(error) => return refused(directory, &error, before),
        };
        if let Some(torn) = &torn
            && torn.index <= ENTRIES
        {
            return Err(format!("the committed entry {} was cut as torn", torn.index));
        }
        let found = self.runtime.block_on(read(&mut store)).map_err(text)?;
        let applied = machine.applied_index();
        for (index, entry) in &self.entries {
            if *index > applied && found.get(index) != Some(entry) {
                return Err(format!("entry {index} is read as {:?}", found.get(index)));
            }
        }
        if let Some((index, _)) = found.iter().find(|(index, entry)| self.entries.get(*index) != Some(entry)) {
            return Err(format!("entry {index} was never written like that"));
        }
        let vote = self.runtime.block_on(store.read_vote()).map_err(|error| error.to_string())?;
        // An older vote is whole in itself: only one that is older than the log's entries can be known to be.
        let is_older = kind == "raft-vote" && harm == Harm::OldCopy;
        if vote != Some(self.vote) && !is_older {
            return Err(format!("the vote is {vote:?}"));
        }
        let image = machine.publisher().current().image;
        if applied > 0 && *image != self.image && image.cluster != self.image.cluster {
            return Err("the image of the snapshot is another one".to_owned());
        }
        Ok(if torn.is_some() { Outcome::Rebuilt } else { Outcome::Harmless })
    }
}

/// A refusal must say so of a file, and leave everything as it was.
fn refused(directory: &Path, error: &strata_metadata::error::Error, before: &Tree) -> Result<Outcome, String> {
    let message = error.to_string();
    if error.kind() != ErrorKind::Corrupt {
        return Err(format!("the refusal is of kind {:?}: {message}", error.kind()));
    }
    if !message.contains(&directory.display().to_string()) {
        return Err(format!("the refusal names no file: {message}"));
    }
    let after = read_tree(directory).map_err(|error| format!("{error:#}"))?;
    if after != *before {
        return Err(format!("the directory was changed by a refused open: {message}"));
    }
    Ok(Outcome::Detected)
}

async fn write(directory: &Path, vote: Vote) -> Result<(Tree, BTreeMap<u64, String>, Image)> {
    let (mut store, _) = LogStore::open(options(directory))?;
    let mut machine = StateMachine::open(directory, Arc::new(|_| ()))?;
    store.save_vote(&Vote::new(1, 1)).await?;
    let mut entries = BTreeMap::new();
    let mut old = Tree::new();
    for index in 1..=ENTRIES {
        let one = entry(index)?;
        entries.insert(index, format!("{one:?}"));
        store.blocking_append([one]).await?;
        store.save_committed(Some(log_id(index))).await?;
        machine.apply([entry(index)?]).await?;
        if SNAPSHOTS.contains(&index) {
            machine.get_snapshot_builder().await.build_snapshot().await?;
        }
        if index == ENTRIES / 2 {
            store.purge(log_id(PURGED / 2)).await?;
            old = read_tree(directory)?;
            store.save_vote(&vote).await?;
        }
    }
    store.purge(log_id(PURGED)).await?;
    let image = machine.publisher().current().image;
    ensure!(image.cluster.cluster_id.is_some(), "the image holds a cluster");
    Ok((old, entries, (*image).clone()))
}

async fn read(store: &mut LogStore) -> Result<BTreeMap<u64, String>> {
    let entries = store.try_get_log_entries(0..).await.context("reading the entries")?;
    Ok(entries.into_iter().map(|entry| (entry.log_id.index, format!("{entry:?}"))).collect())
}

impl World for Raft {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn run(&self, kind: &'static str, chance: &mut Chance) -> Result<Judged> {
        let damaged = damage(&self.whole, &self.old, |path| is_of_kind(kind, path), chance);
        let Damaged { tree, harm, what, files: _ } = damaged.with_context(|| format!("no file is of kind {kind}"))?;
        let directory = tempfile::tempdir()?;
        write_tree(directory.path(), &tree)?;
        let outcome = self.look(directory.path(), kind, harm, &tree);
        Ok(Judged { harm, what, outcome })
    }
}
