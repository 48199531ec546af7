//! Creations on first use: which run, and why those that failed did.
//!
//! Owns: that one creation of a name runs at a time, and that a client which asks again and again does not fill the log.
//! Does not own: creating. What is remembered of failures is bounded; the cluster's own topics always have a place.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use strata_broker_core::internal_topics::is_internal;

/// A failure is told so often, however often clients ask.
const TELL_AGAIN: Duration = Duration::from_secs(60);
/// Names of clients' topics whose failures are remembered, at most.
const FAILURES_MAX: usize = 1_000;

#[derive(Default)]
struct State {
    under_way: BTreeSet<String>,
    failed: BTreeMap<String, Failure>,
}

struct Failure {
    reason: String,
    told: Instant,
}

/// All creations of a broker.
#[derive(Default)]
pub(crate) struct Creations(Mutex<State>);

impl Creations {
    /// Whether a creation of this name may begin; if so, one of the two below ends it.
    pub(super) fn begin(&self, name: &str) -> bool {
        self.0.lock().under_way.insert(name.to_owned())
    }

    /// The topic is there.
    pub(super) fn succeeded(&self, name: &str) {
        let mut state = self.0.lock();
        state.under_way.remove(name);
        state.failed.remove(name);
    }

    /// It could not be created; answers whether the operator is to be told.
    pub(super) fn failed(&self, name: &str, reason: &str, now: Instant) -> bool {
        let mut state = self.0.lock();
        state.under_way.remove(name);
        if let Some(known) = state.failed.get_mut(name) {
            let is_news = known.reason != reason || now.saturating_duration_since(known.told) >= TELL_AGAIN;
            if is_news {
                *known = Failure { reason: reason.to_owned(), told: now };
            }
            return is_news;
        }
        if state.failed.len() >= FAILURES_MAX {
            state.failed.retain(|_, failure| now.saturating_duration_since(failure.told) < TELL_AGAIN);
        }
        if state.failed.len() >= FAILURES_MAX && !is_internal(name) {
            return false;
        }
        state.failed.insert(name.to_owned(), Failure { reason: reason.to_owned(), told: now });
        true
    }

    /// Why the last creation of this name failed.
    pub(crate) fn failure(&self, name: &str) -> Option<String> {
        self.0.lock().failed.get(name).map(|failure| failure.reason.clone())
    }
}

#[cfg(test)]
mod tests {
    use strata_broker_core::internal_topics::CONSUMER_OFFSETS;

    use super::*;

    #[test]
    fn one_creation_of_a_name_runs_at_a_time() {
        let creations = Creations::default();
        assert!(creations.begin("t") && creations.begin("u"));
        assert!(!creations.begin("t"));
        creations.succeeded("t");
        assert!(creations.begin("t"));
        creations.failed("t", "no", Instant::now());
        assert!(creations.begin("t"));
    }

    #[test]
    fn a_failure_is_told_once_a_minute_and_when_its_reason_changes() {
        let creations = Creations::default();
        let begin = Instant::now();
        let cases = [(0, "no", true), (1, "no", false), (59, "no", false), (60, "no", true), (61, "no", false)];
        for (seconds, reason, is_told) in cases.into_iter().chain([(62, "other", true), (121, "other", false)]) {
            assert!(creations.begin("t"));
            let told = creations.failed("t", reason, begin + Duration::from_secs(seconds));
            assert_eq!(told, is_told, "{reason} after {seconds} s");
            assert_eq!(creations.failure("t").as_deref(), Some(reason));
        }
        assert!(creations.begin("t"));
        creations.succeeded("t");
        assert_eq!(creations.failure("t"), None);
    }

    #[test]
    fn failures_of_many_names_are_bounded_and_those_of_the_clusters_own_topics_are_kept() {
        let creations = Creations::default();
        let begin = Instant::now();
        for index in 0..FAILURES_MAX {
            assert!(creations.failed(&format!("t{index}"), "no", begin));
        }
        assert!(!creations.failed("one-more", "no", begin));
        assert!(creations.failed(CONSUMER_OFFSETS, "no", begin));
        assert!(creations.failed("one-more", "no", begin + TELL_AGAIN), "the old ones made room");
        assert_eq!(creations.0.lock().failed.len(), 1);
    }
}
