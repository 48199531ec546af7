//! Which partition works next: classes, fairness, budgets, and waits after failures.
//!
//! Owns: the queue, as pure state. Does not own: what a partition does (`partition_tiering.rs`), byte permits (`copier.rs`).
//! Invariants: a partition is queued or running at most once; uploads never take the slots of housekeeping.

use std::collections::{BTreeMap, VecDeque};

use strata_compat::ids::TopicIdPartition;

/// How urgent a partition's next work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkClass {
    /// A page, or a record that has waited for the longest time allowed.
    Critical,
    /// More than one object is waiting.
    CatchingUp,
    /// One full or closed range.
    Normal,
    /// Retention and deletion.
    Housekeeping,
}

const UPLOADS: [WorkClass; 3] = [WorkClass::Critical, WorkClass::CatchingUp, WorkClass::Normal];
/// Whose turn it is: no class starves.
const TURNS: [WorkClass; 6] = [
    WorkClass::Critical,
    WorkClass::CatchingUp,
    WorkClass::Critical,
    WorkClass::Normal,
    WorkClass::Critical,
    WorkClass::CatchingUp,
];
/// Retentions and deletions at once.
const HOUSEKEEPING_MAX: usize = 2;

/// The queue of all partitions of a broker.
#[derive(Debug)]
pub struct UploadScheduler {
    queues: BTreeMap<WorkClass, VecDeque<TopicIdPartition>>,
    queued: BTreeMap<TopicIdPartition, WorkClass>,
    running: BTreeMap<TopicIdPartition, WorkClass>,
    concurrency: usize,
    turn: usize,
}

impl UploadScheduler {
    /// A queue that lets so many uploads run at once.
    #[must_use]
    pub const fn new(concurrency: usize) -> Self {
        Self { queues: BTreeMap::new(), queued: BTreeMap::new(), running: BTreeMap::new(), concurrency, turn: 0 }
    }

    /// Puts the partition at the end of its class, unless it is running or waits there already.
    pub fn submit(&mut self, partition: TopicIdPartition, class: WorkClass) {
        if self.running.contains_key(&partition) || self.queued.get(&partition) == Some(&class) {
            return;
        }
        self.unqueue(partition);
        self.queued.insert(partition, class);
        self.queues.entry(class).or_default().push_back(partition);
    }

    /// The next partition to work, which then runs.
    pub fn take_next(&mut self) -> Option<(TopicIdPartition, WorkClass)> {
        let housekeeping = self.running.values().filter(|class| **class == WorkClass::Housekeeping).count();
        let uploads = self.running.len() - housekeeping;
        let class = if uploads < self.concurrency { self.upload_class() } else { None };
        let class = class.or_else(|| {
            (housekeeping < HOUSEKEEPING_MAX && self.has(WorkClass::Housekeeping)).then_some(WorkClass::Housekeeping)
        })?;
        let partition = self.queues.get_mut(&class)?.pop_front()?;
        self.queued.remove(&partition);
        self.running.insert(partition, class);
        Some((partition, class))
    }

    fn has(&self, class: WorkClass) -> bool {
        self.queues.get(&class).is_some_and(|queue| !queue.is_empty())
    }

    fn upload_class(&mut self) -> Option<WorkClass> {
        let favoured = TURNS[self.turn % TURNS.len()];
        let order = std::iter::once(favoured).chain(UPLOADS);
        let class = order.into_iter().find(|class| self.has(*class))?;
        self.turn = self.turn.wrapping_add(1);
        Some(class)
    }

    /// The partition's work has ended; it may be queued again.
    pub fn finished(&mut self, partition: TopicIdPartition) {
        self.running.remove(&partition);
    }

    /// The partition is not to work any more. What runs goes on until it ends.
    pub fn remove(&mut self, partition: TopicIdPartition) {
        self.unqueue(partition);
    }

    fn unqueue(&mut self, partition: TopicIdPartition) {
        if let Some(class) = self.queued.remove(&partition)
            && let Some(queue) = self.queues.get_mut(&class)
        {
            queue.retain(|queued| *queued != partition);
        }
    }
}

/// Wait before the next try after so many failures in a row: doubles, with jitter between half and all of it.
#[must_use]
pub fn backoff_ms(failures: u32, min_ms: u64, max_ms: u64, random: u64) -> u64 {
    let doubled = min_ms.saturating_mul(1_u64.checked_shl(failures.saturating_sub(1).min(32)).unwrap_or(u64::MAX));
    let whole = doubled.min(max_ms).max(1);
    whole - random % (whole / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use WorkClass::{CatchingUp, Critical, Housekeeping, Normal};
    use strata_compat::ids::{PartitionId, TopicId};

    fn partition(index: i32) -> TopicIdPartition {
        TopicIdPartition { topic_id: TopicId::ZERO, partition: PartitionId(index) }
    }

    #[test]
    fn uploads_are_bounded_and_fair_within_a_class() {
        let mut scheduler = UploadScheduler::new(2);
        for index in 0..3 {
            scheduler.submit(partition(index), Normal);
            scheduler.submit(partition(index), Normal);
        }
        assert_eq!(scheduler.take_next(), Some((partition(0), Normal)));
        assert_eq!(scheduler.take_next(), Some((partition(1), Normal)));
        assert_eq!(scheduler.take_next(), None);
        scheduler.submit(partition(0), Normal);
        scheduler.finished(partition(0));
        scheduler.submit(partition(0), Normal);
        assert_eq!(scheduler.take_next(), Some((partition(2), Normal)), "one that has had its turn goes to the end");
    }

    #[test]
    fn critical_goes_first_and_no_class_starves() {
        let mut scheduler = UploadScheduler::new(1);
        let mut taken: BTreeMap<WorkClass, usize> = BTreeMap::new();
        for index in 0..60 {
            scheduler.submit(partition(index), [Critical, CatchingUp, Normal][usize::try_from(index % 3).unwrap()]);
        }
        for _ in 0..30 {
            let (next, class) = scheduler.take_next().unwrap();
            *taken.entry(class).or_default() += 1;
            scheduler.finished(next);
        }
        assert_eq!(taken, BTreeMap::from([(Critical, 15), (CatchingUp, 10), (Normal, 5)]));
    }

    #[test]
    fn housekeeping_has_slots_of_its_own() {
        let mut scheduler = UploadScheduler::new(1);
        scheduler.submit(partition(0), Critical);
        scheduler.submit(partition(1), Critical);
        for index in 2..5 {
            scheduler.submit(partition(index), Housekeeping);
        }
        let taken: Vec<WorkClass> = std::iter::from_fn(|| scheduler.take_next()).map(|(_, class)| class).collect();
        assert_eq!(taken, [Critical, Housekeeping, Housekeeping]);
    }

    #[test]
    fn class_may_rise_and_a_removed_partition_is_not_taken() {
        let mut scheduler = UploadScheduler::new(1);
        scheduler.submit(partition(0), Normal);
        scheduler.submit(partition(0), Critical);
        scheduler.submit(partition(1), Normal);
        scheduler.remove(partition(1));
        assert_eq!(scheduler.take_next(), Some((partition(0), Critical)));
        scheduler.finished(partition(0));
        assert_eq!(scheduler.take_next(), None);
    }

    #[test]
    fn backoff_doubles_with_jitter_up_to_its_limit() {
        for (failures, whole) in [(1, 500), (2, 1000), (3, 2000), (7, 30_000), (u32::MAX, 30_000)] {
            assert_eq!(backoff_ms(failures, 500, 30_000, 0), whole);
            for random in [1, 77, u64::MAX] {
                let wait = backoff_ms(failures, 500, 30_000, random);
                assert!(wait >= whole / 2 && wait <= whole, "{wait} of {whole}");
            }
        }
    }
}
