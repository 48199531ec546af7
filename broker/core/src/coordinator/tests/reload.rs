//! Tests of `coordinator.rs`: reload.

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::Timestamp;

use super::super::{CoordinatorRecord, CoordinatorShard, GroupState, RecordError, ShardConfig};
use super::harness::{GROUP, Harness, Join, SESSION_MS, code, commit_as};

#[test]
fn stable_group_survives_with_members_assignments_and_offsets() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(3);
    harness.commit(&commit_as(&ids[0], generation, 9));
    harness.advance(9_000);
    harness.reload();
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Stable));
    harness.advance(i64::from(SESSION_MS) - 1);
    for id in &ids {
        assert_eq!(harness.heartbeat(id, generation), ErrorCode::None, "a full session from the start on");
        let operation = harness.send_sync(id, generation, &[]);
        assert_eq!(harness.synced(operation).unwrap().assignment, id.as_bytes());
    }
    assert_eq!(harness.fetch(GROUP, "t", 0), 9);
    let operation = harness.send_join(&Join::new().member(&ids[0]));
    assert!(harness.joined(operation).is_none(), "the leader still leads");
}

#[test]
fn unfinished_rebalance_returns_as_the_last_written_generation() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(2);
    let leader = harness.send_join(&Join::new().member(&ids[0]));
    let (new, waiting) = harness.send_new_member(&Join::new());
    harness.reload();
    for operation in [leader, waiting] {
        assert_eq!(code(harness.joined(operation).unwrap().error_code), ErrorCode::NotCoordinator);
    }
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Stable));
    assert_eq!(harness.heartbeat(&ids[1], generation), ErrorCode::None);
    assert_eq!(code(harness.join_now(&Join::new().member(&new)).error_code), ErrorCode::UnknownMemberId);
    let operations = [&ids[0], &ids[1]].map(|id| harness.send_join(&Join::new().member(id)));
    assert_eq!(harness.joined(operations[0]).unwrap().generation_id, generation + 1);
}

#[test]
fn waiting_syncs_are_told_when_the_shard_goes() {
    let mut harness = Harness::new();
    harness.send_new_member(&Join::new());
    let (follower, _) = harness.send_new_member(&Join::new());
    harness.await_generation();
    let waiting = harness.send_sync(&follower, 1, &[]);
    assert!(harness.synced(waiting).is_none());
    harness.reload();
    assert_eq!(code(harness.synced(waiting).unwrap().error_code), ErrorCode::NotCoordinator);
    assert_eq!(harness.shard.group_state(GROUP), None, "no generation was written yet");
}

#[test]
fn group_that_is_over_the_limit_after_loading_rebalances() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(3);
    harness.config.group_size_max = 2;
    harness.reload();
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::RebalanceInProgress);
    let operations: Vec<_> = ids.iter().map(|id| harness.send_join(&Join::new().member(id))).collect();
    let errors: Vec<ErrorCode> =
        operations.iter().map(|operation| code(harness.joined(*operation).unwrap().error_code)).collect();
    assert_eq!(errors, [ErrorCode::None, ErrorCode::None, ErrorCode::GroupMaxSizeReached]);
}

#[test]
fn static_members_keep_their_place_over_a_restart() {
    let mut harness = Harness::new();
    let operation = harness.send_join(&Join::new().instance("i"));
    harness.advance(3_000);
    let id = String::from(harness.joined(operation).unwrap().member_id);
    harness.sync_all(std::slice::from_ref(&id), 1);
    harness.reload();
    assert_eq!(harness.heartbeat_as(&id, Some("i"), 1), ErrorCode::None);
    let answer = harness.join_now(&Join::new().instance("i"));
    assert_eq!((answer.generation_id, answer.skip_assignment), (1, true));
    harness.reload();
    assert_eq!(harness.heartbeat_as(&id, Some("i"), 1), ErrorCode::FencedInstanceId);
    assert_eq!(harness.heartbeat_as(&answer.member_id, Some("i"), 1), ErrorCode::None);
}

fn record(key: &[u8], value: Option<&[u8]>) -> CoordinatorRecord {
    CoordinatorRecord { key: Bytes::copy_from_slice(key), value: value.map(Bytes::copy_from_slice) }
}

#[test]
fn records_of_other_groups_and_damaged_ones_change_nothing() {
    let mut shard = CoordinatorShard::new(ShardConfig::default());
    for kind in 3..30_u8 {
        assert_eq!(shard.replay(&record(&[0, kind, 1, 2, 3], Some(&[9, 9]))), Ok(()));
        assert_eq!(shard.replay(&record(&[0, kind], None)), Ok(()));
    }
    let key_of_g = &[0, 2, 0, 1, b'g'];
    assert!(matches!(shard.replay(&record(&[], None)), Err(RecordError::Key(_))));
    assert!(matches!(shard.replay(&record(&[0, 1, 0, 9], None)), Err(RecordError::Key(_))));
    assert!(matches!(shard.replay(&record(key_of_g, Some(&[]))), Err(RecordError::Value(_))));
    assert!(matches!(shard.replay(&record(key_of_g, Some(&[0, 99]))), Err(RecordError::Value(_))));
    assert!(matches!(shard.replay(&record(key_of_g, Some(&[0, 0, 0]))), Err(RecordError::Value(_))));
    assert_eq!(shard.replay(&record(key_of_g, None)), Ok(()));
    shard.on_loaded(Timestamp(0));
    assert!(shard.group_counts().is_empty());
}

#[test]
fn written_records_have_kafkas_bytes() {
    let mut harness = Harness::new();
    harness.now = Timestamp(0x0102);
    harness.commit(&super::harness::commit("g", "t", 3, 5));
    let key = [&[0, 1][..], &[0, 1, b'g'], &[0, 1, b't'], &[0, 0, 0, 3]].concat();
    let value =
        [&[0, 3][..], &[0, 0, 0, 0, 0, 0, 0, 5], &[255, 255, 255, 255], &[0, 1, b'm'], &[0, 0, 0, 0, 0, 0, 1, 2]]
            .concat();
    assert_eq!(harness.log, [record(&key, Some(&value))]);
}
