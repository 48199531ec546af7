//! Small files of a log directory: producer snapshots, producer windows, checkpoints.
//!
//! Owns: whole files as seeds, and what must hold of any bytes in their place.

use std::fs;

use anyhow::Result;
use bytes::Bytes;
use strata_broker::log::checkpoint::{
    LEADER_EPOCH_FILE, LOG_START_FILE, STRATA_RECOVERY_FILE, leader_epochs_text, read_leader_epochs, read_offsets,
    read_partition_metadata, read_recovery_points, write_leader_epochs, write_offsets, write_recovery_points,
};
use strata_broker::log::log_dir::LogDir;
use strata_broker::log::producer_snapshot::{decode_snapshot, encode_snapshot};
use strata_broker::log::producer_window;
use strata_broker_core::producer_state::{BatchMetadata, ProducerEntry};
use strata_compat::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};

use super::{Target, UNBOUNDED};
use crate::memory;
use crate::repair::Repair;

/// A producer takes more memory than bytes: its last batches are kept in place.
const PER_BYTE: usize = 24;
const MIN_BYTES: usize = 64 * 1024;

fn producer(id: i64, batches: i32) -> ProducerEntry {
    let mut entry = ProducerEntry::new(ProducerId(id));
    entry.epoch = ProducerEpoch(3);
    entry.last_timestamp = Timestamp(1_700_000_000_000);
    entry.coordinator_epoch = 5;
    entry.current_transaction_first_offset = (batches % 2 == 1).then_some(Offset(17));
    for number in 0..batches {
        entry.batches.push(BatchMetadata {
            last_sequence: number * 4 + 3,
            last_offset: Offset(i64::from(number) * 9 + 100),
            offset_delta: 3,
            timestamp: Timestamp(1_700_000_000_000),
        });
    }
    entry
}

fn producers(count: i64) -> Vec<ProducerEntry> {
    (0..count).map(|id| producer(id, i32::try_from(id % 6).unwrap_or(0))).collect()
}

fn run_snapshot(input: &Bytes) -> Result<String, String> {
    let entries = match memory::bounded(input.len() * PER_BYTE + MIN_BYTES, || decode_snapshot(input))? {
        Ok(entries) => entries,
        Err(error) => return Ok(error.to_string()),
    };
    let encoded = encode_snapshot(entries.iter());
    let again = decode_snapshot(&encoded).map_err(|error| format!("what we wrote is refused: {error}"))?;
    if again == entries { Ok("decoded".to_owned()) } else { Err("other producers come back".to_owned()) }
}

/// See the module.
pub(super) fn producer_snapshot() -> Result<Target> {
    let seeds = [0, 1, 5, 60].map(|count| encode_snapshot(producers(count).iter()).to_vec()).to_vec();
    Ok(Target {
        name: "producer-snapshot",
        run: Box::new(run_snapshot),
        seeds,
        repair: |_| Repair::Head { at: 2, big: true },
        executions_max: UNBOUNDED,
    })
}

fn run_window(input: &Bytes) -> Result<String, String> {
    let decoded = memory::bounded(input.len() * PER_BYTE + MIN_BYTES, || producer_window::decode(input))?;
    let (end, entries) = match decoded {
        Ok(decoded) => decoded,
        Err(error) => return Ok(error.to_string()),
    };
    let encoded = producer_window::encode(end, &entries);
    let again = producer_window::decode(&encoded).map_err(|error| format!("what we wrote is refused: {error}"))?;
    if again == (end, entries) { Ok("decoded".to_owned()) } else { Err("another window comes back".to_owned()) }
}

/// See the module.
pub(super) fn producer_window() -> Result<Target> {
    let seeds = [0, 1, 6, 60].map(|count| producer_window::encode(Offset(count * 10), &producers(count))).to_vec();
    Ok(Target {
        name: "producer-window",
        run: Box::new(run_window),
        seeds,
        repair: |_| Repair::Tail { big: true },
        executions_max: UNBOUNDED,
    })
}

/// A checkpoint of one of four kinds: the kind, then the file.
pub(super) fn checkpoint() -> Result<Target> {
    let folder = tempfile::tempdir()?;
    let log_dir = LogDir::open(folder.path(), 0)?;
    let offsets = folder.path().join(LOG_START_FILE);
    let points = folder.path().join(STRATA_RECOVERY_FILE);
    let epochs = leader_epochs_text(&[(LeaderEpoch(0), Offset(0)), (LeaderEpoch(7), Offset(1234))]);
    let seeds = vec![
        b"00\n2\nflights 0 17\n__consumer_offsets 49 0\n".to_vec(),
        b"10\n1\nflights 0 17 4 9\n".to_vec(),
        [b"2", epochs.as_bytes()].concat(),
        b"3version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n".to_vec(),
    ];
    let run = move |input: &Bytes| {
        let Some((kind, content)) = input.split_first() else {
            return Ok("no kind".to_owned());
        };
        let bound = input.len() * PER_BYTE + MIN_BYTES;
        let path = match kind % 4 {
            0 => offsets.clone(),
            1 => points.clone(),
            2 => folder.path().join(LEADER_EPOCH_FILE),
            _ => folder.path().join(strata_broker::log::checkpoint::PARTITION_METADATA_FILE),
        };
        fs::write(&path, content).map_err(|error| error.to_string())?;
        let text = |error: strata_broker::log::error::LogError| error.to_string();
        let outcome = match kind % 4 {
            0 => memory::bounded(bound, || read_offsets(&log_dir, &offsets))?.and_then(|read| {
                write_offsets(&log_dir, &offsets, &read)?;
                Ok(read_offsets(&log_dir, &offsets)? == read)
            }),
            1 => memory::bounded(bound, || read_recovery_points(&log_dir, &points))?.and_then(|read| {
                write_recovery_points(&log_dir, &points, &read)?;
                Ok(read_recovery_points(&log_dir, &points)? == read)
            }),
            2 => memory::bounded(bound, || read_leader_epochs(&log_dir, folder.path()))?.and_then(|read| {
                write_leader_epochs(&log_dir, folder.path(), &read)?;
                Ok(read_leader_epochs(&log_dir, folder.path())? == read)
            }),
            _ => memory::bounded(bound, || read_partition_metadata(&log_dir, folder.path()))?.map(|_| true),
        };
        match outcome.map_err(text) {
            Ok(true) => Ok(format!("read {}", char::from(b'a' + kind % 4))),
            Ok(false) => Err("another checkpoint comes back".to_owned()),
            Err(error) if log_dir.offline().is_some() => Err(format!("the directory is offline: {error}")),
            Err(error) => Ok(error),
        }
    };
    Ok(Target { name: "checkpoint", run: Box::new(run), seeds, repair: |_| Repair::None, executions_max: 4_000 })
}
