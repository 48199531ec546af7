//! Builds record batches: what the broker itself writes, and what it must write anew.
//!
//! Invariants: offsets ascend, gaps are kept; the CRC covers what was written; nothing is cut to fit a number.

use bytes::{Bytes, BytesMut};

use crate::compression::{Compression, compress};
use crate::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::record_batch::{
    self, ATTRIBUTES_AT, BASE_SEQUENCE_AT, BASE_TIMESTAMP_AT, BATCH_LENGTH_AT, CONTROL_BIT, DELETE_HORIZON_BIT,
    HEADER_BYTES, LAST_OFFSET_DELTA_AT, LEADER_EPOCH_AT, LOG_APPEND_TIME_BIT, LOG_OVERHEAD_BYTES, MAGIC, MAGIC_AT,
    MAX_TIMESTAMP_AT, NO_SEQUENCE, PRODUCER_EPOCH_AT, PRODUCER_ID_AT, RECORD_COUNT_AT, TRANSACTIONAL_BIT, put,
};
use crate::record_error::{RecordError, RecordErrorKind};
use crate::records::{Record, RecordHeader};

/// A record to be written, borrowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordRef<'a> {
    /// Where it is in the partition.
    pub offset: Offset,
    /// When it was made.
    pub timestamp: Timestamp,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: Option<&'a [u8]>,
    /// Its headers, in order.
    pub headers: &'a [RecordHeader],
}

impl<'a> From<&'a Record> for RecordRef<'a> {
    fn from(record: &'a Record) -> Self {
        Self {
            offset: record.offset,
            timestamp: record.timestamp,
            key: record.key.as_deref(),
            value: record.value.as_deref(),
            headers: &record.headers,
        }
    }
}

/// Who wrote a batch, for idempotence and transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerStamp {
    /// Producer id, or −1.
    pub id: ProducerId,
    /// Its epoch, or −1.
    pub epoch: ProducerEpoch,
    /// Sequence of the first record, or −1.
    pub base_sequence: i32,
}

impl ProducerStamp {
    /// A batch without a producer id.
    pub const NONE: Self = Self { id: ProducerId::NONE, epoch: ProducerEpoch::NONE, base_sequence: NO_SEQUENCE };
}

/// Builds one record batch.
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    base_offset: Offset,
    leader_epoch: LeaderEpoch,
    producer: ProducerStamp,
    attributes: i16,
    compression: Compression,
    level: Option<i32>,
    /// From where timestamps are counted; that of the first record unless a delete horizon is set.
    base_timestamp: Option<Timestamp>,
    max_timestamp: Timestamp,
    append_time: Option<Timestamp>,
    last_offset: Option<Offset>,
    forced_last_offset: Option<Offset>,
    record_count: i32,
    body: Vec<u8>,
}

impl BatchBuilder {
    /// An empty batch whose first record is at `base_offset` or after it.
    #[must_use]
    pub const fn new(base_offset: Offset) -> Self {
        Self {
            base_offset,
            leader_epoch: LeaderEpoch::NONE,
            producer: ProducerStamp::NONE,
            attributes: 0,
            compression: Compression::None,
            level: None,
            base_timestamp: None,
            max_timestamp: Timestamp::NONE,
            append_time: None,
            last_offset: None,
            forced_last_offset: None,
            record_count: 0,
            body: Vec::new(),
        }
    }

    /// The codec, and its level where not the default.
    #[must_use]
    pub const fn compression(mut self, codec: Compression, level: Option<i32>) -> Self {
        self.compression = codec;
        self.level = level;
        self
    }

    /// The epoch of the leader that appends the batch.
    #[must_use]
    pub const fn leader_epoch(mut self, epoch: LeaderEpoch) -> Self {
        self.leader_epoch = epoch;
        self
    }

    /// Who wrote the batch.
    #[must_use]
    pub const fn producer(mut self, producer: ProducerStamp) -> Self {
        self.producer = producer;
        self
    }

    /// The batch belongs to a transaction.
    #[must_use]
    pub const fn transactional(mut self, transactional: bool) -> Self {
        if transactional {
            self.attributes |= TRANSACTIONAL_BIT;
        }
        self
    }

    /// The batch holds control records.
    #[must_use]
    pub const fn control(mut self, control: bool) -> Self {
        if control {
            self.attributes |= CONTROL_BIT;
        }
        self
    }

    /// All records have this time, set by the broker (`LogAppendTime`).
    #[must_use]
    pub const fn append_time(mut self, time: Timestamp) -> Self {
        self.attributes |= LOG_APPEND_TIME_BIT;
        self.append_time = Some(time);
        self
    }

    /// When compaction may drop tombstones and markers of the batch. Set it before the first record.
    #[must_use]
    pub const fn delete_horizon(mut self, horizon: Timestamp) -> Self {
        self.attributes |= DELETE_HORIZON_BIT;
        self.base_timestamp = Some(horizon);
        self
    }

    /// The batch ends at this offset, though its last record is before it: compaction keeps the ends of batches.
    #[must_use]
    pub const fn ends_at(mut self, last_offset: Offset) -> Self {
        self.forced_last_offset = Some(last_offset);
        self
    }

    /// Records so far.
    #[must_use]
    pub const fn record_count(&self) -> i32 {
        self.record_count
    }

    /// Bytes so far, header included and before compression.
    #[must_use]
    pub const fn size_bytes(&self) -> usize {
        HEADER_BYTES + self.body.len()
    }

    /// Adds a record.
    ///
    /// # Errors
    /// If its offset is not above that of the record before it, or its size or position does not fit the format. The
    /// batch is then as before.
    pub fn push(&mut self, record: RecordRef<'_>) -> Result<(), RecordError> {
        let floor = self.last_offset.map_or(self.base_offset, |last| last.plus(1));
        if record.offset < floor {
            return Err(RecordError::new(
                RecordErrorKind::BadOffset,
                format!("a record at offset {} cannot follow in a batch that is at {floor}", record.offset),
            ));
        }
        let offset_delta = self.delta_of(record.offset)?;
        let record_count = self.record_count.checked_add(1).ok_or_else(|| too_large("records"))?;
        let base_timestamp = self.base_timestamp.unwrap_or(record.timestamp);
        let timestamp_delta = record.timestamp.0.wrapping_sub(base_timestamp.0);
        let length = record_size(&record, timestamp_delta, offset_delta)?;
        write_varint(&mut self.body, length);
        write_record(&mut self.body, &record, timestamp_delta, offset_delta)?;
        self.record_count = record_count;
        self.base_timestamp = Some(base_timestamp);
        self.max_timestamp = self.max_timestamp.max(record.timestamp);
        self.last_offset = Some(record.offset);
        Ok(())
    }

    fn delta_of(&self, offset: Offset) -> Result<i32, RecordError> {
        i32::try_from(offset.0.saturating_sub(self.base_offset.0)).map_err(|_| too_large("offsets"))
    }

    /// The finished batch.
    ///
    /// # Errors
    /// If it has neither a record nor a given end, ends before its last record, or is too large for the format.
    pub fn finish(self) -> Result<Bytes, RecordError> {
        let last_offset = match (self.forced_last_offset, self.last_offset) {
            (Some(forced), Some(last)) if forced < last => {
                return Err(RecordError::new(
                    RecordErrorKind::BadOffset,
                    format!("a batch with a record at {last} cannot end at {forced}"),
                ));
            }
            (Some(forced), _) => forced,
            (None, Some(last)) => last,
            (None, None) => {
                return Err(RecordError::new(RecordErrorKind::BadCount, "a batch needs a record or a given end"));
            }
        };
        let last_offset_delta = self.delta_of(last_offset)?;
        let mut batch = vec![0; HEADER_BYTES];
        // A batch without records has no body either, so nothing is compressed in it.
        let codec = if self.record_count == 0 { Compression::None } else { self.compression };
        compress(codec, self.level, &self.body, &mut batch)?;
        let length = i32::try_from(batch.len() - LOG_OVERHEAD_BYTES).map_err(|_| too_large("bytes"))?;
        let max_timestamp = self.append_time.unwrap_or(self.max_timestamp);
        put(&mut batch, 0, self.base_offset.0.to_be_bytes());
        put(&mut batch, BATCH_LENGTH_AT, length.to_be_bytes());
        put(&mut batch, LEADER_EPOCH_AT, self.leader_epoch.0.to_be_bytes());
        put(&mut batch, MAGIC_AT, MAGIC.to_be_bytes());
        put(&mut batch, ATTRIBUTES_AT, (self.attributes | codec.id()).to_be_bytes());
        put(&mut batch, LAST_OFFSET_DELTA_AT, last_offset_delta.to_be_bytes());
        put(&mut batch, BASE_TIMESTAMP_AT, self.base_timestamp.unwrap_or(Timestamp::NONE).0.to_be_bytes());
        put(&mut batch, MAX_TIMESTAMP_AT, max_timestamp.0.to_be_bytes());
        put(&mut batch, PRODUCER_ID_AT, self.producer.id.0.to_be_bytes());
        put(&mut batch, PRODUCER_EPOCH_AT, self.producer.epoch.0.to_be_bytes());
        put(&mut batch, BASE_SEQUENCE_AT, self.producer.base_sequence.to_be_bytes());
        put(&mut batch, RECORD_COUNT_AT, self.record_count.to_be_bytes());
        record_batch::renew_crc(&mut batch);
        Ok(Bytes::from(batch))
    }

    /// As [`BatchBuilder::finish`], as bytes that can be changed.
    ///
    /// # Errors
    /// As [`BatchBuilder::finish`].
    pub fn finish_mut(self) -> Result<BytesMut, RecordError> {
        Ok(BytesMut::from(self.finish()?))
    }
}

fn write_record(
    out: &mut Vec<u8>,
    record: &RecordRef<'_>,
    timestamp_delta: i64,
    offset_delta: i32,
) -> Result<(), RecordError> {
    out.push(0);
    write_varlong(out, timestamp_delta);
    write_varint(out, offset_delta);
    write_nullable(out, record.key)?;
    write_nullable(out, record.value)?;
    write_varint(out, length_of(record.headers.len())?);
    for header in record.headers {
        write_nullable(out, Some(&header.key))?;
        write_nullable(out, header.value.as_deref())?;
    }
    Ok(())
}

/// Bytes of a record after its length; an error if any length in it does not fit its number.
fn record_size(record: &RecordRef<'_>, timestamp_delta: i64, offset_delta: i32) -> Result<i32, RecordError> {
    let mut size = 1 + varlong_size(timestamp_delta) + varlong_size(i64::from(offset_delta));
    size += nullable_size(record.key)? + nullable_size(record.value)?;
    size += varlong_size(i64::from(length_of(record.headers.len())?));
    for header in record.headers {
        size += nullable_size(Some(&header.key))? + nullable_size(header.value.as_deref())?;
    }
    length_of(size)
}

fn nullable_size(field: Option<&[u8]>) -> Result<usize, RecordError> {
    match field {
        None => Ok(1),
        Some(bytes) => Ok(varlong_size(i64::from(length_of(bytes.len())?)) + bytes.len()),
    }
}

fn write_nullable(out: &mut Vec<u8>, field: Option<&[u8]>) -> Result<(), RecordError> {
    match field {
        None => write_varint(out, -1),
        Some(bytes) => {
            write_varint(out, length_of(bytes.len())?);
            out.extend_from_slice(bytes);
        }
    }
    Ok(())
}

fn length_of(length: usize) -> Result<i32, RecordError> {
    i32::try_from(length).map_err(|_| too_large("bytes"))
}

fn too_large(what: &str) -> RecordError {
    RecordError::new(RecordErrorKind::TooLarge, format!("a batch cannot hold so many {what}"))
}

pub(super) fn write_varint(out: &mut Vec<u8>, value: i32) {
    write_varlong(out, i64::from(value));
}

fn write_varlong(out: &mut Vec<u8>, value: i64) {
    let mut rest = zigzag(value);
    while rest >= 0x80 {
        out.push(low_bits(rest) | 0x80);
        rest >>= 7;
    }
    out.push(low_bits(rest));
}

fn low_bits(value: u64) -> u8 {
    value.to_le_bytes()[0] & 0x7f
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn varlong_size(value: i64) -> usize {
    let bits = 64 - (zigzag(value) | 1).leading_zeros();
    usize::try_from(bits.div_ceil(7)).unwrap_or(usize::MAX)
}
