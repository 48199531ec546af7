//! Tests of `record_batch.rs`.

use super::*;
use crate::records::{BatchBuilder, ProducerStamp, RecordRef};

fn batch(base_offset: i64, values: &[&[u8]]) -> Bytes {
    let mut builder = BatchBuilder::new(Offset(base_offset)).producer(ProducerStamp {
        id: ProducerId(3),
        epoch: ProducerEpoch(1),
        base_sequence: 100,
    });
    for (offset, value) in (base_offset..).zip(values) {
        let timestamp = Timestamp(1_000 + offset);
        builder
            .push(RecordRef { offset: Offset(offset), timestamp, value: Some(value), ..RecordRef::default() })
            .unwrap();
    }
    builder.finish().unwrap()
}

fn kind_of<T>(result: Result<T, RecordError>) -> Option<RecordErrorKind> {
    result.err().map(|error| error.kind())
}

#[test]
fn header_is_read_at_its_places() {
    let mut bytes = batch(7, &[b"a", b"b"]).to_vec();
    assign_offset_and_epoch(&mut bytes, Offset(70), LeaderEpoch(9));
    verify_crc(&bytes).unwrap();
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!(header.base_offset, Offset(70));
    assert_eq!((header.last_offset(), header.end_offset()), (Offset(71), Offset(72)));
    assert_eq!(header.leader_epoch, LeaderEpoch(9));
    assert_eq!((header.base_timestamp, header.max_timestamp), (Timestamp(1_007), Timestamp(1_008)));
    assert_eq!((header.base_sequence, header.last_sequence()), (100, 101));
    assert_eq!((header.record_count, header.size_bytes()), (2, bytes.len()));
    assert!(header.has_producer_id() && !header.is_control() && !header.is_transactional());
    assert_eq!(header.compression().unwrap(), Compression::None);
}

#[test]
fn any_flipped_bit_in_the_covered_region_is_found() {
    let good = batch(0, &[b"some value", b"another"]);
    let mut bytes = good.to_vec();
    for at in CRC_AT..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert_eq!(kind_of(verify_crc(&bytes)), Some(RecordErrorKind::BadCrc), "byte {at}, bit {bit}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert_eq!(bytes, good);
    verify_crc(&bytes).unwrap();
}

#[test]
fn impossible_headers_are_refused_by_kind() {
    let good = batch(0, &[b"x"]);
    let changed = |at: usize, value: &[u8]| {
        let mut bytes = good.to_vec();
        bytes[at..at + value.len()].copy_from_slice(value);
        kind_of(BatchHeader::parse(&bytes))
    };
    assert_eq!(changed(MAGIC_AT, &[1]), Some(RecordErrorKind::BadMagic));
    assert_eq!(changed(BATCH_LENGTH_AT, &48_i32.to_be_bytes()), Some(RecordErrorKind::BadLength));
    assert_eq!(changed(BATCH_LENGTH_AT, &(-1_i32).to_be_bytes()), Some(RecordErrorKind::BadLength));
    assert_eq!(changed(0, &(-1_i64).to_be_bytes()), Some(RecordErrorKind::BadOffset));
    assert_eq!(changed(0, &i64::MAX.to_be_bytes()), Some(RecordErrorKind::BadOffset));
    assert_eq!(changed(LAST_OFFSET_DELTA_AT, &(-1_i32).to_be_bytes()), Some(RecordErrorKind::BadOffset));
    assert_eq!(changed(RECORD_COUNT_AT, &(-1_i32).to_be_bytes()), Some(RecordErrorKind::BadCount));
    assert_eq!(changed(BATCH_LENGTH_AT, &i32::MAX.to_be_bytes()), None);
    for length in 0..HEADER_BYTES {
        assert_eq!(kind_of(BatchHeader::parse(&good[..length])), Some(RecordErrorKind::TooShort));
    }
    for length in 0..good.len() {
        assert_eq!(kind_of(verify_crc(&good[..length])), Some(RecordErrorKind::TooShort));
    }
}

#[test]
fn sequences_wrap_to_zero() {
    assert_eq!(increment_sequence(5, 3), 8);
    assert_eq!(increment_sequence(i32::MAX, 0), i32::MAX);
    assert_eq!(increment_sequence(i32::MAX, 1), 0);
    assert_eq!(increment_sequence(i32::MAX - 1, 3), 1);
    assert_eq!(increment_sequence(i32::MAX, i32::MAX), i32::MAX - 1);
}

#[test]
fn new_largest_timestamp_renews_the_crc_only_where_it_changed() {
    let good = batch(0, &[b"x"]);
    let mut bytes = good.to_vec();
    assert!(!set_max_timestamp(&mut bytes, TimestampType::CreateTime, Timestamp(1_000)));
    assert_eq!(bytes, good);
    set_max_timestamp_and_log_append_time(&mut bytes, Timestamp(9));
    verify_crc(&bytes).unwrap();
    let header = BatchHeader::parse(&bytes).unwrap();
    assert_eq!((header.timestamp_type(), header.max_timestamp), (TimestampType::LogAppendTime, Timestamp(9)));
    assert!(set_max_timestamp(&mut bytes, TimestampType::CreateTime, Timestamp(1_000)));
    assert_eq!(bytes, good);
}

#[test]
fn batches_are_split_and_a_partial_one_ends_the_iteration() {
    let (first, second) = (batch(0, &[b"a", b"b"]), batch(2, &[b"c"]));
    let both = Bytes::from([first.clone(), second.clone()].concat());
    for length in 0..=both.len() {
        let slices: Vec<Bytes> = split_batches(&both.slice(..length)).map(|batch| batch.unwrap().1).collect();
        let expected = match length {
            _ if length == both.len() => vec![first.clone(), second.clone()],
            _ if length >= first.len() => vec![first.clone()],
            _ => vec![],
        };
        assert_eq!(slices, expected, "{length} bytes");
    }
}

#[test]
fn an_impossible_header_is_the_last_item_of_the_iteration() {
    let mut bytes = [batch(0, &[b"a"]), batch(1, &[b"b"])].concat();
    let second_at = bytes.len() / 2;
    bytes[second_at + MAGIC_AT] = 0;
    let mut batches = split_batches(&Bytes::from(bytes.clone()));
    assert!(batches.next().unwrap().is_ok());
    assert_eq!(kind_of(batches.next().unwrap()), Some(RecordErrorKind::BadMagic));
    assert!(batches.next().is_none());
    // Also where not the whole header is there.
    let mut batches = split_batches(&Bytes::from(bytes).slice(second_at..second_at + 20));
    assert_eq!(kind_of(batches.next().unwrap()), Some(RecordErrorKind::BadMagic));
    assert!(batches.next().is_none());
}
