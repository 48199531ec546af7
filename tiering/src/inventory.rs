//! What should be in the bucket, against what is.
//!
//! Owns: the list of our folder, and the set of objects that the quorum and its pages name. Does not own: what follows from
//! a difference (`sweep.rs` deletes, `scrub.rs` reports).
//! Invariant: the list is taken first and the quorum read linearizably after it. An object is reserved before it is put, so
//! what was listed and is named nowhere was abandoned or dropped, and forgotten.

use std::collections::BTreeMap;

use futures::TryStreamExt as _;
use strata_compat::ids::{TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::{ObjectKind, PageReference, RemotePartition, SegmentRow};

use crate::copier::CopierContext;
use crate::error::{Error, ErrorKind};
use crate::object_io::store_error;
use crate::object_key::{ObjectName, ObjectSuffix, ParsedKey};

/// Objects in one list, at most: 64 bytes of memory each.
pub(crate) const OBJECTS_MAX: usize = 8_000_000;

/// A listed object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) bytes: u64,
    pub(crate) modified_ms: i64,
}

/// What the list found.
#[derive(Debug, Default)]
pub(crate) struct BucketList {
    pub(crate) objects: BTreeMap<ObjectName, Listed>,
    /// In our folder, but not named by us: key and size, the first few.
    pub(crate) unknown: Vec<(String, u64)>,
    pub(crate) unknown_bytes: u64,
    pub(crate) has_cluster_file: bool,
}

const UNKNOWN_NAMED_MAX: usize = 100;

/// Lists our folder, and nothing else of the bucket.
pub(crate) async fn list(context: &CopierContext) -> Result<BucketList, Error> {
    let mut found = BucketList::default();
    let mut stream = context.store.list(Some(&context.names.folder()));
    while let Some(meta) = stream.try_next().await.map_err(|error| store_error("list", error))? {
        match context.names.parse(&meta.location) {
            ParsedKey::ClusterFile => found.has_cluster_file = true,
            ParsedKey::Meta | ParsedKey::Outside => {}
            ParsedKey::Object(name) => {
                let listed = Listed { bytes: meta.size, modified_ms: meta.last_modified.timestamp_millis() };
                found.objects.insert(name, listed);
            }
            ParsedKey::Unknown => {
                found.unknown_bytes = found.unknown_bytes.saturating_add(meta.size);
                if found.unknown.len() < UNKNOWN_NAMED_MAX {
                    found.unknown.push((meta.location.to_string(), meta.size));
                }
            }
        }
        if found.objects.len() > OBJECTS_MAX {
            return Err(Error::new(ErrorKind::Invalid, format!("the folder has more than {OBJECTS_MAX} objects")));
        }
    }
    Ok(found)
}

/// All that the quorum and the pages name of one partition or tombstone.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Rows of pages and of the quorum, with their end above the mark, that lie in our folder.
    pub(crate) rows: Vec<SegmentRow>,
    /// Page objects.
    pub(crate) pages: Vec<ObjectName>,
    /// Reserved, abandoned and delete-pending: may be there or not.
    pub(crate) maybe: Vec<ObjectName>,
    /// Pages that could not be read: what they name is not known.
    pub(crate) unread_pages: Vec<(Uuid, Error)>,
}

impl Named {
    /// Every object that may be in the bucket.
    pub(crate) fn objects(&self, partition: TopicIdPartition) -> impl Iterator<Item = ObjectName> {
        let rows = self.rows.iter().map(move |row| segment_name(partition, row));
        rows.chain(self.pages.iter().copied()).chain(self.maybe.iter().copied())
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

/// Reads what is named, opening every page.
pub(crate) async fn named(
    context: &CopierContext,
    partition: TopicIdPartition,
    remote: &RemotePartition,
) -> Result<Named, Error> {
    let mut found = Named::default();
    let alive = |row: &SegmentRow| row.origin_cluster.is_none() && row.end_offset > remote.deleted_to;
    let is_dead = |page: &PageReference| remote.log_start.is_some_and(|log_start| page.end_offset <= log_start);
    for page in &remote.pages {
        if page.origin_cluster.is_none() {
            found.pages.push(page_name(partition, page));
        }
        match context.open_page(partition, page).await {
            Ok(opened) => found.rows.extend(opened.rows.into_iter().filter(alive)),
            Err(error) if error.is_retriable() => return Err(error),
            // The deletion walk has removed it and was stopped before its mark moved.
            Err(error) if error.kind() == ErrorKind::NotFound && is_dead(page) => {}
            Err(error) => found.unread_pages.push((page.uuid, error)),
        }
    }
    found.rows.extend(remote.rows.iter().map(|row| row.as_ref().clone()).filter(alive));
    found.maybe = unsettled(partition, remote);
    Ok(found)
}
