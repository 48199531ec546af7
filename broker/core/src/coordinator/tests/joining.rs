//! Tests of `coordinator.rs`: joining.

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::JoinGroupRequest;

use super::super::{GroupState, ShardConfig};
use super::harness::{GROUP, Harness, Join, REBALANCE_MS, SESSION_MS, code, context};

#[test]
fn new_member_must_come_back_with_its_id_from_version_4_on() {
    for version in 0..=9 {
        let mut harness = Harness::new();
        let operation = harness.send_join(&Join::new().version(version));
        let answer = harness.joined(operation);
        if version >= 4 {
            let answer = answer.unwrap();
            assert_eq!(code(answer.error_code), ErrorCode::MemberIdRequired);
            assert!(answer.member_id.starts_with("client-"));
            assert!(answer.protocol_name.is_some(), "version {version}");
            assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Empty));
        } else {
            assert!(answer.is_none());
            harness.advance(3_000);
            assert_eq!(code(harness.joined(operation).unwrap().error_code), ErrorCode::None);
        }
    }
}

#[test]
fn joins_are_refused_before_they_touch_a_group() {
    let cases: &[(&str, Join, ErrorCode)] = &[
        ("session too short", Join { session_ms: 5_999, ..Join::new() }, ErrorCode::InvalidSessionTimeout),
        ("session too long", Join { session_ms: 1_800_001, ..Join::new() }, ErrorCode::InvalidSessionTimeout),
        ("unknown group with an id", Join::new().member("x"), ErrorCode::UnknownMemberId),
        ("no protocol", Join { protocols: Vec::new(), ..Join::new() }, ErrorCode::InconsistentGroupProtocol),
        ("no protocol type", Join { protocol_type: "", ..Join::new() }, ErrorCode::InconsistentGroupProtocol),
    ];
    for (name, join, error) in cases {
        let mut harness = Harness::new();
        let answer = harness.join_now(join);
        assert_eq!(code(answer.error_code), *error, "{name}");
        assert_eq!(harness.shard.group_state(GROUP), None, "{name}");
    }
    let mut harness = Harness::new();
    let operation = harness.operation();
    let request = JoinGroupRequest::default();
    let result = harness.shard.join_group(&request, &context(9), operation, Default::default(), harness.now);
    harness.apply(result);
    assert_eq!(code(harness.joined(operation).unwrap().error_code), ErrorCode::InvalidGroupId);
}

#[test]
fn first_generation_waits_for_the_initial_delay_which_joins_prolong() {
    let mut harness = Harness::new();
    let (first, first_join) = harness.send_new_member(&Join::new());
    harness.advance(2_000);
    let (_, second_join) = harness.send_new_member(&Join::new());
    harness.advance(1_500);
    assert!(harness.joined(first_join).is_none());
    harness.advance(3_000);
    let answer = harness.joined(first_join).unwrap();
    assert_eq!((answer.generation_id, answer.leader.as_str()), (1, first.as_str()));
    assert_eq!(answer.members.len(), 2);
    assert!(harness.joined(second_join).unwrap().members.is_empty());
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::CompletingRebalance));
}

#[test]
fn initial_delay_ends_with_the_rebalance_timeout_however_many_join() {
    let mut harness = Harness::new();
    let join = Join { rebalance_ms: 10_000, ..Join::new() };
    let (_, first) = harness.send_new_member(&join);
    for _ in 0..6 {
        harness.advance(2_000);
        harness.send_new_member(&join);
    }
    assert!(harness.joined(first).is_some());
}

#[test]
fn protocol_with_most_votes_among_the_common_ones_wins() {
    let cases: &[(&str, [&[(&'static str, &'static str)]; 3], &str)] = &[
        ("only common one", [&[("a", "t"), ("b", "t")], &[("b", "t")], &[("c", "t"), ("b", "t")]], "b"),
        ("majority", [&[("a", "t"), ("b", "t")], &[("b", "t"), ("a", "t")], &[("b", "t"), ("a", "t")]], "b"),
    ];
    for (name, protocols, chosen) in cases {
        let mut harness = Harness::new();
        let mut last = None;
        for own in protocols {
            last = Some(harness.send_new_member(&Join::new().protocols(own)).1);
        }
        harness.await_generation();
        let answer = harness.joined(last.unwrap()).unwrap();
        assert_eq!(answer.protocol_name.unwrap().as_str(), *chosen, "{name}");
    }
}

#[test]
fn member_without_a_common_protocol_or_of_another_type_is_refused() {
    let mut harness = Harness::new();
    harness.stable_group(1);
    let other_protocol = harness.join_now(&Join::new().protocols(&[("sticky", "t")]));
    let other_type = harness.join_now(&Join { protocol_type: "connect", ..Join::new() });
    for answer in [other_protocol, other_type] {
        assert_eq!(code(answer.error_code), ErrorCode::InconsistentGroupProtocol);
    }
}

#[test]
fn full_group_refuses_new_members_but_not_its_own() {
    let mut harness = Harness::with_config(ShardConfig { group_size_max: 2, ..ShardConfig::default() });
    let (ids, generation) = harness.stable_group(2);
    assert_eq!(code(harness.join_now(&Join::new()).error_code), ErrorCode::GroupMaxSizeReached);
    let answer = harness.join_now(&Join::new().member(&ids[1]));
    assert_eq!((code(answer.error_code), answer.generation_id), (ErrorCode::None, generation));
}

#[test]
fn metadata_of_all_members_is_limited() {
    let mut harness = Harness::with_config(ShardConfig { member_protocol_bytes_max: 30, ..ShardConfig::default() });
    let (id, _) = harness.send_new_member(&Join::new());
    assert_eq!(code(harness.join_now(&Join::new()).error_code), ErrorCode::GroupMaxSizeReached);
    harness.advance(3_000);
    assert_eq!(harness.heartbeat(&id, 1), ErrorCode::None);
}

#[test]
fn groups_of_a_shard_share_a_bound_on_what_their_members_say() {
    let config = ShardConfig { shard_protocol_bytes_max: 60, ..ShardConfig::default() };
    let mut harness = Harness::with_config(config);
    let join = |group| Join::new().version(3).group(group).protocols(&[("range", "a topic with quite a long name")]);
    let answer = |harness: &mut Harness, join: &Join| {
        let operation = harness.send_join(join);
        if harness.joined(operation).is_none() {
            harness.advance(3_000);
        }
        harness.joined(operation).unwrap()
    };
    let first = answer(&mut harness, &join("one"));
    assert_eq!(code(first.error_code), ErrorCode::None);
    assert_eq!(code(answer(&mut harness, &join("two")).error_code), ErrorCode::GroupMaxSizeReached);
    let again = answer(&mut harness, &join("one").member(&first.member_id));
    assert_eq!(code(again.error_code), ErrorCode::None, "its own bytes are not counted twice");
    harness.advance(400_000);
    assert_eq!(code(answer(&mut harness, &join("two")).error_code), ErrorCode::None, "the first member is gone");
}

#[test]
fn follower_with_the_same_metadata_gets_the_current_generation() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(2);
    let answer = harness.join_now(&Join::new().member(&ids[1]));
    assert_eq!((answer.generation_id, answer.members.len()), (generation, 0));
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Stable));
}

#[test]
fn leader_or_changed_metadata_begins_a_rebalance() {
    let changed = Join::new().protocols(&[("range", "other")]);
    let cases = [(0, Join::new()), (1, changed.clone()), (0, changed)];
    for (index, join) in cases {
        let mut harness = Harness::new();
        let (ids, generation) = harness.stable_group(2);
        let operation = harness.send_join(&join.member(&ids[index]));
        assert!(harness.joined(operation).is_none());
        assert_eq!(harness.heartbeat(&ids[1 - index], generation), ErrorCode::RebalanceInProgress);
        let other = harness.send_join(&Join::new().member(&ids[1 - index]));
        for operation in [operation, other] {
            assert_eq!(harness.joined(operation).unwrap().generation_id, generation + 1);
        }
    }
}

#[test]
fn member_that_missed_its_join_answer_asks_again_and_only_the_last_call_waits() {
    let mut harness = Harness::new();
    let (id, first) = harness.send_new_member(&Join::new());
    let second = harness.send_join(&Join::new().member(&id));
    assert_eq!(code(harness.joined(first).unwrap().error_code), ErrorCode::RebalanceInProgress);
    harness.advance(3_000);
    assert_eq!(harness.joined(second).unwrap().generation_id, 1);
    let again = harness.join_now(&Join::new().member(&id));
    assert_eq!((again.generation_id, again.members.len()), (1, 1));
}

#[test]
fn members_that_do_not_rejoin_are_left_out_after_the_rebalance_timeout() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(2);
    let operation = harness.send_join(&Join { rebalance_ms: 20_000, ..Join::new().member(&ids[0]) });
    for _ in 0..20 {
        harness.advance(i64::from(SESSION_MS) / 2);
        harness.heartbeat(&ids[1], generation);
    }
    let answer = harness.joined(operation).unwrap();
    assert_eq!((answer.generation_id, answer.members.len()), (generation + 1, 1));
    assert_eq!(harness.heartbeat(&ids[1], generation), ErrorCode::UnknownMemberId);
}

#[test]
fn old_versions_have_no_absent_protocol_name_and_one_timeout() {
    let mut harness = Harness::new();
    let answer = harness.join_now(&Join { session_ms: 1, ..Join::new().version(0) });
    assert_eq!(answer.protocol_name.as_deref(), Some(""));
    let operation = harness.send_join(&Join { rebalance_ms: -1, ..Join::new().version(0) });
    harness.advance(3_000);
    let id = harness.joined(operation).unwrap().member_id;
    harness.send_sync(&id, 1, &[]);
    let joins = [harness.send_join(&Join { rebalance_ms: -1, ..Join::new().version(0) })];
    harness.advance(i64::from(SESSION_MS) - 1);
    harness.heartbeat(&id, 1);
    assert!(harness.joined(joins[0]).is_none());
    harness.advance(1);
    assert_eq!(harness.joined(joins[0]).unwrap().generation_id, 2);
}

#[test]
fn metadata_of_members_may_take_exactly_what_is_allowed() {
    let join = Join::new();
    let bytes = join.protocols.iter().map(|(name, metadata)| name.len() + metadata.len()).sum::<usize>();
    for (member_protocol_bytes_max, error) in
        [(2 * bytes, ErrorCode::None), (2 * bytes - 1, ErrorCode::GroupMaxSizeReached)]
    {
        let mut harness = Harness::with_config(ShardConfig { member_protocol_bytes_max, ..ShardConfig::default() });
        let joins = [harness.send_join(&join.clone().version(3)), harness.send_join(&join.clone().version(3))];
        harness.await_generation();
        assert_eq!(code(harness.joined(joins[1]).unwrap().error_code), error, "{member_protocol_bytes_max}");
    }
}

#[test]
fn a_member_that_says_more_than_there_is_room_for_goes_and_the_others_rebalance() {
    let mut harness = Harness::with_config(ShardConfig { member_protocol_bytes_max: 60, ..ShardConfig::default() });
    let (ids, generation) = harness.stable_group(2);
    let refused =
        harness.join_now(&Join::new().member(&ids[1]).protocols(&[("range", "a topic with quite a long name")]));
    assert_eq!(code(refused.error_code), ErrorCode::GroupMaxSizeReached);
    assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::RebalanceInProgress);
    assert_eq!(harness.heartbeat(&ids[1], generation), ErrorCode::UnknownMemberId);
}

#[test]
fn a_new_member_that_sent_a_heartbeat_while_it_waits_is_watched_from_then_on() {
    let mut harness = Harness::new();
    let long = Join { session_ms: 3 * REBALANCE_MS, ..Join::new() };
    let (old, _) = harness.send_new_member(&long);
    harness.await_generation();
    harness.send_sync(&old, 1, &[(&old, "a")]);
    let (new, waiting) = harness.send_new_member(&Join::new());
    harness.advance(1_000);
    assert_eq!(harness.heartbeat(&new, 1), ErrorCode::RebalanceInProgress);
    assert_eq!(harness.shard.next_timeout(), Some(harness.now.plus_ms(i64::from(SESSION_MS))));
    harness.advance(i64::from(SESSION_MS) - 1);
    assert!(harness.joined(waiting).is_none());
    harness.advance(1);
    assert_eq!(code(harness.joined(waiting).unwrap().error_code), ErrorCode::UnknownMemberId);
}
