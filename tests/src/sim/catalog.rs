//! The quorum as one broker's tiering reaches it: commands and answers get lost, come late, come twice.
//!
//! Owns: those faults, and the translation of refusals. Does not own: what is allowed (`strata_metadata_core`).

use std::sync::Arc;

use async_trait::async_trait;
use strata_compat::ids::{BrokerEpoch, Offset, TopicIdPartition, Uuid};
use strata_metadata_core::command::Command;
use strata_metadata_core::command::remote_segments::{
    AbandonObject, AdvanceDeletedTo, AdvanceTombstone, BeginTiering, CommitSegment, ForgetObjects, MoveLogStart,
    RemoteFence, ReplaceRows, ReserveObject,
};
use strata_metadata_core::error::ErrorKind as CoreErrorKind;
use strata_metadata_core::image::remote_segments::{ObjectKind, RemotePartition, RemoteTombstone, SegmentRow};
use strata_metadata_core::response::{Refusal, RemoteRefusal, Reply};
use strata_tiering::catalog::{Fence, PageReplacement, RemoteSnapshot, SegmentCatalog, UuidState};
use strata_tiering::error::{Error, ErrorKind};

use super::broker::SimBroker;
use super::clock::wait_ms;
use super::cluster::Cluster;
use super::weather::Fault;

/// How long a command may stay undecided for its asker.
const COMMAND_LIMIT_MS: u64 = 30_000;
/// A command that is decided late is so by then.
const LATE_MAX_MS: u64 = 120_000;

/// The catalogue of one broker.
#[derive(Clone)]
pub struct SimCatalog {
    cluster: Arc<Cluster>,
    broker: Arc<SimBroker>,
}

impl SimCatalog {
    /// The catalogue of a broker.
    #[must_use]
    pub const fn new(cluster: Arc<Cluster>, broker: Arc<SimBroker>) -> Self {
        Self { cluster, broker }
    }

    fn fence(&self, fence: Fence) -> RemoteFence {
        RemoteFence {
            broker: self.broker.id,
            broker_epoch: fence.broker_epoch,
            leader_epoch: fence.leader_epoch,
            tiering_epoch: fence.tiering_epoch,
        }
    }

    /// A command on its way through everything that can happen to it. What was sent arrives even if the asker goes away.
    pub async fn ask(&self, command: Command) -> Result<Reply, Error> {
        let asked = self.clone();
        match tokio::spawn(async move { asked.deliver(command).await }).await {
            Ok(result) => result,
            Err(error) => Err(Error::with_source(ErrorKind::Internal, "a command", error)),
        }
    }

    async fn deliver(&self, command: Command) -> Result<Reply, Error> {
        let shared = &self.cluster.shared;
        wait_ms(shared.random.between(1, 12)).await;
        let unknown = |what: &str| Err(Error::new(ErrorKind::Unavailable, what.to_owned()));
        if shared.strikes(Fault::LostRequest) {
            wait_ms(shared.random.between(100, COMMAND_LIMIT_MS)).await;
            return unknown("the request was lost");
        }
        if shared.strikes(Fault::AppliedLate) {
            let (cluster, late_ms) = (Arc::clone(&self.cluster), shared.random.between(1_000, LATE_MAX_MS));
            tokio::spawn(async move {
                wait_ms(late_ms).await;
                // Nobody waits for its answer any more.
                drop(cluster.apply(&command));
            });
            wait_ms(shared.random.between(100, COMMAND_LIMIT_MS)).await;
            return unknown("the quorum has not answered");
        }
        let response = self.cluster.apply(&command);
        if shared.strikes(Fault::AppliedTwice) {
            wait_ms(shared.random.between(1, 5_000)).await;
            // The asker is told of the first.
            drop(self.cluster.apply(&command));
        }
        if shared.strikes(Fault::LostReply) {
            wait_ms(shared.random.between(100, COMMAND_LIMIT_MS)).await;
            return unknown("the answer was lost");
        }
        wait_ms(shared.random.between(1, 12)).await;
        self.broker.hear(&self.cluster, self.cluster.truth());
        response.map_err(|refusal| Error::with_source(kind_of(&refusal), "refused", refusal))
    }

    async fn read_barrier(&self) -> Result<(), Error> {
        let shared = &self.cluster.shared;
        wait_ms(shared.random.between(1, 12)).await;
        if shared.strikes(Fault::ReadFails) {
            wait_ms(shared.random.between(100, COMMAND_LIMIT_MS)).await;
            return Err(Error::new(ErrorKind::Unavailable, "the quorum cannot be read"));
        }
        self.broker.hear(&self.cluster, self.cluster.truth());
        Ok(())
    }
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
impl SegmentCatalog for SimCatalog {
    fn broker_epoch(&self) -> BrokerEpoch {
        self.broker.image().brokers.epoch_of(self.broker.id)
    }

    fn walks_tombstones(&self) -> bool {
        self.broker.image().brokers.lowest_alive() == Some(self.broker.id)
    }

    async fn snapshot_linearizable(&self) -> Result<RemoteSnapshot, Error> {
        self.read_barrier().await?;
        let image = self.broker.image();
        Ok(RemoteSnapshot {
            partitions: image.remote.iter().map(|(id, remote)| (*id, Arc::clone(remote))).collect(),
            tombstones: image.remote.tombstones().map(|((id, _), stone)| (*id, Arc::clone(stone))).collect(),
        })
    }

    fn remote_partition(&self, partition: TopicIdPartition) -> Option<Arc<RemotePartition>> {
        self.broker.image().remote_partition(partition).cloned()
    }

    async fn remote_partition_linearizable(
        &self,
        partition: TopicIdPartition,
    ) -> Result<Option<Arc<RemotePartition>>, Error> {
        self.read_barrier().await?;
        Ok(self.remote_partition(partition))
    }

    async fn begin(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error> {
        let command = BeginTiering { partition, fence: self.fence(fence), log_start };
        self.ask(Command::BeginTiering(command)).await.map(drop)
    }

    async fn reserve(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        uuid: Uuid,
        kind: ObjectKind,
        base_offset: Offset,
    ) -> Result<(), Error> {
        let (fence, now) = (self.fence(fence), self.cluster.shared.now());
        let command = ReserveObject { partition, fence, uuid, kind, base_offset, now };
        self.ask(Command::ReserveObject(command)).await.map(drop)
    }

    async fn commit(&self, partition: TopicIdPartition, fence: Fence, row: SegmentRow) -> Result<(), Error> {
        let command = CommitSegment { partition, fence: self.fence(fence), row };
        self.ask(Command::CommitSegment(command)).await.map(drop)
    }

    async fn replace_rows(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        pages_version: u64,
        replacement: PageReplacement,
    ) -> Result<(), Error> {
        let PageReplacement { page, replaced_page, moved_rows } = replacement;
        let fence = self.fence(fence);
        let command = ReplaceRows { partition, fence, pages_version, page, replaced_page, moved_rows };
        self.ask(Command::ReplaceRows(command)).await.map(drop)
    }

    async fn abandon(&self, partition: TopicIdPartition, uuid: Uuid) -> Result<UuidState, Error> {
        let command = AbandonObject { partition, uuid, now: self.cluster.shared.now() };
        match self.ask(Command::AbandonObject(command)).await? {
            Reply::Uuid(state) => Ok(state),
            other => Err(Error::new(ErrorKind::Internal, format!("an abandon answered {other:?}"))),
        }
    }

    async fn forget(&self, partition: TopicIdPartition, uuids: Vec<Uuid>) -> Result<(), Error> {
        self.ask(Command::ForgetObjects(ForgetObjects { partition, uuids })).await.map(drop)
    }

    async fn move_log_start(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error> {
        let command = MoveLogStart { partition, fence: self.fence(fence), log_start };
        self.ask(Command::MoveLogStart(command)).await.map(drop)
    }

    async fn advance_deleted_to(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        deleted_to: Offset,
    ) -> Result<(), Error> {
        let command = AdvanceDeletedTo { partition, fence: self.fence(fence), deleted_to };
        self.ask(Command::AdvanceDeletedTo(command)).await.map(drop)
    }

    fn tombstones(&self) -> Vec<(TopicIdPartition, Arc<RemoteTombstone>)> {
        let image = self.broker.image();
        image.remote.tombstones().map(|((id, _), stone)| (*id, Arc::clone(stone))).collect()
    }

    async fn advance_tombstone(
        &self,
        partition: TopicIdPartition,
        tiering_epoch: u32,
        deleted_to: Option<Offset>,
        forgotten: Vec<Uuid>,
    ) -> Result<(), Error> {
        let command = AdvanceTombstone { partition, tiering_epoch, deleted_to, forgotten };
        self.ask(Command::AdvanceTombstone(command)).await.map(drop)
    }
}
