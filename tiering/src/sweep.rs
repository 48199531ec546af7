//! Finds objects of ours that nothing names any more, and deletes them if asked to.
//!
//! Owns: that decision. Does not own: the deletion of what the quorum still names (`deleter.rs`).
//! Invariants: only our own folder is listed; the quorum is read linearizably after the list; an object goes only if it is
//! named nowhere (so the quorum has abandoned or dropped it), is older than a late PUT can be, and every page of its
//! partition could be read.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use strata_compat::ids::{Timestamp, TopicIdPartition};

use crate::copier::CopierContext;
use crate::error::{Error, ErrorKind};
use crate::inventory::{GROUP_OBJECTS_MAX, ListGroup, Listing, NameWalk, standing};
use crate::object_io::delete_and_make_sure;

/// What a sweep found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Segments and pages in our folder.
    pub objects: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Bytes that nothing names and that are still there.
    pub unaccounted_bytes: u64,
    /// Objects deleted.
    pub deleted: u64,
    /// Bytes of them.
    pub deleted_bytes: u64,
    /// Partitions that were left alone because a page of theirs could not be read.
    pub undecided_partitions: u64,
}

/// Whether a sweep deletes what it finds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deleting<'paused> {
    /// It only reports: so it is after a restore, until an operator confirms it.
    No,
    /// It does, as long as tiering is not paused: asked before each object.
    UnlessPaused(&'paused AtomicBool),
}

impl Deleting<'_> {
    /// Whether objects go now.
    ///
    /// # Errors
    /// `Unavailable` once tiering is paused.
    fn check(self) -> Result<bool, Error> {
        match self {
            Self::No => Ok(false),
            Self::UnlessPaused(paused) if paused.load(Ordering::Acquire) => {
                Err(Error::new(ErrorKind::Unavailable, "tiering is paused"))
            }
            Self::UnlessPaused(_) => Ok(true),
        }
    }
}

/// Sweeps once.
pub(crate) async fn sweep(
    context: &CopierContext,
    now: Timestamp,
    deleting: Deleting<'_>,
) -> Result<SweepReport, Error> {
    sweep_in_groups(context, now, deleting, GROUP_OBJECTS_MAX).await
}

pub(crate) async fn sweep_in_groups(
    context: &CopierContext,
    now: Timestamp,
    deleting: Deleting<'_>,
    group_max: usize,
) -> Result<SweepReport, Error> {
    deleting.check()?;
    let mut report = SweepReport::default();
    let mut undecided = BTreeSet::new();
    let mut listing = Listing::begin(context, group_max);
    while let Some(mut group) = listing.next().await? {
        for (_, bytes) in &group.unknown {
            report.unaccounted_bytes = report.unaccounted_bytes.saturating_add(*bytes);
        }
        for object in group.objects.values() {
            report.objects += 1;
            report.bytes = report.bytes.saturating_add(object.bytes);
        }
        let Some(partition) = group.partition() else {
            continue;
        };
        if !take_named(context, partition, &mut group).await? {
            undecided.insert(partition);
            continue;
        }
        for (name, object) in group.objects {
            let is_old = now.ms_since(Timestamp(object.modified_ms)) >= context.config.put_late_ms;
            if is_old && deleting.check()? {
                delete_and_make_sure(context.store.as_ref(), &context.names.object(&name), &context.config).await?;
                context.metrics.deletes.inc();
                report.deleted += 1;
                report.deleted_bytes = report.deleted_bytes.saturating_add(object.bytes);
            } else {
                report.unaccounted_bytes = report.unaccounted_bytes.saturating_add(object.bytes);
            }
        }
    }
    report.undecided_partitions = u64::try_from(undecided.len()).unwrap_or(u64::MAX);
    Ok(report)
}

/// Takes out of the group what is named; answers whether all that is named could be read.
async fn take_named(
    context: &CopierContext,
    partition: TopicIdPartition,
    group: &mut ListGroup,
) -> Result<bool, Error> {
    let standing = standing(context, partition).await?;
    let former = standing.tombstones.iter().map(|tombstone| &tombstone.remote);
    for remote in standing.partition.as_deref().into_iter().chain(former) {
        let mut walk = NameWalk::begin(context, partition, remote);
        while let Some(named) = walk.next().await? {
            if named.unread_page.is_some() {
                return Ok(false);
            }
            for name in named.objects(partition) {
                group.objects.remove(&name);
            }
        }
    }
    Ok(true)
}
