//! The header of a record batch (message format 2): reading it, checking its CRC-32C, and the few changes that a
//! broker makes in place.
//!
//! Owns: the 61 bytes of the header and the splitting of a byte range into batches. Does not own the records in the
//! body (see `records`) nor their compression (see `compression`).
//!
//! Invariants: a [`BatchHeader`] that `parse` returned has magic 2, a length of at least the header, and neither a
//! negative offset, count nor last offset delta. Base offset and leader epoch lie outside the CRC, so that a leader
//! assigns them without touching it.
//!
//! ```text
//!  0 base offset (8) | 8 batch length (4) | 12 leader epoch (4) | 16 magic (1) | 17 CRC-32C (4) |
//! 21 attributes (2) | 23 last offset delta (4) | 27 base timestamp (8) | 35 max timestamp (8) |
//! 43 producer id (8) | 51 producer epoch (2) | 53 base sequence (4) | 57 record count (4) | 61 records …
//!    └── the CRC covers everything from here to the end of the batch
//! ```

use bytes::Bytes;

use crate::compression::Compression;
use crate::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use crate::record_error::{RecordError, RecordErrorKind};

/// Bytes of a batch before its first record.
pub const HEADER_BYTES: usize = 61;
/// Bytes of base offset and length, which the length field does not count.
pub const LOG_OVERHEAD_BYTES: usize = 12;
/// The only message format that is read and written.
pub const MAGIC: i8 = 2;
/// The sequence of a batch without a producer id.
pub const NO_SEQUENCE: i32 = -1;

pub(crate) const BATCH_LENGTH_AT: usize = 8;
pub(crate) const LEADER_EPOCH_AT: usize = 12;
pub(crate) const MAGIC_AT: usize = 16;
pub(crate) const CRC_AT: usize = 17;
pub(crate) const ATTRIBUTES_AT: usize = 21;
pub(crate) const LAST_OFFSET_DELTA_AT: usize = 23;
pub(crate) const BASE_TIMESTAMP_AT: usize = 27;
pub(crate) const MAX_TIMESTAMP_AT: usize = 35;
pub(crate) const PRODUCER_ID_AT: usize = 43;
pub(crate) const PRODUCER_EPOCH_AT: usize = 51;
pub(crate) const BASE_SEQUENCE_AT: usize = 53;
pub(crate) const RECORD_COUNT_AT: usize = 57;

pub(crate) const CODEC_MASK: i16 = 0x07;
pub(crate) const LOG_APPEND_TIME_BIT: i16 = 0x08;
pub(crate) const TRANSACTIONAL_BIT: i16 = 0x10;
pub(crate) const CONTROL_BIT: i16 = 0x20;
pub(crate) const DELETE_HORIZON_BIT: i16 = 0x40;

/// Who set the timestamps of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimestampType {
    /// The producer: each record has its own.
    #[default]
    CreateTime,
    /// The broker at append: every record has the batch's largest timestamp.
    LogAppendTime,
}

impl TimestampType {
    /// Kafka's name, as in `message.timestamp.type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateTime => "CreateTime",
            Self::LogAppendTime => "LogAppendTime",
        }
    }
}

/// The header of one record batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Offset of the first record that the batch had when it was written.
    pub base_offset: Offset,
    /// Bytes after this field, to the end of the batch.
    pub batch_length: i32,
    /// Epoch of the leader that appended the batch.
    pub leader_epoch: LeaderEpoch,
    /// Message format, always 2.
    pub magic: i8,
    /// CRC-32C of everything from the attributes on.
    pub crc: u32,
    /// Codec, timestamp type and flags.
    pub attributes: i16,
    /// Offset of the last record, counted from the base offset.
    pub last_offset_delta: i32,
    /// Timestamp from which those of the records are counted; the delete horizon where that bit is set.
    pub base_timestamp: Timestamp,
    /// Largest timestamp of the records.
    pub max_timestamp: Timestamp,
    /// Identity of an idempotent producer, or −1.
    pub producer_id: ProducerId,
    /// Its epoch, or −1.
    pub producer_epoch: ProducerEpoch,
    /// Sequence of the first record, or −1.
    pub base_sequence: i32,
    /// Number of records in the body.
    pub record_count: i32,
}

impl BatchHeader {
    /// Reads the header at the start of `bytes`, which need not hold the whole batch.
    ///
    /// # Errors
    /// If the bytes are too few, the magic is not 2, or a length, count or offset cannot be right.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
            return Err(RecordError::new(
                RecordErrorKind::TooShort,
                format!("a record batch has a header of {HEADER_BYTES} bytes, but only {} are there", bytes.len()),
            ));
        };
        let parsed = Self {
            base_offset: Offset(i64::from_be_bytes(array(header, 0))),
            batch_length: i32::from_be_bytes(array(header, BATCH_LENGTH_AT)),
            leader_epoch: LeaderEpoch(i32::from_be_bytes(array(header, LEADER_EPOCH_AT))),
            magic: i8::from_be_bytes(array(header, MAGIC_AT)),
            crc: u32::from_be_bytes(array(header, CRC_AT)),
            attributes: i16::from_be_bytes(array(header, ATTRIBUTES_AT)),
            last_offset_delta: i32::from_be_bytes(array(header, LAST_OFFSET_DELTA_AT)),
            base_timestamp: Timestamp(i64::from_be_bytes(array(header, BASE_TIMESTAMP_AT))),
            max_timestamp: Timestamp(i64::from_be_bytes(array(header, MAX_TIMESTAMP_AT))),
            producer_id: ProducerId(i64::from_be_bytes(array(header, PRODUCER_ID_AT))),
            producer_epoch: ProducerEpoch(i16::from_be_bytes(array(header, PRODUCER_EPOCH_AT))),
            base_sequence: i32::from_be_bytes(array(header, BASE_SEQUENCE_AT)),
            record_count: i32::from_be_bytes(array(header, RECORD_COUNT_AT)),
        };
        parsed.check()?;
        Ok(parsed)
    }

    fn check(&self) -> Result<(), RecordError> {
        if self.magic != MAGIC {
            return Err(bad_magic(self.magic));
        }
        check_batch_length(self.batch_length)?;
        if self.base_offset.0 < 0 || self.last_offset_delta < 0 {
            return Err(RecordError::new(
                RecordErrorKind::BadOffset,
                format!(
                    "base offset {} and last offset delta {} of a record batch must not be negative",
                    self.base_offset, self.last_offset_delta
                ),
            ));
        }
        if self.base_offset.0.checked_add(i64::from(self.last_offset_delta) + 1).is_none() {
            return Err(RecordError::new(
                RecordErrorKind::BadOffset,
                format!("a record batch at offset {} runs past the largest offset", self.base_offset),
            ));
        }
        if self.record_count < 0 {
            return Err(RecordError::new(
                RecordErrorKind::BadCount,
                format!("a record batch cannot hold {} records", self.record_count),
            ));
        }
        Ok(())
    }

    /// Bytes of the whole batch, header included.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        usize::try_from(self.batch_length).unwrap_or(0) + LOG_OVERHEAD_BYTES
    }

    /// Offset of the last record.
    #[must_use]
    pub const fn last_offset(&self) -> Offset {
        // Widening only; `i64::from` is not const.
        self.base_offset.plus(self.last_offset_delta as i64)
    }

    /// Offset after the last record.
    #[must_use]
    pub const fn end_offset(&self) -> Offset {
        self.last_offset().plus(1)
    }

    /// Sequence of the last record, or −1 for a batch without one. Sequences wrap from `i32::MAX` to 0.
    #[must_use]
    pub const fn last_sequence(&self) -> i32 {
        if self.base_sequence == NO_SEQUENCE {
            return NO_SEQUENCE;
        }
        increment_sequence(self.base_sequence, self.last_offset_delta)
    }

    /// The codec of the body.
    ///
    /// # Errors
    /// If Kafka defines no codec with this number.
    pub fn compression(&self) -> Result<Compression, RecordError> {
        Compression::from_id(self.attributes & CODEC_MASK)
    }

    /// Who set the timestamps.
    #[must_use]
    pub const fn timestamp_type(&self) -> TimestampType {
        if self.attributes & LOG_APPEND_TIME_BIT == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Whether the batch belongs to a transaction.
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    /// Whether the batch holds a control record, which clients do not see.
    #[must_use]
    pub const fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    /// When tombstones and markers in the batch may be dropped by compaction, where that has been decided.
    #[must_use]
    pub const fn delete_horizon(&self) -> Option<Timestamp> {
        if self.attributes & DELETE_HORIZON_BIT == 0 { None } else { Some(self.base_timestamp) }
    }

    /// Whether an idempotent producer wrote the batch.
    #[must_use]
    pub const fn has_producer_id(&self) -> bool {
        self.producer_id.0 > ProducerId::NONE.0
    }
}

/// The sequence `increment` after `sequence`; sequences wrap from `i32::MAX` to 0. Neither may be negative.
#[must_use]
pub const fn increment_sequence(sequence: i32, increment: i32) -> i32 {
    match sequence.checked_add(increment) {
        Some(next) => next,
        None => increment - (i32::MAX - sequence) - 1,
    }
}

/// Checks the CRC-32C of one whole batch; bytes after the batch are ignored.
///
/// # Errors
/// If the batch is cut short, its length cannot be right, or the CRC does not match.
pub fn verify_crc(batch: &[u8]) -> Result<(), RecordError> {
    let whole = whole_batch(batch)?;
    let stored = u32::from_be_bytes(array_of(whole, CRC_AT)?);
    let computed = crc32c::crc32c(&whole[ATTRIBUTES_AT..]);
    if stored == computed {
        return Ok(());
    }
    Err(RecordError::new(
        RecordErrorKind::BadCrc,
        format!("the record batch says CRC-32C {stored:#010x}, but its bytes have {computed:#010x}"),
    ))
}

/// Writes base offset and leader epoch into a batch; both lie outside the CRC.
///
/// # Panics
/// If `batch` is shorter than a header: callers have parsed it.
pub fn assign_offset_and_epoch(batch: &mut [u8], base: Offset, epoch: LeaderEpoch) {
    assert!(batch.len() >= HEADER_BYTES, "a parsed record batch holds its header");
    put(batch, 0, base.0.to_be_bytes());
    put(batch, LEADER_EPOCH_AT, epoch.0.to_be_bytes());
}

/// Marks a batch as `LogAppendTime` with the largest timestamp `timestamp`, and renews its CRC. `batch` is exactly one
/// whole batch.
///
/// # Panics
/// If `batch` is shorter than a header: callers have parsed it.
pub fn set_max_timestamp_and_log_append_time(batch: &mut [u8], timestamp: Timestamp) {
    set_max_timestamp(batch, TimestampType::LogAppendTime, timestamp);
}

/// Writes timestamp type and largest timestamp into exactly one whole batch, and renews its CRC if either changed.
/// Answers whether they did.
///
/// # Panics
/// If `batch` is shorter than a header: callers have parsed it.
pub fn set_max_timestamp(batch: &mut [u8], timestamp_type: TimestampType, timestamp: Timestamp) -> bool {
    assert!(batch.len() >= HEADER_BYTES, "a parsed record batch holds its header");
    let old_attributes = i16::from_be_bytes([batch[ATTRIBUTES_AT], batch[ATTRIBUTES_AT + 1]]);
    let attributes = match timestamp_type {
        TimestampType::CreateTime => old_attributes & !LOG_APPEND_TIME_BIT,
        TimestampType::LogAppendTime => old_attributes | LOG_APPEND_TIME_BIT,
    };
    let timestamp_bytes = timestamp.0.to_be_bytes();
    if attributes == old_attributes && batch[MAX_TIMESTAMP_AT..MAX_TIMESTAMP_AT + 8] == timestamp_bytes {
        return false;
    }
    put(batch, ATTRIBUTES_AT, attributes.to_be_bytes());
    put(batch, MAX_TIMESTAMP_AT, timestamp_bytes);
    renew_crc(batch);
    true
}

pub(crate) fn renew_crc(batch: &mut [u8]) {
    let crc = crc32c::crc32c(&batch[ATTRIBUTES_AT..]);
    put(batch, CRC_AT, crc.to_be_bytes());
}

/// The batches that stand one after another in `bytes`; each comes out as a slice of it. A partial batch at the end,
/// which every size-limited read leaves, ends the iteration; an impossible header is an error and ends it too. CRCs
/// are not checked.
#[must_use]
pub fn split_batches(bytes: &Bytes) -> BatchIterator {
    BatchIterator { rest: bytes.clone() }
}

/// See [`split_batches`].
#[derive(Clone, Debug)]
pub struct BatchIterator {
    rest: Bytes,
}

impl BatchIterator {
    /// What has not been read yet: after the last item, the partial batch or nothing.
    #[must_use]
    pub const fn rest(&self) -> &Bytes {
        &self.rest
    }

    fn next_batch(&mut self) -> Result<Option<(BatchHeader, Bytes)>, RecordError> {
        if self.rest.len() < HEADER_BYTES {
            return check_partial(&self.rest).map(|()| None);
        }
        let header = BatchHeader::parse(&self.rest)?;
        if self.rest.len() < header.size_bytes() {
            return Ok(None);
        }
        Ok(Some((header, self.rest.split_to(header.size_bytes()))))
    }
}

impl Iterator for BatchIterator {
    type Item = Result<(BatchHeader, Bytes), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_batch();
        if next.is_err() {
            self.rest.clear();
        }
        next.transpose()
    }
}

/// The exact bytes of the batch at the start of `bytes`.
pub(crate) fn whole_batch(bytes: &[u8]) -> Result<&[u8], RecordError> {
    let length = i32::from_be_bytes(array_of(bytes, BATCH_LENGTH_AT)?);
    let size_bytes = check_batch_length(length)? + LOG_OVERHEAD_BYTES;
    bytes.get(..size_bytes).ok_or_else(|| {
        RecordError::new(
            RecordErrorKind::TooShort,
            format!("the record batch has {size_bytes} bytes, but only {} are there", bytes.len()),
        )
    })
}

fn check_batch_length(length: i32) -> Result<usize, RecordError> {
    match usize::try_from(length) {
        Ok(length) if length >= HEADER_BYTES - LOG_OVERHEAD_BYTES => Ok(length),
        _ => Err(RecordError::new(
            RecordErrorKind::BadLength,
            format!(
                "a record batch says that {length} bytes follow its length field; it has at least {}",
                HEADER_BYTES - LOG_OVERHEAD_BYTES
            ),
        )),
    }
}

/// Finds what is already wrong in a header that is not all there.
fn check_partial(bytes: &[u8]) -> Result<(), RecordError> {
    if let Ok(length) = array_of(bytes, BATCH_LENGTH_AT) {
        check_batch_length(i32::from_be_bytes(length))?;
    }
    match array_of(bytes, MAGIC_AT).map(i8::from_be_bytes) {
        Ok(magic) if magic != MAGIC => Err(bad_magic(magic)),
        _ => Ok(()),
    }
}

fn bad_magic(magic: i8) -> RecordError {
    RecordError::new(
        RecordErrorKind::BadMagic,
        format!("message format (magic) {magic} is not supported; only {MAGIC} is"),
    )
}

fn array<const N: usize>(header: &[u8; HEADER_BYTES], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&header[at..at + N]);
    out
}

fn array_of<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], RecordError> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<N>()).copied().ok_or_else(|| {
        RecordError::new(
            RecordErrorKind::TooShort,
            format!("a record batch has a header of {HEADER_BYTES} bytes, but only {} are there", bytes.len()),
        )
    })
}

pub(crate) fn put<const N: usize>(bytes: &mut [u8], at: usize, value: [u8; N]) {
    bytes[at..at + N].copy_from_slice(&value);
}

#[cfg(test)]
mod tests;
