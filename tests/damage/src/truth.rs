//! What was acknowledged: batches by offset, byte for byte, and what must be known of them.

use bytes::Bytes;
use strata_compat::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use strata_compat::record_batch::{BatchHeader, split_batches};

/// Milliseconds between two records of the logs here: a timestamp tells its offset.
pub(crate) const STEP_MS: i64 = 10;
/// The clock of the logs here.
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// Timestamp of the record at an offset.
pub(crate) const fn timestamp_of(offset: i64) -> i64 {
    NOW.0 + offset * STEP_MS
}

/// One partition's acknowledged batches and what follows from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    pub(crate) log_start: i64,
    /// (base offset, end offset, bytes), oldest first.
    pub(crate) batches: Vec<(i64, i64, Bytes)>,
    pub(crate) epochs: Vec<(LeaderEpoch, Offset)>,
    /// Id, epoch and last sequence of each producer.
    pub(crate) producers: Vec<(ProducerId, ProducerEpoch, i32)>,
    /// Producer and first and last offset of each aborted transaction.
    pub(crate) aborted: Vec<(i64, i64, i64)>,
}

impl Truth {
    pub(crate) fn end(&self) -> i64 {
        self.batches.last().map_or(0, |(_, end, _)| *end)
    }

    /// Checks one run of batches that a read from `next` answered; the offset after them, or what is wrong.
    pub(crate) fn check(&self, next: i64, bytes: &Bytes) -> Result<i64, String> {
        let mut next = next;
        for batch in split_batches(bytes) {
            let (header, batch) = batch.map_err(|error| format!("what is read at {next} is no batch: {error}"))?;
            next = self.check_batch(next, &header, &batch)?;
        }
        Ok(next)
    }

    fn check_batch(&self, next: i64, header: &BatchHeader, batch: &Bytes) -> Result<i64, String> {
        let at = self.batches.partition_point(|(_, end, _)| *end <= next);
        let Some((base, end, bytes)) = self.batches.get(at) else {
            return Err(format!("a batch at {} is answered above the end {}", header.base_offset, self.end()));
        };
        if header.base_offset.0 != *base {
            return Err(format!("a silent gap: a read at {next} answers a batch at {}", header.base_offset));
        }
        if batch != bytes {
            return Err(format!("wrong bytes: the batch at {base} is not what was acknowledged"));
        }
        Ok(*end)
    }
}
