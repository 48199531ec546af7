//! Bounded decoding of one frame.

use bytes::Bytes;
use uuid::Uuid;

use super::{KString, Records, STRING_BYTES_MAX, TAGS_MAX, UNKNOWN_TAG_BYTES_MAX, WireError};

/// Memory that list elements may take for each byte of the frame. Real messages stay below 10.
const MEMORY_PER_BYTE: usize = 16;
/// Bytes of a frame that count so; those above are mostly records, and count less.
const LISTED_BYTES: usize = 1 << 20;
/// Memory that list elements may take for each further byte.
const MEMORY_PER_FURTHER_BYTE: usize = 4;
/// Memory that list elements may take in a frame of any size.
const MEMORY_MIN_BYTES: usize = 64 * 1024;
/// Memory that list elements may take in a tagged field of any size.
const TAG_MEMORY_MIN_BYTES: usize = 1024;
/// Most memory that is reserved for a list before its elements were read.
const RESERVE_BYTES_MAX: usize = 64 * 1024;

/// Reads the values of one frame from its start to its end.
#[derive(Clone, Debug)]
pub struct Reader {
    bytes: Bytes,
    position: usize,
    budget_bytes: usize,
    spent_bytes: usize,
}

impl Reader {
    /// A reader at the start of `bytes`, with the usual budget of memory for list elements.
    #[must_use]
    pub fn new(bytes: Bytes) -> Self {
        let further = bytes.len().saturating_sub(LISTED_BYTES);
        let budget_bytes = (bytes.len() - further)
            .saturating_mul(MEMORY_PER_BYTE)
            .saturating_add(further.saturating_mul(MEMORY_PER_FURTHER_BYTE))
            .saturating_add(MEMORY_MIN_BYTES);
        Self::with_budget(bytes, budget_bytes)
    }

    /// Memory that the elements of lists have taken so far, beside the frame itself.
    #[must_use]
    pub const fn list_memory_bytes(&self) -> usize {
        self.spent_bytes
    }

    /// Memory that the elements of lists may take in all, beside the frame itself.
    #[must_use]
    pub const fn list_memory_max(&self) -> usize {
        self.budget_bytes
    }

    /// A reader whose lists may take `budget_bytes` of memory together.
    #[must_use]
    pub const fn with_budget(bytes: Bytes, budget_bytes: usize) -> Self {
        Self { bytes, position: 0, budget_bytes, spent_bytes: 0 }
    }

    /// Bytes that are left.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// Bytes read so far.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Refuses bytes after the last value.
    ///
    /// # Errors
    /// [`WireError::TrailingBytes`].
    pub fn expect_end(&self) -> Result<(), WireError> {
        match self.remaining() {
            0 => Ok(()),
            left => Err(WireError::TrailingBytes(left)),
        }
    }

    /// Moves over `length` bytes and returns where they began.
    fn advance(&mut self, length: usize) -> Result<usize, WireError> {
        let remaining = self.remaining();
        if length > remaining {
            return Err(WireError::Truncated { needed: length, remaining });
        }
        let start = self.position;
        self.position += length;
        Ok(start)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let start = self.advance(N)?;
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes[start..start + N]);
        Ok(array)
    }

    /// The next `length` bytes, as a slice of the frame.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn slice(&mut self, length: usize) -> Result<Bytes, WireError> {
        let start = self.advance(length)?;
        Ok(self.bytes.slice(start..start + length))
    }

    /// A byte, true unless 0.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn bool(&mut self) -> Result<bool, WireError> {
        Ok(self.take::<1>()?[0] != 0)
    }

    /// A signed byte.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn i8(&mut self) -> Result<i8, WireError> {
        Ok(i8::from_be_bytes(self.take()?))
    }

    /// A signed number of 16 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn i16(&mut self) -> Result<i16, WireError> {
        Ok(i16::from_be_bytes(self.take()?))
    }

    /// An unsigned number of 16 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn u16(&mut self) -> Result<u16, WireError> {
        Ok(u16::from_be_bytes(self.take()?))
    }

    /// A signed number of 32 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn i32(&mut self) -> Result<i32, WireError> {
        Ok(i32::from_be_bytes(self.take()?))
    }

    /// An unsigned number of 32 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    /// A signed number of 64 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn i64(&mut self) -> Result<i64, WireError> {
        Ok(i64::from_be_bytes(self.take()?))
    }

    /// A double.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn f64(&mut self) -> Result<f64, WireError> {
        Ok(f64::from_be_bytes(self.take()?))
    }

    /// A UUID.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn uuid(&mut self) -> Result<Uuid, WireError> {
        Ok(Uuid::from_bytes(self.take()?))
    }

    /// An unsigned varint of at most 32 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`], [`WireError::VarintTooLong`].
    pub fn unsigned_varint(&mut self) -> Result<u32, WireError> {
        let mut value = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.take::<1>()?[0];
            if shift == 28 && byte > 0x0f {
                return Err(WireError::VarintTooLong);
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(WireError::VarintTooLong)
    }

    /// A zigzag varint of at most 32 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`], [`WireError::VarintTooLong`].
    pub fn varint(&mut self) -> Result<i32, WireError> {
        let value = self.unsigned_varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// A zigzag varint of at most 64 bits.
    ///
    /// # Errors
    /// [`WireError::Truncated`], [`WireError::VarintTooLong`].
    pub fn varlong(&mut self) -> Result<i64, WireError> {
        let mut value = 0_u64;
        for index in 0..10 {
            let byte = self.take::<1>()?[0];
            if index == 9 && byte > 1 {
                return Err(WireError::VarintTooLong);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(WireError::VarintTooLong)
    }

    /// The length of a compact value: one more than it is, 0 for null.
    fn compact_length(&mut self) -> Result<Option<usize>, WireError> {
        let value = self.unsigned_varint()?;
        match value.checked_sub(1) {
            None => Ok(None),
            Some(length) => Ok(Some(usize::try_from(length).map_err(|_| WireError::TooLong(usize::MAX))?)),
        }
    }

    fn plain_length(value: i64) -> Result<Option<usize>, WireError> {
        match value {
            -1 => Ok(None),
            length => Ok(Some(usize::try_from(length).map_err(|_| WireError::NegativeLength(length))?)),
        }
    }

    /// A string, or null.
    ///
    /// # Errors
    /// What a string cannot be.
    pub fn nullable_string(&mut self, flexible: bool) -> Result<Option<KString>, WireError> {
        let length = if flexible { self.compact_length()? } else { Self::plain_length(self.i16()?.into())? };
        match length {
            None => Ok(None),
            Some(length) if length > STRING_BYTES_MAX => Err(WireError::StringTooLong(length)),
            Some(length) => Ok(Some(KString::from_utf8(self.slice(length)?)?)),
        }
    }

    /// A string.
    ///
    /// # Errors
    /// What a string cannot be, and null.
    pub fn string(&mut self, flexible: bool) -> Result<KString, WireError> {
        self.nullable_string(flexible)?.ok_or(WireError::UnexpectedNull)
    }

    /// Bytes as a slice of the frame, or null.
    ///
    /// # Errors
    /// What bytes cannot be.
    pub fn nullable_bytes(&mut self, flexible: bool) -> Result<Option<Bytes>, WireError> {
        let length = if flexible { self.compact_length()? } else { Self::plain_length(self.i32()?.into())? };
        length.map(|length| self.slice(length)).transpose()
    }

    /// Bytes as a slice of the frame.
    ///
    /// # Errors
    /// What bytes cannot be, and null.
    pub fn bytes(&mut self, flexible: bool) -> Result<Bytes, WireError> {
        self.nullable_bytes(flexible)?.ok_or(WireError::UnexpectedNull)
    }

    /// Records as a slice of the frame, or null.
    ///
    /// # Errors
    /// What bytes cannot be.
    pub fn nullable_records(&mut self, flexible: bool) -> Result<Option<Records>, WireError> {
        Ok(self.nullable_bytes(flexible)?.map(Records::from))
    }

    /// Records as a slice of the frame.
    ///
    /// # Errors
    /// What bytes cannot be, and null.
    pub fn records(&mut self, flexible: bool) -> Result<Records, WireError> {
        Ok(Records::from(self.bytes(flexible)?))
    }

    /// A struct that a byte below 0 says is not there.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn nullable_struct<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        if self.i8()? < 0 { Ok(None) } else { read(self).map(Some) }
    }

    /// A list whose elements take at least `element_bytes_min` bytes each, or null.
    ///
    /// # Errors
    /// A count that cannot be, and those of `read`.
    pub fn nullable_array<T>(
        &mut self,
        flexible: bool,
        element_bytes_min: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<Vec<T>>, WireError> {
        let count = if flexible { self.compact_length()? } else { Self::plain_length(self.i32()?.into())? };
        let Some(count) = count else {
            return Ok(None);
        };
        let remaining = self.remaining();
        if count > remaining / element_bytes_min.max(1) {
            return Err(WireError::ListTooLong { count, remaining });
        }
        let element_memory = size_of::<T>().max(1);
        self.spent_bytes = self.spent_bytes.saturating_add(count.saturating_mul(element_memory));
        if self.spent_bytes > self.budget_bytes {
            return Err(WireError::OverBudget(self.budget_bytes));
        }
        let mut elements = Vec::with_capacity(count.min(RESERVE_BYTES_MAX / element_memory));
        for _ in 0..count {
            elements.push(read(self)?);
        }
        Ok(Some(elements))
    }

    /// A list whose elements take at least `element_bytes_min` bytes each.
    ///
    /// # Errors
    /// A count that cannot be, null, and those of `read`.
    pub fn array<T>(
        &mut self,
        flexible: bool,
        element_bytes_min: usize,
        read: impl FnMut(&mut Self) -> Result<T, WireError>,
    ) -> Result<Vec<T>, WireError> {
        self.nullable_array(flexible, element_bytes_min, read)?.ok_or(WireError::UnexpectedNull)
    }

    /// Starts the tagged fields at the end of a struct; there are none where the version is not flexible.
    ///
    /// # Errors
    /// A count that cannot be.
    pub fn tags(&mut self, flexible: bool) -> Result<TagSection, WireError> {
        let count = if flexible { self.unsigned_varint()? } else { 0 };
        if count > TAGS_MAX {
            return Err(WireError::TooManyTags(count));
        }
        Ok(TagSection { left: count, previous: None })
    }

    /// Skips the tagged fields of a struct that has none of its own.
    ///
    /// # Errors
    /// Tagged fields that are out of order, too many or too long.
    pub fn skip_tags(&mut self, flexible: bool) -> Result<(), WireError> {
        let mut tags = self.tags(flexible)?;
        while let Some((tag, body)) = tags.next(self)? {
            body.skip_unknown(tag)?;
        }
        Ok(())
    }

    /// Drops the body of a tagged field that nobody knows.
    ///
    /// # Errors
    /// [`WireError::UnknownTagTooLong`].
    pub fn skip_unknown(&self, tag: u32) -> Result<(), WireError> {
        match self.remaining() {
            bytes if bytes > UNKNOWN_TAG_BYTES_MAX => Err(WireError::UnknownTagTooLong { tag, bytes }),
            _ => Ok(()),
        }
    }
}

/// The tagged fields of one struct, read one after the other.
#[derive(Debug)]
pub struct TagSection {
    left: u32,
    previous: Option<u32>,
}

impl TagSection {
    /// The next tagged field: its tag, and a reader over its body alone.
    ///
    /// # Errors
    /// A tag that does not ascend, or a body that is not there.
    pub fn next(&mut self, reader: &mut Reader) -> Result<Option<(u32, Reader)>, WireError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let tag = reader.unsigned_varint()?;
        if let Some(previous) = self.previous.filter(|previous| *previous >= tag) {
            return Err(WireError::TagOrder { tag, previous });
        }
        self.previous = Some(tag);
        let length = reader.unsigned_varint()?;
        let length = usize::try_from(length).map_err(|_| WireError::TooLong(usize::MAX))?;
        // The body's lists have a budget of their own in proportion to its bytes, so the bound of the whole frame still holds.
        let budget_bytes = length.saturating_mul(MEMORY_PER_BYTE).saturating_add(TAG_MEMORY_MIN_BYTES);
        let body = Reader::with_budget(reader.slice(length)?, budget_bytes);
        Ok(Some((tag, body)))
    }
}
