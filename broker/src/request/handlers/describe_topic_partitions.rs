//! DescribeTopicPartitions (75): topics and partitions in pages, with eligible leader replicas.

use std::collections::BTreeSet;
use std::sync::Arc;

use strata_broker_core::internal_topics::is_internal;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{BrokerId, PartitionId, TopicIdPartition};
use strata_compat::messages::describe_topic_partitions::{
    DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse, DescribeTopicPartitionsResponsePartition,
    DescribeTopicPartitionsResponseTopic, RequestCursor, ResponseCursor,
};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::topics::Topic;

use super::admin;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;
use crate::topic_creation;

/// Authorized operations are not told.
const NOT_TOLD: i32 = i32::MIN;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeTopicPartitionsRequest,
) -> Outcome<DescribeTopicPartitionsResponse> {
    if !is_cursor_valid(&request) {
        return refused(&request).into();
    }
    let image = broker.metadata.image();
    let from = request.cursor.as_ref().map_or("", |cursor| cursor.topic_name.as_str());
    let is_all = request.topics.is_empty();
    let names: BTreeSet<&str> = if is_all {
        image.topics.iter_by_name_from(from).map(|topic| topic.name.as_str()).collect()
    } else {
        request.topics.iter().map(|topic| topic.name.as_str()).filter(|name| *name >= from).collect()
    };
    let is_visible = |name: &str| broker.allows(&context, Operation::Describe, Resource::Topic(name));
    let (visible, hidden): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| is_visible(name));
    let limit = u32::try_from(request.response_partition_limit).unwrap_or(0);
    let limit = limit.min(broker.config.topics.describe_partitions_max).max(1);
    let page = Page { image: &image, listener: &context.connection.listener, names_all: is_all };
    let mut response = page.describe(&visible, request.cursor.as_ref(), limit);
    for topic in response.topics.iter_mut().filter(|topic| topic.error_code == ErrorCode::None.code()) {
        let name = topic.name.clone().unwrap_or_default();
        topic.topic_authorized_operations =
            admin::authorized_operations(&broker, &context, &Resource::Topic(&name), admin::TOPIC_OPERATIONS);
    }
    if !is_all {
        let denied = hidden.into_iter().map(|name| failed(name, ErrorCode::TopicAuthorizationFailed));
        response.topics.extend(denied);
    }
    response.into()
}

/// The cursor names a topic of the request, and a partition that there may be.
fn is_cursor_valid(request: &DescribeTopicPartitionsRequest) -> bool {
    request.cursor.as_ref().is_none_or(|cursor| {
        let is_named = request.topics.is_empty() || request.topics.iter().any(|topic| topic.name == cursor.topic_name);
        is_named && cursor.partition_index >= 0
    })
}

/// The answer has no error of its own; each topic carries it.
fn refused(request: &DescribeTopicPartitionsRequest) -> DescribeTopicPartitionsResponse {
    let topics = request.topics.iter().map(|topic| failed(&topic.name, ErrorCode::InvalidRequest)).collect();
    DescribeTopicPartitionsResponse { topics, ..DescribeTopicPartitionsResponse::default() }
}

fn failed(name: &str, code: ErrorCode) -> DescribeTopicPartitionsResponseTopic {
    DescribeTopicPartitionsResponseTopic {
        error_code: code.code(),
        name: Some(name.into()),
        is_internal: is_internal(name),
        topic_authorized_operations: NOT_TOLD,
        ..DescribeTopicPartitionsResponseTopic::default()
    }
}

/// The code for a topic that is not there.
fn why_unknown(name: &str) -> ErrorCode {
    match topic_creation::check_name(name) {
        Ok(()) => ErrorCode::UnknownTopicOrPartition,
        Err(_) => ErrorCode::InvalidTopicException,
    }
}

struct Page<'request> {
    image: &'request Image,
    listener: &'request str,
    /// Whether all topics are asked for: one that is gone meanwhile is no error.
    names_all: bool,
}

impl Page<'_> {
    /// Topics in the order of their names until the limit of partitions is reached.
    fn describe(&self, names: &[&str], cursor: Option<&RequestCursor>, limit: u32) -> DescribeTopicPartitionsResponse {
        let mut response = DescribeTopicPartitionsResponse::default();
        let mut left = limit;
        for name in names {
            let first = match cursor {
                Some(cursor) if cursor.topic_name == *name => u32::try_from(cursor.partition_index).unwrap_or(0),
                _ => 0,
            };
            if left == 0 {
                response.next_cursor = Some(next(name, first));
                return response;
            }
            let Some(topic) = self.image.topic_by_name(name) else {
                if !self.names_all {
                    response.topics.push(failed(name, why_unknown(name)));
                }
                continue;
            };
            let end = topic.partitions.min(first.saturating_add(left));
            response.topics.push(self.topic(topic, first, end));
            left = left.saturating_sub(end.saturating_sub(first));
            if end < topic.partitions {
                response.next_cursor = Some(next(name, end));
                return response;
            }
        }
        response
    }

    fn topic(&self, topic: &Topic, first: u32, end: u32) -> DescribeTopicPartitionsResponseTopic {
        let partitions = (first..end).filter_map(|number| {
            let partition = PartitionId(i32::try_from(number).ok()?);
            Some(self.partition(TopicIdPartition { topic_id: topic.topic_id, partition }))
        });
        DescribeTopicPartitionsResponseTopic {
            error_code: ErrorCode::None.code(),
            name: Some(topic.name.as_str().into()),
            topic_id: topic.topic_id.0,
            is_internal: topic.internal,
            partitions: partitions.collect(),
            topic_authorized_operations: NOT_TOLD,
        }
    }

    fn partition(&self, id: TopicIdPartition) -> DescribeTopicPartitionsResponsePartition {
        let empty = DescribeTopicPartitionsResponsePartition {
            partition_index: id.partition.0,
            ..DescribeTopicPartitionsResponsePartition::default()
        };
        let Some(state) = self.image.partition(id) else {
            return DescribeTopicPartitionsResponsePartition {
                error_code: ErrorCode::UnknownTopicOrPartition.code(),
                ..empty
            };
        };
        let error = match self.image.broker(state.leader).filter(|broker| broker.is_active()) {
            None => ErrorCode::LeaderNotAvailable,
            Some(broker) if broker.endpoint(self.listener).is_none() => ErrorCode::ListenerNotFound,
            Some(_) => ErrorCode::None,
        };
        let is_offline = |id: &BrokerId| !self.image.is_replica_online(state, *id);
        DescribeTopicPartitionsResponsePartition {
            error_code: error.code(),
            leader_id: if error == ErrorCode::None { state.leader.0 } else { -1 },
            leader_epoch: state.leader_epoch.0,
            replica_nodes: numbers(&state.replicas),
            isr_nodes: numbers(&state.isr),
            eligible_leader_replicas: Some(numbers(&state.elr)),
            last_known_elr: Some(numbers(&state.last_known_elr)),
            offline_replicas: state.replicas.iter().filter(|id| is_offline(id)).map(|id| id.0).collect(),
            ..empty
        }
    }
}

fn numbers(brokers: &[BrokerId]) -> Vec<i32> {
    brokers.iter().map(|broker| broker.0).collect()
}

fn next(topic: &str, partition: u32) -> ResponseCursor {
    ResponseCursor { topic_name: KString::from(topic), partition_index: i32::try_from(partition).unwrap_or(i32::MAX) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use strata_compat::ids::{BrokerEpoch, TopicId, Uuid};
    use strata_compat::messages::describe_topic_partitions::TopicRequest;
    use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, Placement};
    use strata_metadata_core::command::{Command, FormatCluster, brokers::RegisterBroker};
    use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};

    use super::*;

    fn image(topics: &[(&str, u32)]) -> Image {
        let mut image = Image::default();
        let mut commands = vec![
            Command::FormatCluster(FormatCluster {
                cluster_id: "c".to_owned(),
                features: vec![("metadata.version".to_owned(), 30)],
            }),
            Command::RegisterBroker(registration()),
        ];
        commands.extend(topics.iter().zip(2..).map(|((name, partitions), number)| {
            Command::CreateTopic(CreateTopic {
                topic_id: TopicId(Uuid::from_u128(number)),
                name: (*name).to_owned(),
                internal: false,
                placement: Placement::Manual(vec![vec![BrokerId(1)]; usize::try_from(*partitions).unwrap()]),
                configs: Vec::new(),
                defaults: ConfigDefaults::default(),
            })
        }));
        for (index, command) in (1..).zip(&commands) {
            let (response, _) = image.apply(index, command);
            response.unwrap();
        }
        image
    }

    fn registration() -> RegisterBroker {
        RegisterBroker {
            broker: BrokerId(1),
            incarnation_id: Uuid::from_u128(1),
            endpoints: vec![Endpoint {
                name: "PLAINTEXT".to_owned(),
                host: "localhost".to_owned(),
                port: 9092,
                security_protocol: 0,
            }],
            rack: None,
            features: vec![FeatureRange { name: "metadata.version".to_owned(), min: 30, max: 30 }],
            log_dirs: vec![Uuid::from_u128(1000)],
            cluster_id: "c".to_owned(),
            previous_epoch: BrokerEpoch::NONE,
            durable: true,
            fenced: false,
            cordoned_dirs: Vec::new(),
        }
    }

    type Walked = Vec<(String, Vec<i32>)>;

    fn walk(image: &Image, limit: u32) -> (Walked, usize) {
        let names: Vec<&str> = image.topics.iter_by_name_from("").map(|topic| topic.name.as_str()).collect();
        let page = Page { image, listener: "PLAINTEXT", names_all: true };
        let mut found: BTreeMap<String, Vec<i32>> = BTreeMap::new();
        let mut cursor: Option<RequestCursor> = None;
        for pages in 1..100 {
            let from = cursor.as_ref().map_or("", |cursor| cursor.topic_name.as_str());
            let rest: Vec<&str> = names.iter().copied().filter(|name| *name >= from).collect();
            let response = page.describe(&rest, cursor.as_ref(), limit);
            for topic in response.topics {
                let partitions = topic.partitions.iter().map(|partition| partition.partition_index);
                found.entry(topic.name.unwrap().to_string()).or_default().extend(partitions);
            }
            let Some(next) = response.next_cursor else {
                return (found.into_iter().collect(), pages);
            };
            cursor = Some(RequestCursor { topic_name: next.topic_name, partition_index: next.partition_index });
        }
        panic!("the pages do not end");
    }

    #[test]
    fn pages_cover_every_partition_once() {
        let image = image(&[("a", 3), ("b", 1), ("c", 4)]);
        let all = vec![("a".to_owned(), vec![0, 1, 2]), ("b".to_owned(), vec![0]), ("c".to_owned(), vec![0, 1, 2, 3])];
        for (limit, pages) in [(1, 8), (2, 4), (3, 3), (4, 2), (8, 1), (100, 1)] {
            assert_eq!(walk(&image, limit), (all.clone(), pages), "{limit}");
        }
    }

    #[test]
    fn a_named_topic_that_is_unknown_is_told() {
        let image = image(&[("a", 1)]);
        let page = Page { image: &image, listener: "PLAINTEXT", names_all: false };
        let codes: Vec<i16> =
            page.describe(&["a", "b b", "c"], None, 10).topics.iter().map(|topic| topic.error_code).collect();
        assert_eq!(codes, [0, 17, 3]);
    }

    #[test]
    fn a_cursor_is_of_the_topics_that_are_named() {
        let request = |topics: &[&str], topic: &str, partition_index| DescribeTopicPartitionsRequest {
            topics: topics.iter().map(|name| TopicRequest { name: (*name).into() }).collect(),
            cursor: Some(RequestCursor { topic_name: topic.into(), partition_index }),
            ..DescribeTopicPartitionsRequest::default()
        };
        let cases = [
            (request(&["a"], "a", 0), true),
            (request(&["a"], "b", 0), false),
            (request(&[], "b", 0), true),
            (request(&["a"], "a", -1), false),
        ];
        for (request, is_valid) in cases {
            assert_eq!(is_cursor_valid(&request), is_valid, "{request:?}");
        }
    }
}
