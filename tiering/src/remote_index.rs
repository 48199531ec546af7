//! Offset, time and transaction look-ups over rows, pages and index sections.
//!
//! Owns: the way from an offset to an opened segment, pages and index sections kept in memory within bounds. Does not own:
//! chunks of batches (`remote_reader.rs`), who may change rows (the quorum).
//!
//! Invariants: a page or index section is loaded once at a time, by a task that outlives its askers; what is kept was
//! checked against its reference or row; nothing is opened that the row's own figures rule out; a failure of the store is
//! never an answer.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use parking_lot::Mutex;
use strata_cache::config::ENTRY_BYTES_MAX;
use strata_cache::{Admission, ChunkKey, SingleFlight};
use strata_compat::ids::{LeaderEpoch, Offset, ProducerId, Timestamp, TopicIdPartition};
use strata_metadata_core::image::remote_segments::{
    Attachment, PAGE_BYTES_MAX, PageReference, RemotePartition, SegmentRow,
};

use crate::bounded_map::BoundedMap;
use crate::error::{Error, ErrorKind};
use crate::manifest_page::ManifestPage;
use crate::object_key::ObjectNames;
use crate::remote_reader::chunk_source::{ChunkSource, ChunkedObject, Failure, flight_error};
use crate::segment_format::SegmentIndex;
use crate::source::SideData;
use crate::wire::length_u64;

/// Chunk number under which a page or an index section is cached; a segment never has so many chunks.
const WHOLE_SECTION: u32 = u32::MAX;
/// Largest index section that is opened.
const INDEX_SECTION_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Loads of pages and index sections at once.
const LOADS_MAX: usize = 1024;
/// What an entry of a map in memory takes beside what it holds: its slots, keys and allocations, roughly.
const ENTRY_MEMORY_BYTES: u64 = 256;
/// Size of an entry of Kafka's transaction index: version, producer id, first, last and last stable offset.
const ABORTED_ENTRY_BYTES: usize = 34;

/// A transaction that was aborted, as a Fetch response lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Its producer.
    pub producer_id: ProducerId,
    /// Its first offset.
    pub first_offset: Offset,
}

/// A segment whose index section has been read and checked.
#[derive(Clone, Debug)]
pub struct OpenSegment {
    /// What the quorum or a page says of it.
    pub row: Arc<SegmentRow>,
    /// Its index section.
    pub index: SegmentIndex,
    pub(crate) object: ChunkedObject,
}

impl OpenSegment {
    /// Memory that it takes beside the bytes of its index section.
    fn memory_bytes(&self) -> u64 {
        let own = size_of::<Self>() + self.object.key.as_ref().len() + self.index.decoded_bytes();
        length_u64(own) + row_memory_bytes(&self.row) + ENTRY_MEMORY_BYTES
    }

    /// Transactions aborted in the segment that overlap `[from, end)`.
    pub fn aborted_transactions(&self, from: Offset, end: Offset) -> Result<Vec<AbortedTransaction>, Error> {
        let bytes = &self.index.side_data().aborted_transactions;
        if !bytes.len().is_multiple_of(ABORTED_ENTRY_BYTES) {
            let error = Error::new(ErrorKind::Corrupt, "its aborted transactions are not whole");
            return Err(error.in_object(&self.object.key).at(self.row.index_position));
        }
        let mut found = Vec::new();
        for entry in bytes.chunks_exact(ABORTED_ENTRY_BYTES) {
            let field = |at: usize| {
                let mut field = [0; 8];
                field.copy_from_slice(&entry[at..at + 8]);
                i64::from_be_bytes(field)
            };
            let (producer_id, first_offset, last_offset) = (field(2), field(10), field(18));
            if last_offset >= from.0 && first_offset < end.0 {
                found.push(AbortedTransaction {
                    producer_id: ProducerId(producer_id),
                    first_offset: Offset(first_offset),
                });
            }
        }
        Ok(found)
    }
}

/// Looks up rows and opens segments; clones share what is kept.
#[derive(Clone, Debug)]
pub struct RemoteIndex {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    names: ObjectNames,
    source: ChunkSource,
    segments: Mutex<BoundedMap<u128, Arc<OpenSegment>>>,
    pages: Mutex<BoundedMap<u128, Arc<ManifestPage>>>,
    segment_loads: SingleFlight<u128, Arc<OpenSegment>, Failure>,
    page_loads: SingleFlight<u128, Arc<ManifestPage>, Failure>,
}

impl RemoteIndex {
    pub(crate) fn new(names: ObjectNames, source: ChunkSource, bytes_max: u64) -> Self {
        Self {
            shared: Arc::new(Shared {
                names,
                source,
                segments: Mutex::new(BoundedMap::new(bytes_max)),
                pages: Mutex::new(BoundedMap::new(bytes_max)),
                segment_loads: SingleFlight::new(LOADS_MAX),
                page_loads: SingleFlight::new(LOADS_MAX),
            }),
        }
    }

    /// The first row that ends above `offset`; `None` at the remote end. It covers `offset` unless there is a hole.
    pub async fn row_after(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        offset: Offset,
    ) -> Result<Option<Arc<SegmentRow>>, Error> {
        let page = remote.pages.get(remote.pages.partition_point(|page| page.end_offset <= offset));
        if let Some(reference) = page {
            let page = self.page(partition, reference).await?;
            let row = page.rows.get(page.rows.partition_point(|row| row.end_offset <= offset));
            let ends_early = || {
                let error =
                    Error::new(ErrorKind::Corrupt, format!("it ends before its reference says, below {offset}"));
                error.in_object(&self.shared.names.page(partition, reference)).at(0)
            };
            return row.map(|row| Some(Arc::new(row.clone()))).ok_or_else(ends_early);
        }
        Ok(remote.rows.get(remote.rows.partition_point(|row| row.end_offset <= offset)).map(Arc::clone))
    }

    /// The rows of a page, from memory, cache or bucket.
    pub async fn page(
        &self,
        partition: TopicIdPartition,
        reference: &Arc<PageReference>,
    ) -> Result<Arc<ManifestPage>, Error> {
        let id = reference.uuid.as_u128();
        if let Some(page) = self.shared.pages.lock().get_mut(&id) {
            return Ok(Arc::clone(page));
        }
        let (shared, reference) = (Arc::clone(&self.shared), Arc::clone(reference));
        let load = || async move { shared.load_page(partition, &reference).await.map_err(Failure::new) };
        let waiter = self.shared.page_loads.run(&self.shared.source.runtime, id, load).map_err(flight_error)?;
        waiter.wait().await.map_err(flight_error)
    }

    /// Opens the segment of a row: one bounded range GET, unless it is kept or cached.
    pub async fn open(&self, partition: TopicIdPartition, row: &Arc<SegmentRow>) -> Result<Arc<OpenSegment>, Error> {
        let id = row.uuid.as_u128();
        if let Some(segment) = self.shared.segments.lock().get_mut(&id) {
            return Ok(Arc::clone(segment));
        }
        let (shared, row) = (Arc::clone(&self.shared), Arc::clone(row));
        let load = || async move { shared.load_segment(partition, row).await.map_err(Failure::new) };
        let waiter = self.shared.segment_loads.run(&self.shared.source.runtime, id, load).map_err(flight_error)?;
        waiter.wait().await.map_err(flight_error)
    }

    /// The live rows that may hold a record at or after `target`, beginning at the first at or after `from`: the next one.
    /// Pages and rows whose largest timestamp is below the target are passed over unopened.
    pub async fn row_with_timestamp(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        from: Offset,
        target: Timestamp,
    ) -> Result<Option<Arc<SegmentRow>>, Error> {
        let may_hold = |row: &SegmentRow| row.end_offset > from && row.max_timestamp >= target;
        for reference in &remote.pages {
            if reference.end_offset > from && reference.max_timestamp >= target {
                let page = self.page(partition, reference).await?;
                if let Some(row) = page.rows.iter().find(|row| may_hold(row)) {
                    return Ok(Some(Arc::new(row.clone())));
                }
            }
        }
        Ok(remote.rows.iter().find(|row| may_hold(row)).map(Arc::clone))
    }

    /// The newest row, which is where a leader begins whose log starts at the remote end.
    pub async fn last_row(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
    ) -> Result<Option<Arc<SegmentRow>>, Error> {
        if let Some(row) = remote.rows.last() {
            return Ok(Some(Arc::clone(row)));
        }
        let Some(reference) = remote.pages.last() else {
            return Ok(None);
        };
        Ok(self.page(partition, reference).await?.rows.last().cloned().map(Arc::new))
    }

    /// Epochs and producer state at the remote end, with the row that carries them; `None` if nothing is remote.
    pub async fn side_data_at_end(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
    ) -> Result<Option<(Arc<SegmentRow>, SideData)>, Error> {
        let Some(row) = self.last_row(partition, remote).await? else {
            return Ok(None);
        };
        let segment = self.open(partition, &row).await?;
        Ok(Some((row, segment.index.side_data().clone())))
    }

    /// Leader epoch of the batch at `offset`; `None` if the segment does not say.
    pub async fn epoch_for_offset(
        &self,
        partition: TopicIdPartition,
        remote: &RemotePartition,
        offset: Offset,
    ) -> Result<Option<LeaderEpoch>, Error> {
        let Some(row) = self.row_after(partition, remote, offset).await? else {
            return Ok(None);
        };
        let segment = self.open(partition, &row).await?;
        let epochs = &segment.index.side_data().leader_epochs;
        let after = epochs.partition_point(|(_, start)| *start <= offset);
        Ok(after.checked_sub(1).map(|index| epochs[index].0))
    }
}

impl Shared {
    async fn load_page(
        &self,
        partition: TopicIdPartition,
        reference: &PageReference,
    ) -> Result<Arc<ManifestPage>, Error> {
        let key = self.names.page(partition, reference);
        if u64::from(reference.page_bytes) > u64::try_from(PAGE_BYTES_MAX).unwrap_or(u64::MAX) {
            let message = format!("its reference names an impossible size of {} bytes", reference.page_bytes);
            return Err(Error::new(ErrorKind::Corrupt, message).in_object(&key));
        }
        let section = Section { object: reference.uuid.as_u128(), key, start: 0, end: u64::from(reference.page_bytes) };
        let page = self.load(&section, |bytes| ManifestPage::decode_for(bytes, reference)).await?;
        self.source.metrics.pages_loaded.inc();
        let page = Arc::new(page);
        self.pages.lock().insert(section.object, Arc::clone(&page), page_memory_bytes(&page));
        Ok(page)
    }

    async fn load_segment(&self, partition: TopicIdPartition, row: Arc<SegmentRow>) -> Result<Arc<OpenSegment>, Error> {
        let bytes = row.object_bytes.checked_sub(row.index_position).filter(|bytes| *bytes <= INDEX_SECTION_BYTES_MAX);
        let key = self.names.segment(partition, &row);
        let Some(bytes) = bytes else {
            let message = format!("its row names an index section up to byte {} that cannot be", row.object_bytes);
            return Err(Error::new(ErrorKind::Corrupt, message).in_object(&key).at(row.index_position));
        };
        let object = row.uuid.as_u128();
        let section = Section { object, key: key.clone(), start: row.index_position, end: row.object_bytes };
        let index = self.load(&section, |bytes| SegmentIndex::decode_for_row(bytes, &row)).await?;
        self.source.metrics.segments_opened.inc();
        let object_bytes = row.object_bytes;
        let segment = Arc::new(OpenSegment { row, index, object: ChunkedObject { key, object, object_bytes } });
        // Side data are slices of the section, which they keep in memory as a whole.
        let weight = bytes + segment.memory_bytes();
        self.segments.lock().insert(object, Arc::clone(&segment), weight);
        Ok(segment)
    }

    /// From the cache if it is whole there, else from the bucket. What does not decode is not kept.
    async fn load<T>(&self, section: &Section, decode: impl Fn(&Bytes) -> Result<T, Error>) -> Result<T, Error> {
        let key = ChunkKey { object: section.object, chunk: WHOLE_SECTION };
        if let Some(hit) = self.source.cache.get(key).await
            && let Ok(decoded) = decode(&hit.bytes)
        {
            return Ok(decoded);
        }
        let decode = |bytes: &Bytes| decode(bytes).map_err(|error| error.in_object(&section.key).at(section.start));
        let bytes = self.source.read_range(&section.key, section.start..section.end).await?;
        let decoded = match decode(&bytes) {
            Ok(decoded) => decoded,
            Err(error) => {
                // A bit may have flipped on the way: only the second look says that the object is damaged.
                tracing::warn!(%error, "an index section or page did not decode; reading it again");
                decode(&self.source.read_range(&section.key, section.start..section.end).await?)?
            }
        };
        if bytes.len() <= ENTRY_BYTES_MAX {
            let checksum = crc32c::crc32c(&bytes);
            self.source.cache.insert(key, bytes, checksum, Admission::Demand).await;
        }
        Ok(decoded)
    }
}

/// Memory that a decoded page takes.
fn page_memory_bytes(page: &ManifestPage) -> u64 {
    let rows: u64 = page.rows.iter().map(row_memory_bytes).sum();
    length_u64(size_of::<ManifestPage>() + page.cluster_id.capacity()) + rows + ENTRY_MEMORY_BYTES
}

fn row_memory_bytes(row: &SegmentRow) -> u64 {
    let attachments: usize =
        row.attachments.iter().map(|attachment| size_of::<Attachment>() + attachment.content.capacity()).sum();
    length_u64(size_of::<SegmentRow>() + row.origin_cluster.as_ref().map_or(0, String::capacity) + attachments)
}

struct Section {
    object: u128,
    key: Path,
    start: u64,
    end: u64,
}

/// Largest record timestamp of what may be read of the remote range, from rows and page references alone. Ranges that the
/// log start has passed are left out; one that it lies in counts as a whole.
#[must_use]
pub fn largest_timestamp(remote: &RemotePartition) -> Option<Timestamp> {
    let log_start = remote.log_start.unwrap_or(Offset(0));
    let pages = remote.pages.iter().filter(|page| page.end_offset > log_start).map(|page| page.max_timestamp);
    let rows = remote.rows.iter().filter(|row| row.end_offset > log_start).map(|row| row.max_timestamp);
    pages.chain(rows).max()
}

#[cfg(test)]
mod tests {
    use strata_compat::ids::{LeaderEpoch, Uuid};

    use super::*;
    use crate::test_support::partition;

    #[test]
    fn a_page_weighs_what_its_rows_take_in_memory() {
        let row = |origin_cluster: Option<String>, attachments| SegmentRow {
            uuid: Uuid::from_u128(1),
            base_offset: Offset(0),
            end_offset: Offset(1),
            object_base_offset: Offset(0),
            leader_epoch: LeaderEpoch(0),
            last_leader_epoch: LeaderEpoch(0),
            min_timestamp: Timestamp(0),
            max_timestamp: Timestamp(0),
            log_bytes: 1,
            object_bytes: 1,
            index_position: 1,
            origin_cluster,
            attachments,
        };
        let page = |rows| ManifestPage {
            uuid: Uuid::from_u128(2),
            nonce: Uuid::from_u128(3),
            partition: partition(),
            cluster_id: "cluster".to_owned(),
            leader_epoch: LeaderEpoch(0),
            rows,
        };
        let empty = page_memory_bytes(&page(Vec::new()));
        let plain = page_memory_bytes(&page(vec![row(None, Vec::new()); 10])) - empty;
        assert_eq!(plain, 10 * length_u64(size_of::<SegmentRow>()));
        let attachment = Attachment { kind: 1, content: vec![0; 100] };
        let rich = page_memory_bytes(&page(vec![row(Some("origin".to_owned()), vec![attachment]); 10])) - empty;
        assert_eq!(rich, plain + 10 * length_u64(6 + 100 + size_of::<Attachment>()));
    }
}
