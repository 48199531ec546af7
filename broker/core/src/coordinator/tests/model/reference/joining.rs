//! JoinGroup in the reference: who may come in, and as whom.

use bytes::Bytes;
use strata_compat::error_code::ErrorCode;
use strata_compat::messages::JoinGroupResponse;
use strata_compat::messages::join_group::JoinGroupResponseMember;
use strata_compat::wire::KString;

use super::{JoinAsked, Member, Reference, Wait, spoken};
use crate::coordinator::GroupState;

impl Reference {
    pub(in super::super) fn join(&mut self, asked: &JoinAsked) {
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

    pub(super) fn told_to(&self, id: &str) -> JoinGroupResponse {
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
    pub(super) fn says(&self, member: &Member) -> Bytes {
        let protocol = self.group.protocol.as_deref().unwrap_or_default();
        member.protocols.iter().find(|own| own.0 == protocol).map(|own| own.1.clone()).unwrap_or_default()
    }
}
