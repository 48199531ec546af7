//! Tests of `purgatory.rs`.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn purgatory() -> Purgatory<u64, &'static str> {
    Purgatory::new(3)
}

#[test]
fn an_operation_ends_exactly_once() {
    let mut purgatory = purgatory();
    purgatory.watch(1, ["a", "b"], Timestamp(100)).unwrap();
    assert!(!purgatory.is_empty());
    assert_eq!(purgatory.watchers(&"a"), [1]);
    assert_eq!(purgatory.watchers(&"b"), [1]);
    assert!(purgatory.complete(1));
    assert!(!purgatory.complete(1));
    assert!(purgatory.watchers(&"b").is_empty());
    assert!(purgatory.expire(Timestamp(1000)).is_empty());
    assert!(purgatory.is_empty());
}

#[test]
fn expiry_goes_by_deadline_then_by_operation() {
    let mut purgatory = purgatory();
    purgatory.watch(3, ["a"], Timestamp(50)).unwrap();
    purgatory.watch(1, ["a"], Timestamp(50)).unwrap();
    purgatory.watch(2, ["b"], Timestamp(40)).unwrap();
    assert_eq!(purgatory.next_deadline(), Some(Timestamp(40)));
    assert!(purgatory.expire(Timestamp(39)).is_empty());
    assert_eq!(purgatory.expire(Timestamp(50)), [2, 1, 3]);
    assert_eq!(purgatory.next_deadline(), None);
}

#[test]
fn a_full_purgatory_refuses_and_changes_nothing() {
    let mut purgatory = purgatory();
    for operation in 0..3 {
        purgatory.watch(operation, ["a"], Timestamp(9)).unwrap();
    }
    assert_eq!(purgatory.watch(3, ["b"], Timestamp(9)), Err(PurgatoryError::Full(3)));
    assert_eq!(purgatory.watch(2, ["b"], Timestamp(9)), Err(PurgatoryError::Duplicate));
    assert!(purgatory.watchers(&"b").is_empty());
    assert_eq!(purgatory.complete_all(&"a"), [0, 1, 2]);
    assert_eq!(purgatory.watch(4, [], Timestamp(9)), Err(PurgatoryError::NoKeys));
}

#[test]
fn a_fetch_is_done_with_enough_bytes_or_when_urgent() {
    let mut fetch = DelayedFetch::new(100);
    assert!(!fetch.set_bytes(&"a", 60));
    assert!(!fetch.set_bytes(&"a", 70));
    assert!(fetch.set_bytes(&"b", 30));
    let mut urgent = DelayedFetch::<&str>::new(100);
    urgent.set_urgent();
    assert!(urgent.is_done());
    assert!(DelayedFetch::<&str>::new(0).is_done());
}

#[test]
fn a_produce_is_done_when_each_partition_has_its_first_result() {
    let mut produce = DelayedProduce::new(["a", "b"]);
    assert!(!produce.set(&"a", 1));
    assert!(!produce.set(&"a", 2));
    assert!(!produce.set(&"c", 3));
    assert_eq!(produce.clone().into_results(|_| 9), [("a", 1), ("b", 9)]);
    assert!(produce.set(&"b", 4));
}

proptest! {
    /// Against a plain map: the same operations end at the same steps, each once.
    #[test]
    fn behaves_like_a_plain_list(steps in prop::collection::vec((0u8..4, 0u64..12, 0u8..5, 0i64..60), 1..200)) {
        let mut purgatory: Purgatory<u64, u8> = Purgatory::new(8);
        let mut model: BTreeMap<u64, (i64, Vec<u8>)> = BTreeMap::new();
        for (step, operation, key, time) in steps {
            match step {
                0 => {
                    let keys = vec![key, (key + 1) % 5];
                    let accepted = purgatory.watch(operation, keys.clone(), Timestamp(time)).is_ok();
                    prop_assert_eq!(accepted, model.len() < 8 && !model.contains_key(&operation));
                    if accepted {
                        model.insert(operation, (time, keys));
                    }
                }
                1 => prop_assert_eq!(purgatory.complete(operation), model.remove(&operation).is_some()),
                2 => {
                    let mut due: Vec<(i64, u64)> =
                        model.iter().filter(|(_, it)| it.0 <= time).map(|(id, it)| (it.0, *id)).collect();
                    due.sort_unstable();
                    let due: Vec<u64> = due.into_iter().map(|(_, id)| id).collect();
                    due.iter().for_each(|id| { model.remove(id); });
                    prop_assert_eq!(purgatory.expire(Timestamp(time)), due);
                }
                _ => {
                    let expected: Vec<u64> =
                        model.iter().filter(|(_, it)| it.1.contains(&key)).map(|(id, _)| *id).collect();
                    prop_assert_eq!(purgatory.watchers(&key), expected);
                }
            }
            prop_assert_eq!(purgatory.len(), model.len());
            prop_assert_eq!(purgatory.next_deadline().map(|it| it.0), model.values().map(|it| it.0).min());
        }
    }
}
