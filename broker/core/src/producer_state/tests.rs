//! Tests of `producer_state.rs`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strata_compat::ids::LeaderEpoch;

use super::*;

const TRANSACTIONAL: i16 = 0x10;

fn batch(epoch: i16, first_sequence: i32, count: i32) -> BatchHeader {
    BatchHeader {
        base_offset: Offset(0),
        batch_length: 49,
        leader_epoch: LeaderEpoch(0),
        magic: 2,
        crc: 0,
        attributes: 0,
        last_offset_delta: count - 1,
        base_timestamp: Timestamp(7),
        max_timestamp: Timestamp(7),
        producer_id: ProducerId(4),
        producer_epoch: ProducerEpoch(epoch),
        base_sequence: first_sequence,
        record_count: count,
    }
}

fn transactional(epoch: i16, first_sequence: i32, count: i32) -> BatchHeader {
    BatchHeader { attributes: TRANSACTIONAL, ..batch(epoch, first_sequence, count) }
}

fn marker(result: TransactionResult, coordinator_epoch: i32) -> TransactionMarker {
    TransactionMarker { result, coordinator_epoch }
}

/// Producer 4 in epoch 1 after six batches of ten records at offsets 100, 110, ….
fn six_batches() -> ProducerStates {
    let mut states = ProducerStates::new();
    for number in 0..6 {
        states.apply(&batch(1, number * 10, 10), Offset(100 + i64::from(number) * 10), Timestamp(50));
    }
    states
}

#[test]
fn client_batches_are_new_duplicate_or_refused() {
    let states = six_batches();
    let new = "new";
    let table = [
        (batch(1, 60, 5), new),
        (batch(1, 50, 10), "150..159"),
        (batch(1, 10, 10), "110..119"),
        (batch(1, 0, 10), "out of order"),
        (batch(1, 50, 9), "out of order"),
        (batch(1, 61, 1), "out of order"),
        (batch(0, 60, 5), "old epoch"),
        (batch(0, 50, 10), "old epoch"),
        (batch(2, 0, 5), new),
        (batch(2, 60, 5), "out of order"),
        (BatchHeader { producer_id: ProducerId(5), ..batch(3, 77, 5) }, new),
        (BatchHeader { producer_id: ProducerId::NONE, ..batch(-1, -1, 5) }, new),
    ];
    for (header, expected) in table {
        let seen = match states.check(&header, AppendOrigin::Client) {
            Ok(SequenceCheck::New) => new.to_owned(),
            Ok(SequenceCheck::Duplicate { first_offset, last_offset, timestamp }) => {
                assert_eq!(timestamp, Timestamp(7));
                format!("{first_offset}..{last_offset}")
            }
            Err(SequenceError::OutOfOrder { .. }) => "out of order".to_owned(),
            Err(SequenceError::OldEpoch { .. }) => "old epoch".to_owned(),
            Err(error) => error.to_string(),
        };
        assert_eq!(seen, expected, "epoch {} from {}", header.producer_epoch, header.base_sequence);
        assert_eq!(states.check(&header, AppendOrigin::Replication), Ok(SequenceCheck::New));
    }
    assert_eq!(states.check(&batch(1, 500, 1), AppendOrigin::Coordinator), Ok(SequenceCheck::New));
    assert!(states.check(&batch(0, 500, 1), AppendOrigin::Coordinator).is_err());
}

#[test]
fn sequences_wrap_from_the_largest_to_zero() {
    let mut states = ProducerStates::new();
    states.apply(&batch(0, i32::MAX - 1, 2), Offset(0), Timestamp(0));
    assert_eq!(states.check(&batch(0, 0, 3), AppendOrigin::Client), Ok(SequenceCheck::New));
    let mut states = ProducerStates::new();
    let wrapping = batch(0, i32::MAX, 3);
    states.apply(&wrapping, Offset(0), Timestamp(0));
    assert_eq!(states.get(ProducerId(4)).unwrap().last_sequence(), 1);
    assert_eq!(states.check(&batch(0, 2, 1), AppendOrigin::Client), Ok(SequenceCheck::New));
    let again = states.check(&wrapping, AppendOrigin::Client).unwrap();
    assert!(matches!(again, SequenceCheck::Duplicate { first_offset: Offset(0), last_offset: Offset(2), .. }));
}

#[test]
fn a_new_epoch_forgets_the_batches_of_the_former() {
    let mut states = six_batches();
    states.apply(&batch(2, 0, 1), Offset(160), Timestamp(60));
    assert_eq!(states.get(ProducerId(4)).unwrap().batches.len(), 1);
    assert!(states.check(&batch(1, 50, 10), AppendOrigin::Client).is_err());
    assert_eq!(states.end_offset(), Offset(161));
    // A batch without a producer follows.
    states.set_end_offset(Offset(170));
    assert_eq!(states.end_offset(), Offset(170));
}

#[test]
fn window_survives_a_snapshot() {
    let states = six_batches();
    let entries: Vec<ProducerEntry> = states.entries().cloned().collect();
    let loaded = ProducerStates::from_entries(entries, states.end_offset(), Timestamp(90));
    assert_eq!(loaded.end_offset(), Offset(160));
    for header in [batch(1, 10, 10), batch(1, 60, 1), batch(1, 0, 10)] {
        assert_eq!(loaded.check(&header, AppendOrigin::Client), states.check(&header, AppendOrigin::Client));
    }
}

#[test]
fn idle_producers_expire_by_append_time_unless_a_transaction_is_open() {
    let mut states = six_batches();
    assert_eq!(states.expire(Timestamp(149), 100), 0);
    assert_eq!(states.expire(Timestamp(150), 100), 1);
    assert_eq!(states.check(&batch(1, 999, 1), AppendOrigin::Client), Ok(SequenceCheck::New));
    states.apply(&transactional(1, 0, 1), Offset(200), Timestamp(200));
    assert_eq!(states.expire(Timestamp(9000), 100), 0);
}

#[test]
fn an_open_transaction_holds_back_the_last_stable_offset_until_its_end_is_committed() {
    let mut states = ProducerStates::new();
    assert_eq!(states.last_stable_offset(Offset(30)), Offset(30));
    states.apply(&transactional(0, 0, 10), Offset(20), Timestamp(0));
    states.apply(&transactional(0, 10, 10), Offset(30), Timestamp(0));
    assert_eq!(states.first_unstable_offset(), Some(Offset(20)));
    assert_eq!(states.last_stable_offset(Offset(15)), Offset(15));
    assert_eq!(states.last_stable_offset(Offset(35)), Offset(20));
    let outside = states.check(&batch(0, 20, 1), AppendOrigin::Client);
    assert_eq!(outside, Err(SequenceError::TransactionOpen { producer_id: ProducerId(4) }));

    let other = BatchHeader { producer_id: ProducerId(9), ..transactional(0, 0, 1) };
    states.apply(&other, Offset(40), Timestamp(0));
    let abort = marker(TransactionResult::Abort, 3);
    let completed = states.apply_marker(&batch(0, -1, 1), Offset(41), abort, Timestamp(0)).unwrap();
    assert_eq!((completed.first_offset, completed.last_offset), (Offset(20), Offset(41)));
    assert_eq!(states.last_stable_offset_after(&completed), Offset(40));
    states.handle_high_watermark(Offset(41));
    assert_eq!(states.first_unstable_offset(), Some(Offset(20)));
    states.handle_high_watermark(Offset(42));
    assert_eq!(states.first_unstable_offset(), Some(Offset(40)));
}

#[test]
fn markers_without_a_transaction_complete_nothing_and_old_coordinators_are_fenced() {
    let mut states = six_batches();
    let commit = marker(TransactionResult::Commit, 5);
    assert_eq!(states.apply_marker(&batch(1, -1, 1), Offset(160), commit, Timestamp(0)), None);
    let old = marker(TransactionResult::Commit, 4);
    let refused = states.check_marker(&batch(1, -1, 1), old, AppendOrigin::Coordinator);
    assert!(matches!(refused, Err(SequenceError::CoordinatorFenced { epoch: 4, current: 5, .. })));
    assert_eq!(states.check_marker(&batch(1, -1, 1), old, AppendOrigin::Replication), Ok(()));
    assert_eq!(states.check_marker(&batch(1, -1, 1), commit, AppendOrigin::Coordinator), Ok(()));
    assert!(states.check_marker(&batch(0, -1, 1), commit, AppendOrigin::Coordinator).is_err());
}

#[test]
fn the_map_is_bounded_and_forgets_those_idle_longest() {
    let mut states = ProducerStates::new();
    for id in 0..=i64::try_from(PRODUCERS_MAX).unwrap() {
        let header = BatchHeader { producer_id: ProducerId(id), ..batch(0, 0, 1) };
        let header = if id == 0 { BatchHeader { attributes: TRANSACTIONAL, ..header } } else { header };
        states.apply(&header, Offset(id), Timestamp(id));
    }
    assert_eq!(states.len(), PRODUCERS_MAX - PRODUCERS_MAX / 8 + 1);
    assert!(states.get(ProducerId(0)).is_some());
    assert!(states.get(ProducerId(1)).is_none());
}

/// The naive model: every batch ever appended of the newest epoch, in a list.
#[derive(Default)]
struct Model {
    epoch: Option<i16>,
    batches: Vec<(i32, i32, i64)>,
}

impl Model {
    fn judge(&self, epoch: i16, first: i32, count: i32) -> &'static str {
        let Some(current) = self.epoch else {
            return "new";
        };
        let last = sequence_plus(first, count - 1);
        let window = self.batches.iter().rev().take(BATCHES_KEPT);
        if epoch < current {
            return "refused";
        }
        if epoch > current {
            return if first == 0 { "new" } else { "refused" };
        }
        if window.into_iter().any(|batch| (batch.0, batch.1) == (first, last)) {
            return "duplicate";
        }
        let follows = self.batches.last().is_none_or(|batch| sequence_plus(batch.1, 1) == first);
        if follows { "new" } else { "refused" }
    }
}

proptest! {
    #[test]
    fn behaves_like_a_list_of_all_batches(
        steps in prop::collection::vec((0i64..3, 0i16..3, -30i32..30, 1i32..8, any::<bool>(), any::<bool>()), 1..150)
    ) {
        let mut states = ProducerStates::new();
        let mut models: BTreeMap<i64, Model> = BTreeMap::new();
        let mut end = 0i64;
        for (id, epoch, jump, count, retry, reload) in steps {
            let model = models.entry(id).or_default();
            // Sequences start near the wrap; most go on or repeat, some jump.
            let next = model.batches.last().map_or(i32::MAX - 20, |batch| sequence_plus(batch.1, 1));
            let (first, count) = match (retry, model.batches.len()) {
                (true, held) if held > 0 => {
                    let back = usize::try_from(jump.unsigned_abs()).unwrap() % held.min(7);
                    let batch = model.batches[held - 1 - back];
                    (batch.0, sequence_minus(batch.1, batch.0) + 1)
                }
                _ if jump % 5 == 0 => (0, count),
                _ if jump % 7 == 0 => (sequence_plus(next, jump.abs()), count),
                _ => (next, count),
            };
            let header = BatchHeader { producer_id: ProducerId(id), ..batch(epoch, first, count) };
            let seen = states.check(&header, AppendOrigin::Client);
            let expected = model.judge(epoch, first, count);
            match seen {
                Ok(SequenceCheck::New) => prop_assert_eq!(expected, "new"),
                Ok(SequenceCheck::Duplicate { first_offset, .. }) => {
                    prop_assert_eq!(expected, "duplicate");
                    let last = sequence_plus(first, count - 1);
                    let held = model.batches.iter().rev().find(|it| (it.0, it.1) == (first, last)).unwrap();
                    prop_assert_eq!(first_offset, Offset(held.2));
                }
                Err(_) => prop_assert_eq!(expected, "refused"),
            }
            if seen == Ok(SequenceCheck::New) {
                states.apply(&header, Offset(end), Timestamp(0));
                if model.epoch != Some(epoch) {
                    *model = Model { epoch: Some(epoch), batches: Vec::new() };
                }
                model.batches.push((first, sequence_plus(first, count - 1), end));
                end += i64::from(count);
            }
            if reload {
                let entries: Vec<ProducerEntry> = states.entries().cloned().collect();
                states = ProducerStates::from_entries(entries, states.end_offset(), Timestamp(0));
            }
        }
    }
}
