//! Record batches, built once and sent often, and the walk over batches that come back.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use strata_compat::record_batch::{BatchHeader, HEADER_BYTES, LOG_OVERHEAD_BYTES, verify_crc};

const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const BASE_TIMESTAMP_AT: usize = 27;
/// A number of seven bits in each byte has no more of them.
const VARINT_BYTES_MAX: usize = 10;
/// A moment inside a record.
const STAMP_BYTES: usize = 8;

/// What a batch is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchShape {
    pub(crate) records: u32,
    pub(crate) record_bytes: usize,
}

/// A batch without compression and without a producer id, whose values no codec could shrink.
pub(crate) fn build(shape: BatchShape, timestamp_ms: i64, seed: u64) -> Result<Vec<u8>> {
    let count = i32::try_from(shape.records)?;
    ensure!(count > 0, "a batch has a record at least");
    let mut batch = Vec::with_capacity(HEADER_BYTES + shape.record_bytes * usize::try_from(count)?);
    batch.extend_from_slice(&0_i64.to_be_bytes());
    batch.extend_from_slice(&[0; 4]); // its length
    batch.extend_from_slice(&(-1_i32).to_be_bytes()); // leader epoch
    batch.push(2);
    batch.extend_from_slice(&[0; 4]); // its checksum
    batch.extend_from_slice(&[0; 2]);
    batch.extend_from_slice(&(count - 1).to_be_bytes());
    batch.extend_from_slice(&timestamp_ms.to_be_bytes());
    batch.extend_from_slice(&timestamp_ms.to_be_bytes());
    batch.extend_from_slice(&(-1_i64).to_be_bytes());
    batch.extend_from_slice(&(-1_i16).to_be_bytes());
    batch.extend_from_slice(&(-1_i32).to_be_bytes());
    batch.extend_from_slice(&count.to_be_bytes());
    let mut chance = seed | 1;
    for delta in 0..count {
        append_record(&mut batch, delta, shape.record_bytes, &mut chance)?;
    }
    let length = u32::try_from(batch.len() - LOG_OVERHEAD_BYTES)?;
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    seal(&mut batch);
    Ok(batch)
}

fn append_record(batch: &mut Vec<u8>, delta: i32, value_bytes: usize, chance: &mut u64) -> Result<()> {
    let mut body = vec![0_u8];
    put_varint(&mut body, 0);
    put_varint(&mut body, i64::from(delta));
    put_varint(&mut body, -1);
    put_varint(&mut body, i64::try_from(value_bytes)?);
    let end = body.len() + value_bytes;
    while body.len() < end {
        *chance ^= *chance << 13;
        *chance ^= *chance >> 7;
        *chance ^= *chance << 17;
        let left = (end - body.len()).min(8);
        body.extend_from_slice(&chance.to_le_bytes()[..left]);
    }
    put_varint(&mut body, 0);
    put_varint(batch, i64::try_from(body.len())?);
    batch.extend_from_slice(&body);
    Ok(())
}

fn put_varint(bytes: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest > 0x7f {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push((rest & 0x7f) as u8);
}

fn seal(batch: &mut [u8]) {
    let crc = crc32c::crc32c(&batch[ATTRIBUTES_AT..]);
    batch[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_be_bytes());
}

/// The present, as records are stamped: an older one could be past its retention at once.
pub(crate) fn now_ms() -> Result<i64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock is before 1970")?;
    Ok(i64::try_from(now.as_millis())?)
}

/// The same batch with all of its records at another time.
pub(crate) fn at_time(batch: &[u8], timestamp_ms: i64) -> Vec<u8> {
    let mut moved = batch.to_vec();
    moved[BASE_TIMESTAMP_AT..BASE_TIMESTAMP_AT + 8].copy_from_slice(&timestamp_ms.to_be_bytes());
    moved[BASE_TIMESTAMP_AT + 8..BASE_TIMESTAMP_AT + 16].copy_from_slice(&timestamp_ms.to_be_bytes());
    seal(&mut moved);
    moved
}

fn after_varint(bytes: &[u8], at: usize) -> Result<usize> {
    let mut rest = bytes.iter().skip(at).take(VARINT_BYTES_MAX);
    let length = rest.position(|byte| byte & 0x80 == 0).context("a number in a record has no end")?;
    Ok(at + length + 1)
}

/// Where the value of the first record begins.
fn first_value_at(batch: &[u8]) -> Result<usize> {
    // The record's length and attributes; its time, its offset, no key, the length of its value.
    let mut at = after_varint(batch, HEADER_BYTES)? + 1;
    for _ in 0..4 {
        at = after_varint(batch, at)?;
    }
    Ok(at)
}

/// Writes a moment into the first record's value.
pub(crate) fn stamp(batch: &mut [u8], nanoseconds: u64) -> Result<()> {
    let at = first_value_at(batch)?;
    let room = batch.get_mut(at..at + STAMP_BYTES).context("a record has no room for a moment")?;
    room.copy_from_slice(&nanoseconds.to_be_bytes());
    seal(batch);
    Ok(())
}

/// The moment in the first record's value.
pub(crate) fn stamp_of(batch: &[u8]) -> Result<u64> {
    let at = first_value_at(batch)?;
    let bytes = batch.get(at..at + STAMP_BYTES).context("a record holds no moment")?;
    Ok(u64::from_be_bytes(bytes.try_into()?))
}

/// What a walk over records has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) batches: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// Batches whose checksum was computed.
    pub(crate) checked: u64,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Self) {
        self.batches += other.batches;
        self.records += other.records;
        self.bytes += other.bytes;
        self.checked += other.checked;
    }
}

/// Walks over the whole batches at the head of `bytes`, which must go on at `next` without a gap; checks every `crc_every`th
/// checksum (0: none). Answers the offset after the last one. What is cut off at the end is left.
pub(crate) fn walk(bytes: &[u8], next: i64, crc_every: u64, seen: &mut Seen) -> Result<i64> {
    walk_each(bytes, next, crc_every, seen, |_| Ok(()))
}

/// As [`walk`], and shows each batch to `visit` once it has passed.
pub(crate) fn walk_each(
    bytes: &[u8],
    next: i64,
    crc_every: u64,
    seen: &mut Seen,
    mut visit: impl FnMut(&[u8]) -> Result<()>,
) -> Result<i64> {
    let (mut rest, mut next) = (bytes, next);
    while rest.len() >= HEADER_BYTES {
        let header = BatchHeader::parse(rest)?;
        let size = header.size_bytes();
        if size > rest.len() {
            break;
        }
        let (base, end) = (header.base_offset.0, header.end_offset().0);
        // A fetch from inside a batch gets all of it.
        if base > next || end <= next {
            bail!("a batch of offsets {base} to {end} where {next} is due");
        }
        if crc_every > 0 && seen.batches.is_multiple_of(crc_every) {
            verify_crc(&rest[..size])?;
            seen.checked += 1;
        }
        visit(&rest[..size])?;
        seen.batches += 1;
        seen.records += u64::try_from(header.record_count)?;
        seen.bytes += size as u64;
        next = end;
        rest = &rest[size..];
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use strata_compat::compression::DecompressLimits;
    use strata_compat::ids::{LeaderEpoch, Offset};
    use strata_compat::record_batch::{assign_offset_and_epoch, verify_crc};
    use strata_compat::records::iterate;

    use super::{BatchShape, Seen, at_time, build, stamp, stamp_of, walk, walk_each};

    const SHAPE: BatchShape = BatchShape { records: 7, record_bytes: 100 };

    fn batch_at(offset: i64) -> Vec<u8> {
        let mut batch = build(SHAPE, 1_000, 3).unwrap();
        assign_offset_and_epoch(&mut batch, Offset(offset), LeaderEpoch(0));
        batch
    }

    #[test]
    fn a_built_batch_is_a_whole_one() {
        let batch = at_time(&build(SHAPE, 1_000, 3).unwrap(), 2_000);
        verify_crc(&batch).unwrap();
        let records: Vec<_> = iterate(&Bytes::from(batch), DecompressLimits::new(1 << 20)).unwrap().collect();
        assert_eq!(records.len(), 7);
        for record in records {
            let record = record.unwrap();
            assert_eq!(record.value.unwrap().len(), 100);
            assert_eq!(record.timestamp.0, 2_000);
        }
    }

    #[test]
    fn a_moment_lies_in_the_first_record_and_under_the_checksum() {
        for record_bytes in [8, 100, 1024, 20_000] {
            let mut batch = build(BatchShape { records: 3, record_bytes }, 1_000, 3).unwrap();
            stamp(&mut batch, 0x0102_0304_0506_0708).unwrap();
            let mut found = Vec::new();
            walk_each(&batch, 0, 1, &mut Seen::default(), |batch| {
                found.push(stamp_of(batch)?);
                Ok(())
            })
            .unwrap();
            assert_eq!(found, [0x0102_0304_0506_0708]);
            let records: Vec<_> = iterate(&Bytes::from(batch), DecompressLimits::new(1 << 20)).unwrap().collect();
            let values: Vec<_> = records.into_iter().map(|record| record.unwrap().value.unwrap()).collect();
            assert_eq!(values[0][..8], [1, 2, 3, 4, 5, 6, 7, 8]);
            assert!(values.iter().all(|value| value.len() == record_bytes));
            assert_ne!(values[1][..8], values[0][..8]);
        }
        assert!(stamp_of(&[0xff; 80]).is_err());
        assert!(stamp(&mut [0; 70], 1).is_err());
    }

    #[test]
    fn a_walk_refuses_gaps_and_wrong_bytes_and_leaves_a_cut_batch() {
        let mut seen = Seen::default();
        let mut both = [batch_at(0), batch_at(7)].concat();
        assert_eq!(walk(&both, 0, 1, &mut seen).unwrap(), 14);
        assert_eq!((seen.batches, seen.records, seen.checked, seen.bytes), (2, 14, 2, both.len() as u64));
        assert_eq!(walk(&both[..both.len() - 1], 0, 1, &mut seen).unwrap(), 7);
        assert!(walk(&[batch_at(0), batch_at(8)].concat(), 0, 1, &mut seen).is_err());
        assert!(walk(&[batch_at(0), batch_at(0)].concat(), 0, 1, &mut seen).is_err());
        let last = both.len() - 2;
        both[last] ^= 1;
        assert!(walk(&both, 0, 1, &mut Seen::default()).is_err());
        // Only the first of a thousand is computed.
        assert!(walk(&both, 0, 1000, &mut Seen::default()).is_ok());
    }
}
