//! Round trips, hostile input and lossless defaults, for every message.

use super::*;
use crate::wire::{Reader, Sample, WireError, Writer};

/// How many values are tried for each version of each message.
const SEEDS: u64 = 60;

/// Encodes a value in one piece.
pub(super) fn encoded<M: Message>(value: &M, version: i16) -> bytes::Bytes {
    let mut writer = Writer::new();
    if let Err(error) = value.encode(&mut writer, version) {
        panic!("{} version {version}: {error}", M::NAME);
    }
    writer.into_bytes()
}

/// Writes and reads generated values in every version, and cuts the bytes at every length.
pub(super) fn round_trip<M: Message + PartialEq + std::fmt::Debug>(sample: fn(&mut Sample, i16) -> M) {
    for version in M::MIN_VERSION..=M::LATEST_VERSION {
        for seed in 0..SEEDS {
            let value = sample(&mut Sample::new(seed), version);
            let bytes = encoded(&value, version);
            let mut reader = Reader::new(bytes.clone());
            let read = M::decode(&mut reader, version);
            assert_eq!(read.as_ref(), Ok(&value), "{} version {version} seed {seed}", M::NAME);
            assert_eq!(reader.expect_end(), Ok(()), "{} version {version} seed {seed}", M::NAME);
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
        assert!(read.is_err(), "{} version {version} cut at {length} of {}", M::NAME, bytes.len());
    }
}

fn refuse_other_versions<M: Message>(sample: fn(&mut Sample, i16) -> M) {
    let value = sample(&mut Sample::new(0), M::MIN_VERSION);
    for version in [M::MIN_VERSION - 1, M::LATEST_VERSION + 1, i16::MIN, i16::MAX] {
        let expected = WireError::UnsupportedVersion { message: M::NAME, version };
        assert_eq!(value.encode(&mut Writer::new(), version), Err(expected.clone()));
        let read = M::decode(&mut Reader::new(bytes::Bytes::from_static(&[0; 64])), version);
        assert_eq!(read.err(), Some(expected));
    }
}

/// Bytes from their digits.
fn bytes_of(digits: &str) -> bytes::Bytes {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Reads bytes that Kafka's Java classes wrote, and writes them again.
fn read_and_write_again<M: Message>(digits: &str, version: i16) -> M {
    let bytes = bytes_of(digits);
    let mut reader = Reader::new(bytes.clone());
    let value = M::decode(&mut reader, version).unwrap();
    assert_eq!(reader.expect_end(), Ok(()));
    assert_eq!(encoded(&value, version), bytes, "{}", M::NAME);
    value
}

#[test]
fn offset_and_group_records_of_the_java_classes_are_read_and_written() {
    let key: OffsetCommitKey = read_and_write_again("00016700017400000005", 0);
    assert_eq!((&*key.group, &*key.topic, key.partition), ("g", "t", 5));
    let value: OffsetCommitValue = read_and_write_again("000000000000002a0000000700016d0000018bcfe56800", 3);
    assert_eq!((value.offset, value.leader_epoch, &*value.metadata), (42, 7, "m"));
    assert_eq!(value.commit_timestamp, 1_700_000_000_000);
    let old = "0008636f6e73756d657200000003000572616e676500016c00000000000000630000000100026d3100016900016300022f68\
               000493e00000afc80000000209080000000107";
    let new = "09636f6e73756d6572000000030672616e6765026c000000000000006302036d3102690263032f68000493e00000afc803090802070000";
    let old: GroupMetadataValue = read_and_write_again(old, 3);
    let new: GroupMetadataValue = read_and_write_again(new, 4);
    assert_eq!(old, new);
    let member = &new.members[0];
    assert_eq!((&*member.member_id, member.group_instance_id.as_deref()), ("m1", Some("i")));
    assert_eq!((member.session_timeout, &member.subscription[..]), (45_000, &[9, 8][..]));
}

#[test]
fn tagged_struct_of_the_java_classes_is_read_and_written() {
    let plain = "01027202630b2f3132372e302e302e3103037431037432010000138808756e69666f726d00";
    let value: ConsumerGroupMemberMetadataValue = read_and_write_again(plain, 0);
    assert_eq!(value.classic_member_metadata, None);
    let classic = "01027202630b2f3132372e302e302e3103037431037432010000138808756e69666f726d010012010000afc8020672616e6765040102030000";
    let value: ConsumerGroupMemberMetadataValue = read_and_write_again(classic, 0);
    let classic = value.classic_member_metadata.unwrap();
    assert_eq!(classic.session_timeout_ms, 45_000);
    assert_eq!(&*classic.supported_protocols[0].name, "range");
}

#[test]
fn transaction_records_of_the_java_classes_are_read_and_written() {
    let full = "00000000000003e800040000ea600102027403000000000000000300000000000000000b000000000000000a04000800000000000003e7\
                010800000000000003e90202000203020005";
    let value: TransactionLogValue = read_and_write_again(full, 1);
    assert_eq!((value.previous_producer_id, value.next_producer_id), (999, 1001));
    assert_eq!((value.next_producer_epoch, value.client_transaction_version), (5, 2));
    let empty = "000000000000000100000000000000ffffffff00000000000000000000000000000000";
    let value: TransactionLogValue = read_and_write_again(empty, 0);
    assert_eq!(value.transaction_partitions, None);
}

#[test]
fn quorum_records_of_the_java_classes_are_read_and_written() {
    let old: LeaderChangeMessage = read_and_write_again("00000000000302000000030002000000040000", 0);
    assert_eq!((old.leader_id, old.voters[0].voter_id, old.granting_voters[0].voter_id), (3, 3, 4));
    let new = "000100000003020000000300000000000000010000000000000002000200000004000000000000000000000000000000000000";
    let new: LeaderChangeMessage = read_and_write_again(new, 1);
    assert_eq!(new.voters[0].voter_directory_id, uuid::Uuid::from_u64_pair(1, 2));
    let voters = "0000020000000100000000000000010000000000000002020243026823850000000001000000";
    let voters: VotersRecord = read_and_write_again(voters, 0);
    assert_eq!((&*voters.voters[0].endpoints[0].host, voters.voters[0].endpoints[0].port), ("h", 9093));
}

#[test]
fn value_that_a_version_cannot_carry_is_refused_unless_ignorable() {
    let request = FetchRequest {
        forgotten_topics_data: vec![fetch::ForgottenTopic::default()],
        rack_id: "a".into(),
        ..FetchRequest::default()
    };
    let refused = request.encode(&mut Writer::new(), 4);
    let field = "FetchRequest.forgotten_topics_data";
    assert_eq!(refused, Err(WireError::NotInVersion { field, version: 4 }));
    let request = FetchRequest { rack_id: "a".into(), ..FetchRequest::default() };
    assert_eq!(request.encode(&mut Writer::new(), 4), Ok(()));
    let metadata = MetadataRequest { topics: None, ..MetadataRequest::default() };
    assert_eq!(metadata.encode(&mut Writer::new(), 0), Err(WireError::NullField("MetadataRequest.topics")));
}

#[test]
fn defaults_are_those_of_kafka() {
    let fetch = FetchRequest::default();
    assert_eq!((fetch.replica_id, fetch.max_bytes, fetch.session_epoch), (-1, i32::MAX, -1));
    assert_eq!(fetch.cluster_id, None);
    assert_eq!(fetch::FetchPartition::default().high_watermark, i64::MAX);
    assert_eq!(fetch::PartitionData::default().preferred_read_replica, -1);
    assert!(MetadataRequest::default().allow_auto_topic_creation);
    assert_eq!(CreateTopicsRequest::default().timeout_ms, 60_000);
    assert_eq!(produce::TopicProduceResponse::default().partition_responses, []);
}

#[test]
fn produce_and_fetch_frames_with_random_damage_never_panic() {
    let request = ProduceRequest::sample(&mut Sample::new(3), 11);
    let bytes = encoded(&request, 11).to_vec();
    for at in 0..bytes.len().min(600) {
        for damage in [0x00, 0x7f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = damage;
            let mut reader = Reader::new(damaged.into());
            // Damage inside text or records still reads as a message; all that counts is that nothing panics or reads too far.
            if ProduceRequest::decode(&mut reader, 11).is_ok() {
                assert!(reader.position() <= bytes.len());
            }
        }
    }
}
