//! Tests of `compression.rs`.

use std::io::Write as _;

use proptest::prelude::*;

use super::*;

const LIMITS: DecompressLimits = DecompressLimits::new(16 * 1024 * 1024);

fn compressed(codec: Compression, body: &[u8]) -> Bytes {
    let mut out = Vec::new();
    compress(codec, None, body, &mut out).unwrap();
    Bytes::from(out)
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at * at % 251).unwrap() & 0x3f).collect()
}

#[test]
fn every_codec_gives_back_what_went_in() {
    for codec in Compression::ALL {
        for length in [0, 1, 100, 32 * 1024, 65 * 1024, 1024 * 1024 + 7] {
            let body = sample(length);
            assert_eq!(decompress(codec, &compressed(codec, &body), LIMITS).unwrap(), body, "{codec:?} {length}");
        }
    }
}

#[test]
fn numbers_and_names_are_kafkas() {
    let expected = [(0, "none"), (1, "gzip"), (2, "snappy"), (3, "lz4"), (4, "zstd")];
    for (codec, (id, name)) in Compression::ALL.into_iter().zip(expected) {
        assert_eq!((codec.id(), codec.name()), (id, name));
        assert_eq!(Compression::from_id(id).unwrap(), codec);
        assert_eq!(Compression::from_name(name), Some(codec));
    }
    assert_eq!(Compression::from_name("uncompressed"), Some(Compression::None));
    assert_eq!(Compression::from_name("producer"), None);
    assert_eq!(Compression::from_id(5).unwrap_err().kind(), RecordErrorKind::UnknownCodec);
}

#[test]
fn a_bomb_stops_at_the_cap_and_a_body_at_the_cap_passes() {
    let zeros = vec![0; 8 * 1024 * 1024];
    for codec in Compression::ALL {
        let bomb = compressed(codec, &zeros);
        for cap in [0, 1, 1000, zeros.len() - 1] {
            let error = decompress(codec, &bomb, DecompressLimits::new(cap)).unwrap_err();
            assert_eq!(error.kind(), RecordErrorKind::OutputTooLarge, "{codec:?} {cap}");
        }
        assert_eq!(decompress(codec, &bomb, DecompressLimits::new(zeros.len())).unwrap().len(), zeros.len());
        assert_eq!(decompress(codec, &bomb, DecompressLimits::new(usize::MAX)).unwrap().len(), zeros.len());
    }
}

#[test]
fn truncated_bodies_are_errors() {
    let body = sample(100_000);
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Zstd, Compression::Lz4] {
        let whole = compressed(codec, &body);
        for cut in [1, 3, 5, whole.len() / 2, whole.len() - 1] {
            // A cut between two snappy blocks, or before the lz4 end mark, only makes the body shorter.
            if let Ok(out) = decompress(codec, &whole.slice(..cut), LIMITS) {
                assert!(out.len() < body.len() || codec == Compression::Lz4, "{codec:?} cut at {cut}");
            }
        }
    }
}

#[test]
fn snappy_is_read_framed_and_raw_and_written_framed() {
    // Literal "abc": length 3, tag (3 - 1) << 2, bytes.
    let raw = [3, 0x08, b'a', b'b', b'c'];
    assert_eq!(decompress(Compression::Snappy, &Bytes::copy_from_slice(&raw), LIMITS).unwrap(), b"abc");
    let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
    framed.extend_from_slice(&[0, 0, 0, 5]);
    framed.extend_from_slice(&raw);
    assert_eq!(decompress(Compression::Snappy, &Bytes::from(framed.clone()), LIMITS).unwrap(), b"abc");
    assert_eq!(compressed(Compression::Snappy, b"abc"), framed);
    // Two streams one after another.
    let twice = [framed.clone(), framed.clone()].concat();
    assert_eq!(decompress(Compression::Snappy, &Bytes::from(twice), LIMITS).unwrap(), b"abcabc");
    // A block that claims gigabytes is refused before anything is allocated for it.
    let mut claims = framed[..16].to_vec();
    claims.extend_from_slice(&[0, 0, 0, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
    let no_cap = DecompressLimits::new(usize::MAX);
    let error = decompress(Compression::Snappy, &Bytes::from(claims.clone()), no_cap).unwrap_err();
    assert_eq!(error.kind(), RecordErrorKind::Decompress);
    let error = decompress(Compression::Snappy, &Bytes::from(claims), LIMITS).unwrap_err();
    assert_eq!(error.kind(), RecordErrorKind::OutputTooLarge);
}

#[test]
fn gzip_members_and_zstd_frames_follow_one_another() {
    for codec in [Compression::Gzip, Compression::Zstd] {
        let twice = [compressed(codec, b"one "), compressed(codec, b"two")].concat();
        assert_eq!(decompress(codec, &Bytes::from(twice), LIMITS).unwrap(), b"one two");
    }
}

#[test]
fn lz4_frames_that_clients_refuse_are_refused() {
    let info = lz4_flex::frame::FrameInfo::new().block_mode(lz4_flex::frame::BlockMode::Linked);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(&sample(1000)).unwrap();
    let linked = encoder.finish().unwrap();
    assert_eq!(
        decompress(Compression::Lz4, &Bytes::from(linked), LIMITS).unwrap_err().kind(),
        RecordErrorKind::Decompress
    );
    assert!(decompress(Compression::Lz4, &Bytes::from_static(&[2, 0x21, 0x4c, 0x18, 0x60]), LIMITS).is_err());
}

#[test]
fn levels_change_the_size_and_unknown_ones_do_not_fail() {
    let body = sample(200_000);
    for codec in Compression::ALL {
        for level in [Some(-1), None, Some(1), Some(9), Some(99)] {
            let mut out = Vec::new();
            compress(codec, level, &body, &mut out).unwrap();
            assert_eq!(decompress(codec, &Bytes::from(out), LIMITS).unwrap(), body, "{codec:?} {level:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_body_comes_back(body in proptest::collection::vec(0_u8..8, 0..5000)) {
        for codec in Compression::ALL {
            prop_assert_eq!(&decompress(codec, &compressed(codec, &body), LIMITS).unwrap(), &body);
        }
    }

    #[test]
    fn random_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for codec in Compression::ALL {
            drop(decompress(codec, &Bytes::from(body.clone()), LIMITS));
        }
    }

    #[test]
    fn damaged_bodies_never_panic(at in 0_usize..2000, bit in 0_u8..8) {
        let body = sample(5000);
        for codec in Compression::ALL {
            let mut damaged = compressed(codec, &body).to_vec();
            let at = at % damaged.len();
            damaged[at] ^= 1 << bit;
            drop(decompress(codec, &Bytes::from(damaged), LIMITS));
        }
    }
}
