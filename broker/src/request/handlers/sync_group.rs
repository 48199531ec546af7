//! SyncGroup (14): the leader brings the assignments, every member takes its own.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::sync_group::{SyncGroupRequest, SyncGroupResponse};

use super::group_support::{check_member_request, core_context};
use crate::clock;
use crate::coordinator_runtime::shard;
use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

/// First version in which members say which protocol they believe in.
const PROTOCOL_VERSION: i16 = 5;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: SyncGroupRequest,
) -> Outcome<SyncGroupResponse> {
    let names_protocol = request.protocol_type.is_some() && request.protocol_name.is_some();
    let shard = check_member_request(&broker, &context, &request.group_id)
        .and_then(|()| {
            let may_differ = context.version >= PROTOCOL_VERSION && !names_protocol;
            if may_differ { Err(ErrorCode::InconsistentGroupProtocol) } else { Ok(()) }
        })
        .and_then(|()| broker.groups.find(&broker, &request.group_id));
    let shard = match shard {
        Ok(shard) => shard,
        Err(code) => return refused(code).into(),
    };
    let answer = shard.sync_group(&request, &core_context(&context), clock::now()).await;
    Outcome::Waits(Box::pin(async move { shard::wait(answer).await.unwrap_or_else(refused) }))
}

fn refused(code: ErrorCode) -> SyncGroupResponse {
    SyncGroupResponse { error_code: code.code(), ..SyncGroupResponse::default() }
}
