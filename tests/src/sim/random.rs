//! Chance from a seed.
//!
//! Owns: the generator (splitmix64). Does not own: what is decided by it.

use parking_lot::Mutex;
use strata_tiering::random::Random;

/// A stream of numbers that follows from its seed alone.
#[derive(Debug)]
pub struct SimRandom {
    state: Mutex<u64>,
}

/// Mixes two numbers into a seed.
#[must_use]
pub const fn mix(one: u64, other: u64) -> u64 {
    let mut value = one ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl SimRandom {
    /// A stream from a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: Mutex::new(seed) }
    }

    /// Begins another stream.
    pub fn reseed(&self, seed: u64) {
        *self.state.lock() = seed;
    }

    /// The next number.
    pub fn draw(&self) -> u64 {
        let mut state = self.state.lock();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = *state;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// A number below `limit`.
    pub fn below(&self, limit: u64) -> u64 {
        self.draw() % limit.max(1)
    }

    /// A number in `[from, to)`.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from))
    }

    /// Whether something with this chance happens.
    pub fn chance(&self, per_mille: u64) -> bool {
        per_mille > 0 && self.below(1000) < per_mille
    }
}

impl Random for SimRandom {
    fn next(&self) -> u128 {
        (u128::from(self.draw()) << 64) | u128::from(self.draw())
    }
}
