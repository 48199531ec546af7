//! Selects one event, then applies it: inbox, finished jobs, timers.
//!
//! Owns: each partition's slot, its waits after failures, the tombstones' walk. Does not own: any decision about a range.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use strata_compat::ids::{Timestamp, TopicIdPartition};
use strata_metadata_core::image::remote_segments::RemoteTombstone;
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep;

use super::{Inbox, PartitionStatus, Shared};
use crate::clock::Clock;
use crate::config::TopicTiering;
use crate::copier::CopierContext;
use crate::deleter::Deleter;
use crate::error::{Error, ErrorKind};
use crate::partition_tiering::{PartitionTiering, RunResult, Work};
use crate::repeats::Repeats;
use crate::source::SegmentSource;
use crate::upload_scheduler::{UploadScheduler, backoff_ms};

/// The longest sleep: a missed nudge costs no more.
const SLEEP_MAX_MS: i64 = 10_000;
/// Between two rounds over a tombstone that has something left.
const TOMBSTONE_GAP_MS: i64 = 30_000;

type TombstoneKey = (TopicIdPartition, u32);

struct Slot {
    generation: u64,
    source: Arc<dyn SegmentSource>,
    topic: TopicTiering,
    /// `None` while a job has it.
    state: Option<Box<PartitionTiering>>,
    abort: Option<AbortHandle>,
    work: Option<Work>,
    wake_at: Option<Timestamp>,
    assessed_at: Timestamp,
    not_before: Timestamp,
    status: PartitionStatus,
}

enum JobEnd {
    Partition {
        partition: TopicIdPartition,
        generation: u64,
        state: Box<PartitionTiering>,
        result: Result<RunResult, Error>,
    },
    Tombstone {
        key: TombstoneKey,
        result: Result<bool, Error>,
    },
}

#[derive(Clone, Copy)]
enum JobName {
    Partition { partition: TopicIdPartition, generation: u64 },
    Tombstone { key: TombstoneKey },
}

#[derive(Clone, Copy)]
struct TombstoneNote {
    due: Timestamp,
    running: bool,
}

pub(super) struct EventLoop {
    shared: Arc<Shared>,
    context: Arc<CopierContext>,
    clock: Arc<dyn Clock>,
    slots: BTreeMap<TopicIdPartition, Slot>,
    timers: BTreeSet<(Timestamp, TopicIdPartition)>,
    scheduler: UploadScheduler,
    jobs: JoinSet<JobEnd>,
    names: HashMap<Id, JobName>,
    tombstones: BTreeMap<TombstoneKey, TombstoneNote>,
    generation: u64,
    lag_bytes: u64,
    holes: u64,
    /// Failures that were told of lately, by partition and text.
    failures_told: Repeats<(TopicIdPartition, String)>,
}

impl EventLoop {
    pub(super) fn new(shared: Arc<Shared>, context: Arc<CopierContext>, clock: Arc<dyn Clock>) -> Self {
        let scheduler = UploadScheduler::new(context.config.upload_concurrency);
        Self {
            shared,
            context,
            clock,
            slots: BTreeMap::new(),
            timers: BTreeSet::new(),
            scheduler,
            jobs: JoinSet::new(),
            names: HashMap::new(),
            tombstones: BTreeMap::new(),
            generation: 0,
            lag_bytes: 0,
            holes: 0,
            failures_told: Repeats::default(),
        }
    }

    pub(super) async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let shared = Arc::clone(&self.shared);
        loop {
            let wait = self.until_next_timer();
            tokio::select! {
                // Each turn looks at everything, so that no branch starves another.
                biased;
                _ = stopped.wait_for(|stopped| *stopped) => break,
                Some(end) = self.jobs.join_next_with_id(), if !self.jobs.is_empty() => self.job_ended(end),
                () = shared.wake.notified() => {}
                () = sleep(wait) => {}
            }
            let inbox = std::mem::take(&mut *self.shared.inbox.lock());
            self.take_inbox(inbox);
            if !self.shared.paused.load(Ordering::Acquire) {
                self.run_timers();
                self.note_tombstones();
                self.dispatch();
            }
        }
        self.jobs.shutdown().await;
    }

    fn until_next_timer(&self) -> Duration {
        let now = self.clock.now();
        let partitions = self.timers.first().map(|(at, _)| *at);
        let tombstones = self.tombstones.values().filter(|note| !note.running).map(|note| note.due).min();
        let next = partitions.into_iter().chain(tombstones).min().unwrap_or(now.plus_ms(SLEEP_MAX_MS));
        let paused = self.shared.paused.load(Ordering::Acquire);
        let wait_ms = if paused { SLEEP_MAX_MS } else { next.ms_since(now).clamp(1, SLEEP_MAX_MS) };
        Duration::from_millis(wait_ms.unsigned_abs())
    }

    fn take_inbox(&mut self, inbox: Inbox) {
        for partition in inbox.removed {
            self.remove(partition);
        }
        for (partition, (source, topic)) in inbox.added {
            self.remove(partition);
            self.add(partition, source, topic);
        }
        let now = self.clock.now();
        for (partition, topic) in inbox.updated {
            if let Some(slot) = self.slots.get_mut(&partition) {
                slot.topic = topic;
                if let Some(state) = &mut slot.state {
                    state.topic = topic;
                }
                self.wake(partition, now);
            }
        }
        let gap_ms = i64::try_from(self.context.config.nudge_interval_ms).unwrap_or(i64::MAX);
        for partition in inbox.nudged {
            if let Some(slot) = self.slots.get(&partition) {
                let at = slot.assessed_at.plus_ms(gap_ms).max(now);
                self.wake(partition, at);
            }
        }
        if inbox.image_changed {
            let partitions: Vec<TopicIdPartition> = self.slots.keys().copied().collect();
            for partition in partitions {
                let assessed_at = self.slots.get(&partition).map_or(now, |slot| slot.assessed_at);
                self.wake(partition, assessed_at.plus_ms(gap_ms).max(now));
            }
        }
    }

    fn add(&mut self, partition: TopicIdPartition, source: Arc<dyn SegmentSource>, topic: TopicTiering) {
        self.generation += 1;
        let slot = Slot {
            generation: self.generation,
            source: Arc::clone(&source),
            topic,
            state: Some(Box::new(PartitionTiering::new(source, topic))),
            abort: None,
            work: None,
            wake_at: None,
            assessed_at: Timestamp(0),
            not_before: Timestamp(0),
            status: PartitionStatus::default(),
        };
        self.slots.insert(partition, slot);
        self.wake(partition, self.clock.now());
    }

    fn remove(&mut self, partition: TopicIdPartition) {
        let Some(slot) = self.slots.remove(&partition) else {
            return;
        };
        if let Some(at) = slot.wake_at {
            self.timers.remove(&(at, partition));
        }
        if let Some(abort) = slot.abort {
            abort.abort();
        }
        self.scheduler.remove(partition);
        self.count(&slot.status, &PartitionStatus::default());
        self.shared.statuses.write().remove(&partition);
    }

    /// Looks at the partition at this time, or before if that was due already.
    fn wake(&mut self, partition: TopicIdPartition, at: Timestamp) {
        let Some(slot) = self.slots.get_mut(&partition) else {
            return;
        };
        let at = at.max(slot.not_before);
        match slot.wake_at {
            Some(due) if due <= at => return,
            Some(due) => {
                self.timers.remove(&(due, partition));
            }
            None => {}
        }
        slot.wake_at = Some(at);
        self.timers.insert((at, partition));
    }

    fn run_timers(&mut self) {
        let now = self.clock.now();
        while let Some((at, partition)) = self.timers.first().copied() {
            if at > now {
                return;
            }
            self.timers.remove(&(at, partition));
            self.assess(partition, now);
        }
    }

    fn assess(&mut self, partition: TopicIdPartition, now: Timestamp) {
        if let Some(nudge) = self.shared.nudges.read().get(&partition) {
            nudge.store(false, Ordering::Release);
        }
        let Some(slot) = self.slots.get_mut(&partition) else {
            return;
        };
        slot.wake_at = None;
        slot.assessed_at = now;
        let Some(state) = &mut slot.state else { return };
        let assessment = state.assess(&self.context, now);
        let status = PartitionStatus {
            lag_bytes: assessment.lag_bytes,
            hole: assessment.hole,
            failures: slot.status.failures,
            last_error: slot.status.last_error.clone(),
        };
        let before = std::mem::replace(&mut slot.status, status.clone());
        slot.work = assessment.work.map(|(_, work)| work);
        self.count(&before, &status);
        if before != status {
            self.shared.statuses.write().insert(partition, status);
        }
        match assessment.work {
            Some((class, _)) => self.scheduler.submit(partition, class),
            None => {
                self.scheduler.remove(partition);
                if let Some(at) = assessment.wake_at {
                    self.wake(partition, at.max(now.plus_ms(1)));
                }
            }
        }
    }

    fn count(&mut self, before: &PartitionStatus, after: &PartitionStatus) {
        self.lag_bytes = self.lag_bytes.saturating_sub(before.lag_bytes).saturating_add(after.lag_bytes);
        self.holes = self.holes.saturating_sub(u64::from(before.hole)) + u64::from(after.hole);
        self.context.metrics.lag_bytes.set(self.lag_bytes);
        self.context.metrics.holes.set(self.holes);
    }

    fn dispatch(&mut self) {
        while let Some((partition, class)) = self.scheduler.take_next() {
            let taken = self.slots.get_mut(&partition).and_then(|slot| {
                let work = slot.work.take()?;
                slot.state.take().map(|state| (slot.generation, work, state))
            });
            match taken {
                Some((generation, work, state)) => self.start(partition, generation, work, state),
                None => self.scheduler.finished(partition),
            }
            tracing::trace!(%partition, ?class, "a job was started");
        }
        self.start_tombstone();
    }

    fn start(&mut self, partition: TopicIdPartition, generation: u64, work: Work, mut state: Box<PartitionTiering>) {
        let (context, clock) = (Arc::clone(&self.context), Arc::clone(&self.clock));
        let abort = self.jobs.spawn(async move {
            let result = Box::pin(state.run(&context, work, clock.as_ref())).await;
            JobEnd::Partition { partition, generation, state, result }
        });
        self.names.insert(abort.id(), JobName::Partition { partition, generation });
        if let Some(slot) = self.slots.get_mut(&partition) {
            slot.abort = Some(abort);
        }
    }

    fn job_ended(&mut self, end: Result<(Id, JobEnd), JoinError>) {
        match end {
            Ok((id, end)) => {
                self.names.remove(&id);
                match end {
                    JobEnd::Partition { partition, generation, state, result } => {
                        self.partition_ended(partition, generation, Some(state), result);
                    }
                    JobEnd::Tombstone { key, result } => self.tombstone_ended(key, result),
                }
            }
            Err(error) => self.job_broke(&error),
        }
    }

    /// A job that panicked or was aborted has lost its state: the partition begins anew, as after a restart.
    fn job_broke(&mut self, error: &JoinError) {
        if error.is_panic() {
            tracing::error!(%error, "a job of tiering panicked");
        }
        let failed = || Error::new(ErrorKind::Internal, "a job of tiering ended early");
        match self.names.remove(&error.id()) {
            Some(JobName::Partition { partition, generation }) => {
                self.partition_ended(partition, generation, None, Err(failed()));
            }
            Some(JobName::Tombstone { key }) => self.tombstone_ended(key, Err(failed())),
            None => {}
        }
    }

    fn partition_ended(
        &mut self,
        partition: TopicIdPartition,
        generation: u64,
        state: Option<Box<PartitionTiering>>,
        result: Result<RunResult, Error>,
    ) {
        self.scheduler.finished(partition);
        let now = self.clock.now();
        let Some(slot) = self.slots.get_mut(&partition) else {
            return;
        };
        if slot.generation != generation {
            // Removed and added again meanwhile: the new slot may have waited for this end.
            self.wake(partition, now);
            return;
        }
        let mut state = state.unwrap_or_else(|| Box::new(PartitionTiering::new(Arc::clone(&slot.source), slot.topic)));
        state.topic = slot.topic;
        slot.state = Some(state);
        slot.abort = None;
        let before = slot.status.clone();
        let message = match result {
            Ok(RunResult::Done) => None,
            Ok(RunResult::Later) => Some("store or quorum is away".to_owned()),
            Err(error) => {
                let message = error.to_string();
                let subject = (partition, message.clone());
                // Once, it is what a leader that left or a deleted topic gives: the next look at the image ends it.
                let is_passing =
                    matches!(error.kind(), ErrorKind::Fenced | ErrorKind::NotFound) && before.failures == 0;
                if !is_passing && let Some(untold) = self.failures_told.comes_up(&subject, std::time::Instant::now()) {
                    tracing::warn!(%error, %partition, untold, "a piece of tiering failed; it is tried again");
                }
                Some(message)
            }
        };
        if let Some(message) = message {
            let config = &self.context.config;
            slot.status.failures = before.failures.saturating_add(1);
            slot.status.last_error = Some(message);
            let jitter = u64::try_from(self.context.random.next() >> 64).unwrap_or(u64::MAX);
            let wait_ms = backoff_ms(slot.status.failures, config.backoff_min_ms, config.backoff_max_ms, jitter);
            slot.not_before = now.plus_ms(i64::try_from(wait_ms).unwrap_or(i64::MAX));
        } else {
            slot.status.failures = 0;
            slot.status.last_error = None;
            slot.not_before = Timestamp(0);
        }
        let recovered = before.failures > 0 && slot.status.failures == 0;
        let status = slot.status.clone();
        self.shared.statuses.write().insert(partition, status);
        self.wake(partition, now);
        if recovered {
            self.end_waits(now);
        }
    }

    /// One success after failures says that the store is back: the backlog drains at once.
    fn end_waits(&mut self, now: Timestamp) {
        let waiting = self.slots.iter_mut().filter(|(_, slot)| slot.not_before > now);
        let partitions: Vec<TopicIdPartition> = waiting
            .map(|(partition, slot)| {
                slot.not_before = Timestamp(0);
                *partition
            })
            .collect();
        for partition in partitions {
            self.wake(partition, now);
        }
    }

    /// Notes tombstones when they are first seen: their grace counts from then.
    fn note_tombstones(&mut self) {
        let catalog = &self.context.catalog;
        let present = if catalog.walks_tombstones() { catalog.tombstones() } else { Vec::new() };
        if present.is_empty() && self.tombstones.is_empty() {
            return;
        }
        let due = self.clock.now().plus_ms(self.context.config.object_grace_ms());
        let keys: BTreeSet<TombstoneKey> =
            present.iter().map(|(partition, tombstone)| (*partition, tombstone.tiering_epoch)).collect();
        self.tombstones.retain(|key, note| note.running || keys.contains(key));
        for key in keys {
            self.tombstones.entry(key).or_insert(TombstoneNote { due, running: false });
        }
    }

    /// One tombstone at a time: deletions of topics never crowd out uploads.
    fn start_tombstone(&mut self) {
        let now = self.clock.now();
        if self.tombstones.values().any(|note| note.running) {
            return;
        }
        let due = self.tombstones.iter_mut().find(|(_, note)| note.due <= now);
        let Some((key, note)) = due else { return };
        let (key, tombstones) = (*key, self.context.catalog.tombstones());
        let found = tombstones.into_iter().find(|(partition, found)| (*partition, found.tiering_epoch) == key);
        let Some((partition, tombstone)) = found else {
            return;
        };
        note.running = true;
        let (context, clock) = (Arc::clone(&self.context), Arc::clone(&self.clock));
        let abort = self.jobs.spawn(async move {
            let result = walk_tombstone(&context, partition, &tombstone, clock.as_ref()).await;
            JobEnd::Tombstone { key, result }
        });
        self.names.insert(abort.id(), JobName::Tombstone { key });
    }

    fn tombstone_ended(&mut self, key: TombstoneKey, result: Result<bool, Error>) {
        match result {
            Ok(true) => {
                self.tombstones.remove(&key);
            }
            Ok(false) => self.tombstone_again(key),
            Err(error) => {
                tracing::warn!(%error, partition = %key.0, "the walk of a tombstone failed");
                self.tombstone_again(key);
            }
        }
    }

    fn tombstone_again(&mut self, key: TombstoneKey) {
        let gap_ms = TOMBSTONE_GAP_MS.min(self.context.config.put_late_ms).max(100);
        let due = self.clock.now().plus_ms(gap_ms);
        self.tombstones.insert(key, TombstoneNote { due, running: false });
    }
}

async fn walk_tombstone(
    context: &CopierContext,
    partition: TopicIdPartition,
    tombstone: &RemoteTombstone,
    clock: &dyn Clock,
) -> Result<bool, Error> {
    Box::pin(Deleter::new(context, partition).run_tombstone(tombstone, clock.now())).await
}
