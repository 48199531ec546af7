//! DeleteGroups (42): groups without members, with all their offsets.

use std::collections::BTreeSet;
use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::delete_groups::{DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse};

use super::group_support::check_group;
use crate::clock;
use crate::coordinator_runtime::shard;
use crate::request::Outcome;
use crate::request::authorizer::Operation;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DeleteGroupsRequest,
) -> Outcome<DeleteGroupsResponse> {
    let mut named = BTreeSet::new();
    let groups = request.groups_names.into_iter().filter(|group| named.insert(group.clone()));
    let asked = groups.map(|group| {
        let shard = check_group(&broker, &context, Operation::Delete, &group)
            .and_then(|()| broker.groups.find(&broker, &group));
        (group, shard)
    });
    let begun = shard::delete_groups(asked.collect(), clock::now()).await;
    Outcome::Later(Box::pin(async move {
        let mut results = Vec::with_capacity(begun.len());
        for (group_id, answer) in begun {
            let deleted = match answer {
                Ok(answer) => shard::wait(answer).await,
                Err(code) => Err(code),
            };
            let error_code = match deleted {
                Ok(deleted) => deleted.first().map_or(ErrorCode::UnknownServerError.code(), |group| group.error_code),
                Err(code) => code.code(),
            };
            results.push(DeletableGroupResult { group_id, error_code });
        }
        DeleteGroupsResponse { results, ..DeleteGroupsResponse::default() }
    }))
}
