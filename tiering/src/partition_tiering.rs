//! One partition's tiering: what is to be done next, and doing one piece of it.
//!
//! Owns: the attempt under way, death notes, what the log was told. Does not own: when it runs (`remote_log_manager.rs`).
//! Invariants: one piece of work at a time; a leader reserves nothing while another reservation of its own is live.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition};
use strata_metadata_core::image::remote_segments::RemotePartition;

use crate::catalog::Fence;
use crate::clock::Clock;
use crate::commit::{CommitState, Outcome, Step};
use crate::config::TopicTiering;
use crate::copier::{CopierContext, CopyAttempt, CopyResult};
use crate::copy_plan::{CopyDecision, CopyLimits, CopyReason, decide};
use crate::crash_point::{CrashPoint, hit};
use crate::deleter::{DeathNotes, Deleter};
use crate::error::{Error, ErrorKind};
use crate::retention_plan::{self, RetentionDecision, RetentionInput};
use crate::segment_format::SegmentIdentity;
use crate::source::{SegmentSource, SourceState};
use crate::upload_scheduler::WorkClass;

/// Between two deletions of one partition, at least.
const HOUSEKEEPING_GAP_MS: i64 = 50;
/// After a failed one.
const HOUSEKEEPING_RETRY_MS: i64 = 30_000;
/// Pages that one look at retention opens, at most; the next look goes on.
const PAGES_PER_RETENTION_MAX: usize = 64;

/// One piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Tell the quorum the log start.
    Begin { log_start: Offset },
    /// Copy a new range.
    Copy { from: Offset, end: Offset, bytes_max: u64 },
    /// Go on with the attempt that is under way.
    Resume,
    /// Retention and deletion.
    Housekeeping,
}

/// What is to be done, and when to look again if nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Assessment {
    pub(crate) work: Option<(WorkClass, Work)>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) lag_bytes: u64,
    pub(crate) hole: bool,
}

/// How a piece of work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunResult {
    /// Done: look again.
    Done,
    /// Store or quorum is away: wait, then look again.
    Later,
}

/// One partition.
pub(crate) struct PartitionTiering {
    pub(crate) source: Arc<dyn SegmentSource>,
    pub(crate) topic: TopicTiering,
    partition: TopicIdPartition,
    attempt: Option<CopyAttempt>,
    notes: DeathNotes,
    retention_at: Timestamp,
    housekeeping_after: Timestamp,
    told_log_start: Option<Offset>,
    told_remote_end: Option<Option<Offset>>,
}

impl PartitionTiering {
    pub(crate) fn new(source: Arc<dyn SegmentSource>, topic: TopicTiering) -> Self {
        Self {
            partition: source.partition(),
            source,
            topic,
            attempt: None,
            notes: DeathNotes::default(),
            retention_at: Timestamp(0),
            housekeeping_after: Timestamp(0),
            told_log_start: None,
            told_remote_end: None,
        }
    }

    /// Tells the log what the quorum has decided, once.
    fn tell_source(&mut self, remote: &RemotePartition) {
        if let Some(log_start) = remote.log_start
            && self.told_log_start != Some(log_start)
        {
            self.source.log_start_moved(log_start);
            self.told_log_start = Some(log_start);
        }
        if self.told_remote_end != Some(remote.remote_end) {
            self.source.remote_end_moved(remote.remote_end);
            self.told_remote_end = Some(remote.remote_end);
        }
    }

    /// Looks at log and image, and says what is to be done now.
    pub(crate) fn assess(&mut self, context: &CopierContext, now: Timestamp) -> Assessment {
        let remote = context.catalog.remote_partition(self.partition).unwrap_or_default();
        self.tell_source(&remote);
        let from = remote.next_base_offset().unwrap_or(Offset(0));
        let state = self.source.state(from);
        let nothing = Assessment { work: None, wake_at: None, lag_bytes: 0, hole: false };
        let Some(leader_epoch) = state.leader_epoch else {
            self.attempt = None;
            return nothing;
        };
        self.drop_stale_attempt(leader_epoch, &remote);
        let pending_bytes = if from < state.copy_end { self.source.bytes_between(from, state.copy_end) } else { 0 };
        self.notes.observe(&remote, now);
        let limits = CopyLimits::new(&context.config, &self.topic);
        let decision = decide(&state, &remote, pending_bytes, limits, now);
        let base = Assessment { lag_bytes: pending_bytes, ..nothing };
        let housekeeping_due = self.housekeeping_due(&remote, context);
        if remote.log_start.is_some() && housekeeping_due <= now {
            return Assessment { work: Some((WorkClass::Housekeeping, Work::Housekeeping)), ..base };
        }
        if let Some(class) = self.attempt_class() {
            return Assessment { work: Some((class, Work::Resume)), ..base };
        }
        planned(decision, base, housekeeping_due)
    }

    fn attempt_class(&self) -> Option<WorkClass> {
        let attempt = self.attempt.as_ref()?;
        let is_page = attempt.page.is_some() || matches!(attempt.state.step(), Step::WritePage | Step::Commit);
        Some(if is_page { WorkClass::Critical } else { WorkClass::CatchingUp })
    }

    fn drop_stale_attempt(&mut self, leader_epoch: LeaderEpoch, remote: &RemotePartition) {
        let is_current = self.attempt.as_ref().is_some_and(|attempt| {
            attempt.fence.leader_epoch == leader_epoch && attempt.fence.tiering_epoch == remote.tiering_epoch
        });
        if !is_current {
            self.attempt = None;
        }
    }

    fn housekeeping_due(&self, remote: &RemotePartition, context: &CopierContext) -> Timestamp {
        let deletion = self.notes.next_due(remote, &context.config);
        deletion.map_or(self.retention_at, |due| due.min(self.retention_at)).max(self.housekeeping_after)
    }

    /// Does one piece of work.
    pub(crate) async fn run(
        &mut self,
        context: &CopierContext,
        work: Work,
        clock: &dyn Clock,
    ) -> Result<RunResult, Error> {
        let remote = context.catalog.remote_partition(self.partition).unwrap_or_default();
        let from = remote.next_base_offset().unwrap_or(Offset(0));
        let state = self.source.state(from);
        let Some(leader_epoch) = state.leader_epoch else {
            return Ok(RunResult::Done);
        };
        let fence =
            Fence { leader_epoch, broker_epoch: context.catalog.broker_epoch(), tiering_epoch: remote.tiering_epoch };
        match work {
            Work::Begin { log_start } => {
                hit(CrashPoint::BeginBefore);
                context.catalog.begin(self.partition, fence, log_start).await?;
                hit(CrashPoint::BeginAfter);
                Ok(RunResult::Done)
            }
            Work::Copy { from: planned, end, bytes_max } => {
                if planned != from {
                    return Ok(RunResult::Done);
                }
                self.begin_attempt(context, &state, &remote, fence, (end, bytes_max)).await?;
                self.run_attempt(context).await
            }
            Work::Resume => self.run_attempt(context).await,
            Work::Housekeeping => self.keep_house(context, &state, fence, clock.now()).await,
        }
    }

    async fn begin_attempt(
        &mut self,
        context: &CopierContext,
        state: &SourceState,
        remote: &RemotePartition,
        fence: Fence,
        (end, bytes_max): (Offset, u64),
    ) -> Result<(), Error> {
        // Left by an attempt that this process forgot: it must have an outcome before anything else is reserved.
        if let Some(live) = &remote.reserved_segment
            && live.leader_epoch == fence.leader_epoch
        {
            context.catalog.abandon(self.partition, live.uuid).await?;
        }
        let base_offset = remote.next_base_offset().unwrap_or(state.log_start);
        self.attempt = Some(CopyAttempt {
            identity: SegmentIdentity {
                uuid: context.random.uuid(),
                nonce: context.random.uuid(),
                topic: state.topic.clone(),
                partition: self.partition,
                cluster_id: context.names.cluster_id().to_owned(),
                previous: remote.rows.last().map(|row| row.uuid),
                log_start: remote.log_start.unwrap_or(state.log_start),
                base_offset,
                leader_epoch: fence.leader_epoch,
            },
            fence,
            end,
            bytes_max,
            state: CommitState::new(),
            row: None,
            page: None,
        });
        Ok(())
    }

    async fn run_attempt(&mut self, context: &CopierContext) -> Result<RunResult, Error> {
        let Some(attempt) = &mut self.attempt else {
            return Ok(RunResult::Done);
        };
        let outcome = match context.run(self.source.as_ref(), attempt).await? {
            CopyResult::Later => {
                context.metrics.copy_errors.inc();
                return Ok(RunResult::Later);
            }
            CopyResult::Ended(outcome) => outcome,
        };
        let row = attempt.row.take();
        self.attempt = None;
        match outcome {
            Outcome::Committed => {
                context.metrics.copies.inc();
                context.metrics.copy_bytes.inc_by(row.map_or(0, |row| row.log_bytes));
                Ok(RunResult::Done)
            }
            Outcome::Fenced => {
                context.metrics.copies_fenced.inc();
                // The image will say who leads now; looking at once again would only spin until it does.
                Ok(RunResult::Later)
            }
            Outcome::GivenUp(kind) => {
                context.metrics.copy_errors.inc();
                Err(Error::new(kind, format!("a copy of {} was given up", self.partition)))
            }
        }
    }

    async fn keep_house(
        &mut self,
        context: &CopierContext,
        state: &SourceState,
        fence: Fence,
        now: Timestamp,
    ) -> Result<RunResult, Error> {
        self.housekeeping_after = now.plus_ms(HOUSEKEEPING_RETRY_MS.min(context.config.retention_check_ms));
        if self.retention_at <= now {
            self.retain(context, state, fence, now).await?;
            self.retention_at = now.plus_ms(context.config.retention_check_ms);
        }
        self.give_up_forgotten(context, fence).await?;
        let remote = context.catalog.remote_partition(self.partition).unwrap_or_default();
        self.tell_source(&remote);
        self.notes.observe(&remote, now);
        Deleter::new(context, self.partition).run(&remote, &mut self.notes, fence, now).await?;
        self.housekeeping_after = now.plus_ms(HOUSEKEEPING_GAP_MS.min(context.config.retention_check_ms));
        Ok(RunResult::Done)
    }

    /// Gives up reservations that nobody goes on with: of an earlier leader where nothing is left to copy, or of a page that
    /// was no longer needed. The next reservation would, but an idle partition makes none.
    async fn give_up_forgotten(&self, context: &CopierContext, fence: Fence) -> Result<(), Error> {
        let remote = context.catalog.remote_partition(self.partition).unwrap_or_default();
        let page = |attempt: &CopyAttempt| attempt.page.as_ref().map(|page| page.replacement.page.uuid);
        let is_ours = |uuid| {
            self.attempt.as_ref().is_some_and(|attempt| attempt.identity.uuid == uuid || page(attempt) == Some(uuid))
        };
        for live in [&remote.reserved_segment, &remote.reserved_page].into_iter().flatten() {
            if live.leader_epoch <= fence.leader_epoch && !is_ours(live.uuid) {
                context.catalog.abandon(self.partition, live.uuid).await?;
            }
        }
        Ok(())
    }

    /// Moves the log start as far as retention asks for.
    async fn retain(
        &self,
        context: &CopierContext,
        state: &SourceState,
        fence: Fence,
        now: Timestamp,
    ) -> Result<(), Error> {
        let remote = context.catalog.remote_partition(self.partition).unwrap_or_default();
        let local_from = remote.next_base_offset().unwrap_or(state.local_start);
        let local_bytes =
            if local_from < state.log_end { self.source.bytes_between(local_from, state.log_end) } else { 0 };
        let input = RetentionInput::new(&self.topic, local_bytes, now);
        let mut opened = BTreeMap::new();
        for _ in 0..PAGES_PER_RETENTION_MAX {
            match retention_plan::decide(&remote, &opened, input) {
                RetentionDecision::Nothing => return Ok(()),
                RetentionDecision::MoveTo(log_start) => {
                    hit(CrashPoint::TombstoneBefore);
                    context.catalog.move_log_start(self.partition, fence, log_start).await?;
                    hit(CrashPoint::TombstoneAfter);
                    return Ok(());
                }
                RetentionDecision::OpenPage(uuid) => {
                    let reference = remote.pages.iter().find(|page| page.uuid == uuid).ok_or_else(|| {
                        Error::new(ErrorKind::Internal, "retention asks for a page that is not listed")
                    })?;
                    opened.insert(uuid, context.open_page(self.partition, reference).await?.rows);
                }
            }
        }
        Ok(())
    }
}

/// What the plan asks for, with its class.
fn planned(decision: CopyDecision, base: Assessment, housekeeping_due: Timestamp) -> Assessment {
    match decision {
        CopyDecision::Nothing { until } => {
            let wake_at = until.map_or(housekeeping_due, |until| until.min(housekeeping_due));
            Assessment { wake_at: Some(wake_at), ..base }
        }
        CopyDecision::Begin { log_start } => {
            Assessment { work: Some((WorkClass::Critical, Work::Begin { log_start })), ..base }
        }
        CopyDecision::Hole { .. } => Assessment { wake_at: Some(housekeeping_due), hole: true, ..base },
        CopyDecision::Copy { from, end, bytes_max, reason } => {
            let class = match reason {
                CopyReason::Lag => WorkClass::Critical,
                _ if base.lag_bytes >= bytes_max.saturating_mul(2) => WorkClass::CatchingUp,
                CopyReason::Size | CopyReason::Roll => WorkClass::Normal,
            };
            Assessment { work: Some((class, Work::Copy { from, end, bytes_max })), ..base }
        }
    }
}

#[cfg(test)]
mod tests;
