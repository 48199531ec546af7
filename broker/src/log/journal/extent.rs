//! Extents and groups: where the journal's entries lie in its files.
//!
//! Owns: the group header and its checks, the bytes of a group, the scan of an extent, the journal's state file. Does
//! not own: which extent comes next (`journal.rs`), what the groups mean together (`replay.rs`).
//!
//! ```text
//! journal/state        journal id, floor: entries below it are not needed by anybody
//! journal/extent-<n>   group ‖ group ‖ … each starting on a block of 4 KiB, each padded with zeros to whole blocks
//! group                header ‖ entries ‖ padding
//! header               magic ‖ version ‖ flags ‖ journal id ‖ generation ‖ first sequence ‖ previous sequence ‖
//!                      checksum before ‖ checksum after ‖ entries ‖ body bytes ‖ CRC-32C of the header
//! ```
//! - Groups of one generation fill one extent from its start; a recycled extent gets a higher generation than any
//!   before, so generation and position order all groups in time.
//! - `previous sequence` and `checksum before` name the entry that this group follows. The sequence may jump at a
//!   restart (recovery points may lie past the last durable entry), the chain never does.
//! - A header is recognised only with the random journal id, which never leaves this directory, so that a client's
//!   batch cannot pass for a group.
//! - Before an extent is written again, the floor in the state file lies past all that it held.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use strata_compat::ids::Uuid;

use super::block_writer::BlockWriter;
use super::entry::{Chain, JournalEntry, JournalSequence, PREFIX_BYTES};
use crate::log::error::{LogError, LogErrorKind};
use crate::log::log_dir::{LogDir, LogFile, file_io};

/// Groups start and end on a multiple of this, so that a torn write cannot hurt an earlier group.
pub(super) const BLOCK_BYTES: usize = file_io::BLOCK_BYTES;
/// Bytes of a group header.
pub(super) const HEADER_BYTES: usize = 68;

const MAGIC: u32 = 0x5354_4a47;
const VERSION: u16 = 1;
const STATE_MAGIC: u32 = 0x5354_4a53;
const STATE_BYTES: usize = 4 + 2 + 16 + 8 + 4;
/// An extent is scanned, and a new one zeroed, in pieces of this size.
const SCAN_BYTES: usize = 1 << 20;

/// Rounds up to whole blocks.
pub(super) const fn whole_blocks(bytes: usize) -> usize {
    bytes.next_multiple_of(BLOCK_BYTES)
}

pub(super) fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// The entry that a group follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChainEnd {
    pub(super) sequence: JournalSequence,
    pub(super) checksum: u32,
}

/// What stands at the start of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupHeader {
    pub(super) generation: u64,
    pub(super) first_sequence: JournalSequence,
    pub(super) before: ChainEnd,
    pub(super) checksum_after: u32,
    pub(super) entries: u32,
    pub(super) body_bytes: u32,
}

/// What a block is, read as a group header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderParse {
    /// No header of this journal.
    Absent,
    /// A header of this journal whose checksum fails.
    Damaged,
    /// A header.
    Valid(GroupHeader),
}

impl GroupHeader {
    pub(super) const fn last_sequence(&self) -> JournalSequence {
        JournalSequence(self.first_sequence.0.saturating_add(self.entries as u64).saturating_sub(1))
    }

    pub(super) const fn end(&self) -> ChainEnd {
        ChainEnd { sequence: self.last_sequence(), checksum: self.checksum_after }
    }

    /// Bytes of the group in its extent.
    pub(super) fn group_bytes(&self) -> u64 {
        (size(HEADER_BYTES) + u64::from(self.body_bytes)).next_multiple_of(size(BLOCK_BYTES))
    }

    fn encode(&self, journal_id: Uuid) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.put_u32(MAGIC);
        out.put_u16(VERSION);
        out.put_u16(0);
        out.put_slice(journal_id.as_bytes());
        out.put_u64(self.generation);
        out.put_u64(self.first_sequence.0);
        out.put_u64(self.before.sequence.0);
        out.put_u32(self.before.checksum);
        out.put_u32(self.checksum_after);
        out.put_u32(self.entries);
        out.put_u32(self.body_bytes);
        let crc = crc32c::crc32c(&out);
        out.put_u32(crc);
        out
    }

    /// Reads the first bytes of a block.
    ///
    /// # Errors
    /// `Corrupt` for a whole header of a version that this release does not know.
    pub(super) fn parse(block: &[u8], journal_id: Uuid) -> Result<HeaderParse, LogError> {
        let Some(mut bytes) = block.get(..HEADER_BYTES) else {
            return Ok(HeaderParse::Absent);
        };
        let crc = crc32c::crc32c(&bytes[..HEADER_BYTES - 4]);
        let magic = bytes.get_u32();
        let version = bytes.get_u16();
        bytes.advance(2);
        let id = bytes.get_u128();
        if magic != MAGIC && id != journal_id.as_u128() {
            return Ok(HeaderParse::Absent);
        }
        let header = Self {
            generation: bytes.get_u64(),
            first_sequence: JournalSequence(bytes.get_u64()),
            before: ChainEnd { sequence: JournalSequence(bytes.get_u64()), checksum: bytes.get_u32() },
            checksum_after: bytes.get_u32(),
            entries: bytes.get_u32(),
            body_bytes: bytes.get_u32(),
        };
        if crc != bytes.get_u32() || header.entries == 0 {
            return Ok(HeaderParse::Damaged);
        }
        if magic != MAGIC || id != journal_id.as_u128() {
            return Ok(HeaderParse::Absent);
        }
        if version != VERSION {
            return Err(LogError::new(
                LogErrorKind::Corrupt,
                format!("journal: a group has version {version}, this release knows {VERSION}"),
            ));
        }
        Ok(HeaderParse::Valid(header))
    }
}

/// A group ready to be written.
pub(super) struct EncodedGroup<'entries> {
    pub(super) header: GroupHeader,
    encoded_header: Vec<u8>,
    /// What stands before the payloads, one after the other.
    heads: Vec<u8>,
    /// For each entry where its head ends, and its payload.
    pieces: Vec<(usize, &'entries [u8])>,
}

impl<'entries> EncodedGroup<'entries> {
    /// Puts entries together as the group that follows `before`. `entries` is not empty.
    pub(super) fn new(
        entries: &'entries [JournalEntry],
        journal_id: Uuid,
        generation: u64,
        first_sequence: JournalSequence,
        before: ChainEnd,
    ) -> Self {
        let mut heads = Vec::new();
        let mut pieces = Vec::with_capacity(entries.len());
        let mut checksum = before.checksum;
        let mut sequence = first_sequence;
        let mut body_bytes = 0_usize;
        for entry in entries {
            let length = entry.encoded_bytes() - PREFIX_BYTES;
            body_bytes += PREFIX_BYTES + length;
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            let prefix = heads.len();
            heads.put_u32(length);
            heads.put_u32(0);
            entry.encode_head(&mut heads);
            let head = heads.get(prefix + PREFIX_BYTES..).unwrap_or(&[]);
            let payload = entry.payload().map_or(&[][..], AsRef::as_ref);
            checksum = Chain::entry(checksum, sequence.0, generation, length).add(head).add(payload).checksum();
            heads[prefix + 4..prefix + PREFIX_BYTES].copy_from_slice(&checksum.to_be_bytes());
            pieces.push((heads.len(), payload));
            sequence = sequence.next();
        }
        let header = GroupHeader {
            generation,
            first_sequence,
            before,
            checksum_after: checksum,
            entries: u32::try_from(entries.len()).unwrap_or(u32::MAX),
            body_bytes: u32::try_from(body_bytes).unwrap_or(u32::MAX),
        };
        Self { header, encoded_header: header.encode(journal_id), heads, pieces }
    }

    /// Writes the whole group, padded, at `position`; durable only after a flush.
    pub(super) fn write(&self, to: &mut BlockWriter, file: &LogFile, position: u64) -> Result<(), LogError> {
        let mut out = to.begin(file, position);
        out.put(&self.encoded_header)?;
        let mut from = 0;
        for (end, payload) in &self.pieces {
            out.put(self.heads.get(from..*end).unwrap_or(&[]))?;
            out.put(payload)?;
            from = *end;
        }
        out.finish()
    }
}

/// What the check of a group's entries found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyCheck {
    /// All entries are what was written.
    Whole,
    /// An entry is not.
    Bad,
}

/// Reads a group's body and calls `visit` for each of its entries, if all of them are whole.
///
/// # Errors
/// `Corrupt` for a whole entry that this release does not understand; `Unavailable`; what `visit` answers.
pub(super) fn read_group(
    file: &LogFile,
    position: u64,
    header: &GroupHeader,
    visit: &mut dyn FnMut(JournalSequence, JournalEntry) -> Result<(), LogError>,
) -> Result<BodyCheck, LogError> {
    let end = position.saturating_add(size(HEADER_BYTES)).saturating_add(u64::from(header.body_bytes));
    let Ok(body_bytes) = usize::try_from(header.body_bytes) else {
        return Ok(BodyCheck::Bad);
    };
    if end > file.len()? {
        return Ok(BodyCheck::Bad);
    }
    let mut body = vec![0; body_bytes];
    file.read_exact_at(&mut body, position + size(HEADER_BYTES))?;
    let body = Bytes::from(body);
    let Some(bodies) = split_body(header, &body) else {
        return Ok(BodyCheck::Bad);
    };
    let mut sequence = header.first_sequence;
    for entry in bodies {
        visit(sequence, JournalEntry::decode(entry)?)?;
        sequence = sequence.next();
    }
    Ok(BodyCheck::Whole)
}

/// The bodies of a group's entries; `None` if a length or a checksum is wrong.
fn split_body(header: &GroupHeader, body: &Bytes) -> Option<Vec<Bytes>> {
    let mut rest = body.clone();
    let mut checksum = header.before.checksum;
    let mut sequence = header.first_sequence;
    let mut bodies = Vec::new();
    while rest.remaining() >= PREFIX_BYTES {
        let length = rest.get_u32();
        let stated = rest.get_u32();
        let entry_bytes = usize::try_from(length).ok()?;
        if rest.remaining() < entry_bytes {
            return None;
        }
        let entry = rest.split_to(entry_bytes);
        checksum = Chain::entry(checksum, sequence.0, header.generation, length).add(&entry).checksum();
        if checksum != stated {
            return None;
        }
        sequence = sequence.next();
        bodies.push(entry);
    }
    let complete = !rest.has_remaining()
        && checksum == header.checksum_after
        && u32::try_from(bodies.len()).ok() == Some(header.entries);
    complete.then_some(bodies)
}

/// A group header found in an extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FoundGroup {
    /// Number of the extent.
    pub(super) extent: u32,
    pub(super) position: u64,
    pub(super) header: GroupHeader,
}

/// What a scan of an extent found.
#[derive(Debug, Default)]
pub(super) struct ExtentScan {
    pub(super) groups: Vec<FoundGroup>,
    /// Positions of headers whose checksum fails.
    pub(super) damaged: Vec<u64>,
}

/// Looks at each block of an extent for a group header.
pub(super) fn scan_extent(file: &LogFile, extent: u32, journal_id: Uuid) -> Result<ExtentScan, LogError> {
    let mut scan = ExtentScan::default();
    let mut buffer = vec![0; SCAN_BYTES];
    let mut position = 0;
    loop {
        let filled = file.read_full_at(&mut buffer, position)?;
        let mut block_position = position;
        for block in buffer.get(..filled).unwrap_or(&[]).chunks(BLOCK_BYTES) {
            match GroupHeader::parse(block, journal_id)? {
                HeaderParse::Absent => {}
                HeaderParse::Damaged => scan.damaged.push(block_position),
                HeaderParse::Valid(header) => scan.groups.push(FoundGroup { extent, position: block_position, header }),
            }
            block_position += size(BLOCK_BYTES);
        }
        if filled < buffer.len() {
            return Ok(scan);
        }
        position += size(filled);
    }
}

/// The path of an extent.
pub(super) fn extent_path(journal_dir: &Path, extent: u32) -> PathBuf {
    journal_dir.join(format!("extent-{extent:06}"))
}

/// The number in an extent's name.
pub(super) fn extent_number(name: &str) -> Option<u32> {
    name.strip_prefix("extent-")?.parse().ok()
}

/// Fills a new extent with zeros and makes it durable, so that later writes change no file system metadata.
pub(super) fn write_zeros(file: &LogFile, bytes: u64) -> Result<(), LogError> {
    let zeros = vec![0; SCAN_BYTES];
    let mut position = 0;
    while position < bytes {
        let piece = usize::try_from(bytes - position).unwrap_or(SCAN_BYTES).min(SCAN_BYTES);
        file.append_at(&zeros[..piece], position)?;
        position += size(piece);
    }
    file.sync_all()
}

/// The journal's identity, and what of it is still needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JournalState {
    pub(super) journal_id: Uuid,
    /// No entry below this is needed.
    pub(super) floor: JournalSequence,
}

pub(super) fn state_path(journal_dir: &Path) -> PathBuf {
    journal_dir.join("state")
}

impl JournalState {
    /// Reads the state file; `None` if there is none.
    ///
    /// # Errors
    /// `Corrupt` if it is not what was written.
    pub(super) fn load(dir: &Arc<LogDir>, journal_dir: &Path) -> Result<Option<Self>, LogError> {
        let path = state_path(journal_dir);
        let Some(content) = dir.read_file(&path)? else {
            return Ok(None);
        };
        let bad = || {
            let what = "is damaged; it says which entries of the journal count: restore the file, nothing was changed";
            LogError::new(LogErrorKind::Corrupt, format!("{} {what}", path.display()))
        };
        if content.len() != STATE_BYTES {
            return Err(bad());
        }
        let crc = crc32c::crc32c(&content[..STATE_BYTES - 4]);
        let mut bytes = content.as_slice();
        if bytes.get_u32() != STATE_MAGIC || bytes.get_u16() != VERSION {
            return Err(bad());
        }
        let journal_id = Uuid::from_u128(bytes.get_u128());
        let floor = JournalSequence(bytes.get_u64());
        if bytes.get_u32() != crc {
            return Err(bad());
        }
        Ok(Some(Self { journal_id, floor }))
    }

    /// Replaces the state file durably.
    pub(super) fn store(&self, dir: &Arc<LogDir>, journal_dir: &Path) -> Result<(), LogError> {
        let mut content = Vec::with_capacity(STATE_BYTES);
        content.put_u32(STATE_MAGIC);
        content.put_u16(VERSION);
        content.put_slice(self.journal_id.as_bytes());
        content.put_u64(self.floor.0);
        let crc = crc32c::crc32c(&content);
        content.put_u32(crc);
        dir.write_atomically(&state_path(journal_dir), &content)
    }
}
