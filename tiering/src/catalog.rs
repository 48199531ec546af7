//! The quorum as tiering sees it: every change of shared state is one fenced command.
//!
//! Owns: the trait and the names of its arguments. Does not own: its implementation over the quorum (the broker's
//! `segment_catalog.rs`), or what is allowed (`strata_metadata_core`).

use std::sync::Arc;

use async_trait::async_trait;
use strata_compat::ids::{BrokerEpoch, LeaderEpoch, Offset, TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::{
    ObjectKind, PageReference, RemotePartition, RemoteTombstone, SegmentRow,
};

use crate::error::Error;

pub use strata_metadata_core::response::UuidState;

/// Who asks: a leader of this epoch, on a broker of this epoch, in this tiering epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Epoch under which the asking replica leads the partition.
    pub leader_epoch: LeaderEpoch,
    /// Registration of the asking broker.
    pub broker_epoch: BrokerEpoch,
    /// Tiering epoch that the asker has seen.
    pub tiering_epoch: u32,
}

/// One page that takes the place of rows and, if it goes on filling one, of the last page.
#[derive(Clone, Debug)]
pub struct PageReplacement {
    /// The new page.
    pub page: PageReference,
    /// The last page, if its rows went into the new one.
    pub replaced_page: Option<Uuid>,
    /// The rows that went into it, oldest first.
    pub moved_rows: Vec<Uuid>,
}

/// All that the quorum holds of remote logs, at one moment.
#[derive(Clone, Debug, Default)]
pub struct RemoteSnapshot {
    /// Every partition that has remote state.
    pub partitions: Vec<(TopicIdPartition, Arc<RemotePartition>)>,
    /// Every tombstone.
    pub tombstones: Vec<(TopicIdPartition, Arc<RemoteTombstone>)>,
}

/// Reserve, commit, abandon, forget, replace, move, drop: each answers once the quorum has committed and this broker has
/// applied it. An error of kind `Unavailable` means that the outcome is unknown.
#[async_trait]
pub trait SegmentCatalog: Send + Sync + 'static {
    /// Registration of this broker, for fences.
    fn broker_epoch(&self) -> BrokerEpoch;

    /// Whether this broker walks the tombstones: it has the lowest id of all live brokers.
    fn walks_tombstones(&self) -> bool;

    /// All partitions' remote state, read linearizably: it reflects everything committed before the call.
    async fn snapshot_linearizable(&self) -> Result<RemoteSnapshot, Error>;

    /// The partition's remote state in this broker's image; `None` for an unknown or never tiered partition.
    fn remote_partition(&self, partition: TopicIdPartition) -> Option<Arc<RemotePartition>>;

    /// The same, read linearizably: it reflects everything committed before the call.
    async fn remote_partition_linearizable(
        &self,
        partition: TopicIdPartition,
    ) -> Result<Option<Arc<RemotePartition>>, Error>;

    /// Sets the log start of a partition whose tiering was just enabled; the first command of its leader.
    async fn begin(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error>;

    /// Reserves `uuid` for an object with this base offset. Reserving a live reservation of one's own again succeeds.
    async fn reserve(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        uuid: Uuid,
        kind: ObjectKind,
        base_offset: Offset,
    ) -> Result<(), Error>;

    /// Commits a reserved segment. `RowsFull` asks for a page first; the reservation stays.
    async fn commit(&self, partition: TopicIdPartition, fence: Fence, row: SegmentRow) -> Result<(), Error>;

    /// Commits a reserved page in place of rows, by compare-and-set on the page list's version.
    async fn replace_rows(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        pages_version: u64,
        replacement: PageReplacement,
    ) -> Result<(), Error>;

    /// Gives up a live reservation; changes nothing for any other uuid. Answers how the uuid stands afterwards.
    async fn abandon(&self, partition: TopicIdPartition, uuid: Uuid) -> Result<UuidState, Error>;

    /// Forgets abandoned uuids (after DELETE and a 404) and delete-pending pages whose objects are gone.
    async fn forget(&self, partition: TopicIdPartition, uuids: Vec<Uuid>) -> Result<(), Error>;

    /// Raises the log start; never lowers it.
    async fn move_log_start(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error>;

    /// States that everything below `deleted_to` is gone from the bucket: rows and pages that end there are dropped.
    async fn advance_deleted_to(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        deleted_to: Offset,
    ) -> Result<(), Error>;

    /// All tombstones (deleted topics, disabled tiering) in this broker's image.
    fn tombstones(&self) -> Vec<(TopicIdPartition, Arc<RemoteTombstone>)>;

    /// Moves a tombstone's walk on; `None` says that nothing of it is left and drops it.
    async fn advance_tombstone(
        &self,
        partition: TopicIdPartition,
        tiering_epoch: u32,
        deleted_to: Option<Offset>,
        forgotten: Vec<Uuid>,
    ) -> Result<(), Error>;
}
