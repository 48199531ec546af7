//! What the bucket really holds, against the quorum: the report of `strata tier verify`.
//!
//! Owns: the comparison and the check of every checksum. Does not own: any mending.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStoreExt as _;
use strata_compat::ids::{Offset, TopicIdPartition};
use strata_metadata_core::image::remote_segments::{RemotePartition, SegmentRow};

use crate::copier::CopierContext;
use crate::error::Error;
use crate::inventory::{GROUP_OBJECTS_MAX, ListGroup, Listed, Listing, NameWalk, Named, segment_name, standing};
use crate::object_io::{answered, get_tail, size_of};
use crate::object_key::ObjectName;
use crate::segment_format::SegmentIndex;

/// Findings that are named, at most; all are counted.
pub const FINDINGS_MAX: usize = 1000;

/// Objects that are read at once. Each takes room for its index section and one chunk.
const IN_FLIGHT_MAX: usize = 8;

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyDepth {
    /// Names and sizes.
    Names,
    /// Index sections too.
    Indexes,
    /// Every byte.
    Whole,
}

/// What is wrong with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The partition, if the object's name tells it.
    pub partition: Option<TopicIdPartition>,
    /// The object's key.
    pub key: String,
    /// What is wrong, for people.
    pub message: String,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Segments that the quorum and its pages name.
    pub segments: u64,
    /// Bytes of their objects.
    pub segment_bytes: u64,
    /// Their log bytes.
    pub log_bytes: u64,
    /// Pages that the quorum names.
    pub pages: u64,
    /// Reserved, abandoned or delete-pending objects.
    pub unsettled: u64,
    /// Objects that are named nowhere, or not by us.
    pub unaccounted: u64,
    /// Bytes of them: 0 after quiescence.
    pub unaccounted_bytes: u64,
    /// Objects that are named and not there.
    pub missing: u64,
    /// Objects that are not what they should be.
    pub corrupt: u64,
    /// Whether `cluster.json` is there.
    pub has_cluster_file: bool,
    /// What is wrong, the first [`FINDINGS_MAX`].
    pub findings: Vec<Finding>,
}

impl VerifyReport {
    /// Whether bucket and quorum agree.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.unaccounted == 0 && self.missing == 0 && self.corrupt == 0 && self.has_cluster_file
    }

    fn take(&mut self, found: Option<Fault>) {
        let Some(Fault { is_missing, partition, key, message }) = found else { return };
        if is_missing {
            self.missing += 1;
        } else {
            self.corrupt += 1;
        }
        self.find(Some(partition), key, message);
    }

    fn find(&mut self, partition: Option<TopicIdPartition>, key: String, message: impl Into<String>) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { partition, key, message: message.into() });
        }
    }
}

/// Compares bucket and quorum.
pub(crate) async fn verify(context: &CopierContext, depth: VerifyDepth) -> Result<VerifyReport, Error> {
    verify_in_groups(context, depth, GROUP_OBJECTS_MAX).await
}

pub(crate) async fn verify_in_groups(
    context: &CopierContext,
    depth: VerifyDepth,
    group_max: usize,
) -> Result<VerifyReport, Error> {
    let mut scrub = Scrub { context, depth, report: VerifyReport::default(), met: BTreeSet::new() };
    let mut listing = Listing::begin(context, group_max);
    while let Some(group) = listing.next().await? {
        scrub.group(group).await?;
    }
    // Partitions that the list has nothing of.
    let snapshot = context.catalog.snapshot_linearizable().await?;
    let partitions = snapshot.partitions.iter().map(|(partition, _)| *partition);
    for partition in partitions.chain(snapshot.tombstones.iter().map(|(partition, _)| *partition)) {
        if !scrub.met.contains(&partition) {
            scrub.partition(partition, &mut BTreeMap::new()).await?;
        }
    }
    if !scrub.report.has_cluster_file {
        scrub.report.find(None, context.names.cluster_file().to_string(), "is missing");
    }
    Ok(scrub.report)
}

/// What is wrong with a segment that is named.
struct Fault {
    is_missing: bool,
    partition: TopicIdPartition,
    key: String,
    message: String,
}

struct Scrub<'a> {
    context: &'a CopierContext,
    depth: VerifyDepth,
    report: VerifyReport,
    /// Partitions whose rows have been looked at.
    met: BTreeSet<TopicIdPartition>,
}

impl Scrub<'_> {
    async fn group(&mut self, mut group: ListGroup) -> Result<(), Error> {
        self.report.has_cluster_file |= group.has_cluster_file;
        let partition = group.partition();
        for (key, bytes) in group.unknown {
            self.report.unaccounted += 1;
            self.report.unaccounted_bytes = self.report.unaccounted_bytes.saturating_add(bytes);
            self.report.find(None, key, format!("{bytes} bytes that are not named as ours"));
        }
        match partition {
            Some(partition) => {
                self.partition(partition, &mut group.objects).await?;
                self.rest(group.objects).await
            }
            None => Ok(()),
        }
    }

    /// Takes what is named out of the listed objects, and looks at each row, once.
    async fn partition(
        &mut self,
        partition: TopicIdPartition,
        listed: &mut BTreeMap<ObjectName, Listed>,
    ) -> Result<(), Error> {
        let is_first = self.met.insert(partition);
        let standing = standing(self.context, partition).await?;
        if let Some(remote) = standing.partition {
            let mut row_end = Offset(i64::MIN);
            let mut walk = NameWalk::begin(self.context, partition, &remote);
            while let Some(named) = walk.next().await? {
                if is_first {
                    self.named(partition, &remote, &named, listed, &mut row_end).await?;
                }
                for name in named.objects(partition) {
                    listed.remove(&name);
                }
            }
        }
        for tombstone in &standing.tombstones {
            // What a tombstone names is accounted for, there or not.
            let mut walk = NameWalk::begin(self.context, partition, &tombstone.remote);
            while let Some(named) = walk.next().await? {
                for name in named.objects(partition) {
                    listed.remove(&name);
                    self.report.unsettled += u64::from(is_first);
                }
            }
        }
        Ok(())
    }

    async fn named(
        &mut self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        named: &Named,
        listed: &BTreeMap<ObjectName, Listed>,
        row_end: &mut Offset,
    ) -> Result<(), Error> {
        let (context, depth, report) = (self.context, self.depth, &mut self.report);
        if let Some((uuid, error)) = &named.unread_page {
            report.corrupt += 1;
            let key = error.object().map_or_else(|| format!("page {uuid}"), ToString::to_string);
            report.find(Some(partition), key, error.reason());
        }
        report.pages += u64::from(named.page.is_some());
        report.unsettled += u64::try_from(named.maybe.len()).unwrap_or(u64::MAX);
        let mut alive = Vec::with_capacity(named.rows.len());
        for row in &named.rows {
            let name = segment_name(partition, row);
            report.segments += 1;
            report.segment_bytes = report.segment_bytes.saturating_add(row.object_bytes);
            report.log_bytes = report.log_bytes.saturating_add(row.log_bytes);
            if row.base_offset < *row_end {
                report.corrupt += 1;
                report.find(Some(partition), context.names.object(&name).to_string(), "overlaps the row before it");
            }
            *row_end = row.end_offset;
            // A row below the log start may be on its way out.
            let is_dead = remote.log_start.is_some_and(|log_start| row.end_offset <= log_start);
            if !is_dead {
                alive.push((row, listed.get(&name).map(|object| object.bytes)));
            }
        }
        let check = |at: usize| {
            let (row, bytes) = alive[at];
            verify_segment(context, (partition, row), bytes, depth)
        };
        let mut checks = futures::stream::iter(0..alive.len()).map(check).buffered(IN_FLIGHT_MAX);
        while let Some(found) = checks.try_next().await? {
            report.take(found);
        }
        Ok(())
    }

    /// What is left of a group is named nowhere, unless it went while we looked.
    async fn rest(&mut self, objects: BTreeMap<ObjectName, Listed>) -> Result<(), Error> {
        let report = &mut self.report;
        for (name, object) in objects {
            let key = self.context.names.object(&name);
            if size_of(self.context.store.as_ref(), &key, &self.context.config).await?.is_none() {
                continue;
            }
            report.unaccounted += 1;
            report.unaccounted_bytes = report.unaccounted_bytes.saturating_add(object.bytes);
            report.find(Some(name.partition), key.to_string(), format!("{} bytes that nothing names", object.bytes));
        }
        Ok(())
    }
}

/// What is wrong with one segment, if anything is.
async fn verify_segment(
    context: &CopierContext,
    (partition, row): (TopicIdPartition, &SegmentRow),
    listed_bytes: Option<u64>,
    depth: VerifyDepth,
) -> Result<Option<Fault>, Error> {
    let key = context.names.segment(partition, row);
    // It may have been put after the list, or stand in another group.
    let bytes = match listed_bytes {
        Some(bytes) => Some(bytes),
        None => size_of(context.store.as_ref(), &key, &context.config).await?,
    };
    let fault = |is_missing, message| Some(Fault { is_missing, partition, key: key.to_string(), message });
    let Some(bytes) = bytes else {
        return Ok(fault(true, format!("offset {} on is missing", row.base_offset)));
    };
    if bytes != row.object_bytes {
        return Ok(fault(false, format!("has {bytes} bytes instead of {}", row.object_bytes)));
    }
    match check_content(context, partition, row, depth).await {
        Err(error) if error.is_retriable() => Err(error),
        Err(error) => Ok(fault(false, error.reason())),
        Ok(()) => Ok(None),
    }
}

async fn check_content(
    context: &CopierContext,
    partition: TopicIdPartition,
    row: &SegmentRow,
    depth: VerifyDepth,
) -> Result<(), Error> {
    if depth == VerifyDepth::Names {
        return Ok(());
    }
    let key = context.names.segment(partition, row);
    let section = get_tail(context.store.as_ref(), &key, row.index_position, row.object_bytes, &context.config).await?;
    let index = SegmentIndex::decode_for_row(&section, row)?;
    if depth == VerifyDepth::Indexes {
        return Ok(());
    }
    for chunk in index.chunks().entries() {
        let range = chunk.stored_position..chunk.stored_position + u64::from(chunk.stored_bytes);
        let bytes = u64::from(chunk.stored_bytes);
        let read = context.store.get_range(&key, range);
        let stored: Bytes = answered(&context.config, bytes, || format!("get {key}"), read).await?;
        chunk.open(stored)?;
    }
    Ok(())
}
