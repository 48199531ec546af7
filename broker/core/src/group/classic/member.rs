//! One member of a classic group.
//!
//! Owns: what it sent, what it waits for, and until when it is alive. Does not own: what its joining or going means.

use bytes::Bytes;
use strata_compat::ids::Timestamp;
use strata_compat::messages::consumer_offsets::MemberMetadata;
use strata_compat::messages::join_group::JoinGroupRequestProtocol;
use strata_compat::wire::KString;

use crate::group::OperationId;

/// A protocol that a member speaks, with what it says in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Protocol {
    pub(super) name: KString,
    pub(super) metadata: Bytes,
}

/// A JoinGroup that waits for the next generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WaitingJoin {
    pub(super) operation: OperationId,
    pub(super) api_version: i16,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Set for a static member (`group.instance.id`).
    pub(super) instance_id: Option<KString>,
    pub(super) client_id: KString,
    pub(super) client_host: KString,
    pub(super) rebalance_timeout_ms: i32,
    pub(super) session_timeout_ms: i32,
    /// In the member's order of preference, each name once.
    pub(super) protocols: Vec<Protocol>,
    pub(super) assignment: Bytes,
    /// When it is taken for lost; not set while it waits for an answer of ours longer than its session.
    pub(super) session_deadline: Option<Timestamp>,
    /// It joined in this rebalance and has had no answer: it cannot send heartbeats.
    pub(super) is_new: bool,
    pub(super) waiting_join: Option<WaitingJoin>,
    pub(super) waiting_sync: Option<OperationId>,
    /// It knows its generation and has not asked for its assignment.
    pub(super) pending_sync: bool,
}

impl Member {
    /// The member that a record describes, without a session.
    pub(super) fn from_record(record: &MemberMetadata, protocol: Option<&KString>) -> Self {
        let rebalance_timeout_ms = match record.rebalance_timeout {
            -1 => record.session_timeout,
            timeout => timeout,
        };
        Self {
            instance_id: record.group_instance_id.as_ref().map(KString::detached),
            client_id: record.client_id.detached(),
            client_host: record.client_host.detached(),
            rebalance_timeout_ms,
            session_timeout_ms: record.session_timeout,
            protocols: vec![Protocol {
                name: protocol.map(KString::detached).unwrap_or_default(),
                metadata: detached(&record.subscription),
            }],
            assignment: detached(&record.assignment),
            session_deadline: None,
            is_new: false,
            waiting_join: None,
            waiting_sync: None,
            pending_sync: false,
        }
    }

    /// What a record says of it.
    pub(super) fn to_record(&self, id: &KString, protocol: &str) -> MemberMetadata {
        MemberMetadata {
            member_id: id.clone(),
            group_instance_id: self.instance_id.clone(),
            client_id: self.client_id.clone(),
            client_host: self.client_host.clone(),
            rebalance_timeout: self.rebalance_timeout_ms,
            session_timeout: self.session_timeout_ms,
            subscription: self.metadata(protocol),
            assignment: self.assignment.clone(),
        }
    }

    pub(super) fn supports(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|own| own.name == *protocol)
    }

    /// What it says in a protocol; nothing if it does not speak it.
    pub(super) fn metadata(&self, protocol: &str) -> Bytes {
        let own = self.protocols.iter().find(|own| own.name == *protocol);
        own.map(|own| own.metadata.clone()).unwrap_or_default()
    }

    /// It joins again with the same protocols.
    pub(super) fn matches(&self, protocols: &[JoinGroupRequestProtocol]) -> bool {
        self.protocols == distinct_protocols(protocols)
    }

    pub(super) fn protocol_bytes(&self) -> usize {
        self.protocols.iter().map(|own| own.name.len() + own.metadata.len()).sum()
    }

    /// Its session begins anew.
    pub(super) fn renew_session(&mut self, now: Timestamp) {
        self.session_deadline = Some(now.plus_ms(i64::from(self.session_timeout_ms.max(1))));
    }

    /// It is not lost although nothing was heard of it: it waits for an answer of ours.
    pub(super) const fn is_excused(&self) -> bool {
        !self.is_new && (self.waiting_join.is_some() || self.waiting_sync.is_some())
    }
}

/// Protocols of a request, each name once, in memory of their own.
pub(super) fn distinct_protocols(protocols: &[JoinGroupRequestProtocol]) -> Vec<Protocol> {
    let mut distinct: Vec<Protocol> = Vec::new();
    for protocol in protocols {
        if distinct.iter().all(|known| known.name != protocol.name) {
            distinct.push(Protocol { name: protocol.name.detached(), metadata: detached(&protocol.metadata) });
        }
    }
    distinct
}

/// A copy that does not keep the frame alive.
pub(super) fn detached(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
