//! Reads the fields of records from bytes that are all there, or from a decompressor.
//!
//! Invariants: a field is read only if it lies within its record, and a record only if its bytes are there.

use bytes::{Bytes, BytesMut};

use crate::compression::Decompressor;
use crate::record_error::{RecordError, RecordErrorKind};

/// Bytes that are decompressed at a time.
const BUFFER_BYTES: usize = 16 * 1024;
/// The first allocation for a record that is longer than the buffer; it grows as the bytes come.
const GROWTH_BYTES: usize = 64 * 1024;
/// Attributes, two deltas, two lengths and the header count take at least this.
const RECORD_BYTES_MIN: usize = 6;

/// A place to read fields from, one after another.
pub(super) trait FieldReader {
    /// What a key or a value becomes: its bytes, or nothing if they are passed over.
    type Field;

    /// The next byte.
    fn byte(&mut self) -> Result<u8, RecordError>;
    /// The next `length` bytes.
    fn field(&mut self, length: usize) -> Result<Self::Field, RecordError>;
    /// How many bytes have been read.
    fn position(&self) -> usize;
}

/// The fields of a record, its headers aside.
pub(super) struct RecordFields<F> {
    pub(super) timestamp_delta: i64,
    pub(super) offset_delta: i32,
    pub(super) key: Option<F>,
    pub(super) value: Option<F>,
}

/// Reads the length that stands before a record.
pub(super) fn record_length<R: FieldReader>(reader: &mut R) -> Result<usize, RecordError> {
    let length = varint(reader)?;
    match usize::try_from(length) {
        Ok(length) if length >= RECORD_BYTES_MIN => Ok(length),
        _ => Err(RecordError::new(
            RecordErrorKind::BadLength,
            format!("a record says that it has {length} bytes; it has at least {RECORD_BYTES_MIN}"),
        )),
    }
}

/// Reads a record of exactly `length` bytes and hands over its headers in order.
pub(super) fn record_fields<R: FieldReader>(
    reader: &mut R,
    length: usize,
    mut on_header: impl FnMut(R::Field, Option<R::Field>),
) -> Result<RecordFields<R::Field>, RecordError> {
    let end = reader.position().saturating_add(length);
    // The attributes of a record have no meaning yet.
    reader.byte()?;
    let timestamp_delta = varlong(reader)?;
    let offset_delta = varint(reader)?;
    let key = nullable_field(reader, end)?;
    let value = nullable_field(reader, end)?;
    let header_count = varint(reader)?;
    if header_count < 0 {
        return Err(RecordError::new(
            RecordErrorKind::BadCount,
            format!("a record cannot have {header_count} headers"),
        ));
    }
    for _ in 0..header_count {
        let Some(header_key) = nullable_field(reader, end)? else {
            return Err(RecordError::new(RecordErrorKind::BadLength, "a header of a record has no key"));
        };
        let header_value = nullable_field(reader, end)?;
        on_header(header_key, header_value);
    }
    if reader.position() != end {
        return Err(RecordError::new(
            RecordErrorKind::BadLength,
            format!(
                "a record says that it has {length} bytes, but its fields take {}",
                reader.position().saturating_sub(end - length)
            ),
        ));
    }
    Ok(RecordFields { timestamp_delta, offset_delta, key, value })
}

fn nullable_field<R: FieldReader>(reader: &mut R, end: usize) -> Result<Option<R::Field>, RecordError> {
    let length = varint(reader)?;
    if length == -1 {
        return Ok(None);
    }
    let left = end.saturating_sub(reader.position());
    match usize::try_from(length) {
        Ok(length) if length <= left => reader.field(length).map(Some),
        _ => Err(RecordError::new(
            RecordErrorKind::BadLength,
            format!("a field of a record says that it has {length} bytes; {left} are left in the record"),
        )),
    }
}

/// A 32-bit number in zigzag form, at most five bytes.
pub(super) fn varint<R: FieldReader>(reader: &mut R) -> Result<i32, RecordError> {
    let first = reader.byte()?;
    let raw = if first & 0x80 == 0 {
        u32::from(first)
    } else {
        let mut raw = u32::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = reader.byte()?;
            // The fifth byte has room for four bits.
            if shift == 28 && byte > 0x0f {
                return Err(bad_varint("a varint of a record has more than 32 bits"));
            }
            raw |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break raw;
            }
            shift += 7;
        }
    };
    Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()))
}

/// A 64-bit number in zigzag form, at most ten bytes.
pub(super) fn varlong<R: FieldReader>(reader: &mut R) -> Result<i64, RecordError> {
    let mut raw = 0_u64;
    let mut shift = 0;
    loop {
        let byte = reader.byte()?;
        // The tenth byte has room for one bit.
        if shift == 63 && byte > 0x01 {
            return Err(bad_varint("a varlong of a record has more than 64 bits"));
        }
        raw |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((raw >> 1).cast_signed() ^ -((raw & 1).cast_signed()));
        }
        shift += 7;
    }
}

fn bad_varint(context: &'static str) -> RecordError {
    RecordError::new(RecordErrorKind::BadVarint, context)
}

fn too_short() -> RecordError {
    RecordError::new(RecordErrorKind::TooShort, "the records end before the last one that the batch says it holds")
}

/// Bytes that are all there; fields are slices of them.
pub(super) struct SharedReader {
    bytes: Bytes,
    position: usize,
}

impl SharedReader {
    pub(super) const fn new(bytes: Bytes) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) fn at_end(&self) -> bool {
        self.position == self.bytes.len()
    }
}

impl FieldReader for SharedReader {
    type Field = Bytes;

    #[inline]
    fn byte(&mut self) -> Result<u8, RecordError> {
        let byte = self.bytes.get(self.position).copied().ok_or_else(too_short)?;
        self.position += 1;
        Ok(byte)
    }

    fn field(&mut self, length: usize) -> Result<Bytes, RecordError> {
        if length > self.bytes.len() - self.position {
            return Err(too_short());
        }
        let field = self.bytes.slice(self.position..self.position + length);
        self.position += length;
        Ok(field)
    }

    fn position(&self) -> usize {
        self.position
    }
}

/// Bytes that are all there; fields are passed over.
pub(super) struct SkippingReader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> SkippingReader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) const fn at_end(&self) -> bool {
        self.position == self.bytes.len()
    }
}

impl FieldReader for SkippingReader<'_> {
    type Field = ();

    #[inline]
    fn byte(&mut self) -> Result<u8, RecordError> {
        let byte = self.bytes.get(self.position).copied().ok_or_else(too_short)?;
        self.position += 1;
        Ok(byte)
    }

    fn field(&mut self, length: usize) -> Result<(), RecordError> {
        if length > self.bytes.len() - self.position {
            return Err(too_short());
        }
        self.position += length;
        Ok(())
    }

    fn position(&self) -> usize {
        self.position
    }
}

/// Bytes as they come out of a decompressor; fields are passed over, whole records can be taken.
pub(super) struct StreamReader {
    decompressor: Decompressor,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes handed out before those in the buffer.
    before: usize,
}

impl StreamReader {
    pub(super) fn new(decompressor: Decompressor) -> Self {
        Self { decompressor, buffer: vec![0; BUFFER_BYTES], start: 0, end: 0, before: 0 }
    }

    pub(super) fn at_end(&mut self) -> Result<bool, RecordError> {
        Ok(self.start == self.end && !self.fill()?)
    }

    /// The next `length` bytes in one piece.
    pub(super) fn take(&mut self, length: usize) -> Result<Bytes, RecordError> {
        if length <= self.end - self.start {
            let bytes = Bytes::copy_from_slice(&self.buffer[self.start..self.start + length]);
            self.start += length;
            return Ok(bytes);
        }
        let mut out = BytesMut::with_capacity(length.min(GROWTH_BYTES));
        while out.len() < length {
            let part = self.some(length - out.len())?;
            out.extend_from_slice(&self.buffer[part]);
        }
        Ok(out.freeze())
    }

    /// The next bytes in the buffer, at least one and at most `length`, as a range of it.
    fn some(&mut self, length: usize) -> Result<std::ops::Range<usize>, RecordError> {
        if self.start == self.end && !self.fill()? {
            return Err(too_short());
        }
        let count = length.min(self.end - self.start);
        self.start += count;
        Ok(self.start - count..self.start)
    }

    /// Fills the empty buffer; false at the end.
    fn fill(&mut self) -> Result<bool, RecordError> {
        self.before += self.end;
        self.start = 0;
        self.end = 0;
        self.end = self.decompressor.read(&mut self.buffer)?;
        Ok(self.end > 0)
    }
}

impl FieldReader for StreamReader {
    type Field = ();

    #[inline]
    fn byte(&mut self) -> Result<u8, RecordError> {
        if self.start == self.end && !self.fill()? {
            return Err(too_short());
        }
        self.start += 1;
        Ok(self.buffer[self.start - 1])
    }

    fn field(&mut self, length: usize) -> Result<(), RecordError> {
        let mut left = length;
        while left > 0 {
            left -= self.some(left)?.len();
        }
        Ok(())
    }

    fn position(&self) -> usize {
        self.before + self.start
    }
}
