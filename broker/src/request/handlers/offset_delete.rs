//! OffsetDelete (47): takes committed offsets out of a group that does not read them.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::messages::offset_delete::{
    OffsetDeleteRequest, OffsetDeleteResponse, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};

use super::group_support::{check_group, check_partition, find_topic};
use crate::clock;
use crate::coordinator_runtime::shard::{self, Changes};
use crate::request::Outcome;
use crate::request::authorizer::Operation;
use crate::request::context::RequestContext;
use crate::server::Broker;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    mut request: OffsetDeleteRequest,
) -> Outcome<OffsetDeleteResponse> {
    let shard = check_group(&broker, &context, Operation::Delete, &request.group_id)
        .and_then(|()| if request.group_id.is_empty() { Err(ErrorCode::InvalidGroupId) } else { Ok(()) })
        .and_then(|()| broker.groups.find(&broker, &request.group_id));
    let shard = match shard {
        Ok(shard) => shard,
        Err(code) => return failed(code).into(),
    };
    let refused = refuse(&broker, &context, &mut request);
    let answer = shard
        .call(shard::room_until(), Changes::OnlyByRecords, clock::now(), |core| core.delete_offsets(&request))
        .await;
    Outcome::Later(Box::pin(async move {
        match shard::wait(answer).await {
            Ok(mut response) if response.error_code == ErrorCode::None.code() => {
                merge(&mut response.topics, refused);
                response
            }
            Ok(response) => response,
            Err(code) => failed(code),
        }
    }))
}

fn failed(code: ErrorCode) -> OffsetDeleteResponse {
    OffsetDeleteResponse { error_code: code.code(), ..OffsetDeleteResponse::default() }
}

/// Takes out what does not exist or is not allowed.
fn refuse(
    broker: &Broker,
    context: &RequestContext,
    request: &mut OffsetDeleteRequest,
) -> Vec<OffsetDeleteResponseTopic> {
    let image = broker.metadata.image();
    let mut refused = Vec::new();
    for topic in &mut request.topics {
        let found = find_topic((broker, context, &image), Operation::Read, &topic.name, None);
        let mut partitions = Vec::new();
        topic.partitions.retain(|partition| {
            let allowed = match &found {
                Ok((_, topic_id)) => check_partition(&image, *topic_id, partition.partition_index),
                Err(code) => Err(*code),
            };
            let Err(code) = allowed else { return true };
            partitions.push(OffsetDeleteResponsePartition {
                partition_index: partition.partition_index,
                error_code: code.code(),
            });
            false
        });
        if !partitions.is_empty() {
            refused.push(OffsetDeleteResponseTopic { name: topic.name.clone(), partitions });
        }
    }
    request.topics.retain(|topic| !topic.partitions.is_empty());
    refused
}

/// One entry for each topic.
fn merge(topics: &mut Vec<OffsetDeleteResponseTopic>, more: Vec<OffsetDeleteResponseTopic>) {
    for topic in more {
        match topics.iter_mut().find(|known| known.name == topic.name) {
            Some(known) => known.partitions.extend(topic.partitions),
            None => topics.push(topic),
        }
    }
}
