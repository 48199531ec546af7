//! ListGroups (16): the groups of the shards that are led here.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::list_groups::{ListGroupsRequest, ListGroupsResponse};

use crate::clock;
use crate::coordinator_runtime::shard;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: ListGroupsRequest,
) -> Outcome<ListGroupsResponse> {
    let now = clock::now();
    let shards = broker.groups.all();
    let answers: Vec<_> = shards
        .iter()
        .map(|shard| shard.read(now, |core| core.list_groups(&request.states_filter, &request.types_filter)))
        .collect();
    Outcome::Later(Box::pin(async move {
        let may_see_all = broker.allows(&context, Operation::Describe, Resource::Cluster);
        let may_see = |group: &str| may_see_all || broker.allows(&context, Operation::Describe, Resource::Group(group));
        let mut groups = Vec::new();
        for answer in answers {
            match shard::wait(answer).await {
                Ok(listed) => groups.extend(listed.into_iter().filter(|group| may_see(&group.group_id))),
                // Another broker lists them now.
                Err(ErrorCode::NotCoordinator) => {}
                Err(code) => {
                    return ListGroupsResponse { error_code: code.code(), ..ListGroupsResponse::default() };
                }
            }
        }
        ListGroupsResponse { groups, ..ListGroupsResponse::default() }
    }))
}
