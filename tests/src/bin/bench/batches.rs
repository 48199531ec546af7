//! Record batches, built once and sent often, and the walk over batches that come back.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use strata_compat::record_batch::{BatchHeader, HEADER_BYTES, LOG_OVERHEAD_BYTES, verify_crc};

const CRC_AT: usize = 17;
const ATTRIBUTES_AT: usize = 21;
const BASE_TIMESTAMP_AT: usize = 27;

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

    use super::{BatchShape, Seen, at_time, build, walk};

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
