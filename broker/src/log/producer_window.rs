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
//! On disk a head stands before it that says of which partition it is, so that a file which lies where another belongs is
//! noticed: magic u32 ‖ version u16 ‖ topic id (16 bytes) ‖ partition i32 ‖ CRC-32C of the head before it u32.
//! A crash may leave a part of the file, which its checksum tells: without it the `.snapshot` or a replay of the log gives
//! what Kafka would know.

use std::path::Path;
use std::sync::Arc;

use bytes::{Buf, BufMut};
use strata_broker_core::producer_state::{BATCHES_KEPT, BatchMetadata, PRODUCERS_MAX, ProducerEntry};
use strata_compat::ids::{Offset, ProducerEpoch, ProducerId, Timestamp, TopicIdPartition};

use super::error::{LogError, LogErrorKind};
use super::log_dir::LogDir;

/// Suffix of the file.
pub(crate) const WINDOW_SUFFIX: &str = ".window";

const MAGIC: u32 = 0x5354_5057;
const PLACE_MAGIC: u32 = 0x5354_5050;
const PLACE_VERSION: u16 = 1;
const PLACE_BYTES: usize = 4 + 2 + 16 + 4 + 4;
const VERSION: u16 = 1;
const HEAD_BYTES: usize = 4 + 2 + 8 + 4;
const CRC_BYTES: usize = 4;
const PRODUCER_BYTES: usize = 8 + 2 + 4 + 8 + 8 + 1;
const BATCH_BYTES: usize = 4 + 8 + 4 + 8;

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

/// The bytes of the file of a partition's window.
#[must_use]
pub(crate) fn encode_for<'entry>(
    partition: TopicIdPartition,
    end_offset: Offset,
    entries: impl IntoIterator<Item = &'entry ProducerEntry>,
) -> Vec<u8> {
    let mut out = place_of(partition);
    out.append(&mut encode(end_offset, entries));
    out
}

fn place_of(partition: TopicIdPartition) -> Vec<u8> {
    let mut out = Vec::with_capacity(PLACE_BYTES);
    out.put_u32(PLACE_MAGIC);
    out.put_u16(PLACE_VERSION);
    out.put_slice(partition.topic_id.0.as_bytes());
    out.put_i32(partition.partition.0);
    let crc = crc32c::crc32c(&out);
    out.put_u32(crc);
    out
}

/// Reads the window in `path` of a partition's log, taken at `end_offset`; `None` if there is none.
///
/// # Errors
/// `Corrupt` if it is damaged, of another partition or of another offset than its name; `Unavailable`.
pub(crate) fn load(
    dir: &Arc<LogDir>,
    path: &Path,
    partition: TopicIdPartition,
    end_offset: Offset,
) -> Result<Option<Vec<ProducerEntry>>, LogError> {
    let Some(content) = dir.read_file(path)? else {
        return Ok(None);
    };
    let refused = |why: String| LogError::new(LogErrorKind::Corrupt, format!("{}: {why}", path.display()));
    let place = place_of(partition);
    let Some(window) = content.strip_prefix(place.as_slice()) else {
        return Err(refused("it is no producer window of this partition".to_owned()));
    };
    let (stated, entries) = decode(window).map_err(|error| refused(error.to_string()))?;
    if stated == end_offset { Ok(Some(entries)) } else { Err(refused(format!("it says offset {stated}"))) }
}

fn corrupt(why: &str) -> LogError {
    LogError::new(LogErrorKind::Corrupt, format!("producer window: {why}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strata_compat::ids::{PartitionId, TopicId, Uuid};

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

    fn partition(number: u128, index: i32) -> TopicIdPartition {
        TopicIdPartition { topic_id: TopicId(Uuid::from_u128(number)), partition: PartitionId(index) }
    }

    #[test]
    fn the_whole_window_of_each_producer_is_read_back() {
        let temp = tempfile::tempdir().expect("temp dir");
        let dir = LogDir::open(temp.path().join("log"), 0).expect("open");
        let (path, ours) = (dir.path().join("50.window"), partition(1, 0));
        let entries = vec![producer(0, 5), producer(1, 0), producer(7, 3)];
        std::fs::write(&path, encode_for(ours, Offset(50), &entries)).expect("write");
        assert_eq!(load(&dir, &path, ours, Offset(50)).expect("load"), Some(entries));
        assert_eq!(load(&dir, &path.with_extension("none"), ours, Offset(50)).expect("load"), None);
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
    fn a_window_of_another_offset_or_partition_is_refused() {
        let temp = tempfile::tempdir().expect("temp dir");
        let dir = LogDir::open(temp.path().join("log"), 0).expect("open");
        let path = dir.path().join("50.window");
        for (written_for, offset) in [(partition(1, 0), 60), (partition(1, 1), 50), (partition(2, 0), 50)] {
            let content = encode_for(written_for, Offset(offset), &[producer(1, 1)]);
            std::fs::write(&path, content).expect("write");
            let error = load(&dir, &path, partition(1, 0), Offset(50)).expect_err("another's");
            assert_eq!(error.kind(), LogErrorKind::Corrupt, "{written_for:?}");
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
