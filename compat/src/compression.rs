//! The codecs of record batches.
//!
//! Owns: which codec has which number and name, compressing a body, and decompressing one as a stream under a cap.
//! Does not own where the body lies in a batch (see `record_batch`, `records`).
//!
//! Invariants: memory follows the bytes that came out, never a size that the input claims; a [`Decompressor`] stops
//! with `OutputTooLarge` once more than its cap has come out.

use crate::record_error::{RecordError, RecordErrorKind};

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
