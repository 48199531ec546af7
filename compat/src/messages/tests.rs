//! Round trips, hostile input and lossless defaults, for every message.

use super::*;
use crate::wire::{Reader, Sample, WireError, Writer};

/// How many values are tried for each version of each message.
const SEEDS: u64 = 12;

/// Encodes a value in one piece.
pub(super) fn encoded<M: Message>(value: &M, version: i16) -> bytes::Bytes {
    let mut writer = Writer::new();
    if let Err(error) = value.encode(&mut writer, version) {
        panic!("{} version {version}: {error}", M::NAME);
    }
    writer.into_bytes()
}

/// Writes and reads generated values in every version, and cuts the bytes at every length.
pub(super) fn round_trip<M: Message + PartialEq + std::fmt::Debug>(
    sample: fn(&mut Sample, i16) -> M,
) {
    for version in M::MIN_VERSION..=M::LATEST_VERSION {
        for seed in 0..SEEDS {
            let value = sample(&mut Sample::new(seed), version);
            let bytes = encoded(&value, version);
            let mut reader = Reader::new(bytes.clone());
            let read = M::decode(&mut reader, version);
            assert_eq!(
                read.as_ref(),
                Ok(&value),
                "{} version {version} seed {seed}",
                M::NAME
            );
            assert_eq!(
                reader.expect_end(),
                Ok(()),
                "{} version {version} seed {seed}",
                M::NAME
            );
        }
        let value = sample(&mut Sample::small(7), version);
        cut_everywhere::<M>(&encoded(&value, version), version);
    }
    refuse_other_versions::<M>(sample);
}

/// Truncated input is an error at every length, or a whole message without what follows; it never panics.
fn cut_everywhere<M: Message>(bytes: &bytes::Bytes, version: i16) {
    for length in 0..bytes.len() {
        let read = M::decode(&mut Reader::new(bytes.slice(..length)), version);
        assert!(
            read.is_err(),
            "{} version {version} cut at {length} of {}",
            M::NAME,
            bytes.len()
        );
    }
}

fn refuse_other_versions<M: Message>(sample: fn(&mut Sample, i16) -> M) {
    let value = sample(&mut Sample::new(0), M::MIN_VERSION);
    for version in [
        M::MIN_VERSION - 1,
        M::LATEST_VERSION + 1,
        i16::MIN,
        i16::MAX,
    ] {
        let expected = WireError::UnsupportedVersion {
            message: M::NAME,
            version,
        };
        assert_eq!(
            value.encode(&mut Writer::new(), version),
            Err(expected.clone())
        );
        let read = M::decode(
            &mut Reader::new(bytes::Bytes::from_static(&[0; 64])),
            version,
        );
        assert_eq!(read.err(), Some(expected));
    }
}
