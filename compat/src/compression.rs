//! The codecs of record batches.
//!
//! Owns: which codec has which number and name, compressing a body, and decompressing one as a stream under a cap.
//! Does not own where the body lies in a batch (see `record_batch`, `records`).
//!
//! Invariants: memory follows the bytes that came out, never a size that the input claims; a [`Decompressor`] stops
//! with `OutputTooLarge` once more than its cap has come out.

use std::io;

use bytes::Bytes;

use crate::record_error::{RecordError, RecordErrorKind};

mod gzip;
mod lz4;
mod snappy;
mod zstd;

/// How the records of a batch are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy, in blocks as the Java library `snappy-java` frames them, or one raw block.
    Snappy,
    /// LZ4 frames of independent blocks.
    Lz4,
    /// RFC 8878.
    Zstd,
}

impl Compression {
    /// Every codec, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The codec's number in the attributes of a batch.
    #[must_use]
    pub const fn id(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    /// The codec with this number.
    ///
    /// # Errors
    /// If Kafka defines none.
    pub fn from_id(id: i16) -> Result<Self, RecordError> {
        Self::ALL.into_iter().find(|codec| codec.id() == id).ok_or_else(|| {
            RecordError::new(
                RecordErrorKind::UnknownCodec,
                format!("compression codec {id} is unknown; 0 none, 1 gzip, 2 snappy, 3 lz4 and 4 zstd are known"),
            )
        })
    }

    /// Kafka's name, as a producer's `compression.type` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The codec of this name; a topic's `compression.type` calls none `uncompressed`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "uncompressed" {
            return Some(Self::None);
        }
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }
}

/// Compresses a body and appends it to `out`; `level` is the codec's own scale, and its default where there is none.
/// Snappy has no levels, and lz4 is written at one only.
///
/// # Errors
/// If the codec fails, which it does for no input but for a level that it does not know.
pub fn compress(codec: Compression, level: Option<i32>, body: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
    match codec {
        Compression::None => {
            out.extend_from_slice(body);
            Ok(())
        }
        Compression::Gzip => gzip::compress(level, body, out).map_err(|error| failed("compress", codec, &error)),
        Compression::Snappy => snappy::compress(body, out),
        Compression::Lz4 => lz4::compress(body, out).map_err(|error| failed("compress", codec, &error)),
        Compression::Zstd => zstd::compress(level, body, out).map_err(|error| failed("compress", codec, &error)),
    }
}

/// How much may come out of a compressed body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecompressLimits {
    /// Bytes after which decompressing stops with an error.
    pub output_bytes_max: usize,
}

impl DecompressLimits {
    /// A cap of this many bytes.
    #[must_use]
    pub const fn new(output_bytes_max: usize) -> Self {
        Self { output_bytes_max }
    }
}

/// Decompresses one body as a stream, under a cap.
pub struct Decompressor {
    codec: Compression,
    stream: Stream,
    output_bytes: usize,
    output_bytes_max: usize,
}

enum Stream {
    Gzip(Box<gzip::Reader>),
    Snappy(snappy::Reader),
    Lz4(Box<lz4::Reader>),
    Zstd(zstd::Reader),
    Plain(Bytes),
}

impl Decompressor {
    /// Starts on `body`, which holds what `codec` wrote. An empty body is one without content, whatever the codec.
    ///
    /// # Errors
    /// If the body's first bytes show that the codec did not write it.
    pub fn new(codec: Compression, body: Bytes, limits: DecompressLimits) -> Result<Self, RecordError> {
        let stream = match codec {
            _ if body.is_empty() => Stream::Plain(body),
            Compression::None => Stream::Plain(body),
            Compression::Gzip => Stream::Gzip(Box::new(gzip::reader(body))),
            Compression::Snappy => Stream::Snappy(snappy::Reader::new(body)),
            Compression::Lz4 => Stream::Lz4(Box::new(lz4::reader(body)?)),
            Compression::Zstd => {
                Stream::Zstd(zstd::Reader::new(body).map_err(|error| failed("decompress", codec, &error))?)
            }
        };
        Ok(Self { codec, stream, output_bytes: 0, output_bytes_max: limits.output_bytes_max })
    }

    /// Writes the next bytes into `out` and answers how many; 0 only at the end, or where `out` is empty.
    ///
    /// # Errors
    /// If the body is damaged, or more than the cap has come out.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, RecordError> {
        let left = self.output_bytes_max - self.output_bytes;
        // One byte more than allowed is asked for, so that a body which ends exactly at the cap still passes.
        let window = out.len().min(left.saturating_add(1));
        let out = &mut out[..window];
        let count = match &mut self.stream {
            Stream::Gzip(reader) => {
                io::Read::read(reader, out).map_err(|error| failed("decompress", self.codec, &error))
            }
            Stream::Snappy(reader) => reader.read(out, left),
            Stream::Lz4(reader) => {
                io::Read::read(reader, out).map_err(|error| failed("decompress", self.codec, &error))
            }
            Stream::Zstd(reader) => reader.read(out).map_err(|error| failed("decompress", self.codec, &error)),
            Stream::Plain(body) => {
                let count = body.len().min(out.len());
                out[..count].copy_from_slice(&body.split_to(count));
                Ok(count)
            }
        }?;
        if count > left {
            return Err(too_large(self.output_bytes_max));
        }
        self.output_bytes += count;
        Ok(count)
    }
}

/// Decompresses a whole body.
///
/// # Errors
/// If the body is damaged or more than the cap comes out.
pub fn decompress(codec: Compression, body: &Bytes, limits: DecompressLimits) -> Result<Vec<u8>, RecordError> {
    let mut decompressor = Decompressor::new(codec, body.clone(), limits)?;
    let mut out = Vec::new();
    let mut buffer = [0; 8 * 1024];
    loop {
        match decompressor.read(&mut buffer)? {
            0 => return Ok(out),
            count => out.extend_from_slice(&buffer[..count]),
        }
    }
}

fn failed(what: &str, codec: Compression, error: &dyn std::fmt::Display) -> RecordError {
    RecordError::new(RecordErrorKind::Decompress, format!("cannot {what} the records with {}: {error}", codec.name()))
}

fn too_large(output_bytes_max: usize) -> RecordError {
    RecordError::new(
        RecordErrorKind::OutputTooLarge,
        format!("the compressed records hold more than {output_bytes_max} bytes"),
    )
}

#[cfg(test)]
mod tests;
