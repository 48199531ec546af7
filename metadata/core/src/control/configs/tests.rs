//! Tests of `configs.rs`.

use super::*;
use crate::command::brokers::BrokerChange;
use crate::command::tests::{World, change_broker, create, defaults, on_brokers, partition, set_config};
use crate::command::{Command, FeatureUpgrade, UpdateFeatures};

fn topic() -> ConfigResource {
    ConfigResource::topic("topic-1")
}

fn alter(operations: Vec<ConfigOperation>, replace_all: bool) -> Command {
    Command::AlterConfigs(AlterConfigs { resource: topic(), replace_all, operations, defaults: defaults() })
}

fn world(configs: &[(&str, &str)]) -> World {
    let mut world = World::new(1, true);
    world.done(&create(1, on_brokers(&[1]), configs));
    world
}

#[test]
fn list_operations_compose() {
    let mut world = world(&[]);
    let (key, inherited) = ("cleanup.policy".to_owned(), "delete".to_owned());
    let items = "compact, delete".to_owned();
    let append = ConfigOperation::Append { key: key.clone(), items, inherited: inherited.clone() };
    world.done(&alter(vec![append], false));
    assert_eq!(world.image.configs.value(&topic(), "cleanup.policy"), Some("delete,compact"));
    let subtract = ConfigOperation::Subtract { key: key.clone(), items: "delete".to_owned(), inherited };
    world.done(&alter(vec![subtract], false));
    assert_eq!(world.image.configs.value(&topic(), "cleanup.policy"), Some("compact"));
    world.done(&alter(vec![ConfigOperation::Delete { key: key.clone() }, ConfigOperation::Delete { key }], false));
    assert_eq!(world.image.configs.get(&topic()), None);
}

#[test]
fn replacing_all_removes_what_is_not_named() {
    let mut world = world(&[("a", "1"), ("b", "2")]);
    world.done(&alter(vec![ConfigOperation::Set { key: "b".to_owned(), value: "3".to_owned() }], true));
    assert_eq!(world.image.configs.value(&topic(), "a"), None);
    assert_eq!(world.image.configs.value(&topic(), "b"), Some("3"));
}

#[test]
fn compaction_and_tiering_exclude_each_other_in_both_directions() {
    let tiered = [("remote.storage.enable", "true")];
    let compacted = [("cleanup.policy", "compact,delete")];
    let both = World::new(1, true).apply(&create(1, on_brokers(&[1]), &[tiered[0], compacted[0]]));
    assert_eq!(both, Err(Refusal::CompactedAndTiered));
    for (first, (key, value)) in [(tiered, compacted[0]), (compacted, tiered[0])] {
        let refused = world(&first).apply(&set_config(topic(), key, value));
        assert_eq!(refused, Err(Refusal::CompactedAndTiered), "{key}");
    }
    let by_default =
        world(&tiered).apply(&set_config(ConfigResource::broker_default(), "log.cleanup.policy", "compact"));
    assert_eq!(by_default, Err(Refusal::CompactedAndTiered));
}

#[test]
fn disabling_tiering_needs_the_promise_to_delete() {
    let mut world = world(&[("remote.storage.enable", "true")]);
    let disable = set_config(topic(), "remote.storage.enable", "false");
    assert_eq!(world.apply(&disable), Err(Refusal::RemoteDataWouldRemain));
    world.done(&set_config(topic(), "remote.log.delete.on.disable", "true"));
    world.done(&disable);
}

#[test]
fn unknown_topics_and_oversized_values_are_refused() {
    let unknown = World::new(1, true).apply(&set_config(topic(), "retention.ms", "1"));
    assert_eq!(unknown, Err(Refusal::UnknownTopic));
    let large = world(&[]).apply(&set_config(topic(), "k", &"v".repeat(50_000)));
    assert!(matches!(large, Err(Refusal::TooMany { .. })), "{large:?}");
}

#[test]
fn resource_holds_as_many_configs_as_one_command_can_write_anew() {
    let many = |count: usize| (0..count).map(|key| (format!("key-{key}"), String::new())).collect::<Configs>();
    let large = |bytes: usize| [("k".repeat(10), "v".repeat(bytes - 10))].into_iter().collect::<Configs>();
    for (configs, fits) in [(many(512), true), (many(513), false), (large(49_152), true), (large(49_153), false)] {
        assert_eq!(check_size(&configs).is_ok(), fits, "{} configs", configs.len());
    }
}

#[test]
fn min_insync_replicas_is_of_a_topic_or_of_all_brokers_where_elr_is_kept() {
    let one = || ConfigResource::broker(strata_compat::ids::BrokerId(1));
    for (keeps_elr, resource, key, is_done) in [
        (true, one(), "min.insync.replicas", false),
        (true, one(), "log.retention.ms", true),
        (true, ConfigResource::broker_default(), "min.insync.replicas", true),
        (false, one(), "min.insync.replicas", true),
    ] {
        let response = World::new(1, keeps_elr).apply(&set_config(resource.clone(), key, "2"));
        let refused = matches!(&response, Err(Refusal::InvalidConfig { key, .. }) if key == "min.insync.replicas");
        assert_eq!((response.is_ok(), refused), (is_done, !is_done), "{keeps_elr} {resource:?} {key}");
    }
}

#[test]
fn default_policy_may_compact_unless_a_tiered_topic_depends_on_it() {
    let group = ConfigResource { kind: ConfigKind::Group, name: "topic-1".to_owned() };
    let tiered = ("remote.storage.enable", "true");
    for (what, configs, expected) in [
        ("not tiered", &[][..], Ok(Reply::Done)),
        ("tiered with a policy of its own", &[tiered, ("cleanup.policy", "delete")], Ok(Reply::Done)),
        ("tiered", &[tiered], Err(Refusal::CompactedAndTiered)),
    ] {
        let mut world = world(configs);
        world.done(&set_config(group.clone(), tiered.0, tiered.1));
        let compact = set_config(ConfigResource::broker_default(), "log.cleanup.policy", "compact");
        assert_eq!(world.apply(&compact), expected, "{what}");
        let delete = set_config(ConfigResource::broker_default(), "log.cleanup.policy", "delete");
        assert_eq!(world.apply(&delete), Ok(Reply::Done), "{what}");
    }
}

#[test]
fn change_of_nothing_is_done_where_there_is_a_topic() {
    let nothing = alter(Vec::new(), false);
    assert_eq!(world(&[]).apply(&nothing), Ok(Reply::Done));
    assert_eq!(World::new(1, true).apply(&nothing), Err(Refusal::UnknownTopic));
}

#[test]
fn config_of_one_broker_holds_for_no_partition() {
    let mut world = World::new(2, true);
    world.done(&create(1, on_brokers(&[1, 2]), &[("min.insync.replicas", "2")]));
    let fence = change_broker(&world.image, 2, BrokerChange::Fence);
    world.done(&fence);
    let updates = vec![("eligible.leader.replicas.version".to_owned(), 0, FeatureUpgrade::UnsafeDowngrade)];
    world.done(&Command::UpdateFeatures(UpdateFeatures { updates }));
    let before = world.image.partition(partition(1, 0)).unwrap().clone();
    assert_eq!(before.elr.len(), 1);
    let one = ConfigResource::broker(strata_compat::ids::BrokerId(1));
    world.done(&set_config(one, "min.insync.replicas", "1"));
    assert_eq!(*world.image.partition(partition(1, 0)).unwrap(), before);
    world.done(&set_config(ConfigResource::broker_default(), "min.insync.replicas", "1"));
    assert!(world.image.partition(partition(1, 0)).unwrap().elr.is_empty(), "that of all brokers does");
}
