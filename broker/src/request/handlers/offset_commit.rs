//! OffsetCommit (8): a group's positions. Topics by name, from version 10 on by id.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::TopicId;
use strata_compat::messages::offset_commit::{
    OffsetCommitRequest, OffsetCommitRequestTopic, OffsetCommitResponse, OffsetCommitResponsePartition,
    OffsetCommitResponseTopic,
};

use super::group_support::{check_group, check_partition, core_context, find_topic};
use crate::clock;
use crate::coordinator_runtime::shard::{self, Changes};
use crate::request::Outcome;
use crate::request::authorizer::Operation;
use crate::request::context::RequestContext;
use crate::server::Broker;

/// First version in which topics have ids, and no names.
const TOPIC_IDS_VERSION: i16 = 10;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: OffsetCommitRequest,
) -> Outcome<OffsetCommitResponse> {
    if let Err(code) = check_group(&broker, &context, Operation::Read, &request.group_id) {
        return refuse(request, code).into();
    }
    let Sorted { request, response } = sort(&broker, &context, request);
    if request.topics.is_empty() {
        return settle(response, None).into();
    }
    let shard = match broker.groups.find(&broker, &request.group_id) {
        Ok(shard) => shard,
        Err(code) => return settle(response, Some(&Err(code))).into(),
    };
    let (core_context, now) = (core_context(&context), clock::now());
    let answer = shard
        .call(shard::room_until(), Changes::OnlyByRecords, now, |core| {
            core.commit_offsets(&request, &core_context, now)
        })
        .await;
    Outcome::Later(Box::pin(async move { settle(response, Some(&shard::wait(answer).await)) }))
}

/// A request cut down to what exists and is allowed, and the response in the request's order, where that is still open.
struct Sorted {
    request: OffsetCommitRequest,
    response: Vec<(OffsetCommitResponseTopic, Vec<bool>)>,
}

fn sort(broker: &Broker, context: &RequestContext, mut request: OffsetCommitRequest) -> Sorted {
    let image = broker.metadata.image();
    let mut response = Vec::with_capacity(request.topics.len());
    let mut allowed = Vec::with_capacity(request.topics.len());
    for mut topic in std::mem::take(&mut request.topics) {
        let by_id = (context.version >= TOPIC_IDS_VERSION).then_some(TopicId(topic.topic_id));
        let found = find_topic((broker, context, &image), Operation::Read, &topic.name, by_id);
        let check = |partition: i32| match &found {
            Ok((_, topic_id)) => check_partition(&image, *topic_id, partition).err(),
            Err(code) => Some(*code),
        };
        let errors: Vec<_> = topic.partitions.iter().map(|partition| check(partition.partition_index)).collect();
        let partitions = topic.partitions.iter().zip(&errors).map(|(partition, error)| OffsetCommitResponsePartition {
            partition_index: partition.partition_index,
            error_code: error.unwrap_or(ErrorCode::None).code(),
        });
        let answer = OffsetCommitResponseTopic {
            name: topic.name.detached(),
            topic_id: topic.topic_id,
            partitions: partitions.collect(),
        };
        let is_open: Vec<bool> = errors.iter().map(Option::is_none).collect();
        if let Ok((name, _)) = found {
            let mut keep = is_open.iter().copied();
            topic.partitions.retain(|_| keep.next().unwrap_or(false));
            topic.name = name;
            allowed.extend((!topic.partitions.is_empty()).then_some(topic));
        }
        response.push((answer, is_open));
    }
    request.topics = allowed;
    Sorted { request, response }
}

/// Puts the coordinator's answers, which are in the order of its request, where the response is open.
fn settle(
    response: Vec<(OffsetCommitResponseTopic, Vec<bool>)>,
    answer: Option<&Result<OffsetCommitResponse, ErrorCode>>,
) -> OffsetCommitResponse {
    let mut answers = match answer {
        Some(Ok(answer)) => Some(answer.topics.iter().flat_map(|topic| &topic.partitions)),
        Some(Err(_)) | None => None,
    };
    let fallback = match answer {
        Some(Err(code)) => *code,
        Some(Ok(_)) | None => ErrorCode::UnknownServerError,
    };
    let topics = response.into_iter().map(|(mut topic, is_open)| {
        for (partition, _) in topic.partitions.iter_mut().zip(is_open).filter(|(_, is_open)| *is_open) {
            let answered = answers.as_mut().and_then(Iterator::next);
            partition.error_code = answered.map_or(fallback.code(), |answered| answered.error_code);
        }
        topic
    });
    OffsetCommitResponse { topics: topics.collect(), ..OffsetCommitResponse::default() }
}

fn refuse(request: OffsetCommitRequest, code: ErrorCode) -> OffsetCommitResponse {
    let refuse_topic = |topic: OffsetCommitRequestTopic| OffsetCommitResponseTopic {
        name: topic.name,
        topic_id: topic.topic_id,
        partitions: topic
            .partitions
            .iter()
            .map(|partition| OffsetCommitResponsePartition {
                partition_index: partition.partition_index,
                error_code: code.code(),
            })
            .collect(),
    };
    OffsetCommitResponse {
        topics: request.topics.into_iter().map(refuse_topic).collect(),
        ..OffsetCommitResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(name: &str, codes: &[i16]) -> OffsetCommitResponseTopic {
        let partitions = codes
            .iter()
            .zip(0..)
            .map(|(code, index)| OffsetCommitResponsePartition { partition_index: index, error_code: *code });
        OffsetCommitResponseTopic { name: name.into(), partitions: partitions.collect(), ..Default::default() }
    }

    fn codes(response: &OffsetCommitResponse) -> Vec<Vec<i16>> {
        response.topics.iter().map(|topic| topic.partitions.iter().map(|part| part.error_code).collect()).collect()
    }

    #[test]
    fn answers_go_where_the_request_had_them() {
        let open = vec![
            (topic("a", &[0, 3, 0]), vec![true, false, true]),
            (topic("b", &[29]), vec![false]),
            (topic("c", &[0]), vec![true]),
        ];
        let answer =
            OffsetCommitResponse { topics: vec![topic("a", &[0, 12]), topic("c", &[22])], ..Default::default() };
        let settled = settle(open.clone(), Some(&Ok(answer)));
        assert_eq!(codes(&settled), [vec![0, 3, 12], vec![29], vec![22]]);
        let failed = settle(open, Some(&Err(ErrorCode::NotCoordinator)));
        assert_eq!(codes(&failed), [vec![16, 3, 16], vec![29], vec![16]]);
    }
}
