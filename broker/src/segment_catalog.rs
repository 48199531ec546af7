//! Tiering's catalogue over the metadata quorum.
//!
//! Owns: the translation of each call to a command and of each refusal to an error kind. Does not own: what is allowed
//! (`strata-metadata-core`).

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use strata_compat::ids::{BrokerEpoch, BrokerId, Offset, TopicIdPartition, Uuid};
use strata_metadata::error::ErrorKind as QuorumErrorKind;
use strata_metadata::image_publisher::Published;
use strata_metadata::quorum::Quorum;
use strata_metadata_core::command::Command;
use strata_metadata_core::command::remote_segments::{
    AbandonObject, AdvanceDeletedTo, AdvanceTombstone, BeginTiering, CommitSegment, ForgetObjects, MoveLogStart,
    RemoteFence, ReplaceRows, ReserveObject, UUIDS_PER_COMMAND_MAX,
};
use strata_metadata_core::error::ErrorKind as CoreErrorKind;
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::{ObjectKind, RemotePartition, RemoteTombstone, SegmentRow};
use strata_metadata_core::response::{Refusal, RemoteRefusal, Reply};
use strata_tiering::catalog::{Fence, PageReplacement, RemoteSnapshot, SegmentCatalog, UuidState};
use strata_tiering::error::{Error, ErrorKind};

use crate::clock;

/// How long one command may stay undecided; afterwards its outcome is unknown.
const COMMAND_DEADLINE: Duration = Duration::from_secs(30);

/// The catalogue of one broker.
pub(crate) struct QuorumCatalog {
    quorum: Arc<Quorum>,
    broker: BrokerId,
}

impl QuorumCatalog {
    pub(crate) fn new(quorum: Arc<Quorum>, broker: BrokerId) -> Self {
        Self { quorum, broker }
    }

    fn fence(&self, fence: Fence) -> RemoteFence {
        RemoteFence {
            broker: self.broker,
            broker_epoch: fence.broker_epoch,
            leader_epoch: fence.leader_epoch,
            tiering_epoch: fence.tiering_epoch,
        }
    }

    async fn read(&self, what: &str) -> Result<Published, Error> {
        self.quorum
            .read_linearizable(COMMAND_DEADLINE)
            .await
            .map_err(|error| Error::with_source(ErrorKind::Unavailable, what, error))
    }

    async fn run(&self, what: &str, partition: TopicIdPartition, command: Command) -> Result<Reply, Error> {
        let committed = self.quorum.propose(&command, COMMAND_DEADLINE).await.map_err(|error| {
            let kind = match error.kind() {
                QuorumErrorKind::Closed => ErrorKind::Closed,
                QuorumErrorKind::Invalid => ErrorKind::Invalid,
                QuorumErrorKind::Corrupt | QuorumErrorKind::Storage | QuorumErrorKind::Internal => ErrorKind::Internal,
                QuorumErrorKind::Unavailable => ErrorKind::Unavailable,
            };
            Error::with_source(kind, format!("{what} of {partition}"), error)
        })?;
        committed.response.map_err(|refusal| {
            Error::with_source(kind_of(&refusal), format!("{what} of {partition} was refused"), refusal)
        })
    }
}

fn tombstones_of(image: &Image) -> Vec<(TopicIdPartition, Arc<RemoteTombstone>)> {
    image.remote.tombstones().map(|((partition, _), tombstone)| (*partition, Arc::clone(tombstone))).collect()
}

fn kind_of(refusal: &Refusal) -> ErrorKind {
    if matches!(refusal, Refusal::Remote(RemoteRefusal::RowsFull)) {
        return ErrorKind::RowsFull;
    }
    match refusal.kind() {
        CoreErrorKind::Unavailable => ErrorKind::Unavailable,
        CoreErrorKind::Fenced => ErrorKind::Fenced,
        CoreErrorKind::NotFound => ErrorKind::NotFound,
        CoreErrorKind::Invalid => ErrorKind::Invalid,
        CoreErrorKind::Corrupt => ErrorKind::Corrupt,
        CoreErrorKind::Closed => ErrorKind::Closed,
        CoreErrorKind::Internal => ErrorKind::Internal,
    }
}

#[async_trait]
impl SegmentCatalog for QuorumCatalog {
    fn broker_epoch(&self) -> BrokerEpoch {
        self.quorum.current().image.brokers.epoch_of(self.broker)
    }

    fn walks_tombstones(&self) -> bool {
        self.quorum.current().image.brokers.lowest_alive() == Some(self.broker)
    }

    async fn snapshot_linearizable(&self) -> Result<RemoteSnapshot, Error> {
        let image = self.read("the remote state of all partitions").await?.image;
        Ok(RemoteSnapshot {
            partitions: image.remote.iter().map(|(id, remote)| (*id, Arc::clone(remote))).collect(),
            tombstones: tombstones_of(&image),
        })
    }

    fn remote_partition(&self, partition: TopicIdPartition) -> Option<Arc<RemotePartition>> {
        self.quorum.current().image.remote_partition(partition).cloned()
    }

    async fn remote_partition_linearizable(
        &self,
        partition: TopicIdPartition,
    ) -> Result<Option<Arc<RemotePartition>>, Error> {
        let published = self.read("the remote state of a partition").await?;
        Ok(published.image.remote_partition(partition).cloned())
    }

    async fn begin(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error> {
        let command = Command::BeginTiering(BeginTiering { partition, fence: self.fence(fence), log_start });
        self.run("the first log start", partition, command).await.map(|_| ())
    }

    async fn reserve(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        uuid: Uuid,
        kind: ObjectKind,
        base_offset: Offset,
    ) -> Result<(), Error> {
        let command = Command::ReserveObject(ReserveObject {
            partition,
            fence: self.fence(fence),
            uuid,
            kind,
            base_offset,
            now: clock::now(),
        });
        self.run("a reservation", partition, command).await.map(|_| ())
    }

    async fn commit(&self, partition: TopicIdPartition, fence: Fence, row: SegmentRow) -> Result<(), Error> {
        let command = Command::CommitSegment(CommitSegment { partition, fence: self.fence(fence), row });
        self.run("the commit of a segment", partition, command).await.map(|_| ())
    }

    async fn replace_rows(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        pages_version: u64,
        replacement: PageReplacement,
    ) -> Result<(), Error> {
        let command = Command::ReplaceRows(ReplaceRows {
            partition,
            fence: self.fence(fence),
            pages_version,
            page: replacement.page,
            replaced_page: replacement.replaced_page,
            moved_rows: replacement.moved_rows,
        });
        self.run("the commit of a page", partition, command).await.map(|_| ())
    }

    async fn abandon(&self, partition: TopicIdPartition, uuid: Uuid) -> Result<UuidState, Error> {
        let command = Command::AbandonObject(AbandonObject { partition, uuid, now: clock::now() });
        match self.run("an abandon", partition, command).await? {
            Reply::Uuid(state) => Ok(state),
            other => Err(Error::new(ErrorKind::Internal, format!("an abandon of {partition} was answered {other:?}"))),
        }
    }

    async fn forget(&self, partition: TopicIdPartition, uuids: Vec<Uuid>) -> Result<(), Error> {
        for uuids in uuids.chunks(UUIDS_PER_COMMAND_MAX) {
            let command = Command::ForgetObjects(ForgetObjects { partition, uuids: uuids.to_vec() });
            self.run("forgetting", partition, command).await?;
        }
        Ok(())
    }

    async fn move_log_start(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error> {
        let command = Command::MoveLogStart(MoveLogStart { partition, fence: self.fence(fence), log_start });
        self.run("moving the log start", partition, command).await.map(|_| ())
    }

    async fn advance_deleted_to(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        deleted_to: Offset,
    ) -> Result<(), Error> {
        let command = Command::AdvanceDeletedTo(AdvanceDeletedTo { partition, fence: self.fence(fence), deleted_to });
        self.run("moving the deletion mark", partition, command).await.map(|_| ())
    }

    fn tombstones(&self) -> Vec<(TopicIdPartition, Arc<RemoteTombstone>)> {
        tombstones_of(&self.quorum.current().image)
    }

    async fn advance_tombstone(
        &self,
        partition: TopicIdPartition,
        tiering_epoch: u32,
        deleted_to: Option<Offset>,
        forgotten: Vec<Uuid>,
    ) -> Result<(), Error> {
        let mut batches = forgotten.chunks(UUIDS_PER_COMMAND_MAX).peekable();
        let first = batches.next().unwrap_or_default();
        let mut current = first;
        // The walk's end is told with the last batch only.
        loop {
            let is_last = batches.peek().is_none();
            let command = Command::AdvanceTombstone(AdvanceTombstone {
                partition,
                tiering_epoch,
                deleted_to: if is_last { deleted_to } else { Some(Offset(0)) },
                forgotten: current.to_vec(),
            });
            self.run("moving a tombstone on", partition, command).await?;
            match batches.next() {
                Some(next) => current = next,
                None => return Ok(()),
            }
        }
    }
}
