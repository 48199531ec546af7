//! What the handlers of group APIs share. They check who may ask and which topics there are; the shard decides the rest.

use strata_broker_core::coordinator::RequestContext as CoreContext;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{PartitionId, TopicId, TopicIdPartition};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;

use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// The circumstances of a request as the coordinator knows them.
pub(super) fn core_context(context: &RequestContext) -> CoreContext {
    CoreContext {
        api_version: context.version,
        client_id: context.client_id.as_deref().map(KString::from).unwrap_or_default(),
        client_host: format!("/{}", context.connection.peer.ip().to_canonical()).into(),
    }
}

/// Whether the principal may do this to a group whose members are asked about.
pub(super) fn check_group(
    broker: &Broker,
    context: &RequestContext,
    operation: Operation,
    group: &str,
) -> Result<(), ErrorCode> {
    if broker.allows(context, operation, Resource::Group(group)) {
        Ok(())
    } else {
        Err(ErrorCode::GroupAuthorizationFailed)
    }
}

/// As [`check_group`], for APIs that take no empty group id.
pub(super) fn check_member_request(broker: &Broker, context: &RequestContext, group: &str) -> Result<(), ErrorCode> {
    check_group(broker, context, Operation::Read, group)?;
    if group.is_empty() { Err(ErrorCode::InvalidGroupId) } else { Ok(()) }
}

/// A topic by name or by id, if the principal may do this to it: its name and id.
pub(super) fn find_topic(
    (broker, context, image): (&Broker, &RequestContext, &Image),
    operation: Operation,
    name: &KString,
    by_id: Option<TopicId>,
) -> Result<(KString, TopicId), ErrorCode> {
    let Some(topic_id) = by_id else {
        if !broker.allows(context, operation, Resource::Topic(name)) {
            return Err(ErrorCode::TopicAuthorizationFailed);
        }
        let topic = image.topic_by_name(name).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        return Ok((name.clone(), topic.topic_id));
    };
    let topic = image.topic(topic_id).ok_or(ErrorCode::UnknownTopicId)?;
    if broker.allows(context, operation, Resource::Topic(&topic.name)) {
        Ok((topic.name.as_str().into(), topic_id))
    } else {
        Err(ErrorCode::TopicAuthorizationFailed)
    }
}

/// Whether a topic has a partition.
pub(super) fn check_partition(image: &Image, topic_id: TopicId, partition: i32) -> Result<(), ErrorCode> {
    match image.partition(TopicIdPartition { topic_id, partition: PartitionId(partition) }) {
        Some(_) => Ok(()),
        None => Err(ErrorCode::UnknownTopicOrPartition),
    }
}
