//! One producer of one partition, as plain values: what snapshots hold.
//!
//! Owns: [`ProducerEntry`], [`BatchMetadata`], arithmetic of sequences. Does not own: any file format.
//!
//! Invariant: batches are of the entry's epoch, oldest first, [`BATCHES_KEPT`] at most.

use strata_compat::ids::{Offset, ProducerEpoch, ProducerId, Timestamp};

/// Batches of one producer that are remembered: as many as an idempotent producer may have in flight.
pub const BATCHES_KEPT: usize = 5;

/// No batch is known: the sequence before 0.
pub const NO_SEQUENCE: i32 = -1;

/// The sequence `count` records after `sequence`; 0 follows the largest one.
#[must_use]
pub const fn sequence_plus(sequence: i32, count: i32) -> i32 {
    // Sequences are the 2^31 non-negative numbers, so wrapping in 32 bits and dropping the sign wraps them.
    sequence.wrapping_add(count) & i32::MAX
}

/// The sequence `count` records before `sequence`; the largest one precedes 0.
#[must_use]
pub const fn sequence_minus(sequence: i32, count: i32) -> i32 {
    sequence.wrapping_sub(count) & i32::MAX
}

/// One batch of a producer that lies in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchMetadata {
    /// Sequence of the last record.
    pub last_sequence: i32,
    /// Offset of the last record.
    pub last_offset: Offset,
    /// Offset of the last record minus that of the first.
    pub offset_delta: i32,
    /// Largest timestamp of the batch.
    pub timestamp: Timestamp,
}

impl BatchMetadata {
    /// Sequence of the first record.
    #[must_use]
    pub const fn first_sequence(&self) -> i32 {
        sequence_minus(self.last_sequence, self.offset_delta)
    }

    /// Offset of the first record.
    #[must_use]
    pub fn first_offset(&self) -> Offset {
        self.last_offset.plus(-i64::from(self.offset_delta))
    }
}

/// What is remembered of one producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The producer.
    pub producer_id: ProducerId,
    /// Its newest epoch.
    pub epoch: ProducerEpoch,
    /// Epoch of the transaction coordinator that wrote the last marker; −1 where none has.
    pub coordinator_epoch: i32,
    /// Largest timestamp of its last batch or marker.
    pub last_timestamp: Timestamp,
    /// Where its open transaction begins.
    pub current_transaction_first_offset: Option<Offset>,
    /// Its last batches in this epoch, oldest first.
    pub batches: Vec<BatchMetadata>,
}

impl ProducerEntry {
    /// A producer of which nothing is known.
    #[must_use]
    pub const fn new(producer_id: ProducerId) -> Self {
        Self {
            producer_id,
            epoch: ProducerEpoch::NONE,
            coordinator_epoch: -1,
            last_timestamp: Timestamp::NONE,
            current_transaction_first_offset: None,
            batches: Vec::new(),
        }
    }

    /// Sequence of its last record in this epoch; −1 where there is none.
    #[must_use]
    pub fn last_sequence(&self) -> i32 {
        self.batches.last().map_or(NO_SEQUENCE, |batch| batch.last_sequence)
    }

    /// Offset of its last record in this epoch.
    #[must_use]
    pub fn last_offset(&self) -> Option<Offset> {
        self.batches.last().map(|batch| batch.last_offset)
    }

    /// Takes over the epoch; batches of another one are forgotten.
    pub(super) fn begin_epoch(&mut self, epoch: ProducerEpoch) {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.batches.clear();
        }
    }

    pub(super) fn push(&mut self, batch: BatchMetadata) {
        if self.batches.len() >= BATCHES_KEPT {
            self.batches.remove(0);
        }
        self.batches.push(batch);
    }
}
