//! What a leader checks before it appends a client's records, and what everybody else checks.
//!
//! Owns: the rules for one partition's part of a Produce request, and the changes that a leader makes before offsets
//! are known (largest timestamp, timestamp type, codec). Does not own sequences (`strata-broker-core`), offsets (the
//! log assigns them), nor Kafka's error codes: a [`ValidationError`] has a reason from which a handler chooses.
//!
//! Invariants: what passed is exactly one whole batch of format 2 with a right CRC, whose records are as many and as
//! dense as its header says, and whose largest timestamp is that of its records. Nothing is allocated for each record
//! of a batch that keeps its codec. A compressed body is never decompressed beyond the cap.
//!
//! As in Kafka, a header that lies about its largest timestamp is no error: the true one is written in its place and
//! the CRC renewed, so that time indexes and retention never go by a producer's claim. Records that do not lie densely
//! from offset 0 are numbered anew in a batch written anew, also where they were not compressed.

use bytes::{Bytes, BytesMut};
use strata_compat::compression::{Compression, DecompressLimits};
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp};
use strata_compat::record_batch::{
    BatchHeader, TimestampType, assign_offset_and_epoch, set_max_timestamp, split_batches, verify_crc,
};
use strata_compat::record_error::{RecordError, RecordErrorKind};
use strata_compat::records::{RecordSummary, reencode, walk};

use crate::log::error::{LogError, LogErrorKind, LogErrorReason};
use crate::log::log_config::{LogConfig, TargetCompression, TimestampSource};

/// Record errors that are told to a client by index; a batch may have more.
pub const RECORD_ERRORS_MAX: usize = 1000;

/// The first version of Produce that may carry zstd.
pub const ZSTD_PRODUCE_VERSION: i16 = 7;

/// The rules of a partition at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValidationRules {
    /// The largest batch.
    pub max_message_bytes: usize,
    /// The largest segment, and so the most that one append may hold.
    pub segment_bytes: usize,
    /// Whether every record needs a key.
    pub compacted: bool,
    /// Whose clock the timestamps come from.
    pub timestamp_type: TimestampType,
    /// How far a timestamp may lie before `now`.
    pub timestamp_before_max_ms: i64,
    /// How far a timestamp may lie after `now`.
    pub timestamp_after_max_ms: i64,
    /// The codec that the topic asks for, with its level; none where the producer's is kept.
    pub compression: Option<(Compression, Option<i32>)>,
    /// How much may come out of a compressed batch.
    pub decompress: DecompressLimits,
    /// The leader's clock.
    pub now: Timestamp,
}

impl ValidationRules {
    /// The rules of a log with these options.
    #[must_use]
    pub fn new(config: &LogConfig, decompress: DecompressLimits, now: Timestamp) -> Self {
        Self {
            max_message_bytes: usize::try_from(config.max_message_bytes).unwrap_or(usize::MAX),
            segment_bytes: usize::try_from(config.segment_bytes).unwrap_or(usize::MAX),
            compacted: config.cleanup_policy.compact,
            timestamp_type: match config.timestamp_source {
                TimestampSource::CreateTime => TimestampType::CreateTime,
                TimestampSource::LogAppendTime => TimestampType::LogAppendTime,
            },
            timestamp_before_max_ms: config.timestamp_before_max_ms,
            timestamp_after_max_ms: config.timestamp_after_max_ms,
            compression: match config.compression {
                TargetCompression::Producer => None,
                TargetCompression::Uncompressed => Some((Compression::None, None)),
                TargetCompression::Gzip(level) => Some((Compression::Gzip, Some(level))),
                TargetCompression::Snappy => Some((Compression::Snappy, None)),
                TargetCompression::Lz4(level) => Some((Compression::Lz4, Some(level))),
                TargetCompression::Zstd(level) => Some((Compression::Zstd, Some(level))),
            },
            decompress,
            now,
        }
    }
}

/// A batch that may be appended once it has an offset.
#[derive(Debug)]
pub struct ValidatedBatch {
    /// Its header; base offset 0 and the client's leader epoch still.
    pub header: BatchHeader,
    /// The whole batch, ours alone.
    pub bytes: BytesMut,
    /// The largest timestamp of its records, as the header now says.
    pub max_timestamp: Timestamp,
    /// Which record has it: the first that does, or the last record of a batch whose time the broker set.
    pub offset_delta_of_max_timestamp: i32,
    /// The time of append, where the topic's timestamps are that.
    pub append_time: Option<Timestamp>,
    /// Its records.
    pub record_count: i32,
}

impl ValidatedBatch {
    /// Gives the batch its place in the log; answers its final header and bytes.
    #[must_use]
    pub fn assign(mut self, base_offset: Offset, leader_epoch: LeaderEpoch) -> (BatchHeader, Bytes) {
        assign_offset_and_epoch(&mut self.bytes, base_offset, leader_epoch);
        let header = BatchHeader { base_offset, leader_epoch, ..self.header };
        (header, self.bytes.freeze())
    }
}

/// Why a client's records are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValidationError {
    /// From which the error code is chosen.
    pub reason: LogErrorReason,
    /// For the client's logs: what was wrong and what is right.
    pub message: String,
    /// Place in the batch and message of each bad record, at most [`RECORD_ERRORS_MAX`]; empty if the batch itself is
    /// bad.
    pub record_errors: Vec<(i32, String)>,
}

impl ValidationError {
    fn new(reason: LogErrorReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), record_errors: Vec::new() }
    }
}

impl From<RecordError> for ValidationError {
    fn from(error: RecordError) -> Self {
        let reason = match error.kind() {
            RecordErrorKind::BadCrc | RecordErrorKind::Decompress => LogErrorReason::CorruptBatch,
            RecordErrorKind::UnknownCodec => LogErrorReason::UnsupportedCompression,
            RecordErrorKind::OutputTooLarge | RecordErrorKind::TooLarge => LogErrorReason::MessageTooLarge,
            RecordErrorKind::TooShort
            | RecordErrorKind::BadMagic
            | RecordErrorKind::BadLength
            | RecordErrorKind::BadCount
            | RecordErrorKind::BadOffset
            | RecordErrorKind::BadVarint
            | RecordErrorKind::BadControlRecord => LogErrorReason::InvalidRecord,
        };
        Self::new(reason, error.to_string())
    }
}

impl From<ValidationError> for LogError {
    fn from(error: ValidationError) -> Self {
        Self::invalid(error.reason, error.message)
    }
}

/// Checks what a client sent for one partition and makes it ready to be appended.
///
/// # Errors
/// If any rule is broken; then nothing of it may be appended.
pub fn validate_client_records(records: Bytes, rules: &ValidationRules) -> Result<ValidatedBatch, ValidationError> {
    let header = only_batch(&records)?;
    check_header(&header, rules)?;
    verify_crc(&records)?;
    let codec = header.compression()?;
    let mut walker = Walker::new(rules, header.timestamp_type());
    walk(&records, rules.decompress, |summary| {
        walker.visit(summary);
        Ok(())
    })?;
    walker.refuse_bad_records()?;

    let (target, level) = rules.compression.unwrap_or((codec, None));
    let rewrite = target != codec || !walker.dense;
    let mut bytes =
        if rewrite { reencode(&records, target, level, rules.decompress)? } else { BytesMut::from(records) };
    let (max_timestamp, offset_delta_of_max_timestamp) = match rules.timestamp_type {
        TimestampType::CreateTime => (walker.max_timestamp, walker.index_of_max_timestamp),
        TimestampType::LogAppendTime => (rules.now, header.last_offset_delta),
    };
    set_max_timestamp(&mut bytes, rules.timestamp_type, max_timestamp);
    if rewrite {
        check_size(bytes.len(), rules)?;
    }
    Ok(ValidatedBatch {
        header: BatchHeader::parse(&bytes)?,
        bytes,
        max_timestamp,
        offset_delta_of_max_timestamp,
        append_time: (rules.timestamp_type == TimestampType::LogAppendTime).then_some(rules.now),
        record_count: header.record_count,
    })
}

/// Whether a Produce request of this version may carry this batch: zstd came with version 7.
///
/// # Errors
/// If it may not, or the codec is unknown.
pub fn check_produce_version(header: &BatchHeader, version: i16) -> Result<(), ValidationError> {
    if header.compression()? == Compression::Zstd && version < ZSTD_PRODUCE_VERSION {
        return Err(ValidationError::new(
            LogErrorReason::UnsupportedCompression,
            format!("Produce version {version} cannot carry zstd; version {ZSTD_PRODUCE_VERSION} and later can"),
        ));
    }
    Ok(())
}

/// Checks one whole batch that a leader has already accepted: that it is all there, its CRC, its codec's number and
/// that it does not hold more records than offsets.
///
/// # Errors
/// If it is not what a leader appends.
pub fn check_replicated(batch: &[u8]) -> Result<BatchHeader, LogError> {
    let checked = || -> Result<BatchHeader, RecordError> {
        let header = BatchHeader::parse(batch)?;
        if header.size_bytes() != batch.len() {
            return Err(RecordError::new(
                RecordErrorKind::BadLength,
                format!("the record batch has {} bytes, but {} are there", header.size_bytes(), batch.len()),
            ));
        }
        verify_crc(batch)?;
        header.compression()?;
        // One more than the largest delta would not fit i32.
        if header.record_count.saturating_sub(1) > header.last_offset_delta {
            return Err(RecordError::new(
                RecordErrorKind::BadCount,
                format!("{} records cannot lie in {} offsets", header.record_count, header.last_offset_delta),
            ));
        }
        Ok(header)
    };
    checked().map_err(|error| {
        LogError::with_source(LogErrorKind::Corrupt, "check a replicated record batch", error)
            .because(LogErrorReason::CorruptBatch)
    })
}

/// The header of the one batch that fills `records`.
fn only_batch(records: &Bytes) -> Result<BatchHeader, ValidationError> {
    let mut batches = split_batches(records);
    let Some(first) = batches.next() else {
        return Err(ValidationError::new(
            LogErrorReason::InvalidRecord,
            format!("there is no whole record batch in the {} bytes for this partition", records.len()),
        ));
    };
    let (header, batch) = first?;
    if batch.len() < records.len() {
        return Err(ValidationError::new(
            LogErrorReason::InvalidRecord,
            "there must be exactly one record batch for each partition, and nothing after it",
        ));
    }
    Ok(header)
}

fn check_header(header: &BatchHeader, rules: &ValidationRules) -> Result<(), ValidationError> {
    let invalid = |message: String| Err(ValidationError::new(LogErrorReason::InvalidRecord, message));
    if header.base_offset != Offset(0) {
        return invalid(format!("the base offset of a produced batch must be 0; it is {}", header.base_offset));
    }
    check_size(header.size_bytes(), rules)?;
    if header.record_count == 0 {
        return invalid("a produced batch must hold at least one record".to_owned());
    }
    if header.record_count - 1 != header.last_offset_delta {
        return invalid(format!(
            "a produced batch of {} records must have last offset delta {}; it has {}",
            header.record_count,
            header.record_count - 1,
            header.last_offset_delta
        ));
    }
    if header.is_control() {
        return invalid("clients must not write control records".to_owned());
    }
    if header.has_producer_id() && header.base_sequence < 0 {
        return invalid(format!(
            "the base sequence of producer id {} must not be negative; it is {}",
            header.producer_id, header.base_sequence
        ));
    }
    if header.timestamp_type() == TimestampType::LogAppendTime {
        return Err(ValidationError::new(
            LogErrorReason::InvalidTimestamp,
            "a producer must not set the timestamp type LogAppendTime; only the broker does",
        ));
    }
    Ok(())
}

fn check_size(size_bytes: usize, rules: &ValidationRules) -> Result<(), ValidationError> {
    if size_bytes > rules.max_message_bytes {
        return Err(ValidationError::new(
            LogErrorReason::MessageTooLarge,
            format!("the record batch has {size_bytes} bytes; max.message.bytes allows {}", rules.max_message_bytes),
        ));
    }
    if size_bytes > rules.segment_bytes {
        return Err(ValidationError::new(
            LogErrorReason::RecordListTooLarge,
            format!("the record batch has {size_bytes} bytes; segment.bytes allows {}", rules.segment_bytes),
        ));
    }
    Ok(())
}

/// What one pass over the records finds.
struct Walker<'a> {
    rules: &'a ValidationRules,
    checks_window: bool,
    max_timestamp: Timestamp,
    index_of_max_timestamp: i32,
    dense: bool,
    bad_records: usize,
    bad_timestamp: bool,
    record_errors: Vec<(i32, String)>,
}

impl<'a> Walker<'a> {
    fn new(rules: &'a ValidationRules, sent_as: TimestampType) -> Self {
        let create_time = rules.timestamp_type == TimestampType::CreateTime;
        Self {
            rules,
            checks_window: create_time && sent_as == TimestampType::CreateTime,
            max_timestamp: Timestamp::NONE,
            index_of_max_timestamp: 0,
            dense: true,
            bad_records: 0,
            bad_timestamp: false,
            record_errors: Vec::new(),
        }
    }

    fn visit(&mut self, record: RecordSummary) {
        if self.rules.compacted && !record.has_key {
            self.refuse(record.index, || "a record of a compacted topic needs a key".to_owned());
        } else if self.checks_window && self.outside_window(record.timestamp) {
            let (rules, timestamp) = (*self.rules, record.timestamp);
            self.bad_timestamp = true;
            self.refuse(record.index, || {
                format!(
                    "timestamp {timestamp} is outside the allowed range {} to {}",
                    rules.now.0.saturating_sub(rules.timestamp_before_max_ms),
                    rules.now.0.saturating_add(rules.timestamp_after_max_ms)
                )
            });
        }
        if record.timestamp > self.max_timestamp {
            self.max_timestamp = record.timestamp;
            self.index_of_max_timestamp = record.index;
        }
        self.dense &= record.offset_delta == record.index;
    }

    /// A record without a timestamp is never outside.
    fn outside_window(&self, timestamp: Timestamp) -> bool {
        let age_ms = self.rules.now.ms_since(timestamp);
        timestamp != Timestamp::NONE
            && (age_ms > self.rules.timestamp_before_max_ms
                || age_ms.saturating_neg() > self.rules.timestamp_after_max_ms)
    }

    fn refuse(&mut self, index: i32, message: impl FnOnce() -> String) {
        self.bad_records += 1;
        if self.record_errors.len() < RECORD_ERRORS_MAX {
            self.record_errors.push((index, message()));
        }
    }

    fn refuse_bad_records(&mut self) -> Result<(), ValidationError> {
        let Some((index, first)) = self.record_errors.first() else {
            return Ok(());
        };
        // One bad timestamp decides over all else, as in Kafka.
        let reason = if self.bad_timestamp { LogErrorReason::InvalidTimestamp } else { LogErrorReason::InvalidRecord };
        let message =
            format!("{} records of the batch are refused; the first is record {index}: {first}", self.bad_records);
        Err(ValidationError { reason, message, record_errors: std::mem::take(&mut self.record_errors) })
    }
}

#[cfg(test)]
mod tests;
