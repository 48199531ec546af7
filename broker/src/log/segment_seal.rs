//! What a closed segment was when it was last flushed: `<base offset>.seal`, beside Kafka's files, which have no checksums.
//!
//! Owns: the file's bytes, comparing them with what is on the disk. Does not own: when a segment is sealed, and what happens to
//! one that is not what its seal says (`log_segment.rs` builds its indexes anew).
//!
//! ```text
//! magic u32 ‖ version u16 ‖ CRC-32C of the directory's name u32 ‖ base offset i64 ‖ log bytes u64 ‖ end offset i64
//!   ‖ largest timestamp i64 ‖ its offset i64 ‖ base offset of the next segment i64, −1 if there was none
//!   ‖ (bytes u64 ‖ CRC-32C u32) of .index, .timeindex, .txnindex ‖ CRC-32C of all u32
//! ```
//! A segment that was never sealed (Kafka's, or the disk was full) is taken as Kafka takes it. The seal is written after all that
//! it speaks of was flushed, so that a file that is shorter than its seal says has lost its end. A crash leaves none, a part of
//! it, or an old one: a log that went on since is longer than that says, and one that is cut loses its seal first.

use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, BufMut};
use strata_compat::ids::{Offset, Timestamp};

use super::error::LogError;
use super::log_dir::LogDir;

/// Suffix of the file.
pub(crate) const SEAL_SUFFIX: &str = ".seal";

const MAGIC: u32 = 0x5354_534c;
const VERSION: u16 = 2;
const SEAL_BYTES: usize = 4 + 2 + 4 + 8 + 8 + 8 + 8 + 8 + 8 + 3 * 12 + 4;
/// Stands for a segment that none follows.
const NO_NEXT: i64 = -1;
/// Suffixes of the files that it speaks of beside the log, in its order.
const SEALED: [&str; 3] = [".index", ".timeindex", ".txnindex"];

/// Length and checksum of one index file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileSum {
    /// Its length; 0 also where there is no file.
    pub(crate) bytes: u64,
    /// CRC-32C over all of it.
    pub(crate) crc: u32,
}

impl FileSum {
    /// Of the file in `path`, which may be missing.
    pub(crate) fn of(log_dir: &Arc<LogDir>, path: &Path) -> Result<Self, LogError> {
        let content = log_dir.read_file(path)?.unwrap_or_default();
        Ok(Self { bytes: u64::try_from(content.len()).unwrap_or(u64::MAX), crc: crc32c::crc32c(&content) })
    }
}

/// What is known of a closed segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentSeal {
    /// First offset that it may hold.
    pub(crate) base: Offset,
    /// Bytes of log.
    pub(crate) log_bytes: u64,
    /// The offset after its last batch.
    pub(crate) end_offset: Offset,
    /// The largest timestamp.
    pub(crate) max_timestamp: Timestamp,
    /// Last offset of the batch that has it.
    pub(crate) offset_of_max_timestamp: Offset,
    /// Base offset of the segment that followed: offsets between are compacted away.
    pub(crate) next_base: Option<Offset>,
    /// `.index`, `.timeindex` and `.txnindex`.
    pub(crate) files: [FileSum; 3],
}

/// What was found of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// There is none.
    Missing,
    /// It is damaged, or of another segment.
    Damaged,
    /// A whole one.
    Whole(SegmentSeal),
}

/// Names a partition's directory, so that a seal of another partition is not believed.
fn name_sum(directory: &Path) -> u32 {
    crc32c::crc32c(directory.file_name().map_or(&[][..], |name| name.as_encoded_bytes()))
}

/// The files that a seal speaks of, in its order, given the path of each kind.
pub(crate) fn sum_files(
    log_dir: &Arc<LogDir>,
    path_of: impl Fn(&str) -> std::path::PathBuf,
) -> Result<[FileSum; 3], LogError> {
    let [index, time_index, transactions] = SEALED.map(|kind| FileSum::of(log_dir, &path_of(kind)));
    Ok([index?, time_index?, transactions?])
}

impl SegmentSeal {
    fn encode(&self, directory: &Path) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEAL_BYTES);
        out.put_u32(MAGIC);
        out.put_u16(VERSION);
        out.put_u32(name_sum(directory));
        out.put_i64(self.base.0);
        out.put_u64(self.log_bytes);
        out.put_i64(self.end_offset.0);
        out.put_i64(self.max_timestamp.0);
        out.put_i64(self.offset_of_max_timestamp.0);
        out.put_i64(self.next_base.map_or(NO_NEXT, |base| base.0));
        for file in self.files {
            out.put_u64(file.bytes);
            out.put_u32(file.crc);
        }
        let crc = crc32c::crc32c(&out);
        out.put_u32(crc);
        out
    }

    fn decode(content: &[u8], directory: &Path, base: Offset) -> Option<Self> {
        if content.len() != SEAL_BYTES {
            return None;
        }
        let (mut body, mut crc) = content.split_at(SEAL_BYTES - 4);
        let is_whole = crc32c::crc32c(body) == crc.get_u32();
        let is_ours = body.get_u32() == MAGIC && body.get_u16() == VERSION && body.get_u32() == name_sum(directory);
        let seal = Self {
            base: Offset(body.get_i64()),
            log_bytes: body.get_u64(),
            end_offset: Offset(body.get_i64()),
            max_timestamp: Timestamp(body.get_i64()),
            offset_of_max_timestamp: Offset(body.get_i64()),
            next_base: Some(body.get_i64()).filter(|base| *base != NO_NEXT).map(Offset),
            files: std::array::from_fn(|_| FileSum { bytes: body.get_u64(), crc: body.get_u32() }),
        };
        (is_whole && is_ours && seal.base == base).then_some(seal)
    }

    /// The seal in `path` of the segment at `base` of the partition in `directory`.
    pub(crate) fn read(log_dir: &Arc<LogDir>, path: &Path, directory: &Path, base: Offset) -> Result<Found, LogError> {
        let Some(content) = log_dir.read_file(path)? else {
            return Ok(Found::Missing);
        };
        Ok(Self::decode(&content, directory, base).map_or(Found::Damaged, Found::Whole))
    }

    /// Writes it, not durably. Without room there is none.
    pub(crate) fn write(&self, log_dir: &Arc<LogDir>, path: &Path, directory: &Path) -> Result<(), LogError> {
        log_dir.write_if_room(path, &self.encode(directory)).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> SegmentSeal {
        SegmentSeal {
            base: Offset(50),
            log_bytes: 1234,
            end_offset: Offset(80),
            max_timestamp: Timestamp(99),
            offset_of_max_timestamp: Offset(60),
            next_base: Some(Offset(90)),
            files: [8, 12, 34].map(|bytes| FileSum { bytes, crc: 7 }),
        }
    }

    #[test]
    fn a_seal_is_read_back_for_its_own_segment_alone() {
        let directory = tempfile::tempdir().unwrap();
        let log_dir = LogDir::open(directory.path(), 0).unwrap();
        let (path, here) = (directory.path().join("x.seal"), Path::new("/data/orders-0"));
        let read = |place: &str, base| SegmentSeal::read(&log_dir, &path, Path::new(place), Offset(base)).unwrap();
        assert_eq!(read("/data/orders-0", 50), Found::Missing);
        seal().write(&log_dir, &path, here).unwrap();
        assert_eq!(read("/elsewhere/orders-0", 50), Found::Whole(seal()));
        assert_eq!(read("/data/orders-1", 50), Found::Damaged, "another partition");
        assert_eq!(read("/data/orders-0", 51), Found::Damaged, "another segment");
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_noticed() {
        let here = Path::new("/data/orders-0");
        let content = seal().encode(here);
        assert_eq!(SegmentSeal::decode(&content, here, Offset(50)), Some(seal()));
        for at in 0..content.len() {
            let mut damaged = content.clone();
            damaged[at] ^= 16;
            assert_eq!(SegmentSeal::decode(&damaged, here, Offset(50)), None, "bit flipped at {at}");
            assert_eq!(SegmentSeal::decode(&content[..at], here, Offset(50)), None, "cut at {at}");
        }
    }
}
