//! Tests of `configs.rs`.

use super::*;
use crate::command::Command;
use crate::command::tests::{World, create, defaults, on_brokers, set_config};

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
