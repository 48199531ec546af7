//! Tests of `coordinator.rs`: syncing.

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::SyncGroupRequest;

use super::super::{GroupState, ShardConfig};
use super::harness::{GROUP, Harness, Join, REBALANCE_MS, SESSION_MS, code, sync_request};

/// A group that waits for the leader's assignment.
fn completing_group(harness: &mut Harness, size: usize) -> (Vec<String>, i32) {
    let ids: Vec<String> = (0..size).map(|_| harness.send_new_member(&Join::new()).0).collect();
    harness.await_generation();
    (ids, 1)
}

#[test]
fn followers_wait_for_the_leader_and_later_ones_are_answered_at_once() {
    let mut harness = Harness::new();
    let (ids, generation) = completing_group(&mut harness, 3);
    let early = harness.send_sync(&ids[1], generation, &[]);
    assert!(harness.synced(early).is_none());
    harness.send_sync(&ids[0], generation, &[(&ids[0], "a"), (&ids[1], "b"), (&ids[2], "c"), ("stranger", "d")]);
    assert_eq!(harness.synced(early).unwrap().assignment, "b");
    let late = harness.send_sync(&ids[2], generation, &[]);
    let answer = harness.synced(late).unwrap();
    assert_eq!(answer.assignment, "c");
    assert_eq!(answer.protocol_type.as_deref(), Some("consumer"));
    assert_eq!(answer.protocol_name.as_deref(), Some("range"));
    assert_eq!(harness.log.len(), 1);
}

#[test]
fn member_that_the_leader_forgot_gets_an_empty_assignment() {
    let mut harness = Harness::new();
    let (ids, generation) = completing_group(&mut harness, 2);
    let follower = harness.send_sync(&ids[1], generation, &[]);
    harness.send_sync(&ids[0], generation, &[(&ids[0], "a")]);
    assert!(harness.synced(follower).unwrap().assignment.is_empty());
}

#[test]
fn sync_is_refused_by_member_generation_and_protocol() {
    let change = |change: fn(&mut SyncGroupRequest)| change;
    let cases = [
        ("unknown member", 5, change(|sync| sync.member_id = "x".into()), ErrorCode::UnknownMemberId),
        ("unknown instance", 5, change(|sync| sync.group_instance_id = Some("i".into())), ErrorCode::UnknownMemberId),
        ("old generation", 5, change(|sync| sync.generation_id = 0), ErrorCode::IllegalGeneration),
        (
            "other type",
            5,
            change(|sync| sync.protocol_type = Some("connect".into())),
            ErrorCode::InconsistentGroupProtocol,
        ),
        (
            "other protocol",
            5,
            change(|sync| sync.protocol_name = Some("x".into())),
            ErrorCode::InconsistentGroupProtocol,
        ),
        ("no protocol", 5, change(|sync| sync.protocol_name = None), ErrorCode::InconsistentGroupProtocol),
        ("no protocol, older", 4, change(|sync| sync.protocol_name = None), ErrorCode::None),
        ("other group", 5, change(|sync| sync.group_id = "h".into()), ErrorCode::UnknownMemberId),
        ("no group", 5, change(|sync| sync.group_id = "".into()), ErrorCode::InvalidGroupId),
    ];
    for (name, version, change, error) in cases {
        let mut harness = Harness::new();
        let (ids, generation) = harness.stable_group(1);
        let mut request = sync_request(&ids[0], generation, &[]);
        change(&mut request);
        let operation = harness.send_sync_request(&request, version);
        assert_eq!(code(harness.synced(operation).unwrap().error_code), error, "{name}");
    }
}

#[test]
fn rebalance_tells_those_who_wait_for_an_assignment() {
    let mut harness = Harness::new();
    let (ids, generation) = completing_group(&mut harness, 3);
    let waiting = harness.send_sync(&ids[1], generation, &[]);
    let leaving = harness.send_sync(&ids[2], generation, &[]);
    assert_eq!(harness.leave(&[(&ids[2], None)]), [ErrorCode::None]);
    assert_eq!(code(harness.synced(leaving).unwrap().error_code), ErrorCode::UnknownMemberId);
    assert_eq!(code(harness.synced(waiting).unwrap().error_code), ErrorCode::RebalanceInProgress);
    let during = harness.send_sync(&ids[0], generation, &[]);
    assert_eq!(code(harness.synced(during).unwrap().error_code), ErrorCode::RebalanceInProgress);
}

#[test]
fn members_that_never_sync_are_removed_after_the_rebalance_timeout() {
    for leader_syncs in [true, false] {
        let mut harness = Harness::new();
        let (ids, generation) = completing_group(&mut harness, 2);
        let synced = harness.send_sync(&ids[usize::from(!leader_syncs)], generation, &[]);
        for _ in 0..(REBALANCE_MS / SESSION_MS * 2) {
            harness.advance(i64::from(SESSION_MS) / 2);
            harness.heartbeat(&ids[0], generation);
            harness.heartbeat(&ids[1], generation);
        }
        let expected = if leader_syncs { ErrorCode::None } else { ErrorCode::RebalanceInProgress };
        assert_eq!(code(harness.synced(synced).unwrap().error_code), expected);
        let silent = &ids[usize::from(leader_syncs)];
        assert_eq!(harness.heartbeat(silent, generation), ErrorCode::UnknownMemberId);
    }
}

#[test]
fn second_sync_of_a_member_replaces_the_first() {
    let mut harness = Harness::new();
    let (ids, generation) = completing_group(&mut harness, 2);
    let first = harness.send_sync(&ids[1], generation, &[]);
    let second = harness.send_sync(&ids[1], generation, &[]);
    assert_eq!(code(harness.synced(first).unwrap().error_code), ErrorCode::RebalanceInProgress);
    harness.send_sync(&ids[0], generation, &[(&ids[1], "b")]);
    assert_eq!(harness.synced(second).unwrap().assignment, "b");
}

#[test]
fn assignment_that_no_record_can_hold_is_refused_and_the_group_rebalances() {
    let mut harness = Harness::with_config(ShardConfig { group_metadata_bytes_max: 400, ..ShardConfig::default() });
    let (ids, generation) = completing_group(&mut harness, 1);
    let large = "x".repeat(400);
    let operation = harness.send_sync(&ids[0], generation, &[(&ids[0], &large)]);
    assert_eq!(code(harness.synced(operation).unwrap().error_code), ErrorCode::UnknownServerError);
    assert!(harness.log.is_empty());
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::PreparingRebalance));
    let operation = harness.send_join(&Join::new().member(&ids[0]));
    assert_eq!(harness.joined(operation).unwrap().generation_id, generation + 1);
}

#[test]
fn the_wait_for_syncs_is_over_with_the_last_of_them() {
    let mut harness = Harness::new();
    let session_ms = 2 * REBALANCE_MS;
    let join = Join { session_ms, ..Join::new() };
    let ids: Vec<String> = (0..2).map(|_| harness.send_new_member(&join).0).collect();
    harness.await_generation();
    let announced = harness.now;
    assert_eq!(harness.shard.next_timeout(), Some(announced.plus_ms(i64::from(REBALANCE_MS))));
    harness.send_sync(&ids[0], 1, &[(&ids[0], "a"), (&ids[1], "b")]);
    assert_eq!(harness.shard.next_timeout(), Some(announced.plus_ms(i64::from(REBALANCE_MS))), "one is silent");
    harness.send_sync(&ids[1], 1, &[]);
    assert_eq!(harness.shard.next_timeout(), Some(announced.plus_ms(i64::from(session_ms))));
}
