//! Edges of the group coordinator: exactly at a limit, exactly at a time.

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::Timestamp;
use strata_compat::messages::consumer_offsets::{GroupMetadataKey, GroupMetadataValue};
use strata_compat::messages::{HeartbeatRequest, LeaveGroupRequest, SyncGroupRequest};

use super::super::{CoordinatorShard, GroupState, ShardConfig};
use super::harness::{GROUP, Harness, Join, code, commit, context, sync_request};
use crate::group::record::group_record;

#[test]
fn requests_without_a_group_id_are_refused() {
    let mut harness = Harness::new();
    let leave = harness.send_leave(&LeaveGroupRequest::default(), 5);
    assert_eq!((code(leave.error_code), leave.members.len()), (ErrorCode::InvalidGroupId, 0));
    let heartbeat = harness.shard.heartbeat(&HeartbeatRequest::default(), harness.now);
    assert_eq!(code(harness.apply(heartbeat).error_code), ErrorCode::InvalidGroupId);
    let nowhere = HeartbeatRequest { group_id: "h".into(), ..HeartbeatRequest::default() };
    let heartbeat = harness.shard.heartbeat(&nowhere, harness.now);
    assert_eq!(code(harness.apply(heartbeat).error_code), ErrorCode::UnknownMemberId);
    let operation = harness.send_sync_request(&SyncGroupRequest::default(), 5);
    assert_eq!(code(harness.synced(operation).unwrap().error_code), ErrorCode::InvalidGroupId);
    let operation = harness.send_sync_request(&sync_request("m", 1, &[]), 5);
    assert_eq!(code(harness.synced(operation).unwrap().error_code), ErrorCode::UnknownMemberId);
    let operation = harness.send_join(&Join::new().group(""));
    assert_eq!(code(harness.joined(operation).unwrap().error_code), ErrorCode::InvalidGroupId);
}

#[test]
fn a_group_that_is_as_large_as_it_may_be_stays_stable_over_a_load() {
    let mut harness = Harness::new();
    harness.stable_group(2);
    for (size_max, state) in [(2, GroupState::Stable), (3, GroupState::Stable), (1, GroupState::PreparingRebalance)] {
        harness.config.group_size_max = size_max;
        harness.reload();
        assert_eq!(harness.shard.group_state(GROUP), Some(state), "{size_max}");
    }
}

#[test]
fn a_record_of_exactly_the_largest_size_is_written() {
    let mut usual = Harness::new();
    usual.stable_group(1);
    let value_bytes = usual.log.last().unwrap().value.as_ref().unwrap().len();
    for (group_metadata_bytes_max, written) in [(value_bytes, true), (value_bytes - 1, false)] {
        let config = ShardConfig { group_metadata_bytes_max, ..ShardConfig::default() };
        let mut harness = Harness::with_config(config);
        let (id, _) = harness.send_new_member(&Join::new());
        harness.await_generation();
        let operation = harness.send_sync(&id, 1, &[(&id, &id)]);
        let error = code(harness.synced(operation).unwrap().error_code);
        assert_eq!(error, if written { ErrorCode::None } else { ErrorCode::UnknownServerError });
        assert_eq!(harness.log.len(), usize::from(written));
    }
}

#[test]
fn the_initial_delay_ends_in_one_step_when_nothing_of_it_is_left() {
    let mut harness = Harness::new();
    let start = harness.now;
    let join = Join { rebalance_ms: 6_000, version: 3, ..Join::new() };
    harness.send_join(&join);
    harness.advance(2_000);
    harness.send_join(&join);
    harness.advance(2_000);
    harness.send_join(&join);
    assert_eq!(harness.shard.next_timeout(), Some(start.plus_ms(6_000)));
    harness.now = start.plus_ms(6_000);
    let ended = harness.shard.handle_timeout(harness.now);
    harness.apply(ended);
    assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::CompletingRebalance));
}

#[test]
fn retention_counts_from_the_commit_where_a_record_does_not_tell_since_when_the_group_is_empty() {
    // (protocol type and since when, by its record) → is the offset gone after the retention from the commit on?
    let later = 1_000_000 + 10_000;
    for (protocol_type, current_state_timestamp, gone) in
        [("consumer", -1, true), ("consumer", later, false), ("", later, true)]
    {
        let config = ShardConfig { offsets_retention_ms: 20_000, ..ShardConfig::default() };
        let mut harness = Harness::with_config(config);
        harness.commit(&commit(GROUP, "t", 0, 7));
        let value = GroupMetadataValue {
            protocol_type: protocol_type.into(),
            generation: 3,
            current_state_timestamp,
            ..GroupMetadataValue::default()
        };
        harness.log.push(group_record(&GroupMetadataKey { group: GROUP.into() }, Some(&value)).unwrap());
        harness.reload();
        assert_eq!(harness.shard.group_state(GROUP), Some(GroupState::Empty));
        let (until, loaded_at) = (harness.now.plus_ms(20_000), harness.now);
        let mut other = CoordinatorShard::new(ShardConfig { offsets_retention_check_interval_ms: 10_000, ..config });
        for record in &harness.log {
            other.replay(record).unwrap();
        }
        other.on_loaded(loaded_at);
        assert!(other.handle_timeout(loaded_at.plus_ms(10_000)).records.is_empty(), "{current_state_timestamp}");
        assert_eq!(other.next_timeout(), Some(until));
        let expired = other.handle_timeout(until);
        assert_eq!(expired.records.len(), if gone { 2 } else { 0 }, "{current_state_timestamp}");
    }
}

#[test]
fn an_id_holds_as_much_of_a_name_as_fits_in_whole_letters() {
    let mut harness = Harness::new();
    // The 1,024th byte is the first or the second one of a letter, or a letter of its own.
    for (name, kept) in [
        (format!("{}é{}", "a".repeat(1_023), "b".repeat(9)), 1_023),
        (format!("{}é{}", "a".repeat(1_022), "b".repeat(9)), 1_024),
        ("a".repeat(2_000), 1_024),
        ("a".repeat(1_024), 1_024),
        ("short".to_owned(), 5),
    ] {
        let instance: &'static str = name.clone().leak();
        let operation = harness.send_join(&Join::new().group("h").instance(instance));
        harness.advance(3_000);
        let id = harness.joined(operation).unwrap().member_id;
        assert_eq!((&id[..kept], &id[kept..=kept], id.len()), (&name[..kept], "-", kept + 37));
        let result = harness.shard.leave_group(
            &LeaveGroupRequest { group_id: "h".into(), member_id: id, ..LeaveGroupRequest::default() },
            &context(0),
            harness.now,
        );
        harness.apply(result);
    }
}

#[test]
fn a_commit_founds_a_group_only_while_there_is_room_for_one() {
    let mut harness = Harness::with_config(ShardConfig { groups_max: 1, ..ShardConfig::default() });
    assert_eq!(harness.commit(&commit("one", "t", 0, 1)), ErrorCode::None);
    assert_eq!(harness.commit(&commit("two", "t", 0, 1)), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(harness.commit(&commit("one", "t", 0, 2)), ErrorCode::None);
    assert_eq!((harness.fetch("one", "t", 0), harness.fetch("two", "t", 0)), (2, -1));
    let refused = harness.send_join(&Join::new().group("two"));
    assert_eq!(code(harness.joined(refused).unwrap().error_code), ErrorCode::CoordinatorNotAvailable);
    let allowed = harness.send_join(&Join::new().group("one"));
    assert_eq!(code(harness.joined(allowed).unwrap().error_code), ErrorCode::MemberIdRequired);
}

#[test]
fn a_shard_that_was_loaded_wakes_for_the_first_walk() {
    let mut shard = CoordinatorShard::new(ShardConfig::default());
    assert_eq!(shard.next_timeout(), None);
    shard.on_loaded(Timestamp(5));
    assert_eq!(shard.next_timeout(), Some(Timestamp(5 + 600_000)));
    assert!(shard.handle_timeout(Timestamp(5 + 599_999)).records.is_empty());
    assert_eq!(shard.next_timeout(), Some(Timestamp(5 + 600_000)), "not before its time");
    shard.handle_timeout(Timestamp(5 + 600_000));
    assert_eq!(shard.next_timeout(), Some(Timestamp(5 + 1_200_000)));
}
