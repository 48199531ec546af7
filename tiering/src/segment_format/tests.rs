//! Tests of `segment_format.rs`.

use super::*;
use crate::test_support::{batch, partition};

fn identity(base: i64) -> SegmentIdentity {
    SegmentIdentity {
        uuid: Uuid::from_u128(1),
        nonce: Uuid::from_u128(2),
        topic: "flights".to_owned(),
        partition: partition(),
        cluster_id: "cluster".to_owned(),
        previous: Some(Uuid::from_u128(9)),
        log_start: Offset(5),
        base_offset: Offset(base),
        leader_epoch: LeaderEpoch(4),
    }
}

fn side() -> SideData {
    SideData {
        producer_snapshot: Bytes::from_static(b"snapshot"),
        producer_window: Bytes::from_static(b"window"),
        leader_epochs: vec![(LeaderEpoch(1), Offset(0)), (LeaderEpoch(4), Offset(8))],
        aborted_transactions: Bytes::from_static(b"aborted"),
    }
}

fn whole(segment: &EncodedSegment) -> Bytes {
    let mut out = BytesMut::new();
    for part in &segment.parts {
        out.put_slice(part);
    }
    out.freeze()
}

#[test]
fn segment_is_read_back_by_one_range_from_the_rows_position() {
    let batches: Vec<Bytes> = (0..100).map(|index| batch(index * 10, 10, 1000 - index, 4, 30_000)).collect();
    let segment = encode(&identity(0), Offset(1000), &batches, &side()).unwrap();
    let object = whole(&segment);
    let row = &segment.row;
    assert_eq!(row.object_bytes, length_u64(object.len()));
    assert_eq!((row.base_offset, row.end_offset), (Offset(0), Offset(1000)));
    assert_eq!((row.min_timestamp, row.max_timestamp), (Timestamp(901), Timestamp(1000)));
    let position = usize::try_from(row.index_position).unwrap();
    let index = SegmentIndex::decode_for_row(&object.slice(position..), row).unwrap();
    assert_eq!(index.footer().topic, "flights");
    assert_eq!(index.footer().previous, Some(Uuid::from_u128(9)));
    assert_eq!(index.side_data().leader_epochs, side().leader_epochs);
    assert_eq!(index.side_data().aborted_transactions, side().aborted_transactions);
    assert_eq!(row_of(index.footer(), row.index_position, row.object_bytes), *row);
    for offset in [0, 9, 10, 555, 999] {
        let start = usize::try_from(index.offset_index().position_of(Offset(offset))).unwrap();
        let header = BatchHeader::parse(&object[start..]).unwrap();
        assert!(header.base_offset.0 <= offset && offset < header.base_offset.0 + 10, "offset {offset}");
    }
    let mut log = BytesMut::new();
    for chunk in index.chunks().entries() {
        let from = usize::try_from(chunk.stored_position).unwrap();
        let stored = object.slice(from..from + usize::try_from(chunk.stored_bytes).unwrap());
        log.put_slice(&chunk.open(stored).unwrap());
    }
    assert_eq!(&log[..], &object[..position]);
    assert_eq!(footer::index_position(&object[object.len() - 40..]).unwrap(), row.index_position);
}

#[test]
fn look_up_by_timestamp_never_skips_the_first_batch_that_may_hold_it() {
    let times = [500, 100, 700, 50, 701, 20, 900];
    let batches: Vec<Bytes> =
        times.iter().zip(0..).map(|(time, index)| batch(index * 10, 10, *time, 4, 20_000)).collect();
    let segment = encode(&identity(0), Offset(70), &batches, &SideData::default()).unwrap();
    let index = SegmentIndex::decode_for_row(&segment.index_section(), &segment.row).unwrap();
    for target in [0, 100, 500, 501, 700, 701, 702, 900] {
        let first = times.iter().position(|time| *time >= target).unwrap();
        let start = index.position_of_timestamp(Timestamp(target));
        let first_position: usize = batches[..first].iter().map(Bytes::len).sum();
        assert!(start <= length_u64(first_position), "target {target}");
        assert_eq!(start, length_u64(first_position), "every batch has an entry here, so it is exact: {target}");
    }
}

#[test]
fn base_inside_a_batch_keeps_the_whole_batch_and_the_row_begins_at_the_base() {
    let segment = encode(&identity(13), Offset(20), &[batch(10, 10, 1, 4, 10)], &SideData::default()).unwrap();
    assert_eq!(segment.row.base_offset, Offset(13));
    assert_eq!(segment.row.object_base_offset, Offset(13), "the key follows the reservation");
    let index = SegmentIndex::decode_for_row(&segment.index_section(), &segment.row).unwrap();
    assert_eq!(index.footer().first_batch_offset, Offset(10));
}

#[test]
fn gaps_are_allowed() {
    let batches = [batch(10, 5, 1, 4, 10), batch(40, 5, 1, 4, 10)];
    let segment = encode(&identity(3), Offset(50), &batches, &SideData::default()).unwrap();
    assert_eq!((segment.row.base_offset, segment.row.end_offset), (Offset(3), Offset(45)));
}

#[test]
fn rot_is_never_encoded() {
    let good = batch(0, 10, 1, 4, 100);
    let mut flipped = good.to_vec();
    flipped[80] ^= 1;
    let mut cut = good.to_vec();
    cut.truncate(good.len() - 1);
    let cases: [(&str, Vec<Bytes>, ErrorKind); 6] = [
        ("flipped bit", vec![Bytes::from(flipped)], ErrorKind::Corrupt),
        ("cut batch", vec![Bytes::from(cut)], ErrorKind::Corrupt),
        ("overlap", vec![good.clone(), batch(9, 10, 1, 4, 10)], ErrorKind::Corrupt),
        ("lower epoch", vec![good.clone(), batch(10, 10, 1, 3, 10)], ErrorKind::Corrupt),
        ("above the limit", vec![good, batch(10, 500, 1, 4, 10)], ErrorKind::Invalid),
        ("nothing", vec![], ErrorKind::Invalid),
    ];
    for (name, batches, kind) in cases {
        let error = encode(&identity(0), Offset(100), &batches, &SideData::default()).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[test]
fn every_flipped_byte_and_every_cut_of_the_index_section_is_refused() {
    let segment = encode(&identity(0), Offset(10), &[batch(0, 10, 1, 4, 100)], &side()).unwrap();
    let section = segment.index_section();
    for position in 0..section.len() {
        let mut damaged = section.to_vec();
        damaged[position] ^= 0x40;
        assert!(SegmentIndex::decode(&Bytes::from(damaged), segment.row.index_position).is_err(), "at {position}");
        assert!(SegmentIndex::decode(&section.slice(position + 1..), segment.row.index_position).is_err());
        assert!(SegmentIndex::decode(&section.slice(..position), segment.row.index_position).is_err());
    }
}

#[test]
fn same_identity_and_batches_give_the_same_bytes() {
    let batches = [batch(0, 10, 1, 4, 100)];
    let first = encode(&identity(0), Offset(10), &batches, &side()).unwrap();
    let second = encode(&identity(0), Offset(10), &batches, &side()).unwrap();
    assert_eq!(whole(&first), whole(&second));
}
