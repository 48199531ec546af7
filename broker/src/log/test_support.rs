//! Logs and batches for the tests of this module.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use strata_broker_core::producer_state::AppendOrigin;
use strata_compat::ids::{
    LeaderEpoch, Offset, PartitionId, ProducerEpoch, ProducerId, Timestamp, TopicId, TopicIdPartition, Uuid,
};
use strata_compat::records::{BatchBuilder, ProducerStamp, RecordRef};

use super::error::LogError;
use super::journal::{Journal, JournalConfig, JournalSequence};
use super::log_config::LogConfig;
use super::log_dir::LogDir;
use super::log_dir::faulty::FaultyIo;
use super::log_loader::{LoadReport, LoadRequest, load_log};
use super::types::{AppendInfo, LeaderAppend, ReadRequest};
use super::unified_log::{LogContext, LogIdentity, TailBudget, UnifiedLog};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

pub(crate) fn context(directory: &Path, tail_bytes: u64) -> LogContext {
    let log_dir = LogDir::open(directory, 0).unwrap();
    LogContext::new(log_dir, None, Arc::new(TailBudget::new(tail_bytes, tail_bytes)), 16)
}

/// With a journal, on files that may fail.
pub(crate) fn journaled_context(directory: &Path, io: &FaultyIo) -> LogContext {
    let log_dir = LogDir::open_with(directory, 0, Arc::new(io.clone())).unwrap();
    let recovery = Journal::recover(&log_dir, JournalConfig::for_limit(1 << 20), BTreeMap::new()).unwrap();
    let journal = Arc::new(recovery.start().unwrap());
    LogContext::new(log_dir, Some(journal), Arc::new(TailBudget::new(0, 0)), 16)
}

pub(crate) fn request(context: &LogContext, config: &LogConfig) -> LoadRequest {
    let directory = context.log_dir.path().join("topic-0");
    std::fs::create_dir_all(&directory).unwrap();
    LoadRequest {
        identity: LogIdentity {
            topic: "topic".to_owned(),
            partition: TopicIdPartition { topic_id: TopicId(Uuid::from_u128(1)), partition: PartitionId(0) },
            directory,
        },
        config: Arc::new(config.clone()),
        clean: true,
        was_cleaned: false,
        recovery_point: None,
        log_start: None,
        known_start: None,
        journal_end: None,
        cut_to: None,
        local_start: None,
        touched: BTreeSet::new(),
        last_sequence: JournalSequence::ZERO,
        now: NOW,
    }
}

pub(crate) fn open(context: &LogContext, config: &LogConfig) -> (Arc<UnifiedLog>, LoadReport) {
    load_log(&request(context, config), context).unwrap()
}

/// A batch of records with this key and value, a millisecond after each other from `timestamp` on.
pub(crate) fn batch(records: &[(&str, Option<&str>)], timestamp: i64, producer: ProducerStamp) -> Bytes {
    let mut builder = BatchBuilder::new(Offset(0)).producer(producer);
    for ((key, value), index) in records.iter().zip(0_i64..) {
        builder
            .push(RecordRef {
                offset: Offset(index),
                timestamp: Timestamp(timestamp + index),
                key: Some(key.as_bytes()),
                value: value.map(str::as_bytes),
                headers: &[],
            })
            .unwrap();
    }
    builder.finish().unwrap()
}

pub(crate) fn stamp(id: i64, sequence: i32) -> ProducerStamp {
    ProducerStamp { id: ProducerId(id), epoch: ProducerEpoch(0), base_sequence: sequence }
}

pub(crate) fn append(log: &Arc<UnifiedLog>, batch: Bytes, epoch: i32) -> Result<AppendInfo, LogError> {
    let append = LeaderAppend { leader_epoch: LeaderEpoch(epoch), origin: AppendOrigin::Client, now: NOW };
    let room = log.take_room(batch.len(), Duration::from_secs(20))?;
    log.append_as_leader(batch, append, &room)
}

pub(crate) fn append_fetched(log: &Arc<UnifiedLog>, fetched: &Bytes) -> Result<AppendInfo, LogError> {
    let room = log.take_room(fetched.len(), Duration::from_secs(20))?;
    log.append_as_follower(fetched, NOW, &room)
}

/// Appends `count` batches of two records each, of about 300 bytes.
pub(crate) fn fill(log: &Arc<UnifiedLog>, count: i64, epoch: i32) {
    let value = "v".repeat(100);
    for index in 0..count {
        let key = format!("key-{index}");
        let records = [(key.as_str(), Some(value.as_str())), ("same", Some(value.as_str()))];
        append(log, batch(&records, NOW.0 + index * 10, ProducerStamp::NONE), epoch).unwrap();
    }
}

pub(crate) fn everything(log: &UnifiedLog) -> Vec<u8> {
    let mut all = Vec::new();
    let mut offset = log.local_start_offset();
    while offset < log.log_end_offset() {
        let request = ReadRequest { offset, bytes_max: 1000, upper_bound: Offset(i64::MAX), min_one: true };
        let read = log.read(&request).unwrap();
        assert!(read.next_offset > offset, "reading at {offset} goes on");
        all.extend(read.batches.concat());
        offset = read.next_offset;
    }
    all
}
