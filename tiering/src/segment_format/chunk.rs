//! Chunks: the object's batches cut into equal byte ranges, each checked and coded by itself.
//!
//! Owns: the chunk table and the opening of one stored chunk. Does not own: caching or fetching.

use bytes::{BufMut, Bytes, BytesMut};

use crate::error::{Error, ErrorKind};
use crate::wire::{Reader, length_u64};

/// Log bytes of every chunk but the last, which may be shorter.
pub const CHUNK_BYTES: u64 = 1024 * 1024;

const ENTRY_BYTES: usize = 4 + 4 + 1 + 4 + 4;

/// How the stored bytes of a chunk are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkCodec {
    /// Stored as they lie in the log.
    None,
}

impl ChunkCodec {
    const fn code(self) -> u8 {
        match self {
            Self::None => 0,
        }
    }

    fn from_code(code: u8) -> Result<Self, Error> {
        match code {
            0 => Ok(Self::None),
            other => Err(Error::new(ErrorKind::Invalid, format!("chunk codec {other} needs a newer version"))),
        }
    }
}

/// One chunk: where it lies and how to check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkEntry {
    /// Position of its first byte in the segment's log bytes.
    pub plain_position: u64,
    /// Log bytes in it.
    pub plain_bytes: u32,
    /// Position of its first stored byte in the object.
    pub stored_position: u64,
    /// Stored bytes of it.
    pub stored_bytes: u32,
    /// Coding of the stored bytes.
    pub codec: ChunkCodec,
    /// Key that the stored bytes are encrypted with, 0 for none.
    pub key_id: u32,
    /// CRC-32C of the stored bytes.
    pub crc32c: u32,
}

impl ChunkEntry {
    /// Checks the stored bytes and gives the log bytes.
    pub fn open(&self, stored: Bytes) -> Result<Bytes, Error> {
        if length_u64(stored.len()) != u64::from(self.stored_bytes) {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("a chunk of {} stored bytes has {}", self.stored_bytes, stored.len()),
            )
            .at(self.stored_position));
        }
        let actual = crc32c::crc32c(&stored);
        if actual != self.crc32c {
            return Err(Error::new(
                ErrorKind::Corrupt,
                format!("a chunk's checksum is {actual:#010x} instead of {:#010x}", self.crc32c),
            )
            .at(self.stored_position));
        }
        match self.codec {
            ChunkCodec::None => Ok(stored),
        }
    }
}

/// All chunks of a segment, in order and without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkTable {
    entries: Vec<ChunkEntry>,
}

impl ChunkTable {
    /// The chunks, in order.
    #[must_use]
    pub fn entries(&self) -> &[ChunkEntry] {
        &self.entries
    }

    /// Log bytes of all chunks.
    #[must_use]
    pub fn plain_bytes(&self) -> u64 {
        self.entries.last().map_or(0, |last| last.plain_position + u64::from(last.plain_bytes))
    }

    /// Stored bytes of all chunks.
    #[must_use]
    pub fn stored_bytes(&self) -> u64 {
        self.entries.last().map_or(0, |last| last.stored_position + u64::from(last.stored_bytes))
    }

    /// Index of the chunk that holds this position of the log bytes.
    #[must_use]
    pub fn chunk_at(&self, plain_position: u64) -> Option<usize> {
        let index = self.entries.partition_point(|entry| entry.plain_position <= plain_position).checked_sub(1)?;
        let entry = self.entries[index];
        (plain_position < entry.plain_position + u64::from(entry.plain_bytes)).then_some(index)
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.entries.len() * ENTRY_BYTES);
        for entry in &self.entries {
            out.put_u32(entry.plain_bytes);
            out.put_u32(entry.stored_bytes);
            out.put_u8(entry.codec.code());
            out.put_u32(entry.key_id);
            out.put_u32(entry.crc32c);
        }
        out.freeze()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if !bytes.len().is_multiple_of(ENTRY_BYTES) {
            return Err(Error::new(ErrorKind::Corrupt, "the chunk table is not whole"));
        }
        let mut reader = Reader::new(bytes, "chunk table");
        let mut table = Self { entries: Vec::with_capacity(bytes.len() / ENTRY_BYTES) };
        while reader.remaining() > 0 {
            let (plain_bytes, stored_bytes) = (reader.u32()?, reader.u32()?);
            let codec = ChunkCodec::from_code(reader.u8()?)?;
            let (key_id, crc32c) = (reader.u32()?, reader.u32()?);
            if plain_bytes == 0 || stored_bytes == 0 || u64::from(plain_bytes) > CHUNK_BYTES {
                return Err(Error::new(ErrorKind::Corrupt, "the chunk table has a chunk of an impossible size"));
            }
            if codec == ChunkCodec::None && plain_bytes != stored_bytes {
                return Err(Error::new(ErrorKind::Corrupt, "a chunk without codec has two sizes"));
            }
            if key_id != 0 {
                return Err(Error::new(ErrorKind::Invalid, "an encrypted chunk needs a newer version"));
            }
            let (plain_position, stored_position) = (table.plain_bytes(), table.stored_bytes());
            if !plain_position.is_multiple_of(CHUNK_BYTES) {
                return Err(Error::new(ErrorKind::Corrupt, "only the last chunk may be short"));
            }
            table.entries.push(ChunkEntry {
                plain_position,
                plain_bytes,
                stored_position,
                stored_bytes,
                codec,
                key_id,
                crc32c,
            });
        }
        Ok(table)
    }
}

/// Cuts a stream of batches into chunks without copying it.
#[derive(Debug, Default)]
pub(crate) struct ChunkCutter {
    table: ChunkTable,
    open_bytes: u32,
    open_crc: u32,
}

impl ChunkCutter {
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - u64::from(self.open_bytes);
            let count = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
            let (head, tail) = bytes.split_at(count);
            self.open_crc = crc32c::crc32c_append(self.open_crc, head);
            self.open_bytes += u32::try_from(count).expect("a chunk is 1 MiB at most");
            bytes = tail;
            if u64::from(self.open_bytes) == CHUNK_BYTES {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let entry = ChunkEntry {
            plain_position: self.table.plain_bytes(),
            plain_bytes: self.open_bytes,
            stored_position: self.table.stored_bytes(),
            stored_bytes: self.open_bytes,
            codec: ChunkCodec::None,
            key_id: 0,
            crc32c: self.open_crc,
        };
        self.table.entries.push(entry);
        self.open_bytes = 0;
        self.open_crc = 0;
    }

    pub(crate) fn finish(mut self) -> ChunkTable {
        if self.open_bytes > 0 {
            self.close();
        }
        self.table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(parts: &[&[u8]]) -> ChunkTable {
        let mut cutter = ChunkCutter::default();
        for part in parts {
            cutter.push(part);
        }
        cutter.finish()
    }

    #[test]
    fn chunks_are_equal_but_the_last_and_do_not_depend_on_the_parts() {
        let bytes: Vec<u8> = (0..2_500_000_u32).map(|value| value.to_le_bytes()[0]).collect();
        let whole = table(&[&bytes]);
        assert_eq!(whole, table(&[&bytes[..7], &bytes[7..1_100_000], &bytes[1_100_000..]]));
        assert_eq!(whole.entries().len(), 3);
        assert_eq!(whole.plain_bytes(), 2_500_000);
        assert_eq!(ChunkTable::decode(&whole.encode()).unwrap(), whole);
        assert_eq!(whole.chunk_at(1_048_576), Some(1));
        assert_eq!(whole.chunk_at(1_048_575), Some(0));
        assert_eq!(whole.chunk_at(2_500_000), None);
    }

    #[test]
    fn damaged_chunk_is_refused() {
        let bytes = Bytes::from_static(b"some batches");
        let entry = table(&[&bytes]).entries()[0];
        assert_eq!(entry.open(bytes.clone()).unwrap(), bytes);
        assert_eq!(entry.open(Bytes::from_static(b"same batches")).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(entry.open(Bytes::from_static(b"some")).unwrap_err().kind(), ErrorKind::Corrupt);
    }

    #[test]
    fn codec_and_key_of_a_newer_version_are_refused() {
        let mut bytes = table(&[b"abc"]).encode().to_vec();
        bytes[8] = 1;
        assert_eq!(ChunkTable::decode(&bytes).unwrap_err().kind(), ErrorKind::Invalid);
        bytes[8] = 0;
        bytes[12] = 1;
        assert_eq!(ChunkTable::decode(&bytes).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(ChunkTable::decode(&bytes[1..]).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
