//! Tests of `records.rs`.

use bytes::BytesMut;
use kafka_protocol::indexmap::IndexMap;
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records as oracle;
use proptest::prelude::*;

use super::*;
use crate::ids::{LeaderEpoch, ProducerEpoch, ProducerId};
use crate::record_batch::{renew_crc, split_batches, verify_crc};

const LIMITS: DecompressLimits = DecompressLimits::new(64 * 1024 * 1024);

fn field() -> impl Strategy<Value = Option<Bytes>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300).prop_map(Bytes::from))
}

fn header() -> impl Strategy<Value = RecordHeader> {
    // Few keys, so that duplicates are common.
    ("[ab]{0,2}", field()).prop_map(|(key, value)| RecordHeader { key: Bytes::from(key), value })
}

fn record() -> impl Strategy<Value = Record> {
    (1_i64..1000, -1_i64..4_000_000_000_000, field(), field(), proptest::collection::vec(header(), 0..4)).prop_map(
        |(gap, timestamp, key, value, headers)| Record {
            offset: Offset(gap),
            timestamp: Timestamp(timestamp),
            key,
            value,
            headers,
        },
    )
}

/// Records whose offsets ascend with gaps from a base offset.
fn batch_of_records() -> impl Strategy<Value = Vec<Record>> {
    proptest::collection::vec(record(), 1..40).prop_map(|mut records| {
        let mut offset = 1_000_000_000_000;
        for record in &mut records {
            offset += record.offset.0;
            record.offset = Offset(offset);
        }
        records
    })
}

fn build(codec: Compression, records: &[Record]) -> Bytes {
    let mut builder = BatchBuilder::new(records[0].offset).compression(codec, None).leader_epoch(LeaderEpoch(5));
    for record in records {
        builder.push(record.into()).unwrap();
    }
    builder.finish().unwrap()
}

fn read(batch: &Bytes) -> Result<Vec<Record>, RecordError> {
    iterate(batch, LIMITS)?.collect()
}

fn oracle_codec(codec: Compression) -> oracle::Compression {
    match codec {
        Compression::None => oracle::Compression::None,
        Compression::Gzip => oracle::Compression::Gzip,
        Compression::Snappy => oracle::Compression::Snappy,
        Compression::Lz4 => oracle::Compression::Lz4,
        Compression::Zstd => oracle::Compression::Zstd,
    }
}

fn to_oracle(records: &[Record]) -> Vec<oracle::Record> {
    let base = records[0].offset.0;
    records
        .iter()
        .map(|record| oracle::Record {
            transactional: true,
            control: false,
            delete_horizon: false,
            partition_leader_epoch: 5,
            producer_id: 77,
            producer_epoch: 3,
            timestamp_type: oracle::TimestampType::Creation,
            offset: record.offset.0,
            sequence: i32::try_from(record.offset.0 - base).unwrap() + 10,
            timestamp: record.timestamp.0,
            key: record.key.clone(),
            value: record.value.clone(),
            headers: oracle_headers(record),
        })
        .collect()
}

/// The oracle keeps one header of each key.
fn oracle_headers(record: &Record) -> IndexMap<StrBytes, Option<Bytes>> {
    let text = |key: &Bytes| StrBytes::from_string(String::from_utf8(key.to_vec()).unwrap());
    record.headers.iter().map(|header| (text(&header.key), header.value.clone())).collect()
}

fn without_duplicate_headers(mut records: Vec<Record>) -> Vec<Record> {
    for record in &mut records {
        record.headers.sort_by(|left, right| left.key.cmp(&right.key));
        record.headers.dedup_by(|left, right| left.key == right.key);
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn built_batches_are_read_back_with_every_codec(records in batch_of_records()) {
        for codec in Compression::ALL {
            let batch = build(codec, &records);
            verify_crc(&batch).unwrap();
            let header = BatchHeader::parse(&batch).unwrap();
            prop_assert_eq!(header.size_bytes(), batch.len());
            prop_assert_eq!(header.last_offset(), records[records.len() - 1].offset);
            prop_assert_eq!(header.max_timestamp, records.iter().map(|record| record.timestamp).max().unwrap());
            prop_assert_eq!(header.compression().unwrap(), codec);
            prop_assert_eq!(&read(&batch).unwrap(), &records);
            let mut walked = Vec::new();
            walk(&batch, LIMITS, |summary| { walked.push(summary); Ok(()) }).unwrap();
            prop_assert_eq!(walked.len(), records.len());
            for (summary, record) in walked.iter().zip(&records) {
                prop_assert_eq!(header.base_offset.plus(i64::from(summary.offset_delta)), record.offset);
                prop_assert_eq!(summary.timestamp, record.timestamp);
                prop_assert_eq!(summary.has_key, record.key.is_some());
                prop_assert_eq!(summary.has_value, record.value.is_some());
            }
        }
    }

    #[test]
    fn batches_of_the_oracle_are_read(records in batch_of_records()) {
        let records = without_duplicate_headers(records);
        for codec in Compression::ALL {
            let options = oracle::RecordEncodeOptions { version: 2, compression: oracle_codec(codec) };
            let mut out = BytesMut::new();
            oracle::RecordBatchEncoder::encode(&mut out, &to_oracle(&records), &options).unwrap();
            let mut read_back = Vec::new();
            for batch in split_batches(&out.freeze()) {
                let (header, batch) = batch.unwrap();
                verify_crc(&batch).unwrap();
                prop_assert_eq!((header.producer_id, header.producer_epoch), (ProducerId(77), ProducerEpoch(3)));
                prop_assert!(header.is_transactional());
                read_back.extend(read(&batch).unwrap());
            }
            prop_assert_eq!(&read_back, &records);
        }
    }

    #[test]
    fn the_oracle_reads_our_batches(records in batch_of_records()) {
        for codec in Compression::ALL {
            let mut builder = BatchBuilder::new(records[0].offset)
                .compression(codec, None)
                .leader_epoch(LeaderEpoch(5))
                .producer(ProducerStamp { id: ProducerId(77), epoch: ProducerEpoch(3), base_sequence: 10 })
                .transactional(true);
            for record in &records {
                builder.push(record.into()).unwrap();
            }
            let set = oracle::RecordBatchDecoder::decode(&mut builder.finish().unwrap()).unwrap();
            prop_assert_eq!(&set.records, &to_oracle(&records));
        }
    }

    #[test]
    fn damaged_batches_never_panic(records in batch_of_records(), at in any::<usize>(), byte in any::<u8>()) {
        for codec in Compression::ALL {
            let mut batch = build(codec, &records).to_vec();
            let at = at % batch.len();
            batch[at] = byte;
            let whole = Bytes::from(batch.clone());
            drop(read(&whole));
            drop(walk(&whole, LIMITS, |_| Ok(())));
            batch.truncate(at);
            drop(read(&Bytes::from(batch)));
        }
    }

    #[test]
    fn random_bodies_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200), count in 0_i32..5) {
        for codec in Compression::ALL {
            let batch = with_body(codec, &body, count);
            drop(read(&batch));
            drop(walk(&batch, LIMITS, |_| Ok(())));
        }
    }
}

/// A batch with any body, right in all else.
fn with_body(codec: Compression, body: &[u8], count: i32) -> Bytes {
    let mut batch = build(Compression::None, &[sample(0)]).slice(..HEADER_BYTES).to_vec();
    batch.extend_from_slice(body);
    let length = i32::try_from(batch.len() - 12).unwrap();
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    batch[21..23].copy_from_slice(&codec.id().to_be_bytes());
    batch[23..27].copy_from_slice(&(count - 1).max(0).to_be_bytes());
    batch[57..61].copy_from_slice(&count.to_be_bytes());
    renew_crc(&mut batch);
    Bytes::from(batch)
}

fn sample(offset: i64) -> Record {
    Record {
        offset: Offset(offset),
        timestamp: Timestamp(1_000 + offset),
        key: Some(Bytes::from_static(b"key")),
        value: Some(Bytes::from_static(b"value")),
        headers: vec![],
    }
}

#[test]
fn uncompressed_fields_are_slices_of_the_batch() {
    let batch = build(Compression::None, &[sample(0), sample(1)]);
    let inside = batch.as_ptr_range();
    for record in read(&batch).unwrap() {
        assert!(inside.contains(&record.key.unwrap().as_ptr()));
    }
}

#[test]
fn known_bytes_are_read() {
    // One record: length 10 (9 is one too few), attributes 0, timestamp delta -1, offset delta 0, key "k", value none, one header a = "".
    let body = [18, 0, 1, 0, 2, b'k', 1, 2, 2, b'a', 0];
    let record = read(&with_body(Compression::None, &body[..], 1));
    assert_eq!(record.unwrap_err().kind(), RecordErrorKind::BadLength, "a header count of 1 is 2 in zigzag, and it is");
    let body = [20, 0, 1, 0, 2, b'k', 1, 2, 2, b'a', 0];
    let record = read(&with_body(Compression::None, &body[..], 1)).unwrap().remove(0);
    assert_eq!(record.timestamp, Timestamp(999));
    assert_eq!((record.key.as_deref(), record.value), (Some(&b"k"[..]), None));
    assert_eq!(record.headers, [RecordHeader { key: Bytes::from_static(b"a"), value: Some(Bytes::new()) }]);
}

#[test]
fn a_body_that_is_not_what_the_header_says_is_an_error() {
    let one = [12, 0, 0, 0, 1, 1, 0];
    let kind = |body: &[u8], count| read(&with_body(Compression::None, body, count)).unwrap_err().kind();
    let two = [one, [12, 0, 0, 2, 1, 1, 0]].concat();
    assert!(read(&with_body(Compression::None, &two, 2)).is_ok());
    assert_eq!(kind(&two, 1), RecordErrorKind::BadCount);
    assert_eq!(kind(&two, 3), RecordErrorKind::TooShort);
    assert_eq!(kind(&[one, one].concat(), 2), RecordErrorKind::BadOffset);
    assert_eq!(kind(&[0x80, 0x80, 0x80, 0x80, 0x80, 1], 1), RecordErrorKind::BadVarint);
    assert_eq!(kind(&[12, 0, 0, 0, 200, 1, 1, 0], 1), RecordErrorKind::BadLength);
    // A record that claims almost 2 GiB, and a header count that does.
    assert_eq!(kind(&[0xfe, 0xff, 0xff, 0xff, 0x0f], 1), RecordErrorKind::TooShort);
    assert_eq!(kind(&[20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f], 1), RecordErrorKind::TooShort);
    // A header without a key.
    assert_eq!(kind(&[16, 0, 0, 0, 1, 1, 2, 1, 1], 1), RecordErrorKind::BadLength);
}

#[test]
fn bytes_left_over_in_a_compressed_body_are_an_error() {
    for codec in Compression::ALL {
        let mut body = Vec::new();
        crate::compression::compress(codec, None, &[12, 0, 0, 0, 1, 1, 0, 99], &mut body).unwrap();
        let batch = with_body(codec, &body, 1);
        assert_eq!(read(&batch).unwrap_err().kind(), RecordErrorKind::BadCount, "{codec:?}");
        assert_eq!(walk(&batch, LIMITS, |_| Ok(())).unwrap_err().kind(), RecordErrorKind::BadCount, "{codec:?}");
    }
}

#[test]
fn a_bomb_stops_at_the_cap() {
    let mut record = sample(0);
    record.value = Some(Bytes::from(vec![0; 32 * 1024 * 1024]));
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let batch = build(codec, &[record.clone()]);
        let limits = DecompressLimits::new(1024 * 1024);
        let error = iterate(&batch, limits).unwrap().next().unwrap().unwrap_err();
        assert_eq!(error.kind(), RecordErrorKind::OutputTooLarge, "{codec:?}");
        assert_eq!(walk(&batch, limits, |_| Ok(())).unwrap_err().kind(), RecordErrorKind::OutputTooLarge, "{codec:?}");
    }
}

#[test]
fn empty_batches_keep_their_end_and_producer() {
    let producer = ProducerStamp { id: ProducerId(4), epoch: ProducerEpoch(1), base_sequence: 8 };
    let batch = BatchBuilder::new(Offset(10))
        .compression(Compression::Zstd, None)
        .producer(producer)
        .ends_at(Offset(14))
        .finish()
        .unwrap();
    let header = BatchHeader::parse(&batch).unwrap();
    assert_eq!((header.record_count, header.last_offset(), header.last_sequence()), (0, Offset(14), 12));
    assert_eq!(read(&batch).unwrap(), []);
    assert!(BatchBuilder::new(Offset(10)).finish().is_err());
}

#[test]
fn log_append_time_and_delete_horizon_change_only_what_they_should() {
    let mut builder = BatchBuilder::new(Offset(0)).append_time(Timestamp(5_000));
    builder.push((&sample(0)).into()).unwrap();
    let batch = builder.finish().unwrap();
    assert_eq!(BatchHeader::parse(&batch).unwrap().timestamp_type(), TimestampType::LogAppendTime);
    assert_eq!(read(&batch).unwrap()[0].timestamp, Timestamp(5_000));

    let mut builder = BatchBuilder::new(Offset(0)).delete_horizon(Timestamp(9_000));
    builder.push((&sample(0)).into()).unwrap();
    let batch = builder.finish().unwrap();
    assert_eq!(BatchHeader::parse(&batch).unwrap().delete_horizon(), Some(Timestamp(9_000)));
    assert_eq!(read(&batch).unwrap(), [sample(0)]);
}

#[test]
fn records_out_of_order_are_refused_by_the_builder() {
    let mut builder = BatchBuilder::new(Offset(5));
    assert_eq!(builder.push((&sample(4)).into()).unwrap_err().kind(), RecordErrorKind::BadOffset);
    builder.push((&sample(5)).into()).unwrap();
    assert_eq!(builder.push((&sample(5)).into()).unwrap_err().kind(), RecordErrorKind::BadOffset);
    assert_eq!(builder.push((&sample(5 + (1 << 31))).into()).unwrap_err().kind(), RecordErrorKind::TooLarge);
    assert_eq!(builder.ends_at(Offset(4)).finish().unwrap_err().kind(), RecordErrorKind::BadOffset);
}

#[test]
fn re_encoding_changes_the_codec_and_closes_gaps_and_nothing_else() {
    let records = [sample(3), sample(200), sample(100_000)];
    for source in Compression::ALL {
        let batch = build(source, &records);
        for target in Compression::ALL {
            let out = reencode(&batch, target, None, LIMITS).unwrap().freeze();
            verify_crc(&out).unwrap();
            let expected: Vec<Record> = records
                .iter()
                .zip(3..)
                .map(|(record, offset)| Record { offset: Offset(offset), ..record.clone() })
                .collect();
            assert_eq!(read(&out).unwrap(), expected, "{source:?} to {target:?}");
            let (old, new) = (BatchHeader::parse(&batch).unwrap(), BatchHeader::parse(&out).unwrap());
            let same = BatchHeader {
                batch_length: old.batch_length,
                attributes: old.attributes,
                crc: old.crc,
                last_offset_delta: old.last_offset_delta,
                ..new
            };
            assert_eq!(same, old);
            let small = DecompressLimits::new(20);
            let error = reencode(&batch, target, None, small).unwrap_err();
            assert_eq!(error.kind(), RecordErrorKind::OutputTooLarge);
        }
    }
}
