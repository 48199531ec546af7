//! Purgatory, and what waits in it, against plain lists: nothing is lost, nothing ends twice, nothing ends early or late.

use std::collections::{BTreeMap, BTreeSet};

use strata_compat::ids::Timestamp;

use super::{Random, check, ensure_eq};
use crate::purgatory::{DelayedFetch, DelayedProduce, Purgatory, PurgatoryError};
use crate::replication::OperationId;

const OPERATIONS_MAX: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    Watch { operation: u64, keys: Vec<u8>, deadline: i64 },
    Complete { operation: u64 },
    CompleteAll { key: u8 },
    Expire { ms: i64 },
}

fn steps(random: &mut Random) -> Vec<Step> {
    let count = 1 + random.below(120);
    (0..count).map(|_| step(random)).collect()
}

fn step(random: &mut Random) -> Step {
    let operation = random.pick(&[0, 1, 2, 3, 4, 5, 6, 7, u64::MAX]);
    match random.below(10) {
        0..=5 => {
            let keys = random.below(4);
            let keys = (0..keys).map(|_| u8::try_from(random.below(4)).unwrap()).collect();
            Step::Watch { operation, keys, deadline: random.number(40) }
        }
        6 | 7 => Step::Complete { operation },
        8 => Step::CompleteAll { key: u8::try_from(random.below(4)).unwrap() },
        _ => Step::Expire { ms: random.number(15) },
    }
}

/// Everything that ever waited, in the order in which it came.
#[derive(Default)]
struct Model {
    waiting: Vec<(u64, BTreeSet<u8>, i64)>,
    accepted: usize,
    ended: usize,
}

impl Model {
    fn watch(&mut self, operation: u64, keys: &[u8], deadline: i64) -> Result<(), PurgatoryError> {
        if self.waiting.iter().any(|it| it.0 == operation) {
            return Err(PurgatoryError::Duplicate);
        }
        if self.waiting.len() == OPERATIONS_MAX {
            return Err(PurgatoryError::Full(OPERATIONS_MAX));
        }
        if keys.is_empty() {
            return Err(PurgatoryError::NoKeys);
        }
        self.waiting.push((operation, keys.iter().copied().collect(), deadline));
        self.accepted += 1;
        Ok(())
    }

    /// Ends those for which this holds; by deadline and id, or by id alone.
    fn end(&mut self, ends: impl Fn(&(u64, BTreeSet<u8>, i64)) -> bool, by_deadline: bool) -> Vec<u64> {
        let (gone, left): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(ends);
        self.waiting = left;
        self.ended += gone.len();
        let mut order: Vec<(i64, u64)> = gone
            .into_iter()
            .map(|(operation, _, deadline)| (if by_deadline { deadline } else { 0 }, operation))
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, operation)| operation).collect()
    }
}

fn ids(operations: &[OperationId]) -> Vec<u64> {
    operations.iter().map(|operation| operation.0).collect()
}

fn run(_: u64, steps: &[Step]) -> Result<(), String> {
    let mut purgatory: Purgatory<OperationId, u8> = Purgatory::new(OPERATIONS_MAX);
    let (mut model, mut now) = (Model::default(), 0);
    for step in steps {
        match step {
            Step::Watch { operation, keys, deadline } => {
                let seen = purgatory.watch(OperationId(*operation), keys.iter().copied(), Timestamp(now + deadline));
                ensure_eq!(seen, model.watch(*operation, keys, now + deadline), "{step:?}");
            }
            Step::Complete { operation } => {
                let ended = model.end(|it| it.0 == *operation, false);
                ensure_eq!(purgatory.complete(OperationId(*operation)), !ended.is_empty(), "{step:?}");
            }
            Step::CompleteAll { key } => {
                let ended = model.end(|it| it.1.contains(key), false);
                ensure_eq!(ids(&purgatory.complete_all(key)), ended, "{step:?}");
            }
            Step::Expire { ms } => {
                now += ms;
                let ended = model.end(|it| it.2 <= now, true);
                ensure_eq!(ids(&purgatory.expire(Timestamp(now))), ended, "{step:?}");
            }
        }
        ensure_eq!(purgatory.len(), model.accepted - model.ended, "how many wait after {step:?}");
        ensure_eq!(purgatory.is_empty(), model.waiting.is_empty(), "whether any waits after {step:?}");
        let next = model.waiting.iter().map(|it| it.2).min();
        ensure_eq!(purgatory.next_deadline().map(|it| it.0), next, "the next deadline after {step:?}");
        for key in 0..5 {
            let watchers: BTreeSet<u64> =
                model.waiting.iter().filter(|it| it.1.contains(&key)).map(|it| it.0).collect();
            ensure_eq!(ids(&purgatory.watchers(&key)), Vec::from_iter(watchers), "who watches {key} after {step:?}");
        }
    }
    Ok(())
}

#[test]
fn operations_end_once_and_in_time() {
    check("operations_end_once_and_in_time", 1_500, steps, run);
}

/// A report of one partition of a delayed operation.
#[derive(Clone, Copy, Debug)]
struct Report {
    partition: u8,
    bytes: u64,
}

fn reports(random: &mut Random) -> Vec<Report> {
    let report = |random: &mut Random| Report {
        partition: u8::try_from(random.below(5)).unwrap(),
        bytes: u64::try_from(random.below(30)).unwrap(),
    };
    (0..random.below(20)).map(|_| report(random)).collect()
}

/// A produce over partitions 0 to 3 and a fetch of a number of bytes that comes from the seed.
fn run_delayed(seed: u64, reports: &[Report]) -> Result<(), String> {
    let bytes_min = seed % 70;
    let mut fetch = DelayedFetch::new(bytes_min);
    let mut produce = DelayedProduce::new(0..4_u8);
    let (mut latest, mut first) = (BTreeMap::new(), BTreeMap::new());
    for report in reports {
        latest.insert(report.partition, report.bytes);
        let enough = latest.values().sum::<u64>() >= bytes_min;
        ensure_eq!(fetch.set_bytes(&report.partition, report.bytes), enough, "fetch after {report:?}");
        ensure_eq!(fetch.is_done(), enough, "fetch");
        if report.partition < 4 {
            first.entry(report.partition).or_insert(report.bytes);
        }
        ensure_eq!(produce.set(&report.partition, report.bytes), first.len() == 4, "produce after {report:?}");
        ensure_eq!(produce.is_done(), first.len() == 4, "produce");
    }
    fetch.set_urgent();
    ensure_eq!(fetch.is_done(), true, "an urgent fetch");
    let results: Vec<(u8, u64)> =
        (0..4).map(|key| (key, first.get(&key).copied().unwrap_or(1_000 + u64::from(key)))).collect();
    ensure_eq!(produce.into_results(|key| 1_000 + u64::from(*key)), results, "results");
    Ok(())
}

#[test]
fn delayed_operations_count_each_partition_once() {
    check("delayed_operations_count_each_partition_once", 2_000, reports, run_delayed);
}
