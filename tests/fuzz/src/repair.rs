//! Makes checksums right again after a mutation: without that, nothing behind a checksum is ever reached.
//!
//! Owns: finding where a format keeps the CRC-32C of its own bytes, by looking at whole inputs; the same for records in a row.
//! Does not own: the formats.

use xxhash_rust::xxh3::xxh3_64;

/// Bytes at the begin of an input that are searched for a checksum of the rest.
const HEAD_BYTES: usize = 96;

/// How a format protects its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repair {
    /// Not at all.
    None,
    /// The checksum is at this place, over all behind it.
    Head { at: usize, big: bool },
    /// The last four bytes are the checksum of all before.
    Tail { big: bool },
    /// The last eight bytes are xxh3 of all before, little endian.
    TailXxh3,
    /// The first four bytes are the length of the rest.
    Size,
    /// One record batch: its length, and the CRC from byte 21 on.
    Batch,
    /// The trailer of a segment's index section.
    Trailer,
}

fn bytes_of(sum: u32, big: bool) -> [u8; 4] {
    if big { sum.to_be_bytes() } else { sum.to_le_bytes() }
}

impl Repair {
    /// Finds the checksum in an input that is whole.
    pub(crate) fn find(whole: &[u8]) -> Self {
        if let Some((body, sum)) = whole.split_last_chunk::<8>()
            && xxh3_64(body).to_le_bytes() == *sum
        {
            return Self::TailXxh3;
        }
        for big in [true, false] {
            if let Some((body, sum)) = whole.split_last_chunk::<4>()
                && bytes_of(crc32c::crc32c(body), big) == *sum
            {
                return Self::Tail { big };
            }
            let heads = 0..HEAD_BYTES.min(whole.len().saturating_sub(4));
            let found =
                heads.into_iter().find(|at| bytes_of(crc32c::crc32c(&whole[at + 4..]), big) == whole[*at..at + 4]);
            if let Some(at) = found {
                return Self::Head { at, big };
            }
        }
        Self::None
    }

    /// Writes the checksum that belongs to the bytes; what is too short for one stays as it is.
    pub(crate) fn apply(self, bytes: &mut [u8]) {
        match self {
            Self::None => {}
            Self::Head { at, big } => {
                if let Some((head, rest)) = bytes.split_at_mut_checked(at + 4) {
                    head[at..].copy_from_slice(&bytes_of(crc32c::crc32c(rest), big));
                }
            }
            Self::Tail { big } => {
                if let Some((body, sum)) = bytes.split_last_chunk_mut::<4>() {
                    *sum = bytes_of(crc32c::crc32c(body), big);
                }
            }
            Self::TailXxh3 => {
                if let Some((body, sum)) = bytes.split_last_chunk_mut::<8>() {
                    *sum = xxh3_64(body).to_le_bytes();
                }
            }
            Self::Size => {
                if let Some((size, rest)) = bytes.split_first_chunk_mut::<4>() {
                    *size = i32::try_from(rest.len()).unwrap_or(i32::MAX).to_be_bytes();
                }
            }
            Self::Batch => {
                // Two bytes in front choose the rules of the topic.
                let bytes = bytes.get_mut(2..).unwrap_or_default();
                if let (true, Ok(length)) = (bytes.len() >= 61, i32::try_from(bytes.len().saturating_sub(12))) {
                    bytes[8..12].copy_from_slice(&length.to_be_bytes());
                    let sum = crc32c::crc32c(&bytes[21..]);
                    bytes[17..21].copy_from_slice(&sum.to_be_bytes());
                }
            }
            Self::Trailer => repair_trailer(bytes),
        }
    }
}

/// `… footer | length (4) | index position (8) | checksum of footer, length and position (4) | magic (8)`.
fn repair_trailer(bytes: &mut [u8]) {
    let Some(trailer) = bytes.len().checked_sub(24) else {
        return;
    };
    let length = u32::from_be_bytes([bytes[trailer], bytes[trailer + 1], bytes[trailer + 2], bytes[trailer + 3]]);
    let footer = usize::try_from(length).ok().and_then(|length| trailer.checked_sub(length));
    if let Some(footer) = footer {
        let sum = crc32c::crc32c(&bytes[footer..trailer + 12]);
        bytes[trailer + 12..trailer + 16].copy_from_slice(&sum.to_be_bytes());
    }
}
