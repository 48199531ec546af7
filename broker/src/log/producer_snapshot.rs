//! Kafka's `.snapshot` of a partition's producers.
//!
//! Owns: the bytes of format version 1 (version, CRC-32C over what follows it, entries). Does not own: the five-batch window
//! (`producer_window.rs`), when a snapshot is taken. A snapshot named `<offset>` holds the state of exactly the batches below.

use bytes::Bytes;
use strata_broker_core::producer_state::{BatchMetadata, ProducerEntry};
use strata_compat::ids::{Offset, ProducerEpoch, ProducerId, Timestamp};

use super::error::{LogError, LogErrorKind};

const VERSION: i16 = 1;
/// Version and checksum.
const PREFIX_BYTES: usize = 6;
const HEADER_BYTES: usize = PREFIX_BYTES + 4;
const ENTRY_BYTES: usize = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8;

/// The bytes of a snapshot of these producers.
#[must_use]
pub fn encode_snapshot<'entries>(entries: impl Iterator<Item = &'entries ProducerEntry>) -> Bytes {
    let mut body = Vec::new();
    let mut count = 0_i32;
    for entry in entries {
        let last = entry.batches.last();
        body.extend_from_slice(&entry.producer_id.0.to_be_bytes());
        body.extend_from_slice(&entry.epoch.0.to_be_bytes());
        body.extend_from_slice(&last.map_or(-1, |batch| batch.last_sequence).to_be_bytes());
        body.extend_from_slice(&last.map_or(-1, |batch| batch.last_offset.0).to_be_bytes());
        body.extend_from_slice(&last.map_or(0, |batch| batch.offset_delta).to_be_bytes());
        body.extend_from_slice(&entry.last_timestamp.0.to_be_bytes());
        body.extend_from_slice(&entry.coordinator_epoch.to_be_bytes());
        body.extend_from_slice(&entry.current_transaction_first_offset.unwrap_or(Offset::NONE).0.to_be_bytes());
        count += 1;
    }
    let mut checked = count.to_be_bytes().to_vec();
    checked.append(&mut body);
    let mut bytes = Vec::with_capacity(PREFIX_BYTES + checked.len());
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&checked).to_be_bytes());
    bytes.append(&mut checked);
    Bytes::from(bytes)
}

/// A reader over bytes whose length was checked.
struct Fields<'bytes> {
    bytes: &'bytes [u8],
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        if let Some((head, rest)) = self.bytes.split_first_chunk::<N>() {
            field = *head;
            self.bytes = rest;
        }
        field
    }

    fn i64(&mut self) -> i64 {
        i64::from_be_bytes(self.take())
    }

    fn i32(&mut self) -> i32 {
        i32::from_be_bytes(self.take())
    }

    fn entry(&mut self) -> ProducerEntry {
        let mut entry = ProducerEntry::new(ProducerId(self.i64()));
        entry.epoch = ProducerEpoch(i16::from_be_bytes(self.take()));
        let last_sequence = self.i32();
        let last_offset = self.i64();
        let offset_delta = self.i32();
        entry.last_timestamp = Timestamp(self.i64());
        entry.coordinator_epoch = self.i32();
        let transaction = self.i64();
        entry.current_transaction_first_offset = (transaction >= 0).then_some(Offset(transaction));
        if last_offset >= 0 {
            entry.batches.push(BatchMetadata {
                last_sequence,
                last_offset: Offset(last_offset),
                offset_delta,
                timestamp: entry.last_timestamp,
            });
        }
        entry
    }
}

/// The producers in a snapshot's bytes.
pub fn decode_snapshot(bytes: &[u8]) -> Result<Vec<ProducerEntry>, LogError> {
    let corrupt = |what: &str| LogError::new(LogErrorKind::Corrupt, format!("producer snapshot: {what}"));
    if bytes.len() < HEADER_BYTES {
        return Err(corrupt("too short"));
    }
    let mut fields = Fields { bytes };
    if i16::from_be_bytes(fields.take()) != VERSION {
        return Err(corrupt("unknown version"));
    }
    let checksum = u32::from_be_bytes(fields.take());
    if crc32c::crc32c(fields.bytes) != checksum {
        return Err(corrupt("wrong checksum"));
    }
    let count = usize::try_from(fields.i32()).map_err(|_| corrupt("negative count"))?;
    if count.checked_mul(ENTRY_BYTES) != Some(fields.bytes.len()) {
        return Err(corrupt("count and length disagree"));
    }
    Ok((0..count).map(|_| fields.entry()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn producer(id: i64, last_offset: Option<i64>) -> ProducerEntry {
        let mut entry = ProducerEntry::new(ProducerId(id));
        entry.epoch = ProducerEpoch(3);
        entry.last_timestamp = Timestamp(1234);
        entry.coordinator_epoch = 5;
        entry.current_transaction_first_offset = last_offset.map(|offset| Offset(offset - 10));
        if let Some(offset) = last_offset {
            entry.batches.push(BatchMetadata {
                last_sequence: 8,
                last_offset: Offset(offset),
                offset_delta: 2,
                timestamp: Timestamp(1234),
            });
        }
        entry
    }

    #[test]
    fn snapshot_is_read_back_and_has_the_layout_of_kafka() {
        let entries = vec![producer(7, Some(100)), producer(8, None)];
        let bytes = encode_snapshot(entries.iter());
        assert_eq!(bytes.len(), 2 + 4 + 4 + 2 * 46);
        assert_eq!(bytes[..2], [0, 1]);
        assert_eq!(bytes[6..10], [0, 0, 0, 2]);
        assert_eq!(decode_snapshot(&bytes).unwrap(), entries);
        assert!(decode_snapshot(&encode_snapshot([].iter())).unwrap().is_empty());
    }

    #[test]
    fn damaged_snapshots_are_refused() {
        let good = encode_snapshot([producer(7, Some(100))].iter()).to_vec();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert_eq!(decode_snapshot(&bad).unwrap_err().kind(), LogErrorKind::Corrupt, "byte {at}");
        }
        for len in 0..good.len() {
            decode_snapshot(&good[..len]).unwrap_err();
        }
    }
}
