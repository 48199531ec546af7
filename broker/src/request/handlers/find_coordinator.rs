//! FindCoordinator (10): the leader of a group's partition of `__consumer_offsets`. The first to ask has the topic created.

use std::sync::Arc;

use strata_broker_core::internal_topics::CONSUMER_OFFSETS;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::find_coordinator::{Coordinator, FindCoordinatorRequest, FindCoordinatorResponse};
use strata_compat::wire::KString;

use super::admin::Refused;
use crate::coordinator_runtime::group_partition;
use crate::metadata_cache::Node;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::handlers::produce::NO_TRANSACTIONS;
use crate::server::Broker;
use crate::topic_creation;

/// Keys of one request, at most: the answer is much larger than the question.
const KEYS_MAX: usize = 10_000;
/// The first version with several keys.
const BATCHED_FROM: i16 = 4;
/// The first version that knows share coordinators.
const SHARE_FROM: i16 = 6;

/// Whose coordinator is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyType {
    Group,
    Transaction,
    Share,
}

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: FindCoordinatorRequest,
) -> Outcome<FindCoordinatorResponse> {
    if request.coordinator_keys.len() > KEYS_MAX {
        return Outcome::Close(format!(
            "FindCoordinator with {} keys, more than {KEYS_MAX}",
            request.coordinator_keys.len()
        ));
    }
    let key_type = key_type(request.key_type, context.version);
    let find = |key: &str| key_type.clone().and_then(|key_type| find(&broker, &context, key_type, key));
    if context.version < BATCHED_FROM {
        return single(find(&request.key)).into();
    }
    let coordinators = request.coordinator_keys.into_iter().map(|key| batched(find(&key), key)).collect();
    FindCoordinatorResponse { coordinators, ..FindCoordinatorResponse::default() }.into()
}

fn key_type(number: i8, version: i16) -> Result<KeyType, Refused> {
    match number {
        0 => Ok(KeyType::Group),
        1 => Ok(KeyType::Transaction),
        2 if version >= SHARE_FROM => Ok(KeyType::Share),
        other => {
            let message = format!("no coordinator is of type {other} in version {version}");
            Err(Refused::new(ErrorCode::InvalidRequest, message))
        }
    }
}

fn find(broker: &Arc<Broker>, context: &RequestContext, key_type: KeyType, key: &str) -> Result<Node, Refused> {
    match key_type {
        KeyType::Group if broker.allows(context, Operation::Describe, Resource::Group(key)) => {
            find_group(broker, context, key)
        }
        KeyType::Group => {
            Err(Refused::new(ErrorCode::GroupAuthorizationFailed, format!("seeing group '{key}' is not allowed")))
        }
        KeyType::Transaction => Err(Refused::new(ErrorCode::TransactionalIdAuthorizationFailed, NO_TRANSACTIONS)),
        KeyType::Share if broker.allows(context, Operation::ClusterAction, Resource::Cluster) => {
            Err(Refused::new(ErrorCode::InvalidRequest, "share groups are not served yet"))
        }
        KeyType::Share => {
            Err(Refused::new(ErrorCode::ClusterAuthorizationFailed, "only a broker looks for a share coordinator"))
        }
    }
}

fn find_group(broker: &Arc<Broker>, context: &RequestContext, group: &str) -> Result<Node, Refused> {
    let unavailable = |message: &str| Refused::new(ErrorCode::CoordinatorNotAvailable, message);
    let Some(topic) = broker.metadata.topic_by_name(CONSUMER_OFFSETS) else {
        topic_creation::create_in_background(broker, CONSUMER_OFFSETS);
        let message = match broker.creating.failure(CONSUMER_OFFSETS) {
            Some(reason) => format!("the topic of groups ({CONSUMER_OFFSETS}) cannot be created: {reason}"),
            None => "the topic of groups is being created; ask again".to_owned(),
        };
        return Err(unavailable(&message));
    };
    let index = group_partition::partition_of(group, topic.partitions);
    let (_, partition) = broker
        .metadata
        .partition_by_name(CONSUMER_OFFSETS, index)
        .ok_or_else(|| unavailable("the group's partition is not there; ask again"))?;
    broker
        .metadata
        .endpoints(&context.connection.listener)
        .into_iter()
        .find(|node| node.id == partition.leader)
        .ok_or_else(|| unavailable("nobody leads the group's partition now; ask again"))
}

fn single(found: Result<Node, Refused>) -> FindCoordinatorResponse {
    let Coordinator { node_id, host, port, error_code, error_message, .. } = batched(found, KString::new());
    FindCoordinatorResponse { error_code, error_message, node_id, host, port, ..FindCoordinatorResponse::default() }
}

fn batched(found: Result<Node, Refused>, key: KString) -> Coordinator {
    match found {
        Ok(node) => Coordinator {
            key,
            node_id: node.id.0,
            host: node.host.into(),
            port: i32::from(node.port),
            error_code: ErrorCode::None.code(),
            ..Coordinator::default()
        },
        Err(refused) => {
            let (error_code, error_message) = refused.fields();
            Coordinator { key, node_id: -1, port: -1, error_code, error_message, ..Coordinator::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::BrokerId;

    use super::*;

    #[test]
    fn key_types_depend_on_the_version() {
        let cases = [
            (0, 0, Some(KeyType::Group)),
            (0, 6, Some(KeyType::Group)),
            (1, 1, Some(KeyType::Transaction)),
            (2, 5, None),
            (2, 6, Some(KeyType::Share)),
            (3, 6, None),
            (-1, 6, None),
        ];
        for (number, version, expected) in cases {
            let found = key_type(number, version);
            assert_eq!(found.as_ref().ok().copied(), expected, "{number} in {version}");
            assert!(found.is_ok() || found.unwrap_err().code == ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn both_forms_of_the_answer_tell_the_same() {
        let node = Node { id: BrokerId(3), host: "h".to_owned(), port: 9092, rack: None };
        let (one, many) = (single(Ok(node.clone())), batched(Ok(node), "g".into()));
        assert_eq!((one.node_id, &one.host, one.port), (3, &many.host, many.port));
        let refused = || Err(Refused::new(ErrorCode::CoordinatorNotAvailable, "later"));
        let (one, many) = (single(refused()), batched(refused(), "g".into()));
        assert_eq!((one.error_code, one.node_id, one.port), (15, -1, -1));
        assert_eq!((many.error_code, many.error_message.as_deref()), (15, Some("later")));
    }
}
