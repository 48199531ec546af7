//! Heartbeat (12): a member is alive, and learns whether the group rebalances.

use std::sync::Arc;

use strata_compat::messages::heartbeat::{HeartbeatRequest, HeartbeatResponse};

use super::group_support::check_member_request;
use crate::clock;
use crate::request::Outcome;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: HeartbeatRequest,
) -> Outcome<HeartbeatResponse> {
    check_member_request(&broker, &context, &request.group_id)
        .and_then(|()| broker.groups.find(&broker, &request.group_id))
        .and_then(|shard| shard.heartbeat(&request, clock::now()))
        .unwrap_or_else(|code| HeartbeatResponse { error_code: code.code(), ..HeartbeatResponse::default() })
        .into()
}
