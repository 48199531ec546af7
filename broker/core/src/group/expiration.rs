//! Offsets that nobody needs any more, and groups without any.
//!
//! Owns: from when the retention of an offset counts, and [`Expiration`], which walks the groups in bounded steps. Does not own:
//! the tombstones' effect (see replay).
//!
//! Invariants: an offset of a topic that a member reads does not expire; a group is deleted only if it has no member and all its
//! offsets expire with it. A crash between the tombstones leaves some of them; the next walk writes the rest.

use strata_compat::ids::Timestamp;
use strata_compat::messages::consumer_offsets::GroupMetadataKey;
use strata_compat::wire::KString;

use super::offsets::{CommittedOffset, tombstone};
use super::{Group, GroupState, Turn};
use crate::group::record::group_record;

/// When groups are looked through for offsets that expired, and where the walk stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expiration {
    next: Option<Timestamp>,
    /// The walk goes on with this group.
    cursor: Option<KString>,
}

impl Expiration {
    /// When the walk begins or goes on.
    pub(crate) const fn next(&self) -> Option<Timestamp> {
        self.next
    }

    /// The walk stopped at this group, or has ended.
    pub(crate) fn schedule(&mut self, next: Timestamp, cursor: Option<KString>) {
        self.next = Some(next);
        self.cursor = cursor;
    }

    /// Where the walk goes on.
    pub(crate) fn take_cursor(&mut self) -> Option<KString> {
        self.cursor.take()
    }
}

impl Group {
    /// Writes the tombstones of what expired; `false` if the turn has no room for the rest.
    pub(crate) fn expire(&self, turn: &mut Turn<'_>) -> bool {
        let mut all_expired = true;
        for (topic, partitions) in self.offsets.topics() {
            for (partition, committed) in partitions {
                if !self.is_expired(topic, committed, turn) {
                    all_expired = false;
                    continue;
                }
                if turn.records.len() >= turn.config.expiration_records_max.max(1) {
                    return false;
                }
                turn.records.extend(tombstone(&turn.group_id, topic, *partition));
            }
        }
        if all_expired && self.recorded && self.classic.is_vacant() {
            let key = GroupMetadataKey { group: turn.group_id.clone() };
            turn.records.extend(group_record(&key, None).ok());
        }
        true
    }

    fn is_expired(&self, topic: &KString, committed: &CommittedOffset, turn: &Turn<'_>) -> bool {
        let Some(since) = self.retention_begin(topic, committed) else {
            return false;
        };
        match committed.expire_timestamp {
            Some(expire_timestamp) => turn.now >= expire_timestamp,
            None => turn.now.ms_since(since) >= turn.config.offsets_retention_ms,
        }
    }

    /// From when retention counts: of a simple group the commit, of a group that lost its members that moment. While there are
    /// members, only consumers say which topics they no longer read.
    fn retention_begin(&self, topic: &KString, committed: &CommittedOffset) -> Option<Timestamp> {
        let classic = &self.classic;
        if classic.is_subscribed_to(topic) {
            return None;
        }
        match classic.state() {
            GroupState::Empty if classic.protocol_type().is_some() => {
                Some(classic.state_since().unwrap_or(committed.commit_timestamp))
            }
            GroupState::Empty => Some(committed.commit_timestamp),
            GroupState::Stable if classic.knows_subscriptions() => Some(committed.commit_timestamp),
            GroupState::Stable | GroupState::PreparingRebalance | GroupState::CompletingRebalance => None,
        }
    }
}
