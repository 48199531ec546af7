//! Tests of `coordinator.rs`: admin.

use strata_compat::error_code::ErrorCode;
use strata_compat::wire::KString;

use super::super::GroupState;
use super::harness::{GROUP, Harness, Join, code, commit, commit_as, context};

fn words(words: &[&str]) -> Vec<KString> {
    words.iter().map(|word| KString::from(*word)).collect()
}

#[test]
fn groups_are_listed_by_state_and_type() {
    let mut harness = Harness::new();
    harness.stable_group(1);
    harness.commit(&commit("simple", "t", 0, 1));
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (&[], &[], &["g", "simple"]),
        (&["Stable"], &[], &["g"]),
        (&["stable", "EMPTY"], &[], &["g", "simple"]),
        (&["Dead"], &[], &[]),
        (&[], &["Classic"], &["g", "simple"]),
        (&[], &["consumer"], &[]),
        (&[], &["nonsense"], &[]),
    ];
    for (states, types, ids) in cases {
        let listed = harness.shard.list_groups(&words(states), &words(types));
        let listed: Vec<&str> = listed.iter().map(|group| group.group_id.as_str()).collect();
        assert_eq!(listed, *ids, "{states:?} {types:?}");
    }
    let listed = harness.shard.list_groups(&[], &[]);
    let told = |index: usize| {
        [&listed[index].protocol_type, &listed[index].group_state, &listed[index].group_type].map(KString::as_str)
    };
    assert_eq!(told(0), ["consumer", "Stable", "classic"]);
    assert_eq!(told(1), ["", "Empty", "classic"]);
}

#[test]
fn unknown_group_is_dead_and_since_version_6_an_error() {
    let harness = Harness::new();
    for (version, error) in [(5, ErrorCode::None), (6, ErrorCode::GroupIdNotFound)] {
        let described = harness.shard.describe_groups(&words(&["h"]), &context(version));
        assert_eq!((code(described[0].error_code), described[0].group_state.as_str()), (error, "Dead"));
        assert_eq!(described[0].group_id, "h");
        assert_eq!(described[0].error_message.is_some(), version == 6);
    }
}

#[test]
fn members_are_described_with_metadata_only_while_stable() {
    let mut harness = Harness::new();
    let (ids, _) = harness.stable_group(2);
    let describe = |harness: &Harness| harness.shard.describe_groups(&words(&[GROUP]), &context(6)).remove(0);
    let group = describe(&harness);
    assert_eq!(group.group_id, GROUP);
    assert_eq!([group.group_state, group.protocol_type, group.protocol_data], ["Stable", "consumer", "range"]);
    assert_eq!(group.members.len(), 2);
    assert_eq!(group.members[0].member_assignment, group.members[0].member_id.as_bytes());
    assert!(!group.members[0].member_metadata.is_empty());
    assert_eq!(group.members[0].client_host, "/127.0.0.1");
    harness.send_join(&Join::new().member(&ids[0]));
    let group = describe(&harness);
    assert_eq!([group.group_state, group.protocol_data], ["PreparingRebalance", ""]);
    assert!(group.members[0].member_metadata.is_empty() && group.members[0].member_assignment.is_empty());
    assert_eq!(group.members[0].client_id, "client");
}

fn delete(harness: &mut Harness, groups: &[&str]) -> Vec<(String, ErrorCode)> {
    let result = harness.shard.delete_groups(&words(groups));
    let results = harness.apply(result);
    results.into_iter().map(|own| (own.group_id.into(), code(own.error_code))).collect()
}

#[test]
fn group_is_deleted_with_its_offsets_if_it_has_no_members() {
    let mut harness = Harness::new();
    let (ids, generation) = harness.stable_group(1);
    harness.commit(&commit_as(&ids[0], generation, 9));
    harness.commit(&commit("simple", "t", 0, 1));
    let answers = delete(&mut harness, &[GROUP, "simple", "h", "simple"]);
    let expected = [(GROUP, ErrorCode::NonEmptyGroup), ("h", ErrorCode::GroupIdNotFound), ("simple", ErrorCode::None)];
    assert_eq!(answers, expected.map(|(id, error)| (id.to_owned(), error)));
    assert_eq!(harness.shard.group_state("simple"), None);
    harness.leave(&[(&ids[0], None)]);
    assert_eq!(delete(&mut harness, &[GROUP]), [(GROUP.to_owned(), ErrorCode::None)]);
    assert_eq!((harness.shard.group_state(GROUP), harness.fetch(GROUP, "t", 0)), (None, -1));
    harness.reload();
    assert_eq!((harness.shard.group_state(GROUP), harness.shard.offset_count()), (None, 0));
}

#[test]
fn figures_count_groups_and_offsets() {
    let mut harness = Harness::new();
    harness.stable_group(1);
    harness.commit(&commit("simple", "t", 0, 1));
    let counts = harness.shard.group_counts();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(GroupState::Empty, 1), (GroupState::Stable, 1)]);
    assert_eq!(harness.shard.offset_count(), 1);
}
