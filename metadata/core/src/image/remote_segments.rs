//! What the quorum knows of each partition's remote log segments.
//!
//! Owns: rows, page references, reservations, tombstones. Does not own: who may change them (`control/remote_segments.rs`),
//! the objects themselves (the tiering crate).
//!
//! ```text
//!   deleted_to      log start                                          remote end        log end
//!       │  dead rows    │   pages (older rows, in the bucket) │ rows ≤16 │   local only   │
//! ──────┴───────────────┴─────────────────────────────────────┴──────────┴────────────────┴──►  offsets
//! ```
//! Invariants: pages and rows are contiguous and ordered within `[deleted_to, remote_end)`; `log_start` only grows;
//! at most one live segment reservation, one live page reservation and sixteen abandoned uuids.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, LeaderEpoch, Offset, Timestamp, Uuid};

/// Rows that the quorum itself holds of one partition, at most.
pub const ROWS_MAX: usize = 16;
/// Oldest rows that move into a page at once.
pub const ROWS_PER_PAGE_MOVE: usize = 12;
/// Abandoned uuids of one partition, at most; at that number reserve is refused, retriably.
pub const ABANDONED_MAX: usize = 16;
/// Size of a page object, at most, in bytes.
pub const PAGE_BYTES_MAX: usize = 64 * 1024;

/// What the quorum or a page says of one remote log segment: the offsets `[base_offset, end_offset)` in one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRow {
    /// Identity of the segment and of its object.
    pub uuid: Uuid,
    /// First offset that the row answers for. The object's first batch may begin below it (log start inside a batch).
    pub base_offset: Offset,
    /// Offset after the last one.
    pub end_offset: Offset,
    /// Base offset of the object's first batch, which is also the offset in its key.
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
