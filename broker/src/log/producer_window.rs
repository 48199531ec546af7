//! The file of all that is remembered of a partition's producers, beside Kafka's `.snapshot`.
//!
//! Owns: `<offset, 20 digits>.window`, its bytes, reading and writing it. Does not own: what a producer may do
//! (`strata-broker-core`), Kafka's `.snapshot`, when either is taken.
//!
//! Kafka's file keeps only the last batch of each producer. This one keeps the whole window of five, so that a retry of
//! any batch in flight is recognised after a restart, too. Kafka ignores the file.
//!
//! ```text
//! magic u32 ‖ version u16 ‖ end offset i64 ‖ producers u32 ‖ producer… ‖ CRC-32C of all before u32
//! producer   id i64 ‖ epoch i16 ‖ coordinator epoch i32 ‖ last timestamp i64 ‖ transaction's first offset i64 (−1: none)
//!            ‖ batches u8 ‖ batch…
//! batch      last sequence i32 ‖ last offset i64 ‖ offset delta i32 ‖ timestamp i64
//! ```
//! A crash leaves the old file, the new one or none, never a part: without it the `.snapshot` or a replay of the log
//! gives what Kafka would know.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::{Buf, BufMut};
use strata_broker_core::producer_state::{BATCHES_KEPT, BatchMetadata, PRODUCERS_MAX, ProducerEntry};
use strata_compat::ids::{Offset, ProducerEpoch, ProducerId, Timestamp};

use super::error::{LogError, LogErrorKind};
use super::log_dir::LogDir;

/// Suffix of the file.
pub const WINDOW_SUFFIX: &str = "window";

const MAGIC: u32 = 0x5354_5057;
const VERSION: u16 = 1;
const HEAD_BYTES: usize = 4 + 2 + 8 + 4;
const CRC_BYTES: usize = 4;
const PRODUCER_BYTES: usize = 8 + 2 + 4 + 8 + 8 + 1;
const BATCH_BYTES: usize = 4 + 8 + 4 + 8;

/// The path of the window taken at `end_offset`.
#[must_use]
pub fn window_path(partition_dir: &Path, end_offset: Offset) -> PathBuf {
    partition_dir.join(format!("{:020}.{WINDOW_SUFFIX}", end_offset.0))
}

/// The offset in a window's file name; `None` if it is not one.
#[must_use]
pub fn window_offset(name: &str) -> Option<Offset> {
    let digits = name.strip_suffix(WINDOW_SUFFIX)?.strip_suffix('.')?;
    let offset = if digits.len() == 20 { digits.parse().ok() } else { None };
    offset.map(Offset)
}

/// The bytes of a window.
#[must_use]
pub fn encode<'entry>(end_offset: Offset, entries: impl IntoIterator<Item = &'entry ProducerEntry>) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u32(MAGIC);
    out.put_u16(VERSION);
    out.put_i64(end_offset.0);
    let count_at = out.len();
    out.put_u32(0);
    let mut count = 0_u32;
    for entry in entries {
        count = count.saturating_add(1);
        encode_producer(entry, &mut out);
    }
    out[count_at..count_at + 4].copy_from_slice(&count.to_be_bytes());
    let crc = crc32c::crc32c(&out);
    out.put_u32(crc);
    out
}

fn encode_producer(entry: &ProducerEntry, out: &mut Vec<u8>) {
    out.put_i64(entry.producer_id.0);
    out.put_i16(entry.epoch.0);
    out.put_i32(entry.coordinator_epoch);
    out.put_i64(entry.last_timestamp.0);
    out.put_i64(entry.current_transaction_first_offset.unwrap_or(Offset::NONE).0);
    let skipped = entry.batches.len().saturating_sub(BATCHES_KEPT);
    out.put_u8(u8::try_from(entry.batches.len() - skipped).unwrap_or(u8::MAX));
    for batch in entry.batches.iter().skip(skipped) {
        out.put_i32(batch.last_sequence);
        out.put_i64(batch.last_offset.0);
        out.put_i32(batch.offset_delta);
        out.put_i64(batch.timestamp.0);
    }
}

/// Reads the bytes of a window: its end offset and the producers.
///
/// # Errors
/// `Corrupt` if they are not what [`encode`] wrote.
pub fn decode(content: &[u8]) -> Result<(Offset, Vec<ProducerEntry>), LogError> {
    let split = content.len().checked_sub(CRC_BYTES).filter(|length| *length >= HEAD_BYTES);
    let Some((body, mut crc)) = split.map(|at| content.split_at(at)) else {
        return Err(corrupt("it is too short"));
    };
    if crc32c::crc32c(body) != crc.get_u32() {
        return Err(corrupt("its checksum fails"));
    }
    let mut bytes = body;
    if bytes.get_u32() != MAGIC {
        return Err(corrupt("it is no producer window"));
    }
    let version = bytes.get_u16();
    if version != VERSION {
        return Err(corrupt(&format!("it has version {version}, this release knows {VERSION}")));
    }
    let end_offset = Offset(bytes.get_i64());
    let count = usize::try_from(bytes.get_u32()).unwrap_or(usize::MAX);
    if count > PRODUCERS_MAX || count.saturating_mul(PRODUCER_BYTES) > bytes.remaining() {
        return Err(corrupt(&format!("it states {count} producers")));
    }
    let mut entries = Vec::with_capacity(count);
    for _ in 0..count {
        entries.push(decode_producer(&mut bytes)?);
    }
    if bytes.has_remaining() {
        return Err(corrupt("bytes are left at its end"));
    }
    Ok((end_offset, entries))
}

fn decode_producer(bytes: &mut &[u8]) -> Result<ProducerEntry, LogError> {
    if bytes.remaining() < PRODUCER_BYTES {
        return Err(corrupt("it ends inside a producer"));
    }
    let mut entry = ProducerEntry::new(ProducerId(bytes.get_i64()));
    entry.epoch = ProducerEpoch(bytes.get_i16());
    entry.coordinator_epoch = bytes.get_i32();
    entry.last_timestamp = Timestamp(bytes.get_i64());
    entry.current_transaction_first_offset = Some(Offset(bytes.get_i64())).filter(|offset| offset.0 >= 0);
    let batches = usize::from(bytes.get_u8());
    if batches > BATCHES_KEPT || bytes.remaining() < batches * BATCH_BYTES {
        return Err(corrupt(&format!("a producer has {batches} batches")));
    }
    entry.batches = (0..batches)
        .map(|_| BatchMetadata {
            last_sequence: bytes.get_i32(),
            last_offset: Offset(bytes.get_i64()),
            offset_delta: bytes.get_i32(),
            timestamp: Timestamp(bytes.get_i64()),
        })
        .collect();
    Ok(entry)
}

/// Writes the window taken at `end_offset`, durably and as a whole.
///
/// # Errors
/// `Unavailable`.
pub fn store<'entry>(
    dir: &Arc<LogDir>,
    partition_dir: &Path,
    end_offset: Offset,
    entries: impl IntoIterator<Item = &'entry ProducerEntry>,
) -> Result<(), LogError> {
    dir.write_atomically(&window_path(partition_dir, end_offset), &encode(end_offset, entries))
}

/// Reads the window taken at `end_offset`; `None` if there is none.
///
/// # Errors
/// `Corrupt` if it is damaged or says another offset than its name; `Unavailable`.
pub fn load(
    dir: &Arc<LogDir>,
    partition_dir: &Path,
    end_offset: Offset,
) -> Result<Option<Vec<ProducerEntry>>, LogError> {
    let Some(content) = dir.read_file(&window_path(partition_dir, end_offset))? else {
        return Ok(None);
    };
    let (stated, entries) = decode(&content)?;
    if stated == end_offset {
        Ok(Some(entries))
    } else {
        Err(corrupt(&format!("it is named {end_offset} and says {stated}")))
    }
}

fn corrupt(why: &str) -> LogError {
    LogError::new(LogErrorKind::Corrupt, format!("producer window: {why}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn producer(id: i64, batches: i32) -> ProducerEntry {
        let mut entry = ProducerEntry::new(ProducerId(id));
        entry.epoch = ProducerEpoch(2);
        entry.last_timestamp = Timestamp(1000 + id);
        entry.current_transaction_first_offset = (id % 2 == 0).then_some(Offset(id));
        entry.batches = (0..batches)
            .map(|batch| BatchMetadata {
                last_sequence: batch * 10 + 9,
                last_offset: Offset(i64::from(batch) * 10 + 9),
                offset_delta: 9,
                timestamp: Timestamp(77),
            })
            .collect();
        entry
    }

    #[test]
    fn the_whole_window_of_each_producer_is_read_back() {
        let temp = tempfile::tempdir().expect("temp dir");
        let dir = LogDir::open(temp.path().join("log"), 0).expect("open");
        let entries = vec![producer(0, 5), producer(1, 0), producer(7, 3)];
        store(&dir, dir.path(), Offset(50), &entries).expect("store");
        assert_eq!(load(&dir, dir.path(), Offset(50)).expect("load"), Some(entries));
        assert_eq!(load(&dir, dir.path(), Offset(51)).expect("load"), None);
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_refused() {
        let content = encode(Offset(50), &[producer(1, 5)]);
        for at in 0..content.len() {
            let mut damaged = content.clone();
            damaged[at] ^= 4;
            assert!(decode(&damaged).is_err(), "bit flipped at {at}");
            assert!(decode(&content[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_window_under_another_name_is_refused() {
        let temp = tempfile::tempdir().expect("temp dir");
        let dir = LogDir::open(temp.path().join("log"), 0).expect("open");
        store(&dir, dir.path(), Offset(50), &[producer(1, 1)]).expect("store");
        dir.rename(&window_path(dir.path(), Offset(50)), &window_path(dir.path(), Offset(60))).expect("rename");
        let error = load(&dir, dir.path(), Offset(60)).expect_err("wrong name");
        assert_eq!(error.kind(), LogErrorKind::Corrupt);
    }

    #[test]
    fn only_twenty_digits_and_the_suffix_name_a_window() {
        assert_eq!(window_offset("00000000000000000050.window"), Some(Offset(50)));
        for name in ["50.window", "00000000000000000050.snapshot", "00000000000000000050window", ".window"] {
            assert_eq!(window_offset(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_count_that_the_bytes_do_not_bear_allocates_nothing(count in any::<u32>(), tail in 0_usize..40) {
            let mut content = encode(Offset(1), &[]);
            content.truncate(HEAD_BYTES - 4);
            content.put_u32(count);
            content.resize(content.len() + tail, 0);
            let crc = crc32c::crc32c(&content);
            content.put_u32(crc);
            let decoded = decode(&content);
            prop_assert!(decoded.is_err() || count <= 1);
        }
    }
}
