//! DeleteGroups (42): groups without members, with all their offsets.

use std::collections::BTreeSet;
use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::delete_groups::{DeletableGroupResult, DeleteGroupsRequest, DeleteGroupsResponse};

use super::group_support::check_group;
use crate::clock;
use crate::coordinator_runtime::shard::{self, Changes};
use crate::request::Outcome;
use crate::request::authorizer::Operation;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DeleteGroupsRequest,
) -> Outcome<DeleteGroupsResponse> {
    let now = clock::now();
    let mut named = BTreeSet::new();
    let asked: Vec<_> = request
        .groups_names
        .into_iter()
        .filter(|group| named.insert(group.clone()))
        .map(|group| {
            let answer = check_group(&broker, &context, Operation::Delete, &group)
                .and_then(|()| broker.groups.find(&broker, &group))
                .map(|shard| {
                    shard.call(Changes::OnlyByRecords, now, |core| core.delete_groups(std::slice::from_ref(&group)))
                });
            (group, answer)
        })
        .collect();
    Outcome::Later(Box::pin(async move {
        let mut results = Vec::with_capacity(asked.len());
        for (group_id, answer) in asked {
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
