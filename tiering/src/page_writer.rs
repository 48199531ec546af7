//! What a new page of a partition holds.
//!
//! Owns: which rows go into it, and its replacement command. Does not own: the write order (`commit.rs`), the bytes
//! (`manifest_page.rs`).

use std::sync::Arc;

use bytes::Bytes;
use strata_compat::ids::TopicIdPartition;
use strata_metadata_core::image::remote_segments::{PageReference, ROWS_PER_PAGE_MOVE, RemotePartition, SegmentRow};

use crate::catalog::{Fence, PageReplacement};
use crate::commit::CommitState;
use crate::error::Error;
use crate::manifest_page::ManifestPage;
use crate::random::Random;

/// A page on its way into the bucket. A retry keeps it.
#[derive(Clone, Debug)]
pub(crate) struct PageAttempt {
    pub(crate) state: CommitState,
    pub(crate) bytes: Bytes,
    pub(crate) replacement: PageReplacement,
    pub(crate) pages_version: u64,
}

/// Who writes the page, and where.
#[derive(Clone, Copy)]
pub(crate) struct PageWriter<'a> {
    pub(crate) partition: TopicIdPartition,
    pub(crate) cluster_id: &'a str,
    pub(crate) fence: Fence,
    pub(crate) random: &'a dyn Random,
}

/// The last page, if a new one could go on filling it.
pub(crate) fn last_page_with_room(remote: &RemotePartition) -> Option<&Arc<PageReference>> {
    let page = remote.pages.last()?;
    let moved = moved_rows(remote);
    let ours = page.origin_cluster.is_none();
    (ours && ManifestPage::has_room_for(u64::from(page.page_bytes), moved.iter().map(AsRef::as_ref))).then_some(page)
}

fn moved_rows(remote: &RemotePartition) -> &[Arc<SegmentRow>] {
    &remote.rows[..remote.rows.len().min(ROWS_PER_PAGE_MOVE)]
}

impl PageWriter<'_> {
    /// A new page: the rows of the last one if they are given, then the oldest rows of the quorum.
    pub(crate) fn build(
        &self,
        remote: &RemotePartition,
        last_page: Option<(&PageReference, ManifestPage)>,
    ) -> Result<PageAttempt, Error> {
        let moved = moved_rows(remote);
        let replaced_page = last_page.as_ref().map(|(reference, _)| reference.uuid);
        let mut rows = last_page.map_or_else(Vec::new, |(_, page)| page.rows);
        rows.extend(moved.iter().map(|row| row.as_ref().clone()));
        let page = ManifestPage {
            uuid: self.random.uuid(),
            nonce: self.random.uuid(),
            partition: self.partition,
            cluster_id: self.cluster_id.to_owned(),
            leader_epoch: self.fence.leader_epoch,
            rows,
        };
        let bytes = page.encode()?;
        let replacement = PageReplacement {
            page: page.reference(&bytes)?,
            replaced_page,
            moved_rows: moved.iter().map(|row| row.uuid).collect(),
        };
        Ok(PageAttempt { state: CommitState::new(), bytes, replacement, pages_version: remote.pages_version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SystemRandom;
    use crate::test_support::{partition, row};
    use strata_compat::ids::{BrokerEpoch, LeaderEpoch, Offset};

    fn writer() -> PageWriter<'static> {
        let fence = Fence { leader_epoch: LeaderEpoch(3), broker_epoch: BrokerEpoch(1), tiering_epoch: 0 };
        PageWriter { partition: partition(), cluster_id: "c", fence, random: &SystemRandom }
    }

    fn rows(base: i64, count: i64) -> Vec<SegmentRow> {
        (0..count)
            .map(|index| row(u128::try_from(base + index).unwrap(), (base + index) * 10, (base + index) * 10 + 10))
            .collect()
    }

    #[test]
    fn page_takes_the_last_pages_rows_and_the_oldest_twelve() {
        let mut remote =
            RemotePartition { rows: rows(0, 16).into_iter().map(Arc::new).collect(), ..RemotePartition::default() };
        assert!(last_page_with_room(&remote).is_none());
        let first = writer().build(&remote, None).unwrap();
        assert_eq!(first.replacement.moved_rows.len(), 12);
        assert_eq!(first.replacement.page.end_offset, Offset(120));
        remote.pages = vec![Arc::new(first.replacement.page.clone())];
        remote.rows = rows(12, 16).into_iter().map(Arc::new).collect();
        let reference = last_page_with_room(&remote).unwrap();
        let page = ManifestPage::decode_for(&first.bytes, reference).unwrap();
        let second = writer().build(&remote, Some((reference, page))).unwrap();
        assert_eq!(second.replacement.replaced_page, Some(first.replacement.page.uuid));
        assert_eq!(second.replacement.page.rows, 24);
        assert_eq!(second.replacement.page.end_offset, Offset(240));
    }

    #[test]
    fn full_page_and_page_of_another_cluster_stay_as_they_are() {
        let mut remote =
            RemotePartition { rows: rows(12, 16).into_iter().map(Arc::new).collect(), ..RemotePartition::default() };
        let old =
            RemotePartition { rows: rows(0, 12).into_iter().map(Arc::new).collect(), ..RemotePartition::default() };
        let page = writer().build(&old, None).unwrap().replacement.page;
        remote.pages = vec![Arc::new(PageReference { page_bytes: 64 * 1024, ..page.clone() })];
        assert!(last_page_with_room(&remote).is_none());
        remote.pages = vec![Arc::new(PageReference { origin_cluster: Some("other".to_owned()), ..page })];
        assert!(last_page_with_room(&remote).is_none());
    }
}
