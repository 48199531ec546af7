//! Tests of `log_validator.rs`.

use strata_compat::ids::{ProducerEpoch, ProducerId};
use strata_compat::records::{BatchBuilder, ProducerStamp, Record, RecordHeader, iterate};

use super::*;

const LIMITS: DecompressLimits = DecompressLimits::new(4 * 1024 * 1024);
const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn rules() -> ValidationRules {
    ValidationRules::new(&LogConfig::default(), LIMITS, NOW)
}

fn record(offset: i64, timestamp: Timestamp) -> Record {
    let header =
        |value: &'static [u8]| RecordHeader { key: Bytes::from_static(b"h"), value: Some(Bytes::from_static(value)) };
    Record {
        offset: Offset(offset),
        timestamp,
        key: Some(Bytes::from_static(b"key")),
        value: Some(Bytes::from(format!("value of record {offset}"))),
        headers: vec![header(b"1"), header(b"2")],
    }
}

/// Three records; the second has the largest timestamp.
fn three() -> Vec<Record> {
    [-5_000, -1_000, -3_000].into_iter().zip(0..).map(|(ms, offset)| record(offset, NOW.plus_ms(ms))).collect()
}

fn build(codec: Compression, records: &[Record]) -> Bytes {
    let producer = ProducerStamp { id: ProducerId(8), epoch: ProducerEpoch(2), base_sequence: 40 };
    let mut builder = BatchBuilder::new(Offset(0)).compression(codec, None).producer(producer);
    for record in records {
        builder.push(record.into()).unwrap();
    }
    builder.finish().unwrap()
}

/// The batch with some bytes of its header replaced and the CRC right again.
fn changed(batch: &Bytes, at: usize, value: &[u8]) -> Bytes {
    let mut bytes = batch.to_vec();
    bytes[at..at + value.len()].copy_from_slice(value);
    let max_timestamp = Timestamp(i64::from_be_bytes(bytes[35..43].try_into().unwrap()));
    let sent_as = if bytes[22] & 0x08 == 0 { TimestampType::CreateTime } else { TimestampType::LogAppendTime };
    // The CRC is renewed only by a change, so change something and change it back.
    set_max_timestamp(&mut bytes, sent_as, Timestamp(!max_timestamp.0));
    set_max_timestamp(&mut bytes, sent_as, max_timestamp);
    Bytes::from(bytes)
}

fn refused(records: Bytes, rules: &ValidationRules) -> LogErrorReason {
    validate_client_records(records, rules).unwrap_err().reason
}

fn records_of(batch: &ValidatedBatch) -> Vec<Record> {
    iterate(&Bytes::copy_from_slice(&batch.bytes), LIMITS).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_good_batch_passes_unchanged_with_every_codec() {
    for codec in Compression::ALL {
        let sent = build(codec, &three());
        let batch = validate_client_records(sent.clone(), &rules()).unwrap();
        assert_eq!(batch.bytes, sent, "{codec:?}");
        assert_eq!((batch.max_timestamp, batch.offset_delta_of_max_timestamp), (NOW.plus_ms(-1_000), 1));
        assert_eq!((batch.append_time, batch.record_count), (None, 3));
        let (header, bytes) = batch.assign(Offset(500), LeaderEpoch(7));
        assert_eq!(BatchHeader::parse(&bytes).unwrap(), header);
        assert_eq!((header.last_offset(), header.leader_epoch), (Offset(502), LeaderEpoch(7)));
        assert_eq!(check_replicated(&bytes).unwrap(), header);
    }
}

#[test]
fn a_batch_that_nobody_else_holds_is_not_copied() {
    let sent = build(Compression::Lz4, &three());
    let place = sent.as_ptr();
    assert_eq!(validate_client_records(sent, &rules()).unwrap().bytes.as_ptr(), place);
}

#[test]
fn a_false_largest_timestamp_is_put_right() {
    for codec in Compression::ALL {
        let good = build(codec, &three());
        for claim in [0, i64::MAX, -1, NOW.0] {
            let sent = changed(&good, 35, &claim.to_be_bytes());
            let batch = validate_client_records(sent, &rules()).unwrap();
            assert_eq!(batch.header.max_timestamp, NOW.plus_ms(-1_000), "{codec:?} {claim}");
            assert_eq!(batch.bytes, good);
            verify_crc(&batch.bytes).unwrap();
        }
    }
}

#[test]
fn headers_that_lie_are_refused() {
    use LogErrorReason::{InvalidRecord, InvalidTimestamp, UnsupportedCompression};
    let good = build(Compression::None, &three());
    let table: [(&str, usize, &[u8], LogErrorReason); 14] = [
        ("base offset 1", 0, &1_i64.to_be_bytes(), InvalidRecord),
        ("base offset below 0", 0, &(-1_i64).to_be_bytes(), InvalidRecord),
        ("magic 1", 16, &[1], InvalidRecord),
        ("magic 3", 16, &[3], InvalidRecord),
        ("no record", 57, &0_i32.to_be_bytes(), InvalidRecord),
        ("negative count", 57, &(-1_i32).to_be_bytes(), InvalidRecord),
        ("count too high", 57, &i32::MAX.to_be_bytes(), InvalidRecord),
        ("count too low", 57, &2_i32.to_be_bytes(), InvalidRecord),
        ("last offset delta too high", 23, &3_i32.to_be_bytes(), InvalidRecord),
        ("negative last offset delta", 23, &(-1_i32).to_be_bytes(), InvalidRecord),
        ("control bit", 22, &[0x20], InvalidRecord),
        ("negative sequence", 53, &(-1_i32).to_be_bytes(), InvalidRecord),
        ("LogAppendTime bit", 22, &[0x08], InvalidTimestamp),
        ("unknown codec", 22, &[0x05], UnsupportedCompression),
    ];
    for (name, at, value, reason) in table {
        assert_eq!(refused(changed(&good, at, value), &rules()), reason, "{name}");
    }
    // Both counts agree with each other but not with the body.
    for count in [2_i32, 4] {
        let sent = changed(&changed(&good, 57, &count.to_be_bytes()), 23, &(count - 1).to_be_bytes());
        assert_eq!(refused(sent, &rules()), InvalidRecord);
    }
}

#[test]
fn a_wrong_crc_is_corrupt() {
    let mut bytes = build(Compression::Gzip, &three()).to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(refused(Bytes::from(bytes.clone()), &rules()), LogErrorReason::CorruptBatch);
    let error = check_replicated(&bytes).unwrap_err();
    assert_eq!((error.kind(), error.reason()), (LogErrorKind::Corrupt, LogErrorReason::CorruptBatch));
}

#[test]
fn a_body_that_its_codec_did_not_write_is_corrupt() {
    let plain = build(Compression::None, &three());
    for codec in [Compression::Gzip, Compression::Lz4, Compression::Zstd] {
        let sent = changed(&plain, 21, &codec.id().to_be_bytes());
        assert_eq!(refused(sent, &rules()), LogErrorReason::CorruptBatch, "{codec:?}");
    }
}

#[test]
fn a_partition_gets_exactly_one_whole_batch() {
    let good = build(Compression::None, &three());
    for records in [
        Bytes::new(),
        good.slice(..60),
        good.slice(..good.len() - 1),
        Bytes::from([&good[..], &good[..]].concat()),
        Bytes::from([&good[..], &[0]].concat()),
    ] {
        assert_eq!(refused(records, &rules()), LogErrorReason::InvalidRecord);
    }
}

#[test]
fn sizes_are_limited() {
    let good = build(Compression::None, &three());
    let fits = ValidationRules { max_message_bytes: good.len(), segment_bytes: good.len(), ..rules() };
    assert!(validate_client_records(good.clone(), &fits).is_ok());
    let message = ValidationRules { max_message_bytes: good.len() - 1, ..fits };
    assert_eq!(refused(good.clone(), &message), LogErrorReason::MessageTooLarge);
    let segment = ValidationRules { segment_bytes: good.len() - 1, ..fits };
    assert_eq!(refused(good, &segment), LogErrorReason::RecordListTooLarge);
}

#[test]
fn a_compression_bomb_is_refused_at_the_cap() {
    let mut bomb = record(0, NOW);
    bomb.value = Some(Bytes::from(vec![0; 64 * 1024 * 1024]));
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        let rules = ValidationRules { max_message_bytes: usize::MAX, ..rules() };
        let sent = build(codec, std::slice::from_ref(&bomb));
        assert_eq!(refused(sent, &rules), LogErrorReason::MessageTooLarge, "{codec:?}");
    }
}

#[test]
fn timestamps_outside_the_window_are_told_by_record() {
    let rules = ValidationRules { timestamp_before_max_ms: 10_000, timestamp_after_max_ms: 1_000, ..rules() };
    let inside = [NOW.plus_ms(-10_000), NOW.plus_ms(1_000), Timestamp::NONE];
    let records: Vec<Record> = inside.into_iter().zip(0..).map(|(time, offset)| record(offset, time)).collect();
    assert!(validate_client_records(build(Compression::Zstd, &records), &rules).is_ok());
    let outside = [NOW, NOW.plus_ms(-10_001), NOW.plus_ms(1_001), Timestamp(i64::MAX), Timestamp(-2)];
    let records: Vec<Record> = outside.into_iter().zip(0..).map(|(time, offset)| record(offset, time)).collect();
    for codec in Compression::ALL {
        let error = validate_client_records(build(codec, &records), &rules).unwrap_err();
        assert_eq!(error.reason, LogErrorReason::InvalidTimestamp);
        assert_eq!(error.record_errors.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }
    // Where the broker sets the time, the producer's does not matter.
    let append_time = ValidationRules { timestamp_type: TimestampType::LogAppendTime, ..rules };
    assert!(validate_client_records(build(Compression::None, &records), &append_time).is_ok());
}

#[test]
fn compacted_topics_need_keys() {
    let rules = ValidationRules { compacted: true, timestamp_after_max_ms: 0, ..rules() };
    let mut records = three();
    records[1].key = None;
    let error = validate_client_records(build(Compression::Snappy, &records), &rules).unwrap_err();
    assert_eq!((error.reason, error.record_errors.len()), (LogErrorReason::InvalidRecord, 1));
    assert_eq!(error.record_errors[0].0, 1);
    // A bad timestamp beside it decides the code, and both are told.
    records[2].timestamp = NOW.plus_ms(1);
    let error = validate_client_records(build(Compression::Snappy, &records), &rules).unwrap_err();
    assert_eq!((error.reason, error.record_errors.len()), (LogErrorReason::InvalidTimestamp, 2));
}

#[test]
fn record_errors_are_bounded() {
    let rules = ValidationRules { compacted: true, ..rules() };
    let records: Vec<Record> = (0..3_000).map(|offset| Record { key: None, ..record(offset, NOW) }).collect();
    let error = validate_client_records(build(Compression::Zstd, &records), &rules).unwrap_err();
    assert_eq!(error.record_errors.len(), RECORD_ERRORS_MAX);
    assert!(error.message.starts_with("3000 records"), "{}", error.message);
}

#[test]
fn log_append_time_rewrites_header_and_crc_only() {
    for codec in Compression::ALL {
        let sent = build(codec, &three());
        let rules = ValidationRules { timestamp_type: TimestampType::LogAppendTime, ..rules() };
        let batch = validate_client_records(sent.clone(), &rules).unwrap();
        assert_eq!((batch.append_time, batch.max_timestamp), (Some(NOW), NOW));
        assert_eq!(batch.offset_delta_of_max_timestamp, 2);
        assert_eq!(batch.header.timestamp_type(), TimestampType::LogAppendTime);
        assert_eq!(batch.bytes[61..], sent[61..]);
        verify_crc(&batch.bytes).unwrap();
        assert!(records_of(&batch).iter().all(|record| record.timestamp == NOW));
    }
}

#[test]
fn another_codec_of_the_topic_re_encodes_and_keeps_all_else() {
    for source in Compression::ALL {
        for target in Compression::ALL {
            let rules = ValidationRules { compression: Some((target, None)), ..rules() };
            let sent = build(source, &three());
            let batch = validate_client_records(sent.clone(), &rules).unwrap();
            assert_eq!(batch.header.compression().unwrap(), target);
            assert_eq!(records_of(&batch), three());
            assert_eq!((batch.header.producer_id, batch.header.base_sequence), (ProducerId(8), 40));
            assert_eq!(batch.header.max_timestamp, NOW.plus_ms(-1_000));
            assert_eq!(batch.bytes == sent, source == target);
            verify_crc(&batch.bytes).unwrap();
        }
    }
}

#[test]
fn a_re_encoded_batch_is_measured_again() {
    let mut large = record(0, NOW);
    large.value = Some(Bytes::from(vec![0; 10_000]));
    let rules = ValidationRules { compression: Some((Compression::None, None)), max_message_bytes: 1_000, ..rules() };
    let sent = build(Compression::Zstd, &[large]);
    assert!(sent.len() < 1_000);
    assert_eq!(refused(sent, &rules), LogErrorReason::MessageTooLarge);
}

#[test]
fn records_that_are_not_dense_are_numbered_anew() {
    for codec in Compression::ALL {
        let records = [record(0, NOW), record(5, NOW), record(9, NOW)];
        // The header claims density, so only the walk can find the gaps.
        let sent = changed(&build(codec, &records), 23, &2_i32.to_be_bytes());
        let batch = validate_client_records(sent, &rules()).unwrap();
        let offsets: Vec<i64> = records_of(&batch).iter().map(|record| record.offset.0).collect();
        assert_eq!(offsets, [0, 1, 2], "{codec:?}");
        assert_eq!(batch.header.last_offset_delta, 2);
    }
}

#[test]
fn zstd_needs_produce_version_7() {
    let zstd = BatchHeader::parse(&build(Compression::Zstd, &three())).unwrap();
    assert_eq!(check_produce_version(&zstd, 6).unwrap_err().reason, LogErrorReason::UnsupportedCompression);
    assert!(check_produce_version(&zstd, 7).is_ok());
    let gzip = BatchHeader::parse(&build(Compression::Gzip, &three())).unwrap();
    assert!(check_produce_version(&gzip, 3).is_ok());
}

#[test]
fn replicated_batches_are_checked_for_structure() {
    let good = build(Compression::None, &three());
    assert!(check_replicated(&good).is_ok());
    assert!(check_replicated(&good[..good.len() - 1]).is_err());
    assert!(check_replicated(&[&good[..], &[0]].concat()).is_err());
    assert!(check_replicated(&changed(&good, 57, &4_i32.to_be_bytes())).is_err());
    // Compaction leaves fewer records than offsets.
    assert!(check_replicated(&changed(&good, 57, &1_i32.to_be_bytes())).is_ok());
    assert!(check_replicated(&changed(&good, 22, &[0x07])).is_err());
}
