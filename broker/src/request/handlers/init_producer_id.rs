//! InitProducerId (22): a new producer id for an idempotent producer. A transactional one is refused: transactions are
//! not served yet, and an error that ends the client is better than one on which it asks for ever.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{ProducerEpoch, ProducerId};
use strata_compat::messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse};

use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::handlers::produce::NO_TRANSACTIONS;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: InitProducerIdRequest,
) -> Outcome<InitProducerIdResponse> {
    if let Err(code) = check(&request) {
        if code == ErrorCode::TransactionalIdAuthorizationFailed {
            tracing::info!(client_id = context.client_id.as_deref(), "{NO_TRANSACTIONS}");
        }
        return refused(code).into();
    }
    if !may_produce(&broker, &context) {
        return refused(ErrorCode::ClusterAuthorizationFailed).into();
    }
    match broker.producer_ids.next(&broker, &context).await {
        Ok(producer_id) => InitProducerIdResponse {
            error_code: ErrorCode::None.code(),
            producer_id: producer_id.0,
            producer_epoch: 0,
            ..InitProducerIdResponse::default()
        },
        Err(refusal) => {
            tracing::warn!(reason = refusal.message, "no producer id could be had");
            refused(refusal.code)
        }
    }
    .into()
}

/// The epoch of a refusal is −1 as its id is.
fn refused(code: ErrorCode) -> InitProducerIdResponse {
    InitProducerIdResponse {
        error_code: code.code(),
        producer_id: ProducerId::NONE.0,
        producer_epoch: ProducerEpoch::NONE.0,
        ..InitProducerIdResponse::default()
    }
}

fn check(request: &InitProducerIdRequest) -> Result<(), ErrorCode> {
    match request.transactional_id.as_deref() {
        Some("") => return Err(ErrorCode::InvalidRequest),
        Some(_) => return Err(ErrorCode::TransactionalIdAuthorizationFailed),
        None => {}
    }
    // An id and an epoch come together or not at all; without a transactional id they are of no account.
    let has_id = request.producer_id != ProducerId::NONE.0;
    let has_epoch = request.producer_epoch != ProducerEpoch::NONE.0;
    if has_id == has_epoch { Ok(()) } else { Err(ErrorCode::InvalidRequest) }
}

/// Whoever may write to some topic may be idempotent there (KIP-679).
fn may_produce(broker: &Broker, context: &RequestContext) -> bool {
    broker.allows(context, Operation::IdempotentWrite, Resource::Cluster)
        || broker
            .metadata
            .image()
            .topics
            .iter_by_name_from("")
            .any(|topic| broker.allows(context, Operation::Write, Resource::Topic(&topic.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Case<'id> = (Option<&'id str>, i64, i16, Result<(), ErrorCode>);

    #[test]
    fn only_idempotent_producers_are_served() {
        let cases: [Case<'_>; 6] = [
            (None, -1, -1, Ok(())),
            (None, 5, 3, Ok(())),
            (None, 5, -1, Err(ErrorCode::InvalidRequest)),
            (None, -1, 3, Err(ErrorCode::InvalidRequest)),
            (Some(""), -1, -1, Err(ErrorCode::InvalidRequest)),
            (Some("t"), -1, -1, Err(ErrorCode::TransactionalIdAuthorizationFailed)),
        ];
        for (transactional_id, producer_id, producer_epoch, expected) in cases {
            let request = InitProducerIdRequest {
                transactional_id: transactional_id.map(Into::into),
                producer_id,
                producer_epoch,
                ..InitProducerIdRequest::default()
            };
            assert_eq!(check(&request), expected, "{request:?}");
        }
    }
}
