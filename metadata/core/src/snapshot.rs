//! The bytes of an image: deterministic, versioned, checksummed.
//!
//! Owns: the envelope: magic and version, the image in postcard's encoding, xxh3 (64 bits, little endian) of all before.
//! Does not own: files (the metadata crate). Two nodes have the same image exactly if [`hash`] is the same.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{Error, ErrorKind};
use crate::image::Image;
use crate::invariants;

const MAGIC: [u8; 4] = *b"STMI";
const SNAPSHOT_VERSION: u16 = 1;
const HASH_BYTES: usize = 8;

#[derive(Serialize)]
struct Envelope<'a> {
    image: &'a Image,
}

#[derive(Deserialize)]
struct OwnedEnvelope {
    image: Image,
}

/// The image's bytes.
///
/// # Errors
/// `Internal` if the encoding fails, which is a defect.
pub fn encode(image: &Image) -> Result<Vec<u8>, Error> {
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&SNAPSHOT_VERSION.to_le_bytes());
    let mut bytes = postcard::to_extend(&Envelope { image }, head)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("encode a snapshot: {error}")))?;
    let hash = xxh3_64(&bytes);
    bytes.extend_from_slice(&hash.to_le_bytes());
    Ok(bytes)
}

/// Reads what [`encode`] wrote.
///
/// # Errors
/// `Corrupt` if the bytes are not whole, not of a known version, or describe a state that cannot be.
pub fn decode(bytes: &[u8]) -> Result<Image, Error> {
    let corrupt = |what: String| Error::new(ErrorKind::Corrupt, format!("read a metadata snapshot: {what}"));
    let (body, hash) =
        bytes.split_last_chunk::<HASH_BYTES>().ok_or_else(|| corrupt("shorter than its checksum".to_owned()))?;
    if xxh3_64(body) != u64::from_le_bytes(*hash) {
        return Err(corrupt("the checksum differs".to_owned()));
    }
    let (magic, rest) = body.split_first_chunk::<4>().ok_or_else(|| corrupt("no magic".to_owned()))?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(|| corrupt("no version".to_owned()))?;
    let version = u16::from_le_bytes(*version);
    if *magic != MAGIC || version != SNAPSHOT_VERSION {
        return Err(corrupt(format!("unknown magic {magic:02x?} or version {version}")));
    }
    let (OwnedEnvelope { mut image }, left) =
        postcard::take_from_bytes(rest).map_err(|error| corrupt(error.to_string()))?;
    if !left.is_empty() {
        return Err(corrupt(format!("{} bytes too many", left.len())));
    }
    image.topics.rebuild_indexes();
    invariants::check(&image).map_err(|violation| corrupt(violation.to_string()))?;
    Ok(image)
}

/// The image's hash, to be compared between nodes at the same index.
///
/// # Errors
/// As [`encode`].
pub fn hash(image: &Image) -> Result<u64, Error> {
    Ok(xxh3_64(&encode(image)?))
}
