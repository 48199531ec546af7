//! `strata topic`: create, list, describe, delete, alter.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use strata_compat::ids::uuid_text;
use strata_compat::messages::create_partitions::{CreatePartitionsRequest, CreatePartitionsTopic};
use strata_compat::messages::create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use strata_compat::messages::delete_topics::{DeleteTopicState, DeleteTopicsRequest};
use strata_compat::messages::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use strata_compat::wire::KString;

use super::args::TopicCommand;
use super::client::{Client, ClientError};
use super::config::{self, Change, ResourceKind};
use super::error::CliError;
use super::output::{self, Done, Output, Report};

pub(super) async fn run(command: TopicCommand, client: &mut Client, output: &mut Output<'_>) -> Result<(), CliError> {
    match command {
        TopicCommand::Create { name, partitions, replication_factor, configs } => {
            output.show(&create(client, &name, (partitions, replication_factor), &configs).await?)
        }
        TopicCommand::List { internal } => {
            let topics = client.metadata().await?.topics.iter();
            output.show(&TopicList::new(topics.filter(|topic| internal || !topic.is_internal)))
        }
        TopicCommand::Describe { names } => output.show(&describe(client, &names).await?),
        TopicCommand::Delete { names } => output.show(&delete(client, &names).await?),
        TopicCommand::Alter { name, partitions, set, unset } => {
            output.show(&alter(client, &name, partitions, (&set, &unset)).await?)
        }
    }
}

async fn create(
    client: &mut Client,
    name: &str,
    (partitions, replication_factor): (Option<i32>, Option<i16>),
    configs: &[(String, String)],
) -> Result<Done, CliError> {
    let config = |(key, value): &(String, String)| CreatableTopicConfig {
        name: key.as_str().into(),
        value: Some(value.as_str().into()),
    };
    let topic = CreatableTopic {
        name: name.into(),
        // -1: the broker's default.
        num_partitions: partitions.unwrap_or(-1),
        replication_factor: replication_factor.unwrap_or(-1),
        configs: configs.iter().map(config).collect(),
        ..Default::default()
    };
    let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: client.timeout_ms(), ..Default::default() };
    let response = client.call(&request).await?;
    let what = format!("creating topic '{name}'");
    let made =
        response.topics.first().ok_or_else(|| CliError::failed(format!("{what}: the broker's answer is empty")))?;
    ClientError::check(what, made.error_code, made.error_message.as_deref())?;
    let shape = match (made.num_partitions, made.replication_factor) {
        (partitions @ 1.., factor @ 1..) => {
            let partitions = usize::try_from(partitions).unwrap_or_default();
            format!(" with {}, replication factor {factor}", output::count(partitions, "partition"))
        }
        _ => String::new(),
    };
    let mut done = vec![format!("topic '{name}' was created{shape}")];
    done.extend(configs.iter().filter_map(|(key, _)| {
        config::without_effect(ResourceKind::Topic, key).map(|why| format!("{key} has no effect: {why}"))
    }));
    Ok(Done { done })
}

async fn delete(client: &mut Client, names: &[String]) -> Result<Done, CliError> {
    for name in names {
        client.topic(name).await?;
    }
    let state = |name: &String| DeleteTopicState { name: Some(name.as_str().into()), ..Default::default() };
    let request = DeleteTopicsRequest {
        topics: names.iter().map(state).collect(),
        timeout_ms: client.timeout_ms(),
        ..Default::default()
    };
    let response = client.call(&request).await?;
    let (mut done, mut failed) = (Vec::new(), None);
    for topic in &response.responses {
        let name = topic.name.as_deref().unwrap_or_default();
        let what = format!("deleting topic '{name}'");
        match ClientError::check(what, topic.error_code, topic.error_message.as_deref()) {
            Ok(()) => done.push(format!("topic '{name}' was deleted")),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    match failed {
        Some(error) => Err(CliError::from(error).after(&done)),
        None => Ok(Done { done }),
    }
}

async fn alter(
    client: &mut Client,
    name: &str,
    partitions: Option<i32>,
    (set, unset): (&[(String, String)], &[String]),
) -> Result<Done, CliError> {
    if partitions.is_none() && set.is_empty() && unset.is_empty() {
        return Err(CliError::usage("nothing to change: give --partitions, --set or --unset"));
    }
    let topic = client.topic(name).await?;
    let mut done = Vec::new();
    if !(set.is_empty() && unset.is_empty()) {
        let changes = Change::from_arguments(set, unset);
        config::alter(client, ResourceKind::Topic, name, &changes).await?;
        done.extend(config::done(ResourceKind::Topic, name, &changes));
    }
    if let Some(count) = partitions {
        let wanted = CreatePartitionsTopic { name: name.into(), count, assignments: None };
        let request =
            CreatePartitionsRequest { topics: vec![wanted], timeout_ms: client.timeout_ms(), ..Default::default() };
        let response = client.call(&request).await.map_err(|error| CliError::from(error).after(&done))?;
        for result in &response.results {
            let what = format!("adding partitions to topic '{name}'");
            ClientError::check(what, result.error_code, result.error_message.as_deref())
                .map_err(|error| CliError::from(error).after(&done))?;
        }
        let before = output::count(topic.partitions.len(), "partition");
        done.push(format!("topic '{name}' has {count} partitions now; it had {before}"));
    }
    client.forget_metadata();
    Ok(Done { done })
}

async fn describe(client: &mut Client, names: &[String]) -> Result<TopicDescriptions, CliError> {
    let wanted: Vec<MetadataResponseTopic> = if names.is_empty() {
        client.metadata().await?.topics.iter().filter(|topic| !topic.is_internal).cloned().collect()
    } else {
        let mut topics = Vec::new();
        for name in names {
            topics.push(client.topic(name).await?);
        }
        topics
    };
    let mut topics = Vec::new();
    for topic in wanted {
        let name = topic_name(&topic);
        let configs = config::get(client, ResourceKind::Topic, &name, None).await?;
        let changed = configs.into_iter().filter(|entry| entry.source == "topic");
        let changed = changed.map(|entry| (entry.name, entry.value)).collect();
        topics.push(TopicDescription::new(&topic, changed));
    }
    Ok(TopicDescriptions { topics })
}

fn topic_name(topic: &MetadataResponseTopic) -> String {
    topic.name.as_ref().map(KString::to_string).unwrap_or_default()
}

fn replication_factor(topic: &MetadataResponseTopic) -> usize {
    topic.partitions.iter().map(|partition| partition.replica_nodes.len()).max().unwrap_or(0)
}

/// One line of `strata topic list`.
#[derive(Debug, Serialize)]
struct ListedTopic {
    name: String,
    topic_id: String,
    partitions: usize,
    replication_factor: usize,
    internal: bool,
}

#[derive(Debug, Serialize)]
struct TopicList {
    topics: Vec<ListedTopic>,
}

impl TopicList {
    fn new<'a>(topics: impl Iterator<Item = &'a MetadataResponseTopic>) -> Self {
        let mut topics: Vec<ListedTopic> = topics
            .map(|topic| ListedTopic {
                name: topic_name(topic),
                topic_id: uuid_text(topic.topic_id),
                partitions: topic.partitions.len(),
                replication_factor: replication_factor(topic),
                internal: topic.is_internal,
            })
            .collect();
        topics.sort_by(|left, right| left.name.cmp(&right.name));
        Self { topics }
    }
}

impl Report for TopicList {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.topics.is_empty() {
            return writeln!(to, "there is no topic yet: strata topic create NAME");
        }
        let rows = self.topics.iter().map(|topic| {
            let name = topic.name.clone();
            [name, topic.partitions.to_string(), topic.replication_factor.to_string(), topic.topic_id.clone()]
        });
        write!(to, "{}", output::table(["TOPIC", ">PARTITIONS", ">REPLICAS", "ID"], rows))
    }
}

#[derive(Debug, Serialize)]
struct PartitionDescription {
    partition: i32,
    leader: Option<i32>,
    leader_epoch: i32,
    replicas: Vec<i32>,
    isr: Vec<i32>,
    offline_replicas: Vec<i32>,
}

impl PartitionDescription {
    fn new(partition: &MetadataResponsePartition) -> Self {
        Self {
            partition: partition.partition_index,
            leader: Some(partition.leader_id).filter(|leader| *leader >= 0),
            leader_epoch: partition.leader_epoch,
            replicas: partition.replica_nodes.clone(),
            isr: partition.isr_nodes.clone(),
            offline_replicas: partition.offline_replicas.clone(),
        }
    }
}

#[derive(Debug, Serialize)]
struct TopicDescription {
    name: String,
    topic_id: String,
    internal: bool,
    replication_factor: usize,
    /// Those that the topic sets itself.
    configs: BTreeMap<String, Option<String>>,
    partitions: Vec<PartitionDescription>,
}

impl TopicDescription {
    fn new(topic: &MetadataResponseTopic, configs: BTreeMap<String, Option<String>>) -> Self {
        let mut partitions: Vec<_> = topic.partitions.iter().map(PartitionDescription::new).collect();
        partitions.sort_by_key(|partition| partition.partition);
        Self {
            name: topic_name(topic),
            topic_id: uuid_text(topic.topic_id),
            internal: topic.is_internal,
            replication_factor: replication_factor(topic),
            configs,
            partitions,
        }
    }
}

#[derive(Debug, Serialize)]
struct TopicDescriptions {
    topics: Vec<TopicDescription>,
}

impl Report for TopicDescriptions {
    fn write_text(&self, to: &mut dyn Write) -> io::Result<()> {
        if self.topics.is_empty() {
            return writeln!(to, "there is no topic yet: strata topic create NAME");
        }
        for (index, topic) in self.topics.iter().enumerate() {
            if index > 0 {
                writeln!(to)?;
            }
            writeln!(
                to,
                "Topic {} (id {}): {}, replication factor {}",
                topic.name,
                topic.topic_id,
                output::count(topic.partitions.len(), "partition"),
                topic.replication_factor
            )?;
            for (key, value) in &topic.configs {
                writeln!(to, "  {key}={}", value.as_deref().unwrap_or_default())?;
            }
            let rows = topic.partitions.iter().map(|partition| {
                [
                    partition.partition.to_string(),
                    output::known(partition.leader),
                    partition.leader_epoch.to_string(),
                    output::list(&partition.replicas),
                    output::list(&partition.isr),
                    output::list(&partition.offline_replicas),
                ]
            });
            let headings = [">PARTITION", ">LEADER", ">EPOCH", "REPLICAS", "ISR", "OFFLINE"];
            write!(to, "{}", output::table(headings, rows))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::both_forms;
    use super::*;

    fn sample() -> MetadataResponseTopic {
        let partition = |index, leader_id| MetadataResponsePartition {
            partition_index: index,
            leader_id,
            leader_epoch: 4,
            replica_nodes: vec![1, 2],
            isr_nodes: vec![1],
            ..Default::default()
        };
        MetadataResponseTopic {
            name: Some("flights".into()),
            partitions: vec![partition(1, -1), partition(0, 1)],
            ..Default::default()
        }
    }

    #[test]
    fn topics_are_listed() {
        let (text, json) = both_forms(&TopicList::new([sample()].iter()));
        assert!(text.starts_with("TOPIC    PARTITIONS  REPLICAS  ID\nflights           2         2  "), "{text}");
        assert_eq!(json["topics"][0]["name"], "flights");
        assert_eq!(json["topics"][0]["partitions"], 2);
    }

    #[test]
    fn an_empty_list_says_how_to_begin() {
        let (text, json) = both_forms(&TopicList::new([].iter()));
        assert!(text.contains("strata topic create"), "{text}");
        assert_eq!(json["topics"], serde_json::json!([]));
    }

    #[test]
    fn a_topic_is_described_with_its_own_configs() {
        let configs = [("retention.ms".to_owned(), Some("-1".to_owned()))].into();
        let topics = vec![TopicDescription::new(&sample(), configs)];
        let (text, json) = both_forms(&TopicDescriptions { topics });
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("Topic flights (id "), "{text}");
        assert_eq!(lines[1], "  retention.ms=-1");
        assert_eq!(lines[2].split_whitespace().next(), Some("PARTITION"));
        assert_eq!(lines[3].split_whitespace().collect::<Vec<_>>(), ["0", "1", "4", "1,2", "1", "-"]);
        assert_eq!(lines[4].split_whitespace().collect::<Vec<_>>(), ["1", "-", "4", "1,2", "1", "-"]);
        assert_eq!(json["topics"][0]["partitions"][1]["leader"], serde_json::Value::Null);
        assert_eq!(json["topics"][0]["configs"]["retention.ms"], "-1");
    }
}
