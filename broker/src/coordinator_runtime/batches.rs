//! Records of a coordinator, as batches of its log and back.
//!
//! Owns: cutting records into batches that the log takes, and reading a log from its start. Does not own: what records say.

use std::ops::Range;

use bytes::Bytes;
use strata_broker_core::coordinator::{CoordinatorRecord, CoordinatorShard};
use strata_compat::compression::DecompressLimits;
use strata_compat::ids::{Offset, Timestamp};
use strata_compat::record_batch::{self, HEADER_BYTES, split_batches};
use strata_compat::record_error::RecordError;
use strata_compat::records::{self, BatchBuilder, RecordRef};

use super::shard_log::ShardLog;
use crate::log::unified_log::types::ReadRequest;
use crate::partition::error::PartitionError;

/// Bytes of one read while a shard is loaded.
const LOAD_BYTES: usize = 1 << 20;
/// What one batch may grow to; batches of a broker are not compressed, those of another implementation may be.
const DECOMPRESSED_BYTES_MAX: usize = 256 << 20;
/// Lengths, deltas and attributes of a record, at most.
const RECORD_OVERHEAD_BYTES: usize = 32;

/// Consecutive records in one batch.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) records: Range<usize>,
    pub(super) batch: Bytes,
}

/// Why records cannot be cut into batches.
#[derive(Debug, thiserror::Error)]
pub(super) enum CutError {
    /// One of them is larger than any batch may be.
    #[error("a record of {bytes} bytes does not fit a batch of {bytes_max}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest batch.
        bytes_max: usize,
    },
    /// They have no form.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Cuts records into batches of at most `bytes_max`. Nothing is cut if any record is too large.
pub(super) fn cut(records: &[CoordinatorRecord], bytes_max: usize, now: Timestamp) -> Result<Vec<Piece>, CutError> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut bytes = HEADER_BYTES;
    for (index, record) in records.iter().enumerate() {
        let size = size_of(record);
        if HEADER_BYTES + size > bytes_max {
            return Err(CutError::TooLarge { bytes: size, bytes_max });
        }
        if bytes + size > bytes_max {
            pieces.push(piece(records, start..index, now)?);
            start = index;
            bytes = HEADER_BYTES;
        }
        bytes += size;
    }
    if start < records.len() {
        pieces.push(piece(records, start..records.len(), now)?);
    }
    Ok(pieces)
}

fn size_of(record: &CoordinatorRecord) -> usize {
    RECORD_OVERHEAD_BYTES + record.key.len() + record.value.as_ref().map_or(0, Bytes::len)
}

fn piece(records: &[CoordinatorRecord], range: Range<usize>, now: Timestamp) -> Result<Piece, RecordError> {
    let mut builder = BatchBuilder::new(Offset(0));
    for (record, offset) in records.get(range.clone()).unwrap_or_default().iter().zip(0_i64..) {
        builder.push(RecordRef {
            offset: Offset(offset),
            timestamp: now,
            key: Some(&record.key),
            value: record.value.as_deref(),
            headers: &[],
        })?;
    }
    Ok(Piece { records: range, batch: builder.finish()? })
}

/// Why a log cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// It cannot be read.
    #[error(transparent)]
    Partition(#[from] PartitionError),
    /// A batch is damaged.
    #[error("the batch at offset {offset}: {error}")]
    Damaged {
        /// Its base offset.
        offset: Offset,
        /// What is wrong.
        error: RecordError,
    },
    /// The log has no batch where one must be.
    #[error("nothing can be read at offset {0}")]
    Stuck(Offset),
    /// The leadership is gone meanwhile.
    #[error("the leadership is gone")]
    Lost,
    /// The blocking task ended without a result.
    #[error("the load did not finish: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// What a load read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LoadReport {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) unreadable: u64,
}

/// Replays a log from its start up to `end`, in bounded pieces.
pub(super) fn replay_log(
    log: &dyn ShardLog,
    end: Offset,
    shard: &mut CoordinatorShard,
    is_wanted: impl Fn() -> bool,
) -> Result<LoadReport, LoadError> {
    let mut report = LoadReport::default();
    let mut next = log.range().0;
    while next < end {
        if !is_wanted() {
            return Err(LoadError::Lost);
        }
        let read = log.read(&ReadRequest { offset: next, bytes_max: LOAD_BYTES, upper_bound: end, min_one: true })?;
        if read.next_offset <= next {
            return Err(LoadError::Stuck(next));
        }
        for run in &read.batches {
            replay_batches(run, next, shard, &mut report)?;
        }
        report.bytes += read.bytes as u64;
        next = read.next_offset;
    }
    Ok(report)
}

fn replay_batches(
    run: &Bytes,
    from: Offset,
    shard: &mut CoordinatorShard,
    report: &mut LoadReport,
) -> Result<(), LoadError> {
    for batch in split_batches(run) {
        let (header, batch) = batch.map_err(|error| LoadError::Damaged { offset: from, error })?;
        let damaged = |error| LoadError::Damaged { offset: header.base_offset, error };
        record_batch::verify_crc(&batch).map_err(damaged)?;
        if header.is_control() {
            continue;
        }
        for record in records::iterate(&batch, DecompressLimits::new(DECOMPRESSED_BYTES_MAX)).map_err(damaged)? {
            let record = record.map_err(damaged)?;
            if record.offset < from {
                continue;
            }
            report.records += 1;
            let Some(key) = record.key else {
                report.unreadable += 1;
                continue;
            };
            if let Err(error) = shard.replay(&CoordinatorRecord { key, value: record.value }) {
                report.unreadable += 1;
                tracing::warn!(offset = %record.offset, %error, "a record of the group coordinator is passed over");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key_bytes: usize, value_bytes: usize) -> CoordinatorRecord {
        CoordinatorRecord { key: Bytes::from(vec![1; key_bytes]), value: Some(Bytes::from(vec![2; value_bytes])) }
    }

    #[test]
    fn records_are_cut_where_a_batch_is_full() {
        // Sizes of the values, and (begin, end) of each piece.
        type Case = (&'static [usize], usize, &'static [(usize, usize)]);
        let cases: [Case; 4] = [
            (&[], 1_000, &[]),
            (&[100, 100], 1_000, &[(0, 2)]),
            (&[400, 400, 400, 10], 1_000, &[(0, 2), (2, 4)]),
            (&[800, 800, 800], 1_000, &[(0, 1), (1, 2), (2, 3)]),
        ];
        for (values, bytes_max, expected) in cases {
            let records: Vec<_> = values.iter().map(|bytes| record(4, *bytes)).collect();
            let pieces = cut(&records, bytes_max, Timestamp(5)).unwrap();
            let ranges: Vec<_> = pieces.iter().map(|piece| (piece.records.start, piece.records.end)).collect();
            assert_eq!(ranges, expected, "{values:?}");
            for piece in pieces {
                assert!(piece.batch.len() <= bytes_max);
                let read = records::iterate(&piece.batch, DecompressLimits::new(1 << 20)).unwrap();
                assert_eq!(read.count(), piece.records.len());
            }
        }
    }

    #[test]
    fn one_record_too_large_cuts_nothing() {
        let records = [record(4, 10), record(4, 2_000)];
        assert!(matches!(cut(&records, 1_000, Timestamp(5)), Err(CutError::TooLarge { .. })));
    }
}
