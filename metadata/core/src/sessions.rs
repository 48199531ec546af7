//! Which brokers are alive, as the active controller sees it. It lives in that controller's memory; what follows from it
//! (fencing) is a command.
//!
//! Owns: times of last contact. Does not own: clocks (`now` is passed in), registrations (the image).
//! A crash, or another active controller, begins with a full session for each unfenced broker.

use std::collections::BTreeMap;

use strata_compat::ids::{BrokerEpoch, BrokerId, Timestamp};

use crate::image::Image;

#[derive(Clone, Copy, Debug)]
struct Session {
    epoch: BrokerEpoch,
    ends: Timestamp,
    /// Whether the broker itself was heard, and not only assumed alive when this controller became active.
    heard: bool,
}

/// Sessions of all brokers that are not fenced.
#[derive(Clone, Debug)]
pub struct Sessions {
    timeout_ms: i64,
    sessions: BTreeMap<BrokerId, Session>,
}

impl Sessions {
    /// Sessions at the moment in which this controller becomes active.
    #[must_use]
    pub fn start(image: &Image, timeout_ms: i64, now: Timestamp) -> Self {
        let session = |epoch| Session { epoch, ends: now.plus_ms(timeout_ms), heard: false };
        let sessions = image.brokers.alive().map(|broker| (broker.broker, session(broker.epoch))).collect();
        Self { timeout_ms, sessions }
    }

    /// The broker was heard in this registration.
    pub fn touch(&mut self, broker: BrokerId, epoch: BrokerEpoch, now: Timestamp) {
        let ends = now.plus_ms(self.timeout_ms);
        let session = self.sessions.entry(broker).or_insert(Session { epoch, ends, heard: true });
        if session.epoch <= epoch {
            *session = Session { epoch, ends: ends.max(session.ends), heard: true };
        }
    }

    /// The broker is gone, fenced or shut down: it has no session any more.
    pub fn remove(&mut self, broker: BrokerId) {
        self.sessions.remove(&broker);
    }

    /// Whether the broker was heard within the session time: then another process of its id is a duplicate.
    #[must_use]
    pub fn was_heard(&self, broker: BrokerId, now: Timestamp) -> bool {
        self.sessions.get(&broker).is_some_and(|session| session.heard && now < session.ends)
    }

    /// Brokers whose session is over, with their registrations: they are to be fenced.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = (BrokerId, BrokerEpoch)> {
        self.sessions
            .iter()
            .filter(move |(_, session)| session.ends <= now)
            .map(|(broker, session)| (*broker, session.epoch))
    }

    /// When the next session ends.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Timestamp> {
        self.sessions.values().map(|session| session.ends).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::brokers::BrokerChange;
    use crate::command::tests::{World, change_broker};

    #[test]
    fn a_silent_broker_expires_and_a_heard_one_does_not() {
        let mut sessions = Sessions::start(&Image::default(), 9_000, Timestamp(0));
        sessions.touch(BrokerId(1), BrokerEpoch(5), Timestamp(0));
        sessions.touch(BrokerId(2), BrokerEpoch(6), Timestamp(0));
        sessions.touch(BrokerId(2), BrokerEpoch(6), Timestamp(4_000));
        assert_eq!(sessions.next_timeout(), Some(Timestamp(9_000)));
        let expired: Vec<_> = sessions.expired(Timestamp(9_000)).collect();
        assert_eq!(expired, [(BrokerId(1), BrokerEpoch(5))]);
        assert!(sessions.was_heard(BrokerId(2), Timestamp(9_000)));
        assert!(!sessions.was_heard(BrokerId(1), Timestamp(9_000)));
    }

    #[test]
    fn an_old_registration_does_not_prolong_the_session_of_the_new_one() {
        let mut sessions = Sessions::start(&Image::default(), 9_000, Timestamp(0));
        sessions.touch(BrokerId(1), BrokerEpoch(7), Timestamp(0));
        sessions.touch(BrokerId(1), BrokerEpoch(5), Timestamp(8_000));
        assert_eq!(sessions.expired(Timestamp(9_000)).collect::<Vec<_>>(), [(BrokerId(1), BrokerEpoch(7))]);
    }

    #[test]
    fn a_new_controller_gives_every_unfenced_broker_a_session_but_has_heard_nobody() {
        let mut world = World::new(3, true);
        let fence = change_broker(&world.image, 2, BrokerChange::Fence);
        world.done(&fence);
        let epoch = |id| world.image.brokers.epoch_of(BrokerId(id));
        let mut sessions = Sessions::start(&world.image, 9_000, Timestamp(100));
        assert!(!sessions.was_heard(BrokerId(1), Timestamp(100)), "it may be gone: its id is free");
        sessions.touch(BrokerId(1), epoch(1), Timestamp(100));
        assert!(sessions.was_heard(BrokerId(1), Timestamp(9_099)));
        assert_eq!(sessions.expired(Timestamp(9_099)).count(), 0);
        let all = [(BrokerId(1), epoch(1)), (BrokerId(3), epoch(3))];
        assert_eq!(sessions.expired(Timestamp(9_100)).collect::<Vec<_>>(), all, "the fenced one has none");
        sessions.remove(BrokerId(1));
        assert_eq!(sessions.expired(Timestamp(9_100)).collect::<Vec<_>>(), all[1..]);
        assert!(!sessions.was_heard(BrokerId(1), Timestamp(100)));
    }
}
