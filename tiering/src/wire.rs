//! Bounded reading of our own formats: every length is checked against the bytes that are there before it is used.
//!
//! Owns: the reader and the writing of length-prefixed fields. Does not own: any layout. Integers are big-endian.

use bytes::{BufMut, BytesMut};
use strata_compat::ids::Uuid;

use crate::error::{Error, ErrorKind};

/// Reads fields from the front of a slice; a slice that is too short is `Corrupt`, never a panic.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    pub(crate) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.rest.split_at_checked(count).ok_or_else(|| {
            Error::new(
                ErrorKind::Corrupt,
                format!("{} ends early: {count} bytes wanted, {} left", self.what, self.rest.len()),
            )
        })?;
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(crate) fn i32(&mut self) -> Result<i32, Error> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64, Error> {
        Ok(i64::from_be_bytes(self.array()?))
    }

    pub(crate) fn uuid(&mut self) -> Result<Uuid, Error> {
        Ok(Uuid::from_bytes(self.array()?))
    }

    /// A uuid where all zeroes stand for none.
    pub(crate) fn optional_uuid(&mut self) -> Result<Option<Uuid>, Error> {
        let uuid = self.uuid()?;
        Ok(if uuid.is_nil() { None } else { Some(uuid) })
    }

    pub(crate) fn text(&mut self) -> Result<String, Error> {
        let length = usize::from(self.u16()?);
        let bytes = self.take(length)?;
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Error::with_source(ErrorKind::Corrupt, format!("{}: text", self.what), error))?;
        Ok(text.to_owned())
    }
}

/// Writes a text with its length; a longer one than the length field can say is `Invalid`.
pub(crate) fn put_text(out: &mut BytesMut, text: &str) -> Result<(), Error> {
    let length = u16::try_from(text.len())
        .map_err(|_| Error::new(ErrorKind::Invalid, format!("a name of {} bytes is too long", text.len())))?;
    out.put_u16(length);
    out.put_slice(text.as_bytes());
    Ok(())
}

/// Writes a uuid, all zeroes for none.
pub(crate) fn put_optional_uuid(out: &mut BytesMut, uuid: Option<Uuid>) {
    out.put_slice(uuid.unwrap_or_else(Uuid::nil).as_bytes());
}

/// A length in memory as the width of our files. Both are 64 bits wide on every target that we build for.
pub(crate) fn length_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_bytes_are_refused_and_nothing_is_allocated_from_a_length() {
        let mut reader = Reader::new(&[0xff, 0xff, b'a'], "test");
        assert_eq!(reader.text().unwrap_err().kind(), ErrorKind::Corrupt);
        let mut reader = Reader::new(&[1, 2, 3], "test");
        assert_eq!(reader.u32().unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn text_and_uuid_are_read_back() {
        let mut out = BytesMut::new();
        put_text(&mut out, "flüge").unwrap();
        put_optional_uuid(&mut out, None);
        let mut reader = Reader::new(&out, "test");
        assert_eq!(reader.text().unwrap(), "flüge");
        assert_eq!(reader.optional_uuid().unwrap(), None);
        assert_eq!(reader.remaining(), 0);
    }
}
