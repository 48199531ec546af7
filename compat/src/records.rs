//! The records in a batch: reading them as a stream, walking over them without keeping any, and building batches.
//!
//! Owns: the layout of a record. Does not own the header of the batch (see `record_batch`).
//!
//! ```text
//! length (varint) | attributes (1) | timestamp delta (varlong) | offset delta (varint) |
//! key length (varint, −1 for none) | key | value length (varint, −1 for none) | value |
//! header count (varint) | { key length | key | value length (−1 for none) | value } …
//! ```
//!
//! Invariants: what an iterator or a walk reports to its end agrees with the header: as many records as it says, each
//! exactly as long as it says, no byte left over. No allocation follows from a length or a count before that many
//! bytes are there.

use bytes::Bytes;

use crate::compression::{Compression, DecompressLimits, Decompressor};
use crate::ids::{Offset, Timestamp};
use crate::record_batch::{BatchHeader, HEADER_BYTES, TimestampType};
use crate::record_error::{RecordError, RecordErrorKind};

mod builder;
mod reader;
mod reencode;

pub use builder::{BatchBuilder, ProducerStamp, RecordRef};
use reader::{FieldReader, SharedReader, SkippingReader, StreamReader};
pub use reencode::reencode;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is in the partition.
    pub offset: Offset,
    /// When it was made, or appended where the batch says so.
    pub timestamp: Timestamp,
    /// Its key; none is not the same as an empty one.
    pub key: Option<Bytes>,
    /// Its value; none is a tombstone in a compacted topic.
    pub value: Option<Bytes>,
    /// Its headers in order, keys that occur twice included.
    pub headers: Vec<RecordHeader>,
}

/// One header of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// Its key: text in UTF-8 by convention.
    pub key: Bytes,
    /// Its value.
    pub value: Option<Bytes>,
}

/// What a walk tells about each record: nothing that needs an allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSummary {
    /// Place in the batch, from 0.
    pub index: i32,
    /// Offset, counted from the batch's base offset.
    pub offset_delta: i32,
    /// Its timestamp; the batch's largest one where the broker set it.
    pub timestamp: Timestamp,
    /// Whether it has a key.
    pub has_key: bool,
    /// Whether it has a value.
    pub has_value: bool,
}

/// Iterates over the records of one whole batch. Fields of an uncompressed batch are slices of it; a compressed one is
/// decompressed record by record. The CRC is not checked.
///
/// # Errors
/// If the header or the start of a compressed body is wrong. Later damage comes out of the iterator, as its last item.
pub fn iterate(batch: &Bytes, limits: DecompressLimits) -> Result<RecordIterator, RecordError> {
    RecordIterator::new(batch, limits)
}

/// Walks over the records of one whole batch, checking all that [`iterate`] checks except the order of the offsets,
/// and tells `visit` about each. Answers the bytes of the uncompressed body.
///
/// # Errors
/// If the header or any record is wrong, or `visit` answers an error.
pub fn walk(
    batch: &Bytes,
    limits: DecompressLimits,
    mut visit: impl FnMut(RecordSummary) -> Result<(), RecordError>,
) -> Result<usize, RecordError> {
    let header = BatchHeader::parse(batch)?;
    let body = body_of(&header, batch)?;
    let codec = header.compression()?;
    if codec == Compression::None || body.is_empty() {
        let mut reader = SkippingReader::new(&body);
        walk_records(&header, &mut reader, &mut visit)?;
        check_no_rest(reader.at_end(), &header)?;
        return Ok(reader.position());
    }
    let mut reader = StreamReader::new(Decompressor::new(codec, body, limits)?);
    walk_records(&header, &mut reader, &mut visit)?;
    check_no_rest(reader.at_end()?, &header)?;
    Ok(reader.position())
}

fn walk_records<R: FieldReader>(
    header: &BatchHeader,
    reader: &mut R,
    visit: &mut impl FnMut(RecordSummary) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    for index in 0..header.record_count {
        let length = reader::record_length(reader)?;
        let fields = reader::record_fields(reader, length, |_, _| ())?;
        visit(RecordSummary {
            index,
            offset_delta: fields.offset_delta,
            timestamp: timestamp_of(header, fields.timestamp_delta),
            has_key: fields.key.is_some(),
            has_value: fields.value.is_some(),
        })?;
    }
    Ok(())
}

/// See [`iterate`].
pub struct RecordIterator {
    header: BatchHeader,
    body: Body,
    read: i32,
    previous_delta: i32,
    finished: bool,
}

enum Body {
    Plain(SharedReader),
    Compressed(Box<StreamReader>),
}

impl RecordIterator {
    fn new(batch: &Bytes, limits: DecompressLimits) -> Result<Self, RecordError> {
        let header = BatchHeader::parse(batch)?;
        let bytes = body_of(&header, batch)?;
        let codec = header.compression()?;
        let body = if codec == Compression::None || bytes.is_empty() {
            Body::Plain(SharedReader::new(bytes))
        } else {
            Body::Compressed(Box::new(StreamReader::new(Decompressor::new(codec, bytes, limits)?)))
        };
        Ok(Self { header, body, read: 0, previous_delta: -1, finished: false })
    }

    /// The header of the batch.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    fn next_record(&mut self) -> Result<Option<Record>, RecordError> {
        if self.read == self.header.record_count {
            let at_end = match &mut self.body {
                Body::Plain(reader) => reader.at_end(),
                Body::Compressed(reader) => reader.at_end()?,
            };
            return check_no_rest(at_end, &self.header).map(|()| None);
        }
        let mut headers = Vec::new();
        let mut push = |key: Bytes, value: Option<Bytes>| headers.push(RecordHeader { key, value });
        let fields = match &mut self.body {
            Body::Plain(reader) => {
                let length = reader::record_length(reader)?;
                reader::record_fields(reader, length, &mut push)?
            }
            Body::Compressed(reader) => {
                let length = reader::record_length(reader.as_mut())?;
                let mut record = SharedReader::new(reader.take(length)?);
                reader::record_fields(&mut record, length, &mut push)?
            }
        };
        self.check_offset(fields.offset_delta)?;
        self.read += 1;
        Ok(Some(Record {
            offset: self.header.base_offset.plus(i64::from(fields.offset_delta)),
            timestamp: timestamp_of(&self.header, fields.timestamp_delta),
            key: fields.key,
            value: fields.value,
            headers,
        }))
    }

    fn check_offset(&mut self, delta: i32) -> Result<(), RecordError> {
        if delta <= self.previous_delta || delta > self.header.last_offset_delta {
            return Err(RecordError::new(
                RecordErrorKind::BadOffset,
                format!(
                    "record {} has offset delta {delta}; it must be above {} and at most {}",
                    self.read, self.previous_delta, self.header.last_offset_delta
                ),
            ));
        }
        self.previous_delta = delta;
        Ok(())
    }
}

impl Iterator for RecordIterator {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let next = self.next_record();
        self.finished = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

/// The bytes after the header, to the end of the batch; bytes after the batch are an error.
fn body_of(header: &BatchHeader, batch: &Bytes) -> Result<Bytes, RecordError> {
    let size_bytes = header.size_bytes();
    if batch.len() < size_bytes {
        return Err(RecordError::new(
            RecordErrorKind::TooShort,
            format!("the record batch has {size_bytes} bytes, but only {} are there", batch.len()),
        ));
    }
    if batch.len() > size_bytes {
        return Err(RecordError::new(
            RecordErrorKind::BadLength,
            format!("the record batch has {size_bytes} bytes, but {} were given", batch.len()),
        ));
    }
    Ok(batch.slice(HEADER_BYTES..))
}

fn check_no_rest(at_end: bool, header: &BatchHeader) -> Result<(), RecordError> {
    if at_end {
        return Ok(());
    }
    Err(RecordError::new(
        RecordErrorKind::BadCount,
        format!("the record batch says that it holds {} records, but bytes are left after them", header.record_count),
    ))
}

fn timestamp_of(header: &BatchHeader, delta: i64) -> Timestamp {
    match header.timestamp_type() {
        // Kafka's own readers wrap around here, so a record has the same time for a consumer as for us.
        TimestampType::CreateTime => Timestamp(header.base_timestamp.0.wrapping_add(delta)),
        TimestampType::LogAppendTime => header.max_timestamp,
    }
}

#[cfg(test)]
mod tests;
