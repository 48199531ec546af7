//! LeaveGroup (13): members go, one (below version 3) or several.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::leave_group::{LeaveGroupRequest, LeaveGroupResponse};

use super::group_support::{check_member_request, core_context};
use crate::clock;
use crate::coordinator_runtime::shard::{self, Changes};
use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: LeaveGroupRequest,
) -> Outcome<LeaveGroupResponse> {
    let shard = check_member_request(&broker, &context, &request.group_id)
        .and_then(|()| broker.groups.find(&broker, &request.group_id));
    let shard = match shard {
        Ok(shard) => shard,
        Err(code) => return refused(code).into(),
    };
    let (core_context, now) = (core_context(&context), clock::now());
    let answer = shard
        .call(shard::room_until(), Changes::AtOnce, now, |core| core.leave_group(&request, &core_context, now))
        .await;
    Outcome::Later(Box::pin(async move { shard::wait(answer).await.unwrap_or_else(refused) }))
}

fn refused(code: ErrorCode) -> LeaveGroupResponse {
    LeaveGroupResponse { error_code: code.code(), ..LeaveGroupResponse::default() }
}
