//! What each config does, in our own words, for those who ask for documentation.
//!
//! Owns: the table `documentation.table`. Does not own: what a config does.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::keys::{Handling, KeySpec};
use super::topic::{TOPIC_KEYS, TopicKey};

const TABLE: &str = include_str!("documentation.table");

/// The texts, by name.
#[derive(Default)]
struct Texts {
    topic: BTreeMap<&'static str, &'static str>,
    broker: BTreeMap<&'static str, &'static str>,
}

fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| {
        let (_, sections) = TABLE.split_once("[topic]\n").unwrap_or_default();
        let (topic, broker) = sections.split_once("[broker]\n").unwrap_or_default();
        Texts { topic: rows(topic), broker: rows(broker) }
    })
}

fn rows(section: &'static str) -> BTreeMap<&'static str, &'static str> {
    section.lines().filter_map(|line| line.split_once(" | ")).collect()
}

/// What a topic config does.
#[must_use]
pub fn of_topic(key: &TopicKey) -> Option<&'static str> {
    texts().topic.get(key.name).copied()
}

/// What a broker config does, or why it does nothing.
#[must_use]
pub fn of_broker(spec: &KeySpec) -> Option<String> {
    match spec.handling {
        Handling::Mapped(how) => Some(format!("accepted; in its place: {how}")),
        Handling::Refused(why) => Some(format!("not supported: {why}")),
        Handling::Honoured => {
            let own = || texts().broker.get(spec.name).map(|text| (*text).to_owned());
            let as_default = || {
                let key = TOPIC_KEYS.iter().find(|key| key.synonyms.iter().any(|synonym| synonym.name == spec.name))?;
                Some(format!("Default of the topic config {}. {}", key.name, of_topic(key)?))
            };
            own().or_else(as_default)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys;
    use super::*;

    #[test]
    fn every_config_has_a_text() {
        for key in TOPIC_KEYS {
            assert!(of_topic(key).is_some_and(|text| text.ends_with('.')), "{}", key.name);
        }
        for spec in keys::all().values() {
            assert!(of_broker(spec).is_some_and(|text| text.len() > 10), "{}", spec.name);
        }
        let default = of_broker(keys::find("log.segment.bytes").unwrap()).unwrap();
        assert!(default.starts_with("Default of the topic config segment.bytes. Size"), "{default}");
    }

    #[test]
    fn every_text_is_of_a_config_that_is_honoured() {
        for name in texts().topic.keys() {
            assert!(TOPIC_KEYS.iter().any(|key| key.name == *name), "{name}");
        }
        for name in texts().broker.keys() {
            assert_eq!(keys::find(name).unwrap().handling, Handling::Honoured, "{name}");
        }
        let lines = TABLE.lines().filter(|line| !line.starts_with(['#', '['])).count();
        assert_eq!(lines, texts().topic.len() + texts().broker.len(), "a line is no row, or a name stands twice");
    }
}
