//! A log directory with its journal: two partitions of one topic and one of another, as an orderly stop and as a kill leave
//! them.
//!
//! Owns: the files, and what must hold of a directory with one damaged file: what is acknowledged is answered byte for byte or
//! with an error that names the file; partitions that were not hit serve everything; indexes, snapshots and epochs are made
//! anew.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use strata_broker::log::error::{LogError, LogErrorKind};
use strata_broker::log::journal::JournalConfig;
use strata_broker::log::log_config::LogConfig;
use strata_broker::log::log_manager::{LogManager, LogManagerConfig, OpenReport, Strayed, directory_name};
use strata_broker::log::unified_log::UnifiedLog;
use strata_broker::log::unified_log::types::{LeaderAppend, ReadRequest};
use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::control_record::TransactionMarker;
use strata_compat::ids::{
    LeaderEpoch, Offset, PartitionId, ProducerEpoch, ProducerId, Timestamp, TopicId, TopicIdPartition, Uuid,
};
use strata_compat::records::{BatchBuilder, ProducerStamp, RecordRef};

use crate::harm::Chance;
use crate::told;
use crate::tree::{Damaged, Tree, damage, read_tree, write_tree};
use crate::truth::{NOW, Truth, timestamp_of};
use crate::{Judged, Outcome, World};

/// Topic, number of its id, partition.
const PARTITIONS: [(&str, u128, i32); 3] = [("a", 71, 0), ("a", 71, 1), ("b", 72, 0)];
const ABORTING_PRODUCER: ProducerId = ProducerId(900);
const LOG_START: Offset = Offset(20);
const DURABLE_WAIT: Duration = Duration::from_secs(60);

const KINDS: [&str; 15] = [
    "log",
    "index",
    "timeindex",
    "txnindex",
    "seal",
    "snapshot",
    "window",
    "leader-epochs",
    "strata-leader-epochs",
    "partition-metadata",
    "recovery-point",
    "log-start",
    "strata-log-start",
    "high-watermark",
    "journal",
];
/// What is made anew, from the log or from what else knows it: such damage must not cost a partition.
const DERIVED: [&str; 11] = [
    "index",
    "timeindex",
    "txnindex",
    "seal",
    "snapshot",
    "window",
    "leader-epochs",
    "strata-leader-epochs",
    "recovery-point",
    "log-start",
    "strata-log-start",
];

fn is_of_kind(kind: &str, path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let in_partition = path.components().count() == 2;
    match kind {
        "log" | "index" | "timeindex" | "txnindex" | "seal" | "snapshot" | "window" => {
            in_partition && path.extension().is_some_and(|extension| extension == kind)
        }
        "leader-epochs" => name == "leader-epoch-checkpoint",
        "strata-leader-epochs" => name == "strata-leader-epoch-checkpoint",
        "partition-metadata" => name == "partition.metadata",
        "recovery-point" => name.contains("recovery-point"),
        "log-start" => name == "log-start-offset-checkpoint",
        "strata-log-start" => name == "strata-log-start-checkpoint",
        "high-watermark" => name == "replication-offset-checkpoint",
        _ => path.starts_with("journal"),
    }
}

fn partition(at: usize) -> TopicIdPartition {
    let (_, id, index) = PARTITIONS[at];
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(id)), partition: PartitionId(index) }
}

fn manager_config(directory: &Path) -> LogManagerConfig {
    LogManagerConfig {
        directories: vec![directory.to_owned()],
        journal: Some(JournalConfig::for_limit(1 << 20)),
        disk_reserve_bytes: 0,
        recovery_threads: 1,
        // Nothing is answered from memory: every read looks at the files.
        tail_bytes: 0,
        tail_log_bytes: 0,
        idle_files_max: 8,
        producer_expiration_ms: 86_400_000,
    }
}

fn log_config() -> LogConfig {
    LogConfig { segment_bytes: 3000, index_interval_bytes: 300, file_delete_delay_ms: 5, ..LogConfig::default() }
}

fn open(directory: &Path) -> Result<(LogManager, OpenReport), LogError> {
    let topic_of = |id: TopicId| PARTITIONS.iter().find(|(_, known, _)| Uuid::from_u128(*known) == id.0).map(|of| of.0);
    let config_of = |topic: &str, id| (topic_of(id) == Some(topic)).then(log_config);
    let (manager, report) = LogManager::open(manager_config(directory), &config_of, NOW)?;
    // As a broker does that knows which topics there are: all of these are hosted here.
    for (id, strayed) in manager.put_strays_away(&|id| topic_of(id.topic_id).map(str::to_owned), NOW) {
        if !matches!(strayed, Strayed::Misnamed(_)) {
            let message = format!("{}: the log of {id} is put away: {strayed:?}", directory.display());
            return Err(LogError::new(LogErrorKind::Internal, message));
        }
    }
    Ok((manager, report))
}

/// The directory in several states, and what was acknowledged in it.
pub(crate) struct Logs {
    truths: Vec<Truth>,
    old: Tree,
    killed: Tree,
    stopped: Tree,
}

impl Logs {
    pub(crate) fn build() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let (manager, _) = open(directory.path())?;
        let mut truths = vec![Truth::default(); PARTITIONS.len()];
        fill(&manager, &mut truths, 0..25)?;
        let second = manager.get(partition(1)).context("the second partition")?;
        second.set_log_start_durably(LOG_START, DURABLE_WAIT)?;
        truths[1].log_start = LOG_START.0;
        settle(&manager)?;
        let old = read_tree(directory.path())?;
        fill(&manager, &mut truths, 25..45)?;
        settle(&manager)?;
        fill(&manager, &mut truths, 45..60)?;
        for journal in manager.journals() {
            journal.wait_durable(journal.last_sequence(), DURABLE_WAIT)?;
        }
        let killed = read_tree(directory.path())?;
        for (at, truth) in truths.iter_mut().enumerate() {
            let log = manager.get(partition(at)).context("a partition")?;
            learn(&log, truth)?;
        }
        ensure!(manager.shut_down(7).is_empty(), "the directory is closed in order");
        drop(manager);
        let logs = Self { truths, old, killed, stopped: read_tree(directory.path())? };
        for tree in [&logs.killed, &logs.stopped] {
            let fresh = tempfile::tempdir()?;
            write_tree(fresh.path(), tree)?;
            let found = logs.look(fresh.path(), "none", &[]).map_err(anyhow::Error::msg)?;
            ensure!(found != Outcome::Detected, "a directory without damage is whole");
        }
        Ok(logs)
    }

    /// Opens the directory and looks at everything. `hit` names the damaged files.
    fn look(&self, directory: &Path, kind: &str, hit: &[PathBuf]) -> Result<Outcome, String> {
        let damage = Damage { directory, hit };
        let (manager, report) = match open(directory) {
            Ok(opened) => opened,
            Err(error) => return whole_directory(kind, &damage, &error.to_string()),
        };
        let mut outcome = Outcome::Harmless;
        for (at, (topic, _, index)) in PARTITIONS.iter().enumerate() {
            let name = directory_name(topic, PartitionId(*index));
            // The journal holds entries of all partitions; each other file is of one or of none.
            let is_hit = hit.iter().any(|path| path.starts_with("journal") || path.starts_with(&name));
            let found = self.look_at(&manager, &report, (at, &damage)).map_err(|wrong| format!("{name}: {wrong}"))?;
            if found == Outcome::Detected && !is_hit {
                return Err(format!("{name} was not damaged and does not serve everything: {:?}", report.offline));
            }
            outcome = outcome.min(found);
        }
        if outcome == Outcome::Detected && DERIVED.contains(&kind) {
            return Err(format!("what can be derived cost a partition: {:?}", report.offline));
        }
        if kind == "high-watermark" {
            outcome = outcome.min(high_watermarks(&manager, &damage)?);
        }
        // Only a clean start of whole files says nothing of a rebuild.
        if manager.shut_down(8).is_empty() { Ok(outcome) } else { Err("the directory does not close".to_owned()) }
    }

    fn look_at(&self, manager: &LogManager, report: &OpenReport, of: (usize, &Damage<'_>)) -> Result<Outcome, String> {
        let (at, damage) = of;
        let (id, truth) = (partition(at), &self.truths[at]);
        let (topic, _, index) = PARTITIONS[at];
        let place = damage.directory.join(directory_name(topic, PartitionId(index)));
        if let Some(reason) = manager.offline_reason(id) {
            return damage.told(&reason);
        }
        if let Some(stray) = manager.logs().iter().find(|log| log.directory() == place && log.partition() != id) {
            return Err(format!(
                "its directory is taken for another topic's, {}, which may delete it",
                stray.partition()
            ));
        }
        // As a broker that hosts the partition does.
        let log = match manager.get_or_create(topic, id, log_config(), NOW) {
            Ok(log) => log,
            Err(error) => return damage.told(&error.to_string()),
        };
        let rebuilt = report.recovered.iter().any(|(partition, _)| *partition == id);
        match read_all(&log, truth, damage)? {
            Outcome::Harmless => {}
            found => return Ok(found),
        }
        check_side_data(&log, truth)?;
        goes_on(&log, truth)?;
        Ok(if rebuilt { Outcome::Rebuilt } else { Outcome::Harmless })
    }
}

impl World for Logs {
    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn run(&self, kind: &'static str, chance: &mut Chance) -> Result<Judged> {
        let tree = if chance.below(2) == 0 { &self.killed } else { &self.stopped };
        let state = if std::ptr::eq(tree, &raw const self.killed) { "killed" } else { "stopped" };
        let damaged = damage(tree, &self.old, |path| is_of_kind(kind, path), chance);
        let Damaged { tree, harm, what, files } = damaged.with_context(|| format!("no file is of kind {kind}"))?;
        let directory = tempfile::tempdir()?;
        write_tree(directory.path(), &tree)?;
        let outcome = self.look(directory.path(), kind, &files);
        Ok(Judged { harm, what: format!("{state}, {what}"), outcome })
    }
}

/// Where it happened, and to which files.
struct Damage<'case> {
    directory: &'case Path,
    hit: &'case [PathBuf],
}

impl Damage<'_> {
    fn told(&self, message: &str) -> Result<Outcome, String> {
        let is_renewed = self.hit.iter().all(|path| is_of_kind("high-watermark", path));
        told::names_file(message, self.directory, self.hit, is_renewed).map(|()| Outcome::Detected)
    }
}

/// A whole directory may be refused for its journal's own state, and for nothing else.
fn whole_directory(kind: &str, damage: &Damage<'_>, error: &str) -> Result<Outcome, String> {
    if kind == "journal" {
        return damage.told(error);
    }
    Err(format!("the whole directory is refused: {error}"))
}

fn high_watermarks(manager: &LogManager, damage: &Damage<'_>) -> Result<Outcome, String> {
    match manager.read_high_watermarks() {
        Ok(_) => Ok(Outcome::Harmless),
        Err(error) => damage.told(&error.to_string()),
    }
}

fn read_all(log: &UnifiedLog, truth: &Truth, damage: &Damage<'_>) -> Result<Outcome, String> {
    let (start, end) = (log.log_start_offset().0, log.log_end_offset().0);
    if start > truth.log_start {
        return Err(format!("the log starts at {start}, above {}: acknowledged records are gone", truth.log_start));
    }
    if start < truth.log_start {
        return Err(format!("the log starts at {start}, below {}: deleted records are back", truth.log_start));
    }
    if end != truth.end() {
        return Err(format!("the log ends at {end} instead of {}", truth.end()));
    }
    let mut next = truth.log_start;
    while next < end {
        let request =
            ReadRequest { offset: Offset(next), bytes_max: 700, upper_bound: Offset(i64::MAX), min_one: true };
        let read = match log.read(&request) {
            Ok(read) => read,
            Err(error) => return damage.told(&error.to_string()),
        };
        let before = next;
        for bytes in &read.batches {
            next = truth.check(next, bytes)?;
        }
        if next == before || read.next_offset.0 != next {
            return Err(format!(
                "a read at {before} says that it goes on at {} and holds up to {next}",
                read.next_offset
            ));
        }
    }
    Ok(Outcome::Harmless)
}

/// What is known of the log besides its batches.
fn check_side_data(log: &UnifiedLog, truth: &Truth) -> Result<(), String> {
    let mut found = Truth::default();
    learn(log, &mut found).map_err(|error| format!("{error:#}"))?;
    if found.producers != truth.producers {
        return Err(format!("the producers are {:?} instead of {:?}", found.producers, truth.producers));
    }
    if found.aborted != truth.aborted {
        return Err(format!("the aborted transactions are {:?} instead of {:?}", found.aborted, truth.aborted));
    }
    if found.epochs != truth.epochs {
        return Err(format!("the leader epochs are {:?} instead of {:?}", found.epochs, truth.epochs));
    }
    for target in (truth.log_start..truth.end()).step_by(3) {
        let answer = log.offset_for_timestamp(Timestamp(timestamp_of(target)), Offset(i64::MAX));
        let answer = answer.map_err(|error| format!("the time of offset {target}: {error}"))?;
        if answer.map(|answer| answer.offset.0) != Some(target) {
            return Err(format!("the first record at or after the time of offset {target} is said to be {answer:?}"));
        }
    }
    Ok(())
}

fn learn(log: &UnifiedLog, truth: &mut Truth) -> Result<()> {
    truth.epochs = log.leader_epochs();
    let last = |entry: &strata_broker_core::producer_state::ProducerEntry| {
        (entry.producer_id, entry.epoch, entry.batches.last().map_or(-1, |batch| batch.last_sequence))
    };
    truth.producers = log.producers().iter().map(last).collect();
    truth.producers.sort_unstable_by_key(|(id, _, _)| *id);
    let aborted = log.aborted_transactions(log.log_start_offset(), log.log_end_offset())?;
    truth.aborted = aborted.iter().map(|one| (one.producer_id.0, one.first_offset.0, one.last_offset.0)).collect();
    Ok(())
}

/// The log takes another batch and answers it.
fn goes_on(log: &std::sync::Arc<UnifiedLog>, truth: &Truth) -> Result<(), String> {
    let work = || -> Result<()> {
        let end = truth.end();
        append(log, batch(end, 1, ProducerStamp::NONE, false)?, (9, AppendOrigin::Client))?;
        let request =
            ReadRequest { offset: Offset(end), bytes_max: 1 << 20, upper_bound: Offset(i64::MAX), min_one: true };
        ensure!(log.read(&request)?.next_offset == Offset(end + 1), "the batch is not answered");
        Ok(())
    };
    work().map_err(|error| format!("another batch: {error:#}"))
}

fn settle(manager: &LogManager) -> Result<()> {
    for journal in manager.journals() {
        journal.wait_durable(journal.last_sequence(), DURABLE_WAIT)?;
    }
    let errors = manager.flush_all();
    ensure!(errors.is_empty(), "{errors:?}");
    let high_watermark = |id| manager.get(id).map(|log| log.log_end_offset());
    Ok(manager.write_high_watermarks(&high_watermark)?)
}

fn fill(manager: &LogManager, truths: &mut [Truth], steps: std::ops::Range<i32>) -> Result<()> {
    for step in steps {
        for (at, (topic, _, _)) in PARTITIONS.iter().enumerate() {
            let log = manager.get_or_create(topic, partition(at), log_config(), NOW)?;
            let base = log.log_end_offset().0;
            let epoch = step / 20;
            let (bytes, origin) = content(step, base, LeaderEpoch(epoch))?;
            append(&log, bytes, (epoch, origin))?;
            let end = log.log_end_offset().0;
            let request =
                ReadRequest { offset: Offset(base), bytes_max: 1 << 20, upper_bound: Offset(i64::MAX), min_one: true };
            let read = log.read(&request)?;
            truths[at].batches.push((base, end, Bytes::from(read.batches.concat())));
        }
    }
    Ok(())
}

/// Plain batches of three producers; in every tenth step a transaction begins, and in the next it is aborted.
fn content(step: i32, base: i64, epoch: LeaderEpoch) -> Result<(Bytes, AppendOrigin)> {
    let round = step / 10;
    match step % 10 {
        7 => {
            let stamp = ProducerStamp { id: ABORTING_PRODUCER, epoch: ProducerEpoch(0), base_sequence: round * 2 };
            Ok((batch(base, 2, stamp, true)?, AppendOrigin::Client))
        }
        8 => {
            let marker = TransactionMarker { committed: false, coordinator_epoch: 1 };
            let producer = (ABORTING_PRODUCER, ProducerEpoch(0));
            let bytes = marker.batch(Offset(base), epoch, producer, Timestamp(timestamp_of(base)))?;
            Ok((bytes, AppendOrigin::Coordinator))
        }
        _ => {
            let id = i64::from(step % 3);
            // Sequences count by two for each step of the same producer; steps of transactions leave no gap in them.
            let before = (0..step).filter(|one| one % 3 == step % 3 && !matches!(one % 10, 7 | 8)).count();
            let stamp = ProducerStamp {
                id: ProducerId(100 + id),
                epoch: ProducerEpoch(0),
                base_sequence: i32::try_from(before * 2)?,
            };
            Ok((batch(base, 2, stamp, false)?, AppendOrigin::Client))
        }
    }
}

fn batch(base: i64, records: i64, producer: ProducerStamp, transactional: bool) -> Result<Bytes> {
    let mut builder = BatchBuilder::new(Offset(0)).producer(producer).transactional(transactional);
    for index in 0..records {
        let value = format!("{:0>100}", (base + index) * 7919);
        let key = format!("key-{}", base + index);
        builder.push(RecordRef {
            offset: Offset(index),
            timestamp: Timestamp(timestamp_of(base + index)),
            key: Some(key.as_bytes()),
            value: Some(value.as_bytes()),
            headers: &[],
        })?;
    }
    Ok(builder.finish()?)
}

fn append(log: &std::sync::Arc<UnifiedLog>, bytes: Bytes, (epoch, origin): (i32, AppendOrigin)) -> Result<()> {
    let append = LeaderAppend { leader_epoch: LeaderEpoch(epoch), origin, now: NOW };
    let room = log.take_room(bytes.len(), DURABLE_WAIT)?;
    log.append_as_leader(bytes, append, &room)?;
    Ok(())
}
