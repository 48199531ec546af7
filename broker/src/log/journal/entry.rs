//! The entries of the journal and their bytes.
//!
//! Owns: what an entry says, its encoding and bounded decoding, and the chained checksum. Does not own: groups and
//! extents (`extent.rs`), what an entry does to files (`replay.rs`).
//!
//! ```text
//! entry   length u32 (of the body) ‖ checksum u32 ‖ body
//! body    kind u8 ‖ version u8 ‖ topic id 16 ‖ partition i32 ‖ fields of the kind
//! ```
//! All numbers are big-endian. The checksum is CRC-32C over sequence, generation, length and body, continued from the
//! checksum of the entry before; so an entry is valid only after exactly the entries that it was written after.

use bytes::{Buf, BufMut, Bytes};
use strata_compat::ids::{Offset, PartitionId, TopicId, TopicIdPartition, Uuid};

use crate::log::error::{LogError, LogErrorKind};

/// Number of an entry in its journal, from 1, never used twice for durable entries. Zero stands before all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalSequence(pub u64);

impl JournalSequence {
    /// Before all entries.
    pub const ZERO: Self = Self(0);

    /// The sequence after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The sequence before this one.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl std::fmt::Display for JournalSequence {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What happened to a partition's files.
///
/// What destroys bytes (truncating, restarting, letting go, deleting) reaches the file only when its entry is durable:
/// otherwise a crash may leave files that end before entries which say that they go on. What only adds bytes need not
/// wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JournalEntry {
    /// A batch (or several, contiguous) was written to a segment file. Replay is a positioned write.
    Append {
        /// The partition.
        partition: TopicIdPartition,
        /// Base offset of the segment, which names its file.
        segment_base: Offset,
        /// Position in the segment file.
        position: u64,
        /// The bytes as they stand in the file.
        batch: Bytes,
    },
    /// The log was cut: it ends at `to`, in this segment, whose file is `position` bytes long; later segments are gone.
    Truncate {
        /// The partition.
        partition: TopicIdPartition,
        /// The new log end offset.
        to: Offset,
        /// Base offset of the segment that is now the last.
        segment_base: Offset,
        /// The new length of that segment's file.
        position: u64,
    },
    /// The whole log was dropped; it is empty and goes on at `offset`.
    RestartAt {
        /// The partition.
        partition: TopicIdPartition,
        /// Log start and log end offset from now on.
        offset: Offset,
    },
    /// The log start offset rose. No file changes by this alone.
    LogStartMoved {
        /// The partition.
        partition: TopicIdPartition,
        /// The new log start offset.
        log_start: Offset,
    },
    /// Segments wholly below `local_start` are let go.
    LocalStartMoved {
        /// The partition.
        partition: TopicIdPartition,
        /// First offset still in local files.
        local_start: Offset,
    },
    /// The cleaner replaced segments by one that holds what remains of them. Its file was flushed before, as
    /// `<base>.log.swap`.
    SegmentSwapped {
        /// The partition.
        partition: TopicIdPartition,
        /// Base offset of the new segment.
        new_base: Offset,
        /// Base offsets of the segments replaced; `new_base` may be one of them.
        replaced: Vec<Offset>,
    },
    /// The partition's directory was created.
    Created {
        /// The partition.
        partition: TopicIdPartition,
        /// The topic's name, which names the directory.
        topic: String,
    },
    /// The partition was deleted; its directory is to go.
    Deleted {
        /// The partition.
        partition: TopicIdPartition,
    },
    /// The partition's directory is renamed to this name and kept; what follows begins another log.
    SetAside {
        /// The partition.
        partition: TopicIdPartition,
        /// The directory's new name.
        name: String,
    },
}

const VERSION: u8 = 1;
const KIND_APPEND: u8 = 1;
const KIND_TRUNCATE: u8 = 2;
const KIND_RESTART_AT: u8 = 3;
const KIND_LOG_START_MOVED: u8 = 4;
const KIND_LOCAL_START_MOVED: u8 = 5;
const KIND_SEGMENT_SWAPPED: u8 = 6;
const KIND_CREATED: u8 = 7;
const KIND_DELETED: u8 = 8;
const KIND_SET_ASIDE: u8 = 9;

/// Bytes of an entry before its body: length and checksum.
pub(super) const PREFIX_BYTES: usize = 8;
/// Bytes of a body that all kinds have.
const COMMON_BYTES: usize = 1 + 1 + 16 + 4;
/// Bytes of an append's own fields before its batch.
const APPEND_FIELDS_BYTES: usize = 16;
/// What an append adds to the bytes of its batch.
pub const APPEND_ENTRY_OVERHEAD_BYTES: usize = PREFIX_BYTES + COMMON_BYTES + APPEND_FIELDS_BYTES;
/// The longest topic name that an entry carries (Kafka allows 249).
const TOPIC_BYTES_MAX: usize = 249;
/// The longest name of a directory: no file system that we know takes a longer one.
pub const DIRECTORY_NAME_BYTES_MAX: usize = 255;
/// The longest name in an entry of an earlier release, which is read all the same.
const NAME_BYTES_MAX: usize = 300;
/// The most segments that one swap replaces.
const REPLACED_MAX: usize = 65_535;

impl JournalEntry {
    /// The partition.
    #[must_use]
    pub const fn partition(&self) -> TopicIdPartition {
        match self {
            Self::Append { partition, .. }
            | Self::Truncate { partition, .. }
            | Self::RestartAt { partition, .. }
            | Self::LogStartMoved { partition, .. }
            | Self::LocalStartMoved { partition, .. }
            | Self::SegmentSwapped { partition, .. }
            | Self::Created { partition, .. }
            | Self::Deleted { partition }
            | Self::SetAside { partition, .. } => *partition,
        }
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Append { .. } => KIND_APPEND,
            Self::Truncate { .. } => KIND_TRUNCATE,
            Self::RestartAt { .. } => KIND_RESTART_AT,
            Self::LogStartMoved { .. } => KIND_LOG_START_MOVED,
            Self::LocalStartMoved { .. } => KIND_LOCAL_START_MOVED,
            Self::SegmentSwapped { .. } => KIND_SEGMENT_SWAPPED,
            Self::Created { .. } => KIND_CREATED,
            Self::Deleted { .. } => KIND_DELETED,
            Self::SetAside { .. } => KIND_SET_ASIDE,
        }
    }

    /// The batch that follows the fixed fields of an append.
    pub(super) const fn payload(&self) -> Option<&Bytes> {
        match self {
            Self::Append { batch, .. } => Some(batch),
            _ => None,
        }
    }

    /// Bytes of the whole entry in the journal.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        let fields = match self {
            Self::Append { batch, .. } => APPEND_FIELDS_BYTES + batch.len(),
            Self::Truncate { .. } => 24,
            Self::RestartAt { .. } | Self::LogStartMoved { .. } | Self::LocalStartMoved { .. } => 8,
            Self::SegmentSwapped { replaced, .. } => 10 + 8 * replaced.len(),
            Self::Created { topic, .. } => 2 + topic.len(),
            Self::Deleted { .. } => 0,
            Self::SetAside { name, .. } => 2 + name.len(),
        };
        PREFIX_BYTES + COMMON_BYTES + fields
    }

    /// Refuses what could not be read back.
    pub(super) fn check(&self) -> Result<(), LogError> {
        let fits = match self {
            Self::Created { topic, .. } => topic.len() <= TOPIC_BYTES_MAX,
            Self::SetAside { name, .. } => name.len() <= NAME_BYTES_MAX,
            Self::SegmentSwapped { replaced, .. } => replaced.len() <= REPLACED_MAX,
            _ => true,
        };
        if fits && u32::try_from(self.encoded_bytes()).is_ok() {
            Ok(())
        } else {
            Err(LogError::new(LogErrorKind::Invalid, format!("entry of {} is too large", self.partition())))
        }
    }

    /// Writes the body without the payload.
    pub(super) fn encode_head(&self, out: &mut Vec<u8>) {
        let partition = self.partition();
        out.put_u8(self.kind());
        out.put_u8(VERSION);
        out.put_slice(partition.topic_id.0.as_bytes());
        out.put_i32(partition.partition.0);
        match self {
            Self::Append { segment_base, position, .. } => {
                out.put_i64(segment_base.0);
                out.put_u64(*position);
            }
            Self::Truncate { to, segment_base, position, .. } => {
                out.put_i64(to.0);
                out.put_i64(segment_base.0);
                out.put_u64(*position);
            }
            Self::RestartAt { offset, .. } => out.put_i64(offset.0),
            Self::LogStartMoved { log_start, .. } => out.put_i64(log_start.0),
            Self::LocalStartMoved { local_start, .. } => out.put_i64(local_start.0),
            Self::SegmentSwapped { new_base, replaced, .. } => {
                out.put_i64(new_base.0);
                out.put_u16(u16::try_from(replaced.len()).unwrap_or(u16::MAX));
                for base in replaced {
                    out.put_i64(base.0);
                }
            }
            Self::Created { topic: text, .. } | Self::SetAside { name: text, .. } => {
                out.put_u16(u16::try_from(text.len()).unwrap_or(u16::MAX));
                out.put_slice(text.as_bytes());
            }
            Self::Deleted { .. } => {}
        }
    }

    /// Reads a body; an append's batch is a slice of it.
    ///
    /// # Errors
    /// `Corrupt` for an unknown kind or version, or a body that is too short or too long.
    pub(super) fn decode(mut body: Bytes) -> Result<Self, LogError> {
        need(&body, COMMON_BYTES)?;
        let kind = body.get_u8();
        let version = body.get_u8();
        if version != VERSION {
            return Err(corrupt(format!("entry kind {kind} has version {version}, this release knows {VERSION}")));
        }
        let topic_id = TopicId(Uuid::from_u128(body.get_u128()));
        let partition = TopicIdPartition { topic_id, partition: PartitionId(body.get_i32()) };
        let entry = match kind {
            KIND_APPEND => {
                need(&body, 16)?;
                let segment_base = Offset(body.get_i64());
                let position = body.get_u64();
                return Ok(Self::Append { partition, segment_base, position, batch: body });
            }
            KIND_TRUNCATE => {
                need(&body, 24)?;
                let to = Offset(body.get_i64());
                let segment_base = Offset(body.get_i64());
                Self::Truncate { partition, to, segment_base, position: body.get_u64() }
            }
            KIND_RESTART_AT => Self::RestartAt { partition, offset: offset(&mut body)? },
            KIND_LOG_START_MOVED => Self::LogStartMoved { partition, log_start: offset(&mut body)? },
            KIND_LOCAL_START_MOVED => Self::LocalStartMoved { partition, local_start: offset(&mut body)? },
            KIND_SEGMENT_SWAPPED => decode_swapped(partition, &mut body)?,
            KIND_CREATED => Self::Created { partition, topic: name(&mut body, TOPIC_BYTES_MAX)? },
            KIND_DELETED => Self::Deleted { partition },
            KIND_SET_ASIDE => Self::SetAside { partition, name: name(&mut body, NAME_BYTES_MAX)? },
            _ => return Err(corrupt(format!("entry kind {kind} is unknown"))),
        };
        if body.has_remaining() {
            return Err(corrupt(format!("{} bytes are left after an entry of kind {kind}", body.remaining())));
        }
        Ok(entry)
    }
}

fn decode_swapped(partition: TopicIdPartition, body: &mut Bytes) -> Result<JournalEntry, LogError> {
    need(body, 10)?;
    let new_base = Offset(body.get_i64());
    let count = usize::from(body.get_u16());
    need(body, count * 8)?;
    let replaced = (0..count).map(|_| Offset(body.get_i64())).collect();
    Ok(JournalEntry::SegmentSwapped { partition, new_base, replaced })
}

fn offset(body: &mut Bytes) -> Result<Offset, LogError> {
    need(body, 8)?;
    Ok(Offset(body.get_i64()))
}

/// A name that stays in its directory.
fn name(body: &mut Bytes, bytes_max: usize) -> Result<String, LogError> {
    need(body, 2)?;
    let length = usize::from(body.get_u16());
    need(body, length)?;
    let name = body.split_to(length);
    let name = std::str::from_utf8(&name).map_err(|_| corrupt("a name is not UTF-8"))?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || length > bytes_max || name == "." || name == ".." || !name.bytes().all(legal) {
        return Err(corrupt(format!("{name:?} is no name of a topic or directory")));
    }
    Ok(name.to_owned())
}

fn need(body: &Bytes, bytes: usize) -> Result<(), LogError> {
    if body.remaining() < bytes {
        return Err(corrupt(format!("an entry ends {} bytes early", bytes - body.remaining())));
    }
    Ok(())
}

fn corrupt(context: impl Into<String>) -> LogError {
    LogError::new(LogErrorKind::Corrupt, format!("journal: {}", context.into()))
}

/// The checksum of an entry, continued from that of the entry before.
pub(super) struct Chain {
    checksum: u32,
}

impl Chain {
    /// Starts an entry of `length` body bytes after the entry whose checksum is `before`.
    pub(super) fn entry(before: u32, sequence: u64, generation: u64, length: u32) -> Self {
        let mut fixed = [0_u8; 20];
        fixed[..8].copy_from_slice(&sequence.to_be_bytes());
        fixed[8..16].copy_from_slice(&generation.to_be_bytes());
        fixed[16..].copy_from_slice(&length.to_be_bytes());
        Self { checksum: crc32c::crc32c_append(before, &fixed) }
    }

    /// Adds a part of the body.
    pub(super) fn add(self, bytes: &[u8]) -> Self {
        Self { checksum: crc32c::crc32c_append(self.checksum, bytes) }
    }

    /// The entry's checksum.
    pub(super) const fn checksum(&self) -> u32 {
        self.checksum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn partition() -> TopicIdPartition {
        TopicIdPartition { topic_id: TopicId(Uuid::from_u128(7)), partition: PartitionId(3) }
    }

    fn all_kinds() -> Vec<JournalEntry> {
        let partition = partition();
        vec![
            JournalEntry::Append {
                partition,
                segment_base: Offset(100),
                position: 4711,
                batch: Bytes::from_static(b"batch"),
            },
            JournalEntry::Truncate { partition, to: Offset(105), segment_base: Offset(100), position: 99 },
            JournalEntry::RestartAt { partition, offset: Offset(7) },
            JournalEntry::LogStartMoved { partition, log_start: Offset(8) },
            JournalEntry::LocalStartMoved { partition, local_start: Offset(9) },
            JournalEntry::SegmentSwapped {
                partition,
                new_base: Offset(0),
                replaced: vec![Offset(0), Offset(50), Offset(70)],
            },
            JournalEntry::Created { partition, topic: "flights".to_owned() },
            JournalEntry::Deleted { partition },
            JournalEntry::SetAside { partition, name: "flights-3.x-aside".to_owned() },
        ]
    }

    fn encoded_body(entry: &JournalEntry) -> Vec<u8> {
        let mut body = Vec::new();
        entry.encode_head(&mut body);
        if let Some(payload) = entry.payload() {
            body.extend_from_slice(payload);
        }
        body
    }

    #[test]
    fn every_kind_is_read_back_and_has_its_stated_size() {
        for entry in all_kinds() {
            let body = encoded_body(&entry);
            assert_eq!(body.len() + PREFIX_BYTES, entry.encoded_bytes(), "{entry:?}");
            assert_eq!(JournalEntry::decode(Bytes::from(body)).expect("own encoding"), entry);
        }
    }

    #[test]
    fn shortened_and_lengthened_bodies_are_refused() {
        for entry in all_kinds() {
            let body = encoded_body(&entry);
            let fixed = body.len() - entry.payload().map_or(0, Bytes::len);
            for length in 0..fixed {
                assert!(
                    JournalEntry::decode(Bytes::copy_from_slice(&body[..length])).is_err(),
                    "{entry:?} at {length}"
                );
            }
            if entry.payload().is_none() {
                let mut longer = body.clone();
                longer.push(0);
                assert!(JournalEntry::decode(Bytes::from(longer)).is_err(), "{entry:?}");
            }
        }
    }

    #[test]
    fn a_topic_name_that_would_leave_the_directory_is_refused() {
        for name in ["..", "", "a/b", "../x"] {
            let entry = JournalEntry::Created { partition: partition(), topic: name.to_owned() };
            assert!(JournalEntry::decode(Bytes::from(encoded_body(&entry))).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            JournalEntry::decode(Bytes::from(bytes)).ok();
        }
    }

    #[test]
    fn the_chain_depends_on_predecessor_sequence_and_generation() {
        let base = Chain::entry(1, 2, 3, 4).add(b"body").checksum();
        assert_eq!(Chain::entry(1, 2, 3, 4).add(b"bo").add(b"dy").checksum(), base);
        for other in [Chain::entry(0, 2, 3, 4), Chain::entry(1, 1, 3, 4), Chain::entry(1, 2, 2, 4)] {
            assert_ne!(other.add(b"body").checksum(), base);
        }
    }
}
