//! Snappy, as Kafka's clients write it: the block framing of the Java library `snappy-java`, or one raw block.
//!
//! ```text
//! 0x82 "SNAPPY" 0x00 | version (4) = 1 | oldest compatible version (4) = 1 | { length (4) | raw snappy block } …
//! ```
//! Numbers are big-endian. A second header may stand where a block could: that is two streams one after another.
//!
//! Invariant: a block's buffer is allocated only if its compressed bytes can really hold that much.

use bytes::{Buf as _, Bytes};

use crate::record_error::{RecordError, RecordErrorKind};

const MAGIC: [u8; 8] = *b"\x82SNAPPY\0";
const HEADER_BYTES: usize = 16;
const VERSION: i32 = 1;
const BLOCK_BYTES: usize = 32 * 1024;

/// A copy element of three bytes makes 64; nothing in the format expands more.
const EXPANSION_MAX: usize = 22;

/// The stream of one body.
pub(super) struct Reader {
    rest: Bytes,
    framed: bool,
    block: Vec<u8>,
    block_read: usize,
}

impl Reader {
    pub(super) fn new(body: Bytes) -> Self {
        let framed = body.starts_with(&MAGIC);
        Self { rest: body, framed, block: Vec::new(), block_read: 0 }
    }

    /// `left` is how much may still come out: a block larger than that is not decompressed at all.
    pub(super) fn read(&mut self, out: &mut [u8], left: usize) -> Result<usize, RecordError> {
        while self.block_read == self.block.len() && !self.rest.is_empty() {
            self.next_block(left)?;
        }
        let unread = &self.block[self.block_read..];
        let count = unread.len().min(out.len());
        out[..count].copy_from_slice(&unread[..count]);
        self.block_read += count;
        Ok(count)
    }

    fn next_block(&mut self, left: usize) -> Result<(), RecordError> {
        if !self.framed {
            let block = std::mem::take(&mut self.rest);
            return self.decompress(&block, left);
        }
        if self.rest.starts_with(&MAGIC) {
            return self.skip_header();
        }
        if self.rest.len() < 4 {
            return Err(bad("a snappy block is cut off within its length"));
        }
        let length = self.rest.get_i32();
        match usize::try_from(length) {
            Ok(length) if length <= self.rest.len() => {
                let block = self.rest.split_to(length);
                self.decompress(&block, left)
            }
            _ => Err(bad(format!("a snappy block says that it has {length} bytes; {} are left", self.rest.len()))),
        }
    }

    fn skip_header(&mut self) -> Result<(), RecordError> {
        if self.rest.len() < HEADER_BYTES {
            return Err(bad("the header of the snappy stream is cut off"));
        }
        let mut header = self.rest.split_to(HEADER_BYTES);
        header.advance(MAGIC.len() + 4);
        let compatible = header.get_i32();
        if compatible > VERSION {
            return Err(bad(format!(
                "the snappy stream needs a reader of version {compatible}; this one is {VERSION}"
            )));
        }
        Ok(())
    }

    fn decompress(&mut self, block: &[u8], left: usize) -> Result<(), RecordError> {
        let length = snap::raw::decompress_len(block).map_err(|error| bad(error.to_string()))?;
        if length > left {
            return Err(RecordError::new(
                RecordErrorKind::OutputTooLarge,
                format!("a snappy block says that it holds {length} bytes, but only {left} more are allowed"),
            ));
        }
        if length > block.len().saturating_mul(EXPANSION_MAX) {
            return Err(bad(format!("a snappy block of {} bytes cannot hold {length} bytes", block.len())));
        }
        self.block.clear();
        self.block.resize(length, 0);
        self.block_read = 0;
        let written =
            snap::raw::Decoder::new().decompress(block, &mut self.block).map_err(|error| bad(error.to_string()))?;
        self.block.truncate(written);
        Ok(())
    }
}

pub(super) fn compress(body: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&VERSION.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    let mut buffer = vec![0; snap::raw::max_compress_len(body.len().min(BLOCK_BYTES))];
    for chunk in body.chunks(BLOCK_BYTES) {
        let length = encoder.compress(chunk, &mut buffer).map_err(|error| bad(error.to_string()))?;
        let prefix = i32::try_from(length).map_err(|_| bad("a snappy block is too long"))?;
        out.extend_from_slice(&prefix.to_be_bytes());
        out.extend_from_slice(&buffer[..length]);
    }
    Ok(())
}

fn bad(context: impl Into<String>) -> RecordError {
    RecordError::new(
        RecordErrorKind::Decompress,
        format!("cannot decompress the records with snappy: {}", context.into()),
    )
}
