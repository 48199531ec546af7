//! Topic configs: Kafka's names, defaults and rules, and the log options that follow from them.
//!
//! Owns: the table of topic configs with the broker config that each falls back to. Does not own: where a topic's values
//! are kept (the metadata image).

use std::collections::BTreeMap;

use super::keys::{self, Handling, ValueType, check_value, nearest};
use super::{ConfigError, ServerProperties};
use crate::log::log_config::{CleanupPolicy, LogConfig, TargetCompression, TimestampSource};

/// One topic config.
#[derive(Clone, Copy, Debug)]
pub struct TopicKey {
    /// Its name.
    pub name: &'static str,
    /// Type of its value.
    pub value_type: ValueType,
    /// Its default.
    pub default: &'static str,
    /// Range in the notation of the broker's tables.
    pub range: &'static str,
    /// The broker configs that it falls back to, the first that is set.
    pub synonyms: &'static [Synonym],
}

/// A broker config that stands for a topic config where the topic has none.
#[derive(Clone, Copy, Debug)]
pub struct Synonym {
    /// The broker config.
    pub name: &'static str,
    /// What one of its units is in the topic config's units.
    pub factor: i64,
}

const fn same(name: &'static str) -> Synonym {
    Synonym { name, factor: 1 }
}

const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

const fn key(
    name: &'static str,
    value_type: ValueType,
    default: &'static str,
    range: &'static str,
    synonyms: &'static [Synonym],
) -> TopicKey {
    TopicKey { name, value_type, default, range, synonyms }
}

use ValueType::{Boolean, Double, Int, List, Long, String as Text};

/// All topic configs of Kafka 4.3, by name.
pub const TOPIC_KEYS: &[TopicKey] = &[
    key("cleanup.policy", List, "delete", "one of compact delete", &[same("log.cleanup.policy")]),
    key("compression.gzip.level", Int, "-1", "1..9 or -1", &[same("compression.gzip.level")]),
    key("compression.lz4.level", Int, "9", "1..17", &[same("compression.lz4.level")]),
    key(
        "compression.type",
        Text,
        "producer",
        "one of uncompressed zstd lz4 snappy gzip producer",
        &[same("compression.type")],
    ),
    key("compression.zstd.level", Int, "3", "-131072..22", &[same("compression.zstd.level")]),
    key("delete.retention.ms", Long, "86400000", "0..", &[same("log.cleaner.delete.retention.ms")]),
    key("file.delete.delay.ms", Long, "60000", "0..", &[same("log.segment.delete.delay.ms")]),
    key("flush.messages", Long, "9223372036854775807", "1..", &[same("log.flush.interval.messages")]),
    key("flush.ms", Long, "9223372036854775807", "0..", &[same("log.flush.interval.ms")]),
    key("follower.replication.throttled.replicas", List, "", "", &[]),
    key("index.interval.bytes", Int, "4096", "0..", &[same("log.index.interval.bytes")]),
    key("leader.replication.throttled.replicas", List, "", "", &[]),
    key("local.retention.bytes", Long, "-2", "-2..", &[same("log.local.retention.bytes")]),
    key("local.retention.ms", Long, "-2", "-2..", &[same("log.local.retention.ms")]),
    key("max.compaction.lag.ms", Long, "9223372036854775807", "1..", &[same("log.cleaner.max.compaction.lag.ms")]),
    key("max.message.bytes", Int, "1048588", "0..", &[same("message.max.bytes")]),
    key("message.timestamp.after.max.ms", Long, "3600000", "0..", &[same("log.message.timestamp.after.max.ms")]),
    key(
        "message.timestamp.before.max.ms",
        Long,
        "9223372036854775807",
        "0..",
        &[same("log.message.timestamp.before.max.ms")],
    ),
    key(
        "message.timestamp.type",
        Text,
        "CreateTime",
        "one of CreateTime LogAppendTime",
        &[same("log.message.timestamp.type")],
    ),
    key("min.cleanable.dirty.ratio", Double, "0.5", "0..1", &[same("log.cleaner.min.cleanable.ratio")]),
    key("min.compaction.lag.ms", Long, "0", "0..", &[same("log.cleaner.min.compaction.lag.ms")]),
    key("min.insync.replicas", Int, "1", "1..", &[same("min.insync.replicas")]),
    key("preallocate", Boolean, "false", "", &[same("log.preallocate")]),
    key("remote.log.copy.disable", Boolean, "false", "", &[]),
    key("remote.log.delete.on.disable", Boolean, "false", "", &[]),
    key("remote.storage.enable", Boolean, "false", "", &[]),
    key("retention.bytes", Long, "-1", "-1..", &[same("log.retention.bytes")]),
    key(
        "retention.ms",
        Long,
        "604800000",
        "-1..",
        &[
            same("log.retention.ms"),
            Synonym { name: "log.retention.minutes", factor: MINUTE_MS },
            Synonym { name: "log.retention.hours", factor: HOUR_MS },
        ],
    ),
    key("segment.bytes", Int, "1073741824", "1048576..", &[same("log.segment.bytes")]),
    key("segment.index.bytes", Int, "10485760", "4..", &[same("log.index.size.max.bytes")]),
    key(
        "segment.jitter.ms",
        Long,
        "0",
        "0..",
        &[same("log.roll.jitter.ms"), Synonym { name: "log.roll.jitter.hours", factor: HOUR_MS }],
    ),
    key(
        "segment.ms",
        Long,
        "604800000",
        "1..",
        &[same("log.roll.ms"), Synonym { name: "log.roll.hours", factor: HOUR_MS }],
    ),
    key("unclean.leader.election.enable", Boolean, "false", "", &[same("unclean.leader.election.enable")]),
];

/// The topic config of this name, or an error that names the nearest one.
pub fn find(name: &str) -> Result<&'static TopicKey, ConfigError> {
    TOPIC_KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
        ConfigError::new(match nearest(name, TOPIC_KEYS.iter().map(|key| key.name)) {
            Some(nearest) => {
                format!("'{name}' is not a topic config; the nearest one is '{nearest}'")
            }
            None => format!("'{name}' is not a topic config"),
        })
    })
}

/// Where a value comes from, in the order in which they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSource {
    /// The topic's own.
    Topic,
    /// A dynamic config of this broker.
    DynamicBroker,
    /// A dynamic config of all brokers.
    DynamicDefault,
    /// `server.properties`.
    Static,
    /// Kafka's default, or ours.
    Default,
}

/// What a broker says where a topic says nothing: dynamic configs before `server.properties`.
#[derive(Clone, Debug, Default)]
pub struct BrokerValues {
    /// Dynamic configs of this broker.
    pub dynamic: BTreeMap<String, String>,
    /// Dynamic configs of all brokers.
    pub dynamic_default: BTreeMap<String, String>,
    /// What stands in `server.properties`.
    pub fixed: ServerProperties,
}

impl BrokerValues {
    /// The value of a broker config and where it comes from; `None` if it is set nowhere.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<(&str, ValueSource)> {
        let dynamic = self.dynamic.get(name).map(|value| (value.as_str(), ValueSource::DynamicBroker));
        let default = || self.dynamic_default.get(name).map(|value| (value.as_str(), ValueSource::DynamicDefault));
        let fixed = || self.fixed.get(name).map(|value| (value, ValueSource::Static));
        dynamic.or_else(default).or_else(fixed)
    }
}

impl TopicKey {
    /// Checks a value's type and range.
    pub fn check(&self, value: &str) -> Result<(), ConfigError> {
        check_value(self.name, self.value_type, self.range, value)
    }

    /// Why setting it does nothing; `None` for what is honoured.
    #[must_use]
    pub fn without_effect(&self) -> Option<&'static str> {
        let handling =
            self.synonyms.first().and_then(|synonym| keys::all().get(synonym.name)).map(|spec| spec.handling);
        match handling {
            Some(Handling::Mapped(why)) => Some(why),
            _ if self.name.ends_with(".replication.throttled.replicas") => {
                Some("replication quotas are not served yet")
            }
            _ => None,
        }
    }

    /// The value that holds for a topic which sets `own`, and where it comes from.
    #[must_use]
    pub fn effective(&self, own: Option<&str>, broker: &BrokerValues) -> (String, ValueSource) {
        if let Some(own) = own {
            return (own.to_owned(), ValueSource::Topic);
        }
        for synonym in self.synonyms {
            if let Some((value, source)) = broker.get(synonym.name) {
                let scaled = if synonym.factor == 1 {
                    value.to_owned()
                } else {
                    value.parse::<i64>().map_or_else(|_| value.to_owned(), |units| scale(units, synonym.factor))
                };
                return (scaled, source);
            }
        }
        (self.default.to_owned(), ValueSource::Default)
    }
}

fn scale(units: i64, factor: i64) -> String {
    if units < 0 { units.to_string() } else { units.saturating_mul(factor).to_string() }
}

/// Checks what topics fall back to, key by key: the ranges are those of the topic configs, and an error names the broker
/// config that stands for one.
pub fn validate_defaults(broker: &BrokerValues) -> Result<(), ConfigError> {
    for key in TOPIC_KEYS {
        let set = key.synonyms.iter().find_map(|synonym| Some((synonym, broker.get(synonym.name)?)));
        if let Some((synonym, (value, _))) = set {
            let wrong = |error: ConfigError| {
                ConfigError::new(format!("'{}={value}' is the default of a topic config: {error}", synonym.name))
            };
            key.check(&key.effective(None, broker).0).map_err(wrong)?;
            if key.name == "retention.ms" && value.trim() == "0" {
                return Err(ConfigError::new(format!("'{}' is -1 (for ever) or at least 1, not 0", synonym.name)));
            }
        }
    }
    log_config(&BTreeMap::new(), broker).map(|_| ())
}

/// Checks, as Kafka does when they are changed while a broker runs, that local retention is not above the total one.
pub fn validate_local_defaults(broker: &BrokerValues) -> Result<(), ConfigError> {
    let config = log_config(&BTreeMap::new(), broker)?;
    let (ms, bytes) = (config.local_retention_ms, config.local_retention_bytes);
    check_local("log.local.retention.ms", ms, "log.retention.ms", config.retention_ms, false)?;
    check_local("log.local.retention.bytes", bytes, "log.retention.bytes", config.retention_bytes, false)
}

/// Checks a topic's own configs, alone and together, as Kafka does at create and alter.
pub fn validate(own: &BTreeMap<String, String>, broker: &BrokerValues, is_tiering_on: bool) -> Result<(), ConfigError> {
    for (name, value) in own {
        find(name)?.check(value)?;
    }
    check_flushes(own, broker)?;
    let config = log_config(own, broker)?;
    if !config.remote_storage_enable {
        return Ok(());
    }
    if !is_tiering_on {
        return Err(ConfigError::new(
            "remote.storage.enable=true needs a broker with remote.log.storage.system.enable=true",
        ));
    }
    if config.cleanup_policy.compact {
        return Err(ConfigError::new(
            "remote.storage.enable=true and cleanup.policy=compact exclude each other: compacted topics are not tiered",
        ));
    }
    check_local(
        "local.retention.ms",
        config.local_retention_ms,
        "retention.ms",
        config.retention_ms,
        config.remote_copy_disable,
    )?;
    check_local(
        "local.retention.bytes",
        config.local_retention_bytes,
        "retention.bytes",
        config.retention_bytes,
        config.remote_copy_disable,
    )
}

/// A topic that asks for flushes is promised what only the journal keeps.
fn check_flushes(own: &BTreeMap<String, String>, broker: &BrokerValues) -> Result<(), ConfigError> {
    if broker.fixed.get("strata.log.durability") != Some("os") {
        return Ok(());
    }
    let never = |name: &str, value: &str| find(name).is_ok_and(|key| key.default == value.trim());
    let mut given = ["flush.messages", "flush.ms"].iter().filter_map(|name| Some((name, own.get(*name)?)));
    match given.find(|(name, value)| !never(name, value)) {
        Some((name, value)) => Err(ConfigError::new(format!(
            "'{name}={value}' asks for flushes, which strata.log.durability=os does not make: leave it out, or let the broker \
             run with strata.log.durability=fsync"
        ))),
        None => Ok(()),
    }
}

fn check_local(name: &str, local: i64, total_name: &str, total: i64, copy_disabled: bool) -> Result<(), ConfigError> {
    if local == -2 {
        return Ok(());
    }
    if copy_disabled && local != total {
        return Err(ConfigError::new(format!(
            "with remote.log.copy.disable=true '{name}' is -2 or equal to {total_name} ({total}), not {local}"
        )));
    }
    if total != -1 && (local == -1 || local > total) {
        return Err(ConfigError::new(format!("'{name}' is at most {total_name} ({total}), not {local}")));
    }
    Ok(())
}

/// The log options of a topic with these configs of its own.
pub fn log_config(own: &BTreeMap<String, String>, broker: &BrokerValues) -> Result<LogConfig, ConfigError> {
    let values = Values { own, broker };
    let policies = values.text("cleanup.policy")?;
    let has = |policy: &str| policies.split(',').any(|item| item.trim() == policy);
    let segment_bytes = match own.get("internal.segment.bytes") {
        Some(bytes) => bytes.parse().map_err(|_| ConfigError::new("'internal.segment.bytes' is a number of bytes"))?,
        None => values.number("segment.bytes")?,
    };
    Ok(LogConfig {
        segment_bytes,
        segment_ms: values.number("segment.ms")?,
        segment_jitter_ms: values.number("segment.jitter.ms")?,
        segment_index_bytes: values.number("segment.index.bytes")?,
        index_interval_bytes: values.number("index.interval.bytes")?,
        retention_ms: values.number("retention.ms")?,
        retention_bytes: values.number("retention.bytes")?,
        local_retention_ms: values.number("local.retention.ms")?,
        local_retention_bytes: values.number("local.retention.bytes")?,
        cleanup_policy: CleanupPolicy { delete: has("delete"), compact: has("compact") },
        delete_retention_ms: values.number("delete.retention.ms")?,
        min_compaction_lag_ms: values.number("min.compaction.lag.ms")?,
        max_compaction_lag_ms: values.number("max.compaction.lag.ms")?,
        min_cleanable_dirty_ratio: values.number("min.cleanable.dirty.ratio")?,
        file_delete_delay_ms: values.number("file.delete.delay.ms")?,
        max_message_bytes: values.number("max.message.bytes")?,
        flush_messages: values.number("flush.messages")?,
        flush_ms: values.number("flush.ms")?,
        preallocate: values.flag("preallocate")?,
        timestamp_source: match values.text("message.timestamp.type")?.as_str() {
            "LogAppendTime" => TimestampSource::LogAppendTime,
            _ => TimestampSource::CreateTime,
        },
        timestamp_before_max_ms: values.number("message.timestamp.before.max.ms")?,
        timestamp_after_max_ms: values.number("message.timestamp.after.max.ms")?,
        compression: values.compression()?,
        remote_storage_enable: values.flag("remote.storage.enable")?,
        remote_copy_disable: values.flag("remote.log.copy.disable")?,
        remote_delete_on_disable: values.flag("remote.log.delete.on.disable")?,
        unclean_leader_election_enable: values.flag("unclean.leader.election.enable")?,
        min_insync_replicas: values.number("min.insync.replicas")?,
    })
}

struct Values<'values> {
    own: &'values BTreeMap<String, String>,
    broker: &'values BrokerValues,
}

impl Values<'_> {
    fn text(&self, name: &str) -> Result<String, ConfigError> {
        let key = find(name)?;
        Ok(key.effective(self.own.get(name).map(String::as_str), self.broker).0)
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Result<N, ConfigError> {
        let text = self.text(name)?;
        text.parse().map_err(|_| ConfigError::new(format!("'{name}' is a number in its range, not '{text}'")))
    }

    fn flag(&self, name: &str) -> Result<bool, ConfigError> {
        Ok(self.text(name)?.eq_ignore_ascii_case("true"))
    }

    fn compression(&self) -> Result<TargetCompression, ConfigError> {
        Ok(match self.text("compression.type")?.as_str() {
            "gzip" => TargetCompression::Gzip(self.number("compression.gzip.level")?),
            "snappy" => TargetCompression::Snappy,
            "lz4" => TargetCompression::Lz4(self.number("compression.lz4.level")?),
            "zstd" => TargetCompression::Zstd(self.number("compression.zstd.level")?),
            "uncompressed" => TargetCompression::Uncompressed,
            _ => TargetCompression::Producer,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs = &'static [(&'static str, &'static str)];

    fn own(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn defaults_are_those_of_the_log() {
        assert_eq!(log_config(&BTreeMap::new(), &BrokerValues::default()).unwrap(), LogConfig::default());
    }

    #[test]
    fn a_topic_falls_back_to_the_broker_in_kafkas_order() {
        let mut broker = BrokerValues::default();
        broker.fixed.insert("log.retention.hours", "2");
        let retention =
            |own: &BTreeMap<String, String>, broker: &BrokerValues| log_config(own, broker).unwrap().retention_ms;
        assert_eq!(retention(&BTreeMap::new(), &broker), 2 * HOUR_MS);
        broker.fixed.insert("log.retention.minutes", "3");
        assert_eq!(retention(&BTreeMap::new(), &broker), 3 * MINUTE_MS);
        broker.dynamic_default.insert("log.retention.ms".to_owned(), "5".to_owned());
        assert_eq!(retention(&BTreeMap::new(), &broker), 5);
        assert_eq!(retention(&own(&[("retention.ms", "-1")]), &broker), -1);
    }

    #[test]
    fn rules_of_tiered_topics_are_kafkas() {
        let broker = BrokerValues::default();
        let cases: &[(Pairs, bool, bool)] = &[
            (&[("remote.storage.enable", "true")], true, true),
            (&[("remote.storage.enable", "true")], false, false),
            (&[("remote.storage.enable", "true"), ("cleanup.policy", "compact")], true, false),
            (&[("remote.storage.enable", "true"), ("cleanup.policy", "")], true, true),
            (&[("remote.storage.enable", "true"), ("local.retention.ms", "604800001")], true, false),
            (&[("remote.storage.enable", "true"), ("local.retention.ms", "-1")], true, false),
            (&[("remote.storage.enable", "true"), ("retention.ms", "-1"), ("local.retention.ms", "-1")], true, true),
            (
                &[("remote.storage.enable", "true"), ("remote.log.copy.disable", "true"), ("local.retention.ms", "1")],
                true,
                false,
            ),
            (&[("retention.msx", "1")], true, false),
            (&[("segment.bytes", "1")], true, false),
        ];
        for (configs, tiering, is_valid) in cases {
            assert_eq!(validate(&own(configs), &broker, *tiering).is_ok(), *is_valid, "{configs:?}");
        }
    }

    #[test]
    fn flushes_are_refused_where_nothing_makes_them() {
        let mut broker = BrokerValues::default();
        let flushes: [Pairs; 3] = [
            &[("flush.messages", "1")],
            &[("flush.ms", "1000")],
            &[("flush.ms", "1000"), ("flush.messages", "9223372036854775807")],
        ];
        for asked in flushes {
            assert!(validate(&own(asked), &broker, false).is_ok(), "the journal makes each append durable");
        }
        broker.fixed.insert("strata.log.durability", "os");
        for asked in flushes {
            let error = validate(&own(asked), &broker, false).unwrap_err().to_string();
            assert!(error.contains(asked[0].0) && error.contains("strata.log.durability=fsync"), "{error}");
        }
        assert!(validate(&own(&[("flush.messages", "9223372036854775807")]), &broker, false).is_ok());
    }

    #[test]
    fn what_has_no_effect_is_known() {
        let without: Vec<&str> =
            TOPIC_KEYS.iter().filter(|key| key.without_effect().is_some()).map(|key| key.name).collect();
        let expected = [
            "flush.messages",
            "flush.ms",
            "follower.replication.throttled.replicas",
            "leader.replication.throttled.replicas",
            "preallocate",
        ];
        assert_eq!(without, expected);
    }

    #[test]
    fn every_source_of_a_default_has_its_place() {
        let sources = [
            ValueSource::Topic,
            ValueSource::DynamicBroker,
            ValueSource::DynamicDefault,
            ValueSource::Static,
            ValueSource::Default,
        ];
        for key in TOPIC_KEYS.iter().filter(|key| !key.synonyms.is_empty()) {
            let name = key.synonyms[0].name;
            for (highest, source) in sources.iter().enumerate() {
                let mut broker = BrokerValues::default();
                let value = |place: usize| format!("value {place}");
                if highest <= 1 {
                    broker.dynamic.insert(name.to_owned(), value(1));
                }
                if highest <= 2 {
                    broker.dynamic_default.insert(name.to_owned(), value(2));
                }
                if highest <= 3 {
                    broker.fixed.insert(name, &value(3));
                }
                let own = (highest == 0).then(|| value(0));
                let expected = if highest == 4 { key.default.to_owned() } else { value(highest) };
                assert_eq!(key.effective(own.as_deref(), &broker), (expected, *source), "{}", key.name);
            }
        }
    }

    #[test]
    fn defaults_are_checked_as_the_topic_configs_that_they_stand_for() {
        let cases = [
            ("log.retention.ms", "-1", true),
            ("log.retention.ms", "0", false),
            ("log.retention.ms", "-7", false),
            ("log.retention.hours", "-1", true),
            ("log.retention.hours", "0", false),
            ("log.roll.ms", "0", false),
            ("log.roll.jitter.ms", "-1", false),
            ("log.flush.interval.ms", "-1", false),
            ("compression.type", "brotli", false),
            ("compression.type", "zstd", true),
            ("log.retention.bytes", "-2", false),
        ];
        for (name, value, is_valid) in cases {
            keys::find(name).unwrap().check(value).unwrap();
            let mut broker = BrokerValues::default();
            broker.fixed.insert(name, value);
            let outcome = validate_defaults(&broker);
            assert_eq!(outcome.is_ok(), is_valid, "{name}={value}: {outcome:?}");
            if let Err(error) = outcome {
                assert!(error.to_string().contains(name), "{error}");
            }
        }
    }

    #[test]
    fn local_retention_by_default_is_at_most_the_total_one() {
        let cases = [("-2", "1000", true), ("500", "1000", true), ("1001", "1000", false), ("-1", "1000", false)];
        for (local, total, is_valid) in cases.into_iter().chain([("-1", "-1", true), ("7", "-1", true)]) {
            for unit in ["ms", "bytes"] {
                let mut broker = BrokerValues::default();
                broker.dynamic_default.insert(format!("log.retention.{unit}"), total.to_owned());
                broker.dynamic.insert(format!("log.local.retention.{unit}"), local.to_owned());
                assert_eq!(validate_local_defaults(&broker).is_ok(), is_valid, "{local} of {total} {unit}");
            }
        }
    }
}
