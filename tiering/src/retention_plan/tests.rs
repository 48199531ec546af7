//! Tests of `retention_plan.rs`.

use std::sync::Arc;

use super::*;
use crate::test_support::row;
use strata_compat::ids::LeaderEpoch;
use strata_metadata_core::image::remote_segments::PageReference;

/// Rows of 10 offsets and 100 bytes; record time = 10 × offset.
fn rows(base: i64, count: i64) -> Vec<SegmentRow> {
    (0..count)
        .map(|index| row(u128::try_from(base + index * 10).unwrap() + 1, base + index * 10, base + index * 10 + 10))
        .collect()
}

fn page(uuid: u128, rows: &[SegmentRow]) -> Arc<PageReference> {
    Arc::new(PageReference {
        uuid: Uuid::from_u128(uuid),
        base_offset: rows[0].base_offset,
        end_offset: rows[rows.len() - 1].end_offset,
        leader_epoch: LeaderEpoch(1),
        min_timestamp: rows.iter().map(|row| row.min_timestamp).min().unwrap(),
        max_timestamp: rows.iter().map(|row| row.max_timestamp).max().unwrap(),
        log_bytes: rows.iter().map(|row| row.log_bytes).sum(),
        object_bytes: 0,
        page_bytes: 0,
        rows: u32::try_from(rows.len()).unwrap(),
        origin_cluster: None,
    })
}

/// Pages [0, 50) and [50, 100), rows [100, 150).
fn remote(log_start: i64) -> RemotePartition {
    RemotePartition {
        log_start: Some(Offset(log_start)),
        remote_end: Some(Offset(150)),
        pages: vec![page(901, &rows(0, 5)), page(902, &rows(50, 5))],
        rows: rows(100, 5).into_iter().map(Arc::new).collect(),
        ..RemotePartition::default()
    }
}

/// Decides as the caller does, opening pages on demand; also says how many were opened.
fn settle(remote: &RemotePartition, input: RetentionInput) -> (RetentionDecision, usize) {
    let mut opened = BTreeMap::new();
    loop {
        match decide(remote, &opened, input) {
            RetentionDecision::OpenPage(uuid) => {
                let base = if uuid == Uuid::from_u128(901) { 0 } else { 50 };
                assert!(opened.insert(uuid, rows(base, 5)).is_none(), "a page is asked for once");
            }
            decision => return (decision, opened.len()),
        }
    }
}

const fn input(retention_ms: i64, retention_bytes: i64, local_only_bytes: u64, now: i64) -> RetentionInput {
    RetentionInput { retention_ms, retention_bytes, local_only_bytes, now: Timestamp(now) }
}

#[test]
fn nothing_goes_without_limits_or_before_the_log_start_is_known() {
    assert_eq!(settle(&remote(0), input(-1, -1, 0, i64::MAX)), (RetentionDecision::Nothing, 0));
    let unknown = RemotePartition { log_start: None, ..remote(0) };
    assert_eq!(settle(&unknown, input(0, 0, 0, i64::MAX)), (RetentionDecision::Nothing, 0));
}

#[test]
fn retention_by_time_opens_a_page_only_where_its_summary_does_not_decide() {
    // (now, log start before, moves to, pages opened); retention 100 ms; a row ending at e has the largest timestamp 10 e.
    let cases = [
        (50, 0, None, 0),
        (101, 0, None, 1),
        (200, 0, None, 1),
        (201, 0, Some(10), 1),
        (601, 0, Some(50), 1),
        (701, 0, Some(60), 1),
        (1101, 0, Some(100), 0),
        (1301, 0, Some(120), 0),
        (99_999, 0, Some(150), 0),
        (701, 30, Some(60), 1),
        (701, 60, None, 1),
    ];
    for (now, log_start, to, opened) in cases {
        let expected = to.map_or(RetentionDecision::Nothing, |to| RetentionDecision::MoveTo(Offset(to)));
        assert_eq!(settle(&remote(log_start), input(100, -1, 0, now)), (expected, opened), "now {now}");
    }
}

#[test]
fn retention_by_size_counts_log_bytes_with_the_local_ones() {
    // 15 rows of 100 bytes.
    let cases = [
        (1500, 0, 0, None, 0),
        (1500, 99, 0, None, 1),
        (1500, 100, 0, Some(10), 1),
        (1000, 0, 0, Some(50), 0),
        (950, 0, 0, Some(50), 1),
        (900, 0, 0, Some(60), 1),
        (300, 0, 0, Some(120), 0),
        (0, 0, 0, Some(150), 0),
        (0, 5000, 0, Some(150), 0),
        (1200, 0, 20, Some(30), 1),
        (1200, 0, 30, None, 1),
        (450, 0, 110, None, 0),
        (500, 0, 50, Some(100), 0),
    ];
    for (bytes, local, log_start, to, opened) in cases {
        let expected = to.map_or(RetentionDecision::Nothing, |to| RetentionDecision::MoveTo(Offset(to)));
        let decision = settle(&remote(log_start), input(-1, bytes, local, 0));
        assert_eq!(decision, (expected, opened), "limit {bytes}, local {local}, log start {log_start}");
    }
}

#[test]
fn log_start_above_the_remote_range_stays() {
    assert_eq!(settle(&remote(200), input(0, 0, 0, i64::MAX)), (RetentionDecision::Nothing, 0));
}

#[test]
fn unknown_timestamps_never_expire() {
    let mut rows = rows(0, 1);
    rows[0].max_timestamp = Timestamp::NONE;
    let remote = RemotePartition {
        log_start: Some(Offset(0)),
        rows: rows.into_iter().map(Arc::new).collect(),
        ..RemotePartition::default()
    };
    assert_eq!(settle(&remote, input(0, -1, 0, i64::MAX)), (RetentionDecision::Nothing, 0));
}

#[test]
fn page_of_which_a_time_is_unknown_is_opened_by_retention_by_time_alone() {
    let page = PageReference { min_timestamp: Timestamp::NONE, ..PageReference::clone(&page(901, &rows(0, 5))) };
    let remote = RemotePartition { pages: vec![Arc::new(page)], rows: Vec::new(), ..remote(0) };
    assert_eq!(settle(&remote, input(100, -1, 0, 50)), (RetentionDecision::Nothing, 1));
    assert_eq!(settle(&remote, input(-1, -1, 0, 50)), (RetentionDecision::Nothing, 0));
    assert_eq!(settle(&remote, input(-1, 500, 0, 50)), (RetentionDecision::Nothing, 0));
}

#[test]
fn rows_without_bytes_do_not_go_by_size() {
    let mut rows = rows(0, 1);
    rows[0].log_bytes = 0;
    let remote = RemotePartition {
        log_start: Some(Offset(0)),
        rows: rows.into_iter().map(Arc::new).collect(),
        ..RemotePartition::default()
    };
    assert_eq!(settle(&remote, input(-1, 0, 0, 0)), (RetentionDecision::Nothing, 0));
    assert_eq!(settle(&remote, input(-1, 10, 50, 0)), (RetentionDecision::Nothing, 0));
}
