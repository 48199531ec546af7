//! What a partition remembers of each idempotent producer (KIP-98): the last batches, and the open transactions.
//!
//! Owns: [`ProducerStates`], the check of a batch before it is appended, duplicates, the first unstable offset, expiry.
//! Does not own: the files it is kept in (`.snapshot` of Kafka and the five-batch window of ours, both written by the log from
//! [`ProducerEntry`]), the transaction coordinator, the transaction index.
//!
//! A batch is first *checked* (nothing changes), then appended to the log, then *applied*. Replay of a log applies only.
//! Batches that come by replication are applied as they are: the leader has checked them.
//!
//! Invariants: at most [`BATCHES_KEPT`] batches of one producer, all of its current epoch, oldest first; a producer with an
//! open transaction is never dropped; the map describes exactly the offsets below [`ProducerStates::end_offset`].
//! A crash leaves the last snapshot; the log applies the batches after it again.

mod entry;
mod transactions;

use std::collections::BTreeMap;

use strata_compat::ids::{Offset, ProducerEpoch, ProducerId, Timestamp};
use strata_compat::record_batch::BatchHeader;

pub use self::entry::{BATCHES_KEPT, BatchMetadata, NO_SEQUENCE, ProducerEntry, sequence_minus, sequence_plus};
use self::transactions::Transactions;
pub use self::transactions::{CompletedTransaction, TransactionMarker, TransactionResult};

/// Producers that one partition remembers, at most. When one more comes, those idle longest are forgotten, an eighth of the
/// map at once.
pub const PRODUCERS_MAX: usize = 100_000;

/// Who wants to append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendOrigin {
    /// A producing client: everything is checked.
    Client,
    /// The group or transaction coordinator of this broker: epochs are checked, sequences are not.
    Coordinator,
    /// The leader of the partition, through replication: nothing is checked.
    Replication,
}

/// A batch that may be appended, or one that already was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceCheck {
    /// Append it.
    New,
    /// It is in the log; answer with where it is and append nothing.
    Duplicate {
        /// Offset of its first record.
        first_offset: Offset,
        /// Offset of its last record.
        last_offset: Offset,
        /// Its timestamp, for topics with the time of appending.
        timestamp: Timestamp,
    },
}

/// Why a batch may not be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SequenceError {
    /// OUT_OF_ORDER_SEQUENCE_NUMBER: batches are missing, or a new epoch does not begin at 0.
    #[error("out of order sequence of producer {producer_id}: {first_sequence} does not follow {last_sequence}")]
    OutOfOrder {
        /// The producer.
        producer_id: ProducerId,
        /// First sequence of the refused batch.
        first_sequence: i32,
        /// Last sequence known; −1 where none is.
        last_sequence: i32,
    },
    /// INVALID_PRODUCER_EPOCH: a newer incarnation of the producer has written.
    #[error("epoch {epoch} of producer {producer_id} is older than {current}")]
    OldEpoch {
        /// The producer.
        producer_id: ProducerId,
        /// Epoch of the refused batch.
        epoch: ProducerEpoch,
        /// Newest epoch known.
        current: ProducerEpoch,
    },
    /// INVALID_TXN_STATE: a batch outside a transaction while the producer has one open.
    #[error("producer {producer_id} has an open transaction and sent a batch outside it")]
    TransactionOpen {
        /// The producer.
        producer_id: ProducerId,
    },
    /// TRANSACTION_COORDINATOR_FENCED: the marker comes from a coordinator that has been replaced.
    #[error("marker of coordinator epoch {epoch} for producer {producer_id} is older than {current}")]
    CoordinatorFenced {
        /// The producer.
        producer_id: ProducerId,
        /// Epoch of the refused marker.
        epoch: i32,
        /// Newest epoch known.
        current: i32,
    },
}

/// One producer as it is held in memory: its entry and when it last wrote here.
#[derive(Clone, Debug)]
struct Held {
    entry: ProducerEntry,
    /// Time of appending, not of the records: records may be of another year.
    last_seen: Timestamp,
}

/// What one partition remembers of its producers.
#[derive(Clone, Debug, Default)]
pub struct ProducerStates {
    producers: BTreeMap<ProducerId, Held>,
    transactions: Transactions,
    end_offset: Offset,
}

impl ProducerStates {
    /// No producers, before offset 0.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The producers of a snapshot that was taken at `end_offset` and is loaded at `now`. Of entries for the same producer
    /// the last one counts; only the newest five batches of each are kept.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = ProducerEntry>, end_offset: Offset, now: Timestamp) -> Self {
        let mut states = Self { end_offset, ..Self::default() };
        for mut entry in entries {
            let excess = entry.batches.len().saturating_sub(BATCHES_KEPT);
            entry.batches.drain(..excess);
            states.make_room(entry.producer_id);
            if let Some(first_offset) = entry.current_transaction_first_offset {
                states.transactions.begin(entry.producer_id, first_offset);
            }
            states.producers.insert(entry.producer_id, Held { entry, last_seen: now });
        }
        states
    }

    /// Every producer, by id: what a snapshot holds and DescribeProducers answers.
    pub fn entries(&self) -> impl Iterator<Item = &ProducerEntry> {
        self.producers.values().map(|held| &held.entry)
    }

    /// One producer.
    #[must_use]
    pub fn get(&self, producer_id: ProducerId) -> Option<&ProducerEntry> {
        self.producers.get(&producer_id).map(|held| &held.entry)
    }

    /// Number of producers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.producers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.producers.is_empty()
    }

    /// Offset after the last batch that was applied; a snapshot taken now belongs to it.
    #[must_use]
    pub const fn end_offset(&self) -> Offset {
        self.end_offset
    }

    /// Moves [`Self::end_offset`] over batches that have no producer, or to where a snapshot was taken.
    pub fn set_end_offset(&mut self, end_offset: Offset) {
        self.end_offset = end_offset;
    }

    /// Whether this data batch may be appended. Changes nothing. A batch without a producer id is always new.
    pub fn check(&self, header: &BatchHeader, origin: AppendOrigin) -> Result<SequenceCheck, SequenceError> {
        let Some(known) = self.get(header.producer_id).filter(|_| header.producer_id.0 >= 0) else {
            // Nothing is known (it is new, or was forgotten): any sequence begins.
            return Ok(SequenceCheck::New);
        };
        match origin {
            AppendOrigin::Replication => return Ok(SequenceCheck::New),
            AppendOrigin::Coordinator => check_epoch(known, header)?,
            AppendOrigin::Client => {
                if let Some(duplicate) = find_duplicate(known, header) {
                    return Ok(duplicate);
                }
                check_epoch(known, header)?;
                check_sequence(known, header)?;
            }
        }
        if known.current_transaction_first_offset.is_some() && !header.is_transactional() {
            return Err(SequenceError::TransactionOpen { producer_id: known.producer_id });
        }
        Ok(SequenceCheck::New)
    }

    /// Whether this control batch may be appended. Changes nothing.
    pub fn check_marker(
        &self,
        header: &BatchHeader,
        marker: TransactionMarker,
        origin: AppendOrigin,
    ) -> Result<(), SequenceError> {
        let Some(known) = self.get(header.producer_id) else {
            return Ok(());
        };
        match origin {
            AppendOrigin::Replication => Ok(()),
            AppendOrigin::Client | AppendOrigin::Coordinator => {
                check_epoch(known, header)?;
                if marker.coordinator_epoch < known.coordinator_epoch {
                    return Err(SequenceError::CoordinatorFenced {
                        producer_id: known.producer_id,
                        epoch: marker.coordinator_epoch,
                        current: known.coordinator_epoch,
                    });
                }
                Ok(())
            }
        }
    }

    /// A data batch is in the log at `base_offset` since `append_time`. Takes it as it is, also without a producer id.
    pub fn apply(&mut self, header: &BatchHeader, base_offset: Offset, append_time: Timestamp) {
        let offset_delta = header.last_offset_delta.max(0);
        let last_offset = base_offset.plus(i64::from(offset_delta));
        self.end_offset = last_offset.plus(1);
        if header.producer_id.0 < 0 {
            return;
        }
        let held = self.held(header.producer_id, append_time);
        let entry = &mut held.entry;
        entry.begin_epoch(header.producer_epoch);
        entry.last_timestamp = header.max_timestamp;
        entry.push(BatchMetadata {
            last_sequence: sequence_plus(header.base_sequence, offset_delta),
            last_offset,
            offset_delta,
            timestamp: header.max_timestamp,
        });
        if header.is_transactional() && entry.current_transaction_first_offset.is_none() {
            entry.current_transaction_first_offset = Some(base_offset);
            self.transactions.begin(header.producer_id, base_offset);
        }
    }

    /// A control batch of one marker is in the log at `offset` since `append_time`. Returns the transaction that it ended, if
    /// one was open.
    pub fn apply_marker(
        &mut self,
        header: &BatchHeader,
        offset: Offset,
        marker: TransactionMarker,
        append_time: Timestamp,
    ) -> Option<CompletedTransaction> {
        self.end_offset = offset.plus(1);
        if header.producer_id.0 < 0 {
            return None;
        }
        let entry = &mut self.held(header.producer_id, append_time).entry;
        entry.begin_epoch(header.producer_epoch);
        entry.coordinator_epoch = marker.coordinator_epoch;
        entry.last_timestamp = header.max_timestamp;
        let first_offset = entry.current_transaction_first_offset.take()?;
        let completed = CompletedTransaction {
            producer_id: header.producer_id,
            first_offset,
            last_offset: offset,
            result: marker.result,
        };
        self.transactions.complete(completed);
        Some(completed)
    }

    /// The high watermark is now here: transactions that ended below it no longer hold back the last stable offset.
    pub fn handle_high_watermark(&mut self, high_watermark: Offset) {
        self.transactions.forget_completed_below(high_watermark);
    }

    /// First offset of the oldest transaction that is open, or that ended above the high watermark.
    #[must_use]
    pub fn first_unstable_offset(&self) -> Option<Offset> {
        self.transactions.first_unstable_offset()
    }

    /// The last stable offset: readers of committed data may read below it.
    #[must_use]
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        self.first_unstable_offset().map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// The last stable offset as it will be when `completed` is committed: what the transaction index stores with it.
    #[must_use]
    pub fn last_stable_offset_after(&self, completed: &CompletedTransaction) -> Offset {
        self.transactions.oldest_open().unwrap_or_else(|| completed.last_offset.plus(1))
    }

    /// Forgets producers that have written nothing for `expiration_ms` (`producer.id.expiration.ms`) and have no open
    /// transaction. Returns how many.
    pub fn expire(&mut self, now: Timestamp, expiration_ms: i64) -> usize {
        let before = self.producers.len();
        self.producers.retain(|_, held| {
            held.entry.current_transaction_first_offset.is_some() || now.ms_since(held.last_seen) < expiration_ms
        });
        before - self.producers.len()
    }

    /// The log starts here now: transactions that ended before it are gone with their batches.
    pub fn truncate_from_start(&mut self, log_start: Offset) {
        self.transactions.forget_completed_below(log_start);
        self.end_offset = self.end_offset.max(log_start);
    }

    fn held(&mut self, producer_id: ProducerId, append_time: Timestamp) -> &mut Held {
        self.make_room(producer_id);
        let held = self
            .producers
            .entry(producer_id)
            .or_insert_with(|| Held { entry: ProducerEntry::new(producer_id), last_seen: append_time });
        held.last_seen = held.last_seen.max(append_time);
        held
    }

    fn make_room(&mut self, producer_id: ProducerId) {
        if self.producers.len() < PRODUCERS_MAX || self.producers.contains_key(&producer_id) {
            return;
        }
        let mut idle: Vec<(Timestamp, ProducerId)> = self
            .producers
            .iter()
            .filter(|(_, held)| held.entry.current_transaction_first_offset.is_none())
            .map(|(id, held)| (held.last_seen, *id))
            .collect();
        idle.sort_unstable();
        for (_, id) in idle.into_iter().take(PRODUCERS_MAX / 8) {
            self.producers.remove(&id);
        }
    }
}

fn find_duplicate(known: &ProducerEntry, header: &BatchHeader) -> Option<SequenceCheck> {
    if header.producer_epoch != known.epoch {
        return None;
    }
    let first_sequence = header.base_sequence;
    let last_sequence = sequence_plus(first_sequence, header.last_offset_delta);
    let batch = known
        .batches
        .iter()
        .find(|batch| batch.first_sequence() == first_sequence && batch.last_sequence == last_sequence)?;
    Some(SequenceCheck::Duplicate {
        first_offset: batch.first_offset(),
        last_offset: batch.last_offset,
        timestamp: batch.timestamp,
    })
}

fn check_epoch(known: &ProducerEntry, header: &BatchHeader) -> Result<(), SequenceError> {
    if header.producer_epoch < known.epoch {
        return Err(SequenceError::OldEpoch {
            producer_id: known.producer_id,
            epoch: header.producer_epoch,
            current: known.epoch,
        });
    }
    Ok(())
}

fn check_sequence(known: &ProducerEntry, header: &BatchHeader) -> Result<(), SequenceError> {
    let last_sequence = known.last_sequence();
    let expected = if header.producer_epoch == known.epoch { sequence_plus(last_sequence, 1) } else { 0 };
    // An entry that has no epoch yet knows nothing to compare with.
    if known.epoch == ProducerEpoch::NONE || header.base_sequence == expected {
        return Ok(());
    }
    Err(SequenceError::OutOfOrder {
        producer_id: known.producer_id,
        first_sequence: header.base_sequence,
        last_sequence,
    })
}

#[cfg(test)]
mod tests;
