//! How slow a store is today: first byte, pace of the body, refusals. Everything follows from a seed and the request, never from the
//! clock or from which request came first, so that two brokers that ask the same meet the same weather.

use std::time::Duration;

/// Numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below `end`; close enough to even for any `end` that is far below 2^64.
    pub(crate) const fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From above 0 to below 1.
    fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        (f64::from(bits) + 0.5) / f64::from(u32::MAX).mul_add(1.0, 1.0)
    }

    /// Normal with mean 0 and deviation 1 (Box-Muller).
    fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.unit(), self.unit());
        (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
    }
}

/// The normal's 99th percentile.
const P99: f64 = 2.326_347_874;
/// A first byte that takes longer is held at this.
const FIRST_BYTE_MAX: Duration = Duration::from_secs(10);

/// What the store is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Climate {
    pub(crate) seed: u64,
    pub(crate) first_byte_median_ms: f64,
    pub(crate) first_byte_p99_ms: f64,
    pub(crate) ms_per_mib: f64,
    pub(crate) refused_per_million: u64,
}

/// What one request meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weather {
    pub(crate) first_byte: Duration,
    pub(crate) is_refused: bool,
}

impl Climate {
    /// The weather of a request: of what it asks for, and of how often that was asked for before.
    pub(crate) fn weather(&self, request: u64, attempt: u64) -> Weather {
        let mut chance = Chance::new(self.seed ^ request.rotate_left(17) ^ attempt.wrapping_mul(0xd6e8_feb8_6659_fd93));
        chance.next();
        let is_refused = chance.below(1_000_000) < self.refused_per_million;
        let deviation = (self.first_byte_p99_ms / self.first_byte_median_ms).ln() / P99;
        let milliseconds = self.first_byte_median_ms * (deviation * chance.normal()).exp();
        Weather { first_byte: Duration::from_secs_f64(milliseconds / 1e3).min(FIRST_BYTE_MAX), is_refused }
    }

    /// The time after which so many bytes of a body may have gone.
    pub(crate) fn body_time(&self, bytes: u64) -> Duration {
        Duration::from_secs_f64(self.ms_per_mib / 1e3 * bytes as f64 / f64::from(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Climate;

    const S3: Climate = Climate {
        seed: 7,
        first_byte_median_ms: 30.0,
        first_byte_p99_ms: 150.0,
        ms_per_mib: 20.0,
        refused_per_million: 10_000,
    };

    #[test]
    fn weather_has_the_percentiles_it_is_asked_for() {
        let mut times: Vec<Duration> = (0..100_000).map(|request| S3.weather(request, 0).first_byte).collect();
        times.sort_unstable();
        let (median, p99) = (times[50_000].as_secs_f64() * 1e3, times[99_000].as_secs_f64() * 1e3);
        assert!((29.0..31.0).contains(&median), "median {median}");
        assert!((143.0..157.0).contains(&p99), "p99 {p99}");
        let refused = (0..100_000).filter(|request| S3.weather(*request, 0).is_refused).count();
        assert!((850..1150).contains(&refused), "{refused} of 100000 are refused");
    }

    #[test]
    fn the_same_request_meets_the_same_weather_and_its_next_attempt_another() {
        assert_eq!(S3.weather(5, 0), S3.weather(5, 0));
        assert_ne!(S3.weather(5, 0), S3.weather(5, 1));
        assert_ne!(S3.weather(5, 0), S3.weather(6, 0));
        assert_ne!(S3.weather(5, 0), Climate { seed: 8, ..S3 }.weather(5, 0));
        assert_eq!(S3.body_time(3 << 20), Duration::from_millis(60));
    }
}
