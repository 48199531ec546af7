//! A quorum for tests, on the real state machine, with answers that get lost; and a log in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use object_store::ObjectStore;
use parking_lot::Mutex;
use strata_compat::ids::{
    BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid,
};
use strata_compat::record_batch::BatchHeader;
use strata_metadata_core::command::brokers::RegisterBroker;
use strata_metadata_core::command::configs::{AlterConfigs, ConfigOperation};
use strata_metadata_core::command::remote_segments::{
    AbandonObject, AdvanceDeletedTo, AdvanceTombstone, BeginTiering, CommitSegment, DisableTiering, ForgetObjects,
    MoveLogStart, RemoteFence, ReplaceRows, ReserveObject,
};
use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, DeleteTopic, Placement};
use strata_metadata_core::command::{Command, FormatCluster};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};
use strata_metadata_core::image::configs::ConfigResource;
use strata_metadata_core::image::remote_segments::{ObjectKind, RemotePartition, RemoteTombstone, SegmentRow};
use strata_metadata_core::response::{Refusal, RemoteRefusal, Reply};

use super::FaultyStore;
use crate::catalog::{Fence, PageReplacement, RemoteSnapshot, SegmentCatalog, UuidState};
use crate::clock::Clock;
use crate::config::{TieringConfig, TopicTiering};
use crate::copier::{CopierContext, UploadBudget};
use crate::error::{Error, ErrorKind};
use crate::metrics::TieringMetrics;
use crate::object_key::ObjectNames;
use crate::partition_tiering::{PartitionTiering, Work};
use crate::source::{SegmentSource, SideData, SourceRange, SourceState};

pub(crate) const TOPIC: &str = "flights";

#[derive(Debug, Default)]
pub(crate) struct ManualClock(AtomicI64);

impl ManualClock {
    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// The quorum, with one broker that leads everything.
pub(crate) struct ModelCatalog {
    image: Mutex<Image>,
    clock: Arc<ManualClock>,
    /// Commands whose answers get lost, though they are done.
    pub(crate) lose_answers: AtomicUsize,
    /// Commands that get lost before they are done.
    pub(crate) lose_requests: AtomicUsize,
    pub(crate) walks_tombstones: AtomicBool,
    /// Names of the commands that were asked for, in order.
    pub(crate) asked: Mutex<Vec<&'static str>>,
}

impl ModelCatalog {
    pub(crate) fn new(clock: Arc<ManualClock>) -> Self {
        let model = Self {
            image: Mutex::new(Image::default()),
            clock,
            lose_answers: AtomicUsize::new(0),
            lose_requests: AtomicUsize::new(0),
            walks_tombstones: AtomicBool::new(true),
            asked: Mutex::new(Vec::new()),
        };
        let features = vec![("metadata.version".to_owned(), 30), ("eligible.leader.replicas.version".to_owned(), 0)];
        model.done(&Command::FormatCluster(FormatCluster { cluster_id: "c".to_owned(), features }));
        model.register();
        model.create_topic(super::partition().topic_id, TOPIC);
        model
    }

    pub(crate) fn create_topic(&self, topic_id: TopicId, name: &str) {
        self.done(&Command::CreateTopic(CreateTopic {
            topic_id,
            name: name.to_owned(),
            internal: false,
            placement: Placement::Manual(vec![vec![BrokerId(1)]; 3]),
            configs: vec![("remote.storage.enable".to_owned(), "true".to_owned())],
            defaults: defaults(),
        }));
    }

    /// Registers the broker again: each partition that it leads gets a new leader epoch.
    pub(crate) fn register(&self) {
        let range = |name: &str, min, max| FeatureRange { name: name.to_owned(), min, max };
        let previous_epoch = self.broker_epoch();
        self.done(&Command::RegisterBroker(RegisterBroker {
            broker: BrokerId(1),
            cluster_id: "c".to_owned(),
            incarnation_id: Uuid::new_v4(),
            previous_epoch,
            durable: true,
            fenced: false,
            endpoints: vec![Endpoint {
                name: "PLAINTEXT".to_owned(),
                host: "localhost".to_owned(),
                port: 9092,
                security_protocol: 0,
            }],
            rack: None,
            features: vec![range("metadata.version", 30, 31), range("eligible.leader.replicas.version", 0, 1)],
            log_dirs: vec![Uuid::from_u128(101)],
            cordoned_dirs: Vec::new(),
        }));
    }

    pub(crate) fn set_tiered(&self, tiered: bool) {
        self.done(&Command::AlterConfigs(AlterConfigs {
            resource: ConfigResource::topic(TOPIC),
            replace_all: false,
            operations: vec![set("remote.storage.enable", tiered), set("remote.log.delete.on.disable", !tiered)],
            defaults: defaults(),
        }));
    }

    pub(crate) fn disable(&self, partition: TopicIdPartition, local_start: i64) {
        self.set_tiered(false);
        let fence = self.fence_of(partition);
        let now = self.clock.now();
        let command = DisableTiering { partition, fence, local_start: Offset(local_start), now };
        self.done(&Command::DisableTiering(command));
    }

    pub(crate) fn delete_topic(&self, topic_id: TopicId) {
        self.done(&Command::DeleteTopic(DeleteTopic { topic_id, now: self.clock.now() }));
    }

    pub(crate) fn leader_epoch(&self, partition: TopicIdPartition) -> LeaderEpoch {
        self.image.lock().partition(partition).map_or(LeaderEpoch::NONE, |partition| partition.leader_epoch)
    }

    fn fence_of(&self, partition: TopicIdPartition) -> RemoteFence {
        let tiering_epoch = self.remote(partition).tiering_epoch;
        let leader_epoch = self.leader_epoch(partition);
        RemoteFence { broker: BrokerId(1), broker_epoch: self.broker_epoch(), leader_epoch, tiering_epoch }
    }

    pub(crate) fn remote(&self, partition: TopicIdPartition) -> RemotePartition {
        self.remote_partition(partition).map(|remote| remote.as_ref().clone()).unwrap_or_default()
    }

    fn apply(&self, command: &Command) -> Result<Reply, Refusal> {
        let mut image = self.image.lock();
        let index = image.applied_index + 1;
        image.apply(index, command).0
    }

    fn done(&self, command: &Command) -> Reply {
        self.apply(command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"))
    }

    fn ask(&self, name: &'static str, command: &Command) -> Result<Reply, Error> {
        self.asked.lock().push(name);
        if take_one(&self.lose_requests) {
            return Err(Error::new(ErrorKind::Unavailable, format!("{name}: the request was lost")));
        }
        let result = self.apply(command);
        if take_one(&self.lose_answers) {
            return Err(Error::new(ErrorKind::Unavailable, format!("{name}: the answer was lost")));
        }
        result.map_err(|refusal| Error::with_source(kind_of(&refusal), name, refusal))
    }
}

fn take_one(counter: &AtomicUsize) -> bool {
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

fn set(key: &str, value: bool) -> ConfigOperation {
    ConfigOperation::Set { key: key.to_owned(), value: value.to_string() }
}

fn defaults() -> ConfigDefaults {
    ConfigDefaults { cleanup_policy: "delete".to_owned() }
}

fn kind_of(refusal: &Refusal) -> ErrorKind {
    use strata_metadata_core::error::ErrorKind as Core;
    if matches!(refusal, Refusal::Remote(RemoteRefusal::RowsFull)) {
        return ErrorKind::RowsFull;
    }
    match refusal.kind() {
        Core::Unavailable => ErrorKind::Unavailable,
        Core::Fenced => ErrorKind::Fenced,
        Core::NotFound => ErrorKind::NotFound,
        Core::Invalid => ErrorKind::Invalid,
        Core::Corrupt => ErrorKind::Corrupt,
        Core::Closed => ErrorKind::Closed,
        Core::Internal => ErrorKind::Internal,
    }
}

const fn core_fence(fence: Fence) -> RemoteFence {
    RemoteFence {
        broker: BrokerId(1),
        broker_epoch: fence.broker_epoch,
        leader_epoch: fence.leader_epoch,
        tiering_epoch: fence.tiering_epoch,
    }
}

#[async_trait]
impl SegmentCatalog for ModelCatalog {
    fn broker_epoch(&self) -> BrokerEpoch {
        self.image.lock().brokers.epoch_of(BrokerId(1))
    }

    fn walks_tombstones(&self) -> bool {
        self.walks_tombstones.load(Ordering::Relaxed)
    }

    async fn snapshot_linearizable(&self) -> Result<RemoteSnapshot, Error> {
        let image = self.image.lock();
        let partitions = image.remote.iter().map(|(id, remote)| (*id, Arc::clone(remote))).collect();
        let tombstones = image.remote.tombstones().map(|((id, _), stone)| (*id, Arc::clone(stone))).collect();
        Ok(RemoteSnapshot { partitions, tombstones })
    }

    fn remote_partition(&self, partition: TopicIdPartition) -> Option<Arc<RemotePartition>> {
        self.image.lock().remote_partition(partition).cloned()
    }

    async fn remote_partition_linearizable(
        &self,
        partition: TopicIdPartition,
    ) -> Result<Option<Arc<RemotePartition>>, Error> {
        Ok(self.remote_partition(partition))
    }

    async fn begin(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error> {
        let command = BeginTiering { partition, fence: core_fence(fence), log_start };
        self.ask("begin", &Command::BeginTiering(command)).map(drop)
    }

    async fn reserve(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        uuid: Uuid,
        kind: ObjectKind,
        base_offset: Offset,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let command = ReserveObject { partition, fence: core_fence(fence), uuid, kind, base_offset, now };
        self.ask("reserve", &Command::ReserveObject(command)).map(drop)
    }

    async fn commit(&self, partition: TopicIdPartition, fence: Fence, row: SegmentRow) -> Result<(), Error> {
        let command = CommitSegment { partition, fence: core_fence(fence), row };
        self.ask("commit", &Command::CommitSegment(command)).map(drop)
    }

    async fn replace_rows(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        pages_version: u64,
        replacement: PageReplacement,
    ) -> Result<(), Error> {
        let PageReplacement { page, replaced_page, moved_rows } = replacement;
        let fence = core_fence(fence);
        let command = ReplaceRows { partition, fence, pages_version, page, replaced_page, moved_rows };
        self.ask("replace", &Command::ReplaceRows(command)).map(drop)
    }

    async fn abandon(&self, partition: TopicIdPartition, uuid: Uuid) -> Result<UuidState, Error> {
        let command = AbandonObject { partition, uuid, now: self.clock.now() };
        match self.ask("abandon", &Command::AbandonObject(command))? {
            Reply::Uuid(state) => Ok(state),
            other => panic!("abandon answered {other:?}"),
        }
    }

    async fn forget(&self, partition: TopicIdPartition, uuids: Vec<Uuid>) -> Result<(), Error> {
        self.ask("forget", &Command::ForgetObjects(ForgetObjects { partition, uuids })).map(drop)
    }

    async fn move_log_start(&self, partition: TopicIdPartition, fence: Fence, log_start: Offset) -> Result<(), Error> {
        let command = MoveLogStart { partition, fence: core_fence(fence), log_start };
        self.ask("move", &Command::MoveLogStart(command)).map(drop)
    }

    async fn advance_deleted_to(
        &self,
        partition: TopicIdPartition,
        fence: Fence,
        deleted_to: Offset,
    ) -> Result<(), Error> {
        let command = AdvanceDeletedTo { partition, fence: core_fence(fence), deleted_to };
        self.ask("mark", &Command::AdvanceDeletedTo(command)).map(drop)
    }

    fn tombstones(&self) -> Vec<(TopicIdPartition, Arc<RemoteTombstone>)> {
        let image = self.image.lock();
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
        self.ask("tombstone", &Command::AdvanceTombstone(command)).map(drop)
    }
}

/// A log in memory.
pub(crate) struct MemoryLog {
    partition: TopicIdPartition,
    pub(crate) state: Mutex<SourceState>,
    batches: Mutex<Vec<Bytes>>,
    pub(crate) told: Mutex<Vec<(Option<Offset>, Option<Offset>)>>,
}

impl MemoryLog {
    pub(crate) fn new(partition: TopicIdPartition) -> Self {
        let state = SourceState {
            topic: TOPIC.to_owned(),
            leader_epoch: Some(LeaderEpoch(0)),
            log_start: Offset(0),
            local_start: Offset(0),
            copy_end: Offset(0),
            active_base: Offset(0),
            log_end: Offset(0),
            oldest_append: None,
        };
        Self { partition, state: Mutex::new(state), batches: Mutex::new(Vec::new()), told: Mutex::new(Vec::new()) }
    }

    /// Appends a batch of 10 records whose time is 10 × offset, and makes it durable.
    pub(crate) fn append(&self) {
        let mut state = self.state.lock();
        let base = state.log_end.0;
        self.batches.lock().push(super::batch(base, 10, base * 10, 0, 400));
        state.log_end = Offset(base + 10);
        state.copy_end = state.log_end;
    }

    /// Closes the active segment.
    pub(crate) fn roll(&self) {
        let mut state = self.state.lock();
        state.active_base = state.log_end;
    }

    fn selected(&self, from: Offset, end: Offset) -> Vec<Bytes> {
        let batches = self.batches.lock();
        let chosen = batches.iter().filter(|batch| {
            let header = BatchHeader::parse(batch).unwrap();
            header.end_offset() > from && header.end_offset() <= end
        });
        chosen.cloned().collect()
    }
}

#[async_trait]
impl SegmentSource for MemoryLog {
    fn partition(&self) -> TopicIdPartition {
        self.partition
    }

    fn state(&self, _: Offset) -> SourceState {
        self.state.lock().clone()
    }

    async fn read(&self, from: Offset, end: Offset, bytes_max: u64) -> Result<SourceRange, Error> {
        let mut batches = Vec::new();
        let mut bytes = 0;
        for batch in self.selected(from, end) {
            bytes += batch.len() as u64;
            if bytes > bytes_max && !batches.is_empty() {
                break;
            }
            batches.push(batch);
        }
        Ok(SourceRange { batches })
    }

    fn bytes_between(&self, from: Offset, end: Offset) -> u64 {
        self.selected(from, end).iter().map(|batch| batch.len() as u64).sum()
    }

    async fn side_data(&self, _: Offset, cut: Offset) -> Result<SideData, Error> {
        Ok(SideData { producer_window: Bytes::from(cut.0.to_string()), ..SideData::default() })
    }

    fn log_start_moved(&self, log_start: Offset) {
        self.told.lock().push((Some(log_start), None));
        let mut state = self.state.lock();
        state.log_start = state.log_start.max(log_start);
    }

    fn remote_end_moved(&self, remote_end: Option<Offset>) {
        self.told.lock().push((None, remote_end));
    }
}

/// Everything that one partition's tiering needs.
pub(crate) struct Rig {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) catalog: Arc<ModelCatalog>,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) log: Arc<MemoryLog>,
    pub(crate) context: Arc<CopierContext>,
    pub(crate) tiering: PartitionTiering,
}

impl Rig {
    /// Objects of two batches, no retention.
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        clock.advance(1_000_000);
        let catalog = Arc::new(ModelCatalog::new(Arc::clone(&clock)));
        let store = FaultyStore::new();
        let partition = TopicIdPartition { partition: PartitionId(2), ..super::partition() };
        let log = Arc::new(MemoryLog::new(partition));
        log.state.lock().leader_epoch = Some(catalog.leader_epoch(partition));
        let config = TieringConfig { segment_bytes_max: 922, ..TieringConfig::default() };
        let context = Arc::new(CopierContext {
            store: Arc::clone(&store) as Arc<dyn ObjectStore>,
            names: ObjectNames::new("p", "c"),
            catalog: Arc::clone(&catalog) as Arc<dyn SegmentCatalog>,
            budget: UploadBudget::new(config.upload_bytes_in_flight),
            config,
            metrics: TieringMetrics::default(),
            random: Arc::new(crate::random::SystemRandom),
        });
        let tiering = Self::tiering(&log);
        Self { clock, catalog, store, log, context, tiering }
    }

    fn tiering(log: &Arc<MemoryLog>) -> PartitionTiering {
        PartitionTiering::new(Arc::clone(log) as Arc<dyn SegmentSource>, TopicTiering::default())
    }

    pub(crate) fn partition(&self) -> TopicIdPartition {
        self.log.partition()
    }

    pub(crate) fn remote(&self) -> RemotePartition {
        self.catalog.remote(self.partition())
    }

    /// As a restart does: all memory of tiering is gone, and the broker registers anew.
    pub(crate) fn restart(&mut self) {
        self.catalog.register();
        self.log.state.lock().leader_epoch = Some(self.catalog.leader_epoch(self.partition()));
        self.tiering = Self::tiering(&self.log);
    }

    pub(crate) fn append(&self, batches: usize) {
        for _ in 0..batches {
            self.log.append();
        }
    }

    pub(crate) fn assess(&mut self) -> Option<Work> {
        self.tiering.assess(&self.context, self.clock.now()).work.map(|(_, work)| work)
    }

    /// Does one piece of work; `None` if there was none.
    pub(crate) async fn step(&mut self) -> Option<Result<(), Error>> {
        let work = self.assess()?;
        let clock = Arc::clone(&self.clock);
        Some(self.tiering.run(&self.context, work, clock.as_ref()).await.map(drop))
    }

    /// Works until there is nothing to do. Time goes on a little with each piece, so that waits end.
    pub(crate) async fn settle(&mut self) {
        for _ in 0..2_000 {
            if self.step().await.is_none() {
                return;
            }
            self.clock.advance(1);
        }
        panic!("tiering does not come to rest: {:?}", self.remote());
    }

    pub(crate) async fn keys(&self) -> Vec<String> {
        super::keys(&self.context.store).await
    }
}

impl MemoryLog {
    /// Flips a bit in one batch.
    pub(crate) fn damage(&self, index: usize) {
        let mut batches = self.batches.lock();
        let mut bytes = batches[index].to_vec();
        bytes[90] ^= 1;
        batches[index] = Bytes::from(bytes);
    }
}

impl Rig {
    /// Until the quorum knows the log start and housekeeping has had its first look.
    pub(crate) async fn settle_begin(&mut self) {
        for _ in 0..10 {
            if matches!(self.assess(), Some(Work::Copy { .. })) {
                return;
            }
            if let Some(result) = self.step().await {
                result.unwrap();
            }
        }
        panic!("nothing is to be copied");
    }

    /// The task is gone without a restart of the broker.
    pub(crate) fn forget_memory(&mut self) {
        self.tiering = Self::tiering(&self.log);
    }

    /// The fence of the leader as it is now.
    pub(crate) fn fence(&self) -> Fence {
        let fence = self.catalog.fence_of(self.partition());
        Fence { leader_epoch: fence.leader_epoch, broker_epoch: fence.broker_epoch, tiering_epoch: fence.tiering_epoch }
    }

    /// DeleteRecords, as the broker does it.
    pub(crate) async fn move_log_start(&self, to: i64) {
        self.catalog.move_log_start(self.partition(), self.fence(), Offset(to)).await.unwrap();
    }

    pub(crate) async fn walk_tombstones(&self) {
        for (partition, tombstone) in self.catalog.tombstones() {
            let deleter = crate::deleter::Deleter::new(&self.context, partition);
            deleter.run_tombstone(&tombstone, self.clock.now()).await.unwrap();
        }
    }
}
