//! Tests of `coordinator.rs`: offsets.

use std::collections::BTreeSet;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{TopicId, Uuid};
use strata_compat::messages::offset_delete::{OffsetDeleteRequestPartition, OffsetDeleteRequestTopic};
use strata_compat::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use strata_compat::messages::{OffsetCommitRequest, OffsetDeleteRequest};

use super::super::{GroupState, ShardConfig};
use super::harness::{GROUP, Harness, Join, code, commit, commit_as};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const RETENTION_MS: i64 = 7 * DAY_MS;
const CHECK_MS: i64 = 600_000;

#[test]
fn commit_is_allowed_by_group_member_and_generation() {
    let unknown_group =
        |generation| OffsetCommitRequest { generation_id_or_member_epoch: generation, ..commit("h", "t", 0, 1) };
    let mut harness = Harness::new();
    assert_eq!(harness.commit_version(&unknown_group(1), 8), ErrorCode::IllegalGeneration);
    assert_eq!(harness.commit_version(&unknown_group(1), 9), ErrorCode::GroupIdNotFound);
    assert_eq!(harness.commit(&unknown_group(-1)), ErrorCode::None);
    assert_eq!(harness.commit(&unknown_group(0)), ErrorCode::UnknownMemberId, "simple group");
    let (ids, generation) = harness.stable_group(2);
    assert_eq!(harness.commit(&commit_as(&ids[0], generation, 5)), ErrorCode::None);
    assert_eq!(harness.commit(&commit_as(&ids[0], generation - 1, 6)), ErrorCode::IllegalGeneration);
    assert_eq!(harness.commit(&commit_as("x", generation, 6)), ErrorCode::UnknownMemberId);
    assert_eq!(harness.commit(&commit(GROUP, "t", 0, 6)), ErrorCode::UnknownMemberId, "not while there are members");
    assert_eq!(harness.fetch(GROUP, "t", 0), 5);
    harness.send_join(&Join::new().member(&ids[0]));
    assert_eq!(harness.commit(&commit_as(&ids[1], generation, 7)), ErrorCode::None, "while it prepares a rebalance");
    harness.send_join(&Join::new().member(&ids[1]));
    assert_eq!(harness.commit(&commit_as(&ids[1], generation + 1, 8)), ErrorCode::RebalanceInProgress);
    assert_eq!(harness.fetch(GROUP, "t", 0), 7);
}

#[test]
fn metadata_that_is_too_long_is_refused_for_its_partition_only() {
    let mut harness = Harness::new();
    let mut request = commit("h", "t", 0, 1);
    let mut large = request.topics[0].partitions[0].clone();
    large.partition_index = 1;
    large.committed_metadata = Some("x".repeat(4_097).into());
    let mut fits = large.clone();
    fits.partition_index = 2;
    fits.committed_metadata = Some("x".repeat(4_096).into());
    request.topics[0].partitions.extend([large, fits]);
    let result = harness.shard.commit_offsets(&request, &super::harness::context(9), harness.now);
    let response = harness.apply(result);
    let errors: Vec<ErrorCode> = response.topics[0].partitions.iter().map(|own| code(own.error_code)).collect();
    assert_eq!(errors, [ErrorCode::None, ErrorCode::OffsetMetadataTooLarge, ErrorCode::None]);
    assert_eq!([0, 1, 2].map(|partition| harness.fetch("h", "t", partition)), [1, -1, 1]);
}

#[test]
fn fetch_tells_everything_or_what_was_asked_for() {
    let mut harness = Harness::new();
    for (topic, partition) in [("a", 0), ("a", 7), ("b", 1)] {
        assert_eq!(harness.commit(&commit("h", topic, partition, 9)), ErrorCode::None);
    }
    let all = harness
        .shard
        .fetch_offsets(&OffsetFetchRequestGroup { group_id: "h".into(), ..OffsetFetchRequestGroup::default() });
    assert!(all.topics.is_empty(), "the default asks for an empty list");
    let all = harness.shard.fetch_offsets(&OffsetFetchRequestGroup {
        group_id: "h".into(),
        topics: None,
        ..OffsetFetchRequestGroup::default()
    });
    let told: Vec<(&str, i32)> = all
        .topics
        .iter()
        .flat_map(|topic| topic.partitions.iter().map(|own| (topic.name.as_str(), own.partition_index)))
        .collect();
    assert_eq!(told, [("a", 0), ("a", 7), ("b", 1)]);
    assert_eq!(all.group_id, "h");
    assert_eq!(all.topics[0].partitions[0].metadata.as_deref(), Some("m"));
    assert_eq!(harness.fetch("h", "a", 1), -1);
    assert_eq!(harness.fetch("unknown", "a", 0), -1);
}

#[test]
fn offset_of_a_former_topic_of_that_name_is_not_told() {
    let mut harness = Harness::new();
    let mut request = commit("h", "t", 0, 9);
    request.topics[0].topic_id = Uuid::from_u128(1);
    assert_eq!(harness.commit_version(&request, 10), ErrorCode::None);
    for (id, offset) in [(0, 9), (1, 9), (2, -1)] {
        let answer = harness.shard.fetch_offsets(&OffsetFetchRequestGroup {
            group_id: "h".into(),
            topics: Some(vec![OffsetFetchRequestTopics {
                name: "t".into(),
                topic_id: Uuid::from_u128(id),
                partition_indexes: vec![0],
            }]),
            ..OffsetFetchRequestGroup::default()
        });
        let topic = &answer.topics[0];
        assert_eq!((topic.topic_id.as_u128(), topic.partitions[0].committed_offset), (id, offset));
    }
    harness.reload();
    assert_eq!(harness.fetch("h", "t", 0), 9);
}

fn delete(harness: &mut Harness, group: &str, topic: &str) -> Result<ErrorCode, ErrorCode> {
    let request = OffsetDeleteRequest {
        group_id: group.into(),
        topics: vec![OffsetDeleteRequestTopic {
            name: topic.into(),
            partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
        }],
    };
    let result = harness.shard.delete_offsets(&request);
    let response = harness.apply(result);
    match code(response.error_code) {
        ErrorCode::None => Ok(code(response.topics[0].partitions[0].error_code)),
        error => Err(error),
    }
}

#[test]
fn offsets_are_deleted_unless_a_member_reads_the_topic() {
    let mut harness = Harness::new();
    assert_eq!(delete(&mut harness, "h", "t"), Err(ErrorCode::GroupIdNotFound));
    harness.commit(&commit("h", "t", 0, 9));
    assert_eq!(delete(&mut harness, "h", "other"), Ok(ErrorCode::None));
    assert_eq!(delete(&mut harness, "h", "t"), Ok(ErrorCode::None));
    assert_eq!(harness.shard.group_state("h"), None, "nothing is left of a simple group");
    let (ids, generation) = harness.stable_group(1);
    let mut both = commit_as(&ids[0], generation, 9);
    both.topics.extend(commit(GROUP, "old", 0, 9).topics);
    harness.commit(&both);
    assert_eq!(delete(&mut harness, GROUP, "t"), Ok(ErrorCode::GroupSubscribedToTopic));
    assert_eq!(delete(&mut harness, GROUP, "old"), Ok(ErrorCode::None));
    assert_eq!((harness.fetch(GROUP, "t", 0), harness.fetch(GROUP, "old", 0)), (9, -1));
}

#[test]
fn offsets_of_a_group_of_another_kind_are_deleted_only_without_members() {
    let mut harness = Harness::new();
    let answer = harness.join_now(&Join { protocol_type: "connect", ..Join::new() });
    let id = answer.member_id;
    harness.send_join(&Join { protocol_type: "connect", ..Join::new().member(&id) });
    assert_eq!(delete(&mut harness, GROUP, "t"), Err(ErrorCode::NonEmptyGroup));
}

#[test]
fn deleted_topic_takes_its_offsets_with_it() {
    let mut harness = Harness::new();
    for (group, topic) in [("g1", "a"), ("g1", "b"), ("g2", "a")] {
        harness.commit(&commit(group, topic, 0, 9));
    }
    let result = harness.shard.delete_topics(&BTreeSet::from(["a".into()]));
    assert_eq!(result.records.len(), 2);
    harness.apply(result);
    assert_eq!(["a", "b"].map(|topic| harness.fetch("g1", topic, 0)), [-1, 9]);
    assert_eq!(harness.shard.group_state("g2"), None);
    assert_eq!(harness.shard.offset_count(), 1);
}

#[test]
fn offsets_go_of_topics_that_went_unseen_and_of_former_ones_of_the_same_name() {
    let mut harness = Harness::new();
    let id = Uuid::from_u128;
    for (group, topic, topic_id) in [("g1", "a", 0), ("g1", "b", 2), ("g1", "c", 3), ("g2", "gone", 0)] {
        let mut request = commit(group, topic, 0, 9);
        request.topics[0].topic_id = id(topic_id);
        harness.commit(&request);
    }
    let there = [("a", id(1)), ("b", id(2)), ("c", id(30))];
    let exists = |topic: &strata_compat::wire::KString, topic_id: TopicId| {
        there.iter().any(|(name, id)| *name == &**topic && (topic_id.0.is_nil() || topic_id.0 == *id))
    };
    let result = harness.shard.delete_missing_topics(exists);
    assert_eq!(result.records.len(), 2);
    harness.apply(result);
    assert_eq!(["a", "b", "c"].map(|topic| harness.fetch("g1", topic, 0)), [9, 9, -1]);
    assert_eq!(harness.shard.group_state("g2"), None);
}

#[test]
fn offsets_of_a_simple_group_expire_one_by_one() {
    let mut harness = Harness::new();
    harness.commit(&commit("h", "t", 0, 1));
    harness.advance(DAY_MS);
    harness.commit(&commit("h", "t", 1, 2));
    harness.advance(RETENTION_MS - DAY_MS - CHECK_MS);
    assert_eq!([0, 1].map(|partition| harness.fetch("h", "t", partition)), [1, 2]);
    harness.advance(2 * CHECK_MS);
    assert_eq!([0, 1].map(|partition| harness.fetch("h", "t", partition)), [-1, 2]);
    harness.advance(DAY_MS);
    assert_eq!(harness.shard.group_state("h"), None);
}

#[test]
fn retention_of_a_group_counts_from_when_it_lost_its_members() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(1);
    let mut request = commit_as(&ids[0], generation, 9);
    request.topics.extend(commit(GROUP, "unread", 0, 9).topics);
    harness.commit(&request);
    for _ in 0..(2 * RETENTION_MS / CHECK_MS) {
        harness.now = harness.now.plus_ms(CHECK_MS);
        assert_eq!(harness.heartbeat(&ids[0], generation), ErrorCode::None);
        harness.advance(0);
    }
    assert_eq!(harness.fetch(GROUP, "t", 0), 9, "a member reads it");
    assert_eq!(harness.fetch(GROUP, "unread", 0), -1, "nobody reads it");
    harness.leave(&[(&ids[0], None)]);
    harness.advance(RETENTION_MS - CHECK_MS);
    assert_eq!(harness.fetch(GROUP, "t", 0), 9);
    harness.advance(2 * CHECK_MS);
    assert_eq!(harness.fetch(GROUP, "t", 0), -1);
    assert_eq!(harness.shard.group_state(GROUP), None);
    assert!(harness.log.last().unwrap().value.is_none());
    harness.reload();
    assert_eq!(harness.shard.group_state(GROUP), None);
}

#[test]
fn old_clients_choose_their_retention() {
    let mut harness = Harness::new();
    let request = OffsetCommitRequest { retention_time_ms: 2 * CHECK_MS, ..commit("h", "t", 0, 1) };
    assert_eq!(harness.commit_version(&request, 4), ErrorCode::None);
    for (topic, retention_time_ms) in [("none", 0), ("usual", -1)] {
        let request = OffsetCommitRequest { retention_time_ms, ..commit("h", topic, 0, 1) };
        assert_eq!(harness.commit_version(&request, 4), ErrorCode::None);
    }
    harness.reload();
    harness.advance(CHECK_MS);
    assert_eq!(["t", "none", "usual"].map(|topic| harness.fetch("h", topic, 0)), [1, -1, 1]);
    harness.advance(2 * CHECK_MS);
    assert_eq!(["t", "none", "usual"].map(|topic| harness.fetch("h", topic, 0)), [-1, -1, 1]);
}

#[test]
fn expiration_of_much_goes_in_steps() {
    let mut harness = Harness::with_config(ShardConfig { expiration_records_max: 3, ..ShardConfig::default() });
    for group in ["a", "b", "c"] {
        for partition in 0..5 {
            harness.commit(&commit(group, "t", partition, 1));
        }
    }
    harness.now = harness.now.plus_ms(RETENTION_MS + CHECK_MS);
    let mut steps = 0;
    while harness.shard.next_timeout().is_some_and(|next| next <= harness.now) {
        let result = harness.shard.handle_timeout(harness.now);
        assert!(result.records.len() <= 3);
        harness.apply(result);
        steps += 1;
    }
    assert!((5..=7).contains(&steps), "{steps} steps");
    assert_eq!(harness.shard.offset_count(), 0);
    assert!(harness.shard.group_counts().is_empty());
}

#[test]
fn a_walk_goes_on_where_it_stopped() {
    let mut harness = Harness::with_config(ShardConfig { expiration_records_max: 1, ..ShardConfig::default() });
    for group in ["b", "c"] {
        harness.commit(&commit(group, "t", 0, 1));
    }
    harness.now = harness.now.plus_ms(CHECK_MS / 2);
    harness.commit(&commit("a", "t", 0, 1));
    harness.now = harness.now.plus_ms(RETENTION_MS - 1);
    let mut gone = Vec::new();
    for late_ms in [0, 1, 0] {
        harness.now = harness.now.plus_ms(late_ms);
        let result = harness.shard.handle_timeout(harness.now);
        harness.apply(result);
        gone.push(["a", "b", "c"].map(|group| harness.fetch(group, "t", 0) == -1));
    }
    // "a" has expired since the walk passed it, and waits for the next one.
    assert_eq!(gone, [[false, true, false], [false, true, true], [false, true, true]]);
    harness.advance(CHECK_MS);
    assert_eq!(harness.fetch("a", "t", 0), -1);
}

#[test]
fn groups_of_a_shard_are_limited() {
    let mut harness = Harness::with_config(ShardConfig { groups_max: 1, ..ShardConfig::default() });
    assert_eq!(harness.commit(&commit("h", "t", 0, 1)), ErrorCode::None);
    assert_eq!(harness.commit(&commit("h", "t", 0, 2)), ErrorCode::None);
    assert_eq!(harness.commit(&commit("i", "t", 0, 1)), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(code(harness.join_now(&Join::new()).error_code), ErrorCode::CoordinatorNotAvailable);
    assert_eq!(harness.shard.group_state("h"), Some(GroupState::Empty));
}
