//! What the quorum knows of each partition's remote log segments.
//!
//! Owns: rows, page references, reservations, tombstones, and the look-ups of them. Does not own: who may change them
//! (`control/remote_segments.rs`), the objects themselves (the tiering crate).
//!
//! ```text
//!   deleted_to      log start                                          remote end        log end
//!       │  dead rows    │   pages (older rows, in the bucket) │ rows ≤16 │   local only   │
//! ──────┴───────────────┴─────────────────────────────────────┴──────────┴────────────────┴──►  offsets
//! ```
//! Invariants: pages and rows are contiguous and ordered within `[deleted_to, remote_end)`, but for gaps below the log
//! start, where no row was ever needed; `log_start` only grows; at most one live segment reservation, one live page
//! reservation, and sixteen abandoned or live uuids together.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid};

use crate::response::UuidState;
use crate::shared_map::SharedMap;

/// Rows that the quorum itself holds of one partition, at most.
pub const ROWS_MAX: usize = 16;
/// Oldest rows that move into a page at once.
pub const ROWS_PER_PAGE_MOVE: usize = 12;
/// Abandoned uuids of one partition, at most; at that number reserve is refused, retriably.
pub const ABANDONED_MAX: usize = 16;
/// Replaced pages of one partition that wait for their deletion, at most; at that number a page is not reserved, retriably.
pub const DELETE_PENDING_PAGES_MAX: usize = 16;
/// Attachments of a row, at most.
pub const ATTACHMENTS_MAX: usize = 4;
/// Content of an attachment, at most, in bytes.
pub const ATTACHMENT_BYTES_MAX: usize = 256;
/// Name of an origin cluster, at most, in bytes.
pub const ORIGIN_CLUSTER_BYTES_MAX: usize = 64;
/// Size of a page object, at most, in bytes.
pub const PAGE_BYTES_MAX: usize = 64 * 1024;

/// What the quorum or a page says of one remote log segment: the offsets `[base_offset, end_offset)` in one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// Identity of the segment and of its object.
    pub uuid: Uuid,
    /// First offset that the row answers for: the reserved base offset. The object's first batch may begin below it
    /// (log start inside a batch).
    pub base_offset: Offset,
    /// Offset after the last one.
    pub end_offset: Offset,
    /// The offset in the object's key: the base offset that was reserved. The object's bytes begin at the batch that
    /// holds it, which may begin below.
    pub object_base_offset: Offset,
    /// Epoch of the leader that wrote the object; part of its key.
    pub leader_epoch: LeaderEpoch,
    /// Epoch of the last batch in the segment.
    pub last_leader_epoch: LeaderEpoch,
    /// Smallest record timestamp.
    pub min_timestamp: Timestamp,
    /// Largest record timestamp.
    pub max_timestamp: Timestamp,
    /// Size of the batches as they lie in a log, in bytes.
    pub log_bytes: u64,
    /// Size of the object, in bytes.
    pub object_bytes: u64,
    /// Where the index section begins in the object, in bytes; it ends at `object_bytes`.
    pub index_position: u64,
    /// Cluster that wrote the object, if not this one (after a restore).
    pub origin_cluster: Option<String>,
    /// What else belongs to the segment (companion tables, …), by kind.
    pub attachments: Vec<Attachment>,
}

/// Something that belongs to a row and that only its kind's owner reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What it is.
    pub kind: u16,
    /// Its content, at most 256 bytes.
    pub content: Vec<u8>,
}

/// A page of older rows in the bucket: one immutable, checksummed object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageReference {
    /// Identity of the page and of its object.
    pub uuid: Uuid,
    /// Base offset of the first row.
    pub base_offset: Offset,
    /// End offset of the last row.
    pub end_offset: Offset,
    /// Epoch of the leader that wrote the page; part of its key.
    pub leader_epoch: LeaderEpoch,
    /// Smallest record timestamp of its rows.
    pub min_timestamp: Timestamp,
    /// Largest record timestamp of its rows.
    pub max_timestamp: Timestamp,
    /// Sum of its rows' log bytes.
    pub log_bytes: u64,
    /// Sum of its rows' object bytes.
    pub object_bytes: u64,
    /// Size of the page object itself, in bytes.
    pub page_bytes: u32,
    /// Rows in it.
    pub rows: u32,
    /// Cluster that wrote the page, if not this one (after a restore).
    pub origin_cluster: Option<String>,
}

/// Which kind of object a reservation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ObjectKind {
    /// A remote log segment.
    Segment,
    /// A page of rows; valid for one version of the partition's page list.
    Page {
        /// [`RemotePartition::pages_version`] that the writer saw.
        pages_version: u64,
    },
}

/// The right of one leader to write and commit one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// Identity of the object to be written.
    pub uuid: Uuid,
    /// Segment or page.
    pub kind: ObjectKind,
    /// Base offset in the object's key.
    pub base_offset: Offset,
    /// Epoch of the reserving leader.
    pub leader_epoch: LeaderEpoch,
    /// Epoch of the reserving broker.
    pub broker_epoch: BrokerEpoch,
    /// Tiering epoch at the reservation.
    pub tiering_epoch: u32,
    /// Remote end at the reservation, which a commit must still find. `None`: nothing was remote.
    pub remote_end: Option<Offset>,
}

/// An object that will never be committed: it may exist, or may still come to exist while a late PUT is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbandonedObject {
    /// Identity of the object.
    pub uuid: Uuid,
    /// Whether its key ends in `.page`.
    pub is_page: bool,
    /// Base offset in its key.
    pub base_offset: Offset,
    /// Leader epoch in its key.
    pub leader_epoch: LeaderEpoch,
    /// When it was abandoned, by the clock of the proposer.
    pub abandoned_at: Timestamp,
}

/// All that the quorum holds of one partition's remote log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemotePartition {
    /// Counts the times that tiering was disabled.
    pub tiering_epoch: u32,
    /// First offset that may be read. `None` until the leader sets it after tiering is enabled.
    pub log_start: Option<Offset>,
    /// End of the committed remote range (exclusive). `None`: nothing is remote and no local byte may go for it.
    pub remote_end: Option<Offset>,
    /// Everything below is gone from the bucket.
    pub deleted_to: Offset,
    /// Newest rows, oldest first, at most [`ROWS_MAX`].
    pub rows: Vec<Arc<SegmentRow>>,
    /// Pages of the rows before those, oldest first.
    pub pages: Vec<Arc<PageReference>>,
    /// Changes with every change of `pages`.
    pub pages_version: u64,
    /// The live reservation of a segment.
    pub reserved_segment: Option<Reservation>,
    /// The live reservation of a page.
    pub reserved_page: Option<Reservation>,
    /// Uuids that will never be committed, until they are forgotten.
    pub abandoned: Vec<AbandonedObject>,
    /// Pages that another page has replaced; their objects are to be deleted (not the segments they name).
    pub delete_pending_pages: Vec<Arc<PageReference>>,
}

/// What is left to delete of a partition whose topic is gone, or whose tiering was disabled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteTombstone {
    /// Tiering epoch that ended.
    pub tiering_epoch: u32,
    /// The partition's state as it was then, with its live reservations abandoned. `deleted_to` moves on as the walk does.
    pub remote: RemotePartition,
}

impl RemotePartition {
    /// Where the next segment must begin: max(remote end, log start). `None` before the log start is set.
    #[must_use]
    pub fn next_base_offset(&self) -> Option<Offset> {
        let log_start = self.log_start?;
        Some(self.remote_end.map_or(log_start, |end| end.max(log_start)))
    }

    /// How a uuid of a segment or page stands. Rows inside pages are not known here.
    #[must_use]
    pub fn uuid_state(&self, uuid: Uuid) -> UuidState {
        let reserved = |reservation: &Option<Reservation>| reservation.as_ref().is_some_and(|live| live.uuid == uuid);
        if reserved(&self.reserved_segment) || reserved(&self.reserved_page) {
            UuidState::Reserved
        } else if self.abandoned.iter().any(|object| object.uuid == uuid) {
            UuidState::Abandoned
        } else if self.rows.iter().any(|row| row.uuid == uuid)
            || self.pages.iter().chain(&self.delete_pending_pages).any(|page| page.uuid == uuid)
        {
            UuidState::Committed
        } else {
            UuidState::Unknown
        }
    }

    /// Uuids that are abandoned or live.
    #[must_use]
    pub fn unsettled_uuids(&self) -> usize {
        self.abandoned.len() + usize::from(self.reserved_segment.is_some()) + usize::from(self.reserved_page.is_some())
    }

    /// Whether nothing in the bucket belongs to it, as far as the quorum knows.
    #[must_use]
    pub fn owns_nothing(&self) -> bool {
        self.rows.is_empty()
            && self.pages.is_empty()
            && self.delete_pending_pages.is_empty()
            && self.unsettled_uuids() == 0
    }
}

/// A tombstone's key: the partition, and the tiering epoch that ended.
pub type TombstoneKey = (TopicIdPartition, u32);

/// Remote state of all partitions that have any, and the tombstones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteImage {
    partitions: SharedMap<TopicIdPartition, RemotePartition>,
    tombstones: SharedMap<TombstoneKey, RemoteTombstone>,
}

impl RemoteImage {
    /// The remote state of one partition; `None` if it was never tiered.
    #[must_use]
    pub fn get(&self, partition: TopicIdPartition) -> Option<&Arc<RemotePartition>> {
        self.partitions.get(&partition)
    }

    /// All partitions with remote state, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&TopicIdPartition, &Arc<RemotePartition>)> {
        self.partitions.iter()
    }

    /// One tombstone.
    #[must_use]
    pub fn tombstone(&self, partition: TopicIdPartition, tiering_epoch: u32) -> Option<&Arc<RemoteTombstone>> {
        self.tombstones.get(&(partition, tiering_epoch))
    }

    /// All tombstones, in order.
    pub fn tombstones(&self) -> impl Iterator<Item = (&TombstoneKey, &Arc<RemoteTombstone>)> {
        self.tombstones.iter()
    }

    /// The tombstones of one partition, oldest tiering epoch first.
    pub fn tombstones_of(&self, partition: TopicIdPartition) -> impl Iterator<Item = &Arc<RemoteTombstone>> {
        self.tombstones
            .range_from(&(partition, 0))
            .take_while(move |((id, _), _)| *id == partition)
            .map(|(_, tombstone)| tombstone)
    }

    /// Whether any partition of the topic has remote state; tombstones aside.
    #[must_use]
    pub fn has_partitions(&self, topic_id: TopicId) -> bool {
        let first = TopicIdPartition { topic_id, partition: PartitionId(0) };
        self.partitions.range_from(&first).next().is_some_and(|(id, _)| id.topic_id == topic_id)
    }

    /// Whether any partition of the topic has a tombstone.
    #[must_use]
    pub fn has_tombstones(&self, topic_id: TopicId) -> bool {
        let first = (TopicIdPartition { topic_id, partition: PartitionId(0) }, 0);
        self.tombstones.range_from(&first).next().is_some_and(|((id, _), _)| id.topic_id == topic_id)
    }

    pub(crate) const fn partition_map(&self) -> &SharedMap<TopicIdPartition, RemotePartition> {
        &self.partitions
    }

    pub(crate) const fn tombstone_map(&self) -> &SharedMap<TombstoneKey, RemoteTombstone> {
        &self.tombstones
    }

    pub(crate) fn set(&mut self, partition: TopicIdPartition, remote: RemotePartition) {
        self.partitions.insert(partition, remote);
    }

    pub(crate) fn remove(&mut self, partition: TopicIdPartition) -> Option<Arc<RemotePartition>> {
        self.partitions.remove(&partition)
    }

    pub(crate) fn set_tombstone(&mut self, partition: TopicIdPartition, tombstone: RemoteTombstone) {
        self.tombstones.insert((partition, tombstone.tiering_epoch), tombstone);
    }

    pub(crate) fn remove_tombstone(&mut self, partition: TopicIdPartition, tiering_epoch: u32) {
        self.tombstones.remove(&(partition, tiering_epoch));
    }
}
