//! How far one follower is, as its fetches tell the leader.
//!
//! Owns: log end, durable end and caught-up time of a replica. Does not own: what follows from them (`isr.rs`,
//! `high_watermark.rs`).
//!
//! A replica is caught up at a time when all that the leader's log held at that time is durable on the replica. Flushes take
//! longer than fetches, so the leader remembers one *mark* (its log end at some time) until the durable end reaches it, and
//! only then takes the next: the caught-up time trails by two flushes at most, however fast fetches come.
//!
//! Invariant: durable end ≤ log end.

use strata_compat::ids::{BrokerEpoch, Offset, Timestamp};

/// What one fetch tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) log_end: Offset,
    pub(super) durable_end: Offset,
    pub(super) broker_epoch: BrokerEpoch,
}

/// How far one follower is. It has no offsets until its first fetch in this leader epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplicaProgress {
    log_end: Option<Offset>,
    durable_end: Option<Offset>,
    broker_epoch: BrokerEpoch,
    caught_up_at: Timestamp,
    mark: Option<(Offset, Timestamp)>,
}

impl ReplicaProgress {
    /// A replica at the start of a leader epoch; members of the ISR get a full lag time before they may be dropped.
    pub(super) const fn new(caught_up_at: Timestamp) -> Self {
        Self { log_end: None, durable_end: None, broker_epoch: BrokerEpoch::NONE, caught_up_at, mark: None }
    }

    /// End of its log, as far as it is known.
    #[must_use]
    pub const fn log_end(&self) -> Option<Offset> {
        self.log_end
    }

    /// End of what is on its stable storage, as far as it is known.
    #[must_use]
    pub const fn durable_end(&self) -> Option<Offset> {
        self.durable_end
    }

    /// Epoch that its broker fetches with.
    #[must_use]
    pub const fn broker_epoch(&self) -> BrokerEpoch {
        self.broker_epoch
    }

    /// When it last held durably all that the leader had.
    #[must_use]
    pub const fn caught_up_at(&self) -> Timestamp {
        self.caught_up_at
    }

    pub(super) fn handle_fetch(&mut self, progress: Progress, leader_end: Offset, now: Timestamp) {
        self.log_end = Some(progress.log_end);
        self.durable_end = Some(progress.durable_end);
        self.broker_epoch = progress.broker_epoch;
        if progress.durable_end >= leader_end {
            self.caught_up_at = self.caught_up_at.max(now);
            self.mark = None;
            return;
        }
        match self.mark {
            Some((end, at)) if progress.durable_end >= end => {
                self.caught_up_at = self.caught_up_at.max(at);
                self.mark = Some((leader_end, now));
            }
            Some(_) => {}
            None => self.mark = Some((leader_end, now)),
        }
    }

    /// Whether it holds all that the leader has, or did so not longer than `lag_ms` ago.
    pub(super) fn is_caught_up(&self, leader_end: Offset, now: Timestamp, lag_ms: i64) -> bool {
        self.durable_end == Some(leader_end) || now.ms_since(self.caught_up_at) <= lag_ms
    }

    /// First time at which it is no longer caught up if nothing is heard of it; `None` while it holds everything.
    pub(super) fn lags_at(&self, leader_end: Offset, lag_ms: i64) -> Option<Timestamp> {
        (self.durable_end != Some(leader_end)).then(|| self.caught_up_at.plus_ms(lag_ms).plus_ms(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(replica: &mut ReplicaProgress, durable_end: i64, leader_end: i64, now: i64) {
        let broker_epoch = BrokerEpoch(3);
        let progress = Progress { log_end: Offset(durable_end + 1), durable_end: Offset(durable_end), broker_epoch };
        replica.handle_fetch(progress, Offset(leader_end), Timestamp(now));
    }

    #[test]
    fn nothing_is_known_before_the_first_fetch() {
        let mut replica = ReplicaProgress::new(Timestamp(7));
        assert_eq!((replica.log_end(), replica.durable_end()), (None, None));
        assert_eq!((replica.broker_epoch(), replica.caught_up_at()), (BrokerEpoch::NONE, Timestamp(7)));
        fetched(&mut replica, 5, 10, 8);
        assert_eq!((replica.log_end(), replica.durable_end()), (Some(Offset(6)), Some(Offset(5))));
        assert_eq!((replica.broker_epoch(), replica.caught_up_at()), (BrokerEpoch(3), Timestamp(7)));
    }

    #[test]
    fn caught_up_time_is_that_of_the_mark_which_the_durable_end_has_reached() {
        let mut replica = ReplicaProgress::new(Timestamp(0));
        // (durable end, leader's end, time) → caught up at
        let fetches = [
            ((5, 10, 1), 0),
            ((9, 20, 5), 0),
            ((10, 20, 7), 1),
            ((19, 25, 8), 1),
            ((21, 30, 9), 7),
            ((30, 30, 12), 12),
            // The mark is gone: the next one is taken anew.
            ((31, 40, 14), 12),
            ((40, 50, 15), 14),
            ((60, 55, 16), 16),
        ];
        for ((durable_end, leader_end, now), caught_up_at) in fetches {
            fetched(&mut replica, durable_end, leader_end, now);
            assert_eq!(replica.caught_up_at(), Timestamp(caught_up_at), "at {now}");
        }
    }

    #[test]
    fn a_silent_replica_lags_one_millisecond_after_the_lag_time() {
        let mut replica = ReplicaProgress::new(Timestamp(0));
        fetched(&mut replica, 30, 30, 12);
        assert_eq!(replica.lags_at(Offset(30), 10), None, "it holds everything");
        assert!(replica.is_caught_up(Offset(30), Timestamp(9_000), 10));
        let lags_at = replica.lags_at(Offset(31), 10).unwrap();
        assert_eq!(lags_at, Timestamp(23));
        assert!(replica.is_caught_up(Offset(31), Timestamp(22), 10));
        assert!(!replica.is_caught_up(Offset(31), lags_at, 10));
    }
}
