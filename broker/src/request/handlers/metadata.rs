//! Metadata (3): brokers, topics, leaders; creates topics on first use where that is allowed.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{BrokerId, TopicId, TopicIdPartition};
use strata_compat::messages::metadata::{
    MetadataRequest, MetadataRequestTopic, MetadataResponse, MetadataResponseBroker, MetadataResponsePartition,
    MetadataResponseTopic,
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

/// More topics than this are described by one request at a time.
const MANY_TOPICS: usize = 200;
/// Authorized operations were not asked for.
const NOT_ASKED: i32 = i32::MIN;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: MetadataRequest,
) -> Outcome<MetadataResponse> {
    let asks_many = asks_many(request.topics.as_deref(), context.version);
    let _turn = if asks_many { broker.metadata.turn_for_many_topics().await } else { None };
    let image = broker.metadata.image();
    let with_operations = request.include_topic_authorized_operations;
    let asking = Asking { broker: &broker, context: &context, image: &image, with_operations };
    let topics = match &request.topics {
        Some(topics) if !(topics.is_empty() && context.version == 0) => {
            if let Err(code) = check_names(topics, context.version) {
                return refused(topics, code).into();
            }
            let may_create = request.allow_auto_topic_creation || context.version < 4;
            asking.named(topics, may_create)
        }
        _ => asking.all(),
    };
    let brokers: Vec<MetadataResponseBroker> = broker
        .metadata
        .endpoints(&context.connection.listener)
        .into_iter()
        .map(|node| MetadataResponseBroker {
            node_id: node.id.0,
            host: node.host.into(),
            port: i32::from(node.port),
            rack: node.rack.map(KString::from),
        })
        .collect();
    // Any live broker: it forwards what only the controller may do.
    let controller_id = brokers.first().map_or(-1, |first| first.node_id);
    let cluster_authorized_operations = if !request.include_cluster_authorized_operations {
        NOT_ASKED
    } else if broker.allows(&context, Operation::Describe, Resource::Cluster) {
        admin::authorized_operations(&broker, &context, &Resource::Cluster, admin::CLUSTER_OPERATIONS)
    } else {
        0
    };
    MetadataResponse {
        brokers,
        cluster_id: image.cluster.cluster_id.as_deref().map(KString::from),
        controller_id,
        topics,
        cluster_authorized_operations,
        ..MetadataResponse::default()
    }
    .into()
}

/// Whether a request is for all topics, or many. An empty list is all of them in version 0 only.
fn asks_many(topics: Option<&[MetadataRequestTopic]>, version: i16) -> bool {
    topics.is_none_or(|topics| topics.len() > MANY_TOPICS || (topics.is_empty() && version == 0))
}

/// Before version 12 a topic is named, and only named.
fn check_names(topics: &[MetadataRequestTopic], version: i16) -> Result<(), ErrorCode> {
    let uses_ids = |topic: &MetadataRequestTopic| topic.name.is_none() || !topic.topic_id.is_nil();
    if version < 12 && topics.iter().any(uses_ids) { Err(ErrorCode::InvalidRequest) } else { Ok(()) }
}

fn refused(topics: &[MetadataRequestTopic], code: ErrorCode) -> MetadataResponse {
    let topics = topics
        .iter()
        .map(|topic| MetadataResponseTopic {
            error_code: code.code(),
            name: Some(topic.name.clone().unwrap_or_default()),
            topic_id: topic.topic_id,
            topic_authorized_operations: NOT_ASKED,
            ..MetadataResponseTopic::default()
        })
        .collect();
    MetadataResponse { topics, cluster_authorized_operations: NOT_ASKED, ..MetadataResponse::default() }
}

struct Asking<'request> {
    broker: &'request Arc<Broker>,
    context: &'request RequestContext,
    image: &'request Image,
    /// Whether the client wants to know what it may do to each topic.
    with_operations: bool,
}

impl Asking<'_> {
    fn may_describe(&self, name: &str) -> bool {
        self.broker.allows(self.context, Operation::Describe, Resource::Topic(name))
    }

    fn all(&self) -> Vec<MetadataResponseTopic> {
        self.image
            .topics
            .iter_by_name_from("")
            .filter(|topic| self.may_describe(&topic.name))
            .map(|topic| self.describe(topic))
            .collect()
    }

    fn named(&self, topics: &[MetadataRequestTopic], may_create: bool) -> Vec<MetadataResponseTopic> {
        let by_id = topics.iter().any(|topic| !topic.topic_id.is_nil());
        topics
            .iter()
            .filter(|topic| !by_id || !topic.topic_id.is_nil())
            .map(|topic| {
                if by_id {
                    self.by_id(TopicId(topic.topic_id))
                } else {
                    self.by_name(&topic.name.clone().unwrap_or_default(), may_create)
                }
            })
            .collect()
    }

    fn by_id(&self, topic_id: TopicId) -> MetadataResponseTopic {
        match self.image.topic(topic_id) {
            Some(topic) if self.may_describe(&topic.name) => self.describe(topic),
            _ => failed(None, topic_id, ErrorCode::UnknownTopicId),
        }
    }

    fn by_name(&self, name: &KString, may_create: bool) -> MetadataResponseTopic {
        if !self.may_describe(name) {
            return failed(Some(name.clone()), TopicId::ZERO, ErrorCode::TopicAuthorizationFailed);
        }
        if let Some(topic) = self.image.topic_by_name(name) {
            return self.describe(topic);
        }
        let code = match topic_creation::check_name(name) {
            Err(_) => ErrorCode::InvalidTopicException,
            Ok(()) => {
                if may_create
                    && self.broker.config.topics.auto_create
                    && self.broker.allows(self.context, Operation::Create, Resource::Topic(name))
                {
                    topic_creation::create_in_background(self.broker, name);
                }
                ErrorCode::UnknownTopicOrPartition
            }
        };
        failed(Some(name.clone()), TopicId::ZERO, code)
    }

    fn describe(&self, topic: &Topic) -> MetadataResponseTopic {
        MetadataResponseTopic {
            error_code: ErrorCode::None.code(),
            name: Some(topic.name.as_str().into()),
            topic_id: topic.topic_id.0,
            is_internal: topic.internal,
            partitions: topic.partition_ids().map(|id| self.partition(id)).collect(),
            topic_authorized_operations: self.operations(&topic.name),
        }
    }

    fn operations(&self, topic: &str) -> i32 {
        if !self.with_operations {
            return NOT_ASKED;
        }
        admin::authorized_operations(self.broker, self.context, &Resource::Topic(topic), admin::TOPIC_OPERATIONS)
    }

    fn partition(&self, id: TopicIdPartition) -> MetadataResponsePartition {
        let Some(state) = self.image.partition(id) else {
            return MetadataResponsePartition {
                error_code: ErrorCode::UnknownTopicOrPartition.code(),
                partition_index: id.partition.0,
                ..MetadataResponsePartition::default()
            };
        };
        let leader = self.image.broker(state.leader).filter(|broker| broker.is_active());
        let error = match leader {
            None => ErrorCode::LeaderNotAvailable,
            Some(broker) if broker.endpoint(&self.context.connection.listener).is_none() => {
                if self.context.version >= 6 { ErrorCode::ListenerNotFound } else { ErrorCode::LeaderNotAvailable }
            }
            Some(_) => ErrorCode::None,
        };
        let is_offline = |broker: &BrokerId| !self.image.is_replica_online(state, *broker);
        MetadataResponsePartition {
            error_code: error.code(),
            partition_index: id.partition.0,
            leader_id: if error == ErrorCode::None { state.leader.0 } else { -1 },
            leader_epoch: state.leader_epoch.0,
            replica_nodes: state.replicas.iter().map(|broker| broker.0).collect(),
            isr_nodes: state.isr.iter().map(|broker| broker.0).collect(),
            offline_replicas: state
                .replicas
                .iter()
                .filter(|broker| is_offline(broker))
                .map(|broker| broker.0)
                .collect(),
        }
    }
}

fn failed(name: Option<KString>, topic_id: TopicId, code: ErrorCode) -> MetadataResponseTopic {
    MetadataResponseTopic {
        error_code: code.code(),
        name,
        topic_id: topic_id.0,
        topic_authorized_operations: NOT_ASKED,
        ..MetadataResponseTopic::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_brokers_only_waits_for_nobody() {
        let topics = |count: usize| vec![MetadataRequestTopic::default(); count];
        let cases = [
            (None, 13, true),
            (Some(0), 13, false),
            (Some(0), 1, false),
            (Some(0), 0, true),
            (Some(MANY_TOPICS), 13, false),
            (Some(MANY_TOPICS + 1), 13, true),
        ];
        for (count, version, expected) in cases {
            let topics = count.map(topics);
            assert_eq!(asks_many(topics.as_deref(), version), expected, "{count:?} in version {version}");
        }
    }
}
