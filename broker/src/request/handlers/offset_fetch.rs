//! OffsetFetch (9): what groups have committed. One group, from version 8 on several; topics by name, from version 10 on by id.

use std::sync::Arc;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::TopicId;
use strata_compat::messages::offset_fetch::{
    OffsetFetchRequest, OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponse,
    OffsetFetchResponseGroup, OffsetFetchResponsePartition, OffsetFetchResponsePartitions, OffsetFetchResponseTopic,
    OffsetFetchResponseTopics,
};
use strata_compat::wire::KString;
use strata_metadata_core::image::Image;

use super::group_support::{check_group, find_topic};
use crate::clock;
use crate::coordinator_runtime::shard::{self, Answer};
use crate::request::Outcome;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::server::Broker;

/// First version with an error for the whole group.
const GROUP_ERROR_VERSION: i16 = 2;
/// First version with several groups.
const GROUPS_VERSION: i16 = 8;
/// First version in which topics have ids, and no names.
const TOPIC_IDS_VERSION: i16 = 10;

pub(crate) async fn handle(
    broker: Arc<Broker>,
    context: RequestContext,
    request: OffsetFetchRequest,
) -> Outcome<OffsetFetchResponse> {
    let version = context.version;
    let groups = if version < GROUPS_VERSION { vec![single_group(request)] } else { request.groups };
    let asked: Vec<Asked> = groups.into_iter().map(|group| ask(&broker, &context, group)).collect();
    Outcome::Later(Box::pin(async move {
        let image = broker.metadata.image();
        let finishing = Finishing { broker: &broker, context: &context, image: &image };
        let mut groups = Vec::with_capacity(asked.len());
        for asked in asked {
            let (group_id, topics) = (asked.group_id.clone(), asked.topics.clone());
            let group = match asked.answer {
                Ok(answer) => {
                    shard::wait(answer).await.map(|group| finishing.group(group, asked.is_all, asked.refused))
                }
                Err(code) => Err(code),
            };
            groups.push(group.unwrap_or_else(|code| failed_group(group_id, topics, version, code)));
        }
        if version < GROUPS_VERSION {
            flat(groups, version)
        } else {
            OffsetFetchResponse { groups, ..Default::default() }
        }
    }))
}

/// One group's question on its way.
struct Asked {
    group_id: KString,
    is_all: bool,
    /// Topics as they were asked for, where an error is told for each.
    topics: Vec<OffsetFetchRequestTopics>,
    /// Topics that do not exist or are not allowed.
    refused: Vec<OffsetFetchResponseTopics>,
    answer: Result<Answer<OffsetFetchResponseGroup>, ErrorCode>,
}

fn single_group(request: OffsetFetchRequest) -> OffsetFetchRequestGroup {
    let topics = request.topics.map(|topics| {
        let by_name = topics.into_iter().map(|topic| OffsetFetchRequestTopics {
            name: topic.name,
            partition_indexes: topic.partition_indexes,
            ..OffsetFetchRequestTopics::default()
        });
        by_name.collect()
    });
    OffsetFetchRequestGroup { group_id: request.group_id, topics, ..OffsetFetchRequestGroup::default() }
}

fn ask(broker: &Broker, context: &RequestContext, mut group: OffsetFetchRequestGroup) -> Asked {
    let mut asked = Asked {
        group_id: group.group_id.clone(),
        is_all: group.topics.is_none(),
        topics: Vec::new(),
        refused: Vec::new(),
        answer: Err(ErrorCode::None),
    };
    if context.version < GROUP_ERROR_VERSION {
        asked.topics = group.topics.clone().unwrap_or_default();
    }
    asked.answer = check_group(broker, context, Operation::Describe, &group.group_id).and_then(|()| {
        if let Some(topics) = &mut group.topics {
            asked.refused = refuse_topics(broker, context, topics);
        }
        let shard = broker.groups.find(broker, &group.group_id)?;
        Ok(shard.read(clock::now(), |core| core.fetch_offsets(&group)))
    });
    asked
}

/// Takes out what is not allowed, and what has no name by its id.
fn refuse_topics(
    broker: &Broker,
    context: &RequestContext,
    topics: &mut Vec<OffsetFetchRequestTopics>,
) -> Vec<OffsetFetchResponseTopics> {
    let image = broker.metadata.image();
    let mut refused = Vec::new();
    topics.retain_mut(|topic| {
        let by_id = (context.version >= TOPIC_IDS_VERSION).then_some(TopicId(topic.topic_id));
        match find_topic((broker, context, &image), Operation::Describe, &topic.name, by_id) {
            Ok((name, _)) => {
                topic.name = name;
                true
            }
            // What was committed for a topic that is gone is still told.
            Err(ErrorCode::UnknownTopicOrPartition) => true,
            Err(code) => {
                refused.push(OffsetFetchResponseTopics {
                    name: topic.name.clone(),
                    topic_id: topic.topic_id,
                    partitions: topic.partition_indexes.iter().map(|index| no_offset(*index, code)).collect(),
                });
                false
            }
        }
    });
    refused
}

fn no_offset(partition_index: i32, code: ErrorCode) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: -1,
        committed_leader_epoch: -1,
        metadata: Some(KString::new()),
        error_code: code.code(),
    }
}

struct Finishing<'request> {
    broker: &'request Broker,
    context: &'request RequestContext,
    image: &'request Image,
}

impl Finishing<'_> {
    fn group(
        &self,
        mut group: OffsetFetchResponseGroup,
        is_all: bool,
        refused: Vec<OffsetFetchResponseTopics>,
    ) -> OffsetFetchResponseGroup {
        if is_all {
            group.topics.retain_mut(|topic| self.may_be_told(topic));
        }
        group.topics.extend(refused);
        group
    }

    /// Who asks for everything is told what it may know, and by id only what has one.
    fn may_be_told(&self, topic: &mut OffsetFetchResponseTopics) -> bool {
        if !self.broker.allows(self.context, Operation::Describe, Resource::Topic(&topic.name)) {
            return false;
        }
        if self.context.version < TOPIC_IDS_VERSION {
            return true;
        }
        match self.image.topic_by_name(&topic.name) {
            Some(known) => {
                topic.topic_id = known.topic_id.0;
                true
            }
            None => false,
        }
    }
}

/// The error of a whole group; before version 2 each partition carries it.
fn failed_group(
    group_id: KString,
    topics: Vec<OffsetFetchRequestTopics>,
    version: i16,
    code: ErrorCode,
) -> OffsetFetchResponseGroup {
    let for_each = |topic: OffsetFetchRequestTopics| OffsetFetchResponseTopics {
        partitions: topic.partition_indexes.iter().map(|index| no_offset(*index, code)).collect(),
        name: topic.name,
        topic_id: topic.topic_id,
    };
    let topics = if version < GROUP_ERROR_VERSION { topics.into_iter().map(for_each).collect() } else { Vec::new() };
    OffsetFetchResponseGroup { group_id, topics, error_code: code.code() }
}

/// The response of versions with one group.
fn flat(groups: Vec<OffsetFetchResponseGroup>, version: i16) -> OffsetFetchResponse {
    let Some(group) = groups.into_iter().next() else {
        return OffsetFetchResponse::default();
    };
    let topics = group.topics.into_iter().map(|topic| OffsetFetchResponseTopic {
        name: topic.name,
        partitions: topic
            .partitions
            .into_iter()
            .map(|partition| OffsetFetchResponsePartition {
                partition_index: partition.partition_index,
                committed_offset: partition.committed_offset,
                committed_leader_epoch: partition.committed_leader_epoch,
                metadata: partition.metadata,
                error_code: partition.error_code,
            })
            .collect(),
    });
    OffsetFetchResponse {
        topics: topics.collect(),
        error_code: if version < GROUP_ERROR_VERSION { ErrorCode::None.code() } else { group.error_code },
        ..OffsetFetchResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_error_is_told_where_the_version_has_room_for_it() {
        let topics =
            vec![OffsetFetchRequestTopics { name: "t".into(), partition_indexes: vec![3], ..Default::default() }];
        for (version, partition_codes, group_code) in [(1, vec![14], 0), (2, vec![], 14), (7, vec![], 14)] {
            let failed = failed_group("g".into(), topics.clone(), version, ErrorCode::CoordinatorLoadInProgress);
            let response = flat(vec![failed], version);
            let codes: Vec<i16> =
                response.topics.iter().flat_map(|topic| &topic.partitions).map(|part| part.error_code).collect();
            assert_eq!((codes, response.error_code), (partition_codes, group_code), "version {version}");
        }
    }
}
