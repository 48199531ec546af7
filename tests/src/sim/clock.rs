//! The simulated time of day: tokio's clock, which stands still while anything can run.

use std::time::Duration;

use strata_compat::ids::Timestamp;
use strata_tiering::clock::Clock;
use tokio::time::Instant;

/// The time of day at which each simulation begins, in milliseconds since 1970.
const BEGIN_MS: i64 = 1_700_000_000_000;

/// Tells the simulated time.
#[derive(Clone, Copy, Debug)]
pub struct SimClock {
    began: Instant,
}

impl SimClock {
    /// A clock that begins now. The runtime's clock must be paused.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }

    /// Milliseconds since the beginning.
    #[must_use]
    pub fn elapsed_ms(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

impl Default for SimClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        Timestamp(BEGIN_MS + self.elapsed_ms())
    }
}

/// Waits so many simulated milliseconds.
pub async fn wait_ms(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}
