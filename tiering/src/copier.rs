//! Carries one range into the bucket: reads, builds, and runs the steps of `commit.rs`.
//!
//! Owns: the steps' effects, byte permits. Does not own: which range (`copy_plan.rs`), which step (`commit.rs`), when to try
//! again (`upload_scheduler.rs`).
//! Invariants: bytes are in memory only under permits; an attempt that waits holds none and builds the same bytes again.

use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStore;
use object_store::path::Path;
use strata_compat::ids::{Offset, TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::{ObjectKind, PAGE_BYTES_MAX, PageReference, SegmentRow};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::catalog::{Fence, SegmentCatalog, UuidState};
use crate::commit::{CommitState, Event, Next, Outcome, Step};
use crate::config::{TieringConfig, VerifyLevel};
use crate::crash_point::{CrashPoint, hit};
use crate::error::{Error, ErrorKind};
use crate::manifest_page::ManifestPage;
use crate::metrics::TieringMetrics;
use crate::object_io::{PutOutcome, get_small, get_tail, put_create};
use crate::object_key::{ObjectName, ObjectNames, ObjectSuffix};
use crate::page_writer::{PageAttempt, PageWriter, last_page_with_room};
use crate::random::Random;
use crate::segment_format::{EncodedSegment, SegmentIdentity, encode};
use crate::source::SegmentSource;
use crate::wire::length_u64;

const PERMIT_BYTES: u64 = 1024;

/// Byte permits of all uploads of a broker.
#[derive(Debug)]
pub(crate) struct UploadBudget {
    semaphore: Semaphore,
    permits: u32,
}

impl UploadBudget {
    pub(crate) fn new(bytes: u64) -> Self {
        let permits = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX / 8).clamp(1, u32::MAX / 8);
        Self { semaphore: Semaphore::new(usize::try_from(permits).unwrap_or(usize::MAX >> 4)), permits }
    }

    /// Waits for room, all at once. What is larger than the whole budget goes alone.
    async fn acquire(&self, bytes: u64) -> Result<SemaphorePermit<'_>, Error> {
        let wanted = u32::try_from(bytes.div_ceil(PERMIT_BYTES)).unwrap_or(u32::MAX).clamp(1, self.permits);
        self.semaphore.acquire_many(wanted).await.map_err(|_| Error::new(ErrorKind::Closed, "uploads are shut down"))
    }
}

/// Shows bytes in the gauge for as long as it lives, also if the job is aborted.
struct InFlight<'a> {
    metrics: &'a TieringMetrics,
    bytes: u64,
}

impl<'a> InFlight<'a> {
    fn new(metrics: &'a TieringMetrics, bytes: u64) -> Self {
        metrics.bytes_in_flight.inc_by(bytes);
        Self { metrics, bytes }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.bytes_in_flight.dec_by(self.bytes);
    }
}

/// What every copy of a broker shares.
pub(crate) struct CopierContext {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) names: ObjectNames,
    pub(crate) catalog: Arc<dyn SegmentCatalog>,
    pub(crate) config: TieringConfig,
    pub(crate) metrics: TieringMetrics,
    pub(crate) budget: UploadBudget,
    pub(crate) random: Arc<dyn Random>,
}

/// One segment on its way into the bucket. A retry keeps it.
#[derive(Clone, Debug)]
pub(crate) struct CopyAttempt {
    pub(crate) identity: SegmentIdentity,
    pub(crate) fence: Fence,
    /// Nothing at or above is read.
    pub(crate) end: Offset,
    /// Log bytes to read.
    pub(crate) bytes_max: u64,
    pub(crate) state: CommitState,
    /// The row, once the range was read for the first time.
    pub(crate) row: Option<SegmentRow>,
    /// A page that has to be written before the commit.
    pub(crate) page: Option<PageAttempt>,
}

/// How a run of an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyResult {
    /// Try the same attempt again later: store or quorum is away.
    Later,
    /// The attempt has ended.
    Ended(Outcome),
}

fn event_of(result: Result<(), Error>) -> Event {
    match result {
        Ok(()) => Event::Done,
        Err(error) => {
            tracing::warn!(%error, "a step of an upload failed");
            Event::Failed(error.kind())
        }
    }
}

impl CopierContext {
    /// Runs the attempt as far as it goes now.
    pub(crate) async fn run(&self, source: &dyn SegmentSource, attempt: &mut CopyAttempt) -> Result<CopyResult, Error> {
        let needs_bytes = matches!(attempt.state.step(), Step::Reserve | Step::Put | Step::Verify | Step::ReadCatalog);
        if !needs_bytes {
            return Ok(self.drive(attempt, None).await);
        }
        let _permit = self.budget.acquire(attempt.bytes_max).await?;
        let _shown = InFlight::new(&self.metrics, attempt.bytes_max);
        match self.build(source, attempt).await {
            Ok(segment) => Ok(self.drive(attempt, Some(&segment)).await),
            Err(error) => self.build_failed(attempt, error).await,
        }
    }

    /// A range that cannot be read or is damaged ends the attempt; what was reserved for it is given up.
    async fn build_failed(&self, attempt: &mut CopyAttempt, error: Error) -> Result<CopyResult, Error> {
        if error.is_retriable() {
            return Err(error);
        }
        if error.kind() == ErrorKind::Corrupt {
            self.metrics.corrupt_ranges.inc();
        }
        tracing::error!(%error, partition = %attempt.identity.partition, "a range cannot be uploaded");
        let mut next = attempt.state.give_up(error.kind());
        loop {
            next = match next {
                Next::Do(_) => {
                    attempt.state.handle(self.abandon(attempt.identity.partition, attempt.identity.uuid).await)
                }
                Next::Wait => return Ok(CopyResult::Later),
                Next::End(outcome) => return Ok(CopyResult::Ended(outcome)),
            };
        }
    }

    /// Reads and encodes the range. The cut is fixed by the first time; another row afterwards means another log.
    async fn build(&self, source: &dyn SegmentSource, attempt: &mut CopyAttempt) -> Result<EncodedSegment, Error> {
        let base = attempt.identity.base_offset;
        let range = source.read(base, attempt.end, attempt.bytes_max).await?;
        let cut = range.end_offset()?.ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("the log has nothing between {base} and {}", attempt.end))
        })?;
        let side = source.side_data(base, cut).await?;
        let segment = encode(&attempt.identity, attempt.end, &range.batches, &side)?;
        match &attempt.row {
            Some(row) if *row != segment.row => {
                Err(Error::new(ErrorKind::Invalid, format!("the log at {base} changed during an upload")))
            }
            Some(_) => Ok(segment),
            None => {
                attempt.end = segment.row.end_offset;
                attempt.bytes_max = segment.row.log_bytes.max(1);
                attempt.row = Some(segment.row.clone());
                Ok(segment)
            }
        }
    }

    async fn drive(&self, attempt: &mut CopyAttempt, segment: Option<&EncodedSegment>) -> CopyResult {
        let mut next = Next::Do(attempt.state.step());
        loop {
            let step = match next {
                Next::Do(step) => step,
                Next::Wait => return CopyResult::Later,
                Next::End(outcome) => return CopyResult::Ended(outcome),
            };
            let event = match (step, segment) {
                (Step::WritePage, _) => self.write_page(attempt).await,
                (Step::Commit, _) => self.commit(attempt).await,
                (Step::Put | Step::Verify | Step::Reserve, None) => return CopyResult::Later,
                (_, segment) => {
                    let target = Target::of_segment(self, attempt);
                    self.step(step, &target, segment.map_or(&[], |segment| segment.parts.as_slice())).await
                }
            };
            next = attempt.state.handle(event);
        }
    }

    async fn commit(&self, attempt: &CopyAttempt) -> Event {
        let Some(row) = attempt.row.clone() else {
            return Event::Failed(ErrorKind::Internal);
        };
        hit(CrashPoint::CommitBefore);
        let result = self.catalog.commit(attempt.identity.partition, attempt.fence, row).await;
        if result.is_ok() {
            hit(CrashPoint::CommitAfter);
        }
        match result {
            // Not a failure: the page comes first.
            Err(error) if error.kind() == ErrorKind::RowsFull => Event::Failed(ErrorKind::RowsFull),
            other => event_of(other),
        }
    }

    /// A step that segments and pages have in common.
    async fn step(&self, step: Step, target: &Target, parts: &[Bytes]) -> Event {
        match step {
            Step::Reserve => self.reserve(target).await,
            Step::Put => self.put(target, parts).await,
            Step::Verify => self.verify(target, parts).await,
            Step::ReadCatalog => match self.catalog.remote_partition_linearizable(target.partition).await {
                Ok(remote) => Event::Stands(remote.map_or(UuidState::Unknown, |remote| remote.uuid_state(target.uuid))),
                Err(error) => event_of(Err(error)),
            },
            Step::Abandon => self.abandon(target.partition, target.uuid).await,
            Step::Commit | Step::WritePage => Event::Failed(ErrorKind::Internal),
        }
    }

    async fn reserve(&self, target: &Target) -> Event {
        hit(CrashPoint::ReserveBefore);
        let result =
            self.catalog.reserve(target.partition, target.fence, target.uuid, target.kind, target.base_offset).await;
        hit(CrashPoint::ReserveAfter);
        event_of(result)
    }

    async fn put(&self, target: &Target, parts: &[Bytes]) -> Event {
        let (before, after) = match target.kind {
            ObjectKind::Segment => (CrashPoint::PutBefore, CrashPoint::PutAfter),
            ObjectKind::Page { .. } => (CrashPoint::PagePutBefore, CrashPoint::PagePutAfter),
        };
        hit(before);
        let event = match put_create(self.store.as_ref(), &target.key, parts, &self.config).await {
            Ok(PutOutcome::Created) => Event::Done,
            Ok(PutOutcome::Exists) => Event::Exists,
            Err(error) => event_of(Err(error)),
        };
        hit(after);
        event
    }

    /// Reads back size and index section, or all, and compares with what we wrote. The nonce is in the footer and in a
    /// page's head, so equal bytes are our own.
    async fn verify(&self, target: &Target, parts: &[Bytes]) -> Event {
        hit(CrashPoint::VerifyBefore);
        let object_bytes = parts.iter().fold(0, |sum, part| sum + length_u64(part.len()));
        let last_bytes = length_u64(parts.last().map_or(0, Bytes::len));
        let from = match self.config.verify {
            VerifyLevel::Index => object_bytes - last_bytes,
            VerifyLevel::Whole => 0,
        };
        let event = match get_tail(self.store.as_ref(), &target.key, from, object_bytes, &self.config).await {
            Ok(stored) if is_tail_of(&stored, parts) => Event::Done,
            Ok(_) => Event::Differs,
            Err(error) if error.kind() == ErrorKind::NotFound => Event::Missing,
            Err(error) if error.kind() == ErrorKind::Corrupt => Event::Differs,
            Err(error) => event_of(Err(error)),
        };
        hit(CrashPoint::VerifyAfter);
        event
    }

    pub(crate) async fn abandon(&self, partition: TopicIdPartition, uuid: Uuid) -> Event {
        match self.give_up(partition, uuid).await {
            Ok(state) => {
                if state == UuidState::Abandoned {
                    self.metrics.abandoned.inc();
                }
                Event::Stands(state)
            }
            Err(error) => event_of(Err(error)),
        }
    }

    /// The one place where a reservation is given up.
    async fn give_up(&self, partition: TopicIdPartition, uuid: Uuid) -> Result<UuidState, Error> {
        hit(CrashPoint::AbandonBefore);
        let state = self.catalog.abandon(partition, uuid).await?;
        hit(CrashPoint::AbandonAfter);
        Ok(state)
    }

    /// Writes a page in the same order as a segment, and lets it replace its rows.
    async fn write_page(&self, attempt: &mut CopyAttempt) -> Event {
        let (partition, fence) = (attempt.identity.partition, attempt.fence);
        let mut page = match attempt.page.take() {
            Some(page) => page,
            None => match self.build_page(partition, fence).await {
                Ok(page) => page,
                Err(error) => return event_of(Err(error)),
            },
        };
        let parts = [page.bytes.clone()];
        let target = Target::of_page(self, partition, fence, &page);
        let mut next = Next::Do(page.state.step());
        loop {
            let event = match next {
                Next::Do(Step::Commit) => event_of(self.replace_rows(partition, fence, &page).await),
                Next::Do(step) => self.step(step, &target, &parts).await,
                Next::Wait => {
                    attempt.page = Some(page);
                    return Event::Failed(ErrorKind::Unavailable);
                }
                Next::End(Outcome::Committed) => {
                    self.metrics.pages.inc();
                    return Event::Done;
                }
                Next::End(Outcome::Fenced) => return Event::Failed(ErrorKind::Fenced),
                // The page list has changed, or what was written is not ours: the next commit asks for another page.
                Next::End(Outcome::GivenUp(_)) => return Event::Failed(ErrorKind::Unavailable),
            };
            next = page.state.handle(event);
        }
    }

    async fn replace_rows(&self, partition: TopicIdPartition, fence: Fence, page: &PageAttempt) -> Result<(), Error> {
        hit(CrashPoint::PageWriteBefore);
        self.catalog.replace_rows(partition, fence, page.pages_version, page.replacement.clone()).await?;
        hit(CrashPoint::PageWriteAfter);
        Ok(())
    }

    async fn build_page(&self, partition: TopicIdPartition, fence: Fence) -> Result<PageAttempt, Error> {
        let remote = self.catalog.remote_partition_linearizable(partition).await?;
        let remote = remote.ok_or_else(|| Error::new(ErrorKind::Fenced, "the partition has no remote state"))?;
        if let Some(stale) = &remote.reserved_page {
            self.give_up(partition, stale.uuid).await?;
        }
        let writer = PageWriter { partition, cluster_id: self.names.cluster_id(), fence, random: self.random.as_ref() };
        let Some(reference) = last_page_with_room(&remote) else {
            return writer.build(&remote, None);
        };
        match self.open_page(partition, reference).await {
            Ok(page) => writer.build(&remote, Some((reference, page))),
            // A page that is lost must not stop new ones; it stays in the list, and verify reports it.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Corrupt | ErrorKind::Invalid) => {
                tracing::error!(%error, %partition, "the last page cannot be read; a new one is begun");
                writer.build(&remote, None)
            }
            Err(error) => Err(error),
        }
    }

    /// Reads a page that the quorum names.
    pub(crate) async fn open_page(
        &self,
        partition: TopicIdPartition,
        reference: &PageReference,
    ) -> Result<ManifestPage, Error> {
        let key = self.names.page(partition, reference);
        let bytes = get_small(self.store.as_ref(), &key, length_u64(PAGE_BYTES_MAX), &self.config).await?;
        ManifestPage::decode_for(&bytes, reference).map_err(|error| error.in_object(&key).at(0))
    }
}

/// What the common steps need to know of an object.
struct Target {
    partition: TopicIdPartition,
    fence: Fence,
    uuid: Uuid,
    kind: ObjectKind,
    base_offset: Offset,
    key: Path,
}

impl Target {
    fn new(context: &CopierContext, fence: Fence, kind: ObjectKind, name: &ObjectName) -> Self {
        Self {
            partition: name.partition,
            fence,
            uuid: name.uuid,
            kind,
            base_offset: name.base_offset,
            key: context.names.object(name),
        }
    }

    fn of_segment(context: &CopierContext, attempt: &CopyAttempt) -> Self {
        let name = ObjectName {
            partition: attempt.identity.partition,
            base_offset: attempt.identity.base_offset,
            leader_epoch: attempt.identity.leader_epoch,
            uuid: attempt.identity.uuid,
            suffix: ObjectSuffix::Segment,
        };
        Self::new(context, attempt.fence, ObjectKind::Segment, &name)
    }

    fn of_page(context: &CopierContext, partition: TopicIdPartition, fence: Fence, page: &PageAttempt) -> Self {
        let reference = &page.replacement.page;
        let name = ObjectName {
            partition,
            base_offset: reference.base_offset,
            leader_epoch: reference.leader_epoch,
            uuid: reference.uuid,
            suffix: ObjectSuffix::Page,
        };
        Self::new(context, fence, ObjectKind::Page { pages_version: page.pages_version }, &name)
    }
}

/// Whether `stored` is the end of the object that the parts make.
fn is_tail_of(stored: &[u8], parts: &[Bytes]) -> bool {
    let mut rest = stored;
    for part in parts.iter().rev() {
        let count = part.len().min(rest.len());
        let (head, tail) = rest.split_at(rest.len() - count);
        if tail != &part[part.len() - count..] {
            return false;
        }
        rest = head;
    }
    rest.is_empty()
}
