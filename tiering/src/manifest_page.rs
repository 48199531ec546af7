//! A page: older rows of one partition in one immutable, checksummed object of at most 64 KiB.
//!
//! Owns: its bytes, and how many rows fit. Does not own: when one is written (`commit.rs`), its name (`object_key.rs`).
//! Rows are tagged with version, must-understand flags and length: a reader skips what a newer writer added behind the
//! fields that it knows, and refuses what it must understand and does not.

use bytes::{BufMut, Bytes, BytesMut};
use strata_compat::ids::{LeaderEpoch, Offset, PartitionId, Timestamp, TopicId, TopicIdPartition, Uuid};
use strata_metadata_core::image::remote_segments::{Attachment, PAGE_BYTES_MAX, PageReference, SegmentRow};

use crate::error::{Error, ErrorKind};
use crate::wire::{Reader, length_u64, put_text};

const MAGIC: [u8; 8] = *b"strataP1";
const VERSION: u16 = 1;
const ROW_VERSION: u16 = 1;
const CHECKSUM_BYTES: usize = 4;
const ATTACHMENT_BYTES_MAX: usize = 256;
/// Smallest row: uuid, four positions, two epochs, two timestamps, three sizes, two counts, behind 8 bytes of tag.
const ROW_BYTES_MIN: usize = 8 + 16 + 4 * 8 + 2 * 4 + 2 * 8 + 3 * 8 + 2 * 2;

/// A page with its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestPage {
    /// Identity of the page.
    pub uuid: Uuid,
    /// Random value of the writer's attempt.
    pub nonce: Uuid,
    /// The partition.
    pub partition: TopicIdPartition,
    /// Cluster that wrote it.
    pub cluster_id: String,
    /// Epoch of the leader that wrote it.
    pub leader_epoch: LeaderEpoch,
    /// Contiguous rows, oldest first, at least one.
    pub rows: Vec<SegmentRow>,
}

impl ManifestPage {
    /// The page's bytes; `Invalid` if its rows do not fit or do not follow each other.
    pub fn encode(&self) -> Result<Bytes, Error> {
        check_rows(&self.rows).map_err(|message| Error::new(ErrorKind::Invalid, message))?;
        let mut out = BytesMut::new();
        out.put_slice(&MAGIC);
        out.put_u16(VERSION);
        out.put_u32(0);
        out.put_slice(self.uuid.as_bytes());
        out.put_slice(self.nonce.as_bytes());
        out.put_slice(self.partition.topic_id.0.as_bytes());
        out.put_i32(self.partition.partition.0);
        out.put_i32(self.leader_epoch.0);
        put_text(&mut out, &self.cluster_id)?;
        let count = u32::try_from(self.rows.len())
            .map_err(|_| Error::new(ErrorKind::Invalid, "a page cannot hold so many rows"))?;
        out.put_u32(count);
        for row in &self.rows {
            encode_row(&mut out, row)?;
        }
        out.put_u32(crc32c::crc32c(&out));
        if out.len() > PAGE_BYTES_MAX {
            return Err(Error::new(ErrorKind::Invalid, format!("a page of {} bytes is too large", out.len())));
        }
        Ok(out.freeze())
    }

    /// Reads a page: bounded, checksummed, its rows contiguous.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > PAGE_BYTES_MAX {
            return Err(corrupt("a page is larger than any of ours"));
        }
        let body_bytes = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or_else(|| corrupt("a page ends early"))?;
        let (body, checksum) = bytes.split_at(body_bytes);
        let mut reader = Reader::new(body, "page");
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(corrupt("an object does not begin as a page does"));
        }
        if Reader::new(checksum, "page checksum").u32()? != crc32c::crc32c(body) {
            return Err(corrupt("a page's checksum is wrong"));
        }
        refuse_newer("a page", reader.u16()?, VERSION, reader.u32()?)?;
        let (uuid, nonce) = (reader.uuid()?, reader.uuid()?);
        let partition = TopicIdPartition { topic_id: TopicId(reader.uuid()?), partition: PartitionId(reader.i32()?) };
        let leader_epoch = LeaderEpoch(reader.i32()?);
        let cluster_id = reader.text()?;
        let count = usize::try_from(reader.u32()?).map_err(|_| corrupt("a page names too many rows"))?;
        if count > reader.remaining() / ROW_BYTES_MIN {
            return Err(corrupt("a page names more rows than it has bytes for"));
        }
        let mut rows = Vec::with_capacity(count);
        for _ in 0..count {
            rows.push(decode_row(&mut reader)?);
        }
        check_rows(&rows).map_err(corrupt)?;
        Ok(Self { uuid, nonce, partition, cluster_id, leader_epoch, rows })
    }

    /// Reads a page that must be the one that the reference names.
    pub fn decode_for(bytes: &[u8], reference: &PageReference) -> Result<Self, Error> {
        let page = Self::decode(bytes)?;
        let (Some(first), Some(last)) = (page.rows.first(), page.rows.last()) else {
            return Err(corrupt("a page without rows"));
        };
        let same = page.uuid == reference.uuid
            && first.base_offset == reference.base_offset
            && last.end_offset == reference.end_offset
            && u32::try_from(page.rows.len()) == Ok(reference.rows);
        if same { Ok(page) } else { Err(corrupt("an object is another page than its reference names")) }
    }

    /// What the quorum is told of the page, whose bytes are given.
    pub fn reference(&self, encoded: &[u8]) -> Result<PageReference, Error> {
        let (Some(first), Some(last)) = (self.rows.first(), self.rows.last()) else {
            return Err(Error::new(ErrorKind::Invalid, "a page without rows"));
        };
        let too_large = |_| Error::new(ErrorKind::Invalid, "a page is too large");
        Ok(PageReference {
            uuid: self.uuid,
            base_offset: first.base_offset,
            end_offset: last.end_offset,
            leader_epoch: self.leader_epoch,
            min_timestamp: self.rows.iter().map(|row| row.min_timestamp).min().unwrap_or(Timestamp::NONE),
            max_timestamp: self.rows.iter().map(|row| row.max_timestamp).max().unwrap_or(Timestamp::NONE),
            log_bytes: self.rows.iter().fold(0, |sum, row| row.log_bytes.saturating_add(sum)),
            object_bytes: self.rows.iter().fold(0, |sum, row| row.object_bytes.saturating_add(sum)),
            page_bytes: u32::try_from(encoded.len()).map_err(too_large)?,
            rows: u32::try_from(self.rows.len()).map_err(too_large)?,
            origin_cluster: None,
        })
    }

    /// Whether the page, of this many bytes, has room for more rows.
    #[must_use]
    pub fn has_room_for<'a>(page_bytes: u64, rows: impl IntoIterator<Item = &'a SegmentRow>) -> bool {
        let more = rows.into_iter().fold(0_u64, |sum, row| sum + length_u64(row_bytes(row)));
        page_bytes.saturating_add(more) <= length_u64(PAGE_BYTES_MAX)
    }

    /// The row that answers for `offset`.
    #[must_use]
    pub fn row_at(&self, offset: Offset) -> Option<&SegmentRow> {
        let row = self.rows.get(self.rows.partition_point(|row| row.end_offset <= offset))?;
        (row.base_offset <= offset).then_some(row)
    }
}

fn check_rows(rows: &[SegmentRow]) -> Result<(), &'static str> {
    if rows.is_empty() {
        return Err("a page without rows");
    }
    if rows.iter().any(|row| row.base_offset >= row.end_offset) {
        return Err("a page has a row that ends before it begins");
    }
    let contiguous = rows.windows(2).all(|pair| pair[0].end_offset <= pair[1].base_offset);
    if contiguous { Ok(()) } else { Err("a page has rows that overlap or are out of order") }
}

fn row_bytes(row: &SegmentRow) -> usize {
    let attachments: usize = row.attachments.iter().map(|attachment| 4 + attachment.content.len()).sum();
    ROW_BYTES_MIN + row.origin_cluster.as_ref().map_or(0, String::len) + attachments
}

fn encode_row(out: &mut BytesMut, row: &SegmentRow) -> Result<(), Error> {
    let bytes = u32::try_from(row_bytes(row) - 8).map_err(|_| Error::new(ErrorKind::Invalid, "a row is too large"))?;
    out.put_u32(bytes);
    out.put_u16(ROW_VERSION);
    out.put_u16(0);
    out.put_slice(row.uuid.as_bytes());
    out.put_i64(row.base_offset.0);
    out.put_i64(row.end_offset.0);
    out.put_i64(row.object_base_offset.0);
    out.put_u64(row.index_position);
    out.put_i32(row.leader_epoch.0);
    out.put_i32(row.last_leader_epoch.0);
    out.put_i64(row.min_timestamp.0);
    out.put_i64(row.max_timestamp.0);
    out.put_u64(row.log_bytes);
    out.put_u64(row.object_bytes);
    out.put_u64(0);
    put_text(out, row.origin_cluster.as_deref().unwrap_or_default())?;
    let count = u16::try_from(row.attachments.len())
        .map_err(|_| Error::new(ErrorKind::Invalid, "a row has too many attachments"))?;
    out.put_u16(count);
    for attachment in &row.attachments {
        let length = u16::try_from(attachment.content.len())
            .ok()
            .filter(|_| attachment.content.len() <= ATTACHMENT_BYTES_MAX)
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "an attachment is too large"))?;
        out.put_u16(attachment.kind);
        out.put_u16(length);
        out.put_slice(&attachment.content);
    }
    Ok(())
}

fn decode_row(reader: &mut Reader<'_>) -> Result<SegmentRow, Error> {
    let bytes = usize::try_from(reader.u32()?).map_err(|_| corrupt("a row is too large"))?;
    let (version, flags) = (reader.u16()?, reader.u16()?);
    let mut reader = Reader::new(reader.take(bytes)?, "row");
    // A newer row is read as far as we know it, unless it says that this is not enough.
    refuse_newer("a row", version.min(ROW_VERSION), ROW_VERSION, u32::from(flags))?;
    let uuid = reader.uuid()?;
    let (base_offset, end_offset) = (Offset(reader.i64()?), Offset(reader.i64()?));
    let (object_base_offset, index_position) = (Offset(reader.i64()?), reader.u64()?);
    let (leader_epoch, last_leader_epoch) = (LeaderEpoch(reader.i32()?), LeaderEpoch(reader.i32()?));
    let (min_timestamp, max_timestamp) = (Timestamp(reader.i64()?), Timestamp(reader.i64()?));
    let (log_bytes, object_bytes, _reserved) = (reader.u64()?, reader.u64()?, reader.u64()?);
    let origin_cluster = Some(reader.text()?).filter(|cluster| !cluster.is_empty());
    let count = usize::from(reader.u16()?);
    if count > reader.remaining() / 4 {
        return Err(corrupt("a row names more attachments than it has bytes for"));
    }
    let mut attachments = Vec::with_capacity(count);
    for _ in 0..count {
        let (kind, length) = (reader.u16()?, usize::from(reader.u16()?));
        attachments.push(Attachment { kind, content: reader.take(length)?.to_vec() });
    }
    Ok(SegmentRow {
        uuid,
        base_offset,
        end_offset,
        object_base_offset,
        leader_epoch,
        last_leader_epoch,
        min_timestamp,
        max_timestamp,
        log_bytes,
        object_bytes,
        index_position,
        origin_cluster,
        attachments,
    })
}

fn refuse_newer(what: &str, version: u16, known: u16, flags: u32) -> Result<(), Error> {
    if version > known || flags != 0 {
        let message = format!("{what} of version {version} with flags {flags:#x} needs a newer version of Strata");
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    Ok(())
}

fn corrupt(message: &str) -> Error {
    Error::new(ErrorKind::Corrupt, message)
}

#[cfg(test)]
mod tests;
