//! gzip (RFC 1952), with any number of members.

use std::io::{self, Cursor, Write as _};

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

/// The stream of one body.
pub(super) type Reader = MultiGzDecoder<Cursor<Bytes>>;

const LEVEL_DEFAULT: u32 = 6;
const LEVEL_MAX: u32 = 9;

pub(super) fn reader(body: Bytes) -> Reader {
    MultiGzDecoder::new(Cursor::new(body))
}

pub(super) fn compress(level: Option<i32>, body: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    // Kafka writes −1 for the default.
    let level = level.and_then(|level| u32::try_from(level).ok()).unwrap_or(LEVEL_DEFAULT).min(LEVEL_MAX);
    let mut encoder = GzEncoder::new(out, flate2::Compression::new(level));
    encoder.write_all(body)?;
    encoder.finish()?;
    Ok(())
}
