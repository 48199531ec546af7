//! What should be in the bucket, against what is.
//!
//! Owns: the walk over our folder, and over all that the quorum and its pages name of a partition. Does not own: what follows
//! from a difference (`sweep.rs` deletes, `scrub.rs` reports).
//!
//! Invariants: the list is taken in groups of one partition each, and the quorum is read linearizably after a group was
//! listed. An object is reserved before it is put, so what was listed and is named nowhere was abandoned or dropped, and
//! forgotten. Memory: one group of the list, and the rows of one page.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use object_store::ObjectMeta;
use strata_compat::ids::{TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::{
    ObjectKind, PageReference, RemotePartition, RemoteTombstone, SegmentRow,
};

use crate::config::TieringConfig;
use crate::copier::CopierContext;
use crate::error::{Error, ErrorKind};
use crate::object_io::answered;
use crate::object_key::{ObjectName, ObjectNames, ObjectSuffix, ParsedKey};

/// Objects of a group, at most: about a hundred bytes of memory each.
pub(crate) const GROUP_OBJECTS_MAX: usize = 100_000;

/// A listed object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) bytes: u64,
    pub(crate) modified_ms: i64,
}

/// A part of the list: objects of one partition, and what else was met on the way to them. A partition may come in several
/// groups.
#[derive(Debug, Default)]
pub(crate) struct ListGroup {
    pub(crate) objects: BTreeMap<ObjectName, Listed>,
    /// In our folder, but not named by us: key and size.
    pub(crate) unknown: Vec<(String, u64)>,
    pub(crate) has_cluster_file: bool,
}

impl ListGroup {
    /// Whose objects these are.
    pub(crate) fn partition(&self) -> Option<TopicIdPartition> {
        self.objects.first_key_value().map(|(name, _)| name.partition)
    }
}

/// The list of our folder, and of nothing else of the bucket, as it comes.
pub(crate) struct Listing {
    names: ObjectNames,
    config: TieringConfig,
    stream: BoxStream<'static, object_store::Result<ObjectMeta>>,
    /// Listed already, but the first of the next group.
    ahead: Option<(ObjectName, Listed)>,
    has_ended: bool,
    group_max: usize,
}

impl Listing {
    /// Begins a list whose groups hold at most `group_max` entries.
    pub(crate) fn begin(context: &CopierContext, group_max: usize) -> Self {
        let stream = context.store.list(Some(&context.names.folder()));
        let (names, config) = (context.names.clone(), context.config.clone());
        Self { names, config, stream, ahead: None, has_ended: false, group_max: group_max.max(1) }
    }

    /// The next group; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<ListGroup>, Error> {
        let mut group = ListGroup::default();
        group.objects.extend(self.ahead.take());
        while !self.has_ended && group.objects.len() + group.unknown.len() < self.group_max {
            let next = self.stream.next().map(Option::transpose);
            let Some(meta) = answered(&self.config, 0, || "list".to_owned(), next).await? else {
                self.has_ended = true;
                break;
            };
            match self.names.parse(&meta.location) {
                ParsedKey::ClusterFile => group.has_cluster_file = true,
                ParsedKey::Meta | ParsedKey::Outside => {}
                ParsedKey::Unknown => group.unknown.push((meta.location.to_string(), meta.size)),
                ParsedKey::Object(name) => {
                    let listed = Listed { bytes: meta.size, modified_ms: meta.last_modified.timestamp_millis() };
                    if group.partition().is_some_and(|partition| partition != name.partition) {
                        self.ahead = Some((name, listed));
                        break;
                    }
                    group.objects.insert(name, listed);
                }
            }
        }
        let is_last = self.has_ended && self.ahead.is_none();
        let is_empty = group.objects.is_empty() && group.unknown.is_empty() && !group.has_cluster_file;
        Ok(if is_last && is_empty { None } else { Some(group) })
    }
}

/// What the quorum says of a partition: itself, and what is left of its former selves, one for each time that its tiering
/// ended. Read after the list.
pub(crate) struct Standing {
    pub(crate) partition: Option<Arc<RemotePartition>>,
    pub(crate) tombstones: Vec<Arc<RemoteTombstone>>,
}

/// Reads it linearizably.
pub(crate) async fn standing(context: &CopierContext, partition: TopicIdPartition) -> Result<Standing, Error> {
    // A partition that is dropped between these two reads is in both, which is never too little.
    let remote = context.catalog.remote_partition_linearizable(partition).await?;
    let tombstones = context.catalog.tombstones().into_iter();
    let tombstones = tombstones.filter(|(id, _)| *id == partition).map(|(_, tombstone)| tombstone).collect();
    Ok(Standing { partition: remote, tombstones })
}

/// A part of what the quorum and the pages name of one partition or tombstone: what one page or the quorum itself names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Rows with their end above the mark that lie in our folder, in order.
    pub(crate) rows: Vec<SegmentRow>,
    /// The page itself.
    pub(crate) page: Option<ObjectName>,
    /// Reserved, abandoned and delete-pending: may be there or not.
    pub(crate) maybe: Vec<ObjectName>,
    /// The page could not be read: what it names is not known.
    pub(crate) unread_page: Option<(Uuid, Error)>,
}

impl Named {
    /// Every object that may be in the bucket.
    pub(crate) fn objects(&self, partition: TopicIdPartition) -> impl Iterator<Item = ObjectName> {
        let rows = self.rows.iter().map(move |row| segment_name(partition, row));
        rows.chain(self.page).chain(self.maybe.iter().copied())
    }
}

/// Name of the segment that a row of ours names.
pub(crate) const fn segment_name(partition: TopicIdPartition, row: &SegmentRow) -> ObjectName {
    ObjectName {
        partition,
        base_offset: row.object_base_offset,
        leader_epoch: row.leader_epoch,
        uuid: row.uuid,
        suffix: ObjectSuffix::Segment,
    }
}

const fn page_name(partition: TopicIdPartition, page: &PageReference) -> ObjectName {
    ObjectName {
        partition,
        base_offset: page.base_offset,
        leader_epoch: page.leader_epoch,
        uuid: page.uuid,
        suffix: ObjectSuffix::Page,
    }
}

const fn suffix(is_page: bool) -> ObjectSuffix {
    if is_page { ObjectSuffix::Page } else { ObjectSuffix::Segment }
}

fn unsettled(partition: TopicIdPartition, remote: &RemotePartition) -> Vec<ObjectName> {
    let live = [&remote.reserved_segment, &remote.reserved_page].into_iter().flatten().map(|live| ObjectName {
        partition,
        base_offset: live.base_offset,
        leader_epoch: live.leader_epoch,
        uuid: live.uuid,
        suffix: suffix(live.kind != ObjectKind::Segment),
    });
    let abandoned = remote.abandoned.iter().map(|object| ObjectName {
        partition,
        base_offset: object.base_offset,
        leader_epoch: object.leader_epoch,
        uuid: object.uuid,
        suffix: suffix(object.is_page),
    });
    let pending = remote.delete_pending_pages.iter().filter(|page| page.origin_cluster.is_none());
    live.chain(abandoned).chain(pending.map(|page| page_name(partition, page))).collect()
}

/// Walks over what is named, page by page, the quorum's own rows last.
pub(crate) struct NameWalk<'a> {
    context: &'a CopierContext,
    partition: TopicIdPartition,
    remote: &'a RemotePartition,
    /// The next page; one beyond the last stands for the quorum's own rows.
    next_page: usize,
}

impl<'a> NameWalk<'a> {
    pub(crate) const fn begin(
        context: &'a CopierContext,
        partition: TopicIdPartition,
        remote: &'a RemotePartition,
    ) -> Self {
        Self { context, partition, remote, next_page: 0 }
    }

    /// The next part; `None` at the end. A store that is away is an error, not a page that cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Named>, Error> {
        let (partition, remote) = (self.partition, self.remote);
        let index = self.next_page;
        self.next_page += 1;
        let alive = |row: &SegmentRow| row.origin_cluster.is_none() && row.end_offset > remote.deleted_to;
        let Some(page) = remote.pages.get(index) else {
            let rows = remote.rows.iter().map(|row| row.as_ref().clone()).filter(alive).collect();
            let own = Named { rows, maybe: unsettled(partition, remote), ..Named::default() };
            return Ok((index == remote.pages.len()).then_some(own));
        };
        let mut named = Named::default();
        if page.origin_cluster.is_none() {
            named.page = Some(page_name(partition, page));
        }
        let is_dead = remote.log_start.is_some_and(|log_start| page.end_offset <= log_start);
        match self.context.open_page(partition, page).await {
            Ok(opened) => named.rows.extend(opened.rows.into_iter().filter(alive)),
            Err(error) if error.is_retriable() => return Err(error),
            // The deletion walk has removed it and was stopped before its mark moved.
            Err(error) if error.kind() == ErrorKind::NotFound && is_dead => {}
            Err(error) => named.unread_page = Some((page.uuid, error)),
        }
        Ok(Some(named))
    }
}
