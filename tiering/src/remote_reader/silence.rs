//! How long the store has been silent: pure, one for all downloads of a reader.
//!
//! Owns: the time in which a GET was under way and not a byte came, over all of them. Does not own: what that means for a cursor
//! (`hunger.rs`), or when a download that stands still is given up (`chunk_source.rs`). Time in which nothing is asked of the
//! store, such as that in a queue for permits, is not its silence; and it is over whenever the store gives anything.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// What is known of the store's silence.
#[derive(Debug, Default)]
struct Silence {
    under_way: usize,
    /// Silence before `since`.
    before: Duration,
    /// While something is under way: when the first of it began, or when something came last.
    since: Option<Instant>,
}

impl Silence {
    fn begin(&mut self, now: Instant) {
        self.under_way += 1;
        self.since.get_or_insert(now);
    }

    fn heard(&mut self, now: Instant) {
        self.before = Duration::ZERO;
        if self.since.is_some() {
            self.since = Some(now);
        }
    }

    fn end(&mut self, now: Instant) {
        self.under_way = self.under_way.saturating_sub(1);
        if self.under_way == 0 {
            // What is asked next in vain goes on with it.
            self.before = self.lasted(now);
            self.since = None;
        }
    }

    fn lasted(&self, now: Instant) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

/// Listens to the store; clones share what they hear.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoreSilence(Arc<Mutex<Silence>>);

/// A GET that is under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Listening(StoreSilence);

impl StoreSilence {
    /// A GET begins.
    pub(crate) fn listen(&self) -> Listening {
        self.0.lock().begin(Instant::now());
        Listening(self.clone())
    }

    /// For how long GETs have been under way since the store gave anything.
    pub(crate) fn lasted(&self, now: Instant) -> Duration {
        self.0.lock().lasted(now)
    }
}

impl Listening {
    /// The store gave something: an answer's head, or a part of its body.
    pub(crate) fn heard(&self) {
        self.0.0.lock().heard(Instant::now());
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.0.lock().end(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens at a second, and how long the silence has lasted then.
    #[derive(Clone, Copy)]
    enum Event {
        Begin,
        Heard,
        End,
        Nothing,
    }

    #[test]
    fn only_time_in_which_something_is_under_way_is_silence() {
        use Event::{Begin, End, Heard, Nothing};
        let cases: [&[(u64, Event, u64)]; 5] = [
            // Nothing is asked: there is no silence, however long it takes.
            &[(0, Nothing, 0), (100, Nothing, 0), (100, Begin, 0), (103, Nothing, 3)],
            // A byte ends it, of whichever download.
            &[(0, Begin, 0), (2, Begin, 2), (5, Heard, 0), (9, Nothing, 4), (9, End, 4), (10, Nothing, 5)],
            // Whoever asks again after a GET that gave nothing goes on; what lies between does not count.
            &[(0, Begin, 0), (4, End, 4), (50, Nothing, 4), (50, Begin, 4), (53, Nothing, 7), (53, Heard, 0)],
            // After a byte and an end there is nothing left.
            &[(0, Begin, 0), (4, Heard, 0), (4, End, 0), (60, Begin, 0), (61, Nothing, 1)],
            // The first that began counts, not the last.
            &[(0, Begin, 0), (8, Begin, 8), (8, End, 8), (12, Nothing, 12)],
        ];
        for (case, events) in cases.into_iter().enumerate() {
            let (start, mut silence) = (Instant::now(), Silence::default());
            for (second, event, expected) in events {
                let now = start + Duration::from_secs(*second);
                match event {
                    Begin => silence.begin(now),
                    Heard => silence.heard(now),
                    End => silence.end(now),
                    Nothing => {}
                }
                assert_eq!(silence.lasted(now).as_secs(), *expected, "case {case}, second {second}");
            }
        }
    }

    #[test]
    fn a_download_that_is_dropped_is_under_way_no_more() {
        let silence = StoreSilence::default();
        let (first, second) = (silence.listen(), silence.listen());
        drop(first);
        second.heard();
        assert_eq!(silence.0.lock().under_way, 1);
        drop(second);
        assert_eq!(silence.0.lock().under_way, 0);
        assert!(silence.0.lock().since.is_none());
    }
}
