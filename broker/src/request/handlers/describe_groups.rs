//! DescribeGroups (15): state, protocol and members of groups.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::describe_groups::{DescribeGroupsRequest, DescribeGroupsResponse, DescribedGroup};
use strata_compat::wire::KString;

use super::group_support::{check_group, core_context};
use crate::clock;
use crate::coordinator_runtime::shard;
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// Authorized operations were not asked for.
const NOT_ASKED: i32 = i32::MIN;
/// What can be done to a group, with Kafka's number of each.
const GROUP_OPERATIONS: [(Operation, u32); 5] = [
    (Operation::Read, 3),
    (Operation::Delete, 6),
    (Operation::Describe, 8),
    (Operation::DescribeConfigs, 10),
    (Operation::AlterConfigs, 11),
];

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: DescribeGroupsRequest,
) -> Outcome<DescribeGroupsResponse> {
    let (core_context, now) = (core_context(&context), clock::now());
    let asked: Vec<_> = request
        .groups
        .into_iter()
        .map(|group| {
            let answer = check_group(&broker, &context, Operation::Describe, &group)
                .and_then(|()| broker.groups.find(&broker, &group))
                .map(|shard| {
                    shard.read(now, |core| core.describe_groups(std::slice::from_ref(&group), &core_context).pop())
                });
            (group, answer)
        })
        .collect();
    Outcome::Later(Box::pin(async move {
        let mut groups = Vec::with_capacity(asked.len());
        for (id, answer) in asked {
            let described = match answer {
                Ok(answer) => shard::wait(answer).await,
                Err(code) => Err(code),
            };
            let mut described = match described {
                Ok(Some(described)) => described,
                Ok(None) => failed(id, ErrorCode::UnknownServerError),
                Err(code) => failed(id, code),
            };
            described.authorized_operations = NOT_ASKED;
            if request.include_authorized_operations && described.error_code == ErrorCode::None.code() {
                described.authorized_operations = operations(&broker, &context, &described.group_id);
            }
            groups.push(described);
        }
        DescribeGroupsResponse { groups, ..DescribeGroupsResponse::default() }
    }))
}

fn failed(group_id: KString, code: ErrorCode) -> DescribedGroup {
    DescribedGroup { error_code: code.code(), group_id, ..DescribedGroup::default() }
}

/// One bit for each operation that the principal may do.
fn operations(broker: &Broker, context: &RequestContext, group: &str) -> i32 {
    GROUP_OPERATIONS
        .iter()
        .filter(|(operation, _)| broker.allows(context, *operation, Resource::Group(group)))
        .fold(0, |bits, (_, number)| bits | (1 << number))
}
