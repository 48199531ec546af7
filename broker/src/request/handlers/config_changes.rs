//! What AlterConfigs and IncrementalAlterConfigs share: from the operations of a request to one command per resource.
//!
//! Owns: which resources and keys may be changed, and how operations compose. Does not own: the values' own rules
//! (`config/`), what the state itself refuses (`strata-metadata-core`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::BrokerId;
use strata_compat::wire::KString;
use strata_metadata_core::command::Command;
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::topics::ConfigDefaults;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::configs::{ConfigResource, Configs};

use super::admin::{self, Refused};
use crate::config::keys::{self, Handling, KeySpec, ValueType};
use crate::config::topic::{self, BrokerValues, TOPIC_KEYS};
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;
use crate::topic_creation;

/// How long the quorum may take over one resource; the requests carry no timeout.
const COMMAND_DEADLINE: Duration = Duration::from_secs(30);

/// Kinds of resources that have configs, by Kafka's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    Topic,
    Broker,
    BrokerLogger,
    ClientMetrics,
    Group,
}

impl ResourceKind {
    pub(crate) fn from_number(number: i8) -> Result<Self, Refused> {
        match number {
            2 => Ok(Self::Topic),
            4 => Ok(Self::Broker),
            8 => Ok(Self::BrokerLogger),
            16 => Ok(Self::ClientMetrics),
            32 => Ok(Self::Group),
            other => Err(Refused::new(ErrorCode::InvalidRequest, format!("no resource is of type {other}"))),
        }
    }

    pub(crate) const fn number(self) -> i8 {
        match self {
            Self::Topic => 2,
            Self::Broker => 4,
            Self::BrokerLogger => 8,
            Self::ClientMetrics => 16,
            Self::Group => 32,
        }
    }

    /// What the authorizer is asked about, and the code if it says no.
    pub(crate) const fn authorized_as(self, name: &str) -> (Resource<'_>, ErrorCode) {
        match self {
            Self::Topic => (Resource::Topic(name), ErrorCode::TopicAuthorizationFailed),
            Self::Group => (Resource::Group(name), ErrorCode::GroupAuthorizationFailed),
            Self::Broker | Self::BrokerLogger | Self::ClientMetrics => {
                (Resource::Cluster, ErrorCode::ClusterAuthorizationFailed)
            }
        }
    }
}

/// What a request does to one config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Set,
    Delete,
    Append,
    Subtract,
}

impl ChangeKind {
    pub(crate) fn from_number(number: i8) -> Result<Self, Refused> {
        match number {
            0 => Ok(Self::Set),
            1 => Ok(Self::Delete),
            2 => Ok(Self::Append),
            3 => Ok(Self::Subtract),
            other => Err(Refused::new(ErrorCode::InvalidRequest, format!("no config operation is of type {other}"))),
        }
    }
}

/// One change of one config, as a request has it.
#[derive(Clone, Debug)]
pub(crate) struct ConfigChange {
    pub(crate) key: KString,
    pub(crate) kind: ChangeKind,
    pub(crate) value: Option<KString>,
}

/// The changes of one resource.
pub(crate) struct ResourceChange {
    pub(crate) resource_type: i8,
    pub(crate) name: KString,
    /// What the request asks for, or why it cannot be understood.
    pub(crate) changes: Result<Vec<ConfigChange>, Refused>,
}

/// Carries out the changes of a request, resource by resource, in its order.
pub(crate) struct Altering {
    pub(crate) broker: Arc<Broker>,
    pub(crate) context: RequestContext,
    pub(crate) validate_only: bool,
    /// Whether what is not named is removed.
    pub(crate) replace_all: bool,
}

impl Altering {
    pub(crate) async fn run(&self, resources: &[ResourceChange]) -> Vec<Result<(), Refused>> {
        let mut counts = BTreeMap::new();
        for resource in resources {
            *counts.entry((resource.resource_type, resource.name.as_str())).or_insert(0_usize) += 1;
        }
        let deadline = Instant::now() + self.context.time_left(COMMAND_DEADLINE);
        let mut outcomes = Vec::with_capacity(resources.len());
        for resource in resources {
            let is_repeated = counts.get(&(resource.resource_type, resource.name.as_str())) != Some(&1);
            outcomes.push(if is_repeated {
                Err(Refused::new(ErrorCode::InvalidRequest, "each resource may be named only once"))
            } else {
                self.alter(resource, deadline).await
            });
        }
        outcomes
    }

    async fn alter(&self, resource: &ResourceChange, deadline: Instant) -> Result<(), Refused> {
        let name = resource.name.as_str();
        let kind = ResourceKind::from_number(resource.resource_type)?;
        let (authorized, code) = kind.authorized_as(name);
        if !self.broker.allows(&self.context, Operation::AlterConfigs, authorized) {
            return Err(Refused::new(code, "changing these configs is not allowed"));
        }
        let changes = resource.changes.as_ref().map_err(Clone::clone)?;
        check_repeated(changes)?;
        let image = self.broker.metadata.image();
        let values = self.broker.metadata.broker_values(&image);
        let command = match kind {
            ResourceKind::Topic => {
                check_topic(&image, name)?;
                self.command(ConfigResource::topic(name), topic_operations(changes, &values)?, &values)?
            }
            ResourceKind::Broker => {
                check_broker_name(name, self.broker.id)?;
                let resource = if name.is_empty() {
                    ConfigResource::broker_default()
                } else {
                    ConfigResource::broker(self.broker.id)
                };
                self.command(resource, broker_operations(changes, &values)?, &values)?
            }
            ResourceKind::BrokerLogger => return check_no_loggers(changes),
            ResourceKind::ClientMetrics | ResourceKind::Group => return check_unserved(kind, name, changes),
        };
        self.validate(&image, kind, &command)?;
        if self.validate_only {
            return Ok(());
        }
        if kind == ResourceKind::Broker {
            for (key, why) in without_effect(&command.operations) {
                tracing::warn!(key, why, "a broker config is set that has no effect");
            }
        }
        admin::propose(&self.broker, &Command::AlterConfigs(command), deadline).await.map(|_| ())
    }

    fn command(
        &self,
        resource: ConfigResource,
        operations: Vec<ConfigOperation>,
        values: &BrokerValues,
    ) -> Result<AlterConfigs, Refused> {
        let cleanup_policy = topic::find("cleanup.policy")?.effective(None, values).0;
        Ok(AlterConfigs {
            resource,
            replace_all: self.replace_all,
            operations,
            defaults: ConfigDefaults { cleanup_policy },
        })
    }

    /// Whether the configs that the command would leave can be used together.
    fn validate(&self, image: &Image, kind: ResourceKind, command: &AlterConfigs) -> Result<(), Refused> {
        let (_, next) = admin::dry_run(image, &Command::AlterConfigs(command.clone()))?;
        let values = self.broker.metadata.broker_values(&next);
        if kind == ResourceKind::Topic {
            let own: Configs = next.configs.get(&command.resource).map(|own| (**own).clone()).unwrap_or_default();
            topic::validate(&own, &values, self.broker.config.tier.is_some())?;
        } else {
            topic::validate_defaults(&values)?;
            topic::validate_local_defaults(&values)?;
        }
        Ok(())
    }
}

/// Broker configs that are set although nothing reads them, with what takes their place.
fn without_effect(operations: &[ConfigOperation]) -> Vec<(&str, &'static str)> {
    let mapped = |key: &String| match keys::all().get(key.as_str())?.handling {
        Handling::Mapped(why) => Some(why),
        Handling::Honoured | Handling::Refused(_) => None,
    };
    let set = operations.iter().filter_map(|operation| match operation {
        ConfigOperation::Set { key, .. } => Some((key.as_str(), mapped(key)?)),
        ConfigOperation::Delete { .. } | ConfigOperation::Append { .. } | ConfigOperation::Subtract { .. } => None,
    });
    set.collect()
}

fn check_repeated(changes: &[ConfigChange]) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    match changes.iter().find(|change| !seen.insert(change.key.as_str())) {
        Some(change) => {
            let message = format!("'{}' is changed more than once", change.key);
            Err(Refused::new(ErrorCode::InvalidRequest, message))
        }
        None => Ok(()),
    }
}

fn check_topic(image: &Image, name: &str) -> Result<(), Refused> {
    topic_creation::check_name(name).map_err(|message| Refused::new(ErrorCode::InvalidTopicException, message))?;
    match image.topic_by_name(name) {
        Some(_) => Ok(()),
        None => Err(Refused::new(ErrorCode::UnknownTopicOrPartition, format!("there is no topic '{name}'"))),
    }
}

/// A broker answers for itself and for the defaults of all.
pub(crate) fn check_broker_name(name: &str, id: BrokerId) -> Result<(), Refused> {
    if name.is_empty() || name.parse() == Ok(id.0) {
        return Ok(());
    }
    let message = format!("this is broker {id}: name it, or nothing for the defaults of all brokers, not '{name}'");
    Err(Refused::new(ErrorCode::InvalidRequest, message))
}

fn check_no_loggers(changes: &[ConfigChange]) -> Result<(), Refused> {
    match changes.first() {
        Some(change) => {
            let message = format!("there is no logger '{}'", change.key);
            Err(Refused::new(ErrorCode::InvalidConfig, message))
        }
        None => Ok(()),
    }
}

/// Whether a broker config may be changed while the broker runs: what its topics fall back to, and what another thing
/// has taken the place of. All else is read once, at start.
pub(crate) fn check_settable(spec: &KeySpec) -> Result<(), Refused> {
    let is_followed = TOPIC_KEYS.iter().any(|key| key.synonyms.iter().any(|synonym| synonym.name == spec.name));
    match spec.handling {
        Handling::Refused(reason) => {
            Err(Refused::new(ErrorCode::InvalidRequest, format!("'{}' is not supported: {reason}", spec.name)))
        }
        Handling::Honoured if spec.is_dynamic && is_followed => Ok(()),
        Handling::Mapped(_) if spec.is_dynamic => Ok(()),
        Handling::Honoured | Handling::Mapped(_) => {
            let name = spec.name;
            let message = format!(
                "'{name}' is read once, when a broker starts: set it in server.properties and restart the broker"
            );
            Err(Refused::new(ErrorCode::InvalidRequest, message))
        }
    }
}

/// Kafka's configs of groups (all of them belong to protocols that are not served) begin with one of these.
const GROUP_PROTOCOLS: [&str; 3] = ["consumer.", "share.", "streams."];
/// Kafka's configs of a subscription to client metrics.
const CLIENT_METRICS_KEYS: [&str; 3] = ["interval.ms", "match", "metrics"];

/// A resource without any name is refused in the same words by those who describe it.
pub(crate) fn check_unserved_name(kind: ResourceKind, name: &str) -> Result<(), Refused> {
    if !name.is_empty() {
        return Ok(());
    }
    let what = if kind == ResourceKind::Group { "a group" } else { "a subscription to client metrics" };
    Err(Refused::new(ErrorCode::InvalidRequest, format!("{what} needs a name")))
}

/// Groups and client metrics have no configs here: nothing can be set, and there is nothing to delete. The codes are those
/// that Kafka has for configs it does not know.
fn check_unserved(kind: ResourceKind, name: &str, changes: &[ConfigChange]) -> Result<(), Refused> {
    check_unserved_name(kind, name)?;
    let Some(change) = changes.iter().find(|change| change.kind != ChangeKind::Delete) else {
        return Ok(());
    };
    let key = change.key.as_str();
    if kind == ResourceKind::ClientMetrics {
        let message = if CLIENT_METRICS_KEYS.contains(&key) {
            format!(
                "'{key}' cannot be set: client metrics (KIP-714) are not served, no client is asked for any; see /metrics of \
                 the broker and the metrics of the client itself"
            )
        } else {
            format!("'{key}' is no config of client metrics")
        };
        return Err(Refused::new(ErrorCode::InvalidRequest, message));
    }
    let message = if GROUP_PROTOCOLS.iter().any(|prefix| key.starts_with(prefix)) {
        format!(
            "'{key}' cannot be set: it belongs to a group protocol that is not served (KIP-848, share and streams groups). \
             Members of classic groups bring session.timeout.ms and heartbeat.interval.ms of their own"
        )
    } else {
        format!("'{key}' is no config of groups")
    };
    Err(Refused::new(ErrorCode::InvalidConfig, message))
}

fn topic_operations(changes: &[ConfigChange], values: &BrokerValues) -> Result<Vec<ConfigOperation>, Refused> {
    let operation = |change: &ConfigChange| {
        let key = change.key.as_str();
        if change.kind == ChangeKind::Delete {
            return Ok(ConfigOperation::Delete { key: key.to_owned() });
        }
        let spec = topic::find(key)?;
        let value = value_of(change, spec.value_type)?;
        compose(change, spec.value_type, value, || spec.effective(None, values).0)
    };
    let operations = changes.iter().map(operation).collect::<Result<Vec<_>, Refused>>()?;
    for operation in &operations {
        if let ConfigOperation::Set { key, value } = operation {
            topic::find(key)?.check(value)?;
        }
    }
    Ok(operations)
}

fn broker_operations(changes: &[ConfigChange], values: &BrokerValues) -> Result<Vec<ConfigOperation>, Refused> {
    let operation = |change: &ConfigChange| {
        let key = change.key.as_str();
        if change.kind == ChangeKind::Delete {
            return Ok(ConfigOperation::Delete { key: key.to_owned() });
        }
        let spec = keys::find(key)?;
        check_settable(spec)?;
        let value = value_of(change, spec.value_type)?;
        if change.kind != ChangeKind::Subtract {
            spec.check(&value)?;
        }
        let inherited =
            || values.get(key).map_or_else(|| spec.default.unwrap_or_default().to_owned(), |it| it.0.to_owned());
        compose(change, spec.value_type, value, inherited)
    };
    changes.iter().map(operation).collect()
}

fn value_of(change: &ConfigChange, value_type: ValueType) -> Result<String, Refused> {
    match &change.value {
        Some(value) => Ok(topic_creation::canonical(value_type, value)),
        None => {
            let message = format!("'{}' has no value", change.key);
            Err(Refused::new(ErrorCode::InvalidRequest, message))
        }
    }
}

fn compose(
    change: &ConfigChange,
    value_type: ValueType,
    value: String,
    inherited: impl FnOnce() -> String,
) -> Result<ConfigOperation, Refused> {
    let key = change.key.to_string();
    let needs_list = || {
        if value_type == ValueType::List {
            return Ok(());
        }
        let message = format!("'{key}' is no list: it can be set, but nothing can be added or taken away");
        Err(Refused::new(ErrorCode::InvalidConfig, message))
    };
    match change.kind {
        ChangeKind::Set => Ok(ConfigOperation::Set { key, value }),
        ChangeKind::Delete => Ok(ConfigOperation::Delete { key }),
        ChangeKind::Append => {
            needs_list()?;
            Ok(ConfigOperation::Append { key, items: value, inherited: inherited() })
        }
        ChangeKind::Subtract => {
            needs_list()?;
            Ok(ConfigOperation::Subtract { key, items: value, inherited: inherited() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, kind: ChangeKind, value: Option<&str>) -> ConfigChange {
        ConfigChange { key: key.into(), kind, value: value.map(KString::from) }
    }

    fn code<T: std::fmt::Debug>(outcome: Result<T, Refused>) -> ErrorCode {
        outcome.err().map_or(ErrorCode::None, |refused| refused.code)
    }

    #[test]
    fn operations_on_topics_are_checked_one_by_one() {
        use ChangeKind::{Append, Delete, Set, Subtract};
        let cases = [
            ("retention.ms", Set, Some("5"), ErrorCode::None),
            ("retention.ms", Set, Some(" 5 "), ErrorCode::None),
            ("retention.ms", Set, Some("soon"), ErrorCode::InvalidConfig),
            ("retention.ms", Set, None, ErrorCode::InvalidRequest),
            ("retention.ms", Delete, None, ErrorCode::None),
            ("never.heard.of", Delete, None, ErrorCode::None),
            ("never.heard.of", Set, Some("1"), ErrorCode::InvalidConfig),
            ("retention.ms", Append, Some("5"), ErrorCode::InvalidConfig),
            ("retention.ms", Subtract, Some("5"), ErrorCode::InvalidConfig),
            ("cleanup.policy", Append, Some("compact"), ErrorCode::None),
            ("cleanup.policy", Subtract, Some("delete"), ErrorCode::None),
        ];
        for (key, kind, value, expected) in cases {
            let found = code(topic_operations(&[change(key, kind, value)], &BrokerValues::default()));
            assert_eq!(found, expected, "{key} {kind:?} {value:?}");
        }
    }

    #[test]
    fn items_are_added_to_the_list_that_holds() {
        let mut values = BrokerValues::default();
        values.fixed.insert("log.cleanup.policy", "compact");
        let changes = [change("cleanup.policy", ChangeKind::Append, Some("delete"))];
        let operations = topic_operations(&changes, &values).unwrap();
        let expected = ConfigOperation::Append {
            key: "cleanup.policy".to_owned(),
            items: "delete".to_owned(),
            inherited: "compact".to_owned(),
        };
        assert_eq!(operations, [expected]);
    }

    #[test]
    fn of_brokers_only_what_is_followed_may_be_changed() {
        let cases = [
            ("log.retention.ms", "5", ErrorCode::None),
            ("log.retention.ms", "soon", ErrorCode::InvalidConfig),
            ("num.io.threads", "9", ErrorCode::None),
            ("num.io.threads", "0", ErrorCode::InvalidConfig),
            ("num.io.threads", "-1", ErrorCode::InvalidConfig),
            ("background.threads", "many", ErrorCode::InvalidConfig),
            ("metric.reporters", "org.example.Mine", ErrorCode::InvalidRequest),
            ("log.retention.hours", "5", ErrorCode::InvalidRequest),
            ("node.id", "5", ErrorCode::InvalidRequest),
            ("max.connections", "5", ErrorCode::InvalidRequest),
            ("ssl.keystore.password", "5", ErrorCode::InvalidRequest),
            ("log.retention.mss", "5", ErrorCode::InvalidConfig),
        ];
        for (key, value, expected) in cases {
            let changes = [change(key, ChangeKind::Set, Some(value))];
            assert_eq!(code(broker_operations(&changes, &BrokerValues::default())), expected, "{key}={value}");
        }
    }

    #[test]
    fn what_is_set_without_effect_is_known() {
        let set = |key: &str| ConfigOperation::Set { key: key.to_owned(), value: "4".to_owned() };
        let delete = ConfigOperation::Delete { key: "num.io.threads".to_owned() };
        let operations = [set("num.io.threads"), set("log.retention.ms"), delete];
        assert_eq!(without_effect(&operations), [("num.io.threads", "the runtime sizes its own threads")]);
    }

    #[test]
    fn a_config_that_is_read_once_is_refused_with_what_to_do() {
        let refused = check_settable(keys::find("max.connections").unwrap()).unwrap_err();
        assert!(refused.message.contains("server.properties and restart"), "{}", refused.message);
    }

    #[test]
    fn every_default_of_a_topic_config_that_kafka_lets_change_may_be_changed() {
        let followed: BTreeSet<&str> =
            TOPIC_KEYS.iter().flat_map(|key| key.synonyms.first()).map(|synonym| synonym.name).collect();
        assert!(followed.len() > 25, "{followed:?}");
        for name in followed {
            assert_eq!(code(check_settable(keys::find(name).unwrap())), ErrorCode::None, "{name}");
        }
    }

    #[test]
    fn groups_and_client_metrics_have_nothing_to_set() {
        use ChangeKind::{Delete, Set};
        use ResourceKind::{ClientMetrics, Group};
        let cases = [
            (Group, "g", "consumer.session.timeout.ms", Set, ErrorCode::InvalidConfig, "KIP-848"),
            (Group, "g", "share.record.lock.duration.ms", Set, ErrorCode::InvalidConfig, "share and streams"),
            (Group, "g", "retention.ms", Set, ErrorCode::InvalidConfig, "no config of groups"),
            (Group, "g", "consumer.session.timeout.ms", Delete, ErrorCode::None, ""),
            (Group, "", "consumer.session.timeout.ms", Delete, ErrorCode::InvalidRequest, "needs a name"),
            (ClientMetrics, "m", "metrics", Set, ErrorCode::InvalidRequest, "KIP-714"),
            (ClientMetrics, "m", "retention.ms", Set, ErrorCode::InvalidRequest, "no config of client metrics"),
            (ClientMetrics, "m", "metrics", Delete, ErrorCode::None, ""),
            (ClientMetrics, "", "metrics", Delete, ErrorCode::InvalidRequest, "needs a name"),
        ];
        for (kind, name, key, change_kind, expected, words) in cases {
            let outcome = check_unserved(kind, name, &[change(key, change_kind, Some("1"))]);
            assert!(outcome.as_ref().err().is_none_or(|refused| refused.message.contains(words)), "{outcome:?}");
            assert_eq!(code(outcome), expected, "{kind:?} '{name}' {key}");
        }
    }

    #[test]
    fn a_broker_answers_for_itself_and_for_all() {
        let cases = [("", true), ("1", true), ("2", false), ("one", false), ("-1", false)];
        for (name, is_valid) in cases {
            assert_eq!(check_broker_name(name, BrokerId(1)).is_ok(), is_valid, "{name:?}");
        }
    }

    #[test]
    fn a_key_is_changed_once() {
        let set = |key| change(key, ChangeKind::Set, Some("1"));
        assert_eq!(code(check_repeated(&[set("a"), set("b")])), ErrorCode::None);
        assert_eq!(code(check_repeated(&[set("a"), set("b"), set("a")])), ErrorCode::InvalidRequest);
    }

    #[test]
    fn kinds_keep_their_numbers() {
        for number in [2, 4, 8, 16, 32] {
            assert_eq!(ResourceKind::from_number(number).unwrap().number(), number);
        }
        assert_eq!(code(ResourceKind::from_number(1)), ErrorCode::InvalidRequest);
        assert_eq!(code(ChangeKind::from_number(4)), ErrorCode::InvalidRequest);
    }
}
