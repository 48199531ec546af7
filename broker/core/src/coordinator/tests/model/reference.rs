//! One group of the classic protocol as a naive reference: every rule said once more, over plain lists.
//!
//! It keeps no timers and no indexes: whoever wants to know something looks through everything. What it says goes into
//! `answers` and `written`, to be compared with what the shard says.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::consumer_offsets::{GroupMetadataValue, MemberMetadata, OffsetCommitValue};
use strata_compat::messages::join_group::JoinGroupResponseMember;
use strata_compat::messages::{JoinGroupResponse, SyncGroupResponse};
use strata_compat::wire::{KString, Message, Writer};

use super::super::super::{DelayedResponse, GroupState, OperationId, ShardConfig};
use super::super::harness::subscription;

/// A protocol: its name, and the topic that its subscription names.
pub(super) type Spoken = (&'static str, Bytes);

#[derive(Clone, Debug)]
pub(super) struct JoinAsked {
    pub(super) operation: OperationId,
    pub(super) version: i16,
    pub(super) member: String,
    pub(super) instance: Option<&'static str>,
    pub(super) protocol_type: &'static str,
    pub(super) protocols: Vec<Spoken>,
    pub(super) session_ms: i32,
    pub(super) rebalance_ms: i32,
    /// The id that a new member gets.
    pub(super) new_id: String,
}

#[derive(Clone, Debug)]
pub(super) struct SyncAsked {
    pub(super) operation: OperationId,
    pub(super) version: i16,
    pub(super) member: String,
    pub(super) generation: i32,
    pub(super) protocol_type: Option<&'static str>,
    pub(super) protocol: Option<&'static str>,
    pub(super) assignments: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) instance: Option<String>,
    protocols: Vec<(String, Bytes)>,
    session_ms: i32,
    rebalance_ms: i32,
    assignment: Bytes,
    alive_until: Option<i64>,
    /// Has not heard of its first generation yet.
    fresh: bool,
    join: Option<(OperationId, i16)>,
    sync: Option<OperationId>,
    owes_sync: bool,
}

#[derive(Clone, Copy, Debug)]
enum Wait {
    First { until: i64, part_ms: i64, left_ms: i64, somebody_came: bool },
    Joins { until: i64 },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    Group(Option<GroupMetadataValue>),
    Offset(String, i32, Option<OffsetCommitValue>),
    /// Too large to be written.
    Refused,
}

/// All of a group that a load does not bring back by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) state: GroupState,
    since: Option<i64>,
    pub(super) generation: i32,
    protocol_type: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) leader: Option<String>,
    pub(super) members: BTreeMap<String, Member>,
    pub(super) pending: BTreeMap<String, i64>,
    subscribed: Option<BTreeSet<KString>>,
    wait: Option<Wait>,
    sync_until: Option<i64>,
}

pub(super) struct Reference {
    pub(super) config: ShardConfig,
    pub(super) now: i64,
    pub(super) group: Group,
    /// The group's record, if one is in the log.
    record: Option<GroupMetadataValue>,
    pub(super) offsets: BTreeMap<(String, i32), OffsetCommitValue>,
    next_walk: i64,
    pub(super) answers: BTreeMap<OperationId, DelayedResponse>,
    pub(super) written: Vec<Written>,
}

impl Reference {
    pub(super) fn new(config: ShardConfig, now: i64) -> Self {
        Self {
            config,
            now,
            group: Group::default(),
            record: None,
            offsets: BTreeMap::new(),
            next_walk: now + config.offsets_retention_check_interval_ms,
            answers: BTreeMap::new(),
            written: Vec::new(),
        }
    }

    pub(super) fn exists(&self) -> bool {
        let group = &self.group;
        let somebody = !group.members.is_empty() || !group.pending.is_empty() || group.state != GroupState::Empty;
        somebody || self.record.is_some() || !self.offsets.is_empty()
    }

    /// After each call: a group of which nothing is left is as if it had never been.
    fn forget(&mut self) {
        if !self.exists() {
            self.group = Group::default();
        }
    }

    fn answer_join(&mut self, (operation, version): (OperationId, i16), mut response: JoinGroupResponse) {
        if version < 7 && response.protocol_name.is_none() {
            response.protocol_name = Some(KString::new());
        }
        assert!(self.answers.insert(operation, DelayedResponse::JoinGroup(response)).is_none());
    }

    fn refuse_join(&mut self, call: (OperationId, i16), member: &str, error: ErrorCode) {
        let response =
            JoinGroupResponse { member_id: member.into(), error_code: error.code(), ..JoinGroupResponse::default() };
        self.answer_join(call, response);
    }

    fn answer_sync(&mut self, operation: OperationId, response: SyncGroupResponse) {
        assert!(self.answers.insert(operation, DelayedResponse::SyncGroup(response)).is_none());
    }

    fn refuse_sync(&mut self, operation: OperationId, error: ErrorCode) {
        self.answer_sync(operation, SyncGroupResponse { error_code: error.code(), ..SyncGroupResponse::default() });
    }

    fn ids(&self) -> Vec<String> {
        self.group.members.keys().cloned().collect()
    }

    fn member(&mut self, id: &str) -> &mut Member {
        self.group.members.get_mut(id).unwrap()
    }

    fn renew(&mut self, id: &str) {
        let now = self.now;
        let member = self.member(id);
        member.alive_until = Some(now + i64::from(member.session_ms));
    }

    fn enter(&mut self, state: GroupState) {
        self.group.state = state;
        self.group.since = Some(self.now);
    }

    fn owner(&self, instance: &str) -> Option<String> {
        let found = self.group.members.iter().find(|(_, member)| member.instance.as_deref() == Some(instance));
        found.map(|(id, _)| id.clone())
    }

    fn identify(&self, id: &str, instance: Option<&str>) -> Result<(), ErrorCode> {
        match instance.map(|instance| self.owner(instance)) {
            Some(None) => Err(ErrorCode::UnknownMemberId),
            Some(Some(owner)) if owner != id => Err(ErrorCode::FencedInstanceId),
            _ if self.group.members.contains_key(id) => Ok(()),
            _ => Err(ErrorCode::UnknownMemberId),
        }
    }

    fn patience_ms(&self) -> i64 {
        i64::from(self.group.members.values().map(|member| member.rebalance_ms).max().unwrap_or(0))
    }

    fn have_all_joined(&self) -> bool {
        self.group.pending.is_empty() && self.group.members.values().all(|member| member.join.is_some())
    }

    pub(super) fn join(&mut self, asked: &JoinAsked) {
        let call = (asked.operation, asked.version);
        if let Err(error) = self.may_join(asked) {
            let told = if error == ErrorCode::GroupMaxSizeReached { "" } else { &asked.member };
            self.refuse_join(call, told, error);
            if error == ErrorCode::GroupMaxSizeReached && !asked.member.is_empty() {
                self.turn_away(&asked.member);
            }
            return self.forget();
        }
        let is_known = self.group.members.contains_key(&asked.member);
        let same =
            self.group.members.get(&asked.member).is_some_and(|member| member.protocols == spoken(&asked.protocols));
        let leads = self.group.leader.as_deref() == Some(&asked.member);
        match (asked.instance, self.group.state) {
            (Some(instance), _) if asked.member.is_empty() => match self.owner(instance) {
                Some(former) => self.replace(&former, asked),
                None => self.add(&asked.new_id, asked),
            },
            (None, _) if asked.member.is_empty() && asked.version >= 4 => {
                self.group.pending.insert(asked.new_id.clone(), self.now + i64::from(asked.session_ms));
                self.refuse_join(call, &asked.new_id, ErrorCode::MemberIdRequired);
            }
            (None, _) if asked.member.is_empty() => self.add(&asked.new_id, asked),
            (_, _) if !is_known => self.add(&asked.member, asked),
            (_, GroupState::CompletingRebalance) if same => self.answer_join(call, self.told_to(&asked.member)),
            (_, GroupState::Stable) if same && !leads => self.answer_join(call, self.told_to(&asked.member)),
            (_, _) => {
                self.update(&asked.member, asked);
                self.rebalance_or_complete();
            }
        }
        self.forget();
    }

    fn may_join(&self, asked: &JoinAsked) -> Result<(), ErrorCode> {
        let group = &self.group;
        if !(6_000..=1_800_000).contains(&asked.session_ms) {
            return Err(ErrorCode::InvalidSessionTimeout);
        }
        if !self.exists() && !asked.member.is_empty() {
            return Err(ErrorCode::UnknownMemberId);
        }
        let known = group.members.get(&asked.member);
        let most = self.config.group_size_max;
        let there = match group.state {
            GroupState::Empty => 0,
            GroupState::PreparingRebalance => group.members.values().filter(|member| member.join.is_some()).count(),
            GroupState::CompletingRebalance | GroupState::Stable => group.members.len(),
        };
        let has_place = match group.state {
            GroupState::PreparingRebalance => known.is_some_and(|member| member.join.is_some()),
            GroupState::Empty | GroupState::CompletingRebalance | GroupState::Stable => known.is_some(),
        };
        if !has_place && there >= most {
            return Err(ErrorCode::GroupMaxSizeReached);
        }
        let fits = match group.state {
            GroupState::Empty => !asked.protocols.is_empty() && !asked.protocol_type.is_empty(),
            _ => {
                let speaks = |member: &Member, name: &str| member.protocols.iter().any(|own| own.0 == name);
                let common = |name: &str| group.members.values().all(|member| speaks(member, name));
                group.protocol_type.as_deref() == Some(asked.protocol_type)
                    && asked.protocols.iter().any(|own| common(own.0))
            }
        };
        if !fits {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if asked.member.is_empty() {
            return Ok(());
        }
        if group.pending.contains_key(&asked.member) {
            return if asked.instance.is_some() { Err(ErrorCode::UnknownMemberId) } else { Ok(()) };
        }
        self.identify(&asked.member, asked.instance)
    }

    /// No place for it any more.
    fn turn_away(&mut self, id: &str) {
        let was_member = self.group.members.contains_key(id);
        self.remove(id);
        match self.group.state {
            GroupState::PreparingRebalance => self.complete_unless_first(),
            GroupState::Stable | GroupState::CompletingRebalance if was_member => self.prepare(),
            _ => {}
        }
    }

    fn add(&mut self, id: &str, asked: &JoinAsked) {
        if self.group.members.is_empty() {
            self.group.protocol_type = Some(asked.protocol_type.to_owned());
        }
        let member = Member {
            instance: asked.instance.map(str::to_owned),
            protocols: spoken(&asked.protocols),
            session_ms: asked.session_ms,
            rebalance_ms: if asked.version == 0 { asked.session_ms } else { asked.rebalance_ms },
            assignment: Bytes::new(),
            alive_until: Some(self.now + 300_000),
            fresh: true,
            join: Some((asked.operation, asked.version)),
            sync: None,
            owes_sync: false,
        };
        self.group.pending.remove(id);
        self.group.members.insert(id.to_owned(), member);
        self.group.leader.get_or_insert_with(|| id.to_owned());
        if let Some(Wait::First { somebody_came, .. }) = &mut self.group.wait {
            *somebody_came = true;
        }
        self.rebalance_or_complete();
    }

    fn update(&mut self, id: &str, asked: &JoinAsked) {
        let member = self.member(id);
        let earlier = member.join.replace((asked.operation, asked.version));
        member.protocols = spoken(&asked.protocols);
        member.session_ms = asked.session_ms;
        member.rebalance_ms = if asked.version == 0 { asked.session_ms } else { asked.rebalance_ms };
        if let Some(earlier) = earlier {
            self.refuse_join(earlier, id, ErrorCode::RebalanceInProgress);
        }
    }

    fn replace(&mut self, former: &str, asked: &JoinAsked) {
        let mut member = self.group.members.remove(former).unwrap();
        let led = self.group.leader.as_deref() == Some(former);
        if let Some(join) = member.join.take() {
            self.refuse_join(join, former, ErrorCode::FencedInstanceId);
        }
        if let Some(sync) = member.sync.take() {
            self.refuse_sync(sync, ErrorCode::FencedInstanceId);
        }
        member.fresh = false;
        let id = asked.new_id.as_str();
        self.group.members.insert(id.to_owned(), member);
        if led {
            self.group.leader = Some(id.to_owned());
        }
        self.renew(id);
        self.update(id, asked);
        let goes_on = self.group.state == GroupState::Stable
            && self.group.protocol.is_some()
            && self.group.protocol == self.vote()
            && self.write_group();
        if goes_on {
            self.group.subscribed = self.read_subscriptions();
            let mut response = self.told_to(id);
            match asked.version {
                9.. => response.skip_assignment = led,
                _ => response.members.clear(),
            }
            if led && asked.version < 9 {
                response.leader = former.into();
            }
            self.member(id).join = None;
            self.answer_join((asked.operation, asked.version), response);
        } else if self.group.state == GroupState::PreparingRebalance {
            self.complete_unless_first();
        } else {
            self.prepare();
        }
    }

    fn told_to(&self, id: &str) -> JoinGroupResponse {
        let group = &self.group;
        let members = group.members.iter().map(|(id, member)| JoinGroupResponseMember {
            member_id: id.as_str().into(),
            group_instance_id: member.instance.as_deref().map(KString::from),
            metadata: self.says(member),
        });
        let leads = group.leader.as_deref() == Some(id);
        JoinGroupResponse {
            generation_id: group.generation,
            protocol_type: group.protocol_type.as_deref().map(KString::from),
            protocol_name: group.protocol.as_deref().map(KString::from),
            leader: group.leader.as_deref().unwrap_or_default().into(),
            member_id: id.into(),
            members: if leads { members.collect() } else { Vec::new() },
            ..JoinGroupResponse::default()
        }
    }

    /// What a member says in the protocol of the generation.
    fn says(&self, member: &Member) -> Bytes {
        let protocol = self.group.protocol.as_deref().unwrap_or_default();
        member.protocols.iter().find(|own| own.0 == protocol).map(|own| own.1.clone()).unwrap_or_default()
    }

    fn rebalance_or_complete(&mut self) {
        match self.group.state {
            GroupState::PreparingRebalance => self.complete_unless_first(),
            _ => self.prepare(),
        }
    }

    fn complete_unless_first(&mut self) {
        if !matches!(self.group.wait, Some(Wait::First { .. })) && self.have_all_joined() {
            self.complete();
        }
    }

    fn drop_assignments(&mut self, error: ErrorCode) {
        for id in self.ids() {
            self.member(&id).assignment = Bytes::new();
            if let Some(sync) = self.member(&id).sync.take() {
                self.refuse_sync(sync, error);
                self.renew(&id);
            }
        }
    }

    fn prepare(&mut self) {
        if self.group.state == GroupState::CompletingRebalance {
            self.drop_assignments(ErrorCode::RebalanceInProgress);
        }
        self.group.members.values_mut().for_each(|member| member.owes_sync = false);
        self.group.sync_until = None;
        let was_empty = self.group.state == GroupState::Empty;
        self.enter(GroupState::PreparingRebalance);
        let part_ms = i64::from(self.config.initial_rebalance_delay_ms);
        if was_empty {
            let left_ms = (self.patience_ms() - part_ms).max(0);
            self.group.wait = Some(Wait::First { until: self.now + part_ms, part_ms, left_ms, somebody_came: false });
        } else if self.have_all_joined() {
            self.complete();
        } else {
            self.group.wait = Some(Wait::Joins { until: self.now + self.patience_ms() });
        }
    }

    fn complete(&mut self) {
        self.group.wait = None;
        for id in self.ids() {
            let member = self.member(&id);
            if member.join.is_none() && member.instance.is_none() {
                self.remove(&id);
            }
        }
        let joined: Vec<String> = self.ids().into_iter().filter(|id| self.group.members[id].join.is_some()).collect();
        if joined.is_empty() && !self.group.members.is_empty() {
            self.group.wait = Some(Wait::Joins { until: self.now + self.patience_ms().max(1_000) });
            return;
        }
        if !self.group.leader.as_ref().is_some_and(|leader| joined.contains(leader)) {
            self.group.leader = joined.first().cloned();
        }
        self.group.generation += 1;
        self.group.protocol = self.vote();
        self.group.subscribed = self.read_subscriptions();
        if self.group.members.is_empty() {
            self.enter(GroupState::Empty);
            if !self.write_group() {
                self.written.push(Written::Refused);
            }
            return;
        }
        self.enter(GroupState::CompletingRebalance);
        self.group.sync_until = Some(self.now + self.patience_ms());
        for id in self.ids() {
            if let Some(join) = self.member(&id).join.take() {
                self.answer_join(join, self.told_to(&id));
            }
            self.renew(&id);
            let member = self.member(&id);
            member.fresh = false;
            member.owes_sync = true;
        }
    }

    fn vote(&self) -> Option<String> {
        let members = &self.group.members;
        let common = |name: &str| members.values().all(|member| member.protocols.iter().any(|own| own.0 == name));
        let votes: Vec<&str> = members
            .values()
            .filter_map(|member| member.protocols.iter().map(|own| own.0.as_str()).find(|name| common(name)))
            .collect();
        let count = |name: &str| votes.iter().filter(|vote| **vote == name).count();
        let most = votes.iter().map(|name| count(name)).max()?;
        votes.iter().filter(|name| count(name) == most).min().map(|name| (*name).to_owned())
    }

    /// Topics by the subscriptions; they are made of one of two topics, so each is known by its bytes.
    fn read_subscriptions(&self) -> Option<BTreeSet<KString>> {
        if self.group.protocol_type.as_deref() != Some("consumer") {
            return None;
        }
        let topics = ["t", "u"].into_iter().filter(|topic| {
            let bytes = subscription(&[topic]);
            self.group.members.values().any(|member| self.says(member) == bytes)
        });
        Some(topics.map(KString::from).collect())
    }

    fn remove(&mut self, id: &str) {
        self.group.pending.remove(id);
        if let Some(member) = self.group.members.remove(id) {
            if let Some(join) = member.join {
                self.refuse_join(join, "", ErrorCode::UnknownMemberId);
            }
            if let Some(sync) = member.sync {
                self.refuse_sync(sync, ErrorCode::UnknownMemberId);
            }
        }
        if self.group.leader.as_deref() == Some(id) {
            self.group.leader = self.group.members.keys().next().cloned();
        }
    }

    /// Whether the group's record is small enough to be written.
    fn write_group(&mut self) -> bool {
        let group = &self.group;
        let value = GroupMetadataValue {
            protocol_type: group.protocol_type.as_deref().unwrap_or_default().into(),
            generation: group.generation,
            protocol: group.protocol.as_deref().map(KString::from),
            leader: group.leader.as_deref().map(KString::from),
            current_state_timestamp: group.since.unwrap_or(-1),
            members: group.members.iter().map(|(id, member)| self.member_record(id, member)).collect(),
        };
        let mut writer = Writer::new();
        writer.i16(3);
        value.encode(&mut writer, 3).unwrap();
        let fits = writer.into_bytes().len() <= self.config.group_metadata_bytes_max;
        if fits {
            self.record = Some(value.clone());
            self.written.push(Written::Group(Some(value)));
        }
        fits
    }

    fn member_record(&self, id: &str, member: &Member) -> MemberMetadata {
        MemberMetadata {
            member_id: id.into(),
            group_instance_id: member.instance.as_deref().map(KString::from),
            client_id: "client".into(),
            client_host: "/127.0.0.1".into(),
            rebalance_timeout: member.rebalance_ms,
            session_timeout: member.session_ms,
            subscription: self.says(member),
            assignment: member.assignment.clone(),
        }
    }

    pub(super) fn sync(&mut self, asked: &SyncAsked) {
        if let Err(error) = self.may_sync(asked) {
            return self.refuse_sync(asked.operation, error);
        }
        self.member(&asked.member).owes_sync = false;
        if self.group.members.values().all(|member| !member.owes_sync) {
            self.group.sync_until = None;
        }
        if self.group.state == GroupState::Stable {
            return self.answer_sync(asked.operation, self.assigned(&asked.member));
        }
        if let Some(earlier) = self.member(&asked.member).sync.replace(asked.operation) {
            self.refuse_sync(earlier, ErrorCode::RebalanceInProgress);
        }
        if self.group.leader.as_deref() == Some(&asked.member) {
            self.assign(&asked.assignments);
        }
    }

    fn may_sync(&self, asked: &SyncAsked) -> Result<(), ErrorCode> {
        let group = &self.group;
        if group.state == GroupState::Empty {
            return Err(ErrorCode::UnknownMemberId);
        }
        if asked.version >= 5 && (asked.protocol.is_none() || asked.protocol_type.is_none()) {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        self.identify(&asked.member, None)?;
        if asked.generation != group.generation {
            return Err(ErrorCode::IllegalGeneration);
        }
        let other = |given: Option<&str>, own: Option<&str>| given.is_some() && own.is_some() && given != own;
        if other(asked.protocol_type, group.protocol_type.as_deref())
            || other(asked.protocol, group.protocol.as_deref())
        {
            return Err(ErrorCode::InconsistentGroupProtocol);
        }
        if group.state == GroupState::PreparingRebalance { Err(ErrorCode::RebalanceInProgress) } else { Ok(()) }
    }

    fn assign(&mut self, assignments: &[(String, String)]) {
        for id in self.ids() {
            let own = assignments.iter().rev().find(|own| own.0 == id).map(|own| own.1.clone());
            self.member(&id).assignment = Bytes::from(own.unwrap_or_default());
        }
        if !self.write_group() {
            self.drop_assignments(ErrorCode::UnknownServerError);
            return self.prepare();
        }
        self.enter(GroupState::Stable);
        for id in self.ids() {
            if let Some(sync) = self.member(&id).sync.take() {
                self.answer_sync(sync, self.assigned(&id));
                self.renew(&id);
            }
        }
    }

    fn assigned(&self, id: &str) -> SyncGroupResponse {
        SyncGroupResponse {
            protocol_type: self.group.protocol_type.as_deref().map(KString::from),
            protocol_name: self.group.protocol.as_deref().map(KString::from),
            assignment: self.group.members[id].assignment.clone(),
            ..SyncGroupResponse::default()
        }
    }

    pub(super) fn heartbeat(&mut self, id: &str, instance: Option<&str>, generation: i32) -> ErrorCode {
        if let Err(error) = self.identify(id, instance) {
            return error;
        }
        if generation != self.group.generation {
            return ErrorCode::IllegalGeneration;
        }
        self.renew(id);
        match self.group.state {
            GroupState::PreparingRebalance => ErrorCode::RebalanceInProgress,
            _ => ErrorCode::None,
        }
    }

    /// Each leaves by its id, by its instance, or by both.
    pub(super) fn leave(&mut self, leaving: &[(String, Option<&'static str>)]) -> Vec<ErrorCode> {
        let mut somebody_left = false;
        let mut errors = Vec::new();
        for (id, instance) in leaving {
            let found = match instance {
                Some(instance) if id.is_empty() => self.owner(instance).ok_or(ErrorCode::UnknownMemberId),
                _ if self.group.pending.contains_key(id) => Ok(id.clone()),
                _ => self.identify(id, *instance).map(|()| id.clone()),
            };
            if let Ok(id) = &found {
                self.remove(id);
                somebody_left = true;
            }
            errors.push(found.err().unwrap_or(ErrorCode::None));
        }
        match self.group.state {
            GroupState::Stable | GroupState::CompletingRebalance if somebody_left => self.prepare(),
            GroupState::PreparingRebalance if somebody_left => self.complete_unless_first(),
            _ => {}
        }
        self.forget();
        errors
    }

    pub(super) fn commit(&mut self, id: &str, generation: i32, version: i16) -> ErrorCode {
        if !self.exists() {
            return match generation {
                ..0 => ErrorCode::None,
                _ if version >= 9 => ErrorCode::GroupIdNotFound,
                _ => ErrorCode::IllegalGeneration,
            };
        }
        let is_simple = generation < 0 && self.group.state == GroupState::Empty;
        if !is_simple {
            if let Err(error) = self.identify(id, None) {
                return error;
            }
            if generation != self.group.generation {
                return ErrorCode::IllegalGeneration;
            }
            if self.group.state == GroupState::CompletingRebalance {
                return ErrorCode::RebalanceInProgress;
            }
        }
        if self.group.members.contains_key(id) {
            self.renew(id);
        }
        ErrorCode::None
    }

    pub(super) fn put_offset(&mut self, topic: &str, partition: i32, value: OffsetCommitValue) {
        self.offsets.insert((topic.to_owned(), partition), value.clone());
        self.written.push(Written::Offset(topic.to_owned(), partition, Some(value)));
    }

    fn drop_offset(&mut self, topic: &str, partition: i32) {
        if self.offsets.remove(&(topic.to_owned(), partition)).is_some() {
            self.written.push(Written::Offset(topic.to_owned(), partition, None));
        }
    }

    fn reads(&self, topic: &str) -> bool {
        match &self.group.subscribed {
            Some(topics) => topics.iter().any(|known| *known == *topic),
            None => self.group.protocol_type.as_deref() == Some("consumer"),
        }
    }

    /// The error of the group, and that of the partition if there is none.
    pub(super) fn delete_offset(&mut self, topic: &str, partition: i32) -> Result<ErrorCode, ErrorCode> {
        if !self.exists() {
            return Err(ErrorCode::GroupIdNotFound);
        }
        let is_consumer = self.group.protocol_type.as_deref() == Some("consumer");
        if self.group.state != GroupState::Empty && !is_consumer {
            return Err(ErrorCode::NonEmptyGroup);
        }
        if self.reads(topic) {
            return Ok(ErrorCode::GroupSubscribedToTopic);
        }
        self.drop_offset(topic, partition);
        self.forget();
        Ok(ErrorCode::None)
    }

    pub(super) fn delete_topic(&mut self, topic: &str) {
        for (name, partition) in self.offsets.keys().cloned().collect::<Vec<_>>() {
            if name == topic {
                self.drop_offset(&name, partition);
            }
        }
        self.forget();
    }

    pub(super) fn delete_group(&mut self) -> ErrorCode {
        if !self.exists() {
            return ErrorCode::GroupIdNotFound;
        }
        if self.group.state != GroupState::Empty {
            return ErrorCode::NonEmptyGroup;
        }
        for (topic, partition) in self.offsets.keys().cloned().collect::<Vec<_>>() {
            self.drop_offset(&topic, partition);
        }
        self.written.push(Written::Group(None));
        self.record = None;
        self.group = Group::default();
        ErrorCode::None
    }

    /// When something happens by itself.
    pub(super) fn next(&self) -> i64 {
        self.next_of_group().map_or(self.next_walk, |next| next.min(self.next_walk))
    }

    fn next_of_group(&self) -> Option<i64> {
        let wait = self.group.wait.map(|wait| match wait {
            Wait::First { until, .. } | Wait::Joins { until } => until,
        });
        let sessions = self.group.members.values().filter_map(|member| member.alive_until);
        sessions.chain(wait).chain(self.group.sync_until).chain(self.group.pending.values().copied()).min()
    }

    pub(super) fn advance(&mut self, ms: i64) {
        let end = self.now + ms;
        while self.next() <= end {
            self.now = self.next();
            self.timeouts();
            self.forget();
            // The walk waits until the group has come to rest.
            if self.next_walk <= self.now && self.next_of_group().is_none_or(|next| next > self.now) {
                self.walk();
                self.forget();
            }
        }
        self.now = end;
    }

    fn timeouts(&mut self) {
        let now = self.now;
        let before = self.group.pending.len();
        self.group.pending.retain(|_, until| *until > now);
        if self.group.pending.len() < before {
            self.complete_if_all_joined();
        }
        for id in self.ids() {
            let Some(member) = self.group.members.get(&id) else { continue };
            if member.alive_until.is_none_or(|until| until > now) {
                continue;
            }
            if !member.fresh && (member.join.is_some() || member.sync.is_some()) {
                self.member(&id).alive_until = None;
                continue;
            }
            self.remove(&id);
            match self.group.state {
                GroupState::PreparingRebalance => self.complete_if_all_joined(),
                _ => self.prepare(),
            }
        }
        match self.group.wait {
            Some(Wait::First { until, part_ms, left_ms, somebody_came }) if until <= now => {
                if somebody_came && left_ms > 0 {
                    let next_ms = i64::from(self.config.initial_rebalance_delay_ms).min(left_ms);
                    let left_ms = (left_ms - part_ms).max(0);
                    let until = now + next_ms;
                    self.group.wait = Some(Wait::First { until, part_ms: next_ms, left_ms, somebody_came: false });
                } else {
                    self.complete();
                }
            }
            Some(Wait::Joins { until }) if until <= now => self.complete(),
            _ => {}
        }
        if self.group.sync_until.is_some_and(|until| until <= now) {
            self.group.sync_until = None;
            let silent: Vec<String> = self.ids().into_iter().filter(|id| self.group.members[id].owes_sync).collect();
            silent.iter().for_each(|id| self.remove(id));
            if !silent.is_empty() {
                self.prepare();
            }
        }
    }

    fn complete_if_all_joined(&mut self) {
        if self.group.state == GroupState::PreparingRebalance && self.have_all_joined() {
            self.complete();
        }
    }

    /// Offsets that nobody needs go, and with the last of them the group.
    fn walk(&mut self) {
        self.next_walk = self.now + self.config.offsets_retention_check_interval_ms;
        for ((topic, partition), value) in self.offsets.clone() {
            let kept_since = match self.group.state {
                _ if self.reads(&topic) => None,
                GroupState::Empty if self.group.protocol_type.is_some() => {
                    Some(self.group.since.unwrap_or(value.commit_timestamp))
                }
                GroupState::Empty => Some(value.commit_timestamp),
                GroupState::Stable => self.group.subscribed.as_ref().map(|_| value.commit_timestamp),
                GroupState::PreparingRebalance | GroupState::CompletingRebalance => None,
            };
            let until = |since| match value.expire_timestamp {
                -1 => since + self.config.offsets_retention_ms,
                until => until,
            };
            if kept_since.is_some_and(|since| until(since) <= self.now) {
                self.drop_offset(&topic, partition);
            }
        }
        let is_vacant = self.group.state == GroupState::Empty && self.group.pending.is_empty();
        if self.offsets.is_empty() && self.record.is_some() && is_vacant {
            self.record = None;
            self.group = Group::default();
            self.written.push(Written::Group(None));
        }
    }

    /// The coordinator moves: only what is in the log comes back.
    pub(super) fn reload(&mut self) {
        for id in self.ids() {
            if let Some(join) = self.member(&id).join.take() {
                self.refuse_join(join, &id, ErrorCode::NotCoordinator);
            }
            if let Some(sync) = self.member(&id).sync.take() {
                self.refuse_sync(sync, ErrorCode::NotCoordinator);
            }
        }
        self.group = Group::default();
        self.next_walk = self.now + self.config.offsets_retention_check_interval_ms;
        let Some(record) = self.record.clone() else { return };
        let protocol = record.protocol.map(String::from);
        self.group = Group {
            state: if record.members.is_empty() { GroupState::Empty } else { GroupState::Stable },
            since: (record.current_state_timestamp != -1).then_some(record.current_state_timestamp),
            generation: record.generation,
            protocol_type: Some(String::from(record.protocol_type)).filter(|name| !name.is_empty()),
            protocol: protocol.clone(),
            leader: record.leader.map(String::from),
            ..Group::default()
        };
        for member in record.members {
            let loaded = Member {
                instance: member.group_instance_id.map(String::from),
                protocols: vec![(protocol.clone().unwrap_or_default(), member.subscription)],
                session_ms: member.session_timeout,
                rebalance_ms: member.rebalance_timeout,
                assignment: member.assignment,
                alive_until: Some(self.now + i64::from(member.session_timeout)),
                fresh: false,
                join: None,
                sync: None,
                owes_sync: false,
            };
            self.group.members.insert(member.member_id.into(), loaded);
        }
        self.group.subscribed = self.read_subscriptions();
        if self.group.members.len() > self.config.group_size_max {
            self.prepare();
        }
    }

    /// Assignment and metadata, as a description of a stable group shows them.
    pub(super) fn shown(&self, id: &str) -> (Bytes, Bytes) {
        let member = &self.group.members[id];
        match self.group.state {
            GroupState::Stable => (self.says(member), member.assignment.clone()),
            _ => (Bytes::new(), Bytes::new()),
        }
    }

    pub(super) fn protocol_type(&self) -> &str {
        self.group.protocol_type.as_deref().unwrap_or_default()
    }
}

fn spoken(protocols: &[Spoken]) -> Vec<(String, Bytes)> {
    let mut distinct: Vec<(String, Bytes)> = Vec::new();
    for (name, says) in protocols {
        if !distinct.iter().any(|known| known.0 == *name) {
            distinct.push(((*name).to_owned(), says.clone()));
        }
    }
    distinct
}
