//! Leader epochs against a list that knows the epoch of every single offset.

use std::collections::BTreeMap;

use strata_compat::ids::{LeaderEpoch, Offset};

use super::{Random, check, ensure_eq};
use crate::invariants;
use crate::leader_epoch::LeaderEpochCache;
use crate::replication::{DivergingEpoch, diverging_epoch, truncation_offset};

/// Offsets of the log that is modelled.
const OFFSETS: i64 = 60;
const EPOCHS: i32 = 9;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A leader of this epoch appends so many records; `jump` more offsets are missing in front of them.
    Append {
        epochs_later: i32,
        records: i64,
        jump: i64,
    },
    /// Not what a log does, but what a damaged checkpoint may say.
    Assign {
        epoch: i32,
        start: i64,
    },
    CutEnd {
        offset: i64,
    },
    CutStart {
        offset: i64,
    },
    Reload,
    Clear,
}

fn steps(random: &mut Random) -> Vec<Step> {
    let count = 1 + random.below(40);
    let strange = random.one_in(3);
    (0..count).map(|_| step(random, strange)).collect()
}

fn step(random: &mut Random, strange: bool) -> Step {
    match random.below(20) {
        0..=9 => Step::Append {
            epochs_later: random.pick(&[0, 0, 1, 1, 2]),
            records: 1 + random.number(6),
            jump: random.pick(&[0, 0, 0, 3]),
        },
        10..=12 if strange => Step::Assign { epoch: random.small(EPOCHS + 1) - 1, start: random.number(OFFSETS) - 1 },
        10..=14 => Step::CutEnd { offset: random.number(OFFSETS) },
        15..=17 => Step::CutStart { offset: random.number(OFFSETS) },
        18 => Step::Reload,
        _ => Step::Clear,
    }
}

/// Where each epoch begins, and nothing clever.
#[derive(Default)]
struct Model {
    starts: BTreeMap<i32, i64>,
    log_end: i64,
}

impl Model {
    /// What stands against a batch of `epoch` at `start` is not in the log any more.
    fn assign(&mut self, epoch: i32, start: i64) -> bool {
        if epoch < 0 || start < 0 {
            return false;
        }
        let newest = self.starts.keys().next_back().copied();
        if newest == Some(epoch) && self.starts[&epoch] <= start {
            return false;
        }
        self.starts.retain(|known, known_start| *known < epoch && *known_start < start);
        self.starts.insert(epoch, start);
        true
    }

    fn epoch_at(&self, offset: i64) -> Option<i32> {
        self.starts.iter().filter(|(_, start)| **start <= offset).map(|(epoch, _)| *epoch).max()
    }

    fn end_of(&self, requested: i32) -> Option<(i32, i64)> {
        let newest = *self.starts.keys().next_back()?;
        if requested < 0 || requested > newest {
            return None;
        }
        if requested == newest {
            return Some((requested, self.log_end));
        }
        let next = self.starts.iter().find(|(epoch, _)| **epoch > requested).map(|(_, start)| *start)?;
        let own = self.starts.keys().filter(|epoch| **epoch <= requested).max();
        Some((own.copied().unwrap_or(requested), next))
    }

    fn cut_end(&mut self, end: i64) -> bool {
        let before = self.starts.len();
        self.starts.retain(|_, start| *start < end);
        before != self.starts.len()
    }

    fn cut_start(&mut self, log_start: i64) -> bool {
        let before = self.starts.clone();
        if let Some(covering) = self.epoch_at(log_start) {
            self.starts.retain(|epoch, _| *epoch >= covering);
            self.starts.insert(covering, log_start);
        }
        before != self.starts
    }

    fn list(&self) -> Vec<(i32, i64)> {
        self.starts.iter().map(|(epoch, start)| (*epoch, *start)).collect()
    }
}

fn listed(entries: &[(LeaderEpoch, Offset)]) -> Vec<(i32, i64)> {
    entries.iter().map(|(epoch, start)| (epoch.0, start.0)).collect()
}

fn compare(cache: &LeaderEpochCache, model: &Model) -> Result<(), String> {
    let list = model.list();
    ensure_eq!(listed(cache.entries()), list, "entries");
    ensure_eq!(invariants::epochs_grow(cache.entries()), true, "growth");
    ensure_eq!(cache.latest().map(|it| (it.0.0, it.1.0)), list.last().copied(), "latest");
    ensure_eq!(cache.earliest().map(|it| (it.0.0, it.1.0)), list.first().copied(), "earliest");
    for epoch in -1..EPOCHS + 30 {
        let end = cache.end_offset_for(LeaderEpoch(epoch), Offset(model.log_end));
        ensure_eq!(end.map(|it| (it.0.0, it.1.0)), model.end_of(epoch), "end of epoch {epoch}");
        let start = cache.start_offset_of(LeaderEpoch(epoch)).map(|start| start.0);
        ensure_eq!(start, model.starts.get(&epoch).copied(), "start of epoch {epoch}");
        let previous = model.starts.keys().filter(|known| **known < epoch).max().copied();
        ensure_eq!(cache.previous_epoch(LeaderEpoch(epoch)).map(|it| it.0), previous, "epoch before {epoch}");
    }
    for offset in 0..OFFSETS {
        ensure_eq!(cache.epoch_for(Offset(offset)).map(|it| it.0), model.epoch_at(offset), "epoch at {offset}");
    }
    for (from, to) in [(0, OFFSETS), (7, 20), (20, 50), (30, 31)] {
        let mut part = Model { starts: model.starts.clone(), log_end: model.log_end };
        part.cut_end(to);
        part.cut_start(from);
        ensure_eq!(listed(&cache.entries_in(Offset(from), Offset(to))), part.list(), "entries in {from}..{to}");
    }
    Ok(())
}

fn run(_: u64, steps: &[Step]) -> Result<(), String> {
    let (mut cache, mut model) = (LeaderEpochCache::new(), Model::default());
    for step in steps {
        let (seen, expected) = match *step {
            Step::Append { epochs_later, records, jump } => {
                let epoch = model.starts.keys().next_back().copied().unwrap_or(0) + epochs_later;
                let start = model.log_end + jump;
                model.log_end = start + records;
                (cache.assign(LeaderEpoch(epoch), Offset(start)), model.assign(epoch, start))
            }
            Step::Assign { epoch, start } => {
                model.log_end = model.log_end.max(start);
                (cache.assign(LeaderEpoch(epoch), Offset(start)), model.assign(epoch, start))
            }
            Step::CutEnd { offset } => {
                model.log_end = model.log_end.min(offset);
                (cache.truncate_from_end(Offset(offset)), model.cut_end(offset))
            }
            Step::CutStart { offset } => {
                model.log_end = model.log_end.max(offset);
                (cache.truncate_from_start(Offset(offset)), model.cut_start(offset))
            }
            Step::Reload => {
                cache = LeaderEpochCache::from_entries(cache.entries().to_vec());
                (true, true)
            }
            Step::Clear => {
                cache.clear();
                model.starts.clear();
                (true, true)
            }
        };
        ensure_eq!(seen, expected, "whether {step:?} changed anything");
        compare(&cache, &model).map_err(|difference| format!("{step:?}: {difference}"))?;
    }
    Ok(())
}

#[test]
fn epochs_are_what_a_list_of_their_starts_says() {
    check("epochs_are_what_a_list_of_their_starts_says", 2_000, steps, run);
}

/// A log as the epoch of each of its records. A leader alone gives an epoch its records, so equal epochs at the same offset
/// mean equal records, and equal records before.
#[derive(Clone, Debug)]
struct Logs {
    leader: Vec<i32>,
    follower: Vec<i32>,
}

fn epochs_of(log: &[i32]) -> LeaderEpochCache {
    LeaderEpochCache::from_entries((0..).zip(log).map(|(offset, epoch)| (LeaderEpoch(*epoch), Offset(offset))))
}

fn length(log: &[i32]) -> Offset {
    Offset(i64::try_from(log.len()).unwrap())
}

/// Epochs that go over a prefix that both have, then go apart: an epoch has one leader, so each has its own.
fn logs(random: &mut Random) -> Vec<Logs> {
    let mut epoch = 0;
    let mut extend = |random: &mut Random, log: &mut Vec<i32>, step: i32| {
        for _ in 0..random.below(4) {
            epoch += step + random.small(2);
            log.extend(vec![epoch; 1 + random.below(5)]);
        }
    };
    let mut leader = Vec::new();
    extend(random, &mut leader, 1);
    let shared = random.below(leader.len() + 1);
    let mut follower = leader[..shared].to_vec();
    // Either may have led since, more than once and in turns; neither knows the other's epochs.
    for _ in 0..random.below(3) {
        extend(random, &mut follower, 1);
        extend(random, &mut leader, 1);
    }
    vec![Logs { leader, follower }]
}

/// The follower asks until the leader finds no difference. Cut is never more than what differs, and what is left is the
/// leader's.
fn converge(_: u64, steps: &[Logs]) -> Result<(), String> {
    for Logs { leader, follower } in steps {
        let common = leader.iter().zip(follower).take_while(|(one, other)| one == other).count();
        let leader_epochs = epochs_of(leader);
        let mut log = follower.clone();
        let mut rounds = 0;
        loop {
            let epochs = epochs_of(&log);
            let last = epochs.latest().map_or(LeaderEpoch::NONE, |latest| latest.0);
            let Some(diverging) = diverging_epoch(&leader_epochs, last, length(&log), length(leader)) else { break };
            let DivergingEpoch { epoch, end_offset } = diverging;
            ensure_eq!(
                epoch <= last || last < LeaderEpoch(0),
                leader_epochs.latest().is_none_or(|it| epoch <= it.0),
                "epoch told"
            );
            ensure_eq!(end_offset <= length(leader), true, "end told");
            let cut = truncation_offset(&epochs, diverging, length(&log));
            ensure_eq!(cut < length(&log), true, "progress at {log:?}");
            log.truncate(usize::try_from(cut.0).unwrap());
            rounds += 1;
        }
        if !leader.is_empty() {
            ensure_eq!(log, follower[..common].to_vec(), "what is left after {rounds} rounds");
        }
    }
    Ok(())
}

#[test]
fn a_follower_cuts_exactly_what_its_leader_does_not_have() {
    check("a_follower_cuts_exactly_what_its_leader_does_not_have", 20_000, logs, converge);
}
