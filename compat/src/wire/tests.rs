//! Tests of `wire.rs`.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn reader(bytes: &[u8]) -> Reader {
    Reader::new(Bytes::copy_from_slice(bytes))
}

fn written(write: impl FnOnce(&mut Writer)) -> Bytes {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.into_bytes()
}

proptest! {
    #[test]
    fn numbers_are_read_back(a: i8, b: i16, c: i32, d: i64, e: u16, f: u32) {
        let bytes = written(|writer| {
            writer.i8(a);
            writer.i16(b);
            writer.i32(c);
            writer.i64(d);
            writer.u16(e);
            writer.u32(f);
            writer.varint(c);
            writer.varlong(d);
            writer.unsigned_varint(f);
        });
        let mut reader = Reader::new(bytes);
        prop_assert_eq!(reader.i8(), Ok(a));
        prop_assert_eq!(reader.i16(), Ok(b));
        prop_assert_eq!(reader.i32(), Ok(c));
        prop_assert_eq!(reader.i64(), Ok(d));
        prop_assert_eq!(reader.u16(), Ok(e));
        prop_assert_eq!(reader.u32(), Ok(f));
        prop_assert_eq!(reader.varint(), Ok(c));
        prop_assert_eq!(reader.varlong(), Ok(d));
        prop_assert_eq!(reader.unsigned_varint(), Ok(f));
        prop_assert_eq!(reader.expect_end(), Ok(()));
    }

    #[test]
    fn strings_bytes_and_lists_are_read_back(text in ".{0,300}", data: Vec<u8>, list: Vec<i32>, flexible: bool) {
        let (text, data) = (KString::from(text), Bytes::from(data));
        let mut writer = Writer::new();
        writer.string(&text, flexible).unwrap();
        writer.nullable_bytes(None, flexible).unwrap();
        writer.bytes(&data, flexible).unwrap();
        writer.array(&list, flexible, |writer, item| { writer.i32(*item); Ok(()) }).unwrap();
        writer.no_tags(flexible);
        let mut reader = Reader::new(writer.into_bytes());
        prop_assert_eq!(reader.string(flexible), Ok(text));
        prop_assert_eq!(reader.nullable_bytes(flexible), Ok(None));
        prop_assert_eq!(reader.bytes(flexible), Ok(data));
        prop_assert_eq!(reader.array(flexible, 4, Reader::i32), Ok(list));
        prop_assert_eq!(reader.skip_tags(flexible), Ok(()));
        prop_assert_eq!(reader.expect_end(), Ok(()));
    }

    #[test]
    fn records_are_equal_wherever_they_are_cut(data: Vec<u8>, at in 0_usize..100) {
        let data = Bytes::from(data);
        let at = at.min(data.len());
        let whole = Records::from(data.clone());
        let parts: Records = [data.slice(..at), data.slice(at..)].into_iter().collect();
        prop_assert_eq!(&whole, &parts);
        prop_assert_eq!(parts.to_bytes(), data);
    }

    #[test]
    fn arbitrary_bytes_never_panic(data: Vec<u8>, version in 0_i16..20) {
        use crate::messages::*;
        let data = Bytes::from(data);
        let results = [
            ProduceRequest::decode(&mut Reader::new(data.clone()), version).is_ok(),
            FetchRequest::decode(&mut Reader::new(data.clone()), version).is_ok(),
            FetchResponse::decode(&mut Reader::new(data.clone()), version).is_ok(),
            MetadataRequest::decode(&mut Reader::new(data.clone()), version).is_ok(),
            JoinGroupRequest::decode(&mut Reader::new(data.clone()), version).is_ok(),
            OffsetCommitRequest::decode(&mut Reader::new(data.clone()), version).is_ok(),
            GroupMetadataValue::decode(&mut Reader::new(data.clone()), version).is_ok(),
            CreateTopicsRequest::decode(&mut Reader::new(data), version).is_ok(),
        ];
        prop_assert_eq!(results.len(), 8);
    }
}

#[test]
fn varints_longer_than_their_type_are_refused() {
    assert_eq!(reader(&[0xff, 0xff, 0xff, 0xff, 0x0f]).unsigned_varint(), Ok(u32::MAX));
    for bytes in [&[0xff, 0xff, 0xff, 0xff, 0x10][..], &[0x80; 6], &[0xff; 5]] {
        assert_eq!(reader(bytes).unsigned_varint(), Err(WireError::VarintTooLong));
    }
    assert_eq!(reader(&[0xff; 10]).varlong(), Err(WireError::VarintTooLong));
    assert!(matches!(reader(&[0x80, 0x80]).unsigned_varint(), Err(WireError::Truncated { .. })));
}

#[test]
fn strings_are_limited_and_must_be_utf8() {
    assert_eq!(reader(&[0, 1, 0xff]).string(false), Err(WireError::InvalidUtf8));
    assert_eq!(reader(&[0xff, 0xff]).nullable_string(false), Ok(None));
    assert_eq!(reader(&[0xff, 0xff]).string(false), Err(WireError::UnexpectedNull));
    assert_eq!(reader(&[0xff, 0xfe]).string(false), Err(WireError::NegativeLength(-2)));
    assert_eq!(reader(&[0]).string(true), Err(WireError::UnexpectedNull));
    let long = written(|writer| writer.unsigned_varint(0x8001));
    assert_eq!(Reader::new(long).string(true), Err(WireError::StringTooLong(0x8000)));
    let long = KString::from("x".repeat(0x8000));
    assert_eq!(Writer::new().string(&long, true), Err(WireError::StringTooLong(0x8000)));
}

#[test]
fn list_count_is_checked_against_the_bytes_left_before_anything_is_reserved() {
    let count = |bytes: &[u8], least| reader(bytes).array(false, least, Reader::i8);
    assert_eq!(count(&[0, 0, 0, 3, 1, 2, 3], 1), Ok(vec![1, 2, 3]));
    assert_eq!(count(&[0, 0, 0, 3, 1, 2, 3], 2), Err(WireError::ListTooLong { count: 3, remaining: 3 }));
    assert_eq!(count(&[0x7f, 0xff, 0xff, 0xff], 1), Err(WireError::ListTooLong { count: 0x7fff_ffff, remaining: 0 }));
    assert_eq!(count(&[0xff, 0xff, 0xff, 0xfe], 1), Err(WireError::NegativeLength(-2)));
    assert_eq!(count(&[0xff, 0xff, 0xff, 0xff], 1), Err(WireError::UnexpectedNull));
}

#[test]
fn lists_together_stay_within_the_budget_of_the_frame() {
    let count: i32 = 1 << 20;
    let mut writer = Writer::new();
    writer.i32(count);
    writer.raw(&vec![0; 1 << 20]);
    let result = Reader::new(writer.into_bytes()).array(false, 1, |reader| {
        reader.i8()?;
        Ok([0_u64; 16])
    });
    assert!(matches!(result, Err(WireError::OverBudget(_))));
}

#[test]
fn lists_of_a_large_frame_take_little_more_than_those_of_a_small_one() {
    let taken = |bytes: usize, element_bytes: usize| {
        let count = bytes / element_bytes;
        let mut writer = Writer::new();
        writer.i32(i32::try_from(count).unwrap());
        writer.raw(&vec![0; bytes]);
        let mut reader = Reader::new(writer.into_bytes());
        let read = reader.array(false, element_bytes, |reader| {
            reader.slice(element_bytes)?;
            Ok([0_u64; 8])
        });
        read.map(|_| reader.list_memory_bytes())
    };
    assert_eq!(taken(1 << 20, 4), Ok(16 << 20), "as much for each byte as any message of this size may take");
    assert!(matches!(taken(16 << 20, 4), Err(WireError::OverBudget(_))));
    assert_eq!(taken(16 << 20, 16), Ok(64 << 20));
}

#[test]
fn tags_must_ascend_and_unknown_ones_are_skipped() {
    let section = |bytes: &[u8]| reader(bytes).skip_tags(true);
    assert_eq!(section(&[0]), Ok(()));
    assert_eq!(section(&[2, 1, 0, 5, 1, 9]), Ok(()));
    assert_eq!(section(&[2, 5, 0, 1, 0]), Err(WireError::TagOrder { tag: 1, previous: 5 }));
    assert_eq!(section(&[2, 5, 0, 5, 0]), Err(WireError::TagOrder { tag: 5, previous: 5 }));
    assert_eq!(section(&[0x81, 0x08]), Err(WireError::TooManyTags(1025)));
    assert!(matches!(section(&[1, 0, 9, 1]), Err(WireError::Truncated { .. })));
    let mut long = vec![1, 0, 0x81, 0x80, 0x40];
    long.resize(5 + (1 << 20) + 1, 0);
    assert!(matches!(section(&long), Err(WireError::UnknownTagTooLong { tag: 0, .. })));
}

#[test]
fn long_slices_become_segments_and_short_ones_are_copied() {
    let long = Bytes::from(vec![1; COPY_BYTES_MAX + 1]);
    let short = Bytes::from(vec![2; COPY_BYTES_MAX]);
    let mut writer = Writer::framed();
    writer.i8(7);
    writer.slice(&long);
    writer.slice(&short);
    writer.slice(&long);
    let rope = writer.finish_frame().unwrap();
    let lengths: Vec<usize> = rope.segments.iter().map(Segment::len).collect();
    assert_eq!(lengths, [5, COPY_BYTES_MAX + 1, COPY_BYTES_MAX, COPY_BYTES_MAX + 1]);
    assert_eq!(rope.segments[1].in_memory().map(|slice| slice.as_ptr()), Some(long.as_ptr()));
    assert_eq!(rope.lent, 2 * long.len());
    let size = i32::from_be_bytes(rope.to_bytes()[..4].try_into().unwrap());
    assert_eq!(usize::try_from(size).unwrap() + 4, rope.len);
}

#[test]
fn a_range_of_a_file_stays_one_and_counts_as_lent() {
    let file: std::sync::Arc<dyn std::os::fd::AsFd + Send + Sync> = std::sync::Arc::new(std::io::stdin());
    let range = FileRange { file, position: 9, len: 3 };
    let mut records = Records::from(Bytes::from_static(b"ab"));
    records.push(range.clone());
    assert_eq!(records.size_bytes(), 5);
    let mut elsewhere = records.clone();
    assert_eq!(elsewhere, records);
    elsewhere.push(range.clone());
    assert_ne!(elsewhere, records);
    let mut writer = Writer::framed();
    writer.records(&records, false).unwrap();
    writer.i8(7);
    let rope = writer.finish_frame().unwrap();
    assert_eq!((rope.len, rope.lent), (4 + 4 + 5 + 1, 3));
    let lengths: Vec<usize> = rope.segments.iter().map(Segment::len).collect();
    assert_eq!(lengths, [10, 3, 1]);
    assert_eq!(rope.to_bytes(), Bytes::from_static(&[0, 0, 0, 10, 0, 0, 0, 5, b'a', b'b', 7]));
    let mut left = range;
    left.advance(2);
    assert_eq!((left.position, left.len), (11, 1));
}
