//! ConsumerGroupHeartbeat (68): the consumer rebalance protocol (KIP-848) is not served, and this says so.
//!
//! As with Kafka whose `group.coordinator.rebalance.protocols` is `classic`, the API is advertised and answered with
//! UNSUPPORTED_VERSION: where it is not advertised, librdkafka looks for another coordinator for ever and tells nobody.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::consumer_group_heartbeat::{
    ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse,
};

use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// What a member is told.
const NOT_SERVED: &str =
    "the consumer rebalance protocol (KIP-848) is not served yet: set group.protocol=classic on the consumer";

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: ConsumerGroupHeartbeatRequest,
) -> Outcome<ConsumerGroupHeartbeatResponse> {
    answer(broker.allows(&context, Operation::Read, Resource::Group(&request.group_id))).into()
}

fn answer(may_read: bool) -> ConsumerGroupHeartbeatResponse {
    let (code, message) = if may_read {
        (ErrorCode::UnsupportedVersion, NOT_SERVED)
    } else {
        (ErrorCode::GroupAuthorizationFailed, "reading this group is not allowed")
    };
    ConsumerGroupHeartbeatResponse {
        error_code: code.code(),
        error_message: Some(message.into()),
        ..ConsumerGroupHeartbeatResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_learns_which_protocol_to_use() {
        let refused = answer(true);
        assert_eq!(refused.error_code, 35);
        assert!(refused.error_message.is_some_and(|message| message.contains("group.protocol=classic")));
        assert_eq!(answer(false).error_code, ErrorCode::GroupAuthorizationFailed.code());
    }
}
