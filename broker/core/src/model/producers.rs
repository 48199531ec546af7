//! Producers of a partition against a model that keeps every batch for ever and looks through all of them.

use strata_compat::ids::{LeaderEpoch, Offset, ProducerEpoch, ProducerId, Timestamp};
use strata_compat::record_batch::BatchHeader;

use super::{Random, check, ensure_eq};
use crate::producer_state::{
    AppendOrigin, BATCHES_KEPT, ProducerEntry, ProducerStates, SequenceCheck, SequenceError, TransactionMarker,
    TransactionResult,
};

const TRANSACTIONAL: i16 = 0x10;
const EXPIRATION_MS: i64 = 1_000;
const PRODUCERS: i64 = 4;

#[derive(Clone, Copy, Debug)]
enum Sequence {
    /// After the last one.
    Next,
    /// One of the last batches again, counted from the end.
    Again(usize),
    /// The beginning.
    Zero,
    /// Not after the last one, but so far off.
    Off(i32),
    /// One of the last batches, but with another end.
    Longer(usize),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Batch {
        producer: i64,
        epoch_off: i16,
        sequence: Sequence,
        count: i32,
        transactional: bool,
        origin: AppendOrigin,
    },
    Marker {
        producer: i64,
        epoch_off: i16,
        coordinator_off: i32,
        commit: bool,
        origin: AppendOrigin,
    },
    /// Batches without a producer.
    Plain {
        count: i32,
    },
    Watermark {
        behind: i64,
    },
    Advance {
        ms: i64,
    },
    Expire,
    LogStart {
        behind: i64,
    },
    /// A snapshot is taken and loaded: after a restart, or when the end of the log is cut and replayed.
    Reload,
}

fn steps(random: &mut Random) -> Vec<Step> {
    let count = 1 + random.below(120);
    (0..count).map(|_| step(random)).collect()
}

fn step(random: &mut Random) -> Step {
    let producer = random.number(PRODUCERS);
    let origin = random.pick(&[
        AppendOrigin::Client,
        AppendOrigin::Client,
        AppendOrigin::Client,
        AppendOrigin::Client,
        AppendOrigin::Coordinator,
        AppendOrigin::Replication,
    ]);
    match random.below(24) {
        0..=13 => Step::Batch {
            producer,
            epoch_off: random.pick(&[0, 0, 0, 0, 0, 0, 0, 1, 2, -1]),
            sequence: match random.below(12) {
                0..=6 => Sequence::Next,
                7 | 8 => Sequence::Again(random.below(8)),
                9 => Sequence::Zero,
                10 => Sequence::Off(random.small(9) - 4),
                _ => Sequence::Longer(random.below(6)),
            },
            count: 1 + random.small(5),
            transactional: random.one_in(3),
            origin,
        },
        14..=16 => Step::Marker {
            producer,
            epoch_off: random.pick(&[0, 0, 0, 1, -1]),
            coordinator_off: random.pick(&[0, 0, 1, -1]),
            commit: random.one_in(2),
            origin,
        },
        17 => Step::Plain { count: 1 + random.small(4) },
        18 | 19 => Step::Watermark { behind: random.number(20) },
        20 => Step::Advance { ms: random.number(900) },
        21 => Step::Expire,
        22 => Step::LogStart { behind: random.number(30) },
        _ => Step::Reload,
    }
}

/// One batch that is in the log, whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Batch {
    first_sequence: i32,
    count: i32,
    base_offset: i64,
    timestamp: i64,
}

impl Batch {
    fn last_sequence(&self) -> i32 {
        sequence(i64::from(self.first_sequence) + i64::from(self.count) - 1)
    }
}

/// Sequences go from 0 to 2^31 − 1 and begin again.
fn sequence(number: i64) -> i32 {
    i32::try_from(number.rem_euclid(1 << 31)).unwrap()
}

#[derive(Clone, Debug)]
struct Producer {
    id: i64,
    epoch: i16,
    coordinator_epoch: i32,
    last_seen: i64,
    last_timestamp: i64,
    /// All of its epoch.
    batches: Vec<Batch>,
    open_since: Option<i64>,
}

/// A transaction that has ended: where it began and where its marker lies.
type Ended = (i64, i64);

struct Model {
    producers: Vec<Producer>,
    ended: Vec<Ended>,
    end_offset: i64,
    now: i64,
}

impl Model {
    fn find(&self, id: i64) -> Option<&Producer> {
        self.producers.iter().find(|producer| producer.id == id)
    }

    /// The producer, new or not, in this epoch.
    fn in_epoch(&mut self, id: i64, epoch: i16) -> &mut Producer {
        let now = self.now;
        if self.find(id).is_none() {
            let (batches, open_since) = (Vec::new(), None);
            let (coordinator_epoch, last_timestamp) = (-1, -1);
            self.producers.push(Producer {
                id,
                epoch,
                coordinator_epoch,
                last_seen: now,
                last_timestamp,
                batches,
                open_since,
            });
        }
        let producer = self.producers.iter_mut().find(|producer| producer.id == id).unwrap();
        if producer.epoch != epoch {
            producer.epoch = epoch;
            producer.batches.clear();
        }
        producer.last_seen = now;
        producer
    }

    fn judge(&self, header: &BatchHeader, origin: AppendOrigin) -> Result<SequenceCheck, SequenceError> {
        let (id, epoch, first) = (header.producer_id, header.producer_epoch, header.base_sequence);
        let Some(known) = self.find(id.0) else { return Ok(SequenceCheck::New) };
        if origin == AppendOrigin::Replication {
            return Ok(SequenceCheck::New);
        }
        if origin == AppendOrigin::Client && epoch.0 == known.epoch {
            let window = known.batches.iter().rev().take(BATCHES_KEPT);
            let same = |batch: &&Batch| batch.first_sequence == first && batch.count == header.record_count;
            if let Some(batch) = window.rev().find(same) {
                return Ok(SequenceCheck::Duplicate {
                    first_offset: Offset(batch.base_offset),
                    last_offset: Offset(batch.base_offset + i64::from(batch.count) - 1),
                    timestamp: Timestamp(batch.timestamp),
                });
            }
        }
        if epoch.0 < known.epoch {
            return Err(SequenceError::OldEpoch { producer_id: id, epoch, current: ProducerEpoch(known.epoch) });
        }
        if origin == AppendOrigin::Client {
            let last = if epoch.0 == known.epoch { known.batches.last() } else { None };
            // An epoch begins at 0, also one that a marker brought.
            if first != last.map_or(0, |last| sequence(i64::from(last.last_sequence()) + 1)) {
                let last_sequence = known.batches.last().map_or(-1, Batch::last_sequence);
                return Err(SequenceError::OutOfOrder { producer_id: id, first_sequence: first, last_sequence });
            }
        }
        if known.open_since.is_some() && header.attributes & TRANSACTIONAL == 0 {
            return Err(SequenceError::TransactionOpen { producer_id: id });
        }
        Ok(SequenceCheck::New)
    }

    fn append(&mut self, header: &BatchHeader) {
        let base_offset = self.end_offset;
        self.end_offset += i64::from(header.record_count);
        if header.producer_id.0 < 0 {
            return;
        }
        let producer = self.in_epoch(header.producer_id.0, header.producer_epoch.0);
        producer.last_timestamp = header.max_timestamp.0;
        producer.batches.push(Batch {
            first_sequence: header.base_sequence,
            count: header.record_count,
            base_offset,
            timestamp: header.max_timestamp.0,
        });
        if header.attributes & TRANSACTIONAL != 0 {
            producer.open_since.get_or_insert(base_offset);
        }
    }

    fn judge_marker(
        &self,
        header: &BatchHeader,
        coordinator_epoch: i32,
        origin: AppendOrigin,
    ) -> Result<(), SequenceError> {
        let producer_id = header.producer_id;
        let Some(known) = self.find(producer_id.0).filter(|_| origin != AppendOrigin::Replication) else {
            return Ok(());
        };
        if header.producer_epoch.0 < known.epoch {
            let current = ProducerEpoch(known.epoch);
            return Err(SequenceError::OldEpoch { producer_id, epoch: header.producer_epoch, current });
        }
        if coordinator_epoch < known.coordinator_epoch {
            let current = known.coordinator_epoch;
            return Err(SequenceError::CoordinatorFenced { producer_id, epoch: coordinator_epoch, current });
        }
        Ok(())
    }

    /// First offset of the transaction that ends.
    fn append_marker(&mut self, header: &BatchHeader, coordinator_epoch: i32) -> Option<i64> {
        let offset = self.end_offset;
        self.end_offset += 1;
        let producer = self.in_epoch(header.producer_id.0, header.producer_epoch.0);
        producer.coordinator_epoch = coordinator_epoch;
        producer.last_timestamp = header.max_timestamp.0;
        let first = producer.open_since.take()?;
        self.ended.push((first, offset));
        Some(first)
    }

    fn oldest_open(&self) -> Option<i64> {
        self.producers.iter().filter_map(|producer| producer.open_since).min()
    }

    fn first_unstable(&self) -> Option<i64> {
        self.ended.iter().map(|ended| ended.0).chain(self.oldest_open()).min()
    }
}

struct World {
    states: ProducerStates,
    model: Model,
}

impl World {
    fn header(&self, producer: i64, epoch_off: i16, sequence: Sequence, count: i32) -> BatchHeader {
        let known = self.model.find(producer);
        let epoch = (known.map_or(0, |known| known.epoch) + epoch_off).max(0);
        let batches = known.map(|known| known.batches.as_slice()).unwrap_or_default();
        // Producers begin near the end of all sequences, but for one of them.
        let begin = if producer == 0 { 0 } else { i32::MAX - 12 };
        let next = batches.last().map_or(begin, |last| self::sequence(i64::from(last.last_sequence()) + 1));
        let back = |steps: usize| batches.len().checked_sub(1 + steps).map(|at| batches[at]);
        let (first, count) = match sequence {
            Sequence::Next if epoch_off > 0 => (0, count),
            Sequence::Next => (next, count),
            Sequence::Again(steps) => back(steps).map_or((next, count), |batch| (batch.first_sequence, batch.count)),
            Sequence::Longer(steps) => {
                back(steps).map_or((next, count), |batch| (batch.first_sequence, batch.count + 1))
            }
            Sequence::Zero => (0, count),
            Sequence::Off(by) => (self::sequence(i64::from(next) + i64::from(by)), count),
        };
        BatchHeader {
            base_offset: Offset(0),
            batch_length: 49,
            leader_epoch: LeaderEpoch(0),
            magic: 2,
            crc: 0,
            attributes: 0,
            last_offset_delta: count - 1,
            base_timestamp: Timestamp(self.model.end_offset),
            max_timestamp: Timestamp(self.model.end_offset + 5),
            producer_id: ProducerId(producer),
            producer_epoch: ProducerEpoch(epoch),
            base_sequence: first,
            record_count: count,
        }
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        let now = Timestamp(self.model.now);
        let end = self.model.end_offset;
        match step {
            Step::Batch { producer, epoch_off, sequence, count, transactional, origin } => {
                let plain = self.header(producer, epoch_off, sequence, count);
                let header = BatchHeader { attributes: if transactional { TRANSACTIONAL } else { 0 }, ..plain };
                let seen = self.states.check(&header, origin);
                ensure_eq!(seen, self.model.judge(&header, origin), "the check of {header:?}");
                if seen == Ok(SequenceCheck::New) {
                    self.states.apply(&header, Offset(end), now);
                    self.model.append(&header);
                }
            }
            Step::Marker { producer, epoch_off, coordinator_off, commit, origin } => {
                let header = self.header(producer, epoch_off, Sequence::Off(0), 1);
                let known = self.model.find(producer).map_or(0, |known| known.coordinator_epoch);
                let result = if commit { TransactionResult::Commit } else { TransactionResult::Abort };
                self.marker(&header, TransactionMarker { result, coordinator_epoch: known + coordinator_off }, origin)?;
            }
            Step::Plain { count } => {
                let header = BatchHeader { producer_id: ProducerId::NONE, ..self.header(0, 0, Sequence::Zero, count) };
                ensure_eq!(self.states.check(&header, AppendOrigin::Client), Ok(SequenceCheck::New), "a plain batch");
                self.states.apply(&header, Offset(end), now);
                self.model.append(&header);
            }
            Step::Watermark { behind } => {
                let watermark = (end - behind).max(0);
                self.states.handle_high_watermark(Offset(watermark));
                self.model.ended.retain(|ended| ended.1 >= watermark);
            }
            Step::Advance { ms } => self.model.now += ms,
            Step::Expire => {
                let before = self.model.producers.len();
                let now_ms = self.model.now;
                self.model.producers.retain(|it| it.open_since.is_some() || now_ms - it.last_seen < EXPIRATION_MS);
                let gone = before - self.model.producers.len();
                ensure_eq!(self.states.expire(now, EXPIRATION_MS), gone, "how many expire");
            }
            Step::LogStart { behind } => {
                let log_start = (end - behind).max(0);
                self.states.truncate_from_start(Offset(log_start));
                self.model.ended.retain(|ended| ended.1 >= log_start);
            }
            Step::Reload => {
                let entries: Vec<ProducerEntry> = self.states.entries().cloned().collect();
                self.states = ProducerStates::from_entries(entries, self.states.end_offset(), now);
                // A snapshot knows what is open; what has ended is told by the watermark. Producers are seen anew.
                self.model.ended.clear();
                self.model.producers.iter_mut().for_each(|producer| producer.last_seen = now.0);
            }
        }
        self.compare()
    }

    fn marker(&mut self, header: &BatchHeader, marker: TransactionMarker, origin: AppendOrigin) -> Result<(), String> {
        let (now, end) = (Timestamp(self.model.now), self.model.end_offset);
        let seen = self.states.check_marker(header, marker, origin);
        let coordinator_epoch = marker.coordinator_epoch;
        ensure_eq!(seen, self.model.judge_marker(header, coordinator_epoch, origin), "the check of {marker:?}");
        if seen.is_err() {
            return Ok(());
        }
        let completed = self.states.apply_marker(header, Offset(end), marker, now);
        let first = self.model.append_marker(header, coordinator_epoch);
        ensure_eq!(completed.map(|it| it.first_offset.0), first, "the transaction that ends");
        if let Some(completed) = completed {
            let told = (completed.producer_id, completed.last_offset.0, completed.result);
            ensure_eq!(told, (header.producer_id, end, marker.result), "the transaction that ends");
            let after = self.model.oldest_open().unwrap_or(end + 1);
            ensure_eq!(self.states.last_stable_offset_after(&completed).0, after, "what the transaction index says");
        }
        Ok(())
    }

    fn compare(&self) -> Result<(), String> {
        ensure_eq!(self.states.end_offset().0, self.model.end_offset, "the end");
        ensure_eq!(self.states.len(), self.model.producers.len(), "producers");
        ensure_eq!(self.states.is_empty(), self.model.producers.is_empty(), "whether there are producers");
        ensure_eq!(self.states.first_unstable_offset().map(|it| it.0), self.model.first_unstable(), "first unstable");
        for watermark in [0, self.model.end_offset / 2, self.model.end_offset] {
            let stable = self.model.first_unstable().map_or(watermark, |first| first.min(watermark));
            ensure_eq!(self.states.last_stable_offset(Offset(watermark)).0, stable, "last stable below {watermark}");
        }
        for producer in &self.model.producers {
            let Some(entry) = self.states.get(ProducerId(producer.id)) else {
                return Err(format!("producer {} is not known", producer.id));
            };
            self.compare_entry(entry, producer)?;
        }
        Ok(())
    }

    fn compare_entry(&self, entry: &ProducerEntry, producer: &Producer) -> Result<(), String> {
        let kept = producer.batches.len().saturating_sub(BATCHES_KEPT);
        let kept = &producer.batches[kept..];
        let batches = entry.batches.iter().map(|batch| Batch {
            first_sequence: batch.first_sequence(),
            count: batch.offset_delta + 1,
            base_offset: batch.first_offset().0,
            timestamp: batch.timestamp.0,
        });
        ensure_eq!(batches.collect::<Vec<_>>(), kept, "batches of {}", producer.id);
        let last_sequence = kept.last().map_or(-1, Batch::last_sequence);
        ensure_eq!(entry.last_sequence(), last_sequence, "last sequence of {}", producer.id);
        let last_offset = kept.last().map(|batch| Offset(batch.base_offset + i64::from(batch.count) - 1));
        ensure_eq!(entry.last_offset(), last_offset, "last offset of {}", producer.id);
        let rest =
            (entry.epoch.0, entry.coordinator_epoch, entry.last_timestamp.0, entry.current_transaction_first_offset);
        let open_since = producer.open_since.map(Offset);
        let expected = (producer.epoch, producer.coordinator_epoch, producer.last_timestamp, open_since);
        ensure_eq!(rest, expected, "producer {}", producer.id);
        Ok(())
    }
}

fn run(_: u64, steps: &[Step]) -> Result<(), String> {
    let model = Model { producers: Vec::new(), ended: Vec::new(), end_offset: 0, now: 50_000 };
    let mut world = World { states: ProducerStates::new(), model };
    for step in steps {
        world.step(*step).map_err(|difference| format!("{step:?}: {difference}"))?;
    }
    Ok(())
}

#[test]
fn producers_are_what_the_list_of_all_batches_says() {
    check("producers_are_what_the_list_of_all_batches_says", 2_500, steps, run);
}
