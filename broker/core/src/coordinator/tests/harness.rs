//! A shard with its log and a clock, and clients that speak to it in few words.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::{Timestamp, Uuid};
use strata_compat::messages::consumer_protocol::ConsumerProtocolSubscription;
use strata_compat::messages::join_group::JoinGroupRequestProtocol;
use strata_compat::messages::leave_group::MemberIdentity;
use strata_compat::messages::offset_commit::{OffsetCommitRequestPartition, OffsetCommitRequestTopic};
use strata_compat::messages::offset_fetch::{OffsetFetchRequestGroup, OffsetFetchRequestTopics};
use strata_compat::messages::sync_group::SyncGroupRequestAssignment;
use strata_compat::messages::{
    HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest, LeaveGroupResponse, OffsetCommitRequest,
    SyncGroupRequest, SyncGroupResponse,
};
use strata_compat::wire::{KString, Message, Writer};

use super::super::{
    CoordinatorRecord, CoordinatorResult, CoordinatorShard, DelayedResponse, Effect, GroupState, OperationId,
    RequestContext, ShardConfig,
};

pub(super) const GROUP: &str = "g";
pub(super) const SESSION_MS: i32 = 10_000;
pub(super) const REBALANCE_MS: i32 = 60_000;

pub(super) struct Harness {
    pub(super) config: ShardConfig,
    pub(super) shard: CoordinatorShard,
    pub(super) log: Vec<CoordinatorRecord>,
    pub(super) now: Timestamp,
    pub(super) parked: BTreeSet<OperationId>,
    pub(super) replies: BTreeMap<OperationId, DelayedResponse>,
    /// Groups whose record was refused, in order.
    pub(super) unwritten: Vec<KString>,
    operations: u64,
}

/// Sends a JoinGroup; the fields that tests vary.
#[derive(Clone)]
pub(super) struct Join {
    pub(super) group: &'static str,
    pub(super) version: i16,
    pub(super) member: String,
    pub(super) instance: Option<&'static str>,
    pub(super) protocol_type: &'static str,
    pub(super) protocols: Vec<(&'static str, Bytes)>,
    pub(super) session_ms: i32,
    pub(super) rebalance_ms: i32,
}

impl Join {
    pub(super) fn new() -> Self {
        Self {
            group: GROUP,
            version: 9,
            member: String::new(),
            instance: None,
            protocol_type: "consumer",
            protocols: vec![("range", subscription(&["t"]))],
            session_ms: SESSION_MS,
            rebalance_ms: REBALANCE_MS,
        }
    }

    pub(super) fn group(mut self, group: &'static str) -> Self {
        self.group = group;
        self
    }

    pub(super) fn member(mut self, member: &str) -> Self {
        member.clone_into(&mut self.member);
        self
    }

    pub(super) fn instance(mut self, instance: &'static str) -> Self {
        self.instance = Some(instance);
        self
    }

    pub(super) fn version(mut self, version: i16) -> Self {
        self.version = version;
        self
    }

    pub(super) fn protocols(mut self, protocols: &[(&'static str, &'static str)]) -> Self {
        self.protocols = protocols.iter().map(|(name, topic)| (*name, subscription(&[topic]))).collect();
        self
    }
}

impl Harness {
    pub(super) fn new() -> Self {
        Self::with_config(ShardConfig::default())
    }

    pub(super) fn with_config(config: ShardConfig) -> Self {
        let mut harness = Self {
            config,
            shard: CoordinatorShard::new(config),
            log: Vec::new(),
            now: Timestamp(1_000_000),
            parked: BTreeSet::new(),
            replies: BTreeMap::new(),
            unwritten: Vec::new(),
            operations: 0,
        };
        let loaded = harness.shard.on_loaded(harness.now);
        harness.apply(loaded);
        harness
    }

    /// Appends and replays; keeps the answers of those that waited.
    pub(super) fn apply<R>(&mut self, result: CoordinatorResult<R>) -> R {
        for record in result.records {
            self.shard.replay(&record).unwrap();
            self.log.push(record);
        }
        self.take_replies(result.effects);
        result.response
    }

    pub(super) fn take_replies(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Reply { operation, response } => {
                    assert!(self.parked.remove(&operation), "{operation:?} was answered twice or never asked");
                    self.replies.insert(operation, response);
                }
                Effect::ReportUnwritten { group_id } => self.unwritten.push(group_id),
            }
        }
    }

    /// Lets time pass, and every deadline in it.
    pub(super) fn advance(&mut self, ms: i64) {
        let end = self.now.plus_ms(ms);
        let mut steps = 0;
        while let Some(next) = self.shard.next_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            let result = self.shard.handle_timeout(self.now);
            self.apply(result);
            steps += 1;
            assert!(steps < 100_000, "timeouts do not come to rest");
        }
        self.now = end;
    }

    /// Lets time pass until the next generation is announced.
    pub(super) fn await_generation(&mut self) {
        let mut steps = 0;
        while self.shard.group_state(GROUP) != Some(GroupState::CompletingRebalance) {
            self.advance(250);
            steps += 1;
            assert!(steps < 1_000, "no generation comes");
        }
    }

    /// The broker is started anew: what is in the log is all that remains. Whoever waited is told so.
    pub(super) fn reload(&mut self) {
        let shard = std::mem::replace(&mut self.shard, CoordinatorShard::new(self.config));
        let effects = shard.unload(ErrorCode::NotCoordinator);
        self.take_replies(effects);
        assert!(self.parked.is_empty(), "unload left {:?} waiting", self.parked);
        for record in &self.log {
            self.shard.replay(record).unwrap();
        }
        let loaded = self.shard.on_loaded(self.now);
        self.apply(loaded);
    }

    pub(super) fn operation(&mut self) -> OperationId {
        self.operations += 1;
        let operation = OperationId(self.operations);
        self.parked.insert(operation);
        operation
    }

    pub(super) fn send_join(&mut self, join: &Join) -> OperationId {
        let operation = self.operation();
        let request = JoinGroupRequest {
            group_id: join.group.into(),
            session_timeout_ms: join.session_ms,
            rebalance_timeout_ms: join.rebalance_ms,
            member_id: join.member.as_str().into(),
            group_instance_id: join.instance.map(KString::from),
            protocol_type: join.protocol_type.into(),
            protocols: join.protocols.iter().map(|(name, metadata)| protocol(name, metadata)).collect(),
            reason: None,
        };
        let uuid = Uuid::from_u128(u128::from(operation.0));
        let result = self.shard.join_group(&request, &context(join.version), operation, uuid, self.now);
        self.apply(result);
        operation
    }

    /// The answer to a JoinGroup, if it has come.
    pub(super) fn joined(&self, operation: OperationId) -> Option<JoinGroupResponse> {
        match self.replies.get(&operation)? {
            DelayedResponse::JoinGroup(response) => Some(response.clone()),
            DelayedResponse::SyncGroup(response) => panic!("{response:?} to a JoinGroup"),
        }
    }

    /// A JoinGroup that must be answered at once.
    pub(super) fn join_now(&mut self, join: &Join) -> JoinGroupResponse {
        let operation = self.send_join(join);
        self.joined(operation).unwrap()
    }

    /// A new dynamic member: asks for an id, and joins with it.
    pub(super) fn send_new_member(&mut self, join: &Join) -> (String, OperationId) {
        let answer = self.join_now(join);
        assert_eq!(answer.error_code, ErrorCode::MemberIdRequired.code());
        let id = String::from(answer.member_id);
        let operation = self.send_join(&join.clone().member(&id));
        (id, operation)
    }

    pub(super) fn send_sync(&mut self, member: &str, generation: i32, assignments: &[(&str, &str)]) -> OperationId {
        self.send_sync_request(&sync_request(member, generation, assignments), 5)
    }

    pub(super) fn send_sync_request(&mut self, request: &SyncGroupRequest, version: i16) -> OperationId {
        let operation = self.operation();
        let result = self.shard.sync_group(request, &context(version), operation, self.now);
        self.apply(result);
        operation
    }

    pub(super) fn synced(&self, operation: OperationId) -> Option<SyncGroupResponse> {
        match self.replies.get(&operation)? {
            DelayedResponse::SyncGroup(response) => Some(response.clone()),
            DelayedResponse::JoinGroup(response) => panic!("{response:?} to a SyncGroup"),
        }
    }

    pub(super) fn heartbeat(&mut self, member: &str, generation: i32) -> ErrorCode {
        self.heartbeat_as(member, None, generation)
    }

    pub(super) fn heartbeat_as(&mut self, member: &str, instance: Option<&str>, generation: i32) -> ErrorCode {
        let request = HeartbeatRequest {
            group_id: GROUP.into(),
            generation_id: generation,
            member_id: member.into(),
            group_instance_id: instance.map(KString::from),
        };
        let result = self.shard.heartbeat(&request, self.now);
        assert!(result.records.is_empty() && result.effects.is_empty());
        code(self.apply(result).error_code)
    }

    pub(super) fn leave(&mut self, members: &[(&str, Option<&str>)]) -> Vec<ErrorCode> {
        let members = members.iter().map(|(member, instance)| MemberIdentity {
            member_id: (*member).into(),
            group_instance_id: instance.map(KString::from),
            reason: None,
        });
        let request =
            LeaveGroupRequest { group_id: GROUP.into(), members: members.collect(), ..LeaveGroupRequest::default() };
        let response = self.send_leave(&request, 5);
        assert_eq!(response.error_code, 0);
        response.members.iter().map(|member| code(member.error_code)).collect()
    }

    pub(super) fn send_leave(&mut self, request: &LeaveGroupRequest, version: i16) -> LeaveGroupResponse {
        let result = self.shard.leave_group(request, &context(version), self.now);
        self.apply(result)
    }

    pub(super) fn commit(&mut self, request: &OffsetCommitRequest) -> ErrorCode {
        self.commit_version(request, 9)
    }

    pub(super) fn commit_version(&mut self, request: &OffsetCommitRequest, version: i16) -> ErrorCode {
        let result = self.shard.commit_offsets(request, &context(version), self.now);
        let response = self.apply(result);
        code(response.topics[0].partitions[0].error_code)
    }

    /// Committed offset, −1 if there is none.
    pub(super) fn fetch(&self, group: &str, topic: &str, partition: i32) -> i64 {
        let request = OffsetFetchRequestGroup {
            group_id: group.into(),
            topics: Some(vec![OffsetFetchRequestTopics {
                name: topic.into(),
                partition_indexes: vec![partition],
                ..OffsetFetchRequestTopics::default()
            }]),
            ..OffsetFetchRequestGroup::default()
        };
        self.shard.fetch_offsets(&request).topics[0].partitions[0].committed_offset
    }

    /// A stable group of so many new members with equal subscriptions; ids and the generation. The first one leads.
    pub(super) fn stable_group(&mut self, size: usize) -> (Vec<String>, i32) {
        let members: Vec<(String, OperationId)> = (0..size).map(|_| self.send_new_member(&Join::new())).collect();
        self.await_generation();
        let ids: Vec<String> = members.iter().map(|(id, _)| id.clone()).collect();
        let generation = self.joined(members[0].1).unwrap().generation_id;
        self.sync_all(&ids, generation);
        (ids, generation)
    }

    /// Everybody asks for an assignment, the leader (the first) last.
    pub(super) fn sync_all(&mut self, ids: &[String], generation: i32) {
        let assignments: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), id.as_str())).collect();
        let followers: Vec<OperationId> = ids[1..].iter().map(|id| self.send_sync(id, generation, &[])).collect();
        let leader = self.send_sync(&ids[0], generation, &assignments);
        for (id, operation) in ids.iter().zip([leader].iter().chain(&followers)) {
            let answer = self.synced(*operation).unwrap();
            assert_eq!((code(answer.error_code), &answer.assignment[..]), (ErrorCode::None, id.as_bytes()));
        }
    }
}

pub(super) fn code(code: i16) -> ErrorCode {
    ErrorCode::from_code(code).unwrap()
}

pub(super) fn context(api_version: i16) -> RequestContext {
    RequestContext { api_version, client_id: "client".into(), client_host: "/127.0.0.1".into() }
}

fn protocol(name: &str, metadata: &Bytes) -> JoinGroupRequestProtocol {
    JoinGroupRequestProtocol { name: name.into(), metadata: metadata.clone() }
}

pub(super) fn sync_request(member: &str, generation: i32, assignments: &[(&str, &str)]) -> SyncGroupRequest {
    let assignments = assignments.iter().map(|(member, assignment)| SyncGroupRequestAssignment {
        member_id: (*member).into(),
        assignment: Bytes::copy_from_slice(assignment.as_bytes()),
    });
    SyncGroupRequest {
        group_id: GROUP.into(),
        generation_id: generation,
        member_id: member.into(),
        group_instance_id: None,
        protocol_type: Some("consumer".into()),
        protocol_name: Some("range".into()),
        assignments: assignments.collect(),
    }
}

/// What a consumer says in a JoinGroup.
pub(super) fn subscription(topics: &[&str]) -> Bytes {
    let mut writer = Writer::new();
    writer.i16(1);
    let subscription = ConsumerProtocolSubscription {
        topics: topics.iter().map(|topic| KString::from(*topic)).collect(),
        ..ConsumerProtocolSubscription::default()
    };
    subscription.encode(&mut writer, 1).unwrap();
    writer.into_bytes()
}

/// A commit of one offset by nobody's member.
pub(super) fn commit(group: &str, topic: &str, partition: i32, offset: i64) -> OffsetCommitRequest {
    OffsetCommitRequest {
        group_id: group.into(),
        topics: vec![OffsetCommitRequestTopic {
            name: topic.into(),
            partitions: vec![OffsetCommitRequestPartition {
                partition_index: partition,
                committed_offset: offset,
                committed_metadata: Some("m".into()),
                ..OffsetCommitRequestPartition::default()
            }],
            ..OffsetCommitRequestTopic::default()
        }],
        ..OffsetCommitRequest::default()
    }
}

/// The same by a member.
pub(super) fn commit_as(member: &str, generation: i32, offset: i64) -> OffsetCommitRequest {
    OffsetCommitRequest {
        member_id: member.into(),
        generation_id_or_member_epoch: generation,
        ..commit(GROUP, "t", 0, offset)
    }
}
