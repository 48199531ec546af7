//! Dynamic configs, and the rules that must hold in the state: `compact` and tiering exclude each other, in both
//! directions; disabling tiering goes with a promise to delete; a new `min.insync.replicas` makes an old ELR worthless.

use strata_compat::ids::TopicIdPartition;

use crate::command::configs::{AlterConfigs, ConfigOperation};
use crate::command::topics::ConfigDefaults;
use crate::control::partitions::{Ask, elect_where_leaderless, update};
use crate::control::{Change, at_most};
use crate::image::configs::{
    CLEANUP_POLICY, ConfigKind, ConfigResource, Configs, LOG_CLEANUP_POLICY, MIN_INSYNC_REPLICAS,
    REMOTE_LOG_DELETE_ON_DISABLE, REMOTE_STORAGE_ENABLE, UNCLEAN_LEADER_ELECTION_ENABLE,
};
use crate::image::topics::Topic;
use crate::response::{Refusal, Reply, Response};

/// Bytes of all configs of one resource, at most: any one of them can be written anew in one command.
const CONFIG_BYTES_MAX: usize = 48 * 1024;
/// Configs of one resource, at most.
const CONFIGS_MAX: usize = 512;

pub(crate) fn alter(change: &mut Change, command: &AlterConfigs) -> Response {
    let resource = &command.resource;
    let before: Configs =
        change.image.configs.get(resource).map(|configs| configs.as_ref().clone()).unwrap_or_default();
    let mut after = if command.replace_all { Configs::new() } else { before.clone() };
    for operation in &command.operations {
        operate(&mut after, operation);
    }
    if after == before {
        check_resource(change, resource)?;
        return Ok(Reply::Done);
    }
    check_size(&after)?;
    match resource.kind {
        ConfigKind::Topic => check_topic(change, &resource.name, &before, &after, &command.defaults)?,
        ConfigKind::Broker => check_broker(change, &resource.name, &after)?,
        ConfigKind::Group | ConfigKind::ClientMetrics | ConfigKind::Controller => {}
    }
    let differs = |key: &str| before.get(key) != after.get(key);
    let (min_isr_changes, unclean_changes) = (differs(MIN_INSYNC_REPLICAS), differs(UNCLEAN_LEADER_ELECTION_ENABLE));
    change.image.configs.set(resource.clone(), after);
    change.delta.configs.insert(resource.clone());
    let touched = affected_partitions(change, resource);
    if min_isr_changes {
        forget_elr(change, &touched)?;
    }
    if unclean_changes {
        elect_where_leaderless(change, &touched)?;
    }
    Ok(Reply::Done)
}

fn operate(configs: &mut Configs, operation: &ConfigOperation) {
    match operation {
        ConfigOperation::Set { key, value } => {
            configs.insert(key.clone(), value.clone());
        }
        ConfigOperation::Delete { key } => {
            configs.remove(key);
        }
        ConfigOperation::Append { key, items, inherited } => {
            let mut list = list_of(configs.get(key).unwrap_or(inherited));
            for item in list_of(items) {
                if !list.contains(&item) {
                    list.push(item);
                }
            }
            let value = list.join(",");
            configs.insert(key.clone(), value);
        }
        ConfigOperation::Subtract { key, items, inherited } => {
            let mut list = list_of(configs.get(key).unwrap_or(inherited));
            let removed = list_of(items);
            list.retain(|item| !removed.contains(item));
            let value = list.join(",");
            configs.insert(key.clone(), value);
        }
    }
}

fn list_of(value: &str) -> Vec<&str> {
    value.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}

pub(crate) fn check_size(configs: &Configs) -> Result<(), Refusal> {
    at_most("configs of one resource", configs.len(), CONFIGS_MAX)?;
    let bytes = configs.iter().map(|(key, value)| key.len() + value.len()).sum();
    at_most("bytes of all configs of one resource", bytes, CONFIG_BYTES_MAX)
}

/// A topic whose effective policy compacts is not tiered.
pub(crate) fn check_compaction(configs: &Configs, defaults: &ConfigDefaults) -> Result<(), Refusal> {
    let policy = configs.get(CLEANUP_POLICY).unwrap_or(&defaults.cleanup_policy);
    if compacts(policy) && is_tiered(configs) { Err(Refusal::CompactedAndTiered) } else { Ok(()) }
}

fn compacts(policy: &str) -> bool {
    list_of(policy).contains(&"compact")
}

fn is_tiered(configs: &Configs) -> bool {
    configs.get(REMOTE_STORAGE_ENABLE).is_some_and(|value| value == "true")
}

fn check_resource(change: &Change, resource: &ConfigResource) -> Result<(), Refusal> {
    match resource.kind {
        ConfigKind::Topic if change.image.topic_by_name(&resource.name).is_none() => Err(Refusal::UnknownTopic),
        ConfigKind::Topic
        | ConfigKind::Broker
        | ConfigKind::Group
        | ConfigKind::ClientMetrics
        | ConfigKind::Controller => Ok(()),
    }
}

fn check_topic(
    change: &Change,
    name: &str,
    before: &Configs,
    after: &Configs,
    defaults: &ConfigDefaults,
) -> Result<(), Refusal> {
    let topic = change.image.topic_by_name(name).ok_or(Refusal::UnknownTopic)?;
    check_compaction(after, defaults)?;
    let deletes = after.get(REMOTE_LOG_DELETE_ON_DISABLE).is_some_and(|value| value == "true");
    if is_tiered(before) && !is_tiered(after) && !deletes {
        return Err(Refusal::RemoteDataWouldRemain);
    }
    // Compaction would rewrite offsets that the bucket still answers for.
    let policy = after.get(CLEANUP_POLICY).unwrap_or(&defaults.cleanup_policy);
    if compacts(policy) && holds_remote_range(change, topic) {
        return Err(Refusal::TieringStillEnding);
    }
    Ok(())
}

fn holds_remote_range(change: &Change, topic: &Topic) -> bool {
    topic.partition_ids().any(|id| change.image.remote_partition(id).is_some_and(|remote| remote.remote_end.is_some()))
}

fn check_broker(change: &Change, name: &str, after: &Configs) -> Result<(), Refusal> {
    if !name.is_empty() && after.contains_key(MIN_INSYNC_REPLICAS) && change.image.features.keeps_elr() {
        let reason = "it holds for all brokers or for a topic, not for one broker".to_owned();
        return Err(Refusal::InvalidConfig { key: MIN_INSYNC_REPLICAS.to_owned(), reason });
    }
    if !after.get(LOG_CLEANUP_POLICY).is_some_and(|policy| compacts(policy)) {
        return Ok(());
    }
    let depends = |(resource, configs): (&ConfigResource, &std::sync::Arc<Configs>)| {
        resource.kind == ConfigKind::Topic && is_tiered(configs) && !configs.contains_key(CLEANUP_POLICY)
    };
    if change.image.configs.iter().any(depends) { Err(Refusal::CompactedAndTiered) } else { Ok(()) }
}

/// The partitions for which a config of this resource holds.
fn affected_partitions(change: &Change, resource: &ConfigResource) -> Vec<TopicIdPartition> {
    match resource.kind {
        ConfigKind::Topic => {
            change.image.topic_by_name(&resource.name).map(|topic| topic.partition_ids().collect()).unwrap_or_default()
        }
        ConfigKind::Broker if !resource.name.is_empty() => Vec::new(),
        ConfigKind::Broker | ConfigKind::Controller => change.image.topics.partitions().map(|(id, _)| *id).collect(),
        ConfigKind::Group | ConfigKind::ClientMetrics => Vec::new(),
    }
}

fn forget_elr(change: &mut Change, ids: &[TopicIdPartition]) -> Result<(), Refusal> {
    for id in ids {
        if change.image.partition(*id).is_some_and(|partition| !partition.elr.is_empty()) {
            update(change, *id, Ask { forgets_elr: true, ..Ask::ONLINE }, |_| {})?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
