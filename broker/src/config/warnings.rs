//! What an operator is told at start of a configuration that is taken, but does not do all that it seems to.
//!
//! Owns: the words. Does not own: what is refused (`config.rs`, `keys.rs`), where they are logged (`server/start.rs`).

use std::collections::BTreeMap;

use super::BrokerConfig;
use super::ServerProperties;
use super::keys::{self, Handling};

/// Keys that are set to another value than their default although nothing reads them: a line for each reason.
#[must_use]
pub fn without_effect(properties: &ServerProperties) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in properties.iter() {
        let Some(spec) = keys::all().get(name) else { continue };
        if let Handling::Mapped(reason) = spec.handling
            && spec.default.unwrap_or_default() != value
        {
            by_reason.entry(reason).or_default().push(format!("{name}={value}"));
        }
    }
    by_reason.iter().map(|(reason, set)| format!("set without effect: {}: {reason}", set.join(", "))).collect()
}

/// Factors of replication that a cluster of so many brokers cannot reach.
#[must_use]
pub fn replication(config: &BrokerConfig, brokers: usize, has_offsets_topic: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    let of_brokers = if brokers == 1 { "1 broker".to_owned() } else { format!("{brokers} brokers") };
    let groups = config.groups.offsets_replication_factor;
    if !has_offsets_topic && usize::from(groups) > brokers {
        warnings.push(format!(
            "offsets.topic.replication.factor={groups} but the cluster has {of_brokers}: consumer groups cannot start until it \
             has {groups}; set offsets.topic.replication.factor={brokers} and restart"
        ));
    }
    let topics = config.topics.replication_factor;
    if usize::from(topics) > brokers {
        warnings.push(format!(
            "default.replication.factor={topics} but the cluster has {of_brokers}: topics that ask for no factor of their own \
             cannot be created; set default.replication.factor={brokers} and restart"
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(set: &[(&str, &str)]) -> ServerProperties {
        let set: Vec<_> = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ServerProperties::from_parts(Vec::new(), &set).unwrap()
    }

    fn config(set: &[(&str, &str)]) -> BrokerConfig {
        let mut properties = properties(set);
        for (key, value) in [("process.roles", "broker,controller"), ("node.id", "1"), ("log.dirs", "/data")] {
            properties.insert(key, value);
        }
        BrokerConfig::new(properties).unwrap()
    }

    #[test]
    fn what_is_set_without_effect_is_told_with_its_reason_once() {
        let set = [("num.io.threads", "16"), ("num.network.threads", "9"), ("log.flush.interval.messages", "1")];
        let told = without_effect(&properties(&set));
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("set without effect: log.flush.interval.messages=1: the journal"), "{told:?}");
        assert_eq!(
            told[1],
            "set without effect: num.io.threads=16, num.network.threads=9: the runtime sizes its own threads"
        );
    }

    #[test]
    fn defaults_and_what_is_honoured_are_not_worth_a_word() {
        let set = [("num.io.threads", "8"), ("log.segment.bytes", "1048576")];
        assert_eq!(without_effect(&properties(&set)), Vec::<String>::new());
    }

    #[test]
    fn a_factor_that_the_cluster_cannot_reach_is_told_with_what_to_set() {
        let told = |set: &[(&str, &str)], brokers, has_topic| replication(&config(set), brokers, has_topic);
        assert_eq!(
            told(&[], 1, false),
            [
                "offsets.topic.replication.factor=3 but the cluster has 1 broker: consumer groups cannot start until it has 3; \
                set offsets.topic.replication.factor=1 and restart"
            ]
        );
        let one = [("offsets.topic.replication.factor", "1")];
        let none: [&str; 0] = [];
        assert_eq!(told(&one, 1, false), none);
        assert_eq!(told(&[], 1, true), none, "the topic is there already");
        assert_eq!(told(&[], 3, false), none);
        assert!(told(&[], 2, false)[0].contains("has 2 brokers"));
        let topics = told(&[one[0], ("default.replication.factor", "2")], 1, false);
        assert!(topics.len() == 1 && topics[0].contains("set default.replication.factor=1"), "{topics:?}");
    }
}
