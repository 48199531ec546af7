//! Offset index and time index of a remote log segment: where a scan for an offset or a timestamp begins.
//!
//! Owns: their entries and look-ups. Does not own: the scan.
//! Invariants: both grow strictly in each field. Timestamps of records need not: an entry of the time index says the
//! largest timestamp of *all* batches before its offset, so nothing that may hold a later target is skipped.

use bytes::{BufMut, Bytes, BytesMut};
use strata_compat::ids::{Offset, Timestamp};

use crate::error::{Error, ErrorKind};
use crate::wire::Reader;

/// Log bytes between two entries, at least.
pub const INDEX_INTERVAL_BYTES: u64 = 16 * 1024;

const ENTRY_BYTES: usize = 16;

/// Batch boundaries by offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetIndex {
    entries: Vec<(Offset, u64)>,
}

impl OffsetIndex {
    /// Position in the segment's log bytes of a batch boundary at or before the batch that holds `offset`.
    #[must_use]
    pub fn position_of(&self, offset: Offset) -> u64 {
        let after = self.entries.partition_point(|(base, _)| *base <= offset);
        after.checked_sub(1).map_or(0, |index| self.entries[index].1)
    }

    /// (base offset of a batch, its position), ascending.
    #[must_use]
    pub fn entries(&self) -> &[(Offset, u64)] {
        &self.entries
    }

    pub(crate) fn push(&mut self, base_offset: Offset, position: u64) {
        self.entries.push((base_offset, position));
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.entries.len() * ENTRY_BYTES);
        for (offset, position) in &self.entries {
            out.put_i64(offset.0);
            out.put_u64(*position);
        }
        out.freeze()
    }

    pub(crate) fn decode(bytes: &[u8], log_bytes: u64) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes, "offset index");
        let mut entries: Vec<(Offset, u64)> = Vec::with_capacity(bytes.len() / ENTRY_BYTES);
        while reader.remaining() > 0 {
            let entry = (Offset(reader.i64()?), reader.u64()?);
            let ascending = entries.last().is_none_or(|last| last.0 < entry.0 && last.1 < entry.1);
            if !ascending || entry.1 >= log_bytes {
                return Err(Error::new(ErrorKind::Corrupt, "the offset index is out of order or out of range"));
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

/// Largest timestamps so far, by offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeIndex {
    entries: Vec<(Timestamp, Offset)>,
}

impl TimeIndex {
    /// Base offset of the first batch that may hold a record at or after `target`; `None`: begin at the first batch.
    #[must_use]
    pub fn first_candidate(&self, target: Timestamp) -> Option<Offset> {
        let after = self.entries.partition_point(|(largest, _)| *largest < target);
        after.checked_sub(1).map(|index| self.entries[index].1)
    }

    /// (largest timestamp of all batches before the offset, base offset of a batch), ascending in both.
    #[must_use]
    pub fn entries(&self) -> &[(Timestamp, Offset)] {
        &self.entries
    }

    /// Says that no batch before `offset` has a timestamp above `largest`. The same timestamp at a later offset says more.
    pub(crate) fn push(&mut self, largest: Timestamp, offset: Offset) {
        match self.entries.last_mut() {
            Some(last) if last.0 == largest => last.1 = offset,
            _ => self.entries.push((largest, offset)),
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.entries.len() * ENTRY_BYTES);
        for (timestamp, offset) in &self.entries {
            out.put_i64(timestamp.0);
            out.put_i64(offset.0);
        }
        out.freeze()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes, "time index");
        let mut entries: Vec<(Timestamp, Offset)> = Vec::with_capacity(bytes.len() / ENTRY_BYTES);
        while reader.remaining() > 0 {
            let entry = (Timestamp(reader.i64()?), Offset(reader.i64()?));
            if !entries.last().is_none_or(|last| last.0 < entry.0 && last.1 < entry.1) {
                return Err(Error::new(ErrorKind::Corrupt, "the time index is out of order"));
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offset_look_up_gives_a_boundary_at_or_before_the_batch() {
        let mut index = OffsetIndex::default();
        for (offset, position) in [(10, 0), (20, 100), (40, 300)] {
            index.push(Offset(offset), position);
        }
        for (offset, position) in [(5, 0), (10, 0), (19, 0), (20, 100), (39, 100), (40, 300), (99, 300)] {
            assert_eq!(index.position_of(Offset(offset)), position, "offset {offset}");
        }
        assert_eq!(OffsetIndex::decode(&index.encode(), 301).unwrap(), index);
        assert!(OffsetIndex::decode(&index.encode(), 300).is_err());
    }

    #[test]
    fn time_look_up_skips_only_batches_that_are_all_too_old() {
        // Batches at 0, 10, 20, 30 with largest timestamps 50, 40, 70, 60.
        let mut index = TimeIndex::default();
        for (largest, offset) in [(50, 10), (50, 20), (70, 30)] {
            index.push(Timestamp(largest), Offset(offset));
        }
        for (target, candidate) in [(10, None), (50, None), (51, Some(20)), (70, Some(20)), (71, Some(30))] {
            assert_eq!(index.first_candidate(Timestamp(target)), candidate.map(Offset), "target {target}");
        }
        assert_eq!(TimeIndex::decode(&index.encode()).unwrap(), index);
    }

    #[test]
    fn unordered_or_cut_entries_are_refused() {
        let mut index = TimeIndex::default();
        index.push(Timestamp(5), Offset(5));
        index.push(Timestamp(4), Offset(6));
        assert_eq!(TimeIndex::decode(&index.encode()).unwrap_err().kind(), ErrorKind::Corrupt);
        assert_eq!(TimeIndex::decode(&index.encode()[1..]).unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
