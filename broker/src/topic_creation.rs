//! Creating topics: what is checked before the quorum is asked, and with which configs.
//!
//! Owns: names, effective configs of a new topic, creation on first use. Does not own: what the quorum checks and decides.

mod creations;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_broker_core::internal_topics::is_internal;
use strata_compat::ids::{TopicId, Uuid};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, Placement};
use strata_metadata_core::image::Image;
use strata_metadata_core::response::{Refusal, Response};

pub(crate) use self::creations::Creations;
use crate::config::keys::ValueType;
use crate::config::topic;
use crate::config::{BrokerConfig, ConfigError};
use crate::metadata_cache::MetadataCache;
use crate::server::Broker;

/// How long the quorum may take over a creation that nobody waits for.
const BACKGROUND_DEADLINE: Duration = Duration::from_secs(30);
/// Kafka's limit, from the longest file name.
const NAME_BYTES_MAX: usize = 249;

/// Kafka's rules for topic names.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("a topic needs a name".to_owned());
    }
    if name == "." || name == ".." {
        return Err(format!("'{name}' is no topic name"));
    }
    if name.len() > NAME_BYTES_MAX {
        return Err(format!("a topic name has at most {NAME_BYTES_MAX} characters, not {}", name.len()));
    }
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !name.bytes().all(is_legal) {
        return Err(format!("'{name}' holds a character other than letters, digits, '.', '_' and '-'"));
    }
    Ok(())
}

/// A value as it is kept: without the blanks around it that Kafka ignores, too, and with flags in lower case, so that
/// whoever compares it need not know.
pub(crate) fn canonical(value_type: ValueType, value: &str) -> String {
    match value_type {
        ValueType::Boolean => value.trim().to_ascii_lowercase(),
        ValueType::String | ValueType::Password => value.to_owned(),
        ValueType::Int
        | ValueType::Long
        | ValueType::Short
        | ValueType::Double
        | ValueType::List
        | ValueType::Class => value.trim().to_owned(),
    }
}

/// The command that creates a topic: its configs are checked, and tiering is made explicit where new topics have it.
pub(crate) fn command(
    config: &BrokerConfig,
    metadata: &MetadataCache,
    image: &Image,
    name: &str,
    placement: Placement,
    mut configs: BTreeMap<String, String>,
) -> Result<Command, ConfigError> {
    let broker_values = metadata.broker_values(image);
    for (key, value) in &mut configs {
        *value = canonical(topic::find(key)?.value_type, value);
    }
    let is_internal = is_internal(name);
    let policy =
        topic::find("cleanup.policy")?.effective(configs.get("cleanup.policy").map(String::as_str), &broker_values).0;
    let tiers_by_default = config.tier.as_ref().is_some_and(|tier| tier.default_enable);
    if tiers_by_default && !is_internal && !policy.contains("compact") {
        configs.entry("remote.storage.enable".to_owned()).or_insert_with(|| "true".to_owned());
    }
    topic::validate(&configs, &broker_values, config.tier.is_some())?;
    let defaults = ConfigDefaults { cleanup_policy: topic::find("cleanup.policy")?.effective(None, &broker_values).0 };
    Ok(Command::CreateTopic(CreateTopic {
        topic_id: TopicId(Uuid::from_u128(rand::random())),
        name: name.to_owned(),
        internal: is_internal,
        placement,
        configs: configs.into_iter().collect(),
        defaults,
    }))
}

/// The placement of a topic that says nothing of its own.
pub(crate) fn default_placement(config: &BrokerConfig) -> Placement {
    Placement::Seeded {
        partitions: config.topics.partitions,
        replication_factor: config.topics.replication_factor,
        seed: rand::random(),
    }
}

/// Configs and placement of an internal topic.
fn internal_topic(config: &BrokerConfig) -> (Placement, BTreeMap<String, String>) {
    let placement = Placement::Seeded {
        partitions: config.groups.offsets_partitions,
        replication_factor: config.groups.offsets_replication_factor,
        seed: rand::random(),
    };
    let configs = BTreeMap::from([
        ("cleanup.policy".to_owned(), "compact".to_owned()),
        ("compression.type".to_owned(), "producer".to_owned()),
        ("segment.bytes".to_owned(), config.groups.offsets_segment_bytes.to_string()),
    ]);
    (placement, configs)
}

/// Creates a topic on first use; the client asks again until it is there.
pub(crate) fn create_in_background(broker: &Arc<Broker>, name: &str) {
    if !broker.creating.begin(name) {
        return;
    }
    let broker = Arc::clone(broker);
    let name = name.to_owned();
    tokio::spawn(async move {
        match create(&broker, &name).await {
            Ok(()) => {
                broker.creating.succeeded(&name);
                tracing::info!(topic = %name, "topic created on first use");
            }
            Err(reason) => {
                if broker.creating.failed(&name, &reason, Instant::now()) {
                    tracing::warn!(topic = %name, %reason, "a topic could not be created on first use");
                }
            }
        }
    });
}

async fn create(broker: &Arc<Broker>, name: &str) -> Result<(), String> {
    let image = broker.metadata.image();
    let (placement, configs) = if is_internal(name) {
        internal_topic(&broker.config)
    } else {
        (default_placement(&broker.config), BTreeMap::new())
    };
    let command = command(&broker.config, &broker.metadata, &image, name, placement, configs)
        .map_err(|error| error.to_string())?;
    // Clients ask again and again: what the state refuses is not written into the Raft log each time.
    let (outcome, _) = Image::clone(&image).apply(image.applied_index.saturating_add(1), &command);
    if let Err(refusal) = outcome {
        return refused(name, &refusal);
    }
    match propose(broker, &command, BACKGROUND_DEADLINE).await? {
        Ok(_) => Ok(()),
        Err(refusal) => refused(name, &refusal),
    }
}

/// What a refusal means to whoever asked for the topic, with what an operator can do about it.
fn refused(name: &str, refusal: &Refusal) -> Result<(), String> {
    match refusal {
        Refusal::TopicAlreadyExists { .. } => Ok(()),
        Refusal::InvalidReplicationFactor { alive, .. } => {
            let key = if is_internal(name) { "offsets.topic.replication.factor" } else { "default.replication.factor" };
            Err(format!("{refusal}; set {key}={alive} in server.properties and restart, or add brokers"))
        }
        other => Err(other.to_string()),
    }
}

async fn propose(broker: &Broker, command: &Command, deadline: Duration) -> Result<Response, String> {
    let committed = broker.quorum.propose(command, deadline).await.map_err(|error| error.to_string())?;
    broker.wait_hosted(committed.index, deadline).await;
    Ok(committed.response)
}

#[cfg(test)]
mod tests {
    use strata_broker_core::internal_topics::CONSUMER_OFFSETS;

    use super::*;

    #[test]
    fn values_are_kept_in_one_form() {
        let cases = [
            (ValueType::Boolean, " TRUE ", "true"),
            (ValueType::Long, " 5 ", "5"),
            (ValueType::List, " compact,delete ", "compact,delete"),
            (ValueType::String, " a ", " a "),
        ];
        for (value_type, value, kept) in cases {
            assert_eq!(canonical(value_type, value), kept, "{value:?}");
        }
    }

    #[test]
    fn a_factor_that_cannot_be_is_answered_with_the_key_to_set() {
        let refusal = Refusal::InvalidReplicationFactor { wanted: 3, alive: 1 };
        let told = refused(CONSUMER_OFFSETS, &refusal).unwrap_err();
        assert_eq!(
            told,
            "replication factor 3 is not possible: usable brokers: 1; set offsets.topic.replication.factor=1 in \
             server.properties and restart, or add brokers"
        );
        assert!(refused("t", &refusal).unwrap_err().contains("set default.replication.factor=1"));
        assert_eq!(refused("t", &Refusal::TopicAlreadyExists { name: "t".to_owned() }), Ok(()));
    }

    #[test]
    fn names_are_checked_as_kafka_checks_them() {
        let long = "a".repeat(250);
        let cases =
            [("a", true), ("a.b_c-9", true), ("", false), (".", false), ("..", false), ("a b", false), (&long, false)];
        for (name, is_valid) in cases {
            assert_eq!(check_name(name).is_ok(), is_valid, "{name:?}");
        }
    }
}
