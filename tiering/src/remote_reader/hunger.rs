//! When a cursor that gets nothing is told so: pure, one per cursor whose last read gave nothing.
//!
//! Owns: since when a cursor asks in vain for one offset, and when that is an error. Does not own: reading, nor how long the
//! store has been silent (`silence.rs`). A client that asks again and again with short waits would otherwise never learn that the
//! bucket hangs: each answer alone is only late. One that waits for its turn behind others, while the store gives what it can,
//! is late and no more.

use std::time::Duration;

use strata_compat::ids::Offset;
use tokio::time::Instant;

/// A cursor that asks in vain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hunger {
    offset: Offset,
    since: Instant,
    asked_at: Instant,
    has_failed: bool,
}

impl Hunger {
    pub(super) const fn begin(offset: Offset, now: Instant) -> Self {
        Self { offset, since: now, asked_at: now, has_failed: false }
    }

    /// Whether a read at `offset` belongs to it. A cursor that jumped, or came back after a pause, begins anew.
    pub(super) fn goes_on(&self, offset: Offset, now: Instant, hunger_max: Duration) -> bool {
        self.offset == offset && now.saturating_duration_since(self.asked_at) <= hunger_max
    }

    /// Tells of a read that gave nothing. `is_late` says that it only ran out of time: that is patience as long as nothing
    /// failed before and the store has not been silent too long meanwhile; afterwards the answer is why not.
    pub(super) fn suffer(
        &mut self,
        is_late: bool,
        (now, silence): (Instant, Duration),
        hunger_max: Duration,
    ) -> Result<(), String> {
        self.asked_at = now;
        if !is_late {
            self.has_failed = true;
            return Ok(());
        }
        let lasted = now.saturating_duration_since(self.since).min(silence);
        if self.has_failed {
            return Err("a download failed, and the next one is not here yet".to_owned());
        }
        if lasted >= hunger_max {
            return Err(format!("the store has given nothing for {} s", lasted.as_secs()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: Duration = Duration::from_secs(10);

    #[test]
    fn lateness_is_an_error_only_after_its_time() {
        let begin = Instant::now();
        let mut hunger = Hunger::begin(Offset(5), begin);
        for (seconds, is_patient) in [(0, true), (5, true), (9, true), (10, false), (15, false), (24, false)] {
            let now = begin + Duration::from_secs(seconds);
            assert!(hunger.goes_on(Offset(5), now, MAX));
            assert_eq!(hunger.suffer(true, (now, MAX * 5), MAX).is_ok(), is_patient, "after {seconds} s");
        }
    }

    #[test]
    fn who_is_late_while_the_store_gives_something_is_patient() {
        let begin = Instant::now();
        let mut hunger = Hunger::begin(Offset(5), begin);
        // Seconds of hunger and of silence.
        for (seconds, silence, is_patient) in
            [(9, 9, true), (18, 0, true), (27, 9, true), (36, 10, false), (45, 2, true)]
        {
            let (now, silence) = (begin + Duration::from_secs(seconds), Duration::from_secs(silence));
            assert!(hunger.goes_on(Offset(5), now, MAX));
            assert_eq!(hunger.suffer(true, (now, silence), MAX).is_ok(), is_patient, "after {seconds} s");
        }
    }

    #[test]
    fn lateness_after_a_failure_is_an_error_at_once() {
        let begin = Instant::now();
        let mut hunger = Hunger::begin(Offset(5), begin);
        assert!(hunger.suffer(false, (begin, MAX), MAX).is_ok(), "a failure is answered as it is");
        assert!(hunger.suffer(true, (begin, Duration::ZERO), MAX).unwrap_err().contains("failed"));
    }

    #[test]
    fn a_jump_or_a_pause_begins_anew() {
        let begin = Instant::now();
        let hunger = Hunger::begin(Offset(5), begin);
        assert!(!hunger.goes_on(Offset(6), begin, MAX));
        assert!(!hunger.goes_on(Offset(5), begin + MAX * 2, MAX));
        assert!(hunger.goes_on(Offset(5), begin + MAX, MAX));
    }
}
