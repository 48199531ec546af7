//! What remains of one batch.
//!
//! Owns: the rules of Kafka for records, tombstones and empty batches. Does not own: reading and writing segments.
//!
//! Transaction markers are kept for good; records of aborted transactions go.

use std::collections::BTreeMap;

use bytes::Bytes;
use strata_compat::compression::DecompressLimits;
use strata_compat::ids::{Offset, ProducerId, Timestamp};
use strata_compat::record_batch::{BatchHeader, TimestampType};
use strata_compat::record_error::RecordError;
use strata_compat::records::{self, BatchBuilder, ProducerStamp, Record, RecordRef};

use super::OffsetMap;
use crate::log::error::LogError;
use crate::log::types::AbortedTransaction;

/// What the records of one batch may grow to when they are decompressed.
const BATCH_BYTES_MAX: usize = 256 << 20;

/// What the filter goes by.
#[derive(Debug)]
pub(super) struct Filter<'round> {
    pub(super) map: &'round OffsetMap,
    pub(super) aborted: &'round [AbortedTransaction],
    /// Offset of the last record of each live producer.
    pub(super) last_of_producer: &'round BTreeMap<ProducerId, Offset>,
    /// The last batch of the round ends here; it stays.
    pub(super) round_end: Offset,
    pub(super) delete_retention_ms: i64,
    pub(super) now: Timestamp,
}

/// Whether the batch is of a transaction that was aborted.
pub(super) fn is_aborted(header: &BatchHeader, aborted: &[AbortedTransaction]) -> bool {
    header.is_transactional()
        && !header.is_control()
        && aborted.iter().any(|transaction| {
            transaction.producer_id == header.producer_id
                && (transaction.first_offset..=transaction.last_offset).contains(&header.base_offset)
        })
}

pub(super) fn damaged(header: &BatchHeader, error: &RecordError) -> LogError {
    LogError::corrupt_segment(format!("the batch at offset {} cannot be cleaned: {error}", header.base_offset))
}

impl Filter<'_> {
    /// What remains of the batch: itself, a smaller one, or nothing.
    pub(super) fn apply(&self, header: &BatchHeader, batch: &Bytes) -> Result<Option<Bytes>, LogError> {
        if header.is_control() {
            return Ok(Some(batch.clone()));
        }
        let mut kept: Vec<Record> = Vec::new();
        let mut horizon_due = false;
        let mut dropped = false;
        let all_aborted = is_aborted(header, self.aborted);
        let limits = DecompressLimits::new(BATCH_BYTES_MAX);
        for record in records::iterate(batch, limits).map_err(|error| damaged(header, &error))? {
            let record = record.map_err(|error| damaged(header, &error))?;
            if all_aborted || !self.keeps(header, &record) {
                dropped = true;
                continue;
            }
            horizon_due |=
                record.value.is_none() && header.delete_horizon().is_none() && record.offset < self.map.end();
            kept.push(record);
        }
        if !dropped && !horizon_due {
            // An empty batch that nothing holds any longer goes.
            let stays = header.record_count > 0 || self.must_stay(header);
            return Ok(stays.then(|| batch.clone()));
        }
        if kept.is_empty() && !self.must_stay(header) {
            return Ok(None);
        }
        self.rebuild(header, &kept, horizon_due).map(Some)
    }

    fn keeps(&self, header: &BatchHeader, record: &Record) -> bool {
        if record.offset >= self.map.end() {
            return true;
        }
        let Some(key) = &record.key else { return false };
        let tombstone_over =
            record.value.is_none() && header.delete_horizon().is_some_and(|horizon| self.now >= horizon);
        self.map.is_newest(key, record.offset) && !tombstone_over
    }

    fn must_stay(&self, header: &BatchHeader) -> bool {
        header.end_offset() == self.round_end
            || header.has_producer_id() && self.last_of_producer.get(&header.producer_id) == Some(&header.last_offset())
    }

    fn rebuild(&self, header: &BatchHeader, kept: &[Record], horizon_due: bool) -> Result<Bytes, LogError> {
        let build = || -> Result<Bytes, RecordError> {
            let mut builder = BatchBuilder::new(header.base_offset)
                .compression(header.compression()?, None)
                .leader_epoch(header.leader_epoch)
                .producer(ProducerStamp {
                    id: header.producer_id,
                    epoch: header.producer_epoch,
                    base_sequence: header.base_sequence,
                })
                .transactional(header.is_transactional())
                .ends_at(header.last_offset());
            if header.timestamp_type() == TimestampType::LogAppendTime {
                builder = builder.append_time(header.max_timestamp);
            }
            let set = horizon_due.then(|| self.now.plus_ms(self.delete_retention_ms));
            if let Some(horizon) = header.delete_horizon().or(set) {
                builder = builder.delete_horizon(horizon);
            }
            for record in kept {
                builder.push(RecordRef {
                    offset: record.offset,
                    timestamp: record.timestamp,
                    key: record.key.as_deref(),
                    value: record.value.as_deref(),
                    headers: &record.headers,
                })?;
            }
            builder.finish()
        };
        build().map_err(|error| damaged(header, &error))
    }
}
