//! LZ4 frames, as Kafka's clients write and read them: independent blocks, no dictionary, one frame.
//!
//! Invariant: a frame that Kafka's own clients would refuse (the legacy format, linked blocks) is refused here, so
//! that nothing is stored which a consumer cannot read.

use std::io::{self, Cursor, Write as _};

use bytes::Bytes;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

use crate::record_error::{RecordError, RecordErrorKind};

/// The stream of one body.
pub(super) type Reader = FrameDecoder<Cursor<Bytes>>;

const FRAME_MAGIC: [u8; 4] = 0x184D_2204_u32.to_le_bytes();
const VERSION_MASK: u8 = 0xC0;
const VERSION_1: u8 = 0x40;
const BLOCKS_INDEPENDENT: u8 = 0x20;

pub(super) fn reader(body: Bytes) -> Result<Reader, RecordError> {
    if body.len() < FRAME_MAGIC.len() + 1 || body[..4] != FRAME_MAGIC {
        return Err(RecordError::new(
            RecordErrorKind::Decompress,
            "the lz4 body does not start with an LZ4 frame (magic 0x184D2204)",
        ));
    }
    let flags = body[4];
    if flags & VERSION_MASK != VERSION_1 || flags & BLOCKS_INDEPENDENT == 0 {
        return Err(RecordError::new(
            RecordErrorKind::Decompress,
            format!("LZ4 frame flags {flags:#04x} are not supported: version 1 with independent blocks is"),
        ));
    }
    Ok(FrameDecoder::new(Cursor::new(body)))
}

pub(super) fn compress(body: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let info = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, out);
    encoder.write_all(body)?;
    encoder.finish()?;
    Ok(())
}
