//! DescribeConfigs (32): the configs of topics and brokers as they hold, and where each value comes from.

use std::collections::BTreeSet;
use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::describe_configs::{
    DescribeConfigsRequest, DescribeConfigsResource, DescribeConfigsResourceResult, DescribeConfigsResponse,
    DescribeConfigsResult, DescribeConfigsSynonym,
};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;

use super::admin::{self, Refused};
use super::config_changes::{self, ResourceKind};
use crate::config::documentation;
use crate::config::keys::{self, KeySpec, ValueType};
use crate::config::topic::{BrokerValues, TOPIC_KEYS, TopicKey, ValueSource};
use crate::metadata_cache::MetadataCache;
use crate::request::Outcome;
use crate::request::authorizer::Operation;
use crate::request::context::RequestContext;
use crate::server::Broker;
use crate::topic_creation;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeConfigsRequest,
) -> Outcome<DescribeConfigsResponse> {
    let image = broker.metadata.image();
    let asking = Asking {
        values: broker.metadata.broker_values(&image),
        broker: &broker,
        context: &context,
        image: &image,
        with_synonyms: request.include_synonyms,
        with_documentation: request.include_documentation,
    };
    let mut seen = BTreeSet::new();
    let results = request
        .resources
        .iter()
        .map(|resource| {
            let is_new = seen.insert((resource.resource_type, resource.resource_name.as_str()));
            // Each resource once: the answer is much larger than the question.
            let outcome = if is_new {
                asking.describe(resource)
            } else {
                Err(Refused::new(ErrorCode::InvalidRequest, "the resource is named more than once"))
            };
            let (error_code, error_message) = admin::fields(&outcome);
            DescribeConfigsResult {
                error_code,
                error_message,
                resource_type: resource.resource_type,
                resource_name: resource.resource_name.clone(),
                configs: outcome.unwrap_or_default(),
            }
        })
        .collect();
    DescribeConfigsResponse { results, ..DescribeConfigsResponse::default() }.into()
}

/// As in Kafka, no list and an empty one both ask for everything.
fn is_wanted(keys: Option<&[KString]>, key: &str) -> bool {
    keys.is_none_or(|keys| keys.is_empty() || keys.iter().any(|wanted| wanted == key))
}

/// All configs of a topic in an image, without synonyms.
pub(crate) fn topic_configs(broker: &Broker, image: &Image, topic: &str) -> Vec<DescribeConfigsResourceResult> {
    let own = MetadataCache::topic_values(image, topic);
    let values = broker.metadata.broker_values(image);
    let entry = |key: &TopicKey| topic_entry(key, own.get(key.name).map(String::as_str), &values, false);
    TOPIC_KEYS.iter().map(entry).collect()
}

struct Asking<'request> {
    broker: &'request Broker,
    context: &'request RequestContext,
    image: &'request Image,
    values: BrokerValues,
    with_synonyms: bool,
    with_documentation: bool,
}

impl Asking<'_> {
    fn describe(&self, resource: &DescribeConfigsResource) -> Result<Vec<DescribeConfigsResourceResult>, Refused> {
        let name = resource.resource_name.as_str();
        let kind = ResourceKind::from_number(resource.resource_type)?;
        self.check_allowed(kind, name)?;
        let wanted = |key: &str| is_wanted(resource.configuration_keys.as_deref(), key);
        match kind {
            ResourceKind::Topic => self.topic(name, wanted),
            ResourceKind::Broker if name.is_empty() => Ok(self.broker_defaults(wanted)),
            ResourceKind::Broker => {
                config_changes::check_broker_name(name, self.broker.id)?;
                Ok(keys::all().values().filter(|spec| wanted(spec.name)).map(|spec| self.broker_entry(spec)).collect())
            }
            ResourceKind::BrokerLogger => {
                config_changes::check_broker_name(name, self.broker.id)?;
                Ok(Vec::new())
            }
            // They have no configs here; tools show an empty list, and learn why when they set one.
            ResourceKind::ClientMetrics | ResourceKind::Group => {
                config_changes::check_unserved_name(kind, name).map(|()| Vec::new())
            }
        }
    }

    fn check_allowed(&self, kind: ResourceKind, name: &str) -> Result<(), Refused> {
        let (resource, code) = kind.authorized_as(name);
        if self.broker.allows(self.context, Operation::DescribeConfigs, resource) {
            return Ok(());
        }
        Err(Refused::new(code, "seeing these configs is not allowed"))
    }

    fn topic(&self, name: &str, wanted: impl Fn(&str) -> bool) -> Result<Vec<DescribeConfigsResourceResult>, Refused> {
        topic_creation::check_name(name).map_err(|message| Refused::new(ErrorCode::InvalidTopicException, message))?;
        if self.image.topic_by_name(name).is_none() {
            let message = format!("there is no topic '{name}'");
            return Err(Refused::new(ErrorCode::UnknownTopicOrPartition, message));
        }
        let own = MetadataCache::topic_values(self.image, name);
        let entry = |key: &TopicKey| {
            let own = own.get(key.name).map(String::as_str);
            let documentation = if self.with_documentation { documentation::of_topic(key) } else { None };
            DescribeConfigsResourceResult {
                documentation: documentation.map(KString::from_static),
                ..topic_entry(key, own, &self.values, self.with_synonyms)
            }
        };
        Ok(TOPIC_KEYS.iter().filter(|key| wanted(key.name)).map(entry).collect())
    }

    /// What is set for all brokers; only that, as in Kafka.
    fn broker_defaults(&self, wanted: impl Fn(&str) -> bool) -> Vec<DescribeConfigsResourceResult> {
        let set = self.values.dynamic_default.iter().filter(|(name, _)| wanted(name));
        set.filter_map(|(name, value)| {
            let spec = keys::all().get(name.as_str())?;
            let value = shown(value, spec.is_sensitive());
            let own = || synonym(spec.name, value.clone(), ValueSource::DynamicDefault);
            Some(DescribeConfigsResourceResult {
                synonyms: if self.with_synonyms { vec![own()] } else { Vec::new() },
                value,
                config_source: source_number(ValueSource::DynamicDefault),
                ..self.empty_entry(spec)
            })
        })
        .collect()
    }

    fn broker_entry(&self, spec: &KeySpec) -> DescribeConfigsResourceResult {
        let (value, source) = match self.values.get(spec.name) {
            Some((value, source)) => (Some(value), source),
            None => (spec.default, ValueSource::Default),
        };
        DescribeConfigsResourceResult {
            value: value.and_then(|value| shown(value, spec.is_sensitive())),
            config_source: source_number(source),
            synonyms: if self.with_synonyms { broker_synonyms(spec, &self.values) } else { Vec::new() },
            ..self.empty_entry(spec)
        }
    }

    fn empty_entry(&self, spec: &KeySpec) -> DescribeConfigsResourceResult {
        let documentation = if self.with_documentation { documentation::of_broker(spec) } else { None };
        DescribeConfigsResourceResult {
            name: KString::from_static(spec.name),
            read_only: config_changes::check_settable(spec).is_err(),
            is_sensitive: spec.is_sensitive(),
            config_type: type_number(spec.value_type),
            documentation: documentation.map(KString::from),
            ..DescribeConfigsResourceResult::default()
        }
    }
}

/// A secret is never told.
fn shown(value: &str, is_sensitive: bool) -> Option<KString> {
    (!is_sensitive).then(|| value.into())
}

fn topic_entry(
    key: &TopicKey,
    own: Option<&str>,
    values: &BrokerValues,
    with_synonyms: bool,
) -> DescribeConfigsResourceResult {
    let (value, source) = key.effective(own, values);
    DescribeConfigsResourceResult {
        name: KString::from_static(key.name),
        value: Some(value.into()),
        read_only: false,
        config_source: source_number(source),
        is_sensitive: false,
        synonyms: if with_synonyms { topic_synonyms(key, own, values) } else { Vec::new() },
        config_type: type_number(key.value_type),
        documentation: None,
    }
}

/// Every value that a topic config has somewhere, the one that holds first.
fn topic_synonyms(key: &TopicKey, own: Option<&str>, values: &BrokerValues) -> Vec<DescribeConfigsSynonym> {
    let own = own.map(|value| synonym(key.name, Some(value.into()), ValueSource::Topic));
    let names = key.synonyms.iter().map(|synonym| synonym.name).collect::<Vec<_>>();
    own.into_iter().chain(set_under(&names, values)).collect()
}

/// Every value that a broker config has somewhere. As in Kafka, those that stand for it where it is not set follow it.
fn broker_synonyms(spec: &KeySpec, values: &BrokerValues) -> Vec<DescribeConfigsSynonym> {
    let together = TOPIC_KEYS.iter().find(|key| key.synonyms.iter().any(|synonym| synonym.name == spec.name));
    let names = match together {
        Some(key) => key.synonyms.iter().map(|synonym| synonym.name).collect(),
        None => vec![spec.name],
    };
    let mut synonyms = set_under(&names, values);
    let first = synonyms.iter().position(|synonym| synonym.name == *spec.name).unwrap_or(synonyms.len());
    synonyms.split_off(first)
}

/// What is set under these names, source by source in the order in which they hold, and last the defaults.
fn set_under(names: &[&str], values: &BrokerValues) -> Vec<DescribeConfigsSynonym> {
    let sources = [ValueSource::DynamicBroker, ValueSource::DynamicDefault, ValueSource::Static, ValueSource::Default];
    let under = |source| names.iter().filter_map(move |name| value_in(values, name, source));
    sources.into_iter().flat_map(under).collect()
}

fn value_in(values: &BrokerValues, name: &str, source: ValueSource) -> Option<DescribeConfigsSynonym> {
    let spec = keys::all().get(name);
    let value = match source {
        ValueSource::DynamicBroker => values.dynamic.get(name).map(String::as_str),
        ValueSource::DynamicDefault => values.dynamic_default.get(name).map(String::as_str),
        ValueSource::Static => values.fixed.get(name),
        ValueSource::Default => spec.and_then(|spec| spec.default),
        ValueSource::Topic => None,
    }?;
    let is_sensitive = spec.is_none_or(|spec| spec.is_sensitive());
    Some(synonym(name, shown(value, is_sensitive), source))
}

fn synonym(name: &str, value: Option<KString>, source: ValueSource) -> DescribeConfigsSynonym {
    DescribeConfigsSynonym { name: name.into(), value, source: source_number(source) }
}

const fn source_number(source: ValueSource) -> i8 {
    match source {
        ValueSource::Topic => 1,
        ValueSource::DynamicBroker => 2,
        ValueSource::DynamicDefault => 3,
        ValueSource::Static => 4,
        ValueSource::Default => 5,
    }
}

const fn type_number(value_type: ValueType) -> i8 {
    match value_type {
        ValueType::Boolean => 1,
        ValueType::String => 2,
        ValueType::Int => 3,
        ValueType::Short => 4,
        ValueType::Long => 5,
        ValueType::Double => 6,
        ValueType::List => 7,
        ValueType::Class => 8,
        ValueType::Password => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::topic;

    #[test]
    fn no_keys_ask_for_all() {
        let named = ["retention.ms".into()];
        let cases = [(None, true), (Some(&[][..]), true), (Some(&named[..]), false)];
        for (keys, is_expected) in cases {
            assert!(is_wanted(keys, "retention.ms"), "{keys:?}");
            assert_eq!(is_wanted(keys, "segment.ms"), is_expected, "{keys:?}");
        }
    }

    #[test]
    fn synonyms_come_in_the_order_in_which_they_hold() {
        let mut values = BrokerValues::default();
        values.fixed.insert("log.retention.hours", "1");
        values.dynamic_default.insert("log.retention.ms".to_owned(), "5".to_owned());
        values.dynamic.insert("log.retention.ms".to_owned(), "6".to_owned());
        let key = topic::find("retention.ms").unwrap();
        let entry = topic_entry(key, Some("7"), &values, true);
        assert_eq!((entry.value.as_deref(), entry.config_source, entry.config_type), (Some("7"), 1, 5));
        let synonyms: Vec<(&str, Option<&str>, i8)> =
            entry.synonyms.iter().map(|it| (it.name.as_str(), it.value.as_deref(), it.source)).collect();
        assert_eq!(
            synonyms,
            [
                ("retention.ms", Some("7"), 1),
                ("log.retention.ms", Some("6"), 2),
                ("log.retention.ms", Some("5"), 3),
                ("log.retention.hours", Some("1"), 4),
                ("log.retention.hours", Some("168"), 5),
            ]
        );
        assert_eq!(topic_entry(key, None, &values, false).value.as_deref(), Some("6"));
    }

    fn names(synonyms: &[DescribeConfigsSynonym]) -> Vec<(&str, i8)> {
        synonyms.iter().map(|it| (it.name.as_str(), it.source)).collect()
    }

    #[test]
    fn a_broker_config_is_followed_by_those_that_stand_for_it() {
        let mut values = BrokerValues::default();
        values.fixed.insert("log.retention.hours", "1");
        let of = |name: &str, values: &BrokerValues| broker_synonyms(keys::find(name).unwrap(), values);
        assert_eq!(names(&of("log.retention.ms", &values)), []);
        assert_eq!(
            names(&of("log.retention.hours", &values)),
            [("log.retention.hours", 4), ("log.retention.hours", 5)]
        );
        values.dynamic.insert("log.retention.ms".to_owned(), "6".to_owned());
        assert_eq!(
            names(&of("log.retention.ms", &values)),
            [("log.retention.ms", 2), ("log.retention.hours", 4), ("log.retention.hours", 5)]
        );
        assert_eq!(names(&of("node.id", &values)), []);
        assert_eq!(names(&of("num.partitions", &values)), [("num.partitions", 5)]);
    }

    #[test]
    fn a_topic_config_without_a_broker_config_has_no_synonym_but_its_own() {
        let key = topic::find("remote.storage.enable").unwrap();
        let values = BrokerValues::default();
        assert_eq!(names(&topic_synonyms(key, None, &values)), []);
        assert_eq!(names(&topic_synonyms(key, Some("true"), &values)), [("remote.storage.enable", 1)]);
        assert_eq!(topic_entry(key, None, &values, true).config_source, 5);
    }

    #[test]
    fn topics_and_brokers_have_the_same_defaults() {
        for key in TOPIC_KEYS {
            let in_table =
                |synonym: &topic::Synonym| Some((synonym.factor, keys::find(synonym.name).unwrap().default?));
            let Some((factor, default)) = key.synonyms.iter().find_map(in_table) else {
                continue;
            };
            let default = match default.parse::<i64>() {
                Ok(units) if factor > 1 => (units * factor).to_string(),
                _ => default.to_owned(),
            };
            assert_eq!(key.default, default, "{}", key.name);
        }
    }

    #[test]
    fn a_secret_has_no_value() {
        let mut values = BrokerValues::default();
        values.fixed.insert("ssl.keystore.password", "hunter2");
        let synonym = value_in(&values, "ssl.keystore.password", ValueSource::Static).unwrap();
        assert_eq!(synonym.value, None);
    }
}
