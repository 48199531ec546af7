//! One load per missing key, detached from those who wait for it.
//!
//! Owns: the table of loads under way. Does not own: the loads themselves or where their values are kept.
//! Invariants: at most one ticket per key is out, and at most `flights_max` in all; whoever holds the ticket answers every
//! waiter, with a value or a failure, and dropping it answers with [`FlightError::Abandoned`]; a failure is told to those
//! who wait for it now and is not remembered. A waiter that goes away stops nothing.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;

/// Why a load gave no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightError<E> {
    /// As many loads as allowed are under way.
    #[error("too many loads are under way")]
    Busy,
    /// The load ended without an answer (its task was cancelled or failed).
    #[error("the load was abandoned")]
    Abandoned,
    /// The load failed.
    #[error("{0}")]
    Failed(E),
}

type Outcome<V, E> = Option<Result<V, E>>;
type Table<K, V, E> = Arc<Mutex<HashMap<K, watch::Receiver<Outcome<V, E>>>>>;

/// Loads under way, by key; clones share them.
pub struct SingleFlight<K, V, E> {
    table: Table<K, V, E>,
    flights_max: usize,
}

impl<K, V, E> Clone for SingleFlight<K, V, E> {
    fn clone(&self) -> Self {
        Self { table: Arc::clone(&self.table), flights_max: self.flights_max }
    }
}

impl<K, V, E> fmt::Debug for SingleFlight<K, V, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SingleFlight").field("flights_max", &self.flights_max).finish_non_exhaustive()
    }
}

/// Who loads a key.
#[derive(Debug)]
pub enum Claim<K: Eq + Hash, V, E> {
    /// The caller: it must answer through the ticket.
    Mine(Ticket<K, V, E>),
    /// Somebody else already does.
    Joined(Waiter<V, E>),
}

/// The duty to answer all who wait for a key.
pub struct Ticket<K: Eq + Hash, V, E> {
    key: K,
    table: Table<K, V, E>,
    sender: watch::Sender<Outcome<V, E>>,
    is_listed: bool,
}

/// Waits for somebody's load.
pub struct Waiter<V, E> {
    receiver: watch::Receiver<Outcome<V, E>>,
}

impl<K, V, E> SingleFlight<K, V, E>
where
    K: Clone + Eq + Hash,
    V: Clone,
    E: Clone,
{
    /// An empty table for at most `flights_max` loads at once.
    #[must_use]
    pub fn new(flights_max: usize) -> Self {
        Self { table: Arc::default(), flights_max }
    }

    /// Takes the load of `key`, or joins the one under way.
    pub fn claim(&self, key: K) -> Result<Claim<K, V, E>, FlightError<E>> {
        let mut table = self.table.lock();
        if let Some(receiver) = table.get(&key) {
            return Ok(Claim::Joined(Waiter { receiver: receiver.clone() }));
        }
        if table.len() >= self.flights_max {
            return Err(FlightError::Busy);
        }
        let (sender, receiver) = watch::channel(None);
        table.insert(key.clone(), receiver);
        drop(table);
        Ok(Claim::Mine(Ticket { key, table: Arc::clone(&self.table), sender, is_listed: true }))
    }

    /// Whether a load of `key` is under way.
    #[must_use]
    pub fn is_loading(&self, key: &K) -> bool {
        self.table.lock().contains_key(key)
    }

    /// Loads under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.lock().len()
    }

    /// Whether no load is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K, V, E> SingleFlight<K, V, E>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
    E: Clone + Send + Sync + 'static,
{
    /// Joins the load of `key`, or starts `load` as a task of its own on `runtime`, which goes on if this waiter leaves.
    pub fn run<F>(&self, runtime: &Handle, key: K, load: impl FnOnce() -> F) -> Result<Waiter<V, E>, FlightError<E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        match self.claim(key)? {
            Claim::Joined(waiter) => Ok(waiter),
            Claim::Mine(ticket) => {
                let waiter = ticket.waiter();
                let load = load();
                runtime.spawn(async move { ticket.complete(load.await) });
                Ok(waiter)
            }
        }
    }
}

impl<K: Eq + Hash, V, E> Ticket<K, V, E> {
    /// The key to load.
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// Waits for this very load.
    #[must_use]
    pub fn waiter(&self) -> Waiter<V, E> {
        Waiter { receiver: self.sender.subscribe() }
    }

    /// Answers all who wait. Put the value where later readers look for it before calling this.
    pub fn complete(mut self, outcome: Result<V, E>) {
        // Off the table first: whoever asks from now on begins anew and joins no load that has ended.
        self.unlist();
        self.sender.send_replace(Some(outcome));
    }

    fn unlist(&mut self) {
        // Once only: by the second time the key may be somebody else's.
        if std::mem::take(&mut self.is_listed) {
            self.table.lock().remove(&self.key);
        }
    }
}

impl<K: Eq + Hash, V, E> Drop for Ticket<K, V, E> {
    fn drop(&mut self) {
        self.unlist();
    }
}

impl<V: Clone, E: Clone> Waiter<V, E> {
    /// Waits until the load has ended. Cancelling this stops nothing.
    pub async fn wait(mut self) -> Result<V, FlightError<E>> {
        match self.receiver.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(Ok(value))) => Ok(value.clone()),
            Ok(Some(Err(error))) => Err(FlightError::Failed(error.clone())),
            Ok(None) | Err(_) => Err(FlightError::Abandoned),
        }
    }
}

impl<K: Eq + Hash + fmt::Debug, V, E> fmt::Debug for Ticket<K, V, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ticket").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<V, E> fmt::Debug for Waiter<V, E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Waiter").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    type Flights = SingleFlight<u32, u32, String>;

    async fn count_and_wait(loads: Arc<AtomicUsize>, released: oneshot::Receiver<()>) -> Result<u32, String> {
        loads.fetch_add(1, Ordering::SeqCst);
        released.await.unwrap();
        Ok(42)
    }

    #[tokio::test]
    async fn many_askers_share_one_load() {
        let flights = Flights::new(8);
        let loads = Arc::new(AtomicUsize::new(0));
        let (release, released) = oneshot::channel::<()>();
        let mut released = Some(released);
        let mut waiters = Vec::new();
        for _ in 0..20 {
            let load = || {
                let loads = Arc::clone(&loads);
                let released = released.take().unwrap();
                count_and_wait(loads, released)
            };
            waiters.push(flights.run(&Handle::current(), 7, load).unwrap());
        }
        release.send(()).unwrap();
        for waiter in waiters {
            assert_eq!(waiter.wait().await, Ok(42));
        }
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        assert!(flights.is_empty());
    }

    #[tokio::test]
    async fn a_load_outlives_the_asker() {
        let flights = Flights::new(8);
        let (release, released) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let waiter = flights
            .run(&Handle::current(), 1, || async move {
                released.await.unwrap();
                done.send(()).unwrap();
                Ok(1)
            })
            .unwrap();
        drop(waiter);
        release.send(()).unwrap();
        finished.await.unwrap();
    }

    #[tokio::test]
    async fn a_failure_reaches_every_waiter_and_is_not_remembered() {
        let flights = Flights::new(8);
        let Claim::Mine(ticket) = flights.claim(1).unwrap() else { panic!("first claim") };
        let Claim::Joined(second) = flights.claim(1).unwrap() else { panic!("second claim") };
        let first = ticket.waiter();
        ticket.complete(Err("away".into()));
        assert_eq!(first.wait().await, Err(FlightError::Failed("away".into())));
        assert_eq!(second.wait().await, Err(FlightError::Failed("away".into())));
        assert!(matches!(flights.claim(1).unwrap(), Claim::Mine(_)));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_asks_after_a_failure_was_told_loads_anew() {
        let flights = Flights::new(8);
        for round in 0..2000 {
            let failing = flights.run(&Handle::current(), 1, || async { Err("away".into()) });
            assert!(failing.unwrap().wait().await.is_err());
            let healed = flights.run(&Handle::current(), 1, || async move { Ok(round) });
            assert_eq!(healed.unwrap().wait().await, Ok(round));
        }
    }

    #[tokio::test]
    async fn a_dropped_ticket_is_told_and_loads_are_bounded() {
        let flights = Flights::new(1);
        let Claim::Mine(ticket) = flights.claim(1).unwrap() else { panic!("first claim") };
        assert_eq!(flights.claim(2).unwrap_err(), FlightError::Busy);
        assert!(flights.is_loading(&1));
        let waiter = ticket.waiter();
        drop(ticket);
        assert_eq!(waiter.wait().await, Err(FlightError::Abandoned));
        assert!(matches!(flights.claim(2).unwrap(), Claim::Mine(_)));
    }
}
