//! `strata config`: show, set and unset the configs of topics and brokers.

use std::io::{self, Write};

use serde::Serialize;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult,
};
use strata_compat::messages::incremental_alter_configs::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};

use super::args::{ConfigCommand, ConfigResourceKind};
use super::client::{Client, ClientError};
use super::error::CliError;
use super::output::{self, Done, Output, Report};
use crate::config::keys::{self, Handling, nearest};
use crate::config::topic;

/// Kafka's operations of IncrementalAlterConfigs.
const OPERATION_SET: i8 = 0;
const OPERATION_DELETE: i8 = 1;
/// What people write for the configs of all brokers; empty on the wire.
const ALL_BROKERS: &str = "default";

/// Kafka's numbers of resources that have configs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceKind {
    Topic,
    Broker,
}

impl From<ConfigResourceKind> for ResourceKind {
    fn from(kind: ConfigResourceKind) -> Self {
        match kind {
            ConfigResourceKind::Topic => Self::Topic,
            ConfigResourceKind::Broker => Self::Broker,
        }
    }
}

impl ResourceKind {
    const fn number(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Topic => "topic",
            Self::Broker => "broker",
        }
    }

    fn wire_name(self, name: &str) -> &str {
        if self == Self::Broker && name == ALL_BROKERS { "" } else { name }
    }
}

/// One change of a config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Set(String, String),
    Unset(String),
}

impl Change {
    pub(super) fn from_arguments(set: &[(String, String)], unset: &[String]) -> Vec<Self> {
        let set = set.iter().map(|(key, value)| Self::Set(key.clone(), value.clone()));
        set.chain(unset.iter().cloned().map(Self::Unset)).collect()
    }
}

pub(super) async fn run(command: ConfigCommand, client: &mut Client, output: &mut Output<'_>) -> Result<(), CliError> {
    let (kind, name, changes) = match command {
        ConfigCommand::Get { kind, name, key } => {
            let configs = get(client, kind.into(), &name, key.as_deref()).await?;
            return output.show(&ConfigList { configs });
        }
        ConfigCommand::Set { kind, name, pairs } => (kind, name, Change::from_arguments(&pairs, &[])),
        ConfigCommand::Unset { kind, name, keys } => (kind, name, Change::from_arguments(&[], &keys)),
    };
    let kind = ResourceKind::from(kind);
    alter(client, kind, &name, &changes).await?;
    output.show(&Done { done: done(kind, &name, &changes) })
}

/// What was changed, for people.
pub(super) fn done(kind: ResourceKind, name: &str, changes: &[Change]) -> Vec<String> {
    let line = |change: &Change| match change {
        Change::Set(key, value) => {
            let note = without_effect(kind, key).map(|why| format!("; it has no effect: {why}")).unwrap_or_default();
            format!("{key}={value} was set for {} '{name}'{note}", kind.word())
        }
        Change::Unset(key) => format!("{key} was unset for {} '{name}'", kind.word()),
    };
    changes.iter().map(line).collect()
}

/// Why a config that may be set does nothing.
pub(super) fn without_effect(kind: ResourceKind, key: &str) -> Option<&'static str> {
    match kind {
        ResourceKind::Topic => topic::find(key).ok()?.without_effect(),
        ResourceKind::Broker => match keys::all().get(key)?.handling {
            Handling::Mapped(why) => Some(why),
            Handling::Honoured | Handling::Refused(_) => None,
        },
    }
}

/// What people should know of a config that is there and not served.
fn note_of(kind: ResourceKind, key: &str) -> Option<String> {
    if let Some(why) = without_effect(kind, key) {
        return Some(format!("has no effect: {why}"));
    }
    let handling = (kind == ResourceKind::Broker).then(|| keys::all().get(key)).flatten()?.handling;
    match handling {
        Handling::Refused(why) => Some(format!("not supported: {why}")),
        Handling::Honoured | Handling::Mapped(_) => None,
    }
}

/// Checks that the resource is there, and answers with the broker to ask.
async fn broker_of(client: &mut Client, kind: ResourceKind, name: &str) -> Result<Option<i32>, CliError> {
    match kind {
        ResourceKind::Topic => {
            client.topic(name).await?;
            Ok(None)
        }
        ResourceKind::Broker if name == ALL_BROKERS => Ok(None),
        ResourceKind::Broker => name.parse().map(Some).map_err(|_| {
            CliError::usage(format!("'{name}' is no broker id: give a number, or `default` for all brokers"))
        }),
    }
}

/// The configs of a resource, or the one that is named.
pub(super) async fn get(
    client: &mut Client,
    kind: ResourceKind,
    name: &str,
    key: Option<&str>,
) -> Result<Vec<ConfigEntry>, CliError> {
    let broker = broker_of(client, kind, name).await?;
    let resource = DescribeConfigsResource {
        resource_type: kind.number(),
        resource_name: kind.wire_name(name).into(),
        configuration_keys: None,
    };
    let request = DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
    let response = match broker {
        Some(broker) => client.call_broker(broker, &request, i16::MAX).await?,
        None => client.call(&request).await?,
    };
    let mut entries = Vec::new();
    for result in &response.results {
        let what = format!("reading the configs of {} '{name}'", kind.word());
        ClientError::check(what, result.error_code, result.error_message.as_deref())?;
        entries.extend(result.configs.iter().map(|config| ConfigEntry::new(kind, config)));
    }
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    let Some(key) = key else { return Ok(entries) };
    check_known(kind, name, key, &entries)?;
    entries.retain(|entry| entry.name == key);
    Ok(entries)
}

/// Refuses a config that is not among those of its resource, with the nearest one that is.
fn check_known(kind: ResourceKind, name: &str, key: &str, known: &[ConfigEntry]) -> Result<(), CliError> {
    if known.iter().any(|entry| entry.name == key) {
        return Ok(());
    }
    let hint = match nearest(key, known.iter().map(|entry| entry.name.as_str())) {
        Some(near) => format!("did you mean '{near}'?"),
        None => format!("`strata config get {} {name}` lists them", kind.word()),
    };
    Err(CliError::failed(format!("{} '{name}' has no config '{key}'; {hint}", kind.word())))
}

/// Brokers take the removal of what they do not know for done, as Kafka's do; whoever asked for it has mistyped a name.
async fn check_unset(client: &mut Client, kind: ResourceKind, name: &str, changes: &[Change]) -> Result<(), CliError> {
    let is_unset = |change: &Change| matches!(change, Change::Unset(_));
    if !changes.iter().any(is_unset) {
        return Ok(());
    }
    // What may be set for all brokers is what one of them has; of all together, only what is set is told.
    let owner = match (kind, name) {
        (ResourceKind::Broker, ALL_BROKERS) => {
            let metadata = client.metadata().await?;
            metadata.brokers.first().map_or_else(|| name.to_owned(), |broker| broker.node_id.to_string())
        }
        _ => name.to_owned(),
    };
    let known = get(client, kind, &owner, None).await?;
    for change in changes {
        match change {
            Change::Unset(key) => check_known(kind, name, key, &known)?,
            Change::Set(..) => {}
        }
    }
    Ok(())
}

/// Changes configs of a resource, all or none.
pub(super) async fn alter(
    client: &mut Client,
    kind: ResourceKind,
    name: &str,
    changes: &[Change],
) -> Result<(), CliError> {
    let broker = broker_of(client, kind, name).await?;
    check_unset(client, kind, name, changes).await?;
    let config = |change: &Change| match change {
        Change::Set(key, value) => AlterableConfig {
            name: key.as_str().into(),
            config_operation: OPERATION_SET,
            value: Some(value.as_str().into()),
        },
        Change::Unset(key) => {
            AlterableConfig { name: key.as_str().into(), config_operation: OPERATION_DELETE, value: None }
        }
    };
    let resource = AlterConfigsResource {
        resource_type: kind.number(),
        resource_name: kind.wire_name(name).into(),
        configs: changes.iter().map(config).collect(),
    };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
    // A broker changes its own configs only.
    let response = match broker {
        Some(broker) => client.call_broker(broker, &request, i16::MAX).await?,
        None => client.call(&request).await?,
    };
    for result in &response.responses {
        let what = format!("changing the configs of {} '{name}'", kind.word());
        ClientError::check(what, result.error_code, result.error_message.as_deref())?;
    }
    if response.responses.is_empty() {
        let what = format!("changing the configs of {} '{name}'", kind.word());
        ClientError::check(what, ErrorCode::UnknownServerError.code(), Some("the broker's answer is empty"))?;
    }
    Ok(())
}

/// Kafka's numbers of where a value comes from, in words.
fn source_word(source: i8) -> &'static str {
    match source {
        1 => "topic",
        2 => "broker",
        3 => "all brokers",
        4 => "server.properties",
        5 => "default",
        6 => "broker logger",
        7 => "client metrics",
        8 => "group",
        _ => "unknown",
    }
}

/// One config with where its value comes from.
#[derive(Debug, Serialize)]
pub(super) struct ConfigEntry {
    pub(super) name: String,
    /// `None` for a secret.
    pub(super) value: Option<String>,
    pub(super) source: &'static str,
    read_only: bool,
    sensitive: bool,
    /// Why it does nothing here; `None` for what is served.
    note: Option<String>,
}

impl ConfigEntry {
    fn new(kind: ResourceKind, result: &DescribeConfigsResourceResult) -> Self {
        Self {
            name: result.name.to_string(),
            value: result.value.as_ref().map(ToString::to_string).filter(|_| !result.is_sensitive),
            source: source_word(result.config_source),
            read_only: result.read_only,
            sensitive: result.is_sensitive,
            note: note_of(kind, &result.name),
        }
    }
}

#[derive(Debug, Serialize)]
struct ConfigList {
    configs: Vec<ConfigEntry>,
}

impl Report for ConfigList {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.configs.is_empty() {
            return writeln!(
                to,
                "nothing is set for all brokers; `strata config get broker ID` shows what holds for one"
            );
        }
        let rows = self.configs.iter().map(|entry| {
            let value = match &entry.value {
                _ if entry.sensitive => "(hidden)".to_owned(),
                Some(value) => value.clone(),
                None => "(null)".to_owned(),
            };
            let changeable = if entry.read_only { "no" } else { "yes" };
            let note = entry.note.clone().unwrap_or_default();
            [entry.name.clone(), value, entry.source.to_owned(), changeable.to_owned(), note]
        });
        write!(to, "{}", output::table(["CONFIG", "VALUE", "FROM", "CHANGEABLE", "NOTE"], rows))
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::both_forms;
    use super::*;

    #[test]
    fn configs_are_shown_with_their_source_and_secrets_are_not() {
        let result = |name: &str, value: &str, config_source, is_sensitive| DescribeConfigsResourceResult {
            name: name.into(),
            value: Some(value.into()),
            config_source,
            is_sensitive,
            ..Default::default()
        };
        let configs = vec![
            ConfigEntry::new(ResourceKind::Topic, &result("retention.ms", "-1", 1, false)),
            ConfigEntry::new(ResourceKind::Broker, &result("ssl.key.password", "hunter2", 4, true)),
        ];
        let (text, json) = both_forms(&ConfigList { configs });
        assert!(text.contains("retention.ms      -1        topic"), "{text}");
        assert!(text.contains("(hidden)"), "{text}");
        assert!(!text.contains("hunter2") && !json.to_string().contains("hunter2"), "{text}");
        assert_eq!(json["configs"][0]["source"], "topic");
        assert_eq!(json["configs"][1]["value"], serde_json::Value::Null);
    }

    #[test]
    fn configs_that_are_not_served_are_marked_with_the_reason() {
        let result = |name: &str| DescribeConfigsResourceResult { name: name.into(), ..Default::default() };
        let (broker, topic) = (ResourceKind::Broker, ResourceKind::Topic);
        let cases = [
            (broker, "num.io.threads", Some("has no effect: the runtime sizes its own threads")),
            (broker, "config.providers", Some("not supported: JVM plugins cannot be loaded")),
            (broker, "log.retention.ms", None),
            (broker, "of.another.release", None),
            (
                topic,
                "leader.replication.throttled.replicas",
                Some("has no effect: replication quotas are not served yet"),
            ),
            (topic, "retention.ms", None),
        ];
        for (kind, name, expected) in cases {
            let (text, json) = both_forms(&ConfigList { configs: vec![ConfigEntry::new(kind, &result(name))] });
            assert_eq!(json["configs"][0]["note"].as_str(), expected, "{name}");
            let row = text.lines().nth(1).unwrap();
            assert!(row.ends_with(expected.unwrap_or("yes")), "{row}");
        }
    }

    #[test]
    fn where_nothing_is_set_for_all_brokers_that_is_said() {
        let (text, json) = both_forms(&ConfigList { configs: Vec::new() });
        assert!(text.starts_with("nothing is set for all brokers"), "{text}");
        assert_eq!(json["configs"], serde_json::json!([]));
    }

    #[test]
    fn all_brokers_have_the_empty_name_on_the_wire() {
        let cases = [
            (ResourceKind::Broker, "default", ""),
            (ResourceKind::Broker, "1", "1"),
            (ResourceKind::Topic, "default", "default"),
        ];
        for (kind, name, expected) in cases {
            assert_eq!(kind.wire_name(name), expected);
        }
    }

    #[test]
    fn a_config_that_is_not_there_is_answered_with_the_nearest() {
        let entry = |name: &str| {
            ConfigEntry::new(
                ResourceKind::Topic,
                &DescribeConfigsResourceResult { name: name.into(), ..Default::default() },
            )
        };
        let known = [entry("retention.ms"), entry("segment.bytes")];
        let told = |key: &str| check_known(ResourceKind::Topic, "t", key, &known).map_err(|error| error.line());
        assert_eq!(told("retention.ms"), Ok(()));
        assert_eq!(
            told("retention.mss").unwrap_err(),
            "topic 't' has no config 'retention.mss'; did you mean 'retention.ms'?"
        );
        assert!(told("of.my.own.kind.altogether").unwrap_err().contains("`strata config get topic t` lists them"));
    }

    #[test]
    fn what_was_set_without_effect_is_told_with_the_reason() {
        let set = |key: &str| [Change::Set(key.into(), "4".into())];
        let of_threads = done(ResourceKind::Broker, "1", &set("num.io.threads")).remove(0);
        assert_eq!(
            of_threads,
            "num.io.threads=4 was set for broker '1'; it has no effect: the runtime sizes its own threads"
        );
        let of_files = done(ResourceKind::Topic, "t", &set("flush.messages")).remove(0);
        assert!(of_files.contains("it has no effect: the journal makes appends durable"), "{of_files}");
        for (kind, key) in [(ResourceKind::Broker, "log.retention.ms"), (ResourceKind::Topic, "retention.ms")] {
            assert!(!done(kind, "1", &set(key)).remove(0).contains("no effect"), "{key}");
        }
    }

    #[test]
    fn arguments_become_changes_in_order() {
        let changes = Change::from_arguments(&[("a".into(), "1".into())], &["b".into()]);
        assert_eq!(changes, [Change::Set("a".into(), "1".into()), Change::Unset("b".into())]);
    }
}
