//! Encoding into a rope: small values are gathered, long slices are kept as they are.

use bytes::{BufMut as _, Bytes, BytesMut};
use uuid::Uuid;

use super::{KString, Records, Rope, STRING_BYTES_MAX, Segment, WireError};

/// Longest slice that is copied; a longer one becomes a segment of the rope.
pub const COPY_BYTES_MAX: usize = 512;

/// Room for a frame's small values, in bytes: most answers fit.
const FRAME_BYTES: usize = 256;
/// Bytes of the size in front of a frame.
const FRAME_SIZE_BYTES: usize = 4;

/// Writes the values of one message.
#[derive(Debug, Default)]
pub struct Writer {
    /// The first segment of a frame, kept open until the frame's size is known.
    head: BytesMut,
    framed: bool,
    rope: Rope,
    open: BytesMut,
}

/// The value of a field that may not be null in this version.
///
/// # Errors
/// [`WireError::NullField`].
pub fn required<T>(value: Option<T>, field: &'static str) -> Result<T, WireError> {
    value.ok_or(WireError::NullField(field))
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer with room in front for the size of a frame; [`Writer::finish_frame`] fills it.
    #[must_use]
    pub fn framed() -> Self {
        let mut writer = Self { framed: true, open: BytesMut::with_capacity(FRAME_BYTES), ..Self::default() };
        writer.open.put_slice(&[0; FRAME_SIZE_BYTES]);
        writer
    }

    /// Bytes written so far, the room for a frame's size included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.len() + self.rope.len + self.open.len()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The finished rope.
    #[must_use]
    pub fn finish(mut self) -> Rope {
        self.close();
        self.rope_with_head()
    }

    /// The finished rope of a frame: everything written, with its size put into the four bytes in front.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn finish_frame(mut self) -> Result<Rope, WireError> {
        let size = self.len().saturating_sub(FRAME_SIZE_BYTES);
        let plain = i32::try_from(size).map_err(|_| WireError::TooLong(size))?;
        if self.head.is_empty() {
            self.head = std::mem::take(&mut self.open);
        } else {
            self.close();
        }
        if let Some(prefix) = self.head.get_mut(..FRAME_SIZE_BYTES) {
            prefix.copy_from_slice(&plain.to_be_bytes());
        }
        Ok(self.rope_with_head())
    }

    fn rope_with_head(self) -> Rope {
        if self.head.is_empty() {
            return self.rope;
        }
        let mut whole = Rope { segments: Vec::with_capacity(self.rope.segments.len() + 1), ..Rope::default() };
        whole.push(self.head.freeze());
        self.rope.segments.into_iter().for_each(|segment| whole.push(segment));
        whole.lent = self.rope.lent;
        whole
    }

    /// What was written, in one piece.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.finish().to_bytes()
    }

    fn close(&mut self) {
        if self.framed && self.head.is_empty() {
            self.head = self.open.split();
        } else {
            self.rope.push(self.open.split().freeze());
        }
    }

    /// Appends bytes as they are, copied.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.open.put_slice(bytes);
    }

    /// Appends a slice as it is, without a copy if it is long.
    pub fn slice(&mut self, bytes: &Bytes) {
        if bytes.len() > COPY_BYTES_MAX {
            self.close();
            self.rope.lend(bytes.clone().into());
        } else {
            self.open.put_slice(bytes);
        }
    }

    /// Appends a slice as it is; a range of a file always stays one.
    fn segment(&mut self, segment: &Segment) {
        match segment {
            Segment::Bytes(bytes) => self.slice(bytes),
            Segment::File(_) => {
                self.close();
                self.rope.lend(segment.clone());
            }
        }
    }

    /// A byte, 1 or 0.
    pub fn bool(&mut self, value: bool) {
        self.open.put_u8(u8::from(value));
    }

    /// A signed byte.
    pub fn i8(&mut self, value: i8) {
        self.open.put_i8(value);
    }

    /// A signed number of 16 bits.
    pub fn i16(&mut self, value: i16) {
        self.open.put_i16(value);
    }

    /// An unsigned number of 16 bits.
    pub fn u16(&mut self, value: u16) {
        self.open.put_u16(value);
    }

    /// A signed number of 32 bits.
    pub fn i32(&mut self, value: i32) {
        self.open.put_i32(value);
    }

    /// An unsigned number of 32 bits.
    pub fn u32(&mut self, value: u32) {
        self.open.put_u32(value);
    }

    /// A signed number of 64 bits.
    pub fn i64(&mut self, value: i64) {
        self.open.put_i64(value);
    }

    /// A double.
    pub fn f64(&mut self, value: f64) {
        self.open.put_f64(value);
    }

    /// A UUID.
    pub fn uuid(&mut self, value: Uuid) {
        self.open.put_slice(value.as_bytes());
    }

    /// An unsigned varint.
    pub fn unsigned_varint(&mut self, value: u32) {
        self.unsigned_varlong(u64::from(value));
    }

    fn unsigned_varlong(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                self.open.put_u8(low & 0x7f);
                return;
            }
            self.open.put_u8(low | 0x80);
        }
    }

    /// A zigzag varint.
    pub fn varint(&mut self, value: i32) {
        self.unsigned_varint(((value << 1) ^ (value >> 31)).cast_unsigned());
    }

    /// A zigzag varint of 64 bits.
    pub fn varlong(&mut self, value: i64) {
        self.unsigned_varlong(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// The length of a compact value: one more than it is, 0 for null.
    fn compact_length(&mut self, length: Option<usize>) -> Result<(), WireError> {
        let Some(length) = length else {
            self.unsigned_varint(0);
            return Ok(());
        };
        let plain = i32::try_from(length).map_err(|_| WireError::TooLong(length))?;
        self.unsigned_varint(plain.cast_unsigned() + 1);
        Ok(())
    }

    /// The length of bytes or of a list; −1 for null in the old layout.
    fn length(&mut self, length: Option<usize>, flexible: bool) -> Result<(), WireError> {
        if flexible {
            return self.compact_length(length);
        }
        let plain = match length {
            None => -1,
            Some(length) => i32::try_from(length).map_err(|_| WireError::TooLong(length))?,
        };
        self.i32(plain);
        Ok(())
    }

    /// A string.
    ///
    /// # Errors
    /// [`WireError::StringTooLong`].
    pub fn string(&mut self, value: &KString, flexible: bool) -> Result<(), WireError> {
        self.nullable_string(Some(value), flexible)
    }

    /// A string, or null.
    ///
    /// # Errors
    /// [`WireError::StringTooLong`].
    pub fn nullable_string(&mut self, value: Option<&KString>, flexible: bool) -> Result<(), WireError> {
        let length = value.map(|text| text.len());
        if let Some(length) = length.filter(|length| *length > STRING_BYTES_MAX) {
            return Err(WireError::StringTooLong(length));
        }
        if flexible {
            self.compact_length(length)?;
        } else {
            let plain = match length {
                None => -1,
                Some(length) => i16::try_from(length).map_err(|_| WireError::StringTooLong(length))?,
            };
            self.i16(plain);
        }
        if let Some(text) = value {
            self.open.put_slice(text.as_bytes());
        }
        Ok(())
    }

    /// Bytes.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn bytes(&mut self, value: &Bytes, flexible: bool) -> Result<(), WireError> {
        self.nullable_bytes(Some(value), flexible)
    }

    /// Bytes, or null.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn nullable_bytes(&mut self, value: Option<&Bytes>, flexible: bool) -> Result<(), WireError> {
        self.length(value.map(Bytes::len), flexible)?;
        if let Some(bytes) = value {
            self.slice(bytes);
        }
        Ok(())
    }

    /// Records, without a copy of any long slice.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn records(&mut self, value: &Records, flexible: bool) -> Result<(), WireError> {
        self.nullable_records(Some(value), flexible)
    }

    /// Records, or null.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn nullable_records(&mut self, value: Option<&Records>, flexible: bool) -> Result<(), WireError> {
        self.length(value.map(Records::size_bytes), flexible)?;
        if let Some(records) = value {
            records.segments().iter().for_each(|segment| self.segment(segment));
        }
        Ok(())
    }

    /// A struct that a byte says is there or not.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn nullable_struct<T>(
        &mut self,
        value: Option<&T>,
        write: impl FnOnce(&mut Self, &T) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        match value {
            None => {
                self.i8(-1);
                Ok(())
            }
            Some(value) => {
                self.i8(1);
                write(self, value)
            }
        }
    }

    /// A list.
    ///
    /// # Errors
    /// [`WireError::TooLong`], and those of `write`.
    pub fn array<T>(
        &mut self,
        elements: &[T],
        flexible: bool,
        write: impl FnMut(&mut Self, &T) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        self.nullable_array(Some(elements), flexible, write)
    }

    /// A list, or null.
    ///
    /// # Errors
    /// [`WireError::TooLong`], and those of `write`.
    pub fn nullable_array<T>(
        &mut self,
        elements: Option<&[T]>,
        flexible: bool,
        mut write: impl FnMut(&mut Self, &T) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        self.length(elements.map(<[T]>::len), flexible)?;
        for element in elements.unwrap_or_default() {
            write(self, element)?;
        }
        Ok(())
    }

    /// The empty tagged fields of a struct; nothing where the version is not flexible.
    pub fn no_tags(&mut self, flexible: bool) {
        if flexible {
            self.unsigned_varint(0);
        }
    }

    fn append(&mut self, rope: Rope) {
        let lent = self.rope.lent + rope.lent;
        rope.segments.iter().for_each(|segment| self.segment(segment));
        // What was copied into the other rope is nobody else's.
        self.rope.lent = self.rope.lent.min(lent);
    }
}

/// Gathers the tagged fields of one struct; they are added with ascending tags.
#[derive(Debug, Default)]
pub struct TagWriter {
    fields: Vec<(u32, Rope)>,
}

impl TagWriter {
    /// No field yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn field(
        &mut self,
        tag: u32,
        write: impl FnOnce(&mut Writer) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut body = Writer::new();
        write(&mut body)?;
        self.fields.push((tag, body.finish()));
        Ok(())
    }

    /// Writes the fields to the end of their struct; nothing where the version is not flexible.
    ///
    /// # Errors
    /// [`WireError::TooLong`].
    pub fn finish(self, writer: &mut Writer, flexible: bool) -> Result<(), WireError> {
        if !flexible {
            return Ok(());
        }
        let count = self.fields.len();
        writer.unsigned_varint(u32::try_from(count).map_err(|_| WireError::TooLong(count))?);
        for (tag, body) in self.fields {
            writer.unsigned_varint(tag);
            writer.unsigned_varint(u32::try_from(body.len).map_err(|_| WireError::TooLong(body.len))?);
            writer.append(body);
        }
        Ok(())
    }
}
