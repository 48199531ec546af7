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
use crate::config::keys::{self, Handling, KeySpec, ValueType};
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
        let wanted = |key: &str| {
            let keys = resource.configuration_keys.as_deref();
            keys.is_none_or(|keys| keys.iter().any(|wanted| wanted == key))
        };
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
            ResourceKind::ClientMetrics | ResourceKind::Group if name.is_empty() => {
                Err(Refused::new(ErrorCode::InvalidRequest, "the resource needs a name"))
            }
            ResourceKind::ClientMetrics | ResourceKind::Group => Ok(Vec::new()),
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
        let entry =
            |key: &TopicKey| topic_entry(key, own.get(key.name).map(String::as_str), &self.values, self.with_synonyms);
        Ok(TOPIC_KEYS.iter().filter(|key| wanted(key.name)).map(entry).collect())
    }

    /// What is set for all brokers; only that, as in Kafka.
    fn broker_defaults(&self, wanted: impl Fn(&str) -> bool) -> Vec<DescribeConfigsResourceResult> {
        let set = self.values.dynamic_default.iter().filter(|(name, _)| wanted(name));
        set.filter_map(|(name, value)| {
            let spec = keys::all().get(name.as_str())?;
            let synonyms = if self.with_synonyms { broker_synonyms(spec, &self.values) } else { Vec::new() };
            Some(DescribeConfigsResourceResult {
                value: shown(value, spec.is_sensitive()),
                config_source: source_number(ValueSource::DynamicDefault),
                synonyms: synonyms
                    .into_iter()
                    .filter(|synonym| synonym.source != source_number(ValueSource::DynamicBroker))
                    .collect(),
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
        let documentation = match spec.handling {
            Handling::Honoured => None,
            Handling::Mapped(how) => Some(format!("accepted; in its place: {how}")),
            Handling::Refused(why) => Some(format!("not supported: {why}")),
        };
        DescribeConfigsResourceResult {
            name: KString::from_static(spec.name),
            read_only: config_changes::check_settable(spec).is_err(),
            is_sensitive: spec.is_sensitive(),
            config_type: type_number(spec.value_type),
            documentation: documentation.filter(|_| self.with_documentation).map(KString::from),
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
    let mut synonyms: Vec<DescribeConfigsSynonym> =
        own.map(|value| synonym(key.name, Some(value.into()), ValueSource::Topic)).into_iter().collect();
    let names: Vec<&str> = key.synonyms.iter().map(|synonym| synonym.name).collect();
    for source in [ValueSource::DynamicBroker, ValueSource::DynamicDefault, ValueSource::Static] {
        synonyms.extend(names.iter().filter_map(|name| value_in(values, name, source)));
    }
    let default_name = names.first().copied().unwrap_or(key.name);
    synonyms.push(synonym(default_name, Some(key.default.into()), ValueSource::Default));
    synonyms
}

fn broker_synonyms(spec: &KeySpec, values: &BrokerValues) -> Vec<DescribeConfigsSynonym> {
    let sources = [ValueSource::DynamicBroker, ValueSource::DynamicDefault, ValueSource::Static];
    let mut synonyms: Vec<DescribeConfigsSynonym> =
        sources.into_iter().filter_map(|source| value_in(values, spec.name, source)).collect();
    if let Some(default) = spec.default {
        let is_secret = spec.is_sensitive();
        synonyms.push(synonym(spec.name, shown(default, is_secret), ValueSource::Default));
    }
    synonyms
}

fn value_in(values: &BrokerValues, name: &str, source: ValueSource) -> Option<DescribeConfigsSynonym> {
    let value = match source {
        ValueSource::DynamicBroker => values.dynamic.get(name).map(String::as_str),
        ValueSource::DynamicDefault => values.dynamic_default.get(name).map(String::as_str),
        ValueSource::Static => values.fixed.get(name),
        ValueSource::Topic | ValueSource::Default => None,
    }?;
    let is_sensitive = keys::all().get(name).is_none_or(|spec| spec.is_sensitive());
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
                ("log.retention.ms", Some("604800000"), 5),
            ]
        );
        assert_eq!(topic_entry(key, None, &values, false).value.as_deref(), Some("6"));
    }

    #[test]
    fn a_secret_has_no_value() {
        let mut values = BrokerValues::default();
        values.fixed.insert("ssl.keystore.password", "hunter2");
        let synonym = value_in(&values, "ssl.keystore.password", ValueSource::Static).unwrap();
        assert_eq!(synonym.value, None);
    }
}
