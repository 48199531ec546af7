//! The bytes of a remote log segment.
//!
//! Owns: the layout, its encoder (which refuses rot) and its decoder (bounded, checked, never a panic). Does not own: names
//! (`object_key.rs`), who writes (`commit.rs`), how it is read (`remote_reader.rs`).
//!
//! ```text
//! 0                                  index_position                                                 object_bytes
//! │ chunk 0 │ chunk 1 │ … │ chunk n │ offset index │ time index │ aborted │ snapshot │ window │ epochs │ chunks │ footer │
//! ```
//! Chunks are equal cuts of the batches, so a batch may lie in two. A row says where the index section lies: opening a
//! segment is one bounded range GET of `[index_position, object_bytes)`.

pub mod chunk;
pub mod footer;
pub mod index;

use bytes::{BufMut, Bytes, BytesMut};
use strata_compat::ids::{LeaderEpoch, Offset, Timestamp, TopicIdPartition, Uuid};
use strata_compat::record_batch::{BatchHeader, split_batches, verify_crc};
use strata_metadata_core::image::remote_segments::SegmentRow;

use crate::error::{Error, ErrorKind};
use crate::source::SideData;
use crate::wire::{Reader, length_u64};
use chunk::{ChunkCutter, ChunkTable};
use footer::{DecodedFooter, Footer, SectionEntry, SectionKind};
use index::{INDEX_INTERVAL_BYTES, OffsetIndex, TimeIndex};

/// What the writer of a segment knows before it reads a batch. A retry keeps it, so that it writes the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentIdentity {
    /// Identity of the segment.
    pub uuid: Uuid,
    /// Random value of this writer's attempt.
    pub nonce: Uuid,
    /// Name of the topic.
    pub topic: String,
    /// The partition.
    pub partition: TopicIdPartition,
    /// Cluster that writes it.
    pub cluster_id: String,
    /// Segment committed before it.
    pub previous: Option<Uuid>,
    /// Log start when the attempt began.
    pub log_start: Offset,
    /// First offset that the segment answers for, as reserved.
    pub base_offset: Offset,
    /// Epoch of the leader that writes it.
    pub leader_epoch: LeaderEpoch,
}

/// A segment in memory, ready to be written.
#[derive(Clone, Debug)]
pub struct EncodedSegment {
    /// What the quorum will say of it.
    pub row: SegmentRow,
    /// The object's bytes in order; the last part is the index section.
    pub parts: Vec<Bytes>,
}

impl EncodedSegment {
    /// The index section.
    #[must_use]
    pub fn index_section(&self) -> Bytes {
        self.parts.last().cloned().unwrap_or_default()
    }
}

/// What a walk over the batches finds.
#[derive(Debug, Default)]
struct BatchWalk {
    cutter: ChunkCutter,
    offset_index: OffsetIndex,
    time_index: TimeIndex,
    log_bytes: u64,
    indexed_to: u64,
    first_batch_offset: Option<Offset>,
    end_offset: Offset,
    last_epoch: Option<LeaderEpoch>,
    min_timestamp: Option<Timestamp>,
    max_timestamp: Option<Timestamp>,
}

impl BatchWalk {
    fn push(&mut self, header: &BatchHeader, batch: &Bytes) -> Result<(), Error> {
        verify_crc(batch).map_err(|error| {
            Error::with_source(ErrorKind::Corrupt, format!("the batch at offset {}", header.base_offset), error)
        })?;
        if self.first_batch_offset.is_some() && header.base_offset < self.end_offset {
            return Err(rot(header, &format!("lies below the end {} of the batch before it", self.end_offset)));
        }
        if header.last_offset() < header.base_offset {
            return Err(rot(header, "ends before it begins"));
        }
        if self.last_epoch.is_some_and(|epoch| header.leader_epoch < epoch) {
            return Err(rot(header, "has a lower leader epoch than the batch before it"));
        }
        if self.first_batch_offset.is_none() || self.log_bytes - self.indexed_to >= INDEX_INTERVAL_BYTES {
            self.offset_index.push(header.base_offset, self.log_bytes);
            self.indexed_to = self.log_bytes;
            if let Some(largest) = self.max_timestamp {
                self.time_index.push(largest, header.base_offset);
            }
        }
        self.cutter.push(batch);
        self.log_bytes += length_u64(batch.len());
        self.first_batch_offset.get_or_insert(header.base_offset);
        self.end_offset = header.last_offset().plus(1);
        self.last_epoch = Some(header.leader_epoch);
        let smallest = header.base_timestamp.min(header.max_timestamp);
        self.min_timestamp = Some(self.min_timestamp.map_or(smallest, |known| known.min(smallest)));
        let largest = header.max_timestamp;
        self.max_timestamp = Some(self.max_timestamp.map_or(largest, |known| known.max(largest)));
        Ok(())
    }
}

fn rot(header: &BatchHeader, message: &str) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the batch at offset {} {message}", header.base_offset))
}

fn walk(identity: &SegmentIdentity, end: Offset, batches: &[Bytes]) -> Result<BatchWalk, Error> {
    let mut found = BatchWalk::default();
    for part in batches {
        let mut seen = 0;
        for batch in split_batches(part) {
            let (header, bytes) =
                batch.map_err(|error| Error::with_source(ErrorKind::Corrupt, "a batch to be uploaded", error))?;
            seen += bytes.len();
            found.push(&header, &bytes)?;
        }
        if seen != part.len() {
            return Err(Error::new(ErrorKind::Corrupt, "a range to be uploaded ends inside a batch"));
        }
    }
    if found.first_batch_offset.is_none() || found.end_offset <= identity.base_offset {
        return Err(Error::new(ErrorKind::Invalid, "a range to be uploaded holds nothing at or above its base"));
    }
    if found.end_offset > end {
        return Err(Error::new(
            ErrorKind::Invalid,
            format!("a range to be uploaded ends at {} above its limit {end}", found.end_offset),
        ));
    }
    Ok(found)
}

/// Builds a segment from whole batches that end at or below `end`, and from the side data at their end. Each batch's
/// checksum, order and epoch is checked, so that rot is never uploaded.
pub fn encode(
    identity: &SegmentIdentity,
    end: Offset,
    batches: &[Bytes],
    side: &SideData,
) -> Result<EncodedSegment, Error> {
    let found = walk(identity, end, batches)?;
    let footer = Footer {
        uuid: identity.uuid,
        nonce: identity.nonce,
        topic: identity.topic.clone(),
        partition: identity.partition,
        cluster_id: identity.cluster_id.clone(),
        previous: identity.previous,
        log_start: identity.log_start,
        base_offset: identity.base_offset,
        first_batch_offset: found.first_batch_offset.unwrap_or(identity.base_offset),
        end_offset: found.end_offset,
        leader_epoch: identity.leader_epoch,
        last_leader_epoch: found.last_epoch.unwrap_or(LeaderEpoch::NONE),
        min_timestamp: found.min_timestamp.unwrap_or(Timestamp::NONE),
        max_timestamp: found.max_timestamp.unwrap_or(Timestamp::NONE),
        log_bytes: found.log_bytes,
    };
    let chunks = found.cutter.finish();
    let index_position = chunks.stored_bytes();
    let sections = [
        (SectionKind::OffsetIndex, found.offset_index.encode()),
        (SectionKind::TimeIndex, found.time_index.encode()),
        (SectionKind::AbortedTransactions, side.aborted_transactions.clone()),
        (SectionKind::ProducerSnapshot, side.producer_snapshot.clone()),
        (SectionKind::ProducerWindow, side.producer_window.clone()),
        (SectionKind::LeaderEpochs, encode_epochs(&side.leader_epochs)),
        (SectionKind::Chunks, chunks.encode()),
    ];
    let index_section = encode_index_section(&footer, &sections, index_position)?;
    let object_bytes = index_position + length_u64(index_section.len());
    let mut parts = batches.to_vec();
    parts.push(index_section);
    Ok(EncodedSegment { row: row_of(&footer, index_position, object_bytes), parts })
}

fn encode_index_section(
    footer: &Footer,
    sections: &[(SectionKind, Bytes)],
    index_position: u64,
) -> Result<Bytes, Error> {
    let mut out = BytesMut::new();
    let mut table = Vec::with_capacity(sections.len());
    for (kind, content) in sections {
        table.push(SectionEntry::describe(*kind, length_u64(out.len()), content));
        out.put_slice(content);
    }
    out.put_slice(&footer::encode(footer, &table, index_position)?);
    Ok(out.freeze())
}

/// The row that describes a segment with this footer: what the quorum is told, and what a restore finds again.
#[must_use]
pub const fn row_of(footer: &Footer, index_position: u64, object_bytes: u64) -> SegmentRow {
    SegmentRow {
        uuid: footer.uuid,
        base_offset: footer.base_offset,
        end_offset: footer.end_offset,
        object_base_offset: footer.base_offset,
        leader_epoch: footer.leader_epoch,
        last_leader_epoch: footer.last_leader_epoch,
        min_timestamp: footer.min_timestamp,
        max_timestamp: footer.max_timestamp,
        log_bytes: footer.log_bytes,
        object_bytes,
        index_position,
        origin_cluster: None,
        attachments: Vec::new(),
    }
}

fn encode_epochs(epochs: &[(LeaderEpoch, Offset)]) -> Bytes {
    let mut out = BytesMut::with_capacity(epochs.len() * 12);
    for (epoch, start_offset) in epochs {
        out.put_i32(epoch.0);
        out.put_i64(start_offset.0);
    }
    out.freeze()
}

fn decode_epochs(bytes: &[u8]) -> Result<Vec<(LeaderEpoch, Offset)>, Error> {
    let mut reader = Reader::new(bytes, "leader epochs");
    let mut epochs = Vec::with_capacity(bytes.len() / 12);
    while reader.remaining() > 0 {
        epochs.push((LeaderEpoch(reader.i32()?), Offset(reader.i64()?)));
    }
    Ok(epochs)
}

/// The index section of a segment, opened and checked.
#[derive(Clone, Debug)]
pub struct SegmentIndex {
    footer: Footer,
    chunks: ChunkTable,
    offset_index: OffsetIndex,
    time_index: TimeIndex,
    side: SideData,
}

impl SegmentIndex {
    /// Reads `[index_position, object_bytes)` of an object.
    pub fn decode(section: &Bytes, index_position: u64) -> Result<Self, Error> {
        let decoded = footer::decode(section, index_position)?;
        let chunks = ChunkTable::decode(&decoded.section(section, SectionKind::Chunks)?)?;
        if chunks.stored_bytes() != index_position || chunks.plain_bytes() != decoded.footer.log_bytes {
            return Err(Error::new(ErrorKind::Corrupt, "the chunks do not fill the space before the index section"));
        }
        let offset_index = decoded.section(section, SectionKind::OffsetIndex)?;
        let side = decode_side(&decoded, section)?;
        Ok(Self {
            offset_index: OffsetIndex::decode(&offset_index, decoded.footer.log_bytes)?,
            time_index: TimeIndex::decode(&decoded.section(section, SectionKind::TimeIndex)?)?,
            chunks,
            side,
            footer: decoded.footer,
        })
    }

    /// The same, and it must be the segment that the row names.
    pub fn decode_for_row(section: &Bytes, row: &SegmentRow) -> Result<Self, Error> {
        let index = Self::decode(section, row.index_position)?;
        if index.footer.uuid != row.uuid || index.footer.end_offset != row.end_offset {
            return Err(Error::new(ErrorKind::Corrupt, "the object is another segment than its row names"));
        }
        Ok(index)
    }

    /// What the segment says of itself.
    #[must_use]
    pub const fn footer(&self) -> &Footer {
        &self.footer
    }

    /// Its chunks.
    #[must_use]
    pub const fn chunks(&self) -> &ChunkTable {
        &self.chunks
    }

    /// Where batches begin, by offset.
    #[must_use]
    pub const fn offset_index(&self) -> &OffsetIndex {
        &self.offset_index
    }

    /// Largest timestamps, by offset.
    #[must_use]
    pub const fn time_index(&self) -> &TimeIndex {
        &self.time_index
    }

    /// Aborted transactions, producer state and leader epochs at the cut.
    #[must_use]
    pub const fn side_data(&self) -> &SideData {
        &self.side
    }

    /// Memory of what was decoded, beside the section itself.
    pub(crate) fn decoded_bytes(&self) -> usize {
        size_of_val(self.chunks.entries())
            + size_of_val(self.offset_index.entries())
            + size_of_val(self.time_index.entries())
            + size_of_val(self.side.leader_epochs.as_slice())
    }

    /// Position in the log bytes where a scan for the first record at or after `target` begins.
    #[must_use]
    pub fn position_of_timestamp(&self, target: Timestamp) -> u64 {
        self.time_index.first_candidate(target).map_or(0, |offset| self.offset_index.position_of(offset))
    }
}

fn decode_side(decoded: &DecodedFooter, section: &Bytes) -> Result<SideData, Error> {
    Ok(SideData {
        producer_snapshot: decoded.section(section, SectionKind::ProducerSnapshot)?,
        producer_window: decoded.section(section, SectionKind::ProducerWindow)?,
        leader_epochs: decode_epochs(&decoded.section(section, SectionKind::LeaderEpochs)?)?,
        aborted_transactions: decoded.section(section, SectionKind::AbortedTransactions)?,
    })
}

#[cfg(test)]
mod tests;
