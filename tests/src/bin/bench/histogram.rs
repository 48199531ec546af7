//! Latencies in buckets of equal relative width: one part in 64 at most, whatever the size.

use serde_json::{Value, json};

const SUB_BITS: u32 = 6;
const BUCKETS: usize = 64 << SUB_BITS;

/// Counts of nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u64,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }

    pub(crate) fn record(&mut self, nanoseconds: u64) {
        self.counts[bucket(nanoseconds)] += 1;
        self.total += 1;
        self.max = self.max.max(nanoseconds);
    }

    /// Adds another one's samples.
    pub(crate) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    /// The upper end of the bucket below which `per_mille` of a thousand samples lie.
    pub(crate) fn at(&self, per_mille: u64) -> u64 {
        let wanted = (self.total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_end(index).min(self.max);
            }
        }
        self.max
    }

    /// Microseconds, as the harness shows them.
    pub(crate) fn summary(&self) -> Value {
        let micros = |nanoseconds: u64| nanoseconds as f64 / 1e3;
        json!({
            "samples": self.total,
            "p50_us": micros(self.at(500)),
            "p90_us": micros(self.at(900)),
            "p99_us": micros(self.at(990)),
            "p999_us": micros(self.at(999)),
            "max_us": micros(self.max),
        })
    }
}

fn bucket(value: u64) -> usize {
    let exponent = (u64::BITS - value.leading_zeros()).saturating_sub(SUB_BITS + 1);
    let sub = value >> exponent;
    let index = (u64::from(exponent) << SUB_BITS) + sub;
    usize::try_from(index).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

fn upper_end(index: usize) -> u64 {
    let half = 1_usize << SUB_BITS;
    if index < 2 * half {
        return index as u64;
    }
    let exponent = index / half - 1;
    let sub = (index - exponent * half) as u64;
    ((sub + 1) << exponent) - 1
}

#[cfg(test)]
mod tests {
    use super::{Histogram, bucket, upper_end};

    #[test]
    fn every_value_lies_in_a_bucket_that_is_a_part_in_64_wide() {
        for value in (0..200).chain((8..63).map(|bits| (1_u64 << bits) + 12_345 % (1 << (bits - 1)))) {
            let end = upper_end(bucket(value));
            assert!(end >= value && end - value <= value / 64 + 1, "{value} is shown as {end}");
            assert!(value == 0 || upper_end(bucket(value) - 1) < value, "{value} lies in the bucket before");
        }
    }

    #[test]
    fn two_together_are_as_one_with_all_samples() {
        let (mut all, mut even, mut odd) = (Histogram::new(), Histogram::new(), Histogram::new());
        for value in 0..5_000_u64 {
            all.record(value * value);
            if value % 2 == 0 { even.record(value * value) } else { odd.record(value * value) }
        }
        even.add(&odd);
        assert_eq!(even.summary(), all.summary());
    }

    #[test]
    fn percentiles_are_of_the_samples() {
        let mut histogram = Histogram::new();
        for value in 1..=1000 {
            histogram.record(value * 1000);
        }
        for (per_mille, wanted) in [(500, 500_000_u64), (990, 990_000), (999, 999_000), (1000, 1_000_000)] {
            let got = histogram.at(per_mille);
            assert!(got >= wanted && got <= wanted + wanted / 60, "{per_mille}: {got}");
        }
        assert_eq!(histogram.total(), 1000);
        assert_eq!(Histogram::new().at(990), 0);
    }
}
