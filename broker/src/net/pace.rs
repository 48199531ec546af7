//! How fast a peer must send a request or take an answer.
//!
//! Owns: the rule, on times that are passed in. Three things end a transfer: no byte for the stall time; less than
//! [`BYTES_PER_SECOND_MIN`] over all of it once it has lasted for that long; and, while others wait for what it holds (memory,
//! files), less than [`BYTES_PER_SECOND_WANTED`] after a second, or no byte for [`REST_WANTED`]. Does not own: reading and
//! writing.

use std::time::Duration;

use tokio::time::Instant;

/// What every transfer must reach once it has lasted for the stall time.
const BYTES_PER_SECOND_MIN: u128 = 1024;
/// What a transfer must reach that holds what others wait for.
const BYTES_PER_SECOND_WANTED: u128 = 16 * 1024;
/// How long a transfer may rest although others wait for what it holds.
const GRACE: Duration = Duration::from_secs(1);
/// How long nothing may move of a transfer that holds what others wait for, however fast it was: the buffers of the system
/// take a megabyte at once for somebody who never reads.
const REST_WANTED: Duration = Duration::from_secs(5);

/// One transfer under way.
#[derive(Debug)]
pub(super) struct Pace {
    started: Instant,
    moved_at: Instant,
    moved: usize,
    bytes: usize,
    stall: Duration,
}

/// Why a transfer is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TooSlow {
    /// Nothing came for the stall time.
    Stalled,
    /// It goes on, but would for ever.
    Trickles,
    /// Others wait for what it holds.
    KeepsOthersWaiting,
}

impl Pace {
    /// How often to look while nothing moves.
    pub(super) const TICK: Duration = Duration::from_millis(250);

    /// A transfer of so many bytes.
    pub(super) const fn new(now: Instant, stall: Duration, bytes: usize) -> Self {
        Self { started: now, moved_at: now, moved: 0, bytes, stall }
    }

    /// Whether all of it is there.
    pub(super) const fn is_done(&self) -> bool {
        self.moved >= self.bytes
    }

    /// So many bytes moved.
    pub(super) const fn moved(&mut self, bytes: usize, now: Instant) {
        self.moved += bytes;
        self.moved_at = now;
    }

    /// For so long it could not go on, and not because of the peer.
    pub(super) fn rested(&mut self, time: Duration) {
        self.started += time;
        self.moved_at += time;
    }

    /// Whether it must end; `is_wanted` tells that others wait for its memory. A whole transfer is slow no more.
    pub(super) fn check(&self, now: Instant, is_wanted: bool) -> Result<(), TooSlow> {
        if self.is_done() {
            return Ok(());
        }
        let lasted = now.saturating_duration_since(self.started);
        let is_below = |rate: u128| (self.moved as u128) * 1000 < lasted.as_millis() * rate;
        let rest = now.saturating_duration_since(self.moved_at);
        if is_wanted && lasted > GRACE && (is_below(BYTES_PER_SECOND_WANTED) || rest >= REST_WANTED) {
            Err(TooSlow::KeepsOthersWaiting)
        } else if rest >= self.stall {
            Err(TooSlow::Stalled)
        } else if lasted >= self.stall && is_below(BYTES_PER_SECOND_MIN) {
            Err(TooSlow::Trickles)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves `bytes` every `every_ms` for `for_ms` and says how it ended, and when.
    fn transfer(bytes: usize, every_ms: u64, for_ms: u64, is_wanted: bool) -> Result<(), (TooSlow, u64)> {
        let begin = Instant::now();
        let mut pace = Pace::new(begin, Duration::from_secs(30), usize::MAX);
        for ms in (0..=for_ms).step_by(250) {
            let now = begin + Duration::from_millis(ms);
            if ms > 0 && ms % every_ms == 0 {
                pace.moved(bytes, now);
            }
            pace.check(now, is_wanted).map_err(|error| (error, ms))?;
        }
        Ok(())
    }

    #[test]
    fn slow_transfers_end_and_steady_ones_go_on() {
        let hour = 3_600_000;
        let cases = [
            ("a byte every ten seconds", transfer(1, 10_000, hour, false), Err((TooSlow::Trickles, 30_000))),
            ("nothing", transfer(0, hour, hour, false), Err((TooSlow::Stalled, 30_000))),
            ("a modem", transfer(2_000, 1_000, hour, false), Ok(())),
            ("a rest of 20 s after much", transfer(1 << 20, 20_000, hour, false), Ok(())),
            ("much and then nothing", transfer(1 << 30, hour, hour, false), Err((TooSlow::Stalled, 30_000))),
            (
                "a modem that others wait for",
                transfer(2_000, 1_000, hour, true),
                Err((TooSlow::KeepsOthersWaiting, 1_250)),
            ),
            ("a line that others wait for", transfer(40_000, 1_000, hour, true), Ok(())),
            ("a short rest that others wait for", transfer(1 << 20, 20_000, 1_000, true), Ok(())),
        ];
        for (name, got, expected) in cases {
            assert_eq!(got, expected, "{name}");
        }
    }

    #[test]
    fn what_was_fast_may_not_rest_for_long_while_others_wait() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin, Duration::from_secs(30), usize::MAX);
        pace.moved(1 << 30, begin);
        let at = |ms| begin + Duration::from_millis(ms);
        assert_eq!(pace.check(at(4_999), true), Ok(()));
        assert_eq!(pace.check(at(5_000), false), Ok(()));
        assert_eq!(pace.check(at(5_000), true), Err(TooSlow::KeepsOthersWaiting));
        pace.moved(1, at(5_000));
        assert_eq!(pace.check(at(9_999), true), Ok(()));
    }

    #[test]
    fn what_the_peer_did_not_cause_does_not_count() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin, Duration::from_secs(30), usize::MAX);
        pace.rested(Duration::from_secs(100));
        assert_eq!(pace.check(begin + Duration::from_secs(100), true), Ok(()));
        assert_eq!(pace.check(begin + Duration::from_secs(130), false), Err(TooSlow::Stalled));
    }

    #[test]
    fn a_transfer_that_is_whole_was_not_too_slow() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin, Duration::from_secs(30), 100);
        let late = begin + Duration::from_secs(40);
        pace.moved(99, late);
        assert_eq!(pace.check(late, false), Err(TooSlow::Trickles));
        assert_eq!(pace.check(late, true), Err(TooSlow::KeepsOthersWaiting));
        pace.moved(1, late);
        assert!(pace.is_done());
        assert_eq!((pace.check(late, false), pace.check(late, true)), (Ok(()), Ok(())));
    }
}
