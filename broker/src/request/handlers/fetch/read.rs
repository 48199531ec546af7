//! One pass over the partitions of a fetch.
//!
//! Owns: the order of reads and the size limits over them. Does not own: how a partition reads.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use strata_broker_core::fetch_session::{FetchContext, FetchPartition, TopicKey};
use strata_broker_core::replication::FetchPosition;
use strata_compat::error_code::ErrorCode;
use strata_compat::ids::TopicIdPartition;
use strata_compat::wire::{COPY_BYTES_MAX, FileRange, Records};
use strata_metadata_core::image::Image;
use strata_metadata_core::image::remote_segments::RemotePartition;
use strata_tiering::error::Error as TieringError;
use strata_tiering::read_ahead::CursorKey;
use strata_tiering::remote_reader::{ReadRequest as RemoteRequest, RemoteRead, RemoteReader};
use strata_tiering::repeats::Repeats;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::answer::{Body, Part};
use crate::fetch_places::Stretches;
use crate::fetch_waiters::Waiting;
use crate::log::error::LogErrorKind;
use crate::log::unified_log::types::{Access, Lending, LogLoan, LogRead, ReadRequest};
use crate::metrics::ServedBytes;
use crate::net::limits::AnswerPermit;
use crate::partition::Partition;
use crate::partition::error::PartitionError;
use crate::partition::read::Place;
use crate::request::authorizer::{Operation, Resource};
use crate::request::context::RequestContext;
use crate::request::error_mapping;
use crate::server::Broker;

/// How long a fetch that would read the disk waits for room in the budget for answers, for all its partitions together, before it
/// takes one batch all the same.
const ROOM_WAIT: Duration = Duration::from_secs(2);
/// Room that a read of object storage wants at least: less than what it would be for would only be passed by its first batch.
const COLD_ROOM_BYTES: usize = 1 << 20;
/// Longest slice of a chunk that is copied for an answer.
const DETACHED_BYTES_MAX: usize = 128 << 10;
/// How soon a fetch tries a store again that has just failed.
pub(super) const REMOTE_RETRY_PAUSE: Duration = Duration::from_millis(100);

/// What a fetch reads, and how much of it.
pub(super) struct Reading<'fetch> {
    pub(super) broker: &'fetch Arc<Broker>,
    pub(super) context: &'fetch RequestContext,
    pub(super) session: &'fetch FetchContext,
    pub(super) read_committed: bool,
    pub(super) is_follower: bool,
    pub(super) is_leader_only: bool,
    pub(super) bytes_min: usize,
    pub(super) bytes_max: usize,
    /// When the wait for records in object storage ends.
    pub(super) remote_deadline: Instant,
}

/// Records of this broker's own.
enum LocalRead {
    /// In memory: a log's tail, or what was read of its files.
    Memory(LogRead),
    /// In a file, to be sent out of it.
    File(LogLoan, OwnedSemaphorePermit),
}

/// A file that is open for as long as an answer holds it, with its place among those.
struct LoanedFile {
    file: Arc<dyn AsFd + Send + Sync>,
    _place: OwnedSemaphorePermit,
}

fn held(range: FileRange, place: OwnedSemaphorePermit) -> FileRange {
    FileRange { file: Arc::new(LoanedFile { file: range.file, _place: place }), ..range }
}

impl AsFd for LoanedFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// What one pass gave.
pub(super) struct Pass {
    parts: Vec<Part>,
    bytes: usize,
    /// An error or a diverging log: the client is told at once.
    is_urgent: bool,
    /// A partition changed while remote ones were read, and the wake-up is spent: what is local must be read again.
    is_interrupted: bool,
    /// Some of the records are in object storage only.
    reads_remotely: bool,
    /// The budget for answers gave less than was asked for: what there is is answered, more comes with the next fetch.
    is_short: bool,
}

/// Which failures of object storage, and which damage of local files, were told of lately: clients ask again several times a
/// second.
#[derive(Debug, Default)]
pub(crate) struct ReadFailures {
    /// By the object, or by the partition where no object is known.
    told: Repeats<String>,
}

impl ReadFailures {
    fn tell(&self, part: &Part, error: &TieringError) {
        let (topic, partition) = (&part.topic, part.request.key.partition.0);
        let subject = error.object().map_or_else(|| format!("{topic}-{partition}"), ToString::to_string);
        let Some(untold) = self.told.comes_up(&subject, std::time::Instant::now()) else {
            return;
        };
        tracing::warn!(
            %topic, partition, offset = %part.request.fetch_offset, untold, %error,
            "records in object storage cannot be read; clients are asked to try again"
        );
    }
}

impl ReadFailures {
    /// Damage in local files: the error names file, position and what to do, and the client gets only a code.
    fn tell_local(&self, (topic, partition): (&str, i32), error: &PartitionError) {
        let PartitionError::Log(error) = error else { return };
        if error.kind() != LogErrorKind::Corrupt {
            return;
        }
        let subject = format!("{topic}-{partition} in local files");
        if let Some(untold) = self.told.comes_up(&subject, std::time::Instant::now()) {
            tracing::error!(%topic, partition, %error, untold, "records in local files are damaged and not served");
        }
    }
}

/// What a fetch does after a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Answers.
    Answer,
    /// Reads again at once.
    Again,
    /// Waits for a change.
    Wait,
}

impl Pass {
    fn is_enough(&self, bytes_min: usize) -> bool {
        self.is_urgent || self.bytes >= bytes_min || (self.is_short && self.bytes > 0)
    }

    pub(super) fn next(&self, bytes_min: usize, is_time_up: bool) -> Next {
        if self.is_enough(bytes_min) || is_time_up {
            Next::Answer
        } else if self.is_interrupted {
            Next::Again
        } else {
            Next::Wait
        }
    }

    /// Whether `remote.fetch.max.wait.ms` bounds the wait in place of the client's own time.
    pub(super) const fn reads_remotely(&self) -> bool {
        self.reads_remotely
    }

    pub(super) fn has_failed_remotely(&self) -> bool {
        self.parts.iter().any(|part| part.remote_failure.is_some())
    }

    /// What the client gets once nothing more is waited for: a store that failed is an error by now.
    pub(super) fn settle(mut self, told: &ReadFailures) -> Vec<Part> {
        for part in &mut self.parts {
            if let Some(error) = part.remote_failure.take() {
                told.tell(part, &error);
                part.body = Body::Failed(error_mapping::remote_error(&error));
            }
        }
        self.parts
    }
}

/// What bounds the reads of one pass that take time.
struct Slow<'pass> {
    stretches: &'pass mut Stretches,
    /// When it is waited no longer for room in the budget for answers, by whichever partition.
    room_until: Instant,
}

/// A remote read that is under way, with its place among the parts.
type RemoteRun = BoxFuture<'static, (usize, AnswerPermit, Result<RemoteRead, TieringError>)>;

impl Reading<'_> {
    pub(super) fn partition_ids(&self) -> Vec<TopicIdPartition> {
        let image = self.broker.metadata.image();
        self.session.partitions.iter().filter_map(|partition| resolve(&image, partition)).collect()
    }

    /// Reads every partition once: local ones in order, remote ones together, until enough is there or a partition changes.
    pub(super) async fn pass(&self, waiting: Option<&Waiting>, mut stretches: Stretches) -> Pass {
        let image = self.broker.metadata.image();
        let mut pass = Pass {
            parts: Vec::with_capacity(self.session.partitions.len()),
            bytes: 0,
            is_urgent: false,
            is_interrupted: false,
            reads_remotely: false,
            is_short: false,
        };
        let mut slow = Slow { stretches: &mut stretches, room_until: Instant::now() + ROOM_WAIT };
        let mut remote = Vec::new();
        for request in &self.session.partitions {
            slow.stretches.next().await;
            let mut part = Part::new(request.clone());
            if let Err(code) = self.read_one(&image, &mut part, (&mut pass, &mut slow), &mut remote).await {
                part.body = Body::Failed(code);
                pass.is_urgent = true;
            }
            pass.parts.push(part);
        }
        stretches.rest();
        if !remote.is_empty() {
            pass.reads_remotely = true;
            self.read_remote(&mut pass, remote, waiting).await;
        }
        pass
    }

    async fn read_one(
        &self,
        image: &Image,
        part: &mut Part,
        (pass, slow): (&mut Pass, &mut Slow<'_>),
        remote: &mut Vec<(usize, Arc<Partition>, Arc<RemotePartition>)>,
    ) -> Result<(), ErrorCode> {
        let partition = self.find(image, part)?;
        let key = (Arc::clone(&part.topic), part.request.key.partition.0);
        let failed = |error: PartitionError| {
            self.broker.fetches.failures_told.tell_local((&key.0, key.1), &error);
            error_mapping::partition_error(&error)
        };
        let position = FetchPosition {
            leader_epoch: part.request.current_leader_epoch,
            offset: part.request.fetch_offset,
            last_fetched_epoch: part.request.last_fetched_epoch,
            leader_only: self.is_leader_only,
        };
        let located = partition.locate(&position, self.read_committed).map_err(failed)?;
        part.offsets = Some(located.offsets);
        match located.place {
            Place::Diverging(diverging) => {
                part.body = Body::Diverging(diverging);
                pass.is_urgent = true;
            }
            Place::Remote(state) => remote.push((pass.parts.len(), partition, state)),
            Place::Local { upper_bound } => {
                let room = self.room(&part.request, pass.bytes);
                let mut permit = self.broker.fetches.answers.take_up_to(room);
                let request = ReadRequest {
                    offset: part.request.fetch_offset,
                    bytes_max: permit.bytes(),
                    upper_bound,
                    min_one: pass.bytes == 0,
                };
                if room == 0 && !request.min_one {
                    return Ok(());
                }
                let read = self.read_local(&partition, request, (&mut permit, room), slow).await;
                let (records, offsets_below) = match read.map_err(failed)? {
                    LocalRead::Memory(mut read) => {
                        pass.is_short |= permit.bytes() < room;
                        permit.resize(read.bytes);
                        attach(permit, &mut read.batches);
                        (read.batches.into_iter().collect::<Records>(), read.next_offset)
                    }
                    // It takes no memory: the permit ends here.
                    LocalRead::File(loan, place) => (Records::from(held(loan.range, place)), loan.offsets_below),
                };
                pass.bytes += records.size_bytes();
                if self.read_committed && !records.is_empty() {
                    let aborted = partition.log().aborted_transactions(part.request.fetch_offset, offsets_below);
                    part.aborted = aborted.map_err(|error| failed(error.into()))?;
                }
                part.served = ServedBytes { local: records.size_bytes() as u64, ..ServedBytes::default() };
                part.body = Body::Records(records);
            }
        }
        Ok(())
    }

    fn find(&self, image: &Image, part: &mut Part) -> Result<Arc<Partition>, ErrorCode> {
        let unknown = match part.request.key.topic {
            TopicKey::Id(_) => ErrorCode::UnknownTopicId,
            TopicKey::Name(_) => ErrorCode::UnknownTopicOrPartition,
        };
        let id = resolve(image, &part.request).ok_or(unknown)?;
        let topic = image.topic(id.topic_id).ok_or(unknown)?;
        part.topic = topic.name.as_str().into();
        if !self.broker.allows(self.context, Operation::Read, Resource::Topic(&topic.name)) {
            return Err(ErrorCode::TopicAuthorizationFailed);
        }
        if image.partition(id).is_none() {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        if self.is_follower {
            // No broker of this cluster follows another yet.
            return Err(ErrorCode::UnknownLeaderEpoch);
        }
        let missing = || error_mapping::partition_error(&self.broker.replicas.why_missing(id));
        self.broker.replicas.get(id).ok_or_else(missing)
    }

    /// Bytes that this partition may still add.
    fn room(&self, request: &FetchPartition, taken: usize) -> usize {
        usize::try_from(request.bytes_max).unwrap_or(0).min(self.bytes_max.saturating_sub(taken))
    }

    /// Reads with what was granted of the room that the partition may take; where that is nothing, a read of the disk waits
    /// for more first, but not for what can be lent, if anything may be.
    async fn read_local(
        &self,
        partition: &Arc<Partition>,
        mut request: ReadRequest,
        (permit, room): (&mut AnswerPermit, usize),
        slow: &mut Slow<'_>,
    ) -> Result<LocalRead, PartitionError> {
        let is_granted = request.bytes_max > 0 || request.min_one;
        if is_granted && let Some(read) = partition.read_from_memory(&request) {
            return Ok(LocalRead::Memory(read));
        }
        // What is lent takes no memory, so all the room is for it.
        let lending = ReadRequest { bytes_max: room, ..request };
        let loans = Arc::clone(&self.broker.fetches.loans);
        let lend = move |partition: &Partition, access| match partition.lend(&lending, access) {
            Lending::Lent(loan) => Some(LocalRead::File(loan, Arc::clone(&loans).try_acquire_owned().ok()?)),
            Lending::Nothing => Some(LocalRead::Memory(LogRead::default())),
            Lending::Unknown => None,
        };
        if let Some(lent) = lend(partition, Access::AtOnce) {
            return Ok(lent);
        }
        if !is_granted {
            return Ok(LocalRead::Memory(LogRead::default()));
        }
        slow.stretches.rest();
        if request.bytes_max == 0 && room > 0 {
            let lend = lend.clone();
            if let Some(lent) = self.on_disk(partition, move |partition| lend(partition, Access::Waits)).await? {
                return Ok(lent);
            }
            match tokio::time::timeout_at(slow.room_until, self.broker.fetches.answers.take_when_free(1, room)).await {
                Ok(granted) => *permit = granted,
                Err(_) => {
                    tracing::debug!(topic = %partition.topic(), "no room for answers: a fetch gets one batch only")
                }
            }
            request.bytes_max = permit.bytes();
        }
        self.on_disk(partition, move |partition| match lend(partition, Access::Waits) {
            Some(lent) => Ok(lent),
            None => partition.read_blocking(&request).map(LocalRead::Memory),
        })
        .await?
    }

    /// Runs what may wait for the disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        partition: &Arc<Partition>,
        work: impl FnOnce(&Partition) -> T + Send + 'static,
    ) -> Result<T, PartitionError> {
        let reads = Arc::clone(&self.broker.fetches.disk_reads);
        let permit = reads.acquire_owned().await.map_err(|_| PartitionError::Busy)?;
        let partition = Arc::clone(partition);
        // The permit ends with the read, not with the fetch: a client that has gone does not call a read back.
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&partition);
            drop(permit);
            done
        });
        Ok(done.await?)
    }

    async fn read_remote(
        &self,
        pass: &mut Pass,
        remote: Vec<(usize, Arc<Partition>, Arc<RemotePartition>)>,
        waiting: Option<&Waiting>,
    ) {
        let Some(tier) = &self.broker.tier else {
            for (index, _, _) in remote {
                pass.parts[index].body = Body::Failed(ErrorCode::KafkaStorageError);
                pass.is_urgent = true;
            }
            return;
        };
        let is_enough = |pass: &Pass| pass.bytes > 0 && pass.is_enough(self.bytes_min);
        // With enough at hand the loads only begin; the next fetch finds them.
        let deadline = if is_enough(pass) { Instant::now() } else { self.remote_deadline };
        let mut runs = tokio::select! {
            biased;
            runs = self.begin_remote(pass, remote, (tier.reader(), deadline)) => runs,
            () = changed(waiting) => {
                pass.is_interrupted = true;
                return;
            }
        };
        loop {
            let next = tokio::select! {
                biased;
                next = runs.next() => next,
                // A local partition may have enough now; what is loading goes on.
                () = changed(waiting) => {
                    pass.is_interrupted = true;
                    return;
                }
            };
            let Some((index, permit, result)) = next else {
                return;
            };
            match result {
                Ok(read) => self.take_remote(pass, index, permit, read),
                // Not there in time is no failure: the download goes on, and the client asks again. The reader says when
                // that has gone on for too long.
                Err(error) if error.is_loading() => {}
                Err(error) => pass.parts[index].remote_failure = Some(error),
            }
            if is_enough(pass) {
                return;
            }
        }
    }

    /// Begins the reads that there is room for, in the share of answers out of object storage. All together reserve what the
    /// fetch may take; the first waits for room, so that a fetch gets on in the end.
    async fn begin_remote(
        &self,
        pass: &mut Pass,
        remote: Vec<(usize, Arc<Partition>, Arc<RemotePartition>)>,
        (reader, deadline): (&RemoteReader, Instant),
    ) -> FuturesUnordered<RemoteRun> {
        let runs: FuturesUnordered<RemoteRun> = FuturesUnordered::new();
        let answers = &self.broker.fetches.cold_answers;
        let mut taken = pass.bytes;
        for (index, partition, state) in remote {
            let room = self.room(&pass.parts[index].request, taken);
            let least = room.min(COLD_ROOM_BYTES);
            let is_first = taken == 0;
            let permit = if is_first {
                tokio::time::timeout_at(self.remote_deadline, answers.take_when_free(least, room)).await.ok()
            } else if room > 0 {
                answers.try_take(least, room)
            } else {
                None
            };
            let Some(permit) = permit else {
                pass.is_short = true;
                continue;
            };
            pass.is_short |= permit.bytes() < room;
            // At least one, for a read without room is one of a batch.
            taken += permit.bytes().max(1);
            let request = RemoteRequest {
                partition: partition.id(),
                offset: pass.parts[index].request.fetch_offset,
                bytes_max: permit.bytes().max(1),
                min_one: true,
                read_committed: self.read_committed,
                cursor: Some(CursorKey { connection: self.context.connection.id, partition: partition.id() }),
                deadline,
            };
            let reader = reader.clone();
            runs.push(Box::pin(async move { (index, permit, reader.read(request, state).await) }));
        }
        runs
    }

    fn take_remote(&self, pass: &mut Pass, index: usize, mut permit: AnswerPermit, mut read: RemoteRead) {
        // KIP-74: only the first answer with records may pass the limit.
        if pass.bytes > 0 && pass.bytes + read.bytes > self.bytes_max {
            return;
        }
        permit.resize(read.bytes);
        detach(&mut read.slices);
        attach(permit, &mut read.slices);
        pass.bytes += read.bytes;
        let part = &mut pass.parts[index];
        part.aborted_remotely = read.aborted_transactions;
        part.served = ServedBytes {
            local: 0,
            cache_memory: read.stats.memory_bytes,
            cache_disk: read.stats.disk_bytes,
            bucket: read.stats.bucket_bytes,
        };
        part.body = Body::Records(read.slices.into_iter().collect::<Records>());
    }
}

/// A partition that the fetch waits for has changed; never, if it waits for none.
async fn changed(waiting: Option<&Waiting>) {
    match waiting {
        Some(waiting) => waiting.changed().await,
        None => std::future::pending().await,
    }
}

/// A short slice must not keep a whole chunk in memory until its client has taken it.
fn detach(slices: &mut [Bytes]) {
    for slice in slices.iter_mut().filter(|slice| slice.len() <= DETACHED_BYTES_MAX) {
        *slice = Bytes::copy_from_slice(slice);
    }
}

/// Lets the last slice hold the permit for all of them: slices are written, and dropped, in order. One that is short is
/// copied into the frame and dropped before, so it does not do while there is a long one.
fn attach(permit: AnswerPermit, slices: &mut [Bytes]) {
    let last_long = slices.iter().rposition(|slice| slice.len() > COPY_BYTES_MAX);
    let holder = last_long.or_else(|| slices.len().checked_sub(1));
    if let Some(holder) = holder.and_then(|index| slices.get_mut(index)) {
        *holder = permit.attach(std::mem::take(holder));
    }
}

fn resolve(image: &Image, partition: &FetchPartition) -> Option<TopicIdPartition> {
    let topic_id = match &partition.key.topic {
        TopicKey::Id(topic_id) => *topic_id,
        TopicKey::Name(name) => image.topic_by_name(name)?.topic_id,
    };
    Some(TopicIdPartition { topic_id, partition: partition.key.partition })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_during_a_remote_read_is_read_again_before_waiting() {
        let pass = |bytes, is_urgent, is_interrupted| Pass {
            parts: Vec::new(),
            bytes,
            is_urgent,
            is_interrupted,
            reads_remotely: true,
            is_short: false,
        };
        let cases = [
            (pass(0, false, false), false, Next::Wait),
            (pass(0, false, true), false, Next::Again),
            (pass(0, false, true), true, Next::Answer),
            (pass(9, false, true), false, Next::Again),
            (pass(10, false, true), false, Next::Answer),
            (pass(0, true, true), false, Next::Answer),
        ];
        for (index, (pass, is_time_up, expected)) in cases.into_iter().enumerate() {
            assert_eq!(pass.next(10, is_time_up), expected, "case {index}");
        }
    }

    #[test]
    fn the_permit_stays_with_the_last_slice_that_is_not_copied() {
        let memory = crate::net::limits::AnswerMemory::new(1 << 20);
        let long = Bytes::from(vec![0; COPY_BYTES_MAX + 1]);
        let short = Bytes::from_static(b"short");
        for slices in [vec![long.clone(), short.clone()], vec![short.clone(), long.clone(), short.clone()], vec![long]]
        {
            let mut slices = slices;
            attach(memory.take_up_to(1000), &mut slices);
            slices.retain(|slice| slice.len() > COPY_BYTES_MAX);
            assert_eq!(memory.bytes_in_use(), 1000);
            slices.clear();
            assert_eq!(memory.bytes_in_use(), 0);
        }
        let mut copied = [short];
        attach(memory.take_up_to(10), &mut copied);
        assert_eq!(memory.bytes_in_use(), 10);
    }
}
