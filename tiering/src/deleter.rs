//! Deletes what is dead, in safe order.
//!
//! Owns: the deletion walk, replaced pages, abandoned objects, tombstones. Does not own: what is dead (the quorum's log
//! start, `retention_plan.rs`), objects of other clusters (never touched).
//! Invariants: an object goes only when the quorum has dropped or abandoned it, and after its grace; a page only when every
//! object it names is gone; the mark moves last. Graces count from when this deleter first saw the object dead.
//! A crash leaves objects that are dead and named: the next walk begins at the mark again.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::TryStreamExt as _;
use object_store::path::Path;
use strata_compat::ids::{Offset, Timestamp, TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::{PageReference, RemotePartition, RemoteTombstone, SegmentRow};

use crate::catalog::Fence;
use crate::copier::CopierContext;
use crate::crash_point::{CrashPoint, hit};
use crate::error::{Error, ErrorKind};
use crate::object_io::delete_and_make_sure;

/// Moves of the log start that wait for their grace, at most; more are taken together, with the later grace.
const MARKS_MAX: usize = 64;
/// Replaced pages that may wait for their grace; the quorum refuses new pages at 16.
const PENDING_PAGES_KEPT: usize = 8;
/// Uuids in one command to the quorum.
const FORGET_MAX: usize = 128;

/// When this deleter first saw what dead. Lost with the process: graces then count anew.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeathNotes {
    log_starts: Vec<(Offset, Timestamp)>,
    /// The walk has been here: everything that ends at or below is gone.
    walked_to: Offset,
    pages: BTreeMap<Uuid, Timestamp>,
}

impl DeathNotes {
    /// Notes what is dead now.
    pub(crate) fn observe(&mut self, remote: &RemotePartition, now: Timestamp) {
        let log_start = remote.log_start.unwrap_or(Offset(0));
        let has_dead = self.has_dead(remote, log_start);
        let is_full = self.log_starts.len() >= MARKS_MAX;
        match self.log_starts.last_mut() {
            _ if !has_dead => {}
            Some(last) if is_full => *last = (log_start, now),
            _ => self.log_starts.push((log_start, now)),
        }
        let pending: BTreeMap<Uuid, Timestamp> = remote
            .delete_pending_pages
            .iter()
            .map(|page| (page.uuid, self.pages.get(&page.uuid).copied().unwrap_or(now)))
            .collect();
        self.pages = pending;
    }

    /// Whether something may have died that is not noted yet.
    fn has_dead(&self, remote: &RemotePartition, log_start: Offset) -> bool {
        let noted = self.log_starts.last().map_or(self.walked_to, |last| last.0).max(remote.deleted_to);
        log_start > noted
            && (remote.rows.iter().any(|row| row.end_offset > noted && row.end_offset <= log_start)
                || remote.pages.iter().any(|page| page.end_offset > noted && page.base_offset < log_start))
    }

    /// The walk below this offset is done.
    fn walked(&mut self, below: Offset) {
        self.walked_to = self.walked_to.max(below);
        self.log_starts.retain(|(offset, _)| *offset > below);
    }

    /// Everything that ends at or below has been dead for the grace.
    pub(crate) fn dead_below(&self, now: Timestamp, grace_ms: i64) -> Option<Offset> {
        self.log_starts.iter().rev().find(|(_, seen)| now.ms_since(*seen) >= grace_ms).map(|(offset, _)| *offset)
    }

    /// Replaced pages whose grace is over, or that are too many to wait for it; the oldest first.
    fn pages_due(&self, remote: &RemotePartition, now: Timestamp, grace_ms: i64) -> Vec<Arc<PageReference>> {
        let surplus = remote.delete_pending_pages.len().saturating_sub(PENDING_PAGES_KEPT);
        let is_over =
            |page: &PageReference| self.pages.get(&page.uuid).is_some_and(|seen| now.ms_since(*seen) >= grace_ms);
        let pages = remote.delete_pending_pages.iter().enumerate();
        pages.filter(|(index, page)| *index < surplus || is_over(page)).map(|(_, page)| Arc::clone(page)).collect()
    }

    /// When there will next be something to delete.
    pub(crate) fn next_due(
        &self,
        remote: &RemotePartition,
        config: &crate::config::TieringConfig,
    ) -> Option<Timestamp> {
        if remote.delete_pending_pages.len() > PENDING_PAGES_KEPT {
            return Some(Timestamp(0));
        }
        let graces = self.log_starts.iter().map(|(_, seen)| *seen).chain(self.pages.values().copied());
        let late = remote.abandoned.iter().map(|object| object.abandoned_at.plus_ms(config.put_late_ms));
        graces.map(|seen| seen.plus_ms(config.object_grace_ms())).chain(late).min()
    }
}

/// On whose behalf the mark moves.
#[derive(Clone, Copy, Debug)]
enum Walker {
    Leader(Fence),
    Tombstone { tiering_epoch: u32 },
}

/// Deletes for one partition.
pub(crate) struct Deleter<'a> {
    context: &'a CopierContext,
    partition: TopicIdPartition,
}

impl<'a> Deleter<'a> {
    pub(crate) const fn new(context: &'a CopierContext, partition: TopicIdPartition) -> Self {
        Self { context, partition }
    }

    /// All that is due for a partition that this broker leads.
    pub(crate) async fn run(
        &self,
        remote: &RemotePartition,
        notes: &mut DeathNotes,
        fence: Fence,
        now: Timestamp,
    ) -> Result<(), Error> {
        let config = &self.context.config;
        if let Some(below) = notes.dead_below(now, config.object_grace_ms()) {
            self.walk(remote, below, Walker::Leader(fence)).await?;
            notes.walked(below);
        }
        let pages = notes.pages_due(remote, now, config.object_grace_ms());
        let mut gone = self.delete_pages(&pages).await?;
        gone.extend(self.delete_abandoned(remote, now).await?);
        for uuids in gone.chunks(FORGET_MAX) {
            hit(CrashPoint::ForgetBefore);
            self.context.catalog.forget(self.partition, uuids.to_vec()).await?;
            hit(CrashPoint::ForgetAfter);
        }
        Ok(())
    }

    /// One round over a tombstone whose grace is over; true once nothing of it is left.
    pub(crate) async fn run_tombstone(&self, tombstone: &RemoteTombstone, now: Timestamp) -> Result<bool, Error> {
        let remote = &tombstone.remote;
        let walker = Walker::Tombstone { tiering_epoch: tombstone.tiering_epoch };
        self.walk(remote, Offset(i64::MAX), walker).await?;
        let mut gone = self.delete_pages(&remote.delete_pending_pages).await?;
        let abandoned = self.delete_abandoned(remote, now).await?;
        let all_abandoned = abandoned.len() == remote.abandoned.len();
        gone.extend(abandoned);
        let (catalog, epoch) = (&self.context.catalog, tombstone.tiering_epoch);
        let mark = end_of(remote).unwrap_or(remote.deleted_to);
        for uuids in gone.chunks(FORGET_MAX) {
            catalog.advance_tombstone(self.partition, epoch, Some(mark), uuids.to_vec()).await?;
        }
        if all_abandoned {
            catalog.advance_tombstone(self.partition, epoch, None, Vec::new()).await?;
        }
        Ok(all_abandoned)
    }

    /// The walk from the mark: objects, then their page, then the mark moves.
    async fn walk(&self, remote: &RemotePartition, below: Offset, walker: Walker) -> Result<(), Error> {
        for page in &remote.pages {
            if page.base_offset >= below {
                return Ok(());
            }
            if page.end_offset > remote.deleted_to && !self.walk_page(remote, page, below, walker).await? {
                return Ok(());
            }
        }
        let rows: Vec<&SegmentRow> = remote.rows.iter().map(AsRef::as_ref).collect();
        if let Some(end) = self.delete_rows(&rows, remote.deleted_to, below).await? {
            self.move_mark(walker, end).await?;
        }
        Ok(())
    }

    /// True once the whole page is gone.
    async fn walk_page(
        &self,
        remote: &RemotePartition,
        page: &PageReference,
        below: Offset,
        walker: Walker,
    ) -> Result<bool, Error> {
        let whole = page.end_offset <= below;
        match self.context.open_page(self.partition, page).await {
            Ok(opened) => {
                let rows: Vec<&SegmentRow> = opened.rows.iter().collect();
                let end = self.delete_rows(&rows, remote.deleted_to, below).await?;
                if !whole {
                    if let Some(end) = end {
                        self.move_mark(walker, end).await?;
                    }
                    return Ok(false);
                }
            }
            // A page goes only when all that it names is gone, so a page that is gone has nothing left to walk.
            Err(error) if error.kind() == ErrorKind::NotFound && whole => {}
            Err(error) => return Err(error),
        }
        if page.origin_cluster.is_none() {
            self.delete(&self.context.names.page(self.partition, page)).await?;
        }
        self.move_mark(walker, page.end_offset).await?;
        Ok(true)
    }

    /// Deletes the objects of dead rows, and gives the end of the last one.
    async fn delete_rows(
        &self,
        rows: &[&SegmentRow],
        deleted_to: Offset,
        below: Offset,
    ) -> Result<Option<Offset>, Error> {
        let dead = rows.iter().filter(|row| row.end_offset > deleted_to && row.end_offset <= below);
        let end = dead.clone().map(|row| row.end_offset).max();
        // Objects of an origin cluster are that cluster's: we only stop naming them.
        let ours = dead.filter(|row| row.origin_cluster.is_none());
        let keys: Vec<Path> = ours.map(|row| self.context.names.segment(self.partition, row)).collect();
        futures::stream::iter(keys.iter().map(Ok))
            .try_for_each_concurrent(self.context.config.delete_concurrency, |key| self.delete(key))
            .await?;
        Ok(end)
    }

    async fn delete_pages(&self, pages: &[Arc<PageReference>]) -> Result<Vec<Uuid>, Error> {
        let mut gone = Vec::with_capacity(pages.len());
        for page in pages {
            if page.origin_cluster.is_none() {
                self.delete(&self.context.names.page(self.partition, page)).await?;
            }
            gone.push(page.uuid);
        }
        Ok(gone)
    }

    /// Deletes abandoned objects once a late PUT can no longer land.
    async fn delete_abandoned(&self, remote: &RemotePartition, now: Timestamp) -> Result<Vec<Uuid>, Error> {
        let late_ms = self.context.config.put_late_ms;
        let mut gone = Vec::new();
        for object in &remote.abandoned {
            if now.ms_since(object.abandoned_at) >= late_ms {
                self.delete(&self.context.names.abandoned(self.partition, object)).await?;
                gone.push(object.uuid);
            }
        }
        Ok(gone)
    }

    async fn move_mark(&self, walker: Walker, to: Offset) -> Result<(), Error> {
        let catalog = &self.context.catalog;
        hit(CrashPoint::MarkBefore);
        match walker {
            Walker::Leader(fence) => catalog.advance_deleted_to(self.partition, fence, to).await?,
            Walker::Tombstone { tiering_epoch } => {
                catalog.advance_tombstone(self.partition, tiering_epoch, Some(to), Vec::new()).await?;
            }
        }
        hit(CrashPoint::MarkAfter);
        Ok(())
    }

    async fn delete(&self, key: &Path) -> Result<(), Error> {
        let result = delete_and_make_sure(self.context.store.as_ref(), key, &self.context.config).await;
        match &result {
            Ok(()) => self.context.metrics.deletes.inc(),
            Err(_) => self.context.metrics.delete_errors.inc(),
        };
        result
    }
}

fn end_of(remote: &RemotePartition) -> Option<Offset> {
    let rows = remote.rows.last().map(|row| row.end_offset);
    rows.or_else(|| remote.pages.last().map(|page| page.end_offset))
}
