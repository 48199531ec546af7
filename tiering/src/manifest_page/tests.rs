//! Tests of `manifest_page.rs`.

use super::*;
use crate::test_support::{partition, row};

fn page(rows: Vec<SegmentRow>) -> ManifestPage {
    ManifestPage {
        uuid: Uuid::from_u128(1),
        nonce: Uuid::from_u128(2),
        partition: partition(),
        cluster_id: "cluster".to_owned(),
        leader_epoch: LeaderEpoch(3),
        rows,
    }
}

#[test]
fn page_is_read_back_with_origin_cluster_and_attachments() {
    let mut tagged = row(11, 10, 20);
    tagged.origin_cluster = Some("old-cluster".to_owned());
    tagged.attachments = vec![Attachment { kind: 7, content: vec![1, 2, 3] }];
    let page = page(vec![row(10, 0, 10), tagged, row(12, 20, 30)]);
    let bytes = page.encode().unwrap();
    let reference = page.reference(&bytes).unwrap();
    assert_eq!(ManifestPage::decode_for(&bytes, &reference).unwrap(), page);
    assert_eq!((reference.base_offset, reference.end_offset, reference.rows), (Offset(0), Offset(30), 3));
    assert_eq!((reference.log_bytes, reference.object_bytes), (300, 450));
    assert_eq!((reference.min_timestamp, reference.max_timestamp), (Timestamp(0), Timestamp(300)));
    assert_eq!(page.row_at(Offset(19)).map(|row| row.uuid), Some(Uuid::from_u128(11)));
    assert_eq!(page.row_at(Offset(30)), None);
    let other = PageReference { uuid: Uuid::from_u128(5), ..reference };
    assert_eq!(ManifestPage::decode_for(&bytes, &other).unwrap_err().kind(), ErrorKind::Corrupt);
}

#[test]
fn page_never_exceeds_64_kib_and_says_whether_rows_fit() {
    let mut rows: Vec<SegmentRow> = Vec::new();
    let empty_bytes = page(vec![row(1, 0, 1)]).encode().unwrap().len();
    for index in 0.. {
        let next = row(u128::try_from(index).unwrap(), index * 10, index * 10 + 10);
        let bytes = if rows.is_empty() { empty_bytes - 106 } else { page(rows.clone()).encode().unwrap().len() };
        let fits = ManifestPage::has_room_for(length_u64(bytes), [&next]);
        rows.push(next);
        assert_eq!(page(rows.clone()).encode().is_ok(), fits, "{} rows", rows.len());
        if !fits {
            break;
        }
    }
    assert!(rows.len() > 500, "{} rows fit", rows.len());
}

#[test]
fn damaged_pages_are_refused() {
    let bytes = page(vec![row(10, 0, 10), row(11, 10, 20)]).encode().unwrap();
    for position in 0..bytes.len() {
        let mut damaged = bytes.to_vec();
        damaged[position] ^= 0x20;
        assert_eq!(ManifestPage::decode(&damaged).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(ManifestPage::decode(&bytes[..position]).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}

#[test]
fn rows_that_overlap_or_run_backwards_make_no_page() {
    for rows in [vec![], vec![row(1, 0, 10), row(2, 9, 20)], vec![row(1, 10, 20), row(2, 0, 10)], vec![row(1, 5, 5)]] {
        assert_eq!(page(rows).encode().unwrap_err().kind(), ErrorKind::Invalid);
    }
}

#[test]
fn count_without_rows_allocates_nothing() {
    let mut bytes = page(vec![row(10, 0, 10)]).encode().unwrap().to_vec();
    let count_at = bytes.len() - CHECKSUM_BYTES - ROW_BYTES_MIN - 4;
    bytes[count_at..count_at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let body = bytes.len() - CHECKSUM_BYTES;
    let checksum = crc32c::crc32c(&bytes[..body]).to_be_bytes();
    bytes[body..].copy_from_slice(&checksum);
    assert!(ManifestPage::decode(&bytes).unwrap_err().to_string().contains("more rows"));
}

#[test]
fn newer_row_is_read_as_far_as_known_but_not_with_an_unknown_flag() {
    let plain = page(vec![row(10, 0, 10)]);
    let bytes = plain.encode().unwrap().to_vec();
    let row_at = bytes.len() - CHECKSUM_BYTES - ROW_BYTES_MIN;
    for (flag, readable) in [(0_u8, true), (1, false)] {
        let mut newer = bytes[..bytes.len() - CHECKSUM_BYTES].to_vec();
        newer[row_at + 4..row_at + 8].copy_from_slice(&[0, 9, 0, flag]);
        newer[row_at + 3] += 2;
        newer.extend([1, 2]);
        let checksum = crc32c::crc32c(&newer);
        newer.extend(checksum.to_be_bytes());
        assert_eq!(ManifestPage::decode(&newer).is_ok(), readable);
    }
}
