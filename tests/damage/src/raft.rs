//! A Raft directory: log files, vote, purge mark, committed hint, two snapshots of the metadata image.
//!
//! Owns: the files, and what must hold of a directory with one damaged file: every committed entry is read as it was written
//! and the image is the one that was applied, or the open is refused and nothing in the directory has changed.

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
use strata_metadata_core::command::Command;
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::topics::ConfigDefaults;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::configs::{ConfigKind, ConfigResource};
use tokio::runtime::Runtime;

use crate::harm::{Chance, Harm};
use crate::told;
use crate::tree::{Damaged, Tree, damage, read_tree, write_tree};
use crate::{Judged, Outcome, World};

const KINDS: [&str; 4] = ["raft-log", "raft-vote", "raft-marks", "raft-snapshot"];
const ENTRIES: u64 = 60;
/// Above the older snapshot: without the newer one there is a hole.
const PURGED: u64 = 20;
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
    // Each entry changes the image, so that no two images are alike.
    let command = Command::AlterConfigs(AlterConfigs {
        resource: ConfigResource { kind: ConfigKind::Group, name: format!("group-{}", index % 7) },
        replace_all: false,
        operations: vec![ConfigOperation::Set { key: "entry".to_owned(), value: index.to_string() }],
        defaults: ConfigDefaults { cleanup_policy: "delete".to_owned() },
    });
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
    old_vote: Vote,
    vote: Vote,
    /// The image after each entry.
    images: BTreeMap<u64, Image>,
}

fn options(directory: &Path) -> LogStoreOptions {
    LogStoreOptions { segment_bytes: 1000, ..LogStoreOptions::new(directory) }
}

impl Raft {
    pub(crate) fn build() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let directory = tempfile::tempdir()?;
        let (old_vote, vote) = (Vote::new(1, 1), Vote::new_committed(3, 1));
        let (old, entries, images) = runtime.block_on(write(directory.path(), [old_vote, vote]))?;
        let raft = Self { old, whole: read_tree(directory.path())?, entries, old_vote, vote, images, runtime };
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
        let log_options = LogStoreOptions { snapshot_end: Some(machine.snapshot_end()), ..options(directory) };
        let (mut store, torn) = match LogStore::open(log_options) {
            Ok(opened) => opened,
            Err(error) => return refused(directory, &error, before),
        };
        if let Some(torn) = &torn
            && torn.index <= ENTRIES
        {
            return Err(format!("the committed entry {} was cut as torn", torn.index));
        }
        let found = self.runtime.block_on(read(&mut store)).map_err(text)?;
        let vote = self.runtime.block_on(store.read_vote()).map_err(|error| error.to_string())?;
        // An older vote is whole in itself: only one that is older than the log's entries can be known to be.
        let is_older = kind == "raft-vote" && harm == Harm::OldCopy && vote == Some(self.old_vote);
        if vote != Some(self.vote) && !is_older {
            return Err(format!("the vote is {vote:?}"));
        }
        self.check_entries(machine.applied_index(), &found)?;
        self.runtime.block_on(self.check_images(machine))?;
        Ok(if torn.is_some() { Outcome::Rebuilt } else { Outcome::Harmless })
    }

    fn check_entries(&self, applied: u64, found: &BTreeMap<u64, String>) -> Result<(), String> {
        if let Some((index, _)) =
            self.entries.iter().find(|(index, entry)| **index > applied && found.get(index) != Some(entry))
        {
            return Err(format!("entry {index} is read as {:?}", found.get(index)));
        }
        match found.iter().find(|(index, entry)| self.entries.get(*index) != Some(entry)) {
            Some((index, _)) => Err(format!("entry {index} was never written like that")),
            None => Ok(()),
        }
    }

    /// The image of the snapshot, and the one that the entries behind it make of it.
    async fn check_images(&self, mut machine: StateMachine) -> Result<(), String> {
        let applied = machine.applied_index();
        let expected = |index| self.images.get(&index).ok_or_else(|| format!("there never was an image at {index}"));
        if *machine.publisher().current().image != *expected(applied)? {
            return Err(format!("the image of the snapshot at {applied} is another one"));
        }
        for index in applied + 1..=ENTRIES {
            let entry = entry(index).map_err(|error| format!("{error:#}"))?;
            machine.apply([entry]).await.map_err(|error| error.to_string())?;
        }
        if *machine.publisher().current().image != *expected(ENTRIES)? {
            return Err("the image that the log leads to is another one".to_owned());
        }
        Ok(())
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
    told::note(&message);
    Ok(Outcome::Detected)
}

type Written = (Tree, BTreeMap<u64, String>, BTreeMap<u64, Image>);

async fn write(directory: &Path, [old_vote, vote]: [Vote; 2]) -> Result<Written> {
    let (mut store, _) = LogStore::open(options(directory))?;
    let mut machine = StateMachine::open(directory, Arc::new(|_| ()))?;
    store.save_vote(&old_vote).await?;
    let mut entries = BTreeMap::new();
    let mut images = BTreeMap::from([(0, Image::default())]);
    let mut old = Tree::new();
    for index in 1..=ENTRIES {
        let one = entry(index)?;
        entries.insert(index, format!("{one:?}"));
        store.blocking_append([one]).await?;
        store.save_committed(Some(log_id(index))).await?;
        machine.apply([entry(index)?]).await?;
        images.insert(index, (*machine.publisher().current().image).clone());
        ensure!(images.get(&index) != images.get(&(index - 1)), "entry {index} changes the image");
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
    Ok((old, entries, images))
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
