//! JoinGroup (11): a member asks to be in the group's next generation; answered when the others are there.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::join_group::{JoinGroupRequest, JoinGroupResponse};
use strata_compat::wire::KString;

use super::group_support::{check_member_request, core_context};
use crate::clock;
use crate::coordinator_runtime::shard;
use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

/// First version that knows an absent protocol name.
const NULLABLE_PROTOCOL_VERSION: i16 = 7;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: JoinGroupRequest,
) -> Outcome<JoinGroupResponse> {
    let shard = check_member_request(&broker, &context, &request.group_id)
        .and_then(|()| broker.groups.find(&broker, &request.group_id));
    let shard = match shard {
        Ok(shard) => shard,
        Err(code) => return refused(&request.member_id, context.version, code).into(),
    };
    let answer = shard.join_group(&request, &core_context(&context), clock::now()).await;
    let member_id = request.member_id.detached();
    Outcome::Waits(Box::pin(async move {
        shard::wait(answer).await.unwrap_or_else(|code| refused(&member_id, context.version, code))
    }))
}

fn refused(member_id: &KString, version: i16, code: ErrorCode) -> JoinGroupResponse {
    JoinGroupResponse {
        error_code: code.code(),
        generation_id: -1,
        protocol_name: (version < NULLABLE_PROTOCOL_VERSION).then(KString::new),
        member_id: member_id.clone(),
        ..JoinGroupResponse::default()
    }
}
