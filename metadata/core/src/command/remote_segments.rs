//! Commands on remote segments. What is allowed when: `control/remote_segments.rs`.

use serde::{Deserialize, Serialize};
use strata_compat::ids::{BrokerEpoch, BrokerId, LeaderEpoch, Offset, Timestamp, TopicIdPartition, Uuid};

use crate::image::remote_segments::{ObjectKind, PageReference, SegmentRow};

/// Uuids in one command, at most.
pub const UUIDS_PER_COMMAND_MAX: usize = 256;

/// Who asks: this broker, as leader of this epoch, in this registration and this tiering epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFence {
    /// The asking broker.
    pub broker: BrokerId,
    /// Its registration.
    pub broker_epoch: BrokerEpoch,
    /// Epoch under which it leads the partition.
    pub leader_epoch: LeaderEpoch,
    /// Tiering epoch that it has seen.
    pub tiering_epoch: u32,
}

/// Sets the log start of a partition whose tiering was just enabled; the first command of its leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginTiering {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// First offset that may be read.
    pub log_start: Offset,
}

/// Ends the tiering of a partition whose topic has `remote.storage.enable` no longer: the log start rises to the local
/// start, what is in the bucket goes under a tombstone, and a new tiering epoch begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisableTiering {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// First offset in local files.
    pub local_start: Offset,
    /// The proposer's clock.
    pub now: Timestamp,
}

/// Reserves a uuid for an object with this base offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReserveObject {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// Identity of the object.
    pub uuid: Uuid,
    /// Segment or page.
    pub kind: ObjectKind,
    /// Base offset in the object's key.
    pub base_offset: Offset,
    /// The proposer's clock.
    pub now: Timestamp,
}

/// Commits a reserved segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitSegment {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// The segment.
    pub row: SegmentRow,
}

/// Commits a reserved page in place of the oldest rows and, if it goes on filling one, of the last page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplaceRows {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// Version of the page list that the page was made for.
    pub pages_version: u64,
    /// The new page.
    pub page: PageReference,
    /// The last page, if its rows went into the new one.
    pub replaced_page: Option<Uuid>,
    /// The rows that went into it, oldest first.
    pub moved_rows: Vec<Uuid>,
}

/// Gives up a live reservation; changes nothing for any other uuid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbandonObject {
    /// The partition.
    pub partition: TopicIdPartition,
    /// The reservation.
    pub uuid: Uuid,
    /// The proposer's clock.
    pub now: Timestamp,
}

/// Forgets abandoned objects and replaced pages that are gone from the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetObjects {
    /// The partition.
    pub partition: TopicIdPartition,
    /// The objects, at most [`UUIDS_PER_COMMAND_MAX`]. Unknown ones are passed over.
    pub uuids: Vec<Uuid>,
}

/// Raises the log start; never lowers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveLogStart {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// First offset that may be read.
    pub log_start: Offset,
}

/// Raises the mark below which all is gone from the bucket; rows and pages that end there are dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceDeletedTo {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Who asks.
    pub fence: RemoteFence,
    /// The mark.
    pub deleted_to: Offset,
}

/// Moves the walk of a tombstone on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvanceTombstone {
    /// The partition.
    pub partition: TopicIdPartition,
    /// Tiering epoch that the tombstone ended.
    pub tiering_epoch: u32,
    /// The mark; `None` says that nothing of the tombstone is left and drops it.
    pub deleted_to: Option<Offset>,
    /// Abandoned objects and replaced pages that are gone, at most [`UUIDS_PER_COMMAND_MAX`].
    pub forgotten: Vec<Uuid>,
}
