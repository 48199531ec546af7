//! One fetch session: its partitions in the order in which they are served, and what its client knows of each.
//!
//! Owns: [`Session`]. Does not own: eviction (`fetch_session.rs`).
//!
//! Invariants: each partition stands once in the order; one that brought records goes to the end, so that none starves
//! behind a busy one.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId};

/// A topic as the request names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicKey {
    /// By name (before version 13).
    Name(Arc<str>),
    /// By id.
    Id(TopicId),
}

/// A partition as the request names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FetchPartitionKey {
    /// The topic.
    pub topic: TopicKey,
    /// The partition within it.
    pub partition: PartitionId,
}

/// Bytes of a topic's name that a session keeps at the cost of one more partition.
const NAME_BYTES_PER_PLACE: usize = 256;

impl FetchPartitionKey {
    /// What it takes of the bound on all sessions: one, and more with a name that no topic can have.
    fn places(&self) -> usize {
        match &self.topic {
            TopicKey::Name(name) => 1 + name.len() / NAME_BYTES_PER_PLACE,
            TopicKey::Id(_) => 1,
        }
    }
}

/// What a fetch asks of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// Which one.
    pub key: FetchPartitionKey,
    /// First offset wanted.
    pub fetch_offset: Offset,
    /// The follower's log start; −1 from a consumer.
    pub log_start_offset: Offset,
    /// Bytes wanted at most.
    pub bytes_max: i32,
    /// The leader epoch that the reader believes in; −1 for none.
    pub current_leader_epoch: LeaderEpoch,
    /// Epoch of the record before the fetch offset; −1 for none.
    pub last_fetched_epoch: LeaderEpoch,
    /// The high watermark that the follower knows (KIP-1166); `Offset(i64::MAX)` where it says nothing.
    pub known_high_watermark: Offset,
    /// End of what is on the follower's stable storage, in a field of ours.
    pub durable_end: Option<Offset>,
}

/// What decides whether an answer lists a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartitionAnswer {
    /// High watermark of the answer.
    pub high_watermark: Offset,
    /// Log start of the answer.
    pub log_start: Offset,
    /// Bytes of records.
    pub record_bytes: usize,
    /// Whether it has an error, an unresolvable id included.
    pub has_error: bool,
    /// Whether it names a diverging epoch.
    pub is_diverging: bool,
    /// Whether it names a preferred read replica.
    pub has_preferred_replica: bool,
}

#[derive(Clone, Debug)]
struct Cached {
    partition: FetchPartition,
    high_watermark: Offset,
    log_start: Offset,
    order: u64,
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    is_follower: bool,
    uses_topic_ids: bool,
    created_at: Timestamp,
    used_at: Timestamp,
    epoch: i32,
    cached: BTreeMap<FetchPartitionKey, Cached>,
    order: BTreeMap<u64, FetchPartitionKey>,
    next_order: u64,
    /// What its partitions take of the bound on all sessions.
    places: usize,
}

impl Session {
    /// A session before its first answer; the update with its partitions makes its epoch 1.
    pub(super) const fn new(is_follower: bool, uses_topic_ids: bool, now: Timestamp) -> Self {
        Self {
            is_follower,
            uses_topic_ids,
            created_at: now,
            used_at: now,
            epoch: 0,
            cached: BTreeMap::new(),
            order: BTreeMap::new(),
            next_order: 0,
            places: 0,
        }
    }

    pub(super) const fn places(&self) -> usize {
        self.places
    }

    pub(super) fn len(&self) -> usize {
        self.cached.len()
    }

    pub(super) const fn is_follower(&self) -> bool {
        self.is_follower
    }

    pub(super) const fn uses_topic_ids(&self) -> bool {
        self.uses_topic_ids
    }

    pub(super) const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    pub(super) const fn used_at(&self) -> Timestamp {
        self.used_at
    }

    /// The epoch that the next request must carry.
    pub(super) const fn epoch(&self) -> i32 {
        self.epoch
    }

    /// Sessions of followers are worth more, then those of more partitions.
    pub(super) fn value(&self) -> (bool, usize) {
        (self.is_follower, self.cached.len())
    }

    /// Takes in a request, and moves to the next epoch.
    pub(super) fn update(&mut self, named: Vec<FetchPartition>, forgotten: &[FetchPartitionKey], now: Timestamp) {
        for partition in named {
            if let Some(cached) = self.cached.get_mut(&partition.key) {
                cached.partition = partition;
                continue;
            }
            let key = partition.key.clone();
            self.places += key.places();
            let order = self.place_last(key.clone());
            // The client knows nothing of it yet, so the first answer differs in any case.
            let cached = Cached { partition, high_watermark: Offset::NONE, log_start: Offset::NONE, order };
            self.cached.insert(key, cached);
        }
        for key in forgotten {
            if let Some(cached) = self.cached.remove(key) {
                self.places -= key.places();
                self.order.remove(&cached.order);
            }
        }
        self.used_at = self.used_at.max(now);
        self.epoch = if self.epoch == i32::MAX { 1 } else { self.epoch + 1 };
    }

    /// Packs the maps of a session that was just filled: grown one by one, their nodes are half empty.
    pub(super) fn pack(&mut self) {
        self.cached = std::mem::take(&mut self.cached).into_iter().collect();
        self.order = std::mem::take(&mut self.order).into_iter().collect();
    }

    /// All partitions, in the order in which they are to be served.
    pub(super) fn partitions(&self) -> Vec<FetchPartition> {
        self.order.values().filter_map(|key| self.cached.get(key)).map(|cached| cached.partition.clone()).collect()
    }

    /// Remembers what the client learns by these answers; returns for each whether it is worth listing.
    pub(super) fn record(&mut self, partitions: &[FetchPartition], answers: &[PartitionAnswer]) -> Vec<bool> {
        let mut listed = vec![true; partitions.len()];
        for (index, (partition, answer)) in partitions.iter().zip(answers).enumerate() {
            let Some(cached) = self.cached.get_mut(&partition.key) else {
                continue;
            };
            listed[index] = answer.record_bytes > 0
                || answer.has_error
                || answer.is_diverging
                || answer.has_preferred_replica
                || cached.high_watermark != answer.high_watermark
                || cached.log_start != answer.log_start;
            cached.high_watermark = answer.high_watermark;
            cached.log_start = answer.log_start;
            if answer.has_error {
                // The first answer after the error must be listed, whatever it says.
                cached.high_watermark = Offset::NONE;
            }
            if answer.record_bytes > 0 {
                let former = cached.order;
                self.order.remove(&former);
                let order = self.place_last(partition.key.clone());
                if let Some(cached) = self.cached.get_mut(&partition.key) {
                    cached.order = order;
                }
            }
        }
        listed
    }

    fn place_last(&mut self, key: FetchPartitionKey) -> u64 {
        let order = self.next_order;
        self.next_order += 1;
        self.order.insert(order, key);
        order
    }

    #[cfg(test)]
    pub(super) fn set_epoch(&mut self, epoch: i32) {
        self.epoch = epoch;
    }
}
