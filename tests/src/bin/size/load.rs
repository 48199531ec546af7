//! Fills a metadata image with remote segments, through the commands that a leader would propose, in their order: reserve
//! and commit, and where the rows are full a page in the bucket that takes the oldest twelve.

use anyhow::{Context as _, Result, bail, ensure};
use object_store::{ObjectStore, ObjectStoreExt as _};
use strata_compat::ids::{
    BrokerEpoch, BrokerId, LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid,
};
use strata_metadata_core::command::brokers::RegisterBroker;
use strata_metadata_core::command::remote_segments::{
    BeginTiering, CommitSegment, ForgetObjects, RemoteFence, ReplaceRows, ReserveObject,
};
use strata_metadata_core::command::topics::{ConfigDefaults, CreateTopic, Placement};
use strata_metadata_core::command::{Command, FormatCluster, METADATA_VERSION_FIRST};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::brokers::{Endpoint, FeatureRange};
use strata_metadata_core::image::remote_segments::{
    ObjectKind, PageReference, ROWS_MAX, ROWS_PER_PAGE_MOVE, RemotePartition, SegmentRow,
};
use strata_metadata_core::response::{Refusal, RemoteRefusal};
use strata_tiering::manifest_page::ManifestPage;
use strata_tiering::object_key::ObjectNames;

/// Offsets of one segment.
pub(crate) const SEGMENT_OFFSETS: u32 = 1_000;
/// Milliseconds from one segment's first record to the next one's.
pub(crate) const SEGMENT_MS: u32 = 60_000;
/// Replaced pages that wait before they are deleted and forgotten, as the deletion's grace makes them wait.
const PENDING_PAGES: usize = 8;
const BROKER: BrokerId = BrokerId(1);
const NOW: Timestamp = Timestamp(1_000);
const CLUSTER: &str = "size";

/// An image, the pages in their bucket, and what was seen on the way.
pub(crate) struct Loader<'a> {
    pub(crate) image: Image,
    pub(crate) store: &'a dyn ObjectStore,
    pub(crate) names: ObjectNames,
    pub(crate) commands: u64,
    pub(crate) command_bytes_max: usize,
    pub(crate) pages: u64,
    pub(crate) page_bytes_max: usize,
    uuids: u128,
}

/// One partition while it is filled: what the leader keeps in memory of its last page.
struct Filling {
    id: TopicIdPartition,
    fence: RemoteFence,
    page_rows: Vec<SegmentRow>,
}

pub(crate) fn partition(number: u32) -> TopicIdPartition {
    let number = PartitionId(i32::try_from(number).unwrap_or(i32::MAX));
    TopicIdPartition { topic_id: TopicId(Uuid::from_u128(1_000)), partition: number }
}

impl<'a> Loader<'a> {
    /// A formatted cluster of one broker, with one tiered topic.
    pub(crate) fn new(store: &'a dyn ObjectStore, partitions: u32) -> Result<Self> {
        let names = ObjectNames::new("size", CLUSTER);
        let mut loader = Self {
            image: Image::default(),
            store,
            names,
            commands: 0,
            command_bytes_max: 0,
            pages: 0,
            page_bytes_max: 0,
            uuids: 1_000_000,
        };
        let features = vec![("metadata.version".to_owned(), METADATA_VERSION_FIRST)];
        loader.done(&Command::FormatCluster(FormatCluster { cluster_id: CLUSTER.to_owned(), features }))?;
        loader.done(&Command::RegisterBroker(registration()))?;
        let set = |key: &str| (key.to_owned(), "true".to_owned());
        loader.done(&Command::CreateTopic(CreateTopic {
            topic_id: partition(0).topic_id,
            name: "events".to_owned(),
            internal: false,
            placement: Placement::Seeded { partitions, replication_factor: 1, seed: 1 },
            configs: vec![set("remote.storage.enable")],
            defaults: ConfigDefaults { cleanup_policy: "delete".to_owned() },
        }))?;
        Ok(loader)
    }

    /// Applies a command as it would come out of the quorum's log.
    fn apply(&mut self, command: &Command) -> Result<Result<(), Refusal>> {
        let encoded = command.encode()?;
        self.commands += 1;
        self.command_bytes_max = self.command_bytes_max.max(encoded.len());
        let (response, _) = self.image.apply(self.image.applied_index + 1, &Command::decode(&encoded)?);
        Ok(response.map(drop))
    }

    fn done(&mut self, command: &Command) -> Result<()> {
        self.apply(command)?.with_context(|| format!("{command:?} was refused"))
    }

    fn uuid(&mut self) -> Uuid {
        // Spread over all bits, as random ones are: their encoding must not profit from small numbers.
        self.uuids += 1;
        Uuid::from_u128(self.uuids.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }

    fn remote(&self, id: TopicIdPartition) -> Result<&RemotePartition> {
        self.image.remote_partition(id).map(AsRef::as_ref).context("the partition has remote state")
    }

    /// Gives one partition this many segments.
    pub(crate) async fn fill(&mut self, number: u32, segments: u32) -> Result<()> {
        let id = partition(number);
        let state = self.image.partition(id).context("the partition is there")?;
        let broker_epoch = self.image.brokers.epoch_of(BROKER);
        let fence = RemoteFence { broker: BROKER, broker_epoch, leader_epoch: state.leader_epoch, tiering_epoch: 0 };
        self.done(&Command::BeginTiering(BeginTiering { partition: id, fence, log_start: Offset(0) }))?;
        let mut filling = Filling { id, fence, page_rows: Vec::new() };
        for segment in 0..segments {
            let row = self.row(segment, fence.leader_epoch);
            self.reserve(&filling, row.uuid, ObjectKind::Segment, row.base_offset)?;
            let commit = Command::CommitSegment(CommitSegment { partition: id, fence, row });
            match self.apply(&commit)? {
                Ok(()) => {}
                Err(Refusal::Remote(RemoteRefusal::RowsFull)) => {
                    self.move_rows(&mut filling).await?;
                    self.done(&commit)?;
                }
                Err(refusal) => bail!("{commit:?} was refused: {refusal}"),
            }
        }
        ensure!(self.remote(id)?.rows.len() <= ROWS_MAX, "the quorum holds at most {ROWS_MAX} rows of a partition");
        Ok(())
    }

    fn row(&mut self, segment: u32, leader_epoch: LeaderEpoch) -> SegmentRow {
        let base_offset = Offset(i64::from(segment) * i64::from(SEGMENT_OFFSETS));
        let min_timestamp = Timestamp(i64::from(segment) * i64::from(SEGMENT_MS));
        SegmentRow {
            uuid: self.uuid(),
            base_offset,
            end_offset: base_offset.plus(i64::from(SEGMENT_OFFSETS)),
            object_base_offset: base_offset,
            leader_epoch,
            last_leader_epoch: leader_epoch,
            min_timestamp,
            max_timestamp: min_timestamp.plus_ms(i64::from(SEGMENT_MS) - 1),
            log_bytes: 64 << 20,
            object_bytes: (64 << 20) + 9_999,
            index_position: 64 << 20,
            origin_cluster: None,
            attachments: Vec::new(),
        }
    }

    fn reserve(&mut self, filling: &Filling, uuid: Uuid, kind: ObjectKind, base_offset: Offset) -> Result<()> {
        let (partition, fence) = (filling.id, filling.fence);
        self.done(&Command::ReserveObject(ReserveObject { partition, fence, uuid, kind, base_offset, now: NOW }))
    }

    /// Writes a page of the last page's rows, if there is room, and the oldest rows; then puts it in their place.
    async fn move_rows(&mut self, filling: &mut Filling) -> Result<()> {
        let (partition, fence) = (filling.id, filling.fence);
        let remote = self.remote(partition)?;
        let moved: Vec<SegmentRow> =
            remote.rows.iter().take(ROWS_PER_PAGE_MOVE).map(|row| row.as_ref().clone()).collect();
        let (last, pages_version) = (remote.pages.last().cloned(), remote.pages_version);
        let last = last.filter(|page| ManifestPage::has_room_for(u64::from(page.page_bytes), &moved));
        let moved_rows = moved.iter().map(|row| row.uuid).collect();
        if last.is_none() {
            filling.page_rows.clear();
        }
        filling.page_rows.extend(moved);
        let page = ManifestPage {
            uuid: self.uuid(),
            nonce: self.uuid(),
            partition,
            cluster_id: CLUSTER.to_owned(),
            leader_epoch: fence.leader_epoch,
            rows: std::mem::take(&mut filling.page_rows),
        };
        let bytes = page.encode()?;
        let reference = page.reference(&bytes)?;
        self.pages += 1;
        self.page_bytes_max = self.page_bytes_max.max(bytes.len());
        filling.page_rows = page.rows;
        self.reserve(filling, reference.uuid, ObjectKind::Page { pages_version }, reference.base_offset)?;
        self.store.put(&self.names.page(partition, &reference), bytes.into()).await?;
        let replaced_page = last.map(|page| page.uuid);
        let page = reference;
        self.done(&Command::ReplaceRows(ReplaceRows {
            partition,
            fence,
            pages_version,
            page,
            replaced_page,
            moved_rows,
        }))?;
        self.forget_pages(partition).await
    }

    async fn forget_pages(&mut self, partition: TopicIdPartition) -> Result<()> {
        let pending: Vec<PageReference> =
            self.remote(partition)?.delete_pending_pages.iter().map(|page| page.as_ref().clone()).collect();
        if pending.len() < PENDING_PAGES {
            return Ok(());
        }
        for page in &pending {
            self.store.delete(&self.names.page(partition, page)).await?;
        }
        let uuids = pending.iter().map(|page| page.uuid).collect();
        self.done(&Command::ForgetObjects(ForgetObjects { partition, uuids }))
    }
}

fn registration() -> RegisterBroker {
    RegisterBroker {
        broker: BROKER,
        cluster_id: CLUSTER.to_owned(),
        incarnation_id: Uuid::from_u128(7),
        previous_epoch: BrokerEpoch::NONE,
        durable: true,
        fenced: false,
        endpoints: vec![Endpoint {
            name: "PLAINTEXT".to_owned(),
            host: "localhost".to_owned(),
            port: 9092,
            security_protocol: 0,
        }],
        rack: None,
        features: vec![FeatureRange {
            name: "metadata.version".to_owned(),
            min: METADATA_VERSION_FIRST,
            max: METADATA_VERSION_FIRST,
        }],
        log_dirs: vec![Uuid::from_u128(1_000)],
        cordoned_dirs: Vec::new(),
    }
}
