//! One group: its committed offsets, and its members if it has any.
//!
//! Owns: [`Group`], [`GroupState`], [`Turn`], the place where one call collects records and effects, and the form of both
//! (`group/{config,effect,record}.rs`), which the coordinator shows to the outside. Does not own: which groups there are and when they are woken (see `coordinator`), the rules of membership (`group/classic.rs`), of offsets
//! (`group/offsets.rs`), of their expiration (`group/expiration.rs`) and of administration (`group/admin.rs`).
//!
//! A group without members and protocol type is a *simple* group: somebody commits offsets under its name, that is all.
//! Invariants: a group that has neither members, joining members, offsets nor a record is dropped.

pub(crate) mod admin;
mod classic;
mod config;
mod effect;
mod expiration;
pub(crate) mod offsets;
pub(crate) mod record;

use strata_compat::ids::Timestamp;
use strata_compat::messages::{JoinGroupResponse, SyncGroupResponse};
use strata_compat::wire::KString;

pub(crate) use self::classic::{ClassicGroup, JoinCall, leave_response_for_unknown_group, sync_error};
pub use self::config::ShardConfig;
pub use self::effect::{CoordinatorResult, DelayedResponse, Effect, OperationId, RequestContext};
pub(crate) use self::expiration::Expiration;
pub(crate) use self::offsets::{CommittedOffset, GroupOffsets};
pub use self::record::{CoordinatorRecord, RecordError};

/// Where a group stands.
///
/// ```text
/// Empty ──join──► PreparingRebalance ──all joined, or time is up──► CompletingRebalance ──leader's assignment──► Stable
///   ▲                 │      ▲  ▲                                          │                                        │
///   └──nobody is left─┘      │  └────────── join, leave, lost member ──────┘                                        │
///                            └───────────── join, leave, lost member, leader joins again ───────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupState {
    /// Without members.
    #[default]
    Empty,
    /// Members are expected to join the next generation.
    PreparingRebalance,
    /// The next generation waits for the leader's assignment.
    CompletingRebalance,
    /// Every member has its assignment.
    Stable,
}

impl GroupState {
    /// Kafka's name of the state of a group that does not exist.
    pub const DEAD_NAME: &'static str = "Dead";

    /// Kafka's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance => "PreparingRebalance",
            Self::CompletingRebalance => "CompletingRebalance",
            Self::Stable => "Stable",
        }
    }
}

/// One group of a shard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// Members and generation.
    pub(crate) classic: ClassicGroup,
    /// Committed offsets; they change in replay only.
    pub(crate) offsets: GroupOffsets,
    /// A record of the group's metadata is in the log, or will be after this call.
    pub(crate) recorded: bool,
    /// Bytes of its members' protocols, as they are counted in its shard.
    pub(crate) counted_protocol_bytes: usize,
}

impl Group {
    /// Nothing is left that anybody could ask for.
    pub(crate) fn is_forgettable(&self) -> bool {
        !self.recorded && self.offsets.is_empty() && self.classic.is_vacant()
    }

    /// Membership does something; what it wants written is written.
    pub(crate) fn run<R>(
        &mut self,
        turn: &mut Turn<'_>,
        action: impl FnOnce(&mut ClassicGroup, &mut Turn<'_>) -> R,
    ) -> R {
        let response = action(&mut self.classic, turn);
        self.recorded |= turn.wrote_group;
        response
    }
}

/// One call: what it knows, and what it wants done.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    /// Options and limits.
    pub(crate) config: &'a ShardConfig,
    /// Id of the group.
    pub(crate) group_id: KString,
    /// The time.
    pub(crate) now: Timestamp,
    /// Records to append.
    pub(crate) records: Vec<CoordinatorRecord>,
    /// Effects, in order.
    pub(crate) effects: Vec<Effect>,
    /// One of the records is the group's metadata.
    pub(crate) wrote_group: bool,
}

impl<'a> Turn<'a> {
    /// A call that concerns this group.
    pub(crate) const fn new(config: &'a ShardConfig, group_id: KString, now: Timestamp) -> Self {
        Self { config, group_id, now, records: Vec::new(), effects: Vec::new(), wrote_group: false }
    }

    /// Answers a JoinGroup.
    pub(crate) fn reply_join(&mut self, operation: OperationId, response: JoinGroupResponse) {
        self.effects.push(Effect::Reply { operation, response: DelayedResponse::JoinGroup(response) });
    }

    /// The group's record was refused, and no answer says so.
    pub(crate) fn report_unwritten(&mut self) {
        self.effects.push(Effect::ReportUnwritten { group_id: self.group_id.clone() });
    }

    /// Answers a SyncGroup.
    pub(crate) fn reply_sync(&mut self, operation: OperationId, response: SyncGroupResponse) {
        self.effects.push(Effect::Reply { operation, response: DelayedResponse::SyncGroup(response) });
    }
}
