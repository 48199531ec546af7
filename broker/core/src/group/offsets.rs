//! Committed offsets of a group.
//!
//! Owns: [`GroupOffsets`], who may commit, what a commit writes, and what OffsetFetch tells. Does not own: when offsets expire
//! (see `group/expiration.rs`), which topics exist.
//!
//! Invariants: offsets change in [`GroupOffsets::put`] and [`GroupOffsets::remove`] only, which replay calls.

use std::collections::BTreeMap;

use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicId};
use strata_compat::messages::consumer_offsets::{OffsetCommitKey, OffsetCommitValue};
use strata_compat::messages::offset_commit::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic, OffsetCommitResponsePartition, OffsetCommitResponseTopic,
};
use strata_compat::messages::offset_delete::{
    OffsetDeleteRequestTopic, OffsetDeleteResponsePartition, OffsetDeleteResponseTopic,
};
use strata_compat::messages::offset_fetch::{
    OffsetFetchRequestGroup, OffsetFetchRequestTopics, OffsetFetchResponseGroup, OffsetFetchResponsePartitions,
    OffsetFetchResponseTopics,
};
use strata_compat::messages::{OffsetCommitRequest, OffsetCommitResponse, OffsetDeleteRequest, OffsetDeleteResponse};
use strata_compat::wire::KString;

use super::{Group, GroupState, Turn};
use crate::group::record::offset_record;
use crate::group::{CoordinatorRecord, RequestContext};

/// First version that tells a client of a group which does not exist.
const GROUP_ID_NOT_FOUND_VERSION: i16 = 9;

/// An offset as it was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommittedOffset {
    pub(crate) offset: Offset,
    pub(crate) leader_epoch: LeaderEpoch,
    pub(crate) metadata: KString,
    pub(crate) commit_timestamp: Timestamp,
    /// Set by old clients only, which choose their retention themselves.
    pub(crate) expire_timestamp: Option<Timestamp>,
    /// Nil if the client did not name it.
    pub(crate) topic_id: TopicId,
}

impl CommittedOffset {
    /// The offset that a record describes.
    pub(crate) fn from_record(value: &OffsetCommitValue) -> Self {
        Self {
            offset: Offset(value.offset),
            leader_epoch: LeaderEpoch(value.leader_epoch),
            metadata: value.metadata.detached(),
            commit_timestamp: Timestamp(value.commit_timestamp),
            expire_timestamp: (value.expire_timestamp != -1).then_some(Timestamp(value.expire_timestamp)),
            topic_id: TopicId(value.topic_id),
        }
    }
}

/// Offsets by topic and partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupOffsets {
    topics: BTreeMap<KString, BTreeMap<i32, CommittedOffset>>,
}

impl GroupOffsets {
    pub(crate) fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.topics.values().map(BTreeMap::len).sum()
    }

    pub(crate) fn get(&self, topic: &str, partition: i32) -> Option<&CommittedOffset> {
        self.topics.get(topic)?.get(&partition)
    }

    pub(crate) fn topics(&self) -> impl Iterator<Item = (&KString, &BTreeMap<i32, CommittedOffset>)> {
        self.topics.iter()
    }

    /// Replay of a commit.
    pub(crate) fn put(&mut self, topic: &KString, partition: i32, committed: CommittedOffset) {
        if let Some(partitions) = self.topics.get_mut(topic) {
            partitions.insert(partition, committed);
        } else {
            self.topics.insert(topic.detached(), BTreeMap::from([(partition, committed)]));
        }
    }

    /// Replay of a tombstone.
    pub(crate) fn remove(&mut self, topic: &KString, partition: i32) {
        if let Some(partitions) = self.topics.get_mut(topic) {
            partitions.remove(&partition);
            if partitions.is_empty() {
                self.topics.remove(topic);
            }
        }
    }

    /// Tombstones of all offsets of these topics, told by the name and the id that they were committed with.
    pub(crate) fn tombstones(
        &self,
        group: &KString,
        wanted: impl Fn(&KString, TopicId) -> bool,
    ) -> Vec<CoordinatorRecord> {
        let mut records = Vec::new();
        for (topic, partitions) in &self.topics {
            let gone = partitions.iter().filter(|(_, committed)| wanted(topic, committed.topic_id));
            records.extend(gone.filter_map(|(partition, _)| tombstone(group, topic, *partition)));
        }
        records
    }
}

/// The tombstone of an offset. Its key was in the log before, so it can be written.
pub(crate) fn tombstone(group: &KString, topic: &KString, partition: i32) -> Option<CoordinatorRecord> {
    offset_record(&offset_key(group, topic, partition), None).ok()
}

fn offset_key(group: &KString, topic: &KString, partition: i32) -> OffsetCommitKey {
    OffsetCommitKey { group: group.clone(), topic: topic.clone(), partition }
}

/// Why a commit to a group (perhaps one that does not exist) is refused.
pub(crate) fn validate_commit(
    group: Option<&Group>,
    request: &OffsetCommitRequest,
    context: &RequestContext,
) -> Result<(), ErrorCode> {
    let generation = request.generation_id_or_member_epoch;
    match group {
        Some(group) => {
            group.classic.validate_commit(&request.member_id, request.group_instance_id.as_ref(), generation)
        }
        None if generation < 0 => Ok(()),
        None if context.api_version >= GROUP_ID_NOT_FOUND_VERSION => Err(ErrorCode::GroupIdNotFound),
        None => Err(ErrorCode::IllegalGeneration),
    }
}

/// The answer to a commit that is refused as a whole.
pub(crate) fn refuse_commit(request: &OffsetCommitRequest, error: ErrorCode) -> OffsetCommitResponse {
    let answer = |partition: &OffsetCommitRequestPartition| commit_answer(partition, error);
    commit_response(request, |topic| topic.partitions.iter().map(answer).collect())
}

/// The records of a commit that is allowed; each partition has an answer of its own.
pub(crate) fn commit(request: &OffsetCommitRequest, turn: &mut Turn<'_>) -> OffsetCommitResponse {
    let now = turn.now;
    let expire_timestamp = match request.retention_time_ms {
        retention_ms if retention_ms < 0 => Timestamp::NONE,
        retention_ms => now.plus_ms(retention_ms),
    };
    commit_response(request, |topic| {
        let answer = |partition: &OffsetCommitRequestPartition| {
            let error = match commit_record(topic, partition, expire_timestamp, turn) {
                Some(record) => {
                    turn.records.push(record);
                    ErrorCode::None
                }
                None => ErrorCode::OffsetMetadataTooLarge,
            };
            commit_answer(partition, error)
        };
        topic.partitions.iter().map(answer).collect()
    })
}

/// `None` if the metadata is too long.
fn commit_record(
    topic: &OffsetCommitRequestTopic,
    partition: &OffsetCommitRequestPartition,
    expire_timestamp: Timestamp,
    turn: &Turn<'_>,
) -> Option<CoordinatorRecord> {
    let metadata = partition.committed_metadata.clone().unwrap_or_default();
    if metadata.len() > turn.config.offset_metadata_bytes_max {
        return None;
    }
    let value = OffsetCommitValue {
        offset: partition.committed_offset,
        leader_epoch: partition.committed_leader_epoch,
        metadata,
        commit_timestamp: turn.now.0,
        expire_timestamp: expire_timestamp.0,
        topic_id: topic.topic_id,
    };
    offset_record(&offset_key(&turn.group_id, &topic.name, partition.partition_index), Some(&value)).ok()
}

fn commit_response(
    request: &OffsetCommitRequest,
    mut answer: impl FnMut(&OffsetCommitRequestTopic) -> Vec<OffsetCommitResponsePartition>,
) -> OffsetCommitResponse {
    let topics = request.topics.iter().map(|topic| OffsetCommitResponseTopic {
        name: topic.name.clone(),
        topic_id: topic.topic_id,
        partitions: answer(topic),
    });
    OffsetCommitResponse { topics: topics.collect(), ..OffsetCommitResponse::default() }
}

fn commit_answer(partition: &OffsetCommitRequestPartition, error: ErrorCode) -> OffsetCommitResponsePartition {
    OffsetCommitResponsePartition { partition_index: partition.partition_index, error_code: error.code() }
}

/// What OffsetFetch tells of a group (perhaps one that does not exist): no offset is no error.
pub(crate) fn fetch(group: Option<&Group>, request: &OffsetFetchRequestGroup) -> OffsetFetchResponseGroup {
    let offsets = group.map(|group| &group.offsets);
    let topics = match &request.topics {
        Some(topics) => topics.iter().map(|topic| fetch_topic(offsets, topic)).collect(),
        None => offsets.map(fetch_all).unwrap_or_default(),
    };
    OffsetFetchResponseGroup { group_id: request.group_id.clone(), topics, ..OffsetFetchResponseGroup::default() }
}

fn fetch_topic(offsets: Option<&GroupOffsets>, topic: &OffsetFetchRequestTopics) -> OffsetFetchResponseTopics {
    let partitions = topic.partition_indexes.iter().map(|partition| {
        let committed = offsets.and_then(|offsets| offsets.get(&topic.name, *partition));
        // An offset of a former topic of that name says nothing of this one.
        let same_topic = |committed: &&CommittedOffset| {
            topic.topic_id.is_nil() || committed.topic_id.0.is_nil() || committed.topic_id.0 == topic.topic_id
        };
        fetched(*partition, committed.filter(same_topic))
    });
    OffsetFetchResponseTopics { name: topic.name.clone(), topic_id: topic.topic_id, partitions: partitions.collect() }
}

fn fetch_all(offsets: &GroupOffsets) -> Vec<OffsetFetchResponseTopics> {
    let topics = offsets.topics().map(|(topic, partitions)| OffsetFetchResponseTopics {
        name: topic.clone(),
        partitions: partitions.iter().map(|(partition, committed)| fetched(*partition, Some(committed))).collect(),
        ..OffsetFetchResponseTopics::default()
    });
    topics.collect()
}

fn fetched(partition_index: i32, committed: Option<&CommittedOffset>) -> OffsetFetchResponsePartitions {
    OffsetFetchResponsePartitions {
        partition_index,
        committed_offset: committed.map_or(Offset::NONE, |committed| committed.offset).0,
        committed_leader_epoch: committed.map_or(LeaderEpoch::NONE, |committed| committed.leader_epoch).0,
        metadata: Some(committed.map(|committed| committed.metadata.clone()).unwrap_or_default()),
        error_code: ErrorCode::None.code(),
    }
}

/// Deletes offsets that nobody reads.
pub(crate) fn delete(
    group: Option<&Group>,
    request: &OffsetDeleteRequest,
    turn: &mut Turn<'_>,
) -> OffsetDeleteResponse {
    let group = match group.ok_or(ErrorCode::GroupIdNotFound).and_then(deletable) {
        Ok(group) => group,
        Err(error) => {
            return OffsetDeleteResponse { error_code: error.code(), ..OffsetDeleteResponse::default() };
        }
    };
    let topics = request.topics.iter().map(|topic| delete_topic(group, topic, turn)).collect();
    OffsetDeleteResponse { topics, ..OffsetDeleteResponse::default() }
}

/// Of a group with members only consumers say what they read.
fn deletable(group: &Group) -> Result<&Group, ErrorCode> {
    match group.classic.state() {
        GroupState::Empty => Ok(group),
        GroupState::PreparingRebalance | GroupState::CompletingRebalance | GroupState::Stable => {
            if group.classic.uses_consumer_protocol() { Ok(group) } else { Err(ErrorCode::NonEmptyGroup) }
        }
    }
}

fn delete_topic(group: &Group, topic: &OffsetDeleteRequestTopic, turn: &mut Turn<'_>) -> OffsetDeleteResponseTopic {
    let is_read = group.classic.is_subscribed_to(&topic.name);
    let partitions = topic.partitions.iter().map(|partition| {
        let index = partition.partition_index;
        if !is_read && group.offsets.get(&topic.name, index).is_some() {
            turn.records.extend(tombstone(&turn.group_id, &topic.name, index));
        }
        let error = if is_read { ErrorCode::GroupSubscribedToTopic } else { ErrorCode::None };
        OffsetDeleteResponsePartition { partition_index: index, error_code: error.code() }
    });
    OffsetDeleteResponseTopic { name: topic.name.clone(), partitions: partitions.collect() }
}
