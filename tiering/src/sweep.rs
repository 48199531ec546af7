//! Finds objects of ours that nothing names any more, and deletes them if asked to.
//!
//! Owns: that decision. Does not own: the deletion of what the quorum still names (`deleter.rs`).
//! Invariants: only our own folder is listed; the quorum is read linearizably after the list; an object goes only if it is
//! named nowhere (so the quorum has abandoned or dropped it), is older than a late PUT can be, and every page of its
//! partition could be read.

use std::collections::BTreeSet;

use strata_compat::ids::{Timestamp, TopicIdPartition};

use crate::copier::CopierContext;
use crate::error::Error;
use crate::inventory::{list, named};
use crate::object_io::delete_and_make_sure;
use crate::object_key::ObjectName;

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

/// Sweeps once. Without `delete` it only reports: so it is after a restore, until an operator confirms it.
pub(crate) async fn sweep(context: &CopierContext, now: Timestamp, delete: bool) -> Result<SweepReport, Error> {
    let listed = list(context).await?;
    let snapshot = context.catalog.snapshot_linearizable().await?;
    let mut known: BTreeSet<ObjectName> = BTreeSet::new();
    let mut undecided: BTreeSet<TopicIdPartition> = BTreeSet::new();
    let tombstones = snapshot.tombstones.iter().map(|(partition, tombstone)| (partition, &tombstone.remote));
    for (partition, remote) in
        snapshot.partitions.iter().map(|(partition, remote)| (partition, &**remote)).chain(tombstones)
    {
        let names = named(context, *partition, remote).await?;
        known.extend(names.objects(*partition));
        if !names.unread_pages.is_empty() {
            undecided.insert(*partition);
        }
    }
    let mut report = SweepReport {
        unaccounted_bytes: listed.unknown_bytes,
        undecided_partitions: u64::try_from(undecided.len()).unwrap_or(u64::MAX),
        ..SweepReport::default()
    };
    for (name, object) in &listed.objects {
        report.objects += 1;
        report.bytes = report.bytes.saturating_add(object.bytes);
        if known.contains(name) || undecided.contains(&name.partition) {
            continue;
        }
        let is_old = now.ms_since(Timestamp(object.modified_ms)) >= context.config.put_late_ms;
        if delete && is_old {
            delete_and_make_sure(context.store.as_ref(), &context.names.object(name)).await?;
            context.metrics.deletes.inc();
            report.deleted += 1;
            report.deleted_bytes = report.deleted_bytes.saturating_add(object.bytes);
        } else {
            report.unaccounted_bytes = report.unaccounted_bytes.saturating_add(object.bytes);
        }
    }
    Ok(report)
}
