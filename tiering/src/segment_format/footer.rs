//! Footer: what a segment says of itself, so that the bucket alone is enough to rebuild a cluster.
//!
//! Owns: footer, section table and trailer. Does not own: the sections' content.
//!
//! ```text
//! … sections │ footer │ trailer: footer bytes u32, index position u64, footer crc32c u32, magic 8 bytes │
//! ```

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid};

use crate::error::{Error, ErrorKind};
use crate::wire::{Reader, length_u64, put_optional_uuid, put_text};

/// Version of the format that we write; a reader reads this one and all before it.
pub const FORMAT_VERSION: u16 = 1;
/// Flags that a reader must know to read a segment right; none are in use.
const KNOWN_FLAGS: u32 = 0;
/// Bytes at the end that say where footer and index section begin.
pub const TRAILER_BYTES: u64 = 4 + 8 + 4 + 8;
const TRAILER_LENGTH: usize = 24;
const MAGIC: [u8; 8] = *b"strataS1";
const SECTIONS_MAX: u16 = 64;

/// What one section of the index part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionKind {
    /// Batch boundaries by offset.
    OffsetIndex,
    /// Largest timestamps by offset.
    TimeIndex,
    /// Aborted transactions in Kafka's index format.
    AbortedTransactions,
    /// Kafka's producer snapshot at the cut.
    ProducerSnapshot,
    /// The window of five batches of each producer at the cut.
    ProducerWindow,
    /// Leader epochs and their start offsets.
    LeaderEpochs,
    /// The chunk table.
    Chunks,
}

impl SectionKind {
    const fn code(self) -> u16 {
        match self {
            Self::OffsetIndex => 1,
            Self::TimeIndex => 2,
            Self::AbortedTransactions => 3,
            Self::ProducerSnapshot => 4,
            Self::ProducerWindow => 5,
            Self::LeaderEpochs => 6,
            Self::Chunks => 7,
        }
    }
}

/// One section: where it lies from the begin of the index section on, and how to check it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectionEntry {
    pub(crate) code: u16,
    pub(crate) position: u64,
    pub(crate) bytes: u64,
    pub(crate) crc32c: u32,
}

impl SectionEntry {
    pub(crate) fn describe(kind: SectionKind, position: u64, content: &[u8]) -> Self {
        Self { code: kind.code(), position, bytes: length_u64(content.len()), crc32c: crc32c::crc32c(content) }
    }
}

/// What a segment says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// Identity of the segment.
    pub uuid: Uuid,
    /// Random value of the writer's attempt: an object that exists already is ours only if it carries ours.
    pub nonce: Uuid,
    /// Name of the topic when it was written.
    pub topic: String,
    /// The partition.
    pub partition: TopicIdPartition,
    /// Cluster that wrote it.
    pub cluster_id: String,
    /// Segment committed before it, if the writer knew one.
    pub previous: Option<Uuid>,
    /// Log start when it was written.
    pub log_start: Offset,
    /// First offset that it answers for, as reserved.
    pub base_offset: Offset,
    /// Base offset of its first batch, at or below `base_offset` if that lies inside a batch.
    pub first_batch_offset: Offset,
    /// Offset after the last one.
    pub end_offset: Offset,
    /// Epoch of the leader that wrote it.
    pub leader_epoch: LeaderEpoch,
    /// Epoch of the last batch.
    pub last_leader_epoch: LeaderEpoch,
    /// Smallest first timestamp of a batch.
    pub min_timestamp: Timestamp,
    /// Largest record timestamp.
    pub max_timestamp: Timestamp,
    /// Bytes of its batches as they lie in a log.
    pub log_bytes: u64,
}

/// Footer with the section table, as decoded.
#[derive(Clone, Debug)]
pub(crate) struct DecodedFooter {
    pub(crate) footer: Footer,
    pub(crate) sections: Vec<SectionEntry>,
    index_position: u64,
}

pub(crate) fn encode(footer: &Footer, sections: &[SectionEntry], index_position: u64) -> Result<Bytes, Error> {
    let mut out = BytesMut::new();
    out.put_u16(FORMAT_VERSION);
    out.put_u32(KNOWN_FLAGS);
    out.put_slice(footer.uuid.as_bytes());
    out.put_slice(footer.nonce.as_bytes());
    put_text(&mut out, &footer.topic)?;
    out.put_slice(footer.partition.topic_id.0.as_bytes());
    out.put_i32(footer.partition.partition.0);
    put_text(&mut out, &footer.cluster_id)?;
    put_optional_uuid(&mut out, footer.previous);
    for offset in [footer.log_start, footer.base_offset, footer.first_batch_offset, footer.end_offset] {
        out.put_i64(offset.0);
    }
    out.put_i32(footer.leader_epoch.0);
    out.put_i32(footer.last_leader_epoch.0);
    out.put_i64(footer.min_timestamp.0);
    out.put_i64(footer.max_timestamp.0);
    out.put_u64(footer.log_bytes);
    out.put_u16(u16::try_from(sections.len()).expect("we write seven sections"));
    for section in sections {
        out.put_u16(section.code);
        out.put_u64(section.position);
        out.put_u64(section.bytes);
        out.put_u32(section.crc32c);
    }
    let length = u32::try_from(out.len()).expect("names are at most 64 KiB long");
    let mut trailer = BytesMut::with_capacity(TRAILER_LENGTH);
    trailer.put_u32(length);
    trailer.put_u64(index_position);
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&out), &trailer);
    out.put_slice(&trailer);
    out.put_u32(checksum);
    out.put_slice(&MAGIC);
    Ok(out.freeze())
}

/// Where the index section begins, from the last bytes of an object; for reading by suffix.
pub fn index_position(tail: &[u8]) -> Result<u64, Error> {
    let start = tail.len().checked_sub(TRAILER_LENGTH).ok_or_else(|| corrupt("the object ends before its trailer"))?;
    let mut reader = Reader::new(&tail[start..], "trailer");
    let (_, index_position, _) = (reader.u32()?, reader.u64()?, reader.u32()?);
    if reader.take(MAGIC.len())? != MAGIC {
        return Err(corrupt("the object does not end as a segment does"));
    }
    Ok(index_position)
}

/// Reads footer and section table from the whole index section, which begins at `index_position` of the object.
pub(crate) fn decode(index: &[u8], expected_position: u64) -> Result<DecodedFooter, Error> {
    let trailer_position = expected_position + length_u64(index.len()).saturating_sub(TRAILER_BYTES);
    let position = index_position(index).map_err(|error| error.at(trailer_position))?;
    if position != expected_position {
        return Err(corrupt("the index section begins elsewhere than its row says").at(trailer_position));
    }
    let trailer_start = index.len() - TRAILER_LENGTH;
    let mut trailer = Reader::new(&index[trailer_start..], "trailer");
    let length = trailer.u32()?;
    let (_, checksum) = (trailer.u64()?, trailer.u32()?);
    let footer_start = usize::try_from(length)
        .ok()
        .and_then(|length| trailer_start.checked_sub(length))
        .ok_or_else(|| corrupt("the footer is longer than the index section").at(trailer_position))?;
    let footer_position = expected_position + length_u64(footer_start);
    if crc32c::crc32c(&index[footer_start..trailer_start + 12]) != checksum {
        return Err(corrupt("the footer's checksum is wrong").at(footer_position));
    }
    decode_content(index, expected_position, footer_start..trailer_start).map_err(|error| error.at(footer_position))
}

fn decode_content(index: &[u8], index_position: u64, footer: Range<usize>) -> Result<DecodedFooter, Error> {
    let sections_end = length_u64(footer.start);
    let mut reader = Reader::new(&index[footer], "footer");
    let version = reader.u16()?;
    let flags = reader.u32()?;
    if version > FORMAT_VERSION || flags & !KNOWN_FLAGS != 0 {
        return Err(Error::new(
            ErrorKind::Invalid,
            format!("a segment of version {version} with flags {flags:#x} needs a newer version"),
        ));
    }
    let footer = decode_fields(&mut reader)?;
    let sections = decode_sections(&mut reader, sections_end)?;
    Ok(DecodedFooter { footer, sections, index_position })
}

fn decode_fields(reader: &mut Reader<'_>) -> Result<Footer, Error> {
    let (uuid, nonce, topic) = (reader.uuid()?, reader.uuid()?, reader.text()?);
    let partition = TopicIdPartition { topic_id: TopicId(reader.uuid()?), partition: PartitionId(reader.i32()?) };
    Ok(Footer {
        uuid,
        nonce,
        topic,
        partition,
        cluster_id: reader.text()?,
        previous: reader.optional_uuid()?,
        log_start: Offset(reader.i64()?),
        base_offset: Offset(reader.i64()?),
        first_batch_offset: Offset(reader.i64()?),
        end_offset: Offset(reader.i64()?),
        leader_epoch: LeaderEpoch(reader.i32()?),
        last_leader_epoch: LeaderEpoch(reader.i32()?),
        min_timestamp: Timestamp(reader.i64()?),
        max_timestamp: Timestamp(reader.i64()?),
        log_bytes: reader.u64()?,
    })
}

fn decode_sections(reader: &mut Reader<'_>, sections_end: u64) -> Result<Vec<SectionEntry>, Error> {
    let count = reader.u16()?;
    if count > SECTIONS_MAX {
        return Err(corrupt("the footer names too many sections"));
    }
    let mut sections = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let entry =
            SectionEntry { code: reader.u16()?, position: reader.u64()?, bytes: reader.u64()?, crc32c: reader.u32()? };
        if entry.position.checked_add(entry.bytes).is_none_or(|end| end > sections_end) {
            return Err(corrupt("a section lies outside the index section"));
        }
        sections.push(entry);
    }
    Ok(sections)
}

impl DecodedFooter {
    /// The content of a section, checked; a section that is not there is `Corrupt`.
    pub(crate) fn section(&self, index: &Bytes, kind: SectionKind) -> Result<Bytes, Error> {
        let entry = self
            .sections
            .iter()
            .find(|entry| entry.code == kind.code())
            .ok_or_else(|| corrupt(&format!("the {kind:?} section is missing")))?;
        let start = usize::try_from(entry.position).map_err(|_| corrupt("a section is too far off"))?;
        let bytes = usize::try_from(entry.bytes).map_err(|_| corrupt("a section is too long"))?;
        let content = index.slice(start..start + bytes);
        if crc32c::crc32c(&content) != entry.crc32c {
            let position = self.index_position + entry.position;
            return Err(corrupt(&format!("the {kind:?} section's checksum is wrong")).at(position));
        }
        Ok(content)
    }
}

fn corrupt(message: &str) -> Error {
    Error::new(ErrorKind::Corrupt, message)
}
