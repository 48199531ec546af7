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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::tests::{World, create, on_brokers, partition};

    fn image() -> Image {
        let mut world = World::new(1, true);
        world.done(&create(1, on_brokers(&[1]), &[("retention.ms", "1")]));
        world.image
    }

    /// An image's bytes, changed, under a checksum that is right again.
    fn sealed(image: &Image, edit: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = encode(image).unwrap();
        bytes.truncate(bytes.len() - HASH_BYTES);
        edit(&mut bytes);
        let hash = xxh3_64(&bytes);
        bytes.extend_from_slice(&hash.to_le_bytes());
        bytes
    }

    #[test]
    fn foreign_bytes_under_a_right_checksum_are_refused() {
        let image = image();
        assert_eq!(decode(&sealed(&image, |_| {})).unwrap(), image);
        for (what, expected, edit) in [
            ("magic", "unknown magic", (|bytes| bytes[0] = b'X') as fn(&mut Vec<u8>)),
            ("version", "unknown magic [53, 54, 4d, 49] or version 2", |bytes| bytes[4] = 2),
            ("nothing after the checksum", "no magic", Vec::clear),
            ("no version", "no version", |bytes| bytes.truncate(5)),
            ("no image", "Hit the end of buffer", |bytes| bytes.truncate(6)),
            ("more than an image", "2 bytes too many", |bytes| bytes.extend_from_slice(&[0, 0])),
        ] {
            let error = decode(&sealed(&image, edit)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}");
            assert!(error.to_string().contains(expected), "{what}: {error}");
        }
    }

    #[test]
    fn state_that_cannot_be_is_refused() {
        let mut image = image();
        let state = image.partition(partition(1, 0)).unwrap().as_ref().clone();
        image.topics.set_partition(partition(9, 0), state);
        let error = decode(&encode(&image).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("M-P1"), "{error}");
    }

    #[test]
    fn hash_tells_images_apart() {
        let (image, again) = (image(), image());
        assert_eq!(hash(&image).unwrap(), hash(&again).unwrap());
        let mut other = image.clone();
        other.apply(other.applied_index + 1, &crate::command::Command::NoOp).0.unwrap();
        assert_ne!(hash(&other).unwrap(), hash(&image).unwrap(), "the index is part of the state");
    }
}
