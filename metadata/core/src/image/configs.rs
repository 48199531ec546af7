//! Dynamic configs by resource. Names and values are opaque here but for the few that the state itself depends on.
//!
//! Owns: what was set. Does not own: defaults, and the validation of values (the broker's, before it proposes).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::shared_map::SharedMap;

/// `cleanup.policy` of a topic.
pub const CLEANUP_POLICY: &str = "cleanup.policy";
/// The brokers' default of `cleanup.policy`.
pub const LOG_CLEANUP_POLICY: &str = "log.cleanup.policy";
/// `remote.storage.enable` of a topic.
pub const REMOTE_STORAGE_ENABLE: &str = "remote.storage.enable";
/// `remote.log.delete.on.disable` of a topic.
pub const REMOTE_LOG_DELETE_ON_DISABLE: &str = "remote.log.delete.on.disable";
/// `min.insync.replicas` of a topic or of all brokers.
pub const MIN_INSYNC_REPLICAS: &str = "min.insync.replicas";
/// `unclean.leader.election.enable` of a topic or of all brokers.
pub const UNCLEAN_LEADER_ELECTION_ENABLE: &str = "unclean.leader.election.enable";

/// What kind of thing configs are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ConfigKind {
    /// A topic, by name.
    Topic,
    /// A broker, by id; the empty name is the default of all.
    Broker,
    /// A group.
    Group,
    /// A subscription to client metrics.
    ClientMetrics,
    /// What the controllers' `server.properties` say, under the empty name. No client sees or changes it.
    Controller,
}

/// What stands in the controllers' `server.properties` and the state depends on.
pub const CONTROLLER_KEYS: [&str; 2] = [MIN_INSYNC_REPLICAS, UNCLEAN_LEADER_ELECTION_ENABLE];

/// What configs are of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConfigResource {
    /// Its kind.
    pub kind: ConfigKind,
    /// Its name.
    pub name: String,
}

impl ConfigResource {
    /// The configs of a topic.
    #[must_use]
    pub fn topic(name: &str) -> Self {
        Self { kind: ConfigKind::Topic, name: name.to_owned() }
    }

    /// The configs of one broker.
    #[must_use]
    pub fn broker(id: strata_compat::ids::BrokerId) -> Self {
        Self { kind: ConfigKind::Broker, name: id.to_string() }
    }

    /// What the controllers' `server.properties` say.
    #[must_use]
    pub const fn controller() -> Self {
        Self { kind: ConfigKind::Controller, name: String::new() }
    }

    /// The configs of all brokers.
    #[must_use]
    pub const fn broker_default() -> Self {
        Self { kind: ConfigKind::Broker, name: String::new() }
    }
}

/// Configs of one resource, by key.
pub type Configs = BTreeMap<String, String>;

/// Configs of all resources that have any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigsImage {
    resources: SharedMap<ConfigResource, Configs>,
}

impl ConfigsImage {
    /// What is set of a resource; `None` if nothing is.
    #[must_use]
    pub fn get(&self, resource: &ConfigResource) -> Option<&Arc<Configs>> {
        self.resources.get(resource)
    }

    /// One value of a resource.
    #[must_use]
    pub fn value(&self, resource: &ConfigResource, key: &str) -> Option<&str> {
        self.get(resource)?.get(key).map(String::as_str)
    }

    /// A topic's value, else that of all brokers under the same key, else that of the controllers.
    #[must_use]
    pub fn topic_or_cluster_value(&self, topic: &str, key: &str) -> Option<&str> {
        self.value(&ConfigResource::topic(topic), key)
            .or_else(|| self.value(&ConfigResource::broker_default(), key))
            .or_else(|| self.value(&ConfigResource::controller(), key))
    }

    /// Whether the topic's own `remote.storage.enable` is true.
    #[must_use]
    pub fn is_tiered(&self, topic: &str) -> bool {
        self.value(&ConfigResource::topic(topic), REMOTE_STORAGE_ENABLE) == Some("true")
    }

    /// `min.insync.replicas` as it holds for a topic: 1 where nothing is set.
    #[must_use]
    pub fn min_insync_replicas(&self, topic: &str) -> usize {
        self.topic_or_cluster_value(topic, MIN_INSYNC_REPLICAS).and_then(|value| value.parse().ok()).unwrap_or(1).max(1)
    }

    /// `unclean.leader.election.enable` as it holds for a topic: false where nothing is set.
    #[must_use]
    pub fn unclean_election(&self, topic: &str) -> bool {
        self.topic_or_cluster_value(topic, UNCLEAN_LEADER_ELECTION_ENABLE) == Some("true")
    }

    /// All resources that have configs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ConfigResource, &Arc<Configs>)> {
        self.resources.iter()
    }

    pub(crate) const fn resource_map(&self) -> &SharedMap<ConfigResource, Configs> {
        &self.resources
    }

    pub(crate) fn set(&mut self, resource: ConfigResource, configs: Configs) {
        if configs.is_empty() {
            self.resources.remove(&resource);
        } else {
            self.resources.insert(resource, configs);
        }
    }
}
