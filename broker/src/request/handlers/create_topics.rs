//! CreateTopics (19): topics with their partitions and configs, or only whether they could be created.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use strata_broker_core::internal_topics::CLUSTER_METADATA;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{BrokerId, TopicId};
use strata_compat::messages::create_topics::{
    CreatableReplicaAssignment, CreatableTopic, CreatableTopicConfigs, CreatableTopicResult, CreateTopicsRequest,
    CreateTopicsResponse,
};
use strata_compat::wire::KString;
use strata_metadata_core::command::Command;
use strata_metadata_core::command::topics::Placement;
use strata_metadata_core::image::Image;
use strata_metadata_core::response::Reply;

use super::admin::{self, PARTITIONS_PER_REQUEST_MAX, PROPOSALS_MAX, Refused};
use super::describe_configs;
use crate::config::TopicConfig;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;
use crate::topic_creation;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: CreateTopicsRequest,
) -> Outcome<CreateTopicsResponse> {
    let deadline = admin::deadline(&context, request.timeout_ms);
    let creating = Creating { broker, context, validate_only: request.validate_only, deadline };
    let too_many = partitions_of(&request.topics, &creating.broker.config.topics) > PARTITIONS_PER_REQUEST_MAX;
    let counts = admin::count(request.topics.iter().map(|topic| topic.name.as_str()));
    let mut topics = Vec::with_capacity(counts.len());
    let mut creations = Vec::new();
    for (name, count) in &counts {
        if *count > 1 {
            let message = format!("topic '{name}' is named {count} times");
            topics.push(refused(name, &Refused::new(ErrorCode::InvalidRequest, message)));
        }
    }
    for topic in request.topics.iter().filter(|topic| counts.get(topic.name.as_str()) == Some(&1)) {
        if too_many {
            let message = format!("a request creates at most {PARTITIONS_PER_REQUEST_MAX} partitions");
            topics.push(refused(&topic.name, &Refused::new(ErrorCode::PolicyViolation, message)));
            continue;
        }
        creations.push(creating.create(topic));
    }
    let created: Vec<CreatableTopicResult> = futures::stream::iter(creations).buffered(PROPOSALS_MAX).collect().await;
    topics.extend(created);
    CreateTopicsResponse { topics, ..CreateTopicsResponse::default() }.into()
}

/// Partitions that a request would create.
fn partitions_of(topics: &[CreatableTopic], defaults: &TopicConfig) -> usize {
    let default = usize::try_from(defaults.partitions).unwrap_or(usize::MAX);
    topics
        .iter()
        .map(|topic| match usize::try_from(topic.num_partitions) {
            _ if !topic.assignments.is_empty() => topic.assignments.len(),
            Ok(partitions) => partitions,
            Err(_) => default,
        })
        .fold(0, usize::saturating_add)
}

fn refused(name: &str, refused: &Refused) -> CreatableTopicResult {
    let (error_code, error_message) = refused.fields();
    CreatableTopicResult {
        name: name.into(),
        error_code,
        error_message,
        num_partitions: -1,
        replication_factor: -1,
        configs: None,
        ..CreatableTopicResult::default()
    }
}

struct Creating {
    broker: Arc<Broker>,
    context: RequestContext,
    validate_only: bool,
    deadline: Instant,
}

/// What a created topic is.
struct Created {
    topic_id: TopicId,
    partitions: u32,
    replication_factor: u16,
    /// The image in which it is.
    image: Arc<Image>,
}

impl Creating {
    async fn create(&self, topic: &CreatableTopic) -> CreatableTopicResult {
        match self.try_create(topic).await {
            Ok(created) => self.result(&topic.name, &created),
            Err(error) => refused(&topic.name, &error),
        }
    }

    async fn try_create(&self, topic: &CreatableTopic) -> Result<Created, Refused> {
        let name = topic.name.as_str();
        if name == CLUSTER_METADATA || !self.may_create(name) {
            let message = format!("creating topic '{name}' is not allowed");
            return Err(Refused::new(ErrorCode::TopicAuthorizationFailed, message));
        }
        topic_creation::check_name(name).map_err(|message| Refused::new(ErrorCode::InvalidTopicException, message))?;
        let image = self.broker.metadata.image();
        if image.topic_by_name(name).is_some() {
            let message = format!("topic '{name}' already exists");
            return Err(Refused::new(ErrorCode::TopicAlreadyExists, message));
        }
        let placement = placement(topic, &self.broker.config.topics)?;
        let configs = configs(topic)?;
        let command =
            topic_creation::command(&self.broker.config, &self.broker.metadata, &image, name, placement, configs)?;
        self.run(&image, &command).await
    }

    async fn run(&self, image: &Image, command: &Command) -> Result<Created, Refused> {
        let (reply, image) = if self.validate_only {
            let (reply, next) = admin::dry_run(image, command)?;
            (reply, Arc::new(next))
        } else {
            let reply = admin::propose(&self.broker, command, self.deadline).await?;
            (reply, self.broker.metadata.image())
        };
        match reply {
            Reply::TopicCreated { topic_id, partitions, replication_factor } => {
                // What is only validated has no identity.
                let topic_id = if self.validate_only { TopicId::ZERO } else { topic_id };
                Ok(Created { topic_id, partitions, replication_factor, image })
            }
            other => {
                let message = format!("a creation was answered {other:?}");
                Err(Refused::new(ErrorCode::UnknownServerError, message))
            }
        }
    }

    fn may_create(&self, name: &str) -> bool {
        self.broker.allows(&self.context, Operation::Create, Resource::Cluster)
            || self.broker.allows(&self.context, Operation::Create, Resource::Topic(name))
    }

    fn result(&self, name: &KString, created: &Created) -> CreatableTopicResult {
        let result = CreatableTopicResult {
            name: name.clone(),
            topic_id: created.topic_id.0,
            error_code: ErrorCode::None.code(),
            ..CreatableTopicResult::default()
        };
        if !self.broker.allows(&self.context, Operation::DescribeConfigs, Resource::Topic(name)) {
            return CreatableTopicResult {
                topic_config_error_code: ErrorCode::TopicAuthorizationFailed.code(),
                num_partitions: -1,
                replication_factor: -1,
                configs: Some(Vec::new()),
                ..result
            };
        }
        let configs = describe_configs::topic_configs(&self.broker, &created.image, name)
            .into_iter()
            .map(|entry| CreatableTopicConfigs {
                name: entry.name,
                value: entry.value,
                read_only: entry.read_only,
                config_source: entry.config_source,
                is_sensitive: entry.is_sensitive,
            })
            .collect();
        CreatableTopicResult {
            num_partitions: i32::try_from(created.partitions).unwrap_or(i32::MAX),
            replication_factor: i16::try_from(created.replication_factor).unwrap_or(i16::MAX),
            configs: Some(configs),
            ..result
        }
    }
}

/// Where a topic's replicas are to go.
fn placement(topic: &CreatableTopic, defaults: &TopicConfig) -> Result<Placement, Refused> {
    if !topic.assignments.is_empty() {
        return manual_placement(topic);
    }
    let partitions = match topic.num_partitions {
        -1 => defaults.partitions,
        count => u32::try_from(count).ok().filter(|count| *count > 0).ok_or_else(|| {
            let message = format!("the number of partitions is above 0, or -1 for the default, not {count}");
            Refused::new(ErrorCode::InvalidPartitions, message)
        })?,
    };
    let replication_factor = match topic.replication_factor {
        -1 => defaults.replication_factor,
        factor => u16::try_from(factor).ok().filter(|factor| *factor > 0).ok_or_else(|| {
            let message = format!("the replication factor is above 0, or -1 for the default, not {factor}");
            Refused::new(ErrorCode::InvalidReplicationFactor, message)
        })?,
    };
    Ok(Placement::Seeded { partitions, replication_factor, seed: rand::random() })
}

fn manual_placement(topic: &CreatableTopic) -> Result<Placement, Refused> {
    if topic.num_partitions != -1 || topic.replication_factor != -1 {
        let message = "with replicas given, the number of partitions and the replication factor are -1";
        return Err(Refused::new(ErrorCode::InvalidRequest, message));
    }
    let mut by_partition: BTreeMap<i32, &CreatableReplicaAssignment> = BTreeMap::new();
    for assignment in &topic.assignments {
        if by_partition.insert(assignment.partition_index, assignment).is_some() {
            let message = format!("partition {} has replicas given twice", assignment.partition_index);
            return Err(Refused::new(ErrorCode::InvalidReplicaAssignment, message));
        }
    }
    if let Some((expected, found)) = (0..).zip(by_partition.keys()).find(|(expected, found)| expected != *found) {
        let message = format!("partitions are 0, 1, … without a gap: {found} comes where {expected} should");
        return Err(Refused::new(ErrorCode::InvalidReplicaAssignment, message));
    }
    let brokers =
        |assignment: &CreatableReplicaAssignment| assignment.broker_ids.iter().copied().map(BrokerId).collect();
    Ok(Placement::Manual(by_partition.into_values().map(brokers).collect()))
}

fn configs(topic: &CreatableTopic) -> Result<BTreeMap<String, String>, Refused> {
    let value = |config: &strata_compat::messages::create_topics::CreatableTopicConfig| match &config.value {
        Some(value) => Ok((config.name.to_string(), value.to_string())),
        None => {
            let message = format!("'{}' has no value", config.name);
            Err(Refused::new(ErrorCode::InvalidConfig, message))
        }
    };
    topic.configs.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: TopicConfig = TopicConfig {
        auto_create: true,
        partitions: 3,
        replication_factor: 1,
        delete_enable: true,
        describe_partitions_max: 2000,
    };

    fn topic(num_partitions: i32, replication_factor: i16, assignments: &[(i32, &[i32])]) -> CreatableTopic {
        CreatableTopic {
            name: "t".into(),
            num_partitions,
            replication_factor,
            assignments: assignments
                .iter()
                .map(|(partition_index, brokers)| CreatableReplicaAssignment {
                    partition_index: *partition_index,
                    broker_ids: brokers.to_vec(),
                })
                .collect(),
            configs: Vec::new(),
        }
    }

    type Placed = Result<(usize, usize), ErrorCode>;

    #[test]
    fn placement_follows_the_request_or_the_defaults() {
        let cases: &[(CreatableTopic, Placed)] = &[
            (topic(-1, -1, &[]), Ok((3, 1))),
            (topic(5, 2, &[]), Ok((5, 2))),
            (topic(0, 1, &[]), Err(ErrorCode::InvalidPartitions)),
            (topic(-2, 1, &[]), Err(ErrorCode::InvalidPartitions)),
            (topic(1, 0, &[]), Err(ErrorCode::InvalidReplicationFactor)),
            (topic(1, -5, &[]), Err(ErrorCode::InvalidReplicationFactor)),
            (topic(-1, -1, &[(1, &[1]), (0, &[2])]), Ok((2, 1))),
            (topic(2, -1, &[(0, &[1])]), Err(ErrorCode::InvalidRequest)),
            (topic(-1, 1, &[(0, &[1])]), Err(ErrorCode::InvalidRequest)),
            (topic(-1, -1, &[(1, &[1])]), Err(ErrorCode::InvalidReplicaAssignment)),
            (topic(-1, -1, &[(0, &[1]), (2, &[1])]), Err(ErrorCode::InvalidReplicaAssignment)),
            (topic(-1, -1, &[(0, &[1]), (0, &[1])]), Err(ErrorCode::InvalidReplicaAssignment)),
        ];
        for (topic, expected) in cases {
            let found = match placement(topic, &DEFAULTS) {
                Ok(Placement::Seeded { partitions, replication_factor, .. }) => {
                    Ok((usize::try_from(partitions).unwrap(), usize::from(replication_factor)))
                }
                Ok(Placement::Manual(replicas)) => Ok((replicas.len(), replicas[0].len())),
                Err(refused) => Err(refused.code),
            };
            assert_eq!(&found, expected, "{topic:?}");
        }
    }

    #[test]
    fn given_replicas_are_put_in_the_order_of_partitions() {
        let placement = placement(&topic(-1, -1, &[(1, &[7]), (0, &[9])]), &DEFAULTS).unwrap();
        assert_eq!(placement, Placement::Manual(vec![vec![BrokerId(9)], vec![BrokerId(7)]]));
    }

    #[test]
    fn all_partitions_of_a_request_are_counted() {
        let topics = [topic(-1, 1, &[]), topic(10_000, 1, &[]), topic(-1, -1, &[(0, &[1])])];
        assert_eq!(partitions_of(&topics, &DEFAULTS), 10_004);
    }

    #[test]
    fn a_config_needs_a_value() {
        let mut topic = topic(1, 1, &[]);
        topic.configs.push(strata_compat::messages::create_topics::CreatableTopicConfig {
            name: "retention.ms".into(),
            value: None,
        });
        assert_eq!(configs(&topic).unwrap_err().code, ErrorCode::InvalidConfig);
    }
}
