//! Tests of `coordinator.rs`: membership.

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::{HeartbeatRequest, LeaveGroupRequest};

use super::super::{GroupState, ShardConfig};
use super::harness::{GROUP, Harness, Join, SESSION_MS, code, commit_as};

#[test]
fn heartbeat_is_answered_by_state() {
    let mut harness = Harness::new();
    assert_eq!(harness.heartbeat("x", 1), ErrorCode::UnknownMemberId, "no group");
    let (ids, generation) = harness.stable_group(2);
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::None, "stable");
    assert_eq!(harness.heartbeat(&ids[0], generation - 1), ErrorCode::IllegalGeneration);
    assert_eq!(harness.heartbeat("x", generation), ErrorCode::UnknownMemberId);
    let leader = harness.send_join(&Join::new().member(&ids[0]));
    assert_eq!(harness.heartbeat(&ids[1], generation), ErrorCode::RebalanceInProgress, "preparing");
    harness.send_join(&Join::new().member(&ids[1]));
    assert_eq!(harness.joined(leader).unwrap().generation_id, generation + 1);
    assert_eq!(harness.heartbeat(&ids[1], generation + 1), ErrorCode::None, "completing");
    harness.leave(&[(&ids[0], None), (&ids[1], None)]);
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Empty));
    assert_eq!(harness.heartbeat(&ids[1], generation + 2), ErrorCode::UnknownMemberId, "empty");
    let result = harness.shard.heartbeat(&HeartbeatRequest::default(), harness.now);
    assert_eq!(code(result.response.error_code), ErrorCode::InvalidGroupId);
}

#[test]
fn lost_member_begins_a_rebalance_and_the_last_one_empties_the_group() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(2);
    harness.advance(6_000);
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::None);
    harness.advance(4_000);
    assert_eq!(harness.heartbeat(&ids[1], generation), ErrorCode::UnknownMemberId);
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::RebalanceInProgress);
    harness.advance(i64::from(SESSION_MS));
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Empty));
}

#[test]
fn commit_renews_the_session() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(1);
    for offset in 0..5 {
        harness.advance(6_000);
        assert_eq!(harness.commit(&commit_as(&ids[0], generation, offset)), ErrorCode::None);
    }
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::None);
}

#[test]
fn member_that_waits_for_an_answer_is_not_lost() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(2);
    let operation = harness.send_join(&Join::new().member(&ids[0]));
    for _ in 0..7 {
        harness.advance(6_000);
        harness.heartbeat(&ids[1], generation);
    }
    assert!(harness.joined(operation).is_none());
    harness.send_join(&Join::new().member(&ids[1]));
    let answer = harness.joined(operation).unwrap();
    assert_eq!((answer.generation_id, answer.members.len()), (generation + 1, 2));
    harness.advance(i64::from(SESSION_MS));
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Empty), "then sessions count again");
}

#[test]
fn id_that_nobody_used_is_forgotten_with_its_group() {
    let mut harness = Harness::new();
    let id = harness.join_now(&Join::new()).member_id;
    harness.advance(i64::from(SESSION_MS));
    assert_eq!(harness.shard.group_state(GROUP), None);
    assert_eq!(code(harness.join_now(&Join::new().member(&id)).error_code), ErrorCode::UnknownMemberId);
    assert!(harness.log.is_empty());
}

#[test]
fn rebalance_waits_for_an_id_that_was_given_out_until_its_time_is_up() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(1);
    harness.join_now(&Join::new());
    let operation = harness.send_join(&Join::new().member(&ids[0]));
    assert!(harness.joined(operation).is_none());
    harness.advance(i64::from(SESSION_MS));
    assert_eq!(harness.joined(operation).unwrap().generation_id, generation + 1);
}

#[test]
fn new_member_that_never_hears_its_answer_is_dropped_after_five_minutes() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(1);
    let rebalance_ms = 1_000_000;
    harness.send_join(&Join { rebalance_ms, ..Join::new().member(&ids[0]) });
    let generation = generation + 1;
    harness.send_sync(&ids[0], generation, &[]);
    let (_, waiting) = harness.send_new_member(&Join { rebalance_ms, ..Join::new() });
    for _ in 0..51 {
        harness.advance(6_000);
        harness.heartbeat(&ids[0], generation);
    }
    assert_eq!(code(harness.joined(waiting).unwrap().error_code), ErrorCode::UnknownMemberId);
}

#[test]
fn members_leave_one_by_one_in_a_batch() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(3);
    let pending = harness.join_now(&Join::new()).member_id;
    let errors =
        harness.leave(&[(&ids[1], None), ("x", None), (&pending, None), ("", Some("i")), (&ids[0], Some("i"))]);
    let unknown = ErrorCode::UnknownMemberId;
    assert_eq!(errors, [ErrorCode::None, unknown, ErrorCode::None, unknown, unknown]);
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::RebalanceInProgress);
    let joins = [&ids[0], &ids[2]].map(|id| harness.send_join(&Join::new().member(id)));
    assert_eq!(harness.joined(joins[1]).unwrap().generation_id, generation + 1);
}

#[test]
fn old_leave_names_one_member_and_answers_at_the_top() {
    for (member, group, error) in [
        ("me", GROUP, ErrorCode::None),
        ("x", GROUP, ErrorCode::UnknownMemberId),
        ("me", "h", ErrorCode::UnknownMemberId),
        ("me", "", ErrorCode::InvalidGroupId),
    ] {
        let mut harness = Harness::new();
        let (ids, _) = harness.stable_group(1);
        let request = LeaveGroupRequest {
            group_id: group.into(),
            member_id: if member == "me" { ids[0].as_str().into() } else { member.into() },
            ..LeaveGroupRequest::default()
        };
        let response = harness.send_leave(&request, 2);
        assert_eq!((code(response.error_code), response.members.len()), (error, 0));
    }
}

#[test]
fn member_that_leaves_while_it_joins_is_answered() {
    let mut harness = Harness::new();
    let (id, operation) = harness.send_new_member(&Join::new());
    assert_eq!(harness.leave(&[(&id, None)]), [ErrorCode::None]);
    assert_eq!(code(harness.joined(operation).unwrap().error_code), ErrorCode::UnknownMemberId);
    harness.advance(3_000);
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Empty));
}

/// A stable group of a static leader and a dynamic follower.
fn group_with_static_leader(harness: &mut Harness) -> (String, String) {
    let leader = harness.send_join(&Join::new().instance("i"));
    let (follower, _) = harness.send_new_member(&Join::new());
    harness.await_generation();
    let leader = String::from(harness.joined(leader).unwrap().member_id);
    assert!(leader.starts_with("i-"));
    harness.sync_all(&[leader.clone(), follower.clone()], 1);
    (leader, follower)
}

#[test]
fn static_leader_that_comes_back_takes_its_place_without_a_rebalance() {
    for version in [8, 9] {
        let mut harness = Harness::new();
        let (old, follower) = group_with_static_leader(&mut harness);
        let written = harness.log.len();
        let answer = harness.join_now(&Join::new().instance("i").version(version));
        let new = answer.member_id.clone();
        assert_eq!((code(answer.error_code), answer.generation_id), (ErrorCode::None, 1));
        assert_ne!(new, *old);
        if version == 9 {
            assert_eq!((answer.skip_assignment, answer.leader == new, answer.members.len()), (true, true, 2));
        } else {
            assert_eq!((answer.skip_assignment, answer.leader == *old, answer.members.len()), (false, true, 0));
        }
        assert_eq!(harness.log.len(), written + 1);
        assert_eq!(harness.heartbeat_as(&old, Some("i"), 1), ErrorCode::FencedInstanceId);
        assert_eq!(harness.heartbeat(&follower, 1), ErrorCode::None);
        let operation = harness.send_sync(&new, 1, &[]);
        assert_eq!(harness.synced(operation).unwrap().assignment, old.as_bytes(), "keeps its assignment");
    }
}

#[test]
fn former_self_of_a_static_member_is_fenced_wherever_it_waits() {
    let mut harness = Harness::new();
    let first = harness.send_join(&Join::new().instance("i"));
    let second = harness.send_join(&Join::new().instance("i"));
    assert_eq!(code(harness.joined(first).unwrap().error_code), ErrorCode::FencedInstanceId);
    harness.send_new_member(&Join::new());
    harness.await_generation();
    let id = harness.joined(second).unwrap().member_id;
    let other = harness
        .joined(second)
        .unwrap()
        .members
        .iter()
        .map(|member| member.member_id.clone())
        .find(|other| *other != id)
        .unwrap();
    let waiting = harness.send_sync(&other, 1, &[]);
    harness.send_join(&Join::new().instance("i"));
    assert_eq!(
        code(harness.synced(waiting).unwrap().error_code),
        ErrorCode::RebalanceInProgress,
        "leader was replaced while assigning"
    );
    let errors = harness.leave(&[(&id, Some("i"))]);
    assert_eq!(errors, [ErrorCode::FencedInstanceId]);
    let join = harness.join_now(&Join::new().instance("i").member(&id));
    assert_eq!(code(join.error_code), ErrorCode::FencedInstanceId);
    let commit =
        strata_compat::messages::OffsetCommitRequest { group_instance_id: Some("i".into()), ..commit_as(&id, 1, 5) };
    assert_eq!(harness.commit(&commit), ErrorCode::FencedInstanceId);
}

#[test]
fn static_member_with_another_protocol_begins_a_rebalance() {
    let mut harness = Harness::new();
    let both: &[(&'static str, &'static str)] = &[("range", "t"), ("sticky", "t")];
    let first = harness.send_join(&Join::new().instance("i").protocols(both));
    let second = harness.send_join(&Join::new().instance("j").protocols(both));
    harness.await_generation();
    let ids = [first, second].map(|operation| String::from(harness.joined(operation).unwrap().member_id));
    harness.sync_all(&ids, 1);
    let sticky = Join::new().instance("j").protocols(&[("sticky", "t")]);
    let operation = harness.send_join(&sticky);
    assert!(harness.joined(operation).is_none());
    assert_eq!(harness.heartbeat(&ids[0], 1), ErrorCode::RebalanceInProgress);
}

#[test]
fn administrator_removes_a_static_member_by_its_instance() {
    let mut harness = Harness::new();
    let (_, follower) = group_with_static_leader(&mut harness);
    assert_eq!(harness.leave(&[("", Some("i"))]), [ErrorCode::None]);
    let operation = harness.send_join(&Join::new().member(&follower));
    assert_eq!(harness.joined(operation).unwrap().leader, *follower);
}

#[test]
fn static_member_that_is_late_stays_and_another_one_leads() {
    let mut harness = Harness::new();
    let join = Join { session_ms: 300_000, ..Join::new().instance("i") };
    let leader = harness.send_join(&join);
    let (follower, _) = harness.send_new_member(&Join::new());
    harness.await_generation();
    let leader = String::from(harness.joined(leader).unwrap().member_id);
    harness.sync_all(&[leader.clone(), follower.clone()], 1);
    let operation = harness.send_join(&Join::new().protocols(&[("range", "u")]).member(&follower));
    harness.await_generation();
    let answer = harness.joined(operation).unwrap();
    assert_eq!((answer.leader.as_str(), answer.members.len()), (follower.as_str(), 2));
    assert_eq!(harness.heartbeat(&leader, 2), ErrorCode::None);
}

#[test]
fn member_below_the_first_version_with_ids_is_named_after_its_client() {
    let mut harness = Harness::new();
    let operation = harness.send_join(&Join::new().version(3));
    harness.advance(3_000);
    let id = harness.joined(operation).unwrap().member_id;
    assert!(id.starts_with("client-") && id.len() == "client-".len() + 36);
}

#[test]
fn refused_record_of_an_empty_group_is_reported() {
    let config = ShardConfig { group_metadata_bytes_max: 1, ..ShardConfig::default() };
    let mut harness = Harness::with_config(config);
    let (id, operation) = harness.send_new_member(&Join::new());
    harness.await_generation();
    assert_eq!(harness.joined(operation).unwrap().generation_id, 1);
    assert_eq!(harness.leave(&[(&id, None)]), [ErrorCode::None]);
    harness.advance(i64::from(SESSION_MS));
    assert_eq!(harness.shard.group_state(GROUP), None, "nothing of it was ever written");
    assert_eq!(harness.unwritten, [GROUP]);
}
