//! Places of fetches: memory for the partitions that they read, and turns at the processors for those that read many.
//!
//! Owns: how many partitions all fetches that run or wait may have together, who gives way to whom, and whose turn it is. Does not
//! own: what a fetch reads; its records, which have a budget of their own; sessions. Invariants:
//! - a place is taken before the partitions are listed, in turn, and fetches of few partitions wait for no fetch of many;
//! - a fetch that only waits for records gives way: it answers what it has when another one wants its place, the oldest first;
//! - of the fetches of many partitions one at a time is worked on, some partitions at a stretch, so that however many there are,
//!   all others have the processors but one.

use std::sync::Arc;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// What one partition of a fetch takes while that runs, with its share of the answer, in bytes.
const PARTITION_BYTES: usize = 512;
/// Fetches of no more partitions have places of their own.
const FEW_PARTITIONS: usize = 100;
/// Share of all places that these have.
const FEW_SHARE: usize = 4;
/// Partitions that a fetch goes through at a stretch.
const PARTITIONS_AT_A_STRETCH: usize = 200;

/// All places.
pub(crate) struct FetchPlaces {
    few: Arc<Class>,
    many: Arc<Class>,
    turns: Arc<Semaphore>,
}

struct Class {
    places: Arc<Semaphore>,
    places_max: u32,
    /// Tells a fetch that only waits that its place is wanted.
    give_way: Notify,
    /// Tells one that wants a place that some came free.
    freed: Notify,
}

/// The place of one fetch, given back when it is dropped.
pub(crate) struct FetchPlace {
    class: Arc<Class>,
    /// Given back before others are told.
    permit: Option<OwnedSemaphorePermit>,
    turns: Option<Arc<Semaphore>>,
}

impl Class {
    fn new(places: usize) -> Arc<Self> {
        let places_max = u32::try_from(places).unwrap_or(u32::MAX).clamp(1, 1 << 28);
        Arc::new(Self {
            places: Arc::new(Semaphore::new(places_max as usize)),
            places_max,
            give_way: Notify::new(),
            freed: Notify::new(),
        })
    }
}

impl FetchPlaces {
    /// Places in so much memory.
    pub(crate) fn new(bytes: usize) -> Self {
        let places = bytes / PARTITION_BYTES;
        let few = places / FEW_SHARE;
        Self { few: Class::new(few), many: Class::new(places - few), turns: Arc::new(Semaphore::new(1)) }
    }

    /// Waits for a place for so many partitions, or for all there are, which then are one fetch's alone. `None` only if there
    /// are no places any more.
    pub(crate) async fn take(&self, partitions: usize) -> Option<FetchPlace> {
        let is_few = partitions <= FEW_PARTITIONS;
        let class = if is_few { &self.few } else { &self.many };
        let wanted = u32::try_from(partitions).unwrap_or(u32::MAX).clamp(1, class.places_max);
        let place = |permit| FetchPlace {
            class: Arc::clone(class),
            permit: Some(permit),
            turns: (!is_few).then(|| Arc::clone(&self.turns)),
        };
        if let Ok(permit) = Arc::clone(&class.places).try_acquire_many_owned(wanted) {
            return Some(place(permit));
        }
        let mut taking = std::pin::pin!(Arc::clone(&class.places).acquire_many_owned(wanted));
        loop {
            // One for each place that comes free until there is enough.
            class.give_way.notify_one();
            tokio::select! {
                biased;
                taken = &mut taking => return taken.ok().map(place),
                () = class.freed.notified() => {}
            }
        }
    }
}

impl FetchPlace {
    /// Returns when another fetch wants the place.
    pub(crate) async fn is_wanted(&self) {
        self.class.give_way.notified().await;
    }

    /// The way through the fetch's partitions.
    pub(crate) fn stretches(&self) -> Stretches {
        Stretches { turns: self.turns.clone(), turn: None, left: PARTITIONS_AT_A_STRETCH }
    }
}

impl Drop for FetchPlace {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.class.freed.notify_one();
    }
}

/// Goes through the partitions of a fetch, and lets others go on in between.
pub(crate) struct Stretches {
    turns: Option<Arc<Semaphore>>,
    turn: Option<OwnedSemaphorePermit>,
    left: usize,
}

impl Stretches {
    /// Before each partition: a fetch of many waits for its turn, and for the next one after some partitions.
    pub(crate) async fn next(&mut self) {
        if self.left == 0 {
            self.rest();
            tokio::task::yield_now().await;
        }
        self.left -= 1;
        if let (Some(turns), None) = (&self.turns, &self.turn) {
            // It is never closed, so that there always is a turn in the end.
            self.turn = Arc::clone(turns).acquire_owned().await.ok();
        }
    }

    /// Before whatever takes time but no processor: others have their turn meanwhile.
    pub(crate) fn rest(&mut self) {
        self.turn = None;
        self.left = PARTITIONS_AT_A_STRETCH;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::poll;

    use super::*;

    /// Three hundred places for many, and a hundred for few.
    fn places() -> FetchPlaces {
        let places = FetchPlaces::new(400 * PARTITION_BYTES);
        assert_eq!((places.few.places_max, places.many.places_max), (100, 300));
        places
    }

    #[tokio::test]
    async fn who_only_waits_gives_way_one_after_the_other_until_there_is_enough() {
        let places = places();
        let mut waiting = Vec::new();
        for _ in 0..10 {
            waiting.push(places.take(10).await.unwrap());
        }
        let parked: Vec<_> = waiting
            .into_iter()
            .map(|place| {
                tokio::spawn(async move {
                    place.is_wanted().await;
                    // As a fetch that answers.
                    tokio::task::yield_now().await;
                    drop(place);
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let taken = tokio::time::timeout(Duration::from_secs(20), places.take(35)).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
        let gone: Vec<bool> = parked.iter().map(tokio::task::JoinHandle::is_finished).collect();
        assert!(gone[..4].iter().all(|gone| *gone), "the oldest go: {gone:?}");
        assert!(gone[6..].iter().all(|gone| !gone), "no more than are needed: {gone:?}");
        drop(taken);
        parked.iter().for_each(tokio::task::JoinHandle::abort);
    }

    #[tokio::test]
    async fn who_wants_more_than_there_is_has_all_alone_and_keeps_no_fetch_of_few_out() {
        let places = places();
        let first = places.take(101).await.unwrap();
        let mut all = Box::pin(places.take(10_000));
        assert!(poll!(&mut all).is_pending());
        assert!(places.take(100).await.is_some(), "few partitions have places of their own");
        let mut next = Box::pin(places.take(101));
        assert!(poll!(&mut next).is_pending(), "it waits its turn, though there is room");
        drop(first);
        let Some(all) = all.await else { panic!("all places are free") };
        assert!(poll!(&mut next).is_pending());
        drop(all);
        assert!(next.await.is_some());
    }

    #[tokio::test]
    async fn fetches_of_many_partitions_take_turns() {
        let places = FetchPlaces::new(1 << 20);
        let (first, second) = (places.take(500).await.unwrap(), places.take(500).await.unwrap());
        let few = places.take(1).await.unwrap();
        let (mut first, mut second, mut few) = (first.stretches(), second.stretches(), few.stretches());
        first.next().await;
        let mut waits = Box::pin(second.next());
        assert!(poll!(&mut waits).is_pending());
        few.next().await;
        for _ in 1..PARTITIONS_AT_A_STRETCH {
            first.next().await;
        }
        {
            let mut goes_on = Box::pin(first.next());
            assert!(poll!(&mut goes_on).is_pending(), "others go on after a stretch");
            assert!(poll!(&mut waits).is_ready(), "and the next in turn is worked on");
            assert!(poll!(&mut goes_on).is_pending());
        }
        drop(waits);
        second.rest();
        first.next().await;
    }
}
